use super::*;
use crate::exec::{Bindings, Executor, Output, Plan, Sink};
use crate::graph::Buffer;

fn read(json: &str) -> std::result::Result<Loss, serde_json::Error> {
    serde_json::from_str(json)
}

/// The losses of rows of 3 outputs for labels or for real targets, and their first and second derivatives along the
/// diagonal with respect to the outputs.
fn values(loss: &Loss, x: &[f64], labels: Option<&[u32]>, targets: &[f64]) -> [Vec<f64>; 3] {
    let rows = x.len() / 3;
    let mut g = Graph::new();
    let input = g.input(Buffer::Features, 0, [rows, 3]).unwrap();
    let target = match labels {
        Some(_) => g.input(Buffer::Labels, 0, [rows]),
        None => g.input(Buffer::Targets, 0, [rows, 3]),
    };
    let losses = loss.per_example(&mut g, input, target.unwrap()).unwrap();
    let sum = g.sum_all(losses).unwrap();
    let slope = g.gradient(sum, &[input]).unwrap()[0];
    let total = g.sum_all(slope).unwrap();
    let bend = g.gradient(total, &[input]).unwrap()[0];
    let outputs: Vec<Output> = [(losses, 0), (slope, rows), (bend, 4 * rows)]
        .map(|(value, offset)| Output { value, sink: Sink::Prediction, offset, add: false })
        .to_vec();
    let mut out = vec![0.0; 7 * rows];
    let mut bindings = Bindings::new()
        .reals(Buffer::Features, x)
        .reals(Buffer::Targets, targets)
        .indices(Buffer::Labels, labels.unwrap_or(&[]))
        .sink(Sink::Prediction, &mut out);
    Executor::new(Plan::new(&g, &outputs).unwrap()).unwrap().run(&mut bindings).unwrap();
    let (losses, rest) = out.split_at(rows);
    let (slopes, bends) = rest.split_at(3 * rows);
    [losses.to_vec(), slopes.to_vec(), bends.to_vec()]
}

fn near(got: &[f64], want: &[f64]) {
    let close = |(g, w): (&f64, &f64)| (g - w).abs() <= 1e-12 * w.abs().max(1.0);
    assert!(got.len() == want.len() && got.iter().zip(want).all(close), "{got:?} instead of {want:?}");
}

