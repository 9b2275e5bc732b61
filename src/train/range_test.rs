//! The learning-rate range test: which rates make the loss fall from where the run stands (Smith 2017, section 3.3).

use super::{Batches, Trainer};
use crate::error::{Error, Result};
use crate::kernels::{Real, reduce};
use crate::optim::Optimizer;
use serde::Serialize;

/// Most examples of a batch that a step of the test sees: a test over large batches must not be waited for.
const EXAMPLES: usize = 512;
/// Weight of the past in the smoothed loss: the mean of about the last ten batches.
const SMOOTHING: f64 = 0.9;
/// The test ends once the smoothed loss is so many times its lowest.
const DIVERGED: f64 = 4.0;
/// The suggested rate is this share of the one at which the smoothed loss is lowest: there it no longer falls.
const SHARE: f64 = 0.1;
/// A loss that never falls below this share of its start has not answered to any rate.
const FALLEN: f64 = 0.95;

/// What a sweep over learning rates showed.
#[derive(Debug, Clone, PartialEq, Serialize)]
#[cfg_attr(target_family = "wasm", derive(tsify::Tsify))]
#[cfg_attr(target_family = "wasm", tsify(missing_as_null))]
#[serde(rename_all = "camelCase")]
pub struct RangeTest {
    /// The rate of each step, growing by one factor from step to step.
    pub rates: Vec<f64>,
    /// Loss of the batch of each step, before its update. All finite.
    pub losses: Vec<f64>,
    /// The same, averaged over the steps before with weights that fall by a tenth from step to step.
    pub smoothed: Vec<f64>,
    /// Whether the sweep ended before its last rate: the loss was no finite number, or smoothed four times its lowest.
    pub diverged: bool,
    /// A tenth of the rate at which the smoothed loss was lowest; `None` if it never fell by 5 % below its start.
    pub suggested: Option<f64>,
}

/// A range test under way: a copy of the run as it stood when the test began, which may go on meanwhile.
#[derive(Debug)]
pub struct RangeSweep<T> {
    theta: Vec<T>,
    gradient: Vec<T>,
    optimizer: Optimizer<T>,
    batches: Batches,
    /// Running statistics of the copy.
    state: Vec<T>,
    /// Steps of the run when the test began.
    start: u64,
    from: f64,
    /// Logarithm of the factor from rate to rate.
    growth: f64,
    steps: u32,
    average: f64,
    lowest: f64,
    test: RangeTest,
}

impl<T> RangeSweep<T> {
    /// What was seen so far; no rate is suggested before the end.
    #[must_use]
    pub fn test(&self) -> &RangeTest {
        &self.test
    }

    /// Whether the test is over: all steps done, or the loss has diverged.
    #[must_use]
    pub fn is_over(&self) -> bool {
        self.test.diverged || self.test.rates.len() >= self.steps as usize
    }
}

impl<T: Real> Trainer<T> {
    /// Trains a copy of the run, from its present weights and optimizer state, on the batches that come next, while the
    /// learning rate grows from `from` to `to` over `steps` steps. Of a batch the first 512 examples are used, or all
    /// if layers couple them. The run itself stays as it is.
    ///
    /// # Errors
    /// [`Error::Spec`] for a range that is none; [`Error::Memory`].
    pub fn range_test(&mut self, from: f64, to: f64, steps: u32) -> Result<RangeTest> {
        let mut sweep = self.begin_range_test(from, to, steps)?;
        self.advance_range_test(&mut sweep, || false)?;
        Ok(sweep.test)
    }

    /// The same test, to be done piece by piece with [`Trainer::advance_range_test`].
    ///
    /// # Errors
    /// [`Error::Spec`] for a range that is none.
    pub fn begin_range_test(&self, from: f64, to: f64, steps: u32) -> Result<RangeSweep<T>> {
        self.examples().check_present()?;
        check(from, to, steps)?;
        Ok(RangeSweep {
            theta: self.theta.clone(),
            gradient: vec![T::ZERO; self.theta.len()],
            optimizer: self.optimizer.clone(),
            batches: self.batches.clone(),
            state: self.loss.state().to_vec(),
            start: self.step,
            from,
            growth: libm::log(to / from) / f64::from(steps - 1),
            steps,
            average: 0.0,
            lowest: f64::INFINITY,
            test: RangeTest {
                rates: Vec::new(),
                losses: Vec::new(),
                smoothed: Vec::new(),
                diverged: false,
                suggested: None,
            },
        })
    }

