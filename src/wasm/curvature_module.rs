//! The module of real networks in their landscape, in place of all other exports: a page fetches it when it is asked where
//! a network stands. It computes in f64, as the module of landscapes does.

mod common;
#[allow(dead_code, reason = "the module that trains uses all of it")]
mod convert;
mod network;
mod report;
mod spectrum;

pub use common::provide_set;
pub use convert::Js;
pub use network::NetworkSession;
pub use report::ReportMessage;
