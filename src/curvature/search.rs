//! Searches for critical points of any index with Hessian-vector products alone.

use super::Objective;
use super::krylov::{finite, norm};
use super::lanczos::lanczos;
use super::minres::{Limits, minres};
use super::place::Place;
use crate::error::Result;
use crate::kernels::reduce::dot;
use serde::Serialize;

/// Share of the decrease that the slope promises which a step must bring (Armijo 1966).
const ARMIJO: f64 = 1e-4;
/// Halvings of one step before no descent is believed to be left.
const MAX_HALVINGS: usize = 40;
/// The share of [`Limits::normal`] that the search begins with, and the one it comes down to: curvatures below this share
/// of the largest are left out of a step. A step that heeds all of them is nearly along the flattest direction where H is
/// nearly singular, and a search that takes such steps ends at points that are nothing (Powell 1970).
const LOOSE: f64 = 0.1;
const EXACT: f64 = 1e-14;
/// Lanczos steps that say how large the Hessian is: its largest eigenvalue in size, to a tenth.
const SIZE_STEPS: usize = 8;
/// Newton steps in which the gradient's norm must fall by [`PROGRESS`], lest the search count as stalled.
const PATIENCE: usize = 30;
const PROGRESS: f64 = 0.01;
/// Earlier values of which a step of gradient-norm minimisation may reach the largest (Grippo, Lampariello, Lucidi 1986).
const MEMORY: usize = 10;

/// When a search ends.
#[derive(Debug, Clone, PartialEq)]
pub struct SearchOptions {
    /// Steps.
    pub steps: usize,
    /// Products of one Newton step at most.
    pub inner: usize,
    /// The gradient vanishes if it is shorter than this share of the largest eigenvalue in size times the length of
    /// theta (at least 1).
    pub tolerance: f64,
}

impl Default for SearchOptions {
    fn default() -> Self {
        Self { steps: 200, inner: 200, tolerance: 1e-12 }
    }
}

/// Why a search ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[cfg_attr(target_family = "wasm", derive(tsify::Tsify))]
#[serde(rename_all = "camelCase")]
pub enum SearchEnd {
    /// The gradient vanishes.
    Converged,
    /// No step makes the gradient shorter, or thirty of them by less than a hundredth: it lies, nearly, in the kernel of
    /// the Hessian.
    Stalled,
    /// All steps were done.
    Steps,
}

/// Where a search ended.
#[derive(Debug, Clone, PartialEq)]
pub struct Search {
    /// theta.
    pub theta: Vec<f64>,
    /// Value of the objective.
    pub loss: f64,
    /// Euclidean norm of the gradient.
    pub gradient_norm: f64,
    /// Steps taken.
    pub steps: usize,
    /// Hessian-vector products.
    pub products: usize,
    /// Why it ended.
    pub end: SearchEnd,
}

impl Search {
    fn at(place: Place, steps: usize, products: usize, end: SearchEnd) -> Self {
        let Place { theta, loss, norm: gradient_norm, .. } = place;
        Self { theta, loss, gradient_norm, steps, products, end }
    }
}

