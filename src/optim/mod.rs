//! Optimizers: each is one function on flat slices.
//!
//! # Adding an optimizer
//! Write its file with a struct, its [`Constants`] and an `impl Method`, and name it in the `optimizers!` list. Its
//! state is as many slices of the length of theta as it asks for; checkpoints, resets, clipping, noise, weight decay
//! ([`Options`]) and the table of the documentation then work by themselves. Methods that ask the objective for its curvature
//! stand beside them: see [`SaddleMethod`].

mod adadelta;
mod adagrad;
mod adam;
mod adam_w;
mod adamax;
mod constants;
mod lion;
mod momentum;
mod nadam;
mod optimizer;
mod options;
mod patience;
mod radam;
mod rmsprop;
mod saddle;
mod schedule;
mod sgd;
mod shapes;

pub use adadelta::Adadelta;
pub use adagrad::Adagrad;
pub use adam::Adam;
pub use adam_w::AdamW;
pub use adamax::Adamax;
use constants::one_of;
pub(crate) use constants::serde_by_constants;
pub use constants::{Constants, Slot, check, nothing_left, read, written};
pub use lion::Lion;
pub use momentum::Momentum;
pub use nadam::Nadam;
pub use optimizer::{Optimizer, OptimizerSpec, State, Update};
pub use options::{Options, options};
pub use patience::{Monitor, Patience, Verdict, Waiting};
pub use radam::Radam;
pub use rmsprop::Rmsprop;
pub use saddle::{
    DampedNewton, Descender, DescentSpec, Newton, PerturbedGradientDescent, Place, SaddleFreeNewton,
    SaddleMethod, SaddleSpec, saddle_optimizers,
};
pub use schedule::{Clock, Schedule, Shape, ShapeSpec, schedules};
pub use sgd::Sgd;
pub use shapes::{Constant, Cosine, Exponential, InverseTime, Linear, OneCycle, Plateau, Step};

use crate::documented::Documented;
use crate::error::{Error, Result};
use crate::json;
use crate::kernels::Real;

/// What an optimizer is.
pub trait Method: Constants + Default {
    /// What people call it.
    const TITLE: &'static str;
    /// One update in symbols: p parameter, g gradient, t number of the update from 1, rate its learning rate; other
    /// letters are state that starts at 0.
    const FORMULA: &'static str;
    /// Who proposed it, where.
    const SOURCE: &'static str;
    /// Weight decay if the spec names none.
    const DECAY: f64 = 0.0;
    /// Whether weight decay is decoupled if the spec does not say.
    const DECOUPLED: bool = false;

    /// State slices of the length of theta.
    fn slices(&self) -> usize;

    /// What every number of the state starts from.
    fn first(&self) -> f64 {
        0.0
    }

    /// One number that is remembered from update to update beside the slices, 1 at first: its value for update `t`.
    fn scalar(&self, t: u64, last: f64) -> f64 {
        let _ = t;
        last
    }

