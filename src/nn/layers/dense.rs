//! The dense layer.

use super::{Activation, Builder, Initializer, Layer, ParameterKind, yes};
use crate::error::{Error, Result};
use crate::graph::Value;
use serde::{Deserialize, Serialize};

/// `y = activation(x W + b)`: x `(N, I)`, W `(I, units)`. Images are flattened first; of sequences `(N, T, I)` each step
/// is a row of its own.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[cfg_attr(target_family = "wasm", derive(tsify::Tsify))]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct Dense {
    /// Name; by default `dense_1`, `dense_2`, ….
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub name: Option<String>,
    /// Outputs.
    pub units: usize,
    /// Function applied at the end.
    #[serde(default)]
    pub activation: Activation,
    /// Whether a bias is added.
    #[serde(default = "yes")]
    pub use_bias: bool,
    /// Initial weights.
    #[serde(default)]
    pub initializer: Initializer,
}

impl Layer for Dense {
    const STEM: &'static str = "dense";
    const TITLE: &'static str = "dense";
    const FORMULA: &'static str = "y = f(x W + b)";
    const SOURCE: &'static str = "Rosenblatt 1958";

    fn detail(&self) -> String {
        if self.activation == Activation::Linear { String::new() } else { self.activation.title().to_owned() }
    }

    fn activation(&self) -> Activation {
        self.activation
    }

    fn build(&self, b: &mut Builder<'_>, x: Value) -> Result<Value> {
        b.count("units", self.units)?;
        let dims = b.graph.shape(x).dims();
        let (rows, features) = match dims {
            [n, t, features] => (*n * *t, *features),
            [n, rest @ ..] if !rest.is_empty() => (*n, rest.iter().product::<usize>()),
            _ => {
                return Err(Error::shape("layer-needs-rows", b.name)
                    .expected("rows of features (N, I)")
                    .got(b.graph.shape(x).to_string())
                    .hint("use a data set with at least one feature"));
            }
        };
        let steps = if let [n, t, _] = *dims { Some([n, t, self.units]) } else { None };
        let x = b.graph.reshape(x, [rows, features])?;
        let fans = [features, self.units];
        let kernel = b.parameter("kernel", fans, ParameterKind::Weight, self.initializer, fans)?;
        let y = b.graph.matmul(x, kernel, false, false)?;
        let y = if self.use_bias { b.bias(y, self.units)? } else { y };
        steps.map_or(Ok(y), |shape| b.graph.reshape(y, shape))
    }

    fn cases() -> Vec<(Self, Vec<usize>)> {
        vec![
            (Self::new(3, Activation::Tanh), vec![4]),
            (Self { use_bias: false, ..Self::new(2, Activation::Linear) }, vec![2, 2, 1]),
            (Self::new(2, Activation::Sigmoid), vec![3, 2]),
        ]
    }
}

impl Dense {
    /// A dense layer with a bias.
    #[must_use]
    pub fn new(units: usize, activation: Activation) -> Self {
        Self { name: None, units, activation, use_bias: true, initializer: Initializer::default() }
    }
}
