//! Losses of the error e = output - target, the mean over the outputs. Labels become one-hot targets.

use super::{LossFunction, mean_rows, one_hot, positive};
use crate::error::Result;
use crate::graph::{Graph, Value};
use serde::{Deserialize, Serialize};

/// `e^2`.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[cfg_attr(target_family = "wasm", derive(tsify::Tsify))]
#[serde(deny_unknown_fields)]
pub struct MeanSquaredError {}

/// `e^2 / 2`.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[cfg_attr(target_family = "wasm", derive(tsify::Tsify))]
#[serde(deny_unknown_fields)]
pub struct HalfMeanSquaredError {}

/// `|e|`; its derivative at 0 is 0.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[cfg_attr(target_family = "wasm", derive(tsify::Tsify))]
#[serde(deny_unknown_fields)]
pub struct MeanAbsoluteError {}

/// `e^2 / 2` up to `|e| = delta`, from there on the tangent `delta (|e| - delta / 2)`.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[cfg_attr(target_family = "wasm", derive(tsify::Tsify))]
#[serde(deny_unknown_fields)]
pub struct Huber {
    /// The largest error that is squared.
    #[serde(default = "one")]
    pub delta: f64,
}

/// `e^2 / (2 beta)` below `|e| = beta`, from there on `|e| - beta / 2`: [`Huber`] divided by its delta.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[cfg_attr(target_family = "wasm", derive(tsify::Tsify))]
#[serde(deny_unknown_fields)]
pub struct SmoothL1 {
    /// The error from which on the loss is linear.
    #[serde(default = "one")]
    pub beta: f64,
}

/// `log cosh(e)`: near `e^2 / 2` for small errors, near `|e| - log 2` for large ones, and smooth everywhere.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[cfg_attr(target_family = "wasm", derive(tsify::Tsify))]
#[serde(deny_unknown_fields)]
pub struct LogCosh {}

fn one() -> f64 {
    1.0
}

impl Default for Huber {
    fn default() -> Self {
        Self { delta: one() }
    }
}

impl Default for SmoothL1 {
    fn default() -> Self {
        Self { beta: one() }
    }
}

/// Output minus target, `(R, K)`.
fn error(g: &mut Graph, x: Value, target: Value) -> Result<Value> {
    let k = g.shape(x).dims()[1];
    let target = one_hot(g, target, k)?;
    g.sub(x, target)
}

fn squares(g: &mut Graph, x: Value, target: Value, factor: f64) -> Result<Value> {
    let e = error(g, x, target)?;
    let square = g.mul(e, e)?;
    mean_rows(g, square, factor)
}

/// A parabola `e^2 / (2 knee)` up to the knee, then its tangent.
fn bent(g: &mut Graph, x: Value, target: Value, knee: f64, factor: f64) -> Result<Value> {
    let e = error(g, x, target)?;
    let size = g.abs(e)?;
    let (edge, half) = (g.constant(knee)?, g.constant(0.5 * knee)?);
    let square = g.mul(e, e)?;
    let inside = g.scale(square, 0.5 / knee)?;
    let outside = g.sub(size, half)?;
    let large = g.greater(size, edge)?;
    let loss = g.select(large, outside, inside)?;
    mean_rows(g, loss, factor)
}

impl LossFunction for MeanSquaredError {
    const TITLE: &'static str = "mean squared error";
    const FORMULA: &'static str = "1/K sum_k e_k^2, e = x - t";
    const SOURCE: &'static str = "Gauss 1809";

    fn rows(&self, g: &mut Graph, x: Value, target: Value) -> Result<Value> {
        squares(g, x, target, 1.0)
    }
}

impl LossFunction for HalfMeanSquaredError {
    const TITLE: &'static str = "half mean squared error";
    const FORMULA: &'static str = "1/(2K) sum_k e_k^2, e = x - t";
    const SOURCE: &'static str = "Gauss 1809";

    fn rows(&self, g: &mut Graph, x: Value, target: Value) -> Result<Value> {
        squares(g, x, target, 0.5)
    }
}

impl LossFunction for MeanAbsoluteError {
    const TITLE: &'static str = "mean absolute error";
    const FORMULA: &'static str = "1/K sum_k |e_k|, e = x - t";
    const SOURCE: &'static str = "Boscovich 1757; Laplace 1774";

    fn rows(&self, g: &mut Graph, x: Value, target: Value) -> Result<Value> {
        let e = error(g, x, target)?;
        let size = g.abs(e)?;
        mean_rows(g, size, 1.0)
    }
}

impl LossFunction for Huber {
    const TITLE: &'static str = "Huber";
    const FORMULA: &'static str = "1/K sum_k (e_k^2 / 2 if |e_k| <= delta, else delta (|e_k| - delta / 2))";
    const SOURCE: &'static str = "Huber 1964";

    fn check(&self, _: usize) -> Result<()> {
        positive("loss.delta", self.delta)
    }

    fn rows(&self, g: &mut Graph, x: Value, target: Value) -> Result<Value> {
        bent(g, x, target, self.delta, self.delta)
    }
}

impl LossFunction for SmoothL1 {
    const TITLE: &'static str = "smooth L1";
    const FORMULA: &'static str = "1/K sum_k (e_k^2 / (2 beta) if |e_k| < beta, else |e_k| - beta / 2)";
    const SOURCE: &'static str = "Girshick 2015, eq. 3";

    fn check(&self, _: usize) -> Result<()> {
        positive("loss.beta", self.beta)
    }

    fn rows(&self, g: &mut Graph, x: Value, target: Value) -> Result<Value> {
        bent(g, x, target, self.beta, 1.0)
    }
}

impl LossFunction for LogCosh {
    const TITLE: &'static str = "log-cosh";
    const FORMULA: &'static str = "1/K sum_k log cosh(e_k), e = x - t";
    const SOURCE: &'static str = "Green 1990";

    fn rows(&self, g: &mut Graph, x: Value, target: Value) -> Result<Value> {
        // log cosh e = e + softplus(-2 e) - log 2: no overflow, and every derivative is one of the logistic function
        let e = error(g, x, target)?;
        let twice = g.scale(e, -2.0)?;
        let soft = g.softplus(twice)?;
        let sum = g.add(e, soft)?;
        let log2 = g.constant(std::f64::consts::LN_2)?;
        let loss = g.sub(sum, log2)?;
        mean_rows(g, loss, 1.0)
    }
}
