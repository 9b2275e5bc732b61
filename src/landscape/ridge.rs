//! The way down to a saddle: its stable manifold, from where descents are held to come near it.

use super::points::distance;
use super::{Landscape, PlanePoint};
use crate::error::Result;

/// Where the manifold is as straight as its tangent, as a share of the way.
const NEAR: f64 = 1e-3;
/// Steps of the way.
const STEPS: u32 = 500;
/// Halvings of the line on which the manifold of an iteration is looked for: as many as f64 has digits.
const HALVINGS: u32 = 50;
/// Updates after which an iteration counts as on the manifold.
const MOST_UPDATES: u32 = 20_000;
/// An update shorter than this share of the way is rest.
const REST: f64 = 1e-6;
/// Points of the circle on which the ridge to a degenerate saddle is looked for.
const DIRECTIONS: u32 = 360;

impl Landscape {
    /// Points on the stable manifold of the gradient flow, from near the saddle to a distance of `reach`; `side` is 1 or -1.
    ///
    /// Of a saddle whose Hessian is regular the flow is followed uphill, which draws towards the manifold: from a thousandth of
    /// `reach` along the eigenvector of the positive eigenvalue, by the classical method of Runge and Kutta with the arc length
    /// in the place of time. Of a degenerate one it is the straight line to the highest of 360 points on the circle of that
    /// radius.
    ///
    /// # Errors
    /// Those of the loss.
    pub(super) fn ridge(&mut self, saddle: &PlanePoint, reach: f64, side: f64) -> Result<Vec<[f64; 2]>> {
        let step = reach / f64::from(STEPS);
        let tangent = match saddle.eigenvectors.get(1) {
            Some(along) if !saddle.degenerate => *along,
            _ => {
                let highest = self.highest(saddle.at, reach)?;
                let points = (1..=STEPS).map(|i| shifted(saddle.at, highest, f64::from(i) * step));
                return Ok(points.collect());
            }
        };
        let mut at = shifted(saddle.at, tangent, side * NEAR * reach);
        let mut points = vec![at];
        // a manifold that bends back would never come so far
        for _ in 0..4 * STEPS {
            if distance(at, saddle.at) >= reach {
                break;
            }
            let a = self.uphill(at)?;
            let b = self.uphill(shifted(at, a, 0.5 * step))?;
            let c = self.uphill(shifted(at, b, 0.5 * step))?;
            let d = self.uphill(shifted(at, c, step))?;
            at = std::array::from_fn(|i| at[i] + step / 6.0 * (a[i] + 2.0 * b[i] + 2.0 * c[i] + d[i]));
            points.push(at);
        }
        Ok(points)
    }

    /// The same for plain descent with a learning rate: the points that its updates visit on their way to the saddle, the first
    /// at a distance of about `reach`.
    ///
    /// A step of that length leads beside the manifold of the flow. That of the iteration is found by halving, on the line
    /// through the end of the other at a right angle to it: from one side descent leaves the saddle one way, from the other
    /// side the other way. Where it does not, or the saddle is degenerate, the manifold of the flow is taken, from its far end.
    ///
    /// # Errors
    /// Those of the loss.
    pub(super) fn way_of_descent(
        &mut self,
        saddle: &PlanePoint,
        reach: f64,
        side: f64,
        rate: f64,
    ) -> Result<Vec<[f64; 2]>> {
        let mut ridge = self.ridge(saddle, reach, side)?;
        ridge.reverse();
        let (end, next) = (ridge[0], ridge[1]);
        if saddle.degenerate || saddle.eigenvectors.is_empty() {
            return Ok(ridge);
        }
        let across = [next[1] - end[1], end[0] - next[0]].map(|x| x / distance(end, next));
        let way = |landscape: &mut Self, aside: f64| {
            landscape.descends(saddle, shifted(end, across, aside), reach, rate).map(|(leaves, _)| leaves)
        };
        let (mut low, mut high) = (-0.5 * reach, 0.5 * reach);
        let (from_low, from_high) = (way(self, low)?, way(self, high)?);
        if from_low == from_high || from_low == 0 || from_high == 0 {
            return Ok(ridge);
        }
        for _ in 0..HALVINGS {
            let middle = 0.5 * (low + high);
            match way(self, middle)? {
                0 => (low, high) = (middle, middle),
                leaves if leaves == from_low => low = middle,
                _ => high = middle,
            }
        }
        let start = shifted(end, across, 0.5 * (low + high));
        Ok(self.descends(saddle, start, reach, rate)?.1)
    }

    /// Which way plain descent leaves the saddle along its unstable direction, 1 or -1, or 0 if it does not; and the points until
    /// it is nearest.
    fn descends(
        &mut self,
        saddle: &PlanePoint,
        mut at: [f64; 2],
        reach: f64,
        rate: f64,
    ) -> Result<(i32, Vec<[f64; 2]>)> {
        let unstable = saddle.eigenvectors[0];
        let (mut points, mut nearest, mut entered) = (vec![at], f64::INFINITY, false);
        for _ in 0..MOST_UPDATES {
            let mut gradient = [0.0; 2];
            self.ground.gradient(&self.rows, &at, &mut gradient)?;
            at = shifted(at, gradient, -rate);
            let far = distance(at, saddle.at);
            if !far.is_finite() {
                return Ok((0, points));
            }
            if far < nearest {
                nearest = far;
                points.push(at);
            }
            entered |= far < 0.5 * reach;
            let along = unstable[0] * (at[0] - saddle.at[0]) + unstable[1] * (at[1] - saddle.at[1]);
            // from far aside it may come to rest in a valley without ever having been near
            let rests = rate * distance(gradient, [0.0; 2]) < REST * reach;
            if along.abs() > 0.5 * reach && (entered || rests) || far > 3.0 * reach {
                return Ok((if along > 0.0 { 1 } else { -1 }, points));
            }
        }
        Ok((0, points))
    }

    /// The direction in which the loss rises.
    fn uphill(&mut self, at: [f64; 2]) -> Result<[f64; 2]> {
        let mut gradient = [0.0; 2];
        self.ground.gradient(&self.rows, &at, &mut gradient)?;
        let length = distance(gradient, [0.0; 2]);
        Ok(gradient.map(|g| if length > 0.0 { g / length } else { 0.0 }))
    }

    fn highest(&mut self, around: [f64; 2], radius: f64) -> Result<[f64; 2]> {
        let mut best = (f64::NEG_INFINITY, [1.0, 0.0]);
        for i in 0..DIRECTIONS {
            let angle = 2.0 * std::f64::consts::PI * f64::from(i) / f64::from(DIRECTIONS);
            let direction = [libm::cos(angle), libm::sin(angle)];
            let loss = self.loss(shifted(around, direction, radius))?;
            if loss > best.0 {
                best = (loss, direction);
            }
        }
        Ok(best.1)
    }
}

/// A point moved so far along a direction.
pub(super) fn shifted(at: [f64; 2], direction: [f64; 2], far: f64) -> [f64; 2] {
    std::array::from_fn(|i| at[i] + far * direction[i])
}
