//! Descents from one start, watched from above.

use super::ground::{Ground, OnGround};
use super::points::distance;
use super::spec::check_seed;
use super::{ArmSpec, Landscape, RaceSpec};
use crate::curvature::{Objective, hessian, symmetric_eigen};
use crate::data::Fnv1a;
use crate::error::{Error, Result};
use crate::json;
use crate::kernels::{Real, reduce};
use crate::optim::{Descender, DescentSpec, SaddleSpec};
use crate::train::{BatchSpec, Batches};
use serde::Serialize;

/// Most seeds of a strip.
const MAX_SEEDS: usize = 1000;

/// What one arm of a race did.
#[derive(Debug, Clone, PartialEq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Descent {
    /// The arm's.
    pub id: String,
    /// `x0, y0, x1, y1, …`: one point more than steps, or fewer if it diverged.
    pub path: Vec<f64>,
    /// Loss over all examples at each point.
    pub loss: Vec<f64>,
    /// Euclidean norm of its gradient at each point.
    pub gradient_norm: Vec<f64>,
    /// Points within the radius of the nearest saddle.
    pub near_saddle: u32,
    /// First step after entering the radius at which it was outside again.
    pub left_at: Option<u32>,
    /// Whether it came within the radius at all.
    pub entered: bool,
    /// The step whose point has no finite loss, gradient or Hessian; the path ends before it.
    pub diverged_at: Option<u32>,
    /// Largest Hessian eigenvalue at each point.
    pub lambda_max: Vec<f64>,
    /// Smallest Hessian eigenvalue at each point.
    pub lambda_min: Vec<f64>,
}

/// All arms of a race.
#[derive(Debug, Clone, PartialEq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Race {
    /// One for each arm, in order.
    pub descents: Vec<Descent>,
    /// Hash of data, network, race and every number of the descents, 16 hex digits: equal on every machine.
    pub run_hash: String,
}

/// How many points of each arm are near the saddle, for many seeds.
#[derive(Debug, Clone, PartialEq, Serialize)]
#[cfg_attr(target_family = "wasm", derive(tsify::Tsify))]
#[serde(rename_all = "camelCase")]
pub struct SeedStrip {
    /// The seeds.
    pub seeds: Vec<u64>,
    /// One for each arm of the race, in order.
    pub arms: Vec<StripArm>,
}

/// One arm of a strip.
#[derive(Debug, Clone, PartialEq, Serialize)]
#[cfg_attr(target_family = "wasm", derive(tsify::Tsify))]
#[serde(rename_all = "camelCase")]
pub struct StripArm {
    /// The arm's.
    pub id: String,
    /// [`Descent::near_saddle`] of each seed.
    pub near_saddle: Vec<u32>,
    /// Their median; the mean of the two in the middle for an even number of seeds.
    pub median: f64,
}

impl Landscape {
    /// Runs every arm from the start and measures loss, gradient and Hessian over all examples at each point.
    ///
    /// An arm of one or of a few examples draws them as training does: each once an epoch, in an order that the seed
    /// decides. Saddles are those with both weights of -3 to 3.
    ///
    /// # Errors
    /// [`Error::Spec`] that names the field of a number outside its range; [`Error::Memory`].
    pub fn race(&mut self, spec: &RaceSpec) -> Result<Race> {
        spec.check()?;
        let saddles = self.saddles()?;
        let mut descents = Vec::with_capacity(spec.arms.len());
        for arm in &spec.arms {
            descents.push(self.descend(spec, arm, &saddles)?);
        }
        let run_hash = format!("{:016x}", self.hash(spec, &descents));
        Ok(Race { descents, run_hash })
    }

