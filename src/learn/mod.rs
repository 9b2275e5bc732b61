//! Other ways to learn than by gradient descent on a network, to hold a network against.
//!
//! # Adding one
//! A file of its own, on plain `ndarray` arrays of f64 or on [`Examples`](crate::data::Examples); what it gives back says by
//! name and unit what it is. Nothing here may use a matrix library: those choose their instructions by the machine they
//! run on (fused multiply-add where there is one), and then the last bits differ between machines.

mod least_squares;

pub use least_squares::{Coefficient, LinearFit, RegressionFit, fit_examples, least_squares};
