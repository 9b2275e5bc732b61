//! What a landscape and a race on it are made from, as JSON.

use crate::data::DataSpec;
use crate::error::{Error, Result};
use crate::nn::{Activation, Dense, HalfMeanSquaredError, LayerSpec, Loss};
use crate::optim::{DescentSpec, Sgd};
use crate::train::BatchSpec;
use serde::{Deserialize, Serialize};

/// A network with two weights, whose landscape can be drawn whole.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[cfg_attr(target_family = "wasm", derive(tsify::Tsify))]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct LandscapeSpec {
    /// Which data; all examples count.
    pub data: DataSpec,
    /// The network: exactly two parameters.
    pub layers: Vec<LayerSpec>,
    /// The loss.
    #[cfg_attr(target_family = "wasm", tsify(type = "Loss | Loss[\"type\"]"))]
    pub loss: Loss,
}

impl LandscapeSpec {
    /// `w2 tanh(w1 x)` without biases, from `s5` to the progression of diabetes, half the mean squared error.
    #[must_use]
    pub fn two_weights() -> Self {
        let layer = |activation| Dense { use_bias: false, ..Dense::new(1, activation) };
        Self {
            data: DataSpec::Diabetes { features: Some(vec!["s5".to_owned()]) },
            layers: vec![
                LayerSpec::Dense(layer(Activation::Tanh)),
                LayerSpec::Dense(layer(Activation::Linear)),
            ],
            loss: HalfMeanSquaredError {}.into(),
        }
    }
}

/// What there is to say about a landscape.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[cfg_attr(target_family = "wasm", derive(tsify::Tsify))]
#[cfg_attr(target_family = "wasm", tsify(missing_as_null))]
#[serde(rename_all = "camelCase")]
pub struct LandscapeInfo {
    /// The parameters along x and along y.
    pub weights: [String; 2],
    /// Examples that the loss is the mean of.
    pub examples: usize,
    /// Column names of a table.
    pub features: Option<Vec<String>>,
    /// What is predicted.
    pub target: String,
}

/// A rectangle of the plane of the two parameters; `Box` in the page's types.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
#[cfg_attr(target_family = "wasm", derive(tsify::Tsify))]
#[serde(deny_unknown_fields)]
pub struct Region {
    /// First and last value of the first parameter.
    pub x: [f64; 2],
    /// First and last value of the second parameter.
    pub y: [f64; 2],
}

impl Region {
    /// Whether a point is inside or on the edge.
    #[must_use]
    pub fn contains(&self, [x, y]: [f64; 2]) -> bool {
        (self.x[0]..=self.x[1]).contains(&x) && (self.y[0]..=self.y[1]).contains(&y)
    }

    /// Refuses a rectangle without an inside.
    ///
    /// # Errors
    /// [`Error::Spec`] then.
    pub fn check(&self) -> Result<()> {
        for (name, [low, high]) in [("box.x", self.x), ("box.y", self.y)] {
            if !(low < high && (high - low).is_finite()) {
                return Err(Error::spec("landscape-box", name)
                    .expected("two finite numbers, the smaller one first")
                    .got(format!("{low} and {high}"))
                    .hint("exchange or move the edges"));
            }
        }
        Ok(())
    }
}

/// One descent of a race.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[cfg_attr(target_family = "wasm", derive(tsify::Tsify))]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct ArmSpec {
    /// What it is called; comes back with its result.
    pub id: String,
    /// The optimizer.
    pub optimizer: DescentSpec,
    /// Examples in an update.
    pub batch: BatchSpec,
}

/// Descents from one start.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[cfg_attr(target_family = "wasm", derive(tsify::Tsify))]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct RaceSpec {
    /// Where all start.
    pub start: [f64; 2],
    /// Updates of each.
    pub steps: u32,
    /// Decides the order of the examples and nothing else.
    pub seed: u64,
    /// The descents.
    pub arms: Vec<ArmSpec>,
    /// "Near the saddle" means a Euclidean distance below this.
    pub radius: f64,
}

/// Most steps of a race: its results are held in memory, eight numbers a step and arm.
const MAX_STEPS: u32 = 100_000;
/// Most arms of a race.
const MAX_ARMS: usize = 64;

