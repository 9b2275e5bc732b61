//! How long optimizers take to leave a saddle, over a grid of learning rates.

use super::points::distance;
use super::race::Walk;
use super::ridge::shifted;
use super::spec::check_arms;
use super::{ArmSpec, Landscape, PlanePoint};
use crate::curvature::CriticalKind;
use crate::error::{Error, Result};
use crate::optim::DescentSpec;
use serde::{Deserialize, Serialize};

/// How far from the stable manifold a descent starts.
const OFFSET: f64 = 1e-6;
/// Most updates of one descent.
const MOST_STEPS: u32 = 1_000_000;
/// Most learning rates of a grid.
const MOST_RATES: usize = 64;

/// Which descents leave at which learning rates.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[cfg_attr(target_family = "wasm", derive(tsify::Tsify))]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct EscapeSpec {
    /// The descents. A learning rate of the grid takes the place of theirs; methods that take Newton's step keep their own.
    pub arms: Vec<ArmSpec>,
    /// The grid.
    pub rates: Vec<f64>,
    /// Updates after which a descent is given up.
    pub most: u32,
    /// Decides the order of examples and the noise.
    pub seed: u64,
}

/// Steps to leave a saddle.
#[derive(Debug, Clone, PartialEq, Serialize)]
#[cfg_attr(target_family = "wasm", derive(tsify::Tsify))]
#[serde(rename_all = "camelCase")]
pub struct Escapes {
    /// The saddle: the first of the list of critical points.
    pub saddle: [f64; 2],
    /// Where all start at each rate: a millionth off the stable manifold of plain descent with that rate.
    pub starts: Vec<[f64; 2]>,
    /// A descent has left when it is this far from the saddle: 1, or half way to the nearest other critical point.
    pub radius: f64,
    /// One for each arm, in order.
    pub arms: Vec<EscapeArm>,
}

/// One arm of [`Escapes`].
#[derive(Debug, Clone, PartialEq, Serialize)]
#[cfg_attr(target_family = "wasm", derive(tsify::Tsify))]
#[cfg_attr(target_family = "wasm", tsify(missing_as_null))]
#[serde(rename_all = "camelCase")]
pub struct EscapeArm {
    /// The arm's.
    pub id: String,
    /// Whether its learning rate follows the grid.
    pub follows_rate: bool,
    /// For each rate the first update after which the descent was outside; none if it stayed inside or diverged.
    pub steps: Vec<Option<u32>>,
}

impl Landscape {
    /// Steps that each arm takes to leave a saddle at each learning rate, in f64.
    ///
    /// At each rate all descents start at one point: that of the stable manifold of plain descent with this rate, from the end of
    /// the flow's manifold at half the radius from the saddle, moved by 1e-6 at a right angle to the descent. (The manifold of
    /// the flow itself is no fair start: a rate of 0.1 leads a hundred thousand times as far off it.)
    ///
    /// # Errors
    /// [`Error::State`] if there is no saddle in the box; [`Error::Spec`] that names the field of a number outside its range.
    pub fn escape(&mut self, spec: &EscapeSpec) -> Result<Escapes> {
        check_arms(&spec.arms, spec.seed)?;
        let positive = spec.rates.iter().all(|rate| *rate > 0.0 && rate.is_finite());
        if !(positive
            && (1..=MOST_RATES).contains(&spec.rates.len())
            && (1..=MOST_STEPS).contains(&spec.most))
        {
            return Err(Error::spec("race-range", "rates")
                .expected(format!("1 to {MOST_RATES} rates above 0, and 1 to {MOST_STEPS} steps"))
                .got(format!("{} rates, {} steps", spec.rates.len(), spec.most))
                .hint("choose numbers in this range"));
        }
        let (saddle, radius) = self.first_saddle()?;
        let mut starts = Vec::with_capacity(spec.rates.len());
        for &rate in &spec.rates {
            starts.push(self.off_the_way(&saddle, radius, rate)?);
        }
        let mut arms = Vec::with_capacity(spec.arms.len());
        for arm in &spec.arms {
            let follows_rate = at_rate(arm, 0.5).optimizer != at_rate(arm, 0.25).optimizer;
            let mut steps = Vec::with_capacity(spec.rates.len());
            for (&rate, &start) in spec.rates.iter().zip(&starts) {
                steps.push(self.leaves(&at_rate(arm, rate), spec, (saddle.at, start, radius))?);
            }
            arms.push(EscapeArm { id: arm.id.clone(), follows_rate, steps });
        }
        Ok(Escapes { saddle: saddle.at, starts, radius, arms })
    }

    fn leaves(
        &mut self,
        arm: &ArmSpec,
        spec: &EscapeSpec,
        (saddle, start, radius): ([f64; 2], [f64; 2], f64),
    ) -> Result<Option<u32>> {
        let mut walk = Walk::new(&self.rows, start, arm, spec.seed)?;
        for step in 1..=spec.most {
            let before = walk.theta;
            walk.advance(&mut self.ground)?;
            let far = distance(walk.theta, saddle);
            if !far.is_finite() {
                return Ok(None);
            }
            if far >= radius {
                return Ok(Some(step));
            }
            // without a random number nothing will ever move what has not moved
            if walk.is_still(before, arm) {
                return Ok(None);
            }
        }
        Ok(None)
    }

