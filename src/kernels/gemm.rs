//! Matrix products, dense and indirect.
//!
//! One product serves dense layers and convolutions alike:
//!
//! ```text
//! C[r, n] = start[r, n] + sum over k, ascending, of A[row[r] + column[k]] * B[k * ldb + n]
//! ```
//!
//! Each element of C is summed in ascending k in one accumulator. So the plain triple loop, every tiling, every
//! split of k whose partial sums are stored, and the indirect form give the same bits.

use super::narrow;
use super::pack;
use super::real::Real;
use super::simd::Vector;
use super::tile::{self, Operand, RowOffsets, Strip};

/// What a product is added to.
#[derive(Debug, Clone, Copy)]
pub enum Init<'a, T> {
    /// 0: C is overwritten.
    Zero,
    /// The same row of N elements for every row of C, which is overwritten.
    Bias(&'a [T]),
    /// What C holds.
    Accumulate,
}

/// Extents of `C (M, N) = A (M, K) B (K, N)`, and which operand is stored transposed.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct MatMul {
    /// Rows of the result.
    pub m: usize,
    /// The extent that is summed over.
    pub k: usize,
    /// Columns of the result.
    pub n: usize,
    /// A is stored as `(K, M)`.
    pub transpose_a: bool,
    /// B is stored as `(N, K)`.
    pub transpose_b: bool,
}

impl MatMul {
    /// `C = A B`, both stored as they are read.
    #[must_use]
    pub fn new(m: usize, k: usize, n: usize) -> Self {
        Self { m, k, n, transpose_a: false, transpose_b: false }
    }

    /// Elements of scratch that [`matmul`] needs.
    #[must_use]
    pub fn scratch(&self) -> usize {
        let strip = if self.packs() { strip_len(self.k, self.n) } else { 0 };
        strip + if self.copies_left() { self.k.min(KC) * PANEL_STRIDE } else { 0 }
    }

    /// Whether the elements of a row of A, stored transposed, crowd into few sets of the nearest cache.
    fn copies_left(&self) -> bool {
        self.transpose_a && is_hard_stride(self.m) && self.n >= STRIP
    }

    fn packs(&self) -> bool {
        self.transpose_b || self.m >= 16 && is_hard_stride(self.n)
    }
}

/// `C = A B + start`, row-major, each operand transposed if `p` says so.
///
/// `a` has M K elements, `b` K N, `c` M N, `scratch` at least [`MatMul::scratch`]; what scratch holds before and
/// after is of no account. A row of C has the same bits in a batch of any size.
///
/// # Panics
/// If a slice is shorter than its extents say.
pub fn matmul<T: Real>(p: &MatMul, a: &[T], b: &[T], init: Init<'_, T>, c: &mut [T], scratch: &mut [T]) {
    let &MatMul { m, k, n, transpose_a, transpose_b } = p;
    let scratch = &mut scratch[..p.scratch()];
    if T::TRAINS && p.copies_left() {
        return by_panels(p, a, b, init, c, scratch);
    }
    let left = if transpose_a { Left::Transposed { a, stride: m } } else { Left::Dense { a, stride: k } };
    let right = if transpose_b { Right::Transposed { b, stride: k } } else { Right::Rows { b, stride: n } };
    Product { m, k, n, left, right }.run(init, c, Offsets::Affine(n), scratch);
}

/// Rows of the result whose part of a transposed A is copied at once.
const PANEL: usize = 128;

/// From one row of the copy to the next: an odd number of cache lines, so that they spread over all sets.
const PANEL_STRIDE: usize = PANEL + 16;

/// [`matmul`] with a transposed A whose rows lie badly: block by block, each from a copy of that of A.
fn by_panels<T: Real>(p: &MatMul, a: &[T], b: &[T], init: Init<'_, T>, c: &mut [T], scratch: &mut [T]) {
    let &MatMul { m, k, n, transpose_b, .. } = p;
    let (panel, scratch) = scratch.split_at_mut(k.min(KC) * PANEL_STRIDE);
    let blocks = k.div_ceil(KC).max(1);
    let kc = k.div_ceil(blocks);
    for from in (0..blocks).map(|block| (block * kc).min(k)) {
        let count = kc.min(k - from);
        for first in (0..m).step_by(PANEL) {
            let rows = PANEL.min(m - first);
            for (i, row) in panel.chunks_exact_mut(PANEL_STRIDE).take(count).enumerate() {
                pack::copy(&a[(from + i) * m + first..][..rows], row);
            }
            let right = if transpose_b {
                Right::Transposed { b: &b[from..], stride: k }
            } else {
                Right::Rows { b: &b[from * n..], stride: n }
            };
            let left = Left::Transposed { a: panel, stride: PANEL_STRIDE };
            let init = if from == 0 { init } else { Init::Accumulate };
            Product { m: rows, k: count, n, left, right }.run(
                init,
                &mut c[first * n..],
                Offsets::Affine(n),
                scratch,
            );
        }
    }
}

