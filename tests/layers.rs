//! One walk over the sample cases of all layers: first and second derivatives, in training and in evaluation.

#![cfg(not(target_family = "wasm"))]

mod derivatives;
mod program;

use program::Feeds;
use saddlepoint::data::{Examples, load};
use saddlepoint::nn::{Activation, Builder, Inventory, LayerSpec};
use saddlepoint::train::{RunSpec, Trainer};
use saddlepoint::{Buffer, Documented, Graph, Shape, Source, Stream, Value};
use std::collections::HashSet;
use std::sync::Arc;

/// Examples in a batch: layers that couple them need three at least to have second derivatives that differ.
const BATCH: usize = 3;

/// A layer in a graph; its parameters, its input and a cotangent of its output lie in theta one after the other.
struct Setup {
    name: String,
    graph: Graph,
    y: Value,
    parameters: Vec<Value>,
    cotangent: Value,
    inventory: Inventory,
    feeds: Feeds,
}

impl Setup {
    fn new(number: usize, layers: &[LayerSpec], dims: &[usize], train: bool) -> Self {
        // how many parameters there are decides where the input lies: the layer is built twice
        let build = |offset: usize| {
            let (mut graph, mut inventory) = (Graph::new(), Inventory::default());
            let x = graph.input(Buffer::Theta, offset, [&[BATCH], dims].concat()).unwrap();
            let mut builder = Builder::new(&mut graph, &mut inventory, BATCH, train);
            let mut y = x;
            for (i, layer) in layers.iter().enumerate() {
                y = builder.layer(&format!("layer_{}", i + 1), layer, y).unwrap().after;
            }
            (graph, inventory, x, y)
        };
        let len = build(1 << 20).1.parameters.len();
        let (mut graph, inventory, x, y) = build(len);
        let entries = inventory.parameters.entries();
        let mut parameters: Vec<Value> =
            entries.iter().map(|p| graph.input(Buffer::Theta, p.offset, p.shape.clone()).unwrap()).collect();
        parameters.push(x);
        let (shape, end) = (graph.shape(y).clone(), len + graph.shape(x).len());
        let cotangent = graph.input(Buffer::Theta, end, shape.clone()).unwrap();

        let source = Source::new(3, Stream::PROBE, number as u64);
        let normal = |from: usize, n: usize| (from..from + n).map(|i| source.normal(i as u64));
        let mut feeds = Feeds { seed: 5, step: 2, ..Feeds::default() };
        // near the layer's own initial weights, but none of them 0 or 1
        let start = inventory.parameters.initial::<f64>(7);
        let mut theta: Vec<f64> = start.iter().zip(normal(0, len)).map(|(t, z)| t + 0.2 * z).collect();
        theta.extend(normal(len, end - len + shape.len()));
        if matches!(layers, [LayerSpec::Embedding(_), ..]) {
            // numbers near tokens that the table has
            theta[len..end].iter_mut().for_each(|x| *x = x.abs().floor() + 0.2);
        }
        feeds.reals[Buffer::Direction as usize] = normal(10_000, theta.len()).collect();
        feeds.reals[Buffer::Theta as usize] = theta;
        let state = inventory.states.initial::<f64>().into_iter().zip(normal(20_000, 1000));
        feeds.reals[Buffer::State as usize] = state.map(|(s, z)| s + 0.1 * z).collect();
        feeds.indices[Buffer::Examples as usize] = vec![4, 0, 9];
        let name = format!("{layers:?} of {}{}", Shape::new(dims), if train { " in training" } else { "" });
        Self { name, graph, y, parameters, cotangent, inventory, feeds }
    }
}

fn setups() -> impl Iterator<Item = Setup> {
    let cases = LayerSpec::cases().into_iter().enumerate();
    cases.flat_map(|(i, (layer, dims))| {
        [false, true].map(|train| Setup::new(i, std::slice::from_ref(&layer), &dims, train))
    })
}

