//! Eigenvalues and eigenvectors of a symmetric matrix.

use crate::error::{Error, Result};
use crate::kernels::reduce;
use ndarray::Array2;

/// Sweeps after which the iteration would be given up; it converges quadratically and needs about ten.
const MAX_SWEEPS: usize = 60;

/// The eigen-decomposition of a symmetric matrix.
#[derive(Debug, Clone, PartialEq)]
pub struct Eigen {
    /// Eigenvalues, ascending.
    pub values: Vec<f64>,
    /// Row `i` is the unit eigenvector of value `i`; its first component of more than half the largest size is
    /// positive, so that the sign does not hang on a rounding.
    pub vectors: Array2<f64>,
}

/// Decomposes a symmetric matrix `(n, n)`; only its upper triangle is read.
///
/// Cyclic Jacobi rotations (Golub, Van Loan: *Matrix Computations*, section 8.5): sums, products, quotients and
/// square roots only, in a fixed order, so that every machine finds the same bits. The error is a few roundings of
/// the largest eigenvalue. The cost is about 60 n^3: a millisecond for n = 20, minutes for n = 1,000.
///
/// # Errors
/// [`Error::Shape`] if the matrix is not square, [`Error::NotFinite`] if an entry is no finite number.
pub fn symmetric_eigen(matrix: &Array2<f64>) -> Result<Eigen> {
    let n = matrix.nrows();
    if matrix.ncols() != n {
        return Err(Error::shape("eigen-not-square", "eigenvalues")
            .expected("a square matrix")
            .got(format!("{n} x {}", matrix.ncols()))
            .hint("pass a symmetric matrix"));
    }
    let mut a: Vec<f64> = Vec::with_capacity(n * n);
    (0..n).for_each(|i| a.extend((0..n).map(|j| matrix[[i.min(j), i.max(j)]])));
    if !a.iter().all(|x| x.is_finite()) {
        return Err(Error::not_finite("eigen-not-finite", "eigenvalues")
            .expected("a matrix of finite numbers")
            .got("an infinite or missing entry")
            .hint("go back to a point where the loss is finite"));
    }
    // dividing by the largest entry keeps every square below within the range of f64
    let scale = a.iter().fold(0.0_f64, |m, x| m.max(x.abs()));
    let mut v = vec![0.0; n * n];
    (0..n).for_each(|i| v[i * n + i] = 1.0);
    if scale > 0.0 {
        a.iter_mut().for_each(|x| *x /= scale);
        diagonalise(&mut a, &mut v, n);
    }

    let diagonal: Vec<f64> = (0..n).map(|i| a[i * n + i]).collect();
    let order = reduce::argsort(&diagonal);
    let values = order.iter().map(|&i| a[i * n + i] * scale).collect();
    let mut vectors = Array2::zeros((n, n));
    for (mut row, &i) in vectors.rows_mut().into_iter().zip(&order) {
        let vector = &v[i * n..][..n];
        let largest = vector.iter().fold(0.0_f64, |m, x| m.max(x.abs()));
        let negative = vector.iter().find(|x| x.abs() > 0.5 * largest).is_some_and(|&x| x < 0.0);
        row.iter_mut().zip(vector).for_each(|(r, &x)| *r = if negative { -x } else { x });
    }
    Ok(Eigen { values, vectors })
}

/// Rotates `a` until it is diagonal; the rows of `v` become its eigenvectors.
fn diagonalise(a: &mut [f64], v: &mut [f64], n: usize) {
    let norm = a.iter().map(|x| x * x).sum::<f64>().sqrt();
    // all that is left outside the diagonal is then below one rounding of the norm
    let small = f64::EPSILON * norm / n as f64;
    for _ in 0..MAX_SWEEPS {
        let mut rotated = false;
        for p in 0..n {
            for q in p + 1..n {
                let off = a[p * n + q];
                if off.abs() > small {
                    rotate(a, v, n, p, q);
                    rotated = true;
                } else {
                    (a[p * n + q], a[q * n + p]) = (0.0, 0.0);
                }
            }
        }
        if !rotated {
            return;
        }
    }
}

