//! How the learning rate moves over a run.
//!
//! # Adding a schedule
//! Write a struct, its [`Constants`] and an `impl Shape` in `shapes.rs`, and name it in the `schedules!` list below.

use super::constants::{check, nothing_left, one_of, read, tagged, written};
use super::shapes::{Constant, Cosine, Exponential, InverseTime, Linear, OneCycle, Plateau, Step};
use super::{Constants, Slot};
use crate::documented::Documented;
use crate::error::Result;
use crate::json;
use serde::de::Error as _;
use serde::{Deserialize, Deserializer, Serialize, Serializer};

/// Where a run stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Clock {
    /// The update that is about to be done, from 0.
    pub step: u64,
    /// Updates of the whole run.
    pub steps: u64,
    /// Updates of an epoch.
    pub per_epoch: u64,
}

impl Clock {
    /// Epochs done.
    pub(super) fn epochs(self) -> f64 {
        self.step as f64 / self.per_epoch.max(1) as f64
    }

    /// Share of the run done, of [0, 1].
    pub(super) fn share(self) -> f64 {
        (self.step as f64 / self.steps.max(1) as f64).min(1.0)
    }
}

/// What a schedule is.
pub trait Shape: Constants + Default {
    /// What people call it.
    const TITLE: &'static str;
    /// The factor of the learning rate in symbols: e epochs done, x share of the run done.
    const FORMULA: &'static str;
    /// Who proposed it, where.
    const SOURCE: &'static str;

    /// The factor of the learning rate.
    fn factor(&self, clock: Clock) -> f64;
}

/// A factor of the learning rate for each step, as JSON: `{"type": "cosine", "end": 0.01, "warmup": 2}`.
#[derive(Debug, Clone, Copy, Default, PartialEq)]
pub struct Schedule {
    /// How it falls.
    pub shape: ShapeSpec,
    /// Epochs, or parts of one, over which the rate first rises in a straight line to where the shape begins
    /// (Goyal and others: *Accurate, large minibatch SGD*, 2017). The shape takes the rest of the run.
    pub warmup: Option<f64>,
}

macro_rules! schedules {
    ($($shape:ident),* $(,)?) => {
        one_of! {
            /// A shape with its constants.
            ShapeSpec, else Constant: $($shape),*;
            /// Every schedule, in the order of the documentation.
            schedules
        }

        impl ShapeSpec {
            fn factor(&self, clock: Clock) -> f64 {
                match self { $(Self::$shape(s) => s.factor(clock),)* }
            }
        }

        $(impl From<$shape> for Schedule {
            fn from(shape: $shape) -> Self {
                Self { shape: ShapeSpec::$shape(shape), warmup: None }
            }
        })*
    };
}

schedules![Constant, Linear, Step, Exponential, InverseTime, Cosine, OneCycle, Plateau];

impl Default for ShapeSpec {
    fn default() -> Self {
        Self::Constant(Constant {})
    }
}

impl Serialize for Schedule {
    fn serialize<S: Serializer>(&self, target: S) -> std::result::Result<S::Ok, S::Error> {
        let kind = [("type", self.shape.name().into())];
        target.collect_map(kind.into_iter().chain(written(*self)))
    }
}

impl<'de> Deserialize<'de> for Schedule {
    fn deserialize<D: Deserializer<'de>>(source: D) -> std::result::Result<Self, D::Error> {
        let (variant, mut fields) = tagged(source, ShapeSpec::NAMES)?;
        let mut schedule = Self { shape: ShapeSpec::of(variant), warmup: None };
        read(&mut schedule, &mut fields).map_err(D::Error::custom)?;
        nothing_left(&fields, &mut schedule).map_err(D::Error::custom)?;
        Ok(schedule)
    }
}

impl Constants for Schedule {
    fn each(&mut self, show: &mut dyn FnMut(&'static str, Slot<'_>)) {
        self.shape.constants().each(show);
        show("warmup", Slot::Maybe(&mut self.warmup, [0.0, 1e6]));
    }
}

impl Schedule {
    /// Refuses constants outside their range.
    ///
    /// # Errors
    /// [`Error::Spec`](crate::Error::Spec) that names the constant.
    pub fn check(&self) -> Result<()> {
        check(*self, "schedule")
    }

    /// The factor of the learning rate of an update.
    #[must_use]
    pub fn factor(&self, clock: Clock) -> f64 {
        let Some(epochs) = self.warmup else { return self.shape.factor(clock) };
        let rise = (epochs * clock.per_epoch as f64).round() as u64;
        let steps = clock.steps.saturating_sub(rise);
        if clock.step >= rise {
            return self.shape.factor(Clock { step: clock.step - rise, steps, ..clock });
        }
        let begin = self.shape.factor(Clock { step: 0, steps, ..clock });
        begin * (clock.step + 1) as f64 / rise as f64
    }

