//! What training sees of an image, and what a character model writes.

use super::convert::{Js, object, set, whole};
use super::inspect::{ImageHead, no_images};
use super::session::Session;
use crate::data::Augment;
use crate::json;
use crate::train::Generate;
use js_sys::Uint8Array;
use wasm_bindgen::JsValue;
use wasm_bindgen::prelude::wasm_bindgen;

/// Most steps of one call of [`Session::augmented`].
const MOST_STEPS: u64 = 1000;
/// Seeds are whole numbers that JavaScript carries exactly.
const MOST_SEED: u64 = (1 << 53) - 1;

#[wasm_bindgen]
impl Session {
    /// The training image `index` as the next `steps` steps would see it, moved as `augment` says (JSON; the run's own way
    /// if it is empty): an image whose `pixels` are those of all steps, one after the other.
    ///
    /// # Errors
    /// [`Error::State`](crate::Error::State) if the data are no images, [`Error::Spec`](crate::Error::Spec) for a number out of range.
    pub fn augmented(&mut self, index: f64, steps: f64, augment: &str) -> Js<JsValue> {
        let steps = whole("augmented", steps, 1, MOST_STEPS)?;
        let trainer = self.trainer();
        let (seed, step) = (trainer.spec().seed, trainer.steps_done());
        let own = trainer.spec().augment.unwrap_or_default();
        let augment: Augment = if augment.is_empty() { own } else { json::read("augment", augment)? };
        let examples = trainer.examples();
        examples.check_present()?;
        let data = examples.dataset();
        let &[height, width, channels] = data.shape().dims() else {
            return Err(no_images(data.name()).into());
        };
        augment.check(data)?;
        let last = examples.train().len() as u64 - 1;
        let row = examples.train()[whole("augmented", index, 0, last)? as usize];
        let mut seen = vec![0.0_f32; data.width()];
        let mut pixels = Vec::with_capacity(steps as usize * seen.len());
        for next in step..step + steps {
            examples.fill_augmented(&augment, &[row], (seed, next), &mut seen)?;
            pixels.extend(examples.pixels_of(&seen));
        }
        let image = object(&ImageHead { height, width, channels, label: data.label(row) });
        set(&image, "pixels", Uint8Array::from(pixels.as_slice()));
        Ok(image)
    }

    /// Writes `length` characters after `prompt`.
    ///
    /// # Errors
    /// As [`Trainer::generate`](crate::train::Trainer::generate).
    pub fn generate(&mut self, prompt: String, length: f64, temperature: f64, seed: f64) -> Js<String> {
        let length = whole("generate.length", length, 1, u64::from(u32::MAX))? as usize;
        let seed = whole("generate.seed", seed, 0, MOST_SEED)?;
        Ok(self.trainer().generate(&Generate { prompt, length, temperature, seed })?)
    }
}
