//! Layers made of other layers.

use super::{Activation, BatchNormalization, Builder, Dense, Layer, LayerSpec, with_activation};
use crate::error::{Error, Result};
use crate::graph::Value;
use serde::{Deserialize, Serialize};

/// `y = activation(layers(x) + shortcut(x))`: the layers learn what is to be changed about x.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[cfg_attr(target_family = "wasm", derive(tsify::Tsify))]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct Residual {
    /// Name; by default `residual_1`, ….
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub name: Option<String>,
    /// The layers of the branch, one behind the other.
    pub layers: Vec<LayerSpec>,
    /// The layers of the other branch: none for x itself, a 1 × 1 convolution or a dense layer if the extents change.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub shortcut: Vec<LayerSpec>,
    /// Function applied to the sum.
    #[serde(default)]
    pub activation: Activation,
}

/// What each branch makes of x, side by side along the last axis. A branch without layers gives x itself.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[cfg_attr(target_family = "wasm", derive(tsify::Tsify))]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct Concatenate {
    /// Name; by default `concatenate_1`, ….
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub name: Option<String>,
    /// The layers of each branch.
    pub branches: Vec<Vec<LayerSpec>>,
}

impl Layer for Residual {
    const STEM: &'static str = "residual";
    const TITLE: &'static str = "residual block";
    const FORMULA: &'static str = "y = f(layers(x) + x), or + shortcut(x)";
    const SOURCE: &'static str = "He, Zhang, Ren, Sun 2016";

    fn detail(&self) -> String {
        let kinds: Vec<String> = self.layers.iter().map(LayerSpec::kind).collect();
        with_activation(format!("x + {}", kinds.join(", ")), self.activation)
    }

    fn activation(&self) -> Activation {
        self.activation
    }

    fn build(&self, b: &mut Builder<'_>, x: Value) -> Result<Value> {
        let branch = b.sequence(&self.layers, &[], x)?;
        let shortcut = b.sequence(&self.shortcut, &self.layers, x)?;
        let (left, right) = (b.graph.shape(branch), b.graph.shape(shortcut));
        if left != right {
            return Err(Error::shape("branch-shapes", b.name)
                .expected(format!("branches of one shape; the shortcut gives {right}"))
                .got(format!("layers that give {left}"))
                .hint("give the layers as many filters or units as come in, or put a layer into the shortcut")
                .arg("want", right)
                .arg("got", left));
        }
        b.graph.add(branch, shortcut)
    }

    fn cases() -> Vec<(Self, Vec<usize>)> {
        let dense = |units| LayerSpec::Dense(Dense::new(units, Activation::Tanh));
        let norm = LayerSpec::BatchNormalization(BatchNormalization::default());
        let activation = Activation::Softplus { beta: 1.0 };
        let plain =
            Self { name: None, layers: vec![dense(4), norm, dense(3)], shortcut: Vec::new(), activation };
        let wider = Self { shortcut: vec![dense(2)], layers: vec![dense(2)], ..plain.clone() };
        vec![(plain, vec![3]), (wider, vec![3])]
    }
}

impl Layer for Concatenate {
    const STEM: &'static str = "concatenate";
    const TITLE: &'static str = "parallel branches";
    const FORMULA: &'static str = "y = [branch_1(x), branch_2(x), …] along the last axis";
    const SOURCE: &'static str = "Szegedy, Liu, Jia et al. 2015";

    fn detail(&self) -> String {
        format!("{} branches", self.branches.len())
    }

    fn build(&self, b: &mut Builder<'_>, x: Value) -> Result<Value> {
        if self.branches.is_empty() {
            return Err(b.refuse("layer-count", "at least one branch", 0, "add a branch"));
        }
        let (mut parts, mut already) = (Vec::new(), Vec::new());
        for branch in &self.branches {
            parts.push(b.sequence(branch, &already, x)?);
            already.extend_from_slice(branch);
        }
        let lead = |v: Value| b.graph.shape(v).dims().split_last().map(|(_, lead)| lead.to_vec());
        if let Some(other) = parts.iter().find(|&&p| lead(p) != lead(parts[0])) {
            let (first, other) = (b.graph.shape(parts[0]), b.graph.shape(*other));
            return Err(Error::shape("branch-shapes", b.name)
                .expected(format!("branches that differ in the last axis only; the first gives {first}"))
                .got(format!("a branch that gives {other}"))
                .hint("use the same strides and padding in all branches")
                .arg("want", first)
                .arg("got", other));
        }
        let axis = b.graph.shape(parts[0]).rank() - 1;
        b.graph.concat(&parts, axis)
    }

    fn cases() -> Vec<(Self, Vec<usize>)> {
        let dense = |units| LayerSpec::Dense(Dense::new(units, Activation::Tanh));
        vec![(
            Self { name: None, branches: vec![vec![dense(2), dense(3)], Vec::new(), vec![dense(2)]] },
            vec![3],
        )]
    }
}
