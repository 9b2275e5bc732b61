//! Operators: values and vector-Jacobian products, in f32 and in f64.

mod functions;
mod layers;
mod losses;
mod recurrent;
mod shapes;

use super::attributes::axis;
use super::{Attributes, Case, Outcome, Stop, Tensor, compare, failed, judged, not_yet};
use crate::program::{Feeds, Runner};
use ndarray::ArrayD;
use saddlepoint::kernels::Real;
use saddlepoint::nn::{Builder, Inventory, LayerSpec};
use saddlepoint::ops::Conv2dInputGradient;
use saddlepoint::{Buffer, Graph, Shape, Value, Window};

/// What a manifest says of a case.
const KEYS: [&str; 10] =
    ["id", "op", "about", "attrs", "inputs", "outputs", "cotangents", "grads", "rtol", "atol"];

pub fn check(case: &Case<'_>) -> Outcome {
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
        // a mask is a factor, however it is stored
        let index = tensor.integer && name != "mask";
        let buffer = if index { Buffer::Labels } else { Buffer::Theta };
        let offset = if index {
            feeds.indices[buffer as usize].extend(indices(tensor)?);
            feeds.indices[buffer as usize].len() - tensor.values.len()
        } else {
            feeds.reals[buffer as usize].extend(&tensor.values);
            feeds.reals[buffer as usize].len() - tensor.values.len()
        };
        // labels are in a row, as losses take them
        let shape = if name == "labels" { Shape::new(&[tensor.values.len()]) } else { tensor.shape.clone() };
        inputs.push(graph.input(buffer, offset, shape)?);
    }
    let attributes = Attributes::new(&case.manifest["attrs"]);
    let op = Op { case: *case, g: graph, names, inputs, attributes, also: Vec::new(), own: Vec::new() };
    let (mut graph, y, op) = op.build(case.text("op")?)?;
    let unread = op.attributes.unread().or_else(|| case.beside(&KEYS));
    for own in &op.own {
        let values = match &own.from {
            From::Input(input) => permuted(case.tensor(&format!("in.{input}"))?, &own.order)?,
            From::Start(values) => values.clone(),
        };
        let memory = &mut feeds.reals[own.buffer as usize];
        memory.resize(memory.len().max(own.offset + values.len()), 0.0);
        memory[own.offset..][..values.len()].copy_from_slice(&values);
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
            values.push(match op.own.iter().find(|own| own.stands_for(grad)) {
                Some(own) => graph.transpose(value, &inverse(&own.order))?,
                None => value,
            });
            wanted.push((format!("grad.{grad}"), case.tensor(&format!("grad.{grad}"))?));
        }
    }
    let numbers = run::<f32>(case, &graph, &values, &feeds, &wanted);
    judged(numbers.and_then(|()| run::<f64>(case, &graph, &values, &feeds, &wanted)), unread)
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

/// Where the numbers of a layer's tensor come from.
enum From {
    /// An input of the case.
    Input(String),
    /// The layer's own, since the case has no such input.
    Start(Vec<f64>),
}

/// A tensor of a layer.
struct Own {
    from: From,
    buffer: Buffer,
    offset: usize,
    value: Value,
    /// The axes of the input in the order of the layer.
    order: Vec<usize>,
}

impl Own {
    fn stands_for(&self, name: &str) -> bool {
        matches!(&self.from, From::Input(input) if input == name)
    }
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
        match self.own.iter().find(|own| own.stands_for(name)) {
            Some(own) => Ok(own.value),
            None => self.named(name),
        }
    }

    /// Builds a layer in training or evaluation; `roles` names the input that fills each of its tensors, with the axes of
    /// that input in the layer's order, or none if they are the same. A tensor without an input starts as the layer has it.
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
        let (theta, state) = (inventory.parameters.initial::<f64>(0), inventory.states.initial::<f64>());
        let parameters = inventory.parameters.entries().iter();
        let parameters = parameters.map(|p| (&p.name, Buffer::Theta, p.offset, &p.shape, &theta));
        let states = inventory.states.entries().iter();
        let states = states.map(|s| (&s.name, Buffer::State, s.offset, &s.shape, &state));
        for (name, buffer, offset, shape, start) in parameters.chain(states) {
            let role = name.rsplit('.').next().unwrap_or_default();
            let found = roles.iter().find(|(r, ..)| *r == role);
            let (from, order) = match found
                .and_then(|&(_, input, order)| Some((input, self.find(input)?, order)))
            {
                None => (From::Start(start[offset..][..shape.len()].to_vec()), (0..shape.rank()).collect()),
                Some((input, given, order)) => {
                    let order = if order.is_empty() { (0..shape.rank()).collect() } else { order.to_vec() };
                    let dims = self.g.shape(given).dims();
                    if dims.len() != order.len()
                        || !order.iter().map(|&a| dims[a]).eq(shape.dims().iter().copied())
                    {
                        return failed(format!("{name} is {shape}, the input {}", self.g.shape(given)));
                    }
                    (From::Input(input.to_owned()), order)
                }
            };
            let value = self.g.input(buffer, offset, shape.clone())?;
            self.own.push(Own { from, buffer, offset, value, order });
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
            // unsaid it is the one that the number of channels fits, that of PyTorch where both do
            ("", Some(c)) if dims[1] == c => true,
            ("", Some(c)) if dims[rank - 1] == c => false,
            ("", _) => return not_yet("a layout that is not said"),
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
        Ok((self.g.clone(), y, self))
    }

    /// `y + b` along the last axis, if there is a b.
    fn with_bias(&mut self, y: Value) -> Result<Value, Stop> {
        Ok(match self.find("b") {
            Some(b) => self.g.add(y, b)?,
            None => y,
        })
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
            input[i] = full.saturating_sub(window.padding[i][0] + window.padding[i][1]);
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
}
