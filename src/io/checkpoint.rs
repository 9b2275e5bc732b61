//! A run in one safetensors file.
//!
//! | tensor | type, shape | what |
//! |---|---|---|
//! | `theta/NAME` | F32, shape of the parameter | a parameter, NAME as in `conv_1.kernel` |
//! | `state/NAME` | F32, shape of the state | what a layer carries, NAME as in `bn_1.running_mean` |
//! | `optimizer/I` | F32, (P,) | state slice I of the optimizer, from 0 |
//! | `best/theta`, `best/state` | F32, (P,) and (S,) | weights of the best measurement, with early stopping |
//! | `history/loss` | F32, (steps,) | loss of each step |
//! | `history/gradient_norms` | F32, (layers, steps) | gradient norm of each layer with parameters |
//!
//! The metadata have two keys: `crc32`, a checksum over the whole file, and `saddlepoint`: JSON with the format version, the
//! run's spec, step, learning rate, edits, measurements, what early stopping and the schedule make of them, and the hashes of data
//! and run. `docs/checkpoint.md` has every byte. Stop, save, load and go on equals never having stopped, bit for bit.

use super::safetensors::{self, File, Tensor};
use crate::data::{self, Outline, Scaling};
use crate::error::{Error, Result};
use crate::json::{self, Value};
use crate::nn::ParameterTable;
use crate::train::{EvaluationPoint, History, Marks, RunSpec, Snapshot, Trainer};
use serde::{Deserialize, Serialize, Serializer};
use std::sync::Arc;

/// Version of the file format. It grows when older readers would misread a file; the checksum stays where it is.
pub const FORMAT: u32 = 1;

const KEY: &str = "saddlepoint";

#[derive(Debug, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
struct Metadata {
    format: u32,
    version: String,
    spec: RunSpec,
    step: u64,
    updates: u64,
    rate: f64,
    /// The number that the optimizer remembers beside its slices.
    #[serde(default = "one")]
    scalar: f64,
    #[serde(default)]
    watch: Marks,
    /// `None` before the first step.
    smoothed: Option<f64>,
    edits: Vec<(u64, f64)>,
    evaluations: Vec<EvaluationPoint>,
    scaling: Scaling,
    /// Of data that are not in the package and may not be at hand when the file is read.
    #[serde(default, skip_serializing_if = "Option::is_none", serialize_with = "outlined")]
    outline: Option<Box<Outline>>,
    data: String,
    run: String,
}

fn one() -> f64 {
    1.0
}

/// Apart from the rest, which is in the first WebAssembly file: a run over data of the package has no outline.
#[inline(never)]
fn outlined<S: Serializer>(
    outline: &Option<Box<Outline>>,
    serializer: S,
) -> std::result::Result<S::Ok, S::Error> {
    outline.serialize(serializer)
}

/// The run as a safetensors file.
#[must_use]
pub fn save(trainer: &Trainer<f32>) -> Vec<u8> {
    let snapshot = trainer.snapshot();
    let tensors = tensors(trainer, &snapshot);
    let examples = trainer.examples();
    let metadata = Metadata {
        format: FORMAT,
        version: env!("CARGO_PKG_VERSION").to_owned(),
        spec: trainer.spec().clone(),
        step: snapshot.step,
        updates: snapshot.updates,
        rate: snapshot.rate,
        scalar: snapshot.scalar,
        watch: snapshot.watch.marks,
        smoothed: Some(snapshot.smoothed).filter(|s| s.is_finite()),
        edits: snapshot.history.edits,
        evaluations: snapshot.history.evaluations,
        scaling: examples.scaling().clone(),
        outline: trainer.spec().data.needs_files().then(|| Box::new(Outline::of(examples))),
        data: hex(examples.dataset().hash()),
        run: hex(snapshot.hash),
    };
    safetensors::write(&tensors, KEY, &json::write(&metadata))
}