/// Newton-MR (Roosta, Liu, Xu, Mahoney 2018): from `start`, steps p that make `|H p + g|` smallest, each as long as `|g|^2`
/// falls by enough.
///
/// Since the residual of least squares is orthogonal to `H p`, the slope of `|g|^2 / 2` along p is `-|H p|^2`: every step
/// descends in the gradient's norm whatever the signs of the eigenvalues, so saddles attract as minima do. Near a
/// critical point the steps are Newton's and the digits double. Where g lies in the kernel of H there is no step: the
/// search has stalled in a gradient-flat region (Frye et al. 2021), which [`certify`](super::certify) then says.
///
/// It keeps nothing between steps but theta: a search of many steps may be done in pieces.
///
/// # Errors
/// [`Error::NotFinite`](crate::Error::NotFinite) if gradient or product are not finite at `start` or along the way; those of
/// the objective.
pub fn newton_mr(
    objective: &mut impl Objective<f64>,
    start: &[f64],
    options: &SearchOptions,
) -> Result<Search> {
    let mut here = Place::new(objective, start)?;
    finite(here.norm)?;
    let mut there = here.clone();
    let (mut steps, mut products) = (0, 0);
    let mut size = size_at(objective, start, &mut products)?;
    let (mut share, mut floor) = (LOOSE, EXACT);
    let mut norms = Vec::new();
    loop {
        if here.vanishes(size, options.tolerance) {
            size = size_at(objective, &here.theta, &mut products)?;
        }
        let converged = here.vanishes(size, options.tolerance);
        if converged {
            share = EXACT;
        }
        let limits = Limits { steps: options.inner, residual: 1e-12, normal: share, size };
        let found = minres(objective, &here.theta, &here.gradient, limits)?;
        products += found.products;
        let squares = here.norm * here.norm;
        if converged {
            // the last step is there already: it is taken if it pays
            there.go(objective, &here.theta, &found.step, 1.0)?;
            let end = if there.norm <= 0.5 * here.norm { there } else { here };
            return Ok(Search::at(end, steps, products, SearchEnd::Converged));
        }
        if steps == options.steps {
            return Ok(Search::at(here, steps, products, SearchEnd::Steps));
        }
        let slope = squares - found.residual * found.residual;
        let whole = (here.far() / norm(&found.step)).min(1.0);
        // if not, what is left of the gradient has less curvature than counts
        let descends = slope > 1e-14 * squares;
        let taken = if descends {
            there.descend(objective, &here.theta, &found.step, whole, squares, -slope)?
        } else {
            None
        };
        if let Some(factor) = taken {
            std::mem::swap(&mut here, &mut there);
            steps += 1;
            floor = EXACT;
            norms.push(here.norm);
            if steps > PATIENCE && here.norm > (1.0 - PROGRESS) * norms[steps - 1 - PATIENCE] {
                return Ok(Search::at(here, steps, products, SearchEnd::Stalled));
            }
            share = if factor == 1.0 { (0.25 * share).max(EXACT) } else { (4.0 * share).min(LOOSE) };
        } else if descends {
            // the step goes along directions of next to no curvature: without them, if that leaves something
            floor = 10.0 * share;
            share = (100.0 * share).min(LOOSE);
        } else {
            share *= 0.1;
        }
        if taken.is_none() && (share < floor || floor > LOOSE) {
            return Ok(Search::at(here, steps, products, SearchEnd::Stalled));
        }
    }
}

/// Descent on `|g|^2 / 2`, whose gradient is `H g`, from `start`: steps of Barzilai and Borwein (1988), each accepted if
/// the value falls below the largest of the last ten (Grippo, Lampariello, Lucidi 1986).
///
/// Far from a critical point it is steadier than Newton's method; near one its rate is that of gradient descent on a
/// problem of squared condition. It ends at critical points of any index and in gradient-flat regions alike (Frye et al.
/// 2021; McWeeny 1956).
///
/// # Errors
/// As [`newton_mr`].
pub fn minimize_gradient_norm(
    objective: &mut impl Objective<f64>,
    start: &[f64],
    options: &SearchOptions,
) -> Result<Search> {
    let mut here = Place::new(objective, start)?;
    finite(here.norm)?;
    let mut there = here.clone();
    let n = start.len();
    let (mut down, mut next) = (vec![0.0; n], vec![0.0; n]);
    let mut products = 1;
    let size = size_at(objective, start, &mut products)?;
    objective.product(&here.theta, &here.gradient, &mut down)?;
    let mut recent = vec![here.norm * here.norm];
    // one step of this length removes the stiffest part of a quadratic
    let mut rate = if size > 0.0 { 1.0 / (size * size) } else { 1.0 };
    let mut steps = 0;
    loop {
        let slope = dot(&down, &down);
        finite(slope)?;
        let stalled = slope.sqrt() <= f64::EPSILON * size * here.norm;
        if here.vanishes(size, options.tolerance) {
            return Ok(Search::at(here, steps, products, SearchEnd::Converged));
        }
        if stalled || steps == options.steps {
            let end = if stalled { SearchEnd::Stalled } else { SearchEnd::Steps };
            return Ok(Search::at(here, steps, products, end));
        }
        let ceiling = recent.iter().copied().fold(0.0, f64::max);
        rate = rate.min(here.far() / slope.sqrt());
        let Some(factor) = there.descend(objective, &here.theta, &down, -rate, ceiling, slope)? else {
            return Ok(Search::at(here, steps, products, SearchEnd::Stalled));
        };
        rate = -factor;
        objective.product(&there.theta, &there.gradient, &mut next)?;
        products += 1;
        // s . s / s . y with s the step and y the change of the gradient H g
        let bend = slope - dot(&down, &next);
        rate = if bend > 0.0 { rate * slope / bend } else { 2.0 * rate };
        std::mem::swap(&mut here, &mut there);
        std::mem::swap(&mut down, &mut next);
        recent.push(here.norm * here.norm);
        if recent.len() > MEMORY {
            recent.remove(0);
        }
        steps += 1;
    }
}

