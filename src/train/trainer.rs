//! The training loop.

use super::fit::Frozen;
use super::profile::{Marks, Part};
use super::regularization::Bounds;
use super::watch::check_monitor;
use super::{Batches, History, RunSpec, Watch};
use crate::curvature::{DataLoss, Penalty};
use crate::data::{Examples, Fnv1a};
use crate::error::{Error, Report, Result};
use crate::kernels::{REPRODUCIBLE, Real, reduce};
use crate::nn::Model;
use crate::optim::{Clock, Optimizer};
use std::ops::Range;
use std::sync::Arc;

/// Steps between two snapshots that a diverged run can go back to.
const KEEP_EVERY: u64 = 10;
/// Most steps between two measurements.
const EVALUATE_EVERY: u64 = 200;
/// Fewest steps between two measurements, for epochs of few steps: a measurement costs about as much as a step of GD.
const EVALUATE_APART: u64 = 10;

/// Where a run stands.
#[derive(Debug, Clone, PartialEq)]
pub enum RunState {
    /// No step done.
    Ready,
    /// Under way.
    Running,
    /// All epochs done.
    Done,
    /// Early stopping ended it.
    Stopped(Stopped),
    /// A loss or gradient was no finite number.
    Diverged(Divergence),
    /// The loss is that of guessing and a whole layer is dead.
    Stuck(Stuck),
}

/// What is known of a divergence.
#[derive(Debug, Clone, PartialEq)]
pub struct Divergence {
    /// The step that was not finite.
    pub step: u64,
    /// The layer where it showed first.
    pub layer: String,
    /// Whether it was the layer's gradient; otherwise what the layer puts out.
    pub gradient: bool,
    /// The step whose weights are kept.
    pub kept: u64,
    /// Learning rate at the time.
    pub rate: f64,
}

/// What is known of a run that was stopped early.
#[derive(Debug, Clone, PartialEq)]
pub struct Stopped {
    /// Updates done.
    pub step: u64,
    /// What was watched.
    pub monitor: &'static str,
    /// The step of its best measurement.
    pub best_step: u64,
    /// The best measurement.
    pub best: f64,
    /// Measurements without improvement since.
    pub waited: u32,
    /// Whether its weights are those of the best measurement.
    pub restored: bool,
}

/// What is known of a run that does not move.
#[derive(Debug, Clone, PartialEq)]
pub struct Stuck {
    /// Updates done.
    pub step: u64,
    /// Mean training loss.
    pub loss: f64,
    /// ReLU outputs that are 0 for every example looked at.
    pub dead: usize,
    /// ReLU outputs.
    pub units: usize,
}

/// A point to go back to.
#[derive(Debug, Clone)]
struct Kept<T> {
    theta: Vec<T>,
    state: Vec<T>,
    watch: Watch<T>,
    optimizer: Optimizer<T>,
    step: u64,
    hash: Fnv1a,
}

/// A network in training.
#[derive(Debug)]
pub struct Trainer<T> {
    pub(super) spec: RunSpec,
    pub(super) loss: DataLoss<T>,
    pub(super) theta: Vec<T>,
    pub(super) gradient: Vec<T>,
    /// Norm of the gradient for each layer, of the last step; empty if there was none.
    pub(super) norms: Vec<f64>,
    pub(super) optimizer: Optimizer<T>,
    pub(super) batches: Batches,
    pub(super) step: u64,
    pub(super) state: RunState,
    pub(super) history: History,
    pub(super) smoothed: f64,
    pub(super) bounds: Bounds<T>,
    pub(super) frozen: Frozen<T>,
    pub(super) watch: Watch<T>,
    kept: Kept<T>,
    pub(super) hash: Fnv1a,
    /// Only while somebody asks where the time goes.
    pub(super) marks: Option<Box<Marks>>,
}

impl<T: Real> Trainer<T> {
    /// A run at its start.
    ///
    /// # Errors
    /// [`Error::Spec`] or [`Error::Shape`] that names the field or layer and says what to change.
    pub fn new(spec: RunSpec, examples: Arc<Examples>) -> Result<Self> {
        spec.check()?;
        let target = DataLoss::<T>::target_of(&examples);
        let model = Model::new(examples.dataset().shape(), &spec.layers, spec.loss.clone(), target)?;
        let theta = model.table().initial(spec.seed);
        let loss = DataLoss::new(model, examples).with_augment(spec.augment)?;
        Self::start(spec, loss, theta)
    }

