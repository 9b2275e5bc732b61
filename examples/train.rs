//! Trains a run described in JSON, natively: `cargo run --release --example train -- SPEC.json [--seed N] [FILE ...]`.
//!
//! The files are those that the run is over, if it is over files. Every few seconds a line says how far it is; the last
//! line is a JSON object with what came out, the seconds of the steps, and the machine's peak at the time.

use saddlepoint::data::load;
use saddlepoint::kernels::peak;
use saddlepoint::train::{RunSpec, RunState, Trainer};
use serde_json::json;
use std::error::Error;
use std::path::Path;
use std::sync::Arc;
use std::time::{Duration, Instant};

/// Between two lines.
const SLICE: Duration = Duration::from_secs(10);

fn main() -> Result<(), Box<dyn Error>> {
    let (mut seed, mut paths, mut arguments) = (None, Vec::new(), std::env::args().skip(1));
    while let Some(argument) = arguments.next() {
        if argument == "--seed" {
            seed = Some(arguments.next().ok_or("--seed needs a number")?.parse::<u64>()?);
        } else {
            paths.push(argument);
        }
    }
    let (spec, files) = paths.split_first().ok_or("train: name a file with a run in JSON")?;
    let mut spec = RunSpec::from_json(&std::fs::read_to_string(spec)?)?;
    spec.seed = seed.unwrap_or(spec.seed);
    let files = files.iter().map(|path| Ok((name(path), std::fs::read(path)?)));
    let files = files.collect::<Result<Vec<_>, std::io::Error>>()?;

    let set = load(&spec.data, spec.seed, &files)?;
    spec.data = spec.data.over(&set);
    let examples = spec.examples(set)?;
    let mut trainer = Trainer::<f32>::new(spec, Arc::new(examples))?;
    let (batch, mut seconds, mut peak) = (trainer.batch_size(), 0.0, Peak::default());
    while matches!(trainer.state(), RunState::Ready | RunState::Running) {
        let start = Instant::now();
        trainer.run_until(|| start.elapsed() > SLICE)?;
        seconds += start.elapsed().as_secs_f64();
        peak.sample();
        let history = trainer.history();
        let losses = history.loss.iter().rev().take(100);
        let mean = losses.clone().sum::<f32>() / losses.len().max(1) as f32;
        let test = history.evaluations.last().and_then(|e| e.test_loss).unwrap_or(f64::NAN);
        let (step, steps) = (trainer.steps_done(), trainer.steps());
        println!(
            "{seconds:6.1} s, step {step} of {steps}: loss {mean:.4}, {test:.4} on a sample of the test part"
        );
    }
    let evaluation = trainer.evaluate()?;
    let bytes = trainer.loss().step_bytes(batch)?;
    let out = json!({
        "state": format!("{:?}", trainer.state()),
        "hash": format!("{:016x}", trainer.run_hash()),
        "steps": trainer.steps_done(),
        "seconds": seconds,
        "peak": peak.best,
        "meanPeak": peak.flop / peak.seconds,
        "bytes": bytes,
        "batch": batch,
        "loss": evaluation.loss,
        "accuracy": evaluation.accuracy,
        "mse": evaluation.regression.map(|r| r.mse),
    });
    println!("{out}");
    Ok(())
}

fn name(path: &str) -> String {
    Path::new(path).file_name().unwrap_or_default().to_string_lossy().into_owned()
}

/// The multiply-add loop in short windows: the best of them, and the mean, which lies far below it where others use the
/// machine.
#[derive(Default)]
struct Peak {
    best: f64,
    flop: f64,
    seconds: f64,
}

impl Peak {
    fn sample(&mut self) {
        for _ in 0..10 {
            let start = Instant::now();
            let flop = peak::<f32>(1_000_000);
            let seconds = start.elapsed().as_secs_f64();
            self.best = self.best.max(flop / seconds);
            self.flop += flop;
            self.seconds += seconds;
        }
    }
}
