//! A second, slow implementation of every operation, in f64, written from the definitions alone: what the kernels,
//! the plan and the executor are measured against.
//!
//! [`apply`] matches on [`Op`] without a wildcard, so an operation without a reference does not compile.

#![allow(dead_code, reason = "each test file is a program of its own and uses a part of this module")]

use crate::program::Feeds;
use ndarray::{ArrayD, ArrayViewD, Axis, Dimension, IxDyn, indices};
use saddlepoint::ops::Op;
use saddlepoint::{Buffer, Graph, Shape, Source, Stream, Value, Window};
use std::collections::HashMap;

/// A tensor with its shape.
#[derive(Debug, Clone, PartialEq)]
pub enum Tensor {
    Real(ArrayD<f64>),
    Index(ArrayD<u32>),
}

impl Tensor {
    pub fn from_reals(shape: &Shape, values: &[f64]) -> Self {
        Self::Real(ArrayD::from_shape_vec(shape.dims(), values.to_vec()).unwrap())
    }

    pub fn from_indices(shape: &Shape, values: &[u32]) -> Self {
        Self::Index(ArrayD::from_shape_vec(shape.dims(), values.to_vec()).unwrap())
    }

    pub fn shape(&self) -> &[usize] {
        match self {
            Self::Real(x) => x.shape(),
            Self::Index(x) => x.shape(),
        }
    }

    pub fn real(&self) -> &ArrayD<f64> {
        match self {
            Self::Real(x) => x,
            Self::Index(_) => panic!("indices where numbers are due"),
        }
    }

    pub fn index(&self) -> &ArrayD<u32> {
        match self {
            Self::Index(x) => x,
            Self::Real(_) => panic!("numbers where indices are due"),
        }
    }
}

/// Every value of a graph.
pub fn evaluate(graph: &Graph, feeds: &Feeds) -> HashMap<Value, Tensor> {
    let mut all: HashMap<Value, Tensor> = HashMap::new();
    for (values, node) in values(graph).into_iter().zip(graph.nodes()) {
        let inputs: Vec<&Tensor> = node.inputs.iter().map(|v| &all[v]).collect();
        let outputs = apply(&node.op, &inputs, feeds);
        all.extend(values.into_iter().zip(outputs));
    }
    all
}

/// The values that each node of a graph makes. A node pushed once more is found, so this only looks them up.
pub fn values(graph: &Graph) -> Vec<Vec<Value>> {
    let mut twin = graph.clone();
    let found = graph.nodes().iter().map(|n| twin.push(n.op.clone(), &n.inputs).unwrap()).collect();
    assert_eq!(twin.nodes().len(), graph.nodes().len(), "a node that was there was added again");
    found
}

