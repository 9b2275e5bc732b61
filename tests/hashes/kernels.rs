//! Functions of one number over all sizes of numbers, and kernels whose order of summation matters.

use super::{Case, hash};
use saddlepoint::kernels::{Real, elementwise, map::map, pool, reduce, softmax};
use saddlepoint::{Pool2dShape, Source, Stream, Window};

pub fn cases() -> Vec<Case> {
    // every 65,521st f32: zeros, subnormal numbers, infinities' neighbours and NaN among them
    let single: Vec<f32> = (0..=u32::MAX).step_by(65_521).map(f32::from_bits).collect();
    let source = Source::new(21, Stream::PROBE, 0);
    let double: Vec<f64> = (0..60_000)
        .map(|i| {
            let [a, b, ..] = source.words(i);
            f64::from_bits(u64::from(a) << 32 | u64::from(b))
        })
        .collect();
    [functions(&single), functions(&double), sums::<f32>(), sums::<f64>()].into_iter().flatten().collect()
}

fn bits<T: Real>(values: &[T]) -> u64 {
    hash(values.iter().map(|v| v.canonical_bits()))
}

type Kernel<T> = fn(&[T], &mut [T]);

fn functions<T: Real>(x: &[T]) -> Vec<Case> {
    let moderate: Vec<T> = numbers(x.len());
    let kernels: [(&str, Kernel<T>); 12] = [
        ("exp", T::exp_slice),
        ("log", T::log_slice),
        ("tanh", T::tanh_slice),
        ("sigmoid", T::sigmoid_slice),
        ("expm1", |x, y| map(x, y, T::expm1)),
        ("log1p", |x, y| map(x, y, T::log1p)),
        ("erf", |x, y| map(x, y, T::erf)),
        ("sin", |x, y| map(x, y, T::sin)),
        ("cos", |x, y| map(x, y, T::cos)),
        ("softplus", |x, y| map(x, y, T::softplus)),
        ("reciprocal", |x, y| map(x, y, T::reciprocal)),
        ("pow", |x, y| elementwise::pow(x, &numbers(x.len()), y)),
    ];
    let mut y = x.to_vec();
    let mut cases = Vec::new();
    for (name, kernel) in kernels {
        kernel(x, &mut y);
        let wide = bits(&y);
        kernel(&moderate, &mut y);
        cases.push(Case { name: format!("kernel/{name}/{}", T::NAME), hash: hash([wide, bits(&y)]) });
    }
    cases
}

/// Numbers of [-4, 4).
fn numbers<T: Real>(len: usize) -> Vec<T> {
    let source = Source::new(22, Stream::PROBE, 0);
    (0..len as u64).map(|i| T::from_f64(source.uniform(i) * 8.0 - 4.0)).collect()
}

fn sums<T: Real>() -> Vec<Case> {
    let x: Vec<T> = numbers(2 * 9 * 11 * 5);
    let case = |name: &str, y: &[T]| Case { name: format!("kernel/{name}/{}", T::NAME), hash: bits(y) };
    let mut cases =
        vec![case("sum", &[reduce::sum(&x), reduce::sum_squares(&x), reduce::dot(&x, &x), reduce::max(&x)])];
    let mut y = vec![T::ZERO; x.len()];
    for (name, target) in [("sum-rows", [1, 1, 1, 5]), ("sum-inside", [2, 1, 11, 1])] {
        let len = target.iter().product();
        reduce::sum_to(&x, &[2, 9, 11, 5], &target, &mut y[..len]);
        cases.push(case(name, &y[..len]));
    }
    for n in [5, 11, 90] {
        softmax::softmax(&x, n, &mut y);
        cases.push(case(&format!("softmax-{n}"), &y));
        softmax::log_softmax(&x, n, &mut y);
        cases.push(case(&format!("log-softmax-{n}"), &y));
    }
    let window = Window::new([3, 2]).stride([2, 1]).padding([[1, 1], [0, 1]]);
    let shape = Pool2dShape { batch: 2, input: [9, 11], channels: 5, window, output: [5, 11] };
    let (mut pooled, mut index) = (vec![T::ZERO; 2 * 5 * 11 * 5], vec![0; 2 * 5 * 11 * 5]);
    pool::max_pool(&shape, &x, &mut pooled, &mut index);
    pool::max_unpool(&shape, &pooled, &index, &mut y);
    cases.push(case("max-pool", &pooled));
    cases.push(case("max-unpool", &y));
    pool::average_pool(&shape, false, &x, &mut pooled);
    pool::average_pool_gradient(&shape, false, &pooled, &mut y);
    cases.push(case("average-pool", &pooled));
    cases.push(case("average-pool-gradient", &y));
    cases
}
