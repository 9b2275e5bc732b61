//! Networks: from a description to graphs with named parameters.
//!
//! # Adding a layer, an activation, an initialiser, a loss
//! A layer is one file in `layers/` and one name in its `layers!` list; a loss one struct in `loss/` and one name in
//! its `losses!` list. Activations and initialisers are one variant and one `match` arm in their file.
//! What a description may bring along for layers and losses of its own is in `function.rs`: one variant and one arm.

mod activation;
mod function;
mod initializer;
mod layers;
mod loss;
mod metrics;
mod model;
mod parameters;
mod programs;
mod saturation;
mod state;
mod stream;

pub use activation::Activation;
pub use function::{Instruction, Verb, Written};
pub use initializer::Initializer;
pub use layers::{
    ActivationLayer, Added, AveragePool2d, BatchNormalization, Builder, Carried, Cell, Concatenate,
    Conv2dLayer, Conv2dTranspose, Custom, Dense, DepthwiseConv2d, Dropout, Embedding, Flatten, GaussianNoise,
    GlobalAveragePool2d, GlobalMaxPool2d, GroupNormalization, Gru, Inventory, Layer, LayerNormalization,
    LayerSpec, LocallyConnected2d, Lstm, MaxPool2d, MultiHeadAttention, OwnParameter, PRelu, PaddingSpec,
    Recurrence, Reshape, Residual, RmsNormalization, SimpleRnn, SpatialDropout2d, attend_in_heads, attention,
};
pub use loss::{
    BinaryCrossEntropy, CustomLoss, HalfMeanSquaredError, Hinge, Huber, KlDivergence, LogCosh, Loss,
    LossFunction, MeanAbsoluteError, MeanSquaredError, SmoothL1, SoftmaxCrossEntropy, gaussian_divergence,
};
pub use metrics::{
    ClassScore, ClassScores, RegressionScore, class_scores, confusion, metrics, predicted_class,
    regression_score, top_k,
};
pub use model::{LayerRow, Model, Target};
pub use parameters::{Parameter, ParameterKind, ParameterTable};
pub use programs::{Program, ProgramKey, Programs, Purpose};
pub use saturation::Curve;
pub use state::{State, StateTable};
