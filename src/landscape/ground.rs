//! What a landscape is of: the loss of a network, or a function. Both are one objective of two parameters.

use super::{Function, LandscapeSpec};
use crate::curvature::{DataLoss, Objective};
use crate::error::Result;

/// The loss on any examples.
#[derive(Debug)]
pub(super) enum Ground {
    Network { spec: LandscapeSpec, loss: Box<DataLoss<f64>> },
    Function(Box<Function>),
}

impl Ground {
    /// The loss over some examples.
    pub fn loss(&mut self, rows: &[u32], at: &[f64]) -> Result<f64> {
        match self {
            Self::Network { loss, .. } => loss.loss(rows, at),
            Self::Function(function) => function.value_on(rows, at),
        }
    }

    /// Writes the gradient over some examples and returns the loss.
    pub fn gradient(&mut self, rows: &[u32], at: &[f64], gradient: &mut [f64]) -> Result<f64> {
        match self {
            Self::Network { loss, .. } => loss.gradient(rows, at, gradient),
            Self::Function(function) => function.gradient_on(rows, at, gradient),
        }
    }

    /// Seed and step of what is random in a network.
    pub fn set_random(&mut self, seed: u64, step: u64) {
        if let Self::Network { loss, .. } = self {
            loss.set_random(seed, step);
        }
    }
}

/// The loss over some examples, as an objective.
#[derive(Debug)]
pub(super) struct OnGround<'a> {
    pub ground: &'a mut Ground,
    pub rows: &'a [u32],
}

impl Objective<f64> for OnGround<'_> {
    fn dimension(&self) -> usize {
        2
    }

    fn value(&mut self, theta: &[f64]) -> Result<f64> {
        self.ground.loss(self.rows, theta)
    }

    fn gradient(&mut self, theta: &[f64], gradient: &mut [f64]) -> Result<f64> {
        self.ground.gradient(self.rows, theta, gradient)
    }

    fn product(&mut self, theta: &[f64], direction: &[f64], product: &mut [f64]) -> Result<()> {
        match self.ground {
            Ground::Network { loss, .. } => loss.product(self.rows, theta, direction, product),
            Ground::Function(function) => function.product_on(self.rows, theta, direction, product),
        }
    }
}
