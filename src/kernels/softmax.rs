//! Softmax and its relatives over the last axis: `x (rows, n)`, stable because the largest element of a row is
//! subtracted first. Sums are runs (see `reduce`).
//!
//! A row with NaN or +inf gives NaN, and so does a row that is -inf throughout, but for [`log_sum_exp`], which gives
//! +inf and -inf there.

use super::Real;
use super::reduce::{LANES, fold_lanes, max, run, sum};

/// `y = exp(x) / sum(exp(x))` of every row of length `n`.
pub fn softmax<T: Real>(x: &[T], n: usize, y: &mut [T]) {
    shifted(x, n, y, |_, y| {
        T::exp_in_place(y);
        for y in y.chunks_exact_mut(n) {
            let sum = sum(y);
            y.iter_mut().for_each(|y| *y /= sum);
        }
    });
}

/// `y = x - log(sum(exp(x)))` of every row of length `n`.
pub fn log_softmax<T: Real>(x: &[T], n: usize, y: &mut [T]) {
    shifted(x, n, y, |x, y| {
        T::exp_in_place(y);
        let mut logs = [T::ZERO; ROWS];
        logs.iter_mut().zip(y.chunks_exact(n)).for_each(|(log, y)| *log = sum(y));
        T::log_in_place(&mut logs[..y.len() / n]);
        for ((x, y), &log) in x.chunks_exact(n).zip(y.chunks_exact_mut(n)).zip(&logs) {
            let largest = max(x);
            y.iter_mut().zip(x).for_each(|(y, &x)| *y = (x - largest) - log);
        }
    });
}

/// `y = log(sum(exp(x)))` of every row of length `n`; `y (rows,)`, -inf for `n = 0`.
pub fn log_sum_exp<T: Real>(x: &[T], n: usize, y: &mut [T]) {
    if n == 0 {
        return y.fill(T::NEG_INFINITY);
    }
    for (x, y) in x.chunks(ROWS * n).zip(y.chunks_mut(ROWS)) {
        let mut shifts = [T::ZERO; ROWS];
        log_sums(x, n, &mut shifts, y);
        y.iter_mut().zip(&shifts).for_each(|(y, &shift)| *y += shift);
    }
}

/// `y = log(sum(exp(x))) - x[label]` of every row of length `n`: the cross-entropy between the softmax of the row
/// and a label of `labels (rows,)`; `y (rows,)`. NaN for a label that is not below `n`.
pub fn cross_entropy<T: Real>(x: &[T], n: usize, labels: &[u32], y: &mut [T]) {
    debug_assert!(x.len() == labels.len() * n && y.len() == labels.len());
    if n == 0 {
        return y.fill(T::NAN);
    }
    for ((x, y), labels) in x.chunks(ROWS * n).zip(y.chunks_mut(ROWS)).zip(labels.chunks(ROWS)) {
        let mut shifts = [T::ZERO; ROWS];
        log_sums(x, n, &mut shifts, y);
        for (((x, y), &label), &shift) in x.chunks_exact(n).zip(y).zip(labels).zip(&shifts) {
            let own = x.get(label as usize).copied().unwrap_or(T::NAN);
            // the shift first: two large logits differ exactly, their sum with a logarithm is rounded
            *y -= own - shift;
        }
    }
}

/// Rows whose logarithms are taken together.
const ROWS: usize = 64;

/// For each of up to [`ROWS`] rows a number s, the largest element or 0 if that is not finite, and
/// `y = log(sum(exp(x - s)))`.
fn log_sums<T: Real>(x: &[T], n: usize, shifts: &mut [T; ROWS], y: &mut [T]) {
    // a buffer of a whole number of lanes: the run goes on from piece to piece as if the row were one
    let mut buffer = [T::ZERO; 8 * LANES];
    for ((x, y), shift) in x.chunks_exact(n).zip(&mut *y).zip(shifts) {
        let largest = max(x);
        // inf - inf would be NaN
        *shift = if largest.is_finite() { largest } else { T::ZERO };
        let mut lanes = [T::ZERO; LANES];
        for x in x.chunks(buffer.len()) {
            let e = &mut buffer[..x.len()];
            e.iter_mut().zip(x).for_each(|(e, &x)| *e = x - *shift);
            T::exp_in_place(e);
            run(&mut lanes, e, |sum, e| sum + e);
        }
        *y = fold_lanes(lanes, |a, b| a + b);
    }
    T::log_in_place(y);
}