/// The outputs of one operation.
pub fn apply(op: &Op, inputs: &[&Tensor], feeds: &Feeds) -> Vec<Tensor> {
    let x = |i: usize| inputs[i].real();
    let y = match op {
        Op::Input(input) => return vec![bound(input.buffer, input.offset, &input.shape, feeds)],
        Op::Constant(c) => filled(&[], c.value.get()),

        Op::Add(_) => zip(x(0), x(1), |a, b| a + b),
        Op::Sub(_) => zip(x(0), x(1), |a, b| a - b),
        Op::Mul(_) => zip(x(0), x(1), |a, b| a * b),
        Op::Div(_) => zip(x(0), x(1), |a, b| a / b),
        Op::Pow(_) => zip(x(0), x(1), libm::pow),
        Op::Max(_) => zip(x(0), x(1), |a, b| if a < b { b } else { a }),
        Op::Min(_) => zip(x(0), x(1), |a, b| if a > b { b } else { a }),

        Op::Neg(_) => x(0).mapv(|v| -v),
        Op::Abs(_) => x(0).mapv(f64::abs),
        Op::Sign(_) => x(0).mapv(|v| f64::from(u8::from(v > 0.0)) - f64::from(u8::from(v < 0.0))),
        Op::Exp(_) => x(0).mapv(libm::exp),
        Op::Expm1(_) => x(0).mapv(libm::expm1),
        Op::Log(_) => x(0).mapv(libm::log),
        Op::Log1p(_) => x(0).mapv(libm::log1p),
        Op::Sqrt(_) => x(0).mapv(f64::sqrt),
        Op::Reciprocal(_) => x(0).mapv(|v| 1.0 / v),
        Op::Sin(_) => x(0).mapv(libm::sin),
        Op::Cos(_) => x(0).mapv(libm::cos),
        Op::Tanh(_) => x(0).mapv(libm::tanh),
        Op::Sigmoid(_) => x(0).mapv(|v| 1.0 / (1.0 + libm::exp(-v))),
        Op::Softplus(_) => x(0).mapv(|v| v.max(0.0) + libm::log1p(libm::exp(-v.abs()))),
        Op::Erf(_) => x(0).mapv(libm::erf),
        Op::Relu(_) => x(0).mapv(|v| if v > 0.0 { v } else { 0.0 }),
        Op::LeakyRelu(op) => x(0).mapv(|v| if v > 0.0 { v } else { op.alpha.get() * v }),
        Op::ReluGradient(_) => zip(x(0), x(1), |y, ct| if y > 0.0 { ct } else { 0.0 }),
        Op::TanhGradient(_) => zip(x(0), x(1), |y, ct| ct * (1.0 - y * y)),
        Op::SigmoidGradient(_) => zip(x(0), x(1), |y, ct| ct * y * (1.0 - y)),

        Op::Greater(_) => zip(x(0), x(1), |a, b| f64::from(u8::from(a > b))),
        Op::GreaterOrEqual(_) => zip(x(0), x(1), |a, b| f64::from(u8::from(a >= b))),
        Op::Equal(_) => zip(x(0), x(1), |a, b| f64::from(u8::from(a == b))),
        Op::Where(_) => {
            let chosen = x(0).iter().zip(x(1)).zip(x(2)).map(|((&c, &a), &b)| if c == 0.0 { b } else { a });
            ArrayD::from_shape_vec(x(0).raw_dim(), chosen.collect()).unwrap()
        }

        Op::ReduceSum(op) => reduce(x(0), &op.axes, 0.0, |a, b| a + b),
        Op::ReduceMax(op) => reduce(x(0), &op.axes, f64::NEG_INFINITY, f64::max),
        Op::ArgMax(_) => {
            let last = Axis(x(0).ndim() - 1);
            let first = |lane: ndarray::ArrayView1<'_, f64>| {
                let best = lane.iter().copied().fold(f64::NEG_INFINITY, f64::max);
                lane.iter().position(|&v| v == best).unwrap() as u32
            };
            return vec![Tensor::Index(x(0).map_axis(last, first))];
        }

        Op::Expand(op) => x(0).broadcast(op.shape.dims()).unwrap().to_owned(),
        Op::Reshape(op) => x(0).to_shape(op.shape.dims()).unwrap().to_owned(),
        Op::Transpose(op) => x(0).view().permuted_axes(op.order.as_slice()).to_owned(),
        Op::Slice(op) => build(&op.lengths, |at| {
            let from: Vec<usize> = at.iter().zip(&op.starts).map(|(a, s)| a + s).collect();
            x(0)[from.as_slice()]
        }),
        Op::Pad(op) => {
            let dims: Vec<usize> =
                x(0).shape().iter().enumerate().map(|(i, d)| op.before[i] + d + op.after[i]).collect();
            let mut y = filled(&dims, 0.0);
            for (at, v) in x(0).indexed_iter() {
                let to: Vec<usize> = at.slice().iter().zip(&op.before).map(|(a, b)| a + b).collect();
                y[to.as_slice()] = *v;
            }
            y
        }
        Op::Concat(op) => {
            let parts: Vec<ArrayViewD<'_, f64>> = inputs.iter().map(|t| t.real().view()).collect();
            ndarray::concatenate(Axis(op.axis), &parts).unwrap()
        }

        Op::MatMul(op) => matmul(x(0), x(1), op.transpose_a, op.transpose_b),
        Op::Conv2d(op) => {
            let [n, h, w, _] = dims4(x(0).shape());
            let [.., o] = dims4(x(1).shape());
            let [oh, ow] = op.window.output("reference", [h, w]).unwrap();
            let mut y = filled(&[n, oh, ow, o], 0.0);
            let taps = Taps { window: op.window, groups: op.groups, input: [h, w], output: [oh, ow] };
            taps.each(n, dims4(x(1).shape()), |i, k, j| y[j] += x(0)[i] * x(1)[k]);
            y
        }
        Op::Conv2dInputGradient(op) => {
            let [n, oh, ow, _] = dims4(x(0).shape());
            let filter @ [.., cg, _] = dims4(x(1).shape());
            let [h, w] = op.input;
            let mut dx = filled(&[n, h, w, cg * op.groups], 0.0);
            let taps = Taps { window: op.window, groups: op.groups, input: op.input, output: [oh, ow] };
            taps.each(n, filter, |i, k, j| dx[i] += x(0)[j] * x(1)[k]);
            dx
        }
        Op::Conv2dFilterGradient(op) => {
            let [n, h, w, c] = dims4(x(0).shape());
            let [_, oh, ow, o] = dims4(x(1).shape());
            let [kh, kw] = op.window.kernel;
            let filter = [kh, kw, c / op.groups, o];
            let mut dw = filled(&filter, 0.0);
            let taps = Taps { window: op.window, groups: op.groups, input: [h, w], output: [oh, ow] };
            taps.each(n, filter, |i, k, j| dw[k] += x(0)[i] * x(1)[j]);
            dw
        }

        Op::MaxPool(op) => {
            let [n, h, w, c] = dims4(x(0).shape());
            let [oh, ow] = op.window.output("reference", [h, w]).unwrap();
            let mut y = filled(&[n, oh, ow, c], f64::NEG_INFINITY);
            let mut index = ArrayD::zeros(y.raw_dim());
            pooled(op.window, [h, w], [n, oh, ow, c], |place, i, j| {
                if x(0)[i] > y[j] {
                    (y[j], index[j]) = (x(0)[i], place);
                }
            });
            return vec![Tensor::Real(y), Tensor::Index(index)];
        }
        Op::MaxUnpool(op) => {
            let pool @ [n, _, _, c] = dims4(x(0).shape());
            let mut dx = filled(&[n, op.input[0], op.input[1], c], 0.0);
            let chosen = inputs[1].index();
            pooled(op.window, op.input, pool, |place, i, j| {
                if chosen[j] == place {
                    dx[i] += x(0)[j];
                }
            });
            dx
        }
        Op::PoolGather(op) => {
            let [_, h, w, _] = dims4(x(0).shape());
            let chosen = inputs[1].index();
            let mut y = filled(chosen.shape(), 0.0);
            pooled(op.window, [h, w], dims4(chosen.shape()), |place, i, j| {
                if chosen[j] == place {
                    y[j] = x(0)[i];
                }
            });
            y
        }
        Op::AveragePool(op) => {
            let [n, h, w, c] = dims4(x(0).shape());
            let [oh, ow] = op.window.output("reference", [h, w]).unwrap();
            let pool = [n, oh, ow, c];
            let entries = entries(op.window, [h, w], pool, op.count_padding);
            let mut y = filled(&pool, 0.0);
            pooled(op.window, [h, w], pool, |_, i, j| y[j] += x(0)[i] / entries[j]);
            y
        }
        Op::AveragePoolGradient(op) => {
            let pool @ [n, _, _, c] = dims4(x(0).shape());
            let entries = entries(op.window, op.input, pool, op.count_padding);
            let mut dx = filled(&[n, op.input[0], op.input[1], c], 0.0);
            pooled(op.window, op.input, pool, |_, i, j| dx[i] += x(0)[j] / entries[j]);
            dx
        }

        Op::Unfold(op) => {
            let [n, h, w, c] = dims4(x(0).shape());
            let ([oh, ow], [kh, kw]) = (op.window.output("reference", [h, w]).unwrap(), op.window.kernel);
            build(&[oh, ow, n, kh, kw, c], |at| {
                let pixel = pixel(op.window, [h, w], [at[0], at[1]], [at[3], at[4]]);
                pixel.map_or(0.0, |[y, z]| x(0)[[at[2], y, z, at[5]]])
            })
        }
        Op::Fold(op) => {
            let dims = x(0).shape();
            let mut y = filled(&[dims[2], op.input[0], op.input[1], dims[5]], 0.0);
            for (at, v) in x(0).indexed_iter() {
                if let Some([r, s]) = pixel(op.window, op.input, [at[0], at[1]], [at[3], at[4]]) {
                    y[[at[2], r, s, at[5]]] += v;
                }
            }
            y
        }

        Op::Gather(_) => {
            let index = inputs[1].index();
            build(&[index.shape(), &x(0).shape()[1..]].concat(), |at| {
                let (place, row) = at.split_at(index.ndim());
                x(0)[[&[index[place] as usize], row].concat().as_slice()]
            })
        }
        Op::ScatterAdd(op) => {
            let index = inputs[1].index();
            let mut y = filled(&[&[op.rows], &x(0).shape()[index.ndim()..]].concat(), 0.0);
            for (at, v) in x(0).indexed_iter() {
                let (place, row) = at.slice().split_at(index.ndim());
                y[[&[index[place] as usize], row].concat().as_slice()] += v;
            }
            y
        }
        Op::ToIndex(_) => {
            let nearest = |v: &f64| if *v < -0.5 { u32::MAX } else { (v + 0.5) as u32 };
            return vec![Tensor::Index(x(0).map(nearest))];
        }
        Op::OneHot(op) => {
            let index = inputs[0].index();
            build(&[index.shape(), &[op.classes]].concat(), |at| {
                let (place, class) = at.split_at(index.ndim());
                f64::from(u8::from(index[place] as usize == class[0]))
            })
        }

        Op::Softmax(_) => zip(x(0), &log_sum_exp(x(0)), |v, l| libm::exp(v - l)),
        Op::LogSoftmax(_) => zip(x(0), &log_sum_exp(x(0)), |v, l| v - l),
        Op::LogSumExp(_) => log_sum_exp(x(0)),
        Op::SoftmaxCrossEntropy(_) => {
            let (normaliser, labels) = (log_sum_exp(x(0)), inputs[1].index());
            build(&[labels.len()], |at| {
                normaliser[[at[0], 0].as_slice()] - x(0)[[at[0], labels[at] as usize].as_slice()]
            })
        }

        Op::RandomMask(op) => {
            // number i of an example is word i % 4 of its counter i / 4; 0 if it lies in the share `rate` of all words
            let counters = op.shape.len().max(1).div_ceil(4) as u64;
            let source = Source::new(feeds.seed, Stream::NODE.nth(op.stream), feeds.step);
            let examples = inputs[0].index();
            let keep = |e: u32, i: usize| {
                let word = source.words(u64::from(e) * counters + i as u64 / 4)[i % 4];
                f64::from(u8::from(f64::from(word) >= op.rate.get() * 2.0_f64.powi(32)))
            };
            let all: Vec<f64> =
                examples.iter().flat_map(|&e| (0..op.shape.len()).map(move |i| keep(e, i))).collect();
            ArrayD::from_shape_vec([examples.shape(), op.shape.dims()].concat(), all).unwrap()
        }
        Op::RandomUniform(op) => random(inputs[0], op.stream, &op.shape, feeds, Source::uniform),
        Op::RandomNormal(op) => random(inputs[0], op.stream, &op.shape, feeds, Source::normal),
    };
    vec![Tensor::Real(y)]
}

