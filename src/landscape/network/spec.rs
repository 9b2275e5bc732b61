//! What the landscape of a network and a race on it are made from, as JSON.

use crate::data::{DataSpec, SplitSpec};
use crate::error::{Error, Result};
use crate::landscape::ArmSpec;
use crate::landscape::spec::check_seed;
use crate::nn::{LayerSpec, Loss};
use crate::train::BatchSpec;
use serde::{Deserialize, Serialize};

/// Examples that the loss is the mean of if the description names no number: directions that matter to the loss are
/// shared by all examples, and as many as these show them.
const EXAMPLES: usize = 512;
/// Most updates of one arm: an hour of single examples on a small network.
const MAX_UPDATES: u64 = 10_000_000;
/// Most points recorded of a descent. The principal plane decomposes a square matrix of all points of a race.
const MAX_POINTS: u32 = 200;
/// Largest penalty: the weights are nothing beside it.
const MAX_L2: f64 = 1e3;
/// Most arms of a race.
const MAX_ARMS: usize = 16;

/// A network of any size on a part of its training examples.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[cfg_attr(target_family = "wasm", derive(tsify::Tsify))]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct NetworkSpec {
    /// Which data.
    pub data: DataSpec,
    /// The network.
    pub layers: Vec<LayerSpec>,
    /// The loss.
    #[cfg_attr(target_family = "wasm", tsify(type = "Loss | Loss[\"type\"]"))]
    pub loss: Loss,
    /// Examples held out, as in a run: a share below 1, or a count.
    #[serde(default)]
    pub test: f64,
    /// Which examples are held out.
    #[serde(default)]
    pub split: SplitSpec,
    /// Decides the split and what is generated, as the seed of a run does.
    #[serde(default)]
    pub seed: u64,
    /// The loss is the mean over the first so many training examples.
    #[serde(default = "examples")]
    pub examples: usize,
    /// The loss contains `l2 / 2 sum w^2` over the weights without the biases, as a run's does. A classifier that separates
    /// its classes has no minimum without it.
    #[serde(default)]
    pub l2: f64,
}

fn examples() -> usize {
    EXAMPLES
}

impl NetworkSpec {
    /// Refuses numbers outside their range.
    ///
    /// # Errors
    /// [`Error::Spec`] that names the field.
    pub fn check(&self) -> Result<()> {
        check_seed("seed", self.seed)?;
        if self.examples == 0 {
            return Err(Error::spec("race-range", "examples")
                .expected("at least 1 example")
                .got("0")
                .hint("a few hundred show the shape of the loss"));
        }
        if !(0.0..=MAX_L2).contains(&self.l2) {
            return Err(Error::spec("race-range", "l2")
                .expected(format!("a number from 0 to {MAX_L2}"))
                .got(self.l2.to_string())
                .hint("1e-3 is usual"));
        }
        Ok(())
    }
}

/// What there is to say about it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[cfg_attr(target_family = "wasm", derive(tsify::Tsify))]
#[serde(rename_all = "camelCase")]
pub struct NetworkInfo {
    /// Length of theta.
    pub parameters: usize,
    /// Examples that the loss is the mean of.
    pub examples: usize,
    /// The parameters in the order of theta.
    pub weights: Vec<WeightInfo>,
}

/// One tensor of parameters.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[cfg_attr(target_family = "wasm", derive(tsify::Tsify))]
#[serde(rename_all = "camelCase")]
pub struct WeightInfo {
    /// Layer and role, for example `dense_1.kernel`.
    pub name: String,
    /// Its extents.
    pub shape: Vec<usize>,
    /// First element in theta.
    pub offset: usize,
}

/// What the arms of a race have in common.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(target_family = "wasm", derive(tsify::Tsify))]
#[serde(rename_all = "camelCase")]
pub enum Equal {
    /// Every arm sees as many examples: one pass is one update of GD and many of SGD.
    Examples,
    /// Every arm makes as many updates.
    Gradients,
}

/// Descents of one network from one start.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[cfg_attr(target_family = "wasm", derive(tsify::Tsify))]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct NetworkRaceSpec {
    /// Decides the initial weights, unless a start is given, and the order of the examples.
    pub seed: u64,
    /// What is the same for all arms.
    pub equal: Equal,
    /// How much of it each arm has.
    pub budget: u64,
    /// Points recorded of each path after the start, equally far apart in the budget.
    pub points: u32,
    /// The descents, each with its own learning rate.
    pub arms: Vec<ArmSpec>,
}

impl NetworkRaceSpec {
    /// Refuses numbers outside their range, for a landscape of `rows` examples.
    ///
    /// # Errors
    /// [`Error::Spec`] that names the field.
    pub fn check(&self, rows: usize) -> Result<()> {
        let refuse = |place: String, expected: String, got: String| {
            let error = Error::spec("race-range", place).expected(expected).got(got);
            Err(error.hint("choose a number in this range"))
        };
        check_seed("seed", self.seed)?;
        if !(1..=MAX_POINTS).contains(&self.points) {
            return refuse("points".into(), format!("1 to {MAX_POINTS} points"), self.points.to_string());
        }
        if !(1..=MAX_ARMS).contains(&self.arms.len()) {
            return refuse("arms".into(), format!("1 to {MAX_ARMS} descents"), self.arms.len().to_string());
        }
        for (i, arm) in self.arms.iter().enumerate() {
            arm.optimizer.check()?;
            if arm.batch == (BatchSpec::Mini { size: 0 }) {
                return refuse(format!("arms[{i}].batch.size"), "at least 1 example".into(), "0".into());
            }
            let updates = self.updates(arm, rows);
            if !(1..=MAX_UPDATES).contains(&updates) {
                let expected = format!("enough for 1 to {MAX_UPDATES} updates of {}", arm.id);
                return refuse("budget".into(), expected, format!("{updates} updates"));
            }
        }
        Ok(())
    }

    /// Updates that an arm makes.
    #[must_use]
    pub fn updates(&self, arm: &ArmSpec, rows: usize) -> u64 {
        match self.equal {
            Equal::Gradients => self.budget,
            // whole passes first: the last batch of a pass may be short
            Equal::Examples => {
                let (rows, size) = (rows.max(1) as u64, arm.batch.size(rows) as u64);
                let (passes, rest) = (self.budget / rows, self.budget % rows);
                passes.saturating_mul(rows.div_ceil(size)).saturating_add(rest / size)
            }
        }
    }
}
