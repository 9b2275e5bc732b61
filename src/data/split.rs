//! Which examples are for training and which are held out.

use super::dataset::{Dataset, Targets};
use crate::error::{Error, Result};
use crate::rng::{Source, Stream};
use serde::{Deserialize, Serialize};

/// How examples are told apart into two parts, as JSON: `{"type": "random"}`, `{"type": "stratified"}` or
/// `{"type": "fold", "folds": 5, "fold": 0}`. A set that brings its own test part keeps it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(target_family = "wasm", derive(tsify::Tsify))]
#[serde(tag = "type", rename_all = "camelCase", try_from = "Written")]
pub enum SplitSpec {
    /// Any examples are held out.
    Random {},
    /// Every class has the same share in both parts, up to one example.
    Stratified {},
    /// The examples are dealt into `folds` parts, each class evenly; part `fold` is held out. Every example is
    /// tested once over all folds (cross-validation).
    Fold {
        /// How many parts, 2 to the number of examples.
        folds: u32,
        /// The part held out, from 0.
        fold: u32,
    },
}

/// A [`SplitSpec`] as it is written.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Written {
    #[serde(rename = "type")]
    kind: String,
    folds: Option<u32>,
    fold: Option<u32>,
}

impl TryFrom<Written> for SplitSpec {
    type Error = &'static str;

    fn try_from(written: Written) -> std::result::Result<Self, Self::Error> {
        match (written.kind.as_str(), written.folds, written.fold) {
            ("random", None, None) => Ok(Self::Random {}),
            ("stratified", None, None) => Ok(Self::Stratified {}),
            ("fold", Some(folds), Some(fold)) => Ok(Self::Fold { folds, fold }),
            _ => Err("a split is of type random, stratified, or fold with folds and fold"),
        }
    }
}

impl Default for SplitSpec {
    fn default() -> Self {
        Self::Random {}
    }
}

impl SplitSpec {
    /// Whether it is the one that is not written down.
    #[must_use]
    pub fn is_default(&self) -> bool {
        *self == Self::default()
    }
}

/// Example numbers of the two parts, each ascending; together they are all examples of the set.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Split {
    /// Examples to learn from.
    pub train: Vec<u32>,
    /// Examples held out.
    pub test: Vec<u32>,
}

impl Split {
    /// Holds out `test` examples: a share below 1, from 1 on a count; 0 holds out none. Which ones depends on `seed`
    /// alone. A set that brings its own test part keeps it, whatever `test` says.
    ///
    /// # Errors
    /// [`Error::Spec`] if `test` is negative or not a number, a count that is not whole, or leaves nothing to train.
    pub fn new(dataset: &Dataset, test: f64, seed: u64) -> Result<Self> {
        Self::by(dataset, SplitSpec::Random {}, test, seed)
    }

    /// Splits as `how` says; `test` does not matter to folds. Real targets count as one class.
    ///
    /// # Errors
    /// As [`Split::new`]; [`Error::Spec`] for a fold that is not there or a number of folds that is none.
    pub fn by(dataset: &Dataset, how: SplitSpec, test: f64, seed: u64) -> Result<Self> {
        // fits: Dataset::new allows at most u32::MAX examples
        let n = dataset.len() as u32;
        if let Some(train) = dataset.own_train() {
            let train = train as u32;
            return Ok(Self { train: (0..train).collect(), test: (train..n).collect() });
        }
        let mut order: Vec<u32> = (0..n).collect();
        Source::new(seed, Stream::SPLIT, 0).shuffle(&mut order);
        let mut held = vec![false; n as usize];
        match how {
            SplitSpec::Random {} => {
                order[..count(test, n)? as usize].iter().for_each(|&row| held[row as usize] = true);
            }
            SplitSpec::Stratified {} => {
                by_class(dataset, &mut order);
                // every n-th in the order of classes: the k-th held-out example is where k passes a whole number
                let (held_out, n) = (u64::from(count(test, n)?), u64::from(n));
                for (place, &row) in (0_u64..).zip(&order) {
                    held[row as usize] = (place + 1) * held_out / n > place * held_out / n;
                }
            }
            SplitSpec::Fold { folds, fold } => {
                check_fold(folds, fold, n)?;
                by_class(dataset, &mut order);
                for (place, &row) in (0_u32..).zip(&order) {
                    held[row as usize] = place % folds == fold;
                }
            }
        }
        // the draw decides membership; ascending numbers let a pass over all examples walk memory forwards
        let (test, train) = (0..n).partition(|&row| held[row as usize]);
        Ok(Self { train, test })
    }
}

/// Brings the examples of one class together, each class in the order it had.
fn by_class(dataset: &Dataset, order: &mut [u32]) {
    if let Targets::Classes { labels, .. } = dataset.targets() {
        order.sort_by_key(|&row| labels[row as usize]);
    }
}

fn check_fold(folds: u32, fold: u32, n: u32) -> Result<()> {
    if (2..=n).contains(&folds) && fold < folds {
        return Ok(());
    }
    Err(Error::spec("split-fold", "split")
        .expected(format!("2 to {n} folds, and a fold below their number"))
        .got(format!("fold {fold} of {folds}"))
        .hint("count folds from 0")
        .arg("examples", n)
        .arg("folds", folds)
        .arg("fold", fold))
}

