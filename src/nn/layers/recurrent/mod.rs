//! Recurrent layers: sequences `(N, T, F)` to the last output `(N, H)` or to all of them `(N, T, H)`.

mod cell;

pub use cell::{Carried, Cell, Recurrence};

use super::{Activation, Builder, Initializer, Layer, ParameterKind};
use crate::error::{Error, Result};
use crate::graph::{Graph, Value};
use serde::{Deserialize, Serialize};

/// The plain recurrent layer: `h_t = tanh(x_t W + h_(t-1) U + b)`.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[cfg_attr(target_family = "wasm", derive(tsify::Tsify))]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct SimpleRnn {
    /// Name; by default `rnn_1`, ….
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub name: Option<String>,
    /// Outputs at each step.
    pub units: usize,
    /// Tanh or ReLU.
    #[serde(default = "tanh")]
    pub activation: Activation,
    /// Whether the outputs of all steps are returned, for another layer on sequences.
    #[serde(default)]
    pub return_sequences: bool,
    /// Whether a second recurrence runs from the last step to the first; the outputs stand side by side.
    #[serde(default)]
    pub bidirectional: bool,
    /// Whether a second bias is added, to the product with the output before, as PyTorch does: the two count by their sum, so
    /// that each step of training moves it twice.
    #[serde(default)]
    pub recurrent_bias: bool,
    /// Initial weights.
    #[serde(default)]
    pub initializer: Initializer,
}

/// Long short-term memory: a cell that keeps what its gates let it.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[cfg_attr(target_family = "wasm", derive(tsify::Tsify))]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct Lstm {
    /// Name; by default `lstm_1`, ….
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub name: Option<String>,
    /// Outputs at each step.
    pub units: usize,
    /// Whether the outputs of all steps are returned, for another layer on sequences.
    #[serde(default)]
    pub return_sequences: bool,
    /// Whether a second recurrence runs from the last step to the first; the outputs stand side by side.
    #[serde(default)]
    pub bidirectional: bool,
    /// Whether a second bias is added, to the product with the output before, as PyTorch does: the two count by their sum, so
    /// that each step of training moves it twice.
    #[serde(default)]
    pub recurrent_bias: bool,
    /// Initial weights.
    #[serde(default)]
    pub initializer: Initializer,
}

/// The gated recurrent unit.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[cfg_attr(target_family = "wasm", derive(tsify::Tsify))]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct Gru {
    /// Name; by default `gru_1`, ….
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub name: Option<String>,
    /// Outputs at each step.
    pub units: usize,
    /// Whether the reset gate acts on the product with the recurrent weights, not on the output before it.
    #[serde(default = "super::yes")]
    pub reset_after: bool,
    /// Whether the outputs of all steps are returned, for another layer on sequences.
    #[serde(default)]
    pub return_sequences: bool,
    /// Whether a second recurrence runs from the last step to the first; the outputs stand side by side.
    #[serde(default)]
    pub bidirectional: bool,
    /// Whether the product with the output before has a bias of its own. If the reset gate acts on that product it has
    /// a part in what is reset; otherwise it only adds to the other.
    #[serde(default = "super::yes")]
    pub recurrent_bias: bool,
    /// Initial weights.
    #[serde(default)]
    pub initializer: Initializer,
}

fn tanh() -> Activation {
    Activation::Tanh
}

/// What the three layers have in common.
struct Plan {
    cell: Cell,
    units: usize,
    sequences: bool,
    bidirectional: bool,
    recurrent_bias: bool,
    initializer: Initializer,
}

impl Plan {
    fn build(&self, b: &mut Builder<'_>, x: Value) -> Result<Value> {
        b.count("units", self.units)?;
        let [steps, features] = sequence(b, x)?;
        if !self.sequences {
            // memory goes with the outputs of all steps, whether or not they are returned
            b.holds(steps.saturating_mul(self.units).saturating_mul(1 + usize::from(self.bidirectional)));
        }
        // step by step in memory: (T N, F)
        let x = b.graph.transpose(x, &[1, 0, 2])?;
        let x = b.graph.reshape(x, [steps * b.batch, features])?;
        if !self.bidirectional {
            let outputs = self.direction(b, x, steps, false)?;
            return if self.sequences { stack(b.graph, &outputs) } else { Ok(outputs[steps - 1]) };
        }
        b.refuse_stream("both directions")?;
        let forward = b.within("forward", |b| self.direction(b, x, steps, false))?;
        let backward = b.within("backward", |b| self.direction(b, x, steps, true))?;
        if self.sequences {
            let (forward, backward) = (stack(b.graph, &forward)?, stack(b.graph, &backward)?);
            return b.graph.concat(&[forward, backward], 2);
        }
        // each direction has seen the whole sequence at its own end
        b.graph.concat(&[forward[steps - 1], backward[0]], 1)
    }

