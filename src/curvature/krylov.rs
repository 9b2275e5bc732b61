//! The Lanczos process: an orthonormal basis in which a Hessian is tridiagonal.

use super::Objective;
use super::tridiagonal::diagonalise;
use crate::error::{Error, Result};
use crate::kernels::Real;
use crate::kernels::reduce::{argsort, axpy, dot};

/// What the process built after m steps.
pub(super) struct Krylov {
    /// m orthonormal vectors.
    pub vectors: Vec<Vec<f64>>,
    /// m numbers: the diagonal of the tridiagonal matrix.
    pub alpha: Vec<f64>,
    /// m numbers beside it; the last is the length of what the last step left over.
    pub beta: Vec<f64>,
}

/// Eigenvalues of the tridiagonal matrix.
pub(super) struct RitzValues {
    /// Ascending.
    pub values: Vec<f64>,
    /// Row i: the unit eigenvector of value i, in the basis.
    pub vectors: Vec<Vec<f64>>,
}

/// At most `k` steps from `start`, which need not be a unit vector. Every new vector is made orthogonal to all
/// earlier ones, twice, in f64 whatever `T` is; fewer steps are done if the vectors span an invariant subspace before.
pub(super) fn krylov<T: Real>(
    objective: &mut impl Objective<T>,
    theta: &[T],
    start: Vec<f64>,
    k: usize,
) -> Result<Krylov> {
    let n = objective.dimension();
    let mut multiply = Products::new(n);
    let mut built = Krylov { vectors: vec![unit(start).0], alpha: Vec::new(), beta: Vec::new() };
    let epsilon = if size_of::<T>() == 4 { f64::from(f32::EPSILON) } else { f64::EPSILON };
    let mut size = 0.0_f64;
    loop {
        let v = &built.vectors[built.vectors.len() - 1];
        let mut w = vec![0.0; n];
        multiply.times(objective, theta, v, &mut w)?;
        built.alpha.push(dot(v, &w));
        for _ in 0..2 {
            for v in &built.vectors {
                axpy(-dot(v, &w), v, &mut w);
            }
        }
        let (next, length) = unit(w);
        finite(length)?;
        built.beta.push(length);
        size = size.max(length).max(built.alpha[built.alpha.len() - 1].abs());
        // what is left is the rounding of the products: the subspace is invariant
        if built.alpha.len() >= k.min(n) || length <= 8.0 * epsilon * size {
            return Ok(built);
        }
        built.vectors.push(next);
    }
}

impl Krylov {
    /// The eigenvalues of the tridiagonal matrix with their vectors.
    pub fn ritz(&self) -> RitzValues {
        let m = self.alpha.len();
        let (mut diagonal, mut beside, mut v) = (self.alpha.clone(), self.beta.clone(), vec![0.0; m * m]);
        beside[m - 1] = 0.0;
        (0..m).for_each(|i| v[i * m + i] = 1.0);
        diagonalise(&mut diagonal, &mut beside, &mut v);
        let order = argsort(&diagonal);
        RitzValues {
            values: order.iter().map(|&i| diagonal[i]).collect(),
            vectors: order.iter().map(|&i| v[i * m..][..m].to_vec()).collect(),
        }
    }
}

/// Products in f64 with an objective of any type.
pub(super) struct Products<T> {
    direction: Vec<T>,
    product: Vec<T>,
}

impl<T: Real> Products<T> {
    pub fn new(n: usize) -> Self {
        Self { direction: vec![T::ZERO; n], product: vec![T::ZERO; n] }
    }

    pub fn times(
        &mut self,
        objective: &mut impl Objective<T>,
        theta: &[T],
        v: &[f64],
        to: &mut [f64],
    ) -> Result<()> {
        self.direction.iter_mut().zip(v).for_each(|(d, &x)| *d = T::from_f64(x));
        objective.product(theta, &self.direction, &mut self.product)?;
        to.iter_mut().zip(&self.product).for_each(|(t, p)| *t = p.to_f64());
        Ok(())
    }
}

/// Refuses a sum of products that is not finite.
pub(super) fn finite(sum: f64) -> Result<()> {
    if sum.is_finite() {
        return Ok(());
    }
    Err(Error::not_finite("curvature-not-finite", "lanczos")
        .expected("a finite Hessian-vector product")
        .got("an infinite or missing number")
        .hint("go back to weights at which the loss is finite"))
}

/// Refuses to do nothing: no steps, no probes, no parameters.
pub(super) fn some(steps: usize, least: usize, n: usize) -> Result<()> {
    if steps >= least && n > 0 {
        return Ok(());
    }
    Err(Error::spec("lanczos-steps", "lanczos")
        .expected(format!("at least {least} of steps or probes, and one parameter"))
        .got(format!("{steps} for {n} parameters"))
        .hint("twenty steps find the largest eigenvalue of most networks, ten probes a trace"))
}

/// The vector divided by its length, and the length; a zero vector stays.
pub(super) fn unit(mut v: Vec<f64>) -> (Vec<f64>, f64) {
    let length = norm(&v);
    if length > 0.0 {
        v.iter_mut().for_each(|x| *x /= length);
    }
    (v, length)
}

/// Euclidean length.
pub(super) fn norm(x: &[f64]) -> f64 {
    dot(x, x).sqrt()
}
