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

use super::real::Real;

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
        if self.transpose_b { self.k * self.n } else { 0 }
    }
}

/// `C = A B + start`, row-major, each operand transposed if `p` says so.
///
/// `a` has M K elements, `b` K N, `c` M N, `scratch` at least [`MatMul::scratch`]; what scratch holds before and after is of no
/// account. The result does not depend on M: a row of C has the same bits in a batch of any size.
///
/// # Panics
/// If a slice is shorter than its extents say.
pub fn matmul<T: Real>(p: &MatMul, a: &[T], b: &[T], init: Init<'_, T>, c: &mut [T], scratch: &mut [T]) {
    let &MatMul { m, k, n, transpose_a, transpose_b } = p;
    let b = if transpose_b {
        let packed = &mut scratch[..k * n];
        for (j, column) in b[..k * n].chunks_exact(k.max(1)).enumerate() {
            for (i, &value) in column.iter().enumerate() {
                packed[i * n + j] = value;
            }
        }
        &*packed
    } else {
        b
    };
    let (rows, columns) = if transpose_a { (1, m) } else { (k, 1) };
    let product =
        Product { m, k, n, a, rows: Offsets::Affine(rows), columns: Offsets::Affine(columns), b, ldb: n };
    product.run(init, c, Offsets::Affine(n));
}

/// Where the rows, or the columns, of an operand begin.
#[derive(Debug, Clone, Copy)]
pub(super) enum Offsets<'a> {
    /// The i-th at `i * stride`.
    Affine(usize),
    /// The i-th at `table[i]`.
    Table(&'a [u32]),
}

impl Offsets<'_> {
    fn at(&self, i: usize) -> usize {
        match self {
            Self::Affine(stride) => i * stride,
            Self::Table(table) => table[i] as usize,
        }
    }

    /// One past the largest of the first `count` offsets; 0 if there is none.
    fn end(&self, count: usize) -> usize {
        match self {
            Self::Affine(stride) => count.checked_sub(1).map_or(0, |last| last * stride + 1),
            Self::Table(table) => table[..count].iter().max().map_or(0, |&last| last as usize + 1),
        }
    }
}

/// The indirect product of the file's head: element (r, k) of A is `a[rows(r) + columns(k)]`.
#[derive(Debug, Clone, Copy)]
pub(super) struct Product<'a, T> {
    pub m: usize,
    pub k: usize,
    pub n: usize,
    pub a: &'a [T],
    pub rows: Offsets<'a>,
    pub columns: Offsets<'a>,
    pub b: &'a [T],
    /// Elements from one row of B to the next.
    pub ldb: usize,
}

impl<T: Real> Product<'_, T> {
    /// Row r of the result begins at `c[c_rows(r)]`; rows must not overlap.
    pub fn run(&self, init: Init<'_, T>, c: &mut [T], c_rows: Offsets<'_>) {
        let &Self { m, k, n, .. } = self;
        if m == 0 || n == 0 {
            return;
        }
        if k > 0 {
            assert!(
                self.rows.end(m) + self.columns.end(k) - 1 <= self.a.len(),
                "A is shorter than its extents"
            );
            assert!((k - 1) * self.ldb + n <= self.b.len(), "B is shorter than its extents");
        }
        assert!(c_rows.end(m) - 1 + n <= c.len(), "C is shorter than its extents");
        for r in 0..m {
            let row = &mut c[c_rows.at(r)..][..n];
            match init {
                Init::Zero => row.fill(T::ZERO),
                Init::Bias(bias) => row.copy_from_slice(&bias[..n]),
                Init::Accumulate => {}
            }
            for i in 0..k {
                let a = self.a[self.rows.at(r) + self.columns.at(i)];
                for (sum, &b) in row.iter_mut().zip(&self.b[i * self.ldb..][..n]) {
                    *sum += a * b;
                }
            }
        }
    }
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
