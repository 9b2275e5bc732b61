//! Optimizers made for saddles: they see the objective, so that curvature is theirs to ask, or shake themselves off.
//!
//! # Adding one
//! Write its file with a struct, its [`Constants`] and an `impl SaddleMethod`, and name it in the `saddle_methods!` list. They run
//! in f64, where landscapes are computed: 3e-8 off a saddle f32 never leaves.

mod damped_newton;
mod newton;
mod perturbed;
mod saddle_free;

pub use damped_newton::DampedNewton;
pub use newton::Newton;
pub use perturbed::PerturbedGradientDescent;
pub use saddle_free::SaddleFreeNewton;

use super::constants::{check, nothing_left, one_of, read, tagged, written};
use super::{Constants, MethodSpec, Optimizer, OptimizerSpec, Options};
use crate::curvature::{Objective, hessian, symmetric_eigen};
use crate::documented::Documented;
use crate::error::Result;
use crate::json;
use serde::de::Error as _;
use serde::{Deserialize, Deserializer, Serialize, Serializer};

/// Where an update starts, and what is remembered between updates.
#[derive(Debug)]
pub struct Place<'a> {
    /// The parameters.
    pub theta: &'a mut [f64],
    /// The gradient there.
    pub gradient: &'a [f64],
    /// Number of this update, from 1.
    pub t: u64,
    /// Seed of what is random.
    pub seed: u64,
    /// One number of the method's own, 0 at first.
    pub memory: &'a mut u64,
}

/// What such an optimizer is.
pub trait SaddleMethod: Constants + Default {
    /// What people call it.
    const TITLE: &'static str;
    /// One update in symbols: p parameter, g gradient, H Hessian.
    const FORMULA: &'static str;
    /// Who proposed it, where.
    const SOURCE: &'static str;

    /// Does one update.
    ///
    /// # Errors
    /// Those of the objective; [`Error::NotFinite`](crate::Error::NotFinite) if the Hessian is not finite.
    fn step(&self, at: &mut Place<'_>, objective: &mut impl Objective<f64>) -> Result<()>;
}

macro_rules! saddle_methods {
    ($($method:ident),* $(,)?) => {
        one_of! {
            /// A method made for saddles, with its constants.
            SaddleSpec, else Newton: $($method),*;
            /// Every optimizer made for saddles, in the order of the documentation.
            saddle_optimizers
        }

        impl SaddleSpec {
            fn step(&self, at: &mut Place<'_>, objective: &mut impl Objective<f64>) -> Result<()> {
                match self { $(Self::$method(m) => m.step(at, objective),)* }
            }
        }

        $(impl From<$method> for DescentSpec {
            fn from(method: $method) -> Self { Self::Saddle(SaddleSpec::$method(method)) }
        })*
    };
}

saddle_methods![Newton, DampedNewton, SaddleFreeNewton, PerturbedGradientDescent];

impl SaddleSpec {
    /// Sets the learning rate of a method whose steps are shares of the gradient; those of Newton's stay as they are.
    pub fn follow_rate(&mut self, rate: f64) {
        if let Self::PerturbedGradientDescent(method) = self {
            method.learning_rate = rate;
        }
    }
}

impl Constants for SaddleSpec {
    fn each(&mut self, show: &mut dyn FnMut(&'static str, super::Slot<'_>)) {
        self.constants().each(show);
    }
}

/// How a descent on a landscape moves: by any optimizer. Read and written as `{"type": "saddleFreeNewton", …}`.
#[derive(Debug, Clone, Copy, PartialEq)]
pub enum DescentSpec {
    /// From gradients alone.
    Gradient(OptimizerSpec),
    /// By a method made for saddles.
    Saddle(SaddleSpec),
}

impl<M> From<M> for DescentSpec
where
    OptimizerSpec: From<M>,
{
    fn from(method: M) -> Self {
        Self::Gradient(method.into())
    }
}

impl DescentSpec {
    /// Refuses constants outside their range.
    ///
    /// # Errors
    /// [`Error::Spec`](crate::Error::Spec) that names the constant.
    pub fn check(&self) -> Result<()> {
        match self {
            Self::Gradient(spec) => spec.check(),
            Self::Saddle(spec) => check(*spec, "optimizer"),
        }
    }
}

impl Serialize for DescentSpec {
    fn serialize<S: Serializer>(&self, target: S) -> std::result::Result<S::Ok, S::Error> {
        match self {
            Self::Gradient(spec) => spec.serialize(target),
            Self::Saddle(spec) => {
                target.collect_map([("type", spec.name().into())].into_iter().chain(written(*spec)))
            }
        }
    }
}

impl<'de> Deserialize<'de> for DescentSpec {
    fn deserialize<D: Deserializer<'de>>(source: D) -> std::result::Result<Self, D::Error> {
        let names = [MethodSpec::NAMES, SaddleSpec::NAMES].concat();
        let (place, mut fields) = tagged(source, &names)?;
        let spec = if let Some(place) = place.checked_sub(MethodSpec::NAMES.len()) {
            let mut spec = SaddleSpec::of(place);
            read(&mut spec, &mut fields).map_err(D::Error::custom)?;
            nothing_left(&fields, &mut spec).map_err(D::Error::custom)?;
            Self::Saddle(spec)
        } else {
            let mut spec = OptimizerSpec { method: MethodSpec::of(place), options: Options::default() };
            read(&mut spec, &mut fields).map_err(D::Error::custom)?;
            nothing_left(&fields, &mut spec).map_err(D::Error::custom)?;
            Self::Gradient(spec)
        };
        Ok(spec)
    }
}