impl RaceSpec {
    /// The race that the page opens with: full-batch, mini-batch (32) and one-example descent at rate 0.1 on
    /// [`LandscapeSpec::two_weights`], 240 steps, near the saddle below a distance of 0.3.
    ///
    /// The start follows from a rule: the first weight is -1, and the second one is that from which the full-batch arm
    /// would end at the saddle itself (the stable manifold of its iteration), rounded to three decimals. So plain
    /// descent creeps at the saddle by construction, for as long as the rounding lets it: 0.0003 here, and each
    /// digit less costs it ln 10 / 0.057, forty steps. What the others do from there is not arranged.
    #[must_use]
    pub fn three_descents(seed: u64) -> Self {
        let arm = |id: &str, batch| ArmSpec {
            id: id.to_owned(),
            optimizer: Sgd { learning_rate: 0.1 }.into(),
            batch,
        };
        Self {
            start: [-1.0, 1.276],
            steps: 240,
            seed,
            arms: vec![
                arm("gd", BatchSpec::Full {}),
                arm("mini", BatchSpec::Mini { size: 32 }),
                arm("sgd", BatchSpec::One {}),
            ],
            radius: 0.3,
        }
    }

    /// Refuses numbers outside their range.
    ///
    /// # Errors
    /// [`Error::Spec`] that names the field.
    pub fn check(&self) -> Result<()> {
        if !self.start.iter().all(|x| x.is_finite()) {
            return refuse("start".into(), "two finite numbers".into(), format!("{:?}", self.start));
        }
        if !(1..=MAX_STEPS).contains(&self.steps) {
            return refuse("steps".into(), format!("1 to {MAX_STEPS} steps"), self.steps.to_string());
        }
        if !(self.radius > 0.0 && self.radius.is_finite()) {
            return refuse("radius".into(), "a distance above 0".into(), self.radius.to_string());
        }
        check_arms(&self.arms, self.seed)
    }
}

/// Refuses too many arms, constants outside their range, batches of no examples, and the seeds that [`check_seed`] refuses.
pub(super) fn check_arms(arms: &[ArmSpec], seed: u64) -> Result<()> {
    if arms.len() > MAX_ARMS {
        return refuse("arms".into(), format!("at most {MAX_ARMS} descents"), arms.len().to_string());
    }
    check_seed("seed", seed)?;
    for (i, arm) in arms.iter().enumerate() {
        arm.optimizer.check()?;
        if arm.batch == (BatchSpec::Mini { size: 0 }) {
            return refuse(format!("arms[{i}].batch.size"), "at least 1 example".into(), "0".into());
        }
    }
    Ok(())
}

pub(super) fn refuse<T>(place: String, expected: String, got: String) -> Result<T> {
    Err(Error::spec("race-range", place).expected(expected).got(got).hint("choose a number in this range"))
}

/// Refuses seeds that JavaScript could not carry exactly.
pub(super) fn check_seed(place: &str, seed: u64) -> Result<()> {
    if seed < 1 << 53 {
        return Ok(());
    }
    Err(Error::spec("race-range", place)
        .expected("a seed below 9,007,199,254,740,992")
        .got(seed.to_string())
        .hint("choose a smaller seed"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn json_is_what_the_page_writes() {
        let json = r#"{"data":{"type":"diabetes","features":["s5"]},"layers":[{"type":"dense","units":1,"activation":"tanh","useBias":false},{"type":"dense","units":1,"useBias":false}],"loss":"halfMeanSquaredError"}"#;
        assert_eq!(serde_json::from_str::<LandscapeSpec>(json).unwrap(), LandscapeSpec::two_weights());
        let json = r#"{"start":[-1,1.28],"steps":240,"seed":7,"arms":[{"id":"mini","optimizer":{"type":"sgd","learningRate":0.1},"batch":{"type":"mini","size":32}}],"radius":0.3}"#;
        let race: RaceSpec = serde_json::from_str(json).unwrap();
        assert_eq!((race.start, race.arms[0].batch), ([-1.0, 1.28], BatchSpec::Mini { size: 32 }));
        race.check().unwrap();
    }

    #[test]
    fn what_cannot_be_raced_is_refused_with_the_field() {
        let good = RaceSpec { start: [0.0; 2], steps: 1, seed: 0, arms: Vec::new(), radius: 0.3 };
        let arm = |size| ArmSpec {
            id: "a".into(),
            optimizer: serde_json::from_str(r#"{"type":"sgd","learningRate":0.1}"#).unwrap(),
            batch: BatchSpec::Mini { size },
        };
        let place = |spec: RaceSpec| spec.check().unwrap_err().report().place.clone();
        assert_eq!(place(RaceSpec { start: [0.0, f64::NAN], ..good.clone() }), "start");
        assert_eq!(place(RaceSpec { steps: 0, ..good.clone() }), "steps");
        assert_eq!(place(RaceSpec { radius: 0.0, ..good.clone() }), "radius");
        assert_eq!(place(RaceSpec { seed: 1 << 53, ..good.clone() }), "seed");
        assert_eq!(place(RaceSpec { arms: vec![arm(1), arm(0)], ..good }), "arms[1].batch.size");
        let upside_down = Region { x: [0.0, 1.0], y: [1.0, 0.0] };
        assert_eq!(upside_down.check().unwrap_err().report().place, "box.y");
    }
}
