//! Whole loss landscapes of two parameters: exact values, critical points, descents. They are of a network with two weights,
//! or of a function of x and y.
//!
//! Nothing is projected: the two axes are the two parameters. All of it is computed in f64 over all examples of a data
//! set; a descent may see fewer of them per step, but is judged on all.
//!
//! The network the page opens with is `w2 tanh(w1 x)` on one standardised feature and target. Its gradient vanishes at
//! the origin, where the Hessian of half the mean squared error is `[[0, -c], [-c, 0]]` with `c = mean(x y)`: a saddle
//! with eigenvalues `-c` and `c`, along the diagonals.

mod escape;
mod function;
mod ground;
mod network;
mod points;
mod race;
mod ridge;
mod spec;
mod stays;
mod surface;

pub use escape::{EscapeArm, EscapeSpec, Escapes};
pub use function::{Function, FunctionSpec, NamedFunction, functions};
pub use network::{
    EigenPlane, Equal, GradientNoise, NetworkInfo, NetworkLandscape, NetworkRaceSpec, NetworkSpec,
    PathOnPlane, Plane, PrincipalPlane, Projection, RandomPlane, Trajectory, WeightInfo, principal_plane,
    random_plane,
};
pub use points::{CriticalPoints, PlanePoint};
pub use race::{Descent, Race, SeedStrip, StripArm};
pub use spec::{ArmSpec, LandscapeInfo, LandscapeSpec, RaceSpec, Region};
pub use stays::{Share, StayArm, StaysSpec};
pub use surface::Surface;

use crate::curvature::DataLoss;
use crate::data::{Examples, Targets, load};
use crate::error::{Error, Result};
use crate::nn::Model;
use ground::{Ground, OnGround};
use std::sync::Arc;

/// A network with two parameters on all examples of a data set, or a function of two variables.
#[derive(Debug)]
pub struct Landscape {
    ground: Ground,
    rows: Vec<u32>,
    /// Saddles near the origin, once they were looked for.
    saddles: Option<Vec<[f64; 2]>>,
}

impl Landscape {
    /// The landscape of a network on what `spec` and `files` (name, bytes) describe. Generated data are those of seed
    /// 0. All examples count; the scaling is fitted on all, or on the training part of a set that brings its own.
    ///
    /// # Errors
    /// [`Error::Spec`] if the network has not exactly two parameters, and whatever keeps data from being loaded or
    /// layers from fitting.
    pub fn new(spec: LandscapeSpec, files: &[(String, Vec<u8>)]) -> Result<Self> {
        let examples = Arc::new(Examples::new(load(&spec.data, 0, files)?, 0.0, 0)?);
        let target = DataLoss::<f64>::target_of(&examples);
        let model = Model::new(examples.dataset().shape(), &spec.layers, spec.loss.clone(), target)?;
        let parameters = model.table().len();
        if parameters != 2 {
            return Err(Error::spec("landscape-parameters", "layers")
                .expected("a network with exactly two parameters, one for each axis")
                .got(format!("{parameters} parameters"))
                .hint("use one feature, layers of one unit and no biases")
                .arg("got", parameters));
        }
        // fits: a data set has at most u32::MAX examples
        let rows = (0..examples.dataset().len() as u32).collect();
        let ground = Ground::Network { spec, loss: Box::new(DataLoss::new(model, examples)) };
        Ok(Self { ground, rows, saddles: None })
    }

    /// The landscape of a function. Its samples, if it has any, are its examples.
    ///
    /// # Errors
    /// Those of [`Function::new`].
    pub fn of_function(spec: FunctionSpec) -> Result<Self> {
        let function = Box::new(Function::new(spec)?);
        // fits: there are at most ten thousand
        let rows = (0..function.samples() as u32).collect();
        Ok(Self { ground: Ground::Function(function), rows, saddles: None })
    }

    /// What there is to say about it.
    #[must_use]
    pub fn info(&self) -> LandscapeInfo {
        let loss = match &self.ground {
            Ground::Network { loss, .. } => loss,
            Ground::Function(function) => {
                return LandscapeInfo {
                    weights: ["x".to_owned(), "y".to_owned()],
                    examples: self.rows.len(),
                    features: None,
                    target: function.spec().formula.clone(),
                };
            }
        };
        let data = loss.examples().dataset();
        let parameters = loss.model().table().entries();
        let mut weights = parameters.iter().flat_map(|p| match p.shape.len() {
            1 => vec![p.name.clone()],
            n => (0..n).map(|i| format!("{}[{i}]", p.name)).collect(),
        });
        LandscapeInfo {
            weights: [weights.next().unwrap_or_default(), weights.next().unwrap_or_default()],
            examples: self.rows.len(),
            features: data.feature_names().map(<[String]>::to_vec),
            target: match data.targets() {
                Targets::Classes { .. } | Targets::Steps { .. } => "class".to_owned(),
                Targets::Reals { names, .. } => names.join(", "),
            },
        }
    }

    /// The loss over all examples.
    ///
    /// # Errors
    /// [`Error::Memory`] if the program does not fit.
    pub fn loss(&mut self, at: [f64; 2]) -> Result<f64> {
        self.ground.loss(&self.rows, &at)
    }

    /// Loss and its derivatives over all examples.
    fn objective(&mut self) -> OnGround<'_> {
        OnGround { ground: &mut self.ground, rows: &self.rows }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn it_says_what_it_is_of() {
        let info = Landscape::new(LandscapeSpec::two_weights(), &[]).unwrap().info();
        assert_eq!(info.weights, ["dense_1.kernel", "dense_2.kernel"]);
        assert_eq!((info.examples, info.target.as_str()), (442, "progression"));
        assert_eq!(info.features.unwrap(), ["s5"]);
    }

    #[test]
    fn other_numbers_of_parameters_are_refused() {
        let mut spec = LandscapeSpec::two_weights();
        spec.data = crate::data::DataSpec::Diabetes { features: Some(vec!["s5".into(), "bmi".into()]) };
        let error = Landscape::new(spec, &[]).unwrap_err();
        assert_eq!(
            error.to_string(),
            "layers: expected a network with exactly two parameters, one for each axis, got 3 parameters; use one \
             feature, layers of one unit and no biases"
        );
    }

    /// At the origin every prediction is 0, and a standardised target has mean square 1.
    #[test]
    fn the_loss_at_the_origin_is_half_the_variance() {
        let mut landscape = Landscape::new(LandscapeSpec::two_weights(), &[]).unwrap();
        assert!((landscape.loss([0.0, 0.0]).unwrap() - 0.5).abs() < 1e-14);
    }
}
