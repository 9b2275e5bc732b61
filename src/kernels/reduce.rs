//! Sums, maxima and other folds of slices and tensors, in a fixed order.
//!
//! Two orders, the same for every machine and every tiling:
//!
//! - **a run** (consecutive elements become one number): lane `l` of 8 adds the elements `l, l + 8, l + 16, …` in
//!   ascending order, starting from 0; then `((0 + 4) + (2 + 6)) + ((1 + 5) + (3 + 7))` of the lanes.
//! - **rows** (several rows become one row): every column adds its elements in ascending order, starting from 0.
//!
//! A tensor reduced over some of its axes is read in row-major order, its trailing reduced axes as one run.

use super::Real;
use super::elementwise::larger;

/// Lanes of a run: two vectors of f32, four of f64. Part of the result's bits.
pub(super) const LANES: usize = 8;

/// Folds the 8 lanes of a run into one number.
#[inline(always)]
pub(super) fn fold_lanes<T: Copy>(l: [T; LANES], f: impl Fn(T, T) -> T) -> T {
    f(f(f(l[0], l[4]), f(l[2], l[6])), f(f(l[1], l[5]), f(l[3], l[7])))
}

/// Continues a run: `f(lane, element)` for every element, the first element in lane 0.
#[inline(always)]
pub(super) fn run<T: Real>(lanes: &mut [T; LANES], x: &[T], f: impl Fn(T, T) -> T) {
    let (chunks, tail) = x.as_chunks::<LANES>();
    let mut local = *lanes;
    for chunk in chunks {
        for l in 0..LANES {
            local[l] = f(local[l], chunk[l]);
        }
    }
    for (lane, &x) in local.iter_mut().zip(tail) {
        *lane = f(*lane, x);
    }
    *lanes = local;
}

/// The same for two slices of one length.
#[inline(always)]
fn run2<T: Real>(x: &[T], y: &[T], f: impl Fn(T, T, T) -> T) -> [T; LANES] {
    debug_assert_eq!(x.len(), y.len());
    let ((xs, x_tail), (ys, y_tail)) = (x.as_chunks::<LANES>(), y.as_chunks::<LANES>());
    let mut lanes = [T::ZERO; LANES];
    for (x, y) in xs.iter().zip(ys) {
        for l in 0..LANES {
            lanes[l] = f(lanes[l], x[l], y[l]);
        }
    }
    for ((lane, &x), &y) in lanes.iter_mut().zip(x_tail).zip(y_tail) {
        *lane = f(*lane, x, y);
    }
    lanes
}

/// The sum of a run; 0 of nothing.
#[must_use]
pub fn sum<T: Real>(x: &[T]) -> T {
    let mut lanes = [T::ZERO; LANES];
    run(&mut lanes, x, |sum, x| sum + x);
    fold_lanes(lanes, |a, b| a + b)
}

/// The sum of the squares of a run.
#[must_use]
pub fn sum_squares<T: Real>(x: &[T]) -> T {
    let mut lanes = [T::ZERO; LANES];
    run(&mut lanes, x, |sum, x| sum + x * x);
    fold_lanes(lanes, |a, b| a + b)
}

/// The sum of the absolute values of a run.
#[must_use]
pub fn sum_abs<T: Real>(x: &[T]) -> T {
    let mut lanes = [T::ZERO; LANES];
    run(&mut lanes, x, |sum, x| sum + x.abs());
    fold_lanes(lanes, |a, b| a + b)
}

/// The sum of `x[i] * y[i]`, as a run.
#[must_use]
pub fn dot<T: Real>(x: &[T], y: &[T]) -> T {
    fold_lanes(run2(x, y, |sum, x, y| sum + x * y), |a, b| a + b)
}

/// The largest element, NaN if any is; minus infinity of nothing. Of +0 and -0 either may be returned, always the
/// same for the same slice.
#[must_use]
pub fn max<T: Real>(x: &[T]) -> T {
    let mut lanes = [T::NEG_INFINITY; LANES];
    run(&mut lanes, x, larger);
    fold_lanes(lanes, larger)
}

