//! Runs that measure the project itself.

mod workloads;

pub use workloads::{Run, WORKLOADS, Workload};
