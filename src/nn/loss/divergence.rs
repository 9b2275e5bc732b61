//! Divergences between distributions.

use super::{Activation, LossFunction, one_hot, sum_rows};
use crate::error::Result;
use crate::graph::{Graph, Value};
use serde::{Deserialize, Serialize};

/// `sum_k t_k (log t_k - log softmax(x)_k)`: how much longer messages become if symbols that come with probabilities t
/// are coded for softmax(x). The cross-entropy less the entropy of the target, of which `0 log 0` is 0. Labels become
/// one-hot targets.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[cfg_attr(target_family = "wasm", derive(tsify::Tsify))]
#[serde(deny_unknown_fields)]
pub struct KlDivergence {}

impl LossFunction for KlDivergence {
    const TITLE: &'static str = "Kullback-Leibler divergence";
    const FORMULA: &'static str = "sum_k t_k (log t_k - log softmax(x)_k)";
    const SOURCE: &'static str = "Kullback, Leibler 1951";
    const LINK: Activation = Activation::Softmax;
    const NEEDS_CLASSES: bool = true;

    fn rows(&self, g: &mut Graph, x: Value, target: Value) -> Result<Value> {
        let k = g.shape(x).dims()[1];
        let t = one_hot(g, target, k)?;
        // where t is 0 the logarithm is of 1, so that no infinity meets a zero
        let (zero, one) = (g.constant(0.0)?, g.constant(1.0)?);
        let some = g.greater(t, zero)?;
        let safe = g.select(some, t, one)?;
        let log_t = g.log(safe)?;
        let log_q = g.log_softmax(x)?;
        let gap = g.sub(log_t, log_q)?;
        let products = g.mul(t, gap)?;
        sum_rows(g, products)
    }
}

/// `1/2 sum_k (mean_k^2 + exp(log_variance_k) - 1 - log_variance_k)`, the divergence of a normal distribution with
/// independent components from the standard one: the second term of a variational autoencoder's loss (Kingma, Welling
/// 2014, appendix B). Both `(R, K)`; the result is `(R,)`.
///
/// # Errors
/// [`Error::Shape`](crate::Error::Shape) if the shapes differ.
pub fn gaussian_divergence(g: &mut Graph, mean: Value, log_variance: Value) -> Result<Value> {
    let square = g.mul(mean, mean)?;
    // exp(v) - 1 - v as written would cancel near v = 0
    let grown = g.expm1(log_variance)?;
    let excess = g.sub(grown, log_variance)?;
    let sum = g.add(square, excess)?;
    let sum = sum_rows(g, sum)?;
    g.scale(sum, 0.5)
}
