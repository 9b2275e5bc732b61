//! Tasks on sequences whose answer depends on steps long past.

use super::dataset::{Dataset, Features, Targets};
use super::scaling::ScalerKind;
use crate::error::{Error, Result};
use crate::rng::{Source, Stream};
use crate::shape::Shape;
use ndarray::Array2;
use serde::{Deserialize, Serialize};

/// Which task.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(target_family = "wasm", derive(tsify::Tsify))]
#[serde(rename_all = "camelCase")]
pub enum SequenceTask {
    /// The adding problem (Hochreiter, Schmidhuber 1997, section 5.4): a number of 0..1 and a mark at each step, `(T, 2)`.
    /// Two steps are marked with 1, one in each half; the target is the sum of their numbers. Always answering 1 has
    /// the mean squared error 1/6.
    Adding,
    /// The copy task (section 5.2 there; in this form Arjovsky, Shah, Bengio 2016): ten symbols out of eight, then blanks,
    /// then a mark, after which the ten are to be repeated. One-hot `(T, 10)`, the last two for blank and mark; a class at
    /// each step.
    Copy,
}

/// Symbols to remember, and how many different ones there are.
const REMEMBERED: usize = 10;
const SYMBOLS: usize = 8;
const BLANK: usize = SYMBOLS;
const MARK: usize = SYMBOLS + 1;

/// Most numbers of a set, 128 MiB.
const MOST: usize = 1 << 24;

impl SequenceTask {
    /// What it is called in a spec.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Self::Adding => "adding",
            Self::Copy => "copy",
        }
    }

    /// All of them.
    pub(super) const ALL: [Self; 2] = [Self::Adding, Self::Copy];

    /// What the documentation says: title, definition, source.
    pub(super) fn about(self) -> [&'static str; 3] {
        match self {
            Self::Adding => [
                "Adding problem",
                "the sum of the two numbers among T that are marked",
                "Hochreiter, Schmidhuber: Long short-term memory, 1997, section 5.4",
            ],
            Self::Copy => [
                "Copy task",
                "ten symbols out of eight, to be repeated in the last ten of T steps",
                "Arjovsky, Shah, Bengio: Unitary evolution recurrent neural networks, 2016",
            ],
        }
    }

    /// Draws `examples` sequences of `steps` steps. The features are meant to be used as they are, without scaling.
    ///
    /// # Errors
    /// [`Error::Spec`] if there are fewer than 2 examples, too few steps for the task, or too many numbers.
    pub fn generate(self, examples: usize, steps: usize, seed: u64) -> Result<Dataset> {
        let (fewest, features) = match self {
            Self::Adding => (2, 2),
            Self::Copy => (2 * REMEMBERED + 1, SYMBOLS + 2),
        };
        let most = MOST / features / examples.max(1);
        if examples < 2 || steps < fewest || steps > most {
            return Err(Error::spec("sequence-size", "data")
                .expected(format!(
                    "at least 2 examples of {fewest} or more steps, at most {MOST} numbers in all"
                ))
                .got(format!("{examples} examples of {steps} steps with {features} numbers each"))
                .hint("use fewer or shorter sequences")
                .arg("fewest", fewest)
                .arg("most", MOST)
                .arg("examples", examples)
                .arg("steps", steps));
        }
        let draws = Source::new(seed, Stream::DATA, 0);
        let (values, targets) = match self {
            Self::Adding => adding(examples, steps, &draws),
            Self::Copy => copy(examples, steps, &draws),
        };
        let set =
            Dataset::new(self.name(), Shape::new(&[steps, features]), Features::Reals(values), targets)?;
        Ok(set.with_feature_scaling(ScalerKind::None).with_attribution("generated from the seed"))
    }
}

