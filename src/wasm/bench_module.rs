//! The module that measures speed, in place of all other exports: for `make bench`, and for the page that shows a visitor
//! what their own machine can do.

mod bench;
#[allow(dead_code, reason = "the module that trains uses all of it")]
mod convert;
mod report;

pub use bench::{ConvBench, GemmBench, WorkloadBench, allocations, peak_f32, peak_f64};
pub use convert::Js;
pub use report::ReportMessage;