    /// Goes on with a test of this run until `expired` says so or the test is over; at least one step is done. In how
    /// many pieces it is done, and what the run does between them, changes nothing of what it shows.
    ///
    /// # Errors
    /// [`Error::Memory`].
    pub fn advance_range_test(
        &mut self,
        sweep: &mut RangeSweep<T>,
        mut expired: impl FnMut() -> bool,
    ) -> Result<()> {
        let (state, random) = (self.loss.state().to_vec(), self.loss.random());
        let mut advance = || -> Result<()> {
            self.loss.set_state(&sweep.state)?;
            while !sweep.is_over() {
                self.sweep(sweep)?;
                if expired() {
                    break;
                }
            }
            sweep.state.copy_from_slice(self.loss.state());
            Ok(())
        };
        let result = advance();
        // the loss is shared with the run: what the copy left in it is put back, also after a refusal
        self.loss.set_state(&state)?;
        self.loss.set_random(random.0, random.1);
        if sweep.is_over() {
            sweep.test.suggested = suggested(&sweep.test.rates, &sweep.test.smoothed);
        }
        result
    }

    /// One step of a test.
    fn sweep(&mut self, sweep: &mut RangeSweep<T>) -> Result<()> {
        let (i, seed) = (sweep.test.rates.len() as u32, self.spec().seed);
        let step = sweep.start + u64::from(i);
        let rows = sweep.batches.at(step);
        let whole = self.loss.most_rows().is_some();
        let rows = if whole { rows } else { &rows[..rows.len().min(EXAMPLES)] };
        self.loss.set_random(seed, step);
        let disturbed = self.bounds.disturbed(&sweep.theta, seed, step);
        let loss = self.loss.training_gradient(rows, disturbed, &mut sweep.gradient)?.to_f64();
        if !loss.is_finite() || !reduce::all_finite(&sweep.gradient) {
            sweep.test.diverged = true;
            return Ok(());
        }
        let rate = sweep.from * libm::exp(sweep.growth * f64::from(i));
        sweep.average = SMOOTHING * sweep.average + (1.0 - SMOOTHING) * loss;
        // the average begins at 0, and the first steps are too low by what it has not seen yet
        let smoothed = sweep.average / (1.0 - libm::pow(SMOOTHING, f64::from(i + 1)));
        sweep.test.rates.push(rate);
        sweep.test.losses.push(loss);
        sweep.test.smoothed.push(smoothed);
        sweep.lowest = sweep.lowest.min(smoothed);
        if smoothed > DIVERGED * sweep.lowest {
            sweep.test.diverged = true;
            return Ok(());
        }
        self.loss.carry();
        sweep.optimizer.spec.set_rate(rate)?;
        sweep.optimizer.step(&mut sweep.theta, &sweep.gradient, 1.0);
        self.bounds.bound(&mut sweep.theta);
        Ok(())
    }
}

/// See [`RangeTest::suggested`].
fn suggested(rates: &[f64], smoothed: &[f64]) -> Option<f64> {
    let lowest = smoothed.iter().zip(rates).min_by(|a, b| a.0.total_cmp(b.0))?;
    (*lowest.0 < FALLEN * smoothed[0]).then_some(SHARE * lowest.1)
}