/// The number of examples of `n` to hold out.
fn count(test: f64, n: u32) -> Result<u32> {
    let refuse = |expected: String| {
        Err(Error::spec("split-test", "test")
            .expected(expected)
            .got(test.to_string())
            .hint("hold out a share such as 0.2 or a count")
            .arg("test", test)
            .arg("examples", n))
    };
    if test.is_nan() || test < 0.0 {
        return refuse("a share of 0..1 or a whole number of examples".into());
    }
    let held_out = if test == 0.0 {
        0.0
    } else if test < 1.0 {
        // a share that was asked for holds out something, however small the set
        (test * f64::from(n)).round().max(1.0)
    } else if test.fract() == 0.0 {
        test
    } else {
        return refuse("a whole number of examples".into());
    };
    if held_out >= f64::from(n) {
        return refuse(format!("at least one of {n} examples left for training"));
    }
    Ok(held_out as u32)
}

#[cfg(test)]
mod tests {
    use super::super::dataset::{Features, Targets};
    use super::*;
    use crate::shape::Shape;
    use ndarray::Array2;

    fn set(n: usize) -> Dataset {
        let targets = Targets::Reals { values: Array2::zeros((n, 1)), names: vec!["y".into()] };
        Dataset::new("t", Shape::new(&[1]), Features::Reals(Array2::zeros((n, 1))), targets).unwrap()
    }

    #[test]
    fn parts_are_disjoint_cover_all_and_depend_on_the_seed() {
        let split = Split::new(&set(1797), 797.0, 3).unwrap();
        assert_eq!((split.train.len(), split.test.len()), (1000, 797));
        let mut all = [split.train.clone(), split.test.clone()].concat();
        all.sort_unstable();
        assert!(all.into_iter().eq(0..1797));
        assert_eq!(split, Split::new(&set(1797), 797.0, 3).unwrap());
        assert_ne!(split, Split::new(&set(1797), 797.0, 4).unwrap());
        // a fair draw takes about 797 * 797 / 1797 of the first 797; five standard deviations are 67
        let early = split.test.iter().filter(|&&row| row < 797).count();
        assert!((287..=420).contains(&early), "{early} of the first 797 held out");
    }

    fn classes(labels: Vec<u32>) -> Dataset {
        let n = labels.len();
        let names = (0..=labels.iter().copied().max().unwrap_or(0)).map(|c| c.to_string()).collect();
        let targets = Targets::Classes { labels, names };
        Dataset::new("t", Shape::new(&[1]), Features::Reals(Array2::zeros((n, 1))), targets).unwrap()
    }

    #[test]
    fn a_stratified_split_gives_every_class_its_share() {
        // 90 of class 0, 9 of class 1, 1 of class 2
        let labels: Vec<u32> = (0..100).map(|i| u32::from(i % 11 == 3) + 2 * u32::from(i == 50)).collect();
        let set = classes(labels.clone());
        for (test, seed) in [(0.2, 1), (0.2, 2), (33.0, 3)] {
            let split = Split::by(&set, SplitSpec::Stratified {}, test, seed).unwrap();
            let wanted = if test < 1.0 { 20 } else { 33 };
            assert_eq!((split.test.len(), split.train.len()), (wanted, 100 - wanted));
            for class in 0..3 {
                let of = |rows: &[u32]| rows.iter().filter(|&&r| labels[r as usize] == class).count() as f64;
                let share = wanted as f64 / 100.0 * (of(&split.test) + of(&split.train));
                assert!((of(&split.test) - share).abs() <= 1.0, "class {class}");
            }
        }
    }

    #[test]
    fn folds_hold_out_every_example_once() {
        let set = classes((0..53).map(|i| i % 3).collect());
        let mut seen = Vec::new();
        for fold in 0..5 {
            let split = Split::by(&set, SplitSpec::Fold { folds: 5, fold }, 0.0, 4).unwrap();
            assert!((10..=11).contains(&split.test.len()));
            assert_eq!(split.train.len() + split.test.len(), 53);
            seen.extend(split.test);
        }
        seen.sort_unstable();
        assert!(seen.into_iter().eq(0..53));
        for (folds, fold) in [(1, 0), (5, 5), (54, 0)] {
            let error = Split::by(&set, SplitSpec::Fold { folds, fold }, 0.0, 4).unwrap_err();
            assert_eq!(error.report().code, "split-fold");
        }
    }

    #[test]
    fn splits_are_read_and_written() {
        for json in [r#"{"type":"stratified"}"#, r#"{"type":"fold","folds":5,"fold":2}"#] {
            let spec: SplitSpec = serde_json::from_str(json).unwrap();
            assert_eq!(serde_json::to_string(&spec).unwrap(), json);
        }
        assert!(serde_json::from_str::<SplitSpec>(r#"{"type":"random","folds":5}"#).is_err());
    }

    #[test]
    fn shares_counts_and_their_limits() {
        let held = |n, test| Split::new(&set(n), test, 0).map(|s| s.test.len());
        assert_eq!(held(10, 0.0).unwrap(), 0);
        assert_eq!(held(10, 0.25).unwrap(), 3);
        assert_eq!(held(10, 0.001).unwrap(), 1);
        assert_eq!(held(10, 1.0).unwrap(), 1);
        assert_eq!(held(10, 9.0).unwrap(), 9);
        for bad in [10.0, 2.5, -0.1, f64::NAN, f64::INFINITY, 0.99] {
            assert_eq!(held(10, bad).unwrap_err().report().code, "split-test", "{bad}");
        }
    }

    #[test]
    fn a_test_part_that_comes_with_the_set_stays() {
        let split = Split::new(&set(10).with_own_train(7).unwrap(), 0.5, 1).unwrap();
        assert_eq!(split, Split { train: (0..7).collect(), test: (7..10).collect() });
    }
}
