//! What follows from measurements on the way: a smaller rate on a plateau, and a stop in time.

use crate::error::{Error, Result};
use crate::kernels::Real;
use crate::optim::{Constants, Monitor, Patience, Plateau, Slot, Verdict, Waiting, serde_by_constants};
use crate::train::EvaluationPoint;
use serde::{Deserialize, Serialize};

/// Stops a run whose measurements no longer improve (Prechelt 1998; Goodfellow, Bengio, Courville 2016, algorithm 7.1).
///
/// A measurement is made once an epoch, but never less than 10 nor more than 200 steps after the last.
#[derive(Debug, Clone, Copy, PartialEq)]
#[cfg_attr(target_family = "wasm", derive(tsify::Tsify), serde(default, rename_all = "camelCase"))]
pub struct EarlyStopping {
    /// What is watched.
    pub monitor: Monitor,
    /// Measurements without improvement until the run stops.
    pub patience: u32,
    /// Least change that is an improvement.
    pub min_delta: f64,
    /// Whether the run ends with the weights of its best measurement.
    pub restore_best: bool,
}

impl Default for EarlyStopping {
    fn default() -> Self {
        Self { monitor: Monitor::TestLoss, patience: 10, min_delta: 0.0, restore_best: true }
    }
}

serde_by_constants!(EarlyStopping);

impl Constants for EarlyStopping {
    fn each(&mut self, show: &mut dyn FnMut(&'static str, Slot<'_>)) {
        self.monitor.show(show);
        show("patience", Slot::Count(&mut self.patience, 1));
        show("minDelta", Slot::Number(&mut self.min_delta, [0.0, 1e6]));
        show("restoreBest", Slot::Flag(&mut self.restore_best));
    }
}

impl EarlyStopping {
    /// How long it waits, for what.
    #[must_use]
    pub fn patience(&self) -> Patience {
        Patience { monitor: self.monitor, patience: self.patience, min_delta: self.min_delta }
    }
}

/// Refuses a monitor that a run cannot measure; `place` is the field of the spec it stands in.
///
/// # Errors
/// [`Error::Spec`] then.
pub(super) fn check_monitor(monitor: Monitor, place: &str, test: bool, classes: bool) -> Result<()> {
    let place = format!("{place}.monitor");
    if monitor.of_test() && !test {
        return Err(Error::spec("monitor-test", place)
            .expected("test examples to measure on")
            .got("none")
            .hint("hold some out, or watch the training loss")
            .arg("monitor", monitor.name()));
    }
    if monitor.is_accuracy() && !classes {
        return Err(Error::spec("monitor-accuracy", place)
            .expected("a data set with classes")
            .got("real targets")
            .hint("watch a loss")
            .arg("monitor", monitor.name()));
    }
    Ok(())
}

/// All that a run remembers of its measurements beside the history. Equal runs have equal ones at equal steps.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Watch<T> {
    /// The numbers.
    pub marks: Marks,
    /// The parameters of the best measurement; empty without early stopping.
    pub theta: Vec<T>,
    /// What layers carried then.
    pub state: Vec<T>,
}

/// The numbers of a [`Watch`].
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Marks {
    /// Of early stopping.
    pub stop: Waiting,
    /// The step of its best measurement.
    pub best_step: u64,
    /// Whether the run was stopped.
    pub stopped: bool,
    /// Of the schedule.
    pub plateau: Waiting,
    /// Measurements that do not count yet.
    pub cooldown: u32,
    /// Factor of the learning rate.
    pub factor: f64,
}

impl Default for Marks {
    fn default() -> Self {
        Self {
            stop: Waiting::default(),
            best_step: 0,
            stopped: false,
            plateau: Waiting::default(),
            cooldown: 0,
            factor: 1.0,
        }
    }
}

impl<T: Real> Watch<T> {
    /// Becomes a copy, in the room it has.
    pub(super) fn copy_from(&mut self, other: &Self) {
        self.marks = other.marks;
        self.theta.clone_from(&other.theta);
        self.state.clone_from(&other.state);
    }

    /// Takes in a measurement; true if the run should stop.
    pub(super) fn see(
        &mut self,
        plateau: Option<&Plateau>,
        stopping: Option<&EarlyStopping>,
        point: &EvaluationPoint,
        theta: &[T],
        state: &[T],
    ) -> bool {
        if let Some(plateau) = plateau {
            self.marks.fall(plateau, value(plateau.monitor, point));
        }
        let Some(stopping) = stopping else { return false };
        match self.marks.stop.see(&stopping.patience(), value(stopping.monitor, point)) {
            Verdict::Better => {
                self.marks.best_step = point.step;
                self.theta.clear();
                self.theta.extend_from_slice(theta);
                self.state.clear();
                self.state.extend_from_slice(state);
                false
            }
            Verdict::Wait => false,
            Verdict::Over => {
                self.marks.stopped = true;
                true
            }
        }
    }
}

impl Marks {
    /// Lowers the rate if a measurement is one too many without improvement.
    fn fall(&mut self, plateau: &Plateau, value: f64) {
        let verdict = self.plateau.see(&plateau.patience(), value);
        if self.cooldown > 0 {
            self.cooldown -= 1;
            self.plateau.waited = 0;
        } else if verdict == Verdict::Over {
            self.factor = (self.factor * plateau.gamma).max(plateau.end);
            (self.plateau.waited, self.cooldown) = (0, plateau.cooldown);
        }
    }
}

/// What is watched, of a measurement.
fn value(monitor: Monitor, point: &EvaluationPoint) -> f64 {
    match monitor {
        Monitor::TrainLoss => Some(point.train_loss),
        Monitor::TestLoss => point.test_loss,
        Monitor::TrainAccuracy => point.train_accuracy,
        Monitor::TestAccuracy => point.test_accuracy,
    }
    .unwrap_or(f64::NAN)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_rate_falls_after_each_wait_but_not_below_its_end() {
        let plateau =
            Plateau { patience: 2, min_delta: 0.0, gamma: 0.5, cooldown: 1, end: 0.2, ..Plateau::default() };
        let mut marks = Marks::default();
        let mut factor = |loss: f64| {
            marks.fall(&plateau, loss);
            marks.factor
        };
        let factors: Vec<f64> =
            [3.0, 2.0, 2.0, 2.5, 2.5, 2.5, 2.5, 1.0, 1.5, 1.5, 1.5, 1.5, 1.5].map(&mut factor).into();
        // the best is at the second; a fall at the fourth, one that does not count, a fall at the seventh
        assert_eq!(factors, [1.0, 1.0, 1.0, 0.5, 0.5, 0.5, 0.25, 0.25, 0.25, 0.2, 0.2, 0.2, 0.2]);
    }
}
