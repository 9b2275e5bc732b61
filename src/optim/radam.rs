//! RAdam: Adam that waits until its second moment can be trusted.

use super::{Constants, EPSILON, Method, RATE, SHARE, Slot, Update, missing};
use crate::kernels::Real;

/// Momentum at first, then Adam with a factor for the variance of its rate.
#[derive(Debug, Clone, Copy, PartialEq)]
#[cfg_attr(target_family = "wasm", derive(tsify::Tsify), serde(default, rename_all = "camelCase"))]
pub struct Radam {
    /// Step size.
    pub learning_rate: f64,
    /// Share of m that is kept, of [0, 1).
    pub beta1: f64,
    /// Share of v that is kept, of [0, 1).
    pub beta2: f64,
    /// Keeps the quotient finite.
    pub epsilon: f64,
}

impl Default for Radam {
    fn default() -> Self {
        Self { learning_rate: 0.001, beta1: 0.9, beta2: 0.999, epsilon: 1e-8 }
    }
}

impl Radam {
    /// The factor of step `t`; `None` while the variance of the rate has no bound.
    fn rectification(&self, t: u64) -> Option<f64> {
        let end = 2.0 / (1.0 - self.beta2) - 1.0;
        let power = libm::pow(self.beta2, t as f64);
        let now = end - 2.0 * t as f64 * power / (1.0 - power);
        let ratio = (now - 4.0) * (now - 2.0) * end / ((end - 4.0) * (end - 2.0) * now);
        (now > 5.0).then(|| ratio.sqrt())
    }
}

impl Constants for Radam {
    fn each(&mut self, show: &mut dyn FnMut(&'static str, Slot<'_>)) {
        show("learningRate", Slot::Number(&mut self.learning_rate, RATE));
        show("beta1", Slot::Number(&mut self.beta1, SHARE));
        show("beta2", Slot::Number(&mut self.beta2, SHARE));
        show("epsilon", Slot::Number(&mut self.epsilon, EPSILON));
    }
}

impl Method for Radam {
    const TITLE: &'static str = "RAdam";
    const FORMULA: &'static str = "m, v as in Adam; r_inf = 2 / (1 - beta2) - 1; \
        r = r_inf - 2 t beta2^t / (1 - beta2^t); for r > 5: p -= rate m / (1 - beta1^t) \
        sqrt((r - 4) (r - 2) r_inf / ((r_inf - 4) (r_inf - 2) r)) sqrt(1 - beta2^t) / (sqrt(v) + epsilon); \
        else p -= rate m / (1 - beta1^t)";
    const SOURCE: &'static str =
        "Liu, Jiang, He, Chen, Liu, Gao, Han: On the variance of the adaptive learning rate and beyond, 2020";

    fn slices(&self) -> usize {
        2
    }

    fn update<T: Real>(&self, u: Update<'_, T>) {
        let rate = u.rate / missing(self.beta1, u.t);
        let rectified = self.rectification(u.t).map(|r| rate * r * missing(self.beta2, u.t).sqrt());
        let (b1, b2) = (T::from_f64(self.beta1), T::from_f64(self.beta2));
        let (c1, c2) = (T::from_f64(1.0 - self.beta1), T::from_f64(1.0 - self.beta2));
        let epsilon = T::from_f64(self.epsilon);
        let (rate, adaptive) = (T::from_f64(rectified.unwrap_or(rate)), rectified.is_some());
        let [m, v] = u.state.slices();
        for (((p, &g), m), v) in u.theta.iter_mut().zip(u.gradient).zip(m).zip(v) {
            T::spare_vectors();
            *m = b1 * *m + c1 * g;
            *v = b2 * *v + c2 * (g * g);
            *p -= rate * if adaptive { *m / (v.sqrt() + epsilon) } else { *m };
        }
    }
}
