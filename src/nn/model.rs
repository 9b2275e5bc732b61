//! A network: layers, loss and what they are trained towards.

use super::layers::{Builder, Inventory, names};
use super::programs::{ProgramKey, Purpose};
use super::{Activation, LayerSpec, Loss, ParameterKind, ParameterTable, StateTable};
use crate::error::{Error, Result};
use crate::exec::{Output, Plan, Sink};
use crate::graph::{Buffer, Graph, Value};
use crate::shape::Shape;
use serde::Serialize;

/// What the network is trained towards.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Target {
    /// One of so many classes.
    Classes(usize),
    /// One of so many classes at each of so many steps.
    Steps {
        /// Steps of a sequence.
        steps: usize,
        /// Classes.
        classes: usize,
    },
    /// So many numbers.
    Reals(usize),
}

impl Target {
    /// Outputs that the network must have for an example, those of all steps together.
    #[must_use]
    pub fn outputs(self) -> usize {
        match self {
            Self::Classes(n) | Self::Reals(n) => n,
            Self::Steps { steps, classes } => steps * classes,
        }
    }

    /// The number of classes; `None` for real targets.
    #[must_use]
    pub fn classes(self) -> Option<usize> {
        match self {
            Self::Classes(n) | Self::Steps { classes: n, .. } => Some(n),
            Self::Reals(_) => None,
        }
    }

    /// Targets of an example: its steps, or 1.
    #[must_use]
    pub fn steps(self) -> usize {
        if let Self::Steps { steps, .. } = self { steps } else { 1 }
    }
}

/// One row of the summary table.
#[derive(Debug, Clone, PartialEq, Serialize)]
#[cfg_attr(target_family = "wasm", derive(tsify::Tsify))]
#[serde(rename_all = "camelCase")]
pub struct LayerRow {
    /// Name, for example `conv_1`.
    pub name: String,
    /// Type as in the spec, for example `conv2d`.
    #[serde(rename = "type")]
    pub kind: String,
    /// What it does in a few words.
    pub detail: String,
    /// Extents of what it puts out for one example.
    pub output: Vec<usize>,
    /// Numbers that are trained.
    pub parameters: usize,
    /// Numbers that it carries from step to step and that are not trained, such as running statistics.
    pub state: usize,
    /// Those of the parameters that multiply.
    pub weights: usize,
    /// Those that are added.
    pub biases: usize,
    /// Bytes of what it puts out for one example, in f32.
    pub bytes: usize,
}

/// A network whose layers fit together.
#[derive(Debug, Clone, PartialEq)]
pub struct Model {
    input: Shape,
    layers: Vec<LayerSpec>,
    names: Vec<String>,
    loss: Loss,
    target: Target,
    table: ParameterTable,
    states: StateTable,
    /// Numbers that all layers put out for one example.
    activations: usize,
    rows: Vec<LayerRow>,
}

/// A network in a graph.
pub(super) struct Built {
    /// What each layer puts out.
    activations: Vec<Value>,
    /// What the loss takes.
    pub(super) logits: Value,
    /// What a prediction is.
    pub(super) prediction: Value,
    pub(super) inventory: Inventory,
}

impl Model {
    /// Checks that the layers fit the input `(H, W, C)` or `(F)` of one example, each other, and the target.
    ///
    /// # Errors
    /// [`Error::Shape`] or [`Error::Spec`] that names the layer and says what to change.
    pub fn new(input: &Shape, layers: &[LayerSpec], loss: Loss, target: Target) -> Result<Self> {
        if layers.is_empty() {
            return Err(Error::spec("no-layers", "layers")
                .expected("at least one layer")
                .got("none")
                .hint(format!("add a dense layer of {} units", target.outputs())));
        }
        let mut model = Self {
            input: input.clone(),
            layers: layers.to_vec(),
            names: names("", layers)?,
            loss,
            target,
            table: ParameterTable::default(),
            states: StateTable::default(),
            activations: 0,
            rows: Vec::new(),
        };
        let mut graph = Graph::new();
        let built = model.build(&mut graph, 1, true)?;
        model.check_output(&graph, built.logits)?;
        model.check_loss()?;
        let target = model.target_input(&mut graph, 1)?;
        model.loss.per_example(&mut graph, built.logits, target)?;
        model.rows = model.summarise(&graph, &built);
        (model.table, model.states) = (built.inventory.parameters, built.inventory.states);
        model.activations = built.inventory.activations;
        if model.table.is_empty() {
            return Err(Error::spec("no-parameters", "layers")
                .expected("at least one layer with weights")
                .got("none")
                .hint("add a dense or a convolution layer"));
        }
        Ok(model)
    }