    /// Runs the race once for each seed and counts points near a saddle; nothing else is measured.
    ///
    /// # Errors
    /// As [`Landscape::race`]; [`Error::Spec`] for no seed or more than a thousand.
    pub fn strip(&mut self, spec: &RaceSpec, seeds: &[u64]) -> Result<SeedStrip> {
        spec.check()?;
        if !(1..=MAX_SEEDS).contains(&seeds.len()) {
            return Err(Error::spec("race-range", "seeds")
                .expected(format!("1 to {MAX_SEEDS} seeds"))
                .got(seeds.len().to_string())
                .hint("twenty seeds show the spread"));
        }
        seeds.iter().try_for_each(|&seed| check_seed("seeds", seed))?;
        let saddles = self.saddles()?;
        let mut arms = Vec::with_capacity(spec.arms.len());
        for arm in &spec.arms {
            let mut near_saddle = Vec::with_capacity(seeds.len());
            for &seed in seeds {
                let mut walk = Walk::new(&self.rows, spec.start, arm, seed)?;
                let mut vicinity = Vicinity::new(spec.radius, &saddles);
                vicinity.visit(0, walk.theta);
                for step in 1..=spec.steps {
                    walk.advance(&mut self.ground)?;
                    if !walk.theta.iter().all(|x| x.is_finite()) {
                        break;
                    }
                    vicinity.visit(step, walk.theta);
                }
                near_saddle.push(vicinity.near);
            }
            arms.push(StripArm { id: arm.id.clone(), median: median(&near_saddle), near_saddle });
        }
        Ok(SeedStrip { seeds: seeds.to_vec(), arms })
    }

    fn descend(&mut self, spec: &RaceSpec, arm: &ArmSpec, saddles: &[[f64; 2]]) -> Result<Descent> {
        let mut walk = Walk::new(&self.rows, spec.start, arm, spec.seed)?;
        let mut vicinity = Vicinity::new(spec.radius, saddles);
        let mut descent = Descent {
            id: arm.id.clone(),
            path: Vec::with_capacity(2 * spec.steps as usize + 2),
            loss: Vec::new(),
            gradient_norm: Vec::new(),
            near_saddle: 0,
            left_at: None,
            entered: false,
            diverged_at: None,
            lambda_max: Vec::new(),
            lambda_min: Vec::new(),
        };
        for step in 0..=spec.steps {
            if step > 0 {
                walk.advance(&mut self.ground)?;
            }
            if !self.measure(walk.theta, &mut descent)? {
                descent.diverged_at = Some(step);
                break;
            }
            vicinity.visit(step, walk.theta);
        }
        descent.near_saddle = vicinity.near;
        (descent.left_at, descent.entered) = (vicinity.left_at, vicinity.near > 0);
        Ok(descent)
    }

    /// Adds a point and what is measured there; `false`, and nothing added, if not all of it is finite.
    fn measure(&mut self, theta: [f64; 2], descent: &mut Descent) -> Result<bool> {
        let mut objective = self.objective();
        let mut gradient = [0.0; 2];
        let loss = objective.gradient(&theta, &mut gradient)?;
        let norm = distance(gradient, [0.0; 2]);
        if !theta.iter().chain([&loss, &norm]).all(|x| x.is_finite()) {
            return Ok(false);
        }
        let eigenvalues = match symmetric_eigen(&hessian(&mut objective, &theta)?) {
            Ok(eigen) => eigen.values,
            Err(Error::NotFinite(_)) => return Ok(false),
            Err(error) => return Err(error),
        };
        descent.path.extend(theta);
        descent.loss.push(loss);
        descent.gradient_norm.push(norm);
        descent.lambda_min.push(eigenvalues[0]);
        descent.lambda_max.push(eigenvalues[1]);
        Ok(true)
    }

    fn hash(&self, spec: &RaceSpec, descents: &[Descent]) -> u64 {
        let mut hash = Fnv1a::new();
        match &self.ground {
            Ground::Network { spec: network, loss } => {
                hash.word(loss.examples().dataset().hash());
                hash.bytes(json::write(&(network, spec)).as_bytes());
            }
            Ground::Function(function) => hash.bytes(json::write(&(function.spec(), spec)).as_bytes()),
        }
        for descent in descents {
            let Descent { path, loss, gradient_norm, lambda_max, lambda_min, .. } = descent;
            for numbers in [path, loss, gradient_norm, lambda_max, lambda_min] {
                hash.word(numbers.len() as u64);
                numbers.iter().for_each(|x| hash.word(x.canonical_bits()));
            }
        }
        hash.finish()
    }
}

/// A descent under way.
pub(super) struct Walk {
    pub theta: [f64; 2],
    gradient: [f64; 2],
    descender: Descender,
    batches: Batches,
    seed: u64,
    step: u64,
}

