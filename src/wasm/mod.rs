//! The face towards JavaScript: conversions and checks only, no mathematics.
//!
//! Descriptions come in as JSON text, so that an error can name the path of the field; results go out as plain
//! objects, their long parts as typed arrays that are copied once. Every number is checked before it reaches the
//! core, and every mistake is thrown as a plain object, a [`ReportMessage`].

#[cfg(feature = "bench")]
mod bench;
mod convert;
mod data;
mod inspect;
mod landscape;
mod report;
mod samples;
mod session;

#[cfg(feature = "bench")]
pub use bench::{GemmBench, WorkloadBench, peak_f32, peak_f64};
pub use convert::Js;
pub use data::Store;
pub use inspect::{ExamplesHead, ImageHead, PlanesHead, activation_curve};
pub use landscape::{DescentHead, LandscapeSession};
pub use report::ReportMessage;
pub use session::{ModelInfo, ProgressHead, Session};

use crate::kernels;
use wasm_bindgen::prelude::wasm_bindgen;

/// Objects whose fields come from two lists, which the generated types cannot say.
#[wasm_bindgen(typescript_custom_section)]
const JOINED: &str = r"
/** A method with its constants, and the options that all methods understand: `{type: 'adam', learningRate: 0.001, clipNorm: 1}`. */
export type OptimizerSpec = MethodSpec & Options;

/**
 * How the learning rate moves. `warmup`: epochs, or parts of one, over which it first rises in a straight line to where the
 * shape begins; the shape takes the rest of the run.
 */
export type Schedule = ShapeSpec & { warmup?: number };
";

/// Hands over a packed set of the package (`digits`, `wine`, `breastCancer`), which a run over it asks for by an error `set-missing`.
#[wasm_bindgen(js_name = provideSet)]
pub fn provide_set(name: &str, packed: Vec<u8>) {
    crate::data::provide_set(name, packed);
}

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
