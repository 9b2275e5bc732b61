//! Points at which the gradient vanishes, and what kind they are.

use super::krylov::norm;
use super::place::Place;
use super::{Eigen, Objective, hessian, symmetric_eigen};
use crate::error::Result;
use ndarray::Array2;
use serde::Serialize;

/// A point counts as critical if its gradient is below this share of its largest absolute eigenvalue times the
/// length of theta (at least 1): theta is then within about 1e-12 of a zero of the gradient in its stiffest
/// direction, which is as close as f64 can tell.
const TOLERANCE: f64 = 1e-12;
/// An eigenvalue counts as zero below this share of the largest: rounding of the Hessian stays four digits below.
const ZERO_SHARE: f64 = 1e-10;
/// Newton steps; from a start nearby six suffice.
const MAX_STEPS: usize = 100;
/// Steps past convergence: each doubles the digits, and there are twice as many as the tolerance asks for.
const SHARPENING: usize = 2;
/// Times that the damping of one step is raised, tenfold each, before no descent is believed to be left.
const MAX_TRIES: usize = 24;

/// What the Hessian says of a critical point.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize)]
#[cfg_attr(target_family = "wasm", derive(tsify::Tsify))]
#[serde(rename_all = "camelCase")]
pub enum CriticalKind {
    /// Eigenvalues of both signs.
    Saddle,
    /// All eigenvalues positive.
    Minimum,
    /// All eigenvalues negative.
    Maximum,
    /// No two signs, and an eigenvalue of zero: second order decides nothing.
    Flat,
}

/// Where Newton's method ended.
#[derive(Debug, Clone, PartialEq)]
pub struct CriticalPoint {
    /// theta.
    pub point: Vec<f64>,
    /// Value of the objective.
    pub loss: f64,
    /// Euclidean norm of the gradient.
    pub gradient_norm: f64,
    /// Eigenvalues of the Hessian, ascending.
    pub eigenvalues: Vec<f64>,
    /// Row `i` is the unit eigenvector of eigenvalue `i`.
    pub eigenvectors: Array2<f64>,
    /// The kind, by the signs of the eigenvalues.
    pub kind: CriticalKind,
    /// Whether an eigenvalue is zero, which is: below 1e-10 of the largest in size.
    pub degenerate: bool,
    /// Whether the gradient vanishes, within reach. If not, this is where the search ended and not a critical point.
    pub converged: bool,
}

/// Looks for a critical point of any kind from `start` by damped Newton steps on the gradient.
///
/// With the Hessian `H = sum of lambda v v^T` and the gradient `g`, the step is `- sum of lambda / (lambda^2 + mu)
/// (v . g) v`: Newton's at mu = 0 (which goes to saddles as readily as to minima) and always a descent direction of
/// `|g|^2 / 2` (Levenberg 1944). mu is raised until the gradient shrinks. Past convergence two more plain steps are
/// taken if they halve the gradient. A search that has come farther than `reach` from the start is given up.
///
/// # Errors
/// Those of [`hessian`], of [`symmetric_eigen`] and of the objective.
pub fn critical_point(
    objective: &mut impl Objective<f64>,
    start: &[f64],
    reach: f64,
) -> Result<CriticalPoint> {
    let mut here = Place::new(objective, start)?;
    let mut there = here.clone();
    let mut mu = 0.0;
    let (mut steps, mut sharpened) = (0, 0);
    loop {
        let eigen = symmetric_eigen(&hessian(objective, &here.theta)?)?;
        let size = eigen.values.iter().fold(0.0_f64, |m, x| m.max(x.abs()));
        let gone = here.theta.iter().zip(start).map(|(t, s)| (t - s) * (t - s)).sum::<f64>() > reach * reach;
        let converged = !gone && here.vanishes(size, TOLERANCE);
        let (mut tries, mut share) = (MAX_TRIES, 1.0);
        if converged {
            sharpened += 1;
            (mu, tries, share) = (0.0, 1, 0.5);
        }
        if here.norm <= 0.0 || steps == MAX_STEPS || sharpened > SHARPENING || gone {
            tries = 0;
        }
        let mut better = false;
        for _ in 0..tries {
            damped_newton(&here, &eigen, mu, &mut there.theta);
            there.measure(objective)?;
            better = there.norm < share * here.norm;
            if better {
                mu = if mu > 1e-12 * size * size { mu / 10.0 } else { 0.0 };
                break;
            }
            mu = (10.0 * mu).max(1e-6 * size * size);
        }
        if !better {
            return Ok(CriticalPoint::at(here, eigen, size, converged));
        }
        std::mem::swap(&mut here, &mut there);
        steps += 1;
    }
}

