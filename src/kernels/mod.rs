//! The loops that do the work: slices in, slices out. Nothing here knows of graphs.
//!
//! This is the only place with `unsafe` code.
#![allow(unsafe_code)]

mod conv;
mod gemm;
mod real;
mod simd;
#[cfg(test)]
mod test_util;

pub use conv::{
    ConvProduct, Workspace, conv2d, conv2d_filter_gradient, conv2d_input_gradient, conv2d_scratch,
};
pub use gemm::{Init, MatMul, matmul};
pub use real::Real;

/// The vector instructions this build may use: `"simd128"` in WebAssembly, `"portable"` lanes elsewhere.
#[must_use]
pub const fn simd_level() -> &'static str {
    if cfg!(target_feature = "simd128") { "simd128" } else { "portable" }
}
