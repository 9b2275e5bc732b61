//! The loops that do the work: slices in, slices out. Nothing here knows of graphs.
//!
//! This is the only place with `unsafe` code.
#![allow(unsafe_code)]

mod real;

pub use real::Real;
