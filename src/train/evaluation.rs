//! What a network is worth: on a sample on the way, and on the whole test part.

use super::{EvaluationPoint, Trainer};
use crate::curvature::{DataLoss, Evaluated};
use crate::data::{Dataset, Examples, Targets};
use crate::error::{Error, Result};
use crate::kernels::{Real, reduce};
use crate::nn::{
    ClassScores, RegressionScore, class_scores, confusion, predicted_class, regression_score, top_k,
};
use serde::Serialize;
use std::sync::Arc;

/// Examples of each part that a measurement on the way uses.
const SAMPLE: usize = 1000;
/// Most mistakes that an evaluation lists.
const MISTAKES: usize = 24;
/// A class among so many most likely ones counts for [`Evaluation::top5`].
const TOP: usize = 5;

/// A test example that was predicted wrongly.
#[derive(Debug, Clone, Copy, PartialEq, Serialize)]
#[cfg_attr(target_family = "wasm", derive(tsify::Tsify))]
#[serde(rename_all = "camelCase")]
pub struct Mistake {
    /// Place in the test part.
    pub index: usize,
    /// True class.
    pub label: u32,
    /// Predicted class.
    pub predicted: usize,
    /// Output for the predicted class.
    pub probability: f64,
}

/// The whole test part, measured.
#[derive(Debug, Clone, PartialEq, Serialize)]
#[cfg_attr(target_family = "wasm", derive(tsify::Tsify))]
#[cfg_attr(target_family = "wasm", tsify(missing_as_null))]
#[serde(rename_all = "camelCase")]
pub struct Evaluation {
    /// Mean loss.
    pub loss: f64,
    /// Share classified rightly; `None` for a regression.
    pub accuracy: Option<f64>,
    /// Share whose true class is among the five most likely; `None` for a regression or at most five classes.
    pub top5: Option<f64>,
    /// Counts by true (row) and predicted (column) class.
    pub confusion: Option<Vec<Vec<u32>>>,
    /// Precision, recall and F1 of each class; `None` for a regression.
    pub scores: Option<ClassScores>,
    /// Errors in the unit of the targets; `None` for classes.
    pub regression: Option<RegressionScore>,
    /// Wrong predictions, the largest loss first, 24 at most.
    pub mistakes: Vec<Mistake>,
}

/// A sample measured on the way.
#[derive(Debug, Clone, Copy)]
pub(super) struct Measured {
    pub(super) loss: f64,
    pub(super) accuracy: Option<f64>,
    pub(super) r2: Option<f64>,
    examples: usize,
}

impl<T: Real> Trainer<T> {
    /// Measures the whole test part.
    ///
    /// # Errors
    /// [`Error::State`] if there is no test part, or no data.
    pub fn evaluate(&mut self) -> Result<Evaluation> {
        self.loss.examples().check_present()?;
        let rows = self.loss.examples().test().to_vec();
        if rows.is_empty() {
            return Err(Error::state("no-test-part", "evaluate")
                .expected("test examples")
                .got("none")
                .hint("hold some out"));
        }
        evaluation(&mut self.loss, &rows, &self.theta)
    }

    /// Measures all examples of another set, scaled as the training data are.
    ///
    /// # Errors
    /// [`Error::Spec`] or [`Error::Data`] if its examples or targets have another shape, [`Error::Memory`].
    pub fn evaluate_on(&self, set: Dataset) -> Result<Evaluation> {
        self.check_examples(&set)?;
        // what brings a test part is measured as a whole
        let examples = Examples::new(set, 0.0, 0)?.with_scaling(self.examples().scaling().clone())?;
        let rows: Vec<u32> = (0..examples.dataset().len() as u32).collect();
        evaluation(&mut self.loss.on_examples(Arc::new(examples))?, &rows, &self.theta)
    }

    /// Mean loss, and accuracy or R², on the first rows of each part.
    pub(super) fn measure(&mut self) -> Result<()> {
        let examples = self.loss.examples().clone();
        let train = self.sample(&examples, examples.train())?;
        let test =
            if examples.test().is_empty() { None } else { Some(self.sample(&examples, examples.test())?) };
        self.history.evaluations.push(EvaluationPoint {
            step: self.step,
            train_loss: train.loss,
            test_loss: test.map(|t| t.loss),
            train_accuracy: train.accuracy,
            test_accuracy: test.and_then(|t| t.accuracy),
            train_r2: train.r2,
            test_r2: test.and_then(|t| t.r2),
            train_examples: train.examples,
            test_examples: test.map_or(0, |t| t.examples),
        });
        Ok(())
    }

