//! RMSprop: plain, centred, with momentum.

use super::{Constants, EPSILON, Method, RATE, SHARE, Slot, Update};
use crate::kernels::Real;

/// Gradients divided by the root of their mean square.
#[derive(Debug, Clone, Copy, PartialEq)]
#[cfg_attr(target_family = "wasm", derive(tsify::Tsify), serde(default, rename_all = "camelCase"))]
pub struct Rmsprop {
    /// Step size.
    pub learning_rate: f64,
    /// Share of the mean square that is kept, of [0, 1).
    pub rho: f64,
    /// Share of the last step that is kept, of [0, 1).
    pub momentum: f64,
    /// Whether the variance of the gradients takes the place of their mean square.
    pub centered: bool,
    /// Keeps the quotient finite.
    pub epsilon: f64,
}

impl Default for Rmsprop {
    fn default() -> Self {
        Self { learning_rate: 0.01, rho: 0.99, momentum: 0.0, centered: false, epsilon: 1e-8 }
    }
}

impl Constants for Rmsprop {
    fn each(&mut self, show: &mut dyn FnMut(&'static str, Slot<'_>)) {
        show("learningRate", Slot::Number(&mut self.learning_rate, RATE));
        show("rho", Slot::Number(&mut self.rho, SHARE));
        show("momentum", Slot::Number(&mut self.momentum, SHARE));
        show("centered", Slot::Flag(&mut self.centered));
        show("epsilon", Slot::Number(&mut self.epsilon, EPSILON));
    }
}

impl Method for Rmsprop {
    const TITLE: &'static str = "RMSprop, plain, centred, with momentum";
    const FORMULA: &'static str = "s = rho s + (1 - rho) g^2; d = g / (sqrt(s) + epsilon); p -= rate d; \
        centered: a = rho a + (1 - rho) g and s - a^2 in place of s; momentum: b = momentum b + d and b in place of d";
    const SOURCE: &'static str = "Tieleman, Hinton: Neural networks for machine learning, lecture 6.5, 2012; \
        Graves: Generating sequences with recurrent neural networks, 2013, equations 38-41";

    /// The mean square, and a slice each for the mean and for the momentum where they are asked for.
    fn slices(&self) -> usize {
        1 + usize::from(self.centered) + usize::from(self.momentum > 0.0)
    }

    fn update<T: Real>(&self, u: Update<'_, T>) {
        let (rate, epsilon) = (T::from_f64(u.rate), T::from_f64(self.epsilon));
        let (rho, rest) = (T::from_f64(self.rho), T::from_f64(1.0 - self.rho));
        let beta = T::from_f64(self.momentum);
        let square = |s: &mut T, g: T| {
            *s = rho * *s + rest * (g * g);
            *s
        };
        // rounding may leave a variance just below 0
        let centred = |s: T, a: &mut T, g: T| {
            *a = rho * *a + rest * g;
            let variance = s - *a * *a;
            if variance > T::ZERO { variance } else { T::ZERO }
        };
        let pairs = u.theta.iter_mut().zip(u.gradient);
        match (self.centered, self.momentum > 0.0) {
            (false, false) => {
                let [s] = u.state.slices();
                for ((p, &g), s) in pairs.zip(s) {
                    T::spare_vectors();
                    *p -= rate * (g / (square(s, g).sqrt() + epsilon));
                }
            }
            (false, true) => {
                let [s, b] = u.state.slices();
                for (((p, &g), s), b) in pairs.zip(s).zip(b) {
                    T::spare_vectors();
                    *b = beta * *b + g / (square(s, g).sqrt() + epsilon);
                    *p -= rate * *b;
                }
            }
            (true, false) => {
                let [s, a] = u.state.slices();
                for (((p, &g), s), a) in pairs.zip(s).zip(a) {
                    T::spare_vectors();
                    *p -= rate * (g / (centred(square(s, g), a, g).sqrt() + epsilon));
                }
            }
            (true, true) => {
                let [s, a, b] = u.state.slices();
                for ((((p, &g), s), a), b) in pairs.zip(s).zip(a).zip(b) {
                    T::spare_vectors();
                    *b = beta * *b + g / (centred(square(s, g), a, g).sqrt() + epsilon);
                    *p -= rate * *b;
                }
            }
        }
    }
}
