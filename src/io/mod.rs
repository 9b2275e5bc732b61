//! Files that leave the program and come back.

mod checkpoint;
mod crc;
mod safetensors;

pub use checkpoint::{FORMAT, load, save, weights};