    /// The outputs of every step of one direction.
    fn direction(&self, b: &mut Builder<'_>, x: Value, steps: usize, backwards: bool) -> Result<Vec<Value>> {
        let (features, units) = (b.graph.shape(x).dims()[1], self.units);
        let width = self.cell.gates() * units;
        let kernel = b.parameter(
            "kernel",
            [features, width],
            ParameterKind::Weight,
            self.initializer,
            [features, units],
        )?;
        let weights = b.parameter(
            "recurrent",
            [units, width],
            ParameterKind::Weight,
            self.initializer,
            [units, units],
        )?;
        let (bias, inner) = self.biases(b)?;
        let projected = b.graph.matmul(x, kernel, false, false)?;
        let projected = b.graph.add(projected, bias)?;
        let projected = b.graph.reshape(projected, [steps, b.batch, width])?;
        let recurrence = Recurrence { cell: self.cell, weights, bias: inner };
        let start = if b.stream { Some(self.carried(b)?) } else { None };
        let (outputs, end) = recurrence.run(b.graph, projected, start, backwards)?;
        if let (Some(start), Some(end)) = (start, end) {
            b.update_state(start.output, end.output)?;
            if let (Some(old), Some(new)) = (start.cell, end.cell) {
                b.update_state(old, new)?;
            }
        }
        Ok(outputs)
    }

    /// What the step before has left, in a stream; zeros at first.
    fn carried(&self, b: &mut Builder<'_>) -> Result<Carried> {
        let shape = [b.batch, self.units];
        let output = b.state("output", shape, 0.0)?;
        let cell = if self.cell == Cell::Lstm { Some(b.state("cell", shape, 0.0)?) } else { None };
        Ok(Carried { output, cell })
    }

    /// The bias of the inputs `(gates H)`, and that of the recurrent product where it is one of its own.
    fn biases(&self, b: &mut Builder<'_>) -> Result<(Value, Option<Value>)> {
        let units = self.units;
        let zeros = |b: &mut Builder<'_>, role: &str, columns: usize| {
            b.parameter(role, [columns], ParameterKind::Bias, Initializer::Zeros {}, [1, units])
        };
        let bias = if self.cell == Cell::Lstm {
            let input = zeros(b, "bias_input", units)?;
            // a cell that keeps what it has until it learns otherwise (Gers, Schmidhuber, Cummins 2000; Jozefowicz,
            // Zaremba, Sutskever 2015)
            let open = Initializer::Constant { value: 1.0 };
            let forget = b.parameter("bias_forget", [units], ParameterKind::Bias, open, [1, units])?;
            let (cell, output) = (zeros(b, "bias_cell", units)?, zeros(b, "bias_output", units)?);
            b.graph.concat(&[input, forget, cell, output], 0)?
        } else {
            zeros(b, "bias", self.cell.gates() * units)?
        };
        if !self.recurrent_bias {
            return Ok((bias, None));
        }
        let second = zeros(b, "bias_recurrent", self.cell.gates() * units)?;
        if self.cell != (Cell::Gru { reset_after: true }) {
            return Ok((b.graph.add(bias, second)?, None));
        }
        let inner = b.graph.slice(second, vec![2 * units], vec![units])?;
        let gates = b.graph.slice(second, vec![0], vec![2 * units])?;
        let gates = b.graph.pad(gates, vec![0], vec![units])?;
        Ok((b.graph.add(bias, gates)?, Some(inner)))
    }

    fn detail(&self) -> String {
        let mut words = vec![self.units.to_string()];
        if self.bidirectional {
            words.push("both ways".to_owned());
        }
        if self.sequences {
            words.push("every step".to_owned());
        }
        words.join(", ")
    }
}

/// Steps and features of sequences `(N, T, F)`.
pub(super) fn sequence(b: &Builder<'_>, x: Value) -> Result<[usize; 2]> {
    match *b.graph.shape(x).dims() {
        [_, steps, features] if steps > 0 && features > 0 => Ok([steps, features]),
        ref other => Err(Error::shape("layer-needs-steps", b.name)
            .expected("sequences (N, T, F)")
            .got(crate::shape::Shape::new(other).to_string())
            .hint(
                "use a data set of sequences, an embedding before it, or returnSequences in the layer before",
            )),
    }
}

/// Outputs `(N, H)` of all steps as `(N, T, H)`.
fn stack(g: &mut Graph, outputs: &[Value]) -> Result<Value> {
    let (steps, shape) = (outputs.len(), g.shape(outputs[0]).dims().to_vec());
    let rows = g.concat(outputs, 0)?;
    let all = g.reshape(rows, [steps, shape[0], shape[1]])?;
    g.transpose(all, &[1, 0, 2])
}

impl Layer for SimpleRnn {
    const STEM: &'static str = "rnn";
    const TITLE: &'static str = "simple recurrent";
    const FORMULA: &'static str = "h_t = tanh(x_t W + h_(t-1) U + b), or with ReLU";
    const SOURCE: &'static str = "Elman 1990";

    fn detail(&self) -> String {
        format!("{}, {}", self.plan(false).detail(), self.activation.title())
    }

