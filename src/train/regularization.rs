//! What is done against over-fitting beside the layers: penalties, a bound on the weights of a unit, noise.

use crate::documented::Documented;
use crate::error::{Error, Result};
use crate::kernels::Real;
use crate::nn::{ParameterKind, ParameterTable};
use crate::optim::{Constants, Slot, check, serde_by_constants};
use crate::rng::{Source, Stream};
use std::ops::Range;

/// Penalties, a bound and noise, as JSON: `{"l2": 0.001, "maxNorm": 3}`. What is left out is off.
///
/// The penalties are part of the loss: of its gradient, of its curvature, and of every loss that is reported of the run,
/// on training and on test examples (as Keras does). For weight decay, which is not, see
/// [`Options`](crate::optim::Options).
#[derive(Debug, Clone, Copy, Default, PartialEq)]
#[cfg_attr(target_family = "wasm", derive(tsify::Tsify), serde(default, rename_all = "camelCase"))]
pub struct Regularization {
    /// `l1 sum |w|` over the weights (lasso; with l2 the elastic net).
    pub l1: f64,
    /// `l2 / 2 sum w^2` over the weights (ridge).
    pub l2: f64,
    /// Whether l1 and l2 are over every parameter instead of the weights alone.
    pub biases: bool,
    /// Most Euclidean norm of the weights of a unit, those with the same last index in their parameter: longer ones are
    /// shortened to it after each update (Srebro, Shraibman 2005; Srivastava and others 2014).
    pub max_norm: f64,
    /// Standard deviation of normal noise on the weights while a gradient is taken (Murray, Edwards 1994; Graves 2011).
    pub weight_noise: f64,
    /// Probability that a training example has a wrong label throughout the run; which ones, and which label, follows
    /// from the seed. Test examples keep theirs. (Zhang, Bengio, Hardt, Recht, Vinyals 2017.)
    pub label_noise: f64,
}

serde_by_constants!(Regularization);

impl Constants for Regularization {
    fn each(&mut self, show: &mut dyn FnMut(&'static str, Slot<'_>)) {
        show("l1", Slot::Number(&mut self.l1, [0.0, 1e6]));
        show("l2", Slot::Number(&mut self.l2, [0.0, 1e6]));
        show("biases", Slot::Flag(&mut self.biases));
        show("maxNorm", Slot::Number(&mut self.max_norm, [0.0, 1e9]));
        show("weightNoise", Slot::Number(&mut self.weight_noise, [0.0, 1e3]));
        show("labelNoise", Slot::Number(&mut self.label_noise, [0.0, 1.0]));
    }
}

impl Regularization {
    /// Whether there is none.
    #[must_use]
    pub fn is_off(&self) -> bool {
        *self == Self::default()
    }

    /// Refuses numbers outside their range.
    ///
    /// # Errors
    /// [`Error::Spec`] that names the field.
    pub fn check(&self) -> Result<()> {
        check(*self, "regularization")
    }

    /// Refuses wrong labels where there are none.
    ///
    /// # Errors
    /// [`Error::Spec`] then.
    pub(super) fn check_labels(&self, classes: bool) -> Result<()> {
        if classes || self.label_noise == 0.0 {
            return Ok(());
        }
        Err(Error::spec("label-noise", "regularization.labelNoise")
            .expected("a data set with classes")
            .got("real targets")
            .hint("set it to 0"))
    }
}

/// What there is, for the documentation.
#[must_use]
pub fn regularizations() -> Vec<Documented> {
    vec![
        Documented::new(
            "l1",
            "Lasso penalty",
            "loss += l1 sum |w|",
            "Tibshirani: Regression shrinkage and selection via the lasso, 1996",
        ),
        Documented::new(
            "l2",
            "Ridge penalty; with l1 the elastic net",
            "loss += l2 / 2 sum w^2",
            "Hoerl, Kennard: Ridge regression, 1970; Zou, Hastie: Regularization and variable selection via the elastic \
                net, 2005",
        ),
        Documented::new(
            "maxNorm",
            "Bound on the weights of a unit",
            "w *= min(1, maxNorm / |w|) after each update",
            "Srivastava, Hinton, Krizhevsky, Sutskever, Salakhutdinov: Dropout, 2014, section 5.1",
        ),
        Documented::new(
            "weightNoise",
            "Noise on weights",
            "the gradient is taken at w + N(0, weightNoise^2)",
            "Graves: Practical variational inference for neural networks, 2011",
        ),
        Documented::new(
            "labelNoise",
            "Wrong training labels",
            "with probability labelNoise an example has one of the other labels throughout the run",
            "Zhang, Bengio, Hardt, Recht, Vinyals: Understanding deep learning requires rethinking generalization, 2017",
        ),
        Documented::new(
            "earlyStopping",
            "Early stopping, with the best weights brought back",
            "stop when the monitor has not improved by minDelta for patience measurements",
            "Prechelt: Early stopping, but when?, 1998",
        ),
    ]
}

