//! What a layer is built with: its part of the graph, of theta, of the state, of the randomness, and layers inside it.

use super::{Initializer, LayerSpec, Parameter, ParameterKind, ParameterTable};
use crate::error::{Error, Result};
use crate::graph::{Buffer, Graph, Value};
use crate::nn::state::{State, StateTable};
use crate::ops::Op;
use crate::shape::Shape;

/// Most layers of a network, those inside others too: planning takes time and memory for each.
const MAX_LAYERS: usize = 1000;
/// Most parameters of a network: a quarter of a GiB in f32, of which training with Adam holds seven copies.
const MAX_PARAMETERS: usize = 1 << 26;
/// Most numbers that all layers together put out for one example: programs take at least 32 examples at once.
const MAX_ACTIVATIONS: usize = 1 << 22;

/// What the layers of a network have asked for so far.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Inventory {
    /// The parameters.
    pub parameters: ParameterTable,
    /// What layers carry from step to step.
    pub states: StateTable,
    /// New values of states and their offsets in the flat state; training programs alone have them.
    pub updates: Vec<(usize, Value)>,
    /// Random nodes.
    streams: u32,
    layers: usize,
    /// Numbers that all layers put out for one example.
    pub(crate) activations: usize,
}

/// A layer in process of being added to a graph.
pub struct Builder<'a> {
    /// The graph it adds to.
    pub graph: &'a mut Graph,
    /// Name of the layer.
    pub name: &'a str,
    /// Examples in the batch.
    pub batch: usize,
    /// Whether this is a training program (dropout on) or an evaluation.
    pub train: bool,
    /// Whether a sequence comes step by step: recurrent layers take up where the step before left them.
    pub stream: bool,
    inventory: &'a mut Inventory,
}

/// What a layer gave.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Added {
    /// Before the layer's activation.
    pub before: Value,
    /// After it.
    pub after: Value,
}

impl<'a> Builder<'a> {
    /// A network without layers, for batches of `batch` examples.
    pub fn new(graph: &'a mut Graph, inventory: &'a mut Inventory, batch: usize, train: bool) -> Self {
        Self { graph, name: "", batch, train, stream: false, inventory }
    }

    /// The same for one step of a sequence after the other.
    #[must_use]
    pub fn streaming(mut self) -> Self {
        self.stream = true;
        self
    }

    /// Adds a parameter of the layer, `role` being `kernel`, `bias` and the like.
    ///
    /// # Errors
    /// Those of [`Graph::push`]; [`Error::Memory`] if the network becomes too large.
    pub fn parameter(
        &mut self,
        role: &str,
        shape: impl Into<Shape>,
        kind: ParameterKind,
        initializer: Initializer,
        fans: [usize; 2],
    ) -> Result<Value> {
        let shape = shape.into();
        self.check_numbers("parameters", self.inventory.parameters.len(), &shape)?;
        let index = self.inventory.parameters.push(Parameter {
            name: format!("{}.{role}", self.name),
            layer: self.name.to_owned(),
            shape: shape.clone(),
            offset: 0,
            kind,
            initializer,
            fans,
        });
        let offset = self.inventory.parameters.entries()[index].offset;
        self.graph.input(Buffer::Theta, offset, shape)
    }

    /// Adds a bias of `units`, zero at first, to the last axis of `x`.
    ///
    /// # Errors
    /// As [`Builder::parameter`].
    pub fn bias(&mut self, x: Value, units: usize) -> Result<Value> {
        let bias = self.parameter("bias", [units], ParameterKind::Bias, Initializer::Zeros {}, [1, units])?;
        self.graph.add(x, bias)
    }

    /// Adds a tensor that the layer carries from step to step, all `initial` at first; `role` is `running_mean` and the
    /// like. A network with state sees each batch whole: [`Builder::update_state`] may depend on all of it.
    ///
    /// # Errors
    /// As [`Builder::parameter`].
    pub fn state(&mut self, role: &str, shape: impl Into<Shape>, initial: f64) -> Result<Value> {
        let shape = shape.into();
        self.check_numbers("numbers of state", self.inventory.states.len(), &shape)?;
        let offset = self.inventory.states.push(State {
            name: format!("{}.{role}", self.name),
            layer: self.name.to_owned(),
            shape: shape.clone(),
            offset: 0,
            initial,
        });
        self.graph.input(Buffer::State, offset, shape)
    }