/// Fills `y` with `x - max(x)` and calls `finish` on blocks of up to [`ROWS`] rows that stay in the nearest cache.
#[inline(always)]
fn shifted<T: Real>(x: &[T], n: usize, y: &mut [T], finish: impl Fn(&[T], &mut [T])) {
    if n == 0 {
        return;
    }
    let block = n * (2048 / n).clamp(1, ROWS);
    for (x, y) in x.chunks(block).zip(y.chunks_mut(block)) {
        for (x, y) in x.chunks_exact(n).zip(y.chunks_exact_mut(n)) {
            let largest = max(x);
            y.iter_mut().zip(x).for_each(|(y, &x)| *y = x - largest);
        }
        finish(x, y);
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::kernels::test_util::{both, numbers, sweep};
    #[cfg(target_family = "wasm")]
    use wasm_bindgen_test::wasm_bindgen_test as test;

    /// In f64, without subtracting anything.
    fn naive(x: &[f32]) -> (Vec<f64>, f64) {
        let e: Vec<_> = x.iter().map(|&x| libm::exp(x.into())).collect();
        let sum: f64 = e.iter().sum();
        (e.iter().map(|e| e / sum).collect(), libm::log(sum))
    }

    /// The shifted exponentials of one row, their sum and its logarithm.
    fn exponentials<T: Real>(x: &[T], shift: T) -> (Vec<T>, T, T) {
        let e: Vec<T> = x.iter().map(|&x| (x - shift).exp()).collect();
        let total = sum(&e);
        (e, total, total.log())
    }

    #[test]
    fn rows_have_the_bits_of_the_stated_order() {
        const COUNT: usize = 3;
        /// Calls `f(row, its elements of the result)` for rows of n elements, or `f(row, its only element)`.
        fn by_row<T: Real>(n: usize, x: &[T], y: &mut [T], f: impl Fn(usize, &[T], &mut [T])) {
            let len = y.len() / COUNT;
            (0..COUNT).for_each(|r| f(r, &x[r * n..][..n], &mut y[r * len..][..len]));
        }
        both!(T =>
            let matrix = |n| ([COUNT * n], COUNT * n);
            sweep::<T, 1>("softmax", matrix, |n, [x], y| softmax(x, n, y), |n, [x], y| by_row(n, x, y, |_, x, y| {
                let (e, sum, _) = exponentials(x, max(x));
                y.iter_mut().zip(e).for_each(|(y, e)| *y = e / sum);
            }));
            sweep::<T, 1>("log softmax", matrix, |n, [x], y| log_softmax(x, n, y), |n, [x], y| by_row(n, x, y, |_, x, y| {
                let (largest, log) = (max(x), exponentials(x, max(x)).2);
                y.iter_mut().zip(x).for_each(|(y, &x)| *y = (x - largest) - log);
            }));
            let column = |n| ([COUNT * n], COUNT);
            let finite = |x: &[T]| if max(x).is_finite() { max(x) } else { 0.0 };
            sweep::<T, 1>("log sum exp", column, |n, [x], y| log_sum_exp(x, n, y), |n, [x], y| by_row(n, x, y, |_, x, y| {
                y[0] = exponentials(x, finite(x)).2 + finite(x);
            }));
            // of three labels the last is none
            let labels = |n: usize| [n as u32 / 2, 0, n as u32];
            sweep::<T, 1>("cross-entropy", column, |n, [x], y| cross_entropy(x, n, &labels(n), y), |n, [x], y| {
                by_row(n, x, y, |r, x, y| {
                    let own = x.get(labels(n)[r] as usize).copied().unwrap_or(T::NAN);
                    y[0] = exponentials(x, finite(x)).2 - (own - finite(x));
                });
            });
        );
    }

    #[test]
    fn agrees_with_the_definition() {
        for n in (1..33).chain([100, 2049]) {
            let rows = 3;
            let x: Vec<_> = numbers::<f32>(1, rows * n).iter().map(|x| x * 8.0).collect();
            let (mut p, mut log_p, mut lse, mut ce) = (x.clone(), x.clone(), [0.0; 3], [0.0; 3]);
            let labels = [0, n as u32 - 1, n as u32 / 2];
            softmax(&x, n, &mut p);
            log_softmax(&x, n, &mut log_p);
            log_sum_exp(&x, n, &mut lse);
            cross_entropy(&x, n, &labels, &mut ce);
            for r in 0..rows {
                let (want, log) = naive(&x[r * n..][..n]);
                assert!((f64::from(lse[r]) - log).abs() < 2e-6 * log.abs().max(1.0), "{n}");
                let label = r * n + labels[r] as usize;
                assert!((log - f64::from(x[label]) - f64::from(ce[r])).abs() < 4e-6, "{n}");
                for (i, want) in want.iter().enumerate() {
                    assert!((f64::from(p[r * n + i]) - want).abs() < 1e-6 * want + 1e-12, "{n}");
                    assert!((f64::from(log_p[r * n + i]) - libm::log(*want)).abs() < 4e-6, "{n}");
                }
            }
        }
    }

    #[test]
    fn a_row_does_not_depend_on_its_neighbours() {
        let n = 70;
        let x = numbers::<f32>(2, 90 * n);
        let mut all = x.clone();
        softmax(&x, n, &mut all);
        for r in [0, 1, 29, 30, 89] {
            let mut one = vec![0.0; n];
            softmax(&x[r * n..][..n], n, &mut one);
            assert_eq!(one, all[r * n..][..n]);
        }
    }

    #[test]
    fn huge_logits_are_no_trouble() {
        let x = [1e30, 1e30, -1e30, 3.4e38_f32];
        let (mut y, mut lse, mut ce) = ([0.0; 4], [0.0], [0.0]);
        softmax(&x, 4, &mut y);
        assert_eq!(y, [0.0, 0.0, 0.0, 1.0]);
        log_sum_exp(&x, 4, &mut lse);
        assert_eq!(lse, [3.4e38]);
        cross_entropy(&[1000.0, 0.0], 2, &[1], &mut ce);
        assert_eq!(ce, [1000.0]);
        cross_entropy(&[1000.0_f32, 0.0], 2, &[0], &mut ce);
        assert_eq!(ce, [0.0]);
        cross_entropy(&[1.0, 0.0], 2, &[2], &mut ce);
        assert!(ce[0].is_nan());
    }

    #[test]
    fn infinite_rows() {
        let inf = f64::INFINITY;
        let (mut lse, mut p) = ([0.0; 3], [0.0; 6]);
        let x = [-inf, -inf, inf, 0.0, -inf, 2.0];
        log_sum_exp(&x, 2, &mut lse);
        assert_eq!(lse, [-inf, inf, 2.0]);
        softmax(&x, 2, &mut p);
        assert!(p[..3].iter().all(|p| p.is_nan()));
        assert_eq!(p[4..], [0.0, 1.0]);
    }
}