/// The pixel under a tap of the window at a place; `None` in the padding.
fn pixel(window: Window, input: [usize; 2], place: [usize; 2], at: [usize; 2]) -> Option<[usize; 2]> {
    let [row, column] = [0, 1].map(|i| tap(&window, i, place[i], at[i], input[i]));
    Some([row?, column?])
}

fn bound(buffer: Buffer, offset: usize, shape: &Shape, feeds: &Feeds) -> Tensor {
    let (reals, indices) = (&feeds.reals[buffer as usize], &feeds.indices[buffer as usize]);
    match buffer {
        Buffer::Labels | Buffer::Examples => Tensor::from_indices(shape, &indices[offset..][..shape.len()]),
        _ => Tensor::from_reals(shape, &reals[offset..][..shape.len()]),
    }
}

fn filled(dims: &[usize], value: f64) -> ArrayD<f64> {
    ArrayD::from_elem(dims, value)
}

/// A tensor from a function of the place.
fn build(dims: &[usize], f: impl Fn(&[usize]) -> f64) -> ArrayD<f64> {
    ArrayD::from_shape_fn(dims, |at: IxDyn| f(at.slice()))
}

/// `f` of two tensors, the second stretched to the first.
fn zip(a: &ArrayD<f64>, b: &ArrayD<f64>, f: impl Fn(f64, f64) -> f64) -> ArrayD<f64> {
    let stretched = b.broadcast(a.raw_dim()).unwrap();
    let mut y = a.clone();
    y.zip_mut_with(&stretched, |a, &b| *a = f(*a, b));
    y
}