    /// Says what a state of [`Builder::state`] is after a training step, or after a step of a stream. Evaluation programs
    /// leave it as it is.
    ///
    /// # Errors
    /// [`Error::Shape`] if `new` has another shape than the state.
    pub fn update_state(&mut self, state: Value, new: Value) -> Result<()> {
        let (want, got) = (self.graph.shape(state), self.graph.shape(new));
        if want != got {
            return Err(Error::shape("op-shape", self.name)
                .expected(format!("a new state of shape {want}"))
                .got(got.to_string())
                .hint("change the shape of the input"));
        }
        if let (true, Op::Input(input)) = (self.train || self.stream, &self.graph.node_of(state).op) {
            self.inventory.updates.push((input.offset, new));
        }
        Ok(())
    }

    /// Ones with probability `1 - rate` and zeros, `(N, shape)`. Each call draws its own numbers; those of an example
    /// follow from the run's seed, the step and the example's number, wherever in a batch it stands.
    ///
    /// # Errors
    /// Those of [`Graph::push`].
    pub fn random_mask(&mut self, rate: f64, shape: impl Into<Shape>) -> Result<Value> {
        let (stream, examples) = self.stream()?;
        self.graph.random_mask(stream, examples, rate, shape)
    }

    /// Standard normal numbers `(N, shape)`, keyed as those of [`Builder::random_mask`].
    ///
    /// # Errors
    /// Those of [`Graph::push`].
    pub fn random_normal(&mut self, shape: impl Into<Shape>) -> Result<Value> {
        let (stream, examples) = self.stream()?;
        self.graph.random_normal(stream, examples, shape)
    }

    /// A stream of random numbers that no other node has, and the numbers of the examples.
    fn stream(&mut self) -> Result<(u32, Value)> {
        let stream = self.inventory.streams;
        self.inventory.streams += 1;
        Ok((stream, self.graph.input(Buffer::Examples, 0, [self.batch])?))
    }

