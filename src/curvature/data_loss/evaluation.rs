//! Losses, predictions and what layers put out, in evaluation mode: by the state, without masks.

use super::{DataLoss, bind};
use crate::error::{Error, Result};
use crate::exec::Sink;
use crate::kernels::Real;
use crate::nn::{ProgramKey, Purpose};

/// What evaluating some rows gave.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Evaluated<T> {
    /// The loss of each row.
    pub losses: Vec<T>,
    /// The outputs of each row, one after the other.
    pub predictions: Vec<T>,
}

impl<T: Real> DataLoss<T> {
    /// Losses and predictions of `rows`, in evaluation mode.
    ///
    /// # Errors
    /// As [`DataLoss::loss`].
    pub fn evaluate(&mut self, rows: &[u32], theta: &[T]) -> Result<Evaluated<T>> {
        self.check(theta)?;
        let width = self.model.target().outputs();
        // few rows have a program of their own: a chunk of a small network is thousands
        let size = self.chunk().min(rows.len().max(1).next_multiple_of(32));
        let (mut losses, mut outputs) = (vec![T::ZERO; size], vec![T::ZERO; size * width]);
        let mut evaluated = Evaluated { losses: Vec::new(), predictions: Vec::new() };
        for part in rows.chunks(size) {
            self.load(part, size, false)?;
            let mut bindings =
                bind(&self.features, &self.targets, &self.labels, &self.numbers, theta, &self.state)
                    .sink(Sink::ExampleLoss, &mut losses)
                    .sink(Sink::Prediction, &mut outputs);
            let key = ProgramKey::evaluation(Purpose::Evaluate, size);
            self.programs.run(&self.model, key, &mut bindings)?;
            evaluated.losses.extend_from_slice(&losses[..part.len()]);
            evaluated.predictions.extend_from_slice(&outputs[..part.len() * width]);
        }
        Ok(evaluated)
    }

    /// The outputs for scaled features of any number of examples, in evaluation mode.
    ///
    /// # Errors
    /// As [`DataLoss::loss`]; [`Error::Shape`] if `features` is no whole number of examples.
    pub fn predict(&mut self, features: &[T], theta: &[T]) -> Result<Vec<T>> {
        self.check(theta)?;
        let (input, width) = (self.model.input().len(), self.model.target().outputs());
        self.check_features(features, input)?;
        let size = self.chunk().min(64);
        let (mut padded, mut outputs) = (vec![T::ZERO; size * input], vec![T::ZERO; size * width]);
        let mut predictions = Vec::with_capacity(features.len() / input * width);
        for part in features.chunks(size * input) {
            padded[..part.len()].copy_from_slice(part);
            padded[part.len()..].fill(T::ZERO);
            let mut bindings =
                bind(&padded, &[], &[], &[], theta, &self.state).sink(Sink::Prediction, &mut outputs);
            let key = ProgramKey::evaluation(Purpose::Predict, size);
            self.programs.run(&self.model, key, &mut bindings)?;
            predictions.extend_from_slice(&outputs[..part.len() / input * width]);
        }
        Ok(predictions)
    }

    /// The outputs for one example's scaled features, and what each layer puts out, layer after layer.
    ///
    /// # Errors
    /// As [`DataLoss::predict`].
    pub fn inspect(&mut self, features: &[T], theta: &[T]) -> Result<(Vec<T>, Vec<T>)> {
        self.check_features(features, self.model.input().len())?;
        self.inspect_batch(features, 1, theta)
    }

    /// What each layer puts out for `rows`, in evaluation mode: layer after layer, each (N, its extents).
    ///
    /// # Errors
    /// As [`DataLoss::loss`].
    pub fn activations(&mut self, rows: &[u32], theta: &[T]) -> Result<Vec<T>> {
        let mut features = vec![T::ZERO; rows.len() * self.model.input().len()];
        self.examples.fill_batch(rows, &mut features)?;
        Ok(self.inspect_batch(&features, rows.len(), theta)?.1)
    }

    fn inspect_batch(&mut self, features: &[T], batch: usize, theta: &[T]) -> Result<(Vec<T>, Vec<T>)> {
        self.check(theta)?;
        let mut outputs = vec![T::ZERO; batch * self.model.target().outputs()];
        let mut activations = vec![T::ZERO; batch * self.model.activation_len()];
        let mut bindings = bind(features, &[], &[], &[], theta, &self.state)
            .sink(Sink::Prediction, &mut outputs)
            .sink(Sink::Activation, &mut activations);
        let key = ProgramKey::evaluation(Purpose::Inspect, batch);
        self.programs.run(&self.model, key, &mut bindings)?;
        Ok((outputs, activations))
    }

    fn check_features(&self, features: &[T], input: usize) -> Result<()> {
        if !features.is_empty() && features.len().is_multiple_of(input) {
            return Ok(());
        }
        Err(Error::shape("predict-shape", "predict")
            .expected(format!("whole examples of {} numbers each, {}", input, self.model.input()))
            .got(format!("{} numbers", features.len()))
            .hint("pass examples one after the other")
            .arg("want", input)
            .arg("got", features.len()))
    }
}
