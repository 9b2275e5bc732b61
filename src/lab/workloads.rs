//! The workloads that training speed is measured on: fixed networks on seeded synthetic data.
//!
//! A model FLOP count is 2 for each multiply-add of the matrix products and convolutions: forward, weight gradient
//! and input gradient, but no input gradient for the first layer.

use crate::curvature::DataLoss;
use crate::data::{Dataset, Examples, Features, Targets};
use crate::error::{Error, Result};
use crate::json;
use crate::kernels::reduce;
use crate::nn::{LayerSpec, Model};
use crate::optim::{Optimizer, OptimizerSpec};
use crate::rng::{Source, Stream};
use crate::shape::Shape;
use crate::train::{BatchSpec, Batches, RunSpec, Trainer};
use ndarray::Array2;
use serde::de::DeserializeOwned;
use std::sync::Arc;

/// One network with its batch and optimizer.
#[derive(Debug, Clone, Copy)]
pub struct Workload {
    /// Short name, as in the tables of measurements.
    pub name: &'static str,
    /// Extents of one example.
    pub shape: &'static [usize],
    /// The layers, as JSON.
    pub layers: &'static str,
    /// The loss.
    pub loss: &'static str,
    /// The optimizer, as JSON.
    pub optimizer: &'static str,
    /// Examples in a batch.
    pub batch: usize,
    /// Examples in the data set.
    pub examples: usize,
    /// Model FLOP of one example's share of a step.
    pub flop: f64,
    /// Whether some of them are not done, because a convolution goes another way than the direct one.
    pub effective: bool,
}

const MLP: &str =
    r#"[{"type": "dense", "units": 128, "activation": "relu"}, {"type": "dense", "units": 10}]"#;

/// All workloads.
pub const WORKLOADS: &[Workload] = &[
    Workload {
        name: "W1",
        shape: &[28, 28, 1],
        layers: MLP,
        loss: r#""softmaxCrossEntropy""#,
        optimizer: r#"{"type": "sgd", "learningRate": 0.1}"#,
        batch: 32,
        examples: 1024,
        flop: 4.0 * 784.0 * 128.0 + 6.0 * 128.0 * 10.0,
        effective: false,
    },
    Workload {
        name: "W1b",
        shape: &[28, 28, 1],
        layers: MLP,
        loss: r#""softmaxCrossEntropy""#,
        optimizer: r#"{"type": "sgd", "learningRate": 0.1}"#,
        batch: 128,
        examples: 1024,
        flop: 4.0 * 784.0 * 128.0 + 6.0 * 128.0 * 10.0,
        effective: false,
    },
    Workload {
        name: "W2",
        shape: &[28, 28, 1],
        layers: r#"[
            {"type": "conv2d", "filters": 8, "kernelSize": [5, 5], "padding": "same", "activation": "relu"},
            {"type": "maxPool2d", "poolSize": [2, 2]},
            {"type": "conv2d", "filters": 16, "kernelSize": [5, 5], "padding": "same", "activation": "relu"},
            {"type": "maxPool2d", "poolSize": [2, 2]},
            {"type": "flatten"},
            {"type": "dense", "units": 10}]"#,
        loss: r#""softmaxCrossEntropy""#,
        optimizer: r#"{"type": "momentum", "learningRate": 0.01, "momentum": 0.9}"#,
        batch: 32,
        examples: 1024,
        flop: 4.0 * 784.0 * 25.0 * 8.0 + 6.0 * 196.0 * 200.0 * 16.0 + 6.0 * 784.0 * 10.0,
        effective: false,
    },
    Workload {
        name: "W3",
        shape: &[32, 32, 3],
        layers: r#"[
            {"type": "conv2d", "filters": 32, "kernelSize": [3, 3], "padding": "same", "activation": "relu"},
            {"type": "conv2d", "filters": 32, "kernelSize": [3, 3], "padding": "same", "activation": "relu"},
            {"type": "maxPool2d", "poolSize": [2, 2]},
            {"type": "conv2d", "filters": 64, "kernelSize": [3, 3], "padding": "same", "activation": "relu"},
            {"type": "conv2d", "filters": 64, "kernelSize": [3, 3], "padding": "same", "activation": "relu"},
            {"type": "maxPool2d", "poolSize": [2, 2]},
            {"type": "flatten"},
            {"type": "dense", "units": 128, "activation": "relu"},
            {"type": "dense", "units": 10}]"#,
        loss: r#""softmaxCrossEntropy""#,
        optimizer: r#"{"type": "adam", "learningRate": 0.001}"#,
        batch: 32,
        examples: 256,
        flop: 4.0 * 1024.0 * 27.0 * 32.0
            + 6.0 * 1024.0 * 288.0 * 32.0
            + 6.0 * 256.0 * 288.0 * 64.0
            + 6.0 * 256.0 * 576.0 * 64.0
            + 6.0 * 4096.0 * 128.0
            + 6.0 * 1280.0,
        effective: true,
    },
    Workload {
        name: "W4",
        shape: &[28, 28],
        layers: r#"[{"type": "lstm", "units": 128}, {"type": "dense", "units": 10}]"#,
        loss: r#""softmaxCrossEntropy""#,
        optimizer: r#"{"type": "adam", "learningRate": 0.001}"#,
        batch: 32,
        examples: 1024,
        // 28 steps project 28 inputs to 4 gates, 27 of them have an output before
        flop: 4.0 * 28.0 * 28.0 * 512.0 + 6.0 * 27.0 * 128.0 * 512.0 + 6.0 * 1280.0,
        effective: false,
    },
    Workload {
        name: "W5",
        shape: &[2],
        layers: r#"[
            {"type": "dense", "units": 8, "activation": "tanh"},
            {"type": "dense", "units": 8, "activation": "tanh"},
            {"type": "dense", "units": 1}]"#,
        loss: r#""meanSquaredError""#,
        optimizer: r#"{"type": "sgd", "learningRate": 0.03}"#,
        batch: 500,
        examples: 500,
        flop: 4.0 * 16.0 + 6.0 * 64.0 + 6.0 * 8.0,
        effective: false,
    },
];

