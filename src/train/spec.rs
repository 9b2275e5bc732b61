//! A run as data: the same spec over the same bytes is the same run, bit for bit.

use super::{EarlyStopping, Regularization};
use crate::data::{Augment, DataSpec, Dataset, Examples, SplitSpec};
use crate::error::{Error, Result};
use crate::json;
use crate::nn::{LayerSpec, Loss};
use crate::optim::{OptimizerSpec, Schedule, check};
use serde::{Deserialize, Serialize};
use std::sync::Arc;

/// How many examples one update sees.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(target_family = "wasm", derive(tsify::Tsify))]
#[serde(tag = "type", rename_all = "camelCase", try_from = "Batch")]
pub enum BatchSpec {
    /// All of them: gradient descent (GD).
    Full {},
    /// One: stochastic gradient descent (SGD).
    One {},
    /// So many: mini-batch.
    Mini {
        /// Examples in a batch.
        size: usize,
    },
}

/// [`BatchSpec`] as it is written.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Batch {
    #[serde(rename = "type")]
    kind: String,
    size: Option<usize>,
}

impl TryFrom<Batch> for BatchSpec {
    type Error = &'static str;

    fn try_from(written: Batch) -> std::result::Result<Self, Self::Error> {
        match (written.kind.as_str(), written.size) {
            ("full", None) => Ok(Self::Full {}),
            ("one", None) => Ok(Self::One {}),
            ("mini", Some(size)) => Ok(Self::Mini { size }),
            _ => Err("a batch is of type full, one, or mini with a size"),
        }
    }
}

impl BatchSpec {
    /// Examples in a full batch out of `examples`.
    #[must_use]
    pub fn size(self, examples: usize) -> usize {
        match self {
            Self::Full {} => examples,
            Self::One {} => 1,
            Self::Mini { size } => size.min(examples),
        }
        .max(1)
    }
}

/// Everything that decides a run.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[cfg_attr(target_family = "wasm", derive(tsify::Tsify))]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct RunSpec {
    /// Which data.
    pub data: DataSpec,
    /// Test examples held out: a share below 1, or a count. A set that brings its own test part keeps it.
    pub test: f64,
    /// Which examples are held out.
    #[serde(default, skip_serializing_if = "SplitSpec::is_default")]
    pub split: SplitSpec,
    /// How images are moved in training; not at all if absent.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub augment: Option<Augment>,
    /// The network.
    pub layers: Vec<LayerSpec>,
    /// Layers whose parameters stay as they are, by name.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub frozen: Vec<String>,
    /// The loss.
    #[cfg_attr(target_family = "wasm", tsify(type = "Loss | Loss[\"type\"]"))]
    pub loss: Loss,
    /// The optimizer.
    pub optimizer: OptimizerSpec,
    /// How the learning rate moves.
    #[serde(default)]
    pub schedule: Schedule,
    /// What is done against over-fitting beside the layers.
    #[serde(default, skip_serializing_if = "Regularization::is_off")]
    pub regularization: Regularization,
    /// When to stop before all epochs are done; never if it is left out.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub early_stopping: Option<EarlyStopping>,
    /// Examples in an update.
    pub batch: BatchSpec,
    /// Passes over the training part.
    pub epochs: u32,
    /// Seed of weights, order, split and noise.
    pub seed: u64,
}

impl RunSpec {
    /// Reads a spec from JSON.
    ///
    /// # Errors
    /// [`Error::Spec`] that names the field, `layers[2]` for example, and what is wrong with it.
    pub fn from_json(text: &str) -> Result<Self> {
        json::read("run", text)
    }

    /// The spec as JSON with its fields in a fixed order, as it enters the run hash.
    #[must_use]
    pub fn to_json(&self) -> String {
        json::write(self)
    }

    /// `set`, split and scaled as this run wants it.
    ///
    /// # Errors
    /// Those of [`Examples::split_by`].
    pub fn examples(&self, set: impl Into<Arc<Dataset>>) -> Result<Examples> {
        Examples::split_by(set, self.split, self.test, self.seed)
    }

    /// Refuses numbers outside their range.
    ///
    /// # Errors
    /// [`Error::Spec`] that names the field.
    pub fn check(&self) -> Result<()> {
        self.optimizer.check()?;
        self.schedule.check()?;
        self.regularization.check()?;
        self.early_stopping.map_or(Ok(()), |stopping| check(stopping, "earlyStopping"))?;
        let range = |place: &'static str, what: &'static str, got: u64, most: u64| {
            if (1..=most).contains(&got) {
                return Ok(());
            }
            Err(Error::spec("run-range", place)
                .expected(format!("1 to {most} {what}"))
                .got(got.to_string())
                .hint("choose a number in this range"))
        };
        range("epochs", "passes", u64::from(self.epochs), 1_000_000)?;
        if let BatchSpec::Mini { size } = self.batch {
            range("batch.size", "examples", size as u64, 1 << 24)?;
        }
        // JavaScript carries integers exactly up to 2^53
        if self.seed >= 1 << 53 {
            return Err(Error::spec("run-range", "seed")
                .expected("a seed below 9,007,199,254,740,992")
                .got(self.seed.to_string())
                .hint("choose a smaller seed"));
        }
        Ok(())
    }
}
