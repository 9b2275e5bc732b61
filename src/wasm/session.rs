//! One training run.

use super::common::read;
use super::convert::{Js, floats, object, set, whole};
use super::data::Store;
use super::report::ReportMessage;
use crate::curvature::DataLoss;
use crate::data::DataInfo;
use crate::error::{Error, Result};
use crate::io;
use crate::kernels::REPRODUCIBLE;
use crate::learn::fit_examples;
use crate::nn::LayerRow;
use crate::train::{EvaluationPoint, RangeSweep, RunSpec, RunState, Trainer};
use js_sys::{Array, Uint8Array};
use serde::Serialize;
use wasm_bindgen::JsValue;
use wasm_bindgen::prelude::wasm_bindgen;

/// Longest slice of training, in milliseconds.
const LONGEST: f64 = 60_000.0;
/// Most steps of one call.
const MOST_STEPS: u64 = 1_000_000;

#[wasm_bindgen]
extern "C" {
    /// Milliseconds of a clock that never goes back; in pages, workers and Node.
    #[wasm_bindgen(js_namespace = performance)]
    pub(super) fn now() -> f64;
}

/// What is known of a run before its first step.
#[derive(Debug, Serialize, tsify::Tsify)]
#[serde(rename_all = "camelCase")]
pub struct ModelInfo {
    /// One row a layer.
    pub layers: Vec<LayerRow>,
    /// Numbers that are trained.
    pub parameters: usize,
    /// Bytes of one training step.
    pub step_bytes: usize,
    /// Bytes of one step of gradient descent on the whole training part, done in chunks.
    pub full_batch_bytes: usize,
    /// Examples in a full batch of this run.
    pub batch_size: usize,
    /// Updates of an epoch.
    pub steps_per_epoch: u64,
    /// Updates of the whole run.
    pub steps: u64,
    /// Whether this build gives the same bits on every machine; false in `saddlepoint/fast`.
    pub reproducible: bool,
    /// The data.
    pub data: DataInfo,
}

impl ModelInfo {
    /// Of a run with batches of `batch` examples.
    ///
    /// # Errors
    /// Those of planning a step.
    pub fn new(run: &RunSpec, loss: &DataLoss<f32>, batch: usize, steps_per_epoch: u64) -> Result<Self> {
        let (model, examples) = (loss.model(), loss.examples());
        Ok(Self {
            layers: model.rows().to_vec(),
            parameters: model.table().len(),
            step_bytes: loss.step_bytes(batch)?,
            full_batch_bytes: loss.step_bytes(examples.train().len())?,
            batch_size: batch,
            steps_per_epoch,
            steps: u64::from(run.epochs) * steps_per_epoch,
            reproducible: REPRODUCIBLE,
            data: examples.info(),
        })
    }
}

/// The part of a progress that is no array.
#[derive(Debug, Serialize, tsify::Tsify)]
#[tsify(missing_as_null)]
#[serde(rename_all = "camelCase")]
pub struct ProgressHead<'a> {
    /// ready, running, done, stopped, diverged or stuck.
    #[tsify(type = "\"ready\" | \"running\" | \"done\" | \"stopped\" | \"diverged\" | \"stuck\"")]
    pub state: &'static str,
    /// Updates done.
    pub step: u64,
    /// The epoch under way, from 1.
    pub epoch: u64,
    /// Step of the first entry of `loss`.
    pub from: u64,
    /// Measurements since the call before.
    pub evaluations: &'a [EvaluationPoint],
    /// The learning rate that is set, before the schedule.
    pub learning_rate: f64,
    /// Set for stopped, diverged and stuck.
    pub report: Option<ReportMessage<'a>>,
    /// Hash of the run so far, 16 hex digits; after `fast-` where the build is not bit-reproducible.
    pub run_hash: String,
}

/// How much of the history JavaScript has.
#[derive(Debug, Clone, Copy, Default)]
struct Told {
    steps: usize,
    evaluations: usize,
}

/// One training run with its data.
#[wasm_bindgen]
#[derive(Debug)]
pub struct Session {
    trainer: Trainer<f32>,
    told: Told,
    /// What is known of a divergence once it was asked: the step, and the rate that would have been stable.
    limit: Option<(u64, Option<f64>)>,
    /// A range test under way.
    sweep: Option<RangeSweep<f32>>,
    /// Whether the weights were trained on other data before.
    trained: bool,
}

#[wasm_bindgen]
impl Session {
    /// A run at its start, over data that `store` has or can make.
    ///
    /// # Errors
    /// What is wrong with the description or the data.
    #[wasm_bindgen(constructor)]
    pub fn new(run: &str, store: &mut Store) -> Js<Session> {
        let (run, examples) = store.open(run)?;
        Ok(Self {
            trainer: Trainer::new(run, examples)?,
            told: Told::default(),
            limit: None,
            sweep: None,
            trained: false,
        })
    }

    /// A run from a file that [`Session::save`] wrote, with the data files it was trained on, if any; without them it predicts.
    ///
    /// # Errors
    /// What is wrong with the file or the data.
    pub fn load(file: &[u8], names: Vec<String>, contents: Vec<Uint8Array>) -> Js<Session> {
        Ok(Self::resumed(io::load(file, &read(names, &contents)?)?))
    }

