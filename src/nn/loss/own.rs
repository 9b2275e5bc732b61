//! A loss that the description brings along.

use super::{LossFunction, mean_rows, one_hot};
use crate::error::{Error, Result};
use crate::graph::{Graph, Value};
use crate::nn::function::{self, Operand, Written};
use serde::{Deserialize, Serialize};

/// Any function of an output and its target, values 0 and 1, both `(K,)`; classes come as rows with 1 at the class and 0
/// elsewhere. Of what it gives for an example the mean is taken.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[cfg_attr(target_family = "wasm", derive(tsify::Tsify))]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct CustomLoss {
    /// What is computed: [`Instruction`](crate::nn::Instruction)s.
    #[serde(default, skip_serializing_if = "Written::is_nothing")]
    #[cfg_attr(target_family = "wasm", tsify(type = "Instruction[]"))]
    pub function: Written,
}

impl LossFunction for CustomLoss {
    const TITLE: &'static str = "custom";
    const FORMULA: &'static str = "f(x, t), written down in the description as a list of operations";
    const SOURCE: &'static str = "the description; symbolic expressions: Bergstra et al. 2010";

    #[inline(never)]
    fn rows(&self, g: &mut Graph, x: Value, target: Value) -> Result<Value> {
        let rows = g.shape(x).dims()[0];
        let k = g.shape(x).dims()[1];
        let target = one_hot(g, target, k)?;
        let arguments = [x, target].map(|value| Operand { value, batched: true });
        let result = function::append(g, "loss", &self.function, &arguments)?;
        if !result.batched {
            return Err(Error::spec("own-result", "loss")
                .expected("a result that depends on the output")
                .got("one that does not")
                .hint("let the last instruction depend on value 0")
                .arg("got", "one that does not"));
        }
        match g.shape(result.value).len() / rows.max(1) {
            1 => g.reshape(result.value, [rows]),
            each => {
                let flat = g.reshape(result.value, [rows, each])?;
                mean_rows(g, flat, 1.0)
            }
        }
    }
}
