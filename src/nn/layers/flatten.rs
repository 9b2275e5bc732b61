//! Images to rows.

use super::{Builder, Layer};
use crate::error::Result;
use crate::graph::Value;
use serde::{Deserialize, Serialize};

/// `(N, H, W, C)` to `(N, H W C)`, without a copy.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[cfg_attr(target_family = "wasm", derive(tsify::Tsify))]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct Flatten {
    /// Name; by default `flatten_1`, ….
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub name: Option<String>,
}

impl Layer for Flatten {
    const STEM: &'static str = "flatten";
    const TITLE: &'static str = "flatten";
    const FORMULA: &'static str = "(N, H, W, C) to (N, H W C)";
    const SOURCE: &'static str = "LeCun, Bottou, Bengio, Haffner 1998, section II";

    fn detail(&self) -> String {
        String::new()
    }

    fn build(&self, b: &mut Builder<'_>, x: Value) -> Result<Value> {
        let dims = b.graph.shape(x).dims();
        let (batch, rest) = (dims[0], dims[1..].iter().product::<usize>());
        b.graph.reshape(x, [batch, rest])
    }

    fn cases() -> Vec<(Self, Vec<usize>)> {
        vec![(Self::default(), vec![2, 3, 2])]
    }
}
