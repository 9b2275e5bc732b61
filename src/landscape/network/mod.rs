//! Where a network of any size stands in the landscape of its loss.
//!
//! Its parameters are thousands of axes, of which a picture has two. So a picture is a [`Plane`] through the space of
//! all parameters, and says how much it leaves out: the distance of each point of a path from it, and the true loss
//! beside the one that the plane shows.
//!
//! All of it is computed in f64 over some training examples, the same for races, slices and curvature: one smooth
//! function of theta. Layers that use statistics of a batch use those of all these examples at every point, so that a
//! network between two others is normalised by its own.

mod curve;
mod filters;
mod plane;
mod principal;
mod race;
mod scatter;
mod slice;
mod spec;

pub use curve::EigenPlane;
pub use filters::{RandomPlane, random_plane};
pub use plane::{Plane, Projection};
pub use principal::{PrincipalPlane, principal_plane};
pub use race::Trajectory;
pub use slice::{GradientNoise, PathOnPlane};
pub use spec::{Equal, NetworkInfo, NetworkRaceSpec, NetworkSpec, WeightInfo};

use crate::curvature::{DataLoss, OnRows, Penalty};
use crate::data::{Examples, load};
use crate::error::{Error, Result};
use crate::kernels::reduce;
use crate::nn::{Model, ParameterTable};
use std::sync::Arc;

/// A network on some of its training examples.
#[derive(Debug)]
pub struct NetworkLandscape {
    loss: DataLoss<f64>,
    rows: Vec<u32>,
}

impl NetworkLandscape {
    /// The landscape of a network on what `spec` and `files` (name, bytes) describe.
    ///
    /// # Errors
    /// What keeps data from being loaded or layers from fitting; [`Error::Spec`] for a network without parameters;
    /// [`Error::Memory`] for more examples than layers that see a batch whole can take.
    pub fn new(spec: &NetworkSpec, files: &[(String, Vec<u8>)]) -> Result<Self> {
        spec.check()?;
        let set = load(&spec.data, spec.seed, files)?;
        let examples = Arc::new(Examples::split_by(set, spec.split, spec.test, spec.seed)?);
        let target = DataLoss::<f64>::target_of(&examples);
        let model = Model::new(examples.dataset().shape(), &spec.layers, spec.loss.clone(), target)?;
        if model.table().is_empty() {
            return Err(Error::spec("landscape-parameters", "layers")
                .expected("a network with parameters")
                .got("none")
                .hint("add a dense layer")
                .arg("got", 0));
        }
        let rows: Vec<u32> = examples.train().iter().take(spec.examples).copied().collect();
        let penalty = Penalty::new(0.0, spec.l2, false, model.table());
        let loss = DataLoss::new(model, examples).with_penalty(penalty);
        loss.check_rows(rows.len())?;
        Ok(Self { loss, rows })
    }

    /// What there is to say about it.
    #[must_use]
    pub fn info(&self) -> NetworkInfo {
        let weights = self.table().entries().iter().map(|p| WeightInfo {
            name: p.name.clone(),
            shape: p.shape.dims().to_vec(),
            offset: p.offset,
        });
        NetworkInfo { parameters: self.parameters(), examples: self.rows.len(), weights: weights.collect() }
    }

    /// Where each parameter lies in theta.
    #[must_use]
    pub fn table(&self) -> &ParameterTable {
        self.loss.model().table()
    }

    /// Length of theta.
    #[must_use]
    pub fn parameters(&self) -> usize {
        self.table().len()
    }

    /// The weights a run of this seed begins with.
    #[must_use]
    pub fn initial(&self, seed: u64) -> Vec<f64> {
        self.table().initial(seed)
    }

    /// The place in theta of a parameter written as `dense_1.kernel[3,4]`, or as its number.
    ///
    /// # Errors
    /// [`Error::Spec`] if there is none.
    pub fn place(&self, name: &str) -> Result<usize> {
        let found = name.parse().ok().or_else(|| {
            let (tensor, index) = name.strip_suffix(']')?.split_once('[')?;
            let parameter = self.table().entries().iter().find(|p| p.name == tensor.trim())?;
            let dims = parameter.shape.dims();
            let index: Vec<usize> = index.split(',').map(|i| i.trim().parse().ok()).collect::<Option<_>>()?;
            let inside = index.len() == dims.len() && index.iter().zip(dims).all(|(i, n)| i < n);
            let place = index.iter().zip(dims).fold(0, |place, (i, n)| place * n + i);
            inside.then_some(parameter.offset + place)
        });
        found.filter(|&place| place < self.parameters()).ok_or_else(|| {
            let first = self.table().entries().first().map_or("dense_1.kernel", |p| p.name.as_str());
            Error::spec("weight-unknown", "plane")
                .expected(format!("a number of 0..{}, or a name such as {first}[0,0]", self.parameters()))
                .got(name)
                .hint("name a weight of the network")
                .arg("parameters", self.parameters())
                .arg("got", name)
        })
    }

    /// The loss at `theta`.
    ///
    /// # Errors
    /// [`Error::State`] for another length; [`Error::Memory`] if the program does not fit.
    pub fn loss(&mut self, theta: &[f64]) -> Result<f64> {
        self.loss.loss(&self.rows, theta)
    }

