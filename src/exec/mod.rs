//! From graph to numbers: a [`Plan`] decides what runs, in what order and in which memory; an [`Executor`] owns
//! that memory and runs it. After the first run nothing is allocated.

mod executor;
mod fuse;
mod plan;
mod profile;
mod slots;

pub use executor::{Bindings, Executor};
pub use plan::{Output, Plan, Sink};
pub use profile::{Clock, Spent};
