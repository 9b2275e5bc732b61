//! An optimizer at work: its spec, its state, one update.

use super::constants::{check, nothing_left, read, tagged, written};
use super::options::TILE;
use super::{Constants, MethodSpec, Options, RATE, Slot, ranged};
use crate::error::Result;
use crate::kernels::Real;
use serde::de::Error as _;
use serde::{Deserialize, Deserializer, Serialize, Serializer};

/// A method and the options that all methods understand, in one JSON object:
/// `{"type": "adam", "learningRate": 0.001, "clipNorm": 1}`.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct OptimizerSpec {
    /// The method with its constants.
    pub method: MethodSpec,
    /// Clipping, noise and weight decay.
    pub options: Options,
}

impl Serialize for OptimizerSpec {
    fn serialize<S: Serializer>(&self, target: S) -> std::result::Result<S::Ok, S::Error> {
        let kind = [("type", self.method.name().into())];
        target.collect_map(kind.into_iter().chain(written(*self)))
    }
}

impl<'de> Deserialize<'de> for OptimizerSpec {
    fn deserialize<D: Deserializer<'de>>(source: D) -> std::result::Result<Self, D::Error> {
        let (variant, mut fields) = tagged(source, MethodSpec::NAMES)?;
        let mut spec = Self { method: MethodSpec::of(variant), options: Options::default() };
        read(&mut spec, &mut fields).map_err(D::Error::custom)?;
        nothing_left(&fields, &mut spec).map_err(D::Error::custom)?;
        Ok(spec)
    }
}

impl Constants for OptimizerSpec {
    fn each(&mut self, show: &mut dyn FnMut(&'static str, Slot<'_>)) {
        self.method.constants().each(show);
        self.options.each(show);
    }
}

impl OptimizerSpec {
    /// State slices of the length of theta.
    #[must_use]
    pub fn slices(&self) -> usize {
        self.method.slices()
    }

    /// The learning rate it is set to.
    #[must_use]
    pub fn rate(&self) -> f64 {
        let mut rate = f64::NAN;
        { *self }.with_rate(|r| rate = *r);
        rate
    }

    /// Sets the learning rate.
    ///
    /// # Errors
    /// [`Error::Spec`](crate::Error::Spec) if it is negative or no number.
    pub fn set_rate(&mut self, rate: f64) -> Result<()> {
        ranged("optimizer.learningRate", rate, RATE[0], RATE[1])?;
        self.with_rate(|r| *r = rate);
        Ok(())
    }

    fn with_rate(&mut self, mut act: impl FnMut(&mut f64)) {
        self.method.constants().each(&mut |name, slot| match slot {
            Slot::Number(rate, _) if name == "learningRate" => act(rate),
            _ => {}
        });
    }

    /// Refuses constants outside their range.
    ///
    /// # Errors
    /// [`Error::Spec`](crate::Error::Spec) that names the constant.
    pub fn check(&self) -> Result<()> {
        check(*self, "optimizer")
    }
}

/// One update of theta or of a part of it: parameters, gradient and state of the same length.
#[derive(Debug)]
pub struct Update<'a, T> {
    /// Number of this update, from 1.
    pub t: u64,
    /// Learning rate of this update.
    pub rate: f64,
    /// What [`Method::scalar`](super::Method::scalar) gave for this update.
    pub scalar: f64,
    /// The parameters.
    pub theta: &'a mut [T],
    /// The gradient.
    pub gradient: &'a [T],
    /// The state that belongs to them.
    pub state: State<'a, T>,
}

/// The state of a part of theta.
#[derive(Debug)]
pub struct State<'a, T> {
    /// All of it, slice after slice.
    all: &'a mut [T],
    /// Length of a slice.
    length: usize,
    /// First entry of the part, and their number.
    part: (usize, usize),
}

impl<'a, T> State<'a, T> {
    /// The slices, as many as the method asked for.
    #[must_use]
    pub fn slices<const K: usize>(self) -> [&'a mut [T]; K] {
        let (from, count) = self.part;
        let mut slices = self.all.chunks_exact_mut(self.length.max(1));
        std::array::from_fn(|_| slices.next().and_then(|s| s.get_mut(from..from + count)).unwrap_or_default())
    }
}

/// An optimizer and what it remembers.
#[derive(Debug, Clone)]
pub struct Optimizer<T> {
    /// Method and constants.
    pub spec: OptimizerSpec,
    /// State slices one after the other.
    pub state: Vec<T>,
    /// The number remembered beside them.
    pub scalar: f64,
    /// Updates done.
    pub t: u64,
    /// Seed of the gradient noise.
    pub seed: u64,
}

impl<T: Real> Optimizer<T> {
    /// A fresh optimizer for `parameters` parameters.
    ///
    /// # Errors
    /// [`Error::Spec`](crate::Error::Spec) if a constant is outside its range.
    pub fn new(spec: OptimizerSpec, parameters: usize) -> Result<Self> {
        spec.check()?;
        let first = T::from_f64(spec.method.first());
        Ok(Self { spec, state: vec![first; spec.slices() * parameters], scalar: 1.0, t: 0, seed: 0 })
    }

    /// The same with another seed of the gradient noise.
    #[must_use]
    pub fn with_seed(mut self, seed: u64) -> Self {
        self.seed = seed;
        self
    }

    /// Does one update with the learning rate times `factor`.
    pub fn step(&mut self, theta: &mut [T], gradient: &[T], factor: f64) {
        self.t += 1;
        let (t, rate, length) = (self.t, self.spec.rate() * factor, theta.len());
        let method = &self.spec.method;
        self.scalar = method.scalar(t, self.scalar);
        let scalar = self.scalar;
        let now = (t, rate, self.seed);
        let Some(treatment) = self.spec.options.treatment(method.decay(), now, gradient) else {
            let state = State { all: &mut self.state, length, part: (0, length) };
            method.update(Update { t, rate, scalar, theta, gradient, state });
            return;
        };
        let mut treated = [T::ZERO; TILE];
        for (i, (theta, gradient)) in theta.chunks_mut(TILE).zip(gradient.chunks(TILE)).enumerate() {
            let (from, treated) = (i * TILE, &mut treated[..theta.len()]);
            let mut used = gradient;
            if !treatment.spares_gradient() {
                treatment.apply(from, theta, gradient, treated);
                used = treated;
            }
            treatment.shrink(theta);
            let state = State { all: &mut self.state, length, part: (from, theta.len()) };
            method.update(Update { t, rate, scalar, theta, gradient: used, state });
        }
    }
}
