//! The curvature of the training loss where a trainer stands.

use super::Trainer;
use crate::curvature::{OnRows, lambda_max};
use crate::error::Result;
use crate::kernels::Real;
use crate::optim::{MethodSpec, OptimizerSpec, Options};

/// Training examples that the curvature is measured on: the first ones. Its largest eigenvalue belongs to directions
/// that all examples share, and a thousand change its first two digits no more than another draw would.
const EXAMPLES: usize = 512;
/// Lanczos steps: the largest eigenvalue stands apart from the rest and is found to three digits within these.
const STEPS: usize = 20;
/// The same for the limit of a diverged run, which is shown with two digits and must not be waited for.
const LIMIT_EXAMPLES: usize = 256;
const LIMIT_STEPS: usize = 12;

impl<T: Real> Trainer<T> {
    /// The largest eigenvalue of the Hessian of the training loss at the present weights, over the first 512 training
    /// examples, or as many as a network with batch normalisation takes at once. Plain gradient descent is unstable along its eigenvector at rates above 2 / lambda_max.
    ///
    /// # Errors
    /// [`Error::NotFinite`](crate::Error::NotFinite) where the curvature is not finite, and
    /// [`Error::Memory`](crate::Error::Memory).
    pub fn lambda_max(&mut self) -> Result<f64> {
        let theta = self.theta().to_vec();
        self.lambda_max_at(&theta, EXAMPLES, STEPS)
    }

    /// The learning rate above which the optimizer is unstable at the kept weights, those a diverged run goes back to:
    /// 2 / lambda_max for gradient descent, 2 (1 + momentum) / lambda_max with heavy-ball momentum (Cohen, Kaur, Li,
    /// Kolter, Talwalkar 2021, section 2 and appendix B), each gradient weighed with 1 - dampening. `None` for other
    /// optimizers, for a gradient that is clipped, noisy or joined by weight decay, and where lambda_max is not positive.
    ///
    /// # Errors
    /// As [`Trainer::lambda_max`].
    pub fn kept_rate_limit(&mut self) -> Result<Option<f64>> {
        let OptimizerSpec { method, options } = self.spec().optimizer;
        let factor = match method {
            _ if options != Options::default() => return Ok(None),
            MethodSpec::Sgd(_) => 2.0,
            MethodSpec::Momentum(m) if !m.nesterov => 2.0 * (1.0 + m.momentum) / (1.0 - m.dampening),
            _ => return Ok(None),
        };
        let theta = self.kept_theta().to_vec();
        let lambda = self.lambda_max_at(&theta, LIMIT_EXAMPLES, LIMIT_STEPS)?;
        Ok(Some(factor / lambda).filter(|limit| lambda > 0.0 && limit.is_finite()))
    }

    fn lambda_max_at(&mut self, theta: &[T], examples: usize, steps: usize) -> Result<f64> {
        let all = self.examples().clone();
        let most = self.loss.most_rows().map_or(examples, |most| most.min(examples));
        let rows = &all.train()[..all.train().len().min(most)];
        lambda_max(&mut OnRows { loss: self.loss(), rows }, theta, steps)
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
    fn a_diverged_run_knows_the_rate_it_should_have_stayed_below() {
        let mut trainer = linear(1e6);
        trainer.run_until(|| false).unwrap();
        assert!(matches!(trainer.state(), RunState::Diverged(_)));
        // the loss is quadratic: its curvature is that of the start, over 256 of 442 examples
        let limit = trainer.kept_rate_limit().unwrap().unwrap();
        assert!((limit / (2.0 / 4.02) - 1.0).abs() < 0.1, "{limit}");
        assert!(trainer.trouble(Some(limit)).unwrap().report().args.iter().any(|(name, _)| *name == "limit"));
    }
}
