//! NAdam: Adam with Nesterov's momentum.

use super::{BELOW_ONE, EPSILON, Method, Update, missing, within};
use crate::error::Result;
use crate::kernels::Real;
use serde::{Deserialize, Serialize};

/// Adam that looks one step ahead, with a momentum that grows to beta1.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
#[cfg_attr(target_family = "wasm", derive(tsify::Tsify))]
#[serde(default, rename_all = "camelCase", deny_unknown_fields)]
pub struct Nadam {
    /// Step size.
    pub learning_rate: f64,
    /// Share of m that is kept in the end, of [0, 1).
    pub beta1: f64,
    /// Share of v that is kept, of [0, 1).
    pub beta2: f64,
    /// Keeps the quotient finite.
    pub epsilon: f64,
    /// How fast the momentum grows from beta1 / 2 to beta1.
    pub momentum_decay: f64,
}

impl Default for Nadam {
    fn default() -> Self {
        Self { learning_rate: 0.002, beta1: 0.9, beta2: 0.999, epsilon: 1e-8, momentum_decay: 0.004 }
    }
}

impl Nadam {
    /// The momentum of step `t`.
    fn mu(&self, t: u64) -> f64 {
        self.beta1 * (1.0 - 0.5 * libm::pow(0.96, t as f64 * self.momentum_decay))
    }
}

impl Method for Nadam {
    const TITLE: &'static str = "NAdam";
    const FORMULA: &'static str = "mu_t = beta1 (1 - 0.5 0.96^(t momentumDecay)); M = mu_1 ... mu_t; m, v as in Adam; \
        d = sqrt(v / (1 - beta2^t)) + epsilon; \
        p -= rate (1 - mu_t) / (1 - M) g / d + rate mu_(t+1) / (1 - M mu_(t+1)) m / d";
    const SOURCE: &'static str = "Dozat: Incorporating Nesterov momentum into Adam, 2016";

    fn slices(&self) -> usize {
        2
    }

    fn rate(&mut self) -> &mut f64 {
        &mut self.learning_rate
    }

    /// The product of all momentums up to step `t`.
    fn scalar(&self, t: u64, last: f64) -> f64 {
        last * self.mu(t)
    }

    fn check(&self) -> Result<()> {
        within("beta1", self.beta1, 0.0, BELOW_ONE)?;
        within("beta2", self.beta2, 0.0, BELOW_ONE)?;
        within("epsilon", self.epsilon, EPSILON, 1.0)?;
        within("momentumDecay", self.momentum_decay, 0.0, 1e6)
    }

    fn update<T: Real>(&self, u: Update<'_, T>) {
        let (mu, next) = (self.mu(u.t), self.mu(u.t + 1));
        let fresh = T::from_f64(u.rate * (1.0 - mu) / (1.0 - u.scalar));
        let ahead = T::from_f64(u.rate * next / (1.0 - u.scalar * next));
        let root = T::from_f64(1.0 / missing(self.beta2, u.t).sqrt());
        let (b1, b2) = (T::from_f64(self.beta1), T::from_f64(self.beta2));
        let (c1, c2) = (T::from_f64(1.0 - self.beta1), T::from_f64(1.0 - self.beta2));
        let epsilon = T::from_f64(self.epsilon);
        let [m, v] = u.state.slices();
        for (((p, &g), m), v) in u.theta.iter_mut().zip(u.gradient).zip(m).zip(v) {
            *m = b1 * *m + c1 * g;
            *v = b2 * *v + c2 * (g * g);
            *p -= (fresh * g + ahead * *m) / (v.sqrt() * root + epsilon);
        }
    }
}
