//! Adagrad.

use super::{Constants, EPSILON, Method, RATE, Slot, Update};
use crate::kernels::Real;

/// A rate for each parameter that falls with the squared gradients it has seen.
#[derive(Debug, Clone, Copy, PartialEq)]
#[cfg_attr(target_family = "wasm", derive(tsify::Tsify), serde(default, rename_all = "camelCase"))]
pub struct Adagrad {
    /// Step size.
    pub learning_rate: f64,
    /// How fast the step size falls beside that: step t has rate / (1 + (t - 1) learning_rate_decay).
    pub learning_rate_decay: f64,
    /// What the sum of squares starts from.
    pub initial_accumulator: f64,
    /// Keeps the quotient finite.
    pub epsilon: f64,
}

impl Default for Adagrad {
    fn default() -> Self {
        Self { learning_rate: 0.01, learning_rate_decay: 0.0, initial_accumulator: 0.0, epsilon: 1e-10 }
    }
}

impl Constants for Adagrad {
    fn each(&mut self, show: &mut dyn FnMut(&'static str, Slot<'_>)) {
        show("learningRate", Slot::Number(&mut self.learning_rate, RATE));
        show("learningRateDecay", Slot::Number(&mut self.learning_rate_decay, [0.0, 1e6]));
        show("initialAccumulator", Slot::Number(&mut self.initial_accumulator, [0.0, 1e6]));
        show("epsilon", Slot::Number(&mut self.epsilon, EPSILON));
    }
}

impl Method for Adagrad {
    const TITLE: &'static str = "Adagrad";
    const FORMULA: &'static str = "s += g^2, s starting at initialAccumulator; \
        p -= rate / (1 + (t - 1) learningRateDecay) g / (sqrt(s) + epsilon)";
    const SOURCE: &'static str = "Duchi, Hazan, Singer: Adaptive subgradient methods for online learning and stochastic optimization, 2011";

    fn slices(&self) -> usize {
        1
    }

    fn first(&self) -> f64 {
        self.initial_accumulator
    }

    fn update<T: Real>(&self, u: Update<'_, T>) {
        let rate = T::from_f64(u.rate / (1.0 + (u.t - 1) as f64 * self.learning_rate_decay));
        let epsilon = T::from_f64(self.epsilon);
        let [s] = u.state.slices();
        for ((p, &g), s) in u.theta.iter_mut().zip(u.gradient).zip(s) {
            T::spare_vectors();
            *s += g * g;
            *p -= rate * g / (s.sqrt() + epsilon);
        }
    }
}
