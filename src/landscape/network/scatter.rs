//! What random probes and searches say of a network's curvature: density, trace, and index against loss.

use super::NetworkLandscape;
use crate::curvature::{
    Density, DensityOptions, IndexOptions, IndexPoint, TraceEstimate, hutchinson, index_point,
    spectral_density,
};
use crate::error::Result;

impl NetworkLandscape {
    /// The density of the Hessian's eigenvalues at `theta`. See [`spectral_density`].
    ///
    /// # Errors
    /// Those of [`spectral_density`].
    pub fn density(&mut self, theta: &[f64], options: &DensityOptions) -> Result<Density> {
        self.checked(theta)?;
        spectral_density(&mut self.objective(), theta, options)
    }

    /// Trace and diagonal of the Hessian at `theta` from `probes` random vectors. See [`hutchinson`].
    ///
    /// # Errors
    /// Those of [`hutchinson`].
    pub fn trace(&mut self, theta: &[f64], probes: usize, seed: u64) -> Result<TraceEstimate> {
        self.checked(theta)?;
        hutchinson(&mut self.objective(), theta, probes, seed)
    }

    /// The `number`-th point of the scatter of index against loss, with its weights. See [`index_point`].
    ///
    /// # Errors
    /// Those of [`index_point`].
    pub fn index_point(&mut self, number: u64, options: &IndexOptions) -> Result<(IndexPoint, Vec<f64>)> {
        let table = self.table().clone();
        index_point(&mut self.objective(), &|seed| table.initial(seed), number, options)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::curvature::Verdict;
    use crate::landscape::network::tests::{of, small};

    #[test]
    fn density_and_trace_agree_with_the_eigenvalues() {
        let mut landscape = of(r#"[{"type":"flatten"},{"type":"dense","units":10}]"#, 40);
        let theta = landscape.initial(1);
        let values = landscape.certify(&theta, &Default::default()).unwrap().eigenvalues;
        let sum: f64 = values.iter().sum();
        let trace = landscape.trace(&theta, 30, 1).unwrap().trace;
        assert!((trace.mean - sum).abs() < 4.0 * trace.error && trace.error < 0.3 * sum, "{trace:?} {sum}");
        let options = DensityOptions { steps: 30, probes: 4, ..DensityOptions::default() };
        let found = landscape.density(&theta, &options).unwrap();
        let step = found.lambda[1] - found.lambda[0];
        let mean: f64 = found.lambda.iter().zip(&found.density).map(|(l, d)| l * d.mean * step).sum();
        // the same four vectors give the trace
        let same = landscape.trace(&theta, 4, options.seed).unwrap().trace.mean / values.len() as f64;
        assert!((mean - same).abs() < 1e-3 * same, "{mean} {same}");
        assert_eq!(landscape.trace(&theta, 1, 1).unwrap_err().report().code, "lanczos-steps");
    }

    #[test]
    fn a_point_of_the_scatter_depends_on_its_number_alone() {
        let options = IndexOptions {
            descent: 20,
            approach: 5,
            polish: 5,
            search: crate::curvature::SearchOptions { steps: 2, inner: 20, ..Default::default() },
            ..IndexOptions::default()
        };
        let (point, theta) = small().index_point(3, &options).unwrap();
        assert_eq!((point.clone(), theta.clone()), small().index_point(3, &options).unwrap());
        let certificate = small().certify(&theta, &Default::default()).unwrap();
        assert_eq!((certificate.loss, certificate.index), (point.loss, point.index));
        assert_ne!(point.verdict, Verdict::Critical, "two steps do not reach one");
    }
}
