//! Training epoch by epoch, on other data, from other weights.

use super::convert::{Js, floats, object, set, whole};
use super::data::Store;
use super::session::{Session, check_slice, now};
use crate::data::{DataSpec, Examples, Features};
use crate::json;
use crate::train::{RunState, Trainer};
use js_sys::{Array, Float32Array};
use serde::Serialize;
use std::sync::Arc;
use wasm_bindgen::JsValue;
use wasm_bindgen::prelude::wasm_bindgen;

/// A tensor of weights without its numbers.
#[derive(Debug, Serialize, tsify::Tsify)]
pub struct WeightHead<'a> {
    /// Layer and role, for example `conv_1.kernel`.
    pub name: &'a str,
    /// Extents: `(inputs, units)` of a dense kernel, `(height, width, channels, filters)` of a convolution.
    pub shape: &'a [usize],
    /// Whether an optimizer changes it; what a layer carries, such as a running mean, is not trained.
    pub trainable: bool,
}

/// Bytes that a run holds.
#[derive(Debug, Serialize, tsify::Tsify)]
pub struct RunMemory {
    /// Of the arena of one training step: activations, gradients and what lies between.
    pub step: usize,
    /// Of the weights and of what layers carry.
    pub weights: usize,
    /// Of the optimizer's state.
    pub optimizer: usize,
}

#[wasm_bindgen]
impl Session {
    /// Trains for `ms` milliseconds by the clock, at least one step, but not beyond step `until`: a progress that has in `epochs` an
    /// [`EpochLog`](crate::train::EpochLog) for each epoch that ended.
    ///
    /// # Errors
    /// [`Error::Spec`](crate::Error::Spec) for numbers that are none, [`Error::Memory`](crate::Error::Memory).
    #[wasm_bindgen(js_name = fitFor)]
    pub fn fit_for(&mut self, ms: f64, until: f64) -> Js<JsValue> {
        check_slice("fit", ms)?;
        let until = whole("fit", until, 0, (1 << 53) - 1)?;
        let end = now() + ms;
        let epochs = Array::new();
        loop {
            let trainer = self.trainer();
            let before = trainer.steps_done();
            if before >= until || !matches!(trainer.state(), RunState::Ready | RunState::Running) {
                break;
            }
            trainer.step()?;
            if trainer.steps_done() > before
                && let Some(log) = trainer.epoch_log()?
            {
                epochs.push(&object(&log));
            }
            if now() >= end {
                break;
            }
        }
        let head = self.progress();
        set(&head, "epochs", epochs);
        Ok(head)
    }

    /// Plans `epochs` more epochs.
    ///
    /// # Errors
    /// As [`Trainer::extend`].
    pub fn extend(&mut self, epochs: f64) -> Js<()> {
        let epochs = whole("epochs", epochs, 1, 1_000_000)?;
        Ok(self.trainer().extend(epochs as u32)?)
    }

    /// Goes on with another description or other data, from the present weights. The steps are counted anew; a network that was
    /// trained sees the new data scaled as those before, if they are of the same kind. A run that was loaded without its data goes
    /// on where it was saved if these are they.
    ///
    /// # Errors
    /// Those of the constructor and of [`Trainer::adopt`]; the run is unchanged then.
    #[wasm_bindgen(js_name = goOn)]
    pub fn go_on(&mut self, run: &str, store: &mut Store) -> Js<()> {
        let (run, mut examples) = store.open(run)?;
        self.trainer().check_examples(examples.dataset())?;
        if let Some(resumed) = self.trainer().reunited(&run, &examples)? {
            *self = Self::resumed(resumed);
            return Ok(());
        }
        let (own, trained) = (self.trainer().examples().clone(), self.is_trained());
        let bytes = |examples: &Examples| matches!(examples.dataset().features(), Features::Bytes { .. });
        if trained && bytes(&own) == bytes(&examples) {
            examples = Arc::new(Examples::clone(&examples).with_scaling(own.scaling().clone())?);
        }
        let mut next = Trainer::new(run, examples)?;
        next.adopt(self.trainer())?;
        self.replace(next, trained);
        Ok(())
    }

    /// The [`Evaluation`](crate::train::Evaluation) of all examples of other data; `data` is their description as JSON.
    ///
    /// # Errors
    /// What is wrong with the data; as [`Trainer::evaluate_on`].
    #[wasm_bindgen(js_name = evaluateOn)]
    pub fn evaluate_on(&mut self, data: &str, store: &Store) -> Js<JsValue> {
        let data: DataSpec = json::read("data", data)?;
        let seed = self.trainer().spec().seed;
        Ok(object(&self.trainer().evaluate_on(store.load(&data, seed)?)?))
    }

    /// All tensors: a list of [`WeightHead`]s with their `values`.
    #[must_use]
    pub fn weights(&mut self) -> Array {
        let (loss, theta) = self.trainer().loss_and_theta();
        let model = loss.model();
        let tensor = |name: &str, shape: &[usize], trainable, values: &[f32]| {
            let tensor = object(&WeightHead { name, shape, trainable });
            set(&tensor, "values", floats(values));
            tensor
        };
        let trained = model.table().entries().iter();
        let trained = trained.map(|p| tensor(&p.name, p.shape.dims(), true, &theta[p.range()]));
        let carried = model.states().entries().iter();
        let carried = carried.map(|s| tensor(&s.name, s.shape.dims(), false, &loss.state()[s.range()]));
        trained.chain(carried).collect()
    }

    /// Replaces the numbers of tensors.
    ///
    /// # Errors
    /// As [`Trainer::set_weights`].
    #[wasm_bindgen(js_name = setWeights)]
    pub fn set_weights(&mut self, names: Vec<String>, values: Vec<Float32Array>) -> Js<()> {
        let values = values.iter().map(Float32Array::to_vec);
        let weights: Vec<_> = names.into_iter().zip(values).collect();
        Ok(self.trainer().set_weights(&weights)?)
    }

    /// Leaves these layers as they are from now on, and lets all others learn.
    ///
    /// # Errors
    /// As [`Trainer::freeze`].
    pub fn freeze(&mut self, layers: Vec<String>) -> Js<()> {
        Ok(self.trainer().freeze(layers)?)
    }

    /// The [`RunMemory`].
    ///
    /// # Errors
    /// Those of planning a step.
    pub fn memory(&mut self) -> Js<JsValue> {
        let trainer = self.trainer();
        let batch = trainer.batch_size();
        let optimizer = 4 * trainer.snapshot().optimizer.len();
        let weights = 4 * (trainer.theta().len() + trainer.loss().state().len());
        Ok(object(&RunMemory { step: trainer.loss().step_bytes(batch)?, weights, optimizer }))
    }
}
