//! Sets drawn by a formula, for networks that can be watched.
//!
//! Five are points of the plane in two classes. Every point is first placed where its class lies, inside about [-1, 1] x [-1, 1], and then moved by a normal
//! random step; so a large noise makes classes overlap, and no set is without an answer at noise 0.
//! Two are regressions on which losses and optimizers differ: one with outliers, one whose features are rare.

use super::dataset::{Dataset, Features, Targets};
use super::scaling::ScalerKind;
use crate::error::{Error, Result};
use crate::rng::{Source, Stream};
use crate::shape::Shape;
use ndarray::Array2;
use serde::{Deserialize, Serialize};
use std::f64::consts::{PI, TAU};

/// Which formula.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(target_family = "wasm", derive(tsify::Tsify))]
#[serde(rename_all = "camelCase")]
pub enum Generator {
    /// Four squares; opposite ones are of one class.
    Xor,
    /// A disc and a ring around it.
    Circle,
    /// Two interleaved arms.
    Spiral,
    /// Two round clouds.
    Gaussians,
    /// A stream: the line between the classes turns by half a circle from the first example to the last, and the last
    /// quarter is the test part. What was learned early is wrong later.
    Drift,
    /// The line y = 1.5 x + 0.5 over -1..1, of which every tenth point lies 8 above it: squared errors give in to
    /// these, absolute ones do not.
    Outliers,
    /// Counts of 8 words an example out of 64, word k drawn in proportion to 1 / k (Zipf), and the sum of the words'
    /// values, which are drawn from -1..1: a rare word is seldom in a batch.
    Zipf,
}