    /// The run as a safetensors file.
    #[must_use]
    pub fn save(&self) -> Uint8Array {
        Uint8Array::from(io::save(&self.trainer).as_slice())
    }

    /// The description, as JSON, with the hash of files and all defaults filled in.
    #[must_use]
    pub fn spec(&self) -> String {
        self.trainer.spec().to_json()
    }

    /// The [`ModelInfo`].
    ///
    /// # Errors
    /// Those of planning a step.
    pub fn info(&mut self) -> Js<JsValue> {
        let (spec, batch, per_epoch) =
            (self.trainer.spec().clone(), self.trainer.batch_size(), self.trainer.steps_per_epoch());
        Ok(object(&ModelInfo::new(&spec, self.trainer.loss(), batch, per_epoch)?))
    }

    /// Trains for `ms` milliseconds by the clock, at least one step, or to the end.
    ///
    /// # Errors
    /// [`Error::Spec`] for a time that is none, [`Error::Memory`].
    #[wasm_bindgen(js_name = trainFor)]
    pub fn train_for(&mut self, ms: f64) -> Js<JsValue> {
        check_slice("trainFor", ms)?;
        let end = now() + ms;
        self.trainer.run_until(|| now() >= end)?;
        Ok(self.progress())
    }

    /// Trains `n` steps, or to the end.
    ///
    /// # Errors
    /// [`Error::Spec`] for a number of steps that is none, [`Error::Memory`].
    pub fn step(&mut self, n: f64) -> Js<JsValue> {
        for _ in 0..whole("step", n, 1, MOST_STEPS)? {
            self.trainer.step()?;
        }
        Ok(self.progress())
    }

    /// All progress since step 0.
    #[must_use]
    pub fn history(&mut self) -> JsValue {
        self.told = Told::default();
        self.progress()
    }

    /// What is new since the last progress.
    #[must_use]
    pub fn progress(&mut self) -> JsValue {
        let Told { steps, evaluations } = self.told;
        let limit = self.limit();
        let trouble = self.trainer.trouble(limit);
        let history = self.trainer.history();
        let head = object(&ProgressHead {
            state: match self.trainer.state() {
                RunState::Ready => "ready",
                RunState::Running => "running",
                RunState::Done => "done",
                RunState::Diverged(_) => "diverged",
                RunState::Stopped(_) => "stopped",
                RunState::Stuck(_) => "stuck",
            },
            step: self.trainer.steps_done(),
            epoch: (self.trainer.steps_done() / self.trainer.steps_per_epoch() + 1)
                .min(u64::from(self.trainer.spec().epochs)),
            from: steps as u64,
            evaluations: history.evaluations.get(evaluations..).unwrap_or_default(),
            learning_rate: self.trainer.learning_rate(),
            report: trouble.as_ref().map(ReportMessage::from),
            run_hash: format!("{}{:016x}", if REPRODUCIBLE { "" } else { "fast-" }, self.trainer.run_hash()),
        });
        set(&head, "loss", floats(history.loss.get(steps..).unwrap_or_default()));
        let norms = Array::new();
        for ((layer, _), series) in self.trainer.model().table().layers().iter().zip(&history.gradient_norms)
        {
            let entry = object(&Norms { layer });
            set(&entry, "norms", floats(series.get(steps..).unwrap_or_default()));
            norms.push(&entry);
        }
        set(&head, "gradientNorms", norms);
        self.told = Told { steps: history.loss.len(), evaluations: history.evaluations.len() };
        head
    }

    /// Changes the learning rate from the next step on.
    ///
    /// # Errors
    /// [`Error::Spec`] if it is negative or no number.
    #[wasm_bindgen(js_name = setLearningRate)]
    pub fn set_learning_rate(&mut self, rate: f64) -> Js<()> {
        Ok(self.trainer.set_learning_rate(rate)?)
    }

    /// Back to step 0 of the same run.
    ///
    /// # Errors
    /// As [`Trainer::reset`].
    pub fn reset(&mut self) -> Js<()> {
        self.trainer.reset()?;
        self.sweep = None;
        self.told = Told::default();
        Ok(())
    }

    /// Goes back to the kept snapshot, with another learning rate.
    ///
    /// # Errors
    /// [`Error::Spec`] if the rate is negative or no number; nothing is changed then.
    pub fn restore(&mut self, rate: f64) -> Js<JsValue> {
        // refused before the run goes back, so that a wrong rate costs nothing
        self.trainer.spec().optimizer.clone().set_rate(rate)?;
        self.trainer.restore();
        self.trainer.set_learning_rate(rate)?;
        let history = self.trainer.history();
        self.told = Told {
            steps: self.told.steps.min(history.loss.len()),
            evaluations: self.told.evaluations.min(history.evaluations.len()),
        };
        Ok(self.progress())
    }

