//! Both ends of a Hessian's spectrum from a few Hessian-vector products.

use super::{Objective, symmetric_eigen};
use crate::error::{Error, Result};
use crate::kernels::Real;
use crate::rng::{Source, Stream};
use ndarray::Array2;

/// Seed of the start vector of [`lambda_max`]: any will do, and a fixed one makes it a function of theta alone.
const LAMBDA_MAX_SEED: u64 = 0;

/// What Lanczos iteration found.
#[derive(Debug, Clone, PartialEq)]
pub struct Spectrum {
    /// Ritz values, ascending: the first and the last ones are the best estimates of the ends of the spectrum.
    pub values: Vec<f64>,
    /// For each value the length of `H v - value v` of its unit Ritz vector `v`: some eigenvalue lies within this
    /// distance. For products in f32 the rounding of the products, about 1e-6 of the largest, comes on top.
    pub residuals: Vec<f64>,
}

impl Spectrum {
    /// The largest value.
    #[must_use]
    pub fn max(&self) -> f64 {
        self.values.last().copied().unwrap_or(f64::NAN)
    }

    /// The smallest value.
    #[must_use]
    pub fn min(&self) -> f64 {
        self.values.first().copied().unwrap_or(f64::NAN)
    }
}

/// `k` steps of Lanczos iteration at `theta` from a random vector that `seed` decides.
///
/// Every new vector is made orthogonal to all earlier ones, twice (Golub, Van Loan: *Matrix Computations*, section
/// 10.3), in f64 whatever `T` is; without this, copies of converged values would appear. Fewer values come back if
/// the vectors span an invariant subspace before; there are never more than parameters. `k` vectors are held.
///
/// # Errors
/// [`Error::NotFinite`] if a product is not finite; [`Error::Spec`] if `k` is 0; those of [`Objective::product`].
pub fn lanczos<T: Real>(
    objective: &mut impl Objective<T>,
    theta: &[T],
    k: usize,
    seed: u64,
) -> Result<Spectrum> {
    let n = objective.dimension();
    if k == 0 || n == 0 {
        return Err(Error::spec("lanczos-steps", "lanczos")
            .expected("at least one step and one parameter")
            .got(format!("{k} steps for {n} parameters"))
            .hint("twenty steps find the largest eigenvalue of most networks"));
    }
    let source = Source::new(seed, Stream::PROBE, 0);
    let mut vectors = vec![unit((0..n as u64).map(|i| source.normal(i)).collect()).0];
    let (mut direction, mut product) = (vec![T::ZERO; n], vec![T::ZERO; n]);
    let (mut alpha, mut beta): (Vec<f64>, Vec<f64>) = (Vec::new(), Vec::new());
    let epsilon = if size_of::<T>() == 4 { f64::from(f32::EPSILON) } else { f64::EPSILON };
    let mut size = 0.0_f64;
    loop {
        let v = &vectors[vectors.len() - 1];
        direction.iter_mut().zip(v).for_each(|(d, &x)| *d = T::from_f64(x));
        objective.product(theta, &direction, &mut product)?;
        let mut w: Vec<f64> = product.iter().map(|p| p.to_f64()).collect();
        alpha.push(dot(v, &w));
        for _ in 0..2 {
            for v in &vectors {
                let along = dot(v, &w);
                w.iter_mut().zip(v).for_each(|(w, v)| *w -= along * v);
            }
        }
        let (next, length) = unit(w);
        if !length.is_finite() {
            return Err(Error::not_finite("curvature-not-finite", "lanczos")
                .expected("a finite Hessian-vector product")
                .got("an infinite or missing number")
                .hint("go back to weights at which the loss is finite"));
        }
        beta.push(length);
        size = size.max(length).max(alpha[alpha.len() - 1].abs());
        // what is left is the rounding of the products: the subspace is invariant
        if alpha.len() == k.min(n) || length <= 8.0 * epsilon * size {
            break;
        }
        vectors.push(next);
    }

    let m = alpha.len();
    let tridiagonal = Array2::from_shape_fn((m, m), |(i, j)| match i.abs_diff(j) {
        0 => alpha[i],
        1 => beta[i.min(j)],
        _ => 0.0,
    });
    let eigen = symmetric_eigen(&tridiagonal)?;
    let residuals = eigen.vectors.column(m - 1).iter().map(|s| (beta[m - 1] * s).abs()).collect();
    Ok(Spectrum { values: eigen.values, residuals })
}

