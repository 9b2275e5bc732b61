//! Training in the way of Keras: epoch by epoch, on other data or further than was planned, with layers that stay as they are.

use super::{RunSpec, RunState, Trainer};
use crate::data::{Dataset, Examples};
use crate::error::{Error, Result};
use crate::kernels::{Real, reduce};
use serde::Serialize;
use std::ops::Range;
use std::sync::Arc;

/// What an epoch was worth, under the names of Keras.
#[derive(Debug, Clone, PartialEq, Serialize)]
#[cfg_attr(target_family = "wasm", derive(tsify::Tsify))]
#[cfg_attr(target_family = "wasm", tsify(missing_as_null))]
pub struct EpochLog {
    /// Number of the epoch in the run, from 0.
    pub epoch: u64,
    /// Mean of the losses of its batches, each before its update.
    pub loss: f64,
    /// Share of the first 1,000 training examples that is classified rightly; `None` for a regression.
    pub accuracy: Option<f64>,
    /// R² on the first 1,000 training examples; `None` for classes.
    pub r2: Option<f64>,
    /// Mean loss over the whole validation part; `None` without one.
    pub val_loss: Option<f64>,
    /// Share of the validation part that is classified rightly; `None` for a regression or without one.
    pub val_accuracy: Option<f64>,
    /// R² on the validation part; `None` for classes or without one.
    pub val_r2: Option<f64>,
}

/// Layers that no update changes.
#[derive(Debug, Clone, Default)]
pub(super) struct Frozen<T> {
    ranges: Vec<Range<usize>>,
    held: Vec<T>,
}

impl<T: Real> Frozen<T> {
    /// Of the layers with these names.
    ///
    /// # Errors
    /// [`Error::Spec`] for a name that no layer with parameters has.
    pub fn new(names: &[String], layers: &[(String, Range<usize>)]) -> Result<Self> {
        let range = |name: &String| {
            let known = || layers.iter().map(|(layer, _)| layer.as_str()).collect::<Vec<_>>().join(", ");
            layers.iter().find(|(layer, _)| layer == name).map(|(_, range)| range.clone()).ok_or_else(|| {
                Error::spec("layer-unknown", "frozen")
                    .expected("names of layers with parameters")
                    .got(name)
                    .hint(format!("choose among {}", known()))
                    .arg("name", name)
                    .arg("known", known())
            })
        };
        let ranges = names.iter().map(range).collect::<Result<Vec<_>>>()?;
        Ok(Self { held: vec![T::ZERO; ranges.iter().map(ExactSizeIterator::len).sum()], ranges })
    }

    /// Takes the gradient of the layers away, and keeps what they hold.
    pub fn hold(&mut self, theta: &[T], gradient: &mut [T]) {
        let mut held = self.held.as_mut_slice();
        for range in &self.ranges {
            gradient[range.clone()].fill(T::ZERO);
            let (own, rest) = held.split_at_mut(range.len());
            own.copy_from_slice(&theta[range.clone()]);
            held = rest;
        }
    }

    /// Puts what the layers hold back, whatever decay, noise or momentum has done to it.
    pub fn put_back(&self, theta: &mut [T]) {
        let mut held = self.held.as_slice();
        for range in &self.ranges {
            let (own, rest) = held.split_at(range.len());
            theta[range.clone()].copy_from_slice(own);
            held = rest;
        }
    }
}

impl<T: Real> Trainer<T> {
    /// Plans `epochs` more epochs behind those of the run. A run that was over goes on, unless it diverged.
    ///
    /// # Errors
    /// [`Error::Spec`] if these are too many; the run is unchanged then.
    pub fn extend(&mut self, epochs: u32) -> Result<()> {
        let mut spec = self.spec.clone();
        spec.epochs = spec.epochs.saturating_add(epochs);
        spec.check()?;
        self.spec = spec;
        self.hash.bytes(b"epochs");
        self.hash.word(u64::from(self.spec.epochs));
        if matches!(self.state, RunState::Done | RunState::Stopped(_)) {
            self.watch = super::Watch::default();
            self.state = RunState::Running;
        }
        Ok(())
    }

