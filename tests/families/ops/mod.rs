//! Operators: values and vector-Jacobian products, in f32 and in f64.

mod losses;

use super::attributes::axis;
use super::{Attributes, Case, Outcome, Stop, Tensor, compare, failed, not_yet};
use crate::program::{Feeds, Runner};
use saddlepoint::kernels::Real;
use saddlepoint::nn::Activation;
use saddlepoint::ops::Conv2dInputGradient;
use saddlepoint::{Buffer, Graph, Shape, Value, Window};

pub fn check(case: &Case<'_>) -> Outcome {
    case.only(&["id", "op", "about", "attrs", "inputs", "outputs", "cotangents", "grads", "rtol", "atol"])?;
    let mut graph = Graph::new();
    let mut feeds = Feeds::default();
    let (names, mut inputs) = (case.names("inputs"), Vec::new());
    for &name in &names {
        let tensor = case.tensor(&format!("in.{name}"))?;
        let buffer = if tensor.integer { Buffer::Labels } else { Buffer::Theta };
        let offset = if tensor.integer {
            feeds.indices[buffer as usize].extend(indices(tensor)?);
            feeds.indices[buffer as usize].len() - tensor.values.len()
        } else {
            feeds.reals[buffer as usize].extend(&tensor.values);
            feeds.reals[buffer as usize].len() - tensor.values.len()
        };
        inputs.push(graph.input(buffer, offset, tensor.shape.clone())?);
    }
    let attributes = Attributes::new(&case.manifest["attrs"]);
    let op = Op { case: *case, g: graph, names, inputs, attributes };
    let (mut graph, y, op) = op.build(case.text("op")?)?;

    let outputs = case.names("outputs");
    let &[name] = &outputs[..] else { return not_yet("more than one output") };
    let want = case.tensor(&format!("out.{name}"))?;
    if *graph.shape(y) != want.shape {
        return failed(format!("the shape of {name} is {} instead of {}", graph.shape(y), want.shape));
    }
    let (mut values, mut wanted) = (vec![y], vec![(format!("out.{name}"), want)]);
    let grads = case.names("grads");
    if !grads.is_empty() {
        if case.names("cotangents") != [name] {
            return not_yet("cotangents of something else than the output");
        }
        let ct = case.tensor(&format!("ct.{name}"))?;
        feeds.reals[Buffer::Targets as usize].clone_from(&ct.values);
        let ct = graph.input(Buffer::Targets, 0, ct.shape.clone())?;
        let wrt: Vec<Value> = grads.iter().map(|grad| op.named(grad)).collect::<Result<_, _>>()?;
        values.extend(graph.pull_back(&[(y, ct)], &wrt)?);
        for grad in grads {
            wanted.push((format!("grad.{grad}"), case.tensor(&format!("grad.{grad}"))?));
        }
    }
    run::<f32>(case, &graph, &values, &feeds, &wanted)?;
    run::<f64>(case, &graph, &values, &feeds, &wanted)?;
    Ok("")
}

fn run<T: Real>(
    case: &Case<'_>,
    graph: &Graph,
    values: &[Value],
    feeds: &Feeds,
    wanted: &[(String, &Tensor)],
) -> Result<(), Stop> {
    let rtol = case.number("rtol")?;
    for (got, (role, want)) in Runner::<T>::new(graph, values).run_each(feeds).iter().zip(wanted) {
        let Some(atol) = case.manifest["atol"][role].as_f64() else {
            return failed(format!("the manifest has no tolerance for {role}"));
        };
        let got: Vec<f64> = got.iter().map(|v| v.to_f64()).collect();
        compare(&format!("{role} in {}", T::NAME), &got, &want.values, rtol, atol)?;
    }
    Ok(())
}

/// What stands for a label below zero: no class has this number.
const NO_CLASS: u32 = u32::MAX;

/// Indices, with [`NO_CLASS`] for those below zero.
fn indices(tensor: &Tensor) -> Result<Vec<u32>, Stop> {
    if !tensor.integer {
        return failed("indices that are no integers");
    }
    Ok(tensor.values.iter().map(|&v| if v < 0.0 { NO_CLASS } else { v as u32 }).collect())
}

/// A case's operation under construction.
struct Op<'a> {
    case: Case<'a>,
    g: Graph,
    names: Vec<&'a str>,
    inputs: Vec<Value>,
    attributes: Attributes<'a>,
}