    /// The first saddle with a slope everywhere around it, and when a descent has left it.
    pub(super) fn first_saddle(&mut self) -> Result<(PlanePoint, f64)> {
        let points = self.critical_points(self.region())?.points;
        let Some(saddle) = points.iter().find(|p| p.kind == CriticalKind::Saddle && p.differentiable) else {
            return Err(Error::state("no-saddle", "escape")
                .expected("a saddle in the box")
                .got("none")
                .hint("choose another function, or a larger box"));
        };
        let others = points.iter().filter(|p| p.at != saddle.at);
        let nearest = others.map(|p| distance(p.at, saddle.at)).fold(f64::INFINITY, f64::min);
        Ok((saddle.clone(), (0.5 * nearest).min(1.0)))
    }

    fn off_the_way(&mut self, saddle: &PlanePoint, radius: f64, rate: f64) -> Result<[f64; 2]> {
        let way = self.way_of_descent(saddle, 0.5 * radius, 1.0, rate)?;
        let (start, next) = (way[0], way.get(1).copied().unwrap_or(saddle.at));
        let length = distance(start, next).max(f64::MIN_POSITIVE);
        Ok(shifted(start, [(next[1] - start[1]) / length, (start[0] - next[0]) / length], OFFSET))
    }
}

/// The arm with a learning rate of the grid, unless its step is Newton's.
fn at_rate(arm: &ArmSpec, rate: f64) -> ArmSpec {
    let mut arm = arm.clone();
    match &mut arm.optimizer {
        // the rate was checked
        DescentSpec::Gradient(spec) => drop(spec.set_rate(rate)),
        DescentSpec::Saddle(spec) => spec.follow_rate(rate),
    }
    arm
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::landscape::{FunctionSpec, LandscapeSpec, functions};
    use crate::train::BatchSpec;

    const RATES: [f64; 5] = [0.003, 0.01, 0.03, 0.1, 0.3];

    /// Arms by the JSON of their optimizers; constants that are not written are the defaults of their files.
    fn arms(noise: &str, batch: BatchSpec) -> Vec<ArmSpec> {
        let full = BatchSpec::Full {};
        [
            ("gd", r#"{"type":"sgd"}"#.to_owned(), full),
            ("sgd", format!(r#"{{"type":"sgd"{noise}}}"#), batch),
            ("momentum", r#"{"type":"momentum"}"#.to_owned(), full),
            ("rmsprop", r#"{"type":"rmsprop"}"#.to_owned(), full),
            ("rmsprop 0.9", r#"{"type":"rmsprop","rho":0.9}"#.to_owned(), full),
            ("adam", r#"{"type":"adam"}"#.to_owned(), full),
            ("saddle-free Newton", r#"{"type":"saddleFreeNewton"}"#.to_owned(), full),
            ("perturbed", r#"{"type":"perturbedGradientDescent"}"#.to_owned(), full),
            ("damped Newton", r#"{"type":"dampedNewton"}"#.to_owned(), full),
            ("newton", r#"{"type":"newton"}"#.to_owned(), full),
        ]
        .map(|(id, json, batch)| ArmSpec {
            id: id.to_owned(),
            optimizer: serde_json::from_str(&json).unwrap(),
            batch,
        })
        .to_vec()
    }

    fn named(name: &str) -> FunctionSpec {
        functions().into_iter().find(|f| f.name == name).unwrap().spec
    }

    /// Plain descent is the last of all that leave at each rate of the grid, and plain Newton does not leave. Everything else
    /// is printed as it was measured, and nothing is said of it.
    #[test]
    fn plain_descent_leaves_last_and_newton_is_attracted() {
        let noise = r#","gradientNoise":1e-4,"noiseDecay":0"#;
        let network = Landscape::new(LandscapeSpec::two_weights(), &[]).unwrap();
        for (name, mut landscape, arms) in [
            ("x^2 - y^2", Landscape::of_function(named("saddle")).unwrap(), arms(noise, BatchSpec::Full {})),
            (
                "monkey saddle",
                Landscape::of_function(named("monkey")).unwrap(),
                arms(noise, BatchSpec::Full {}),
            ),
            ("two weights", network, arms("", BatchSpec::One {})),
        ] {
            let spec = EscapeSpec { arms, rates: RATES.to_vec(), most: 100_000, seed: 7 };
            let found = landscape.escape(&spec).unwrap();
            println!(
                "{name}: saddle {:?}, starts {:?}, left at {}",
                found.saddle, found.starts, found.radius
            );
            let steps = |id: &str| &found.arms.iter().find(|arm| arm.id == id).unwrap().steps;
            for arm in &found.arms {
                println!("  {}: {:?}", arm.id, arm.steps);
            }
            for (place, rate) in RATES.iter().enumerate() {
                let gd = steps("gd")[place].unwrap();
                for arm in found.arms.iter().filter(|arm| arm.id != "gd") {
                    assert!(
                        arm.steps[place].is_none_or(|s| s <= gd),
                        "{name}, rate {rate}: {} is after GD",
                        arm.id
                    );
                }
                assert_eq!(steps("newton")[place], None, "{name}: Newton left");
            }
        }
    }

    #[test]
    fn a_start_is_a_millionth_off_the_stable_manifold() {
        for (name, distance_along) in [("saddle", 0.002), ("monkey", 1e-9)] {
            let mut landscape = Landscape::of_function(named(name)).unwrap();
            let (saddle, radius) = landscape.first_saddle().unwrap();
            let start = landscape.off_the_way(&saddle, radius, 0.1).unwrap();
            assert!(distance(saddle.at, [0.0; 2]) < 1e-11 && (radius - 1.0).abs() < 1e-15, "{saddle:?}");
            assert!(
                (start[0].abs() - 0.5).abs() < distance_along && (start[1].abs() - 1e-6).abs() < 1e-9,
                "{start:?}"
            );
        }
        let mut bowl = Landscape::of_function(named("bowl")).unwrap();
        assert_eq!(bowl.first_saddle().unwrap_err().report().code, "no-saddle");
    }
}
