//! Functions of single entries: activations and what the graph offers beside them.

use super::{Attributes, Op, Stop, not_yet};
use saddlepoint::Value;
use saddlepoint::nn::Activation;

impl Op<'_> {
    pub(super) fn elementwise(&mut self, op: &str) -> Result<Value, Stop> {
        let Some(x) = self.find("x") else { return not_yet(format!("an operator `{op}`")) };
        self.only(&["x"])?;
        if let Some(activation) = activation(op, &self.attributes)? {
            return Ok(activation.apply(&mut self.g, x)?);
        }
        let g = &mut self.g;
        Ok(match op {
            "exp" => g.exp(x),
            "expm1" => g.expm1(x),
            "log" => g.log(x),
            "log1p" => g.log1p(x),
            "sqrt" => g.sqrt(x),
            "square" => g.mul(x, x),
            "abs" => g.abs(x),
            "neg" => g.neg(x),
            "sin" => g.sin(x),
            "cos" => g.cos(x),
            "erf" => g.erf(x),
            "reciprocal" => g.reciprocal(x),
            _ => return not_yet(format!("an operator `{op}`")),
        }?)
    }
}

/// The activation of this name. An attribute that it does not ask for is judged by the numbers.
fn activation(op: &str, attributes: &Attributes<'_>) -> Result<Option<Activation>, Stop> {
    Ok(Some(match op {
        "linear" | "identity" => Activation::Linear,
        "relu" => Activation::Relu,
        "relu6" => Activation::Relu6,
        "leaky_relu" => {
            let Some(slope) = attributes.get(&["slope", "negative_slope", "alpha"]) else {
                return not_yet("a leaky ReLU without a slope");
            };
            Activation::LeakyRelu { slope: slope.as_f64().unwrap_or(f64::NAN) }
        }
        "elu" => Activation::Elu { alpha: attributes.number(&["alpha"], 1.0)? },
        "celu" => Activation::Celu { alpha: attributes.number(&["alpha"], 1.0)? },
        "selu" => Activation::Selu,
        "gelu" => match attributes.one_of("approximate", &["none", "tanh"])? {
            "tanh" => Activation::GeluTanh,
            _ => Activation::Gelu,
        },
        "silu" | "swish" => Activation::Silu,
        "mish" => Activation::Mish,
        "softplus" => Activation::Softplus { beta: attributes.number(&["beta"], 1.0)? },
        "softsign" => Activation::Softsign,
        "sigmoid" => Activation::Sigmoid,
        "log_sigmoid" | "logsigmoid" => Activation::LogSigmoid,
        "hard_sigmoid" => Activation::HardSigmoid,
        "hard_swish" => Activation::HardSwish,
        "tanh" => Activation::Tanh,
        "hard_tanh" => Activation::HardTanh {
            min: attributes.number(&["min"], -1.0)?,
            max: attributes.number(&["max"], 1.0)?,
        },
        _ => return Ok(None),
    }))
}
