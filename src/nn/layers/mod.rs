//! The layers. Each is a struct that serde reads from the spec, in a file of its own.
//!
//! # Adding a layer
//! Write its file, implement [`Layer`], name it in the `layers!` list below. The JSON name is the variant's name
//! in camelCase; the names are those of Keras.

mod activation;
mod conv;
mod dense;
mod flatten;
mod pool;

pub use activation::ActivationLayer;
pub use conv::{Conv2dLayer, PaddingSpec};
pub use dense::Dense;
pub use flatten::Flatten;
pub use pool::{AveragePool2d, MaxPool2d};

use super::{Activation, Initializer, Parameter, ParameterKind, ParameterTable};
use crate::error::{Error, Result};
use crate::graph::{Buffer, Graph, Value};
use crate::json;
use crate::shape::Shape;
use serde::de::Error as _;
use serde::{Deserialize, Deserializer, Serialize};

/// Most parameters of a network: a quarter of a GiB in f32, of which training with Adam holds seven copies.
const MAX_PARAMETERS: usize = 1 << 26;
/// Most numbers that all layers together put out for one example: programs take at least 32 examples at once.
const MAX_ACTIVATIONS: usize = 1 << 22;

/// A layer in process of being added to a graph.
pub struct Builder<'a> {
    /// The graph it adds to.
    pub graph: &'a mut Graph,
    /// Name of the layer.
    pub name: &'a str,
    /// Parameters so far.
    pub table: &'a mut ParameterTable,
    /// Whether this is a training program (dropout on) or an evaluation.
    pub train: bool,
}

impl Builder<'_> {
    /// Adds a parameter of the layer, `role` being `kernel`, `bias` and the like.
    ///
    /// # Errors
    /// Those of [`Graph::push`].
    pub fn parameter(
        &mut self,
        role: &str,
        shape: impl Into<Shape>,
        kind: ParameterKind,
        initializer: Initializer,
        fans: [usize; 2],
    ) -> Result<Value> {
        let shape = shape.into();
        let parameters = self.table.len().saturating_add(shape.len());
        if parameters > MAX_PARAMETERS {
            return Err(too_large(self.name, "parameters", parameters, MAX_PARAMETERS));
        }
        let index = self.table.push(Parameter {
            name: format!("{}.{role}", self.name),
            layer: self.name.to_owned(),
            shape: shape.clone(),
            offset: 0,
            kind,
            initializer,
            fans,
        });
        let offset = self.table.entries()[index].offset;
        self.graph.input(Buffer::Theta, offset, shape)
    }

    /// Adds a bias of `units`, zero at first, to the last axis of `x`.
    ///
    /// # Errors
    /// Those of [`Graph::push`].
    pub fn bias(&mut self, x: Value, units: usize) -> Result<Value> {
        let bias = self.parameter("bias", [units], ParameterKind::Bias, Initializer::Zeros {}, [1, units])?;
        self.graph.add(x, bias)
    }

    /// A complaint about a field of this layer.
    #[must_use]
    pub fn refuse(&self, code: &'static str, expected: &str, got: impl ToString, hint: &str) -> Error {
        let got = got.to_string();
        Error::spec(code, self.name).expected(expected).got(&got).hint(hint).arg("got", got)
    }

    /// Refuses a count that is 0 or beyond any memory.
    ///
    /// # Errors
    /// [`Error::Spec`] then.
    pub fn count(&self, what: &str, n: usize) -> Result<()> {
        if (1..=1 << 20).contains(&n) {
            return Ok(());
        }
        let expected = format!("{what} of 1 to 1,048,576");
        Err(self.refuse("layer-count", &expected, n, "choose a number in this range"))
    }
}

/// What a layer is.
pub trait Layer {
    /// Name stem: the layers of a network are called `dense_1`, `dense_2`, ….
    const STEM: &'static str;

    /// The name the spec gives it, if it does.
    fn name(&self) -> Option<&str>;

    /// One line for the summary, such as `8 of 3 × 3, ReLU`.
    fn detail(&self) -> String;

    /// The activation it ends with.
    fn activation(&self) -> Activation {
        Activation::Linear
    }

