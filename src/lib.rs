//! Deep learning in a browser tab.

#![deny(unsafe_code)]
#![warn(missing_docs)]

pub mod curvature;
pub mod data;
mod error;
mod exec;
mod graph;
pub mod io;
#[cfg_attr(not(target_family = "wasm"), allow(dead_code, reason = "some readers are for JavaScript"))]
mod json;
#[doc(hidden)]
pub mod kernels;
#[cfg(feature = "bench")]
pub mod lab;
pub mod landscape;
pub mod nn;
pub mod ops;
pub mod optim;
mod rng;
mod shape;
pub mod train;
#[cfg(target_family = "wasm")]
pub mod wasm;

pub use error::{Error, Report, Result};
pub use exec::{Bindings, Executor, Output, Plan, Sink};
pub use graph::{Buffer, DType, Graph, Node, TensorType, Value};
pub use rng::{Source, Stream};
pub use shape::{Conv2dShape, Pool2dShape, Shape, Window};
