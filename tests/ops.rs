//! One walk over the sample cases of all operations: shapes, values, first and second derivatives.
//!
//! Values are held to the naive reference of `reference/`, derivatives to central differences in f64.

#![cfg(not(target_family = "wasm"))]

mod derivatives;
mod program;
mod reference;

use derivatives::assert_close;
use program::{Feeds, Runner};
use reference::{Tensor, apply};
use saddlepoint::kernels::Real;
use saddlepoint::ops::{Case, Elements, Eval, MAX_OUTPUTS, Op, Shapes, Values, Vjp};
use saddlepoint::{Buffer, DType, Graph, Shape, Source, Stream, TensorType, Value, Window};

/// The longest sums have 133 terms (the normal numbers of a reduction), each rounded to half an ulp, in an order that
/// is not the reference's: 64 ulp of the largest value. The kernels' own functions stay within a few ulp.
const ULPS: f64 = 64.0;

/// A case in a graph. Real inputs that have derivatives lie in theta one after the other, and behind them a random
/// cotangent for each real output; other reals are features, indices are labels.
struct Setup {
    name: String,
    case: Case,
    graph: Graph,
    inputs: Vec<Value>,
    outputs: Vec<Value>,
    /// Parts of theta that the operation reads.
    parameters: Vec<Value>,
    /// The parts behind them.
    cotangents: Vec<Value>,
    feeds: Feeds,
}

impl Setup {
    fn new(number: usize, case: &Case) -> Self {
        let mut graph = Graph::new();
        let mut feeds = Feeds { seed: 11, step: 5, ..Feeds::default() };
        let (mut inputs, mut parameters) = (Vec::new(), Vec::new());
        for (i, input) in case.inputs.iter().enumerate() {
            let (buffer, shape) = match input.values {
                Values::Below(_) => (Buffer::Labels, input.shape.clone()),
                _ if input.differentiable => (Buffer::Theta, input.shape.clone()),
                _ => (Buffer::Features, input.shape.clone()),
            };
            let offset = match buffer.dtype() {
                DType::Index => feeds.indices[buffer as usize].len(),
                DType::Real => feeds.reals[buffer as usize].len(),
            };
            match buffer.dtype() {
                DType::Index => feeds.indices[buffer as usize].extend(input.indices(i as u32)),
                DType::Real => feeds.reals[buffer as usize].extend(input.reals(i as u32)),
            }
            let value = graph.input(buffer, offset, shape).unwrap();
            inputs.push(value);
            if buffer == Buffer::Theta {
                parameters.push(value);
            }
        }
        let outputs = graph.push(case.op.clone(), &inputs).unwrap();
        let source = Source::new(2, Stream::PROBE, number as u64);
        let theta = &mut feeds.reals[Buffer::Theta as usize];
        let mut cotangents = Vec::new();
        for &y in &outputs {
            if graph.type_of(y).dtype == DType::Real {
                let (offset, shape) = (theta.len(), graph.shape(y).clone());
                theta.extend((0..shape.len()).map(|i| source.normal((offset + i) as u64)));
                cotangents.push(graph.input(Buffer::Theta, offset, shape).unwrap());
            }
        }
        let direction = (0..theta.len()).map(|i| source.normal((theta.len() + i) as u64)).collect();
        feeds.reals[Buffer::Direction as usize] = direction;
        let shapes: Vec<String> = case.inputs.iter().map(|i| i.shape.to_string()).collect();
        let name = format!("{:?} of {}", case.op, shapes.join(", "));
        Self { name, case: case.clone(), graph, inputs, outputs, parameters, cotangents, feeds }
    }

    fn types(&self) -> Vec<TensorType> {
        self.case.inputs.iter().map(saddlepoint::ops::CaseInput::tensor_type).collect()
    }

    /// The inputs as the reference takes them.
    fn tensors(&self) -> Vec<Tensor> {
        let inputs = self.case.inputs.iter().enumerate();
        inputs
            .map(|(i, input)| match input.values {
                Values::Below(_) => Tensor::from_indices(&input.shape, &input.indices(i as u32)),
                _ => Tensor::from_reals(&input.shape, &input.reals(i as u32)),
            })
            .collect()
    }

    fn real_outputs(&self) -> Vec<Value> {
        self.outputs.iter().copied().filter(|&y| self.graph.type_of(y).dtype == DType::Real).collect()
    }
}

