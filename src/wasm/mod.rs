//! The face towards JavaScript: conversions and checks only, no mathematics.
//!
//! Descriptions come in as JSON text, so that an error can name the path of the field; results go out as plain
//! objects, their long parts as typed arrays that are copied once. Every number is checked before it reaches the
//! core, and every mistake is thrown as a plain object, a [`ReportMessage`].

mod common;
mod convert;
mod data;
mod fit;
mod inspect;
mod landscape;
mod network;
#[cfg(feature = "parts")]
mod parts;
mod report;
mod samples;
mod session;
mod spectrum;

pub use common::provide_set;
pub use convert::Js;
pub use data::Store;
pub use fit::{RunMemory, WeightHead};
pub use inspect::{ExamplesHead, ImageHead, PlanesHead, activation_curve};
pub use landscape::{DescentHead, LandscapeSession, named_functions};
pub use network::NetworkSession;
pub use report::ReportMessage;
pub use session::{ModelInfo, ProgressHead, Session};

#[cfg(feature = "parts")]
pub use parts::load_rest;

use crate::kernels;
use wasm_bindgen::prelude::wasm_bindgen;

/// Version of the package.
#[wasm_bindgen]
#[must_use]
pub fn version() -> String {
    env!("CARGO_PKG_VERSION").to_owned()
}

/// The vector instructions this build uses: `simd128` in every build for browsers.
#[wasm_bindgen(js_name = simdLevel)]
#[must_use]
pub fn simd_level() -> String {
    kernels::simd_level().to_owned()
}
