//! Losses: one number per example, of which a batch takes the mean.
//!
//! # Adding a loss
//! Write its struct in the file of its family, implement [`LossFunction`], name it in the `losses!` list below. The
//! JSON name is the variant's name in camelCase.
//!
//! # Weighted means
//! With class weights or an ignored class, the mean over a batch divides by the sum of the weights of its rows. That
//! sum depends on labels alone, so it is taken outside the graph ([`Loss::weight`]) and enters as
//! [`Buffer::Scale`](crate::Buffer::Scale), which is 1 / rows otherwise. A full batch done in chunks has one scale
//! for all chunks, so it is the same mean.

mod cross_entropy;
mod divergence;
mod margin;
mod own;
mod regression;

pub use cross_entropy::{BinaryCrossEntropy, SoftmaxCrossEntropy};
pub use divergence::{KlDivergence, gaussian_divergence};
pub use margin::Hinge;
pub use own::CustomLoss;
pub use regression::{HalfMeanSquaredError, Huber, LogCosh, MeanAbsoluteError, MeanSquaredError, SmoothL1};

use super::Activation;
use crate::documented::Documented;
use crate::error::{Error, Result};
use crate::graph::{DType, Graph, Value};
use crate::json;
use serde::de::Error as _;
use serde::{Deserialize, Deserializer, Serialize, Serializer};

/// What a loss is.
pub trait LossFunction: Clone + Default + PartialEq {
    /// The name that a person reads.
    const TITLE: &'static str;
    /// Its definition for one row: outputs x, target t, K outputs.
    const FORMULA: &'static str;
    /// Where it comes from.
    const SOURCE: &'static str;
    /// The activation that the loss contains: it takes the network's output before it, and predictions are after it.
    const LINK: Activation = Activation::Linear;
    /// Whether the targets must be classes.
    const NEEDS_CLASSES: bool = false;

    /// Refuses options that make no sense for so many outputs.
    ///
    /// # Errors
    /// [`Error::Spec`] that names the option.
    fn check(&self, _outputs: usize) -> Result<()> {
        Ok(())
    }

    /// Appends the loss of each row, `(R,)`: outputs `(R, K)`, targets labels `(R,)` or reals `(R, K)`.
    ///
    /// # Errors
    /// Those of [`Graph::push`].
    fn rows(&self, g: &mut Graph, x: Value, target: Value) -> Result<Value>;

    /// The weight of a row with this label in the mean; `None` if all weigh 1.
    fn weight(&self, _label: u32) -> Option<f64> {
        None
    }
}

macro_rules! losses {
    ($($name:ident),* $(,)?) => {
        /// What training makes small, as JSON: `"huber"`, or with options `{"type": "huber", "delta": 2}`.
        #[derive(Debug, Clone, PartialEq)]
        #[cfg_attr(target_family = "wasm", derive(tsify::Tsify), serde(tag = "type", rename_all = "camelCase"))]
        #[allow(missing_docs)]
        pub enum Loss { $($name($name)),* }

        $(impl From<$name> for Loss {
            fn from(loss: $name) -> Self { Self::$name(loss) }
        })*

        impl Serialize for Loss {
            fn serialize<S: Serializer>(&self, to: S) -> std::result::Result<S::Ok, S::Error> {
                // without options only the name, as descriptions had it before there were any
                match self {
                    $(Self::$name(l) if *l == $name::default() => to.serialize_str(&json::camel(stringify!($name))),
                    Self::$name(options) => {
                        Tagged { kind: json::camel(stringify!($name)), options }.serialize(to)
                    })*
                }
            }
        }

        impl<'de> Deserialize<'de> for Loss {
            fn deserialize<D: Deserializer<'de>>(source: D) -> std::result::Result<Self, D::Error> {
                let mut written = json::Value::deserialize(source)?;
                if let json::Value::String(_) = &written {
                    let mut fields = json::Map::default();
                    fields.insert("type".to_owned(), written);
                    written = json::Value::Object(fields);
                }
                let names = [$(stringify!($name)),*];
                let (variant, fields) = json::split(written, &names).map_err(D::Error::custom)?;
                $(if names[variant] == stringify!($name) {
                    return json::fields(&fields).map(Self::$name);
                })*
                Err(D::Error::custom("unknown type"))
            }
        }

        impl Loss {
            /// See [`LossFunction::LINK`].
            #[must_use]
            pub fn link(&self) -> Activation {
                match self { $(Self::$name(_) => $name::LINK,)* }
            }

            /// See [`LossFunction::NEEDS_CLASSES`].
            #[must_use]
            pub fn needs_classes(&self) -> bool {
                match self { $(Self::$name(_) => $name::NEEDS_CLASSES,)* }
            }

            /// See [`LossFunction::check`].
            ///
            /// # Errors
            /// Those of the loss.
            pub fn check(&self, outputs: usize) -> Result<()> {
                match self { $(Self::$name(l) => l.check(outputs),)* }
            }

            /// See [`LossFunction::weight`].
            #[must_use]
            pub fn weight(&self, label: u32) -> Option<f64> {
                match self { $(Self::$name(l) => l.weight(label),)* }
            }

            /// See [`LossFunction::rows`].
            fn rows(&self, g: &mut Graph, x: Value, target: Value) -> Result<Value> {
                match self { $(Self::$name(l) => l.rows(g, x, target),)* }
            }

            /// What is known of each loss, in the order of the list.
            #[must_use]
            pub fn docs() -> Vec<Documented> {
                vec![$(Documented::new(json::camel(stringify!($name)), $name::TITLE, $name::FORMULA, $name::SOURCE)),*]
            }
        }
    };
}

