//! Momentum, heavy-ball and Nesterov.

use super::{Method, Update, within};
use crate::error::Result;
use crate::kernels::Real;
use serde::{Deserialize, Serialize};

/// `m = momentum * m + gradient`, the first m being the gradient; `theta -= learning_rate * m` (Polyak 1964), or
/// with `nesterov` `theta -= learning_rate * (gradient + momentum * m)` (Sutskever, Martens, Dahl, Hinton 2013).
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
#[cfg_attr(target_family = "wasm", derive(tsify::Tsify))]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct Momentum {
    /// Step size.
    pub learning_rate: f64,
    /// Share of the last m that is kept, of [0, 1).
    #[serde(default = "nine_tenths")]
    pub momentum: f64,
    /// Whether the gradient is taken as if one step ahead.
    #[serde(default)]
    pub nesterov: bool,
}

fn nine_tenths() -> f64 {
    0.9
}

impl Method for Momentum {
    const SLICES: usize = 1;

    fn rate(&self) -> f64 {
        self.learning_rate
    }

    fn set_rate(&mut self, rate: f64) {
        self.learning_rate = rate;
    }

    fn check(&self) -> Result<()> {
        within("momentum", self.momentum, 0.0, 1.0 - f64::EPSILON)
    }

    fn update<T: Real>(&self, u: Update<'_, T>) {
        let (rate, beta) = (T::from_f64(u.rate), T::from_f64(self.momentum));
        for ((p, &g), m) in u.theta.iter_mut().zip(u.gradient).zip(u.state) {
            *m = beta * *m + g;
            *p -= rate * if self.nesterov { g + beta * *m } else { *m };
        }
    }
}
