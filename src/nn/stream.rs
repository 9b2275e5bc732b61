//! A network that reads a sequence step by step: what recurrent layers carry from one step to the next is its state.

use super::{Model, StateTable, Target};
use crate::error::{Error, Result};
use crate::exec::{Output, Plan, Sink};
use crate::graph::Graph;

impl Model {
    /// The plan of one step of one sequence, and the state that it reads and writes: features `(1, F)` or one token in,
    /// outputs of the step into [`Sink::Prediction`], the new state into [`Sink::State`].
    ///
    /// The outputs are those that the whole sequence would give at this step, bit for bit.
    ///
    /// # Errors
    /// [`Error::Spec`] with the code `stream-whole` for networks that need a sequence whole: attention, recurrence in both
    /// directions, layers that mix the steps, networks that do not answer at each step.
    pub fn step_plan(&self) -> Result<(Plan, StateTable)> {
        let mut graph = Graph::new();
        let built = self.build_step(&mut graph)?;
        let classes = self.target().classes().unwrap_or(0);
        let answers = matches!(self.target(), Target::Steps { .. })
            && graph.shape(built.logits).dims() == [1, 1, classes];
        // parameters of other shapes belong to layers that see all steps at once
        if !answers || built.inventory.parameters != *self.table() {
            return Err(Error::spec("stream-whole", "layers")
                .expected("layers that go from one step to the next")
                .got("a network for whole sequences")
                .hint("use recurrent layers in one direction, and a dense layer at each step"));
        }
        let mut outputs = vec![Output::new(built.prediction, Sink::Prediction)];
        for &(offset, value) in &built.inventory.updates {
            outputs.push(Output { value, sink: Sink::State, offset, add: false });
        }
        Ok((Plan::new(&graph, &outputs)?, built.inventory.states))
    }
}
