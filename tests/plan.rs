//! Graphs and their plans: sharing of equal nodes, dead code, fusion, memory that is used again.
//!
//! Random graphs of operations that are exact on small integers must give exactly what the naive reference gives; and a
//! program in which chains are fused must give the bits of one in which every intermediate value is kept.

#![cfg(not(target_family = "wasm"))]

mod program;
mod reference;

use program::{Feeds, Runner};
use proptest::prelude::*;
use saddlepoint::kernels::Real;
use saddlepoint::{Bindings, Buffer, DType, Executor, Graph, Output, Plan, Shape, Sink, Value};

fn bits<T: Real>(values: &[T]) -> Vec<u64> {
    values.iter().map(|v| v.canonical_bits()).collect()
}

#[test]
fn equal_nodes_are_shared_but_not_random_ones_of_two_streams() {
    let mut g = Graph::new();
    let x = g.input(Buffer::Theta, 0, [4]).unwrap();
    let a = g.exp(x).unwrap();
    let count = g.nodes().len();
    g.set_scope("elsewhere");
    assert_eq!(g.exp(x).unwrap(), a);
    assert_eq!(g.nodes().len(), count);
    // the derivative of exp is its own output: nothing is computed twice
    let loss = g.sum_all(a).unwrap();
    let slope = g.gradient(loss, &[x]).unwrap();
    assert_eq!(slope, [a]);

    let examples = g.input(Buffer::Examples, 0, [3]).unwrap();
    let (one, two) =
        (g.random_uniform(1, examples, [4]).unwrap(), g.random_uniform(2, examples, [4]).unwrap());
    assert_ne!(one, two);
    assert_eq!(g.random_uniform(1, examples, [4]).unwrap(), one);
    assert_ne!(g.random_normal(1, examples, [4]).unwrap(), one);

    let mut feeds = Feeds::default();
    feeds.indices[Buffer::Examples as usize] = vec![7, 7, 8];
    let drawn = Runner::<f32>::new(&g, &[one, two]).run_each(&feeds);
    assert_ne!(drawn[0], drawn[1]);
    // numbers belong to the example, not to its place in the batch
    assert_eq!(drawn[0][..4], drawn[0][4..8]);
    assert_ne!(drawn[0][4..8], drawn[0][8..]);
}

#[test]
fn a_graph_prints_one_line_a_node() {
    let mut g = Graph::new();
    let x = g.input(Buffer::Features, 0, [1, 2, 2, 3]).unwrap();
    let y =
        g.push(saddlepoint::ops::MaxPool { window: saddlepoint::Window::new([2, 2]) }.into(), &[x]).unwrap();
    g.one_hot(y[1], 4).unwrap();
    let text = g.to_string();
    let lines: Vec<&str> = text.lines().collect();
    assert_eq!(lines.len(), 3);
    assert!(lines[0].starts_with("%0 = Input(") && lines[0].ends_with("() -> (1, 2, 2, 3)"), "{text}");
    assert!(lines[1].starts_with("%1 = MaxPool("), "{text}");
    assert!(lines[1].ends_with("(%0) -> (1, 1, 1, 3), (1, 1, 1, 3) of indices"), "{text}");
    assert!(lines[2].ends_with("(%1.1) -> (1, 1, 1, 3, 4)"), "{text}");
}

#[test]
fn mistakes_in_derivatives_are_refused() {
    let mut g = Graph::new();
    let x = g.input(Buffer::Theta, 0, [4]).unwrap();
    let labels = g.input(Buffer::Labels, 0, [4]).unwrap();
    let y = g.exp(x).unwrap();
    let loss = g.sum_all(y).unwrap();
    let error = g.gradient(y, &[x]).unwrap_err();
    assert_eq!(error.report().code, "loss-not-scalar", "{error}");
    let error = g.gradient(labels, &[x]).unwrap_err();
    assert_eq!(error.report().code, "loss-not-scalar", "{error}");
    let error = g.gradient(loss, &[labels]).unwrap_err();
    assert_eq!(error.report().code, "derivative-of-index", "{error}");
    let error = g.pull_back(&[(y, loss)], &[x]).unwrap_err();
    assert_eq!(error.report().code, "cotangent-shape", "{error}");
    // a value that the loss does not depend on, and one added after it
    let later = g.input(Buffer::Theta, 9, [2]).unwrap();
    let zero = g.gradient(loss, &[later]).unwrap();
    assert_eq!(Runner::<f64>::new(&g, &zero).run(&Feeds::default()), [0.0, 0.0]);
}

