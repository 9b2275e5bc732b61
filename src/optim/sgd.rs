//! Plain gradient descent; what makes it GD, SGD or mini-batch is the batch.

use super::{Method, Update};
use crate::error::Result;
use crate::kernels::Real;
use serde::{Deserialize, Serialize};

/// Steps against the gradient.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
#[cfg_attr(target_family = "wasm", derive(tsify::Tsify))]
#[serde(default, rename_all = "camelCase", deny_unknown_fields)]
pub struct Sgd {
    /// Step size.
    pub learning_rate: f64,
}

impl Default for Sgd {
    fn default() -> Self {
        Self { learning_rate: 0.01 }
    }
}

impl Method for Sgd {
    const TITLE: &'static str = "Stochastic gradient descent";
    const FORMULA: &'static str = "p -= rate g";
    const SOURCE: &'static str = "Robbins, Monro: A stochastic approximation method, 1951";

    fn slices(&self) -> usize {
        0
    }

    fn rate(&mut self) -> &mut f64 {
        &mut self.learning_rate
    }

    fn check(&self) -> Result<()> {
        Ok(())
    }

    fn update<T: Real>(&self, u: Update<'_, T>) {
        let rate = T::from_f64(u.rate);
        for (p, &g) in u.theta.iter_mut().zip(u.gradient) {
            *p -= rate * g;
        }
    }
}
