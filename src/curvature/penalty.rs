//! Penalties on the size of weights, as part of a loss.

use crate::kernels::{Real, reduce};
use crate::nn::{ParameterKind, ParameterTable};
use std::ops::Range;

/// `l1 sum |w| + l2 / 2 sum w^2` over some parameters: lasso (Tibshirani 1996), ridge (Hoerl, Kennard 1970), or both,
/// the elastic net (Zou, Hastie 2005).
///
/// The gradient of |w| at 0 is taken as 0, and its curvature as 0 everywhere, which is right everywhere else: l1 moves
/// the minimum and leaves the Hessian alone, l2 adds l2 to its diagonal.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Penalty {
    l1: f64,
    l2: f64,
    /// Parts of theta, ascending.
    parts: Vec<Range<usize>>,
}

impl Penalty {
    /// Of the weights, or with `biases` of every parameter.
    #[must_use]
    pub fn new(l1: f64, l2: f64, biases: bool, table: &ParameterTable) -> Self {
        let mut parts: Vec<Range<usize>> = Vec::new();
        for p in table.entries().iter().filter(|p| biases || p.kind == ParameterKind::Weight) {
            match parts.last_mut().filter(|last| last.end == p.offset) {
                Some(last) => last.end = p.range().end,
                None => parts.push(p.range()),
            }
        }
        Self { l1, l2, parts }
    }

    /// Its value at `theta`.
    pub fn value<T: Real>(&self, theta: &[T]) -> T {
        let mut sum = T::ZERO;
        if self.l1 > 0.0 {
            let size = self.parts.iter().map(|part| reduce::sum_abs(&theta[part.clone()]));
            sum += T::from_f64(self.l1) * size.fold(T::ZERO, |a, b| a + b);
        }
        if self.l2 > 0.0 {
            let squares = self.parts.iter().map(|part| reduce::sum_squares(&theta[part.clone()]));
            sum += T::from_f64(0.5 * self.l2) * squares.fold(T::ZERO, |a, b| a + b);
        }
        sum
    }

    /// Adds its gradient at `theta`.
    pub fn add_gradient<T: Real>(&self, theta: &[T], gradient: &mut [T]) {
        self.add_product(theta, gradient);
        if self.l1 > 0.0 {
            let (up, down) = (T::from_f64(self.l1), T::from_f64(-self.l1));
            for part in &self.parts {
                for (g, &p) in gradient[part.clone()].iter_mut().zip(&theta[part.clone()]) {
                    *g += if p > T::ZERO { up } else { T::ZERO };
                    *g += if p < T::ZERO { down } else { T::ZERO };
                }
            }
        }
    }

    /// Adds its Hessian times `direction`.
    pub fn add_product<T: Real>(&self, direction: &[T], product: &mut [T]) {
        if self.l2 > 0.0 {
            for part in &self.parts {
                reduce::axpy(T::from_f64(self.l2), &direction[part.clone()], &mut product[part.clone()]);
            }
        }
    }
}