losses![
    SoftmaxCrossEntropy,
    BinaryCrossEntropy,
    MeanSquaredError,
    HalfMeanSquaredError,
    MeanAbsoluteError,
    Huber,
    SmoothL1,
    LogCosh,
    KlDivergence,
    Hinge,
    CustomLoss,
];

/// A loss with its options.
#[derive(Serialize)]
struct Tagged<'a, T> {
    #[serde(rename = "type")]
    kind: String,
    #[serde(flatten)]
    options: &'a T,
}

impl Loss {
    /// Whether an activation belongs to the loss, so that the network's output before it is what counts.
    #[must_use]
    pub fn takes_logits(&self) -> bool {
        self.link() != Activation::Linear
    }

    /// Appends the loss of each example, `(N,)`: output `(N, K)`, target labels `(N,)` or reals `(N, K)`. With steps,
    /// output `(N, T, K)` and labels `(N T,)`, the steps of an example in a row, it is the mean over the steps.
    ///
    /// # Errors
    /// [`Error::Shape`] if output and target do not fit.
    pub fn per_example(&self, g: &mut Graph, output: Value, target: Value) -> Result<Value> {
        let shape = g.shape(output).clone();
        let labels = g.type_of(target).dtype == DType::Index;
        let (n, steps, k) = match *shape.dims() {
            [n, k] => (n, 1, k),
            [n, t, k] => (n, t, k),
            _ => return Err(not_flat(&shape)),
        };
        let rows = n * steps;
        let fits = if labels { g.shape(target).dims() == [rows] } else { *g.shape(target) == shape };
        if !fits {
            return Err(not_flat(&shape));
        }
        let output = g.reshape(output, [rows, k])?;
        let target = if labels { target } else { g.reshape(target, [rows, k])? };
        let losses = self.rows(g, output, target)?;
        if steps == 1 {
            return Ok(losses);
        }
        let losses = g.reshape(losses, [n, steps])?;
        let sum = g.sum(losses, &[1])?;
        let sum = g.reshape(sum, [n])?;
        g.scale(sum, 1.0 / steps as f64)
    }
}

fn not_flat(got: &crate::shape::Shape) -> Error {
    Error::shape("output-not-flat", "output")
        .expected("one row of outputs per target: (N, K), or (N, T, K) for T steps")
        .got(got.to_string())
        .hint("add a flatten layer before the last dense layer")
}

/// Labels `(R,)` as rows with 1 at the label and 0 elsewhere; reals as they are.
fn one_hot(g: &mut Graph, target: Value, classes: usize) -> Result<Value> {
    if g.type_of(target).dtype == DType::Index { g.one_hot(target, classes) } else { Ok(target) }
}

/// The sum of each row of `(R, K)`, `(R,)`.
fn sum_rows(g: &mut Graph, x: Value) -> Result<Value> {
    let rows = g.shape(x).dims()[0];
    let sum = g.sum(x, &[1])?;
    g.reshape(sum, [rows])
}

/// The mean of each row of `(R, K)`, times `factor`.
fn mean_rows(g: &mut Graph, x: Value, factor: f64) -> Result<Value> {
    let k = g.shape(x).dims()[1];
    let sum = sum_rows(g, x)?;
    g.scale(sum, factor / k as f64)
}

/// A row of numbers known in advance, `(K,)`.
fn constants(g: &mut Graph, numbers: &[f64]) -> Result<Value> {
    let mut parts = Vec::with_capacity(numbers.len());
    for &number in numbers {
        let one = g.constant(number)?;
        parts.push(g.reshape(one, [1])?);
    }
    g.concat(&parts, 0)
}

/// Refuses an option that is not above 0.
fn positive(place: &'static str, value: f64) -> Result<()> {
    if value.is_finite() && value > 0.0 {
        return Ok(());
    }
    Err(refuse(place, "a number above 0", value))
}

fn refuse(place: &'static str, expected: &str, got: impl ToString) -> Error {
    let got = got.to_string();
    Error::spec("loss-option", place)
        .expected(expected)
        .got(&got)
        .hint("change it or leave it out")
        .arg("place", place)
        .arg("expected", expected)
        .arg("got", got)
}

/// Refuses weights that are not one for each of `outputs`, negative or all 0.
fn check_weights(place: &'static str, weights: &[f64], outputs: usize) -> Result<()> {
    let sound = weights.iter().all(|w| w.is_finite() && *w >= 0.0) && weights.iter().any(|w| *w > 0.0);
    if weights.len() == outputs && sound {
        return Ok(());
    }
    let expected = format!("{outputs} numbers from 0 on, not all 0: one for each class");
    Err(refuse(place, &expected, format!("{weights:?}")))
}

#[cfg(test)]
mod tests;
