//! A function of a flat parameter vector, with its exact derivatives.

use crate::error::Result;
use crate::kernels::Real;

/// A twice differentiable function of theta.
pub trait Objective<T: Real> {
    /// Length of theta.
    fn dimension(&self) -> usize;

    /// The value at `theta`.
    ///
    /// # Errors
    /// [`Error::State`](crate::Error::State) if `theta` has another length; [`Error::Memory`](crate::Error::Memory).
    fn value(&mut self, theta: &[T]) -> Result<T>;

    /// Writes the gradient at `theta` and returns the value.
    ///
    /// # Errors
    /// As [`Objective::value`].
    fn gradient(&mut self, theta: &[T], gradient: &mut [T]) -> Result<T>;

    /// Writes the Hessian at `theta` times `direction`.
    ///
    /// # Errors
    /// As [`Objective::value`].
    fn product(&mut self, theta: &[T], direction: &[T], product: &mut [T]) -> Result<()>;
}