/// Elements of the scratch that [`Product::run`] packs one strip of B into.
pub(super) fn strip_len(k: usize, n: usize) -> usize {
    k.min(KC) * n.min(STRIP)
}

/// Whether rows of B that lie so far apart crowd into few sets of the nearest cache, so that a strip is worth packing.
pub(super) fn is_hard_stride(stride: usize) -> bool {
    stride.is_power_of_two() && stride >= 128
}

/// Where the rows of a result begin.
#[derive(Debug, Clone, Copy)]
pub(super) enum Offsets<'a> {
    /// The i-th at `i * stride`.
    Affine(usize),
    /// The i-th at `table[i]`.
    Table(&'a [u32]),
}

/// Element (r, i) of the left operand, `r < M`, `i < K`.
#[derive(Debug, Clone, Copy)]
pub(super) enum Left<'a, T> {
    /// `a[r * stride + i]`
    Dense { a: &'a [T], stride: usize },
    /// `a[i * stride + r]`
    Transposed { a: &'a [T], stride: usize },
    /// `a[rows[r] + columns[i]]`
    Indirect { a: &'a [T], rows: &'a [u32], columns: &'a [u32] },
    /// `a[rows[r] + columns[i] + j]` for column j of the result: N products of one column each, side by side.
    Diagonal { a: &'a [T], rows: &'a [u32], columns: &'a [u32] },
}

/// Element (i, j) of the right operand, `i < K`, `j < N`.
#[derive(Debug, Clone, Copy)]
pub(super) enum Right<'a, T> {
    /// `b[i * stride + j]`
    Rows { b: &'a [T], stride: usize },
    /// `b[j * stride + i]`
    Transposed { b: &'a [T], stride: usize },
}

/// The indirect product of the file's head.
#[derive(Debug, Clone, Copy)]
pub(super) struct Product<'a, T> {
    pub m: usize,
    pub k: usize,
    pub n: usize,
    pub left: Left<'a, T>,
    pub right: Right<'a, T>,
}

/// One past the largest offset; 0 if there is none.
fn end(table: &[u32]) -> usize {
    if table.is_empty() {
        0
    } else {
        (table.iter().fold(0, |most, &at| at.max(most)) as usize).saturating_add(1)
    }
}

/// Elements that runs of `len`, each at the sum of two offsets, reach over.
fn table_reach(rows: &[u32], columns: &[u32], len: usize) -> usize {
    match (end(rows), end(columns)) {
        (_, 0) | (0, _) => 0,
        (rows, columns) => rows.saturating_add(columns - 1).saturating_add(len - 1),
    }
}

/// Elements that `count` rows of `len`, `stride` apart, reach over.
fn reach(count: usize, stride: usize, len: usize) -> usize {
    if count == 0 || len == 0 { 0 } else { (count - 1).saturating_mul(stride).saturating_add(len) }
}

impl<T: Real> Product<'_, T> {
    /// Row r of the result begins at `c_rows(r)` in `c`; rows must not overlap.
    ///
    /// Strips of B are packed on the way if `scratch` has room for one ([`strip_len`]); a transposed B needs it.
    pub fn run(&self, init: Init<'_, T>, c: &mut [T], c_rows: Offsets<'_>, scratch: &mut [T]) {
        let &Self { m, k, n, left, right } = self;
        if m == 0 || n == 0 {
            return;
        }
        if let Init::Bias(bias) = init {
            assert!(n <= bias.len(), "the bias is shorter than a row of the result");
        }
        let (b_reach, b_len) = match right {
            Right::Rows { b, stride } => (reach(k, stride, n), b.len()),
            Right::Transposed { b, stride } => (reach(n, stride, k), b.len()),
        };
        assert!(b_reach <= b_len, "B is shorter than its extents");
        let scratch = if scratch.len() < strip_len(k, n) { None } else { Some(scratch.as_mut_ptr()) };
        assert!(scratch.is_some() || matches!(right, Right::Rows { .. }), "scratch is shorter than a strip");
        let (c_reach, c_rows) = match c_rows {
            Offsets::Affine(stride) => (reach(m, stride, n), RowOffsets::Affine(stride)),
            Offsets::Table(table) => {
                ((end(&table[..m]) - 1).saturating_add(n), RowOffsets::Table(table.as_ptr()))
            }
        };
        assert!(c_reach <= c.len(), "C is shorter than its extents");
        let job = Job { m, k, n, right, init, c: c.as_mut_ptr(), c_rows, scratch };
        let (a_reach, a_len) = match left {
            Left::Dense { a, stride } => (reach(m, stride, k), a.len()),
            Left::Transposed { a, stride } => (reach(k, stride, m), a.len()),
            Left::Indirect { a, rows, columns } => (table_reach(&rows[..m], &columns[..k], 1), a.len()),
            Left::Diagonal { a, rows, columns } => (table_reach(&rows[..m], &columns[..k], n), a.len()),
        };
        assert!(a_reach <= a_len, "A is shorter than its extents");
        let indirect = |a: &[T], rows: &[u32], columns: &[u32]| tile::Indirect {
            a: a.as_ptr(),
            rows: rows.as_ptr(),
            columns: columns.as_ptr(),
        };
        let (most, left) = match left {
            Left::Dense { a, stride } => (KC, Operand::Dense(tile::Dense { a: a.as_ptr(), stride })),
            Left::Transposed { a, stride } => {
                let most = if stride <= PANEL_STRIDE { KC } else { KC_APART };
                (most, Operand::Transposed(tile::Transposed { a: a.as_ptr(), stride }))
            }
            Left::Indirect { a, rows, columns } => {
                let apart = k > 1 && columns[1].abs_diff(columns[0]) as usize > T::Vector::LANES;
                (if apart { KC_APART } else { KC }, Operand::Indirect(indirect(a, rows, columns)))
            }
            Left::Diagonal { a, rows, columns } => {
                (KC_APART, Operand::Diagonal(tile::Diagonal(indirect(a, rows, columns))))
            }
        };
        // SAFETY: A, B and C reach as far as their extents.
        unsafe { job.run(most, left) };
    }
}

/// Elements of one row of A that are summed before the next: a strip of B of this height stays in the nearest
/// cache while the rows of A pass by.
const KC: usize = 256;

/// The same where each element of a row of A lies in a cache line of its own, and few of them in one page of memory.
const KC_APART: usize = 128;

/// Rows of A x [`KC`] stay in the second cache while the strips of B pass by.
const MC: usize = 256;

/// The widest strip of B: 4 vectors of `f32`.
const STRIP: usize = 16;

/// A product whose operands reach as far as they must.
struct Job<'a, T> {
    m: usize,
    k: usize,
    n: usize,
    right: Right<'a, T>,
    init: Init<'a, T>,
    c: *mut T,
    c_rows: RowOffsets,
    scratch: Option<*mut T>,
}

impl<T: Real> Job<'_, T> {
    /// # Safety
    /// A, B and C must reach over their extents; `most` is at most [`KC`].
    unsafe fn run(&self, most: usize, left: Operand<T>) {
        let &Self { m, k, n, .. } = self;
        let widest = match left {
            Operand::Diagonal(_) => 2,
            _ if T::TRAINS => 4,
            _ => 2,
        };
        let zeros = &const { [T::ZERO; STRIP] };
        let blocks = k.div_ceil(most).max(1);
        let kc = k.div_ceil(blocks);
        for k0 in (0..blocks).map(|block| (block * kc).min(k)) {
            for from in (0..m).step_by(MC) {
                let to = m.min(from + MC);
                for (first, width) in strips::<T>(n, widest) {
                    let k = kc.min(k - k0);
                    // SAFETY: a strip lies within N columns, a block within K; scratch has room for both.
                    unsafe {
                        let left = left.skip(k0, first);
                        let (b, ldb, packed) = self.strip(k0, k, first, width);
                        let start = match self.init {
                            Init::Zero if k0 == 0 => zeros.as_ptr(),
                            Init::Bias(bias) if k0 == 0 => bias.as_ptr().add(first),
                            _ => std::ptr::null(),
                        };
                        let c = self.c.add(first);
                        rows(
                            left,
                            &Strip { k, b, ldb, packed, width, start, c, c_rows: self.c_rows },
                            from,
                            to,
                        );
                    }
                }
            }
        }
    }

    /// Elements (k0.., first..) of B, the stride of their rows, and where they are to be packed while the first rows of A
    /// pass by, or null.
    ///
    /// # Safety
    /// B must hold `k` rows of `width` elements from there on, and scratch, if any, as many.
    unsafe fn strip(&self, k0: usize, k: usize, first: usize, width: usize) -> (*const T, usize, *mut T) {
        let scratch = self.scratch.unwrap_or(std::ptr::null_mut());
        match self.right {
            Right::Rows { b, stride } => (b.as_ptr().wrapping_add(k0 * stride + first), stride, scratch),
            Right::Transposed { b, stride } => {
                let from = b.as_ptr().wrapping_add(first * stride + k0);
                // SAFETY: the caller's.
                unsafe { pack::transposed(from, stride, k, scratch, width) };
                (scratch, width, std::ptr::null_mut())
            }
        }
    }
}

