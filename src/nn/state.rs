//! What layers carry from step to step beside their parameters, such as running statistics.
//!
//! It is one flat vector, like theta, that no optimizer sees: a training step computes it anew, evaluation reads it.

use crate::kernels::Real;
use crate::shape::Shape;
use std::ops::Range;

/// One tensor of state.
#[derive(Debug, Clone, PartialEq)]
pub struct State {
    /// Layer and role, for example `bn_1.running_mean`.
    pub name: String,
    /// Name of its layer.
    pub layer: String,
    /// Shape.
    pub shape: Shape,
    /// First element in the flat state.
    pub offset: usize,
    /// What each number is at first.
    pub initial: f64,
}

impl State {
    /// Its range in the flat state.
    #[must_use]
    pub fn range(&self) -> Range<usize> {
        self.offset..self.offset + self.shape.len()
    }
}

/// All state of a network in the order of its layers.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct StateTable {
    entries: Vec<State>,
}

impl StateTable {
    /// Appends a tensor behind the others; returns its offset.
    pub(super) fn push(&mut self, mut state: State) -> usize {
        state.offset = self.len();
        self.entries.push(state);
        self.entries.last().map_or(0, |s| s.offset)
    }

    /// The tensors.
    #[must_use]
    pub fn entries(&self) -> &[State] {
        &self.entries
    }

    /// Elements of the flat state.
    #[must_use]
    pub fn len(&self) -> usize {
        self.entries.last().map_or(0, |s| s.range().end)
    }

    /// Whether no layer carries anything.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// The state before the first step.
    #[must_use]
    pub fn initial<T: Real>(&self) -> Vec<T> {
        self.entries.iter().flat_map(|s| std::iter::repeat_n(T::from_f64(s.initial), s.shape.len())).collect()
    }
}