/// A run from a file that [`save`] wrote. If it was trained on files, `files` are the same bytes; without them it predicts, but
/// does not go on ([`Dataset::is_absent`](crate::data::Dataset::is_absent)).
///
/// # Errors
/// [`Error::File`] if the file is damaged, of another program or a newer format; [`Error::Data`] if the data are not
/// those it was trained on.
pub fn load(bytes: &[u8], files: &[(String, Vec<u8>)]) -> Result<Trainer<f32>> {
    let (file, json) = open(bytes)?;
    let value = json::parse("model file", &json).map_err(|e| damaged(&e.to_string()))?;
    // read first, so that a newer format is named as such even if its other fields have changed
    let format = value.get("format").and_then(Value::as_u64).ok_or_else(|| damaged("no format version"))?;
    if format > u64::from(FORMAT) {
        return Err(Error::file("model-newer", "model file")
            .expected(format!("format {FORMAT} or older"))
            .got(format!("format {format}"))
            .hint("open it with a newer saddlepoint")
            .arg("want", FORMAT)
            .arg("got", format));
    }
    let metadata: Metadata = json::from_value("model file", &value).map_err(|e| damaged(&e.to_string()))?;
    let spec = metadata.spec;
    let examples = if spec.data.needs_files() && files.is_empty() {
        let hash = u64::from_str_radix(&metadata.data, 16).map_err(|e| damaged(&e.to_string()))?;
        let outline = metadata.outline.ok_or_else(|| needs_data(&metadata.data))?;
        if !outline.fits() {
            return Err(damaged("outline"));
        }
        outline.examples(hash, metadata.scaling)?
    } else {
        let set = data::load(&spec.data, spec.seed, files)?;
        if hex(set.hash()) != metadata.data {
            return Err(Error::data("model-other-data", "model file")
                .expected(format!("the data it was trained on, hash {}", metadata.data))
                .got(format!("data with hash {}", hex(set.hash())))
                .hint("load the same files"));
        }
        spec.examples(set)?.with_scaling(metadata.scaling)?
    };
    // a fresh run of the same spec says which tensors there must be
    let model = Trainer::<f32>::new(spec.clone(), Arc::new(examples))?;
    let examples = model.examples().clone();
    let mut snapshot = model.snapshot();
    (snapshot.step, snapshot.updates, snapshot.rate) = (metadata.step, metadata.updates, metadata.rate);
    (snapshot.scalar, snapshot.watch.marks) = (metadata.scalar, metadata.watch);
    snapshot.smoothed = metadata.smoothed.unwrap_or(f64::NAN);
    snapshot.hash = u64::from_str_radix(&metadata.run, 16).map_err(|e| damaged(&e.to_string()))?;

    let read = |name: &str| -> Result<Vec<f32>> {
        let (numbers, _) = file.tensor(name).map_err(|e| damaged(&e))?.as_chunks::<4>();
        Ok(numbers.iter().map(|b| f32::from_le_bytes(*b)).collect())
    };
    for p in model.model().table().entries() {
        let values = read(&format!("theta/{}", p.name))?;
        let target = &mut snapshot.theta[p.range()];
        if values.len() != target.len() {
            return Err(damaged(&format!("theta/{} has {} numbers", p.name, values.len())));
        }
        target.copy_from_slice(&values);
    }
    for s in model.model().states().entries() {
        let values = read(&format!("state/{}", s.name))?;
        let target = &mut snapshot.state[s.range()];
        if values.len() != target.len() {
            return Err(damaged(&format!("state/{} has {} numbers", s.name, values.len())));
        }
        target.copy_from_slice(&values);
    }
    snapshot.optimizer.clear();
    for slice in 0..spec.optimizer.slices() {
        snapshot.optimizer.extend(read(&format!("optimizer/{slice}"))?);
    }
    if spec.early_stopping.is_some() {
        snapshot.watch.theta = read("best/theta")?;
        snapshot.watch.state = read("best/state")?;
    }
    let mut history = History::new(snapshot.history.gradient_norms.len());
    history.loss = read("history/loss")?;
    let norms = read("history/gradient_norms")?;
    if !norms.is_empty() {
        let steps = history.loss.len().max(1);
        history.gradient_norms = norms.chunks(steps).map(<[f32]>::to_vec).collect();
    }
    (history.edits, history.evaluations) = (metadata.edits, metadata.evaluations);
    snapshot.history = history;
    Trainer::resume(spec, examples, snapshot)
}

