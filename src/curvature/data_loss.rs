//! The loss of a network over examples of a data set.

mod evaluation;
mod load;

pub use evaluation::Evaluated;

use super::Penalty;
use crate::data::{Augment, Examples, Targets};
use crate::error::{Error, Result};
use crate::exec::{Bindings, Clock, Sink, Spent};
use crate::graph::Buffer;
use crate::kernels::Real;
use crate::nn::{Model, ProgramKey, Programs, Purpose, Target};
use crate::rng::{Source, Stream};
use std::sync::Arc;

/// Activations or features of one chunk, in elements, that the number of rows of a chunk is chosen for: at 4 bytes and a
/// few values alive for each activation, a chunk stays within some ten MiB.
const CHUNK_ELEMENTS: usize = 1 << 20;

/// Numbers that all layers put out for a batch that must be seen whole: 64 MiB in f32, of which a program of a gradient
/// holds a few at once.
const WHOLE_ELEMENTS: usize = 1 << 24;

/// The mean loss of a network over any rows of a data set, with gradient and Hessian-vector product.
///
/// Many rows are done in chunks, so that memory does not grow with their number; the number of rows of a chunk
/// follows from the network alone, and with it every bit of the sums. A network whose layers carry state, such as
/// batch normalisation, takes all rows in one program and refuses more than [`DataLoss::most_rows`].
///
/// Loss, gradient and Hessian are those of training: the mean loss over the given rows, normalised by the statistics
/// of these rows, under the masks that [`DataLoss::set_random`] fixes. That is one smooth function of theta, and its
/// derivatives run through the statistics too. Evaluation and prediction use the state instead, and no masks.
#[derive(Debug)]
pub struct DataLoss<T> {
    model: Model,
    examples: Arc<Examples>,
    programs: Programs<T>,
    features: Vec<T>,
    targets: Vec<T>,
    labels: Vec<u32>,
    numbers: Vec<u32>,
    /// Whether the batch buffers hold the examples of `numbers` as they are.
    loaded: bool,
    /// What layers carry, as evaluation reads it.
    state: Vec<T>,
    /// What it is after the last gradient.
    next: Vec<T>,
    penalty: Penalty,
    /// Probability that a training example has a wrong label, and the seed that decides which.
    label_noise: (f64, u64),
    seed: u64,
    step: u64,
    augment: Option<Augment>,
}

/// Examples of a training program.
#[derive(Debug, Clone, Copy)]
struct Rows<'a> {
    numbers: &'a [u32],
    /// Whether images are moved, if the run asks for it.
    augmented: bool,
}

impl<'a> Rows<'a> {
    fn plain(numbers: &'a [u32]) -> Self {
        Self { numbers, augmented: false }
    }
}

impl<T: Real> DataLoss<T> {
    /// The loss of `model` on `examples`.
    #[must_use]
    pub fn new(model: Model, examples: Arc<Examples>) -> Self {
        let state = model.states().initial::<T>();
        Self {
            next: state.clone(),
            state,
            model,
            examples,
            programs: Programs::default(),
            features: Vec::new(),
            targets: Vec::new(),
            labels: Vec::new(),
            numbers: Vec::new(),
            loaded: false,
            penalty: Penalty::default(),
            label_noise: (0.0, 0),
            seed: 0,
            step: 0,
            augment: None,
        }
    }

    /// Moves images in [`DataLoss::training_gradient`].
    ///
    /// # Errors
    /// Those of [`Augment::check`].
    pub fn with_augment(mut self, augment: Option<Augment>) -> Result<Self> {
        if let Some(augment) = &augment {
            augment.check(self.examples.dataset())?;
        }
        self.augment = augment;
        Ok(self)
    }

