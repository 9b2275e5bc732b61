//! Where the time of a program goes, instruction by instruction.
//!
//! Work is known from the shapes: [`Operation::flop`](crate::ops::Operation::flop), and each operand and result once, which
//! is the least that must be moved. Time is read from a clock that the caller passes in, once between any two
//! instructions, so that the times of a run add up to the whole run whatever the clock's resolution: a coarse clock gives
//! a short instruction 0 in most runs and one tick in some, and over many runs its share of the ticks is its share of the
//! time, because steps do not keep pace with the ticks.

use super::executor::Executor;
use super::plan::{Load, Operand, Place, Plan, Step, Work};
use crate::graph::DType;
use crate::kernels::Real;
use crate::ops::Class;

/// A clock that never goes back: milliseconds since any moment.
pub type Clock = fn() -> f64;

/// What one instruction did, all runs together.
#[derive(Debug, Clone, PartialEq)]
pub struct Spent {
    /// The kind of work.
    pub class: Class,
    /// The operation; of a fused chain all of them, in the order they are applied.
    pub op: String,
    /// The layer it belongs to, forward and backward; empty if it belongs to none.
    pub scope: String,
    /// How often it ran.
    pub runs: u64,
    /// Milliseconds.
    pub ms: f64,
    /// Model FLOP: 2 for each multiply-add of a product or convolution.
    pub flop: f64,
    /// Bytes read and written.
    pub bytes: f64,
}

/// Times of a program, one an instruction.
#[derive(Debug)]
pub(super) struct Times {
    clock: Clock,
    last: f64,
    ms: Vec<f64>,
    runs: u64,
}

impl Times {
    pub(super) fn begin(&mut self) {
        self.runs += 1;
        self.last = (self.clock)();
    }

    /// The instruction has run that was under way.
    pub(super) fn end(&mut self, instruction: usize) {
        let now = (self.clock)();
        self.ms[instruction] += now - self.last;
        self.last = now;
    }
}

impl<T: Real> Executor<T> {
    /// Reads `clock` around every instruction from the next run on, beginning at zero; never, if there is none.
    pub fn measure(&mut self, clock: Option<Clock>) {
        let instructions = self.plan().len();
        self.times =
            clock.map(|clock| Box::new(Times { clock, last: 0.0, ms: vec![0.0; instructions], runs: 0 }));
    }

    /// What each instruction did since [`Executor::measure`], in the order they run.
    #[must_use]
    pub fn spent(&self) -> Vec<Spent> {
        let Some(times) = &self.times else { return Vec::new() };
        let rows = self.plan().spent::<T>().into_iter().zip(&times.ms);
        let runs = times.runs as f64;
        rows.map(|(row, &ms)| Spent {
            runs: times.runs,
            ms,
            flop: row.flop * runs,
            bytes: row.bytes * runs,
            ..row
        })
        .collect()
    }
}

impl Plan {
    /// The work of one run in type `T`, without times.
    fn spent<T: Real>(&self) -> Vec<Spent> {
        self.steps.iter().map(spent::<T>).collect()
    }
}

fn spent<T: Real>(step: &Step) -> Spent {
    let (class, op, flop, bytes) = match &step.work {
        Work::Single(single) => {
            let real = |len: usize| len * size_of::<T>();
            let outputs: usize = single.reals.iter().flatten().map(|&(_, len)| real(len)).sum();
            let index = single.index.map_or(0, |(_, len)| len * size_of::<u32>());
            let inputs: usize = single.inputs.iter().map(size::<T>).sum();
            let op = &single.op;
            (op.class(), op.name().to_owned(), op.flop(&single.shapes), inputs + outputs + index)
        }
        Work::Chain(chain) => {
            let whole = chain.len * size_of::<T>();
            let load = |load: &Load| match load {
                Load::Whole(operand) | Load::Block { operand, .. } => size::<T>(operand),
                Load::Under | Load::InPlace => whole,
                Load::Fill(_) => 0,
            };
            let names: Vec<&str> = chain.body.iter().map(|i| i.op.name()).collect();
            (Class::Elementwise, names.join(" "), 0.0, whole + chain.loads.iter().map(load).sum::<usize>())
        }
        Work::Store { operand, add, .. } => {
            let passes = if *add { 3 } else { 2 };
            (Class::Movement, "Store".to_owned(), 0.0, passes * size::<T>(operand))
        }
    };
    Spent { class, op, scope: step.scope.clone(), runs: 1, ms: 0.0, flop, bytes: bytes as f64 }
}

