//! What a loss looks like around a point: value, gradient, Hessian-vector products, and what follows from them.
//!
//! Everything works on an [`Objective`] of a flat theta, not on a trainer, so that optimizers and the trainer may
//! ask for curvature too.

mod critical;
mod data_loss;
mod eigen;
mod hessian;
mod lanczos;
mod objective;
mod penalty;
#[cfg(test)]
mod test_util;

pub use critical::{CriticalKind, CriticalPoint, critical_point};
pub use data_loss::{DataLoss, Evaluated, OnRows};
pub use eigen::{Eigen, symmetric_eigen};
pub use hessian::{MAX_HESSIAN, hessian};
pub use lanczos::{Spectrum, lambda_max, lanczos};
pub use objective::Objective;
pub use penalty::Penalty;
