//! The density of a Hessian's eigenvalues, without the eigenvalues.

use super::Objective;
use super::estimate::{Estimate, Running, signs};
use super::krylov::{krylov, some};
use crate::error::Result;
use crate::kernels::Real;

/// Widths of the Gaussian by which the grid goes past the extreme Ritz values: all but 6e-5 of its weight is inside.
const MARGIN: f64 = 4.0;

/// What a density is made from.
#[derive(Debug, Clone, PartialEq)]
pub struct DensityOptions {
    /// Lanczos steps of a probe.
    pub steps: usize,
    /// Random vectors.
    pub probes: usize,
    /// Points of the grid, at least two.
    pub points: usize,
    /// Standard deviation of the Gaussian that stands for an eigenvalue, as a share of the range of the spectrum.
    pub broadening: f64,
    /// Decides the probes.
    pub seed: u64,
}

impl Default for DensityOptions {
    /// Eighty steps and ten probes, as in Ghorbani, Krishnan, Xiao 2019, and a hundredth of the range.
    fn default() -> Self {
        Self { steps: 80, probes: 10, points: 256, broadening: 0.01, seed: 0 }
    }
}

/// The share of the eigenvalues for each unit of lambda.
#[derive(Debug, Clone, PartialEq)]
pub struct Density {
    /// The grid: equally spaced values of lambda.
    pub lambda: Vec<f64>,
    /// The density there, with its standard error over the probes. It integrates to 1.
    pub density: Vec<Estimate>,
    /// The smallest and the largest Ritz value of any probe.
    pub range: [f64; 2],
    /// Standard deviation of the Gaussian, in the unit of lambda.
    pub broadening: f64,
}

/// The spectral density of the Hessian at `theta` by stochastic Lanczos quadrature (Lin, Saad, Yang 2016; Ghorbani,
/// Krishnan, Xiao 2019): for a random unit vector v the mean of `v . f(H) v` is the mean of f over the eigenvalues, and m
/// steps of Lanczos from v give it by Gauss's quadrature, `sum of s_i^2 f(theta_i)`, with the Ritz values theta_i and the
/// first components s_i of their vectors. f is a Gaussian about each point of the grid.
///
/// # Errors
/// As [`hutchinson`](super::hutchinson); [`Error::Spec`](crate::Error::Spec) for no steps or fewer than two points.
pub fn spectral_density<T: Real>(
    objective: &mut impl Objective<T>,
    theta: &[T],
    options: &DensityOptions,
) -> Result<Density> {
    let n = objective.dimension();
    some(options.probes, 2, n)?;
    some(options.points, 2, n)?;
    some(options.steps, 1, n)?;
    let mut nodes: Vec<Vec<(f64, f64)>> = Vec::with_capacity(options.probes);
    for probe in 0..options.probes {
        let ritz = krylov(objective, theta, signs(options.seed, probe, n), options.steps)?.ritz();
        nodes.push(ritz.values.iter().zip(&ritz.vectors).map(|(&value, v)| (value, v[0] * v[0])).collect());
    }
    let values = || nodes.iter().flatten().map(|node| node.0);
    let range = [values().fold(f64::INFINITY, f64::min), values().fold(f64::NEG_INFINITY, f64::max)];
    // one eigenvalue alone has no range: its size stands for it
    let width = [range[1] - range[0], range[1].abs(), 1.0].into_iter().find(|w| *w > 0.0).unwrap_or(1.0);
    let broadening = width * options.broadening.max(1e-6);
    let start = range[0] - MARGIN * broadening;
    let step = (range[1] - range[0] + 2.0 * MARGIN * broadening) / (options.points - 1) as f64;
    let lambda: Vec<f64> = (0..options.points).map(|i| start + step * i as f64).collect();
    let height = 1.0 / (broadening * std::f64::consts::TAU.sqrt());
    let at = |lambda: &f64| {
        let mut mean = Running::default();
        for probe in &nodes {
            let gaussian = |&(value, weight): &(f64, f64)| {
                let off = (lambda - value) / broadening;
                weight * height * libm::exp(-0.5 * off * off)
            };
            mean.add(probe.iter().map(gaussian).sum());
        }
        mean.estimate()
    };
    Ok(Density { density: lambda.iter().map(at).collect(), lambda, range, broadening })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::curvature::test_util::Polynomial;

    /// The mass on each side of lambda = 1.
    fn masses(density: &Density) -> [f64; 2] {
        let step = density.lambda[1] - density.lambda[0];
        let mut sides = [0.0; 2];
        for (l, d) in density.lambda.iter().zip(&density.density) {
            sides[usize::from(*l > 1.0)] += d.mean * step;
        }
        sides
    }

    #[test]
    fn shares_of_eigenvalues_are_found() {
        // three quarters at 0, one quarter at 2: two steps see all of it
        let diagonal: Vec<f64> = (0..80).map(|i| if i % 4 == 0 { 2.0 } else { 0.0 }).collect();
        let options = DensityOptions { steps: 5, ..DensityOptions::default() };
        let found =
            spectral_density(&mut Polynomial::quadratic(&diagonal), &vec![0.0; 80], &options).unwrap();
        let [low, high] = masses(&found);
        // random signs weigh every axis the same, so a diagonal matrix has no sampling error
        assert!((low - 0.75).abs() < 1e-3 && (high - 0.25).abs() < 1e-3, "{low} {high}");
        assert!(found.density.iter().all(|d| d.error < 1e-9));
        assert!(found.range[0].abs() < 1e-12 && (found.range[1] - 2.0).abs() < 1e-12);
    }

    #[test]
    fn a_density_integrates_to_one_and_needs_probes() {
        let diagonal: Vec<f64> = (0..60).map(|i| f64::from(i) / 10.0 - 1.0).collect();
        let mut f = Polynomial::quadratic(&diagonal);
        let found = spectral_density(&mut f, &vec![0.0; 60], &DensityOptions::default()).unwrap();
        assert!((masses(&found).iter().sum::<f64>() - 1.0).abs() < 1e-3);
        let none = spectral_density(&mut Polynomial::quadratic(&[0.0]), &[0.0], &DensityOptions::default());
        assert!(none.unwrap().density.iter().all(|d| d.mean.is_finite()));
        let options = DensityOptions { probes: 1, ..DensityOptions::default() };
        assert!(spectral_density(&mut f, &vec![0.0; 60], &options).is_err());
    }
}
