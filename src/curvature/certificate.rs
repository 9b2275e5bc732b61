//! What can be proved of a point: critical or not, and of which index.

use super::krylov::{finite, norm};
use super::minres::{Limits, minres};
use super::{Inertia, MAX_HESSIAN, Objective, hessian, inertia, lanczos, symmetric_eigenvalues};
use crate::error::Result;
use serde::Serialize;

/// An eigenvalue counts as zero below this share of the largest in size: rounding of the Hessian stays four digits below.
const ZERO_SHARE: f64 = 1e-10;
/// The tolerances of the sweep, as shares of the largest eigenvalue in size: 1e-1 to 1e-12.
const SWEEP: usize = 12;
/// The relative residual from which a point is gradient-flat (Frye et al. 2021, section 4).
const FLAT: f64 = 0.9;
/// Directions in which the curvature is below this share of the largest count as the Hessian's kernel for that test. Where
/// searches of small tanh networks end for good, it is 1e-3 to 1e-5.
const KERNEL: f64 = 1e-3;

/// What a certificate says.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[cfg_attr(target_family = "wasm", derive(tsify::Tsify))]
#[serde(rename_all = "camelCase")]
pub enum Verdict {
    /// The gradient vanishes.
    Critical,
    /// The gradient does not vanish but lies, nearly, in the kernel of the Hessian: searches stop here all the same.
    GradientFlat,
    /// Neither: a search has not ended here.
    NotConverged,
}

/// The index at one tolerance.
#[derive(Debug, Clone, Copy, PartialEq, Serialize)]
#[cfg_attr(target_family = "wasm", derive(tsify::Tsify))]
#[serde(rename_all = "camelCase")]
pub struct IndexAt {
    /// Eigenvalues of at most this size count as zero.
    pub tolerance: f64,
    /// Eigenvalues below minus the tolerance.
    pub index: usize,
    /// Eigenvalues within it.
    pub zeros: usize,
}

/// How much work a certificate may be.
#[derive(Debug, Clone, PartialEq)]
pub struct CertificateOptions {
    /// The gradient vanishes if it is shorter than this share of the largest eigenvalue in size times the length of
    /// theta (at least 1).
    pub tolerance: f64,
    /// Most parameters for which all eigenvalues are found; above, and above [`MAX_HESSIAN`], both ends of the spectrum.
    pub whole: usize,
    /// Lanczos steps for larger networks.
    pub steps: usize,
    /// Products of the test for flatness.
    pub inner: usize,
    /// Decides the start of Lanczos iteration.
    pub seed: u64,
}

impl Default for CertificateOptions {
    fn default() -> Self {
        Self { tolerance: 1e-10, whole: MAX_HESSIAN, steps: 60, inner: 200, seed: 0 }
    }
}

/// What was measured at a point, and the verdict.
#[derive(Debug, Clone, PartialEq, Serialize)]
#[cfg_attr(target_family = "wasm", derive(tsify::Tsify))]
#[serde(rename_all = "camelCase")]
pub struct Certificate {
    /// Value of the objective.
    pub loss: f64,
    /// Euclidean norm of the gradient g.
    pub gradient_norm: f64,
    /// The norm below which it counts as zero.
    pub gradient_tolerance: f64,
    /// The largest eigenvalue of the Hessian H in size.
    pub size: f64,
    /// `|H g| / (size |g|)`: near 0 where g lies in the kernel of H.
    pub gradient_curvature: f64,
    /// `|H p + g| / (size |p| + |g|)` with p the least-squares solution of `H p = -g`: 0 if Newton's step removes the
    /// gradient, 1 if g lies in the kernel of H and there is no step (Frye et al. 2021, eq. 6). Curvatures below 1e-3 of the
    /// largest count as none.
    pub relative_residual: f64,
    /// Parameters.
    pub parameters: usize,
    /// Whether `eigenvalues` are all of them. If not they are Ritz values, and every index is a lower bound.
    pub whole: bool,
    /// Eigenvalues, ascending.
    pub eigenvalues: Vec<f64>,
    /// Eigenvalues below -1e-10 of the largest in size; of whole spectra by LDL^T too.
    pub index: usize,
    /// The index at tolerances from 1e-1 to 1e-12 of the largest eigenvalue in size: where it stays the same over several
    /// decades, it does not hang on the tolerance.
    pub sweep: Vec<IndexAt>,
    /// The smallest eigenvalue in size; `None` if not all are known.
    pub smallest: Option<f64>,
    /// Whether the factorisation `L D L^T` counts as many negative, zero and positive eigenvalues; `None` if not all are
    /// known.
    pub inertia_agrees: Option<bool>,
    /// The verdict.
    pub verdict: Verdict,
}