    /// The parameters and their places in theta.
    #[must_use]
    pub fn table(&self) -> &ParameterTable {
        &self.table
    }

    /// What layers carry from step to step beside theta.
    #[must_use]
    pub fn states(&self) -> &StateTable {
        &self.states
    }

    /// Numbers that all layers, those inside others too, put out for one example: what memory goes by.
    #[must_use]
    pub fn activations(&self) -> usize {
        self.activations
    }

    /// One row a layer.
    #[must_use]
    pub fn rows(&self) -> &[LayerRow] {
        &self.rows
    }

    /// The layers.
    #[must_use]
    pub fn layers(&self) -> &[LayerSpec] {
        &self.layers
    }

    /// The loss.
    #[must_use]
    pub fn loss(&self) -> &Loss {
        &self.loss
    }

    /// What it is trained towards.
    #[must_use]
    pub fn target(&self) -> Target {
        self.target
    }

    /// Extents of one example.
    #[must_use]
    pub fn input(&self) -> &Shape {
        &self.input
    }

    /// Numbers that [`Purpose::Inspect`] gives for one example.
    #[must_use]
    pub fn activation_len(&self) -> usize {
        self.rows.iter().map(|r| r.output.iter().product::<usize>()).sum()
    }

    /// The plan of a program.
    ///
    /// # Errors
    /// Those of building the graph; none that [`Model::new`] has not ruled out, but for memory.
    pub fn plan(&self, key: ProgramKey) -> Result<Plan> {
        let mut graph = Graph::new();
        let built = self.build(&mut graph, key.batch, key.train)?;
        let g = &mut graph;
        let mut outputs = Vec::new();
        match key.purpose {
            Purpose::Predict => outputs.push(Output::new(built.prediction, Sink::Prediction)),
            Purpose::Inspect => {
                outputs.push(Output::new(built.prediction, Sink::Prediction));
                let mut offset = 0;
                for &value in &built.activations {
                    outputs.push(Output { value, sink: Sink::Activation, offset, add: false });
                    offset += g.shape(value).len();
                }
            }
            Purpose::Evaluate => {
                let target = self.target_input(g, key.batch)?;
                let losses = self.loss.per_example(g, built.logits, target)?;
                outputs.push(Output::new(losses, Sink::ExampleLoss));
                outputs.push(Output::new(built.prediction, Sink::Prediction));
            }
            Purpose::Loss | Purpose::Gradient | Purpose::Product | Purpose::GaussNewton => {
                let loss = self.mean_loss(g, &built, key.batch)?;
                let parameters = self.parameter_values(g)?;
                let (sink, values) = match key.purpose {
                    Purpose::Loss => (Sink::Gradient, Vec::new()),
                    Purpose::Gradient => (Sink::Gradient, g.gradient(loss, &parameters)?),
                    Purpose::Product => (Sink::Product, self.product(g, loss, &parameters)?),
                    _ => (Sink::Product, self.gauss_newton(g, loss, built.logits, &parameters)?),
                };
                if sink == Sink::Gradient {
                    outputs.push(Output { value: loss, sink: Sink::Loss, offset: 0, add: key.add });
                }
                for (p, value) in self.table.entries().iter().zip(values) {
                    outputs.push(Output { value, sink, offset: p.offset, add: key.add });
                }
                if key.purpose == Purpose::Gradient {
                    for &(offset, value) in &built.inventory.updates {
                        outputs.push(Output { value, sink: Sink::State, offset, add: false });
                    }
                }
            }
        }
        Plan::new(g, &outputs)
    }

    /// Sum of the losses of the batch times [`Buffer::Scale`].
    fn mean_loss(&self, g: &mut Graph, built: &Built, batch: usize) -> Result<Value> {
        g.set_scope("loss");
        let target = self.target_input(g, batch)?;
        let losses = self.loss.per_example(g, built.logits, target)?;
        let sum = g.sum_all(losses)?;
        let scale = g.input(Buffer::Scale, 0, Shape::scalar())?;
        g.mul(sum, scale)
    }

    /// The gradient of gradient . direction: a Hessian-vector product.
    fn product(&self, g: &mut Graph, loss: Value, parameters: &[Value]) -> Result<Vec<Value>> {
        let gradient = g.gradient(loss, parameters)?;
        let seeds = self.along_direction(g, &gradient)?;
        g.pull_back(&seeds, parameters)
    }

