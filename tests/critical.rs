//! Critical points of networks whose critical points are known.

use ndarray::Array2;
use saddlepoint::curvature::{
    Certificate, CertificateOptions, DataLoss, IndexOptions, Objective, OnRows, Penalty, SearchOptions,
    Verdict, certify, index_point, minimize_gradient_norm, newton_mr, symmetric_eigen,
};
use saddlepoint::data::{Dataset, Examples, Features, Scaler, Scaling, Targets, iris};
use saddlepoint::nn::{Activation, Dense, LayerSpec, MeanSquaredError, Model, SoftmaxCrossEntropy};
use saddlepoint::{Result, Shape, Source, Stream};
use std::collections::BTreeSet;
use std::sync::Arc;

/// Eigenvalues of the covariance of the data.
const LAMBDA: [f64; 5] = [3.0, 2.0, 1.2, 0.7, 0.3];
const N: usize = LAMBDA.len();
/// Units in the middle.
const P: usize = 2;

/// A linear network N -> P -> N without biases that is to give back its input, and the eigenvectors of the data's
/// covariance, in rows. The data are `+-sqrt(N lambda_i) q_i`, whose mean is 0 and whose covariance is exact.
fn autoencoder() -> (DataLoss<f64>, Array2<f64>) {
    let source = Source::new(1, Stream::PROBE, 0);
    let random = Array2::from_shape_fn((N, N), |(i, j)| source.normal((i.min(j) * N + i.max(j)) as u64));
    let q = symmetric_eigen(&random).unwrap().vectors;
    let rows = Array2::from_shape_fn((2 * N, N), |(r, c)| {
        let (i, sign) = (r / 2, if r % 2 == 0 { 1.0 } else { -1.0 });
        sign * (N as f64 * LAMBDA[i]).sqrt() * q[[i, c]]
    });
    let names = (0..N).map(|i| i.to_string()).collect();
    let targets = Targets::Reals { values: rows.clone(), names };
    let set = Dataset::new("autoencoder", Shape::from([N]), Features::Reals(rows), targets).unwrap();
    let as_it_is = Scaling { features: Scaler::None {}, targets: Scaler::None {} };
    let examples = Arc::new(Examples::new(set, 0.0, 0).unwrap().with_scaling(as_it_is).unwrap());
    let layers = [P, N]
        .map(|units| LayerSpec::Dense(Dense { use_bias: false, ..Dense::new(units, Activation::Linear) }));
    let target = DataLoss::<f64>::target_of(&examples);
    let model = Model::new(examples.dataset().shape(), &layers, MeanSquaredError {}.into(), target).unwrap();
    (DataLoss::new(model, examples), q)
}

/// The eigenvectors that the network lets through, if it is the projection on some of them.
fn kept(theta: &[f64], q: &Array2<f64>) -> Option<BTreeSet<usize>> {
    let first = Array2::from_shape_vec((N, P), theta[..N * P].to_vec()).unwrap();
    let second = Array2::from_shape_vec((P, N), theta[N * P..].to_vec()).unwrap();
    let map = q.dot(&first).dot(&second).dot(&q.t());
    let projection = |(i, j): (usize, usize)| {
        let rounded = map[[i, j]].round();
        (map[[i, j]] - rounded).abs() < 1e-6 && (i == j || rounded == 0.0) && (0.0..=1.0).contains(&rounded)
    };
    let all = (0..N).flat_map(|i| (0..N).map(move |j| (i, j))).all(projection);
    all.then(|| (0..N).filter(|&i| map[[i, i]] > 0.5).collect())
}