/// Layers one behind the other, whose second derivatives meet.
fn stacks() -> Vec<(Vec<LayerSpec>, Vec<usize>)> {
    let stack = |json: &str, dims: &[usize]| {
        (serde_json::from_str(&format!("[{json}]")).unwrap_or_else(|e| panic!("{json}: {e}")), dims.to_vec())
    };
    let both = r#""units": 1, "bidirectional": true"#;
    vec![
        stack(
            &format!(
                r#"{{"type": "gru", {both}, "resetAfter": false, "returnSequences": true}},
                {{"type": "gru", {both}, "resetAfter": false}}"#
            ),
            &[2, 1],
        ),
        stack(
            &format!(r#"{{"type": "lstm", {both}, "returnSequences": true}}, {{"type": "lstm", {both}}}"#),
            &[2, 1],
        ),
        stack(
            r#"{"type": "lstm", "units": 2, "returnSequences": true}, {"type": "batchNormalization"},
            {"type": "simpleRnn", "units": 1}"#,
            &[2, 1],
        ),
        stack(
            r#"{"type": "conv2d", "filters": 2, "kernelSize": [2, 2], "groups": 2, "useBias": false},
            {"type": "batchNormalization"}, {"type": "activation", "activation": "gelu"},
            {"type": "conv2dTranspose", "filters": 1, "kernelSize": [2, 2], "strides": [2, 2]},
            {"type": "averagePool2d", "poolSize": [2, 3]}"#,
            &[3, 3, 2],
        ),
        stack(
            r#"{"type": "multiHeadAttention", "heads": 2, "causal": true}, {"type": "layerNormalization"},
            {"type": "dropout", "rate": 0.4}"#,
            &[2, 2],
        ),
    ]
}

#[test]
fn first_and_second_derivatives_are_those_of_central_differences() {
    for mut setup in setups() {
        let parts = [&[setup.y][..], &setup.parameters, &[setup.cotangent]];
        derivatives::check(&setup.name, &mut setup.graph, parts, &setup.feeds);
    }
}

#[test]
fn so_are_those_of_layers_one_behind_the_other() {
    for (i, (layers, dims)) in stacks().iter().enumerate() {
        for train in [false, true] {
            let mut setup = Setup::new(100 + i, layers, dims, train);
            let parts = [&[setup.y][..], &setup.parameters, &[setup.cotangent]];
            derivatives::check(&setup.name, &mut setup.graph, parts, &setup.feeds);
        }
    }
}

#[test]
fn every_layer_has_cases_and_states_change_in_training_alone() {
    let covered: HashSet<String> = LayerSpec::cases().iter().map(|(layer, _)| layer.kind()).collect();
    for doc in LayerSpec::docs() {
        assert!(covered.contains(&doc.name), "{} has no cases", doc.name);
    }
    for setup in setups() {
        let inventory = &setup.inventory;
        assert!(inventory.updates.len() <= inventory.states.entries().len(), "{}", setup.name);
        let train = setup.name.ends_with("in training");
        assert_eq!(!inventory.updates.is_empty(), train && !inventory.states.is_empty(), "{}", setup.name);
        let names: HashSet<&String> = inventory.parameters.entries().iter().map(|p| &p.name).collect();
        assert_eq!(
            names.len(),
            inventory.parameters.entries().len(),
            "{}: two parameters of one name",
            setup.name
        );
    }
}

#[test]
fn layers_are_written_as_they_are_read() {
    for (layer, _) in LayerSpec::cases() {
        let text = serde_json::to_string(&layer).unwrap();
        assert_eq!(serde_json::from_str::<LayerSpec>(&text).unwrap(), layer, "{text}");
    }
}

#[test]
fn every_layer_and_activation_says_what_it_is() {
    let check = |doc: &Documented| {
        assert!(!doc.title.is_empty() && !doc.formula.is_empty(), "{}", doc.name);
        assert!(!doc.name.starts_with(char::is_uppercase), "{}", doc.name);
    };
    LayerSpec::docs().iter().chain(&Activation::docs()).for_each(check);
    assert_eq!(Activation::docs().len(), Activation::all().len());
}

/// A run on a spiral with these layers and this batch.
fn run(layers: &str, batch: &str) -> saddlepoint::Result<Trainer<f64>> {
    let spec = RunSpec::from_json(&format!(
        r#"{{"data": {{"type": "generated", "kind": "spiral", "examples": 90, "noise": 0.1}}, "test": 30,
            "layers": [{layers}], "loss": "softmaxCrossEntropy", "optimizer": {{"type": "sgd", "learningRate": 0.1}},
            "batch": {batch}, "epochs": 6, "seed": 3}}"#
    ))?;
    let set = load(&spec.data, spec.seed, &[])?;
    Trainer::new(spec.clone(), Arc::new(Examples::new(set, spec.test, spec.seed)?))
}

