//! All of a run between two steps, to be written down and gone on from.

use super::{History, RunSpec, RunState, Trainer, Watch};
use crate::data::{Examples, Fnv1a};
use crate::error::{Error, Result};
use crate::kernels::{Real, reduce};
use std::sync::Arc;

/// Everything a run needs to go on, but for the data and what follows from the spec.
#[derive(Debug, Clone, PartialEq)]
pub struct Snapshot<T> {
    /// The parameters.
    pub theta: Vec<T>,
    /// What layers carry from step to step.
    pub state: Vec<T>,
    /// State slices of the optimizer.
    pub optimizer: Vec<T>,
    /// The number it remembers beside them.
    pub scalar: f64,
    /// Updates the optimizer has done.
    pub updates: u64,
    /// The learning rate that is set.
    pub rate: f64,
    /// Updates of the run.
    pub step: u64,
    /// State of the run hash.
    pub hash: u64,
    /// The smoothed loss.
    pub smoothed: f64,
    /// What is remembered of measurements.
    pub watch: Watch<T>,
    /// What happened so far.
    pub history: History,
}

impl<T: Real> Trainer<T> {
    /// The run as it stands.
    #[must_use]
    pub fn snapshot(&self) -> Snapshot<T> {
        Snapshot {
            theta: self.theta.clone(),
            state: self.loss.state().to_vec(),
            optimizer: self.optimizer.state.clone(),
            scalar: self.optimizer.scalar,
            updates: self.optimizer.t,
            rate: self.learning_rate(),
            step: self.step,
            hash: self.hash.finish(),
            smoothed: self.smoothed,
            watch: self.watch.clone(),
            history: self.history.clone(),
        }
    }

    /// A run that goes on from a snapshot as if it had never stopped. The place to go back to after a divergence
    /// is the snapshot.
    ///
    /// # Errors
    /// Those of [`Trainer::new`]; [`Error::File`] if the snapshot is not of this spec and these data.
    pub fn resume(spec: RunSpec, examples: Arc<Examples>, snapshot: Snapshot<T>) -> Result<Self> {
        let mut trainer = Self::new(spec, examples)?;
        let Snapshot { theta, state, optimizer, scalar, updates, rate, step, hash, smoothed, watch, history } =
            snapshot;
        let fits = theta.len() == trainer.theta.len()
            && state.len() == trainer.loss.state().len()
            && optimizer.len() == trainer.optimizer.state.len()
            && step <= trainer.steps()
            && history.loss.len() as u64 == step
            && history.gradient_norms.len() == trainer.history.gradient_norms.len()
            && history.gradient_norms.iter().all(|n| n.len() as u64 == step)
            && (watch.theta.is_empty() || watch.theta.len() == theta.len())
            && (watch.theta.is_empty() || watch.state.len() == state.len())
            && reduce::all_finite(&theta)
            && reduce::all_finite(&state);
        if !fits {
            return Err(Error::file("snapshot-mismatch", "model file")
                .expected("weights, optimizer state and history that fit its own description")
                .got("others")
                .hint("save the model again; the file was changed or is of another version"));
        }
        trainer.optimizer.spec.set_rate(rate)?;
        trainer.loss.set_state(&state)?;
        (trainer.theta, trainer.optimizer.state, trainer.optimizer.t) = (theta, optimizer, updates);
        trainer.optimizer.scalar = scalar;
        (trainer.step, trainer.smoothed, trainer.history, trainer.watch) = (step, smoothed, history, watch);
        trainer.hash = Fnv1a::resume(hash);
        trainer.state = match step {
            0 => RunState::Ready,
            _ if step == trainer.steps() => RunState::Done,
            _ if trainer.watch.marks.stopped => trainer.stopped(),
            _ => RunState::Running,
        };
        trainer.keep();
        Ok(trainer)
    }
}
