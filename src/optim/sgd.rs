//! Plain gradient descent; what makes it GD, SGD or mini-batch is the batch.

use super::{Constants, Method, RATE, Slot, Update};
use crate::kernels::{Real, reduce};

/// Steps against the gradient.
#[derive(Debug, Clone, Copy, PartialEq)]
#[cfg_attr(target_family = "wasm", derive(tsify::Tsify), serde(default, rename_all = "camelCase"))]
pub struct Sgd {
    /// Step size.
    pub learning_rate: f64,
}

impl Default for Sgd {
    fn default() -> Self {
        Self { learning_rate: 0.01 }
    }
}

impl Constants for Sgd {
    fn each(&mut self, show: &mut dyn FnMut(&'static str, Slot<'_>)) {
        show("learningRate", Slot::Number(&mut self.learning_rate, RATE));
    }
}

impl Method for Sgd {
    const TITLE: &'static str = "Stochastic gradient descent";
    const FORMULA: &'static str = "p -= rate g";
    const SOURCE: &'static str = "Robbins, Monro: A stochastic approximation method, 1951";

    fn slices(&self) -> usize {
        0
    }

    fn update<T: Real>(&self, u: Update<'_, T>) {
        reduce::axpy(T::from_f64(-u.rate), u.gradient, u.theta);
    }
}
