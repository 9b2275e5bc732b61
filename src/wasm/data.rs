//! Data sets, and the files they come from.

use super::convert::{Js, object};
use super::session::ModelInfo;
use crate::curvature::DataLoss;
use crate::data::{
    DataSpec, Dataset, Examples, MAX_IDX_BYTES, SplitSpec, assemble, characters, check_file, load, no_text,
};
use crate::error::{Error, Result};
use crate::nn::Model;
use crate::train::{Batches, RunSpec};
use js_sys::Uint8Array;
use std::sync::Arc;
use wasm_bindgen::JsValue;
use wasm_bindgen::prelude::wasm_bindgen;

/// Bytes at the start of a file by which it is judged before the rest is copied.
const HEAD: u32 = 4096;

/// The data at hand: files that were given, and the examples that were split from a set last. What is asked for
/// twice is read once.
#[wasm_bindgen]
#[derive(Debug, Default)]
pub struct Store {
    files: Option<Arc<Dataset>>,
    /// Name and bytes of a text: how it is cut into windows is for the run to say.
    text: Option<(String, Vec<u8>)>,
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

    /// Takes files for runs whose data are `{"type": "files"}`, or one `.txt` for `{"type": "text"}`, in place of those before; none clear the store.
    ///
    /// # Errors
    /// What [`assemble`] says of them; the files before are gone then.
    pub fn give(&mut self, names: Vec<String>, contents: Vec<Uint8Array>) -> Js<()> {
        (self.files, self.text, self.last) = (None, None, None);
        if names.is_empty() {
            return Ok(());
        }
        let mut files = read(names, &contents)?;
        if files.len() == 1 && is_text(&files[0].0) {
            self.text = files.pop();
        } else {
            self.files = Some(Arc::new(assemble(&files)?));
        }
        Ok(())
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
        let set = match (&run.data, &self.files) {
            (DataSpec::Files { .. }, Some(files)) => {
                run.data.accept(files)?;
                files.clone()
            }
            (DataSpec::Text { steps, .. }, _) => {
                let Some((name, bytes)) = &self.text else { return Err(no_text()) };
                let set = Arc::new(characters(name, bytes, *steps)?);
                run.data.accept(&set)?;
                set
            }
            _ => Arc::new(load(&run.data, run.seed, &[])?),
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

/// Whether a file is a text by its name.
fn is_text(name: &str) -> bool {
    name.to_lowercase().ends_with(".txt")
}

/// Refuses a text that is far too large to be one.
fn check_text(name: &str, length: usize) -> Result<()> {
    if length <= MAX_IDX_BYTES {
        return Ok(());
    }
    Err(Error::file("text-too-large", name)
        .expected(format!("at most {MAX_IDX_BYTES} bytes"))
        .got(length.to_string())
        .hint("use a shorter text")
        .arg("most", MAX_IDX_BYTES)
        .arg("got", length))
}

/// Copies files into memory. All are judged by their beginnings first, so that what is useless or far too large is
/// never copied.
pub(super) fn read(names: Vec<String>, contents: &[Uint8Array]) -> Result<Vec<(String, Vec<u8>)>> {
    if names.len() != contents.len() {
        return Err(Error::file("files-unnamed", "files")
            .expected("a name for every file")
            .got(format!("{} names for {} files", names.len(), contents.len()))
            .hint("pass files as {name, bytes}"));
    }
    for (name, bytes) in names.iter().zip(contents) {
        let length = bytes.length() as usize;
        if is_text(name) {
            check_text(name, length)?;
        } else {
            check_file(name, &bytes.subarray(0, HEAD).to_vec(), length)?;
        }
    }
    Ok(names.into_iter().zip(contents.iter().map(Uint8Array::to_vec)).collect())
}
