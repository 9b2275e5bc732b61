//! How many eigenvalues of a symmetric matrix are negative, without the eigenvalues.

use super::eigen::lower;
use crate::error::Result;
use crate::kernels::reduce::axpy;
use ndarray::Array2;

/// The share of a row's largest entry from which a pivot on the diagonal is large enough, (1 + sqrt 17) / 8: it makes
/// the bound on the growth of two single steps equal to that of one double step (Bunch, Kaufman 1977, section 4).
const ALPHA: f64 = 0.640_388_203_202_208;

/// Numbers of eigenvalues by sign.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Inertia {
    /// Below minus the tolerance: the index of a critical point.
    pub negative: usize,
    /// Within the tolerance of zero.
    pub zero: usize,
    /// Above the tolerance.
    pub positive: usize,
}

/// The inertia of a symmetric matrix; only its lower triangle is read. Eigenvalues of at most `tolerance` in size
/// count as zero.
///
/// A congruence leaves the signs of the eigenvalues as they are (Sylvester 1852), so those of D in `A = L D L^T` have
/// them, D of blocks of one and two rows found by Bunch and Kaufman's pivoting (1977; Golub, Van Loan, section
/// 4.4). It is done for `A + tolerance I` and for `A - tolerance I`, whose negative eigenvalues are those of A below
/// -tolerance and below tolerance: two thirds of n^3 operations, no iteration, and a proof of the index that owes
/// nothing to [`symmetric_eigenvalues`](super::symmetric_eigenvalues).
///
/// # Errors
/// As [`symmetric_eigen`](super::symmetric_eigen).
pub fn inertia(matrix: &Array2<f64>, tolerance: f64) -> Result<Inertia> {
    let n = matrix.nrows();
    let (a, scale) = lower(matrix, "inertia")?;
    let shift = if scale > 0.0 { tolerance / scale } else { 0.0 };
    let below = |shift: f64| {
        let mut a = a.clone();
        (0..n).for_each(|i| a[i * n + i] += shift);
        signs(&mut a, n)
    };
    let low = below(shift);
    if shift == 0.0 {
        return Ok(low);
    }
    let high = below(-shift);
    let (negative, positive) = (low.negative, high.positive);
    Ok(Inertia { negative, zero: n.saturating_sub(negative + positive), positive })
}

/// Signs of the pivots of the lower triangle `a`, which is used up. Pivots are taken from the last row up: what
/// stands beside a pivot then lies in one row.
fn signs(a: &mut [f64], n: usize) -> Inertia {
    let mut found = Inertia::default();
    let mut count = |pivot: f64| {
        if pivot > 0.0 {
            found.positive += 1;
        } else if pivot < 0.0 {
            found.negative += 1;
        } else {
            found.zero += 1;
        }
    };
    let mut left = n;
    while left > 0 {
        let k = left - 1;
        let (r, beside) = largest(&a[k * n..][..k]);
        let own = a[k * n + k].abs();
        let mut double = false;
        if own < ALPHA * beside {
            // the largest entry beside the diagonal in row and column r of what is left
            let in_column = (r + 1..left).map(|i| a[i * n + r].abs());
            let around = in_column.fold(largest(&a[r * n..][..r]).1, f64::max);
            if own * around < ALPHA * beside * beside {
                double = a[r * n + r].abs() < ALPHA * around;
                exchange(a, n, left, r, if double { k - 1 } else { k });
            }
        }
        let (above, rest) = a.split_at_mut((if double { k - 1 } else { k }) * n);
        if double {
            let (p, q) = rest.split_at(n);
            let [first, second, off] = [p[k - 1], q[k], q[k - 1]];
            // |first second| < off^2: one eigenvalue of each sign
            let determinant = first * second - off * off;
            count(1.0);
            count(-1.0);
            for (j, row) in above.chunks_exact_mut(n).enumerate() {
                let x = (second * p[j] - off * q[j]) / determinant;
                let y = (first * q[j] - off * p[j]) / determinant;
                axpy(-x, &p[..=j], &mut row[..=j]);
                axpy(-y, &q[..=j], &mut row[..=j]);
            }
            left -= 2;
        } else {
            let pivot = rest[k];
            count(pivot);
            if pivot != 0.0 {
                for (j, row) in above.chunks_exact_mut(n).enumerate() {
                    axpy(-rest[j] / pivot, &rest[..=j], &mut row[..=j]);
                }
            }
            left -= 1;
        }
    }
    found
}

