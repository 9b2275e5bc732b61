//! Descents of a network from one start, of which points are kept.

use super::{NetworkLandscape, NetworkRaceSpec};
use crate::curvature::OnRows;
use crate::error::{Error, Result};
use crate::kernels::reduce;
use crate::landscape::ArmSpec;
use crate::optim::Descender;
use crate::train::Batches;

/// What one arm of a race did.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Trajectory {
    /// The arm's.
    pub id: String,
    /// Updates done at each recorded point, the start first.
    pub updates: Vec<u64>,
    /// Examples seen at each.
    pub examples: Vec<u64>,
    /// theta at each, one after the other.
    pub thetas: Vec<f64>,
    /// Loss over all examples of the landscape at each.
    pub loss: Vec<f64>,
    /// Euclidean norm of its gradient at each.
    pub gradient_norm: Vec<f64>,
    /// The update after which theta, loss or gradient was not finite; the path ends before it.
    pub diverged_at: Option<u64>,
}

impl NetworkLandscape {
    /// One arm of a race, from `start` or else from the initial weights of the seed: arms are independent of each other.
    ///
    /// Batches are those of training: each example once a pass, in an order that the seed decides. Every descent sees
    /// the examples that the landscape is the mean of, so that all go down one and the same surface.
    ///
    /// # Errors
    /// [`Error::Spec`] that names the field of a number outside its range or an arm that is not there; those of the loss.
    pub fn descend(
        &mut self,
        race: &NetworkRaceSpec,
        arm: usize,
        start: Option<&[f64]>,
    ) -> Result<Trajectory> {
        race.check(self.rows.len())?;
        let Some(arm) = race.arms.get(arm) else {
            return Err(Error::spec("race-range", "arm")
                .expected(format!("an arm of 0..{}", race.arms.len()))
                .got(arm.to_string())
                .hint("count arms from 0"));
        };
        let start = start
            .map_or_else(|| Ok(self.initial(race.seed)), |start| self.checked(start).map(<[f64]>::to_vec))?;
        let found = self.walk(race, arm, start);
        // whatever happened: the landscape is that of one mask
        self.loss.set_random(0, 0);
        found
    }

