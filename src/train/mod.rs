//! Training: batches, steps, history, and what is kept when a run goes wrong.

mod batches;
mod curvature;
mod evaluation;
mod fit;
mod generate;
mod history;
mod inspection;
mod profile;
mod range_test;
mod regularization;
mod snapshot;
mod spec;
mod trainer;
mod watch;

pub use batches::Batches;
pub use curvature::CurvaturePoint;
pub use evaluation::{Evaluation, Mistake};
pub use fit::EpochLog;
pub use generate::Generate;
pub use history::{EvaluationPoint, History};
pub use inspection::{Distribution, GradientFlow, LayerStatistics, Statistics};
pub use profile::{ProfileRow, StepProfile};
pub use range_test::{RangeSweep, RangeTest};
pub use regularization::{Regularization, regularizations};
pub use snapshot::Snapshot;
pub use spec::{BatchSpec, RunSpec};
pub use trainer::{Divergence, RunState, Stopped, Stuck, Trainer};
pub use watch::{EarlyStopping, Marks, Watch};