    /// The loss of the same layers, in the same state and with the same penalty, on other examples: all labels are right,
    /// and no image is moved.
    ///
    /// # Errors
    /// Those of [`Model::new`] if the layers do not fit the examples; [`Error::State`] if the new network's state has another
    /// length.
    pub fn on_examples(&self, examples: Arc<Examples>) -> Result<Self> {
        let (layers, loss) = (self.model.layers(), self.model.loss().clone());
        let model = Model::new(examples.dataset().shape(), layers, loss, Self::target_of(&examples))?;
        let mut other = Self::new(model, examples).with_penalty(self.penalty.clone());
        other.set_state(&self.state)?;
        Ok(other)
    }

    /// The target that a network for `examples` has.
    #[must_use]
    pub fn target_of(examples: &Examples) -> Target {
        match examples.dataset().targets() {
            Targets::Classes { names, .. } => Target::Classes(names.len()),
            Targets::Steps { steps, names, .. } => Target::Steps { steps: *steps, classes: names.len() },
            Targets::Reals { .. } => Target::Reals(examples.dataset().target_width()),
        }
    }

    /// The network.
    #[must_use]
    pub fn model(&self) -> &Model {
        &self.model
    }

    /// The data.
    #[must_use]
    pub fn examples(&self) -> &Arc<Examples> {
        &self.examples
    }

    /// Rows of a chunk: a number that follows from the network alone.
    #[must_use]
    pub fn chunk(&self) -> usize {
        let numbers = self.numbers_of_an_example();
        (CHUNK_ELEMENTS / numbers).clamp(32, 4096) / 32 * 32
    }

    /// The most rows that loss, gradient and Hessian take; `None` if there is no limit.
    #[must_use]
    pub fn most_rows(&self) -> Option<usize> {
        let whole = !self.model.states().is_empty();
        whole.then(|| (WHOLE_ELEMENTS / self.numbers_of_an_example()).max(1))
    }

    /// Refuses batches of more than [`DataLoss::most_rows`].
    ///
    /// # Errors
    /// [`Error::Memory`] that names the layer.
    pub fn check_rows(&self, rows: usize) -> Result<()> {
        let (Some(most), Some(state)) = (self.most_rows(), self.model.states().entries().first()) else {
            return Ok(());
        };
        if rows <= most {
            return Ok(());
        }
        Err(Error::memory("batch-whole", &state.layer)
            .expected(format!("at most {most} examples in a batch, since it takes each batch whole"))
            .got(rows.to_string())
            .hint("use mini-batches")
            .arg("most", most)
            .arg("got", rows))
    }

    /// What layers carry from step to step; evaluation and prediction read it.
    #[must_use]
    pub fn state(&self) -> &[T] {
        &self.state
    }

    /// Sets what layers carry.
    ///
    /// # Errors
    /// [`Error::State`] if `state` has another length.
    pub fn set_state(&mut self, state: &[T]) -> Result<()> {
        if state.len() != self.state.len() {
            return Err(Error::state("state-length", "state")
                .expected(format!("{} numbers", self.state.len()))
                .got(state.len().to_string())
                .hint("use the state of the same network"));
        }
        self.state.copy_from_slice(state);
        self.next.copy_from_slice(state);
        Ok(())
    }

    /// Makes what layers carried out of the last [`DataLoss::gradient`] the state: the step was taken.
    pub fn carry(&mut self) {
        self.state.copy_from_slice(&self.next);
    }

    /// Numbers that memory goes by.
    fn numbers_of_an_example(&self) -> usize {
        self.model.activations().max(self.model.input().len()).max(1)
    }

    /// Bytes of the program that trains on batches of `batch` rows.
    ///
    /// # Errors
    /// Those of [`Model::plan`].
    pub fn step_bytes(&self, batch: usize) -> Result<usize> {
        let (rows, add) = self.piece(batch);
        let plan = self.model.plan(ProgramKey::training(Purpose::Gradient, rows, add))?;
        Ok(plan.bytes::<T>() + rows * self.model.input().len() * size_of::<T>())
    }