/// The operation alone, on memory full of NaN: reals and indices of its outputs.
fn direct<T: Real>(setup: &Setup) -> (Vec<Vec<T>>, Vec<u32>) {
    let (op, types) = (&setup.case.op, setup.types());
    let kinds = op.outputs(&types.iter().collect::<Vec<_>>()).unwrap();
    let shapes = Shapes {
        inputs: types.iter().map(|t| t.shape.clone()).collect(),
        outputs: kinds.iter().map(|t| t.shape.clone()).collect(),
    };
    let of_kind = |dtype| kinds.iter().filter(move |k| k.dtype == dtype).map(|k| k.shape.len());
    let mut reals: Vec<Vec<T>> = of_kind(DType::Real).map(|len| vec![T::NAN; len]).collect();
    reals.resize(MAX_OUTPUTS, Vec::new());
    let mut index = vec![u32::MAX; of_kind(DType::Index).sum()];
    let size = op.scratch(&shapes);
    let (mut scratch, mut offsets) = (vec![T::NAN; size.reals], vec![u32::MAX; size.indices]);
    let numbers: Vec<Vec<T>> = setup.case.inputs.iter().enumerate().map(|(i, x)| real(x, i)).collect();
    let places: Vec<Vec<u32>> =
        setup.case.inputs.iter().enumerate().map(|(i, x)| x.indices(i as u32)).collect();
    let read = |i: usize| match types[i].dtype {
        DType::Real => Elements::Real(&numbers[i][..]),
        DType::Index => Elements::Index(&places[i][..]),
    };
    let [a, b, c] = &mut reals[..] else { panic!("{MAX_OUTPUTS} outputs") };
    op.eval(&mut Eval {
        inputs: &read,
        count: types.len(),
        shapes: &shapes,
        y: [a, b, c],
        index: &mut index,
        scratch: &mut scratch,
        offsets: &mut offsets,
        seed: setup.feeds.seed,
        step: setup.feeds.step,
    });
    reals.truncate(of_kind(DType::Real).count());
    (reals, index)
}

fn real<T: Real>(input: &saddlepoint::ops::CaseInput, i: usize) -> Vec<T> {
    match input.values {
        Values::Below(_) => Vec::new(),
        _ => input.reals(i as u32).into_iter().map(T::from_f64).collect(),
    }
}

fn setups() -> Vec<Setup> {
    Op::cases().iter().enumerate().map(|(i, case)| Setup::new(i, case)).collect()
}

fn widen<T: Real>(values: &[T]) -> Vec<f64> {
    values.iter().map(|v| v.to_f64()).collect()
}

fn bits<T: Real>(values: &[T]) -> Vec<u64> {
    values.iter().map(|v| v.canonical_bits()).collect()
}

fn check_values<T: Real>(setup: &Setup, epsilon: f64) {
    let name = format!("{} in {}", setup.name, T::NAME);
    let tensors = setup.tensors();
    let want = apply(&setup.case.op, &tensors.iter().collect::<Vec<_>>(), &setup.feeds);
    assert_eq!(setup.outputs.len(), want.len(), "{name}: number of outputs");
    let (reals, index) = direct::<T>(setup);
    let mut reals = reals.into_iter();
    for (&y, want) in setup.outputs.iter().zip(&want) {
        assert_eq!(setup.graph.shape(y).dims(), want.shape(), "{name}: inferred shape");
        match want {
            Tensor::Real(want) => {
                let want: Vec<f64> = want.iter().copied().collect();
                let alone = reals.next().unwrap();
                assert_close(&name, &widen(&alone), &want, ULPS * epsilon);
                let run = Runner::<T>::new(&setup.graph, &[y]).run(&setup.feeds);
                assert_eq!(bits(&run), bits(&alone), "{name}: in a program and alone");
            }
            Tensor::Index(want) => {
                let want: Vec<u32> = want.iter().copied().collect();
                assert_eq!(index, want, "{name}: indices");
                // a program gives out reals only: the indices as a table of ones
                let mut graph = setup.graph.clone();
                let classes = want.iter().max().unwrap() + 1;
                let table = graph.one_hot(y, classes as usize).unwrap();
                let run = widen(&Runner::<T>::new(&graph, &[table]).run(&setup.feeds));
                let ones = want.iter().flat_map(|&w| (0..classes).map(move |c| f64::from(u8::from(c == w))));
                assert_eq!(run, ones.collect::<Vec<_>>(), "{name}: indices in a program");
            }
        }
    }
}

#[test]
fn values_and_shapes_are_those_of_the_reference() {
    for setup in setups() {
        check_values::<f64>(&setup, f64::EPSILON / 2.0);
        check_values::<f32>(&setup, f64::from(f32::EPSILON) / 2.0);
    }
}

