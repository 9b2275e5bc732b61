//! A data set as it came: nothing is scaled, images stay bytes.

use super::hash::Fnv1a;
use super::impute::{Encoding, Gap};
use super::scaling::ScalerKind;
use crate::error::{Error, Result};
use crate::kernels::Real;
use crate::shape::Shape;
use ndarray::Array2;
use std::sync::OnceLock;

/// The inputs, one row per example.
#[derive(Debug, Clone, PartialEq)]
pub enum Features {
    /// Images: `(N, H * W * C)` values of `0..=max`, row-major within an image.
    Bytes {
        /// The pixels.
        values: Array2<u8>,
        /// The brightest value the format can hold: 255, or 16 for the UCI digits.
        max: u8,
    },
    /// A table `(N, F)`.
    Reals(Array2<f64>),
}

/// What is to be predicted, one entry per example.
#[derive(Debug, Clone, PartialEq)]
pub enum Targets {
    /// One class each.
    Classes {
        /// `(N,)` numbers below `names.len()`.
        labels: Vec<u32>,
        /// What the classes are called.
        names: Vec<String>,
    },
    /// A class at each step of a sequence.
    Steps {
        /// `(N, T)`, example by example: numbers below `names.len()`.
        labels: Vec<u32>,
        /// T, the steps of one example.
        steps: usize,
        /// What the classes are called.
        names: Vec<String>,
    },
    /// Real numbers `(N, T)`.
    Reals {
        /// The values.
        values: Array2<f64>,
        /// What the `T` columns are called.
        names: Vec<String>,
    },
}

/// Examples with their targets, where they are from and what they are called.
#[derive(Debug, Clone)]
pub struct Dataset {
    name: String,
    shape: Shape,
    features: Features,
    targets: Targets,
    feature_names: Option<Vec<String>>,
    attribution: String,
    own_train: Option<usize>,
    feature_scaling: ScalerKind,
    encoding: Option<Encoding>,
    gaps: Vec<Gap>,
    file_hash: Option<String>,
    absent: bool,
    hash: OnceLock<u64>,
}

impl Dataset {
    /// A data set of examples of `shape`: (H, W, C) for images, (F) for tables.
    ///
    /// Bytes are scaled to 0..1 and reals standardised unless [`Self::with_feature_scaling`] says otherwise.
    ///
    /// # Errors
    /// [`Error::Data`] if there is no example, counts do not fit together, a byte is above `max`, a label is not
    /// below the number of classes, or a number is not finite.
    pub fn new(
        name: impl Into<String>,
        shape: Shape,
        mut features: Features,
        mut targets: Targets,
    ) -> Result<Self> {
        let name = name.into();
        check(&name, &shape, &features, &targets)?;
        // everything after this reads rows as slices
        match &mut features {
            Features::Bytes { values, .. } => make_row_major(values),
            Features::Reals(values) => make_row_major(values),
        }
        if let Targets::Reals { values, .. } = &mut targets {
            make_row_major(values);
        }
        let feature_scaling = match features {
            Features::Bytes { .. } => ScalerKind::Unit,
            Features::Reals(_) => ScalerKind::Standard,
        };
        Ok(Self {
            name,
            shape,
            features,
            targets,
            feature_names: None,
            attribution: String::new(),
            own_train: None,
            feature_scaling,
            encoding: None,
            gaps: Vec::new(),
            file_hash: None,
            absent: false,
            hash: OnceLock::new(),
        })
    }

    /// Names the columns of a table.
    ///
    /// # Errors
    /// [`Error::Data`] if there are more or fewer names than columns.
    pub fn with_feature_names(mut self, names: Vec<String>) -> Result<Self> {
        if names.len() != self.width() {
            return Err(Error::data("data-feature-names", self.name)
                .expected(format!("{} names, one for each feature", self.features.columns()))
                .got(names.len().to_string())
                .hint("name every feature")
                .arg("expected", self.features.columns())
                .arg("got", names.len()));
        }
        self.feature_names = Some(names);
        Ok(self)
    }

