//! Momentum, heavy-ball and Nesterov.

use super::{Constants, Method, RATE, SHARE, Slot, Update};
use crate::kernels::Real;

/// Steps along a sum of past gradients, in which older ones count less.
#[derive(Debug, Clone, Copy, PartialEq)]
#[cfg_attr(target_family = "wasm", derive(tsify::Tsify), serde(default, rename_all = "camelCase"))]
pub struct Momentum {
    /// Step size.
    pub learning_rate: f64,
    /// Share of the last m that is kept, of [0, 1).
    pub momentum: f64,
    /// Whether the gradient is taken as if one step ahead.
    pub nesterov: bool,
    /// Share of each gradient but the first that is left out of m.
    pub dampening: f64,
}

impl Default for Momentum {
    fn default() -> Self {
        Self { learning_rate: 0.01, momentum: 0.9, nesterov: false, dampening: 0.0 }
    }
}

impl Constants for Momentum {
    fn each(&mut self, show: &mut dyn FnMut(&'static str, Slot<'_>)) {
        show("learningRate", Slot::Number(&mut self.learning_rate, RATE));
        show("momentum", Slot::Number(&mut self.momentum, SHARE));
        show("nesterov", Slot::Flag(&mut self.nesterov));
        show("dampening", Slot::Number(&mut self.dampening, [0.0, 1.0]));
    }
}

impl Method for Momentum {
    const TITLE: &'static str = "Momentum, heavy-ball or Nesterov";
    const FORMULA: &'static str = "m = g at the first step, then momentum m + (1 - dampening) g; p -= rate m, \
        or with nesterov p -= rate (g + momentum m)";
    const SOURCE: &'static str = "Polyak: Some methods of speeding up the convergence of iteration methods, 1964; \
        Sutskever, Martens, Dahl, Hinton: On the importance of initialization and momentum in deep learning, 2013";

    fn slices(&self) -> usize {
        1
    }

    fn update<T: Real>(&self, u: Update<'_, T>) {
        let (rate, beta) = (T::from_f64(u.rate), T::from_f64(self.momentum));
        let part = T::from_f64(if u.t == 1 { 1.0 } else { 1.0 - self.dampening });
        let [m] = u.state.slices();
        for ((p, &g), m) in u.theta.iter_mut().zip(u.gradient).zip(m) {
            T::spare_vectors();
            *m = beta * *m + part * g;
            *p -= rate * if self.nesterov { g + beta * *m } else { *m };
        }
    }
}