    /// Adds a penalty to loss, gradient and Hessian. The losses of single rows that [`DataLoss::evaluate`] gives are
    /// without it.
    #[must_use]
    pub fn with_penalty(mut self, penalty: Penalty) -> Self {
        self.penalty = penalty;
        self
    }

    /// Gives each training example a wrong label with this probability, as a function of the seed and of the example.
    #[must_use]
    pub fn with_label_noise(mut self, probability: f64, seed: u64) -> Self {
        self.label_noise = (probability, seed);
        self.loaded = false;
        self
    }

    /// The penalty at `theta`.
    #[must_use]
    pub fn penalty(&self, theta: &[T]) -> T {
        self.penalty.value(theta)
    }

    /// The class of an example as training sees it; `None` for a regression.
    #[must_use]
    pub fn label(&self, row: u32) -> Option<u32> {
        Some(self.noisy(row, 0, self.examples.dataset().label(row)?))
    }

    /// The classes of an example as training sees them, one for each step; none for a regression.
    pub fn labels(&self, row: u32) -> impl Iterator<Item = u32> {
        let labels = self.examples.dataset().labels(row);
        labels.iter().enumerate().map(move |(step, &label)| self.noisy(row, step, label))
    }

    /// The label of a step of a training example, or with the chosen probability one of the others, each as likely.
    fn noisy(&self, row: u32, step: usize, label: u32) -> u32 {
        let (probability, seed) = self.label_noise;
        let classes = self.model.target().classes().unwrap_or(0);
        if probability == 0.0 || classes < 2 || self.examples.train().binary_search(&row).is_err() {
            return label;
        }
        let source = Source::new(seed, Stream::LABEL, 0);
        let place = u64::from(row) * self.model.target().steps() as u64 + step as u64;
        if source.uniform(2 * place) >= probability {
            return label;
        }
        let shift = 1 + source.below(2 * place + 1, classes - 1);
        ((label as usize + shift) % classes) as u32
    }

    /// Sets what random layers are keyed by, beside the example's number.
    pub fn set_random(&mut self, seed: u64, step: u64) {
        (self.seed, self.step) = (seed, step);
    }

    /// Seed and step of [`DataLoss::set_random`].
    #[must_use]
    pub fn random(&self) -> (u64, u64) {
        (self.seed, self.step)
    }

    /// The mean loss over `rows` at `theta`.
    ///
    /// # Errors
    /// [`Error::State`] if `theta` has another length; [`Error::Memory`].
    pub fn loss(&mut self, rows: &[u32], theta: &[T]) -> Result<T> {
        let mut loss = [T::ZERO];
        self.each_chunk(Purpose::Loss, Rows::plain(rows), theta, &[], &mut [], &mut loss)?;
        Ok(loss[0])
    }

    /// Writes the gradient of the mean loss over `rows` and returns the loss. The state stays as it is until
    /// [`DataLoss::carry`].
    ///
    /// # Errors
    /// As [`DataLoss::loss`].
    pub fn gradient(&mut self, rows: &[u32], theta: &[T], gradient: &mut [T]) -> Result<T> {
        let mut loss = [T::ZERO];
        self.each_chunk(Purpose::Gradient, Rows::plain(rows), theta, &[], gradient, &mut loss)?;
        Ok(loss[0])
    }

    /// As [`DataLoss::gradient`], over augmented images if the run asks for them: what an update is made from.
    ///
    /// # Errors
    /// As [`DataLoss::loss`].
    pub fn training_gradient(&mut self, rows: &[u32], theta: &[T], gradient: &mut [T]) -> Result<T> {
        let mut loss = [T::ZERO];
        let rows = Rows { numbers: rows, augmented: true };
        self.each_chunk(Purpose::Gradient, rows, theta, &[], gradient, &mut loss)?;
        Ok(loss[0])
    }

