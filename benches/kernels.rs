//! Native speed of the products that training is made of, beside the multiply-add peak of one core. `Gelem/s` reads as
//! GFLOP/s: an element is one floating-point operation.
//!
//! Browsers are what counts; this run shows which kernel a change has touched.

use criterion::{Criterion, Throughput, criterion_group, criterion_main};
use saddlepoint::kernels::{MatMul, Real, peak};
use saddlepoint::lab::{CONVOLUTIONS, Convolution, PRODUCTS, Product};
use std::hint::black_box;
use std::time::Duration;

fn peak_of<T: Real>(c: &mut Criterion) {
    let mut group = c.benchmark_group("peak");
    group.throughput(Throughput::Elements(peak::<T>(10_000) as u64));
    group.bench_function(T::NAME, |b| b.iter(|| peak::<T>(black_box(10_000))));
    group.finish();
}

fn peaks(c: &mut Criterion) {
    peak_of::<f32>(c);
    peak_of::<f64>(c);
}

fn product<T: Real>(c: &mut Criterion, name: &str, shape: MatMul) {
    let mut product = Product::<T>::new(shape);
    let mut group = c.benchmark_group("products");
    group.throughput(Throughput::Elements(product.run() as u64));
    group.bench_function(name, |bench| bench.iter(|| product.run()));
    group.finish();
}

fn products(c: &mut Criterion) {
    for n in [256, 512, 1024] {
        product::<f32>(c, &format!("GEMM {n}³ f32"), MatMul::new(n, n, n));
    }
    for n in [256, 512] {
        product::<f64>(c, &format!("GEMM {n}³ f64"), MatMul::new(n, n, n));
    }
    // the dense layers of a 784-128-10 network at batch 32: forward, gradient of the weights, of the input
    for [inputs, outputs] in [[784, 128], [128, 10]] {
        let name = |what: &str| format!("dense {inputs}-{outputs} x 32 {what}");
        product::<f32>(c, &name("forward"), MatMul::new(32, inputs, outputs));
        product::<f32>(
            c,
            &name("weight gradient"),
            MatMul { transpose_a: true, ..MatMul::new(inputs, 32, outputs) },
        );
        product::<f32>(
            c,
            &name("input gradient"),
            MatMul { transpose_b: true, ..MatMul::new(32, outputs, inputs) },
        );
    }
}

fn convolutions(c: &mut Criterion) {
    for &shape in CONVOLUTIONS {
        for which in PRODUCTS {
            let mut convolution = Convolution::new(shape, which);
            let effective = convolution.is_effective();
            let mut group =
                c.benchmark_group(if effective { "convolutions, effective" } else { "convolutions" });
            group.throughput(Throughput::Elements(convolution.flop() as u64));
            group.bench_function(convolution.name(), |bench| bench.iter(|| convolution.run()));
            group.finish();
        }
    }
}

criterion_group! {
    name = kernels;
    config = Criterion::default().sample_size(20).warm_up_time(Duration::from_millis(300))
        .measurement_time(Duration::from_secs(1));
    targets = peaks, products, convolutions
}
criterion_main!(kernels);
