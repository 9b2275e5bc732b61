//! Adam and AMSGrad.

use super::{Constants, EPSILON, Method, RATE, SHARE, Slot, Update, missing};
use crate::kernels::Real;

/// Mean gradients divided by the root of their mean squares, both freed of what they lack at the start.
#[derive(Debug, Clone, Copy, PartialEq)]
#[cfg_attr(target_family = "wasm", derive(tsify::Tsify), serde(default, rename_all = "camelCase"))]
pub struct Adam {
    /// Step size.
    pub learning_rate: f64,
    /// Share of m that is kept, of [0, 1).
    pub beta1: f64,
    /// Share of v that is kept, of [0, 1).
    pub beta2: f64,
    /// Keeps the quotient finite.
    pub epsilon: f64,
    /// Whether the largest v so far takes the place of v, so that no rate ever rises (AMSGrad).
    pub amsgrad: bool,
}

impl Default for Adam {
    fn default() -> Self {
        Self { learning_rate: 0.001, beta1: 0.9, beta2: 0.999, epsilon: 1e-8, amsgrad: false }
    }
}

impl Constants for Adam {
    fn each(&mut self, show: &mut dyn FnMut(&'static str, Slot<'_>)) {
        show("learningRate", Slot::Number(&mut self.learning_rate, RATE));
        show("beta1", Slot::Number(&mut self.beta1, SHARE));
        show("beta2", Slot::Number(&mut self.beta2, SHARE));
        show("epsilon", Slot::Number(&mut self.epsilon, EPSILON));
        show("amsgrad", Slot::Flag(&mut self.amsgrad));
    }
}

impl Method for Adam {
    const TITLE: &'static str = "Adam and AMSGrad";
    const FORMULA: &'static str = "m = beta1 m + (1 - beta1) g; v = beta2 v + (1 - beta2) g^2; \
        p -= rate / (1 - beta1^t) m / (sqrt(v) / sqrt(1 - beta2^t) + epsilon); \
        amsgrad: the largest v so far in place of v";
    const SOURCE: &'static str = "Kingma, Ba: Adam, a method for stochastic optimization, 2015, algorithm 1; \
        Reddi, Kale, Kumar: On the convergence of Adam and beyond, 2018";

    fn slices(&self) -> usize {
        2 + usize::from(self.amsgrad)
    }

    fn update<T: Real>(&self, u: Update<'_, T>) {
        let rate = T::from_f64(u.rate / missing(self.beta1, u.t));
        let root = T::from_f64(1.0 / missing(self.beta2, u.t).sqrt());
        let (b1, b2) = (T::from_f64(self.beta1), T::from_f64(self.beta2));
        let (c1, c2) = (T::from_f64(1.0 - self.beta1), T::from_f64(1.0 - self.beta2));
        let epsilon = T::from_f64(self.epsilon);
        if self.amsgrad {
            let [m, v, most] = u.state.slices();
            for ((((p, &g), m), v), most) in u.theta.iter_mut().zip(u.gradient).zip(m).zip(v).zip(most) {
                T::spare_vectors();
                *m = b1 * *m + c1 * g;
                *v = b2 * *v + c2 * (g * g);
                *most = if *v > *most { *v } else { *most };
                *p -= rate * *m / (most.sqrt() * root + epsilon);
            }
            return;
        }
        let [m, v] = u.state.slices();
        for (((p, &g), m), v) in u.theta.iter_mut().zip(u.gradient).zip(m).zip(v) {
            T::spare_vectors();
            *m = b1 * *m + c1 * g;
            *v = b2 * *v + c2 * (g * g);
            *p -= rate * *m / (v.sqrt() * root + epsilon);
        }
    }
}
