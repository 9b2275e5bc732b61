//! Which examples are for training and which are held out.

use super::dataset::Dataset;
use crate::error::{Error, Result};
use crate::rng::{Source, Stream};

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
        // fits: Dataset::new allows at most u32::MAX examples
        let n = dataset.len() as u32;
        if let Some(train) = dataset.own_train() {
            let train = train as u32;
            return Ok(Self { train: (0..train).collect(), test: (train..n).collect() });
        }
        let held_out = count(test, n)?;
        let mut order: Vec<u32> = (0..n).collect();
        Source::new(seed, Stream::SPLIT, 0).shuffle(&mut order);
        let mut held = vec![false; n as usize];
        order[..held_out as usize].iter().for_each(|&row| held[row as usize] = true);
        // the draw decides membership; ascending numbers let a pass over all examples walk memory forwards
        let (test, train) = (0..n).partition(|&row| held[row as usize]);
        Ok(Self { train, test })
    }
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
