//! Products of fewer columns than a vector has lanes: the lanes are rows here.
//!
//! A column of the result takes a block of rows at a time, whose elements of one k lie side by side: as they are where A
//! is stored transposed, else after a transposed copy of the block. Each element is still summed in ascending k in one
//! accumulator.

use super::pack;
use super::real::Real;
use super::simd::Vector;
use super::tile::{Dense, Indirect, Operand, RowOffsets, Strip, Transposed};
use std::mem::MaybeUninit;

/// The most elements of a sum that a block is copied for.
pub(super) const MOST: usize = 256;

/// Room for a block: two vectors of rows, of 4 lanes at most.
type Block<T> = MaybeUninit<[T; 8 * MOST]>;

/// Computes whole blocks of the rows `from..to` and returns the first row that is left.
///
/// # Safety
/// All elements of A, B, C and `start` that the rows and the strip name must exist, and the strip must have at most
/// [`MOST`] elements to a sum.
pub(super) unsafe fn rows<T: Real>(left: Operand<T>, strip: &Strip<T>, from: usize, to: usize) -> usize {
    let height = 2 * T::Vector::LANES;
    let mut copy = Block::<T>::uninit();
    let room = copy.as_mut_ptr().cast::<T>();
    let mut r = from;
    while r + height <= to {
        // SAFETY: the rows exist, and a block has room for as many elements of each as a sum has.
        unsafe {
            let (a, stride) = match left {
                Operand::Transposed(Transposed { a, stride }) => (a.add(r), stride),
                Operand::Dense(Dense { a, stride }) => {
                    pack::transposed(a.add(r * stride), stride, strip.k, room, height);
                    (room.cast_const(), height)
                }
                Operand::Indirect(left) => {
                    gather(left, r, strip.k, room);
                    (room.cast_const(), height)
                }
                Operand::Diagonal(_) => return from,
            };
            for n in 0..strip.width {
                column(a, stride, strip, r, n);
            }
        }
        r += height;
    }
    r
}

/// Copies the block of rows from `r` on, all elements of one k side by side: by squares along each run of neighbours if the
/// rows follow each other at one distance, as pixels of a line do, else one by one.
///
/// # Safety
/// The rows and `k` elements of each must exist, and `room` must hold as many.
#[inline(never)]
unsafe fn gather<T: Real>(left: Indirect<T>, r: usize, k: usize, room: *mut T) {
    let height = 2 * T::Vector::LANES;
    // SAFETY: the caller's; the tables hold the offsets of the rows and of their elements.
    unsafe {
        let (rows, columns) = (left.rows.add(r), left.columns);
        let row = |j: usize| *rows.add(j) as usize;
        let column = |i: usize| *columns.add(i) as usize;
        let stride = row(1).saturating_sub(row(0));
        let even = (1..height).all(|j| row(j) == row(0) + j * stride);
        let mut i = 0;
        while i < k {
            let from = left.a.add(column(i));
            let mut run = 1;
            while even && i + run < k && column(i + run) == column(i) + run {
                run += 1;
            }
            if run > 1 {
                pack::transposed(from.add(row(0)), stride, run, room.add(i * height), height);
            } else {
                (0..height).for_each(|j| *room.add(i * height + j) = *from.add(row(j)));
            }
            i += run;
        }
    }
}

/// Column `n` of the block of rows from `r` on, whose elements of the first k are at `a`, those of the next `stride` further.
///
/// # Safety
/// As [`rows`].
#[inline(always)]
unsafe fn column<T: Real>(a: *const T, stride: usize, strip: &Strip<T>, r: usize, n: usize) {
    let &Strip { k, b, ldb, start, c, c_rows, .. } = strip;
    let lanes = T::Vector::LANES;
    let mut apart = [T::ZERO; 8];
    // SAFETY: the rows, k elements of each, and column n exist. Pointers wrap because they are moved once more than they
    // are read.
    unsafe {
        let c = c.add(n);
        let place = if let RowOffsets::Affine(1) = c_rows { c.add(r) } else { apart.as_mut_ptr() };
        let scattered = std::ptr::eq(place, apart.as_ptr());
        let (mut low, mut high);
        if start.is_null() {
            if scattered {
                for j in 0..2 * lanes {
                    *place.add(j) = *c.add(c_rows.at(r + j));
                }
            }
            (low, high) = (T::Vector::load(place), T::Vector::load(place.add(lanes)));
        } else {
            low = T::Vector::load_splat(start.add(n));
            high = low;
        }
        let (mut a, mut b) = (a, b.add(n));
        for _ in 0..k {
            let factor = T::Vector::load_splat(b);
            low = low.add_product(T::Vector::load(a), factor);
            high = high.add_product(T::Vector::load(a.add(lanes)), factor);
            (a, b) = (a.wrapping_add(stride), b.wrapping_add(ldb));
        }
        low.store(place);
        high.store(place.add(lanes));
        if scattered {
            for j in 0..2 * lanes {
                *c.add(c_rows.at(r + j)) = *place.add(j);
            }
        }
    }
}
