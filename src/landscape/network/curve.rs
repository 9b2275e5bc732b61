//! How the loss curves at a point: the plane of its most negative and most positive curvature, and what can be proved.

use super::{NetworkLandscape, Plane};
use crate::curvature::{
    Certificate, CertificateOptions, Search, SearchOptions, Spectrum, certify, lanczos_ends, newton_mr,
};
use crate::error::{Error, Result};

/// The plane of both ends of a Hessian's spectrum.
#[derive(Debug, Clone, PartialEq)]
pub struct EigenPlane {
    /// The first axis is the eigenvector of the smallest eigenvalue, the second that of the largest.
    pub plane: Plane,
    /// The smallest and the largest Ritz value.
    pub values: [f64; 2],
    /// Length of `H v - value v` of each: some eigenvalue lies within it.
    pub residuals: [f64; 2],
    /// All Ritz values.
    pub spectrum: Spectrum,
}

impl NetworkLandscape {
    /// The plane in which a saddle shows if there is one: along the most negative curvature at `theta`, found by `steps`
    /// steps of Lanczos iteration, and along the most positive one.
    ///
    /// # Errors
    /// Those of [`lanczos_ends`]; [`Error::Spec`](crate::Error::Spec) if the curvature is the same in all directions.
    pub fn eigen_plane(&mut self, theta: &[f64], steps: usize, seed: u64) -> Result<EigenPlane> {
        let origin = self.checked(theta)?.to_vec();
        let ends = lanczos_ends(&mut self.objective(), theta, steps, 1, seed)?;
        // after a step of the iteration both ends have a pair
        let (Some(low), Some(high)) = (ends.lowest.first(), ends.highest.first()) else {
            return Err(Error::spec("plane-degenerate", "plane")
                .expected("two directions that span a plane")
                .got("a network without curvature")
                .hint("choose another plane"));
        };
        Ok(EigenPlane {
            plane: Plane::new(origin, &low.vector, &high.vector)?,
            values: [low.value, high.value],
            residuals: [low.residual, high.residual],
            spectrum: ends.spectrum,
        })
    }

    /// What can be proved of `theta`: critical, gradient-flat or neither, with its eigenvalues and its index. See
    /// [`Certificate`].
    ///
    /// # Errors
    /// Those of [`certify`].
    pub fn certify(&mut self, theta: &[f64], options: &CertificateOptions) -> Result<Certificate> {
        self.checked(theta)?;
        certify(&mut self.objective(), theta, options)
    }

    /// The critical point, of any index, that Newton-MR reaches from `theta`.
    ///
    /// # Errors
    /// Those of [`newton_mr`].
    pub fn search(&mut self, theta: &[f64], options: &SearchOptions) -> Result<Search> {
        self.checked(theta)?;
        newton_mr(&mut self.objective(), theta, options)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::kernels::reduce;
    use crate::landscape::network::tests::{of, small};

    /// Along an eigenvector v the loss is `L + t v.g + t^2 lambda / 2` for small t.
    #[test]
    fn the_axes_curve_as_their_eigenvalues_say() {
        let mut landscape = small();
        let theta = landscape.initial(2);
        let found = landscape.eigen_plane(&theta, 60, 1).unwrap();
        assert!(found.values[0] < 0.0 && found.values[1] > 1.0, "{:?}", found.values);
        assert_eq!(found.spectrum.max().to_bits(), found.values[1].to_bits());
        let t = 1e-3;
        for (axis, along) in [[t, 0.0], [0.0, t]].into_iter().enumerate() {
            let points = [along.map(|x| -x), [0.0; 2], along];
            let loss = landscape.slice(&found.plane, &points).unwrap();
            let curvature = (loss[0] - 2.0 * loss[1] + loss[2]) / (t * t);
            let within = found.residuals[axis] + 1e-3 * found.values[axis].abs();
            assert!((curvature - found.values[axis]).abs() <= within, "{curvature} {found:?}");
        }
    }

    #[test]
    fn a_convex_loss_has_index_zero_and_a_search_shortens_its_gradient() {
        let mut landscape = of(r#"[{"type":"flatten"},{"type":"dense","units":10}]"#, 40);
        let theta = landscape.initial(1);
        let here = landscape.certify(&theta, &CertificateOptions::default()).unwrap();
        assert_eq!(here.verdict, crate::curvature::Verdict::NotConverged);
        assert_eq!((here.parameters, here.whole, here.index), (650, true, 0), "the loss is convex");
        let end = landscape.search(&theta, &SearchOptions { steps: 5, ..SearchOptions::default() }).unwrap();
        assert!(end.gradient_norm < here.gradient_norm && end.loss.is_finite());
        let mut gradient = vec![0.0; theta.len()];
        landscape.gradient(&end.theta, &mut gradient).unwrap();
        assert!((reduce::sum_squares(&gradient).sqrt() - end.gradient_norm).abs() < 1e-12);
        assert_eq!(landscape.eigen_plane(&[0.0], 9, 1).unwrap_err().report().code, "theta-length");
    }
}