/// The parameters alone of a run that [`save`] wrote, for a network with this table.
///
/// # Errors
/// [`Error::File`] if the file is damaged or of another program or network.
pub fn weights(bytes: &[u8], table: &ParameterTable) -> Result<Vec<f32>> {
    let (file, _) = open(bytes)?;
    let mut theta = Vec::with_capacity(table.len());
    for parameter in table.entries() {
        let tensor = file.tensor(&format!("theta/{}", parameter.name)).map_err(|e| other_network(&e))?;
        let (numbers, _) = tensor.as_chunks::<4>();
        if numbers.len() != parameter.shape.len() {
            return Err(other_network(&format!("{} numbers of {}", numbers.len(), parameter.name)));
        }
        theta.extend(numbers.iter().map(|b| f32::from_le_bytes(*b)));
    }
    Ok(theta)
}

/// A file whose every byte is as it was written, and the text that stands in it.
fn open(bytes: &[u8]) -> Result<(File<'_>, String)> {
    if !safetensors::is_sealed(bytes) {
        return Err(foreign("no checksum of saddlepoint at its beginning"));
    }
    safetensors::check_seal(bytes).map_err(|e| damaged(&e))?;
    let file = File::open(bytes).map_err(|e| damaged(&e))?;
    file.check().map_err(|e| damaged(&e))?;
    let json = file.text(KEY).ok_or_else(|| foreign("no saddlepoint metadata"))?.to_owned();
    Ok((file, json))
}

fn other_network(why: &str) -> Error {
    Error::file("model-other-network", "model file")
        .expected("the weights of the network that is described")
        .got(why)
        .hint("describe the network that was saved")
}

fn tensors(trainer: &Trainer<f32>, snapshot: &Snapshot<f32>) -> Vec<Tensor> {
    let parameters = trainer.model().table().entries().iter().map(|p| {
        Tensor::new(format!("theta/{}", p.name), p.shape.dims().to_vec(), &snapshot.theta[p.range()])
    });
    let carried = trainer.model().states().entries().iter().map(|s| {
        Tensor::new(format!("state/{}", s.name), s.shape.dims().to_vec(), &snapshot.state[s.range()])
    });
    let length = snapshot.theta.len().max(1);
    let slices = snapshot.optimizer.chunks(length).enumerate();
    let slices = slices.map(|(i, slice)| Tensor::new(format!("optimizer/{i}"), vec![slice.len()], slice));
    let best = [("best/theta", &snapshot.watch.theta), ("best/state", &snapshot.watch.state)];
    let best = best.map(|(name, values)| Tensor::new(name.to_owned(), vec![values.len()], values));
    let best = best.into_iter().filter(|_| trainer.spec().early_stopping.is_some());
    let History { loss, gradient_norms, .. } = &snapshot.history;
    let norms: Vec<f32> = gradient_norms.concat();
    let history = [
        Tensor::new("history/loss".to_owned(), vec![loss.len()], loss),
        Tensor::new("history/gradient_norms".to_owned(), vec![gradient_norms.len(), loss.len()], &norms),
    ];
    parameters.chain(carried).chain(slices).chain(best).chain(history).collect()
}

fn hex(value: u64) -> String {
    format!("{value:016x}")
}

/// Files of before data had an outline.
fn needs_data(hash: &str) -> Error {
    Error::file("model-needs-data", "model file")
        .expected("the data files it was trained on beside it")
        .got("the model alone")
        .hint("drop the model and the data files together")
        .arg("hash", hash)
}

fn foreign(why: &str) -> Error {
    Error::file("model-foreign", "model file")
        .expected("a file that saddlepoint saved")
        .got(why)
        .hint("choose a .safetensors file from the Save button")
}

