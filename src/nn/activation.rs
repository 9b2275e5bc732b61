//! Activation functions by name.

use crate::error::Result;
use crate::graph::{Graph, Value};
use serde::{Deserialize, Serialize};

/// A function applied to what a layer puts out.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(target_family = "wasm", derive(tsify::Tsify))]
#[serde(rename_all = "camelCase")]
pub enum Activation {
    /// The identity.
    #[default]
    Linear,
    /// `max(x, 0)`.
    Relu,
    /// `x` if positive, else `0.01 x` (the slope of Maas, Hannun, Ng 2013).
    LeakyRelu,
    /// The hyperbolic tangent.
    Tanh,
    /// `1 / (1 + exp(-x))`.
    Sigmoid,
    /// `exp(x_i) / sum exp(x_j)` over the last axis.
    Softmax,
}

impl Activation {
    /// The name that a person reads.
    #[must_use]
    pub fn title(self) -> &'static str {
        match self {
            Self::Linear => "linear",
            Self::Relu => "ReLU",
            Self::LeakyRelu => "leaky ReLU",
            Self::Tanh => "tanh",
            Self::Sigmoid => "sigmoid",
            Self::Softmax => "softmax",
        }
    }

    /// Appends the function.
    ///
    /// # Errors
    /// [`Error::Shape`](crate::Error::Shape) if a softmax has nothing to sum over.
    pub fn apply(self, g: &mut Graph, x: Value) -> Result<Value> {
        match self {
            Self::Linear => Ok(x),
            Self::Relu => g.relu(x),
            Self::LeakyRelu => g.leaky_relu(x, 0.01),
            Self::Tanh => g.tanh(x),
            Self::Sigmoid => g.sigmoid(x),
            Self::Softmax => g.softmax(x),
        }
    }
}