fn check(from: f64, to: f64, steps: u32) -> Result<()> {
    let sound = from > 0.0 && from < to && to <= 1e6 && (10..=10_000).contains(&steps);
    if sound {
        return Ok(());
    }
    Err(Error::spec("range-test", "rangeTest")
        .expected("rates with 0 < from < to, at most 1,000,000, and 10 to 10,000 steps")
        .got(format!("{from} to {to} in {steps} steps"))
        .hint("test from 0.00001 to 1 in 100 steps, for example")
        .arg("from", from)
        .arg("to", to)
        .arg("steps", steps))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::data::load;
    use crate::train::{RunSpec, RunState};
    use std::sync::Arc;

    fn trainer<T: Real>(layers: &str, optimizer: &str, batch: &str) -> Trainer<T> {
        let json = format!(
            r#"{{"data":{{"type":"diabetes"}},"test":0.2,"layers":[{layers}],"loss":"halfMeanSquaredError",
            "optimizer":{optimizer},"batch":{batch},"epochs":12,"seed":5}}"#
        );
        let spec = RunSpec::from_json(&json).unwrap();
        let examples = spec.examples(load(&spec.data, 5, &[]).unwrap()).unwrap();
        Trainer::new(spec, Arc::new(examples)).unwrap()
    }

    const NET: &str = r#"{"type":"dense","units":9},{"type":"batchNormalization"},
        {"type":"activation","activation":"tanh"},{"type":"dropout","rate":0.2},{"type":"dense","units":1}"#;
    const ADAM: &str = r#"{"type":"adam","learningRate":0.003}"#;
    const MINI: &str = r#"{"type":"mini","size":32}"#;

    #[test]
    fn a_test_changes_nothing_of_the_run() {
        let (mut plain, mut tested) = (trainer::<f32>(NET, ADAM, MINI), trainer::<f32>(NET, ADAM, MINI));
        plain.run_until(|| false).unwrap();
        let first = tested.range_test(1e-5, 1.0, 60).unwrap();
        assert_eq!(tested.range_test(1e-5, 1.0, 60).unwrap(), first);
        (0..30).for_each(|_| tested.step().unwrap());
        let lambda = tested.curvature().unwrap().lambda_max;
        let (hash, kept) = (tested.run_hash(), tested.history().clone());
        tested.range_test(1e-5, 10.0, 80).unwrap();
        assert_eq!((tested.run_hash(), tested.history()), (hash, &kept));
        assert_eq!(tested.curvature().unwrap().lambda_max, lambda, "masks too are those of before");
        tested.run_until(|| false).unwrap();
        assert_eq!(tested.run_hash(), plain.run_hash());
    }

    #[test]
    fn pieces_of_a_test_make_the_whole_while_the_run_goes_on() {
        let mut plain = trainer::<f32>(NET, ADAM, MINI);
        let mut run = trainer::<f32>(NET, ADAM, MINI);
        (0..7).for_each(|_| plain.step().unwrap());
        (0..7).for_each(|_| run.step().unwrap());
        let whole = plain.range_test(1e-5, 10.0, 60).unwrap();
        let mut sweep = run.begin_range_test(1e-5, 10.0, 60).unwrap();
        let mut pieces = 0;
        while !sweep.is_over() {
            let mut steps = 0;
            run.advance_range_test(&mut sweep, || {
                steps += 1;
                steps == 7
            })
            .unwrap();
            assert!(sweep.is_over() || sweep.test().suggested.is_none(), "nothing is known before the end");
            run.step().unwrap();
            plain.step().unwrap();
            pieces += 1;
        }
        assert_eq!((sweep.test(), pieces > 5), (&whole, true));
        assert_eq!(run.run_hash(), plain.run_hash());
    }

    #[test]
    fn on_a_quadratic_the_loss_turns_at_two_over_lambda_max() {
        let gd = |rate: f64| -> Trainer<f64> {
            let optimizer = format!(r#"{{"type":"sgd","learningRate":{rate}}}"#);
            trainer(r#"{"type":"dense","units":1,"useBias":false}"#, &optimizer, r#"{"type":"full"}"#)
        };
        let mut run = gd(0.1);
        let limit = 2.0 / run.curvature().unwrap().lambda_max;
        let test = run.range_test(1e-4, 100.0, 120).unwrap();
        assert!(test.diverged && test.rates.len() < 120);
        assert!(test.losses.iter().chain(&test.smoothed).all(|l| l.is_finite()));
        // one factor from step to step
        let factor = libm::pow(1e6, 1.0 / 119.0);
        assert!(test.rates.windows(2).all(|r| (r[1] / r[0] / factor - 1.0).abs() < 1e-12));
        let turn = test.smoothed.iter().zip(&test.rates).min_by(|a, b| a.0.total_cmp(b.0)).unwrap().1;
        // not below: there each step lowers a quadratic loss; above it takes the growth some steps to show
        assert!((1.0..10.0).contains(&(turn / limit)), "turns at {turn}, limit {limit}");
        let rate = test.suggested.unwrap();
        assert!((rate - 0.1 * turn).abs() < 1e-15 && rate < limit);
        let mut run = gd(rate);
        run.run_until(|| false).unwrap();
        assert_eq!(*run.state(), RunState::Done);
        assert!(run.history().loss.last() < run.history().loss.first());
    }

    #[test]
    fn a_loss_that_does_not_fall_suggests_nothing() {
        assert_eq!(suggested(&[0.1, 0.2, 0.3], &[1.0, 0.97, 1.2]), None);
        assert_eq!(suggested(&[0.1, 0.2, 0.4], &[1.0, 0.9, 0.8]), Some(SHARE * 0.4));
        assert_eq!(suggested(&[], &[]), None);
        let mut run = trainer::<f32>(NET, ADAM, MINI);
        for (from, to, steps) in
            [(0.0, 1.0, 100), (1.0, 0.1, 100), (f64::NAN, 1.0, 100), (0.1, 1e7, 100), (0.1, 1.0, 9)]
        {
            assert_eq!(run.range_test(from, to, steps).unwrap_err().report().code, "range-test");
        }
    }
}