impl Op<'_> {
    fn find(&self, name: &str) -> Option<Value> {
        self.names.iter().position(|n| *n == name).map(|i| self.inputs[i])
    }

    fn named(&self, name: &str) -> Result<Value, Stop> {
        self.find(name).map_or_else(|| failed(format!("the case has no input {name}")), Ok)
    }

    /// Stops at an input that is not among `known`.
    fn only(&self, known: &[&str]) -> Result<(), Stop> {
        match self.names.iter().find(|n| !known.contains(n)) {
            Some(name) => not_yet(format!("an input `{name}`")),
            None => Ok(()),
        }
    }

    fn build(mut self, op: &str) -> Result<(Graph, Value, Self), Stop> {
        let y = match op {
            "matmul" => self.matmul(),
            "dense" => self.dense(),
            "binary" => self.binary(),
            "reduce" => self.reduce(),
            "concat" => self.concat(),
            "slice" => self.slice(),
            "pad" => self.pad(),
            "transpose" => self.transpose(),
            "conv2d" => self.conv2d(),
            "conv_transpose2d" => self.conv_transpose2d(),
            "max_pool2d" => self.pool(true),
            "avg_pool2d" => self.pool(false),
            "softmax_xent" | "bce_logits" | "mse" | "mae" | "huber" | "smooth_l1" | "log_cosh" | "hinge"
            | "kl_div" | "kl_gauss" => losses::build(&mut self, op),
            "embedding" => self.embedding(),
            "softmax" | "log_softmax" => self.softmax(op),
            _ => self.elementwise(op),
        }?;
        self.attributes.all_read()?;
        Ok((self.g.clone(), y, self))
    }

    fn matmul(&mut self) -> Result<Value, Stop> {
        self.only(&["a", "b"])?;
        let (mut a, mut b) = (self.named("a")?, self.named("b")?);
        let swap = [self.attributes.flag("transpose_a", false)?, self.attributes.flag("transpose_b", false)?];
        let g = &mut self.g;
        let lead = |g: &Graph, v| match g.shape(v).dims() {
            [lead @ .., rows, columns] => Ok((lead.to_vec(), [*rows, *columns])),
            other => not_yet(format!("an operand of rank {}", other.len())),
        };
        let ((left, x), (right, y)) = (lead(g, a)?, lead(g, b)?);
        if left != right {
            // leading axes broadcast as in NumPy
            let common = Shape::from(left).broadcast(&Shape::from(right))?;
            a = g.expand(a, [common.dims(), &x].concat())?;
            b = g.expand(b, [common.dims(), &y].concat())?;
        }
        Ok(g.matmul(a, b, swap[0], swap[1])?)
    }

    fn dense(&mut self) -> Result<Value, Stop> {
        self.only(&["x", "w", "b"])?;
        self.attributes.one_of("weight", &["OI"])?;
        let (x, w) = (self.named("x")?, self.named("w")?);
        let y = self.g.matmul(x, w, false, true)?;
        self.with_bias(y)
    }

    /// `y + b` along the last axis, if there is a b.
    fn with_bias(&mut self, y: Value) -> Result<Value, Stop> {
        Ok(match self.find("b") {
            Some(b) => self.g.add(y, b)?,
            None => y,
        })
    }

    fn binary(&mut self) -> Result<Value, Stop> {
        self.only(&["a", "b"])?;
        let (a, b) = (self.named("a")?, self.named("b")?);
        let g = &mut self.g;
        Ok(match self.attributes.text("fn", "")? {
            "add" => g.add(a, b),
            "sub" | "subtract" => g.sub(a, b),
            "mul" | "multiply" => g.mul(a, b),
            "div" | "divide" => g.div(a, b),
            "pow" | "power" => g.pow(a, b),
            "max" | "maximum" => g.maximum(a, b),
            "min" | "minimum" => g.minimum(a, b),
            other => return not_yet(format!("a binary function `{other}`")),
        }?)
    }

    fn reduce(&mut self) -> Result<Value, Stop> {
        self.only(&["x"])?;
        let x = self.named("x")?;
        let dims = self.g.shape(x).dims().to_vec();
        let rank = dims.len();
        let axes = match self.attributes.integers(&["axes", "axis"], 1)? {
            None => (0..rank).collect(),
            Some(list) => {
                let mut axes = list.iter().map(|&a| axis(a, rank)).collect::<Result<Vec<_>, _>>()?;
                axes.sort_unstable();
                axes
            }
        };
        let keep = self.attributes.flag("keepdims", false)?;
        let function = self.attributes.text("fn", "")?;
        let count: usize = axes.iter().map(|&a| dims[a]).product();
        let kept: Vec<usize> = (0..rank).map(|a| if axes.contains(&a) { 1 } else { dims[a] }).collect();
        let g = &mut self.g;
        let y = match function {
            "sum" => g.sum(x, &axes)?,
            "mean" => {
                let sum = g.sum(x, &axes)?;
                g.scale(sum, 1.0 / count as f64)?
            }
            "max" => g.max_over(x, &axes)?,
            "min" => {
                let x = g.neg(x)?;
                let y = g.max_over(x, &axes)?;
                g.neg(y)?
            }
            "logsumexp" => {
                // the builder works on the last axis: the others go to the front, the reduced ones become one
                let others: Vec<usize> = (0..rank).filter(|a| !axes.contains(a)).collect();
                let x = g.transpose(x, &[&others[..], &axes].concat())?;
                let outer: Vec<usize> = others.iter().map(|&a| dims[a]).collect();
                let x = g.reshape(x, [&outer[..], &[count]].concat())?;
                g.log_sum_exp(x)?
            }
            other => return not_yet(format!("a reduction `{other}`")),
        };
        let left = (0..rank).filter(|a| !axes.contains(a)).map(|a| dims[a]).collect();
        Ok(g.reshape(y, if keep { kept } else { left })?)
    }

    fn concat(&mut self) -> Result<Value, Stop> {
        let rank = self.inputs.first().map_or(0, |&v| self.g.shape(v).rank());
        let along = axis(self.attributes.integer(&["axis"], 0)?, rank)?;
        Ok(self.g.concat(&self.inputs.clone(), along)?)
    }

    fn slice(&mut self) -> Result<Value, Stop> {
        self.only(&["x"])?;
        let x = self.named("x")?;
        let dims = self.g.shape(x).dims().to_vec();
        let rank = dims.len();
        // for each axis: start, stop, step as in Python, null or a short list for the usual ends
        let (mut starts, mut stops, mut steps) =
            (vec![0; rank], dims.iter().map(|&d| d as i64).collect::<Vec<_>>(), vec![1; rank]);
        if let Some(list) = self.attributes.get(&["slices"]).and_then(serde_json::Value::as_array) {
            if list.len() > rank {
                return not_yet("more slices than axes");
            }
            for (i, slice) in list.iter().enumerate() {
                let parts = slice.as_array().map(Vec::as_slice).unwrap_or_default();
                let part = |k: usize, default: i64| parts.get(k).and_then(|v| v.as_i64()).unwrap_or(default);
                (starts[i], stops[i], steps[i]) = (part(0, 0), part(1, stops[i]), part(2, 1));
            }
        } else {
            let axes = match self.attributes.integers(&["axes"], 1)? {
                Some(list) => list.iter().map(|&a| axis(a, rank)).collect::<Result<Vec<_>, _>>()?,
                None => (0..rank).collect(),
            };
            let first = self.attributes.integers(&["start", "starts"], axes.len())?;
            let last = self.attributes.integers(&["stop", "stops", "end", "ends"], axes.len())?;
            let step = self.attributes.integers(&["step", "steps", "strides"], axes.len())?;
            if first.is_none() && last.is_none() {
                return not_yet("a slice without start and stop");
            }
            for (list, to) in [(first, &mut starts), (last, &mut stops), (step, &mut steps)] {
                for (v, &a) in list.iter().flatten().zip(&axes) {
                    to[a] = *v;
                }
            }
        }
        if steps.iter().any(|&s| s < 1) {
            return not_yet("a slice that runs backwards");
        }
        let place = |v: i64, d: usize| (if v < 0 { v + d as i64 } else { v }).clamp(0, d as i64) as usize;
        let starts: Vec<usize> = starts.iter().zip(&dims).map(|(&v, &d)| place(v, d)).collect();
        let lengths = (0..rank).map(|i| place(stops[i], dims[i]).saturating_sub(starts[i])).collect();
        let mut y = self.g.slice(x, starts, lengths)?;
        for (i, &step) in steps.iter().enumerate().filter(|(_, s)| **s > 1) {
            y = self.every(y, i, step as usize)?;
        }
        Ok(y)
    }

    /// Every `step`-th place along an axis: padded to whole steps, of which the first place is cut out.
    fn every(&mut self, x: Value, axis: usize, step: usize) -> Result<Value, Stop> {
        let g = &mut self.g;
        let mut dims = g.shape(x).dims().to_vec();
        let count = dims[axis].div_ceil(step);
        let mut after = vec![0; dims.len()];
        after[axis] = count * step - dims[axis];
        let x = g.pad(x, vec![0; dims.len()], after)?;
        dims[axis] = count;
        let (front, back) = dims.split_at(axis + 1);
        let split = [front, &[step], back].concat();
        let x = g.reshape(x, split.clone())?;
        let mut lengths = split;
        lengths[axis + 1] = 1;
        let y = g.slice(x, vec![0; lengths.len()], lengths)?;
        Ok(g.reshape(y, dims)?)
    }

    fn pad(&mut self) -> Result<Value, Stop> {
        self.only(&["x"])?;
        let x = self.named("x")?;
        let shape = self.g.shape(x).clone();
        let sides = self.attributes.sides("pad", shape.rank())?;
        self.attributes.one_of("mode", &["constant"])?;
        let value = self.attributes.number(&["value"], 0.0)?;
        let [before, after] = [0, 1].map(|i| sides.iter().map(|s| s[i]).collect::<Vec<_>>());
        let g = &mut self.g;
        let padded = g.pad(x, before.clone(), after.clone())?;
        if value == 0.0 {
            return Ok(padded);
        }
        let inside = g.fill(1.0, shape)?;
        let inside = g.pad(inside, before, after)?;
        let one = g.constant(1.0)?;
        let outside = g.sub(one, inside)?;
        let border = g.scale(outside, value)?;
        Ok(g.add(padded, border)?)
    }

    fn transpose(&mut self) -> Result<Value, Stop> {
        self.only(&["x"])?;
        let x = self.named("x")?;
        let rank = self.g.shape(x).rank();
        let order = match self.attributes.integers(&["perm", "axes", "order", "permutation"], 1)? {
            Some(list) => list.iter().map(|&a| axis(a, rank)).collect::<Result<Vec<_>, _>>()?,
            None => (0..rank).rev().collect(),
        };
        Ok(self.g.transpose(x, &order)?)
    }

    /// Images as `(N, H, W, C)`, and whether they came as `(N, C, H, W)`.
    fn images(&mut self) -> Result<(Value, bool), Stop> {
        let x = self.named("x")?;
        let first = self.attributes.one_of("layout", &["NHWC", "NCHW"])? == "NCHW";
        Ok((if first { self.g.transpose(x, &[0, 2, 3, 1])? } else { x }, first))
    }

    /// Images as they came.
    fn back(&mut self, y: Value, channels_first: bool) -> Result<Value, Stop> {
        Ok(if channels_first { self.g.transpose(y, &[0, 3, 1, 2])? } else { y })
    }

    fn window(&self, kernel: [usize; 2]) -> Result<Window, Stop> {
        let sides = self.attributes.sides("pad", 2)?;
        let window = Window::new(kernel).padding([sides[0], sides[1]]);
        Ok(window
            .stride(self.attributes.pair("stride", [1, 1])?)
            .dilation(self.attributes.pair("dilation", [1, 1])?))
    }

    fn groups(&self) -> Result<usize, Stop> {
        let groups = self.attributes.integer(&["groups"], 1)?;
        usize::try_from(groups).or_else(|_| not_yet(format!("groups {groups}")))
    }

    fn conv2d(&mut self) -> Result<Value, Stop> {
        self.only(&["x", "w", "b"])?;
        let (x, channels_first) = self.images()?;
        let w = self.named("w")?;
        let known = if channels_first { ["OIHW", "HWIO"] } else { ["HWIO", "OIHW"] };
        let w = match self.attributes.one_of("weight", &known)? {
            "OIHW" => self.g.transpose(w, &[2, 3, 1, 0])?,
            _ => w,
        };
        let &[kh, kw, ..] = self.g.shape(w).dims() else { return failed("a filter needs four axes") };
        let (window, groups) = (self.window([kh, kw])?, self.groups()?);
        let y = self.g.conv2d(x, w, window, groups)?;
        let y = self.with_bias(y)?;
        self.back(y, channels_first)
    }

    fn conv_transpose2d(&mut self) -> Result<Value, Stop> {
        self.only(&["x", "w", "b"])?;
        self.attributes.one_of("weight", &["IOHW"])?;
        let (x, channels_first) = self.images()?;
        let w = self.named("w")?;
        // the channels this operation takes are those that the convolution makes
        let w = self.g.transpose(w, &[2, 3, 1, 0])?;
        let (&[kh, kw, ..], &[_, h, width, _]) = (self.g.shape(w).dims(), self.g.shape(x).dims()) else {
            return failed("images and filter need four axes");
        };
        let (window, groups) = (self.window([kh, kw])?, self.groups()?);
        let extra = self.attributes.pair("output_padding", [0, 0])?;
        let mut input = [0; 2];
        for (i, places) in [h, width].into_iter().enumerate() {
            let full = (places - 1) * window.stride[i] + window.extent(i) + extra[i];
            input[i] = full - window.padding[i][0] - window.padding[i][1];
        }
        let y = self.g.push_one(Conv2dInputGradient { window, groups, input }.into(), &[x, w])?;
        let y = self.with_bias(y)?;
        self.back(y, channels_first)
    }

    fn pool(&mut self, max: bool) -> Result<Value, Stop> {
        self.only(&["x"])?;
        let (x, channels_first) = self.images()?;
        let kernel = self.attributes.pair("kernel", [0, 0])?;
        let window = self.window(kernel)?;
        let y = if max {
            self.g.max_pool(x, window)?
        } else {
            let count = self.attributes.flag("count_include_pad", true)?;
            self.g.average_pool(x, window, count)?
        };
        self.back(y, channels_first)
    }

    fn embedding(&mut self) -> Result<Value, Stop> {
        self.only(&["table", "idx"])?;
        let (table, index) = (self.named("table")?, self.named("idx")?);
        Ok(self.g.gather(table, index)?)
    }

    fn softmax(&mut self, op: &str) -> Result<Value, Stop> {
        self.only(&["x"])?;
        let x = self.named("x")?;
        let rank = self.g.shape(x).rank();
        let along = axis(self.attributes.integer(&["axis"], -1)?, rank)?;
        // the axis and the last one change places, and back
        let mut order: Vec<usize> = (0..rank).collect();
        order.swap(along, rank - 1);
        let moved = along != rank - 1;
        let x = if moved { self.g.transpose(x, &order)? } else { x };
        let y = if op == "softmax" { self.g.softmax(x)? } else { self.g.log_softmax(x)? };
        Ok(if moved { self.g.transpose(y, &order)? } else { y })
    }

    fn elementwise(&mut self, op: &str) -> Result<Value, Stop> {
        let Some(x) = self.find("x") else { return not_yet(format!("an operator `{op}`")) };
        let g = &mut self.g;
        let y = match op {
            "linear" | "identity" => Activation::Linear.apply(g, x),
            "relu" => Activation::Relu.apply(g, x),
            "tanh" => Activation::Tanh.apply(g, x),
            "sigmoid" => Activation::Sigmoid.apply(g, x),
            "leaky_relu" => {
                let Some(slope) = self.attributes.get(&["slope", "negative_slope", "alpha"]) else {
                    return not_yet("a leaky ReLU without a slope");
                };
                g.leaky_relu(x, slope.as_f64().unwrap_or(f64::NAN))
            }
            "softplus" => {
                if self.attributes.number(&["beta"], 1.0)? != 1.0 {
                    return not_yet("a softplus with another beta");
                }
                g.softplus(x)
            }
            "exp" => g.exp(x),
            "expm1" => g.expm1(x),
            "log" => g.log(x),
            "log1p" => g.log1p(x),
            "sqrt" => g.sqrt(x),
            "abs" => g.abs(x),
            "neg" => g.neg(x),
            "sin" => g.sin(x),
            "cos" => g.cos(x),
            "erf" => g.erf(x),
            "reciprocal" => g.reciprocal(x),
            _ => return not_yet(format!("an operator `{op}`")),
        }?;
        self.only(&["x"])?;
        Ok(y)
    }
}
