//! Curvature of a small tanh network against reference values, where the reference files are at hand; Gauss-Newton
//! products against what the Jacobian gives.
//!
//! `ORACLE_DIR` names their directory, by default `../shared/oracle`.

use ndarray::Array2;
use saddlepoint::curvature::{
    DataLoss, GaussNewton, OnRows, hessian, lanczos, symmetric_eigen, symmetric_eigenvalues,
};
use saddlepoint::data::{Dataset, Examples, Features, Scaler, Scaling, Targets};
use saddlepoint::kernels::Real;
use saddlepoint::nn::{Activation, Dense, LayerSpec, Loss, MeanSquaredError, Model, SoftmaxCrossEntropy};
use saddlepoint::{Shape, Source, Stream};
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

/// Twelve examples of three features, with three classes or three numbers to predict, through 3 -> 5 -> 4 -> 3.
fn deep(hidden: Activation, last: Activation, loss: Loss) -> DataLoss<f64> {
    let source = Source::new(9, Stream::PROBE, 0);
    let table =
        |from: usize| Array2::from_shape_fn((12, 3), |(i, j)| source.normal((from + 3 * i + j) as u64));
    let names = ["a", "b", "c"].map(str::to_owned).to_vec();
    let targets = match loss {
        Loss::SoftmaxCrossEntropy(_) => {
            Targets::Classes { labels: (0..12).map(|i| i * 5 % 3).collect(), names }
        }
        _ => Targets::Reals { values: table(100), names },
    };
    let set = Dataset::new("drawn", Shape::new(&[3]), Features::Reals(table(0)), targets).unwrap();
    let as_it_is = Scaling { features: Scaler::None {}, targets: Scaler::None {} };
    let examples = Arc::new(Examples::new(set, 0.0, 0).unwrap().with_scaling(as_it_is).unwrap());
    let layers = [(5, hidden), (4, hidden), (3, last)].map(|(n, a)| LayerSpec::Dense(Dense::new(n, a)));
    let target = DataLoss::<f64>::target_of(&examples);
    DataLoss::new(Model::new(examples.dataset().shape(), &layers, loss, target).unwrap(), examples)
}

/// v . G v is the mean of `(J v) . S (J v)` over the examples: J v by central differences of what the network puts out,
/// S by hand, which is 2 / 3 for the mean of three squares and the covariance of a class's indicator for cross-entropy.
#[test]
fn gauss_newton_products_are_those_of_the_jacobian() {
    let squares = || Loss::from(MeanSquaredError {});
    let cases = [
        (Activation::Tanh, Activation::Linear, squares()),
        (Activation::Gelu, Activation::Sigmoid, squares()),
        (Activation::Softplus { beta: 1.0 }, Activation::Tanh, squares()),
        (Activation::Silu, Activation::Softmax, SoftmaxCrossEntropy::default().into()),
        (Activation::LeakyRelu { slope: 0.1 }, Activation::Softmax, SoftmaxCrossEntropy::default().into()),
    ];
    for (hidden, last, kind) in cases {
        let classes = matches!(kind, Loss::SoftmaxCrossEntropy(_));
        let mut loss = deep(hidden, last, kind);
        let rows = loss.examples().train().to_vec();
        let theta: Vec<f64> = loss.model().table().initial(3);
        let source = Source::new(10, Stream::PROBE, 0);
        let v: Vec<f64> = (0..theta.len() as u64).map(|i| source.normal(i)).collect();
        let mut product = vec![0.0; theta.len()];
        loss.gauss_newton(&rows, &theta, &v, &mut product).unwrap();
        let got: f64 = v.iter().zip(&product).map(|(v, p)| v * p).sum();

        let mut outputs = |step: f64| {
            let moved: Vec<f64> = theta.iter().zip(&v).map(|(t, v)| t + step * v).collect();
            loss.evaluate(&rows, &moved).unwrap().predictions
        };
        let (here, up, down) = (outputs(0.0), outputs(1e-5), outputs(-1e-5));
        let mut want = 0.0;
        for i in (0..here.len()).step_by(3) {
            // of softmax the logits are known up to a constant, which the covariance does not see
            let moved = |k: usize| match classes {
                true => libm::log(up[k] / down[k]) / 2e-5,
                false => (up[k] - down[k]) / 2e-5,
            };
            let weight = |k: usize| if classes { here[k] } else { 2.0 / 3.0 };
            let squares: f64 = (i..i + 3).map(|k| weight(k) * moved(k).powi(2)).sum();
            let mean: f64 = (i..i + 3).map(|k| weight(k) * moved(k)).sum();
            want += (squares - if classes { mean * mean } else { 0.0 }) / 12.0;
        }
        close(got / want, 1.0, 1e-6, &format!("{hidden:?}, {last:?}"));

        // it has no negative eigenvalue, which the Hessian of these networks has
        let mut gauss_newton = GaussNewton(OnRows { loss: &mut loss, rows: &rows });
        let values = symmetric_eigenvalues(&hessian(&mut gauss_newton, &theta).unwrap()).unwrap();
        assert!(values[0] > -1e-12, "{hidden:?}: {}", values[0]);
    }
}