/// `y += alpha * x`.
pub fn axpy<T: Real>(alpha: T, x: &[T], y: &mut [T]) {
    debug_assert_eq!(x.len(), y.len());
    // four vectors to a turn of the loop, which the compiler does not do by itself
    const BLOCK: usize = 16;
    let whole = if T::TRAINS { y.len() - y.len() % BLOCK } else { 0 };
    let blocks = y[..whole].as_chunks_mut::<BLOCK>().0.iter_mut();
    for (y, x) in blocks.zip(x.as_chunks::<BLOCK>().0) {
        let mut sums = *y;
        for (sum, x) in sums.iter_mut().zip(x) {
            *sum += alpha * *x;
        }
        *y = sums;
    }
    for (y, &x) in y[whole..].iter_mut().zip(&x[whole..]) {
        *y += alpha * x;
    }
}

/// Whether no element is infinite or NaN.
#[must_use]
pub fn all_finite<T: Real>(x: &[T]) -> bool {
    // whole blocks without a branch, which the compiler turns into vectors; a block ends the search early
    x.chunks(1024).all(|block| block.iter().fold(true, |ok, x| ok & x.is_finite()))
}

/// Sum over axis 1 of `x (outer, n, inner)`; `y (outer, inner)`. A run if `inner` is 1, else rows.
pub fn sum_axis<T: Real>(x: &[T], shape: [usize; 3], y: &mut [T]) {
    let [outer, n, inner] = shape;
    sum_to(x, &[outer, n, inner], &[outer, 1, inner], y);
}

/// Largest element over axis 1 of `x (outer, n, inner)`, see [`max`]; `y (outer, inner)`.
pub fn max_axis<T: Real>(x: &[T], shape: [usize; 3], y: &mut [T]) {
    let [outer, n, inner] = shape;
    max_to(x, &[outer, n, inner], &[outer, 1, inner], y);
}

/// Sums a tensor down to `target`, which has the axes of `dims` with 1 where one is summed: the adjoint of
/// broadcasting, and the sum over any set of axes.
pub fn sum_to<T: Real>(x: &[T], dims: &[usize], target: &[usize], y: &mut [T]) {
    y.fill(T::ZERO);
    fold_to(x, dims, target, y, &Sum);
}

/// The same for the largest element, see [`max`].
pub fn max_to<T: Real>(x: &[T], dims: &[usize], target: &[usize], y: &mut [T]) {
    y.fill(T::NEG_INFINITY);
    fold_to(x, dims, target, y, &Max);
}

/// Index along axis 1 of the first largest element of `x (outer, n, inner)`, `n >= 1`; NaN counts as the largest.
/// `index (outer, inner)`.
pub fn argmax_axis<T: Real>(x: &[T], shape: [usize; 3], index: &mut [u32]) {
    let [_, n, inner] = shape;
    if n * inner == 0 {
        return index.fill(0);
    }
    for (x, index) in x.chunks_exact(n * inner).zip(index.chunks_exact_mut(inner)) {
        for (column, index) in index.iter_mut().enumerate() {
            let mut best = x[column];
            *index = 0;
            for row in 1..n {
                let value = x[row * inner + column];
                if beats(value, best) {
                    best = value;
                    *index = row as u32;
                }
            }
        }
    }
}

/// Whether a candidate displaces the best so far: if it is larger or the first NaN.
#[inline(always)]
#[expect(
    clippy::eq_op,
    clippy::neg_cmp_op_on_partial_ord,
    reason = "two comparisons and no branch, also for NaN"
)]
pub(super) fn beats<T: Real>(candidate: T, best: T) -> bool {
    !(candidate <= best) & (best == best)
}

/// A fold of runs and of rows.
trait Fold<T> {
    fn run(&self, x: &[T]) -> T;
    fn pair(&self, a: T, b: T) -> T;
}

struct Sum;
struct Max;

impl<T: Real> Fold<T> for Sum {
    #[inline(always)]
    fn run(&self, x: &[T]) -> T {
        sum(x)
    }
    #[inline(always)]
    fn pair(&self, a: T, b: T) -> T {
        a + b
    }
}

