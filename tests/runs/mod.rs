//! Runs and the hashes they have on every machine: those of tests/fixtures/run-hash.json, and the short forms of
//! tests/fixtures/learning.json.

use saddlepoint::data::load;
use saddlepoint::train::{RunSpec, Trainer};
use serde_json::Value;
use std::sync::Arc;

/// A text that stands for the one of a long run.
const LETTERS: &str = include_str!("../fixtures/letters.txt");

/// A run and the hash it has on every machine.
pub struct Run {
    pub name: String,
    pub hash: String,
    pub spec: RunSpec,
    files: Vec<(String, Vec<u8>)>,
}

impl Run {
    /// The run at its start.
    pub fn trainer(&self) -> Trainer<f32> {
        let set = load(&self.spec.data, self.spec.seed, &self.files).unwrap();
        let spec = RunSpec { data: self.spec.data.over(&set), ..self.spec.clone() };
        let examples = spec.examples(set).unwrap();
        Trainer::new(spec, Arc::new(examples)).unwrap()
    }
}

/// All of them, in the order of the files.
pub fn all() -> Vec<Run> {
    let known = list(include_str!("../fixtures/run-hash.json"));
    let long = list(include_str!("../fixtures/learning.json"));
    let known = known.iter().map(|run| read(&run["name"], &run["hash"], &run["spec"], &Value::Null));
    let short = long.iter().map(|run| {
        let (mut spec, short) = (run["spec"].clone(), &run["short"]);
        for (field, value) in short["change"].as_object().unwrap() {
            spec[field] = value.clone();
        }
        read(&run["name"], &short["hash"], &spec, &short["file"])
    });
    known.chain(short).collect()
}

fn list(file: &str) -> Vec<Value> {
    serde_json::from_str::<Value>(file).unwrap()["runs"].as_array().unwrap().clone()
}

fn read(name: &Value, hash: &Value, spec: &Value, file: &Value) -> Run {
    let text = |value: &Value| value.as_str().unwrap_or_default().to_owned();
    let files = file.as_str().map(|file| (file.to_owned(), LETTERS.as_bytes().to_vec()));
    Run {
        name: text(name),
        hash: text(hash),
        spec: RunSpec::from_json(&spec.to_string()).unwrap(),
        files: files.into_iter().collect(),
    }
}
