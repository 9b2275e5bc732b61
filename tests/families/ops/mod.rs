//! Operators: values and vector-Jacobian products, in f32 and in f64.

mod layers;
mod losses;
mod recurrent;

use super::attributes::axis;
use super::{Attributes, Case, Outcome, Stop, Tensor, compare, failed, not_yet};
use crate::program::{Feeds, Runner};
use ndarray::ArrayD;
use saddlepoint::kernels::Real;
use saddlepoint::nn::{Activation, Builder, Inventory, LayerSpec};
use saddlepoint::ops::Conv2dInputGradient;
use saddlepoint::{Buffer, Graph, Shape, Value, Window};

pub fn check(case: &Case<'_>) -> Outcome {
    case.only(&["id", "op", "about", "attrs", "inputs", "outputs", "cotangents", "grads", "rtol", "atol"])?;
    let mut graph = Graph::new();
    let mut feeds = Feeds::default();
    let (names, mut inputs) = (case.names("inputs"), Vec::new());
    // a layer's own parameters come before the inputs of the case, which are copied there
    let mut room = 0;
    for name in &names {
        room += case.tensor(&format!("in.{name}"))?.values.len();
    }
    feeds.reals[Buffer::Theta as usize] = vec![0.0; room];
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
    let op = Op { case: *case, g: graph, names, inputs, attributes, also: Vec::new(), own: Vec::new() };
    let (mut graph, y, op) = op.build(case.text("op")?)?;
    for own in &op.own {
        let tensor = case.tensor(&format!("in.{}", own.input))?;
        let memory = &mut feeds.reals[own.buffer as usize];
        memory.resize(memory.len().max(own.offset + tensor.values.len()), 0.0);
        memory[own.offset..][..tensor.values.len()].copy_from_slice(&permuted(tensor, &own.order)?);
    }

    let outputs = case.names("outputs");
    let (mut values, mut wanted, mut seeds) = (Vec::new(), Vec::new(), Vec::new());
    for name in outputs {
        let also = op.also.iter().find(|(n, _)| *n == name).map(|(_, v)| *v);
        if also.is_none() && name != "y" && !wanted.is_empty() {
            return not_yet(format!("an output {name}"));
        }
        let (value, want) = (also.unwrap_or(y), case.tensor(&format!("out.{name}"))?);
        if *graph.shape(value) != want.shape {
            return failed(format!(
                "the shape of {name} is {} instead of {}",
                graph.shape(value),
                want.shape
            ));
        }
        values.push(value);
        wanted.push((format!("out.{name}"), want));
        if case.names("cotangents").contains(&name) {
            let ct = case.tensor(&format!("ct.{name}"))?;
            let memory = &mut feeds.reals[Buffer::Targets as usize];
            memory.extend(&ct.values);
            let offset = memory.len() - ct.values.len();
            seeds.push((value, graph.input(Buffer::Targets, offset, ct.shape.clone())?));
        }
    }
    let grads = case.names("grads");
    if !grads.is_empty() {
        if case.names("cotangents").len() != seeds.len() {
            return not_yet("cotangents of something else than the outputs");
        }
        let wrt: Vec<Value> = grads.iter().map(|grad| op.differentiated(grad)).collect::<Result<_, _>>()?;
        let found = graph.pull_back(&seeds, &wrt)?;
        for (grad, value) in grads.into_iter().zip(found) {
            values.push(match op.own.iter().find(|own| own.input == grad) {
                Some(own) => graph.transpose(value, &inverse(&own.order))?,
                None => value,
            });
            wanted.push((format!("grad.{grad}"), case.tensor(&format!("grad.{grad}"))?));
        }
    }
    run::<f32>(case, &graph, &values, &feeds, &wanted)?;
    run::<f64>(case, &graph, &values, &feeds, &wanted)?;
    Ok("")
}

/// The values of a tensor with its axes in another order.
fn permuted(tensor: &Tensor, order: &[usize]) -> Result<Vec<f64>, Stop> {
    let array = ArrayD::from_shape_vec(tensor.shape.dims(), tensor.values.clone());
    match array {
        Ok(array) => Ok(array.permuted_axes(order.to_vec()).iter().copied().collect()),
        Err(why) => failed(why.to_string()),
    }
}

