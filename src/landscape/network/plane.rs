//! A plane through the space of all parameters.

use crate::error::{Error, Result};
use crate::kernels::reduce;

/// A direction shorter than this share of what it was before the other one was taken out of it points nowhere.
const NOWHERE: f64 = 1e-9;

/// A point and two orthonormal directions: coordinates in the plane are distances in the space of the parameters.
#[derive(Debug, Clone, PartialEq)]
pub struct Plane {
    /// The point with the coordinates (0, 0).
    pub origin: Vec<f64>,
    /// Unit vectors at right angles.
    pub axes: [Vec<f64>; 2],
}

/// A point seen from above.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Projection {
    /// Coordinates of the nearest point of the plane.
    pub at: [f64; 2],
    /// Distance from it.
    pub off: f64,
}

impl Plane {
    /// The plane through `origin` along `x` and `y`. The first axis points along `x`; what `y` has in common with it is
    /// taken out.
    ///
    /// # Errors
    /// [`Error::Spec`] if the two span no plane, [`Error::State`] for vectors of different lengths.
    pub fn new(origin: Vec<f64>, x: &[f64], y: &[f64]) -> Result<Self> {
        if x.len() != origin.len() || y.len() != origin.len() {
            return Err(Error::state("theta-length", "plane")
                .expected(format!("two directions of {} numbers", origin.len()))
                .got(format!("{} and {}", x.len(), y.len()))
                .hint("use vectors as long as theta"));
        }
        let mut axes = [x.to_vec(), y.to_vec()];
        for axis in &mut axes {
            unit(axis, 0.0)?;
        }
        let [x, y] = &mut axes;
        // twice: the first time leaves the rounding of what it took out
        for _ in 0..2 {
            reduce::axpy(-reduce::dot(x, y), x, y);
            unit(y, NOWHERE)?;
        }
        Ok(Self { origin, axes })
    }

    /// The plane through three points, the first one its origin, the second on its first axis (Garipov et al. 2018).
    ///
    /// # Errors
    /// As [`Plane::new`]; points on one line span no plane.
    pub fn through(points: [&[f64]; 3]) -> Result<Self> {
        let [a, b, c] = points;
        let from_a = |p: &[f64]| -> Vec<f64> { p.iter().zip(a).map(|(p, a)| p - a).collect() };
        Self::new(a.to_vec(), &from_a(b), &from_a(c))
    }

    /// The plane of two parameters, all others as they are at `origin`.
    ///
    /// # Errors
    /// [`Error::Spec`] for one parameter named twice or one that is not there.
    pub fn of_parameters(origin: Vec<f64>, [x, y]: [usize; 2]) -> Result<Self> {
        let n = origin.len();
        if x == y || x >= n || y >= n {
            return Err(Error::spec("plane-weights", "plane")
                .expected(format!("two different parameters of 0..{n}"))
                .got(format!("{x} and {y}"))
                .hint("choose another one")
                .arg("parameters", n));
        }
        let axis = |place: usize| -> Vec<f64> { (0..n).map(|i| f64::from(u8::from(i == place))).collect() };
        Self::new(origin, &axis(x), &axis(y))
    }

    /// Writes the parameters at a point of the plane.
    pub fn write(&self, [x, y]: [f64; 2], theta: &mut [f64]) {
        let [along, across] = &self.axes;
        for (((theta, o), a), b) in theta.iter_mut().zip(&self.origin).zip(along).zip(across) {
            *theta = o + x * a + y * b;
        }
    }

    /// Where parameters stand on the plane, and how far off it.
    #[must_use]
    pub fn project(&self, theta: &[f64]) -> Projection {
        let mut rest: Vec<f64> = theta.iter().zip(&self.origin).map(|(t, o)| t - o).collect();
        let at = [0, 1].map(|i| {
            let along = reduce::dot(&self.axes[i], &rest);
            reduce::axpy(-along, &self.axes[i], &mut rest);
            along
        });
        Projection { at, off: reduce::sum_squares(&rest).sqrt() }
    }
}

/// Makes a vector one of length 1.
fn unit(vector: &mut [f64], least: f64) -> Result<()> {
    let length = reduce::sum_squares(vector).sqrt();
    if !(length > least && length.is_finite()) {
        return Err(Error::spec("plane-degenerate", "plane")
            .expected("two directions that span a plane")
            .got(if length.is_finite() { "directions along one line" } else { "numbers that are not finite" })
            .hint("choose another plane, or points that do not lie on a line"));
    }
    vector.iter_mut().for_each(|v| *v /= length);
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_point_is_its_coordinates_and_what_is_off_the_plane() {
        let plane = Plane::new(vec![1.0, 1.0, 1.0], &[2.0, 0.0, 0.0], &[5.0, 3.0, 0.0]).unwrap();
        assert_eq!(plane.axes, [vec![1.0, 0.0, 0.0], vec![0.0, 1.0, 0.0]]);
        let seen = plane.project(&[3.0, 0.0, 5.0]);
        assert_eq!((seen.at, seen.off.to_bits()), ([2.0, -1.0], 4.0_f64.to_bits()));
        let mut theta = [0.0; 3];
        plane.write([2.0, -1.0], &mut theta);
        assert_eq!(theta, [3.0, 0.0, 1.0]);
    }

    #[test]
    fn three_points_lie_on_their_plane() {
        let points = [[0.0, 1.0, 2.0, 0.0], [1.0, 1.0, 0.0, 1.0], [0.5, -2.0, 0.0, 3.0]];
        let plane = Plane::through([&points[0], &points[1], &points[2]]).unwrap();
        for point in &points {
            assert!(plane.project(point).off < 1e-14);
        }
        assert_eq!(plane.project(&points[0]).at, [0.0, 0.0]);
        assert!(plane.project(&points[1]).at[1].abs() < 1e-15);
    }

    #[test]
    fn what_spans_no_plane_is_refused() {
        let code = |x: &[f64], y: &[f64]| Plane::new(vec![0.0; 2], x, y).unwrap_err().report().code;
        assert_eq!(code(&[1.0, 2.0], &[2.0, 4.0]), "plane-degenerate");
        assert_eq!(code(&[0.0, 0.0], &[2.0, 4.0]), "plane-degenerate");
        assert_eq!(code(&[f64::NAN, 0.0], &[2.0, 4.0]), "plane-degenerate");
        assert_eq!(code(&[1.0], &[2.0, 4.0]), "theta-length");
        let weights = |pair| Plane::of_parameters(vec![0.0; 2], pair).unwrap_err().report().code;
        assert_eq!((weights([0, 0]), weights([0, 2])), ("plane-weights", "plane-weights"));
    }
}
