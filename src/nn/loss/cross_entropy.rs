//! Losses of probabilities, from logits.

use super::{Activation, LossFunction, check_weights, constants, mean_rows, one_hot, refuse, sum_rows};
use crate::error::Result;
use crate::graph::{DType, Graph, Value};
use serde::{Deserialize, Serialize};

/// `-sum_k w_k q_k log softmax(x)_k` with `q = (1 - s) t + s / K`: the target t is the label's one-hot row or a row of
/// probabilities, s the label smoothing, w the class weights.
///
/// Without options this is the operation [`SoftmaxCrossEntropy`](crate::ops::SoftmaxCrossEntropy).
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[cfg_attr(target_family = "wasm", derive(tsify::Tsify))]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct SoftmaxCrossEntropy {
    /// Share of the target that is spread evenly over the classes, 0 to 1 (Szegedy, Vanhoucke, Ioffe, Shlens, Wojna
    /// 2016, section 7).
    #[serde(default, skip_serializing_if = "is_zero")]
    pub label_smoothing: f64,
    /// A factor for each class. The mean divides by the sum of the weights of the labels.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub class_weights: Option<Vec<f64>>,
    /// A class whose examples do not count, padding for instance.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub ignore_index: Option<u32>,
}

#[allow(clippy::trivially_copy_pass_by_ref, reason = "the signature is serde's")]
fn is_zero(x: &f64) -> bool {
    *x == 0.0
}

impl LossFunction for SoftmaxCrossEntropy {
    const TITLE: &'static str = "softmax cross-entropy";
    const FORMULA: &'static str = "-sum_k w_k q_k log softmax(x)_k, q = (1 - s) t + s / K";
    const SOURCE: &'static str = "Bridle 1990; label smoothing: Szegedy et al. 2016";
    const LINK: Activation = Activation::Softmax;
    const NEEDS_CLASSES: bool = true;

    fn check(&self, outputs: usize) -> Result<()> {
        if !(0.0..=1.0).contains(&self.label_smoothing) {
            return Err(refuse("loss.labelSmoothing", "a share of 0 to 1", self.label_smoothing));
        }
        if let Some(weights) = &self.class_weights {
            check_weights("loss.classWeights", weights, outputs)?;
        }
        match self.ignore_index {
            Some(class) if class as usize >= outputs => {
                Err(refuse("loss.ignoreIndex", &format!("a class below {outputs}"), class))
            }
            _ => Ok(()),
        }
    }

    fn rows(&self, g: &mut Graph, x: Value, target: Value) -> Result<Value> {
        let labels = g.type_of(target).dtype == DType::Index;
        if labels && *self == Self::default() {
            return g.softmax_cross_entropy(x, target);
        }
        let k = g.shape(x).dims()[1];
        let truth = one_hot(g, target, k)?;
        let mut q = truth;
        if self.label_smoothing != 0.0 {
            let spread = g.constant(self.label_smoothing / k as f64)?;
            let kept = g.scale(truth, 1.0 - self.label_smoothing)?;
            q = g.add(kept, spread)?;
        }
        if let Some(weights) = &self.class_weights {
            let weights = constants(g, weights)?;
            q = g.mul(q, weights)?;
        }
        let log = g.log_softmax(x)?;
        let products = g.mul(q, log)?;
        let sum = sum_rows(g, products)?;
        let losses = g.neg(sum)?;
        let Some(ignored) = self.ignore_index.filter(|_| labels) else { return Ok(losses) };
        // 1 for the labels that count; also 0 for a label that is no class, whose row in `truth` is empty
        let kept: Vec<f64> = (0..k).map(|class| f64::from(u8::from(class != ignored as usize))).collect();
        let kept = constants(g, &kept)?;
        let kept = g.mul(truth, kept)?;
        let kept = sum_rows(g, kept)?;
        let zero = g.constant(0.0)?;
        g.select(kept, losses, zero)
    }

    fn weight(&self, label: u32) -> Option<f64> {
        match (&self.class_weights, self.ignore_index) {
            (None, None) => None,
            (_, Some(ignored)) if ignored == label => Some(0.0),
            (None, _) => Some(1.0),
            (Some(weights), _) => Some(weights.get(label as usize).copied().unwrap_or(0.0)),
        }
    }
}

/// `w t softplus(-x) + (1 - t) softplus(x)`, the mean over the outputs: each output is a question of its own, with the
/// answer t between 0 and 1. Labels become one-hot targets.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[cfg_attr(target_family = "wasm", derive(tsify::Tsify))]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct BinaryCrossEntropy {
    /// Factors of the positive terms: one for all outputs, or one for each.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub positive_weights: Option<Vec<f64>>,
}

impl LossFunction for BinaryCrossEntropy {
    const TITLE: &'static str = "binary cross-entropy";
    const FORMULA: &'static str = "1/K sum_k w_k t_k softplus(-x_k) + (1 - t_k) softplus(x_k)";
    const SOURCE: &'static str = "Cox 1958; Bishop 1995, section 6.7";
    const LINK: Activation = Activation::Sigmoid;
    const NEEDS_CLASSES: bool = true;

    fn check(&self, outputs: usize) -> Result<()> {
        match &self.positive_weights {
            Some(weights) => {
                let count = if weights.len() == 1 { 1 } else { outputs };
                check_weights("loss.positiveWeights", weights, count)
            }
            None => Ok(()),
        }
    }

    fn rows(&self, g: &mut Graph, x: Value, target: Value) -> Result<Value> {
        let k = g.shape(x).dims()[1];
        let t = one_hot(g, target, k)?;
        let minus = g.neg(x)?;
        let (miss, alarm) = (g.softplus(minus)?, g.softplus(x)?);
        let mut positive = g.mul(t, miss)?;
        if let Some(weights) = &self.positive_weights {
            let weights = constants(g, weights)?;
            positive = g.mul(positive, weights)?;
        }
        let one = g.constant(1.0)?;
        let rest = g.sub(one, t)?;
        let negative = g.mul(rest, alarm)?;
        let sum = g.add(positive, negative)?;
        mean_rows(g, sum, 1.0)
    }
}
