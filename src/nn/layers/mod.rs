//! The layers. Each is a struct that serde reads from the spec, in a file of its own.
//!
//! # Adding a layer
//! Write its file with a field `name`, implement [`Layer`], add it to the `layers!` list below. The JSON name is the variant's
//! name in camelCase; the names are those of Keras. What a layer may ask for - parameters, running statistics, random
//! numbers, layers inside it - is in [`Builder`]. Its [`Layer::cases`] are held to central differences by
//! `tests/layers.rs`, and its title, formula and source are in the table that [`LayerSpec::docs`] gives.

mod activation;
mod attention;
mod batch_norm;
mod branch;
mod builder;
mod conv;
mod conv_kinds;
mod dense;
mod dropout;
mod embedding;
mod flatten;
mod norm;
mod own;
mod pool;
mod prelu;
mod recurrent;
mod reshape;

pub use activation::ActivationLayer;
pub use attention::{MultiHeadAttention, attend_in_heads, attention};
pub use batch_norm::BatchNormalization;
pub use branch::{Concatenate, Residual};
pub(super) use builder::names;
pub use builder::{Added, Builder, Inventory};
pub use conv::{Conv2dLayer, PaddingSpec};
pub use conv_kinds::{Conv2dTranspose, DepthwiseConv2d, LocallyConnected2d};
pub use dense::Dense;
pub use dropout::{Dropout, GaussianNoise, SpatialDropout2d};
pub use embedding::Embedding;
pub use flatten::Flatten;
pub use norm::{GroupNormalization, LayerNormalization, RmsNormalization};
pub use own::{Custom, OwnParameter};
pub use pool::{AveragePool2d, GlobalAveragePool2d, GlobalMaxPool2d, MaxPool2d};
pub use prelu::PRelu;
pub use recurrent::{Carried, Cell, Gru, Lstm, Recurrence, SimpleRnn};
pub use reshape::Reshape;

use super::{Activation, Initializer, Parameter, ParameterKind, ParameterTable};
use crate::documented::Documented;
use crate::error::{Error, Result};
use crate::graph::Value;
use crate::json;
use crate::shape::Shape;
use serde::de::Error as _;
use serde::{Deserialize, Deserializer, Serialize};

/// What a layer is.
pub trait Layer: Clone {
    /// Name stem: the layers of a network are called `dense_1`, `dense_2`, ….
    const STEM: &'static str;
    /// The name that a person reads.
    const TITLE: &'static str;
    /// What it computes, in one line.
    const FORMULA: &'static str;
    /// Who described it first, with the year.
    const SOURCE: &'static str;

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

    /// Samples for the generic tests: a layer, and the extents of one example that it takes.
    fn cases() -> Vec<(Self, Vec<usize>)>;
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
                    return json::fields(&fields).map(Self::$variant);
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

            /// The name the spec gives it, if it does.
            #[must_use]
            pub fn name(&self) -> Option<&str> {
                match self { $(Self::$variant(l) => l.name.as_deref(),)* }
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

            /// The samples of all layers, see [`Layer::cases`].
            #[must_use]
            pub fn cases() -> Vec<(Self, Vec<usize>)> {
                let mut all = Vec::new();
                $(all.extend(<$layer>::cases().into_iter().map(|(l, x)| (Self::$variant(l), x)));)*
                all
            }

            /// What is known of each type of layer, in the order of the list.
            #[must_use]
            pub fn docs() -> Vec<Documented> {
                vec![$(Documented::new(json::camel(stringify!($variant)), <$layer>::TITLE, <$layer>::FORMULA, <$layer>::SOURCE)),*]
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
    Prelu(PRelu),
    DepthwiseConv2d(DepthwiseConv2d),
    Conv2dTranspose(Conv2dTranspose),
    LocallyConnected2d(LocallyConnected2d),
    GlobalAveragePool2d(GlobalAveragePool2d),
    GlobalMaxPool2d(GlobalMaxPool2d),
    Reshape(Reshape),
    BatchNormalization(BatchNormalization),
    LayerNormalization(LayerNormalization),
    GroupNormalization(GroupNormalization),
    RmsNormalization(RmsNormalization),
    Dropout(Dropout),
    SpatialDropout2d(SpatialDropout2d),
    GaussianNoise(GaussianNoise),
    Residual(Residual),
    Concatenate(Concatenate),
    Embedding(Embedding),
    SimpleRnn(SimpleRnn),
    Lstm(Lstm),
    Gru(Gru),
    MultiHeadAttention(MultiHeadAttention),
    Custom(Custom),
];

fn yes() -> bool {
    true
}

fn one() -> usize {
    1
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