/// A workload under way.
#[derive(Debug)]
pub struct Run {
    workload: Workload,
    loss: DataLoss<f32>,
    theta: Vec<f32>,
    gradient: Vec<f32>,
    optimizer: Optimizer<f32>,
    batches: Batches,
    step: u64,
    /// Loss of the first batch.
    pub first: f32,
    /// Loss of the last batch.
    pub last: f32,
}

impl Workload {
    /// The workload of a name.
    ///
    /// # Errors
    /// [`Error::Spec`] that lists the names.
    pub fn named(name: &str) -> Result<Self> {
        WORKLOADS.iter().find(|w| w.name == name).copied().ok_or_else(|| {
            let names: Vec<&str> = WORKLOADS.iter().map(|w| w.name).collect();
            Error::spec("workload-name", "workload")
                .expected(names.join(", "))
                .got(name)
                .hint("choose one of them")
        })
    }

    /// Its data: images of a few blurred blobs a class, or points whose target is a product.
    fn data(&self) -> Result<Dataset> {
        let width: usize = self.shape.iter().product();
        let noise = Source::new(1, Stream::DATA, 0);
        let shape = Shape::new(self.shape);
        if self.shape.len() == 1 {
            let x =
                Array2::from_shape_fn((self.examples, width), |(i, j)| noise.normal((i * width + j) as u64));
            let y = Array2::from_shape_fn((self.examples, 1), |(i, _)| x[[i, 0]] * x[[i, 1]]);
            let targets = Targets::Reals { values: y, names: vec!["product".to_owned()] };
            return Dataset::new(self.name, shape, Features::Reals(x), targets);
        }
        let labels: Vec<u32> = (0..self.examples as u32).map(|i| i % 10).collect();
        let pattern = Source::new(1, Stream::DATA.nth(1), 0);
        let pixel = |(i, j): (usize, usize)| {
            let class = pattern.uniform((labels[i] as usize * width + j) as u64);
            (255.0 * (0.6 * class + 0.4 * noise.uniform((i * width + j) as u64))) as u8
        };
        let values = Array2::from_shape_fn((self.examples, width), pixel);
        let names = (0..10).map(|c| c.to_string()).collect();
        Dataset::new(
            self.name,
            shape,
            Features::Bytes { values, max: 255 },
            Targets::Classes { labels, names },
        )
    }

    fn batches(&self) -> BatchSpec {
        let full = self.batch == self.examples;
        if full { BatchSpec::Full {} } else { BatchSpec::Mini { size: self.batch } }
    }