fn adding(examples: usize, steps: usize, draws: &Source) -> (Array2<f64>, Targets) {
    let mut values = Array2::zeros((examples, 2 * steps));
    let mut sums = Array2::zeros((examples, 1));
    for (i, mut row) in values.rows_mut().into_iter().enumerate() {
        let first = (i * (steps + 2)) as u64;
        let half = steps / 2;
        let marked = [draws.below(first, half), half + draws.below(first + 1, steps - half)];
        for t in 0..steps {
            let number = draws.uniform(first + 2 + t as u64);
            row[2 * t] = number;
            if marked.contains(&t) {
                row[2 * t + 1] = 1.0;
                sums[[i, 0]] += number;
            }
        }
    }
    (values, Targets::Reals { values: sums, names: vec!["sum".to_owned()] })
}

fn copy(examples: usize, steps: usize, draws: &Source) -> (Array2<f64>, Targets) {
    let width = SYMBOLS + 2;
    let mut values = Array2::zeros((examples, width * steps));
    let mut labels = vec![BLANK as u32; examples * steps];
    for (i, mut row) in values.rows_mut().into_iter().enumerate() {
        let symbol = |k: usize| draws.below((i * REMEMBERED + k) as u64, SYMBOLS);
        for t in 0..steps {
            let shown = if t < REMEMBERED {
                symbol(t)
            } else if t + REMEMBERED + 1 == steps {
                MARK
            } else {
                BLANK
            };
            row[t * width + shown] = 1.0;
        }
        let asked = &mut labels[(i + 1) * steps - REMEMBERED..(i + 1) * steps];
        asked.iter_mut().enumerate().for_each(|(k, label)| *label = symbol(k) as u32);
    }
    let names = (0..SYMBOLS).map(|s| s.to_string()).chain(["blank".to_owned(), "mark".to_owned()]).collect();
    (values, Targets::Steps { labels, steps, names })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn reals(set: &Dataset) -> &Array2<f64> {
        let Features::Reals(x) = set.features() else { panic!("not numbers") };
        x
    }

    #[test]
    fn the_sum_is_that_of_the_two_marked_numbers() {
        let set = SequenceTask::Adding.generate(300, 20, 4).unwrap();
        let Targets::Reals { values: sums, .. } = set.targets() else { panic!("no sums") };
        for (row, sum) in reals(&set).rows().into_iter().zip(sums) {
            let marked: Vec<usize> = (0..20).filter(|t| row[2 * t + 1] == 1.0).collect();
            assert!(marked.len() == 2 && marked[0] < 10 && marked[1] >= 10, "{marked:?}");
            assert_eq!(row[2 * marked[0]] + row[2 * marked[1]], *sum);
        }
        let mean = sums.mean().unwrap();
        let variance = sums.iter().map(|s| (s - mean) * (s - mean)).sum::<f64>() / 300.0;
        assert!((mean - 1.0).abs() < 0.1 && (variance - 1.0 / 6.0).abs() < 0.04);
        assert_ne!(set.hash(), SequenceTask::Adding.generate(300, 20, 5).unwrap().hash());
    }

    #[test]
    fn what_was_shown_first_is_asked_for_last() {
        let set = SequenceTask::Copy.generate(50, 25, 4).unwrap();
        assert_eq!(set.classes().unwrap().len(), 10);
        for (i, row) in reals(&set).rows().into_iter().enumerate() {
            let shown: Vec<u32> =
                (0..25).map(|t| (0..10).find(|s| row[10 * t + s] == 1.0).unwrap() as u32).collect();
            let labels = set.labels(i as u32);
            assert_eq!(shown[..10], labels[15..]);
            assert!(shown[..10].iter().all(|&s| s < 8) && shown[14] == 9);
            assert!(labels[..15].iter().chain(&shown[15..]).all(|&s| s == 8));
        }
    }

    #[test]
    fn sizes_out_of_range_are_refused() {
        for (task, examples, steps) in [
            (SequenceTask::Adding, 1, 10),
            (SequenceTask::Adding, 10, 1),
            (SequenceTask::Copy, 10, 20),
            (SequenceTask::Adding, 1 << 20, 100),
        ] {
            let error = task.generate(examples, steps, 0).unwrap_err();
            assert_eq!(error.report().code, "sequence-size");
        }
    }
}