/// A descent under way: what an optimizer of either sort remembers.
#[derive(Debug, Clone)]
pub enum Descender {
    /// From gradients alone.
    Gradient(Optimizer<f64>),
    /// By a method made for saddles.
    Saddle {
        /// Method and constants.
        spec: SaddleSpec,
        /// Updates done.
        t: u64,
        /// Seed of what is random.
        seed: u64,
        /// The method's own number.
        memory: u64,
    },
}

impl Descender {
    /// A fresh descent of `parameters` parameters.
    ///
    /// # Errors
    /// [`Error::Spec`](crate::Error::Spec) if a constant is outside its range.
    pub fn new(spec: DescentSpec, parameters: usize, seed: u64) -> Result<Self> {
        spec.check()?;
        Ok(match spec {
            DescentSpec::Gradient(spec) => Self::Gradient(Optimizer::new(spec, parameters)?.with_seed(seed)),
            DescentSpec::Saddle(spec) => Self::Saddle { spec, t: 0, seed, memory: 0 },
        })
    }

    /// Does one update from `theta`, where the objective has this gradient.
    ///
    /// # Errors
    /// Those of [`SaddleMethod::step`].
    pub fn step(
        &mut self,
        objective: &mut impl Objective<f64>,
        theta: &mut [f64],
        gradient: &[f64],
    ) -> Result<()> {
        match self {
            Self::Gradient(optimizer) => {
                optimizer.step(theta, gradient, 1.0);
                Ok(())
            }
            Self::Saddle { spec, t, seed, memory } => {
                *t += 1;
                spec.step(&mut Place { theta, gradient, t: *t, seed: *seed, memory }, objective)
            }
        }
    }
}

