//! An activation as a layer of its own.

use super::{Activation, Builder, Layer};
use crate::error::Result;
use crate::graph::Value;
use serde::{Deserialize, Serialize};

/// Applies a function and has no parameters.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[cfg_attr(target_family = "wasm", derive(tsify::Tsify))]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct ActivationLayer {
    /// Name; by default `activation_1`, ….
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub name: Option<String>,
    /// The function.
    pub activation: Activation,
}

impl Layer for ActivationLayer {
    const STEM: &'static str = "activation";
    const TITLE: &'static str = "activation";
    const FORMULA: &'static str = "y = f(x)";
    const SOURCE: &'static str = "McCulloch, Pitts 1943";

    fn detail(&self) -> String {
        self.activation.title().to_owned()
    }

    fn activation(&self) -> Activation {
        self.activation
    }

    fn build(&self, _: &mut Builder<'_>, x: Value) -> Result<Value> {
        Ok(x)
    }

    fn cases() -> Vec<(Self, Vec<usize>)> {
        let layer = |activation| Self { name: None, activation };
        Activation::all().into_iter().map(|a| (layer(a), vec![7])).collect()
    }
}
