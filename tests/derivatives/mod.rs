//! First and second derivatives against central differences in f64.

#![allow(dead_code, reason = "each test file is a program of its own and uses a part of this module")]

use crate::program::{Feeds, Runner};
use saddlepoint::{Buffer, Graph, Value};

/// Steps of `h` and `2 h` give a difference quotient whose error is `h^4 f''''' / 30` (below 1e-11 for these
/// functions) beside a rounding error of about `2^-53 / h = 5e-13` for values around 1.
const STEP: f64 = 2.5e-4;

/// The sum of both errors, for values and fifth derivatives up to a few hundred.
const DIFFERENCE_TOLERANCE: f64 = 1e-9;

/// Fails with the place of the worst entry if `got` and `want` differ by more than `tolerance` times the largest entry.
pub fn assert_close(name: &str, got: &[f64], want: &[f64], tolerance: f64) {
    assert_eq!(got.len(), want.len(), "{name}: number of entries");
    let scale = want.iter().fold(1.0, |m: f64, v| m.max(v.abs()));
    for (i, (g, w)) in got.iter().zip(want).enumerate() {
        // written so that NaN fails
        let close = (g - w).abs() <= tolerance * scale;
        assert!(close, "{name}: entry {i} is {g:e} instead of {w:e}, off by {:e} of {scale:e}", g - w);
    }
}

/// `sum_j weight_j d f_j / d theta_i` for each i of `range` by central differences.
fn differences(
    f: &mut Runner<f64>,
    feeds: &Feeds,
    range: std::ops::Range<usize>,
    weight: &[f64],
) -> Vec<f64> {
    let mut feeds = feeds.clone();
    range
        .map(|i| {
            let centre = feeds.reals[Buffer::Theta as usize][i];
            let mut at = |steps: f64| {
                feeds.reals[Buffer::Theta as usize][i] = centre + steps * STEP;
                f.run(&feeds)
            };
            let [a, b, c, d] = [-2.0, -1.0, 1.0, 2.0].map(&mut at);
            feeds.reals[Buffer::Theta as usize][i] = centre;
            // the differences are taken entry by entry: most are 0, and sums would only add rounding
            let slope = |j: usize| (8.0 * (c[j] - b[j]) - (d[j] - a[j])) / (12.0 * STEP);
            weight.iter().enumerate().map(|(j, w)| w * slope(j)).sum()
        })
        .collect()
}

/// Checks both derivatives of `ys` in the direction of `cotangents`. Theta holds the `parameters` one after the other,
/// behind them a cotangent for each of `ys`; the direction is as long as theta.
pub fn check(name: &str, graph: &mut Graph, [ys, parameters, cotangents]: [&[Value]; 3], feeds: &Feeds) {
    let seeds: Vec<(Value, Value)> = ys.iter().copied().zip(cotangents.iter().copied()).collect();
    let gradient = graph.pull_back(&seeds, parameters).unwrap();
    let count: usize = parameters.iter().map(|&p| graph.shape(p).len()).sum();
    let total = feeds.reals[Buffer::Theta as usize].len();

    let mut value = Runner::<f64>::new(graph, ys);
    let mut first = Runner::<f64>::new(graph, &gradient);
    let cotangent = &feeds.reals[Buffer::Theta as usize][count..];
    let want = differences(&mut value, feeds, 0..count, cotangent);
    assert_close(&format!("{name}: gradient"), &first.run(feeds), &want, DIFFERENCE_TOLERANCE);

    // d (gradient . v) with respect to the inputs and to the cotangent
    let (mut inner, mut offset) = (graph.constant(0.0).unwrap(), 0);
    for &part in &gradient {
        let shape = graph.shape(part).clone();
        let v = graph.input(Buffer::Direction, offset, shape.clone()).unwrap();
        offset += shape.len();
        let product = graph.mul(part, v).unwrap();
        let sum = graph.sum_all(product).unwrap();
        inner = graph.add(inner, sum).unwrap();
    }
    let wrt = [parameters, cotangents].concat();
    let second = graph.gradient(inner, &wrt).unwrap();
    let mut second = Runner::<f64>::new(graph, &second);
    let direction = &feeds.reals[Buffer::Direction as usize][..count];
    let want = differences(&mut first, feeds, 0..total, direction);
    assert_close(&format!("{name}: second derivative"), &second.run(feeds), &want, DIFFERENCE_TOLERANCE);
}
