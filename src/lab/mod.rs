//! Runs that measure the project itself.

mod products;
mod workloads;

pub use products::{CONVOLUTIONS, Convolution, PRODUCTS, Product};
pub use workloads::{Run, WORKLOADS, Workload};
