//! Functions with known curvature.

use super::Objective;
use crate::error::Result;

/// `sum of coefficient * product of theta[i]^power`, differentiated term by term.
pub(crate) struct Polynomial {
    dimension: usize,
    terms: Vec<(f64, Vec<(usize, i32)>)>,
}

impl Polynomial {
    pub fn new(dimension: usize, terms: &[(f64, &[(usize, i32)])]) -> Self {
        Self { dimension, terms: terms.iter().map(|(c, p)| (*c, p.to_vec())).collect() }
    }

    /// Half the sum of `diagonal[i] theta[i]^2`.
    pub fn quadratic(diagonal: &[f64]) -> Self {
        let terms = diagonal.iter().enumerate().map(|(i, d)| (0.5 * d, vec![(i, 2)])).collect();
        Self { dimension: diagonal.len(), terms }
    }

    /// `x^4 - 2 x^2 + x y + y^2`: a saddle at the origin between two minima.
    pub fn double_well() -> Self {
        Self::new(2, &[(1.0, &[(0, 4)]), (-2.0, &[(0, 2)]), (1.0, &[(0, 1), (1, 1)]), (1.0, &[(1, 2)])])
    }

    fn derivative(&self, by: usize) -> Self {
        let term = |(c, powers): &(f64, Vec<(usize, i32)>)| {
            let n = powers.iter().find(|p| p.0 == by)?.1;
            let lowered = powers.iter().map(|&(i, n)| (i, if i == by { n - 1 } else { n }));
            Some((c * f64::from(n), lowered.filter(|p| p.1 > 0).collect()))
        };
        Self { dimension: self.dimension, terms: self.terms.iter().filter_map(term).collect() }
    }

    fn at(&self, theta: &[f64]) -> f64 {
        self.terms.iter().map(|(c, powers)| powers.iter().fold(*c, |m, &(i, n)| m * theta[i].powi(n))).sum()
    }
}

impl Objective<f64> for Polynomial {
    fn dimension(&self) -> usize {
        self.dimension
    }

    fn value(&mut self, theta: &[f64]) -> Result<f64> {
        Ok(self.at(theta))
    }

    fn gradient(&mut self, theta: &[f64], gradient: &mut [f64]) -> Result<f64> {
        gradient.iter_mut().enumerate().for_each(|(i, g)| *g = self.derivative(i).at(theta));
        Ok(self.at(theta))
    }

    fn product(&mut self, theta: &[f64], direction: &[f64], product: &mut [f64]) -> Result<()> {
        product.fill(0.0);
        for (i, &d) in direction.iter().enumerate().filter(|(_, d)| **d != 0.0) {
            let row = self.derivative(i);
            product.iter_mut().enumerate().for_each(|(j, p)| *p += d * row.derivative(j).at(theta));
        }
        Ok(())
    }
}
