//! Where each parameter lies in the flat vector theta.

use super::Initializer;
use crate::kernels::Real;
use crate::rng::Stream;
use crate::shape::Shape;
use ndarray::{ArrayViewD, IxDyn};
use std::ops::Range;

/// What a parameter is for; regularisers and landscape directions treat them differently.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ParameterKind {
    /// Multiplies an input.
    Weight,
    /// Scales what a normalisation has brought to one size, or another learned factor of a whole channel.
    Gain,
    /// Is added.
    Bias,
}

/// One tensor of parameters.
#[derive(Debug, Clone, PartialEq)]
pub struct Parameter {
    /// Layer and role, for example `conv_1.kernel`.
    pub name: String,
    /// Name of its layer.
    pub layer: String,
    /// Shape.
    pub shape: Shape,
    /// First element in theta.
    pub offset: usize,
    /// What it is for.
    pub kind: ParameterKind,
    /// How it starts.
    pub initializer: Initializer,
    /// Inputs of a unit, and units an input reaches.
    pub fans: [usize; 2],
}

impl Parameter {
    /// Its range in theta.
    #[must_use]
    pub fn range(&self) -> Range<usize> {
        self.offset..self.offset + self.shape.len()
    }
}

/// All parameters of a network in the order of its layers.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct ParameterTable {
    entries: Vec<Parameter>,
    /// Layers that have parameters, with their range in theta.
    layers: Vec<(String, Range<usize>)>,
}

impl ParameterTable {
    /// Appends a parameter behind the others; its offset is set here.
    pub(super) fn push(&mut self, mut parameter: Parameter) -> usize {
        parameter.offset = self.len();
        // layers inside another one count as that one
        let outer = parameter.layer.split('/').next().unwrap_or_default();
        match self.layers.last_mut().filter(|(name, _)| name == outer) {
            Some((_, range)) => range.end = parameter.range().end,
            None => self.layers.push((outer.to_owned(), parameter.range())),
        }
        self.entries.push(parameter);
        self.entries.len() - 1
    }

    /// The parameters.
    #[must_use]
    pub fn entries(&self) -> &[Parameter] {
        &self.entries
    }

    /// Elements of theta.
    #[must_use]
    pub fn len(&self) -> usize {
        self.entries.last().map_or(0, |p| p.range().end)
    }

    /// Whether nothing can be trained.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// Layers of the list that have parameters, also in layers inside them, with their range in theta, in order.
    #[must_use]
    pub fn layers(&self) -> &[(String, Range<usize>)] {
        &self.layers
    }

    /// Initial parameters for a seed.
    #[must_use]
    pub fn initial<T: Real>(&self, seed: u64) -> Vec<T> {
        let mut theta = vec![T::ZERO; self.len()];
        for (n, p) in self.entries.iter().enumerate() {
            p.initializer.fill(&mut theta[p.range()], p.fans, seed, Stream::INIT.nth(n as u32));
        }
        theta
    }

    /// A parameter as an array of its shape; `None` if `theta` is shorter than the table.
    #[must_use]
    pub fn view<'a, T>(&self, theta: &'a [T], parameter: &Parameter) -> Option<ArrayViewD<'a, T>> {
        let part = theta.get(parameter.range())?;
        ArrayViewD::from_shape(IxDyn(parameter.shape.dims()), part).ok()
    }
}
