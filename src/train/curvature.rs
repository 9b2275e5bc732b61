//! The curvature of the training loss where a trainer stands.

use super::Trainer;
use crate::curvature::{Objective, OnRows, Spectrum, lanczos};
use crate::error::Result;
use crate::kernels::{Real, reduce};
use crate::optim::{MethodSpec, OptimizerSpec, Options};
use serde::Serialize;

/// Training examples that the curvature is measured on: the first ones. Its largest eigenvalue belongs to directions
/// that all examples share, and a thousand change its first two digits no more than another draw would.
const EXAMPLES: usize = 512;
/// Lanczos steps: the largest eigenvalue stands apart from the rest and is found to three digits within these.
const STEPS: usize = 20;
/// The same for the limit of a diverged run, which is shown with two digits and must not be waited for.
const LIMIT_EXAMPLES: usize = 256;
const LIMIT_STEPS: usize = 12;
/// Any seed will do; a fixed one makes the curvature a function of the weights alone.
const SEED: u64 = 0;
/// Below this share of the largest a value of either sign may be the rounding of products in f32.
const NOTHING: f64 = 1e-5;

/// The curvature of the training loss at one step of a run.
#[derive(Debug, Clone, PartialEq, Serialize)]
#[cfg_attr(target_family = "wasm", derive(tsify::Tsify))]
#[cfg_attr(target_family = "wasm", tsify(missing_as_null))]
#[serde(rename_all = "camelCase")]
pub struct CurvaturePoint {
    /// Updates done.
    pub step: u64,
    /// Training examples that it was measured on.
    pub examples: usize,
    /// The largest eigenvalue of the Hessian as 20 Lanczos steps find it: never above the true one.
    pub lambda_max: f64,
    /// The smallest one: never below the true one. It converges later than the largest.
    pub lambda_min: f64,
    /// How far from `lambda_max` an eigenvalue is at most.
    pub lambda_max_error: f64,
    /// The same for `lambda_min`.
    pub lambda_min_error: f64,
    /// The Hessian has at least as many negative eigenvalues: as many Ritz values are negative, and each of them lies above
    /// an eigenvalue of its own (Cauchy's interlacing).
    pub index_at_least: usize,
    /// Euclidean norm of the gradient over the same examples.
    pub gradient_norm: f64,
    /// Learning rate of the next step, schedule included.
    pub learning_rate: f64,
    /// The largest eigenvalue at which the next step does not overshoot: 2 / eta for gradient descent; see
    /// [`Trainer::kept_rate_limit`].
    pub stable_below: Option<f64>,
}

impl<T: Real> Trainer<T> {
    /// The curvature of the training loss at the present weights, over the first 512 training examples, or as many as a
    /// network with batch normalisation takes at once. The run stays as it is.
    ///
    /// # Errors
    /// [`Error::NotFinite`](crate::Error::NotFinite) where the curvature is not finite, and
    /// [`Error::Memory`](crate::Error::Memory).
    pub fn curvature(&mut self) -> Result<CurvaturePoint> {
        self.examples().check_present()?;
        let theta = self.theta().to_vec();
        let (spectrum, examples) = self.spectrum_at(&theta, EXAMPLES, STEPS)?;
        let mut gradient = vec![T::ZERO; theta.len()];
        let all = self.examples().clone();
        OnRows { loss: self.loss(), rows: &all.train()[..examples] }.gradient(&theta, &mut gradient)?;
        let size = spectrum.max().abs().max(spectrum.min().abs());
        let learning_rate = self.learning_rate() * self.rate_factor();
        let end = |residual: Option<&f64>| residual.copied().unwrap_or(f64::NAN);
        Ok(CurvaturePoint {
            step: self.steps_done(),
            examples,
            lambda_max: spectrum.max(),
            lambda_min: spectrum.min(),
            lambda_max_error: end(spectrum.residuals.last()),
            lambda_min_error: end(spectrum.residuals.first()),
            index_at_least: spectrum.index_at_least(NOTHING * size),
            gradient_norm: reduce::sum_squares(&gradient).to_f64().sqrt(),
            learning_rate,
            stable_below: self
                .stability()
                .map(|factor| factor / learning_rate)
                .filter(|limit| limit.is_finite()),
        })
    }

