//! A layer that the description brings along.

use super::{Builder, Initializer, Layer, ParameterKind};
use crate::error::Result;
use crate::graph::Value;
use crate::nn::function::{self, Instruction, Operand, Written};
use serde::{Deserialize, Serialize};

/// Any function of the layer's input and of parameters of its own: value 0 is the input, the parameters follow in their order.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[cfg_attr(target_family = "wasm", derive(tsify::Tsify))]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct Custom {
    /// Name; by default `custom_1`, ….
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub name: Option<String>,
    /// What is learned: [`OwnParameter`]s.
    #[serde(default, skip_serializing_if = "Written::is_nothing")]
    #[cfg_attr(target_family = "wasm", tsify(type = "OwnParameter[]", optional))]
    pub parameters: Written,
    /// What is computed: [`Instruction`]s.
    #[serde(default)]
    #[cfg_attr(target_family = "wasm", tsify(type = "Instruction[]"))]
    pub function: Written,
}

/// A parameter of a [`Custom`] layer.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[cfg_attr(target_family = "wasm", derive(tsify::Tsify))]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct OwnParameter {
    /// Its name in the layer: `kernel`, `bias`, ….
    pub name: String,
    /// Its extents. A matrix and what has more axes is a kernel for penalties, everything else a bias.
    pub shape: Vec<usize>,
    /// How it starts; by default a kernel as `glorotUniform`, a bias as `zeros`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub initializer: Option<Initializer>,
}

impl Custom {
    /// The layer of this function of its input and of `parameters`.
    #[must_use]
    pub fn new(parameters: &[OwnParameter], function: &[Instruction]) -> Self {
        Self { name: None, parameters: Written::new(parameters), function: Written::new(function) }
    }
}

fn add(b: &mut Builder<'_>, parameters: &[OwnParameter], i: usize) -> Result<Operand> {
    let OwnParameter { name, shape, initializer } = &parameters[i];
    let plain = |c: char| c.is_ascii_alphanumeric() || c == '_';
    if name.is_empty() || !name.chars().all(plain) || parameters[..i].iter().any(|p| p.name == *name) {
        let expected = "parameters of different names of letters, digits and _";
        return Err(b.refuse("own-parameter", expected, format!("`{name}`"), "rename it"));
    }
    for &extent in shape {
        b.count("extents of a parameter", extent)?;
    }
    let (kind, fans, usual) = match shape[..] {
        [ref front @ .., from, to] => {
            let field = front.iter().fold(1_usize, |n, &extent| n.saturating_mul(extent));
            let fans = [field.saturating_mul(from), field.saturating_mul(to)];
            (ParameterKind::Weight, fans, Initializer::GlorotUniform {})
        }
        _ => (ParameterKind::Bias, [1, 1], Initializer::Zeros {}),
    };
    let initializer = initializer.unwrap_or(usual);
    Ok(Operand { value: b.parameter(name, &shape[..], kind, initializer, fans)?, batched: false })
}

impl Layer for Custom {
    const STEM: &'static str = "custom";
    const TITLE: &'static str = "custom";
    const FORMULA: &'static str = "f(x, parameters), written down in the description as a list of operations";
    const SOURCE: &'static str = "the description; symbolic expressions: Bergstra et al. 2010";

    fn detail(&self) -> String {
        String::new()
    }

    #[inline(never)]
    fn build(&self, b: &mut Builder<'_>, x: Value) -> Result<Value> {
        b.refuse_stream("the whole input")?;
        let mut arguments = vec![Operand { value: x, batched: true }];
        let parameters = self.parameters.read(b.name)?;
        for i in 0..parameters.len() {
            arguments.push(add(b, &parameters, i)?);
        }
        let result = function::append(b.graph, b.name, &self.function, &arguments)?;
        if result.batched {
            return Ok(result.value);
        }
        let hint = "let the last instruction depend on value 0";
        Err(b.refuse("own-result", "a result that depends on the layer's input", "one that does not", hint))
    }

    fn cases() -> Vec<(Self, Vec<usize>)> {
        use crate::nn::function::Verb;
        let step = |op, of: &[usize]| Instruction {
            op,
            of: of.to_vec(),
            axes: None,
            shape: None,
            begin: None,
            number: None,
        };
        let parameter = |name: &str, shape: &[usize]| OwnParameter {
            name: name.to_owned(),
            shape: shape.to_vec(),
            initializer: Some(Initializer::Normal { stddev: 0.5 }),
        };
        // a gated unit: (x w + b) sigmoid(x v)
        let gated = Self::new(
            &[parameter("w", &[4, 3]), parameter("v", &[4, 3]), parameter("b", &[3])],
            &[
                step(Verb::MatMul, &[0, 1]),
                step(Verb::Add, &[4, 3]),
                step(Verb::MatMul, &[0, 2]),
                step(Verb::Sigmoid, &[6]),
                step(Verb::Mul, &[5, 7]),
            ],
        );
        // attention of each row to all: softmax(x xT) x, then the mean of the rows beside their maximum
        let attention = Self::new(
            &[],
            &[
                Instruction { axes: Some(vec![1, 0]), ..step(Verb::Transpose, &[0]) },
                step(Verb::MatMul, &[0, 1]),
                step(Verb::Softmax, &[2]),
                step(Verb::MatMul, &[3, 0]),
                Instruction { axes: Some(vec![0]), ..step(Verb::Mean, &[4]) },
                Instruction { axes: Some(vec![0]), ..step(Verb::Max, &[4]) },
                Instruction { axes: Some(vec![0]), ..step(Verb::Concat, &[5, 6]) },
            ],
        );
        vec![(gated.clone(), vec![4]), (gated, vec![2, 4]), (attention, vec![3, 4])]
    }
}