fn inverse(order: &[usize]) -> Vec<usize> {
    (0..order.len()).map(|axis| order.iter().position(|&a| a == axis).unwrap_or(axis)).collect()
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
    /// Outputs beside the first.
    also: Vec<(&'static str, Value)>,
    /// Parameters and states of a layer that stand for inputs.
    own: Vec<Own>,
}

/// A tensor of a layer that is filled from an input of the case.
struct Own {
    input: String,
    buffer: Buffer,
    offset: usize,
    value: Value,
    /// The axes of the input in the order of the layer.
    order: Vec<usize>,
}

impl Op<'_> {
    fn find(&self, name: &str) -> Option<Value> {
        self.names.iter().position(|n| *n == name).map(|i| self.inputs[i])
    }

    fn named(&self, name: &str) -> Result<Value, Stop> {
        self.find(name).map_or_else(|| failed(format!("the case has no input {name}")), Ok)
    }

    /// The value to differentiate with respect to for an input.
    fn differentiated(&self, name: &str) -> Result<Value, Stop> {
        match self.own.iter().find(|own| own.input == name) {
            Some(own) => Ok(own.value),
            None => self.named(name),
        }
    }

    /// Builds a layer in training or evaluation; `roles` names the input that fills each of its tensors, with the axes of
    /// that input in the layer's order, or none if they are the same.
    fn layer(
        &mut self,
        layer: &LayerSpec,
        x: Value,
        train: bool,
        roles: &[(&str, &str, &[usize])],
    ) -> Result<(Value, Inventory), Stop> {
        let batch = self.g.shape(x).dims().first().copied().unwrap_or(1);
        let mut inventory = Inventory::default();
        let y = Builder::new(&mut self.g, &mut inventory, batch, train).layer("it", layer, x)?.after;
        let parameters = inventory.parameters.entries().iter();
        let parameters = parameters.map(|p| (&p.name, Buffer::Theta, p.offset, &p.shape));
        let states = inventory.states.entries().iter().map(|s| (&s.name, Buffer::State, s.offset, &s.shape));
        for (name, buffer, offset, shape) in parameters.chain(states) {
            let role = name.rsplit('.').next().unwrap_or_default();
            let Some((_, input, order)) = roles.iter().find(|(r, ..)| *r == role) else {
                return failed(format!("the layer has {name}, for which there is no input"));
            };
            let given = self.named(input)?;
            let order = if order.is_empty() { (0..shape.rank()).collect() } else { order.to_vec() };
            let dims = self.g.shape(given).dims();
            if dims.len() != order.len() || !order.iter().map(|&a| dims[a]).eq(shape.dims().iter().copied()) {
                return failed(format!("{name} is {shape}, the input {}", self.g.shape(given)));
            }
            let value = self.g.input(buffer, offset, shape.clone())?;
            self.own.push(Own { input: (*input).to_owned(), buffer, offset, value, order });
        }
        Ok((y, inventory))
    }

    /// x with its channels last, and whether they were first; the layout is said, or clear from the number of channels.
    fn channels_last(&mut self, layout: &str, channels: Option<usize>) -> Result<(Value, bool), Stop> {
        let x = self.named("x")?;
        let dims = self.g.shape(x).dims().to_vec();
        let rank = dims.len();
        let first = match (layout, channels) {
            _ if rank < 3 => false,
            ("", Some(c)) => match (dims[1] == c, dims[rank - 1] == c) {
                (true, false) => true,
                (false, true) => false,
                _ => return not_yet("a layout that is not said"),
            },
            (layout, _) if layout.len() == rank && layout.starts_with("NC") => true,
            (layout, _) if layout.len() == rank && layout.starts_with('N') && layout.ends_with('C') => false,
            _ => return not_yet(format!("layout {layout}")),
        };
        if !first {
            return Ok((x, false));
        }
        let order: Vec<usize> = [0].into_iter().chain(2..rank).chain([1]).collect();
        Ok((self.g.transpose(x, &order)?, true))
    }

    /// The inverse of [`Op::channels_last`].
    fn channels_back(&mut self, y: Value, first: bool) -> Result<Value, Stop> {
        let rank = self.g.shape(y).rank();
        let order: Vec<usize> = [0, rank - 1].into_iter().chain(1..rank - 1).collect();
        Ok(if first { self.g.transpose(y, &order)? } else { y })
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
            "lstm" | "gru" | "rnn" => recurrent::build(&mut self, op),
            "scaled_dot_product_attention" => recurrent::attend(&mut self),
            "multi_head_attention" => recurrent::attend_in_heads(&mut self),
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
            "batch_norm" => self.batch_norm(),
            "layer_norm" | "rms_norm" | "group_norm" => self.norm(op),
            "dropout" => self.dropout(),
            "local_conv2d" => self.local_conv2d(),
            "prelu" => self.prelu(),
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
        if let Some(activation) = activation(op, &self.attributes)? {
            self.only(&["x"])?;
            return Ok(activation.apply(&mut self.g, x)?);
        }
        let g = &mut self.g;
        let y = match op {
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

/// The activation of this name.
fn activation(op: &str, attributes: &Attributes<'_>) -> Result<Option<Activation>, Stop> {
    // piecewise linear ones are told by their formula where there are several
    let sixth = || match attributes.text("formula", "")? {
        "" => Ok(()),
        text if text.contains("x/6") || text.contains("x / 6") => Ok(()),
        text => not_yet(text),
    };
    Ok(Some(match op {
        "linear" | "identity" => Activation::Linear,
        "relu" => Activation::Relu,
        "relu6" => Activation::Relu6,
        "leaky_relu" => {
            let Some(slope) = attributes.get(&["slope", "negative_slope", "alpha"]) else {
                return not_yet("a leaky ReLU without a slope");
            };
            Activation::LeakyRelu { slope: slope.as_f64().unwrap_or(f64::NAN) }
        }
        "elu" => Activation::Elu { alpha: attributes.number(&["alpha"], 1.0)? },
        "celu" => Activation::Celu { alpha: attributes.number(&["alpha"], 1.0)? },
        "selu" => Activation::Selu,
        "gelu" => match attributes.one_of("approximate", &["none", "tanh"])? {
            "tanh" => Activation::GeluTanh,
            _ => Activation::Gelu,
        },
        "silu" | "swish" => Activation::Silu,
        "mish" => Activation::Mish,
        "softplus" => Activation::Softplus { beta: attributes.number(&["beta"], 1.0)? },
        "softsign" => Activation::Softsign,
        "sigmoid" => Activation::Sigmoid,
        "log_sigmoid" | "logsigmoid" => Activation::LogSigmoid,
        "hard_sigmoid" => {
            sixth()?;
            Activation::HardSigmoid
        }
        "hard_swish" => {
            sixth()?;
            Activation::HardSwish
        }
        "tanh" => Activation::Tanh,
        "hard_tanh" => Activation::HardTanh {
            min: attributes.number(&["min"], -1.0)?,
            max: attributes.number(&["max"], 1.0)?,
        },
        _ => return Ok(None),
    }))
}