#[test]
fn a_loss_without_options_is_its_name() {
    for info in Loss::docs() {
        let json = format!("\"{}\"", info.name);
        assert_eq!(serde_json::to_string(&read(&json).unwrap()).unwrap(), json);
        assert_eq!(read(&format!("{{\"type\":{json}}}")).unwrap(), read(&json).unwrap());
        assert!(!info.title.is_empty() && !info.formula.is_empty() && !info.source.is_empty());
    }
    for json in [
        r#"{"type":"huber","delta":2.0}"#,
        r#"{"type":"softmaxCrossEntropy","labelSmoothing":0.1,"classWeights":[1.0,2.0],"ignoreIndex":0}"#,
        r#"{"type":"binaryCrossEntropy","positiveWeights":[3.0]}"#,
    ] {
        assert_eq!(serde_json::to_string(&read(json).unwrap()).unwrap(), json);
    }
    let error = read(r#""squared""#).unwrap_err().to_string();
    assert!(error.contains("unknown type `squared`; use one of softmaxCrossEntropy"), "{error}");
    assert!(read(r#"{"type":"meanSquaredError","delta":1}"#).is_err());
}

#[test]
fn options_out_of_range_are_refused() {
    let code = |json: &str, outputs| read(json).unwrap().check(outputs).map_err(|e| e.report().code);
    for json in [
        r#"{"type":"huber","delta":0}"#,
        r#"{"type":"smoothL1","beta":-1}"#,
        r#"{"type":"softmaxCrossEntropy","labelSmoothing":1.5}"#,
        r#"{"type":"softmaxCrossEntropy","classWeights":[1,2]}"#,
        r#"{"type":"softmaxCrossEntropy","classWeights":[0,0,0]}"#,
        r#"{"type":"softmaxCrossEntropy","ignoreIndex":3}"#,
        r#"{"type":"binaryCrossEntropy","positiveWeights":[1,2]}"#,
    ] {
        assert_eq!(code(json, 3), Err("loss-option"), "{json}");
    }
    assert_eq!(code(r#"{"type":"binaryCrossEntropy","positiveWeights":[2]}"#, 3), Ok(()));
}

#[test]
fn losses_of_the_error_and_their_derivatives() {
    // errors on both sides of every bend, 0 among them
    let (x, t) = ([0.5, -0.25, 3.0, 1.0, -4.0, 0.0], [0.0, 0.0, 0.0, 1.0, 1.0, 1.0]);
    let loss = |json: &str| values(&read(json).unwrap(), &x, None, &t);
    let e: Vec<f64> = x.iter().zip(t).map(|(x, t)| x - t).collect();
    let check = |json: &str, f: fn(f64) -> [f64; 3]| {
        let [losses, slopes, bends] = loss(json);
        let each: Vec<[f64; 3]> = e.iter().map(|&e| f(e)).collect();
        near(&losses, &[0, 3].map(|r| each[r..r + 3].iter().map(|v| v[0]).sum::<f64>() / 3.0));
        near(&slopes, &each.iter().map(|v| v[1] / 3.0).collect::<Vec<_>>());
        near(&bends, &each.iter().map(|v| v[2] / 3.0).collect::<Vec<_>>());
    };
    check(r#""meanSquaredError""#, |e| [e * e, 2.0 * e, 2.0]);
    check(r#""halfMeanSquaredError""#, |e| [e * e / 2.0, e, 1.0]);
    check(r#""meanAbsoluteError""#, |e| [e.abs(), if e == 0.0 { 0.0 } else { e.signum() }, 0.0]);
    check(r#"{"type":"huber","delta":2}"#, |e| {
        if e.abs() <= 2.0 { [e * e / 2.0, e, 1.0] } else { [2.0 * (e.abs() - 1.0), 2.0 * e.signum(), 0.0] }
    });
    check(r#"{"type":"smoothL1","beta":0.5}"#, |e| {
        if e.abs() <= 0.5 { [e * e, 2.0 * e, 2.0] } else { [e.abs() - 0.25, e.signum(), 0.0] }
    });
    check(r#""logCosh""#, |e| {
        let slope = libm::tanh(e);
        [libm::log(libm::cosh(e)), slope, 1.0 - slope * slope]
    });
    // no overflow far out
    let [losses, slopes, _] = values(&read(r#""logCosh""#).unwrap(), &[900.0, -900.0, 0.0], None, &[0.0; 3]);
    near(&losses, &[(1800.0 - 2.0 * std::f64::consts::LN_2) / 3.0]);
    near(&slopes, &[1.0 / 3.0, -1.0 / 3.0, 0.0]);
}

#[test]
fn cross_entropy_with_every_option() {
    let x = [0.3, -1.0, 2.0, 0.0, 0.5, -0.5, 1.0, 1.0, 1.0];
    let log_softmax: Vec<f64> = x
        .chunks(3)
        .flat_map(|row| {
            let total = libm::log(row.iter().map(|&v| libm::exp(v)).sum::<f64>());
            row.iter().map(move |v| v - total)
        })
        .collect();
    let json =
        r#"{"type":"softmaxCrossEntropy","labelSmoothing":0.3,"classWeights":[1,2,4],"ignoreIndex":1}"#;
    let loss = read(json).unwrap();
    let row = |label: usize, logs: &[f64]| {
        let term = |k: usize| [1.0, 2.0, 4.0][k] * (0.7 * f64::from(u8::from(k == label)) + 0.1) * -logs[k];
        (0..3).map(term).sum::<f64>()
    };
    let [losses, ..] = values(&loss, &x, Some(&[2, 1, 0]), &[]);
    near(&losses, &[row(2, &log_softmax[..3]), 0.0, row(0, &log_softmax[6..])]);
    let weights: Vec<f64> = (0..3).filter_map(|label| loss.weight(label)).collect();
    near(&weights, &[1.0, 0.0, 4.0]);
    // rows of probabilities instead of labels
    let plain = Loss::from(SoftmaxCrossEntropy::default());
    let t = [0.2, 0.3, 0.5, 1.0, 0.0, 0.0, 0.0, 0.0, 1.0];
    let [losses, slopes, _] = values(&plain, &x, None, &t);
    let want: Vec<f64> =
        (0..3).map(|r| -(0..3).map(|k| t[3 * r + k] * log_softmax[3 * r + k]).sum::<f64>()).collect();
    near(&losses, &want);
    near(&slopes, &log_softmax.iter().zip(t).map(|(l, t)| libm::exp(*l) - t).collect::<Vec<_>>());
    assert_eq!(plain.weight(0), None);
    // the divergence is less by the entropy of the target
    let [divergences, ..] = values(&KlDivergence {}.into(), &x, None, &t);
    let entropy = -[0.2_f64, 0.3, 0.5].iter().map(|&p| p * libm::log(p)).sum::<f64>();
    near(&divergences, &[want[0] - entropy, want[1], want[2]]);
}

#[test]
fn losses_of_each_output_alone() {
    let (x, labels) = ([1.5, -40.0, 0.25], [0_u32]);
    let softplus = |v: f64| v.max(0.0) + libm::log1p(libm::exp(-v.abs()));
    let loss = read(r#"{"type":"binaryCrossEntropy","positiveWeights":[3,1,1]}"#).unwrap();
    let [losses, slopes, _] = values(&loss, &x, Some(&labels), &[]);
    near(&losses, &[(3.0 * softplus(-1.5) + softplus(-40.0) + softplus(0.25)) / 3.0]);
    let sigmoid = |v: f64| 1.0 / (1.0 + libm::exp(-v));
    near(&slopes, &[-sigmoid(-1.5), sigmoid(-40.0) / 3.0, sigmoid(0.25) / 3.0]);
    let [losses, slopes, _] = values(&Hinge {}.into(), &x, Some(&labels), &[]);
    near(&losses, &[1.25 / 3.0]);
    near(&slopes, &[0.0, 0.0, 1.0 / 3.0]);
}

#[test]
fn a_loss_of_steps_is_the_mean_over_them() {
    let mut g = Graph::new();
    let x = g.input(Buffer::Features, 0, [2, 2, 3]).unwrap();
    let labels = g.input(Buffer::Labels, 0, [4]).unwrap();
    let losses = Loss::from(SoftmaxCrossEntropy::default()).per_example(&mut g, x, labels).unwrap();
    let outputs = [Output::new(losses, Sink::ExampleLoss)];
    let mut out = [0.0; 2];
    let mut bindings = Bindings::new()
        .reals(Buffer::Features, &[0.0, 0.0, 0.0, 1.0, 0.0, 0.0, 0.0, 2.0, 0.0, 0.0, 0.0, 0.0])
        .indices(Buffer::Labels, &[0, 0, 1, 2])
        .sink(Sink::ExampleLoss, &mut out);
    Executor::new(Plan::new(&g, &outputs).unwrap()).unwrap().run(&mut bindings).unwrap();
    let row = |x: [f64; 3], label: usize| libm::log(x.iter().map(|&v| libm::exp(v)).sum::<f64>()) - x[label];
    let want = [
        (row([0.0; 3], 0) + row([1.0, 0.0, 0.0], 0)) / 2.0,
        (row([0.0, 2.0, 0.0], 1) + row([0.0; 3], 2)) / 2.0,
    ];
    near(&out, &want);
    let wrong = g.input(Buffer::Labels, 0, [2]).unwrap();
    assert!(Loss::from(Hinge {}).per_example(&mut g, x, wrong).is_err());
}

#[test]
fn the_divergence_of_a_normal_distribution_from_the_standard_one() {
    let mut g = Graph::new();
    let mean = g.input(Buffer::Features, 0, [1, 2]).unwrap();
    let log_variance = g.input(Buffer::Targets, 0, [1, 2]).unwrap();
    let divergence = gaussian_divergence(&mut g, mean, log_variance).unwrap();
    let mut out = [0.0];
    let mut bindings = Bindings::new()
        .reals(Buffer::Features, &[1.0, -2.0])
        .reals(Buffer::Targets, &[0.0, 1.0])
        .sink(Sink::ExampleLoss, &mut out);
    let plan = Plan::new(&g, &[Output::new(divergence, Sink::ExampleLoss)]).unwrap();
    Executor::new(plan).unwrap().run(&mut bindings).unwrap();
    near(&out, &[0.5 * (1.0 + 4.0 + std::f64::consts::E - 2.0)]);
}

/// A description of a loss whose instructions are written one behind the other.
fn own(function: &str) -> Loss {
    read(&format!(r#"{{"type":"customLoss","function":[{function}]}}"#)).unwrap()
}

#[test]
fn a_loss_of_the_description_is_the_one_it_describes() {
    let (x, targets) = ([0.3, -1.2, 0.8, 2.0, 0.1, -0.4], [0.0, -1.0, 1.0, 0.5, 0.5, -2.0]);
    let squares = own(r#"{"op":"sub","of":[0,1]},{"op":"mul","of":[2,2]}"#);
    let wanted = values(&MeanSquaredError::default().into(), &x, None, &targets);
    for (got, want) in values(&squares, &x, None, &targets).iter().zip(&wanted) {
        near(got, want);
    }
    // of classes the rows with 1 at the class come
    let entropy = own(
        r#"{"op":"logSoftmax","of":[0]},{"op":"mul","of":[1,2]},{"op":"sum","of":[3]},{"op":"neg","of":[4]}"#,
    );
    let wanted = values(&SoftmaxCrossEntropy::default().into(), &x, Some(&[2, 0]), &[]);
    for (got, want) in values(&entropy, &x, Some(&[2, 0]), &[]).iter().zip(&wanted) {
        near(got, want);
    }
}

#[test]
fn a_loss_of_the_description_may_not_mix_examples_or_leave_the_output_out() {
    for (function, code) in [
        ("", "own-function"),
        (r#"{"op":"constant","number":1.0}"#, "own-result"),
        (r#"{"op":"sum","of":[0],"axes":[1]}"#, "own-function"),
        (r#"{"op":"sum","of":[0]},{"op":"softmax","of":[2]}"#, "own-function"),
        (r#"{"op":"sum","of":[0,1]}"#, "own-function"),
        (r#"{"op":"add","of":[0,2]}"#, "own-function"),
        (r#"{"op":"constant"}"#, "own-function"),
        (r#"{"op":"matMul","of":[0,1]}"#, "own-function"),
        (r#"{"op":"reshape","of":[0]}"#, "own-function"),
        (r#"{"op":"sum","of":[0]},{"op":"add","of":[0,2]}"#, "own-function"),
    ] {
        let mut g = Graph::new();
        let x = g.input(Buffer::Features, 0, [4, 3]).unwrap();
        let target = g.input(Buffer::Targets, 0, [4, 3]).unwrap();
        let error = own(function).per_example(&mut g, x, target).unwrap_err();
        assert_eq!(error.report().code, code, "{function}: {error}");
    }
    for function in [
        r#"{"op":"reshape","of":[0],"shape":[4]}"#,
        r#"{"op":"reshape","of":[0],"shape":[18446744073709551615,2]}"#,
        r#"{"op":"transpose","of":[0],"axes":[1]}"#,
        r#"{"op":"transpose","of":[0],"axes":[18446744073709551615]}"#,
        r#"{"op":"slice","of":[0],"begin":[2],"shape":[2]}"#,
        r#"{"op":"slice","of":[0],"begin":[18446744073709551615],"shape":[2]}"#,
        r#"{"op":"slice","of":[0],"begin":[],"shape":[]}"#,
    ] {
        let mut g = Graph::new();
        let x = g.input(Buffer::Features, 0, [4, 3]).unwrap();
        let target = g.input(Buffer::Targets, 0, [4, 3]).unwrap();
        assert!(own(function).per_example(&mut g, x, target).is_err(), "{function}");
    }
}
