//! What a loss looks like around a point: value, gradient, Hessian-vector products, and what follows from them.
//!
//! Everything works on an [`Objective`] of a flat theta, not on a trainer, so that optimizers and the trainer may
//! ask for curvature too.

mod certificate;
mod critical;
mod data_loss;
mod density;
mod eigen;
mod estimate;
mod hessian;
mod index_loss;
mod inertia;
mod krylov;
mod lanczos;
mod minres;
mod objective;
mod on_rows;
mod penalty;
mod place;
mod search;
#[cfg(test)]
pub(crate) mod test_util;
mod tridiagonal;

pub use certificate::{Certificate, CertificateOptions, IndexAt, Verdict, certify};
pub use critical::{CriticalKind, CriticalPoint, critical_point};
pub use data_loss::{DataLoss, Evaluated};
pub use density::{Density, DensityOptions, spectral_density};
pub use eigen::{Eigen, symmetric_eigen, symmetric_eigenvalues};
pub use estimate::{Estimate, TraceEstimate, hutchinson};
pub use hessian::{MAX_HESSIAN, hessian};
pub use index_loss::{IndexOptions, IndexPoint, index_point};
pub use inertia::{Inertia, inertia};
pub use lanczos::{Ends, RitzPair, Spectrum, lambda_max, lanczos, lanczos_ends};
pub use objective::Objective;
pub use on_rows::{GaussNewton, OnRows};
pub use penalty::Penalty;
pub use search::{Search, SearchEnd, SearchOptions, minimize_gradient_norm, newton_mr};
