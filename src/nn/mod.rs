//! Networks: from a description to graphs with named parameters.
//!
//! # Adding a layer, an activation, an initialiser, a loss
//! A layer is one file in `layers/` and one name in its `layers!` list. Activations, initialisers and losses are
//! one variant and one `match` arm in their file.

mod activation;
mod initializer;
mod layers;
mod loss;
mod metrics;
mod model;
mod parameters;
mod programs;

pub use activation::Activation;
pub use initializer::Initializer;
pub use layers::{
    ActivationLayer, AveragePool2d, Conv2dLayer, Dense, Flatten, Layer, LayerSpec, MaxPool2d, PaddingSpec,
};
pub use loss::Loss;
pub use metrics::{confusion, predicted_class};
pub use model::{LayerRow, Model, Target};
pub use parameters::{Parameter, ParameterKind, ParameterTable};
pub use programs::{Program, ProgramKey, Programs, Purpose};
