//! The loss of a network over fixed examples as a function of theta alone.

use super::{DataLoss, Objective};
use crate::error::Result;
use crate::kernels::Real;

/// A [`DataLoss`] on fixed rows, as an [`Objective`].
#[derive(Debug)]
pub struct OnRows<'a, T> {
    /// The loss.
    pub loss: &'a mut DataLoss<T>,
    /// The rows.
    pub rows: &'a [u32],
}

impl<T: Real> Objective<T> for OnRows<'_, T> {
    fn dimension(&self) -> usize {
        self.loss.model().table().len()
    }

    fn value(&mut self, theta: &[T]) -> Result<T> {
        self.loss.loss(self.rows, theta)
    }

    fn gradient(&mut self, theta: &[T], gradient: &mut [T]) -> Result<T> {
        self.loss.gradient(self.rows, theta, gradient)
    }

    fn product(&mut self, theta: &[T], direction: &[T], product: &mut [T]) -> Result<()> {
        self.loss.product(self.rows, theta, direction, product)
    }
}

/// A [`DataLoss`] on fixed rows with the Gauss-Newton matrix in the place of the Hessian: what asks an [`Objective`]
/// for products (the whole matrix, the ends of the spectrum, a trace) then speaks of that matrix. See
/// [`DataLoss::gauss_newton`].
#[derive(Debug)]
pub struct GaussNewton<'a, T>(pub OnRows<'a, T>);

impl<T: Real> Objective<T> for GaussNewton<'_, T> {
    fn dimension(&self) -> usize {
        self.0.dimension()
    }

    fn value(&mut self, theta: &[T]) -> Result<T> {
        self.0.value(theta)
    }

    fn gradient(&mut self, theta: &[T], gradient: &mut [T]) -> Result<T> {
        self.0.gradient(theta, gradient)
    }

    fn product(&mut self, theta: &[T], direction: &[T], product: &mut [T]) -> Result<()> {
        self.0.loss.gauss_newton(self.0.rows, theta, direction, product)
    }
}