fn reduce(x: &ArrayD<f64>, axes: &[usize], start: f64, f: impl Fn(f64, f64) -> f64) -> ArrayD<f64> {
    let dims: Vec<usize> =
        x.shape().iter().enumerate().map(|(i, &d)| if axes.contains(&i) { 1 } else { d }).collect();
    let mut y = filled(&dims, start);
    for (at, &v) in x.indexed_iter() {
        let to: Vec<usize> =
            at.slice().iter().enumerate().map(|(i, &a)| if axes.contains(&i) { 0 } else { a }).collect();
        y[to.as_slice()] = f(y[to.as_slice()], v);
    }
    y
}

/// Over the last axis, which keeps extent 1.
fn log_sum_exp(x: &ArrayD<f64>) -> ArrayD<f64> {
    let last = [x.ndim() - 1];
    let most = reduce(x, &last, f64::NEG_INFINITY, f64::max);
    let sum = reduce(&zip(x, &most, |v, m| libm::exp(v - m)), &last, 0.0, |a, b| a + b);
    zip(&most, &sum, |m, s| m + libm::log(s))
}

fn matmul(a: &ArrayD<f64>, b: &ArrayD<f64>, transpose_a: bool, transpose_b: bool) -> ArrayD<f64> {
    let swapped = |x: &ArrayD<f64>, swap: bool| {
        let (mut x, r) = (x.clone(), x.ndim());
        if swap {
            x.swap_axes(r - 2, r - 1);
        }
        x
    };
    let (a, b) = (swapped(a, transpose_a), swapped(b, transpose_b));
    let r = a.ndim();
    let mut dims = a.shape().to_vec();
    dims[r - 1] = b.shape()[r - 1];
    build(&dims, |at| {
        let (lead, &[i, j]) = at.split_at(r - 2) else { unreachable!() };
        let place = |row: usize, column: usize| [lead, &[row, column]].concat();
        (0..a.shape()[r - 1])
            .map(|k| a[place(i, k).as_slice()] * b[place(k, j).as_slice()])
            .fold(0.0, |sum, v| sum + v)
    })
}

