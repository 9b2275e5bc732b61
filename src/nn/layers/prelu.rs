//! Leaky ReLU whose slope is learned.

use super::batch_norm::channels;
use super::{Builder, Initializer, Layer, ParameterKind};
use crate::error::Result;
use crate::graph::Value;
use serde::{Deserialize, Serialize};

/// `y = x` where x is positive, `slope x` elsewhere, with one learned slope for each channel, the last axis of x, or for all.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[cfg_attr(target_family = "wasm", derive(tsify::Tsify))]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct PRelu {
    /// Name; by default `prelu_1`, ….
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub name: Option<String>,
    /// The slope at first.
    #[serde(default = "quarter")]
    pub slope: f64,
    /// One slope for all channels.
    #[serde(default)]
    pub shared: bool,
}

/// The start of He et al. 2015, section 2.1.
fn quarter() -> f64 {
    0.25
}

impl Default for PRelu {
    fn default() -> Self {
        Self { name: None, slope: quarter(), shared: false }
    }
}

impl Layer for PRelu {
    const STEM: &'static str = "prelu";
    const TITLE: &'static str = "PReLU";
    const FORMULA: &'static str = "x if x > 0, else slope x, the slope of each channel being learned";
    const SOURCE: &'static str = "He, Zhang, Ren, Sun 2015";

    fn detail(&self) -> String {
        String::new()
    }

    fn build(&self, b: &mut Builder<'_>, x: Value) -> Result<Value> {
        let channels = channels(b, x)?;
        let start = Initializer::Constant { value: self.slope };
        let slope = b.parameter(
            "slope",
            [if self.shared { 1 } else { channels }],
            ParameterKind::Gain,
            start,
            [1, 1],
        )?;
        let zero = b.graph.constant(0.0)?;
        let positive = b.graph.greater(x, zero)?;
        let leak = b.graph.mul(x, slope)?;
        b.graph.select(positive, x, leak)
    }

    fn cases() -> Vec<(Self, Vec<usize>)> {
        vec![(Self::default(), vec![6]), (Self { name: None, slope: 0.1, shared: true }, vec![2, 2, 3])]
    }
}
