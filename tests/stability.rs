//! What full-batch gradient descent does to the largest curvature, and what curvature costs.
#![cfg(not(target_family = "wasm"))]

use saddlepoint::curvature::{DataLoss, OnRows, lambda_max, lanczos_ends};
use saddlepoint::data::{Examples, digits};
use saddlepoint::nn::{Activation, Dense, LayerSpec, MeanSquaredError, Model};
use std::sync::Arc;
use std::time::Instant;

/// Digits through tanh layers of these widths, with the mean squared error of ten outputs.
fn network(hidden: &[usize]) -> DataLoss<f64> {
    let examples = Arc::new(Examples::new(digits().unwrap(), 0.0, 0).unwrap());
    let mut layers: Vec<LayerSpec> =
        hidden.iter().map(|&units| LayerSpec::Dense(Dense::new(units, Activation::Tanh))).collect();
    layers.push(LayerSpec::Dense(Dense::new(10, Activation::Linear)));
    let target = DataLoss::<f64>::target_of(&examples);
    let model = Model::new(examples.dataset().shape(), &layers, MeanSquaredError {}.into(), target).unwrap();
    DataLoss::new(model, examples)
}

/// Full-batch descent on 200 digits from small weights: eta lambda_max / 2 at the start, its values at the end, the
/// share of late steps that raise the loss, and the loss before and after the late part.
fn descend(eta: f64, steps: usize) -> (f64, Vec<f64>, f64, [f64; 2]) {
    let mut loss = network(&[20, 20]);
    let rows = loss.examples().train()[..200].to_vec();
    let mut theta: Vec<f64> = loss.model().table().initial(1);
    theta.iter_mut().for_each(|t| *t *= 0.5);
    let mut gradient = vec![0.0; theta.len()];
    let late = steps * 2 / 3;
    let (mut start, mut end, mut rises, mut before, mut ends) = (0.0, Vec::new(), 0, f64::INFINITY, [0.0; 2]);
    for step in 0..=steps {
        let value = loss.gradient(&rows, &theta, &mut gradient).unwrap();
        if step == 0 || step >= late && step % 25 == 0 {
            let lambda = lambda_max(&mut OnRows { loss: &mut loss, rows: &rows }, &theta, 15).unwrap();
            if step == 0 {
                start = eta * lambda / 2.0;
            } else {
                end.push(eta * lambda / 2.0);
            }
        }
        if step == late {
            ends[0] = value;
        } else if step > late {
            rises += usize::from(value > before);
            ends[1] = value;
        }
        before = value;
        theta.iter_mut().zip(&gradient).for_each(|(t, g)| *t -= eta * g);
    }
    (start, end, rises as f64 / (steps - late) as f64, ends)
}

/// Cohen, Kaur, Li, Kolter, Talwalkar 2021: lambda_max rises to 2 / eta and stays about there, whatever eta is; the
/// loss goes up and down there from step to step and falls all the same.
#[test]
fn the_largest_curvature_rises_to_the_edge_of_stability_and_hovers_there() {
    for (eta, steps) in [(1.0, 1200), (0.7, 1500)] {
        let (start, end, rises, [middle, last]) = descend(eta, steps);
        let mean = end.iter().sum::<f64>() / end.len() as f64;
        println!(
            "eta {eta}: eta lambda / 2 from {start:.3} to {mean:.3}, {end:.3?}; {rises:.2} of steps rise"
        );
        assert!(start < 0.6, "eta {eta}: {start} at the start");
        assert!((0.95..1.1).contains(&mean), "eta {eta}: {mean} at the end");
        assert!(end.iter().all(|x| (0.85..1.25).contains(x)), "eta {eta}: {end:?}");
        assert!(rises > 0.1, "eta {eta}: the loss rises in {rises} of the steps");
        assert!(last < 0.95 * middle, "eta {eta}: from {middle} to {last}");
    }
}

/// 64-112-20-10 on 512 digits, the fastest of 15 runs each, and of up to 400 while another load slows some of them: a Hessian-vector product costs less than three
/// gradients, so forty Lanczos steps less than a hundred and fifty.
#[test]
fn a_hessian_vector_product_costs_less_than_three_gradients() {
    let mut loss = network(&[112, 20]);
    let rows = loss.examples().train()[..512].to_vec();
    let theta: Vec<f64> = loss.model().table().initial(1);
    let v = theta.clone();
    let mut out = vec![0.0; theta.len()];
    let mut fastest = [f64::INFINITY; 3];
    for round in 0..400 {
        for (which, fastest) in fastest.iter_mut().enumerate() {
            let start = Instant::now();
            match which {
                0 => loss.gradient(&rows, &theta, &mut out).map(|_| ()),
                1 => loss.product(&rows, &theta, &v, &mut out),
                _ => loss.gauss_newton(&rows, &theta, &v, &mut out),
            }
            .unwrap();
            *fastest = fastest.min(start.elapsed().as_secs_f64());
        }
        if round >= 15 && fastest[1].max(fastest[2]) < 2.9 * fastest[0] {
            break;
        }
    }
    let [gradient, product, gauss_newton] = fastest;
    let start = Instant::now();
    lanczos_ends(&mut OnRows { loss: &mut loss, rows: &rows }, &theta, 40, 5, 0).unwrap();
    println!(
        "{} parameters: gradient {:.2} ms, Hessian-vector product {:.2} of it, Gauss-Newton {:.2}, 40 steps of Lanczos {:.0} ms",
        theta.len(),
        1e3 * gradient,
        product / gradient,
        gauss_newton / gradient,
        1e3 * start.elapsed().as_secs_f64()
    );
    assert!(product < 3.0 * gradient, "{product} s for {gradient} s");
    assert!(gauss_newton < 3.0 * gradient, "{gauss_newton} s for {gradient} s");
}
