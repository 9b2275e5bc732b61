//! What the kernels' tests share.

use super::Real;
use crate::{Source, Stream};

/// Uniform numbers of [-1, 1).
pub fn numbers<T: Real>(seed: u64, len: usize) -> Vec<T> {
    let source = Source::new(seed, Stream::PROBE, 0);
    (0..len as u64).map(|i| T::from_f64(source.uniform(i) * 2.0 - 1.0)).collect()
}

/// The bits of all elements, every NaN alike.
pub fn bits<T: Real>(values: &[T]) -> Vec<u64> {
    values.iter().map(|v| v.canonical_bits()).collect()
}