/// Bytes of an operand.
fn size<T: Real>(operand: &Operand) -> usize {
    let index = match operand.place {
        Place::Slot(_) => false,
        Place::IndexSlot(_) => true,
        Place::Bound(buffer, _) => buffer.dtype() == DType::Index,
    };
    operand.len * if index { size_of::<u32>() } else { size_of::<T>() }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::exec::{Bindings, Output, Sink};
    use crate::graph::{Buffer, Graph};
    use std::cell::Cell;

    thread_local! { static TICKS: Cell<u32> = const { Cell::new(0) }; }

    /// Advances by one millisecond with each reading.
    fn ticking() -> f64 {
        TICKS.set(TICKS.get() + 1);
        f64::from(TICKS.get())
    }

    /// relu(x w + b), which leaves the program, and its sum.
    fn executor() -> Executor<f32> {
        let mut g = Graph::new();
        g.set_scope("dense_1");
        let x = g.input(Buffer::Features, 0, [4, 3]).unwrap();
        let w = g.input(Buffer::Theta, 0, [3, 5]).unwrap();
        let b = g.input(Buffer::Theta, 15, [5]).unwrap();
        let b = g.expand(b, [4, 5]).unwrap();
        let y = g.matmul(x, w, false, false).unwrap();
        let y = g.add(y, b).unwrap();
        let y = g.relu(y).unwrap();
        let loss = g.sum_all(y).unwrap();
        let outputs = [Output::new(loss, Sink::Loss), Output::new(y, Sink::Prediction)];
        Executor::new(Plan::new(&g, &outputs).unwrap()).unwrap()
    }

    fn run(executor: &mut Executor<f32>) -> f32 {
        let (x, theta, mut loss, mut y) = ([0.5; 12], [0.25; 20], [0.0], [0.0; 20]);
        let mut bindings = Bindings::new()
            .reals(Buffer::Features, &x)
            .reals(Buffer::Theta, &theta)
            .sink(Sink::Loss, &mut loss)
            .sink(Sink::Prediction, &mut y);
        executor.run(&mut bindings).unwrap();
        loss[0]
    }

    #[test]
    fn work_is_that_of_the_shapes_and_times_are_those_of_the_clock() {
        let mut executor = executor();
        let plain = run(&mut executor);
        assert!(executor.spent().is_empty(), "nothing is measured before it is asked for");
        executor.measure(Some(ticking));
        let before = TICKS.get();
        assert_eq!([run(&mut executor), run(&mut executor)], [plain; 2]);
        let rows = executor.spent();
        assert_eq!(TICKS.get() - before, 2 * (rows.len() as u32 + 1), "one reading more than instructions");
        assert!(rows.iter().all(|r| r.runs == 2 && r.ms == 2.0 && r.scope == "dense_1"), "{rows:?}");
        let row = |class: Class| rows.iter().find(|r| r.class == class).unwrap();
        let product = row(Class::MatrixProduct);
        assert_eq!((product.flop, product.bytes), (2.0 * 120.0, 2.0 * 4.0 * (12.0 + 15.0 + 20.0)));
        let chain = row(Class::Elementwise);
        assert_eq!(chain.op, "Add Relu");
        // written over the product, which it reads, as the bias
        assert_eq!((chain.flop, chain.bytes), (0.0, 2.0 * 4.0 * (20.0 + 20.0 + 5.0)));
        let stores: Vec<f64> = rows.iter().filter(|r| r.op == "Store").map(|r| r.bytes).collect();
        assert_eq!(
            stores,
            [2.0 * 4.0 * (20.0 + 20.0)],
            "the sum, which nobody else reads, goes straight to the loss"
        );

        executor.measure(None);
        let before = TICKS.get();
        assert_eq!(run(&mut executor), plain);
        assert_eq!(TICKS.get(), before, "the clock is not read when nobody asks");
    }

    /// Milliseconds between two readings: before an instruction, and for each of the four and what follows them.
    const GAPS: [f64; 5] = [0.003, 0.0217, 0.0461, 0.0002, 0.0113];

    /// Ten ticks a millisecond, as in a page that is not isolated: longer than any instruction.
    fn coarse() -> f64 {
        let readings = TICKS.get();
        TICKS.set(readings + 1);
        let (whole, part) = (readings as usize / GAPS.len(), readings as usize % GAPS.len());
        let now = whole as f64 * GAPS.iter().sum::<f64>() + GAPS[..part].iter().sum::<f64>();
        (now * 10.0).floor() / 10.0
    }

    #[test]
    fn a_clock_coarser_than_an_instruction_tells_its_time_over_many_runs() {
        TICKS.set(0);
        let mut executor = executor();
        executor.measure(Some(coarse));
        const RUNS: usize = 4000;
        for _ in 0..RUNS {
            run(&mut executor);
        }
        let rows = executor.spent();
        assert_eq!(rows.len() + 1, GAPS.len());
        for (row, gap) in rows.iter().zip(GAPS) {
            let each = row.ms / RUNS as f64;
            assert!((each - gap).abs() < 0.0003, "{each} of {gap} ms");
        }
    }
}
