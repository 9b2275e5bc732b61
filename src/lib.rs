//! Deep learning in a browser tab.

#![deny(unsafe_code)]
#![warn(missing_docs)]

mod error;
mod rng;
mod shape;

#[doc(hidden)]
pub mod kernels;

pub mod data;

pub use error::{Error, Report, Result};
pub use rng::{Source, Stream};
pub use shape::{Conv2dShape, Pool2dShape, Shape, Window};