/// Every layer of the list, in front of a dense one: u . G v = v . G u and v . G v >= 0. Where the targets are what the
/// network puts out the loss is flat in the outputs, so the Hessian is the Gauss-Newton matrix.
#[test]
fn gauss_newton_products_are_right_through_every_layer() {
    let source = Source::new(11, Stream::PROBE, 0);
    let mut equal = 0;
    for (layer, dims) in LayerSpec::cases() {
        let name = format!("{layer:?}");
        let (rows, width) = (3, dims.iter().product::<usize>());
        // tokens, where they are asked for, are whole numbers from 0
        let token = |i: usize| (i % 2) as f64;
        let number = |i: usize| source.normal(i as u64);
        let tokens = name.starts_with("Embedding");
        let on = |values: Array2<f64>| {
            let x = Array2::from_shape_fn((rows, width), |(i, j)| {
                if tokens { token(i + j) } else { number(i * width + j) }
            });
            let targets = Targets::Reals { values, names: vec!["a".into(), "b".into()] };
            let set = Dataset::new("drawn", Shape::new(&dims), Features::Reals(x), targets).unwrap();
            let as_it_is = Scaling { features: Scaler::None {}, targets: Scaler::None {} };
            let examples = Arc::new(Examples::new(set, 0.0, 0).unwrap().with_scaling(as_it_is).unwrap());
            let after = ["{\"type\":\"flatten\"}", "{\"type\":\"dense\",\"units\":2}"];
            let after = after.map(|json| serde_json::from_str::<LayerSpec>(json).unwrap());
            let layers: Vec<LayerSpec> = [layer.clone()].into_iter().chain(after).collect();
            let target = DataLoss::<f64>::target_of(&examples);
            let shape = examples.dataset().shape();
            let model = Model::new(shape, &layers, MeanSquaredError {}.into(), target).unwrap();
            DataLoss::<f64>::new(model, examples)
        };
        let mut loss = on(Array2::from_shape_fn((rows, 2), |(i, j)| number(1000 + 2 * i + j)));
        let batch = loss.examples().train().to_vec();
        let n = loss.model().table().len();
        let theta: Vec<f64> = loss.model().table().initial(3);
        let [u, v] = [2000, 5000].map(|from| (0..n).map(|i| number(from + i)).collect::<Vec<f64>>());
        let (mut gu, mut gv, mut hv) = (vec![0.0; n], vec![0.0; n], vec![0.0; n]);
        loss.gauss_newton(&batch, &theta, &u, &mut gu).unwrap();
        loss.gauss_newton(&batch, &theta, &v, &mut gv).unwrap();
        let dot = |a: &[f64], b: &[f64]| a.iter().zip(b).map(|(a, b)| a * b).sum::<f64>();
        close(dot(&u, &gv), dot(&v, &gu), 1e-9, &name);
        assert!(dot(&v, &gv) >= 0.0, "{name}");

        let outputs = loss.evaluate(&batch, &theta).unwrap().predictions;
        let mut loss = on(Array2::from_shape_vec((rows, 2), outputs).unwrap());
        let value = loss.gradient(&batch, &theta, &mut hv).unwrap();
        // layers that are another function in training do not put out what evaluation does
        if value < 1e-20 {
            loss.gauss_newton(&batch, &theta, &v, &mut gv).unwrap();
            loss.product(&batch, &theta, &v, &mut hv).unwrap();
            gv.iter().zip(&hv).for_each(|(g, h)| close(*g, *h, 1e-9, &name));
            equal += 1;
        }
    }
    assert!(equal > 20, "only {equal} layers");
}
