//! Adamax: Adam with the largest gradient in place of the mean square.

use super::{Constants, EPSILON, Method, RATE, SHARE, Slot, Update, missing};
use crate::kernels::Real;

/// Mean gradients divided by the largest recent one.
#[derive(Debug, Clone, Copy, PartialEq)]
#[cfg_attr(target_family = "wasm", derive(tsify::Tsify), serde(default, rename_all = "camelCase"))]
pub struct Adamax {
    /// Step size.
    pub learning_rate: f64,
    /// Share of m that is kept, of [0, 1).
    pub beta1: f64,
    /// Share of the largest gradient that is kept, of [0, 1).
    pub beta2: f64,
    /// Keeps the quotient finite.
    pub epsilon: f64,
}

impl Default for Adamax {
    fn default() -> Self {
        Self { learning_rate: 0.002, beta1: 0.9, beta2: 0.999, epsilon: 1e-8 }
    }
}

impl Constants for Adamax {
    fn each(&mut self, show: &mut dyn FnMut(&'static str, Slot<'_>)) {
        show("learningRate", Slot::Number(&mut self.learning_rate, RATE));
        show("beta1", Slot::Number(&mut self.beta1, SHARE));
        show("beta2", Slot::Number(&mut self.beta2, SHARE));
        show("epsilon", Slot::Number(&mut self.epsilon, EPSILON));
    }
}

impl Method for Adamax {
    const TITLE: &'static str = "Adamax";
    const FORMULA: &'static str = "m = beta1 m + (1 - beta1) g; u = max(beta2 u, |g| + epsilon); \
        p -= rate / (1 - beta1^t) m / u";
    const SOURCE: &'static str = "Kingma, Ba: Adam, a method for stochastic optimization, 2015, algorithm 2";

    fn slices(&self) -> usize {
        2
    }

    fn update<T: Real>(&self, u: Update<'_, T>) {
        let rate = T::from_f64(u.rate / missing(self.beta1, u.t));
        let (b1, c1) = (T::from_f64(self.beta1), T::from_f64(1.0 - self.beta1));
        let (b2, epsilon) = (T::from_f64(self.beta2), T::from_f64(self.epsilon));
        let [m, most] = u.state.slices();
        for (((p, &g), m), most) in u.theta.iter_mut().zip(u.gradient).zip(m).zip(most) {
            T::spare_vectors();
            *m = b1 * *m + c1 * g;
            let (old, new) = (b2 * *most, g.abs() + epsilon);
            *most = if old > new { old } else { new };
            *p -= rate * *m / *most;
        }
    }
}