/// One strip's rows.
///
/// # Safety
/// All elements of A, B, C and `start` that the rows and the strip name must exist.
unsafe fn rows<T: Real>(left: Operand<T>, strip: &Strip<T>, from: usize, to: usize) {
    const { assert!(KC <= narrow::MOST) };
    let (mut from, mut strip) = (from, *strip);
    // SAFETY: the caller's; the tiles cover from..to once.
    unsafe {
        if !strip.packed.is_null() {
            match left {
                Operand::Dense(left) if T::TRAINS && strip.width == STRIP && to - from >= 2 => {
                    // the copy costs next to nothing beside the products
                    tile::tile_2x4::<T, _, true>(left, &strip, from, from + 2);
                    from += 2;
                }
                _ => pack::rows(strip.b, strip.ldb, strip.k, strip.packed, strip.width),
            }
            (strip.b, strip.ldb) = (strip.packed, strip.width);
        }
        let strip = &strip;
        if T::TRAINS && strip.width < T::Vector::LANES {
            from = narrow::rows(left, strip, from, to);
        }
        match left {
            Operand::Dense(left @ tile::Dense { a, stride }) => {
                let any = tile::Strided { a, row: stride, column: 1 };
                if T::TRAINS { tiles(left, any, strip, from, to) } else { tiles(any, any, strip, from, to) }
            }
            Operand::Transposed(left @ tile::Transposed { a, stride }) => {
                let any = tile::Strided { a, row: 1, column: stride };
                if T::TRAINS { tiles(left, any, strip, from, to) } else { tiles(any, any, strip, from, to) }
            }
            Operand::Indirect(left) => tiles(left, left, strip, from, to),
            Operand::Diagonal(left) => {
                // what the rows of a tile share here is B alone: the highest is the best, the widest is of no use
                let fours = if T::TRAINS { to - (to - from) % 4 } else { from };
                if strip.width < T::Vector::LANES {
                    return tile::tile_scalar::<T, _, 1>(left, strip, from, to);
                }
                if T::TRAINS {
                    tile::tile_4x2::<T, _, false>(left, strip, from, fours);
                }
                tile::tile_1x2::<T, _, false>(left, strip, fours, to);
            }
        }
    }
}

