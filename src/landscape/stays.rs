//! How many descents are still near a saddle after so many updates, and after so many examples.

use super::points::distance;
use super::race::Walk;
use super::spec::{check_arms, refuse};
use super::{ArmSpec, Landscape};
use crate::error::Result;
use crate::rng::{Source, Stream};
use serde::{Deserialize, Serialize};

/// Of a standard normal distribution, 95 % lie within this of its mean.
const Z: f64 = 1.959_963_984_540_054;
/// Most starts.
const MOST_STARTS: u32 = 10_000;
/// Most updates or examples.
const MOST: u32 = 10_000_000;

/// Many short descents from around a saddle.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[cfg_attr(target_family = "wasm", derive(tsify::Tsify))]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct StaysSpec {
    /// The descents.
    pub arms: Vec<ArmSpec>,
    /// How many starts there are. They are drawn from the points that plain descent visits on its two ways to the first saddle,
    /// outside the radius: full batches would end at the saddle itself.
    pub starts: u32,
    /// How far from the saddle the ways begin.
    pub spread: f64,
    /// The learning rate of that descent.
    pub rate: f64,
    /// "Near the saddle" means a Euclidean distance below this.
    pub radius: f64,
    /// Updates after which it is counted.
    pub steps: u32,
    /// Examples after which it is counted beside that.
    pub examples: u32,
    /// Decides the starts, and with the number of the start the order of its examples.
    pub seed: u64,
}

/// A share of the starts with its Wilson interval of 95 % (Wilson: *Probable inference, the law of succession, and statistical
/// inference*, 1927).
#[derive(Debug, Clone, Copy, PartialEq, Serialize)]
#[cfg_attr(target_family = "wasm", derive(tsify::Tsify))]
pub struct Share {
    /// How many.
    pub count: u32,
    /// Out of so many.
    pub of: u32,
    /// Lower end of the interval.
    pub low: f64,
    /// Upper end of the interval.
    pub high: f64,
}

/// One arm of many descents.
#[derive(Debug, Clone, PartialEq, Serialize)]
#[cfg_attr(target_family = "wasm", derive(tsify::Tsify))]
#[serde(rename_all = "camelCase")]
pub struct StayArm {
    /// The arm's.
    pub id: String,
    /// Share near the saddle after the updates.
    pub after_steps: Share,
    /// Share near the saddle after the examples; an arm whose batch is larger than those left takes no further update.
    pub after_examples: Share,
}

impl Share {
    fn new(count: u32, of: u32) -> Self {
        let (n, p) = (f64::from(of), f64::from(count) / f64::from(of));
        let z2 = Z * Z;
        let centre = (p + z2 / (2.0 * n)) / (1.0 + z2 / n);
        let half = Z / (1.0 + z2 / n) * (p * (1.0 - p) / n + z2 / (4.0 * n * n)).sqrt();
        // of none and of all the interval reaches its end exactly; rounding must not hide it
        let low = if count == 0 { 0.0 } else { (centre - half).max(0.0) };
        let high = if count == of { 1.0 } else { (centre + half).min(1.0) };
        Self { count, of, low, high }
    }
}

impl Landscape {
    /// The share of starts whose descents are near the saddle at the end; one entry for each arm.
    ///
    /// # Errors
    /// [`Error::State`](crate::Error::State) if there is no saddle; [`Error::Spec`](crate::Error::Spec)
    /// that names the field of a number outside its range.
    pub fn stays(&mut self, spec: &StaysSpec) -> Result<Vec<StayArm>> {
        check_arms(&spec.arms, spec.seed)?;
        for (place, value, most) in [
            ("starts", spec.starts, MOST_STARTS),
            ("steps", spec.steps, MOST),
            ("examples", spec.examples, MOST),
        ] {
            if !(1..=most).contains(&value) {
                return refuse(place.into(), format!("1 to {most}"), value.to_string());
            }
        }
        for (place, value) in [("spread", spec.spread), ("rate", spec.rate), ("radius", spec.radius)] {
            if !(value > 0.0 && value.is_finite()) {
                return refuse(place.into(), "a number above 0".into(), value.to_string());
            }
        }
        let (point, _) = self.first_saddle()?;
        let saddle = point.at;
        let mut ways = self.way_of_descent(&point, spec.spread, 1.0, spec.rate)?;
        ways.extend(self.way_of_descent(&point, spec.spread, -1.0, spec.rate)?);
        ways.retain(|at| distance(*at, saddle) > spec.radius);
        if ways.is_empty() {
            return refuse("spread".into(), "more than the radius".into(), spec.spread.to_string());
        }
        let mut arms = Vec::with_capacity(spec.arms.len());
        for arm in &spec.arms {
            let (mut by_steps, mut by_examples) = (0, 0);
            let batch = arm.batch.size(self.rows.len()) as u64;
            let updates = u64::from(spec.examples) / batch;
            for start in 0..u64::from(spec.starts) {
                let at = ways[Source::new(spec.seed, Stream::PROBE, start).below(0, ways.len())];
                let mut walk = Walk::new(&self.rows, at, arm, spec.seed + start)?;
                let near = |walk: &Walk| u32::from(distance(walk.theta, saddle) < spec.radius);
                for step in 0..=updates.max(spec.steps.into()) {
                    if step > 0 {
                        walk.advance(&mut self.ground)?;
                    }
                    if step == u64::from(spec.steps) {
                        by_steps += near(&walk);
                    }
                    if step == updates {
                        by_examples += near(&walk);
                    }
                }
            }
            arms.push(StayArm {
                id: arm.id.clone(),
                after_steps: Share::new(by_steps, spec.starts),
                after_examples: Share::new(by_examples, spec.starts),
            });
        }
        Ok(arms)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::landscape::{LandscapeSpec, RaceSpec};

    #[test]
    fn an_interval_is_that_of_wilson() {
        // 10 of 50: from Brown, Cai, DasGupta, 2001, by hand
        let share = Share::new(10, 50);
        assert!((share.low - 0.112_43).abs() < 1e-4 && (share.high - 0.330_37).abs() < 1e-4, "{share:?}");
        assert_eq!(
            (Share::new(0, 300).low.to_bits(), Share::new(300, 300).high.to_bits()),
            (0, 1.0_f64.to_bits())
        );
    }

    /// The seed was fixed before the first count. After equal examples the order is what it is, and is printed.
    #[test]
    fn full_batches_stay_most_often_and_single_examples_least() {
        let mut landscape = Landscape::new(LandscapeSpec::two_weights(), &[]).unwrap();
        let arms = RaceSpec::three_descents(0).arms;
        let spec = StaysSpec {
            arms,
            starts: 300,
            spread: 1.0,
            rate: 0.1,
            radius: 0.3,
            steps: 120,
            examples: 8840,
            seed: 1,
        };
        let counted = landscape.stays(&spec).unwrap();
        for arm in &counted {
            println!(
                "{}: after {} steps {:?}, after {} examples {:?}",
                arm.id, spec.steps, arm.after_steps, spec.examples, arm.after_examples
            );
        }
        let [gd, mini, sgd] = &counted[..] else { panic!("three arms") };
        assert!(
            gd.after_steps.count > mini.after_steps.count && mini.after_steps.count > sgd.after_steps.count
        );
        let mut place = |spec: StaysSpec| landscape.stays(&spec).unwrap_err().report().place.clone();
        assert_eq!(place(StaysSpec { starts: 0, ..spec.clone() }), "starts");
    }
}