    /// The constants of a schedule that waits for a standstill.
    #[must_use]
    pub fn plateau(&self) -> Option<&Plateau> {
        match &self.shape {
            ShapeSpec::Plateau(plateau) => Some(plateau),
            _ => None,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::optim::schedules;

    fn factors<const N: usize>(json: &str, at: [u64; N]) -> [f64; N] {
        let schedule: Schedule = serde_json::from_str(json).unwrap();
        schedule.check().unwrap();
        at.map(|step| schedule.factor(Clock { step, steps: 100, per_epoch: 10 }))
    }

    fn near<const N: usize>(got: [f64; N], want: [f64; N]) {
        assert!(got.iter().zip(want).all(|(g, w)| (g - w).abs() < 1e-12), "{got:?} instead of {want:?}");
    }

    #[test]
    fn every_schedule_begins_at_or_below_its_rate_reads_what_it_writes_and_says_what_it_is() {
        for (place, entry) in schedules().into_iter().enumerate() {
            let Documented { name, title, formula, source } = entry;
            let spec = Schedule { shape: ShapeSpec::of(place), warmup: None };
            assert!([title, formula, source].iter().all(|s| !s.is_empty()), "{name}");
            let json = serde_json::to_string(&spec).unwrap();
            assert!(json.starts_with(&format!(r#"{{"type":"{name}""#)), "{json}");
            assert_eq!(serde_json::from_str::<Schedule>(&json).unwrap(), spec);
            assert_eq!(serde_json::from_str::<Schedule>(&format!(r#"{{"type":"{name}"}}"#)).unwrap(), spec);
            spec.check().unwrap();
            let all: Vec<f64> =
                (0..=100).map(|step| spec.factor(Clock { step, steps: 100, per_epoch: 10 })).collect();
            assert!(all.iter().all(|f| (0.0..=1.0).contains(f)), "{name}: {all:?}");
        }
    }

    #[test]
    fn a_line_ends_one_step_above_its_end() {
        near(factors(r#"{"type":"linear"}"#, [0, 75, 99, 900]), [1.0, 0.25, 0.01, 0.0]);
        near(factors(r#"{"type":"linear","end":0.2}"#, [0, 50, 900]), [1.0, 0.6, 0.2]);
        let text = r#"{"type":"linear"}"#;
        let read: Schedule = serde_json::from_str(text).unwrap();
        assert_eq!(serde_json::to_string(&read).unwrap(), text);
    }

    #[test]
    fn the_others_have_their_known_values() {
        near(factors(r#"{"type":"step","every":3,"gamma":0.5}"#, [29, 30, 60]), [1.0, 0.5, 0.25]);
        near(factors(r#"{"type":"exponential","gamma":0.81}"#, [0, 5, 10]), [1.0, 0.9, 0.81]);
        near(factors(r#"{"type":"inverseTime","decay":0.5}"#, [0, 20, 60]), [1.0, 0.5, 0.25]);
        near(factors(r#"{"type":"cosine","end":0.1}"#, [0, 50, 100]), [1.0, 0.55, 0.1]);
        let cycle = r#"{"type":"oneCycle","start":0.2,"peak":0.4,"end":0.01}"#;
        near(factors(cycle, [0, 20, 40, 70, 100]), [0.2, 0.6, 1.0, 0.505, 0.01]);
    }

    #[test]
    fn a_warm_up_rises_to_where_the_shape_begins_and_leaves_it_the_rest() {
        near(factors(r#"{"type":"constant","warmup":0.4}"#, [0, 1, 3, 4, 99]), [0.25, 0.5, 1.0, 1.0, 1.0]);
        near(factors(r#"{"type":"linear","warmup":2}"#, [9, 19, 20, 60]), [0.5, 1.0, 1.0, 0.5]);
        near(factors(r#"{"type":"cosine","warmup":0}"#, [0, 50]), [1.0, 0.5]);
        // longer than the run
        near(factors(r#"{"type":"cosine","warmup":20}"#, [99]), [0.5]);
    }

    #[test]
    fn wrong_schedules_are_refused_by_name() {
        let place = |json: &str| {
            let schedule: Schedule = serde_json::from_str(json).unwrap();
            schedule.check().unwrap_err().report().place.clone()
        };
        assert_eq!(place(r#"{"type":"step","every":0}"#), "schedule.every");
        assert_eq!(place(r#"{"type":"exponential","gamma":1.5}"#), "schedule.gamma");
        assert_eq!(place(r#"{"type":"constant","warmup":-1}"#), "schedule.warmup");
        assert_eq!(place(r#"{"type":"plateau","patience":0}"#), "schedule.patience");
        assert!(serde_json::from_str::<Schedule>(r#"{"type":"linear","gamma":0.1}"#).is_err());
        assert!(serde_json::from_str::<Schedule>(r#"{"type":"cosin"}"#).is_err());
    }
}
