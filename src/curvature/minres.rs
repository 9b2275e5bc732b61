//! Least squares with a symmetric matrix that need not be definite, nor regular.

use super::Objective;
use super::krylov::{finite, norm};
use crate::error::Result;
use crate::kernels::reduce::{axpy, dot};

/// When an iteration ends.
#[derive(Debug, Clone, Copy)]
pub(super) struct Limits {
    /// Products.
    pub steps: usize,
    /// Share of the right side that the residual r may keep.
    pub residual: f64,
    /// Share of `size |r|` that `|H r|` may keep: r is then in the kernel of H, and no step makes it smaller.
    pub normal: f64,
    /// The largest eigenvalue of H in size, as far as it is known.
    pub size: f64,
}

/// What the iteration came to.
pub(super) struct Solution {
    /// p.
    pub step: Vec<f64>,
    /// `|H p + g|`.
    pub residual: f64,
    /// Products done.
    pub products: usize,
}

/// The p of a Krylov space that makes `|H p + g|` smallest, by MINRES (Paige, Saunders 1975), with H the Hessian at `theta`.
///
/// H may have eigenvalues of both signs. If g is not in its range, the residual that stays is the part of g in the
/// kernel, and the iteration ends where that is all that is left (Choi, Paige, Saunders 2011); then p is the Newton step of
/// the rest. The basis is kept and made orthogonal to all its vectors, which saves steps near the end.
pub(super) fn minres(
    objective: &mut impl Objective<f64>,
    theta: &[f64],
    g: &[f64],
    limits: Limits,
) -> Result<Solution> {
    let n = g.len();
    let first = norm(g);
    let mut found = Solution { step: vec![0.0; n], residual: first, products: 0 };
    if first <= 0.0 {
        return Ok(found);
    }
    let mut basis: Vec<Vec<f64>> = vec![g.iter().map(|g| -g / first).collect()];
    let (mut beta, mut size) = (0.0_f64, limits.size);
    // the rotations that make the tridiagonal matrix triangular, in the names of the paper's appendix
    let (mut cosine, mut sine, mut delta_bar, mut epsilon) = (-1.0, 0.0, 0.0, 0.0);
    let (mut w, mut before) = (vec![0.0; n], vec![0.0; n]);
    for _ in 0..limits.steps.min(n) {
        let v = &basis[basis.len() - 1];
        let mut next = vec![0.0; n];
        objective.product(theta, v, &mut next)?;
        found.products += 1;
        let alpha = dot(v, &next);
        for _ in 0..2 {
            for v in &basis {
                axpy(-dot(v, &next), v, &mut next);
            }
        }
        let last = beta;
        beta = norm(&next);
        finite(beta)?;
        size = size.max((alpha * alpha + beta * beta + last * last).sqrt());

        let old_epsilon = epsilon;
        let delta = cosine * delta_bar + sine * alpha;
        let gamma_bar = sine * delta_bar - cosine * alpha;
        epsilon = sine * beta;
        delta_bar = -cosine * beta;
        // |H r| of the residual before this step
        let normal = found.residual * (gamma_bar * gamma_bar + delta_bar * delta_bar).sqrt();
        let gamma = (gamma_bar * gamma_bar + beta * beta).sqrt();
        if normal <= limits.normal * size * found.residual || gamma <= f64::EPSILON * size {
            break;
        }
        (cosine, sine) = (gamma_bar / gamma, beta / gamma);
        // w becomes (v - old_epsilon * the one before the last - delta * the last) / gamma
        for ((before, w), v) in before.iter_mut().zip(&mut w).zip(v) {
            let fresh = (v - old_epsilon * *before - delta * *w) / gamma;
            (*before, *w) = (*w, fresh);
        }
        axpy(cosine * found.residual, &w, &mut found.step);
        found.residual *= sine;
        if found.residual <= limits.residual * first || beta <= 8.0 * f64::EPSILON * size {
            break;
        }
        next.iter_mut().for_each(|x| *x /= beta);
        basis.push(next);
    }
    Ok(found)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::curvature::test_util::Polynomial;

    fn solve(diagonal: &[f64], g: &[f64]) -> Solution {
        let limits = Limits { steps: 100, residual: 1e-14, normal: 1e-12, size: 0.0 };
        minres(&mut Polynomial::quadratic(diagonal), &vec![0.0; g.len()], g, limits).unwrap()
    }

    #[test]
    fn indefinite_systems_are_solved() {
        let diagonal = [3.0, -2.0, 0.5, -0.25, 7.0];
        let g = [1.0, 2.0, -1.0, 0.5, 3.0];
        let found = solve(&diagonal, &g);
        assert!(found.products <= 5 && found.residual < 1e-12);
        for ((p, d), g) in found.step.iter().zip(diagonal).zip(g) {
            assert!((p + g / d).abs() < 1e-12, "{:?}", found.step);
        }
    }

    #[test]
    fn what_lies_in_the_kernel_stays_and_the_rest_is_solved() {
        let found = solve(&[4.0, -1.0, 0.0], &[2.0, 3.0, 0.7]);
        assert!((found.residual - 0.7).abs() < 1e-12, "{}", found.residual);
        assert!((found.step[0] + 0.5).abs() < 1e-10 && (found.step[1] - 3.0).abs() < 1e-10);
        let nothing = solve(&[4.0, 0.0], &[0.0, 1.0]);
        assert_eq!((nothing.step, nothing.residual), (vec![0.0, 0.0], 1.0));
    }
}