    /// Appends the layer without its activation. `x` has the batch in front.
    ///
    /// # Errors
    /// [`Error::Shape`] or [`Error::Spec`] that names the layer and says what to change.
    fn build(&self, b: &mut Builder<'_>, x: Value) -> Result<Value>;
}

macro_rules! layers {
    ($($variant:ident($layer:ty)),* $(,)?) => {
        /// A layer of a network, as JSON: `{"type": "dense", "units": 10, "activation": "softmax"}`.
        #[derive(Debug, Clone, PartialEq, Serialize)]
        #[cfg_attr(target_family = "wasm", derive(tsify::Tsify))]
        #[serde(tag = "type", rename_all = "camelCase")]
        #[allow(missing_docs)]
        pub enum LayerSpec { $($variant($layer)),* }

        impl<'de> Deserialize<'de> for LayerSpec {
            fn deserialize<D: Deserializer<'de>>(source: D) -> std::result::Result<Self, D::Error> {
                let names = [$(stringify!($variant)),*];
                let (variant, fields) = json::tagged(source, &names)?;
                $(if names[variant] == stringify!($variant) {
                    return serde_json::from_value(fields).map(Self::$variant).map_err(D::Error::custom);
                })*
                Err(D::Error::custom("unknown type"))
            }
        }

        impl LayerSpec {
            /// See [`Layer::STEM`].
            #[must_use]
            pub fn stem(&self) -> &'static str {
                match self { $(Self::$variant(_) => <$layer>::STEM,)* }
            }

            /// The type as the spec writes it, for example `conv2d`.
            #[must_use]
            pub fn kind(&self) -> String {
                json::camel(match self { $(Self::$variant(_) => stringify!($variant),)* })
            }

            /// See [`Layer::name`].
            #[must_use]
            pub fn name(&self) -> Option<&str> {
                match self { $(Self::$variant(l) => l.name(),)* }
            }

            /// See [`Layer::detail`].
            #[must_use]
            pub fn detail(&self) -> String {
                match self { $(Self::$variant(l) => l.detail(),)* }
            }

            /// See [`Layer::activation`].
            #[must_use]
            pub fn activation(&self) -> Activation {
                match self { $(Self::$variant(l) => l.activation(),)* }
            }

            /// See [`Layer::build`].
            ///
            /// # Errors
            /// Those of the layer.
            pub fn build(&self, b: &mut Builder<'_>, x: Value) -> Result<Value> {
                match self { $(Self::$variant(l) => l.build(b, x),)* }
            }
        }
    };
}

layers![
    Dense(Dense),
    Conv2d(Conv2dLayer),
    MaxPool2d(MaxPool2d),
    AveragePool2d(AveragePool2d),
    Flatten(Flatten),
    Activation(ActivationLayer),
];

fn yes() -> bool {
    true
}

/// Refuses a layer after which all layers together put out `numbers` per example, if that is beyond any memory.
///
/// # Errors
/// [`Error::Memory`] then.
pub(super) fn check_activations(name: &str, numbers: usize) -> Result<()> {
    if numbers <= MAX_ACTIVATIONS {
        return Ok(());
    }
    Err(too_large(name, "outputs per example", numbers, MAX_ACTIVATIONS))
}

fn too_large(name: &str, what: &str, got: usize, most: usize) -> Error {
    // sizes beyond any count stand at the largest number there is
    let got = if got == usize::MAX { "more than can be counted".to_owned() } else { got.to_string() };
    Error::memory("network-too-large", name)
        .expected(format!("at most {most} {what} of all layers up to this one"))
        .got(&got)
        .hint("use fewer units or filters")
        .arg("what", what)
        .arg("got", got)
        .arg("most", most)
}

/// `a, ReLU`; without the activation if it is linear.
fn with_activation(detail: String, activation: Activation) -> String {
    if activation == Activation::Linear { detail } else { format!("{detail}, {}", activation.title()) }
}

/// The extents of images `(H, W, C)` behind the batch axis.
fn image(b: &Builder<'_>, x: Value) -> Result<[usize; 3]> {
    match *b.graph.shape(x).dims() {
        [_, h, w, c] => Ok([h, w, c]),
        ref other => Err(Error::shape("layer-needs-images", b.name)
            .expected("images (N, H, W, C)")
            .got(Shape::new(other).to_string())
            .hint("put it before the flatten and dense layers, or use a data set of images")),
    }
}
