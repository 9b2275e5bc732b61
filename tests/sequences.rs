//! Networks with memory: what they learn. The long ones are in tests/fixtures/learning.json.

#![cfg(not(target_family = "wasm"))]

use saddlepoint::data::{Examples, load};
use saddlepoint::train::{RunSpec, Trainer};
use std::sync::Arc;

#[test]
fn a_gru_copies_what_it_was_shown() {
    // short enough to be learned in a few seconds: that it is learned at all, at each step
    let spec = RunSpec::from_json(
        r#"{"data": {"type": "sequences", "task": "copy", "examples": 600, "steps": 21}, "test": 100,
        "layers": [{"type": "gru", "units": 16, "returnSequences": true}, {"type": "dense", "units": 10}],
        "loss": "softmaxCrossEntropy", "optimizer": {"type": "adam", "learningRate": 0.01},
        "batch": {"type": "mini", "size": 50}, "epochs": 6, "seed": 1}"#,
    );
    let spec = spec.unwrap();
    let set = load(&spec.data, spec.seed, &[]).unwrap();
    let examples = Examples::new(set, spec.test, spec.seed).unwrap();
    let mut copy = Trainer::<f32>::new(spec, Arc::new(examples)).unwrap();
    copy.run_until(|| false).unwrap();
    let evaluation = copy.evaluate().unwrap();
    // blanks alone are 11 of 21, symbols by chance an eighth of the rest
    assert!(evaluation.accuracy.unwrap() > 0.58, "{:?}", evaluation.accuracy);
    let guess = (libm::log(8.0) * 10.0) / 21.0;
    assert!(evaluation.loss < 1.02 * guess, "{} for {guess}", evaluation.loss);
    assert_eq!(evaluation.confusion.unwrap().iter().flatten().sum::<u32>(), 2100);
    let counted = copy.history().evaluations.last().unwrap();
    assert_eq!(counted.test_examples, 100);
}
