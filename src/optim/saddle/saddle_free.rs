//! Newton's method with the sizes of the curvatures.

use super::super::{Constants, EPSILON, RATE, Slot};
use super::{Place, SaddleMethod, along_eigenvectors};
use crate::curvature::{Objective, symmetric_eigen};
use crate::error::Result;
use ndarray::Array2;

/// The step of Newton's method with `|H|` in the place of `H`: as long, but away from a saddle where its curvature is
/// negative.
#[derive(Debug, Clone, Copy, PartialEq)]
#[cfg_attr(target_family = "wasm", derive(tsify::Tsify), serde(default, rename_all = "camelCase"))]
pub struct SaddleFreeNewton {
    /// Share of the step; 1 is the whole one.
    pub learning_rate: f64,
    /// Least size of a curvature: keeps the step finite where the Hessian is singular.
    pub floor: f64,
    /// Dimensions of the Krylov subspace for more than [`SaddleFreeNewton::EXACT`] parameters.
    pub subspace: u32,
}

impl SaddleFreeNewton {
    /// Most parameters for which the whole Hessian is decomposed.
    pub const EXACT: usize = 64;
}

impl Default for SaddleFreeNewton {
    /// The floor is that of Adam's quotient; Dauphin and others use subspaces of up to 500 dimensions.
    fn default() -> Self {
        Self { learning_rate: 1.0, floor: 1e-8, subspace: 20 }
    }
}

impl Constants for SaddleFreeNewton {
    fn each(&mut self, show: &mut dyn FnMut(&'static str, Slot<'_>)) {
        show("learningRate", Slot::Number(&mut self.learning_rate, RATE));
        show("floor", Slot::Number(&mut self.floor, EPSILON));
        show("subspace", Slot::Count(&mut self.subspace, 1));
    }
}

impl SaddleMethod for SaddleFreeNewton {
    const TITLE: &'static str = "Saddle-free Newton, whole or in a Krylov subspace";
    const FORMULA: &'static str =
        "p -= rate |H|^-1 g, |H| has the sizes of H's eigenvalues, each at least floor";
    const SOURCE: &'static str = "Dauphin and others: Identifying and attacking the saddle point problem in high-dimensional \
        non-convex optimization, 2014";

    fn step(&self, at: &mut Place<'_>, objective: &mut impl Objective<f64>) -> Result<()> {
        let weight = |lambda: f64| 1.0 / lambda.abs().max(self.floor);
        if at.theta.len() <= Self::EXACT {
            return along_eigenvectors(at, objective, self.learning_rate, weight);
        }
        self.in_subspace(at, objective, weight)
    }
}

impl SaddleFreeNewton {
    /// Lanczos iteration from the gradient: `H` is a small tridiagonal matrix in the basis that it makes, and the gradient is
    /// the first basis vector. Every new vector is made orthogonal to all earlier ones, twice.
    fn in_subspace(
        &self,
        at: &mut Place<'_>,
        objective: &mut impl Objective<f64>,
        weight: impl Fn(f64) -> f64,
    ) -> Result<()> {
        let n = at.theta.len();
        let length = norm(at.gradient);
        if length == 0.0 {
            return Ok(());
        }
        let mut basis: Vec<Vec<f64>> = vec![at.gradient.iter().map(|g| g / length).collect()];
        let (mut alpha, mut beta): (Vec<f64>, Vec<f64>) = (Vec::new(), Vec::new());
        let mut size = 0.0_f64;
        loop {
            let last = &basis[basis.len() - 1];
            let mut next = vec![0.0; n];
            objective.product(at.theta, last, &mut next)?;
            alpha.push(dot(last, &next));
            for _ in 0..2 {
                for v in &basis {
                    let along = dot(v, &next);
                    next.iter_mut().zip(v).for_each(|(w, v)| *w -= along * v);
                }
            }
            let rest = norm(&next);
            size = size.max(rest).max(alpha[alpha.len() - 1].abs());
            // what is left is the rounding of the product: the subspace is invariant
            if alpha.len() == (self.subspace as usize).min(n)
                || rest.is_nan()
                || rest <= 8.0 * f64::EPSILON * size
            {
                break;
            }
            beta.push(rest);
            next.iter_mut().for_each(|w| *w /= rest);
            basis.push(next);
        }
        let m = alpha.len();
        let small = Array2::from_shape_fn((m, m), |(i, j)| match i.abs_diff(j) {
            0 => alpha[i],
            1 => beta[i.min(j)],
            _ => 0.0,
        });
        let eigen = symmetric_eigen(&small)?;
        for (i, v) in basis.iter().enumerate() {
            let part: f64 = eigen
                .values
                .iter()
                .zip(eigen.vectors.rows())
                .map(|(&value, vector)| weight(value) * vector[0] * vector[i])
                .sum();
            let factor = self.learning_rate * length * part;
            at.theta.iter_mut().zip(v).for_each(|(t, v)| *t -= factor * v);
        }
        Ok(())
    }
}

fn dot(a: &[f64], b: &[f64]) -> f64 {
    a.iter().zip(b).map(|(a, b)| a * b).sum()
}

fn norm(a: &[f64]) -> f64 {
    dot(a, a).sqrt()
}