    fn start(spec: RunSpec, loss: DataLoss<T>, theta: Vec<T>) -> Result<Self> {
        let optimizer = Optimizer::new(spec.optimizer, theta.len())?.with_seed(spec.seed);
        let (test, target) = (!loss.examples().test().is_empty(), loss.model().target());
        let classes = target.classes().is_some();
        if let Some(plateau) = spec.schedule.plateau() {
            check_monitor(plateau.monitor, "schedule", test, classes)?;
        }
        if let Some(stopping) = spec.early_stopping {
            check_monitor(stopping.monitor, "earlyStopping", test, classes)?;
        }
        let against = spec.regularization;
        against.check_labels(classes)?;
        let table = loss.model().table();
        let bounds = Bounds::new(against, table);
        let frozen = Frozen::new(&spec.frozen, table.layers())?;
        let penalty = Penalty::new(against.l1, against.l2, against.biases, table);
        let loss = loss.with_penalty(penalty).with_label_noise(against.label_noise, spec.seed);
        let batches = Batches::new(loss.examples().train(), spec.batch, spec.seed);
        loss.check_rows(batches.size())?;
        let mut hash = Fnv1a::new();
        hash.bytes(spec.to_json().as_bytes());
        hash.word(loss.examples().dataset().hash());
        let layers = loss.model().table().layers().len();
        Ok(Self {
            gradient: vec![T::ZERO; theta.len()],
            norms: Vec::with_capacity(layers),
            kept: Kept {
                theta: theta.clone(),
                state: loss.state().to_vec(),
                watch: Watch::default(),
                optimizer: optimizer.clone(),
                step: 0,
                hash,
            },
            bounds,
            frozen,
            watch: Watch::default(),
            spec,
            loss,
            theta,
            optimizer,
            batches,
            step: 0,
            state: RunState::Ready,
            history: History::new(layers),
            smoothed: f64::NAN,
            hash,
            marks: None,
        })
    }

    /// Back to the start of the same run.
    ///
    /// # Errors
    /// None that [`Trainer::new`] has not ruled out.
    pub fn reset(&mut self) -> Result<()> {
        *self = Self::new(self.spec.clone(), self.loss.examples().clone())?;
        Ok(())
    }

    /// Does one step, unless the run is over.
    ///
    /// # Errors
    /// [`Error::Memory`] if a program does not fit, [`Error::State`] without data; the run is unchanged then.
    pub fn step(&mut self) -> Result<()> {
        self.loss.examples().check_present()?;
        if !matches!(self.state, RunState::Ready | RunState::Running) {
            return Ok(());
        }
        if self.step == 0 && self.history.evaluations.is_empty() {
            self.measure()?;
        }
        self.mark(Part::Between);
        self.loss.set_random(self.spec.seed, self.step);
        let loss = {
            let rows = self.batches.at(self.step);
            let theta = self.bounds.disturbed(&self.theta, self.spec.seed, self.step);
            self.loss.training_gradient(rows, theta, &mut self.gradient)?
        };
        self.frozen.hold(&self.theta, &mut self.gradient);
        self.mark(Part::Gradient);
        let layers = self.loss.model().table().layers();
        let norm = |range: &Range<usize>| reduce::sum_squares(&self.gradient[range.clone()]).to_f64().sqrt();
        self.norms.clear();
        self.norms.extend(layers.iter().map(|(_, range)| norm(range)));
        if !loss.is_finite() || self.norms.iter().any(|n| !n.is_finite()) {
            // squares overflow before the numbers do: only a number that is not finite ends the run
            let bad = layers.iter().find(|(_, r)| !reduce::all_finite(&self.gradient[r.clone()]));
            let bad = bad.map(|(name, _)| name.clone());
            if !loss.is_finite() || bad.is_some() {
                return self.diverge(loss, bad);
            }
        }
        self.record(loss);
        self.mark(Part::Record);
        self.loss.carry();
        let factor = self.rate_factor();
        self.optimizer.step(&mut self.theta, &self.gradient, factor);
        self.bounds.bound(&mut self.theta);
        self.frozen.put_back(&mut self.theta);
        self.mark(Part::Update);
        self.step += 1;
        self.state = if self.step < self.steps() { RunState::Running } else { RunState::Done };
        if self.step.is_multiple_of(self.interval()) || self.state == RunState::Done {
            self.measure()?;
            self.detect_stuck()?;
            self.judge();
        }
        Ok(())
    }

