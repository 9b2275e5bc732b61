//! Training: batches, steps, history, and what is kept when a run goes wrong.

mod batches;
mod curvature;
mod evaluation;
mod history;
mod snapshot;
mod spec;
mod trainer;

pub use batches::Batches;
pub use evaluation::{Evaluation, Mistake};
pub use history::{EvaluationPoint, History};
pub use snapshot::Snapshot;
pub use spec::{BatchSpec, RunSpec};
pub use trainer::{Divergence, RunState, Stuck, Trainer};