/// Loss, index and number of zero eigenvalues (the last for full rank) of the critical point that keeps the set I.
///
/// With W = A B, A (N, P), B (P, N), and covariance S = sum of lambda_i u_i u_i^T, the loss is
/// `tr((I - W) S (I - W)^T) / N`. At a critical point W is the projection on eigenvectors I, at most P of them (Baldi, Hornik
/// 1989), so the loss is the sum of the other lambda over N. Up to `A C, C^-1 B`, which leaves the loss and by
/// Sylvester's law the inertia as they are, A = (u_i for i in I, 0) and B = A^T. To second order there the loss falls apart:
///
/// - i in I, j not: A's column i moves by a u_j, B's row i by b u_j^T, and the loss changes by
///   `lambda_i a^2 + lambda_j b^2 - 2 lambda_j a b`, of determinant `lambda_j (lambda_i - lambda_j)`: one negative
///   direction if lambda_j > lambda_i, none otherwise.
/// - i, k in I: only the sum of a movement of A and one of B counts, a square: |I|^2 zeros and nothing negative.
/// - a unit that is not used, A's column a u_j, B's row b u_k^T: the change is `-2 lambda_j a b` for j = k not in
///   I, of one negative direction each, and 0 otherwise.
///
/// So the index is the number of pairs (i in I, j not in I) with lambda_j > lambda_i, and `P - |I|` times the number of
/// j not in I.
fn analytic(kept: &BTreeSet<usize>) -> (f64, usize, usize) {
    let others = || (0..N).filter(|j| !kept.contains(j));
    let pairs = kept.iter().map(|&i| others().filter(|&j| LAMBDA[j] > LAMBDA[i]).count()).sum::<usize>();
    let loss = others().map(|j| LAMBDA[j]).sum::<f64>() / N as f64;
    (loss, pairs + (P - kept.len()) * others().count(), kept.len() * kept.len())
}

#[test]
fn every_critical_point_of_a_linear_autoencoder_has_its_loss_and_index() {
    let (mut loss, q) = autoencoder();
    let rows = loss.examples().train().to_vec();
    let mut objective = OnRows { loss: &mut loss, rows: &rows };
    let n = objective.dimension();
    let options = SearchOptions { steps: 400, ..SearchOptions::default() };
    let approach = SearchOptions { steps: 30, ..SearchOptions::default() };
    let (mut certified, mut subsets) = (0, BTreeSet::new());
    for start in 0..200 {
        let source = Source::new(start, Stream::PROBE, 1);
        let theta: Vec<f64> = (0..n as u64).map(|i| 0.7 * source.normal(i)).collect();
        let near = if start % 2 == 0 {
            theta
        } else {
            minimize_gradient_norm(&mut objective, &theta, &approach).unwrap().theta
        };
        let found = newton_mr(&mut objective, &near, &options).unwrap();
        let certificate = certify(&mut objective, &found.theta, &CertificateOptions::default()).unwrap();
        if certificate.verdict != Verdict::Critical {
            continue;
        }
        certified += 1;
        let kept = kept(&found.theta, &q).expect("a projection on eigenvectors");
        let (want, index, zeros) = analytic(&kept);
        let Certificate { loss, sweep, .. } = &certificate;
        assert!((loss - want).abs() < 1e-12, "{kept:?}: loss {loss} instead of {want}");
        assert_eq!(certificate.index, index, "{kept:?}: {certificate:?}");
        assert_eq!(certificate.inertia_agrees, Some(true), "{certificate:?}");
        // no eigenvalue is near zero but those that are zero
        assert!(sweep[7..10].iter().all(|at| at.index == index), "{sweep:?}");
        if kept.len() == P {
            assert_eq!(sweep[7].zeros, zeros, "{kept:?}: {sweep:?}");
        }
        subsets.insert(kept);
    }
    println!("{certified} of 200 certified, {} subsets: {subsets:?}", subsets.len());
    assert!(certified >= 190 && subsets.len() == 16, "{certified} certified, subsets {subsets:?}");
}

/// `50 y^2 + slope (x + x^3)`: a long slope in a narrow valley, without a critical point. On the ridge x = 0 of its
/// steepness the gradient is `(slope, 0)`, in the kernel of the Hessian.
struct Slope(f64);

impl Objective<f64> for Slope {
    fn dimension(&self) -> usize {
        2
    }

    fn value(&mut self, theta: &[f64]) -> Result<f64> {
        let [x, y] = [theta[0], theta[1]];
        Ok(50.0 * y * y + self.0 * (x + x * x * x))
    }

