//! Copies that lay operands out anew: short rows and small transposed blocks, by vectors.
//!
//! The library's own copy is a call into the engine in WebAssembly, which costs more than a row of a small image.

use super::real::Real;
use super::simd::Vector;

/// `to = from`, of the same length.
///
/// # Panics
/// If `to` is shorter than `from`.
#[inline]
pub(super) fn copy<T: Real>(from: &[T], to: &mut [T]) {
    assert!(from.len() <= to.len(), "a copy longer than its place");
    // SAFETY: one row, as long as `from`; the two cannot overlap.
    unsafe { rows(from.as_ptr(), 0, 1, to.as_mut_ptr(), from.len()) }
}

/// Writes `width` rows of `k` elements, `stride` apart, as `k` rows of `width`.
///
/// # Panics
/// If a slice is shorter than that.
pub(super) fn transpose<T: Real>(from: &[T], stride: usize, k: usize, to: &mut [T], width: usize) {
    if k == 0 || width == 0 {
        return;
    }
    assert!((width - 1) * stride + k <= from.len() && k * width <= to.len(), "a block larger than its place");
    // SAFETY: compared above; `usize` cannot overflow, for the extents are those of slices.
    unsafe { transposed(from.as_ptr(), stride, k, to.as_mut_ptr(), width) }
}

/// Copies `k` rows of `width` elements, `stride` apart, one after the other.
///
/// # Safety
/// All elements must be readable and writable, and the two blocks apart.
#[inline(always)]
pub(super) unsafe fn rows<T: Real>(from: *const T, stride: usize, k: usize, to: *mut T, width: usize) {
    let lanes = T::Vector::LANES;
    for i in 0..k {
        // SAFETY: row i exists on both sides, and every vector ends within it.
        unsafe {
            let (from, to) = (from.add(i * stride), to.add(i * width));
            if width < lanes {
                (0..width).for_each(|j| *to.add(j) = *from.add(j));
            }
            for j in (0..width.saturating_sub(lanes)).step_by(lanes) {
                T::Vector::load(from.add(j)).store(to.add(j));
            }
            if width >= lanes {
                T::Vector::load(from.add(width - lanes)).store(to.add(width - lanes));
            }
        }
    }
}

/// Writes `width` rows of `k` elements, `stride` apart, as `k` rows of `width`, by squares that may overlap.
///
/// # Safety
/// All elements must be readable and writable, and the two blocks apart.
pub(super) unsafe fn transposed<T: Real>(from: *const T, stride: usize, k: usize, to: *mut T, width: usize) {
    let lanes = T::Vector::LANES;
    // SAFETY: every square ends within `k` and `width`.
    unsafe {
        if k < lanes || width < lanes {
            for (i, j) in (0..k).flat_map(|i| (0..width).map(move |j| (i, j))) {
                *to.add(i * width + j) = *from.add(j * stride + i);
            }
            return;
        }
        for i in (0..k).step_by(lanes) {
            let i = i.min(k - lanes);
            for j in (0..width).step_by(lanes) {
                let j = j.min(width - lanes);
                T::Vector::transpose(from.add(j * stride + i), stride, to.add(i * width + j), width);
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::kernels::test_util::{both, sweep};
    #[cfg(target_family = "wasm")]
    use wasm_bindgen_test::wasm_bindgen_test as test;

    #[test]
    fn copies_and_transposes_of_any_size_and_stride() {
        both!(T =>
            sweep::<T, 1>("copy", |n| ([n], n), |_, [x], y| copy(x, y), |_, [x], y| y.copy_from_slice(x));
            for (width, beside) in [(1, 0), (2, 1), (3, 5), (4, 3), (5, 0), (8, 1), (11, 7), (16, 0)] {
                let len = |count: usize, stride: usize, row: usize| (count - 1) * stride + row;
                sweep::<T, 1>(
                    "transpose",
                    |k| ([len(width, k + beside, k)], width * k),
                    |k, [x], y| transpose(x, k + beside, k, y, width),
                    |k, [x], y| (0..y.len()).for_each(|i| y[i] = x[i % width * (k + beside) + i / width]),
                );
                sweep::<T, 1>(
                    "rows",
                    |n| ([len(width, n + beside, n)], width * n),
                    // SAFETY: so many rows of n elements are in both slices.
                    |n, [x], y| unsafe { rows(x.as_ptr(), n + beside, width, y.as_mut_ptr(), n) },
                    |n, [x], y| (0..y.len()).for_each(|i| y[i] = x[i / n * (n + beside) + i % n]),
                );
            }
        );
    }

    #[test]
    #[should_panic(expected = "a block larger than its place")]
    fn a_block_must_fit() {
        transpose(&[0.0_f32; 8], 4, 4, &mut [0.0; 11], 3);
    }
}