/// One strip's rows, in tiles as high as fit. `rest` is the same operand for the row that may be left over: the form
/// that others share.
///
/// # Safety
/// As [`rows`].
unsafe fn tiles<T: Real, L: tile::Left<T>, R: tile::Left<T>>(
    left: L,
    rest: R,
    strip: &Strip<T>,
    from: usize,
    to: usize,
) {
    let lanes = T::Vector::LANES;
    let pairs = to - (to - from) % 2;
    // SAFETY: the caller's; the tiles cover from..to once.
    unsafe {
        if strip.width < lanes {
            return if T::TRAINS {
                tile::tile_scalar::<T, L, 8>(left, strip, from, to)
            } else {
                tile::tile_scalar::<T, L, 4>(left, strip, from, to)
            };
        }
        match strip.width.div_ceil(lanes) {
            3 if T::TRAINS => {
                tile::tile_2x3::<T, _, false>(left, strip, from, pairs);
                tile::tile_1x3::<T, _, false>(rest, strip, pairs, to);
            }
            4 if T::TRAINS => {
                tile::tile_2x4::<T, _, false>(left, strip, from, pairs);
                tile::tile_1x4::<T, _, false>(rest, strip, pairs, to);
            }
            _ => {
                let fours = to - (to - from) % 4;
                tile::tile_4x2::<T, _, false>(left, strip, from, fours);
                tile::tile_2x2::<T, _, false>(left, strip, fours, pairs);
                tile::tile_1x2::<T, _, false>(rest, strip, pairs, to);
            }
        }
    }
}

