//! Native speed of the matrix products and convolutions that training is made of, beside the multiply-add peak
//! of one core. `Gelem/s` reads as GFLOP/s: an element is one floating-point operation.
//!
//! Browsers are what counts; this run shows which kernel a change has touched.

use criterion::{Criterion, Throughput, criterion_group, criterion_main};
use saddlepoint::kernels::{
    ConvProduct, Init, MatMul, Real, Workspace, conv2d, conv2d_filter_gradient, conv2d_input_gradient,
    conv2d_scratch, matmul, peak_f32, peak_f64,
};
use saddlepoint::{Conv2dShape, Window};
use std::hint::black_box;

fn numbers<T: Real>(len: usize) -> Vec<T> {
    (0..len).map(|i| T::from_f64((i * 37 % 101) as f64 / 101.0 - 0.5)).collect()
}

fn peak(c: &mut Criterion) {
    let mut group = c.benchmark_group("peak");
    group.throughput(Throughput::Elements(peak_f32(10_000) as u64));
    group.bench_function("f32", |b| b.iter(|| peak_f32(black_box(10_000))));
    group.throughput(Throughput::Elements(peak_f64(10_000) as u64));
    group.bench_function("f64", |b| b.iter(|| peak_f64(black_box(10_000))));
    group.finish();
}

fn product<T: Real>(c: &mut Criterion, name: &str, p: MatMul) {
    let MatMul { m, k, n, .. } = p;
    let (a, b): (Vec<T>, Vec<T>) = (numbers(m * k), numbers(k * n));
    let (mut out, mut scratch) = (vec![T::ZERO; m * n], vec![T::ZERO; p.scratch()]);
    let mut group = c.benchmark_group("matmul");
    group.throughput(Throughput::Elements(2 * (m * k * n) as u64));
    group.bench_function(format!("{} {name} {m}x{k}x{n}", T::NAME), |bench| {
        bench.iter(|| matmul(&p, black_box(&a), black_box(&b), Init::Zero, &mut out, &mut scratch));
    });
    group.finish();
}

fn products(c: &mut Criterion) {
    for size in [256, 512, 1024] {
        product::<f32>(c, "square", MatMul::new(size, size, size));
    }
    product::<f64>(c, "square", MatMul::new(256, 256, 256));
    // the dense layers of a 784-128-10 network at batch 32: forward, gradient of the weights, of the input
    for [inputs, outputs] in [[784, 128], [128, 10]] {
        product::<f32>(c, "forward", MatMul::new(32, inputs, outputs));
        product::<f32>(
            c,
            "weight gradient",
            MatMul { transpose_a: true, ..MatMul::new(inputs, 32, outputs) },
        );
        product::<f32>(c, "input gradient", MatMul { transpose_b: true, ..MatMul::new(32, outputs, inputs) });
    }
}

fn convolution(c: &mut Criterion, [batch, size, kernel, from, to]: [usize; 5]) {
    let window = Window::new([kernel; 2]).same([size; 2]);
    let s = Conv2dShape {
        batch,
        input: [size; 2],
        in_channels: from,
        out_channels: to,
        groups: 1,
        window,
        output: [size; 2],
    };
    let (mut x, mut w, mut y): (Vec<f32>, Vec<f32>, Vec<f32>) =
        (numbers(s.x().len()), numbers(s.w().len()), numbers(s.y().len()));
    let mut group = c.benchmark_group(format!("conv2d {kernel}x{kernel} {from}->{to} {size}x{size}"));
    group.throughput(Throughput::Elements(2 * (s.y().len() * s.w().len() / to) as u64));
    for which in [ConvProduct::Forward, ConvProduct::FilterGradient, ConvProduct::InputGradient] {
        let Workspace { reals, indices } = conv2d_scratch(&s, which);
        let (mut scratch, mut offsets) = (vec![0.0; reals], vec![0; indices]);
        group.bench_function(format!("{which:?}"), |bench| {
            bench.iter(|| match which {
                ConvProduct::Forward => conv2d(&s, &x, &w, None, &mut y, &mut scratch, &mut offsets),
                ConvProduct::FilterGradient => {
                    conv2d_filter_gradient(&s, &x, &y, &mut w, false, &mut scratch, &mut offsets);
                }
                ConvProduct::InputGradient => {
                    conv2d_input_gradient(&s, &y, &w, &mut x, &mut scratch, &mut offsets);
                }
            });
        });
    }
    group.finish();
}

fn convolutions(c: &mut Criterion) {
    convolution(c, [32, 28, 5, 1, 8]);
    convolution(c, [32, 14, 5, 8, 16]);
    convolution(c, [32, 32, 3, 32, 32]);
}

criterion_group! {
    name = kernels;
    config = Criterion::default().sample_size(20).warm_up_time(std::time::Duration::from_millis(300))
        .measurement_time(std::time::Duration::from_secs(1));
    targets = peak, products, convolutions
}
criterion_main!(kernels);