    /// `J^T S J direction`, where J is the Jacobian of what the loss takes and S the Hessian of the loss in it.
    ///
    /// `J^T u` is linear in u, so the gradient of `(J^T u) . direction` with respect to u is `J direction` (Townsend's
    /// double-backward trick): the forward derivative without rules of its own.
    fn gauss_newton(
        &self,
        g: &mut Graph,
        loss: Value,
        outputs: Value,
        parameters: &[Value],
    ) -> Result<Vec<Value>> {
        // what is linear in u has a derivative without it: the plan leaves this input out and nothing is bound to it
        let u = g.input(Buffer::Direction, self.table.len(), g.shape(outputs).clone())?;
        let back = g.pull_back(&[(outputs, u)], parameters)?;
        let seeds = self.along_direction(g, &back)?;
        let forward = g.pull_back(&seeds, &[u])?[0];
        let slope = g.gradient(loss, &[outputs])?[0];
        let bent = g.pull_back(&[(slope, forward)], &[outputs])?[0];
        g.pull_back(&[(outputs, bent)], parameters)
    }

    /// A vector as long as theta, each part with the direction's as its cotangent.
    fn along_direction(&self, g: &mut Graph, vector: &[Value]) -> Result<Vec<(Value, Value)>> {
        let parts = self.table.entries().iter().zip(vector);
        parts.map(|(p, &v)| Ok((v, g.input(Buffer::Direction, p.offset, p.shape.clone())?))).collect()
    }

    fn parameter_values(&self, g: &mut Graph) -> Result<Vec<Value>> {
        self.table.entries().iter().map(|p| g.input(Buffer::Theta, p.offset, p.shape.clone())).collect()
    }

    fn target_input(&self, g: &mut Graph, batch: usize) -> Result<Value> {
        match self.target {
            Target::Classes(_) | Target::Steps { .. } => {
                g.input(Buffer::Labels, 0, [batch * self.target.steps()])
            }
            Target::Reals(n) => g.input(Buffer::Targets, 0, [batch, n]),
        }
    }

    fn build(&self, graph: &mut Graph, batch: usize, train: bool) -> Result<Built> {
        let x = graph.input(Buffer::Features, 0, [&[batch], self.input.dims()].concat())?;
        let mut inventory = Inventory::default();
        let (activations, logits) = self.append(&mut Builder::new(graph, &mut inventory, batch, train), x)?;
        self.built(graph, activations, logits, inventory)
    }

    /// One step of one sequence, with what recurrent layers carry to the next as state.
    pub(super) fn build_step(&self, graph: &mut Graph) -> Result<Built> {
        let dims = [&[1, 1], self.input.dims().get(1..).unwrap_or_default()].concat();
        let x = graph.input(Buffer::Features, 0, dims)?;
        let mut inventory = Inventory::default();
        let mut builder = Builder::new(graph, &mut inventory, 1, false).streaming();
        let (activations, logits) = self.append(&mut builder, x)?;
        self.built(graph, activations, logits, inventory)
    }

    /// Appends all layers. Returns what each puts out, and what the last does before its activation.
    fn append(&self, builder: &mut Builder<'_>, mut x: Value) -> Result<(Vec<Value>, Value)> {
        let mut activations = Vec::new();
        let mut logits = x;
        for (layer, name) in self.layers.iter().zip(&self.names) {
            let added = builder.layer(name, layer, x)?;
            let last = activations.len() + 1 == self.layers.len();
            if layer.activation() == Activation::Softmax && self.loss.link() == Activation::Softmax && !last {
                return Err(Error::spec("softmax-inside", name)
                    .expected("softmax as the last activation only")
                    .got("softmax before another layer")
                    .hint("use ReLU or tanh here"));
            }
            (logits, x) = (added.before, added.after);
            activations.push(x);
        }
        Ok((activations, logits))
    }

    fn built(
        &self,
        graph: &mut Graph,
        activations: Vec<Value>,
        mut logits: Value,
        inventory: Inventory,
    ) -> Result<Built> {
        let x = activations.last().copied().unwrap_or(logits);
        let link = self.loss.link();
        let linked = self.layers.last().map(LayerSpec::activation) == Some(link);
        if !linked {
            logits = x;
        }
        // the probabilities, whether or not the last layer ends with the activation that makes them
        let prediction = if linked { x } else { link.apply(graph, logits)? };
        Ok(Built { activations, logits, prediction, inventory })
    }