/// Measures what a point is. See [`Certificate`].
///
/// # Errors
/// [`Error::NotFinite`](crate::Error::NotFinite) where gradient or curvature are not finite; those of the objective.
pub fn certify(
    objective: &mut impl Objective<f64>,
    theta: &[f64],
    options: &CertificateOptions,
) -> Result<Certificate> {
    let n = objective.dimension();
    let mut gradient = vec![0.0; n];
    let loss = objective.gradient(theta, &mut gradient)?;
    let gradient_norm = norm(&gradient);
    finite(gradient_norm)?;

    let whole = n <= options.whole.min(MAX_HESSIAN);
    let mut found = None;
    let eigenvalues = if whole {
        let matrix = hessian(objective, theta)?;
        let values = symmetric_eigenvalues(&matrix)?;
        found = Some(inertia(&matrix, ZERO_SHARE * largest(&values))?);
        values
    } else {
        lanczos(objective, theta, options.steps, options.seed)?.values
    };
    let size = largest(&eigenvalues);
    let at = |tolerance: f64| {
        let below = eigenvalues.partition_point(|v| *v < -tolerance);
        let zeros = eigenvalues.partition_point(|v| *v <= tolerance) - below;
        IndexAt { tolerance, index: below, zeros }
    };
    let counted = at(ZERO_SHARE * size);
    let same = |i: Inertia| i.negative == counted.index && i.zero == counted.zeros;

    let gradient_tolerance = options.tolerance * size * norm(theta).max(1.0);
    let (mut relative_residual, mut gradient_curvature) = (0.0, 0.0);
    if gradient_norm > 0.0 {
        let limits = Limits { steps: options.inner, residual: 1e-10, normal: KERNEL, size };
        let solved = minres(objective, theta, &gradient, limits)?;
        relative_residual = solved.residual / (size * norm(&solved.step) + gradient_norm);
        let mut product = vec![0.0; n];
        objective.product(theta, &gradient, &mut product)?;
        gradient_curvature = if size > 0.0 { norm(&product) / (size * gradient_norm) } else { 0.0 };
    }
    let verdict = if gradient_norm <= gradient_tolerance {
        Verdict::Critical
    } else if relative_residual >= FLAT {
        Verdict::GradientFlat
    } else {
        Verdict::NotConverged
    };
    Ok(Certificate {
        loss,
        gradient_norm,
        gradient_tolerance,
        size,
        gradient_curvature,
        relative_residual,
        parameters: n,
        whole,
        index: counted.index,
        sweep: (1..=SWEEP as i32).map(|k| at(size * 10.0_f64.powi(-k))).collect(),
        smallest: if whole { eigenvalues.iter().map(|v| v.abs()).reduce(f64::min) } else { None },
        inertia_agrees: found.map(same),
        eigenvalues,
        verdict,
    })
}

fn largest(values: &[f64]) -> f64 {
    values.iter().fold(0.0_f64, |m, v| m.max(v.abs()))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::curvature::test_util::Polynomial;

    fn at(f: &mut Polynomial, theta: &[f64]) -> Certificate {
        certify(f, theta, &CertificateOptions::default()).unwrap()
    }

    #[test]
    fn a_saddle_is_certified_with_its_index_over_the_sweep() {
        let mut f = Polynomial::quadratic(&[4.0, -1.0, -1e-5, 0.0]);
        let found = at(&mut f, &[0.0; 4]);
        assert_eq!((found.verdict, found.index, found.whole), (Verdict::Critical, 2, true));
        assert_eq!((found.size, found.smallest, found.inertia_agrees), (4.0, Some(0.0), Some(true)));
        let indices: Vec<usize> = found.sweep.iter().map(|s| s.index).collect();
        // -1 and -1e-5 of 4: a quarter, and 2.5e-6
        assert_eq!(indices, [1, 1, 1, 1, 1, 2, 2, 2, 2, 2, 2, 2]);
        assert!(found.sweep.iter().all(|s| s.zeros == 3 - s.index));
    }

    #[test]
    fn a_long_slope_is_gradient_flat_and_a_valley_side_is_not_converged() {
        // 50 y^2 + 0.01 (x + x^3): at the origin the gradient (0.01, 0) is in the kernel of the Hessian
        let terms: [(f64, &[(usize, i32)]); 3] = [(50.0, &[(1, 2)]), (0.01, &[(0, 1)]), (0.01, &[(0, 3)])];
        let flat = at(&mut Polynomial::new(2, &terms), &[1e-4, 0.0]);
        assert_eq!(flat.verdict, Verdict::GradientFlat, "{flat:?}");
        assert!(flat.relative_residual > 0.99 && flat.gradient_curvature < 1e-6);
        let side = at(&mut Polynomial::double_well(), &[0.7, 0.3]);
        assert_eq!(side.verdict, Verdict::NotConverged, "{side:?}");
        assert!(side.relative_residual < 1e-6 && side.gradient_curvature > 0.01);
    }

    #[test]
    fn a_network_too_large_for_all_eigenvalues_has_a_lower_bound_of_its_index() {
        let diagonal: Vec<f64> = (0..50).map(|i| f64::from(i) - 9.5).collect();
        let options = CertificateOptions { whole: 49, steps: 25, ..CertificateOptions::default() };
        let found = certify(&mut Polynomial::quadratic(&diagonal), &[0.0; 50], &options).unwrap();
        assert_eq!((found.verdict, found.whole, found.smallest), (Verdict::Critical, false, None));
        assert!((1..=10).contains(&found.index) && (found.size - 39.5).abs() < 1e-2, "{found:?}");
    }
}