impl<T: Real> Fold<T> for Max {
    #[inline(always)]
    fn run(&self, x: &[T]) -> T {
        max(x)
    }
    #[inline(always)]
    fn pair(&self, a: T, b: T) -> T {
        larger(a, b)
    }
}

/// Reads `x` in row-major order, one axis per call, and folds it into `y`.
fn fold_to<T: Real>(x: &[T], dims: &[usize], target: &[usize], y: &mut [T], fold: &impl Fold<T>) {
    debug_assert_eq!(dims.len(), target.len());
    if x.is_empty() {
        return;
    }
    if let [y] = y {
        // every axis left is folded
        *y = fold.pair(*y, fold.run(x));
        return;
    }
    let piece = x.len() / dims[0];
    if y.len() == x.len() {
        fold_rows(x, y, fold);
    } else if dims[0] == target[0] {
        let part = y.len() / dims[0];
        for (x, y) in x.chunks_exact(piece).zip(y.chunks_exact_mut(part)) {
            fold_to(x, &dims[1..], &target[1..], y, fold);
        }
    } else if y.len() == piece {
        // every axis behind this one is kept
        fold_rows(x, y, fold);
    } else {
        for x in x.chunks_exact(piece) {
            fold_to(x, &dims[1..], &target[1..], y, fold);
        }
    }
}

/// Folds the rows of `x (rows, n)` into `y (n,)`.
fn fold_rows<T: Real>(x: &[T], y: &mut [T], fold: &impl Fold<T>) {
    let mut at = 0;
    if T::TRAINS {
        at = fold_columns::<T, 16>(x, y, at, fold);
        at = fold_columns::<T, 8>(x, y, at, fold);
    }
    at = fold_columns::<T, 4>(x, y, at, fold);
    if T::TRAINS {
        at = fold_columns::<T, 2>(x, y, at, fold);
    }
    fold_columns::<T, 1>(x, y, at, fold);
}

/// Folds blocks of `L` columns, from column `at` on, as long as there are so many; returns the first that is left. The
/// block's results stay in registers for all rows.
#[inline(always)]
fn fold_columns<T: Real, const L: usize>(x: &[T], y: &mut [T], mut at: usize, fold: &impl Fold<T>) -> usize {
    let n = y.len();
    while let Some(y) = y[at..].first_chunk_mut::<L>() {
        let mut local = *y;
        for x in x.chunks_exact(n) {
            let Some(x) = x[at..].first_chunk::<L>() else { break };
            for l in 0..L {
                local[l] = fold.pair(local[l], x[l]);
            }
        }
        *y = local;
        at += L;
    }
    at
}

