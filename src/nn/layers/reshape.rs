//! The numbers of an example in another order of extents.

use super::{Builder, Layer};
use crate::error::{Error, Result};
use crate::graph::Value;
use crate::shape::Shape;
use serde::{Deserialize, Serialize};

/// `(N, …)` to `(N, shape)`, without a copy; as many numbers as before.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[cfg_attr(target_family = "wasm", derive(tsify::Tsify))]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct Reshape {
    /// Name; by default `reshape_1`, ….
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub name: Option<String>,
    /// Extents for one example, such as `[28, 28, 1]`.
    pub shape: Vec<usize>,
}

impl Layer for Reshape {
    const STEM: &'static str = "reshape";
    const TITLE: &'static str = "reshape";
    const FORMULA: &'static str = "(N, …) to (N, shape)";
    const SOURCE: &'static str = "Iverson 1962";

    fn detail(&self) -> String {
        Shape::new(&self.shape).to_string()
    }

    fn build(&self, b: &mut Builder<'_>, x: Value) -> Result<Value> {
        let from = Shape::new(&b.graph.shape(x).dims()[1..]);
        let to = Shape::new(&self.shape);
        // six axes are more than any layer takes; a product of large extents must not count as a small one
        let fits = self.shape.len() <= 6 && self.shape.iter().all(|&n| n > 0) && to.len() == from.len();
        if !fits {
            return Err(Error::shape("reshape-count", b.name)
                .expected(format!("a shape of {} numbers, as come in", from.len()))
                .got(to.to_string())
                .hint(format!("use a shape whose product is {}", from.len()))
                .arg("want", from.len())
                .arg("got", to));
        }
        b.graph.reshape(x, [&[b.batch], &self.shape[..]].concat())
    }

    fn cases() -> Vec<(Self, Vec<usize>)> {
        vec![
            (Self { name: None, shape: vec![3, 2, 1] }, vec![6]),
            (Self { name: None, shape: vec![4] }, vec![2, 2, 1]),
        ]
    }
}
