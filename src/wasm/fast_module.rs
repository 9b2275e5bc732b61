//! The module that trains by relaxed SIMD, in place of all other exports: landscapes and curvature, which judge in f64, are those of
//! the usual one.

mod common;
#[allow(dead_code, reason = "the module of all uses all of it")]
mod convert;
mod data;
mod fit;
mod inspect;
mod report;
mod samples;
mod session;

pub use common::provide_set;
pub use convert::Js;
pub use data::Store;
pub use fit::{RunMemory, WeightHead};
pub use inspect::{ExamplesHead, ImageHead, PlanesHead, activation_curve};
pub use report::ReportMessage;
pub use session::{ModelInfo, ProgressHead, Session};