#[test]
fn wrong_inputs_are_refused_under_the_name_of_the_scope() {
    for case in Op::cases() {
        let types: Vec<TensorType> =
            case.inputs.iter().map(saddlepoint::ops::CaseInput::tensor_type).collect();
        let mut graph = Graph::new();
        graph.set_scope("layer_7");
        let mut push = |types: &[TensorType]| {
            let buffer = |t: &TensorType| if t.dtype == DType::Real { Buffer::Theta } else { Buffer::Labels };
            let inputs: Vec<Value> =
                types.iter().map(|t| graph.input(buffer(t), 0, t.shape.clone()).unwrap()).collect();
            graph.push(case.op.clone(), &inputs)
        };
        assert!(push(&types).is_ok());
        // one input of the other kind, and one too many or none at all
        for i in 0..types.len() {
            let mut other = types.clone();
            other[i].dtype = if types[i].dtype == DType::Real { DType::Index } else { DType::Real };
            let error = push(&other).expect_err(&format!("{:?}: input {i} of the other kind", case.op));
            assert!(error.to_string().starts_with("layer_7: expected "), "{error}");
        }
        let fewer = if types.is_empty() { vec![TensorType::real(Shape::scalar())] } else { Vec::new() };
        let error = push(&fewer).expect_err(&format!("{:?}: wrong number of inputs", case.op));
        assert!(error.to_string().starts_with("layer_7: expected "), "{error}");
    }
}

#[test]
fn indices_have_no_derivative() {
    for mut setup in setups() {
        let mut cotangents = setup.cotangents.iter();
        let cotangents: Vec<Option<Value>> = setup
            .outputs
            .iter()
            .map(|&y| cotangents.next().copied().filter(|_| setup.graph.type_of(y).dtype == DType::Real))
            .collect();
        let at = Vjp { inputs: &setup.inputs, outputs: &setup.outputs, cotangents: &cotangents };
        let pulled = setup.case.op.vjp(&mut setup.graph, &at).unwrap();
        assert_eq!(pulled.len(), setup.inputs.len(), "{}: one entry an input", setup.name);
        for (&x, dx) in setup.inputs.iter().zip(pulled) {
            match setup.graph.type_of(x).dtype {
                DType::Index => assert_eq!(dx, None, "{}", setup.name),
                DType::Real => {
                    let fits = dx.is_none_or(|dx| setup.graph.type_of(dx) == setup.graph.type_of(x));
                    assert!(fits, "{}: type of a derivative", setup.name);
                }
            }
        }
    }
}

#[test]
fn first_and_second_derivatives_are_those_of_central_differences() {
    for mut setup in setups() {
        if setup.parameters.is_empty() || setup.cotangents.is_empty() {
            continue;
        }
        let ys = setup.real_outputs();
        let parts = [&ys[..], &setup.parameters, &setup.cotangents];
        derivatives::check(&setup.name, &mut setup.graph, parts, &setup.feeds);
    }
}

/// The derivative of the sum of `y` with respect to theta, at a point where `y` has a kink.
fn slope_at(theta: &[f64], y: impl FnOnce(&mut Graph, Value) -> Value) -> Vec<f64> {
    let mut graph = Graph::new();
    let x = graph.input(Buffer::Theta, 0, [theta.len()]).unwrap();
    let y = y(&mut graph, x);
    let loss = graph.sum_all(y).unwrap();
    let slope = graph.gradient(loss, &[x]).unwrap();
    let mut feeds = Feeds::default();
    feeds.reals[Buffer::Theta as usize] = theta.to_vec();
    Runner::<f64>::new(&graph, &slope).run(&feeds)
}

/// Central differences cannot see what a rule does at a kink: its documentation says it, and this holds it to that.
#[test]
fn at_kinks_and_ties_derivatives_are_the_documented_ones() {
    assert_eq!(slope_at(&[-1.0, 0.0, 2.0], |g, x| g.relu(x).unwrap()), [0.0, 0.0, 1.0]);
    assert_eq!(slope_at(&[-1.0, 0.0, 2.0], |g, x| g.abs(x).unwrap()), [-1.0, 0.0, 1.0]);
    assert_eq!(slope_at(&[-1.0, 0.0, 2.0], |g, x| g.leaky_relu(x, 0.5).unwrap()), [0.5, 0.5, 1.0]);
    let halves = |g: &mut Graph, x: Value| [0, 2].map(|start| g.slice(x, vec![start], vec![2]).unwrap());
    let maximum = |g: &mut Graph, x| {
        let [a, b] = halves(g, x);
        g.maximum(a, b).unwrap()
    };
    assert_eq!(slope_at(&[3.0, 1.0, 3.0, 2.0], maximum), [1.0, 0.0, 0.0, 1.0]);
    let minimum = |g: &mut Graph, x| {
        let [a, b] = halves(g, x);
        g.minimum(a, b).unwrap()
    };
    assert_eq!(slope_at(&[3.0, 1.0, 3.0, 2.0], minimum), [1.0, 1.0, 0.0, 0.0]);
    assert_eq!(slope_at(&[2.0, 5.0, 5.0, 1.0], |g, x| g.max_over(x, &[0]).unwrap()), [0.0, 0.5, 0.5, 0.0]);
    let pool = |g: &mut Graph, x| {
        let image = g.reshape(x, [1, 2, 2, 1]).unwrap();
        g.max_pool(image, Window::new([2, 2])).unwrap()
    };
    assert_eq!(slope_at(&[2.0, 5.0, 5.0, 1.0], pool), [0.0, 1.0, 0.0, 0.0]);
}
