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

/// The indices of all elements of a tensor, in row-major order.
pub fn indices(dims: &[usize]) -> impl Iterator<Item = Vec<usize>> {
    (0..dims.iter().product()).map(move |mut at| {
        let mut index: Vec<usize> = dims.iter().rev().map(|&d| (at % d, at /= d).0).collect();
        index.reverse();
        index
    })
}

/// The place of an element in row-major order.
pub fn place(dims: &[usize], index: &[usize]) -> usize {
    dims.iter().zip(index).fold(0, |at, (d, i)| at * d + i)
}
