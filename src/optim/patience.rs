//! Waiting for a measurement to improve: what early stopping and a rate that falls on a plateau have in common.

use super::Slot;
use serde::{Deserialize, Serialize};

/// What is watched: a mean over a sample of the training or of the test part.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
#[cfg_attr(target_family = "wasm", derive(tsify::Tsify), serde(rename_all = "camelCase"))]
pub enum Monitor {
    /// Loss on training examples.
    TrainLoss,
    /// Loss on test examples.
    #[default]
    TestLoss,
    /// Share of training examples classified rightly.
    TrainAccuracy,
    /// Share of test examples classified rightly.
    TestAccuracy,
}

impl Monitor {
    const ALL: [Self; 4] = [Self::TrainLoss, Self::TestLoss, Self::TrainAccuracy, Self::TestAccuracy];
    const NAMES: [&'static str; 4] = ["trainLoss", "testLoss", "trainAccuracy", "testAccuracy"];

    /// Its name in a spec.
    #[must_use]
    pub fn name(self) -> &'static str {
        Self::NAMES[self as usize]
    }

    /// Shows it as a constant.
    pub fn show(&mut self, show: &mut dyn FnMut(&'static str, Slot<'_>)) {
        let mut place = *self as usize;
        show("monitor", Slot::Choice(&mut place, &Self::NAMES));
        *self = Self::ALL[place];
    }

    /// Whether it is measured on test examples.
    #[must_use]
    pub fn of_test(self) -> bool {
        matches!(self, Self::TestLoss | Self::TestAccuracy)
    }

    /// Whether it is a share of right answers, which should rise; a loss should fall.
    #[must_use]
    pub fn is_accuracy(self) -> bool {
        matches!(self, Self::TrainAccuracy | Self::TestAccuracy)
    }
}

/// How long to wait, for what.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Patience {
    /// What is watched.
    pub monitor: Monitor,
    /// Measurements without improvement until it ends.
    pub patience: u32,
    /// Least change that is an improvement.
    pub min_delta: f64,
}

/// What has been seen so far.
#[derive(Debug, Clone, Copy, Default, PartialEq, Serialize, Deserialize)]
pub struct Waiting {
    /// The best value; `None` before the first.
    pub best: Option<f64>,
    /// Measurements since.
    pub waited: u32,
}

/// What a measurement meant.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Verdict {
    /// The best so far.
    Better,
    /// Not better, not for too long.
    Wait,
    /// Not better for as long as there was patience.
    Over,
}

impl Waiting {
    /// Takes in a measurement; one that is no finite number is no improvement.
    pub fn see(&mut self, patience: &Patience, value: f64) -> Verdict {
        let better = match self.best {
            None => value.is_finite(),
            Some(best) if patience.monitor.is_accuracy() => value > best + patience.min_delta,
            Some(best) => value < best - patience.min_delta && value.is_finite(),
        };
        if better {
            *self = Self { best: Some(value), waited: 0 };
            return Verdict::Better;
        }
        self.waited += 1;
        if self.waited < patience.patience { Verdict::Wait } else { Verdict::Over }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn verdicts(monitor: Monitor, min_delta: f64, values: &[f64]) -> Vec<Verdict> {
        let mut waiting = Waiting::default();
        values.iter().map(|&v| waiting.see(&Patience { monitor, patience: 2, min_delta }, v)).collect()
    }

    #[test]
    fn losses_should_fall_and_accuracies_rise_by_the_least_change() {
        use Verdict::{Better, Over, Wait};
        assert_eq!(verdicts(Monitor::TestLoss, 0.0, &[2.0, 1.0, 1.0, 0.5]), [Better, Better, Wait, Better]);
        assert_eq!(verdicts(Monitor::TrainLoss, 0.2, &[1.0, 0.9, 0.85, 0.7]), [Better, Wait, Over, Better]);
        assert_eq!(verdicts(Monitor::TestAccuracy, 0.0, &[0.5, 0.6, 0.4, 0.6]), [Better, Better, Wait, Over]);
        assert_eq!(verdicts(Monitor::TestLoss, 0.0, &[f64::INFINITY, 3.0, f64::NAN]), [Wait, Better, Wait]);
    }
}
