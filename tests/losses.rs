//! One walk over all losses with their options: first and second derivatives in the outputs, for labels and for real
//! targets, for rows and for sequences.

#![cfg(not(target_family = "wasm"))]

mod derivatives;
mod program;

use program::Feeds;
use saddlepoint::nn::{Loss, gaussian_divergence};
use saddlepoint::{Buffer, Graph, Source, Stream, Value};
use std::collections::HashSet;

/// Examples, classes and steps.
const N: usize = 3;
const K: usize = 4;
const T: usize = 2;

/// Every loss as it usually is, and its options.
fn losses() -> Vec<Loss> {
    // that of the description is nothing by its name alone
    let usual =
        Loss::docs().into_iter().filter(|doc| doc.name != "customLoss").map(|doc| format!("{:?}", doc.name));
    let others = [
        r#"{"type": "softmaxCrossEntropy", "labelSmoothing": 0.2, "classWeights": [1, 0.5, 2, 3], "ignoreIndex": 1}"#,
        r#"{"type": "softmaxCrossEntropy", "labelSmoothing": 0.1}"#,
        r#"{"type": "binaryCrossEntropy", "positiveWeights": [2]}"#,
        r#"{"type": "binaryCrossEntropy", "positiveWeights": [2, 1, 0.5, 3]}"#,
        r#"{"type": "huber", "delta": 0.4}"#,
        r#"{"type": "smoothL1", "beta": 0.7}"#,
        r#"{"type": "customLoss", "function": [{"op": "sub", "of": [0, 1]}, {"op": "softplus", "of": [2]},
            {"op": "mul", "of": [2, 3]}, {"op": "mean", "of": [4]}]}"#,
    ];
    let all = usual.chain(others.map(str::to_owned));
    all.map(|json| serde_json::from_str(&json).unwrap_or_else(|e| panic!("{json}: {e}"))).collect()
}

/// Checks a function of outputs of `dims`, which lie in theta before a cotangent of its rows.
fn check(name: &str, dims: &[usize], labels: &[u32], build: impl FnOnce(&mut Graph, Value) -> Value) {
    let mut graph = Graph::new();
    let x = graph.input(Buffer::Theta, 0, dims.to_vec()).unwrap();
    let y = build(&mut graph, x);
    let (count, shape) = (graph.shape(x).len(), graph.shape(y).clone());
    let cotangent = graph.input(Buffer::Theta, count, shape.clone()).unwrap();
    let source = Source::new(4, Stream::PROBE, dims.len() as u64);
    let normal = |from: u64, n: usize| (0..n as u64).map(|i| source.normal(from + i)).collect::<Vec<f64>>();
    let mut feeds = Feeds::default();
    feeds.reals[Buffer::Theta as usize] = normal(0, count + shape.len());
    feeds.reals[Buffer::Direction as usize] = normal(1000, count + shape.len());
    // shares of rows, none of them 0
    let targets = normal(2000, count).iter().map(|z| 0.2 + z.abs()).collect::<Vec<f64>>();
    let shares = targets.chunks(K).flat_map(|row| row.iter().map(|t| t / row.iter().sum::<f64>()));
    feeds.reals[Buffer::Targets as usize] = shares.collect();
    feeds.indices[Buffer::Labels as usize] = labels.to_vec();
    derivatives::check(name, &mut graph, [&[y], &[x], &[cotangent]], &feeds);
}

#[test]
fn first_and_second_derivatives_are_those_of_central_differences() {
    let mut seen = HashSet::new();
    for loss in losses() {
        let name = serde_json::to_string(&loss).unwrap();
        assert!(seen.insert(name.clone()), "{name} twice");
        for dims in [&[N, K][..], &[N, T, K]] {
            let rows = dims.iter().product::<usize>() / K;
            let labels: Vec<u32> = (0..rows as u32).map(|i| (3 * i + 1) % K as u32).collect();
            check(&format!("{name} of labels"), dims, &labels, |g, x| {
                let labels = g.input(Buffer::Labels, 0, [rows]).unwrap();
                loss.per_example(g, x, labels).unwrap()
            });
            check(&format!("{name} of real targets"), dims, &labels, |g, x| {
                let targets = g.input(Buffer::Targets, 0, dims.to_vec()).unwrap();
                loss.per_example(g, x, targets).unwrap()
            });
        }
    }
}

#[test]
fn so_are_those_of_the_divergence_of_normal_distributions() {
    check("gaussian divergence", &[N, K], &[], |g, x| {
        let [mean, log_variance] = [0, K / 2].map(|from| g.slice(x, vec![0, from], vec![N, K / 2]).unwrap());
        gaussian_divergence(g, mean, log_variance).unwrap()
    });
}