/// Cuts N columns into strips of at most `widest` vectors, `(first, width)`: strips of so many, then what leaves a
/// rest of at least half.
fn strips<T: Real>(n: usize, widest: usize) -> impl Iterator<Item = (usize, usize)> {
    let lanes = T::Vector::LANES;
    let mut first = 0;
    std::iter::from_fn(move || {
        let rest = n - first;
        let width = if rest <= widest * lanes {
            rest
        } else if 2 * rest < 3 * widest * lanes {
            widest / 2 * lanes
        } else {
            widest * lanes
        };
        let strip = (first, width);
        first += width;
        (width > 0).then_some(strip)
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::kernels::test_util::{bits, numbers};
    #[cfg(target_family = "wasm")]
    use wasm_bindgen_test::wasm_bindgen_test as test;

    /// The triple loop: one accumulator per element, k ascending.
    fn naive<T: Real>(p: &MatMul, a: &[T], b: &[T], init: Init<'_, T>, c: &mut [T]) {
        let &MatMul { m, k, n, .. } = p;
        for (r, j) in (0..m).flat_map(|r| (0..n).map(move |j| (r, j))) {
            let mut sum = match init {
                Init::Zero => T::ZERO,
                Init::Bias(bias) => bias[j],
                Init::Accumulate => c[r * n + j],
            };
            for i in 0..k {
                let a = a[if p.transpose_a { i * m + r } else { r * k + i }];
                sum += a * b[if p.transpose_b { j * k + i } else { i * n + j }];
            }
            c[r * n + j] = sum;
        }
    }

    fn check<T: Real>(p: &MatMul, a: &[T], b: &[T]) {
        let bias: Vec<T> = numbers(3, p.n);
        for init in [Init::Zero, Init::Bias(&bias), Init::Accumulate] {
            let mut got: Vec<T> = numbers(4, p.m * p.n);
            let mut want = got.clone();
            naive(p, a, b, init, &mut want);
            matmul(p, a, b, init, &mut got, &mut vec![T::from_f64(f64::NAN); p.scratch()]);
            assert_eq!(bits(&got), bits(&want), "{p:?}, {init:?}");
        }
    }

    /// All four ways to store the operands, in both number types.
    fn check_all(m: usize, k: usize, n: usize) {
        for (transpose_a, transpose_b) in [(false, false), (true, false), (false, true), (true, true)] {
            let p = MatMul { m, k, n, transpose_a, transpose_b };
            check::<f32>(&p, &numbers(1, m * k), &numbers(2, k * n));
            check::<f64>(&p, &numbers(1, m * k), &numbers(2, k * n));
        }
    }

    #[test]
    fn all_small_sizes_give_the_bits_of_the_triple_loop() {
        for m in 0..=33 {
            for n in 0..=33 {
                check_all(m, (m * 7 + n * 3) % 34, n);
            }
        }
        for k in 0..=33 {
            check_all(5, k, 11);
        }
    }

    #[test]
    fn large_sizes_too() {
        for (m, k, n) in [(7, 1100, 19), (130, 600, 40), (300, 70, 512), (33, 130, 1024), (1, 900, 130)] {
            check_all(m, k, n);
        }
        // columns of a transposed A that lie badly
        for (m, k, n) in [(128, 700, 16), (256, 300, 33), (512, 33, 48), (128, 0, 16)] {
            check_all(m, k, n);
        }
    }

    #[test]
    fn nan_and_infinity_spread_as_in_the_triple_loop() {
        let p = MatMul::new(9, 12, 13);
        let (mut a, mut b) = (numbers::<f32>(1, 9 * 12), numbers::<f32>(2, 12 * 13));
        (a[40], a[70], b[0], b[25]) = (f32::NAN, f32::INFINITY, 0.0, f32::NEG_INFINITY);
        check(&p, &a, &b);
        let mut c = [0.0; 9 * 13];
        matmul(&p, &a, &b, Init::Zero, &mut c, &mut []);
        assert!(c[3 * 13..4 * 13].iter().all(|v| v.is_nan()));
        assert!(c[5 * 13..6 * 13].iter().all(|v| !v.is_finite()));
    }

    #[test]
    #[should_panic(expected = "A is shorter")]
    fn a_short_operand_is_refused() {
        matmul(&MatMul::new(2, 3, 4), &[0.0_f32; 5], &[0.0; 12], Init::Zero, &mut [0.0; 8], &mut []);
    }
}