impl Walk {
    pub fn new(rows: &[u32], start: [f64; 2], arm: &ArmSpec, seed: u64) -> Result<Self> {
        Ok(Self {
            theta: start,
            gradient: [0.0; 2],
            descender: Descender::new(arm.optimizer, 2, seed)?,
            batches: Batches::new(rows, arm.batch, seed),
            seed,
            step: 0,
        })
    }

    /// One update.
    pub fn advance(&mut self, ground: &mut Ground) -> Result<()> {
        ground.set_random(self.seed, self.step);
        let rows = self.batches.at(self.step);
        ground.gradient(rows, &self.theta, &mut self.gradient)?;
        let objective = &mut OnGround { ground, rows };
        match self.descender.step(objective, &mut self.theta, &self.gradient) {
            // where there is no Hessian there is no way on
            Err(Error::NotFinite(_)) => self.theta = [f64::NAN; 2],
            done => done?,
        }
        self.step += 1;
        Ok(())
    }
}

impl Walk {
    /// Whether the last update left theta where it was, and nothing random or remembered will move it.
    pub fn is_still(&self, before: [f64; 2], arm: &ArmSpec) -> bool {
        let plain =
            matches!(arm.optimizer, DescentSpec::Saddle(SaddleSpec::Newton(_) | SaddleSpec::DampedNewton(_)));
        plain && arm.batch == BatchSpec::Full {} && before.map(f64::to_bits) == self.theta.map(f64::to_bits)
    }
}

/// What there is to count about the saddles that a descent passes.
struct Vicinity<'a> {
    radius: f64,
    saddles: &'a [[f64; 2]],
    near: u32,
    left_at: Option<u32>,
}

impl<'a> Vicinity<'a> {
    fn new(radius: f64, saddles: &'a [[f64; 2]]) -> Self {
        Self { radius, saddles, near: 0, left_at: None }
    }

    fn visit(&mut self, step: u32, at: [f64; 2]) {
        if self.saddles.iter().any(|&saddle| distance(at, saddle) < self.radius) {
            self.near += 1;
        } else if self.near > 0 && self.left_at.is_none() {
            self.left_at = Some(step);
        }
    }
}