    /// The same network, data, batch and optimizer as a run that records and measures what it does.
    ///
    /// # Errors
    /// None but of memory: the networks are fixed.
    pub fn trainer(&self) -> Result<Trainer<f32>> {
        let Self { layers, loss, optimizer, .. } = self;
        // the data come from here, not from the description
        let spec = RunSpec::from_json(&format!(
            r#"{{"data":{{"type":"digits"}},"test":0,"layers":{layers},"loss":{loss},"optimizer":{optimizer},
            "batch":{{"type":"full"}},"epochs":1,"seed":1}}"#
        ))?;
        let spec = RunSpec { batch: self.batches(), ..spec };
        Trainer::new(spec, Arc::new(Examples::new(self.data()?, 0.0, 1)?))
    }

    /// The run before its first step.
    ///
    /// # Errors
    /// None but of memory: the networks are fixed.
    pub fn start(&self) -> Result<Run> {
        let examples = Arc::new(Examples::new(self.data()?, 0.0, 1)?);
        let target = DataLoss::<f32>::target_of(&examples);
        let layers: Vec<LayerSpec> = parse(self.layers)?;
        let model = Model::new(&Shape::new(self.shape), &layers, parse(self.loss)?, target)?;
        let theta: Vec<f32> = model.table().initial(1);
        let optimizer: OptimizerSpec = parse(self.optimizer)?;
        Ok(Run {
            workload: *self,
            optimizer: Optimizer::new(optimizer, theta.len())?,
            batches: Batches::new(examples.train(), self.batches(), 1),
            gradient: vec![0.0; theta.len()],
            theta,
            loss: DataLoss::new(model, examples),
            step: 0,
            first: f32::NAN,
            last: f32::NAN,
        })
    }
}

fn parse<T: DeserializeOwned>(text: &str) -> Result<T> {
    json::read("workload", text)
}

impl Run {
    /// Does one step; returns the examples it saw.
    ///
    /// # Errors
    /// [`Error::Memory`]; [`Error::NotFinite`] if the parameters are no longer finite.
    pub fn step(&mut self) -> Result<usize> {
        let rows = self.batches.at(self.step);
        self.last = self.loss.gradient(rows, &self.theta, &mut self.gradient)?;
        let seen = rows.len();
        self.optimizer.step(&mut self.theta, &self.gradient, 1.0);
        if self.step == 0 {
            self.first = self.last;
        }
        self.step += 1;
        if self.last.is_finite() && (self.step > 1 || reduce::all_finite(&self.theta)) {
            return Ok(seen);
        }
        Err(Error::not_finite("workload", self.workload.name)
            .expected("a finite loss")
            .got(self.last.to_string())
            .hint("lower its learning rate"))
    }

    /// Bytes of the program and of its batch.
    ///
    /// # Errors
    /// Those of planning a step.
    pub fn bytes(&self) -> Result<usize> {
        self.loss.step_bytes(self.workload.batch)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// What a profile counts is what the workload says it is, to the last FLOP.
    #[test]
    fn the_profile_of_a_workload_counts_its_model_flop() {
        let clock = || {
            static READINGS: std::sync::atomic::AtomicU64 = std::sync::atomic::AtomicU64::new(0);
            READINGS.fetch_add(1, std::sync::atomic::Ordering::Relaxed) as f64
        };
        for name in ["W1", "W1b", "W2", "W3", "W5"] {
            let workload = Workload::named(name).unwrap();
            let profile = workload.trainer().unwrap().profile(clock, 0.0).unwrap();
            let flop = workload.flop * workload.batch as f64;
            assert!((profile.flop - flop).abs() < 1.0, "{name}: {} of {flop}", profile.flop);
            let sum: f64 = profile.rows.iter().map(|r| r.ms).sum();
            assert!((sum - profile.ms).abs() < 1e-9 * profile.ms, "{name}");
        }
    }

    /// The loss of every workload falls: what is measured is training.
    #[test]
    fn every_workload_learns() {
        for workload in WORKLOADS {
            let mut run = workload.start().unwrap();
            let steps = if workload.name == "W3" { 6 } else { 60 };
            for _ in 0..steps {
                run.step().unwrap();
            }
            assert!(run.last < 0.99 * run.first, "{}: {} -> {}", workload.name, run.first, run.last);
        }
    }
}
