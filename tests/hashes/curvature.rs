//! Spectra, estimates and searches on a small network in f64.

use super::{Case, hash};
use ndarray::Array2;
use saddlepoint::curvature::{
    CertificateOptions, DataLoss, DensityOptions, GaussNewton, Objective, OnRows, SearchOptions, certify,
    hutchinson, inertia, lanczos_ends, minimize_gradient_norm, newton_mr, spectral_density, symmetric_eigen,
};
use saddlepoint::data::{DataSpec, Examples, load};
use saddlepoint::nn::{Activation, Dense, LayerSpec, MeanSquaredError, Model};
use saddlepoint::{Source, Stream};
use std::sync::Arc;

pub fn cases() -> Vec<Case> {
    draw().unwrap()
}

fn draw() -> saddlepoint::Result<Vec<Case>> {
    let case = |what: &str, numbers: Vec<f64>| Case {
        name: format!("curvature/{what}"),
        hash: hash(numbers.into_iter().map(f64::to_bits)),
    };
    let source = Source::new(2, Stream::PROBE, 0);
    let matrix = Array2::from_shape_fn((40, 40), |(i, j)| source.normal((i.min(j) * 40 + i.max(j)) as u64));
    let eigen = symmetric_eigen(&matrix)?;
    let signs = inertia(&matrix, 0.5)?;

    let examples = Arc::new(Examples::new(load(&DataSpec::Digits {}, 7, &[])?, 0.0, 7)?);
    let layers =
        [(3, Activation::Tanh), (10, Activation::Linear)].map(|(n, a)| LayerSpec::Dense(Dense::new(n, a)));
    let target = DataLoss::<f64>::target_of(&examples);
    let model = Model::new(examples.dataset().shape(), &layers, MeanSquaredError {}.into(), target)?;
    let theta: Vec<f64> = model.table().initial(1);
    let mut loss = DataLoss::<f64>::new(model, examples.clone());
    let rows = &examples.train()[..40];
    let mut product = vec![0.0; theta.len()];
    GaussNewton(OnRows { loss: &mut loss, rows }).product(&theta, &theta, &mut product)?;
    let f = &mut OnRows { loss: &mut loss, rows };
    let ends = lanczos_ends(f, &theta, 12, 1, 3)?;
    let trace = hutchinson(f, &theta, 3, 5)?;
    let options = DensityOptions { steps: 8, probes: 2, points: 20, ..DensityOptions::default() };
    let density = spectral_density(f, &theta, &options)?;
    let few = SearchOptions { steps: 4, inner: 30, ..SearchOptions::default() };
    let near = minimize_gradient_norm(f, &theta, &few)?;
    let found = newton_mr(f, &near.theta, &few)?;
    let certificate = certify(f, &found.theta, &CertificateOptions::default())?;
    Ok(vec![
        case("eigen", eigen.values.into_iter().chain(eigen.vectors).collect()),
        case("inertia", [signs.negative, signs.zero, signs.positive].map(|n| n as f64).to_vec()),
        case("Gauss-Newton product", product),
        case("lanczos", ends.spectrum.values.into_iter().chain(ends.highest[0].vector.clone()).collect()),
        case("trace", trace.diagonal.iter().map(|d| d.mean).chain([trace.trace.error]).collect()),
        case("density", density.density.iter().map(|d| d.mean).collect()),
        case("gradient norm", near.theta),
        case("newton", found.theta),
        case("certificate", certificate.eigenvalues),
    ])
}