const NORMALISED: &str = r#"{"type": "dense", "units": 8, "useBias": false}, {"type": "batchNormalization", "momentum": 0.25},
    {"type": "activation", "activation": "relu"}, {"type": "dense", "units": 2}"#;

#[test]
fn running_statistics_are_those_of_the_batches_and_only_steps_move_them() {
    let mut trainer = run(NORMALISED, r#"{"type": "full"}"#).unwrap();
    let row = &trainer.model().rows()[1];
    assert_eq!((row.parameters, row.state, row.weights, row.biases), (16, 16, 8, 8));
    let initial = trainer.loss().state().to_vec();
    assert_eq!((&initial[..8], &initial[8..]), (&[0.0; 8][..], &[1.0; 8][..]));

    // the statistics of the first layer's output over the whole batch, by another way
    let examples = trainer.examples().clone();
    let rows = examples.train().to_vec();
    let mut features = vec![0.0; rows.len() * 2];
    examples.fill_batch(&rows, &mut features).unwrap();
    let kernel = trainer.theta()[..16].to_vec();
    let unit = |u: usize| {
        let out = features.chunks(2).map(|x| x[0] * kernel[u] + x[1] * kernel[8 + u]).collect::<Vec<f64>>();
        let mean = out.iter().sum::<f64>() / out.len() as f64;
        let squares = out.iter().map(|y| (y - mean) * (y - mean)).sum::<f64>();
        [0.25 * mean, 0.75 + 0.25 * squares / (out.len() - 1) as f64]
    };
    let theta = trainer.theta().to_vec();
    let mut gradient = vec![0.0; theta.len()];
    trainer.loss().gradient(&rows, &theta, &mut gradient).unwrap();
    trainer.loss().product(&rows, &theta, &theta, &mut gradient).unwrap();
    trainer.loss().evaluate(&rows, &theta).unwrap();
    trainer.curvature().unwrap();
    assert_eq!(trainer.loss().state(), initial, "only a step moves the state");
    trainer.step().unwrap();
    for u in 0..8 {
        let [mean, variance] = unit(u);
        let state = trainer.loss().state();
        assert!((state[u] - mean).abs() < 1e-12 && (state[8 + u] - variance).abs() < 1e-12, "unit {u}");
    }

    // evaluation of an example does not depend on the others
    let theta = trainer.theta().to_vec();
    let alone = trainer.loss().predict(&features[..2], &theta).unwrap();
    let together = trainer.loss().predict(&features, &theta).unwrap();
    assert_eq!(alone, together[..2]);
    let evaluated = trainer.loss().evaluate(&rows, &theta).unwrap().predictions;
    assert_eq!(evaluated, together);

    let before = trainer.run_hash();
    let mut state = trainer.loss().state().to_vec();
    state[3] += 1e-9;
    trainer.loss().set_state(&state).unwrap();
    assert_ne!(trainer.run_hash(), before);
    trainer.restore();
    assert_eq!(trainer.loss().state(), initial, "the state goes back with the weights");
}

#[test]
fn gradient_and_hessian_through_batch_statistics_are_those_of_one_function() {
    let mut trainer = run(
        &format!(r#"{{"type": "gaussianNoise", "stddev": 0.1}}, {NORMALISED}"#).replace("relu", "tanh"),
        r#"{"type": "full"}"#,
    )
    .unwrap();
    let rows = trainer.examples().train().to_vec();
    let theta = trainer.theta().to_vec();
    let n = theta.len();
    let direction: Vec<f64> = (0..n).map(|i| ((i * 7 % 5) as f64 - 2.0) / 3.0).collect();
    let loss = trainer.loss();
    loss.set_random(3, 8);
    let mut along = |t: f64| {
        let moved: Vec<f64> = theta.iter().zip(&direction).map(|(x, d)| x + t * d).collect();
        let mut gradient = vec![0.0; n];
        let value = loss.gradient(&rows, &moved, &mut gradient).unwrap();
        assert_eq!(value, loss.loss(&rows, &moved).unwrap());
        (value, gradient)
    };
    let h = 2.5e-4;
    let [a, b, c, d] = [-2.0 * h, -h, h, 2.0 * h].map(&mut along);
    let difference = |a: f64, b: f64, c: f64, d: f64| (8.0 * (c - b) - (d - a)) / (12.0 * h);
    let (_, centre) = along(0.0);
    let slope: f64 = centre.iter().zip(&direction).map(|(g, d)| g * d).sum();
    assert!((difference(a.0, b.0, c.0, d.0) - slope).abs() < 1e-8);
    let mut product = vec![0.0; n];
    loss.product(&rows, &theta, &direction, &mut product).unwrap();
    let want: Vec<f64> = (0..n).map(|i| difference(a.1[i], b.1[i], c.1[i], d.1[i])).collect();
    derivatives::assert_close("product", &product, &want, 1e-8);
}

#[test]
fn a_batch_that_is_too_large_to_be_seen_whole_is_refused() {
    let wide = r#"{"type": "dense", "units": 1000000, "useBias": false}, {"type": "batchNormalization"}, {"type": "dense", "units": 2}"#;
    let error = run(wide, r#"{"type": "full"}"#).unwrap_err();
    assert_eq!((error.report().code, error.report().place.as_str()), ("batch-whole", "bn_1"));
    assert!(run(wide, r#"{"type": "mini", "size": 5}"#).is_ok());
}

#[test]
fn masks_belong_to_examples_and_layers() {
    let drop = r#"{"type": "dropout", "rate": 0.5}"#;
    let mut graph = Graph::new();
    let mut inventory = Inventory::default();
    let x = graph.fill(1.0, [2, 64]).unwrap();
    let mut builder = Builder::new(&mut graph, &mut inventory, 2, true);
    let layer: LayerSpec = serde_json::from_str(drop).unwrap();
    let ys = ["dropout_1", "dropout_2"].map(|name| builder.layer(name, &layer, x).unwrap().after);
    let mut runner = program::Runner::<f32>::new(&graph, &ys);
    let mut at = |examples: [u32; 2], step| {
        let mut feeds = Feeds { seed: 1, step, ..Feeds::default() };
        feeds.indices[Buffer::Examples as usize] = examples.to_vec();
        runner.run_each(&feeds)
    };
    let first = at([7, 3], 0);
    assert!(first.iter().flatten().all(|&v| v == 0.0 || v == 2.0));
    assert_ne!(first[0], first[1], "two layers have two masks");
    let swapped = at([3, 7], 0);
    assert_eq!((&swapped[0][..64], &swapped[0][64..]), (&first[0][64..], &first[0][..64]));
    assert_ne!(at([7, 3], 1), first, "each step has its own");
}

#[test]
fn gradient_norms_are_of_the_layers_in_the_list() {
    let inside = r#"{"type": "residual", "layers": [{"type": "dense", "units": 2}, {"type": "dense", "units": 2}]},
        {"type": "dense", "units": 2}"#;
    let trainer = run(inside, r#"{"type": "full"}"#).unwrap();
    let names: Vec<&str> = trainer.model().table().entries().iter().map(|p| p.name.as_str()).collect();
    assert_eq!(names[..2], ["residual_1/dense_1.kernel", "residual_1/dense_1.bias"]);
    let layers = trainer.model().table().layers();
    assert_eq!(layers, [("residual_1".to_owned(), 0..12), ("dense_1".to_owned(), 12..18)]);
    assert_eq!(trainer.model().rows()[0].parameters, 12);
}
