//! Vectors for tokens.

use super::{Builder, Initializer, Layer, ParameterKind};
use crate::error::{Error, Result};
use crate::graph::Value;
use serde::{Deserialize, Serialize};

/// Token numbers `(N, T)` to vectors `(N, T, units)`: rows of a table that is trained. Token numbers come through the
/// features, as numbers; one that the table has no row for gives no number, and training stops there and says so.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[cfg_attr(target_family = "wasm", derive(tsify::Tsify))]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct Embedding {
    /// Name; by default `embedding_1`, ….
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub name: Option<String>,
    /// Different tokens: rows of the table.
    pub vocabulary: usize,
    /// Numbers for each token.
    pub units: usize,
    /// Initial table.
    #[serde(default = "small")]
    pub initializer: Initializer,
}

/// Keras's start: uniform in ±0.05.
fn small() -> Initializer {
    Initializer::Uniform { limit: 0.05 }
}

impl Layer for Embedding {
    const STEM: &'static str = "embedding";
    const TITLE: &'static str = "embedding";
    const FORMULA: &'static str = "y[n, t] = E[x[n, t]], a row of a table";
    const SOURCE: &'static str = "Bengio, Ducharme, Vincent, Jauvin 2003";

    fn detail(&self) -> String {
        format!("{} × {}", self.vocabulary, self.units)
    }

    fn build(&self, b: &mut Builder<'_>, x: Value) -> Result<Value> {
        b.count("vocabulary", self.vocabulary)?;
        b.count("units", self.units)?;
        if b.graph.shape(x).rank() != 2 {
            return Err(Error::shape("embedding-input", b.name)
                .expected("token numbers (N, T)")
                .got(b.graph.shape(x).to_string())
                .hint("make the embedding the first layer, on a data set of tokens"));
        }
        let shape = [self.vocabulary, self.units];
        let table = b.parameter("table", shape, ParameterKind::Weight, self.initializer, shape)?;
        let tokens = b.graph.to_index(x)?;
        b.graph.gather(table, tokens)
    }

    fn cases() -> Vec<(Self, Vec<usize>)> {
        vec![(Self::new(6, 2), vec![4])]
    }
}

impl Embedding {
    /// A table of `vocabulary` rows.
    #[must_use]
    pub fn new(vocabulary: usize, units: usize) -> Self {
        Self { name: None, vocabulary, units, initializer: small() }
    }
}