    /// Does one update, of all of theta or of a part of it.
    fn update<T: Real>(&self, update: Update<'_, T>);
}

macro_rules! optimizers {
    ($($method:ident),* $(,)?) => {
        one_of! {
            /// A method with its constants.
            MethodSpec, else Sgd: $($method),*;
            /// Every optimizer, in the order of the documentation.
            optimizers
        }

        impl MethodSpec {
            fn slices(&self) -> usize {
                match self { $(Self::$method(m) => m.slices(),)* }
            }

            fn first(&self) -> f64 {
                match self { $(Self::$method(m) => m.first(),)* }
            }

            fn scalar(&self, t: u64, last: f64) -> f64 {
                match self { $(Self::$method(m) => m.scalar(t, last),)* }
            }

            /// [`Method::DECAY`] and [`Method::DECOUPLED`].
            fn decay(&self) -> (f64, bool) {
                match self { $(Self::$method(_) => ($method::DECAY, $method::DECOUPLED),)* }
            }

            fn update<T: Real>(&self, update: Update<'_, T>) {
                match self { $(Self::$method(m) => m.update(update),)* }
            }
        }

        $(impl From<$method> for OptimizerSpec {
            fn from(method: $method) -> Self {
                Self { method: MethodSpec::$method(method), options: Options::default() }
            }
        })*
    };
}

optimizers![Sgd, Momentum, Adagrad, Adadelta, Rmsprop, Adam, AdamW, Nadam, Radam, Adamax, Lion];

/// Learning rates.
const RATE: [f64; 2] = [0.0, 1e6];
/// Shares that are kept: below 1.
const SHARE: [f64; 2] = [0.0, 1.0 - f64::EPSILON];
/// Numbers that keep a quotient finite: the least is still a number in f32.
const EPSILON: [f64; 2] = [1e-30, 1.0];

/// What a mean that keeps the share `beta` and started at 0 lacks after `t` numbers, as a share of itself.
fn missing(beta: f64, t: u64) -> f64 {
    1.0 - libm::pow(beta, t as f64)
}

/// Refuses a number at `place` in a spec outside `low..=high`.
///
/// # Errors
/// [`Error::Spec`] that names the place.
pub fn ranged(place: &str, value: f64, low: f64, high: f64) -> Result<()> {
    if (low..=high).contains(&value) {
        return Ok(());
    }
    let error = Error::spec("number-range", place).expected(format!("a number from {low} to {high}"));
    let error = error.got(value.to_string()).hint("choose a number in this range");
    Err(error.arg("low", low).arg("high", high).arg("got", value))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::rng::{Source, Stream};

    fn spec(json: &str) -> OptimizerSpec {
        serde_json::from_str(json).unwrap()
    }

    /// Where `steps` updates with the gradient of a bowl lead.
    fn descend(json: &str, seed: u64, n: usize, steps: usize) -> Vec<f64> {
        let mut optimizer = Optimizer::<f64>::new(spec(json), n).unwrap().with_seed(seed);
        let mut theta: Vec<f64> = (0..n).map(|i| 1.0 + 0.1 * (i % 7) as f64).collect();
        for _ in 0..steps {
            let gradient: Vec<f64> = theta.iter().map(|p| 2.0 * p).collect();
            optimizer.step(&mut theta, &gradient, 1.0);
        }
        theta
    }

    #[test]
    fn every_optimizer_descends_reads_what_it_writes_and_says_what_it_is() {
        for (place, entry) in optimizers().into_iter().enumerate() {
            let Documented { name, title, formula, source } = entry;
            let spec = OptimizerSpec { method: MethodSpec::of(place), options: Options::default() };
            assert!([title, formula, source].iter().all(|s| s.len() > 3), "{name}");
            assert!(source.chars().any(|c| c.is_ascii_digit()), "{name}: a source has a year");
            spec.check().unwrap();
            let json = serde_json::to_string(&spec).unwrap();
            assert!(json.starts_with(&format!(r#"{{"type":"{name}","learningRate":"#)), "{json}");
            assert_eq!(serde_json::from_str::<OptimizerSpec>(&json).unwrap(), spec);
            let minimal = format!(r#"{{"type":"{name}"}}"#);
            assert_eq!(serde_json::from_str::<OptimizerSpec>(&minimal).unwrap(), spec);
            let end = descend(&format!(r#"{{"type":"{name}","learningRate":0.01}}"#), 0, 5, 30);
            let start = descend(&minimal, 0, 5, 0);
            assert!(end.iter().zip(&start).all(|(e, s)| e.abs() < *s), "{name}: {end:?}");
        }
    }

    #[test]
    fn old_specs_are_written_as_they_were() {
        for text in [
            r#"{"type":"sgd","learningRate":0.1}"#,
            r#"{"type":"momentum","learningRate":0.05,"momentum":0.9,"nesterov":true}"#,
            r#"{"type":"adam","learningRate":0.003,"beta1":0.9,"beta2":0.999,"epsilon":1e-8}"#,
        ] {
            assert_eq!(serde_json::to_string(&spec(text)).unwrap(), text);
        }
        let text = r#"{"type":"sgd","learningRate":0.1,"clipNorm":1.0,"weightDecay":0.01,"decoupled":true}"#;
        assert_eq!(serde_json::to_string(&spec(text)).unwrap(), text);
    }

    #[test]
    fn treating_tile_by_tile_is_treating_all_at_once() {
        // decoupled decay that takes nothing away goes through the tiles
        for entry in optimizers() {
            let with = |options: &str| {
                let json = format!(r#"{{"type":"{}","learningRate":0.01{options}}}"#, entry.name);
                descend(&json, 0, 2 * options::TILE + 5, 4)
            };
            let tiled = with(r#","clipValue":1e9,"weightDecay":0"#);
            assert_eq!(tiled, with(r#","weightDecay":0"#), "{}", entry.name);
        }
    }

    #[test]
    fn clipping_comes_before_noise_and_noise_before_decay() {
        let step = |options: &str| {
            let json = format!(r#"{{"type":"sgd","learningRate":1{options}}}"#);
            let mut optimizer = Optimizer::<f64>::new(spec(&json), 2).unwrap().with_seed(4);
            let mut theta = [10.0, -20.0];
            optimizer.step(&mut theta, &[3.0, -4.0], 0.5);
            [10.0 - theta[0], -20.0 - theta[1]]
        };
        let near = |got: [f64; 2], want: [f64; 2]| {
            assert!(got.iter().zip(want).all(|(g, w)| (g - w).abs() < 1e-6), "{got:?} is not {want:?}");
        };
        near(step(""), [1.5, -2.0]);
        near(step(r#","clipNorm":1"#), [0.3, -0.4]);
        near(step(r#","clipNorm":10"#), [1.5, -2.0]);
        near(step(r#","clipValue":3.5"#), [1.5, -1.75]);
        near(step(r#","weightDecay":0.1"#), [2.0, -3.0]);
        near(step(r#","weightDecay":0.1,"decoupled":true"#), [2.0, -3.0]);
        near(step(r#","weightDecay":0.1,"clipValue":1"#), [1.0, -1.5]);
        let noise = |i| Source::new(4, Stream::GRADIENT, 1).normal(i) * 2.0;
        let noisy = [0.5 * (1.0 + noise(0)), 0.5 * (-1.0 + noise(1))];
        near(step(r#","gradientNoise":4,"clipValue":1"#), noisy);
    }

    #[test]
    fn noise_falls_as_its_schedule_says_and_follows_the_seed() {
        let json = r#"{"type":"sgd","learningRate":1,"gradientNoise":0.09,"noiseDecay":1}"#;
        let n = 4000;
        let mut optimizer = Optimizer::<f64>::new(spec(json), n).unwrap();
        let mut variance = |steps: u64| {
            let mut squares = 0.0;
            for _ in 0..steps {
                let mut theta = vec![0.0; n];
                optimizer.step(&mut theta, &vec![0.0; n], 1.0);
                squares = theta.iter().map(|p| p * p).sum::<f64>() / n as f64;
            }
            squares
        };
        // four standard errors of a variance of 4000 numbers
        assert!((variance(1) / 0.09 - 1.0).abs() < 0.09);
        assert!((variance(8) / 0.01 - 1.0).abs() < 0.09);
        assert_eq!(descend(json, 1, 9, 3), descend(json, 1, 9, 3));
        assert_ne!(descend(json, 1, 9, 3), descend(json, 2, 9, 3));
    }

    #[test]
    fn a_gradient_whose_squares_overflow_is_still_clipped_to_its_direction() {
        let mut optimizer =
            Optimizer::<f32>::new(spec(r#"{"type":"sgd","learningRate":1,"clipNorm":1}"#), 2).unwrap();
        let mut theta = [0.0_f32; 2];
        optimizer.step(&mut theta, &[3e30, -4e30], 1.0);
        assert!((theta[0] + 0.6).abs() < 1e-6 && (theta[1] - 0.8).abs() < 1e-6, "{theta:?}");
    }

    #[test]
    fn constants_outside_their_range_and_unknown_ones_are_refused_by_name() {
        let place = |json: &str| spec(json).check().unwrap_err().report().place.clone();
        assert_eq!(place(r#"{"type":"adam","beta1":1}"#), "optimizer.beta1");
        assert_eq!(place(r#"{"type":"rmsprop","rho":-0.1}"#), "optimizer.rho");
        assert_eq!(place(r#"{"type":"sgd","clipNorm":0}"#), "optimizer.clipNorm");
        assert_eq!(place(r#"{"type":"lion","learningRate":-1}"#), "optimizer.learningRate");
        assert!(serde_json::from_str::<OptimizerSpec>(r#"{"type":"sgd","momentum":0.9}"#).is_err());
        assert!(serde_json::from_str::<OptimizerSpec>(r#"{"type":"sgdd"}"#).is_err());
    }
}
