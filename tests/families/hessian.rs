//! Curvature of networks in f64: value, gradient, Hessian and Gauss-Newton matrix by products, eigenvalues, inertia.

#[path = "functions.rs"]
mod functions;

use super::training::words;
use super::{Case, Outcome, Stop, compare, failed, not_yet};
use ndarray::Array2;
use saddlepoint::Shape;
use saddlepoint::curvature::{
    DataLoss, GaussNewton, MAX_HESSIAN, OnRows, Penalty, hessian, inertia, symmetric_eigenvalues,
};
use saddlepoint::data::{Dataset, Examples, Features, Scaler, Scaling, Targets};
use saddlepoint::nn::{Activation, Dense, LayerSpec, Loss, Model};
use std::sync::Arc;

/// What a reader of these files can expect of f64, relative to the size of the Hessian.
const TOLERANCE: f64 = 1e-9;

/// What an eigenvalue is known to beside the size of the Hessian: a few roundings. The logarithm of a small one magnifies it.
const ROUNDING: f64 = 1e-14;

pub fn check(case: &Case<'_>) -> Outcome {
    if case.manifest.get("formula").is_some() {
        return functions::check(case);
    }
    let beside = case.beside(&[
        "id",
        "about",
        "data",
        "layers",
        "activation",
        "loss",
        "l2",
        "param_order",
        "n_params",
        "loss_value",
        "grad_norm",
        "trace",
        "frobenius",
        "top5",
        "bottom5",
        "negative_eigenvalues",
        "logdet_abs",
        "full_hessian",
    ]);
    if let Some(key) = beside {
        return not_yet(format!("the manifest says something of `{key}`"));
    }
    let (loss, places) = network(case)?;
    let penalty = Penalty::new(0.0, case.number("l2")?, true, loss.model().table());
    let mut loss = loss.with_penalty(penalty);
    let rows = loss.examples().train().to_vec();
    let n = places.len();
    let ours = |theirs: &[f64]| {
        let mut theta = vec![0.0; n];
        places.iter().zip(theirs).for_each(|(&i, &v)| theta[i] = v);
        theta
    };
    let theirs = |ours: &[f64]| -> Vec<f64> { places.iter().map(|&i| ours[i]).collect() };
    let theta = ours(&case.tensor("w")?.values);

    let mut gradient = vec![0.0; n];
    let value = loss.gradient(&rows, &theta, &mut gradient)?;
    compare("loss", &[value], &[case.number("loss_value")?], TOLERANCE, TOLERANCE)?;
    compare("gradient", &theirs(&gradient), &case.tensor("grad")?.values, TOLERANCE, TOLERANCE)?;
    let norm = gradient.iter().map(|g| g * g).sum::<f64>().sqrt();
    compare("gradient norm", &[norm], &[case.number("grad_norm")?], TOLERANCE, TOLERANCE)?;

    let size = TOLERANCE * case.number("frobenius")?;
    let (directions, products) = (case.tensor("v")?, case.tensor("hv")?);
    for (i, (v, want)) in directions.values.chunks_exact(n).zip(products.values.chunks_exact(n)).enumerate() {
        let mut product = vec![0.0; n];
        loss.product(&rows, &theta, &ours(v), &mut product)?;
        compare(&format!("Hessian-vector product {i}"), &theirs(&product), want, TOLERANCE, size)?;
    }
    if let Some(products) = case.find("gauss_newton_v") {
        for (i, (v, want)) in
            directions.values.chunks_exact(n).zip(products.values.chunks_exact(n)).enumerate()
        {
            let mut product = vec![0.0; n];
            loss.gauss_newton(&rows, &theta, &ours(v), &mut product)?;
            compare(&format!("Gauss-Newton product {i}"), &theirs(&product), want, TOLERANCE, size)?;
        }
    }
    if n > MAX_HESSIAN {
        return Ok(" (without the whole spectrum, for its size)");
    }
    if let Some(want) = case.find("gauss_newton_eigenvalues") {
        let matrix = hessian(&mut GaussNewton(OnRows { loss: &mut loss, rows: &rows }), &theta)?;
        let mut values = symmetric_eigenvalues(&matrix)?;
        values.reverse();
        compare("Gauss-Newton eigenvalues", &values, &want.values, TOLERANCE, size)?;
    }

    let matrix = hessian(&mut OnRows { loss: &mut loss, rows: &rows }, &theta)?;
    if let Some(want) = case.find("hessian") {
        let ordered = Array2::from_shape_fn((n, n), |(i, j)| matrix[[places[i], places[j]]]);
        let got: Vec<f64> = ordered.iter().copied().collect();
        compare("Hessian", &got, &want.values, TOLERANCE, size)?;
    }
    let frobenius = matrix.iter().map(|v| v * v).sum::<f64>().sqrt();
    compare("Frobenius norm", &[frobenius], &[case.number("frobenius")?], TOLERANCE, 0.0)?;
    compare("trace", &[matrix.diag().sum()], &[case.number("trace")?], TOLERANCE, size)?;
    let mut values = symmetric_eigenvalues(&matrix)?;
    values.reverse();
    spectrum(case, &values, size)?;
    let found = inertia(&matrix, size)?;
    let counted =
        [values.iter().filter(|v| **v < -size).count(), values.iter().filter(|v| **v > size).count()];
    if [found.negative, found.positive] != counted {
        return failed(format!("{found:?} by factorisation, {counted:?} eigenvalues below and above zero"));
    }
    Ok("")
}