/// Takes the step `- rate sum of weight(lambda) (v . g) v` over the eigenvalues of the Hessian.
fn along_eigenvectors(
    at: &mut Place<'_>,
    objective: &mut impl Objective<f64>,
    rate: f64,
    weight: impl Fn(f64) -> f64,
) -> Result<()> {
    let eigen = symmetric_eigen(&hessian(objective, at.theta)?)?;
    let mut step = vec![0.0; at.theta.len()];
    for (&value, vector) in eigen.values.iter().zip(eigen.vectors.rows()) {
        let along: f64 = vector.iter().zip(at.gradient).map(|(v, g)| v * g).sum();
        let factor = rate * weight(value) * along;
        step.iter_mut().zip(vector).for_each(|(s, v)| *s += factor * v);
    }
    at.theta.iter_mut().zip(step).for_each(|(t, s)| *t -= s);
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::curvature::test_util::Polynomial;
    use crate::optim::Sgd;

    /// Where `steps` updates on half the sum of `diagonal[i] theta[i]^2` lead.
    fn walk(spec: impl Into<DescentSpec>, diagonal: &[f64], start: &[f64], steps: usize) -> Vec<f64> {
        let mut f = Polynomial::quadratic(diagonal);
        let mut theta = start.to_vec();
        let mut descender = Descender::new(spec.into(), theta.len(), 5).unwrap();
        for _ in 0..steps {
            let mut gradient = vec![0.0; theta.len()];
            f.gradient(&theta, &mut gradient).unwrap();
            descender.step(&mut f, &mut theta, &gradient).unwrap();
        }
        theta
    }

    fn near(got: &[f64], want: &[f64]) {
        assert!(
            got.iter().zip(want).all(|(g, w)| (g - w).abs() < 1e-10 * (1.0 + w.abs())),
            "{got:?} is not {want:?}"
        );
    }

    #[test]
    fn newton_goes_to_the_saddle_and_saddle_free_newton_away_from_it_as_fast() {
        let (saddle, start) = ([2.0, -0.5], [0.3, 0.4]);
        near(&walk(Newton::default(), &saddle, &start, 1), &[0.0, 0.0]);
        near(&walk(SaddleFreeNewton::default(), &saddle, &start, 1), &[0.0, 0.8]);
        near(&walk(SaddleFreeNewton::default(), &saddle, &start, 3), &[0.0, 3.2]);
        // a damping of 1 turns -0.5 into 0.5
        near(&walk(DampedNewton::default(), &saddle, &start, 1), &[0.3 - 0.6 / 3.0, 0.4 + 0.2 / 0.5]);
    }

    /// Beyond its exact size the method works in a Krylov subspace, which here is the whole space.
    #[test]
    fn the_subspace_of_a_gradient_gives_the_same_step() {
        let n = SaddleFreeNewton::EXACT + 40;
        let kinds = [-3.0, -0.5, 0.25, 1.0, 8.0];
        let diagonal: Vec<f64> = (0..n).map(|i| kinds[i % 5]).collect();
        let start: Vec<f64> = (0..n).map(|i| 0.1 * (i % 7) as f64 - 0.25).collect();
        let want: Vec<f64> = start.iter().zip(&diagonal).map(|(s, d)| s - s * d / d.abs()).collect();
        near(&walk(SaddleFreeNewton::default(), &diagonal, &start, 1), &want);
    }

    #[test]
    fn a_perturbation_comes_where_the_gradient_is_small_and_not_too_often() {
        let method =
            PerturbedGradientDescent { learning_rate: 0.01, threshold: 0.01, radius: 0.001, wait: 5 };
        let on_it = walk(method, &[2.0, -2.0], &[0.0, 0.0], 1);
        let length = (on_it[0] * on_it[0] + on_it[1] * on_it[1]).sqrt();
        assert!(length > 0.0 && length <= 0.001 * 1.02, "{on_it:?}");
        // five updates later the next one comes: until then it is plain descent
        let descended = |theta: &[f64]| vec![theta[0] * 0.98, theta[1] * 1.02];
        near(&walk(method, &[2.0, -2.0], &[0.0, 0.0], 2), &descended(&on_it));
        let far = walk(method, &[2.0, -2.0], &[0.5, 0.5], 1);
        near(&far, &walk(Sgd { learning_rate: 0.01 }, &[2.0, -2.0], &[0.5, 0.5], 1));
    }

    #[test]
    fn every_method_reads_what_it_writes_and_says_what_it_is() {
        for (place, row) in saddle_optimizers().into_iter().enumerate() {
            let spec = DescentSpec::Saddle(SaddleSpec::of(place));
            let json = serde_json::to_string(&spec).unwrap();
            assert!(json.starts_with(&format!(r#"{{"type":"{}","#, row.name)), "{json}");
            assert_eq!(serde_json::from_str::<DescentSpec>(&json).unwrap(), spec);
            assert_eq!(
                serde_json::from_str::<DescentSpec>(&format!(r#"{{"type":"{}"}}"#, row.name)).unwrap(),
                spec
            );
            spec.check().unwrap();
            // all of them find the bottom of a bowl
            let end = walk(spec, &[1.0, 0.5], &[0.3, -0.2], 2000);
            assert!(end.iter().all(|x| x.abs() < 0.05), "{}: {end:?}", row.name);
        }
        let adam: DescentSpec = serde_json::from_str(r#"{"type":"adam","clipNorm":1}"#).unwrap();
        assert!(matches!(adam, DescentSpec::Gradient(_)));
        let wrong: DescentSpec = serde_json::from_str(r#"{"type":"dampedNewton","damping":-1}"#).unwrap();
        assert_eq!(wrong.check().unwrap_err().report().place, "optimizer.damping");
        assert!(serde_json::from_str::<DescentSpec>(r#"{"type":"newton","damping":1}"#).is_err());
    }
}