    /// Writes the Hessian of the mean loss over `rows` times `direction`.
    ///
    /// # Errors
    /// As [`DataLoss::loss`].
    pub fn product(&mut self, rows: &[u32], theta: &[T], direction: &[T], product: &mut [T]) -> Result<()> {
        self.times(Purpose::Product, rows, theta, direction, product)
    }

    /// Writes the Gauss-Newton matrix of the mean loss over `rows` times `direction`: `J^T S J + l2 I`, where J is the
    /// Jacobian of what the loss takes (outputs, or logits where the loss contains the softmax or the sigmoid) and S
    /// the Hessian of the loss in it (Schraudolph 2002). It is what is left of the Hessian if the network were linear in
    /// theta, and without negative eigenvalues for a loss that is convex in the outputs.
    ///
    /// # Errors
    /// As [`DataLoss::loss`].
    pub fn gauss_newton(
        &mut self,
        rows: &[u32],
        theta: &[T],
        direction: &[T],
        product: &mut [T],
    ) -> Result<()> {
        self.times(Purpose::GaussNewton, rows, theta, direction, product)
    }

    fn times(
        &mut self,
        purpose: Purpose,
        rows: &[u32],
        theta: &[T],
        direction: &[T],
        product: &mut [T],
    ) -> Result<()> {
        if direction.len() != theta.len() {
            return Err(self.wrong_length("direction", direction.len()));
        }
        self.each_chunk(purpose, Rows::plain(rows), theta, direction, product, &mut [T::ZERO])
    }

    /// Measures the programs of gradients by `clock` from now on, or no longer.
    pub fn measure(&mut self, clock: Option<Clock>) {
        self.programs.measure(clock);
    }

    /// What their instructions did since [`DataLoss::measure`].
    #[must_use]
    pub fn spent(&self) -> Vec<Spent> {
        self.programs.spent()
    }

    /// Names the layer and the operation of the first value that is not finite in the training program on `rows`.
    ///
    /// # Errors
    /// As [`DataLoss::loss`].
    pub fn first_not_finite(&mut self, rows: &[u32], theta: &[T]) -> Result<Option<(String, &'static str)>> {
        self.check(theta)?;
        let (size, _) = self.piece(rows.len());
        let (mut loss, mut gradient) = ([T::ZERO], vec![T::ZERO; theta.len()]);
        for part in rows.chunks(size) {
            self.load(part, part.len(), true)?;
            let scale = [self.scale(rows)];
            let mut bindings =
                bind(&self.features, &self.targets, &self.labels, &self.numbers, theta, &self.state)
                    .reals(Buffer::Scale, &scale)
                    .sink(Sink::Loss, &mut loss)
                    .sink(Sink::Gradient, &mut gradient)
                    .sink(Sink::State, &mut self.next)
                    .random(self.seed, self.step);
            let key = ProgramKey::training(Purpose::Gradient, part.len(), false);
            let found = self.programs.get(&self.model, key)?.first_not_finite(&mut bindings)?;
            if found.is_some() {
                return Ok(found);
            }
        }
        Ok(None)
    }

    /// The mean of the losses of `rows`, summed in order: over the sum of their weights, where the loss has weights.
    #[must_use]
    pub fn mean(&self, rows: &[u32], losses: &[T]) -> f64 {
        let sum = losses.iter().map(|l| l.to_f64()).sum::<f64>();
        let weight = self.weight(rows);
        if weight > 0.0 { sum / weight } else { 0.0 }
    }

    /// What the sum of the losses of `rows` is divided by to be their mean: the number of rows, or the sum of the
    /// weights that the loss gives their labels.
    fn weight(&self, rows: &[u32]) -> f64 {
        let loss = self.model.loss();
        if loss.weight(0).is_none() {
            return rows.len() as f64;
        }
        let labels = rows.iter().flat_map(|&row| self.labels(row));
        // the loss of an example is the mean over its steps
        labels.filter_map(|l| loss.weight(l)).sum::<f64>() / self.model.target().steps() as f64
    }