/// The value in the middle, or the mean of the two there; `counts` is not empty.
fn median(counts: &[u32]) -> f64 {
    let counts: Vec<f64> = counts.iter().map(|&c| f64::from(c)).collect();
    let order = reduce::argsort(&counts);
    let n = counts.len();
    0.5 * (counts[order[(n - 1) / 2]] + counts[order[n / 2]])
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::landscape::LandscapeSpec;
    use crate::optim::Sgd;

    fn landscape() -> Landscape {
        Landscape::new(LandscapeSpec::two_weights(), &[]).unwrap()
    }

    /// Bisects for the second weight from which plain descent, first weight -1, turns to neither minimum.
    fn stable_manifold_at_minus_one(landscape: &mut Landscape) -> f64 {
        let gd = RaceSpec::three_descents(0).arms.remove(0);
        let (mut low, mut high) = (0.0, 3.0);
        for _ in 0..40 {
            let middle = 0.5 * (low + high);
            let spec = RaceSpec { start: [-1.0, middle], ..RaceSpec::three_descents(0) };
            let mut walk = Walk::new(&landscape.rows, spec.start, &gd, 0).unwrap();
            // the unstable direction is the first diagonal; near a minimum there is no way back
            while walk.theta[0] + walk.theta[1] < 1.0 && walk.theta[0] + walk.theta[1] > -1.0
                || walk.step < 60
            {
                walk.advance(&mut landscape.ground).unwrap();
            }
            if walk.theta[0] + walk.theta[1] > 0.0 { high = middle } else { low = middle }
        }
        0.5 * (low + high)
    }

    #[test]
    fn the_start_follows_its_rule() {
        let exact = stable_manifold_at_minus_one(&mut landscape());
        let rounded = (exact * 1000.0).round() / 1000.0;
        let start = RaceSpec::three_descents(7).start;
        assert_eq!(start.map(f64::to_bits), [-1.0, rounded].map(f64::to_bits), "{exact}");
    }

    #[test]
    fn a_descent_is_what_its_definition_says() {
        let mut landscape = landscape();
        let spec = RaceSpec { steps: 30, ..RaceSpec::three_descents(7) };
        let race = landscape.race(&spec).unwrap();
        let gd = &race.descents[0];
        assert_eq!((gd.path.len(), gd.loss.len(), gd.lambda_max.len()), (62, 31, 31));
        let mut at = spec.start;
        for (i, point) in gd.path.chunks_exact(2).enumerate() {
            assert_eq!(point, at);
            let mut g = [0.0; 2];
            let loss = landscape.objective().gradient(&at, &mut g).unwrap();
            assert_eq!(
                (gd.loss[i].to_bits(), gd.gradient_norm[i].to_bits()),
                (loss.to_bits(), distance(g, [0.0; 2]).to_bits())
            );
            let trace = hessian(&mut landscape.objective(), &at).unwrap().diag().sum();
            assert!((gd.lambda_max[i] + gd.lambda_min[i] - trace).abs() < 1e-14);
            at = [at[0] - 0.1 * g[0], at[1] - 0.1 * g[1]];
        }
        // one example a step is another path, and so is another order; the start is common
        assert_ne!(race.descents[2].path[2..], gd.path[2..]);
        let other = landscape.race(&RaceSpec { seed: 8, ..spec }).unwrap();
        assert_eq!(other.descents[0], *gd);
        assert_ne!(other.descents[2].path, race.descents[2].path);
        assert_eq!(other.descents[2].path[..2], race.descents[2].path[..2]);
        assert_ne!(other.run_hash, race.run_hash);
    }

    #[test]
    fn the_strip_counts_what_the_race_counts() {
        let mut landscape = landscape();
        let spec = RaceSpec::three_descents(1);
        let strip = landscape.strip(&spec, &[3, 1, 2]).unwrap();
        for (place, seed) in [3, 1, 2].into_iter().enumerate() {
            let race = landscape.race(&RaceSpec { seed, ..spec.clone() }).unwrap();
            for (arm, descent) in strip.arms.iter().zip(&race.descents) {
                assert_eq!((&arm.id, arm.near_saddle[place]), (&descent.id, descent.near_saddle));
            }
        }
        assert_eq!(landscape.strip(&spec, &[]).unwrap_err().report().place, "seeds");
        assert_eq!(landscape.strip(&spec, &[1 << 60]).unwrap_err().report().place, "seeds");
    }

    /// On the stable manifold, steps near the saddle grow with the logarithm of the distance from it; noise ends that.
    #[test]
    fn full_batch_descent_stays_longest_at_the_saddle() {
        let strip = landscape().strip(&RaceSpec::three_descents(0), &(1..=20).collect::<Vec<_>>()).unwrap();
        let [gd, mini, sgd] = &strip.arms[..] else { panic!("three arms") };
        assert!(gd.near_saddle.iter().all(|n| n == &gd.near_saddle[0]), "an order matters to full batches");
        assert!(gd.median > mini.median && mini.median > sgd.median, "{strip:?}");
    }

    #[test]
    fn a_divergence_ends_the_path_before_it_and_says_where() {
        let wild = ArmSpec {
            id: "wild".into(),
            optimizer: Sgd { learning_rate: 50.0 }.into(),
            batch: BatchSpec::Full {},
        };
        let spec = RaceSpec { arms: vec![wild], ..RaceSpec::three_descents(7) };
        let descent = &landscape().race(&spec).unwrap().descents[0];
        let at = descent.diverged_at.unwrap() as usize;
        assert!(at > 1 && at < 240, "{at}");
        assert_eq!((descent.loss.len(), descent.path.len()), (at, 2 * at));
        assert!(descent.path.iter().chain(&descent.loss).chain(&descent.lambda_max).all(|x| x.is_finite()));
    }

    #[test]
    fn entering_and_leaving_are_counted_once() {
        let mut vicinity = Vicinity::new(1.0, &[[0.0, 0.0], [5.0, 0.0]]);
        for (step, x) in [(0, 2.0), (1, 0.5), (2, 0.9), (3, 1.0), (4, 0.1), (5, 4.5)] {
            vicinity.visit(step, [x, 0.0]);
        }
        assert_eq!((vicinity.near, vicinity.left_at), (4, Some(3)));
        assert_eq!(
            (median(&[4, 1, 3]).to_bits(), median(&[4, 1]).to_bits()),
            (3_f64.to_bits(), 2.5_f64.to_bits())
        );
    }
}