    fn build(&self, b: &mut Builder<'_>, x: Value) -> Result<Value> {
        let relu = match self.activation {
            Activation::Tanh => false,
            Activation::Relu => true,
            other => {
                return Err(b.refuse(
                    "recurrent-activation",
                    "tanh or ReLU",
                    other.title(),
                    "choose one of the two",
                ));
            }
        };
        self.plan(relu).build(b, x)
    }

    fn cases() -> Vec<(Self, Vec<usize>)> {
        let tanh = Self::new(2);
        let both = Self { return_sequences: true, bidirectional: true, ..tanh.clone() };
        let relu = Self { activation: Activation::Relu, ..tanh.clone() };
        let more = Self { bidirectional: true, recurrent_bias: true, ..relu.clone() };
        vec![(tanh, vec![4, 2]), (both, vec![3, 1]), (relu, vec![2, 2]), (more, vec![2, 1])]
    }
}

impl SimpleRnn {
    /// A layer with tanh that returns its last output.
    #[must_use]
    pub fn new(units: usize) -> Self {
        Self {
            name: None,
            units,
            activation: Activation::Tanh,
            return_sequences: false,
            bidirectional: false,
            recurrent_bias: false,
            initializer: Initializer::default(),
        }
    }

    fn plan(&self, relu: bool) -> Plan {
        Plan {
            cell: Cell::Simple { relu },
            units: self.units,
            sequences: self.return_sequences,
            bidirectional: self.bidirectional,
            recurrent_bias: self.recurrent_bias,
            initializer: self.initializer,
        }
    }
}

impl Layer for Lstm {
    const STEM: &'static str = "lstm";
    const TITLE: &'static str = "LSTM";
    const FORMULA: &'static str =
        "i, f, g, o = x_t W + h_(t-1) U + b; c_t = σ(f) c_(t-1) + σ(i) tanh(g); h_t = σ(o) tanh(c_t)";
    const SOURCE: &'static str = "Hochreiter, Schmidhuber 1997; Gers, Schmidhuber, Cummins 2000";

    fn detail(&self) -> String {
        self.plan().detail()
    }

    fn build(&self, b: &mut Builder<'_>, x: Value) -> Result<Value> {
        self.plan().build(b, x)
    }

    fn cases() -> Vec<(Self, Vec<usize>)> {
        let both = Self { bidirectional: true, recurrent_bias: true, ..Self::new(1, false) };
        let all = Self { return_sequences: true, ..both.clone() };
        vec![
            (Self::new(2, false), vec![4, 2]),
            (Self::new(2, true), vec![3, 1]),
            (both, vec![2, 2]),
            (all, vec![1, 2]),
        ]
    }
}

impl Lstm {
    /// A layer in one direction.
    #[must_use]
    pub fn new(units: usize, return_sequences: bool) -> Self {
        Self {
            name: None,
            units,
            return_sequences,
            bidirectional: false,
            recurrent_bias: false,
            initializer: Initializer::default(),
        }
    }

    fn plan(&self) -> Plan {
        Plan {
            cell: Cell::Lstm,
            units: self.units,
            sequences: self.return_sequences,
            bidirectional: self.bidirectional,
            recurrent_bias: self.recurrent_bias,
            initializer: self.initializer,
        }
    }
}

impl Layer for Gru {
    const STEM: &'static str = "gru";
    const TITLE: &'static str = "GRU";
    const FORMULA: &'static str = "r, z = σ(x_t W + h_(t-1) U + b); n = tanh(x_t W_n + b_n + r (h_(t-1) U_n + b_h)); \
         h_t = (1 - z) n + z h_(t-1)";
    const SOURCE: &'static str = "Cho, van Merriënboer, Gulcehre et al. 2014";

    fn detail(&self) -> String {
        self.plan().detail()
    }

    fn build(&self, b: &mut Builder<'_>, x: Value) -> Result<Value> {
        self.plan().build(b, x)
    }

    fn cases() -> Vec<(Self, Vec<usize>)> {
        let before = Self { reset_after: false, recurrent_bias: false, ..Self::new(2, false) };
        let both = Self { bidirectional: true, ..Self::new(1, true) };
        let biased =
            Self { bidirectional: true, recurrent_bias: true, return_sequences: true, ..before.clone() };
        let bare = Self { recurrent_bias: false, ..Self::new(2, false) };
        vec![
            (Self::new(2, false), vec![3, 2]),
            (before, vec![3, 2]),
            (both, vec![2, 2]),
            (biased, vec![2, 1]),
            (bare, vec![2, 2]),
        ]
    }
}

impl Gru {
    /// A layer in one direction that resets after the product.
    #[must_use]
    pub fn new(units: usize, return_sequences: bool) -> Self {
        Self {
            name: None,
            units,
            reset_after: true,
            return_sequences,
            bidirectional: false,
            recurrent_bias: true,
            initializer: Initializer::default(),
        }
    }

    fn plan(&self) -> Plan {
        Plan {
            cell: Cell::Gru { reset_after: self.reset_after },
            units: self.units,
            sequences: self.return_sequences,
            bidirectional: self.bidirectional,
            recurrent_bias: self.recurrent_bias,
            initializer: self.initializer,
        }
    }
}
