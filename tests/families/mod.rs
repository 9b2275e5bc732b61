//! Reference cases: how they are read, compared and judged. One file a family.

mod attributes;
mod hessian;
mod onnx;
mod ops;
mod optim;
mod training;

pub use attributes::Attributes;

use saddlepoint::Shape;
use safetensors::{Dtype, SafeTensors};
use serde_json::Value;
use std::collections::HashMap;
use std::path::Path;

/// Why a case was not passed.
#[derive(Debug)]
pub enum Stop {
    Failed(String),
    NotYet(String),
    /// Something beside the project that it needs is not there.
    Skipped(String),
}

impl From<saddlepoint::Error> for Stop {
    fn from(error: saddlepoint::Error) -> Self {
        Self::Failed(error.to_string())
    }
}

/// What a check says of a case that passed: nothing, or which parts of it were left out.
pub type Outcome = Result<&'static str, Stop>;

/// Runs one case.
pub type Judge = fn(&Case<'_>) -> Outcome;

/// The families and how their cases are checked.
pub const FAMILIES: [(&str, Judge); 5] = [
    ("ops", ops::check),
    ("optim", optim::check),
    ("training", training::check),
    ("hessian", hessian::check),
    ("onnx", onnx::check),
];

/// `Stop::NotYet` with a sentence.
pub fn not_yet<T>(why: impl Into<String>) -> Result<T, Stop> {
    Err(Stop::NotYet(why.into()))
}

/// `Stop::Failed` with a sentence.
pub fn failed<T>(why: impl Into<String>) -> Result<T, Stop> {
    Err(Stop::Failed(why.into()))
}

/// An array of a family.
#[derive(Debug, Clone)]
pub struct Tensor {
    pub shape: Shape,
    /// Integers are exact in f64.
    pub values: Vec<f64>,
    /// Whether they are stored as integers.
    pub integer: bool,
}

impl Tensor {
    /// The values as indices.
    pub fn indices(&self) -> Result<Vec<u32>, Stop> {
        if self.values.iter().all(|&v| self.integer && v >= 0.0) {
            return Ok(self.values.iter().map(|&v| v as u32).collect());
        }
        not_yet("indices below zero")
    }
}

/// Manifest and arrays of one family.
pub struct Fixture {
    manifest: Value,
    tensors: HashMap<String, Tensor>,
}

impl Fixture {
    pub fn read(folder: &Path, family: &str) -> Result<Self, String> {
        let read = |name: &str| std::fs::read(folder.join(name)).map_err(|e| format!("{name}: {e}"));
        let manifest: Value = serde_json::from_slice(&read(&format!("{family}.json"))?)
            .map_err(|e| format!("{family}.json: {e}"))?;
        if manifest["format"] != "oracle/1" {
            return Err(format!("{family}.json: expected format oracle/1, got {}", manifest["format"]));
        }
        let name = manifest["tensors"].as_str().unwrap_or_default().to_owned();
        let bytes = read(&name)?;
        let file = SafeTensors::deserialize(&bytes).map_err(|e| format!("{name}: {e}"))?;
        let tensors = file.tensors().into_iter().map(|(name, view)| {
            let (integer, values) =
                numbers(view.dtype(), view.data()).ok_or(format!("{name}: unknown type"))?;
            Ok((name, Tensor { shape: Shape::new(view.shape()), values, integer }))
        });
        Ok(Self { tensors: tensors.collect::<Result<_, String>>()?, manifest })
    }

    pub fn cases(&self) -> Vec<Case<'_>> {
        // a case that only carries arrays for the others has nothing to check
        let list = self.manifest["cases"].as_array().map(Vec::as_slice).unwrap_or_default();
        let cases = list.iter().filter(|c| c["id"] != "problem");
        cases.map(|manifest| Case { fixture: self, manifest }).collect()
    }
}

