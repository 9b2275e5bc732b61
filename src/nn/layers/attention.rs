//! Attention: every step looks at all steps.

use super::recurrent::sequence;
use super::{Builder, Initializer, Layer, ParameterKind};
use crate::error::Result;
use crate::graph::{Graph, Value};
use serde::{Deserialize, Serialize};

/// Multi-head self-attention on sequences `(N, T, D)`: in each head, `softmax(q k^T / sqrt d) v` of queries, keys and
/// values that are linear in x; the heads side by side, d = D / heads features each, through a last linear layer.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[cfg_attr(target_family = "wasm", derive(tsify::Tsify))]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct MultiHeadAttention {
    /// Name; by default `attention_1`, ….
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub name: Option<String>,
    /// Heads; a divisor of the features.
    pub heads: usize,
    /// Whether a step sees itself and earlier ones only.
    #[serde(default)]
    pub causal: bool,
    /// Initial weights.
    #[serde(default)]
    pub initializer: Initializer,
}

impl Layer for MultiHeadAttention {
    const STEM: &'static str = "attention";
    const TITLE: &'static str = "multi-head attention";
    const FORMULA: &'static str =
        "y = [softmax(q k^T / sqrt d) v for each head] W_o + b_o; q, k, v = x W + b";
    const SOURCE: &'static str = "Vaswani, Shazeer, Parmar et al. 2017";

    fn detail(&self) -> String {
        format!("{} heads{}", self.heads, if self.causal { ", causal" } else { "" })
    }

    fn build(&self, b: &mut Builder<'_>, x: Value) -> Result<Value> {
        let [steps, features] = sequence(b, x)?;
        b.refuse_stream("attention")?;
        if self.heads == 0 || !features.is_multiple_of(self.heads) {
            let expected = format!("heads that divide the {features} features");
            return Err(b.refuse("attention-heads", &expected, self.heads, "use fewer heads, or 1"));
        }
        // scores of every step with every step
        b.holds(self.heads.saturating_mul(steps).saturating_mul(steps));
        let rows = b.graph.reshape(x, [b.batch * steps, features])?;
        let linear = |b: &mut Builder<'_>, part: &str, x: Value| {
            b.within(part, |b| {
                let shape = [features, features];
                let kernel = b.parameter("kernel", shape, ParameterKind::Weight, self.initializer, shape)?;
                let y = b.graph.matmul(x, kernel, false, false)?;
                b.bias(y, features)
            })
        };
        let (query, key) = (linear(b, "query", rows)?, linear(b, "key", rows)?);
        let value = linear(b, "value", rows)?;
        let y = attend_in_heads(b.graph, [query, key, value], [b.batch, steps, self.heads], self.causal)?;
        let y = linear(b, "output", y)?;
        b.graph.reshape(y, [b.batch, steps, features])
    }

    fn cases() -> Vec<(Self, Vec<usize>)> {
        let plain = Self { name: None, heads: 2, causal: false, initializer: Initializer::default() };
        let causal = Self { heads: 1, causal: true, ..plain.clone() };
        vec![(plain, vec![3, 4]), (causal, vec![3, 2])]
    }
}

/// Attention in heads: queries, keys and values `(N T, D)` are split into `heads` parts of D / heads features; the
/// results stand side by side again, `(N T, D)`.
///
/// # Errors
/// [`Error::Shape`](crate::Error::Shape) if the heads do not divide the features.
pub fn attend_in_heads(
    g: &mut Graph,
    parts: [Value; 3],
    [batch, steps, heads]: [usize; 3],
    causal: bool,
) -> Result<Value> {
    let features = g.shape(parts[0]).dims()[1];
    let own = features / heads;
    let mut split = parts;
    for part in &mut split {
        let x = g.reshape(*part, [batch, steps, heads, own])?;
        *part = g.transpose(x, &[0, 2, 1, 3])?;
    }
    let [query, key, value] = split;
    let y = attention(g, query, key, value, causal)?;
    let y = g.transpose(y, &[0, 2, 1, 3])?;
    g.reshape(y, [batch * steps, features])
}

/// `softmax(q k^T / sqrt d) v` over the last two axes: queries `(..., T, d)`, keys `(..., S, d)`, values `(..., S, e)`.
/// If `causal`, step t sees the keys up to t only.
///
/// # Errors
/// [`Error::Shape`](crate::Error::Shape) if the shapes do not fit.
pub fn attention(g: &mut Graph, query: Value, key: Value, value: Value, causal: bool) -> Result<Value> {
    let d = g.shape(query).dims().last().copied().unwrap_or(1);
    let scores = g.matmul(query, key, false, true)?;
    let mut scores = g.scale(scores, 1.0 / (d as f64).sqrt())?;
    if causal {
        let rank = g.shape(scores).rank();
        let (rows, columns) = (g.shape(scores).dims()[rank - 2], g.shape(scores).dims()[rank - 1]);
        let (t, s) = (counting(g, rows)?, counting(g, columns)?);
        let (t, s) = (g.reshape(t, [rows, 1])?, g.reshape(s, [1, columns])?);
        let seen = g.greater_or_equal(t, s)?;
        // far below any score, so that its exponential is 0, yet a number: no infinity meets another
        let never = g.constant(-1e30)?;
        scores = g.select(seen, scores, never)?;
    }
    let weights = g.softmax(scores)?;
    g.matmul(weights, value, false, false)
}

/// 0, 1, 2, … as `(n,)`.
fn counting(g: &mut Graph, n: usize) -> Result<Value> {
    let mut parts = Vec::with_capacity(n);
    for i in 0..n {
        let number = g.constant(i as f64)?;
        parts.push(g.reshape(number, [1])?);
    }
    g.concat(&parts, 0)
}