    /// The [`CurvaturePoint`](crate::train::CurvaturePoint) at the present weights.
    ///
    /// # Errors
    /// As [`Trainer::curvature`].
    pub fn curvature(&mut self) -> Js<JsValue> {
        Ok(object(&self.trainer.curvature()?))
    }

    /// The [`Statistics`](crate::train::Statistics) of every layer at the present weights.
    ///
    /// # Errors
    /// As [`Trainer::layer_statistics`].
    #[wasm_bindgen(js_name = layerStatistics)]
    pub fn layer_statistics(&mut self) -> Js<JsValue> {
        Ok(object(&self.trainer.layer_statistics()?))
    }

    /// The [`StepProfile`](crate::train::StepProfile) of about `ms` milliseconds of steps by the clock, beside the run.
    ///
    /// # Errors
    /// [`Error::Spec`] for a time that is none; as [`Trainer::profile`].
    pub fn profile(&mut self, ms: f64) -> Js<JsValue> {
        check_slice("profile", ms)?;
        Ok(object(&self.trainer.profile(now, ms)?))
    }

    /// Begins a range test from the present state, which stays as it is; one that was begun before is let go of.
    ///
    /// # Errors
    /// As [`Trainer::begin_range_test`].
    #[wasm_bindgen(js_name = beginRangeTest)]
    pub fn begin_range_test(&mut self, from: f64, to: f64, steps: f64) -> Js<()> {
        let steps = whole("rangeTest", steps, 0, u64::from(u32::MAX))?;
        self.sweep = Some(self.trainer.begin_range_test(from, to, steps as u32)?);
        Ok(())
    }

    /// Goes on with the range test for `ms` milliseconds by the clock, at least one step, or to its end: the
    /// [`RangeTest`](crate::train::RangeTest) so far.
    ///
    /// # Errors
    /// [`Error::State`] if none was begun; as [`Trainer::advance_range_test`].
    #[wasm_bindgen(js_name = rangeTestFor)]
    pub fn range_test_for(&mut self, ms: f64) -> Js<JsValue> {
        check_slice("rangeTest", ms)?;
        let Some(sweep) = &mut self.sweep else {
            return Err(Error::state("range-test-none", "rangeTest")
                .expected("a range test under way")
                .got("none")
                .hint("begin one")
                .into());
        };
        let end = now() + ms;
        self.trainer.advance_range_test(sweep, || now() >= end)?;
        let seen = object(sweep.test());
        set(&seen, "over", sweep.is_over());
        if sweep.is_over() {
            self.sweep = None;
        }
        Ok(seen)
    }

    /// A [`RegressionFit`](crate::learn::RegressionFit) to the same split of the same table.
    ///
    /// # Errors
    /// As [`fit_examples`].
    #[wasm_bindgen(js_name = leastSquares)]
    pub fn least_squares(&self, ridge: f64) -> Js<JsValue> {
        Ok(object(&fit_examples(self.trainer.examples(), ridge)?))
    }

    /// Measures the whole test part.
    ///
    /// # Errors
    /// [`Error::State`] if there is none.
    pub fn evaluate(&mut self) -> Js<JsValue> {
        Ok(object(&self.trainer.evaluate()?))
    }
}

impl Session {
    /// See [`Trainer::kept_rate_limit`]; `None` while all is well, and where it cannot be told.
    fn limit(&mut self) -> Option<f64> {
        let RunState::Diverged(divergence) = self.trainer.state() else {
            self.limit = None;
            return None;
        };
        let step = divergence.step;
        match self.limit {
            Some((known, limit)) if known == step => limit,
            _ => {
                // without it the message is poorer by half a sentence, nothing else
                let limit = self.trainer.kept_rate_limit().ok().flatten();
                self.limit = Some((step, limit));
                limit
            }
        }
    }

    /// A run that goes on: of what was before, everything has been told.
    pub(super) fn resumed(trainer: Trainer<f32>) -> Self {
        let told =
            Told { steps: trainer.history().loss.len(), evaluations: trainer.history().evaluations.len() };
        Self { trainer, told, limit: None, sweep: None, trained: false }
    }

    /// Puts another run in the place of this one; nothing has been told of it.
    pub(super) fn replace(&mut self, trainer: Trainer<f32>, trained: bool) {
        *self = Self { trainer, told: Told::default(), limit: None, sweep: None, trained };
    }

    /// Whether the weights were trained on these data or others.
    pub(super) fn is_trained(&self) -> bool {
        self.trained || self.trainer.steps_done() > 0
    }

    pub(super) fn trainer(&mut self) -> &mut Trainer<f32> {
        &mut self.trainer
    }
}

/// Refuses a time that is none.
pub(super) fn check_slice(place: &str, ms: f64) -> Result<()> {
    if (0.0..=LONGEST).contains(&ms) {
        return Ok(());
    }
    Err(Error::spec("slice-range", place)
        .expected(format!("0 to {LONGEST} milliseconds"))
        .got(ms.to_string())
        .hint("call it again for more"))
}

/// Gradient norms of one layer, without the numbers.
#[derive(Debug, Serialize)]
struct Norms<'a> {
    layer: &'a str,
}
