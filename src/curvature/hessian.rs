//! The Hessian in full, for networks that are small enough.

use super::Objective;
use crate::error::{Error, Result};
use crate::kernels::Real;
use ndarray::Array2;

/// Most parameters for which the whole matrix is formed: 72 MB in f64.
pub const MAX_HESSIAN: usize = 3000;

/// The Hessian at `theta`, `(n, n)`, from one exact Hessian-vector product for each of the n parameters.
///
/// The two triangles, equal but for rounding, are averaged: the result is symmetric to the bit.
///
/// # Errors
/// [`Error::Memory`] for more than [`MAX_HESSIAN`] parameters; those of [`Objective::product`].
pub fn hessian<T: Real>(objective: &mut impl Objective<T>, theta: &[T]) -> Result<Array2<f64>> {
    let n = objective.dimension();
    if n > MAX_HESSIAN {
        return Err(Error::memory("hessian-too-large", "hessian")
            .expected(format!("at most {MAX_HESSIAN} parameters for the whole matrix"))
            .got(n.to_string())
            .hint("ask for the ends of the spectrum instead, or use a smaller network")
            .arg("max", MAX_HESSIAN)
            .arg("got", n));
    }
    let mut matrix = Array2::zeros((n, n));
    let (mut direction, mut product) = (vec![T::ZERO; n], vec![T::ZERO; n]);
    for (i, mut row) in matrix.rows_mut().into_iter().enumerate() {
        direction[i] = T::ONE;
        objective.product(theta, &direction, &mut product)?;
        direction[i] = T::ZERO;
        row.iter_mut().zip(&product).for_each(|(m, p)| *m = p.to_f64());
    }
    for i in 0..n {
        for j in 0..i {
            let mean = 0.5 * (matrix[[i, j]] + matrix[[j, i]]);
            (matrix[[i, j]], matrix[[j, i]]) = (mean, mean);
        }
    }
    Ok(matrix)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::curvature::test_util::Polynomial;

    #[test]
    fn a_known_function_has_its_known_hessian() {
        // x^4 - 2 x^2 + x y + y^2 at (1, 2)
        let mut f = Polynomial::double_well();
        let h = hessian(&mut f, &[1.0, 2.0]).unwrap();
        assert_eq!(h, ndarray::array![[8.0, 1.0], [1.0, 2.0]]);
    }

    #[test]
    fn a_large_network_is_refused_before_any_work() {
        let mut f = Polynomial::quadratic(&[1.0; MAX_HESSIAN + 1]);
        let error = hessian(&mut f, &[]).unwrap_err();
        assert_eq!(error.report().code, "hessian-too-large");
    }
}