/// The largest eigenvalue of the Hessian at `theta` after `steps` steps of [`lanczos`]: never above the true one but
/// for rounding. Gradient descent on a quadratic diverges at learning rates above 2 / lambda_max.
///
/// # Errors
/// As [`lanczos`].
pub fn lambda_max<T: Real>(objective: &mut impl Objective<T>, theta: &[T], steps: usize) -> Result<f64> {
    Ok(lanczos(objective, theta, steps, LAMBDA_MAX_SEED)?.max())
}

fn dot(a: &[f64], b: &[f64]) -> f64 {
    a.iter().zip(b).map(|(a, b)| a * b).sum()
}

/// The vector divided by its length, and the length; a zero vector stays.
fn unit(mut v: Vec<f64>) -> (Vec<f64>, f64) {
    let length = dot(&v, &v).sqrt();
    if length > 0.0 {
        v.iter_mut().for_each(|x| *x /= length);
    }
    (v, length)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::curvature::test_util::Polynomial;

    #[test]
    fn as_many_steps_as_parameters_find_the_whole_spectrum() {
        let diagonal = [-3.0, -0.5, 0.25, 1.0, 8.0];
        let spectrum = lanczos(&mut Polynomial::quadratic(&diagonal), &[0.0; 5], 99, 1).unwrap();
        assert_eq!(spectrum.values.len(), 5);
        for (got, want) in spectrum.values.iter().zip(diagonal) {
            assert!((got - want).abs() < 1e-12, "{:?}", spectrum.values);
        }
    }

    #[test]
    fn residuals_bound_the_distance_to_an_eigenvalue_and_the_ends_come_first() {
        let diagonal: Vec<f64> =
            (0..200).map(|i| if i == 199 { 5.0 } else { f64::from(i) / 200.0 }).collect();
        let spectrum = lanczos(&mut Polynomial::quadratic(&diagonal), &[0.0; 200], 20, 1).unwrap();
        assert!((spectrum.max() - 5.0).abs() < 1e-12 && spectrum.min() < 0.05, "{spectrum:?}");
        for (value, residual) in spectrum.values.iter().zip(&spectrum.residuals) {
            let distance = diagonal.iter().map(|d| (d - value).abs()).fold(f64::INFINITY, f64::min);
            assert!(distance <= residual + 1e-12, "{value} is {distance} off, residual {residual}");
        }
    }

    #[test]
    fn an_invariant_subspace_ends_the_iteration() {
        // two distinct eigenvalues: two steps, however many parameters
        let diagonal: Vec<f64> = (0..50).map(|i| if i % 2 == 0 { 1.0 } else { 4.0 }).collect();
        let spectrum = lanczos(&mut Polynomial::quadratic(&diagonal), &[0.0; 50], 20, 1).unwrap();
        assert_eq!(spectrum.values.len(), 2);
        assert!(
            (lambda_max(&mut Polynomial::quadratic(&diagonal), &[0.0; 50], 20).unwrap() - 4.0).abs() < 1e-12
        );
        assert_eq!(lanczos(&mut Polynomial::quadratic(&[0.0; 3]), &[0.0; 3], 5, 1).unwrap().values, [0.0]);
    }

    #[test]
    fn no_steps_and_infinite_products_are_refused() {
        let code =
            |k, value| lanczos(&mut Polynomial::quadratic(&[value]), &[0.0], k, 1).unwrap_err().report().code;
        assert_eq!(code(0, 1.0), "lanczos-steps");
        assert_eq!(code(1, f64::INFINITY), "curvature-not-finite");
    }
}
