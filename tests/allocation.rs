//! After its first run a program allocates nothing, and the memory it owns is what its plan said.
//!
//! A counting allocator needs a test program of its own, and `unsafe` because that is how Rust declares allocators.

#![cfg(not(target_family = "wasm"))]

mod runs;

use saddlepoint::curvature::DataLoss;
use saddlepoint::data::{DataSpec, Examples, load};
use saddlepoint::kernels::Real;
use saddlepoint::nn::{Model, ProgramKey, Purpose, SoftmaxCrossEntropy};
use saddlepoint::optim::Optimizer;
use saddlepoint::train::{RunSpec, Trainer};
use saddlepoint::{Bindings, Buffer, Executor, Sink};
use std::alloc::{GlobalAlloc, Layout, System};
use std::cell::Cell;
use std::sync::Arc;

thread_local! {
    /// Calls that asked for memory, and bytes held, on this thread: other tests do not disturb the count.
    static CALLS: Cell<usize> = const { Cell::new(0) };
    static HELD: Cell<isize> = const { Cell::new(0) };
}

struct Counting;

impl Counting {
    fn note(calls: usize, bytes: isize) {
        // a thread that ends frees memory after its counters are gone
        let _ = CALLS.try_with(|c| c.set(c.get() + calls));
        let _ = HELD.try_with(|h| h.set(h.get() + bytes));
    }
}

// SAFETY: every call goes to the system allocator with the arguments that came; counting touches no memory of it.
unsafe impl GlobalAlloc for Counting {
    unsafe fn alloc(&self, layout: Layout) -> *mut u8 {
        Self::note(1, layout.size() as isize);
        // SAFETY: the caller's promise about the layout is passed on
        unsafe { System.alloc(layout) }
    }

    unsafe fn dealloc(&self, memory: *mut u8, layout: Layout) {
        Self::note(0, -(layout.size() as isize));
        // SAFETY: the caller's promise about memory and layout is passed on
        unsafe { System.dealloc(memory, layout) }
    }

    unsafe fn realloc(&self, memory: *mut u8, layout: Layout, size: usize) -> *mut u8 {
        Self::note(1, size as isize - layout.size() as isize);
        // SAFETY: the caller's promise about memory, layout and size is passed on
        unsafe { System.realloc(memory, layout, size) }
    }
}

#[global_allocator]
static ALLOCATOR: Counting = Counting;

/// Calls for memory and growth of the bytes held while `f` runs.
fn counted<R>(f: impl FnOnce() -> R) -> (R, usize, isize) {
    let (calls, held) = (CALLS.get(), HELD.get());
    let result = f();
    (result, CALLS.get() - calls, HELD.get() - held)
}

/// A convolutional network with every kind of layer.
const RUN: &str = r#"{
    "data": {"type": "digits"}, "test": 300,
    "layers": [
        {"type": "conv2d", "filters": 6, "kernelSize": [3, 3], "padding": "same", "activation": "relu"},
        {"type": "maxPool2d", "poolSize": [2, 2]},
        {"type": "conv2d", "filters": 8, "kernelSize": [3, 3], "activation": "leakyRelu"},
        {"type": "averagePool2d", "poolSize": [2, 2]},
        {"type": "flatten"},
        {"type": "dense", "units": 12, "activation": "tanh"},
        {"type": "dense", "units": 10, "activation": "softmax"}
    ],
    "loss": "softmaxCrossEntropy",
    "optimizer": {"type": "adam", "learningRate": 0.002},
    "batch": {"type": "mini", "size": 32},
    "epochs": 3, "seed": 4
}"#;

fn run_spec() -> (RunSpec, Arc<Examples>) {
    let spec = RunSpec::from_json(RUN).unwrap();
    let data = load(&DataSpec::Digits {}, spec.seed, &[]).unwrap();
    let examples = spec.examples(data).unwrap();
    (spec, Arc::new(examples))
}

fn model(spec: &RunSpec, examples: &Examples) -> Model {
    let target = DataLoss::<f32>::target_of(examples);
    Model::new(examples.dataset().shape(), &spec.layers, SoftmaxCrossEntropy::default().into(), target)
        .unwrap()
}

#[test]
fn the_counter_counts() {
    let (kept, calls, bytes) = counted(|| Vec::<u8>::with_capacity(100));
    assert_eq!((calls, bytes), (1, 100));
    let ((), calls, bytes) = counted(|| drop(kept));
    assert_eq!((calls, bytes), (0, -100));
}

