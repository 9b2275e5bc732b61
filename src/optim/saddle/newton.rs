//! Newton's method.

use super::super::{Constants, RATE, Slot};
use super::{Place, SaddleMethod, along_eigenvectors};
use crate::curvature::Objective;
use crate::error::Result;

/// The step to where the quadratic model has its critical point, whatever that is: near a saddle it goes to the saddle.
#[derive(Debug, Clone, Copy, PartialEq)]
#[cfg_attr(target_family = "wasm", derive(tsify::Tsify), serde(default, rename_all = "camelCase"))]
pub struct Newton {
    /// Share of the step; 1 is the whole one.
    pub learning_rate: f64,
}

impl Default for Newton {
    fn default() -> Self {
        Self { learning_rate: 1.0 }
    }
}

impl Constants for Newton {
    fn each(&mut self, show: &mut dyn FnMut(&'static str, Slot<'_>)) {
        show("learningRate", Slot::Number(&mut self.learning_rate, RATE));
    }
}

impl SaddleMethod for Newton {
    const TITLE: &'static str = "Newton";
    const FORMULA: &'static str = "p -= rate H^-1 g, without the directions in which H is 0";
    const SOURCE: &'static str = "Nocedal, Wright: Numerical optimization, 2006, section 3.3";

    fn step(&self, at: &mut Place<'_>, objective: &mut impl Objective<f64>) -> Result<()> {
        along_eigenvectors(at, objective, self.learning_rate, |l| if l == 0.0 { 0.0 } else { 1.0 / l })
    }
}