impl Generator {
    /// What it is called in a spec.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Self::Xor => "xor",
            Self::Circle => "circle",
            Self::Spiral => "spiral",
            Self::Gaussians => "gaussians",
            Self::Drift => "drift",
            Self::Outliers => "outliers",
            Self::Zipf => "zipf",
        }
    }

    /// All of them.
    pub(super) const ALL: [Self; 7] =
        [Self::Xor, Self::Circle, Self::Spiral, Self::Gaussians, Self::Drift, Self::Outliers, Self::Zipf];

    /// What the documentation says: title, definition, source.
    pub(super) fn about(self) -> [&'static str; 3] {
        match self {
            Self::Xor => {
                ["XOR", "four squares; opposite ones are of one class", "Minsky, Papert: Perceptrons, 1969"]
            }
            Self::Circle => [
                "Disc and ring",
                "a disc of one class, a ring of the other around it",
                "Smilkov, Carter, Sculley, Viégas, Wattenberg: Direct-manipulation visualization of deep networks, 2017",
            ],
            Self::Spiral => [
                "Two spirals",
                "two interleaved arms, one for each class",
                "Lang, Witbrock: Learning to tell two spirals apart, 1988",
            ],
            Self::Gaussians => [
                "Two clouds",
                "two round normal clouds, one for each class",
                "Fisher: The use of multiple measurements in taxonomic problems, 1936",
            ],
            Self::Drift => [
                "Drifting stream",
                "the line between the classes turns by half a circle from the first example to the last",
                "Hulten, Spencer, Domingos: Mining time-changing data streams, 2001",
            ],
            Self::Outliers => [
                "Line with outliers",
                "y = 1.5 x + 0.5, every tenth point 8 above it",
                "Huber: Robust estimation of a location parameter, 1964",
            ],
            Self::Zipf => [
                "Rare words",
                "counts of 8 words out of 64, word k drawn in proportion to 1 / k; the target is the sum of their values",
                "Zipf: Human behavior and the principle of least effort, 1949",
            ],
        }
    }

    /// Draws `examples` points: (2) of two classes in turn, so that the classes are balanced, or what
    /// [`Generator::Outliers`] and [`Generator::Zipf`] say. `noise` is the standard deviation of the random step, for
    /// these two that of the target. The features are meant to be used as they are, without scaling.
    ///
    /// # Errors
    /// [`Error::Spec`] if `examples` is not of 2..=100,000 or `noise` not of 0..=10.
    pub fn generate(self, examples: usize, noise: f64, seed: u64) -> Result<Dataset> {
        if !(2..=MAX_EXAMPLES).contains(&examples) {
            return Err(Error::spec("generated-examples", "data.examples")
                .expected(format!("2 to {MAX_EXAMPLES} examples"))
                .got(examples.to_string())
                .hint("choose a few hundred")
                .arg("max", MAX_EXAMPLES)
                .arg("got", examples));
        }
        if !(0.0..=MAX_NOISE).contains(&noise) {
            return Err(Error::spec("generated-noise", "data.noise")
                .expected(format!("a standard deviation of 0 to {MAX_NOISE}"))
                .got(noise.to_string())
                .hint("0.1 blurs a little, 0.5 much")
                .arg("max", MAX_NOISE)
                .arg("got", noise));
        }
        let draws = Source::new(seed, Stream::DATA, 0);
        let set = match self {
            Self::Outliers => line(examples, noise, &draws),
            Self::Zipf => words(examples, noise, seed),
            _ => self.plane(examples, noise, &draws),
        }?;
        let set = set.with_feature_scaling(ScalerKind::None).with_attribution("generated from the seed");
        if self == Self::Drift { set.with_own_train((examples * 3 / 4).max(1)) } else { Ok(set) }
    }

    /// Points of the plane in two classes.
    fn plane(self, examples: usize, noise: f64, draws: &Source) -> Result<Dataset> {
        let mut points = Array2::zeros((examples, 2));
        let mut labels = Vec::with_capacity(examples);
        for (i, mut point) in points.rows_mut().into_iter().enumerate() {
            let label = (i % 2) as u32;
            // each example has eight numbers of the stream to itself
            let first = 8 * i as u64;
            let along = (i / 2) as f64 / examples.div_ceil(2) as f64;
            let (x, y) = self.place(label, along, draws, first);
            point[0] = x + noise * draws.normal(first + 4);
            point[1] = y + noise * draws.normal(first + 5);
            labels.push(label);
        }
        let targets = Targets::Classes { labels, names: vec!["0".to_owned(), "1".to_owned()] };
        Dataset::new(self.name(), Shape::new(&[2]), Features::Reals(points), targets)?
            .with_feature_names(vec!["x".to_owned(), "y".to_owned()])
    }

    /// Where a point of class `label` lies before noise. `along` of 0..1 counts through its class, the draws from
    /// `first` to `first + 3` are its own.
    fn place(self, label: u32, along: f64, draws: &Source, first: u64) -> (f64, f64) {
        let uniform = |k: u64, from: f64, to: f64| from + (to - from) * draws.uniform(first + k);
        match self {
            Self::Xor => {
                // a gap around the axes, so that the classes can be told apart
                let (x, y) = (uniform(0, 0.05, 1.0), uniform(1, 0.05, 1.0));
                let side = if draws.uniform(first + 2) < 0.5 { 1.0 } else { -1.0 };
                (x * side, if label == 0 { y * side } else { -y * side })
            }
            Self::Circle => {
                let (inner, outer) = if label == 0 { (0.0, 0.5) } else { (0.7, 1.0) };
                // even over the area: the square of the radius is uniform
                let radius = uniform(0, inner * inner, outer * outer).sqrt();
                polar(radius, uniform(1, 0.0, TAU))
            }
            Self::Spiral => {
                // one and three quarter turns; the second arm starts opposite the first
                let radius = 0.05 + 0.95 * along;
                polar(radius, 3.5 * PI * along + PI * f64::from(label))
            }
            Self::Gaussians => {
                let centre = if label == 0 { -0.5 } else { 0.5 };
                (centre + 0.15 * draws.normal(first), centre + 0.15 * draws.normal(first + 1))
            }
            Self::Drift | Self::Outliers | Self::Zipf => {
                // on its side of the line through the middle, whose direction turns as the stream goes on
                let (across, away) = (uniform(0, -0.8, 0.8), uniform(1, 0.1, 0.6));
                let away = if label == 0 { -away } else { away };
                let (sine, cosine) = libm::sincos(PI * along);
                (across * cosine - away * sine, across * sine + away * cosine)
            }
        }
    }
}