    pub(super) fn sample(&mut self, examples: &Examples, rows: &[u32]) -> Result<Measured> {
        self.measured(examples, &rows[..rows.len().min(SAMPLE)])
    }

    /// Mean loss, and accuracy or R², of all `rows`.
    pub(super) fn measured(&mut self, examples: &Examples, rows: &[u32]) -> Result<Measured> {
        let Evaluated { losses, predictions } = self.loss.evaluate(rows, &self.theta)?;
        let (mut accuracy, mut r2) = (None, None);
        let target = self.loss.model().target();
        if let Some(classes) = target.classes() {
            let guesses = predictions.chunks_exact(classes).map(predicted_class);
            let labels = rows.iter().flat_map(|&r| self.loss.labels(r));
            let right = guesses.zip(labels).filter(|(guess, label)| *guess == *label as usize).count();
            accuracy = Some(right as f64 / (rows.len() * target.steps()) as f64);
        } else {
            r2 = regression(examples, rows, &predictions)?.r2;
        }
        Ok(Measured {
            loss: mean(&self.loss, rows, &losses, &self.theta),
            accuracy,
            r2,
            examples: rows.len(),
        })
    }
}

/// Measures the examples `rows`; places of mistakes are places among them.
fn evaluation<T: Real>(loss: &mut DataLoss<T>, rows: &[u32], theta: &[T]) -> Result<Evaluation> {
    let examples = loss.examples().clone();
    let Evaluated { losses, predictions } = loss.evaluate(rows, theta)?;
    let mut evaluation = Evaluation {
        loss: mean(loss, rows, &losses, theta),
        accuracy: None,
        top5: None,
        confusion: None,
        scores: None,
        regression: None,
        mistakes: Vec::new(),
    };
    let target = loss.model().target();
    let Some(classes) = target.classes() else {
        evaluation.regression = Some(regression(&examples, rows, &predictions)?);
        return Ok(evaluation);
    };
    let steps = target.steps();
    let labels: Vec<u32> = rows.iter().flat_map(|&r| examples.dataset().labels(r)).copied().collect();
    let wrong: Vec<(usize, usize)> = predictions
        .chunks_exact(classes)
        .map(predicted_class)
        .enumerate()
        .filter(|&(i, predicted)| labels.get(i).is_some_and(|&l| l as usize != predicted))
        .collect();
    let right = labels.len() - wrong.len();
    let gains: Vec<f64> = wrong.iter().map(|&(i, _)| -losses[i / steps].to_f64()).collect();
    let worst_first = reduce::argsort(&gains).into_iter().map(|place| wrong[place]);
    let mistakes = worst_first.take(MISTAKES).map(|(at, predicted)| Mistake {
        index: at / steps,
        label: labels[at],
        predicted,
        probability: predictions[at * classes + predicted].to_f64(),
    });
    evaluation.mistakes = mistakes.collect();
    let counts = confusion(&predictions, &labels, classes);
    evaluation.accuracy = Some(right as f64 / labels.len().max(1) as f64);
    evaluation.top5 = (classes > TOP).then(|| top_k(&predictions, &labels, classes, TOP));
    evaluation.scores = Some(class_scores(&counts));
    evaluation.confusion = Some(counts);
    Ok(evaluation)
}

/// The mean loss of `rows`, with the penalty that training adds to it.
fn mean<T: Real>(loss: &DataLoss<T>, rows: &[u32], losses: &[T], theta: &[T]) -> f64 {
    loss.mean(rows, losses) + loss.penalty(theta).to_f64()
}

/// Scores scaled predictions for `rows` in the unit of the targets.
fn regression<T: Real>(examples: &Examples, rows: &[u32], predictions: &[T]) -> Result<RegressionScore> {
    let Targets::Reals { values, .. } = examples.dataset().targets() else {
        return Ok(RegressionScore::default());
    };
    let width = values.ncols();
    let mut predicted: Vec<f64> = predictions.iter().map(|p| p.to_f64()).collect();
    examples.scaling().targets.inverse(&mut predicted, width)?;
    let truth: Vec<f64> = rows.iter().flat_map(|&r| values.row(r as usize).to_vec()).collect();
    Ok(regression_score(&predicted, &truth, width))
}