/// The places of `keys` in ascending order of the keys (NaN last), equal ones in the order in which they stand.
///
/// Everything that sorts by a number does it here: each instance of the standard sort costs a WebAssembly build
/// some kilobytes.
#[must_use]
pub fn argsort(keys: &[f64]) -> Vec<usize> {
    let ordered = |key: f64| {
        // -0 is 0; a NaN may have either sign, which machines choose differently
        let bits = (key + 0.0).to_bits();
        // IEEE total order as unsigned numbers
        match key {
            _ if key.is_nan() => u64::MAX,
            _ if bits >> 63 == 1 => !bits,
            _ => bits | 1 << 63,
        }
    };
    let mut order: Vec<(u64, usize)> = keys.iter().map(|&k| ordered(k)).zip(0..).collect();
    order.sort_unstable();
    order.into_iter().map(|(_, place)| place).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::kernels::test_util::{bits, both, indices, numbers, place, sweep};
    #[cfg(target_family = "wasm")]
    use wasm_bindgen_test::wasm_bindgen_test as test;

    /// The documented order, word for word.
    fn naive_run<T: Real>(x: &[T]) -> T {
        let lane = |l: usize| x.iter().skip(l).step_by(8).fold(T::ZERO, |sum, &x| sum + x);
        ((lane(0) + lane(4)) + (lane(2) + lane(6))) + ((lane(1) + lane(5)) + (lane(3) + lane(7)))
    }

    /// The largest element; of two zeros +0, as `max(x) + 0` is.
    fn naive_max<T: Real>(x: &[T]) -> T {
        let nan = |x: T| x.to_f64().is_nan();
        x.iter().fold(T::NEG_INFINITY, |most, &x| if nan(x) || x > most { x } else { most }) + T::ZERO
    }

    /// A kernel from runs to one number each.
    fn check<T: Real, const N: usize>(
        name: &str,
        kernel: impl Fn([&[T]; N]) -> T,
        definition: impl Fn([&[T]; N]) -> T,
    ) {
        // two sizes in one: 0 .. 33, and the same many blocks longer
        for more in [0, 66, 1000, 4066] {
            sweep::<T, N>(
                name,
                |n| ([n + more; N], 1),
                |_, x, y| y[0] = kernel(x),
                |_, x, y| y[0] = definition(x),
            );
        }
    }

    #[test]
    fn runs_keep_their_order() {
        both!(T =>
            let runs = |x: &[T], f: fn(T) -> T| naive_run(&x.iter().map(|&x| f(x)).collect::<Vec<_>>());
            check("sum", |[x]| sum::<T>(x), |[x]| naive_run(x));
            check("sum of squares", |[x]| sum_squares::<T>(x), |[x]| runs(x, |x| x * x));
            check("sum of sizes", |[x]| sum_abs::<T>(x), |[x]| runs(x, T::abs));
            check("dot", |[x, y]| dot::<T>(x, y), |[x, y]| {
                naive_run(&x.iter().zip(y).map(|(x, y)| x * y).collect::<Vec<_>>())
            });
            check("max", |[x]| max::<T>(x) + 0.0, |[x]| naive_max(x));
            check("all finite", |[x]| T::from(u8::from(all_finite::<T>(x))), |[x]| {
                T::from(u8::from(x.iter().all(|x| x.is_finite())))
            });
            sweep::<T, 1>(
                "axpy",
                |n| ([n], n),
                |_, [x], y| axpy(0.3, x, y),
                |_, [x], y| y.iter_mut().zip(x).for_each(|(y, x)| *y += 0.3 * x),
            );
        );
    }

    #[test]
    fn a_single_odd_value_is_found_wherever_it_is() {
        for n in 1..40 {
            for at in 0..n {
                let mut x = numbers::<f64>(3, n);
                assert!(all_finite(&x));
                x[at] = f64::NAN;
                assert!(max(&x).is_nan() && !all_finite(&x), "{at} of {n}");
                x[at] = f64::INFINITY;
                assert!(max(&x) == f64::INFINITY && !all_finite(&x), "{at} of {n}");
            }
        }
    }

    #[test]
    fn any_axis_of_any_length() {
        /// Folds the columns along axis 1, `x (outer, n, inner)`.
        fn columns<T: Real>(x: &[T], [_, n, inner]: [usize; 3], y: &mut [T], fold: impl Fn(&[T]) -> T) {
            for (at, y) in y.iter_mut().enumerate() {
                let first = at / inner * n * inner + at % inner;
                let column: Vec<T> = (0..n).map(|row| x[first + row * inner]).collect();
                *y = fold(&column);
            }
        }
        /// The first place where the largest element is.
        fn naive_argmax<T: Real>(x: &[T]) -> T {
            let most = naive_max(x);
            T::from_f64(x.iter().position(|&x| x == most || x.to_f64().is_nan()).unwrap_or(0) as f64)
        }
        let rows = |n| [2, n, 3];
        let runs = |n| [3, n, 1];
        let wide = |n| [2, 5, n];
        for shape in [rows, runs, wide] {
            let lengths = |n: usize| ([shape(n).iter().product()], shape(n)[0] * shape(n)[2]);
            both!(T =>
                sweep::<T, 1>("sum", lengths, |n, [x], y| sum_axis(x, shape(n), y), |n, [x], y| {
                    let run = shape(n)[2] == 1;
                    let fold = |x: &[T]| if run { naive_run(x) } else { x.iter().fold(0.0, |sum, x| sum + x) };
                    columns(x, shape(n), y, fold);
                });
                let largest = |n: usize, x: &[T], y: &mut [T]| {
                    max_axis(x, shape(n), y);
                    y.iter_mut().for_each(|y| *y += 0.0);
                };
                sweep::<T, 1>("max", lengths, |n, [x], y| largest(n, x, y), |n, [x], y| {
                    columns(x, shape(n), y, naive_max);
                });
                let places = |n: usize, x: &[T], y: &mut [T]| {
                    let mut index = vec![9; y.len()];
                    argmax_axis(x, shape(n), &mut index);
                    y.iter_mut().zip(index).for_each(|(y, index)| *y = index as T);
                };
                sweep::<T, 1>("argmax", lengths, |n, [x], y| places(n, x, y), |n, [x], y| {
                    columns(x, shape(n), y, naive_argmax);
                });
            );
        }
    }

    #[test]
    fn every_set_of_axes_follows_the_order() {
        let shapes: [&[usize]; 9] =
            [&[], &[7], &[3, 5], &[5, 1, 3], &[2, 3, 4, 5], &[4, 33], &[33, 4], &[1, 1], &[17, 2, 9]];
        both!(T => for dims in shapes {
            let x = numbers::<T>(4, dims.iter().product());
            for set in 0..1 << dims.len() {
                let target: Vec<_> =
                    dims.iter().enumerate().map(|(i, &d)| if set >> i & 1 == 1 { 1 } else { d }).collect();
                let run =
                    dims.iter().zip(&target).rev().take_while(|&(_, &t)| t == 1).map(|(d, _)| d).product();
                let len = target.iter().product();
                let (mut sums, mut largest) = (vec![0.0; len], vec![T::NEG_INFINITY; len]);
                let places: Vec<_> = indices(dims).collect();
                for (i, x) in places.chunks(run).zip(x.chunks(run)) {
                    let i: Vec<_> = i[0].iter().zip(&target).map(|(i, t)| i % t).collect();
                    sums[place(&target, &i)] += naive_run(x);
                    largest[place(&target, &i)] =
                        x.iter().copied().fold(largest[place(&target, &i)], T::max);
                }
                let mut y = vec![9.0; len];
                sum_to(&x, dims, &target, &mut y);
                assert_eq!(bits(&y), bits(&sums), "{dims:?} to {target:?}");
                max_to(&x, dims, &target, &mut y);
                assert_eq!(y, largest, "{dims:?} to {target:?}");
            }
        });
    }

    #[test]
    fn nothing_sums_to_zero() {
        let mut y = [7.0_f32; 3];
        sum_axis(&[], [3, 0, 1], &mut y);
        assert_eq!(y, [0.0; 3]);
        max_axis(&[], [1, 0, 3], &mut y);
        assert_eq!(y, [f32::NEG_INFINITY; 3]);
    }

    #[test]
    fn first_largest_wins_and_nan_is_the_largest() {
        let nan = f32::NAN;
        let mut index = [0; 4];
        let x = [1.0, 3.0, 3.0, 5.0, nan, nan, -1.0, -1.0, -2.0, f32::NEG_INFINITY, f32::NEG_INFINITY, nan];
        argmax_axis(&x, [4, 3, 1], &mut index);
        assert_eq!(index, [1, 1, 0, 2]);
        let mut index = [0; 2];
        argmax_axis(&[1.0, 9.0, 4.0, 2.0, 4.0, 9.0], [1, 3, 2], &mut index);
        assert_eq!(index, [1, 0]);
    }

    #[test]
    fn argsort_orders_numbers_and_keeps_equals() {
        // the NaN of 0 / 0 is a negative one on some machines
        let keys = [2.0, -1.0, 2.0, f64::NAN, -0.5, -f64::NAN, f64::NEG_INFINITY, 0.0, -0.0, f64::INFINITY];
        assert_eq!(argsort(&keys), [6, 1, 4, 7, 8, 0, 2, 9, 3, 5]);
        assert!(argsort(&[]).is_empty());
    }
}
