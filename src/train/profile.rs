//! What a step of training spends its time on.

use super::{RunState, Trainer};
use crate::error::Result;
use crate::exec::{Clock, Spent};
use crate::kernels::{self, Real};
use serde::Serialize;

/// Rounds of the peak loop between two readings of the clock: a tenth of a millisecond or a few.
const ROUNDS: usize = 100_000;
/// Milliseconds of a window of the peak loop, and windows before and after the steps.
const WINDOW: f64 = 8.0;
const WINDOWS: usize = 3;

/// A part of a step, as the step itself passes through them.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Part {
    /// What lies between two steps: measuring loss and accuracy now and then, which is timed by itself.
    Between,
    /// Batch and gradient: of it, the program's instructions are known one by one.
    Gradient,
    /// Norms, history, snapshots.
    Record,
    /// The optimizer.
    Update,
}

/// Time by part.
#[derive(Debug)]
pub(super) struct Marks {
    clock: Clock,
    last: f64,
    ms: [f64; 4],
}

impl Marks {
    fn new(clock: Clock) -> Self {
        Self { clock, last: clock(), ms: [0.0; 4] }
    }

    pub fn mark(&mut self, part: Part) {
        let now = (self.clock)();
        self.ms[part as usize] += now - self.last;
        self.last = now;
    }

    fn of(&self, part: Part) -> f64 {
        self.ms[part as usize]
    }
}

/// What a step spends: means over many steps. The times of the rows add up to `ms`.
#[derive(Debug, Clone, PartialEq, Serialize)]
#[cfg_attr(target_family = "wasm", derive(tsify::Tsify))]
#[serde(rename_all = "camelCase")]
pub struct StepProfile {
    /// Steps measured.
    pub steps: u64,
    /// Milliseconds of a step.
    pub ms: f64,
    /// Model FLOP of a step: 2 for each multiply-add of products and convolutions.
    pub flop: f64,
    /// FLOP per second of the multiply-add peak, the best window right before or after the steps.
    pub peak: f64,
    /// What the step does, in the order it is done.
    pub rows: Vec<ProfileRow>,
}

/// Equal operations of one layer.
#[derive(Debug, Clone, PartialEq, Serialize)]
#[cfg_attr(target_family = "wasm", derive(tsify::Tsify))]
#[serde(rename_all = "camelCase")]
pub struct ProfileRow {
    /// The kind of work: that of the operation, or one of `batch`, `record`, `update`, `measure` and, for reading the clock
    /// itself, `clock`.
    #[cfg_attr(
        target_family = "wasm",
        tsify(
            type = "\"matrixProduct\" | \"convolution\" | \"filterGradient\" | \"inputGradient\" | \"elementwise\" | \"pooling\" | \"softmax\" | \"reduction\" | \"random\" | \"movement\" | \"batch\" | \"record\" | \"update\" | \"measure\" | \"clock\""
        )
    )]
    pub class: &'static str,
    /// The operation, in the words of ONNX; of fused ones all. Empty for what is no operation.
    pub op: String,
    /// The layer; empty if it belongs to none.
    pub layer: String,
    /// How often it is done in a step.
    pub runs: f64,
    /// Milliseconds.
    pub ms: f64,
    /// Model FLOP.
    pub flop: f64,
    /// Bytes that must be read and written; 0 where that is not known.
    pub bytes: f64,
}

impl ProfileRow {
    fn part(class: &'static str, ms: f64, bytes: f64) -> Self {
        Self { class, op: String::new(), layer: String::new(), runs: 1.0, ms, flop: 0.0, bytes }
    }
}

