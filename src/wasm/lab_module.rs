//! The module of landscapes, in place of all other exports: the first one that a page loads. It computes in f64; the module
//! that trains computes in f32, so that neither carries the other's kernels.

mod common;
#[allow(dead_code, reason = "the module that trains uses all of it")]
mod convert;
mod landscape;
mod report;

pub use common::provide_set;
pub use convert::Js;
pub use landscape::{DescentHead, LandscapeSession, named_functions};
pub use report::ReportMessage;