    /// Begins from the weights of another trainer, with what its layers and, if it is of the same method, its optimizer carry.
    ///
    /// # Errors
    /// [`Error::Spec`] if its network has other parameters; nothing is changed then.
    pub fn adopt(&mut self, other: &Self) -> Result<()> {
        let (own, from) = (self.model().table().entries(), other.model().table().entries());
        let same = own.len() == from.len()
            && own.iter().zip(from).all(|(a, b)| a.name == b.name && a.shape == b.shape)
            && self.loss.state().len() == other.loss.state().len();
        if !same {
            return Err(Error::spec("fit-other-network", "fit")
                .expected("data of the shape that the network was made for")
                .got("data of another shape")
                .hint("give examples and targets of the same shape, or create another model"));
        }
        self.theta.copy_from_slice(&other.theta);
        self.loss.set_state(other.loss.state())?;
        if self.optimizer.spec.method.name() == other.optimizer.spec.method.name()
            && self.optimizer.state.len() == other.optimizer.state.len()
        {
            self.optimizer.state.copy_from_slice(&other.optimizer.state);
            (self.optimizer.t, self.optimizer.scalar) = (other.optimizer.t, other.optimizer.scalar);
        }
        self.changed();
        Ok(())
    }

    /// Replaces the numbers of tensors, by their names: parameters as in `dense_1.kernel`, and what layers carry as in
    /// `bn_1.running_mean`. The optimizer keeps its state.
    ///
    /// # Errors
    /// [`Error::Spec`] for an unknown name, another number of values or one that is not finite; nothing is changed then.
    pub fn set_weights(&mut self, weights: &[(String, Vec<T>)]) -> Result<()> {
        let (mut theta, mut state) = (self.theta.clone(), self.loss.state().to_vec());
        for (name, values) in weights {
            let refuse = |expected: String, got: String, hint: &str| {
                Err(Error::spec("weights-wrong", name.as_str()).expected(expected).got(got).hint(hint))
            };
            let parameter = self.model().table().entries().iter().find(|p| p.name == *name);
            let carried = self.model().states().entries().iter().find(|s| s.name == *name);
            let target = match (parameter, carried) {
                (Some(p), _) => &mut theta[p.range()],
                (_, Some(s)) => &mut state[s.range()],
                _ => {
                    let names: Vec<&str> =
                        self.model().table().entries().iter().map(|p| p.name.as_str()).collect();
                    return refuse(
                        format!("one of {}", names.join(", ")),
                        "another name".to_owned(),
                        "use the names that weights() gives",
                    );
                }
            };
            if values.len() != target.len() {
                return refuse(
                    format!("{} numbers", target.len()),
                    values.len().to_string(),
                    "give each tensor the shape that weights() tells",
                );
            }
            if !reduce::all_finite(values) {
                return refuse(
                    "finite numbers".to_owned(),
                    "an infinite or missing one".to_owned(),
                    "leave out what is no number",
                );
            }
            target.copy_from_slice(values);
        }
        self.loss.set_state(&state)?;
        self.theta = theta;
        self.changed();
        Ok(())
    }

    /// Leaves the layers `names` as they are from the next step on, and lets all others learn. Statistics of a batch
    /// normalisation still follow the data.
    ///
    /// # Errors
    /// [`Error::Spec`] for a name that no layer with parameters has; nothing is changed then.
    pub fn freeze(&mut self, names: Vec<String>) -> Result<()> {
        self.frozen = Frozen::new(&names, self.model().table().layers())?;
        self.hash.bytes(b"frozen");
        names.iter().for_each(|name| self.hash.bytes(name.as_bytes()));
        self.spec.frozen = names;
        Ok(())
    }