    /// Says where the data are from: author, source, licence.
    #[must_use]
    pub fn with_attribution(mut self, attribution: impl Into<String>) -> Self {
        self.attribution = attribution.into();
        self
    }

    /// Says that the first `train` examples are the training part and the others the test part that the set brings.
    ///
    /// # Errors
    /// [`Error::Data`] if one of the parts would be empty.
    pub fn with_own_train(mut self, train: usize) -> Result<Self> {
        if !(1..self.len()).contains(&train) {
            return Err(Error::data("data-own-train", self.name)
                .expected("at least one training and one test example")
                .got(format!("{train} training examples of {}", self.features.rows()))
                .hint("leave out the part that is empty")
                .arg("train", train)
                .arg("examples", self.features.rows()));
        }
        self.own_train = Some(train);
        self.hash = OnceLock::new();
        Ok(self)
    }

    /// Chooses how the features are to be scaled.
    #[must_use]
    pub fn with_feature_scaling(mut self, kind: ScalerKind) -> Self {
        self.feature_scaling = kind;
        self
    }

    /// Says how the columns of a table became features, and which features have no value yet. These are 0 until
    /// [`Self::filled`].
    pub(super) fn with_encoding(mut self, encoding: Encoding, gaps: Vec<Gap>) -> Self {
        (self.encoding, self.gaps) = (Some(encoding), gaps);
        self.hash = OnceLock::new();
        self
    }

    /// Says which file the set was read from, if how it was read decides what is in it.
    pub(super) fn with_file_hash(mut self, hash: String) -> Self {
        self.file_hash = Some(hash);
        self
    }

    /// Says that the examples only stand for others, which are not at hand, and what the hash of these is, if it is known.
    pub(super) fn without_examples(mut self, hash: Option<u64>) -> Self {
        self.absent = true;
        self.hash = hash.map_or_else(OnceLock::new, OnceLock::from);
        self
    }

    /// The same set with `fill`, the features of an example without any value, in its gaps.
    pub(super) fn filled(&self, fill: &[f64]) -> Self {
        // of the set as it came: what fills it depends on the run
        let _ = self.hash();
        let mut set = self.clone();
        if let Features::Reals(values) = &mut set.features {
            for gap in &self.gaps {
                for column in (gap.column..gap.column + gap.width).map(|column| column as usize) {
                    values[[gap.row as usize, column]] = fill[column];
                }
            }
        }
        set
    }

    /// Gives a set that was recognised its published name and class names (as many as it has).
    pub(super) fn identified(mut self, name: &str, classes: &[&str], attribution: &str) -> Self {
        self.name = name.to_owned();
        if let Targets::Classes { names, .. } = &mut self.targets {
            names.iter_mut().zip(classes).for_each(|(name, class)| *name = (*class).to_owned());
        }
        self.with_attribution(attribution)
    }

    /// What the set is called.
    #[must_use]
    pub fn name(&self) -> &str {
        &self.name
    }

    /// The number of examples, training and test together.
    #[must_use]
    pub fn len(&self) -> usize {
        self.features.rows()
    }

    /// Always false: a data set has at least one example.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// The extents of one example: (H, W, C) or (F).
    #[must_use]
    pub fn shape(&self) -> &Shape {
        &self.shape
    }

    /// The number of features of one example.
    #[must_use]
    pub fn width(&self) -> usize {
        self.shape.len()
    }

    /// The inputs.
    #[must_use]
    pub fn features(&self) -> &Features {
        &self.features
    }

    /// What is to be predicted.
    #[must_use]
    pub fn targets(&self) -> &Targets {
        &self.targets
    }

    /// The names of the classes; `None` for a regression.
    #[must_use]
    pub fn classes(&self) -> Option<&[String]> {
        match &self.targets {
            Targets::Classes { names, .. } | Targets::Steps { names, .. } => Some(names),
            Targets::Reals { .. } => None,
        }
    }

    /// The number of targets of one example: its classes, or the columns of real targets.
    #[must_use]
    pub fn target_width(&self) -> usize {
        match &self.targets {
            Targets::Classes { names, .. } | Targets::Steps { names, .. } => names.len(),
            Targets::Reals { values, .. } => values.ncols(),
        }
    }