impl<T: Real> Trainer<T> {
    /// Measures for about `ms` milliseconds what a step of this run spends, on a run of the same description that stays at its
    /// first weights: its learning rate is 0, and what a step takes does not depend on the weights. The run itself is left
    /// alone.
    ///
    /// What a run measures now and then is spread over the steps between, so that it counts in few steps as in many.
    ///
    /// The clock may be coarse: see [`Executor::measure`](crate::Executor::measure). What reading it takes is measured, taken
    /// off every row and given one of its own.
    ///
    /// # Errors
    /// [`Error::Memory`](crate::Error::Memory) if a second step does not fit.
    pub fn profile(&self, clock: Clock, ms: f64) -> Result<StepProfile> {
        self.examples().check_present()?;
        let mut run = Self::new(self.spec().clone(), self.examples().clone())?;
        run.set_learning_rate(0.0)?;
        // both batches of an epoch, the whole and the last one, and a measurement bring their programs
        run.measure()?;
        let start = clock();
        run.measure()?;
        let measuring = clock() - start;
        for step in [run.steps_per_epoch() - 1, 0] {
            (run.step, run.state) = (step, RunState::Running);
            run.step()?;
        }
        let reading = reading_of(clock);
        let before = peak_of::<T>(clock);
        run.marks = Some(Box::new(Marks::new(clock)));
        run.loss.measure(Some(clock));
        let end = clock() + ms;
        let mut steps = 0;
        while steps == 0 || clock() < end {
            if run.state != RunState::Running {
                (run.step, run.state) = (0, RunState::Running);
            }
            run.step()?;
            steps += 1;
        }
        let peak = before.max(peak_of::<T>(clock));
        Ok(run.told(steps, measuring, reading, peak))
    }

    fn told(&self, steps: u64, measuring: f64, reading: f64, peak: f64) -> StepProfile {
        let (steps_done, often) = (steps as f64, 1.0 / self.interval() as f64);
        let measuring = measuring * often;
        let of = |part| self.marks.as_ref().map_or(0.0, |marks| marks.of(part) / steps_done);
        let spent = self.loss.spent();
        let program: f64 = spent.iter().map(|s| s.ms / steps_done).sum();
        let ms = of(Part::Gradient) + of(Part::Record) + of(Part::Update) + measuring;
        let numbers = 3 * self.theta.len() + 2 * self.optimizer.state.len();
        let mut rows = vec![ProfileRow::part("batch", of(Part::Gradient) - program, 0.0)];
        for Spent { class, op, scope, runs, ms, flop, bytes } in spent {
            let class = class.name();
            let row = ProfileRow {
                class,
                op,
                layer: scope,
                runs: runs as f64 / steps_done,
                ms: ms / steps_done,
                flop: flop / steps_done,
                bytes: bytes / steps_done,
            };
            match rows.iter_mut().find(|r| r.class == class && r.op == row.op && r.layer == row.layer) {
                Some(same) => {
                    same.runs += row.runs;
                    same.ms += row.ms;
                    same.flop += row.flop;
                    same.bytes += row.bytes;
                }
                None => rows.push(row),
            }
        }
        rows.push(ProfileRow::part("record", of(Part::Record), 0.0));
        rows.push(ProfileRow::part("update", of(Part::Update), (numbers * size_of::<T>()) as f64));
        rows.push(ProfileRow { runs: often, ..ProfileRow::part("measure", measuring, 0.0) });
        let mut clock = 0.0;
        for row in &mut rows {
            let readings = (reading * row.runs).min(row.ms.max(0.0));
            row.ms -= readings;
            clock += readings;
        }
        rows.push(ProfileRow::part("clock", clock, 0.0));
        StepProfile { steps, ms, flop: rows.iter().map(|r| r.flop).sum(), peak, rows }
    }
}

/// Milliseconds that reading `clock` takes.
fn reading_of(clock: Clock) -> f64 {
    let (start, mut readings) = (clock(), 0.0);
    loop {
        let now = clock();
        readings += 1.0;
        if now - start >= WINDOW {
            return (now - start) / readings;
        }
    }
}