/// The weights of one parameter: `units` numbers in each row.
#[derive(Debug, Clone)]
struct Units {
    range: Range<usize>,
    units: usize,
}

/// The parts of a [`Regularization`] that act on weights between gradient and update.
#[derive(Debug)]
pub(super) struct Bounds<T> {
    spec: Regularization,
    weights: Vec<Units>,
    /// The weights with noise; empty without.
    noisy: Vec<T>,
    /// A number for each unit of the widest parameter; empty without a bound.
    factors: Vec<T>,
}

impl<T: Real> Bounds<T> {
    pub fn new(spec: Regularization, table: &ParameterTable) -> Self {
        let weights = table.entries().iter().filter(|p| p.kind == ParameterKind::Weight);
        let weights: Vec<Units> = weights
            .map(|p| Units { range: p.range(), units: p.shape.dims().last().copied().unwrap_or(1).max(1) })
            .collect();
        let widest = weights.iter().map(|w| w.units).max().unwrap_or(0);
        Self {
            spec,
            weights,
            noisy: vec![T::ZERO; if spec.weight_noise > 0.0 { table.len() } else { 0 }],
            factors: vec![T::ZERO; if spec.max_norm > 0.0 { widest } else { 0 }],
        }
    }

    /// Where the gradient of `step` is taken: at `theta`, or beside it.
    pub fn disturbed<'a>(&'a mut self, theta: &'a [T], seed: u64, step: u64) -> &'a [T] {
        if self.noisy.is_empty() {
            return theta;
        }
        self.noisy.copy_from_slice(theta);
        let source = Source::new(seed, Stream::WEIGHT, step);
        for i in self.weights.iter().flat_map(|w| w.range.clone()) {
            self.noisy[i] += T::from_f64(self.spec.weight_noise * source.normal(i as u64));
        }
        &self.noisy
    }