    fn walk(&mut self, race: &NetworkRaceSpec, arm: &ArmSpec, mut theta: Vec<f64>) -> Result<Trajectory> {
        let updates = race.updates(arm, self.rows.len());
        let points = u64::from(race.points).min(updates);
        let mut batches = Batches::new(&self.rows, arm.batch, race.seed);
        self.loss.check_rows(batches.size())?;
        let mut descender = Descender::new(arm.optimizer, theta.len(), race.seed)?;
        let mut gradient = vec![0.0; theta.len()];
        let mut path = Trajectory { id: arm.id.clone(), ..Trajectory::default() };
        let (mut step, mut seen) = (0, 0);
        for point in 0..=points {
            let until = (u128::from(point) * u128::from(updates) / u128::from(points)) as u64;
            while step < until {
                self.loss.set_random(race.seed, step);
                let batch = batches.at(step);
                seen += batch.len() as u64;
                self.loss.gradient(batch, &theta, &mut gradient)?;
                descender.step(&mut OnRows { loss: &mut self.loss, rows: batch }, &mut theta, &gradient)?;
                step += 1;
                // checked often enough that a lost descent does not run to its end
                if step % 64 == 0 && !reduce::all_finite(&theta) {
                    break;
                }
            }
            self.loss.set_random(0, 0);
            let loss = self.loss.gradient(&self.rows, &theta, &mut gradient)?;
            let norm = reduce::sum_squares(&gradient).sqrt();
            if !(loss.is_finite() && norm.is_finite() && reduce::all_finite(&theta)) {
                path.diverged_at = Some(step);
                break;
            }
            path.updates.push(step);
            path.examples.push(seen);
            path.thetas.extend(&theta);
            path.loss.push(loss);
            path.gradient_norm.push(norm);
        }
        Ok(path)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::landscape::Equal;
    use crate::landscape::network::tests::small;
    use crate::optim::Sgd;
    use crate::train::BatchSpec;

    fn arm(id: &str, batch: BatchSpec, learning_rate: f64) -> ArmSpec {
        ArmSpec { id: id.into(), optimizer: Sgd { learning_rate }.into(), batch }
    }

    fn race() -> NetworkRaceSpec {
        let arms = vec![
            arm("gd", BatchSpec::Full {}, 0.1),
            arm("mini", BatchSpec::Mini { size: 32 }, 0.1),
            arm("sgd", BatchSpec::One {}, 0.1),
        ];
        NetworkRaceSpec { seed: 4, equal: Equal::Examples, budget: 400, points: 4, arms }
    }

    #[test]
    fn arms_see_as_many_examples_or_make_as_many_updates() {
        let mut landscape = small();
        let race = race();
        // 100 rows: 4 updates of GD, 4 x 4 of 32 (the last of a pass of 4 examples), 400 of one
        let paths: Vec<Trajectory> = (0..3).map(|i| landscape.descend(&race, i, None).unwrap()).collect();
        assert_eq!(paths[0].updates, [0, 1, 2, 3, 4]);
        assert_eq!(paths[1].updates, [0, 4, 8, 12, 16]);
        assert_eq!(paths[2].updates, [0, 100, 200, 300, 400]);
        assert!(paths.iter().all(|p| p.examples == [0, 100, 200, 300, 400]), "{paths:?}");
        assert!(paths.iter().all(|p| p.loss[4] < p.loss[0]));
        let n = landscape.info().parameters;
        assert!(paths.iter().all(|p| p.thetas.len() == 5 * n && p.thetas[..n] == paths[0].thetas[..n]));
        let equal = NetworkRaceSpec { equal: Equal::Gradients, budget: 7, points: 9, ..race };
        let sgd = landscape.descend(&equal, 2, None).unwrap();
        assert_eq!((sgd.updates, sgd.examples), ((0..8).collect(), (0..8).collect()));
    }

    #[test]
    fn gradient_descent_is_what_its_definition_says() {
        let mut landscape = small();
        let path = landscape.descend(&race(), 0, None).unwrap();
        let n = landscape.info().parameters;
        let mut theta = landscape.initial(4);
        let mut gradient = vec![0.0; n];
        for (i, at) in path.thetas.chunks_exact(n).enumerate() {
            assert_eq!(at, theta);
            let loss = landscape.gradient(&theta, &mut gradient).unwrap();
            assert_eq!(path.loss[i].to_bits(), loss.to_bits());
            reduce::axpy(-0.1, &gradient, &mut theta);
        }
        // a start of one's own
        let again = landscape.descend(&race(), 0, Some(&path.thetas[n..2 * n])).unwrap();
        assert_eq!(again.thetas[..4 * n], path.thetas[n..]);
    }

    #[test]
    fn a_divergence_ends_the_path_and_wrong_numbers_are_refused() {
        // a quadratic loss: every update of a rate so large multiplies theta
        let line =
            r#"{"data":{"type":"diabetes"},"layers":[{"type":"dense","units":1}],"loss":"meanSquaredError"}"#;
        let mut landscape = NetworkLandscape::new(&serde_json::from_str(line).unwrap(), &[]).unwrap();
        let arms = vec![arm("wild", BatchSpec::Full {}, 1000.0)];
        let wild = NetworkRaceSpec { equal: Equal::Gradients, budget: 400, points: 20, arms, ..race() };
        let path = landscape.descend(&wild, 0, None).unwrap();
        assert!(path.diverged_at.is_some() && path.loss.len() > 1, "{path:?}");
        assert!(path.loss.iter().chain(&path.thetas).all(|l| l.is_finite()));
        let mut landscape = small();
        let place =
            |race: NetworkRaceSpec| small().descend(&race, 0, None).unwrap_err().report().place.clone();
        assert_eq!(place(NetworkRaceSpec { points: 0, ..race() }), "points");
        assert_eq!(place(NetworkRaceSpec { budget: 0, ..race() }), "budget");
        assert_eq!(place(NetworkRaceSpec { arms: Vec::new(), ..race() }), "arms");
        assert_eq!(landscape.descend(&race(), 3, None).unwrap_err().report().place, "arm");
        assert_eq!(landscape.descend(&race(), 0, Some(&[1.0])).unwrap_err().report().code, "theta-length");
    }
}
