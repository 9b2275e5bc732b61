//! What happened at each step.

use serde::{Deserialize, Serialize};

/// One measurement on a fixed sample of the training part and one of the test part.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
#[cfg_attr(target_family = "wasm", derive(tsify::Tsify))]
#[cfg_attr(target_family = "wasm", tsify(missing_as_null))]
#[serde(rename_all = "camelCase")]
pub struct EvaluationPoint {
    /// Updates done.
    pub step: u64,
    /// Mean loss on the training sample.
    pub train_loss: f64,
    /// Mean loss on the test sample; `None` without a test part.
    pub test_loss: Option<f64>,
    /// Share of the training sample that is classified rightly; `None` for a regression.
    pub train_accuracy: Option<f64>,
    /// Share of the test sample; `None` for a regression or without a test part.
    pub test_accuracy: Option<f64>,
    /// R² on the training sample; `None` for classes.
    pub train_r2: Option<f64>,
    /// R² on the test sample; `None` for classes or without a test part.
    pub test_r2: Option<f64>,
    /// Examples of the training sample.
    pub train_examples: usize,
    /// Examples of the test sample.
    pub test_examples: usize,
}

/// The record of a run.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct History {
    /// Loss of the batch of each step, before its update.
    pub loss: Vec<f32>,
    /// Euclidean norm of the gradient, for each layer with parameters, of each step.
    pub gradient_norms: Vec<Vec<f32>>,
    /// Measurements, at most one a step.
    pub evaluations: Vec<EvaluationPoint>,
    /// Changes of settings on the way: (step, learning rate).
    pub edits: Vec<(u64, f64)>,
}

impl History {
    /// An empty record for so many layers.
    #[must_use]
    pub fn new(layers: usize) -> Self {
        Self { gradient_norms: vec![Vec::new(); layers], ..Self::default() }
    }

    /// Forgets the steps from `step` on.
    pub fn truncate(&mut self, step: u64) {
        let keep = step as usize;
        self.loss.truncate(keep);
        self.gradient_norms.iter_mut().for_each(|n| n.truncate(keep));
        self.evaluations.retain(|e| e.step <= step);
        self.edits.retain(|e| e.0 <= step);
    }
}