    /// The names of a table's columns.
    #[must_use]
    pub fn feature_names(&self) -> Option<&[String]> {
        self.feature_names.as_deref()
    }

    /// How columns became features, if the set was read from a table.
    #[must_use]
    pub fn encoding(&self) -> Option<&Encoding> {
        self.encoding.as_ref()
    }

    /// The hash of the file's bytes, 16 hex digits, if the set was read from a table.
    pub(super) fn file_hash(&self) -> Option<&str> {
        self.file_hash.as_deref()
    }

    /// Features without a value.
    pub(super) fn gaps(&self) -> &[Gap] {
        &self.gaps
    }

    /// Whether the examples are not at hand: those that are here say nothing but their shape.
    #[must_use]
    pub fn is_absent(&self) -> bool {
        self.absent
    }

    /// Author, source and licence.
    #[must_use]
    pub fn attribution(&self) -> &str {
        &self.attribution
    }

    /// If the set brings its own test part, the number of training examples before it.
    #[must_use]
    pub fn own_train(&self) -> Option<usize> {
        self.own_train
    }

    /// How the features are to be scaled.
    #[must_use]
    pub fn feature_scaling(&self) -> ScalerKind {
        self.feature_scaling
    }

    /// The class of an example; `None` for other targets or a row that is not there.
    #[must_use]
    pub fn label(&self, row: u32) -> Option<u32> {
        match &self.targets {
            Targets::Classes { labels, .. } => labels.get(row as usize).copied(),
            _ => None,
        }
    }

    /// The classes of an example, one for each step; one alone without steps, none for a regression or a row that is not
    /// there.
    #[must_use]
    pub fn labels(&self, row: u32) -> &[u32] {
        let (labels, steps) = match &self.targets {
            Targets::Classes { labels, .. } => (labels, 1),
            Targets::Steps { labels, steps, .. } => (labels, *steps),
            Targets::Reals { .. } => return &[],
        };
        let start = (row as usize).saturating_mul(steps);
        labels.get(start..start.saturating_add(steps)).unwrap_or(&[])
    }

    /// An image as pixels of 0..=255, (H, W, C); `None` for a table or a row that is not there.
    #[must_use]
    pub fn pixels(&self, row: u32) -> Option<Vec<u8>> {
        let Features::Bytes { values, max } = &self.features else { return None };
        let (row, max) = (row as usize, u32::from(*max));
        let image = (row < values.nrows()).then(|| values.row(row))?;
        // at most 255, because no value is above max
        Some(image.iter().map(|&v| ((u32::from(v) * 255 + max / 2) / max) as u8).collect())
    }

    /// The bytes and shapes of the data in 64 bits: [`Fnv1a`] over the shape, the features, the targets and the
    /// number of own training examples, then the places of features without a value. Names and attribution do not count.
    ///
    /// Computed once, then remembered.
    #[must_use]
    pub fn hash(&self) -> u64 {
        *self.hash.get_or_init(|| {
            let mut h = Fnv1a::new();
            h.word(self.len() as u64);
            h.word(self.shape.rank() as u64);
            self.shape.dims().iter().for_each(|&d| h.word(d as u64));
            match &self.features {
                Features::Bytes { values, max } => {
                    h.bytes(&[0, *max]);
                    h.bytes(flat(values));
                }
                Features::Reals(values) => {
                    h.bytes(&[1]);
                    flat(values).iter().for_each(|x| h.word(x.canonical_bits()));
                }
            }
            h.word(self.target_width() as u64);
            match &self.targets {
                Targets::Classes { labels, .. } => labels.iter().for_each(|l| h.bytes(&l.to_le_bytes())),
                Targets::Steps { labels, steps, .. } => {
                    h.word(*steps as u64);
                    labels.iter().for_each(|l| h.bytes(&l.to_le_bytes()));
                }
                Targets::Reals { values, .. } => {
                    flat(values).iter().for_each(|x| h.word(x.canonical_bits()));
                }
            }
            h.word(self.own_train.unwrap_or(0) as u64);
            self.gaps.iter().for_each(|gap| h.word(u64::from(gap.row) << 32 | u64::from(gap.column)));
            h.finish()
        })
    }