/// Points of a line, every tenth of them an outlier.
fn line(examples: usize, noise: f64, draws: &Source) -> Result<Dataset> {
    let x = Array2::from_shape_fn((examples, 1), |(i, _)| 2.0 * draws.uniform(8 * i as u64) - 1.0);
    let y = Array2::from_shape_fn((examples, 1), |(i, _)| {
        let off = if i % 10 == 9 { 8.0 } else { 0.0 };
        1.5 * x[[i, 0]] + 0.5 + off + noise * draws.normal(8 * i as u64 + 4)
    });
    let targets = Targets::Reals { values: y, names: vec!["y".to_owned()] };
    Dataset::new("outliers", Shape::new(&[1]), Features::Reals(x), targets)?
        .with_feature_names(vec!["x".to_owned()])
}

/// Counts of words whose frequency falls with their rank, and the sum of their values.
fn words(examples: usize, noise: f64, seed: u64) -> Result<Dataset> {
    let (draws, values) = (Source::new(seed, Stream::DATA, 0), Source::new(seed, Stream::DATA.nth(1), 0));
    let mut total = 0.0;
    let ends: Vec<f64> = (1..=WORDS)
        .map(|rank| {
            total += 1.0 / rank as f64;
            total
        })
        .collect();
    let mut counts = Array2::<f64>::zeros((examples, WORDS));
    for (i, mut row) in counts.rows_mut().into_iter().enumerate() {
        for k in 0..WORDS_EACH {
            let at = draws.uniform((i * 2 * WORDS_EACH + k) as u64) * total;
            row[ends.partition_point(|&end| end <= at).min(WORDS - 1)] += 1.0;
        }
    }
    let y = Array2::from_shape_fn((examples, 1), |(i, _)| {
        let sum: f64 = (0..WORDS).map(|w| counts[[i, w]] * (2.0 * values.uniform(w as u64) - 1.0)).sum();
        sum + noise * draws.normal((i * 2 * WORDS_EACH + WORDS_EACH) as u64)
    });
    let targets = Targets::Reals { values: y, names: vec!["value".to_owned()] };
    Dataset::new("zipf", Shape::new(&[WORDS]), Features::Reals(counts), targets)?
        .with_feature_names((1..=WORDS).map(|rank| format!("word {rank}")).collect())
}

/// Words that there are: the rarest is in one example of thirty-eight.
const WORDS: usize = 64;
/// Words of one example.
const WORDS_EACH: usize = 8;

/// What a page can still draw point by point.
const MAX_EXAMPLES: usize = 100_000;
/// Ten times the extent of the sets: nothing of them is left.
const MAX_NOISE: f64 = 10.0;

fn polar(radius: f64, angle: f64) -> (f64, f64) {
    (radius * libm::cos(angle), radius * libm::sin(angle))
}

#[cfg(test)]
mod tests {
    use super::*;

    const ALL: [Generator; 5] =
        [Generator::Xor, Generator::Circle, Generator::Spiral, Generator::Gaussians, Generator::Drift];

    fn points(set: &Dataset) -> Vec<(f64, f64, u32)> {
        let Features::Reals(x) = set.features() else { panic!("not a table") };
        (0..set.len()).map(|i| (x[[i, 0]], x[[i, 1]], set.label(i as u32).unwrap())).collect()
    }

    #[test]
    fn classes_are_balanced_and_the_seed_decides() {
        for kind in ALL {
            let set = kind.generate(501, 0.1, 1).unwrap();
            assert_eq!(points(&set).iter().filter(|p| p.2 == 0).count(), 251);
            assert_eq!(set.hash(), kind.generate(501, 0.1, 1).unwrap().hash());
            assert_ne!(set.hash(), kind.generate(501, 0.1, 2).unwrap().hash());
        }
    }

