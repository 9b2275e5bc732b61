//! The loops that do the work: slices in, slices out. Nothing here knows of graphs.
//!
//! This is the only place with `unsafe` code.
#![allow(unsafe_code)]
#![warn(clippy::undocumented_unsafe_blocks)]

mod aligned;
mod conv;
#[cfg(feature = "bench")]
mod counting;
pub mod elementwise;
mod gemm;
pub mod layout;
pub mod map;
mod narrow;
mod pack;
mod peak;
pub mod pool;
#[cfg(test)]
mod product_tests;
mod real;
pub mod reduce;
mod simd;
pub mod softmax;
#[cfg(test)]
mod test_util;
mod tile;
mod transcendental;
pub mod unfold;
mod window;
mod winograd;

pub use aligned::Aligned;
pub use conv::{
    ConvProduct, Workspace, conv2d, conv2d_filter_gradient, conv2d_input_gradient, conv2d_is_winograd,
    conv2d_scratch,
};
#[cfg(feature = "bench")]
pub use counting::Counting;
pub use gemm::{Init, MatMul, matmul};
pub use map::Elementary;
pub use peak::peak;
pub use real::Real;

/// The vector instructions this build may use: `"simd128"` in WebAssembly, `"relaxed-simd"` in the build that says so,
/// `"portable"` lanes elsewhere.
#[must_use]
pub const fn simd_level() -> &'static str {
    if cfg!(target_feature = "relaxed-simd") {
        "relaxed-simd"
    } else if cfg!(target_feature = "simd128") {
        "simd128"
    } else {
        "portable"
    }
}

/// Whether this build gives the same bits on every machine.
pub const REPRODUCIBLE: bool = !cfg!(target_feature = "relaxed-simd");