    /// The factor of the sum of the losses of `rows`; 0 if none of them counts.
    fn scale(&self, rows: &[u32]) -> T {
        let weight = self.weight(rows);
        if weight > 0.0 { T::ONE / T::from_f64(weight) } else { T::ZERO }
    }

    /// Rows that a program takes for a batch, and whether it adds to what earlier chunks gave.
    fn piece(&self, batch: usize) -> (usize, bool) {
        let chunk = self.chunk();
        if batch <= chunk || self.most_rows().is_some() { (batch.max(1), false) } else { (chunk, true) }
    }

    fn each_chunk(
        &mut self,
        purpose: Purpose,
        rows: Rows,
        theta: &[T],
        direction: &[T],
        result: &mut [T],
        loss: &mut [T; 1],
    ) -> Result<()> {
        self.check(theta)?;
        if purpose != Purpose::Loss && result.len() != theta.len() {
            return Err(self.wrong_length("result", result.len()));
        }
        let Rows { numbers: rows, augmented } = rows;
        if rows.is_empty() {
            return Err(Error::data("no-rows", "batch")
                .expected("at least one example")
                .got("none")
                .hint("hold out fewer examples or load more"));
        }
        self.check_rows(rows.len())?;
        let (size, add) = self.piece(rows.len());
        if add {
            result.fill(T::ZERO);
            loss[0] = T::ZERO;
        }
        let scale = [self.scale(rows)];
        for part in rows.chunks(size) {
            self.load(part, part.len(), augmented)?;
            let bindings =
                bind(&self.features, &self.targets, &self.labels, &self.numbers, theta, &self.state)
                    .reals(Buffer::Scale, &scale)
                    .reals(Buffer::Direction, direction)
                    .random(self.seed, self.step);
            let mut bindings = match purpose {
                Purpose::Product | Purpose::GaussNewton => bindings.sink(Sink::Product, result),
                Purpose::Gradient => bindings
                    .sink(Sink::Loss, loss)
                    .sink(Sink::Gradient, result)
                    .sink(Sink::State, &mut self.next),
                _ => bindings.sink(Sink::Loss, loss),
            };
            let key = ProgramKey::training(purpose, part.len(), add);
            self.programs.run(&self.model, key, &mut bindings)?;
        }
        match purpose {
            Purpose::Product | Purpose::GaussNewton => self.penalty.add_product(direction, result),
            _ => loss[0] += self.penalty.value(theta),
        }
        if purpose == Purpose::Gradient {
            self.penalty.add_gradient(theta, result);
        }
        Ok(())
    }

    fn check(&self, theta: &[T]) -> Result<()> {
        if theta.len() == self.model.table().len() {
            Ok(())
        } else {
            Err(self.wrong_length("theta", theta.len()))
        }
    }

    fn wrong_length(&self, place: &str, got: usize) -> Error {
        Error::state("theta-length", place)
            .expected(format!("{} numbers", self.model.table().len()))
            .got(got.to_string())
            .hint("use a vector as long as theta")
    }
}