/// Eigenvalues, largest first.
fn spectrum(case: &Case<'_>, values: &[f64], size: f64) -> Result<(), Stop> {
    if let Some(want) = case.find("eigenvalues") {
        compare("eigenvalues", values, &want.values, TOLERANCE, size)?;
    }
    let list = |key: &str| -> Vec<f64> {
        case.manifest[key].as_array().into_iter().flatten().filter_map(|v| v.as_f64()).collect()
    };
    let (top, bottom) = (list("top5"), list("bottom5"));
    if top.len() > values.len() || bottom.len() > values.len() {
        return failed("more eigenvalues than parameters");
    }
    compare("largest eigenvalues", &values[..top.len()], &top, TOLERANCE, size)?;
    compare("smallest eigenvalues", &values[values.len() - bottom.len()..], &bottom, TOLERANCE, size)?;
    // the sign of an eigenvalue that is zero but for rounding says nothing
    let below = |limit: f64| values.iter().filter(|v| **v < limit).count() as f64;
    let negative = case.number("negative_eigenvalues")?;
    if !(below(-size)..=below(size)).contains(&negative) {
        return failed(format!("{} negative eigenvalues instead of {negative}", below(0.0)));
    }
    let certain = values.iter().all(|v| v.abs() > size);
    if let Some(want) = case.manifest["logdet_abs"].as_f64().filter(|_| certain) {
        let got: f64 = values.iter().map(|v| libm::log(v.abs())).sum();
        let magnified: f64 = values.iter().map(|v| ROUNDING * size / TOLERANCE / v.abs()).sum();
        compare("log of the determinant", &[got], &[want], TOLERANCE, TOLERANCE + magnified)?;
    }
    Ok(())
}

/// The network on its data, and the place in our theta of each place in theirs.
fn network(case: &Case<'_>) -> Result<(DataLoss<f64>, Vec<usize>), Stop> {
    let widths: Vec<usize> = case.manifest["layers"]
        .as_array()
        .into_iter()
        .flatten()
        .filter_map(|v| v.as_u64())
        .map(|v| v as usize)
        .collect();
    let &[input, .., output] = &widths[..] else { return failed("at least two layer sizes expected") };
    if !case.text("param_order")?.starts_with("w1 [out,in] row-major, b1, w2, b2") {
        return not_yet("another order of parameters");
    }
    let activation = match case.text("activation")? {
        "none" | "identity" => Activation::Linear,
        name => serde_json::from_value(words::activation(name)?).map_err(|e| Stop::Failed(e.to_string()))?,
    };
    // the penalty is the number `l2`
    let words = case.text("loss")?;
    let loss = words::loss(words.strip_suffix(" + l2/2 |w|^2").unwrap_or(words))?;
    let (x, y) = (case.tensor("x")?, case.tensor("y")?);
    let rows = x.values.len() / input;
    let matrix = |values: &[f64], columns: usize| {
        Array2::from_shape_vec((rows, columns), values.to_vec()).map_err(|e| Stop::Failed(e.to_string()))
    };
    let names = (0..output).map(|i| i.to_string()).collect();
    let targets = match loss {
        Loss::SoftmaxCrossEntropy(_) if y.values.len() == rows => {
            Targets::Classes { labels: y.indices()?, names }
        }
        _ => Targets::Reals { values: matrix(&y.values, output)?, names },
    };
    let set =
        Dataset::new("reference", Shape::from([input]), Features::Reals(matrix(&x.values, input)?), targets)?;
    let as_it_is = Scaling { features: Scaler::None {}, targets: Scaler::None {} };
    let examples = Arc::new(Examples::new(set, 0.0, 0)?.with_scaling(as_it_is)?);
    let last = widths.len() - 2;
    let layer = |(i, &units): (usize, &usize)| {
        LayerSpec::Dense(Dense::new(units, if i < last { activation } else { Activation::Linear }))
    };
    let layers: Vec<LayerSpec> = widths[1..].iter().enumerate().map(layer).collect();
    let target = DataLoss::<f64>::target_of(&examples);
    let model = Model::new(examples.dataset().shape(), &layers, loss, target)?;

    // both go layer by layer, kernel before bias; our kernels are (in, out)
    let (mut places, mut start) = (Vec::new(), 0);
    for w in widths.windows(2) {
        let (fan_in, fan_out) = (w[0], w[1]);
        places.extend((0..fan_in * fan_out).map(|i| start + i % fan_in * fan_out + i / fan_in));
        start += fan_in * fan_out;
        places.extend(start..start + fan_out);
        start += fan_out;
    }
    if model.table().len() != places.len() || case.number("n_params")? != places.len() as f64 {
        return failed(format!("{} parameters instead of {}", model.table().len(), case.number("n_params")?));
    }
    Ok((DataLoss::new(model, examples), places))
}