#[test]
fn dead_code_is_left_out() {
    let mut g = Graph::new();
    let x = g.input(Buffer::Theta, 0, [40]).unwrap();
    let y = g.tanh(x).unwrap();
    let y = g.sum_all(y).unwrap();
    let alone = Plan::new(&g, &[Output::new(y, Sink::Loss)]).unwrap();
    let far = g.input(Buffer::Direction, 1000, [40]).unwrap();
    let dead = g.mul(y, far).unwrap();
    g.sum_all(dead).unwrap();
    let again = Plan::new(&g, &[Output::new(y, Sink::Loss)]).unwrap();
    assert_eq!(again.len(), alone.len());
    assert_eq!(again.bytes::<f32>(), alone.bytes::<f32>());
    // what only dead code reads need not be there
    let (theta, mut loss) = (vec![0.0_f32; 40], [1.0]);
    let mut bindings = Bindings::new().reals(Buffer::Theta, &theta).sink(Sink::Loss, &mut loss);
    Executor::new(again).unwrap().run(&mut bindings).unwrap();
    assert_eq!(loss, [0.0]);
}

#[test]
fn a_missing_or_short_buffer_is_named_and_nothing_runs() {
    let mut g = Graph::new();
    let x = g.input(Buffer::Features, 2, [3]).unwrap();
    let y = g.exp(x).unwrap();
    let mut executor = Executor::<f64>::new(Plan::new(&g, &[Output::new(y, Sink::Loss)]).unwrap()).unwrap();
    let (features, mut out) = ([0.0; 5], [7.0; 3]);
    let mut bindings = Bindings::new().reals(Buffer::Features, &features[..4]).sink(Sink::Loss, &mut out);
    let error = executor.run(&mut bindings).unwrap_err().to_string();
    assert!(error.starts_with("Features: expected at least 5 elements, got 4"), "{error}");
    let mut bindings = Bindings::new().reals(Buffer::Features, &features).sink(Sink::Loss, &mut out[..2]);
    let error = executor.run(&mut bindings).unwrap_err().to_string();
    assert!(error.starts_with("Loss: expected at least 3 elements, got 2"), "{error}");
    assert_eq!(out, [7.0; 3]);
}

#[test]
fn the_first_value_that_is_not_finite_is_named() {
    let mut g = Graph::new();
    let x = g.input(Buffer::Theta, 0, [2, 2]).unwrap();
    g.set_scope("dense_1");
    let y = g.matmul(x, x, false, false).unwrap();
    g.set_scope("dense_2");
    let y = g.exp(y).unwrap();
    g.set_scope("loss");
    let y = g.sum_all(y).unwrap();
    let mut executor = Executor::<f64>::new(Plan::new(&g, &[Output::new(y, Sink::Loss)]).unwrap()).unwrap();
    let mut found = |theta: [f64; 4]| {
        let mut loss = [0.0];
        let mut bindings = Bindings::new().reals(Buffer::Theta, &theta).sink(Sink::Loss, &mut loss);
        executor.first_not_finite(&mut bindings).unwrap()
    };
    assert_eq!(found([1.0; 4]), None);
    assert_eq!(found([30.0; 4]), Some(("dense_2".to_owned(), "Exp")));
    assert_eq!(found([1e200; 4]), Some(("dense_1".to_owned(), "MatMul")));
}

