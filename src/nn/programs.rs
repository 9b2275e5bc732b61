//! Compiled programs of a network, one per purpose and batch size.

use super::Model;
use crate::error::Result;
use crate::exec::{Bindings, Clock, Executor, Spent};
use crate::kernels::Real;

/// What a program computes.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Purpose {
    /// The loss.
    Loss,
    /// The loss and its gradient.
    Gradient,
    /// A Hessian-vector product.
    Product,
    /// A product with the Gauss-Newton matrix.
    GaussNewton,
    /// The outputs.
    Predict,
    /// The loss of each example, and the outputs.
    Evaluate,
    /// The outputs, and what each layer puts out.
    Inspect,
}

/// Names a compiled program.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct ProgramKey {
    /// What it computes.
    pub purpose: Purpose,
    /// Whether layers that behave differently in training do.
    pub train: bool,
    /// Examples at once.
    pub batch: usize,
    /// Whether results are added to what the sinks hold.
    pub add: bool,
}

impl ProgramKey {
    /// An evaluation program that replaces what the sinks hold.
    #[must_use]
    pub fn evaluation(purpose: Purpose, batch: usize) -> Self {
        Self { purpose, train: false, batch, add: false }
    }

    /// A training program.
    #[must_use]
    pub fn training(purpose: Purpose, batch: usize, add: bool) -> Self {
        Self { purpose, train: true, batch, add }
    }

    /// Whether it is what a step of training runs.
    fn is_step(self) -> bool {
        self.train && self.purpose == Purpose::Gradient
    }
}

/// A compiled program.
#[derive(Debug)]
pub struct Program<T> {
    key: ProgramKey,
    executor: Executor<T>,
}

/// The programs of a network that were used last.
#[derive(Debug)]
pub struct Programs<T> {
    /// Most recently used last.
    programs: Vec<Program<T>>,
    /// What training programs are measured by.
    clock: Option<Clock>,
}

impl<T> Default for Programs<T> {
    fn default() -> Self {
        Self { programs: Vec::new(), clock: None }
    }
}

/// Programs kept: a training step, its short last batch, evaluation of both parts and prediction, with two to spare.
const KEPT: usize = 7;

impl<T: Real> Programs<T> {
    /// The executor for `key`, compiled if it is not there.
    ///
    /// # Errors
    /// Those of [`Model::plan`], and [`Error::Memory`](crate::Error::Memory).
    pub fn get(&mut self, model: &Model, key: ProgramKey) -> Result<&mut Executor<T>> {
        let found = self.programs.iter().position(|p| p.key == key);
        let last = self.programs.len().saturating_sub(1);
        match found {
            Some(at) if at == last => {}
            Some(at) => self.programs[at..].rotate_left(1),
            None => {
                // the oldest goes before the new one comes, so that both are never held
                if self.programs.len() == KEPT {
                    self.programs.remove(0);
                }
                let mut executor = Executor::new(model.plan(key)?)?;
                if key.is_step() {
                    executor.measure(self.clock);
                }
                self.programs.push(Program { key, executor });
            }
        }
        let last = self.programs.len() - 1;
        Ok(&mut self.programs[last].executor)
    }

    /// Runs the program for `key`.
    ///
    /// # Errors
    /// Those of [`Programs::get`] and of [`Executor::run`].
    pub fn run(&mut self, model: &Model, key: ProgramKey, bindings: &mut Bindings<'_, T>) -> Result<()> {
        self.get(model, key)?.run(bindings)
    }

    /// Measures the gradients of training by `clock` from now on, or no longer.
    pub fn measure(&mut self, clock: Option<Clock>) {
        self.clock = clock;
        let steps = self.programs.iter_mut().filter(|p| p.key.is_step());
        steps.for_each(|p| p.executor.measure(clock));
    }

    /// What the instructions of these programs did since [`Programs::measure`].
    #[must_use]
    pub fn spent(&self) -> Vec<Spent> {
        self.programs.iter().flat_map(|p| p.executor.spent()).collect()
    }
}