fn damaged(why: &str) -> Error {
    Error::file("model-damaged", "model file")
        .expected("a whole file")
        .got(why)
        .hint("save or copy it again; nothing was changed")
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::optim::{optimizers, schedules};
    use crate::train::RunState;

    /// A run with batch normalisation, dropout and augmentation, whose numbers a resumed one must find again.
    fn trainer(optimizer: &str, more: &str) -> Trainer<f32> {
        let json = format!(
            r#"{{"data": {{"type": "digits"}}, "test": 1733, "augment": {{"shift": 0.1, "rotate": 15, "noise": 0.05}},
            "layers": [{{"type": "flatten"}}, {{"type": "dense", "units": 6, "useBias": false}},
                {{"type": "batchNormalization"}}, {{"type": "activation", "activation": "tanh"}},
                {{"type": "dropout", "rate": 0.2}}, {{"type": "dense", "units": 10}}],
            "loss": "softmaxCrossEntropy", "optimizer": {optimizer}{more},
            "batch": {{"type": "mini", "size": 16}}, "epochs": 11, "seed": 3}}"#
        );
        start(&json, &[])
    }

    fn start(json: &str, files: &[(String, Vec<u8>)]) -> Trainer<f32> {
        let spec = RunSpec::from_json(json).unwrap();
        let set = data::load(&spec.data, spec.seed, files).unwrap();
        Trainer::new(spec.clone(), Arc::new(spec.examples(set).unwrap())).unwrap()
    }

    fn holds_at_every_step(optimizer: &str, more: &str) -> Trainer<f32> {
        holds(&format!("{optimizer}{more}"), trainer(optimizer, more), &[])
    }

    /// Saves the run at each of its steps, and goes on from there for as long as a measurement takes to come.
    fn holds(name: &str, mut whole: Trainer<f32>, data: &[(String, Vec<u8>)]) -> Trainer<f32> {
        let mut hashes = vec![whole.run_hash()];
        let mut files = vec![save(&whole)];
        let running = |t: &Trainer<f32>| matches!(t.state(), RunState::Ready | RunState::Running);
        while running(&whole) {
            if whole.steps_done() == 7 {
                whole.set_learning_rate(0.7 * whole.learning_rate()).unwrap();
            }
            whole.step().unwrap();
            hashes.push(whole.run_hash());
            files.push(save(&whole));
        }
        for (step, file) in files.iter().enumerate() {
            let case = || format!("{name}, saved after step {step}");
            let mut resumed = load(file, data).unwrap();
            assert_eq!(resumed.run_hash(), hashes[step], "{}: just loaded", case());
            while running(&resumed) && resumed.steps_done() < step as u64 + 12 {
                if resumed.steps_done() == 7 {
                    resumed.set_learning_rate(0.7 * resumed.learning_rate()).unwrap();
                }
                resumed.step().unwrap();
                assert_eq!(resumed.run_hash(), hashes[resumed.steps_done() as usize], "{}", case());
            }
            if resumed.steps_done() == whole.steps_done() {
                assert_eq!(resumed.history(), whole.history(), "{}", case());
                assert_eq!(resumed.state(), whole.state(), "{}", case());
                assert_eq!(resumed.snapshot(), whole.snapshot(), "{}", case());
            }
        }
        whole
    }

    #[test]
    fn the_weights_alone_are_those_of_the_run_and_belong_to_its_network() {
        let adam = r#"{"type": "adam", "learningRate": 0.02}"#;
        let mut trainer = trainer(adam, "");
        trainer.step().unwrap();
        let file = save(&trainer);
        assert_eq!(weights(&file, trainer.model().table()).unwrap(), trainer.theta());
        let other = start(
            r#"{"data": {"type": "diabetes"}, "test": 0, "layers": [{"type": "dense", "units": 1}], "loss": "meanSquaredError",
            "optimizer": {"type": "sgd", "learningRate": 0.1}, "batch": {"type": "full"}, "epochs": 1, "seed": 0}"#,
            &[],
        );
        let code = |file: &[u8]| weights(file, other.model().table()).unwrap_err().report().code;
        assert_eq!(code(&file), "model-other-network");
        assert_eq!(code(&file[..file.len() - 4]), "model-damaged");
        assert_eq!(code(b"no model"), "model-foreign");
    }

    #[test]
    fn stopping_after_any_step_and_going_on_equals_never_having_stopped_for_every_optimizer() {
        // beside everything else that remembers something from step to step; the schedules take turns
        let shapes = schedules();
        for (i, entry) in optimizers().iter().enumerate() {
            let of = |more: &str| format!(r#"{{"type": "{}", "learningRate": 0.02{more}}}"#, entry.name);
            let shape = &shapes[i % shapes.len()].name;
            let more = format!(
                r#", "schedule": {{"type": "{shape}", "warmup": 1.5}}, "earlyStopping": {{"patience": 9}},
                "regularization": {{"l1": 0.001, "maxNorm": 0.8, "weightNoise": 0.05, "labelNoise": 0.3}}"#
            );
            holds_at_every_step(
                &of(r#", "clipNorm": 0.3, "gradientNoise": 0.01, "weightDecay": 0.01"#),
                &more,
            );
            let plateau =
                r#", "schedule": {"type": "plateau", "patience": 1, "minDelta": 0.5, "gamma": 0.5}"#;
            let fallen = holds_at_every_step(&of(""), plateau);
            assert!(fallen.rate_factor() < 0.3, "{}: the rate never fell", entry.name);
        }
        for options in [
            r#""type": "adam", "amsgrad": true"#,
            r#""type": "momentum", "nesterov": true, "dampening": 0.3"#,
            r#""type": "rmsprop", "centered": true"#,
            r#""type": "rmsprop", "centered": true, "momentum": 0.9"#,
        ] {
            holds_at_every_step(&format!(r#"{{{options}, "learningRate": 0.02}}"#), "");
        }
    }

    #[test]
    fn the_same_holds_for_every_schedule_and_all_that_is_done_against_over_fitting() {
        let adam = r#"{"type": "adam", "learningRate": 0.02}"#;
        for entry in schedules() {
            let shape = format!(r#", "schedule": {{"type": "{}", "warmup": 1.5}}"#, entry.name);
            holds_at_every_step(adam, &shape);
        }
        let noise = r#", "regularization": {"l1": 0.001, "l2": 0.01, "maxNorm": 0.8, "weightNoise": 0.05, "labelNoise": 0.3}"#;
        holds_at_every_step(adam, noise);
        let stopping =
            r#", "earlyStopping": {"patience": 2, "minDelta": 0.5}, "regularization": {"maxNorm": 1}"#;
        let stopped = holds_at_every_step(adam, stopping);
        assert!(matches!(stopped.state(), RunState::Stopped(_)), "{:?}", stopped.state());
    }

    #[test]
    fn the_same_holds_for_sequences_text_full_batches_and_regression() {
        let run = |data: &str, layers: &str, loss: &str, batch: &str| {
            format!(
                r#"{{"data": {data}, "test": 0.2, "layers": [{layers}], "loss": "{loss}",
                "optimizer": {{"type": "rmsprop", "momentum": 0.5, "learningRate": 0.01, "clipNorm": 1}},
                "schedule": {{"type": "plateau", "patience": 1}}, "batch": {batch}, "epochs": 4, "seed": 8}}"#
            )
        };
        let mini = r#"{"type": "mini", "size": 12}"#;
        let adding = r#"{"type": "sequences", "task": "adding", "examples": 60, "steps": 6}"#;
        let gru = r#"{"type": "gru", "units": 3, "returnSequences": true, "bidirectional": true},
            {"type": "lstm", "units": 2}, {"type": "dropout", "rate": 0.3}, {"type": "dense", "units": 1}"#;
        holds("adding", start(&run(adding, gru, "meanSquaredError", mini), &[]), &[]);
        let text = [("words.txt".to_owned(), b"to be or not to be, that is the question. ".repeat(8))];
        let characters = r#"{"type": "text", "steps": 5}"#;
        let vocabulary = text[0].1.iter().collect::<std::collections::HashSet<_>>().len();
        let model = format!(
            r#"{{"type": "embedding", "vocabulary": {vocabulary}, "units": 3}}, {{"type": "gaussianNoise", "stddev": 0.1}},
            {{"type": "lstm", "units": 4, "returnSequences": true}}, {{"type": "dense", "units": {vocabulary}}}"#
        );
        holds("text", start(&run(characters, &model, "softmaxCrossEntropy", mini), &text), &text);
        let line = r#"{"type": "batchNormalization"}, {"type": "dense", "units": 1}"#;
        let diabetes = r#"{"type": "diabetes"}"#;
        holds("diabetes", start(&run(diabetes, line, "huber", r#"{"type": "full"}"#), &[]), &[]);
    }

    #[test]
    fn without_its_data_a_run_predicts_and_with_them_again_it_goes_on() {
        let csv =
            "rooms,town,price\n3,Leeds,200\n4,York,310\n2,Leeds,150\n5,York,420\n1,Leeds,90\n3,York,260\n";
        let table = [("flats.csv".to_owned(), csv.as_bytes().to_vec())];
        let json = r#"{"data": {"type": "csv", "target": "price"}, "test": 2, "layers": [{"type": "dense", "units": 3,
            "activation": "tanh"}, {"type": "dense", "units": 1}], "loss": "meanSquaredError", "earlyStopping": {"patience": 2},
            "optimizer": {"type": "adam", "learningRate": 0.02}, "batch": {"type": "mini", "size": 2}, "epochs": 30, "seed": 3}"#;
        let mut whole = start(json, &table);
        (0..7).for_each(|_| whole.step().unwrap());
        let mut bare = load(&save(&whole), &[]).unwrap();
        assert_eq!(bare.snapshot(), whole.snapshot());
        let rows = r#"[{"rooms": 3, "town": "York"}]"#;
        let predicted = |trainer: &mut Trainer<f32>| {
            let mut raw: Vec<f32> =
                trainer.examples().encode(rows).unwrap().iter().map(|&x| x as f32).collect();
            trainer.examples().scale_raw(&mut raw).unwrap();
            let (loss, theta) = trainer.loss_and_theta();
            loss.predict(&raw, theta).unwrap()
        };
        assert_eq!(predicted(&mut bare), predicted(&mut whole));
        let code = |result: Result<()>| result.unwrap_err().report().code;
        assert_eq!(code(bare.step()), "no-data");
        assert_eq!(code(bare.evaluate().map(drop)), "no-data");
        assert_eq!(code(bare.curvature().map(drop)), "no-data");
        assert_eq!(code(bare.layer_statistics().map(drop)), "no-data");
        assert_eq!(code(bare.begin_range_test(1e-3, 1.0, 9).map(drop)), "no-data");
        // once more through a file, which still knows which data they were
        let bare = load(&save(&bare), &[]).unwrap();
        let again = |spec: RunSpec, csv: String| {
            let set =
                data::load(&spec.data, spec.seed, &[("flats.csv".to_owned(), csv.into_bytes())]).unwrap();
            bare.reunited(&spec, &spec.examples(set).unwrap()).unwrap()
        };
        let spec = whole.spec().clone();
        assert!(again(RunSpec { test: 0.0, ..spec.clone() }, csv.to_owned()).is_none());
        assert!(again(spec.clone(), csv.replace("90", "91")).is_none());
        let mut again = again(RunSpec { epochs: 9, ..spec }, csv.to_owned()).unwrap();
        again.run_until(|| false).unwrap();
        whole.run_until(|| false).unwrap();
        assert_eq!(again.run_hash(), whole.run_hash());
        assert_eq!(again.snapshot(), whole.snapshot());
    }

    #[test]
    fn images_are_moved_alike_before_and_after_a_stop() {
        let json = r#"{"data": {"type": "digits"}, "test": 1597, "split": {"type": "stratified"},
            "augment": {"shift": 0.1, "rotate": 15, "zoom": 0.1, "noise": 0.05},
            "layers": [{"type": "flatten"}, {"type": "dense", "units": 10}], "loss": "softmaxCrossEntropy",
            "optimizer": {"type": "adam", "learningRate": 0.01}, "batch": {"type": "mini", "size": 16},
            "epochs": 2, "seed": 3}"#;
        let (mut whole, mut stopped) = (start(json, &[]), start(json, &[]));
        (0..9).for_each(|_| stopped.step().unwrap());
        let mut stopped = load(&save(&stopped), &[]).unwrap();
        whole.run_until(|| false).unwrap();
        stopped.run_until(|| false).unwrap();
        assert_eq!(stopped.run_hash(), whole.run_hash());
        assert_eq!(stopped.history(), whole.history());
        let mut still = start(&json.replace("0.1", "0").replace("15,", "0,").replace("0.05", "0"), &[]);
        still.run_until(|| false).unwrap();
        assert_ne!(still.history().loss, whole.history().loss);
    }

    /// A small run of which a file lies beside the tests, made when the format was.
    const KEPT: &str = r#"{"data": {"type": "generated", "kind": "xor", "examples": 40, "noise": 0.05}, "test": 10,
        "layers": [{"type": "dense", "units": 3, "useBias": false}, {"type": "batchNormalization"},
            {"type": "activation", "activation": "tanh"}, {"type": "dropout", "rate": 0.2}, {"type": "dense", "units": 2}],
        "loss": "softmaxCrossEntropy", "optimizer": {"type": "adam", "learningRate": 0.02}, "earlyStopping": {"patience": 3},
        "schedule": {"type": "plateau", "patience": 1}, "batch": {"type": "mini", "size": 8}, "epochs": 4, "seed": 5}"#;
    const KEPT_FILE: &[u8] = include_bytes!("../../tests/fixtures/checkpoint-1.safetensors");

    fn code(bytes: &[u8]) -> &'static str {
        load(bytes, &[]).unwrap_err().report().code
    }

    #[test]
    fn a_file_of_format_1_is_read_and_goes_on() {
        let mut kept = load(KEPT_FILE, &[]).unwrap();
        let mut whole = start(KEPT, &[]);
        (0..6).for_each(|_| whole.step().unwrap());
        assert_eq!((kept.steps_done(), kept.spec()), (6, whole.spec()));
        assert_eq!(format!("{:016x}", kept.run_hash()), "7f73793f0c9be42a");
        assert_eq!(kept.snapshot(), whole.snapshot());
        kept.run_until(|| false).unwrap();
        whole.run_until(|| false).unwrap();
        assert_eq!(kept.run_hash(), whole.run_hash());
    }

    #[test]
    fn a_changed_bit_anywhere_and_a_cut_anywhere_are_noticed() {
        let refused = ["model-foreign", "model-damaged"];
        for place in 0..KEPT_FILE.len() {
            // all bits of the header's beginning, one of each byte that follows
            for bit in if place < 64 { 0..8 } else { place % 8..place % 8 + 1 } {
                let mut changed = KEPT_FILE.to_vec();
                changed[place] ^= 1 << bit;
                assert!(refused.contains(&code(&changed)), "byte {place}, bit {bit}");
            }
            assert!(refused.contains(&code(&KEPT_FILE[..place])), "cut at {place}");
        }
        let longer = [KEPT_FILE, &[0]].concat();
        assert_eq!(code(&longer), "model-damaged");
        // half of it written, the other half still zero
        let mut half = KEPT_FILE.to_vec();
        let middle = half.len() / 2;
        half[middle..].fill(0);
        assert_eq!(code(&half), "model-damaged");
    }

    #[test]
    fn files_of_others_and_of_newer_formats_are_told_apart() {
        assert_eq!(code(b""), "model-foreign");
        assert_eq!(code(b"PK and more that is no model, but long enough to be one"), "model-foreign");
        let theirs = safetensors::tests::foreign();
        assert_eq!(code(&theirs), "model-foreign");
        let newer = {
            let mut bytes = KEPT_FILE.to_vec();
            let format = br#"\"format\":1"#.as_slice();
            let at = bytes.windows(format.len()).position(|w| w == format).unwrap();
            bytes[at + format.len() - 1] = b'9';
            assert_eq!(code(&bytes), "model-damaged");
            bytes[34..42].fill(b'0');
            safetensors::seal(&mut bytes);
            bytes
        };
        let error = load(&newer, &[]).unwrap_err();
        let report = error.report();
        assert_eq!(
            (report.code, &*report.got, &*report.hint),
            ("model-newer", "format 9", "open it with a newer saddlepoint")
        );
    }
}