    /// Builds a part of this layer under the name `layer/part`: what it adds belongs to that name.
    ///
    /// # Errors
    /// Those of `build`.
    pub fn within<R>(&mut self, part: &str, build: impl FnOnce(&mut Builder<'_>) -> Result<R>) -> Result<R> {
        let name = if self.name.is_empty() { part.to_owned() } else { format!("{}/{part}", self.name) };
        self.graph.set_scope(&name);
        let built = build(&mut Builder {
            graph: self.graph,
            name: &name,
            batch: self.batch,
            train: self.train,
            stream: self.stream,
            inventory: self.inventory,
        });
        self.graph.set_scope(self.name);
        built
    }

    /// Refuses a layer that needs a whole sequence where steps come one by one.
    ///
    /// # Errors
    /// [`Error::Spec`] in a stream, with what the layer needs.
    pub fn refuse_stream(&self, needs: &str) -> Result<()> {
        if !self.stream {
            return Ok(());
        }
        Err(self.refuse(
            "stream-whole",
            "layers that go from one step to the next",
            needs,
            "use recurrent layers in one direction",
        ))
    }

    /// Counts numbers for each example that the layer keeps beside what it puts out: the rows of a chunk follow from all
    /// of them.
    pub fn holds(&mut self, numbers: usize) {
        self.inventory.activations = self.inventory.activations.saturating_add(numbers);
    }

    /// Adds a whole layer with its activation under the name `layer/part`.
    ///
    /// # Errors
    /// Those of the layer; [`Error::Memory`] if the network becomes too large.
    pub fn layer(&mut self, part: &str, layer: &LayerSpec, x: Value) -> Result<Added> {
        self.within(part, |b| {
            b.inventory.layers += 1;
            if b.inventory.layers > MAX_LAYERS {
                return Err(too_many_layers(b.inventory.layers));
            }
            let before = layer.build(b, x)?;
            let after = layer.activation().apply(b.graph, before)?;
            let numbers = b.graph.shape(after).len() / b.batch.max(1);
            b.inventory.activations = b.inventory.activations.saturating_add(numbers);
            if b.inventory.activations > MAX_ACTIVATIONS {
                return Err(too_large(
                    b.name,
                    "outputs per example",
                    b.inventory.activations,
                    MAX_ACTIVATIONS,
                ));
            }
            Ok(Added { before, after })
        })
    }

    /// Adds layers one behind the other, named by kind and place among their like; the list continues one of `already`
    /// layers of this layer.
    ///
    /// # Errors
    /// As [`Builder::layer`].
    pub fn sequence(&mut self, layers: &[LayerSpec], already: &[LayerSpec], mut x: Value) -> Result<Value> {
        let all = [already, layers].concat();
        for (layer, name) in layers.iter().zip(&names(self.name, &all)?[already.len()..]) {
            x = self.layer(name, layer, x)?.after;
        }
        Ok(x)
    }

    /// A complaint about a field of this layer.
    #[must_use]
    pub fn refuse(&self, code: &'static str, expected: &str, got: impl ToString, hint: &str) -> Error {
        let got = got.to_string();
        Error::spec(code, self.name).expected(expected).got(&got).hint(hint).arg("got", got)
    }

    /// Refuses a count that is 0 or beyond any memory.
    ///
    /// # Errors
    /// [`Error::Spec`] then.
    pub fn count(&self, what: &str, n: usize) -> Result<()> {
        if (1..=1 << 20).contains(&n) {
            return Ok(());
        }
        let expected = format!("{what} of 1 to 1,048,576");
        Err(self.refuse("layer-count", &expected, n, "choose a number in this range"))
    }

    fn check_numbers(&self, what: &str, before: usize, shape: &Shape) -> Result<()> {
        let numbers = before.saturating_add(shape.len());
        if numbers > MAX_PARAMETERS {
            return Err(too_large(self.name, what, numbers, MAX_PARAMETERS));
        }
        Ok(())
    }
}

/// The names of layers that stand in one list inside `place`: their own, or stem and number.
///
/// # Errors
/// [`Error::Spec`] for a name that two have or that would be mistaken for that of a part.
pub(in crate::nn) fn names(place: &str, layers: &[LayerSpec]) -> Result<Vec<String>> {
    if layers.len() > MAX_LAYERS {
        return Err(too_many_layers(layers.len()));
    }
    let mut names: Vec<String> = Vec::new();
    for (i, layer) in layers.iter().enumerate() {
        let number = layers[..=i].iter().filter(|l| l.stem() == layer.stem()).count();
        let name = layer.name().map_or_else(|| format!("{}_{number}", layer.stem()), str::to_owned);
        if name.is_empty() || name.contains('/') || names.contains(&name) {
            let number = format!("layer {}", i + 1);
            let at = if place.is_empty() { number } else { format!("{place}, {number}") };
            return Err(Error::spec("layer-name", at)
                .expected("a name that no other layer has, without a slash")
                .got(format!("`{name}`"))
                .hint("rename it or leave the name out"));
        }
        names.push(name);
    }
    Ok(names)
}

fn too_many_layers(got: usize) -> Error {
    Error::spec("too-many-layers", "layers")
        .expected(format!("at most {MAX_LAYERS} layers"))
        .got(got.to_string())
        .hint("use fewer layers")
        .arg("got", got)
}

fn too_large(name: &str, what: &str, got: usize, most: usize) -> Error {
    // sizes beyond any count stand at the largest number there is
    let got = if got == usize::MAX { "more than can be counted".to_owned() } else { got.to_string() };
    Error::memory("network-too-large", name)
        .expected(format!("at most {most} {what} of all layers up to this one"))
        .got(&got)
        .hint("use fewer units or filters")
        .arg("what", what)
        .arg("got", got)
        .arg("most", most)
}
