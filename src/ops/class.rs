//! What kind of work an operation does, for those who ask where the time of a step goes.

/// A kind of work. Operations of one class are limited by the same thing and can be compared.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Class {
    /// Products of matrices.
    MatrixProduct,
    /// Convolutions, forward.
    Convolution,
    /// Gradients of convolutions in their filters.
    FilterGradient,
    /// Gradients of convolutions in their inputs.
    InputGradient,
    /// Functions of single elements, fused where they follow each other.
    Elementwise,
    /// Pooling and its gradients.
    Pooling,
    /// Softmax, its relatives and the loss made of them.
    Softmax,
    /// Sums, maxima and where they are.
    Reduction,
    /// Random numbers.
    Random,
    /// Copies in another order or place.
    Movement,
}

impl Class {
    /// The name in reports: stable, in camelCase.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Self::MatrixProduct => "matrixProduct",
            Self::Convolution => "convolution",
            Self::FilterGradient => "filterGradient",
            Self::InputGradient => "inputGradient",
            Self::Elementwise => "elementwise",
            Self::Pooling => "pooling",
            Self::Softmax => "softmax",
            Self::Reduction => "reduction",
            Self::Random => "random",
            Self::Movement => "movement",
        }
    }
}