impl Place {
    /// Goes to `from + factor * step`.
    fn go(
        &mut self,
        objective: &mut impl Objective<f64>,
        from: &[f64],
        step: &[f64],
        factor: f64,
    ) -> Result<()> {
        self.theta.iter_mut().zip(from).zip(step).for_each(|((t, f), s)| *t = f + factor * s);
        self.measure(objective)
    }

    /// Goes to `from + factor * step` and halves the factor until `|g|^2` is below `ceiling` by enough of what `slope`, the
    /// derivative of `|g|^2 / 2` along the step, promises. The factor at which it is; `None` if it never is.
    fn descend(
        &mut self,
        objective: &mut impl Objective<f64>,
        from: &[f64],
        step: &[f64],
        mut factor: f64,
        ceiling: f64,
        slope: f64,
    ) -> Result<Option<f64>> {
        for _ in 0..MAX_HALVINGS {
            self.go(objective, from, step, factor)?;
            if self.norm * self.norm <= ceiling + 2.0 * ARMIJO * factor * slope {
                return Ok(Some(factor));
            }
            factor *= 0.5;
        }
        Ok(None)
    }
}

/// The largest eigenvalue in size, roughly and from below.
fn size_at(objective: &mut impl Objective<f64>, theta: &[f64], products: &mut usize) -> Result<f64> {
    let spectrum = lanczos(objective, theta, SIZE_STEPS, 0)?;
    *products += spectrum.values.len();
    Ok(spectrum.max().abs().max(spectrum.min().abs()))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::curvature::test_util::Polynomial;

    fn options() -> SearchOptions {
        SearchOptions { steps: 2000, ..SearchOptions::default() }
    }

    #[test]
    fn newton_finds_the_saddle_and_the_minimum_nearby() {
        let mut f = Polynomial::double_well();
        let saddle = newton_mr(&mut f, &[0.1, 0.2], &options()).unwrap();
        assert!(saddle.end == SearchEnd::Converged && norm(&saddle.theta) < 1e-12, "{saddle:?}");
        assert!(saddle.steps < 12, "{saddle:?}");
        let minimum = newton_mr(&mut f, &[1.3, 0.1], &options()).unwrap();
        assert!(minimum.end == SearchEnd::Converged && (minimum.loss + 81.0 / 64.0).abs() < 1e-12);
    }

    #[test]
    fn the_norm_of_the_gradient_can_be_descended_to_a_saddle() {
        let mut f = Polynomial::double_well();
        let saddle = minimize_gradient_norm(&mut f, &[0.1, 0.2], &options()).unwrap();
        assert!(saddle.end == SearchEnd::Converged && norm(&saddle.theta) < 1e-11, "{saddle:?}");
        let few = SearchOptions { steps: 1, ..options() };
        let early = minimize_gradient_norm(&mut f, &[0.4, 0.2], &few).unwrap();
        assert_eq!((early.steps, early.end), (1, SearchEnd::Steps));
    }

    #[test]
    fn a_slope_without_a_zero_stalls() {
        // 50 y^2 + 0.01 (x + x^3): the gradient is shortest at the origin, where it is 0.01 long
        let terms: [(f64, &[(usize, i32)]); 3] = [(50.0, &[(1, 2)]), (0.01, &[(0, 1)]), (0.01, &[(0, 3)])];
        for search in [newton_mr, minimize_gradient_norm] {
            let mut f = Polynomial::new(2, &terms);
            let found = search(&mut f, &[0.5, 0.3], &options()).unwrap();
            assert!(found.end != SearchEnd::Converged, "{found:?}");
            assert!((found.gradient_norm - 0.01).abs() < 1e-3 && found.theta[1].abs() < 1e-3, "{found:?}");
        }
    }

    #[test]
    fn a_start_that_is_not_finite_is_refused() {
        let mut f = Polynomial::double_well();
        let error = newton_mr(&mut f, &[f64::NAN, 0.0], &options()).unwrap_err();
        assert_eq!(error.report().code, "curvature-not-finite");
    }
}
