//! The critical points of a landscape.

use super::ground::Ground;
use super::{Landscape, Region};
use crate::curvature::{CriticalKind, CriticalPoint, critical_point};
use crate::error::Result;
use crate::kernels::reduce;
use serde::Serialize;

/// Starts of Newton's method along each side of the box. Odd, and at the middles of equal cells: the middle of a box
/// around the origin is then a start itself.
const STARTS: usize = 7;
/// Two results nearer than this, relative to their distance from the origin (at least 1), are one point: Newton's method
/// ends within some 1e-12 of it.
const SAME: f64 = 1e-6;
/// A weight this small is 0: far below one rounding of anything it is added to.
const NOTHING: f64 = f64::EPSILON * f64::EPSILON;
/// Where saddles are looked for that a descent may be near. Weights of standardised data are of this size.
const SEARCH: Region = Region { x: [-3.0, 3.0], y: [-3.0, 3.0] };

/// A critical point of a landscape; `CriticalPoint` in the page's types.
#[derive(Debug, Clone, PartialEq, Serialize)]
#[cfg_attr(target_family = "wasm", derive(tsify::Tsify))]
#[serde(rename_all = "camelCase")]
pub struct PlanePoint {
    /// Minimum, saddle, maximum, or flat where an eigenvalue is zero.
    #[serde(rename = "type")]
    pub kind: CriticalKind,
    /// Where.
    pub at: [f64; 2],
    /// The loss there.
    pub loss: f64,
    /// What is left of the gradient.
    pub gradient_norm: f64,
    /// Eigenvalues of the Hessian, ascending; none where there is no Hessian.
    pub eigenvalues: Vec<f64>,
    /// Their unit eigenvectors.
    pub eigenvectors: Vec<[f64; 2]>,
    /// Whether the Hessian is singular, as far as can be told: the kind then follows from the ground around the point.
    pub degenerate: bool,
    /// Whether all functions of the formula have a derivative there: not at the corner of an absolute value.
    pub differentiable: bool,
    /// Whether interval arithmetic has proven that there is a point, and of this kind.
    pub proven: bool,
}

/// What was found in a box.
#[derive(Debug, Clone, PartialEq, Serialize)]
#[cfg_attr(target_family = "wasm", derive(tsify::Tsify))]
pub struct CriticalPoints {
    /// Saddles first, then minima, maxima and flat ones, each sort from left to right.
    pub points: Vec<PlanePoint>,
    /// Parts of the box that may hold further points: lines of them, or more than could be looked at.
    pub undecided: Vec<Region>,
    /// Whether it is proven that there are no others.
    pub complete: bool,
}

impl PlanePoint {
    pub(super) fn new(found: &CriticalPoint) -> Self {
        let vectors = &found.eigenvectors;
        // at an exact zero Newton's method squares the error until it underflows; the page would write it as -0.00
        let tidy = |x: f64| if x.abs() < NOTHING { 0.0 } else { x };
        Self {
            kind: found.kind,
            at: [tidy(found.point[0]), tidy(found.point[1])],
            loss: found.loss,
            gradient_norm: found.gradient_norm,
            eigenvalues: found.eigenvalues.clone(),
            eigenvectors: vec![[vectors[[0, 0]], vectors[[0, 1]]], [vectors[[1, 0]], vectors[[1, 1]]]],
            degenerate: found.degenerate,
            differentiable: true,
            proven: false,
        }
    }

    fn is_near(&self, at: [f64; 2]) -> bool {
        let reach = SAME * distance(self.at, [0.0; 2]).max(1.0);
        distance(self.at, at) < reach
    }
}

impl Landscape {
    /// The critical points inside `region`.
    ///
    /// Of a function all are found, by interval arithmetic, and it is said where that does not suffice. Of a network Newton's
    /// method starts from a grid of 7 x 7 points: a point whose basin none of them meets would be missed, and a valley of
    /// critical points shows as several flat ones.
    ///
    /// # Errors
    /// [`Error::Spec`](crate::Error::Spec) for a box without an inside; [`Error::Memory`](crate::Error::Memory).
    pub fn critical_points(&mut self, region: Region) -> Result<CriticalPoints> {
        match &mut self.ground {
            Ground::Function(function) => function.critical_points(region),
            Ground::Network { .. } => {
                Ok(CriticalPoints { points: self.newton(region)?, undecided: Vec::new(), complete: false })
            }
        }
    }

    fn newton(&mut self, region: Region) -> Result<Vec<PlanePoint>> {
        region.check()?;
        let middle =
            |[low, high]: [f64; 2], i: usize| low + (high - low) * ((i as f64 + 0.5) / STARTS as f64);
        let diagonal = distance([region.x[0], region.y[0]], [region.x[1], region.y[1]]);
        let mut points: Vec<PlanePoint> = Vec::new();
        for i in 0..STARTS * STARTS {
            let start = [middle(region.x, i % STARTS), middle(region.y, i / STARTS)];
            let mut objective = self.objective();
            // far out the loss may overflow: nothing is found from there
            let found = match critical_point(&mut objective, &start, diagonal) {
                Ok(found) => found,
                Err(crate::Error::NotFinite(_)) => continue,
                Err(error) => return Err(error),
            };
            let point = PlanePoint::new(&found);
            let known = points.iter().any(|p| p.is_near(point.at));
            if found.converged && region.contains(point.at) && !known {
                points.push(point);
            }
        }
        Ok(sorted(points))
    }

