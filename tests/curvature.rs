//! Curvature of a small tanh network against reference values, where the reference files are at hand.
//!
//! `ORACLE_DIR` names their directory, by default `../shared/oracle`.

use ndarray::Array2;
use saddlepoint::Shape;
use saddlepoint::curvature::{DataLoss, OnRows, hessian, lanczos, symmetric_eigen};
use saddlepoint::data::{Dataset, Examples, Features, Scaler, Scaling, Targets};
use saddlepoint::kernels::Real;
use saddlepoint::nn::{Activation, Dense, LayerSpec, MeanSquaredError, Model};
use safetensors::{Dtype, SafeTensors};
use std::path::PathBuf;
use std::sync::Arc;

const INPUTS: usize = 2;
const HIDDEN: usize = 5;

/// The arrays of the case `tanh_251_random`.
struct Case(Vec<u8>);

impl Case {
    fn read() -> Option<Self> {
        let folder = std::env::var_os("ORACLE_DIR").map_or_else(
            || PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("../shared/oracle"),
            PathBuf::from,
        );
        std::fs::read(folder.join("hessian.safetensors")).ok().map(Self)
    }

    fn get(&self, role: &str) -> Vec<f64> {
        let file = SafeTensors::deserialize(&self.0).unwrap();
        let tensor = file.tensor(&format!("tanh_251_random/{role}")).unwrap();
        let data = tensor.data();
        match tensor.dtype() {
            Dtype::F64 => data.chunks_exact(8).map(|b| f64::from_le_bytes(b.try_into().unwrap())).collect(),
            _ => data.chunks_exact(4).map(|b| f64::from(f32::from_le_bytes(b.try_into().unwrap()))).collect(),
        }
    }
}

/// Place in our theta of each place in the reference's, whose kernels are (out, in).
fn places() -> Vec<usize> {
    let first = (0..HIDDEN * INPUTS).map(|i| (i % INPUTS) * HIDDEN + i / INPUTS);
    first.chain(HIDDEN * INPUTS..HIDDEN * INPUTS + 2 * HIDDEN + 1).collect()
}

fn ours<T: Real>(reference: &[f64]) -> Vec<T> {
    let mut theta = vec![T::ZERO; reference.len()];
    places().iter().zip(reference).for_each(|(&i, &x)| theta[i] = T::from_f64(x));
    theta
}

fn loss<T: Real>(case: &Case) -> DataLoss<T> {
    let (x, y) = (case.get("x"), case.get("y"));
    let n = y.len();
    let features = Features::Reals(Array2::from_shape_vec((n, INPUTS), x).unwrap());
    let targets =
        Targets::Reals { values: Array2::from_shape_vec((n, 1), y).unwrap(), names: vec!["y".into()] };
    let set = Dataset::new("reference", Shape::new(&[INPUTS]), features, targets).unwrap();
    let as_it_is = Scaling { features: Scaler::None {}, targets: Scaler::None {} };
    let examples = Arc::new(Examples::new(set, 0.0, 0).unwrap().with_scaling(as_it_is).unwrap());
    let layers = [(HIDDEN, Activation::Tanh), (1, Activation::Linear)]
        .map(|(n, a)| LayerSpec::Dense(Dense::new(n, a)));
    let target = DataLoss::<T>::target_of(&examples);
    let model = Model::new(examples.dataset().shape(), &layers, MeanSquaredError {}.into(), target).unwrap();
    DataLoss::new(model, examples)
}

fn close(got: f64, want: f64, tolerance: f64, what: &str) {
    assert!((got - want).abs() <= tolerance * (1.0 + want.abs()), "{what}: {got} for {want}");
}

#[test]
fn curvature_of_a_network_is_the_reference_one() {
    let Some(case) = Case::read() else {
        println!("skipped: no reference files; set ORACLE_DIR to their directory");
        return;
    };
    let mut loss = loss::<f64>(&case);
    let rows = loss.examples().train().to_vec();
    let theta = ours::<f64>(&case.get("w"));
    let n = theta.len();

    let mut gradient = vec![0.0; n];
    close(loss.gradient(&rows, &theta, &mut gradient).unwrap(), 2.603_388_501_446_374_5, 1e-14, "loss");
    for (got, want) in gradient.iter().zip(ours::<f64>(&case.get("grad"))) {
        close(*got, want, 1e-13, "gradient");
    }

    let mut objective = OnRows { loss: &mut loss, rows: &rows };
    let h = hessian(&mut objective, &theta).unwrap();
    let (reference, places) = (case.get("hessian"), places());
    for i in 0..n {
        for j in 0..n {
            close(h[[places[i], places[j]]], reference[i * n + j], 1e-13, "Hessian");
        }
    }
    let (directions, products) = (case.get("v"), case.get("hv"));
    for (v, hv) in directions.chunks_exact(n).zip(products.chunks_exact(n)) {
        let mut product = vec![0.0; n];
        objective.loss.product(&rows, &theta, &ours::<f64>(v), &mut product).unwrap();
        for (got, want) in product.iter().zip(ours::<f64>(hv)) {
            close(*got, want, 1e-13, "Hessian-vector product");
        }
    }

    let mut eigenvalues = case.get("eigenvalues");
    eigenvalues.sort_by(f64::total_cmp);
    for (got, want) in symmetric_eigen(&h).unwrap().values.iter().zip(&eigenvalues) {
        close(*got, *want, 1e-13, "eigenvalue");
    }
    let spectrum = lanczos(&mut objective, &theta, n, 5).unwrap();
    close(spectrum.max(), eigenvalues[n - 1], 1e-12, "largest by Lanczos");
    close(spectrum.min(), eigenvalues[0], 1e-12, "smallest by Lanczos");
}

#[test]
fn products_in_f32_find_the_ends_of_the_spectrum() {
    let Some(case) = Case::read() else {
        println!("skipped: no reference files; set ORACLE_DIR to their directory");
        return;
    };
    let mut loss = loss::<f32>(&case);
    let rows = loss.examples().train().to_vec();
    let theta = ours::<f32>(&case.get("w"));
    let spectrum = lanczos(&mut OnRows { loss: &mut loss, rows: &rows }, &theta, 18, 5).unwrap();
    let eigenvalues = case.get("eigenvalues");
    close(spectrum.max(), eigenvalues.iter().copied().fold(f64::MIN, f64::max), 1e-5, "largest");
    close(spectrum.min(), eigenvalues.iter().copied().fold(f64::MAX, f64::min), 1e-5, "smallest");
}