    /// Steps from one measurement to the next.
    pub(super) fn interval(&self) -> u64 {
        self.batches.per_epoch().clamp(EVALUATE_APART, EVALUATE_EVERY)
    }

    /// Says that a part of the step has been done.
    fn mark(&mut self, part: Part) {
        if let Some(marks) = &mut self.marks {
            marks.mark(part);
        }
    }

    /// Lets the last measurement decide about the rate and the end of the run.
    fn judge(&mut self) {
        let Some(point) = self.history.evaluations.last() else { return };
        let stopping = self.spec.early_stopping.as_ref();
        let over =
            self.watch.see(self.spec.schedule.plateau(), stopping, point, &self.theta, self.loss.state());
        let Some(stopping) = stopping else { return };
        if (over || self.state == RunState::Done) && stopping.restore_best && !self.watch.theta.is_empty() {
            self.theta.copy_from_slice(&self.watch.theta);
            // as long as the state, since it was copied from it
            let _ = self.loss.set_state(&self.watch.state);
        }
        if over && self.state == RunState::Running {
            self.state = self.stopped();
        }
    }

    /// The state of a run that early stopping has ended.
    pub(super) fn stopped(&self) -> RunState {
        let stopping = self.spec.early_stopping.unwrap_or_default();
        let marks = self.watch.marks;
        RunState::Stopped(Stopped {
            step: self.step,
            monitor: stopping.monitor.name(),
            best_step: marks.best_step,
            best: marks.stop.best.unwrap_or(f64::NAN),
            waited: marks.stop.waited,
            restored: stopping.restore_best,
        })
    }

    /// Trains until `expired` says so or the run is over; at least one step is done.
    ///
    /// # Errors
    /// As [`Trainer::step`].
    pub fn run_until(&mut self, mut expired: impl FnMut() -> bool) -> Result<()> {
        loop {
            self.step()?;
            let over = !matches!(self.state, RunState::Ready | RunState::Running);
            if over || expired() {
                return Ok(());
            }
        }
    }

    /// Changes the learning rate from the next step on. A stuck run may then go on.
    ///
    /// # Errors
    /// [`Error::Spec`] if it is negative or no number.
    pub fn set_learning_rate(&mut self, rate: f64) -> Result<()> {
        self.optimizer.spec.set_rate(rate)?;
        self.history.edits.push((self.step, rate));
        self.hash.word(self.step);
        self.hash.word(rate.to_bits());
        if matches!(self.state, RunState::Stuck(_)) {
            self.state = RunState::Running;
        }
        Ok(())
    }

    /// Goes back to the kept snapshot: the last one at which the loss was not above its start.
    pub fn restore(&mut self) {
        let Kept { theta, state, watch, optimizer, step, hash } = self.kept.clone();
        // as long as the state, since it was copied from it
        let _ = self.loss.set_state(&state);
        self.watch = watch;
        (self.theta, self.optimizer, self.step, self.hash) = (theta, optimizer, step, hash);
        self.norms.clear();
        self.history.truncate(step);
        self.smoothed = self.history.loss.last().map_or(f64::NAN, |&l| f64::from(l));
        self.state = if step == 0 { RunState::Ready } else { RunState::Running };
    }

    /// The spec the run started from.
    #[must_use]
    pub fn spec(&self) -> &RunSpec {
        &self.spec
    }

    /// The loss of the network on the data, for predictions and curvature.
    pub fn loss(&mut self) -> &mut DataLoss<T> {
        &mut self.loss
    }

