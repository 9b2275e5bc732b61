//! Eigenvalues and eigenvectors of a symmetric matrix.

use super::tridiagonal::{Tridiagonal, diagonalise};
use crate::error::{Error, Result};
use crate::kernels::reduce;
use ndarray::Array2;

/// The eigen-decomposition of a symmetric matrix.
#[derive(Debug, Clone, PartialEq)]
pub struct Eigen {
    /// Eigenvalues, ascending.
    pub values: Vec<f64>,
    /// Row `i` is the unit eigenvector of value `i`; its first component of more than half the largest size is
    /// positive, so that the sign does not hang on a rounding.
    pub vectors: Array2<f64>,
}

/// Decomposes a symmetric matrix `(n, n)`; only its lower triangle is read.
///
/// Householder reflections to tridiagonal form, then the QL iteration with implicit shifts (Golub, Van Loan: *Matrix
/// Computations*, sections 8.3 and 8.5; Bowdler, Martin, Reinsch, Wilkinson 1968): sums, products, quotients and
/// square roots only, in a fixed order, so that every machine finds the same bits. The error is a few roundings of the
/// largest eigenvalue. The cost is about 8 n^3 operations, of which [`symmetric_eigenvalues`] needs 4/3.
///
/// # Errors
/// [`Error::Shape`] if the matrix is not square, [`Error::NotFinite`] if an entry is no finite number.
pub fn symmetric_eigen(matrix: &Array2<f64>) -> Result<Eigen> {
    let n = matrix.nrows();
    let (mut a, scale) = lower(matrix, "eigenvalues")?;
    let mut t = Tridiagonal::reduce(&mut a, n);
    let mut v = t.basis(&a);
    diagonalise(&mut t.diagonal, &mut t.beside, &mut v);

    let order = reduce::argsort(&t.diagonal);
    let values = order.iter().map(|&i| t.diagonal[i] * scale).collect();
    let mut vectors = Array2::zeros((n, n));
    for (mut row, &i) in vectors.rows_mut().into_iter().zip(&order) {
        let vector = &v[i * n..][..n];
        let sign = if points_down(vector) { -1.0 } else { 1.0 };
        row.iter_mut().zip(vector).for_each(|(r, &x)| *r = sign * x);
    }
    Ok(Eigen { values, vectors })
}

/// The eigenvalues alone, ascending: a sixth of the work of [`symmetric_eigen`].
///
/// # Errors
/// As [`symmetric_eigen`].
pub fn symmetric_eigenvalues(matrix: &Array2<f64>) -> Result<Vec<f64>> {
    let (mut a, scale) = lower(matrix, "eigenvalues")?;
    let mut t = Tridiagonal::reduce(&mut a, matrix.nrows());
    diagonalise(&mut t.diagonal, &mut t.beside, &mut []);
    let order = reduce::argsort(&t.diagonal);
    Ok(order.into_iter().map(|i| t.diagonal[i] * scale).collect())
}

/// The rows of a square matrix divided by its largest entry, and that entry: every square of what follows is then
/// within the range of f64. The upper triangle is zero.
pub(super) fn lower(matrix: &Array2<f64>, place: &str) -> Result<(Vec<f64>, f64)> {
    let n = matrix.nrows();
    if matrix.ncols() != n {
        return Err(Error::shape("eigen-not-square", place)
            .expected("a square matrix")
            .got(format!("{n} x {}", matrix.ncols()))
            .hint("pass a symmetric matrix"));
    }
    let mut a = vec![0.0; n * n];
    let mut scale = 0.0_f64;
    for (i, (row, to)) in matrix.rows().into_iter().zip(a.chunks_exact_mut(n.max(1))).enumerate() {
        for (to, &x) in to.iter_mut().zip(row).take(i + 1) {
            if !x.is_finite() {
                return Err(Error::not_finite("eigen-not-finite", place)
                    .expected("a matrix of finite numbers")
                    .got("an infinite or missing entry")
                    .hint("go back to a point where the loss is finite"));
            }
            *to = x;
            scale = scale.max(x.abs());
        }
    }
    if scale > 0.0 {
        a.iter_mut().for_each(|x| *x /= scale);
    }
    Ok((a, scale))
}

/// Whether the first component of more than half the largest size is negative.
pub(super) fn points_down(vector: &[f64]) -> bool {
    let largest = vector.iter().fold(0.0_f64, |m, x| m.max(x.abs()));
    vector.iter().find(|x| x.abs() > 0.5 * largest).is_some_and(|&x| x < 0.0)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::rng::{Source, Stream};
    use ndarray::array;

    #[test]
    fn known_matrices_have_their_eigenvalues() {
        let e = symmetric_eigen(&array![[0.0, -3.0], [-3.0, 0.0]]).unwrap();
        assert!((e.values[0] + 3.0).abs() < 1e-15 && (e.values[1] - 3.0).abs() < 1e-15, "{:?}", e.values);
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
        for n in [1, 2, 3, 5, 40, 121] {
            let a = Array2::from_shape_fn((n, n), |(i, j)| source.normal((i.min(j) * n + i.max(j)) as u64));
            let Eigen { values, vectors } = symmetric_eigen(&a).unwrap();
            assert!(values.is_sorted());
            for (got, want) in symmetric_eigenvalues(&a).unwrap().iter().zip(&values) {
                assert!((got - want).abs() < 1e-14 * n as f64, "without vectors {got} for {want}");
            }
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