    /// The loss at `theta` and the Euclidean norm of its gradient.
    ///
    /// # Errors
    /// As [`NetworkLandscape::loss`].
    pub fn measure(&mut self, theta: &[f64]) -> Result<(f64, f64)> {
        let mut gradient = vec![0.0; theta.len()];
        let loss = self.gradient(theta, &mut gradient)?;
        Ok((loss, reduce::sum_squares(&gradient).sqrt()))
    }

    /// Writes the gradient at `theta` and returns the loss.
    ///
    /// # Errors
    /// As [`NetworkLandscape::loss`].
    pub fn gradient(&mut self, theta: &[f64], gradient: &mut [f64]) -> Result<f64> {
        self.loss.gradient(&self.rows, theta, gradient)
    }

    /// Loss, gradient and Hessian as a function of theta.
    pub fn objective(&mut self) -> OnRows<'_, f64> {
        OnRows { loss: &mut self.loss, rows: &self.rows }
    }

    /// `theta`, if it is one.
    ///
    /// # Errors
    /// [`Error::State`] for another length.
    pub fn checked<'a>(&self, theta: &'a [f64]) -> Result<&'a [f64]> {
        if theta.len() == self.parameters() {
            return Ok(theta);
        }
        Err(Error::state("theta-length", "theta")
            .expected(format!("{} numbers", self.parameters()))
            .got(theta.len().to_string())
            .hint("use a vector as long as theta"))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    pub(super) fn of(layers: &str, examples: usize) -> NetworkLandscape {
        let json = format!(
            r#"{{"data":{{"type":"digits"}},"layers":{layers},"loss":"softmaxCrossEntropy","examples":{examples}}}"#
        );
        NetworkLandscape::new(&serde_json::from_str(&json).unwrap(), &[]).unwrap()
    }

    /// 64-8-10 on a hundred digits.
    pub(super) fn small() -> NetworkLandscape {
        of(
            r#"[{"type":"flatten"},{"type":"dense","units":8,"activation":"tanh"},{"type":"dense","units":10}]"#,
            100,
        )
    }

    #[test]
    fn it_says_what_it_is_of_and_finds_weights_by_name() {
        let landscape = small();
        let info = landscape.info();
        assert_eq!((info.parameters, info.examples, info.weights.len()), (610, 100, 4));
        assert_eq!(
            info.weights[2],
            WeightInfo { name: "dense_2.kernel".into(), shape: vec![8, 10], offset: 520 }
        );
        assert_eq!(landscape.place("dense_2.kernel[1,3]").unwrap(), 533);
        assert_eq!(landscape.place("dense_2.bias[9]").unwrap(), 609);
        assert_eq!(landscape.place("17").unwrap(), 17);
        for wrong in ["610", "dense_3.kernel[0,0]", "dense_2.kernel[8,0]", "dense_2.kernel[1]", "x", ""] {
            assert_eq!(landscape.place(wrong).unwrap_err().report().code, "weight-unknown", "{wrong}");
        }
    }

    /// Between two networks each layer is normalised by the statistics that its inputs have there, not by stored ones.
    #[test]
    fn between_two_networks_normalisation_uses_its_own_statistics() {
        let layers = r#"[{"type":"flatten"},{"type":"dense","units":6},{"type":"batchNormalization"},
            {"type":"activation","activation":"tanh"},{"type":"dense","units":10}]"#;
        let mut landscape = of(layers, 100);
        let [a, b, c] = [1, 2, 3].map(|seed| landscape.initial(seed));
        let plane = Plane::through([&a, &b, &c]).unwrap();
        let half = 0.5 * plane.project(&b).at[0];
        let between = landscape.slice(&plane, &[[half, 0.0]]).unwrap()[0];
        let strange = vec![7.0; landscape.loss.state().len()];
        landscape.loss.set_state(&strange).unwrap();
        assert_eq!(landscape.slice(&plane, &[[half, 0.0]]).unwrap()[0].to_bits(), between.to_bits());
        // scaling what comes before a normalisation changes nothing, at this point as at any
        let mut theta = vec![0.0; a.len()];
        plane.write([half, 0.0], &mut theta);
        theta[..64 * 6 + 6].iter_mut().for_each(|w| *w *= 3.0);
        assert!((landscape.loss(&theta).unwrap() - between).abs() < 1e-4 * between);
    }

    #[test]
    fn networks_without_parameters_and_too_few_examples_are_refused() {
        let code = |more: &str, layers: &str| {
            let json = format!(
                r#"{{"data":{{"type":"diabetes"}},"layers":{layers},"loss":"meanSquaredError"{more}}}"#
            );
            NetworkLandscape::new(&serde_json::from_str(&json).unwrap(), &[]).unwrap_err().report().code
        };
        assert_eq!(code(r#","examples":0"#, r#"[{"type":"dense","units":1}]"#), "race-range");
        assert_eq!(code(r#","seed":9007199254740992"#, r#"[{"type":"dense","units":1}]"#), "race-range");
    }
}