/// The rotation in the plane of `p` and `q` that makes `a[p, q]` zero, by the smaller of the two angles.
fn rotate(a: &mut [f64], v: &mut [f64], n: usize, p: usize, q: usize) {
    let off = a[p * n + q];
    let theta = (a[q * n + q] - a[p * n + p]) / (2.0 * off);
    let sign = if theta < 0.0 { -1.0 } else { 1.0 };
    let t = sign / (theta.abs() + (theta * theta + 1.0).sqrt());
    let c = 1.0 / (t * t + 1.0).sqrt();
    let s = t * c;
    // x - s (y + tau x) instead of c x - s y: a small angle then costs no accuracy
    let tau = s / (1.0 + c);
    let turn = |x: f64, y: f64| (x - s * (y + tau * x), y + s * (x - tau * y));
    a[p * n + p] -= t * off;
    a[q * n + q] += t * off;
    (a[p * n + q], a[q * n + p]) = (0.0, 0.0);
    for i in (0..n).filter(|&i| i != p && i != q) {
        let (x, y) = turn(a[p * n + i], a[q * n + i]);
        (a[p * n + i], a[q * n + i]) = (x, y);
        (a[i * n + p], a[i * n + q]) = (x, y);
    }
    for i in 0..n {
        (v[p * n + i], v[q * n + i]) = turn(v[p * n + i], v[q * n + i]);
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::rng::{Source, Stream};
    use ndarray::array;

    #[test]
    fn known_matrices_have_their_eigenvalues() {
        let e = symmetric_eigen(&array![[0.0, -3.0], [-3.0, 0.0]]).unwrap();
        assert_eq!(e.values, [-3.0, 3.0]);
        let half = 0.5_f64.sqrt();
        for (got, want) in e.vectors.iter().zip([half, half, half, -half]) {
            assert!((got - want).abs() < 1e-15, "{:?}", e.vectors);
        }
        // the second difference of n points: 2 - 2 cos(k pi / (n + 1)), here n = 3
        let e = symmetric_eigen(&array![[2.0, -1.0, 0.0], [-1.0, 2.0, -1.0], [0.0, -1.0, 2.0]]).unwrap();
        let root = 2.0_f64.sqrt();
        for (got, want) in e.values.iter().zip([2.0 - root, 2.0, 2.0 + root]) {
            assert!((got - want).abs() < 1e-14, "{:?}", e.values);
        }
        assert_eq!(symmetric_eigen(&array![[-0.5]]).unwrap().values, [-0.5]);
        assert_eq!(symmetric_eigen(&Array2::zeros((3, 3))).unwrap().values, [0.0; 3]);
        let huge = symmetric_eigen(&array![[1e300, 1e300], [1e300, 1e300]]).unwrap().values;
        assert!((huge[1] / 2e300 - 1.0).abs() < 1e-15 && huge[0].abs() < 1e285);
    }

    #[test]
    fn a_matrix_is_rebuilt_from_its_parts() {
        let source = Source::new(3, Stream::PROBE, 0);
        for n in [1, 2, 5, 40] {
            let a = Array2::from_shape_fn((n, n), |(i, j)| source.normal((i.min(j) * n + i.max(j)) as u64));
            let Eigen { values, vectors } = symmetric_eigen(&a).unwrap();
            assert!(values.is_sorted());
            let scaled = Array2::from_shape_fn((n, n), |(i, j)| values[i] * vectors[[i, j]]);
            let rebuilt = vectors.t().dot(&scaled);
            let unit = vectors.dot(&vectors.t());
            let size = values.iter().fold(0.0_f64, |m, x| m.max(x.abs()));
            for i in 0..n {
                for j in 0..n {
                    assert!((rebuilt[[i, j]] - a[[i, j]]).abs() < 1e-14 * size * n as f64);
                    assert!((unit[[i, j]] - f64::from(u8::from(i == j))).abs() < 1e-14);
                }
            }
        }
    }

    #[test]
    fn what_is_no_symmetric_matrix_is_refused() {
        let code = |m| symmetric_eigen(&m).unwrap_err().report().code;
        assert_eq!(code(Array2::zeros((2, 3))), "eigen-not-square");
        assert_eq!(code(array![[f64::NAN]]), "eigen-not-finite");
    }
}