/// The place and the size of the largest entry; 0 of nothing.
fn largest(row: &[f64]) -> (usize, f64) {
    row.iter().enumerate().fold((0, 0.0), |m, (i, x)| if x.abs() > m.1 { (i, x.abs()) } else { m })
}

/// Exchanges rows and columns `r` and `k` of the leading `left` ones, r <= k.
fn exchange(a: &mut [f64], n: usize, left: usize, r: usize, k: usize) {
    if r == k {
        return;
    }
    (0..r).for_each(|j| a.swap(r * n + j, k * n + j));
    (r + 1..k).for_each(|j| a.swap(j * n + r, k * n + j));
    (k + 1..left).for_each(|i| a.swap(i * n + r, i * n + k));
    a.swap(r * n + r, k * n + k);
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::curvature::symmetric_eigenvalues;
    use crate::rng::{Source, Stream};
    use ndarray::array;

    fn of(negative: usize, zero: usize, positive: usize) -> Inertia {
        Inertia { negative, zero, positive }
    }

    #[test]
    fn known_matrices_have_their_inertia() {
        let exact = |m: Array2<f64>| inertia(&m, 0.0).unwrap();
        assert_eq!(exact(array![[0.0, 1.0], [1.0, 0.0]]), of(1, 0, 1));
        assert_eq!(exact(array![[0.0, 0.0, 2.0], [0.0, -3.0, 0.0], [2.0, 0.0, 0.0]]), of(2, 0, 1));
        assert_eq!(exact(Array2::zeros((3, 3))), of(0, 3, 0));
        assert_eq!(exact(array![[1.0, 2.0], [2.0, 4.0]]), of(0, 1, 1));
        assert_eq!(exact(Array2::zeros((0, 0))), of(0, 0, 0));
        let diagonal = Array2::from_diag(&array![5.0, -1e-7, 1e-7, -2.0, 1e-3]);
        assert_eq!(inertia(&diagonal, 1e-6).unwrap(), of(1, 2, 2));
        assert_eq!(inertia(&diagonal, 1e-8).unwrap(), of(2, 0, 3));
        assert_eq!(inertia(&array![[f64::NAN]], 0.0).unwrap_err().report().code, "eigen-not-finite");
    }

    /// Random matrices, dense, sparse with an empty diagonal (which asks for double steps), and of low rank.
    #[test]
    fn signs_agree_with_the_eigenvalues() {
        let source = Source::new(4, Stream::PROBE, 0);
        for n in [1, 2, 3, 7, 30, 81] {
            for kind in 0..3 {
                let at =
                    |i: usize, j: usize| source.normal((kind * 100_000 + i.min(j) * n + i.max(j)) as u64);
                let a = Array2::from_shape_fn((n, n), |(i, j)| match kind {
                    0 => at(i, j),
                    1 if i == j || (i + j) % 3 == 0 => 0.0,
                    1 => at(i, j),
                    _ => at(0, i) * at(0, j) - at(1, i.max(2)) * at(1, j.max(2)),
                });
                let values = symmetric_eigenvalues(&a).unwrap();
                let size = values.iter().fold(0.0_f64, |m, x| m.max(x.abs()));
                for tolerance in [1e-12 * size, 1e-2 * size] {
                    // a threshold on an eigenvalue is decided by rounding alone
                    if values.iter().any(|v| (v.abs() - tolerance).abs() < 1e-13 * size) {
                        continue;
                    }
                    let negative = values.iter().filter(|v| **v < -tolerance).count();
                    let positive = values.iter().filter(|v| **v > tolerance).count();
                    let want = of(negative, n - negative - positive, positive);
                    assert_eq!(inertia(&a, tolerance).unwrap(), want, "n {n}, kind {kind}");
                }
            }
        }
    }
}
