//! What a loss looks like around a point: value, gradient, Hessian-vector products, and what follows from them.
//!
//! Everything works on an [`Objective`] of a flat theta, not on a trainer, so that optimizers and the trainer may
//! ask for curvature too.

mod data_loss;
mod objective;

pub use data_loss::{DataLoss, Evaluated, OnRows};
pub use objective::Objective;