#[test]
fn outputs_may_be_inputs_constants_views_repeated_and_added() {
    let mut g = Graph::new();
    let x = g.input(Buffer::Theta, 1, [2, 3]).unwrap();
    let y = g.neg(x).unwrap();
    let flat = g.reshape(y, [6]).unwrap();
    let filled = g.fill(0.5, [2]).unwrap();
    let constant = g.constant(4.0).unwrap();
    let values = [x, y, flat, filled, constant, x, y];
    let mut outputs = Vec::new();
    let mut offset = 0;
    for value in values {
        outputs.push(Output { value, sink: Sink::Prediction, offset, add: offset > 0 });
        offset += g.shape(value).len();
    }
    let mut executor = Executor::<f32>::new(Plan::new(&g, &outputs).unwrap()).unwrap();
    let theta: Vec<f32> = (0..7_u8).map(f32::from).collect();
    let (up, down) = ([1.0, 2.0, 3.0, 4.0, 5.0, 6.0], [-1.0, -2.0, -3.0, -4.0, -5.0, -6.0]);
    let mut out = vec![100.0_f32; offset];
    for round in 1..=3_u8 {
        let mut bindings = Bindings::new().reals(Buffer::Theta, &theta).sink(Sink::Prediction, &mut out);
        executor.run(&mut bindings).unwrap();
        // the first replaces, the others add up
        let sum = |part: &[f32]| -> Vec<f32> { part.iter().map(|v| 100.0 + f32::from(round) * v).collect() };
        let mut want = up.to_vec();
        for part in [&down[..], &down, &[0.5; 2], &[4.0], &up, &down] {
            want.extend(sum(part));
        }
        assert_eq!(out, want);
    }
}

/// A value that is read whole and, through a view, stretched by one and the same chain must not be written over
/// while the stretched reads go on.
#[test]
fn a_chain_does_not_write_over_what_it_still_reads_stretched() {
    for len in [4_usize, 700] {
        let mut g = Graph::new();
        let x = g.input(Buffer::Features, 0, [len]).unwrap();
        // computed by something that is not elementwise, so that it has a slot which dies in the chain
        let x = g.slice(x, vec![0], vec![len]).unwrap();
        let row = g.expand(x, [1, len]).unwrap();
        let view = g.reshape(x, [1, len]).unwrap();
        let scalar = g.slice(x, vec![1], vec![1]).unwrap();
        let twice = g.add(view, row).unwrap();
        let y = g.mul(twice, scalar).unwrap();
        let y = g.add(y, row).unwrap();
        let mut feeds = Feeds::default();
        feeds.reals[Buffer::Features as usize] = (0..len).map(|i| i as f64 + 2.0).collect();
        let want: Vec<f64> =
            feeds.reals[Buffer::Features as usize].iter().map(|v| 2.0 * v * 3.0 + v).collect();
        assert_eq!(Runner::<f64>::new(&g, &[y]).run(&feeds), want);
    }
}

/// One random choice while a graph grows.
#[derive(Debug, Clone)]
struct Pick {
    kind: u8,
    /// Which earlier values it takes, counted from the end so that shared use and long chains both come up.
    operands: [u8; 3],
    /// A subset of axes, or another small choice.
    choice: u8,
}

/// A random graph.
#[derive(Debug, Clone)]
struct Recipe {
    extents: [usize; 3],
    picks: Vec<Pick>,
    outputs: Vec<u8>,
}

fn recipe() -> impl Strategy<Value = Recipe> {
    let pick = (any::<u8>(), any::<[u8; 3]>(), any::<u8>()).prop_map(|(kind, operands, choice)| Pick {
        kind,
        operands,
        choice,
    });
    // 512 elements fill one tile of a fused chain; both sides of that border come up
    let last = prop::sample::select(vec![1, 2, 3, 5, 8, 17, 130, 300, 512, 513]);
    let extents = (1..4_usize, 1..6_usize, last).prop_map(|(a, b, c)| [a, b, c]);
    (extents, prop::collection::vec(pick, 1..28), prop::collection::vec(any::<u8>(), 0..4))
        .prop_map(|(extents, picks, outputs)| Recipe { extents, picks, outputs })
}

