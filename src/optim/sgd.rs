//! Plain gradient descent; what makes it GD, SGD or mini-batch is the batch.

use super::{Method, Update};
use crate::error::Result;
use crate::kernels::Real;
use serde::{Deserialize, Serialize};

/// `theta -= learning_rate * gradient` (Robbins, Monro 1951).
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
#[cfg_attr(target_family = "wasm", derive(tsify::Tsify))]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct Sgd {
    /// Step size.
    pub learning_rate: f64,
}

impl Method for Sgd {
    const SLICES: usize = 0;

    fn rate(&self) -> f64 {
        self.learning_rate
    }

    fn set_rate(&mut self, rate: f64) {
        self.learning_rate = rate;
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