    #[test]
    fn without_noise_each_class_lies_where_its_formula_says() {
        for (x, y, label) in points(&Generator::Xor.generate(400, 0.0, 3).unwrap()) {
            assert_eq!(x * y < 0.0, label == 1);
            assert!(x.abs() <= 1.0 && y.abs() <= 1.0 && x.abs() >= 0.05);
        }
        for (x, y, label) in points(&Generator::Circle.generate(400, 0.0, 3).unwrap()) {
            let radius = (x * x + y * y).sqrt();
            assert!(if label == 0 { radius <= 0.5 } else { (0.699..=1.001).contains(&radius) });
        }
        for (x, y, label) in points(&Generator::Spiral.generate(400, 0.0, 3).unwrap()) {
            let along = ((x * x + y * y).sqrt() - 0.05) / 0.95;
            let angle = 3.5 * PI * along + PI * f64::from(label);
            assert!(
                (libm::atan2(y, x) - angle).rem_euclid(TAU).min((angle - libm::atan2(y, x)).rem_euclid(TAU))
                    < 1e-9
            );
        }
        let right = points(&Generator::Gaussians.generate(400, 0.0, 3).unwrap());
        assert!(right.iter().all(|&(x, y, label)| (x + y > 0.0) == (label == 1)));
    }

    #[test]
    fn a_drift_turns_the_line_between_the_classes_and_tests_what_comes_last() {
        let set = Generator::Drift.generate(400, 0.0, 3).unwrap();
        assert_eq!(set.own_train(), Some(300));
        let right = |points: &[(f64, f64, u32)]| {
            points.iter().filter(|&&(_, y, label)| (y > 0.0) == (label == 1)).count()
        };
        let points = points(&set);
        // at first the line is the axis of x; in the end the classes have changed places
        assert!(right(&points[..60]) >= 57 && right(&points[340..]) <= 3);
    }

    #[test]
    fn a_tenth_of_the_line_are_outliers() {
        let set = Generator::Outliers.generate(200, 0.1, 3).unwrap();
        let (Features::Reals(x), Targets::Reals { values: y, .. }) = (set.features(), set.targets()) else {
            panic!("not a regression")
        };
        let off: Vec<f64> = (0..200).map(|i| y[[i, 0]] - 1.5 * x[[i, 0]] - 0.5).collect();
        assert_eq!(off.iter().filter(|d| **d > 7.0).count(), 20);
        assert_eq!(off.iter().filter(|d| d.abs() < 0.5).count(), 180);
    }

    #[test]
    fn words_come_as_often_as_their_rank_says() {
        let set = Generator::Zipf.generate(5000, 0.0, 3).unwrap();
        let Features::Reals(x) = set.features() else { panic!("not a table") };
        assert!(x.rows().into_iter().all(|row| row.sum() == 8.0));
        let harmonic: f64 = (1..=64).map(|k| 1.0 / f64::from(k)).sum();
        for rank in [1, 2, 8, 64] {
            let want = 40_000.0 / (rank as f64 * harmonic);
            let got = x.column(rank - 1).sum();
            // five standard deviations
            assert!((got - want).abs() < 5.0 * want.sqrt(), "word {rank}: {got} for {want}");
        }
    }

    #[test]
    fn noise_has_the_deviation_that_was_asked_for() {
        let clean = points(&Generator::Circle.generate(20_000, 0.0, 5).unwrap());
        let noisy = points(&Generator::Circle.generate(20_000, 0.3, 5).unwrap());
        let square: f64 = clean.iter().zip(&noisy).map(|(a, b)| (a.0 - b.0) * (a.0 - b.0)).sum();
        assert!(((square / 20_000.0).sqrt() - 0.3).abs() < 0.006);
    }

    #[test]
    fn absurd_wishes_are_refused() {
        let code = |n, noise| Generator::Xor.generate(n, noise, 0).unwrap_err().report().code;
        assert_eq!(code(1, 0.0), "generated-examples");
        assert_eq!(code(1_000_000, 0.0), "generated-examples");
        assert_eq!(code(10, -0.1), "generated-noise");
        assert_eq!(code(10, f64::NAN), "generated-noise");
    }
}
