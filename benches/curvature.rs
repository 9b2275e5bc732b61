//! What the curvature of a network costs, in f64: 64-112-20-10 tanh on 512 digits, 9,750 parameters.
//!
//! A Hessian-vector product is to cost no more than three gradients; eigenvalues and inertia are those of n parameters.

use criterion::{Criterion, criterion_group, criterion_main};
use ndarray::Array2;
use saddlepoint::curvature::{
    DataLoss, OnRows, inertia, lanczos_ends, symmetric_eigen, symmetric_eigenvalues,
};
use saddlepoint::data::{Examples, digits};
use saddlepoint::nn::{Activation, Dense, LayerSpec, MeanSquaredError, Model};
use saddlepoint::{Source, Stream};
use std::sync::Arc;

fn products(c: &mut Criterion) {
    let Ok(set) = digits().and_then(|set| Examples::new(set, 0.0, 0)) else { return };
    let examples = Arc::new(set);
    let layers = [(112, Activation::Tanh), (20, Activation::Tanh), (10, Activation::Linear)]
        .map(|(units, activation)| LayerSpec::Dense(Dense::new(units, activation)));
    let target = DataLoss::<f64>::target_of(&examples);
    let model = Model::new(examples.dataset().shape(), &layers, MeanSquaredError {}.into(), target);
    let Ok(model) = model else { return };
    let mut loss = DataLoss::<f64>::new(model, examples.clone());
    let rows = &examples.train()[..512];
    let theta: Vec<f64> = loss.model().table().initial(1);
    let (v, mut out) = (theta.clone(), vec![0.0; theta.len()]);
    let mut group = c.benchmark_group("curvature");
    group.bench_function("gradient", |b| b.iter(|| loss.gradient(rows, &theta, &mut out)));
    group.bench_function("Hessian-vector product", |b| b.iter(|| loss.product(rows, &theta, &v, &mut out)));
    group
        .bench_function("Gauss-Newton product", |b| b.iter(|| loss.gauss_newton(rows, &theta, &v, &mut out)));
    group.bench_function("Lanczos, 40 steps", |b| {
        b.iter(|| lanczos_ends(&mut OnRows { loss: &mut loss, rows }, &theta, 40, 5, 0));
    });
    group.finish();
}

fn matrices(c: &mut Criterion) {
    let source = Source::new(1, Stream::PROBE, 0);
    let mut group = c.benchmark_group("matrix");
    for n in [200, 600] {
        let a = Array2::from_shape_fn((n, n), |(i, j)| source.normal((i.min(j) * n + i.max(j)) as u64));
        group.bench_function(format!("eigenvalues {n}"), |b| b.iter(|| symmetric_eigenvalues(&a)));
        group.bench_function(format!("with vectors {n}"), |b| b.iter(|| symmetric_eigen(&a)));
        group.bench_function(format!("inertia {n}"), |b| b.iter(|| inertia(&a, 1e-6)));
    }
    group.finish();
}

criterion_group! {
    name = curvature;
    config = Criterion::default().sample_size(10).warm_up_time(std::time::Duration::from_millis(300))
        .measurement_time(std::time::Duration::from_secs(2));
    targets = products, matrices
}
criterion_main!(curvature);
