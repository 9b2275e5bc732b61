//! The runs of tests/fixtures/run-hash.json.

use saddlepoint::data::load;
use saddlepoint::train::{RunSpec, Trainer};
use std::sync::Arc;

/// A run and the hash it has on every machine.
pub struct Run {
    pub name: String,
    pub hash: String,
    pub spec: RunSpec,
}

impl Run {
    /// The run at its start.
    pub fn trainer(&self) -> Trainer<f32> {
        let set = load(&self.spec.data, self.spec.seed, &[]).unwrap();
        let examples = self.spec.examples(set).unwrap();
        Trainer::new(self.spec.clone(), Arc::new(examples)).unwrap()
    }
}

/// All of them, in the order of the file.
pub fn all() -> Vec<Run> {
    let file: serde_json::Value = serde_json::from_str(include_str!("../fixtures/run-hash.json")).unwrap();
    let text = |value: &serde_json::Value| value.as_str().unwrap_or_default().to_owned();
    file["runs"]
        .as_array()
        .unwrap()
        .iter()
        .map(|run| Run {
            name: text(&run["name"]),
            hash: text(&run["hash"]),
            spec: RunSpec::from_json(&run["spec"].to_string()).unwrap(),
        })
        .collect()
}
