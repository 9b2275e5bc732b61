//! Where a search for a critical point stands.

use super::Objective;
use super::krylov::norm;
use crate::error::Result;

/// A theta, with what the objective says there.
#[derive(Clone)]
pub(super) struct Place {
    pub theta: Vec<f64>,
    pub gradient: Vec<f64>,
    /// Value of the objective.
    pub loss: f64,
    /// Euclidean norm of the gradient.
    pub norm: f64,
}

impl Place {
    pub fn new(objective: &mut impl Objective<f64>, theta: &[f64]) -> Result<Self> {
        let mut place =
            Self { theta: theta.to_vec(), gradient: vec![0.0; theta.len()], loss: 0.0, norm: 0.0 };
        place.measure(objective)?;
        Ok(place)
    }

    /// Asks the objective again, after theta has changed.
    pub fn measure(&mut self, objective: &mut impl Objective<f64>) -> Result<()> {
        self.loss = objective.gradient(&self.theta, &mut self.gradient)?;
        self.norm = norm(&self.gradient);
        Ok(())
    }

    /// Whether the gradient is shorter than this share of `size`, the largest eigenvalue in size, times the length of theta
    /// (at least 1).
    pub fn vanishes(&self, size: f64, tolerance: f64) -> bool {
        self.norm <= tolerance * size * self.far()
    }

    /// The length that no step exceeds: beyond, the quadratic model is not believed.
    pub fn far(&self) -> f64 {
        norm(&self.theta).max(1.0)
    }
}
