//! Files that leave the program and come back.

mod checkpoint;

pub use checkpoint::{FORMAT, load, save};
