//! After its first run a program allocates nothing, and the memory it owns is what its plan said.
//!
//! A counting allocator needs a test program of its own.

#![cfg(not(target_family = "wasm"))]

mod runs;

use ndarray::Array2;
use saddlepoint::curvature::DataLoss;
use saddlepoint::data::{DataSpec, Dataset, Examples, Features, Targets, load};
use saddlepoint::kernels::{Counting, Real};
use saddlepoint::lab::{WORKLOADS, Workload};
use saddlepoint::nn::{Model, ProgramKey, Purpose, SoftmaxCrossEntropy};
use saddlepoint::optim::{Optimizer, OptimizerSpec, Options, optimizers};
use saddlepoint::train::{RunSpec, Trainer};
use saddlepoint::{Bindings, Buffer, Executor, Shape, Sink};
use std::sync::Arc;

#[global_allocator]
static ALLOCATOR: Counting = Counting;

/// Calls for memory and growth of the bytes held while `f` runs.
fn counted<R>(f: impl FnOnce() -> R) -> (R, usize, isize) {
    let (calls, held) = Counting::so_far();
    let result = f();
    let (calls_now, held_now) = Counting::so_far();
    (result, calls_now - calls, held_now - held)
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

const MIB: isize = 1 << 20;

#[test]
fn a_step_of_every_workload_allocates_nothing_after_the_first() {
    for workload in WORKLOADS {
        let mut run = workload.start().unwrap();
        for step in 0..3 {
            let (result, calls, _) = counted(|| run.step());
            result.unwrap();
            assert!(step == 0 || calls == 0, "{}: {calls} allocations in step {step}", workload.name);
        }
    }
}

/// With batch normalisation and dropout, and with all that an optimizer can do to a gradient.
#[test]
fn a_step_of_every_optimizer_allocates_nothing_after_the_first() {
    let layers = r#"{"type": "batchNormalization"}, {"type": "dropout", "rate": 0.3}, {"type": "flatten"},"#;
    let spec = RunSpec::from_json(&RUN.replace(r#"{"type": "flatten"},"#, layers)).unwrap();
    let examples = run_spec().1;
    let options = Options {
        clip_norm: Some(3.0),
        clip_value: Some(0.5),
        gradient_noise: Some(0.1),
        weight_decay: Some(0.02),
        ..Options::default()
    };
    let rows = &examples.train()[..32];
    let mut loss = DataLoss::<f32>::new(model(&spec, &examples), examples.clone());
    let mut theta: Vec<f32> = loss.model().table().initial(1);
    let mut gradient = theta.clone();
    loss.gradient(rows, &theta, &mut gradient).unwrap();
    for entry in optimizers() {
        let plain: OptimizerSpec = serde_json::from_str(&format!(r#"{{"type": "{}"}}"#, entry.name)).unwrap();
        for spec in [plain, OptimizerSpec { options, ..plain }] {
            let mut optimizer = Optimizer::new(spec, theta.len()).unwrap().with_seed(9);
            for step in 0..3 {
                let (result, calls, _) = counted(|| {
                    loss.set_random(1, step);
                    let value = loss.gradient(rows, &theta, &mut gradient);
                    loss.carry();
                    optimizer.step(&mut theta, &gradient, 1.0);
                    value
                });
                assert!(result.unwrap().is_finite(), "{}", entry.name);
                assert_eq!(calls, 0, "{}: allocations in step {step}", entry.name);
            }
        }
    }
}

#[test]
fn the_largest_workload_trains_in_40_mib() {
    let (run, held) = Counting::most_held(|| {
        let mut run = Workload::named("W3").unwrap().start().unwrap();
        run.step().unwrap();
        run
    });
    let bytes = run.bytes().unwrap() as isize;
    // theta, its gradient and two moments, and 256 images
    let beside = 4 * 4 * 591_274 + 256 * 3072;
    assert!(bytes <= 40 * MIB, "the program of W3 takes {bytes} bytes");
    assert!(held <= bytes + beside + MIB, "a run of W3 holds {held} bytes, its program {bytes}");
}

#[test]
fn sixty_thousand_images_in_one_batch_take_64_mib_with_the_images() {
    const IMAGES: usize = 60_000;
    let w2 = Workload::named("W2").unwrap();
    let (loss, held) = Counting::most_held(|| {
        let pixel = |(i, j): (usize, usize)| (i * 31 + j * 7) as u8;
        let values = Array2::from_shape_fn((IMAGES, 784), pixel);
        let labels = (0..IMAGES as u32).map(|i| i % 10).collect();
        let names = (0..10).map(|class| class.to_string()).collect();
        let data = Dataset::new(
            "images",
            Shape::new(w2.shape),
            Features::Bytes { values, max: 255 },
            Targets::Classes { labels, names },
        );
        let examples = Arc::new(Examples::new(data.unwrap(), 0.0, 1).unwrap());
        // the layers of the workload
        let spec = RunSpec { layers: serde_json::from_str(w2.layers).unwrap(), ..run_spec().0 };
        let mut loss = DataLoss::<f32>::new(model(&spec, &examples), examples.clone());
        let theta: Vec<f32> = loss.model().table().initial(1);
        let mut gradient = theta.clone();
        // the whole is the same a thousand times: five chunks show what memory it takes
        let rows = &examples.train()[..5 * loss.chunk() + 3];
        assert!(loss.gradient(rows, &theta, &mut gradient).unwrap() > 0.0);
        loss
    });
    let program = loss.step_bytes(IMAGES).unwrap() as isize;
    assert_eq!(
        loss.step_bytes(6 * IMAGES).unwrap() as isize,
        program,
        "memory grows with the number of images"
    );
    assert!(held <= 64 * MIB, "{held} bytes held, {program} of them by the program");
}
