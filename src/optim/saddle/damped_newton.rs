//! Newton's method with a damped Hessian.

use super::super::{Constants, RATE, Slot};
use super::{Place, SaddleMethod, along_eigenvectors};
use crate::curvature::Objective;
use crate::error::Result;

/// A constant joins the Hessian: large enough, it makes every curvature positive.
#[derive(Debug, Clone, Copy, PartialEq)]
#[cfg_attr(target_family = "wasm", derive(tsify::Tsify), serde(default, rename_all = "camelCase"))]
pub struct DampedNewton {
    /// Share of the step.
    pub learning_rate: f64,
    /// What joins every eigenvalue.
    pub damping: f64,
}

impl Default for DampedNewton {
    /// Dauphin and others try dampings of 1 to 1e-6; 1 is the largest of them.
    fn default() -> Self {
        Self { learning_rate: 1.0, damping: 1.0 }
    }
}

impl Constants for DampedNewton {
    fn each(&mut self, show: &mut dyn FnMut(&'static str, Slot<'_>)) {
        show("learningRate", Slot::Number(&mut self.learning_rate, RATE));
        show("damping", Slot::Number(&mut self.damping, [0.0, 1e6]));
    }
}

impl SaddleMethod for DampedNewton {
    const TITLE: &'static str = "Damped Newton";
    const FORMULA: &'static str = "p -= rate (H + damping I)^-1 g";
    const SOURCE: &'static str = "Levenberg: A method for the solution of certain non-linear problems in least squares, 1944; as in Dauphin and others, 2014";

    fn step(&self, at: &mut Place<'_>, objective: &mut impl Objective<f64>) -> Result<()> {
        along_eigenvectors(at, objective, self.learning_rate, |l| {
            let damped = l + self.damping;
            if damped == 0.0 { 0.0 } else { 1.0 / damped }
        })
    }
}
