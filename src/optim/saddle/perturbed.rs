//! Gradient descent that shakes itself where it is flat.

use super::super::{Constants, RATE, Slot};
use super::{Place, SaddleMethod};
use crate::curvature::Objective;
use crate::error::Result;
use crate::rng::{Source, Stream};

/// Where the gradient is small, and no perturbation was made for some steps, theta is moved to a random point of a ball.
#[derive(Debug, Clone, Copy, PartialEq)]
#[cfg_attr(target_family = "wasm", derive(tsify::Tsify), serde(default, rename_all = "camelCase"))]
pub struct PerturbedGradientDescent {
    /// Step size.
    pub learning_rate: f64,
    /// Norm of a small gradient.
    pub threshold: f64,
    /// Radius of the ball.
    pub radius: f64,
    /// Updates between two perturbations, at least.
    pub wait: u32,
}

impl Default for PerturbedGradientDescent {
    /// The paper derives its constants from bounds that are not known of a network; these are a small share of the unit
    /// in which standardised data have their weights.
    fn default() -> Self {
        Self { learning_rate: 0.01, threshold: 0.01, radius: 0.01, wait: 50 }
    }
}

impl Constants for PerturbedGradientDescent {
    fn each(&mut self, show: &mut dyn FnMut(&'static str, Slot<'_>)) {
        show("learningRate", Slot::Number(&mut self.learning_rate, RATE));
        show("threshold", Slot::Number(&mut self.threshold, [0.0, 1e6]));
        show("radius", Slot::Number(&mut self.radius, [0.0, 1e6]));
        show("wait", Slot::Count(&mut self.wait, 1));
    }
}

impl SaddleMethod for PerturbedGradientDescent {
    const TITLE: &'static str = "Perturbed gradient descent";
    const FORMULA: &'static str = "if |g| <= threshold, and for the first time in wait updates: p += a random point of the ball of \
        this radius, with g taken anew there; p -= rate g";
    const SOURCE: &'static str =
        "Jin, Ge, Netrapalli, Kakade, Jordan: How to escape saddle points efficiently, 2017, algorithm 1";

    fn step(&self, at: &mut Place<'_>, objective: &mut impl Objective<f64>) -> Result<()> {
        let size = at.gradient.iter().map(|g| g * g).sum::<f64>().sqrt();
        // memory is the update after which the next perturbation may come
        if size > self.threshold || at.t < *at.memory {
            at.theta.iter_mut().zip(at.gradient).for_each(|(t, g)| *t -= self.learning_rate * g);
            return Ok(());
        }
        *at.memory = at.t + u64::from(self.wait);
        let n = at.theta.len();
        let source = Source::new(at.seed, Stream::WEIGHT, at.t);
        let mut ball: Vec<f64> = (0..n as u64).map(|i| source.normal(i)).collect();
        let length = ball.iter().map(|b| b * b).sum::<f64>().sqrt();
        // uniform in the ball: a direction, and a radius whose n-th power is uniform
        let share = libm::pow(source.uniform(n as u64), 1.0 / n as f64) * self.radius / length;
        ball.iter_mut().for_each(|b| *b *= if length > 0.0 { share } else { 0.0 });
        at.theta.iter_mut().zip(&ball).for_each(|(t, b)| *t += b);
        let mut gradient = vec![0.0; n];
        objective.gradient(at.theta, &mut gradient)?;
        at.theta.iter_mut().zip(&gradient).for_each(|(t, g)| *t -= self.learning_rate * g);
        Ok(())
    }
}