/// Values of a graph under construction with a bound of their size, so that integers stay exact.
struct Grown {
    graph: Graph,
    values: Vec<(Value, f64)>,
    feeds: Feeds,
}

/// Largest number of elements of a value.
const MOST: usize = 12_000;

impl Grown {
    /// `smooth` allows functions that are not exact on integers.
    fn new(recipe: &Recipe, smooth: bool) -> Self {
        let mut graph = Graph::new();
        let [a, b, c] = recipe.extents;
        let mut offset = 0;
        let shapes: [Vec<usize>; 6] =
            [vec![a, b, c], vec![c], vec![b, 1], vec![a, 1, 1], vec![], vec![a, b, c]];
        let mut values = Vec::new();
        for dims in shapes {
            values.push((graph.input(Buffer::Theta, offset, dims.clone()).unwrap(), 3.0));
            offset += dims.iter().product::<usize>();
        }
        let mut feeds = Feeds::default();
        // small integers of both signs, zeros among them
        feeds.reals[Buffer::Theta as usize] = (0..offset as u64)
            .map(|i| (i.wrapping_mul(0x9E37_79B9) >> 7) % 7)
            .map(|v| v as f64 - 3.0)
            .collect();
        let mut grown = Self { graph, values, feeds };
        for pick in &recipe.picks {
            grown.grow(pick, smooth);
        }
        grown
    }

    fn operand(&self, pick: &Pick, i: usize) -> (Value, f64) {
        let n = self.values.len();
        self.values[n - 1 - usize::from(pick.operands[i]) % n]
    }

    /// Adds what the pick says, or nothing if it does not fit.
    fn grow(&mut self, pick: &Pick, smooth: bool) {
        let ((x, bx), (y, by), (z, bz)) =
            (self.operand(pick, 0), self.operand(pick, 1), self.operand(pick, 2));
        let leaf = self.values[usize::from(pick.choice) % 6].0;
        let g = &mut self.graph;
        let dims = g.shape(x).dims().to_vec();
        let len = g.shape(x).len();
        let axes: Vec<usize> = (0..dims.len()).filter(|a| pick.choice >> a & 1 == 1).collect();
        let kinds = if smooth { 26 } else { 20 };
        let (made, bound) = match pick.kind % kinds {
            0 => (g.neg(x), bx),
            1 => (g.abs(x), bx),
            2 => (g.relu(x), bx),
            3 => (g.sign(x), 1.0),
            4 | 5 => (g.add(x, y), bx + by),
            6 => (g.sub(x, y), bx + by),
            7 => (g.maximum(x, y), bx.max(by)),
            8 => (g.minimum(x, y), bx.max(by)),
            9 => (g.mul(x, leaf), 3.0 * bx),
            10 => (g.greater(x, y), 1.0),
            11 => {
                let condition = g.greater_or_equal(x, leaf);
                (condition.and_then(|c| g.select(c, y, z)), by.max(bz))
            }
            12 | 13 => (g.sum(x, &axes), bx * len as f64),
            14 => (g.max_over(x, &axes), bx),
            15 => {
                let shape = match pick.choice % 4 {
                    0 => vec![len],
                    1 => [&[1], &dims[..]].concat(),
                    2 => dims.iter().rev().copied().collect(),
                    _ => [&dims[..], &[1]].concat(),
                };
                (g.reshape(x, shape), bx)
            }
            16 => {
                let shape = match pick.choice % 3 {
                    0 => Ok(Shape::from([&[1], &dims[..]].concat())),
                    1 => Ok(Shape::from([&[2], &dims[..]].concat())),
                    _ => g.shape(x).broadcast(g.shape(y)),
                };
                (shape.and_then(|s| g.expand(x, s)), bx)
            }
            17 => {
                let order: Vec<usize> = (0..dims.len()).rev().collect();
                (g.transpose(x, &order), bx)
            }
            18 => {
                let starts: Vec<usize> = dims.iter().map(|&d| usize::from(d > 1)).collect();
                let lengths = dims.iter().zip(&starts).map(|(d, s)| d - s).collect();
                (g.slice(x, starts, lengths), bx)
            }
            19 => (g.scale(x, 2.0), 2.0 * bx),
            20 => (g.tanh(x), 1.0),
            21 => (g.sigmoid(x), 1.0),
            22 => (g.mul(x, y), bx * by),
            23 => (g.softplus(x), bx + 1.0),
            24 => {
                let bounded = g.tanh(x);
                (bounded.and_then(|b| g.exp(b)), 3.0)
            }
            _ => (g.scale(x, 0.1), bx),
        };
        // shapes that do not broadcast are refused, which is another test's concern
        let Ok(made) = made else { return };
        let shape = self.graph.shape(made);
        // 2^44 times the elements of a value stays below 2^53
        if shape.len() <= MOST && shape.rank() <= 5 && bound < 2.0_f64.powi(44) {
            self.values.push((made, bound));
        }
    }

