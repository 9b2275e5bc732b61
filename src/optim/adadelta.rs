//! Adadelta.

use super::{Constants, EPSILON, Method, RATE, SHARE, Slot, Update};
use crate::kernels::Real;

/// Steps in the units of the parameters: the size of past steps over the size of past gradients.
#[derive(Debug, Clone, Copy, PartialEq)]
#[cfg_attr(target_family = "wasm", derive(tsify::Tsify), serde(default, rename_all = "camelCase"))]
pub struct Adadelta {
    /// Factor of each step; 1 in the paper.
    pub learning_rate: f64,
    /// Share of the mean squares that is kept, of [0, 1).
    pub rho: f64,
    /// What the first steps start from, inside both roots.
    pub epsilon: f64,
}

impl Default for Adadelta {
    fn default() -> Self {
        Self { learning_rate: 1.0, rho: 0.9, epsilon: 1e-6 }
    }
}

impl Constants for Adadelta {
    fn each(&mut self, show: &mut dyn FnMut(&'static str, Slot<'_>)) {
        show("learningRate", Slot::Number(&mut self.learning_rate, RATE));
        show("rho", Slot::Number(&mut self.rho, SHARE));
        show("epsilon", Slot::Number(&mut self.epsilon, EPSILON));
    }
}

impl Method for Adadelta {
    const TITLE: &'static str = "Adadelta";
    const FORMULA: &'static str = "s = rho s + (1 - rho) g^2; d = sqrt(a + epsilon) / sqrt(s + epsilon) g; \
        a = rho a + (1 - rho) d^2; p -= rate d";
    const SOURCE: &'static str = "Zeiler: ADADELTA, an adaptive learning rate method, 2012";

    fn slices(&self) -> usize {
        2
    }

    fn update<T: Real>(&self, u: Update<'_, T>) {
        let (rate, epsilon) = (T::from_f64(u.rate), T::from_f64(self.epsilon));
        let (rho, rest) = (T::from_f64(self.rho), T::from_f64(1.0 - self.rho));
        let [s, a] = u.state.slices();
        for (((p, &g), s), a) in u.theta.iter_mut().zip(u.gradient).zip(s).zip(a) {
            T::spare_vectors();
            *s = rho * *s + rest * (g * g);
            let d = (*a + epsilon).sqrt() / (*s + epsilon).sqrt() * g;
            *a = rho * *a + rest * (d * d);
            *p -= rate * d;
        }
    }
}
