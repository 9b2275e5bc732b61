//! Native speed of training steps: the workloads of the crate, with their batch. `Gelem/s` reads as GFLOP/s.
//!
//! A step that allocates ends the run.

use criterion::{Criterion, Throughput, criterion_group, criterion_main};
use saddlepoint::kernels::Counting;
use saddlepoint::lab::WORKLOADS;
use std::time::Duration;

#[global_allocator]
static ALLOCATOR: Counting = Counting;

/// Steps after which all programs are there, and steps that must not allocate.
const STEPS: usize = 3;

fn steps(c: &mut Criterion) {
    for workload in WORKLOADS {
        let mut run = workload.start().unwrap_or_else(|e| panic!("{}: {e}", workload.name));
        let mut step = || run.step().unwrap_or_else(|e| panic!("{}: {e}", workload.name));
        for _ in 0..STEPS {
            step();
        }
        let before = Counting::so_far().0;
        for _ in 0..STEPS {
            step();
        }
        let allocations = Counting::so_far().0 - before;
        assert_eq!(allocations, 0, "{}: allocations in {STEPS} steps", workload.name);
        let mut group = c.benchmark_group(if workload.effective { "steps, effective" } else { "steps" });
        group.throughput(Throughput::Elements((workload.flop * workload.batch as f64) as u64));
        group
            .bench_function(format!("{} x {}", workload.name, workload.batch), |bench| bench.iter(&mut step));
        group.finish();
    }
}

criterion_group! {
    name = workloads;
    config = Criterion::default().sample_size(20).warm_up_time(Duration::from_millis(300))
        .measurement_time(Duration::from_secs(2));
    targets = steps
}
criterion_main!(workloads);