    /// The values that leave the program: the last one, and some others.
    fn outputs(&self, recipe: &Recipe) -> Vec<Value> {
        let chosen = recipe.outputs.iter().map(|&o| usize::from(o) % self.values.len());
        [self.values.len() - 1].into_iter().chain(chosen).map(|i| self.values[i].0).collect()
    }
}

/// The outputs of the fused program and of the program that keeps every value, and of a second run of each.
fn fused_and_unfused<T: Real>(grown: &Grown, outputs: &[Value]) -> [Vec<u64>; 4] {
    let all: Vec<Value> = reference::values(&grown.graph)
        .into_iter()
        .flatten()
        .filter(|&v| grown.graph.type_of(v).dtype == DType::Real)
        .collect();
    let mut fused = Runner::<T>::new(&grown.graph, outputs);
    let mut kept = Runner::<T>::new(&grown.graph, &all);
    let mut unfused = || {
        let each = kept.run_each(&grown.feeds);
        let place = |v: &Value| all.iter().position(|a| a == v).unwrap();
        let chosen: Vec<T> = outputs.iter().flat_map(|v| each[place(v)].clone()).collect();
        bits(&chosen)
    };
    let apart = [unfused(), unfused()];
    let together = [fused.run(&grown.feeds), fused.run(&grown.feeds)].map(|v| bits(&v));
    let ([a, b], [c, d]) = (together, apart);
    [a, b, c, d]
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 192, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn random_programs_are_exactly_the_reference_on_integers(recipe in recipe()) {
        let grown = Grown::new(&recipe, false);
        let outputs = grown.outputs(&recipe);
        let all = reference::evaluate(&grown.graph, &grown.feeds);
        let got = Runner::<f64>::new(&grown.graph, &outputs).run_each(&grown.feeds);
        for (value, got) in outputs.iter().zip(got) {
            let want: Vec<f64> = all[value].real().iter().copied().collect();
            prop_assert_eq!(got, want, "{}", grown.graph);
        }
    }

    #[test]
    fn fusion_and_reuse_of_memory_change_no_bit(recipe in recipe()) {
        let mut grown = Grown::new(&recipe, true);
        let mut outputs = grown.outputs(&recipe);
        // the derivative of the last value too: a program as training runs it
        let leaves: Vec<Value> = grown.values[..6].iter().map(|v| v.0).collect();
        let loss = grown.graph.sum_all(outputs[0]).unwrap();
        outputs.extend(grown.graph.gradient(loss, &leaves).unwrap());
        for [a, b, c, d] in [fused_and_unfused::<f32>(&grown, &outputs), fused_and_unfused::<f64>(&grown, &outputs)] {
            prop_assert!(a == c, "fused and unfused differ: {}", grown.graph);
            prop_assert!(a == b && c == d, "a second run differs: {}", grown.graph);
        }
    }
}
