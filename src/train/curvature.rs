//! The curvature of the training loss where a trainer stands.

use super::Trainer;
use crate::curvature::{OnRows, lambda_max};
use crate::error::Result;
use crate::kernels::Real;

/// Training examples that the curvature is measured on: the first ones. Its largest eigenvalue belongs to directions
/// that all examples share, and a thousand change its first two digits no more than another draw would.
const EXAMPLES: usize = 512;
/// Lanczos steps: the largest eigenvalue stands apart from the rest and is found to three digits within these.
const STEPS: usize = 20;

impl<T: Real> Trainer<T> {
    /// The largest eigenvalue of the Hessian of the training loss at the present weights, over the first 512 training
    /// examples. Plain gradient descent is unstable along its eigenvector at rates above 2 / lambda_max.
    ///
    /// # Errors
    /// [`Error::NotFinite`](crate::Error::NotFinite) where the curvature is not finite, and
    /// [`Error::Memory`](crate::Error::Memory).
    pub fn lambda_max(&mut self) -> Result<f64> {
        let theta = self.theta().to_vec();
        self.lambda_max_at(&theta)
    }

    /// [`Trainer::lambda_max`] at the kept weights, those a diverged run goes back to.
    ///
    /// # Errors
    /// As [`Trainer::lambda_max`].
    pub fn kept_lambda_max(&mut self) -> Result<f64> {
        let theta = self.kept_theta().to_vec();
        self.lambda_max_at(&theta)
    }

    fn lambda_max_at(&mut self, theta: &[T]) -> Result<f64> {
        let examples = self.examples().clone();
        let rows = &examples.train()[..examples.train().len().min(EXAMPLES)];
        lambda_max(&mut OnRows { loss: self.loss(), rows }, theta, STEPS)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::data::{Examples, load};
    use crate::train::{RunSpec, RunState};
    use std::sync::Arc;

    /// Least squares on standardised features: the loss is quadratic, its Hessian the features' correlation matrix.
    fn linear(rate: f64) -> Trainer<f64> {
        let json = format!(
            r#"{{"data":{{"type":"diabetes"}},"test":0,"layers":[{{"type":"dense","units":1,"useBias":false}}],
            "loss":"halfMeanSquaredError","optimizer":{{"type":"sgd","learningRate":{rate}}},
            "batch":{{"type":"full"}},"epochs":2000,"seed":1}}"#
        );
        let spec = RunSpec::from_json(&json).unwrap();
        let examples = Examples::new(load(&spec.data, 1, &[]).unwrap(), 0.0, 1).unwrap();
        Trainer::new(spec, Arc::new(examples)).unwrap()
    }

    #[test]
    fn descent_diverges_just_above_two_over_lambda_max() {
        let limit = 2.0 / linear(0.1).lambda_max().unwrap();
        // the largest of ten eigenvalues that sum to 10, computed apart: 4.0242
        assert!((limit - 2.0 / 4.024_210_750_152_785).abs() < 1e-9, "{limit}");
        let end = |rate| {
            let mut trainer = linear(rate);
            trainer.run_until(|| false).unwrap();
            let before = trainer.history().loss[0];
            (trainer.state().clone(), trainer.history().loss.last().copied().unwrap() < before)
        };
        assert_eq!(end(0.99 * limit), (RunState::Done, true));
        assert!(!end(1.01 * limit).1);
    }

    #[test]
    fn the_kept_weights_have_a_curvature_of_their_own() {
        let mut trainer = linear(1e6);
        let before = trainer.lambda_max().unwrap();
        trainer.run_until(|| false).unwrap();
        assert!(matches!(trainer.state(), RunState::Diverged(_)));
        assert!((trainer.kept_lambda_max().unwrap() / before - 1.0).abs() < 1e-9);
    }
}