/// FLOP per second of the peak loop: the best of some windows.
fn peak_of<T: Real>(clock: Clock) -> f64 {
    let mut best = 0.0_f64;
    for _ in 0..WINDOWS {
        let (start, mut flop) = (clock(), 0.0);
        loop {
            flop += kernels::peak::<T>(ROUNDS);
            let ms = clock() - start;
            if ms >= WINDOW {
                best = best.max(1000.0 * flop / ms);
                break;
            }
        }
    }
    best
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::data::load;
    use crate::train::RunSpec;
    use std::sync::{Arc, OnceLock};
    use std::time::Instant;

    fn clock() -> f64 {
        static START: OnceLock<Instant> = OnceLock::new();
        START.get_or_init(Instant::now).elapsed().as_secs_f64() * 1000.0
    }

    /// As a browser gives it to a page that is not isolated.
    fn coarse() -> f64 {
        (clock() * 10.0).floor() / 10.0
    }

    fn trainer(batch: &str) -> Trainer<f32> {
        let json = format!(
            r#"{{"data":{{"type":"digits"}},"test":797,"layers":[
            {{"type":"conv2d","filters":8,"kernelSize":[3,3],"padding":"same","activation":"relu"}},
            {{"type":"maxPool2d","poolSize":[2,2]}},{{"type":"flatten"}},
            {{"type":"dense","units":32,"activation":"tanh"}},{{"type":"dense","units":10,"activation":"softmax"}}],
            "loss":"softmaxCrossEntropy","optimizer":{{"type":"momentum","learningRate":0.05}},
            "batch":{batch},"epochs":2,"seed":3}}"#
        );
        let spec = RunSpec::from_json(&json).unwrap();
        let examples = spec.examples(load(&spec.data, 3, &[]).unwrap()).unwrap();
        Trainer::new(spec, Arc::new(examples)).unwrap()
    }

    const MINI: &str = r#"{"type":"mini","size":40}"#;

    #[test]
    fn the_rows_are_what_the_step_does_and_their_times_add_up() {
        for clock in [clock as Clock, coarse] {
            let profile = trainer(MINI).profile(clock, 150.0).unwrap();
            let StepProfile { steps, ms, flop, peak, rows } = &profile;
            assert!(*steps > 20 && *peak > 1e8, "{profile:?}");
            let sum: f64 = rows.iter().map(|r| r.ms).sum();
            assert!((sum - ms).abs() < 1e-9 * ms.max(1.0), "{sum} of {ms} ms");
            assert!(rows.iter().all(|r| r.ms > -1e-9), "{rows:?}");
            // the first layer has no gradient in its input
            let conv = 2.0 * 2.0 * 64.0 * 9.0 * 8.0;
            let dense = 3.0 * 2.0 * (128.0 * 32.0 + 32.0 * 10.0);
            assert!((flop - 40.0 * (conv + dense)).abs() < 1.0, "{flop}");
            let of = |class: &str, layer: &str| {
                rows.iter().filter(|r| r.class == class && r.layer == layer).map(|r| r.flop).sum::<f64>()
            };
            assert_eq!(of("convolution", "conv_1"), 20.0 * conv);
            assert_eq!(of("filterGradient", "conv_1"), 20.0 * conv);
            assert_eq!(of("inputGradient", "conv_1"), 0.0);
            for class in
                ["batch", "pooling", "softmax", "elementwise", "record", "update", "measure", "clock"]
            {
                assert!(rows.iter().any(|r| r.class == class), "{class}");
            }
        }
    }

    #[test]
    fn a_profile_leaves_the_run_as_it_is() {
        for batch in [MINI, r#"{"type":"full"}"#, r#"{"type":"mini","size":999}"#] {
            let (mut plain, mut measured) = (trainer(batch), trainer(batch));
            plain.run_until(|| false).unwrap();
            measured.profile(clock, 1.0).unwrap();
            measured.step().unwrap();
            let rows = measured.profile(clock, 1.0).unwrap().rows;
            assert!(rows.iter().all(|r| r.ms.is_finite()));
            measured.run_until(|| false).unwrap();
            measured.profile(clock, 1.0).unwrap();
            assert_eq!(measured.run_hash(), plain.run_hash());
            assert_eq!(measured.history(), plain.history());
        }
    }

    /// Bits do not depend on whether somebody looks at the clock.
    #[test]
    fn steps_are_the_same_with_the_clock_and_without() {
        let (mut plain, mut measured) = (trainer(MINI), trainer(MINI));
        measured.marks = Some(Box::new(Marks::new(clock)));
        measured.loss.measure(Some(clock));
        (0..30).for_each(|_| plain.step().unwrap());
        (0..30).for_each(|_| measured.step().unwrap());
        assert_eq!(measured.run_hash(), plain.run_hash());
        assert_eq!(measured.theta(), plain.theta());
    }
}
