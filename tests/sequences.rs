//! Networks with memory: what they learn and how long it takes.
//!
//! The long ones are ignored; `cargo test --release --test sequences -- --ignored --nocapture` prints their figures.
//! The character model reads `text/tinyshakespeare.txt` in the folder DATA_DIR or `../shared/data`.

#![cfg(not(target_family = "wasm"))]

use saddlepoint::data::{Examples, load};
use saddlepoint::train::{RunSpec, RunState, Trainer};
use std::path::PathBuf;
use std::sync::Arc;
use std::time::{Duration, Instant};

fn trainer(spec: &str, files: &[(String, Vec<u8>)]) -> Trainer<f32> {
    let spec = RunSpec::from_json(spec).unwrap();
    let set = load(&spec.data, spec.seed, files).unwrap();
    Trainer::new(spec.clone(), Arc::new(Examples::new(set, spec.test, spec.seed).unwrap())).unwrap()
}

/// Trains in slices and calls `report` with the seconds gone after each, until it says that it is enough.
fn train(
    trainer: &mut Trainer<f32>,
    slice: Duration,
    mut report: impl FnMut(&mut Trainer<f32>, f64) -> bool,
) {
    let mut seconds = 0.0;
    loop {
        let start = Instant::now();
        trainer.run_until(|| start.elapsed() > slice).unwrap();
        seconds += start.elapsed().as_secs_f64();
        let over = !matches!(trainer.state(), RunState::Running);
        if report(trainer, seconds) || over {
            return;
        }
    }
}

const ADDING: &str = r#"{"data": {"type": "sequences", "task": "adding", "examples": 20000, "steps": 100}, "test": 1000,
    "layers": [{"type": "lstm", "units": 32}, {"type": "dense", "units": 1}], "loss": "meanSquaredError",
    "optimizer": {"type": "adam", "learningRate": 0.01}, "batch": {"type": "mini", "size": 32}, "epochs": 100, "seed": 1}"#;

#[test]
#[ignore = "takes a minute"]
fn an_lstm_adds_two_numbers_a_hundred_steps_apart() {
    let mut adding = trainer(ADDING, &[]);
    let start = Instant::now();
    adding.step().unwrap();
    eprintln!("first step with planning: {:.2} s", start.elapsed().as_secs_f64());
    let mut best = f64::INFINITY;
    train(&mut adding, Duration::from_secs(5), |trainer, seconds| {
        let error = trainer.evaluate().unwrap().regression.unwrap().mse;
        best = best.min(error);
        eprintln!("{seconds:5.1} s, step {:5}: mean squared error {error:.5}", trainer.steps_done());
        best < 0.01 || seconds > 120.0
    });
    assert!(best < 0.01, "{best}");
}

const TEXT: &str = r#"{"data": {"type": "text", "steps": 64}, "test": 0,
    "layers": [{"type": "embedding", "vocabulary": 65, "units": 32}, {"type": "lstm", "units": 128, "returnSequences": true},
        {"type": "dense", "units": 65, "activation": "softmax"}], "loss": "softmaxCrossEntropy",
    "optimizer": {"type": "adam", "learningRate": 0.005}, "schedule": {"type": "linear"}, "batch": {"type": "mini", "size": 32},
    "epochs": 6, "seed": 1}"#;

#[test]
#[ignore = "takes minutes, and a file beside the project"]
fn a_character_model_reads_shakespeare() {
    let folder = std::env::var_os("DATA_DIR")
        .map_or_else(|| PathBuf::from(concat!(env!("CARGO_MANIFEST_DIR"), "/../shared/data")), PathBuf::from);
    let path = folder.join("text/tinyshakespeare.txt");
    let Ok(bytes) = std::fs::read(&path) else {
        eprintln!("skipped: there is no {}", path.display());
        return;
    };
    let mut model = trainer(TEXT, &[("tinyshakespeare.txt".to_owned(), bytes)]);
    let mut loss = f64::INFINITY;
    train(&mut model, Duration::from_secs(20), |trainer, seconds| {
        loss = trainer.evaluate().unwrap().loss;
        let (step, steps) = (trainer.steps_done(), trainer.steps());
        eprintln!("{seconds:5.1} s, step {step} of {steps}: {loss:.4} nats a character");
        false
    });
    assert!(loss < 1.85, "{loss}");
}

#[test]
fn a_gru_copies_what_it_was_shown() {
    // short enough to be learned in a few seconds: that it is learned at all, at each step
    let mut copy = trainer(
        r#"{"data": {"type": "sequences", "task": "copy", "examples": 600, "steps": 21}, "test": 100,
        "layers": [{"type": "gru", "units": 16, "returnSequences": true}, {"type": "dense", "units": 10}],
        "loss": "softmaxCrossEntropy", "optimizer": {"type": "adam", "learningRate": 0.01},
        "batch": {"type": "mini", "size": 50}, "epochs": 6, "seed": 1}"#,
        &[],
    );
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
