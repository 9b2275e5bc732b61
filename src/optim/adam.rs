//! Adam.

use super::{Method, Update, within};
use crate::error::Result;
use crate::kernels::Real;
use serde::{Deserialize, Serialize};

/// `m = beta1 m + (1 - beta1) g`, `v = beta2 v + (1 - beta2) g^2`, both divided by what they lack at the start;
/// `theta -= learning_rate * m / (sqrt(v) + epsilon)` (Kingma, Ba 2015, algorithm 1).
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
#[cfg_attr(target_family = "wasm", derive(tsify::Tsify))]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct Adam {
    /// Step size.
    pub learning_rate: f64,
    /// Share of m that is kept, of [0, 1).
    #[serde(default = "beta1")]
    pub beta1: f64,
    /// Share of v that is kept, of [0, 1).
    #[serde(default = "beta2")]
    pub beta2: f64,
    /// Keeps the quotient finite.
    #[serde(default = "epsilon")]
    pub epsilon: f64,
}

fn beta1() -> f64 {
    0.9
}

fn beta2() -> f64 {
    0.999
}

fn epsilon() -> f64 {
    1e-8
}

impl Method for Adam {
    const SLICES: usize = 2;

    fn rate(&self) -> f64 {
        self.learning_rate
    }

    fn set_rate(&mut self, rate: f64) {
        self.learning_rate = rate;
    }

    fn check(&self) -> Result<()> {
        within("beta1", self.beta1, 0.0, 1.0 - f64::EPSILON)?;
        within("beta2", self.beta2, 0.0, 1.0 - f64::EPSILON)?;
        within("epsilon", self.epsilon, 1e-30, 1.0)
    }

    fn update<T: Real>(&self, u: Update<'_, T>) {
        let t = u.t as f64;
        let missing = |beta: f64| 1.0 - libm::pow(beta, t);
        let rate = T::from_f64(u.rate / missing(self.beta1));
        let root = T::from_f64(1.0 / missing(self.beta2).sqrt());
        let (b1, b2) = (T::from_f64(self.beta1), T::from_f64(self.beta2));
        let (c1, c2) = (T::from_f64(1.0 - self.beta1), T::from_f64(1.0 - self.beta2));
        let epsilon = T::from_f64(self.epsilon);
        let (m, v) = u.state.split_at_mut(u.gradient.len());
        for (((p, &g), m), v) in u.theta.iter_mut().zip(u.gradient).zip(m).zip(v) {
            *m = b1 * *m + c1 * g;
            *v = b2 * *v + c2 * (g * g);
            *p -= rate * *m / (v.sqrt() * root + epsilon);
        }
    }
}