    /// The network.
    #[must_use]
    pub fn model(&self) -> &Model {
        self.loss.model()
    }

    /// The data.
    #[must_use]
    pub fn examples(&self) -> &Arc<Examples> {
        self.loss.examples()
    }

    /// The parameters.
    #[must_use]
    pub fn theta(&self) -> &[T] {
        &self.theta
    }

    /// The parameters that [`Trainer::restore`] goes back to.
    #[must_use]
    pub fn kept_theta(&self) -> &[T] {
        &self.kept.theta
    }

    /// The loss of the network on the data, and the parameters, together.
    pub fn loss_and_theta(&mut self) -> (&mut DataLoss<T>, &[T]) {
        (&mut self.loss, &self.theta)
    }

    /// Updates done.
    #[must_use]
    pub fn steps_done(&self) -> u64 {
        self.step
    }

    /// Updates of the whole run.
    #[must_use]
    pub fn steps(&self) -> u64 {
        u64::from(self.spec.epochs) * self.batches.per_epoch()
    }

    /// Updates of an epoch.
    #[must_use]
    pub fn steps_per_epoch(&self) -> u64 {
        self.batches.per_epoch()
    }

    fn clock(&self) -> Clock {
        Clock { step: self.step, steps: self.steps(), per_epoch: self.batches.per_epoch() }
    }

    /// Examples in a full batch.
    #[must_use]
    pub fn batch_size(&self) -> usize {
        self.batches.size()
    }

    /// Where the run stands.
    #[must_use]
    pub fn state(&self) -> &RunState {
        &self.state
    }

    /// What happened so far.
    #[must_use]
    pub fn history(&self) -> &History {
        &self.history
    }

    /// What the schedule and a plateau make of the learning rate of the next step: a factor.
    #[must_use]
    pub fn rate_factor(&self) -> f64 {
        self.spec.schedule.factor(self.clock()) * self.watch.marks.factor
    }

    /// The learning rate that is set, before the schedule.
    #[must_use]
    pub fn learning_rate(&self) -> f64 {
        self.optimizer.spec.rate()
    }

    /// Hash of spec, data, edits, every loss, the parameters and what layers carry: equal runs have equal hashes on every machine.
    /// A step of a build with relaxed SIMD gives a hash that no run without has, and that holds on its machine alone.
    #[must_use]
    pub fn run_hash(&self) -> u64 {
        let mut hash = self.hash;
        self.theta.iter().chain(self.loss.state()).for_each(|t| hash.word(t.canonical_bits()));
        hash.finish()
    }

    /// The sentence about a divergence or a stuck run; `None` while all is well. `limit` is 2 / lambda_max, where
    /// it is known.
    #[must_use]
    pub fn trouble(&self, limit: Option<f64>) -> Option<Error> {
        match &self.state {
            RunState::Diverged(d) => {
                let what = if d.gradient { "gradient" } else { "output" };
                let hint = format!("go on from step {} with a smaller learning rate", d.kept);
                let mut error = Error::not_finite("diverged", format!("step {}", d.step))
                    .expected(format!("a finite {what} of {}", d.layer))
                    .got(format!("one that is not finite, at learning rate {}", d.rate))
                    .hint(hint)
                    .arg("step", d.step)
                    .arg("layer", &d.layer)
                    .arg("what", what)
                    .arg("rate", d.rate)
                    .arg("kept", d.kept);
                if let Some(limit) = limit {
                    error = error.arg("limit", limit);
                }
                Some(error)
            }
            RunState::Stopped(s) => {
                let better = if s.monitor.ends_with("Loss") { "below" } else { "above" };
                let kept = if s.restored { s.best_step } else { s.step };
                Some(
                    Error::state("stopped", format!("step {}", s.step))
                        .expected(format!("a {} {better} {}", s.monitor, s.best))
                        .got(format!("{} measurements without one", s.waited))
                        .hint(format!("the weights are those of step {kept}"))
                        .arg("step", s.step)
                        .arg("monitor", s.monitor)
                        .arg("best", s.best)
                        .arg("bestStep", s.best_step)
                        .arg("waited", s.waited)
                        .arg("kept", kept),
                )
            }
            RunState::Stuck(s) => Some(
                Error::not_finite("stuck", format!("step {}", s.step))
                    .expected("a loss below that of guessing")
                    .got(format!("{:.3} with {} of {} ReLU units dead", s.loss, s.dead, s.units))
                    .hint("lower the learning rate or use leaky ReLU")
                    .arg("step", s.step)
                    .arg("loss", format!("{:.3}", s.loss))
                    .arg("dead", s.dead)
                    .arg("units", s.units),
            ),
            _ => None,
        }
    }

