//! Both ends of a Hessian's spectrum from a few Hessian-vector products.

use super::Objective;
use super::eigen::points_down;
use super::krylov::{Krylov, RitzValues, krylov, some};
use crate::error::Result;
use crate::kernels::Real;
use crate::kernels::reduce::axpy;
use crate::rng::{Source, Stream};

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

    /// How many values lie below `-tolerance`: as many eigenvalues or more do (Cauchy's interlacing theorem), so the
    /// index of a critical point is at least this.
    #[must_use]
    pub fn index_at_least(&self, tolerance: f64) -> usize {
        self.values.iter().filter(|v| **v < -tolerance).count()
    }
}

/// A Ritz value with its vector.
#[derive(Debug, Clone, PartialEq)]
pub struct RitzPair {
    /// The Ritz value.
    pub value: f64,
    /// The length of `H v - value v`: see [`Spectrum::residuals`].
    pub residual: f64,
    /// The unit vector v, as long as theta; its first component of more than half the largest size is positive.
    pub vector: Vec<f64>,
}

/// Both ends of a spectrum, with vectors.
#[derive(Debug, Clone, PartialEq)]
pub struct Ends {
    /// All Ritz values.
    pub spectrum: Spectrum,
    /// The smallest ones, ascending.
    pub lowest: Vec<RitzPair>,
    /// The largest ones, descending.
    pub highest: Vec<RitzPair>,
}

/// `k` steps of Lanczos iteration at `theta` from a random vector that `seed` decides.
///
/// Every new vector is made orthogonal to all earlier ones, twice (Golub, Van Loan: *Matrix Computations*, section
/// 10.3), in f64 whatever `T` is; without this, copies of converged values would appear. Fewer values come back if
/// the vectors span an invariant subspace before; there are never more than parameters. `k` vectors are held.
///
/// # Errors
/// [`Error::NotFinite`](crate::Error::NotFinite) if a product is not finite; [`Error::Spec`](crate::Error::Spec) if `k`
/// is 0; those of [`Objective::product`].
pub fn lanczos<T: Real>(
    objective: &mut impl Objective<T>,
    theta: &[T],
    k: usize,
    seed: u64,
) -> Result<Spectrum> {
    let built = from_random(objective, theta, k, seed)?;
    Ok(spectrum(&built, &built.ritz()))
}

/// As [`lanczos`], with the vectors of the `count` smallest and of the `count` largest Ritz values (or of as many as
/// there are): the directions of the most negative and of the most positive curvature.
///
/// # Errors
/// As [`lanczos`].
pub fn lanczos_ends<T: Real>(
    objective: &mut impl Objective<T>,
    theta: &[T],
    k: usize,
    count: usize,
    seed: u64,
) -> Result<Ends> {
    let built = from_random(objective, theta, k, seed)?;
    let ritz = built.ritz();
    let spectrum = spectrum(&built, &ritz);
    let pair = |i: usize| {
        let mut vector = vec![0.0; objective.dimension()];
        built.vectors.iter().zip(&ritz.vectors[i]).for_each(|(v, &s)| axpy(s, v, &mut vector));
        if points_down(&vector) {
            vector.iter_mut().for_each(|x| *x = -*x);
        }
        RitzPair { value: ritz.values[i], residual: spectrum.residuals[i], vector }
    };
    let m = ritz.values.len();
    let lowest = (0..m.min(count)).map(pair).collect();
    let highest = (m - m.min(count)..m).rev().map(pair).collect();
    Ok(Ends { lowest, highest, spectrum })
}

/// The largest eigenvalue of the Hessian at `theta` after `steps` steps of [`lanczos`]: never above the true one but
/// for rounding. Gradient descent on a quadratic diverges at learning rates above 2 / lambda_max.
///
/// # Errors
/// As [`lanczos`].
pub fn lambda_max<T: Real>(objective: &mut impl Objective<T>, theta: &[T], steps: usize) -> Result<f64> {
    Ok(lanczos(objective, theta, steps, LAMBDA_MAX_SEED)?.max())
}

fn from_random<T: Real>(
    objective: &mut impl Objective<T>,
    theta: &[T],
    k: usize,
    seed: u64,
) -> Result<Krylov> {
    let n = objective.dimension();
    some(k, 1, n)?;
    let source = Source::new(seed, Stream::PROBE, 0);
    krylov(objective, theta, (0..n as u64).map(|i| source.normal(i)).collect(), k)
}

fn spectrum(built: &Krylov, ritz: &RitzValues) -> Spectrum {
    let m = built.beta.len();
    let residuals = ritz.vectors.iter().map(|s| (built.beta[m - 1] * s[m - 1]).abs()).collect();
    Spectrum { values: ritz.values.clone(), residuals }
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
    fn vectors_of_both_ends_belong_to_their_values() {
        let diagonal: Vec<f64> = (0..100).map(|i| f64::from(i * i) / 1000.0 - 2.0).collect();
        let mut f = Polynomial::quadratic(&diagonal);
        let Ends { spectrum, lowest, highest } = lanczos_ends(&mut f, &[0.0; 100], 60, 3, 2).unwrap();
        assert_eq!([lowest.len(), highest.len()], [3, 3]);
        assert_eq!(lowest[0].value.to_bits(), spectrum.min().to_bits());
        assert!(lowest[0].value < lowest[1].value && highest[0].value > highest[1].value);
        for pair in lowest.iter().chain(&highest) {
            let left: f64 =
                pair.vector.iter().zip(&diagonal).map(|(v, d)| (d * v - pair.value * v).powi(2)).sum();
            assert!((left.sqrt() - pair.residual).abs() < 1e-12, "{} for {}", left.sqrt(), pair.residual);
            assert!((pair.vector.iter().map(|v| v * v).sum::<f64>() - 1.0).abs() < 1e-12);
        }
        // the largest eigenvalue stands apart: its vector is the last axis
        assert!(highest[0].residual < 1e-9 && highest[0].vector[99] > 1.0 - 1e-12);
        let negative = diagonal.iter().filter(|d| **d < 0.0).count();
        assert!((1..=negative).contains(&spectrum.index_at_least(0.0)));
        // more vectors than steps are not there
        assert_eq!(lanczos_ends(&mut f, &[0.0; 100], 4, 9, 2).unwrap().highest.len(), 4);
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
