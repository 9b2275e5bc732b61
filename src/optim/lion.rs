//! Lion: steps of one size, in the direction of a sign.

use super::{Constants, Method, RATE, SHARE, Slot, Update};
use crate::kernels::Real;

/// Every parameter moves by the rate, up or down as momentum and gradient say.
#[derive(Debug, Clone, Copy, PartialEq)]
#[cfg_attr(target_family = "wasm", derive(tsify::Tsify), serde(default, rename_all = "camelCase"))]
pub struct Lion {
    /// Step size; a tenth of what suits Adam.
    pub learning_rate: f64,
    /// Share of m in the direction of a step, of [0, 1).
    pub beta1: f64,
    /// Share of m that is kept, of [0, 1).
    pub beta2: f64,
}

impl Default for Lion {
    fn default() -> Self {
        Self { learning_rate: 1e-4, beta1: 0.9, beta2: 0.99 }
    }
}

impl Constants for Lion {
    fn each(&mut self, show: &mut dyn FnMut(&'static str, Slot<'_>)) {
        show("learningRate", Slot::Number(&mut self.learning_rate, RATE));
        show("beta1", Slot::Number(&mut self.beta1, SHARE));
        show("beta2", Slot::Number(&mut self.beta2, SHARE));
    }
}

impl Method for Lion {
    const TITLE: &'static str = "Lion";
    const FORMULA: &'static str =
        "p -= rate sign(beta1 m + (1 - beta1) g), sign(0) = 0; m = beta2 m + (1 - beta2) g";
    const SOURCE: &'static str =
        "Chen, Liang, Huang and others: Symbolic discovery of optimization algorithms, 2023";
    const DECOUPLED: bool = true;

    fn slices(&self) -> usize {
        1
    }

    fn update<T: Real>(&self, u: Update<'_, T>) {
        let rate = T::from_f64(u.rate);
        let (b1, c1) = (T::from_f64(self.beta1), T::from_f64(1.0 - self.beta1));
        let (b2, c2) = (T::from_f64(self.beta2), T::from_f64(1.0 - self.beta2));
        let [m] = u.state.slices();
        for ((p, &g), m) in u.theta.iter_mut().zip(u.gradient).zip(m) {
            T::spare_vectors();
            let direction = b1 * *m + c1 * g;
            let up = if direction > T::ZERO { rate } else { T::ZERO };
            let down = if direction < T::ZERO { rate } else { T::ZERO };
            *p -= up - down;
            *m = b2 * *m + c2 * g;
        }
    }
}
