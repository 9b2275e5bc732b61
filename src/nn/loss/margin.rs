//! Losses that are content with a margin.

use super::{LossFunction, mean_rows, one_hot};
use crate::error::Result;
use crate::graph::{Graph, Value};
use serde::{Deserialize, Serialize};

/// `max(0, 1 - s x)`, the mean over the outputs, with s = 2 t - 1: the target is 1 for the class and 0 for the others, so
/// each output tells its class (s = 1) from the rest (s = -1).
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[cfg_attr(target_family = "wasm", derive(tsify::Tsify))]
#[serde(deny_unknown_fields)]
pub struct Hinge {}

impl LossFunction for Hinge {
    const TITLE: &'static str = "hinge";
    const FORMULA: &'static str = "1/K sum_k max(0, 1 - (2 t_k - 1) x_k)";
    const SOURCE: &'static str = "Cortes, Vapnik 1995";
    const NEEDS_CLASSES: bool = true;

    fn rows(&self, g: &mut Graph, x: Value, target: Value) -> Result<Value> {
        let k = g.shape(x).dims()[1];
        let t = one_hot(g, target, k)?;
        let one = g.constant(1.0)?;
        let twice = g.scale(t, 2.0)?;
        let side = g.sub(twice, one)?;
        let agreement = g.mul(side, x)?;
        let missing = g.sub(one, agreement)?;
        let loss = g.relu(missing)?;
        mean_rows(g, loss, 1.0)
    }
}
