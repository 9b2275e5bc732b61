//! Optimizers: each is one function on flat slices.
//!
//! # Adding an optimizer
//! Write its file with a struct that serde reads and an `impl Method`, and name it in the `optimizers!` list. Its
//! state is as many slices of the length of theta as it asks for; checkpoints and resets then work by themselves.

mod adam;
mod momentum;
mod schedule;
mod sgd;

pub use adam::Adam;
pub use momentum::Momentum;
pub use schedule::Schedule;
pub use sgd::Sgd;

use crate::error::{Error, Result};
use crate::json;
use crate::kernels::Real;
use serde::de::Error as _;
use serde::{Deserialize, Deserializer, Serialize};

/// One update: parameters, gradient and state, all of the length of theta.
#[derive(Debug)]
pub struct Update<'a, T> {
    /// Number of this update, from 1.
    pub t: u64,
    /// Learning rate of this update.
    pub rate: f64,
    /// The parameters.
    pub theta: &'a mut [T],
    /// The gradient.
    pub gradient: &'a [T],
    /// The state slices one after the other, zero at first.
    pub state: &'a mut [T],
}

/// What an optimizer is.
pub trait Method {
    /// State slices of the length of theta.
    const SLICES: usize;

    /// The learning rate it is set to.
    fn rate(&self) -> f64;

    /// Sets the learning rate.
    fn set_rate(&mut self, rate: f64);

    /// Refuses constants outside their range.
    ///
    /// # Errors
    /// [`Error::Spec`] that names the constant.
    fn check(&self) -> Result<()>;

    /// Does one update.
    fn update<T: Real>(&self, update: Update<'_, T>);
}

macro_rules! optimizers {
    ($($method:ident),* $(,)?) => {
        /// An optimizer with its constants, as JSON: `{"type": "adam", "learningRate": 0.001}`.
        #[derive(Debug, Clone, Copy, PartialEq, Serialize)]
        #[cfg_attr(target_family = "wasm", derive(tsify::Tsify))]
        #[serde(tag = "type", rename_all = "camelCase")]
        #[allow(missing_docs)]
        pub enum OptimizerSpec { $($method($method)),* }

        impl<'de> Deserialize<'de> for OptimizerSpec {
            fn deserialize<D: Deserializer<'de>>(source: D) -> std::result::Result<Self, D::Error> {
                let names = [$(stringify!($method)),*];
                let (variant, fields) = json::tagged(source, &names)?;
                $(if names[variant] == stringify!($method) {
                    return serde_json::from_value(fields).map(Self::$method).map_err(D::Error::custom);
                })*
                Err(D::Error::custom("unknown type"))
            }
        }

        impl OptimizerSpec {
            /// See [`Method::SLICES`].
            #[must_use]
            pub fn slices(&self) -> usize {
                match self { $(Self::$method(_) => $method::SLICES,)* }
            }

            /// See [`Method::rate`].
            #[must_use]
            pub fn rate(&self) -> f64 {
                match self { $(Self::$method(m) => m.rate(),)* }
            }

            /// Sets the learning rate.
            ///
            /// # Errors
            /// [`Error::Spec`] if it is negative or no number.
            pub fn set_rate(&mut self, rate: f64) -> Result<()> {
                within("learningRate", rate, 0.0, 1e6)?;
                match self { $(Self::$method(m) => m.set_rate(rate),)* }
                Ok(())
            }

            /// Refuses constants outside their range.
            ///
            /// # Errors
            /// [`Error::Spec`] that names the constant.
            pub fn check(&self) -> Result<()> {
                within("learningRate", self.rate(), 0.0, 1e6)?;
                match self { $(Self::$method(m) => m.check(),)* }
            }

            /// See [`Method::update`].
            pub fn update<T: Real>(&self, update: Update<'_, T>) {
                match self { $(Self::$method(m) => m.update(update),)* }
            }
        }
    };
}

optimizers![Sgd, Momentum, Adam];

/// Refuses a constant outside `low..=high`.
fn within(name: &str, value: f64, low: f64, high: f64) -> Result<()> {
    if (low..=high).contains(&value) {
        return Ok(());
    }
    Err(Error::spec("optimizer-constant", format!("optimizer.{name}"))
        .expected(format!("a number from {low} to {high}"))
        .got(value.to_string())
        .hint("choose a number in this range")
        .arg("name", name)
        .arg("got", value))
}

/// An optimizer and what it remembers.
#[derive(Debug, Clone)]
pub struct Optimizer<T> {
    /// Method and constants.
    pub spec: OptimizerSpec,
    /// State slices one after the other.
    pub state: Vec<T>,
    /// Updates done.
    pub t: u64,
}

impl<T: Real> Optimizer<T> {
    /// A fresh optimizer for `parameters` parameters.
    ///
    /// # Errors
    /// [`Error::Spec`] if a constant is outside its range.
    pub fn new(spec: OptimizerSpec, parameters: usize) -> Result<Self> {
        spec.check()?;
        Ok(Self { spec, state: vec![T::ZERO; spec.slices() * parameters], t: 0 })
    }

    /// Does one update with the learning rate times `factor`.
    pub fn step(&mut self, theta: &mut [T], gradient: &[T], factor: f64) {
        self.t += 1;
        let rate = self.spec.rate() * factor;
        self.spec.update(Update { t: self.t, rate, theta, gradient, state: &mut self.state });
    }
}