    fn record(&mut self, loss: T) {
        let value = loss.to_f64();
        self.hash.word(loss.canonical_bits());
        if !REPRODUCIBLE {
            // no run of another build has this hash, also if it goes on from a file
            self.hash.bytes(b"relaxed");
        }
        self.history.loss.push(value as f32);
        for (history, &norm) in self.history.gradient_norms.iter_mut().zip(&self.norms) {
            history.push(norm as f32);
        }
        let first = self.history.loss.first().map_or(value, |&l| f64::from(l));
        self.smoothed = if self.smoothed.is_nan() { value } else { 0.9 * self.smoothed + 0.1 * value };
        if self.step.is_multiple_of(KEEP_EVERY) && self.smoothed <= first && value <= first {
            self.keep();
        }
    }

    /// Makes the present state the one that a diverged run goes back to.
    pub(super) fn keep(&mut self) {
        self.kept.theta.copy_from_slice(&self.theta);
        self.kept.state.copy_from_slice(self.loss.state());
        self.kept.watch.copy_from(&self.watch);
        self.kept.optimizer.spec = self.optimizer.spec;
        self.kept.optimizer.state.copy_from_slice(&self.optimizer.state);
        self.kept.optimizer.t = self.optimizer.t;
        self.kept.optimizer.scalar = self.optimizer.scalar;
        self.kept.step = self.step;
        self.kept.hash = self.hash;
    }

    fn diverge(&mut self, loss: T, layer: Option<String>) -> Result<()> {
        let rows = self.batches.at(self.step).to_vec();
        let forward = if loss.is_finite() { None } else { self.loss.first_not_finite(&rows, &self.theta)? };
        let gradient = forward.is_none();
        let layer = forward.map(|(layer, _)| layer).or(layer).unwrap_or_else(|| "loss".to_owned());
        self.state = RunState::Diverged(Divergence {
            step: self.step,
            layer,
            gradient,
            kept: self.kept.step,
            rate: self.learning_rate(),
        });
        Ok(())
    }

    /// A run is stuck if three measurements in a row say no more than guessing and a whole ReLU layer is dead.
    fn detect_stuck(&mut self) -> Result<()> {
        let Some(classes) = self.loss.model().target().classes() else { return Ok(()) };
        let guess = libm::log(classes as f64);
        let last = self.history.evaluations.iter().rev().take(3);
        let penalty = self.loss.penalty(&self.theta).to_f64();
        let flat = last.filter(|e| ((e.train_loss - penalty) / guess - 1.0).abs() < 0.05).count() == 3;
        if !flat || self.state == RunState::Done {
            return Ok(());
        }
        let (dead, units, layer_dead) = self.dead_units()?;
        if let Some(loss) = self.history.evaluations.last().map(|e| e.train_loss).filter(|_| layer_dead) {
            self.state = RunState::Stuck(Stuck { step: self.step, loss, dead, units });
        }
        Ok(())
    }

    /// ReLU outputs that are 0 for every example looked at, all ReLU outputs, and whether one layer is all dead.
    fn dead_units(&mut self) -> Result<(usize, usize, bool)> {
        let (examples, activations) = self.sample_activations()?;
        let (mut dead, mut units, mut layer_dead) = (0, 0, false);
        for layer in self.outputs(examples, &activations) {
            if let Some(silent) = layer.dead() {
                dead += silent;
                units += layer.units;
                layer_dead |= silent == layer.units;
            }
        }
        Ok((dead, units, layer_dead))
    }
}

/// The report of an error or an event, for those who only want the parts.
impl From<Error> for Report {
    fn from(error: Error) -> Self {
        error.report().clone()
    }
}