/// Bindings of a batch.
fn bind<'a, T: Real>(
    features: &'a [T],
    targets: &'a [T],
    labels: &'a [u32],
    numbers: &'a [u32],
    theta: &'a [T],
    state: &'a [T],
) -> Bindings<'a, T> {
    Bindings::new()
        .reals(Buffer::State, state)
        .reals(Buffer::Theta, theta)
        .reals(Buffer::Features, features)
        .reals(Buffer::Targets, targets)
        .indices(Buffer::Labels, labels)
        .indices(Buffer::Examples, numbers)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::data::{Dataset, Features};
    use crate::nn::{Activation, Dense, LayerSpec};
    use crate::shape::Shape;
    use ndarray::Array2;

    /// Examples of three classes whose features are products of their number and of the column's.
    fn examples(labels: Vec<u32>, width: usize) -> Arc<Examples> {
        let names = ["a", "b", "c"].map(str::to_owned).to_vec();
        let values = Array2::from_shape_fn((labels.len(), width), |(i, j)| (i * (j + 1)) as f64);
        let targets = Targets::Classes { labels, names };
        let set = Dataset::new("points", Shape::from([width]), Features::Reals(values), targets).unwrap();
        Arc::new(Examples::new(set, 0.0, 0).unwrap())
    }

    fn linear(examples: &Arc<Examples>, loss: &str) -> DataLoss<f64> {
        let layers = [LayerSpec::Dense(Dense::new(3, Activation::Linear))];
        let target = DataLoss::<f64>::target_of(examples);
        let loss = serde_json::from_str(loss).unwrap();
        let model = Model::new(examples.dataset().shape(), &layers, loss, target).unwrap();
        DataLoss::new(model, examples.clone())
    }

    /// One example in four is of class 1, which weighs three times as much; class 2 does not count.
    #[test]
    fn chunks_share_the_weights_of_their_labels() {
        let n = 10_000;
        let examples = examples((0..n as u32).map(|i| [0, 0, 2, 1][i as usize % 4]).collect(), 1);
        let loss = r#"{"type":"softmaxCrossEntropy","classWeights":[1,3,9],"ignoreIndex":2}"#;
        let mut loss = linear(&examples, loss);
        assert!(loss.chunk() < n, "the batch must take several chunks");
        // at zero weights every class has the probability 1/3
        let (theta, mut gradient) = ([0.0; 6], [0.0; 6]);
        let value = loss.gradient(examples.train(), &theta, &mut gradient).unwrap();
        assert!((value - libm::log(3.0)).abs() < 1e-12, "{value}");
        // of the weights, class 0 has 2 / 5 and class 1 has 3 / 5
        for (got, want) in gradient[3..].iter().zip([1.0 / 3.0 - 0.4, 1.0 / 3.0 - 0.6, 1.0 / 3.0]) {
            assert!((got - want).abs() < 1e-12, "{gradient:?}");
        }
        let each = loss.evaluate(examples.train(), &theta).unwrap().losses;
        assert!((loss.mean(examples.train(), &each) - value).abs() < 1e-12);
        assert_eq!(loss.gradient(&[2, 6], &theta, &mut gradient).unwrap(), 0.0, "no row counts");
        assert!(gradient.iter().all(|g| *g == 0.0));
    }

    #[test]
    fn a_batch_that_is_there_already_is_used_again_and_no_other() {
        let examples = examples((0..200).map(|i| i % 3).collect(), 2);
        let fresh = |noise| linear(&examples, r#""softmaxCrossEntropy""#).with_label_noise(noise, 1);
        let theta: Vec<f64> = (0..9).map(|i| f64::from(i) / 9.0).collect();
        let all: Vec<u32> = (0..200).collect();
        let mut swapped = all.clone();
        swapped.swap(150, 151);
        let mut other = all.clone();
        other[199] = 7;
        let mut used = fresh(0.0);
        for rows in [&all[..], &all, &other, &all, &all[..150], &all, &swapped, &all[..1], &all] {
            let (value, again) = (used.loss(rows, &theta).unwrap(), used.loss(rows, &theta).unwrap());
            assert_eq!([value, again], [fresh(0.0).loss(rows, &theta).unwrap(); 2], "{} rows", rows.len());
            let evaluated = used.evaluate(&rows[..1], &theta).unwrap();
            assert_eq!(evaluated, fresh(0.0).evaluate(&rows[..1], &theta).unwrap());
        }
        assert_eq!(used.evaluate(&[], &theta).unwrap(), Evaluated::default(), "no rows, no losses");
        let noisy = used.with_label_noise(0.9, 1).loss(&all, &theta).unwrap();
        assert_eq!(noisy, fresh(0.9).loss(&all, &theta).unwrap());
        assert_ne!(noisy, fresh(0.0).loss(&all, &theta).unwrap());
    }
}