    fn gradient(&mut self, theta: &[f64], gradient: &mut [f64]) -> Result<f64> {
        gradient[0] = self.0 * (1.0 + 3.0 * theta[0] * theta[0]);
        gradient[1] = 100.0 * theta[1];
        self.value(theta)
    }

    fn product(&mut self, theta: &[f64], direction: &[f64], product: &mut [f64]) -> Result<()> {
        product[0] = 6.0 * self.0 * theta[0] * direction[0];
        product[1] = 100.0 * direction[1];
        Ok(())
    }
}

#[test]
fn a_gradient_flat_region_is_reported_as_such() {
    for slope in [1e-1, 1e-3, 1e-6] {
        for search in [newton_mr, minimize_gradient_norm] {
            let options = SearchOptions { steps: 3000, ..SearchOptions::default() };
            let found = search(&mut Slope(slope), &[0.8, 0.3], &options).unwrap();
            let certificate =
                certify(&mut Slope(slope), &found.theta, &CertificateOptions::default()).unwrap();
            assert_eq!(
                certificate.verdict,
                Verdict::GradientFlat,
                "slope {slope}: {found:?} {certificate:?}"
            );
            assert!((certificate.gradient_norm / slope - 1.0).abs() < 0.1, "{certificate:?}");
        }
    }
}

/// The correlation of loss and index.
fn correlation(points: &[(f64, usize)]) -> f64 {
    let mean = |f: &dyn Fn(&(f64, usize)) -> f64| points.iter().map(f).sum::<f64>() / points.len() as f64;
    let (x, y) = (mean(&|p| p.0), mean(&|p| p.1 as f64));
    let spread = mean(&|p| (p.0 - x).powi(2)) * mean(&|p| (p.1 as f64 - y).powi(2));
    mean(&|p| (p.0 - x) * (p.1 as f64 - y)) / spread.sqrt()
}

/// Points of the scatter by verdict: critical ones with loss and index, and the number of gradient-flat ones.
fn scatter(loss: &mut DataLoss<f64>, count: u64) -> (Vec<(f64, usize)>, usize) {
    let rows = loss.examples().train().to_vec();
    let table = loss.model().table().clone();
    let mut objective = OnRows { loss, rows: &rows };
    let options = IndexOptions { descent: 300, ..IndexOptions::default() };
    let (mut critical, mut flat) = (Vec::new(), 0);
    for number in 0..count {
        let (point, _) = index_point(&mut objective, &|seed| table.initial(seed), number, &options).unwrap();
        match point.verdict {
            Verdict::Critical => critical.push((point.loss, point.index)),
            Verdict::GradientFlat => flat += 1,
            Verdict::NotConverged => {}
        }
    }
    println!("{critical:?}, {flat} gradient-flat");
    (critical, flat)
}

/// Dauphin et al. 2014, figure 1: loss and index grow together.
#[test]
fn index_grows_with_loss() {
    let (critical, _) = scatter(&mut autoencoder().0, 30);
    assert!(critical.len() >= 25, "{critical:?}");
    assert!(correlation(&critical) > 0.7, "correlation {}", correlation(&critical));

    // 4-4-4-3 tanh on iris; half of the searches end where there is no critical point (Frye et al. 2021)
    let examples = Arc::new(Examples::new(iris().unwrap(), 0.0, 0).unwrap());
    let layers = [(4, Activation::Tanh), (4, Activation::Tanh), (3, Activation::Softmax)]
        .map(|(units, activation)| LayerSpec::Dense(Dense::new(units, activation)));
    let target = DataLoss::<f64>::target_of(&examples);
    let loss = SoftmaxCrossEntropy::default().into();
    let model = Model::new(examples.dataset().shape(), &layers, loss, target).unwrap();
    let penalty = Penalty::new(0.0, 1e-3, true, model.table());
    let (critical, flat) = scatter(&mut DataLoss::new(model, examples).with_penalty(penalty), 20);
    assert!(critical.len() >= 8 && flat >= 2, "{critical:?}, {flat} gradient-flat");
    assert!(correlation(&critical) > 0.7, "correlation {}", correlation(&critical));
    assert!(critical.iter().any(|p| p.1 == 0) && critical.iter().any(|p| p.1 > 3), "{critical:?}");
}