/// Writes where the damped step leads. No step is longer than theta (or than 1): a nearly singular Hessian would
/// throw it far beyond where the quadratic model holds.
fn damped_newton(here: &Place, eigen: &Eigen, mu: f64, to: &mut [f64]) {
    let mut step = vec![0.0; to.len()];
    for (&value, vector) in eigen.values.iter().zip(eigen.vectors.rows()) {
        let along: f64 = vector.iter().zip(&here.gradient).map(|(v, g)| v * g).sum();
        let weight = value * value + mu;
        if weight > 0.0 {
            let factor = value * along / weight;
            step.iter_mut().zip(vector).for_each(|(s, v)| *s -= factor * v);
        }
    }
    let shorten = (here.far() / norm(&step)).min(1.0);
    to.iter_mut().zip(&here.theta).zip(step).for_each(|((to, t), s)| *to = t + shorten * s);
}

impl CriticalPoint {
    /// The point of a place, whose Hessian has these eigenvalues, the largest of this size.
    fn at(place: Place, eigen: Eigen, size: f64, converged: bool) -> Self {
        let zero = |x: &f64| x.abs() <= ZERO_SHARE * size;
        let any = |sign: f64| eigen.values.iter().any(|x| !zero(x) && sign * x > 0.0);
        let degenerate = eigen.values.iter().any(zero);
        let kind = match (any(1.0), any(-1.0)) {
            (true, true) => CriticalKind::Saddle,
            (true, false) if !degenerate => CriticalKind::Minimum,
            (false, true) if !degenerate => CriticalKind::Maximum,
            _ => CriticalKind::Flat,
        };
        Self {
            point: place.theta,
            loss: place.loss,
            gradient_norm: place.norm,
            eigenvalues: eigen.values,
            eigenvectors: eigen.vectors,
            kind,
            degenerate,
            converged,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::curvature::test_util::Polynomial;

    fn from(mut f: Polynomial, start: &[f64]) -> CriticalPoint {
        critical_point(&mut f, start, f64::INFINITY).unwrap()
    }

    #[test]
    fn a_double_well_has_a_saddle_between_two_minima() {
        let saddle = from(Polynomial::double_well(), &[0.1, 0.2]);
        assert!(saddle.converged && saddle.kind == CriticalKind::Saddle, "{saddle:?}");
        assert!(norm(&saddle.point) < 1e-15);
        // the minima: y = -x / 2 and 4 x^2 = 4.5
        let x = (9.0_f64 / 8.0).sqrt();
        for sign in [1.0, -1.0] {
            let minimum = from(Polynomial::double_well(), &[sign * 1.3, 0.1]);
            assert!(minimum.converged && minimum.kind == CriticalKind::Minimum, "{minimum:?}");
            assert!((minimum.point[0] - sign * x).abs() < 1e-15);
            assert!((minimum.point[1] + sign * x / 2.0).abs() < 1e-15);
            assert!((minimum.loss + 81.0 / 64.0).abs() < 1e-14);
        }
        let maximum = from(Polynomial::quadratic(&[-1.0, -2.0]), &[3.0, 4.0]);
        assert_eq!((maximum.kind, maximum.gradient_norm.to_bits()), (CriticalKind::Maximum, 0));
    }

    #[test]
    fn a_search_does_not_leave_its_reach() {
        let mut f = Polynomial::quadratic(&[1.0, 2.0]);
        assert!(!critical_point(&mut f, &[30.0, 40.0], 10.0).unwrap().converged);
        assert!(critical_point(&mut f, &[30.0, 40.0], 51.0).unwrap().converged);
    }

    #[test]
    fn a_zero_eigenvalue_is_said_and_decides_nothing() {
        let valley = from(Polynomial::quadratic(&[2.0, 0.0]), &[1.0, 5.0]);
        assert_eq!((valley.kind, valley.degenerate, valley.converged), (CriticalKind::Flat, true, true));
        assert_eq!(valley.point, [0.0, 5.0]);
        let saddle = from(Polynomial::quadratic(&[2.0, 0.0, -1.0]), &[1.0, 5.0, 1.0]);
        assert_eq!((saddle.kind, saddle.degenerate), (CriticalKind::Saddle, true));
    }

    #[test]
    fn a_slope_without_a_zero_does_not_pass_for_one() {
        // x^3 + x has no critical point; |gradient| is smallest at 0, where it is 1
        let slope = from(Polynomial::new(1, &[(1.0, &[(0, 3)]), (1.0, &[(0, 1)])]), &[0.7]);
        assert!(!slope.converged && (slope.gradient_norm - 1.0).abs() < 1e-6, "{slope:?}");
    }
}