fn dims4(dims: &[usize]) -> [usize; 4] {
    dims.try_into().unwrap()
}

/// The row or column of the image that tap `k` of output `o` sees; `None` in the padding.
fn tap(window: &Window, axis: usize, o: usize, k: usize, extent: usize) -> Option<usize> {
    let place = (o * window.stride[axis] + k * window.dilation[axis]).checked_sub(window.padding[axis][0])?;
    (place < extent).then_some(place)
}

/// The products that a convolution is a sum of.
struct Taps {
    window: Window,
    groups: usize,
    input: [usize; 2],
    output: [usize; 2],
}

impl Taps {
    /// Calls `f` with the places in image, filter and result of every product, for a filter (KH, KW, C / groups, O).
    fn each(&self, batch: usize, filter: [usize; 4], mut f: impl FnMut([usize; 4], [usize; 4], [usize; 4])) {
        let ([kh, kw, cg, o], og) = (filter, filter[3] / self.groups);
        let [oh, ow] = self.output;
        for at in indices(IxDyn(&[batch, oh, ow, o, kh, kw, cg])) {
            let &[n, oy, ox, co, ky, kx, ci] = at.slice() else { unreachable!() };
            let rows = tap(&self.window, 0, oy, ky, self.input[0]);
            let columns = tap(&self.window, 1, ox, kx, self.input[1]);
            if let (Some(iy), Some(ix)) = (rows, columns) {
                let channel = co / og * cg + ci;
                f([n, iy, ix, channel], [ky, kx, ci, co], [n, oy, ox, co]);
            }
        }
    }
}

/// Calls `f` with the place inside the window, the place in the image and the place in the result, for every entry
/// of every window that lies inside the image; `pool` is the shape of the result.
fn pooled(
    window: Window,
    input: [usize; 2],
    [n, oh, ow, c]: [usize; 4],
    mut f: impl FnMut(u32, [usize; 4], [usize; 4]),
) {
    let [kh, kw] = window.kernel;
    for at in indices(IxDyn(&[n, oh, ow, c, kh, kw])) {
        let &[n, oy, ox, c, ky, kx] = at.slice() else { unreachable!() };
        let (rows, columns) = (tap(&window, 0, oy, ky, input[0]), tap(&window, 1, ox, kx, input[1]));
        if let (Some(iy), Some(ix)) = (rows, columns) {
            f((ky * kw + kx) as u32, [n, iy, ix, c], [n, oy, ox, c]);
        }
    }
}

/// What the sum of each window is divided by.
fn entries(window: Window, input: [usize; 2], pool: [usize; 4], count_padding: bool) -> ArrayD<f64> {
    if count_padding {
        return filled(&pool, (window.kernel[0] * window.kernel[1]) as f64);
    }
    let mut count = filled(&pool, 0.0);
    pooled(window, input, pool, |_, _, j| count[j] += 1.0);
    count
}

fn random(
    examples: &Tensor,
    stream: u32,
    shape: &Shape,
    feeds: &Feeds,
    draw: impl Fn(&Source, u64) -> f64,
) -> ArrayD<f64> {
    let source = Source::new(feeds.seed, Stream::NODE.nth(stream), feeds.step);
    let examples = examples.index();
    let row: Vec<u64> = (0..shape.len() as u64).collect();
    let numbers = examples
        .iter()
        .flat_map(|&e| row.iter().map(move |i| u64::from(e) * shape.len() as u64 + i))
        .map(|i| draw(&source, i));
    ArrayD::from_shape_vec([examples.shape(), shape.dims()].concat(), numbers.collect()).unwrap()
}