    /// The learning rate above which the optimizer is unstable at the kept weights, those a diverged run goes back to:
    /// 2 / lambda_max for gradient descent, 2 (1 + momentum) / lambda_max with heavy-ball momentum (Cohen, Kaur, Li,
    /// Kolter, Talwalkar 2021, section 2 and appendix B), each gradient weighed with 1 - dampening. `None` for other
    /// optimizers, for a gradient that is clipped, noisy or joined by weight decay, and where lambda_max is not positive.
    ///
    /// # Errors
    /// As [`Trainer::curvature`].
    pub fn kept_rate_limit(&mut self) -> Result<Option<f64>> {
        let Some(factor) = self.stability() else { return Ok(None) };
        let theta = self.kept_theta().to_vec();
        let lambda = self.spectrum_at(&theta, LIMIT_EXAMPLES, LIMIT_STEPS)?.0.max();
        Ok(Some(factor / lambda).filter(|limit| lambda > 0.0 && limit.is_finite()))
    }

    /// What rate times lambda_max must stay below.
    fn stability(&self) -> Option<f64> {
        let OptimizerSpec { method, options } = self.spec().optimizer;
        match method {
            _ if options != Options::default() => None,
            MethodSpec::Sgd(_) => Some(2.0),
            MethodSpec::Momentum(m) if !m.nesterov => Some(2.0 * (1.0 + m.momentum) / (1.0 - m.dampening)),
            _ => None,
        }
    }

    /// The spectrum of the Hessian, and on how many examples.
    fn spectrum_at(&mut self, theta: &[T], examples: usize, steps: usize) -> Result<(Spectrum, usize)> {
        let all = self.examples().clone();
        let most = self.loss.most_rows().map_or(examples, |most| most.min(examples));
        let rows = &all.train()[..all.train().len().min(most)];
        Ok((lanczos(&mut OnRows { loss: self.loss(), rows }, theta, steps, SEED)?, rows.len()))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::curvature::{hessian, symmetric_eigen};
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
        let limit = 2.0 / linear(0.1).curvature().unwrap().lambda_max;
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

    /// Of a quadratic everything is known: the spectrum is that of the correlation matrix at any weights.
    #[test]
    fn the_curvature_of_least_squares_is_that_of_its_features() {
        let mut trainer = linear(0.1);
        for steps in [0, 5] {
            (0..steps).for_each(|_| trainer.step().unwrap());
            let c = trainer.curvature().unwrap();
            assert_eq!((c.step, c.examples, c.index_at_least), (steps, 442, 0));
            assert!((c.lambda_max - 4.024_210_750_152_785).abs() < 1e-9, "{c:?}");
            // the smallest of the ten, computed apart: 0.0086
            assert!((c.lambda_min - 0.0085).abs() < 2e-4, "{c:?}");
            assert!(c.lambda_max_error < 1e-9 && c.lambda_min_error < 1e-9, "{c:?}");
            assert!((c.stable_below.unwrap() - 20.0).abs() < 1e-12);
            assert!(c.gradient_norm > 0.0 && c.gradient_norm.is_finite());
        }
    }

    /// A net at its random start has directions of both signs; each negative Ritz value stands for one.
    #[test]
    fn negative_directions_are_counted_from_below() {
        let json = r#"{"data":{"type":"diabetes","features":["s5"]},"test":0,"layers":[{"type":"dense","units":3,
            "activation":"tanh"},{"type":"dense","units":1}],"loss":"halfMeanSquaredError",
            "optimizer":{"type":"adam","learningRate":0.01},"batch":{"type":"full"},"epochs":5,"seed":3}"#;
        let spec = RunSpec::from_json(json).unwrap();
        let examples = Examples::new(load(&spec.data, 1, &[]).unwrap(), 0.0, 1).unwrap();
        let mut trainer = Trainer::<f64>::new(spec, Arc::new(examples)).unwrap();
        let c = trainer.curvature().unwrap();
        let theta = trainer.theta().to_vec();
        let rows = trainer.examples().train().to_vec();
        let h = hessian(&mut OnRows { loss: trainer.loss(), rows: &rows }, &theta).unwrap();
        let values = symmetric_eigen(&h).unwrap().values;
        let negative = values.iter().filter(|&&v| v < 0.0).count();
        assert!(c.index_at_least > 0 && c.index_at_least <= negative, "{c:?} {values:?}");
        assert!((c.lambda_min - values[0]).abs() < 1e-9 && c.stable_below.is_none(), "{c:?} {values:?}");
    }
}