    /// What the last epoch was worth; `None` between two ends of epochs.
    ///
    /// # Errors
    /// [`Error::Memory`].
    pub fn epoch_log(&mut self) -> Result<Option<EpochLog>> {
        let per_epoch = self.batches.per_epoch();
        if self.step == 0 || !self.step.is_multiple_of(per_epoch) {
            return Ok(None);
        }
        let losses = &self.history.loss[self.history.loss.len().saturating_sub(per_epoch as usize)..];
        let loss = losses.iter().map(|&l| f64::from(l)).sum::<f64>() / losses.len().max(1) as f64;
        let examples = self.loss.examples().clone();
        let train = self.sample(&examples, examples.train())?;
        let test = examples.test();
        let test = if test.is_empty() { None } else { Some(self.measured(&examples, test)?) };
        Ok(Some(EpochLog {
            epoch: self.step / per_epoch - 1,
            loss,
            accuracy: train.accuracy,
            r2: train.r2,
            val_loss: test.map(|t| t.loss),
            val_accuracy: test.and_then(|t| t.accuracy),
            val_r2: test.and_then(|t| t.r2),
        }))
    }

    /// Refuses a set whose examples have another shape than those that the network was made for.
    ///
    /// # Errors
    /// [`Error::Shape`] with both shapes.
    pub fn check_examples(&self, set: &Dataset) -> Result<()> {
        let (want, got) = (self.examples().dataset().shape(), set.shape());
        if want == got {
            return Ok(());
        }
        Err(Error::shape("fit-other-shape", set.name())
            .expected(format!("examples of the shape {want}, for which the network was made"))
            .got(got.to_string())
            .hint("give examples of the same shape, or create another model")
            .arg("want", want)
            .arg("got", got))
    }

    /// The same run with its data, if it was loaded without them, `examples` are they, and `run` describes it but for the
    /// number of epochs; it goes on as if it had never been saved.
    ///
    /// # Errors
    /// None that loading it with its data would not have.
    pub fn reunited(&self, run: &RunSpec, examples: &Examples) -> Result<Option<Self>> {
        let own = self.examples();
        let same = RunSpec { epochs: self.spec.epochs, ..run.clone() }.to_json() == self.spec.to_json()
            && own.dataset().is_absent()
            && !examples.dataset().is_absent()
            && own.dataset().hash() == examples.dataset().hash();
        if !same {
            return Ok(None);
        }
        let examples = examples.clone().with_scaling(own.scaling().clone())?;
        Self::resume(self.spec.clone(), Arc::new(examples), self.snapshot()).map(Some)
    }

