//! NAdam: Adam with Nesterov's momentum.

use super::{Constants, EPSILON, Method, RATE, SHARE, Slot, Update, missing};
use crate::kernels::Real;

/// Adam that looks one step ahead, with a momentum that grows to beta1.
#[derive(Debug, Clone, Copy, PartialEq)]
#[cfg_attr(target_family = "wasm", derive(tsify::Tsify), serde(default, rename_all = "camelCase"))]
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

impl Constants for Nadam {
    fn each(&mut self, show: &mut dyn FnMut(&'static str, Slot<'_>)) {
        show("learningRate", Slot::Number(&mut self.learning_rate, RATE));
        show("beta1", Slot::Number(&mut self.beta1, SHARE));
        show("beta2", Slot::Number(&mut self.beta2, SHARE));
        show("epsilon", Slot::Number(&mut self.epsilon, EPSILON));
        show("momentumDecay", Slot::Number(&mut self.momentum_decay, [0.0, 1e6]));
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

    /// The product of all momentums up to step `t`.
    fn scalar(&self, t: u64, last: f64) -> f64 {
        last * self.mu(t)
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
            T::spare_vectors();
            *m = b1 * *m + c1 * g;
            *v = b2 * *v + c2 * (g * g);
            *p -= (fresh * g + ahead * *m) / (v.sqrt() * root + epsilon);
        }
    }
}