/// Whether numbers are integers, and the numbers.
fn numbers(dtype: Dtype, bytes: &[u8]) -> Option<(bool, Vec<f64>)> {
    let four = |f: fn([u8; 4]) -> f64| bytes.as_chunks::<4>().0.iter().map(|&b| f(b)).collect();
    let eight = |f: fn([u8; 8]) -> f64| bytes.as_chunks::<8>().0.iter().map(|&b| f(b)).collect();
    Some(match dtype {
        Dtype::F32 => (false, four(|b| f32::from_le_bytes(b).into())),
        Dtype::F64 => (false, eight(f64::from_le_bytes)),
        Dtype::I32 => (true, four(|b| i32::from_le_bytes(b).into())),
        Dtype::U8 => (true, bytes.iter().map(|&b| b.into()).collect()),
        _ => return None,
    })
}

/// One case of a family.
#[derive(Clone, Copy)]
pub struct Case<'a> {
    fixture: &'a Fixture,
    pub manifest: &'a Value,
}

impl<'a> Case<'a> {
    pub fn id(&self) -> &'a str {
        self.manifest["id"].as_str().unwrap_or("without id")
    }

    /// The array `role` of this case.
    pub fn tensor(&self, role: &str) -> Result<&'a Tensor, Stop> {
        let name = format!("{}/{role}", self.id());
        self.fixture.tensors.get(&name).map_or_else(|| failed(format!("the files have no array {name}")), Ok)
    }

    /// The array `role` of this case, if it is there.
    pub fn find(&self, role: &str) -> Option<&'a Tensor> {
        self.fixture.tensors.get(&format!("{}/{role}", self.id()))
    }

    /// An array that all cases of the family use.
    pub fn shared(&self, name: &str) -> Result<&'a Tensor, Stop> {
        let tensors = &self.fixture.tensors;
        let found = tensors.get(name).or_else(|| tensors.get(&format!("problem/{name}")));
        found.map_or_else(|| failed(format!("the files have no array {name}")), Ok)
    }

    pub fn text(&self, key: &str) -> Result<&'a str, Stop> {
        self.manifest[key].as_str().map_or_else(|| failed(format!("the manifest has no text {key}")), Ok)
    }

    pub fn number(&self, key: &str) -> Result<f64, Stop> {
        self.manifest[key].as_f64().map_or_else(|| failed(format!("the manifest has no number {key}")), Ok)
    }

    /// A list of names; empty if the manifest has none.
    pub fn names(&self, key: &str) -> Vec<&'a str> {
        let list = self.manifest[key].as_array().map(Vec::as_slice).unwrap_or_default();
        list.iter().filter_map(Value::as_str).collect()
    }

    /// A key of the case that is not among `known`.
    pub fn beside(&self, known: &[&str]) -> Option<&'a str> {
        let keys = self.manifest.as_object().into_iter().flat_map(|m| m.keys());
        keys.map(String::as_str).find(|key| !known.contains(key))
    }
}

/// The verdict on numbers where the case also says `unread`, which nothing here looks at. Equal numbers show that it
/// only explains; if they differ, it may be what makes the difference, and the case is not supported.
pub fn judged(numbers: Result<(), Stop>, unread: Option<&str>) -> Outcome {
    match (numbers, unread) {
        (Ok(()), _) => Ok(""),
        (Err(Stop::Failed(why)), Some(key)) => not_yet(format!("`{key}`; without it {why}")),
        (Err(stop), _) => Err(stop),
    }
}

/// The family's test: `|got - want| <= atol + rtol * |want|` for every entry.
pub fn compare(what: &str, got: &[f64], want: &[f64], rtol: f64, atol: f64) -> Result<(), Stop> {
    if got.len() != want.len() {
        return failed(format!("{what} has {} entries instead of {}", got.len(), want.len()));
    }
    let off = |(g, w): (&f64, &f64)| (g - w).abs() / (atol + rtol * w.abs());
    let bad = got.iter().zip(want).position(|pair| off(pair).is_nan() || off(pair) > 1.0);
    bad.map_or(Ok(()), |i| {
        let (g, w) = (got[i], want[i]);
        failed(format!(
            "{what}: entry {i} is {g:e} instead of {w:e}, {:.1} times the tolerance",
            off((&g, &w))
        ))
    })
}