fn programs_allocate_nothing<T: Real>() {
    let (spec, examples) = run_spec();
    let model = model(&spec, &examples);
    let batch = 32;
    let theta: Vec<T> = model.table().initial(1);
    let mut features = vec![T::ZERO; batch * model.input().len()];
    let mut labels = vec![0; batch];
    examples.fill_batch(&examples.train()[..batch], &mut features).unwrap();
    examples.fill_labels(&examples.train()[..batch], &mut labels).unwrap();
    let scale = [T::from_f64(1.0 / batch as f64)];
    let (mut loss, mut gradient, mut product) = ([T::ZERO], theta.clone(), theta.clone());
    let mut prediction = vec![T::ZERO; batch * 10];
    let mut losses = vec![T::ZERO; batch];
    for purpose in [Purpose::Loss, Purpose::Gradient, Purpose::Product, Purpose::Predict, Purpose::Evaluate] {
        let plan = model.plan(ProgramKey::training(purpose, batch, false)).unwrap();
        let (reported, steps) = (plan.bytes::<T>(), plan.len());
        let (executor, _, held) = counted(|| Executor::<T>::new(plan));
        let mut executor = executor.unwrap();
        // beside the numbers there is a header of three words for each slot and register, fewer than three a step
        let beside = held - reported as isize;
        let headers = (steps * 3 * size_of::<Vec<T>>()) as isize;
        assert!((0..=headers).contains(&beside), "{purpose:?}: {held} bytes held, {reported} reported");
        for round in 0..4 {
            let (result, calls, _) = counted(|| {
                let mut bindings = Bindings::new()
                    .reals(Buffer::Theta, &theta)
                    .reals(Buffer::Direction, &theta)
                    .reals(Buffer::Features, &features)
                    .reals(Buffer::Scale, &scale)
                    .indices(Buffer::Labels, &labels)
                    .sink(Sink::Loss, &mut loss)
                    .sink(Sink::Gradient, &mut gradient)
                    .sink(Sink::Product, &mut product)
                    .sink(Sink::Prediction, &mut prediction)
                    .sink(Sink::ExampleLoss, &mut losses);
                executor.run(&mut bindings)
            });
            result.unwrap();
            assert_eq!(calls, 0, "{purpose:?} in {}: allocations in run {round}", T::NAME);
        }
    }
    assert!(gradient.iter().any(|&g| g != T::ZERO) && product.iter().any(|&p| p != T::ZERO));
}

#[test]
fn a_program_allocates_nothing_when_it_runs_and_owns_what_its_plan_reports() {
    programs_allocate_nothing::<f32>();
    programs_allocate_nothing::<f64>();
}

#[test]
fn gradient_and_update_of_a_batch_allocate_nothing_after_the_first() {
    let (spec, examples) = run_spec();
    let mut loss = DataLoss::<f32>::new(model(&spec, &examples), examples.clone());
    let mut theta: Vec<f32> = loss.model().table().initial(1);
    let mut gradient = theta.clone();
    let mut optimizer = Optimizer::new(spec.optimizer, theta.len()).unwrap();
    for (round, rows) in examples.train().chunks_exact(32).take(5).enumerate() {
        let (result, calls, _) = counted(|| {
            let value = loss.gradient(rows, &theta, &mut gradient);
            optimizer.step(&mut theta, &gradient, 1.0);
            value
        });
        assert!(result.unwrap() > 0.0);
        assert!(round == 0 || calls == 0, "{calls} allocations in round {round}");
    }
}

#[test]
fn a_step_of_the_trainer_allocates_only_to_lengthen_its_history() {
    let (spec, examples) = run_spec();
    let layers = spec.layers.len();
    let mut trainer = Trainer::<f32>::new(spec, examples).unwrap();
    let per_epoch = trainer.steps_per_epoch();
    let (mut silent, mut steps) = (0, 0);
    while trainer.steps_done() < trainer.steps() {
        let (result, calls, _) = counted(|| trainer.step());
        result.unwrap();
        let step = trainer.steps_done();
        // measurements at the end of an epoch, and the first run of a program, may allocate
        if step > 1 && !step.is_multiple_of(per_epoch) && step % per_epoch != 1 {
            steps += 1;
            silent += usize::from(calls == 0);
            assert!(calls <= layers + 1, "{calls} allocations at step {step}");
        }
    }
    // lists that double their room: eight times on the way to 141 steps
    assert!(steps - silent <= 8, "{silent} of {steps} steps allocated nothing");
}

/// Batch normalisation, masks, moved images, unrolled recurrences and tokens.
#[test]
fn steps_of_the_known_runs_allocate_only_to_lengthen_the_history() {
    for run in runs::all() {
        let layers = run.spec.layers.len();
        let mut trainer = run.trainer();
        let per_epoch = trainer.steps_per_epoch();
        let mut silent = 0;
        while trainer.steps_done() < trainer.steps() {
            let (result, calls, _) = counted(|| trainer.step());
            result.unwrap();
            let step = trainer.steps_done();
            // a step may measure, and the first batch and the shorter one at the end of an epoch bring their programs
            let measures = step.is_multiple_of(10) || step.is_multiple_of(per_epoch);
            if step > 1 && !measures {
                assert!(calls <= layers + 1, "{}: {calls} allocations at step {step}", run.name);
                silent += u64::from(calls == 0);
            }
        }
        assert!(silent > 0 || per_epoch == 1, "{}: every step allocated", run.name);
        assert_eq!(format!("{:016x}", trainer.run_hash()), run.hash, "{}", run.name);
    }
}
