//! Losses: one number per example; a batch takes their mean.

use crate::error::{Error, Result};
use crate::graph::{DType, Graph, Value};
use serde::{Deserialize, Serialize};

/// What training makes small.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(target_family = "wasm", derive(tsify::Tsify))]
#[serde(rename_all = "camelCase")]
pub enum Loss {
    /// `-log softmax(logits)[label]`. A final softmax activation is part of the loss.
    SoftmaxCrossEntropy,
    /// The mean of the squared errors over the outputs. Labels become one-hot targets.
    MeanSquaredError,
    /// Half of [`Loss::MeanSquaredError`].
    HalfMeanSquaredError,
}

impl Loss {
    /// Whether the softmax belongs to the loss, so that the network's output before it is what counts.
    #[must_use]
    pub fn takes_logits(self) -> bool {
        self == Self::SoftmaxCrossEntropy
    }

    /// Appends the loss of each example, `(N,)`: output `(N, K)`, target labels `(N,)` or reals `(N, K)`.
    ///
    /// # Errors
    /// [`Error::Shape`] if output and target do not fit; [`Error::Spec`] for a cross-entropy without classes.
    pub fn per_example(self, g: &mut Graph, output: Value, target: Value) -> Result<Value> {
        let shape = g.shape(output).clone();
        let &[n, k] = shape.dims() else {
            return Err(Error::shape("output-not-flat", "output")
                .expected("one row of outputs per example, (N, K)")
                .got(shape.to_string())
                .hint("add a flatten layer before the last dense layer"));
        };
        let labels = g.type_of(target).dtype == DType::Index;
        match self {
            Self::SoftmaxCrossEntropy if labels => g.softmax_cross_entropy(output, target),
            Self::SoftmaxCrossEntropy => Err(Error::spec("loss-needs-classes", "loss")
                .expected("a data set with classes for softmax cross-entropy")
                .got("a data set with real targets")
                .hint("use meanSquaredError")),
            Self::MeanSquaredError | Self::HalfMeanSquaredError => {
                let target = if labels { g.one_hot(target, k)? } else { target };
                let error = g.sub(output, target)?;
                let square = g.mul(error, error)?;
                let sum = g.sum(square, &[1])?;
                let sum = g.reshape(sum, [n])?;
                let half = if self == Self::HalfMeanSquaredError { 0.5 } else { 1.0 };
                g.scale(sum, half / k as f64)
            }
        }
    }
}
