//! Data sets, and the files they come from.

use super::common::read;
use super::convert::{Js, object};
use super::session::ModelInfo;
use crate::curvature::DataLoss;
use crate::data::{DataSpec, Dataset, Examples, FileKind, FilesInfo, SplitSpec, assemble, load};
use crate::error::Result;
use crate::nn::Model;
use crate::train::{Batches, RunSpec};
use js_sys::Uint8Array;
use std::sync::Arc;
use wasm_bindgen::JsValue;
use wasm_bindgen::prelude::wasm_bindgen;

/// The data at hand: files that were given, and the examples that were split from a set last. What is asked for
/// twice is read once.
#[wasm_bindgen]
#[derive(Debug, Default)]
pub struct Store {
    /// The set that was made of the files.
    set: Option<Arc<Dataset>>,
    /// Files of which each run makes its own set: name and bytes.
    files: Vec<(String, Vec<u8>)>,
    last: Option<Split>,
}

/// Examples, and what they were made from.
#[derive(Debug)]
struct Split {
    data: DataSpec,
    test: f64,
    split: SplitSpec,
    seed: u64,
    examples: Arc<Examples>,
}

#[wasm_bindgen]
impl Store {
    /// A store without files.
    #[wasm_bindgen(constructor)]
    #[must_use]
    pub fn new() -> Self {
        Self::default()
    }

    /// Takes files for runs over files, in place of those before; none clear the store.
    ///
    /// # Errors
    /// What their readers say of them; the files before are gone then.
    pub fn give(&mut self, names: Vec<String>, contents: Vec<Uint8Array>) -> Js<()> {
        *self = Self::default();
        if names.is_empty() {
            return Ok(());
        }
        let files = read(names, &contents)?;
        if FileKind::of_all(&files)?.is_read_per_run() {
            self.files = files;
        } else {
            self.set = Some(Arc::new(assemble(&files)?));
        }
        Ok(())
    }

    /// The [`FilesInfo`] of the files that were given.
    ///
    /// # Errors
    /// What their readers say of them.
    pub fn describe(&self) -> Js<JsValue> {
        Ok(object(&FilesInfo::new(&self.files, self.set.as_deref())?))
    }

    /// The [`ModelInfo`] of a run, without its weights.
    ///
    /// # Errors
    /// What is wrong with the description or the data.
    pub fn summary(&mut self, run: &str) -> Js<JsValue> {
        let (run, examples) = self.open(run)?;
        run.check()?;
        let target = DataLoss::<f32>::target_of(&examples);
        let model = Model::new(examples.dataset().shape(), &run.layers, run.loss.clone(), target)?;
        let steps = Batches::new(examples.train(), run.batch, run.seed);
        let loss = DataLoss::<f32>::new(model, examples);
        Ok(object(&ModelInfo::new(&run, &loss, steps.size(), steps.per_epoch())?))
    }
}

impl Store {
    /// The set that `data` describe, as it came.
    pub(super) fn load(&self, data: &DataSpec, seed: u64) -> Result<Dataset> {
        match (data, &self.set) {
            (DataSpec::Files { .. }, Some(set)) => {
                data.accept(set.name(), &set.hash_text())?;
                Ok(Dataset::clone(set))
            }
            _ => load(data, seed, &self.files),
        }
    }

    /// Reads a run's description and its data. The hash of files is filled in.
    pub(super) fn open(&mut self, run: &str) -> Result<(RunSpec, Arc<Examples>)> {
        let mut run = RunSpec::from_json(run)?;
        if let Some(last) = &self.last {
            let same = last.data == run.data
                && last.seed == run.seed
                && last.split == run.split
                && last.test.to_bits() == run.test.to_bits();
            if same {
                run.data = run.data.over(last.examples.dataset());
                return Ok((run, last.examples.clone()));
            }
        }
        // the old set goes before the new one comes, so that both are never held
        self.last = None;
        let set = match (&run.data, &self.set) {
            (DataSpec::Files { .. }, Some(set)) => {
                run.data.accept(set.name(), &set.hash_text())?;
                set.clone()
            }
            _ => Arc::new(load(&run.data, run.seed, &self.files)?),
        };
        let examples = Arc::new(run.examples(set)?);
        self.last = Some(Split {
            data: run.data.clone(),
            test: run.test,
            split: run.split,
            seed: run.seed,
            examples: examples.clone(),
        });
        run.data = run.data.over(examples.dataset());
        Ok((run, examples))
    }
}