    /// Shortens the weights of units beyond the bound.
    pub fn bound(&mut self, theta: &mut [T]) {
        if self.factors.is_empty() {
            return;
        }
        let most = T::from_f64(self.spec.max_norm);
        for Units { range, units } in &self.weights {
            let (weights, factors) = (&mut theta[range.clone()], &mut self.factors[..*units]);
            factors.fill(T::ZERO);
            for row in weights.chunks_exact(*units) {
                factors.iter_mut().zip(row).for_each(|(sum, &w)| *sum += w * w);
            }
            let mut beyond = false;
            for factor in &mut *factors {
                let norm = factor.sqrt();
                let long = norm > most && norm.is_finite();
                *factor = if long { most / norm } else { T::ONE };
                beyond |= long;
            }
            if beyond {
                for row in weights.chunks_exact_mut(*units) {
                    row.iter_mut().zip(&*factors).for_each(|(w, &factor)| *w *= factor);
                }
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::curvature::{Objective, OnRows};
    use crate::data::{Examples, load};
    use crate::optim::written;
    use crate::train::{RunSpec, RunState, Trainer};
    use std::sync::Arc;

    fn run<T: Real>(data: &str, layers: &str, loss: &str, more: &str) -> Result<Trainer<T>> {
        let json = format!(
            r#"{{"data":{data},"test":20,"layers":[{layers}],"loss":"{loss}",
            "optimizer":{{"type":"sgd","learningRate":0.1}},"batch":{{"type":"mini","size":16}},"epochs":30,"seed":5{more}}}"#
        );
        let spec = RunSpec::from_json(&json)?;
        let examples = Examples::new(load(&spec.data, spec.seed, &[])?, spec.test, spec.seed)?;
        Trainer::new(spec, Arc::new(examples))
    }

    fn circle<T: Real>(more: &str) -> Result<Trainer<T>> {
        let layers = r#"{"type":"dense","units":6,"activation":"tanh"},{"type":"dense","units":2}"#;
        let data = r#"{"type":"generated","kind":"circle","examples":120,"noise":0.1}"#;
        run(data, layers, "softmaxCrossEntropy", more)
    }

    #[test]
    fn a_penalty_is_in_value_gradient_and_curvature() {
        for (more, l1, l2, biases) in [
            (r#","regularization":{"l2":0.3}"#, 0.0, 0.3, false),
            (r#","regularization":{"l1":0.2,"l2":0.1}"#, 0.2, 0.1, false),
            (r#","regularization":{"l1":0.2,"l2":0.1,"biases":true}"#, 0.2, 0.1, true),
        ] {
            let (mut plain, mut with) = (circle::<f64>("").unwrap(), circle::<f64>(more).unwrap());
            let rows: Vec<u32> = plain.examples().train()[..40].to_vec();
            let table = plain.model().table().clone();
            let theta: Vec<f64> =
                plain.theta().iter().enumerate().map(|(i, p)| p + 0.01 * i as f64).collect();
            let n = theta.len();
            let counts = |i: usize| {
                let owner = table.entries().iter().find(|p| p.range().contains(&i)).unwrap();
                f64::from(u8::from(biases || owner.kind == ParameterKind::Weight))
            };
            let direction: Vec<f64> = (0..n).map(|i| (i % 5) as f64 - 2.0).collect();
            let numbers = |t: &mut Trainer<f64>| {
                let mut on = OnRows { loss: t.loss(), rows: &rows };
                let (mut gradient, mut product) = (vec![0.0; n], vec![0.0; n]);
                let value = on.gradient(&theta, &mut gradient).unwrap();
                assert_eq!(on.value(&theta).unwrap(), value);
                on.product(&theta, &direction, &mut product).unwrap();
                (value, gradient, product)
            };
            let (a, b) = (numbers(&mut plain), numbers(&mut with));
            let size: f64 =
                (0..n).map(|i| counts(i) * (l1 * theta[i].abs() + 0.5 * l2 * theta[i] * theta[i])).sum();
            assert!((b.0 - a.0 - size).abs() < 1e-12);
            for i in 0..n {
                let slope = counts(i) * (l1 * theta[i].signum() + l2 * theta[i]);
                assert!((b.1[i] - a.1[i] - slope).abs() < 1e-12, "gradient {i}");
                assert!((b.2[i] - a.2[i] - counts(i) * l2 * direction[i]).abs() < 1e-12, "product {i}");
            }
        }
    }

    #[test]
    fn the_documentation_names_what_there_is() {
        let mut named: Vec<String> = regularizations().into_iter().map(|entry| entry.name).collect();
        named.retain(|name| name != "earlyStopping");
        named.push("biases".to_owned());
        let mut there: Vec<&str> =
            written(Regularization::default()).into_iter().map(|(name, _)| name).collect();
        named.sort();
        there.sort_unstable();
        assert_eq!(named, there);
    }

    #[test]
    fn reported_losses_carry_the_penalty() {
        let (mut plain, mut with) =
            (circle::<f64>("").unwrap(), circle::<f64>(r#","regularization":{"l2":0.5}"#).unwrap());
        plain.step().unwrap();
        with.step().unwrap();
        let theta = circle::<f64>("").unwrap().theta().to_vec();
        let penalty = with.loss().penalty(&theta);
        assert!(penalty > 0.1);
        let points = (plain.history().evaluations[0], with.history().evaluations[0]);
        assert!((points.1.train_loss - points.0.train_loss - penalty).abs() < 1e-12);
        assert!((points.1.test_loss.unwrap() - points.0.test_loss.unwrap() - penalty).abs() < 1e-12);
        assert!((f64::from(with.history().loss[0] - plain.history().loss[0]) - penalty).abs() < 1e-6);
    }

    #[test]
    fn lasso_makes_weights_small_and_a_bound_holds_every_unit() {
        let end = |more: &str| {
            let mut trainer = circle::<f32>(more).unwrap();
            trainer.run_until(|| false).unwrap();
            trainer
        };
        let size = |t: &Trainer<f32>| t.theta().iter().map(|p| p.abs()).sum::<f32>();
        assert!(size(&end(r#","regularization":{"l1":0.01}"#)) < 0.7 * size(&end("")));
        let bounded = end(r#","regularization":{"maxNorm":0.5}"#);
        let kernel = |t: &Trainer<f32>| {
            let table = t.model().table();
            let view = table.view(t.theta(), &table.entries()[0]).unwrap().to_owned();
            view.columns().into_iter().map(|c| c.dot(&c).sqrt()).fold(0.0, f32::max)
        };
        assert!(kernel(&bounded) <= 0.5 + 1e-6 && kernel(&end("")) > 0.7);
    }

    #[test]
    fn a_share_of_the_training_labels_is_wrong_and_no_test_label() {
        let data = r#"{"type":"digits"}"#;
        let layers = r#"{"type":"flatten"},{"type":"dense","units":10}"#;
        let noisy = |share: f64, seed: &str| {
            let more = format!(r#","regularization":{{"labelNoise":{share}}}{seed}"#);
            run::<f32>(data, layers, "softmaxCrossEntropy", &more).unwrap()
        };
        let labels = |t: &mut Trainer<f32>, test: bool| -> Vec<(u32, u32)> {
            let examples = t.examples().clone();
            let rows = if test { examples.test() } else { examples.train() };
            let loss = t.loss();
            rows.iter().map(|&r| (loss.label(r).unwrap(), examples.dataset().label(r).unwrap())).collect()
        };
        let mut quarter = noisy(0.25, "");
        let wrong = labels(&mut quarter, false).iter().filter(|(a, b)| a != b).count();
        // four standard errors of 1777 draws
        assert!((wrong as f64 / 1777.0 - 0.25).abs() < 0.042, "{wrong}");
        assert!(labels(&mut quarter, false).iter().all(|(a, _)| *a < 10));
        assert!(labels(&mut quarter, true).iter().all(|(a, b)| a == b));
        assert!(labels(&mut noisy(1.0, ""), false).iter().all(|(a, b)| a != b));
        quarter.reset().unwrap();
        assert_eq!(labels(&mut quarter, false), labels(&mut noisy(0.25, ""), false));
    }

    #[test]
    fn noise_on_weights_changes_the_gradient_and_not_the_place() {
        let (mut plain, mut noisy) =
            (circle::<f32>("").unwrap(), circle::<f32>(r#","regularization":{"weightNoise":0.1}"#).unwrap());
        assert_eq!(plain.theta(), noisy.theta());
        plain.step().unwrap();
        noisy.step().unwrap();
        assert_ne!(plain.theta(), noisy.theta());
        let far = plain.theta().iter().zip(noisy.theta()).map(|(a, b)| (a - b).abs()).fold(0.0, f32::max);
        assert!(far < 0.1, "a step of rate 0.1 moved by {far}");
        noisy.run_until(|| false).unwrap();
        assert_eq!(*noisy.state(), RunState::Done);
    }

    #[test]
    fn what_does_not_fit_is_refused_by_name() {
        let refused = |result: Result<Trainer<f32>>| {
            let error = result.unwrap_err();
            (error.report().code, error.report().place.clone())
        };
        assert_eq!(
            refused(circle(r#","regularization":{"l1":-1}"#)),
            ("number-range", "regularization.l1".to_owned())
        );
        assert_eq!(refused(circle(r#","regularization":{"l3":1}"#)).1, "regularization");
        let line = |more: &str| {
            run::<f32>(r#"{"type":"diabetes"}"#, r#"{"type":"dense","units":1}"#, "meanSquaredError", more)
        };
        assert_eq!(refused(line(r#","regularization":{"labelNoise":0.1}"#)).0, "label-noise");
        assert_eq!(refused(line(r#","earlyStopping":{"monitor":"testAccuracy"}"#)).0, "monitor-accuracy");
        let without = circle::<f32>(r#","schedule":{"type":"plateau"}"#).unwrap();
        let mut spec = without.spec().clone();
        spec.test = 0.0;
        let examples = Examples::new(load(&spec.data, 5, &[]).unwrap(), 0.0, 5).unwrap();
        assert_eq!(
            refused(Trainer::new(spec, Arc::new(examples))),
            ("monitor-test", "schedule.monitor".to_owned())
        );
    }

    #[test]
    fn an_early_stop_brings_the_best_weights_back() {
        let more = r#","earlyStopping":{"patience":3,"minDelta":0.05}"#;
        let mut trainer = circle::<f32>(more).unwrap();
        trainer.run_until(|| false).unwrap();
        let RunState::Stopped(stop) = trainer.state().clone() else { panic!("{:?}", trainer.state()) };
        assert!(stop.restored && stop.waited == 3 && stop.best_step < stop.step);
        let best: Vec<f64> = trainer.history().evaluations.iter().filter_map(|e| e.test_loss).collect();
        assert!(best.contains(&stop.best));
        // the weights are those of a run that ended there
        let mut short = circle::<f32>("").unwrap();
        while short.steps_done() < stop.best_step {
            short.step().unwrap();
        }
        assert_eq!(trainer.theta(), short.theta());
        let (steps, hash) = (trainer.steps_done(), trainer.run_hash());
        trainer.step().unwrap();
        assert_eq!((trainer.steps_done(), trainer.run_hash()), (steps, hash), "it is over");
        assert_eq!(trainer.trouble(None).unwrap().report().code, "stopped");
        let mut stays = circle::<f32>(&more.replace("0.05", r#"0.05,"restoreBest":false"#)).unwrap();
        stays.run_until(|| false).unwrap();
        assert_ne!(stays.theta(), trainer.theta());
    }
}
