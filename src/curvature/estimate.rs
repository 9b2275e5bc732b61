//! Trace and diagonal of a Hessian from random probes.

use super::Objective;
use super::krylov::{Products, finite, some};
use crate::error::Result;
use crate::kernels::Real;
use crate::kernels::reduce::dot;
use crate::rng::{Source, Stream};

/// A mean over probes.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Estimate {
    /// The mean.
    pub mean: f64,
    /// Its standard error: the standard deviation of the probes over the root of their number.
    pub error: f64,
}

/// What random probes say of a Hessian.
#[derive(Debug, Clone, PartialEq)]
pub struct TraceEstimate {
    /// The sum of all eigenvalues.
    pub trace: Estimate,
    /// The diagonal, in the order of theta.
    pub diagonal: Vec<Estimate>,
}

/// Estimates trace and diagonal of the Hessian at `theta` from `probes` vectors v of random signs: the mean of `v . H v`
/// is the trace (Hutchinson 1990), the mean of `v * H v`, entry by entry, the diagonal (Bekas, Kokiopoulou, Saad 2007).
/// The variance of a probe of the trace is twice the sum of the squares beside the diagonal, so what is diagonal is
/// found exactly by two probes.
///
/// # Errors
/// [`Error::Spec`](crate::Error::Spec) for fewer than two probes, which have no standard error;
/// [`Error::NotFinite`](crate::Error::NotFinite); those of [`Objective::product`].
pub fn hutchinson<T: Real>(
    objective: &mut impl Objective<T>,
    theta: &[T],
    probes: usize,
    seed: u64,
) -> Result<TraceEstimate> {
    let n = objective.dimension();
    some(probes, 2, n)?;
    let mut multiply = Products::new(n);
    let (mut trace, mut diagonal) = (Running::default(), vec![Running::default(); n]);
    let mut product = vec![0.0; n];
    for probe in 0..probes {
        let v = signs(seed, probe, n);
        multiply.times(objective, theta, &v, &mut product)?;
        let sum = dot(&v, &product);
        finite(sum)?;
        trace.add(sum);
        for ((d, v), p) in diagonal.iter_mut().zip(&v).zip(&product) {
            d.add(v * p);
        }
    }
    Ok(TraceEstimate { trace: trace.estimate(), diagonal: diagonal.iter().map(Running::estimate).collect() })
}

/// The `probe`-th vector of random signs (Rademacher).
pub(super) fn signs(seed: u64, probe: usize, n: usize) -> Vec<f64> {
    let source = Source::new(seed, Stream::SIGNS, probe as u64);
    let sign =
        |i: usize| if source.words(i as u64 / 128)[i / 32 % 4] >> (i % 32) & 1 == 0 { 1.0 } else { -1.0 };
    (0..n).map(sign).collect()
}

/// Mean and squared deviations of what came so far (Welford 1962).
#[derive(Debug, Clone, Copy, Default)]
pub(super) struct Running {
    count: f64,
    mean: f64,
    squares: f64,
}

impl Running {
    pub fn add(&mut self, x: f64) {
        self.count += 1.0;
        let off = x - self.mean;
        self.mean += off / self.count;
        self.squares += off * (x - self.mean);
    }

    pub fn estimate(&self) -> Estimate {
        let error = (self.squares / (self.count * (self.count - 1.0))).sqrt();
        Estimate { mean: self.mean, error }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::curvature::test_util::Polynomial;

    #[test]
    fn a_diagonal_matrix_is_found_exactly() {
        let found = hutchinson(&mut Polynomial::quadratic(&[3.0, -1.0, 0.5]), &[0.0; 3], 2, 7).unwrap();
        assert_eq!(found.trace, Estimate { mean: 2.5, error: 0.0 });
        let diagonal: Vec<f64> = found.diagonal.iter().map(|d| d.mean).collect();
        assert_eq!(diagonal, [3.0, -1.0, 0.5]);
        let code = hutchinson(&mut Polynomial::quadratic(&[1.0]), &[0.0], 1, 7).unwrap_err().report().code;
        assert_eq!(code, "lanczos-steps");
    }

    /// x^T A x / 2 with ones beside the diagonal: a probe of the trace has the variance 2 n (n - 1).
    #[test]
    fn the_standard_error_is_that_of_theory() {
        let n = 12;
        let terms: Vec<(f64, Vec<(usize, i32)>)> = (0..n)
            .flat_map(|i| (0..i).map(move |j| (1.0, vec![(i, 1), (j, 1)])))
            .chain((0..n).map(|i| (0.5 * i as f64, vec![(i, 2)])))
            .collect();
        let borrowed: Vec<(f64, &[(usize, i32)])> = terms.iter().map(|(c, p)| (*c, &p[..])).collect();
        let mut f = Polynomial::new(n, &borrowed);
        let probes = 400;
        let found = hutchinson(&mut f, &vec![0.0; n], probes, 3).unwrap();
        let theory = (2.0 * (n * (n - 1)) as f64 / probes as f64).sqrt();
        assert!((found.trace.error / theory - 1.0).abs() < 0.2, "{found:?} for {theory}");
        assert!((found.trace.mean - 66.0).abs() < 4.0 * theory, "{:?}", found.trace);
        let far = |(i, d): &(usize, &Estimate)| (d.mean - *i as f64).abs() > 3.0 * d.error;
        assert!(found.diagonal.iter().enumerate().filter(far).count() <= 1);
    }
}