    fn check_loss(&self) -> Result<()> {
        if self.loss.needs_classes() && matches!(self.target, Target::Reals(_)) {
            return Err(Error::spec("loss-needs-classes", "loss")
                .expected("a data set with classes for this loss")
                .got("a data set with real targets")
                .hint("use meanSquaredError"));
        }
        self.loss.check(self.target.classes().unwrap_or(self.target.outputs()))
    }

    fn check_output(&self, g: &Graph, logits: Value) -> Result<()> {
        let (want, got) = (self.target.outputs(), g.shape(logits));
        let name = self.names.last().map_or("output", String::as_str);
        if let Target::Steps { steps, classes } = self.target {
            if got.dims() == [1, steps, classes] {
                return Ok(());
            }
            return Err(Error::shape("output-steps", name)
                .expected(format!("{classes} outputs at each of {steps} steps"))
                .got(got.to_string())
                .hint(format!("let every recurrent layer return sequences, and end with a dense layer of {classes} units"))
                .arg("classes", classes)
                .arg("steps", steps)
                .arg("got", got));
        }
        if got.dims() == [1, want] {
            return Ok(());
        }
        let what = match self.target {
            Target::Classes(n) => format!("{n} outputs, one for each class"),
            Target::Steps { .. } | Target::Reals(_) => format!("{want} outputs, one for each target"),
        };
        let found = if got.rank() == 2 { got.dims()[1].to_string() } else { got.to_string() };
        let code = if got.rank() == 2 { "output-count" } else { "output-not-flat" };
        let hint = if got.rank() == 2 {
            format!("set its units to {want}")
        } else {
            format!("add a flatten layer and a dense layer of {want} units at the end")
        };
        Err(Error::shape(code, name)
            .expected(what)
            .got(&found)
            .hint(hint)
            .arg("want", want)
            .arg("got", found))
    }

    fn summarise(&self, g: &Graph, built: &Built) -> Vec<LayerRow> {
        let count = |name: &str, kind: ParameterKind| -> usize {
            let table = &built.inventory.parameters;
            let own = table.entries().iter().filter(|p| belongs(&p.layer, name) && p.kind == kind);
            own.map(|p| p.shape.len()).sum()
        };
        let state = |name: &str| -> usize {
            let entries = built.inventory.states.entries().iter();
            entries.filter(|s| belongs(&s.layer, name)).map(|s| s.shape.len()).sum()
        };
        let row = |((layer, name), &value): ((&LayerSpec, &String), &Value)| {
            let output = g.shape(value).dims()[1..].to_vec();
            let weights = count(name, ParameterKind::Weight) + count(name, ParameterKind::Gain);
            let biases = count(name, ParameterKind::Bias);
            LayerRow {
                name: name.clone(),
                kind: layer.kind(),
                detail: layer.detail(),
                bytes: output.iter().product::<usize>() * size_of::<f32>(),
                output,
                parameters: weights + biases,
                state: state(name),
                weights,
                biases,
            }
        };
        self.layers.iter().zip(&self.names).zip(&built.activations).map(row).collect()
    }
}

/// Whether `layer` is the layer `name` or a part of it.
fn belongs(layer: &str, name: &str) -> bool {
    layer.strip_prefix(name).is_some_and(|rest| rest.is_empty() || rest.starts_with('/'))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::nn::{Conv2dLayer, Dense, PaddingSpec, SoftmaxCrossEntropy};

    fn code(layers: &[LayerSpec]) -> &'static str {
        let input = Shape::new(&[8, 8, 1]);
        let model = Model::new(&input, layers, SoftmaxCrossEntropy::default().into(), Target::Classes(2));
        model.map_or_else(|error| error.report().code, |_| "fits")
    }

    #[test]
    fn networks_beyond_any_memory_are_refused_before_anything_is_allocated() {
        let dense = |units| LayerSpec::Dense(Dense::new(units, Activation::Relu));
        let conv = |filters, kernel, padding| {
            LayerSpec::Conv2d(Conv2dLayer::new(filters, kernel, padding, Activation::Relu))
        };
        assert_eq!(code(&[dense(1000), dense(2)]), "fits");
        assert_eq!(code(&[dense(1 << 20), dense(1 << 20), dense(2)]), "network-too-large");
        assert_eq!(code(&[conv(1 << 17, [1, 1], PaddingSpec::Valid), dense(2)]), "network-too-large");
        assert_eq!(code(&[conv(1, [17, 17], PaddingSpec::Same), dense(2)]), "conv-window");
        assert_eq!(code(&[conv(1, [16, 16], PaddingSpec::Same), dense(2)]), "fits");
        assert_eq!(code(&vec![dense(2); 1001]), "too-many-layers");
    }
}