    /// The weights have been changed from outside: this is where a diverged run goes back to, and where one goes on.
    fn changed(&mut self) {
        self.hash.bytes(b"theta");
        self.theta.iter().for_each(|t| self.hash.word(t.canonical_bits()));
        self.norms.clear();
        if matches!(self.state, RunState::Diverged(_) | RunState::Stuck(_)) {
            self.state = RunState::Running;
        }
        self.keep();
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::data::load;

    fn spec(more: &str) -> RunSpec {
        let json = format!(
            r#"{{"data":{{"type":"generated","kind":"circle","examples":120,"noise":0.1}},"test":20,
            "layers":[{{"type":"dense","units":6,"activation":"tanh"}},{{"type":"batchNormalization"}},{{"type":"dense","units":2}}],
            "loss":"softmaxCrossEntropy","optimizer":{{"type":"adamW","learningRate":0.02}},
            "batch":{{"type":"mini","size":25}},"epochs":3,"seed":3{more}}}"#
        );
        RunSpec::from_json(&json).unwrap()
    }

    fn trainer(more: &str) -> Trainer<f32> {
        let spec = spec(more);
        let examples = spec.examples(load(&spec.data, 3, &[]).unwrap()).unwrap();
        Trainer::new(spec, Arc::new(examples)).unwrap()
    }

    #[test]
    fn epochs_are_logged_at_their_ends() {
        let mut run = trainer("");
        assert_eq!(run.epoch_log().unwrap(), None);
        (0..3).for_each(|_| run.step().unwrap());
        assert_eq!(run.epoch_log().unwrap(), None);
        run.step().unwrap();
        let log = run.epoch_log().unwrap().unwrap();
        let mean = run.history().loss.iter().map(|&l| f64::from(l)).sum::<f64>() / 4.0;
        assert_eq!((log.epoch, log.loss, log.r2), (0, mean, None));
        let whole = run.evaluate().unwrap();
        assert_eq!((log.val_loss, log.val_accuracy), (Some(whole.loss), whole.accuracy));
    }

    #[test]
    fn a_run_that_is_over_goes_on() {
        let (mut long, mut short) = (trainer(""), trainer(""));
        short.run_until(|| false).unwrap();
        assert_eq!((short.state(), short.steps_done()), (&RunState::Done, 12));
        short.extend(2).unwrap();
        short.run_until(|| false).unwrap();
        long.extend(2).unwrap();
        long.run_until(|| false).unwrap();
        assert_eq!((short.steps_done(), short.theta()), (20, long.theta()));
        assert!(short.extend(u32::MAX).is_err());
        assert_eq!(short.steps(), 20);
    }

    #[test]
    fn other_data_are_gone_on_with_from_the_same_weights() {
        let mut run = trainer("");
        run.run_until(|| false).unwrap();
        let mut next = trainer("");
        next.adopt(&run).unwrap();
        assert_eq!((next.theta(), next.steps_done()), (run.theta(), 0));
        assert_eq!(next.evaluate().unwrap(), run.evaluate().unwrap());
        next.step().unwrap();
        assert_ne!(next.theta(), run.theta());
    }

    #[test]
    fn other_data_are_measured_with_their_own_labels() {
        let mut run = trainer("");
        run.run_until(|| false).unwrap();
        let set = || load(&spec("").data, 3, &[]).unwrap();
        let whole = run.evaluate_on(set()).unwrap();
        assert_eq!(whole.confusion.as_ref().unwrap().iter().flatten().sum::<u32>(), 120);
        let mut noisy = trainer(r#","regularization":{"labelNoise":0.4}"#);
        noisy.adopt(&run).unwrap();
        assert_eq!(noisy.evaluate_on(set()).unwrap(), whole);
        let other = load(&crate::data::DataSpec::Iris { features: None }, 0, &[]).unwrap();
        assert_eq!(run.evaluate_on(other).unwrap_err().report().code, "fit-other-shape");
    }

    #[test]
    fn frozen_layers_stay_through_decay_and_momentum() {
        let mut run = trainer("");
        run.step().unwrap();
        let before = run.theta().to_vec();
        run.freeze(vec!["dense_1".to_owned()]).unwrap();
        (0..5).for_each(|_| run.step().unwrap());
        let first = run.model().table().layers()[0].1.clone();
        assert_eq!(run.theta()[first.clone()], before[first.clone()]);
        assert_ne!(run.theta()[first.end..], before[first.end..]);
        run.freeze(Vec::new()).unwrap();
        run.step().unwrap();
        assert_ne!(run.theta()[first.clone()], before[first]);
        let error = run.freeze(vec!["dense_9".to_owned()]).unwrap_err();
        assert!(error.report().hint.contains("dense_1"), "{error}");
        let mut from_spec = trainer(r#","frozen":["dense_1","bn_1"]"#);
        let start = from_spec.theta().to_vec();
        from_spec.run_until(|| false).unwrap();
        assert_eq!(from_spec.theta()[..18], start[..18]);
    }

    #[test]
    fn weights_are_replaced_by_name_or_not_at_all() {
        let mut run = trainer("");
        run.step().unwrap();
        let name = |name: &str| name.to_owned();
        run.set_weights(&[(name("dense_2.bias"), vec![1.0, 2.0]), (name("bn_1.running_mean"), vec![3.0; 6])])
            .unwrap();
        assert_eq!(run.theta()[run.theta().len() - 2..], [1.0, 2.0]);
        assert_eq!(run.loss().state()[..6], [3.0; 6]);
        let before = run.theta().to_vec();
        for (wrong, values) in
            [("dense_2.bias", vec![1.0]), ("dense_2.bias", vec![1.0, f32::NAN]), ("b", vec![1.0])]
        {
            let both = [(name("dense_1.bias"), vec![0.5; 6]), (name(wrong), values)];
            assert_eq!(run.set_weights(&both).unwrap_err().report().code, "weights-wrong");
            assert_eq!(run.theta(), before);
        }
        run.step().unwrap();
    }
}