    /// [`Self::hash`] as descriptions and links write it: 16 hex digits.
    #[must_use]
    pub fn hash_text(&self) -> String {
        format!("{:016x}", self.hash())
    }
}

impl Features {
    /// The number of examples.
    #[must_use]
    pub fn rows(&self) -> usize {
        match self {
            Self::Bytes { values, .. } => values.nrows(),
            Self::Reals(values) => values.nrows(),
        }
    }

    /// The number of features of one example.
    #[must_use]
    pub fn columns(&self) -> usize {
        match self {
            Self::Bytes { values, .. } => values.ncols(),
            Self::Reals(values) => values.ncols(),
        }
    }
}

/// All values of a matrix of a [`Dataset`], row by row. [`Dataset::new`] made it row-major, so the slice exists.
pub(super) fn flat<A>(values: &Array2<A>) -> &[A] {
    values.as_slice().unwrap_or(&[])
}

fn make_row_major<A: Clone>(values: &mut Array2<A>) {
    if !values.is_standard_layout() {
        *values = values.as_standard_layout().into_owned();
    }
}

fn check(name: &str, shape: &Shape, features: &Features, targets: &Targets) -> Result<()> {
    let rows = features.rows();
    // example numbers are u32
    if rows == 0 || u32::try_from(rows).is_err() {
        return Err(Error::data("data-examples", name)
            .expected("between 1 and 4,294,967,295 examples")
            .got(rows.to_string())
            .hint("choose a set with examples in it")
            .arg("got", rows));
    }
    if shape.is_empty() || shape.len() != features.columns() {
        return Err(Error::data("data-width", name)
            .expected(format!("{} features per example, as the shape {shape} says", shape.len()))
            .got(features.columns().to_string())
            .hint("make the table as wide as the shape")
            .arg("expected", shape.len())
            .arg("got", features.columns()));
    }
    let target_rows = match targets {
        Targets::Classes { labels, .. } => labels.len(),
        // a rest that fills no example counts as one, so that it is refused
        Targets::Steps { labels, steps, .. } => labels.len().div_ceil((*steps).max(1)),
        Targets::Reals { values, .. } => values.nrows(),
    };
    if target_rows != rows {
        return Err(Error::data("data-counts-differ", name)
            .expected(format!("{rows} targets, one for each example"))
            .got(target_rows.to_string())
            .hint("give every example exactly one target")
            .arg("examples", rows)
            .arg("targets", target_rows));
    }
    let not_finite = |what: &str| {
        Error::data("data-not-finite", name)
            .expected(format!("finite {what}"))
            .got("an infinite or missing value")
            .hint("remove the rows with missing values")
    };
    match features {
        Features::Bytes { values, max } => {
            let top = values.iter().copied().max().unwrap_or(0);
            if *max == 0 || top > *max {
                return Err(Error::data("data-pixel-range", name)
                    .expected(format!("pixels of 0..={max}"))
                    .got(top.to_string())
                    .hint("state the right maximum")
                    .arg("max", max)
                    .arg("got", top));
            }
        }
        Features::Reals(values) if !values.iter().all(|x| x.is_finite()) => {
            return Err(not_finite("features"));
        }
        Features::Reals(_) => {}
    }
    match targets {
        Targets::Steps { labels, steps, .. } if labels.len() != rows * steps => {
            Err(Error::data("data-counts-differ", name)
                .expected(format!("{} targets, one for each step of each example", rows * steps))
                .got(labels.len().to_string())
                .hint("give every step exactly one target")
                .arg("examples", rows * steps)
                .arg("targets", labels.len()))
        }
        Targets::Classes { labels, names } | Targets::Steps { labels, names, .. } => {
            match labels.iter().position(|&l| l as usize >= names.len()) {
                Some(row) => Err(Error::data("data-label-range", name)
                    .expected(format!("labels below {}, the number of classes", names.len()))
                    .got(format!("{} at example {row}", labels[row]))
                    .hint("name every class, or correct the labels")
                    .arg("classes", names.len())
                    .arg("label", labels[row])
                    .arg("row", row)),
                None => Ok(()),
            }
        }
        Targets::Reals { values, names } if values.ncols() == 0 || values.ncols() != names.len() => {
            Err(Error::data("data-target-names", name)
                .expected("at least one target column and a name for each")
                .got(format!("{} columns and {} names", values.ncols(), names.len()))
                .hint("name every target column")
                .arg("columns", values.ncols())
                .arg("names", names.len()))
        }
        Targets::Reals { values, .. } if !values.iter().all(|x| x.is_finite()) => Err(not_finite("targets")),
        Targets::Reals { .. } => Ok(()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use ndarray::array;

    fn classes(labels: &[u32]) -> Targets {
        Targets::Classes { labels: labels.to_vec(), names: vec!["a".into(), "b".into()] }
    }

    fn pixels(values: Array2<u8>) -> Features {
        Features::Bytes { values, max: 16 }
    }

    #[test]
    fn each_inconsistency_has_its_own_code() {
        let code = |shape: &[usize], features, targets| {
            Dataset::new("t", Shape::new(shape), features, targets)
                .map(|_| "ok")
                .unwrap_or_else(|e| e.report().code)
        };
        let x = || Features::Reals(array![[1.0, 2.0], [3.0, 4.0]]);
        let y = |values| Targets::Reals { values, names: vec!["y".into()] };
        assert_eq!(code(&[2], x(), classes(&[0, 1])), "ok");
        assert_eq!(code(&[3], x(), classes(&[0, 1])), "data-width");
        assert_eq!(code(&[2], x(), classes(&[0])), "data-counts-differ");
        assert_eq!(code(&[2], x(), classes(&[0, 2])), "data-label-range");
        assert_eq!(code(&[2], x(), y(array![[1.0], [f64::NAN]])), "data-not-finite");
        assert_eq!(code(&[2], x(), y(array![[1.0, 1.0], [1.0, 1.0]])), "data-target-names");
        assert_eq!(code(&[1], Features::Reals(array![[f64::INFINITY]]), classes(&[0])), "data-not-finite");
        assert_eq!(code(&[1, 1, 1], pixels(array![[17]]), classes(&[0])), "data-pixel-range");
        assert_eq!(code(&[2], Features::Reals(Array2::zeros((0, 2))), classes(&[])), "data-examples");
    }

    #[test]
    fn the_hash_sees_values_shape_targets_and_parts_but_not_names_or_layout() {
        let set = |values: Array2<u8>, shape: &[usize], labels: &[u32]| {
            Dataset::new("t", Shape::new(shape), pixels(values), classes(labels)).unwrap()
        };
        let base = set(array![[1, 2], [3, 4]], &[2, 1, 1], &[0, 1]);
        let transposed = array![[1, 3], [2, 4]].reversed_axes();
        assert_eq!(base.hash(), set(transposed, &[2, 1, 1], &[0, 1]).with_attribution("x").hash());
        for other in [
            set(array![[1, 2], [3, 5]], &[2, 1, 1], &[0, 1]),
            set(array![[1, 2], [3, 4]], &[1, 2, 1], &[0, 1]),
            set(array![[1, 2], [3, 4]], &[2, 1, 1], &[1, 1]),
            base.clone().with_own_train(1).unwrap(),
        ] {
            assert_ne!(base.hash(), other.hash());
        }
        let names = base.clone().with_feature_names(vec!["x".into()]);
        assert_eq!(names.unwrap_err().report().code, "data-feature-names");
        for empty in [0, 2] {
            assert_eq!(base.clone().with_own_train(empty).unwrap_err().report().code, "data-own-train");
        }
    }

    #[test]
    fn pixels_span_the_whole_range() {
        let set =
            Dataset::new("t", Shape::new(&[1, 3, 1]), pixels(array![[0, 8, 16]]), classes(&[1])).unwrap();
        assert_eq!(set.pixels(0), Some(vec![0, 128, 255]));
        assert_eq!((set.pixels(1), set.label(0), set.label(1)), (None, Some(1), None));
    }
}