    /// Where saddles are looked for.
    pub(super) fn region(&self) -> Region {
        match &self.ground {
            Ground::Function(function) => function.spec().region,
            Ground::Network { .. } => SEARCH,
        }
    }

    /// The saddles that descents are measured against: those with both weights of -3 to 3, or in the box of the function.
    pub(super) fn saddles(&mut self) -> Result<Vec<[f64; 2]>> {
        if self.saddles.is_none() {
            let found = self.critical_points(self.region())?;
            let saddles = found.points.iter().filter(|p| p.kind == CriticalKind::Saddle).map(|p| p.at);
            self.saddles = Some(saddles.collect());
        }
        Ok(self.saddles.clone().unwrap_or_default())
    }
}

/// By kind, then x, then y: each pass keeps the order of equals.
pub(super) fn sorted(mut points: Vec<PlanePoint>) -> Vec<PlanePoint> {
    for key in [|p: &PlanePoint| p.at[1], |p: &PlanePoint| p.at[0], |p: &PlanePoint| f64::from(p.kind as u8)]
    {
        let keys: Vec<f64> = points.iter().map(key).collect();
        points = reduce::argsort(&keys).into_iter().map(|place| points[place].clone()).collect();
    }
    points
}

pub(super) fn distance(a: [f64; 2], b: [f64; 2]) -> f64 {
    let (dx, dy) = (a[0] - b[0], a[1] - b[1]);
    (dx * dx + dy * dy).sqrt()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::curvature::hessian;
    use crate::landscape::LandscapeSpec;

    const VIEW: Region = Region { x: [-2.4, 2.4], y: [-1.6, 1.6] };

    fn landscape() -> Landscape {
        Landscape::new(LandscapeSpec::two_weights(), &[]).unwrap()
    }

    #[test]
    fn the_hessian_at_the_origin_is_the_one_on_paper() {
        let mut landscape = landscape();
        let (mut x, mut y) = ([0.0; 442], [0.0; 442]);
        let Ground::Network { loss, .. } = &landscape.ground else { panic!("a network") };
        let examples = loss.examples().clone();
        examples.fill_batch(&landscape.rows, &mut x).unwrap();
        examples.fill_targets(&landscape.rows, &mut y).unwrap();
        let c = x.iter().zip(&y).map(|(x, y)| x * y).sum::<f64>() / 442.0;
        // the correlation of s5 with the target
        assert!((c - 0.5659).abs() < 1e-4, "{c}");
        let h = hessian(&mut landscape.objective(), &[0.0, 0.0]).unwrap();
        for (got, want) in h.iter().zip([0.0, -c, -c, 0.0]) {
            assert!((got - want).abs() < 1e-14, "{h}");
        }
        let saddle = &landscape.critical_points(VIEW).unwrap().points[0];
        assert_eq!((saddle.kind, distance(saddle.at, [0.0; 2]) < 1e-15), (CriticalKind::Saddle, true));
        assert!((saddle.eigenvalues[0] + c).abs() < 1e-14 && (saddle.eigenvalues[1] - c).abs() < 1e-14);
        let half = 0.5_f64.sqrt();
        for (got, want) in saddle.eigenvectors.as_flattened().iter().zip([half, half, half, -half]) {
            assert!((got - want).abs() < 1e-12, "{:?}", saddle.eigenvectors);
        }
    }

    /// Both signs of both weights give one network: every point but the origin has its twin.
    #[test]
    fn the_two_weight_network_has_a_saddle_and_two_minima() {
        for region in [VIEW, SEARCH, Region { x: [-1.0, 3.1], y: [-2.0, 1.5] }] {
            let points = landscape().critical_points(region).unwrap().points;
            let kinds: Vec<CriticalKind> = points.iter().map(|p| p.kind).collect();
            assert_eq!(kinds, [CriticalKind::Saddle, CriticalKind::Minimum, CriticalKind::Minimum]);
            let (a, b) = (&points[1], &points[2]);
            assert!(distance(a.at, [-b.at[0], -b.at[1]]) < 1e-10 && a.at[0] < 0.0, "{a:?} {b:?}");
            assert!((a.loss - b.loss).abs() < 1e-14 && a.loss > 0.32 && a.loss < 0.34, "{a:?}");
            assert!(points.iter().all(|p| p.gradient_norm < 1e-14));
        }
        let right = Region { x: [0.5, 2.0], y: [0.5, 2.0] };
        assert_eq!(landscape().critical_points(right).unwrap().points.len(), 1);
    }
}
