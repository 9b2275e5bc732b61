//! The loss on a plane, and a path seen from above.

use super::{NetworkLandscape, Plane};
use crate::curvature::symmetric_eigen;
use crate::error::Result;
use crate::kernels::reduce;
use ndarray::array;

/// A path seen on a plane.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct PathOnPlane {
    /// `x0, y0, x1, y1, …`
    pub at: Vec<f64>,
    /// Distance of each point from the plane.
    pub off: Vec<f64>,
    /// What the plane shows there: the loss of the projection, which is not that of the point unless it lies on the plane.
    pub slice: Vec<f64>,
}

/// How the gradients of single examples spread over a plane.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct GradientNoise {
    /// The mean gradient's components along the axes.
    pub mean: [f64; 2],
    /// Covariance of the single gradients' components: of x with x, x with y, y with y.
    pub covariance: [f64; 3],
    /// Examples.
    pub examples: usize,
}

impl NetworkLandscape {
    /// The loss at points of a plane, each exact.
    ///
    /// # Errors
    /// Those of [`NetworkLandscape::loss`].
    pub fn slice(&mut self, plane: &Plane, points: &[[f64; 2]]) -> Result<Vec<f64>> {
        let mut theta = self.checked(&plane.origin)?.to_vec();
        let mut losses = Vec::with_capacity(points.len());
        for &point in points {
            plane.write(point, &mut theta);
            losses.push(self.loss(&theta)?);
        }
        Ok(losses)
    }

    /// A path, points of theta one after the other, seen on a plane.
    ///
    /// # Errors
    /// Those of [`NetworkLandscape::loss`].
    pub fn follow(&mut self, plane: &Plane, path: &[f64]) -> Result<PathOnPlane> {
        let mut seen = PathOnPlane::default();
        let mut points = Vec::new();
        for theta in path.chunks(self.parameters().max(1)) {
            let found = plane.project(self.checked(theta)?);
            seen.at.extend(found.at);
            seen.off.push(found.off);
            points.push(found.at);
        }
        seen.slice = self.slice(plane, &points)?;
        Ok(seen)
    }

    /// How the gradient of a single example scatters about the mean one, on a plane at `theta`.
    ///
    /// # Errors
    /// Those of [`NetworkLandscape::loss`].
    pub fn gradient_noise(&mut self, plane: &Plane, theta: &[f64]) -> Result<GradientNoise> {
        let mut gradient = vec![0.0; self.checked(theta)?.len()];
        let mut components = Vec::with_capacity(self.rows.len());
        for row in 0..self.rows.len() {
            self.loss.gradient(&self.rows[row..=row], theta, &mut gradient)?;
            components.push([0, 1].map(|i| reduce::dot(&plane.axes[i], &gradient)));
        }
        let n = components.len() as f64;
        let mean = [0, 1].map(|i| components.iter().map(|c| c[i]).sum::<f64>() / n);
        let covariance = [(0, 0), (0, 1), (1, 1)]
            .map(|(i, j)| components.iter().map(|c| (c[i] - mean[i]) * (c[j] - mean[j])).sum::<f64>() / n);
        Ok(GradientNoise { mean, covariance, examples: components.len() })
    }
}

impl GradientNoise {
    /// The half axes, of one standard deviation, of the ellipse in which the gradient of a batch of `size` different
    /// examples falls: the longer one first. Its covariance is that of single gradients over the size, times
    /// (n - size) / (n - 1), since no example is drawn twice: none is left for the full batch.
    ///
    /// # Errors
    /// Those of [`symmetric_eigen`].
    pub fn ellipse(&self, size: usize) -> Result<[[f64; 2]; 2]> {
        let [xx, xy, yy] = self.covariance;
        let eigen = symmetric_eigen(&array![[xx, xy], [xy, yy]])?;
        let (n, size) = (self.examples as f64, size.clamp(1, self.examples.max(1)) as f64);
        let left = (n - size) / (n - 1.0).max(1.0) / size;
        Ok([1, 0].map(|i| {
            let length = (eigen.values[i].max(0.0) * left).sqrt();
            [length * eigen.vectors[[i, 0]], length * eigen.vectors[[i, 1]]]
        }))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::landscape::network::tests::small;
    use crate::landscape::random_plane;

    #[test]
    fn a_slice_holds_the_loss_of_each_point() {
        let mut landscape = small();
        let theta = landscape.initial(1);
        let plane = random_plane(&theta, landscape.table(), 5).unwrap().plane;
        let points = [[0.0, 0.0], [1.0, -2.0], [0.3, 0.0]];
        let losses = landscape.slice(&plane, &points).unwrap();
        assert_eq!(losses[0].to_bits(), landscape.loss(&theta).unwrap().to_bits());
        let mut there = theta.clone();
        plane.write([1.0, -2.0], &mut there);
        assert_eq!(losses[1].to_bits(), landscape.loss(&there).unwrap().to_bits());
    }

    #[test]
    fn a_path_on_its_plane_has_its_own_loss_and_one_off_it_another() {
        let mut landscape = small();
        let theta = landscape.initial(1);
        let plane = random_plane(&theta, landscape.table(), 5).unwrap().plane;
        let mut on = theta.clone();
        plane.write([0.5, 0.25], &mut on);
        let seen =
            landscape.follow(&plane, &[theta.clone(), on.clone(), landscape.initial(2)].concat()).unwrap();
        assert!(seen.off[0] == 0.0 && seen.off[1] < 1e-12 && seen.off[2] > 1.0, "{:?}", seen.off);
        assert!((seen.at[2] - 0.5).abs() < 1e-12 && (seen.at[3] - 0.25).abs() < 1e-12);
        assert!((seen.slice[1] - landscape.loss(&on).unwrap()).abs() < 1e-12);
        assert_eq!(landscape.follow(&plane, &theta[1..]).unwrap_err().report().code, "theta-length");
    }

    #[test]
    fn the_noise_of_a_batch_is_that_of_the_batches_drawn() {
        let mut landscape = small();
        let theta = landscape.initial(3);
        let plane = random_plane(&theta, landscape.table(), 5).unwrap().plane;
        let noise = landscape.gradient_noise(&plane, &theta).unwrap();
        let mut gradient = vec![0.0; theta.len()];
        landscape.gradient(&theta, &mut gradient).unwrap();
        for i in 0..2 {
            assert!((noise.mean[i] - reduce::dot(&plane.axes[i], &gradient)).abs() < 1e-12);
        }
        // all pairs of different examples, of which the mean square deviation along x is known exactly
        let rows = landscape.rows.clone();
        let mut square = 0.0;
        for i in 0..rows.len() {
            for j in 0..i {
                landscape.loss.gradient(&[rows[i], rows[j]], &theta, &mut gradient).unwrap();
                let off = reduce::dot(&plane.axes[0], &gradient) - noise.mean[0];
                square += off * off;
            }
        }
        let pairs = (rows.len() * (rows.len() - 1) / 2) as f64;
        let [long, short] = noise.ellipse(2).unwrap();
        let want = square / pairs;
        assert!((long[0] * long[0] + short[0] * short[0] - want).abs() < 1e-10 * want);
        assert_eq!(noise.ellipse(rows.len()).unwrap(), [[0.0; 2]; 2], "a full batch has no noise");
    }
}
