//! What a trainer reads: a data set, split and scaled.

use super::augment::Augment;
use super::csv::is_missing;
use super::dataset::{Dataset, Features, Targets, flat};
use super::impute::{Encoding, Source, fill_values};
use super::scaling::{Scaler, Scaling};
use super::split::{Split, SplitSpec};
use crate::error::{Error, Result};
use crate::json::{self, Value};
use crate::kernels::{Real, map::quotients};
use serde::Serialize;
use std::sync::Arc;

/// A data set, which may be shared, with its training part, its test part and a scaling fitted on the training part.
#[derive(Debug, Clone)]
pub struct Examples {
    dataset: Arc<Dataset>,
    split: Split,
    scaling: Scaling,
    /// The features of an example whose cells have no value; empty if such cells are refused.
    fill: Vec<f64>,
}

/// What there is to say about a data set.
#[derive(Debug, Clone, PartialEq, Serialize)]
#[cfg_attr(target_family = "wasm", derive(tsify::Tsify))]
#[cfg_attr(target_family = "wasm", tsify(missing_as_null))]
#[serde(rename_all = "camelCase")]
pub struct DataInfo {
    /// What it is called.
    pub name: String,
    /// Training examples.
    pub train: usize,
    /// Test examples.
    pub test: usize,
    /// Extents of one example: (H, W, C) for images, (F) for tables.
    pub shape: Vec<usize>,
    /// Class names; `None` for a regression.
    pub classes: Option<Vec<String>>,
    /// Names of a table's features, in their order; those of a category are called `column=value`.
    pub features: Option<Vec<String>>,
    /// How numbers are scaled, fitted on the training part.
    pub scaling: Scaling,
    /// Mean squared error, in the units of the targets, of always answering with the mean of the training part; `None` for
    /// classes, and where the examples are not at hand.
    pub baseline: Option<f64>,
    /// Author, source, licence.
    pub attribution: String,
    /// [`Dataset::hash`] as 16 hex digits.
    pub hash: String,
    /// Whether the examples are not at hand: the network has none yet, or was loaded without those it was trained on. It predicts;
    /// training and measuring need data.
    pub absent: bool,
}

impl Examples {
    /// Splits by `seed` ([`Split::new`]), fills features without a value by what the training part says, and fits the
    /// scaling on the training part.
    ///
    /// # Errors
    /// [`Error::Spec`] if `test` is not a share or count that leaves something to train.
    pub fn new(dataset: impl Into<Arc<Dataset>>, test: f64, seed: u64) -> Result<Self> {
        Self::split_by(dataset, SplitSpec::Random {}, test, seed)
    }

    /// As [`Self::new`], split as `how` says.
    ///
    /// # Errors
    /// Those of [`Split::by`].
    pub fn split_by(dataset: impl Into<Arc<Dataset>>, how: SplitSpec, test: f64, seed: u64) -> Result<Self> {
        let mut dataset = dataset.into();
        let split = Split::by(&dataset, how, test, seed)?;
        let mut fill = Vec::new();
        if !dataset.gaps().is_empty() {
            fill = fill_values(&dataset, &split.train);
            dataset = Arc::new(dataset.filled(&fill));
        }
        let scaling = Scaling::fit(&dataset, &split.train);
        Ok(Self { dataset, split, scaling, fill })
    }

    /// Examples that are not at hand, so many of them, scaled by `scaling`; `fill` as found on those that were.
    ///
    /// # Errors
    /// Those of [`Self::with_scaling`].
    pub(super) fn absent(
        dataset: Dataset,
        train: usize,
        test: usize,
        scaling: Scaling,
        fill: Vec<f64>,
    ) -> Result<Self> {
        scaling.check(&dataset)?;
        // all are the one that stands for them
        let split = Split { train: vec![0; train], test: vec![0; test] };
        Ok(Self { dataset: Arc::new(dataset), split, scaling, fill })
    }

    /// Refuses what needs the examples themselves, if they are not at hand.
    ///
    /// # Errors
    /// [`Error::State`].
    pub fn check_present(&self) -> Result<()> {
        if !self.dataset.is_absent() {
            return Ok(());
        }
        Err(no_data())
    }

    /// Replaces the scaling, by the one a saved model was trained with.
    ///
    /// # Errors
    /// [`Error::Data`] if it is for other columns.
    pub fn with_scaling(mut self, scaling: Scaling) -> Result<Self> {
        scaling.check(&self.dataset)?;
        self.scaling = scaling;
        Ok(self)
    }

    /// The data.
    #[must_use]
    pub fn dataset(&self) -> &Dataset {
        &self.dataset
    }

    /// Numbers of the training examples, ascending.
    #[must_use]
    pub fn train(&self) -> &[u32] {
        &self.split.train
    }

    /// Numbers of the test examples, ascending.
    #[must_use]
    pub fn test(&self) -> &[u32] {
        &self.split.test
    }

    /// The features of an example whose cells have no value; none if such cells are refused.
    pub(super) fn fill(&self) -> &[f64] {
        &self.fill
    }

    /// The scaling in use.
    #[must_use]
    pub fn scaling(&self) -> &Scaling {
        &self.scaling
    }

    /// What there is to say about the data.
    #[must_use]
    pub fn info(&self) -> DataInfo {
        let data = &self.dataset;
        DataInfo {
            name: data.name().to_owned(),
            train: self.train().len(),
            test: self.test().len(),
            shape: data.shape().dims().to_vec(),
            classes: data.classes().map(<[String]>::to_vec),
            features: data.feature_names().map(<[String]>::to_vec),
            scaling: self.scaling.clone(),
            baseline: self.baseline(),
            attribution: data.attribution().to_owned(),
            hash: data.hash_text(),
            absent: data.is_absent(),
        }
    }

    /// Raw features of new rows, one after the other, as [`Self::scale_raw`] takes them. `rows` is JSON: a list of objects of
    /// column names and values, numbers or text, in any order; cells without a value are filled as those of the table were. Columns
    /// that are no feature are ignored. The features stand in the order of [`DataInfo::features`].
    ///
    /// # Errors
    /// [`Error::Data`] that names the row, from 1, and the column; [`Error::State`] if the features have no names;
    /// [`Error::Spec`] if `rows` is no list.
    pub fn encode(&self, rows: &str) -> Result<Vec<f64>> {
        let Value::Array(rows) = json::parse("rows", rows)? else {
            return Err(Error::spec("rows-no-list", "rows")
                .expected("a list of objects")
                .got("something else")
                .hint("pass one object for each row"));
        };
        let data = &self.dataset;
        let plain = || {
            let source = |name: &String| Source { name: name.clone(), categories: Vec::new() };
            data.feature_names().map(|names| Encoding::new(names.iter().map(source).collect()))
        };
        let Some(encoding) = data.encoding().cloned().or_else(plain) else {
            return Err(Error::state("no-columns", "rows")
                .expected("data with named columns")
                .got(data.name())
                .hint("pass the features as numbers"));
        };
        let mut out = Vec::with_capacity(rows.len() * encoding.width());
        for (row, cells) in (1..).zip(&rows) {
            let cell = |column: &str| {
                let text = match cells.get(column)? {
                    Value::String(text) => text.trim().to_owned(),
                    Value::Null => return None,
                    other => other.to_string(),
                };
                Some(text).filter(|text| !is_missing(text))
            };
            encoding.row(row, &cell, &self.fill, &mut out)?;
        }
        Ok(out)
    }

    /// The variance of the targets over the training part, the mean of all columns.
    fn baseline(&self) -> Option<f64> {
        let Targets::Reals { values, .. } = self.dataset.targets() else { return None };
        if self.dataset.is_absent() {
            return None;
        }
        let rows = self.train().len() as f64;
        let column = |c: usize| self.train().iter().map(move |&row| values[[row as usize, c]]);
        let variance = |c: usize| {
            let mean = column(c).sum::<f64>() / rows;
            column(c).map(|y| (y - mean) * (y - mean)).sum::<f64>() / rows
        };
        let columns = values.ncols();
        Some((0..columns).map(variance).sum::<f64>() / columns as f64)
    }

    /// Writes the scaled features of the examples `rows`, one after the other, (rows, H, W, C) or (rows, F).
    ///
    /// `out` may be longer, for a program of a fixed batch size: the rest is set to 0. Nothing is allocated.
    ///
    /// # Errors
    /// [`Error::Data`] if an example is not there, [`Error::Shape`] if `out` is too short.
    pub fn fill_batch<T: Real>(&self, rows: &[u32], out: &mut [T]) -> Result<()> {
        let width = self.dataset.width();
        let (filled, rest) = self.room(rows, width, out)?;
        rest.fill(T::ZERO);
        match self.dataset.features() {
            Features::Bytes { values, .. } => {
                let (pixels, scaler) = (flat(values), &self.scaling.features);
                let divisor = match scaler {
                    Scaler::None {} => Some(1.0),
                    Scaler::Unit { max } => Some(*max),
                    Scaler::Standard { .. } => None,
                };
                // the quotient of two f32 is the one in f64, rounded (Figueroa 1995)
                let Some(divisor) = divisor.map(T::from_f64).filter(|d| Some(d.to_f64()) == divisor) else {
                    each_row(rows, width, pixels, filled, |row, out| {
                        for (column, (out, &v)) in out.iter_mut().zip(row).enumerate() {
                            *out = T::from_f64(scaler.scale(column, f64::from(v)));
                        }
                    });
                    return Ok(());
                };
                each_row(rows, width, pixels, filled, |row, out| quotients(row, divisor, out));
            }
            Features::Reals(values) => {
                let scaler = &self.scaling.features;
                each_row(rows, width, flat(values), filled, |row, out| scaler.scale_row(row, out));
            }
        }
        Ok(())
    }

    /// As [`Self::fill_batch`], with each image moved by what `augment` draws for it: a function of the seed, the
    /// step and the example's number.
    ///
    /// # Errors
    /// As [`Self::fill_batch`].
    pub fn fill_augmented<T: Real>(
        &self,
        augment: &Augment,
        rows: &[u32],
        seed_and_step: (u64, u64),
        out: &mut [T],
    ) -> Result<()> {
        let (filled, rest) = self.room(rows, self.dataset.width(), out)?;
        rest.fill(T::ZERO);
        augment.fill(&self.dataset, &self.scaling.features, rows, seed_and_step, filled);
        Ok(())
    }

    /// The pixels of 0..=255 that scaled values of an image stand for, rounded; what lies outside becomes the nearest.
    pub fn pixels_of<T: Real>(&self, scaled: &[T]) -> impl Iterator<Item = u8> {
        let brightest = match self.dataset.features() {
            Features::Bytes { max, .. } => f64::from(*max),
            Features::Reals(_) => 1.0,
        };
        scaled.iter().enumerate().map(move |(place, x)| {
            let value = self.scaling.features.unscale(place, x.to_f64());
            // a number that is none becomes 0
            (value * 255.0 / brightest).round().clamp(0.0, 255.0) as u8
        })
    }

    /// Writes the classes of the examples `rows`, with steps (rows, T); the rest of `out` is set to 0.
    ///
    /// # Errors
    /// As [`Self::fill_batch`], and [`Error::Data`] for a regression.
    pub fn fill_labels(&self, rows: &[u32], out: &mut [u32]) -> Result<()> {
        let (labels, steps) = match self.dataset.targets() {
            Targets::Classes { labels, .. } => (labels, 1),
            Targets::Steps { labels, steps, .. } => (labels, *steps),
            Targets::Reals { .. } => {
                return Err(Error::data("data-no-classes", self.dataset.name())
                    .expected("classes")
                    .got("real targets")
                    .hint("choose a squared error as the loss"));
            }
        };
        let (filled, rest) = self.room(rows, steps, out)?;
        rest.fill(0);
        for (out, &row) in filled.chunks_exact_mut(steps).zip(rows) {
            out.copy_from_slice(&labels[row as usize * steps..][..steps]);
        }
        Ok(())
    }

    /// Writes the scaled real targets of the examples `rows`, (rows, T). Classes are written as (rows, classes), with steps (rows, T, classes), with
    /// 1 at the example's class and 0 elsewhere. The rest of `out` is set to 0.
    ///
    /// # Errors
    /// As [`Self::fill_batch`].
    pub fn fill_targets<T: Real>(&self, rows: &[u32], out: &mut [T]) -> Result<()> {
        let width = self.dataset.target_width();
        let steps = if let Targets::Steps { steps, .. } = self.dataset.targets() { *steps } else { 1 };
        let (filled, rest) = self.room(rows, steps * width, out)?;
        rest.fill(T::ZERO);
        match self.dataset.targets() {
            Targets::Classes { .. } | Targets::Steps { .. } => {
                filled.fill(T::ZERO);
                let labels = rows.iter().flat_map(|&row| self.dataset.labels(row));
                for (out, &label) in filled.chunks_exact_mut(width).zip(labels) {
                    out[label as usize] = T::ONE;
                }
            }
            Targets::Reals { values, .. } => {
                let scaler = &self.scaling.targets;
                each_row(rows, width, flat(values), filled, |row, out| scaler.scale_row(row, out));
            }
        }
        Ok(())
    }

    /// Scales new examples in place as the training data were. Images come as pixels of 0..=255 and are first
    /// rounded to the steps of the data set (16 for the UCI digits), so that [`Dataset::pixels`] leads back to the
    /// stored values.
    ///
    /// # Errors
    /// [`Error::Shape`] if `values` is not whole examples, [`Error::Data`] if one is not a finite number.
    pub fn scale_raw<T: Real>(&self, values: &mut [T]) -> Result<()> {
        if !values.iter().all(|x| x.is_finite()) {
            return Err(Error::data("data-not-finite", "example")
                .expected("finite features")
                .got("an infinite or missing value")
                .hint("give every feature a number"));
        }
        if let Features::Bytes { max, .. } = self.dataset.features() {
            let max = f64::from(*max);
            for x in values.iter_mut() {
                *x = T::from_f64((x.to_f64().clamp(0.0, 255.0) * max / 255.0).round());
            }
        }
        self.scaling.features.transform(values, self.dataset.width())
    }

    /// Splits `out` into the place of `rows` and the rest, after a look at both.
    fn room<'a, A>(
        &self,
        rows: &[u32],
        width: usize,
        out: &'a mut [A],
    ) -> Result<(&'a mut [A], &'a mut [A])> {
        let n = self.dataset.len();
        if let Some(&row) = rows.iter().find(|&&row| row as usize >= n) {
            return Err(Error::data("row-out-of-range", self.dataset.name())
                .expected(format!("an example of 0..{n}"))
                .got(row.to_string())
                .hint("count examples from 0")
                .arg("examples", n)
                .arg("row", row));
        }
        let got = out.len();
        out.split_at_mut_checked(rows.len() * width).ok_or_else(|| {
            Error::shape("batch-room", self.dataset.name())
                .expected(format!("room for {} examples of {width} values", rows.len()))
                .got(format!("{got} values"))
                .hint("make the buffer longer")
                .arg("rows", rows.len())
                .arg("width", width)
                .arg("got", got)
        })
    }
}

/// Writes `rows` of a table, each by `write`.
fn each_row<A, T>(rows: &[u32], width: usize, from: &[A], out: &mut [T], write: impl Fn(&[A], &mut [T])) {
    for (out, &row) in out.chunks_exact_mut(width).zip(rows) {
        write(&from[row as usize * width..][..width], out);
    }
}

#[cold]
#[inline(never)]
fn no_data() -> Error {
    Error::state("no-data", "data").expected("data").got("none").hint("call fit(x, y)")
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::data::ScalerKind;
    use crate::shape::Shape;
    use ndarray::array;

    fn images(kind: ScalerKind) -> Examples {
        let features = Features::Bytes { values: array![[0, 8], [4, 16], [2, 2]], max: 16 };
        let targets = Targets::Classes { labels: vec![0, 1, 1], names: vec!["a".into(), "b".into()] };
        let set = Dataset::new("t", Shape::new(&[1, 2, 1]), features, targets).unwrap();
        Examples::new(set.with_own_train(2).unwrap().with_feature_scaling(kind), 0.0, 0).unwrap()
    }

    #[test]
    fn images_are_scaled_per_batch_and_padded_with_zeros() {
        let unit = images(ScalerKind::Unit);
        let mut out = [9.0_f32; 5];
        unit.fill_batch(&[1, 0], &mut out).unwrap();
        assert_eq!(out, [0.25, 1.0, 0.0, 0.5, 0.0]);
        let mut out = [9.0_f64; 2];
        images(ScalerKind::None).fill_batch(&[1], &mut out).unwrap();
        assert_eq!(out, [4.0, 16.0]);
        images(ScalerKind::Standard).fill_batch(&[2], &mut out).unwrap();
        assert_eq!(out, [0.0, -2.5]);
        let mut labels = [9; 3];
        unit.fill_labels(&[2, 0], &mut labels).unwrap();
        assert_eq!(labels, [1, 0, 0]);
        let mut one_hot = [9.0_f32; 5];
        unit.fill_targets(&[2, 0], &mut one_hot).unwrap();
        assert_eq!(one_hot, [0.0, 1.0, 1.0, 0.0, 0.0]);
    }

    #[test]
    fn wrong_rows_and_short_buffers_are_refused() {
        let set = images(ScalerKind::Unit);
        let code = |result: Result<()>| result.unwrap_err().report().code;
        assert_eq!(code(set.fill_batch(&[3], &mut [0.0_f32; 2])), "row-out-of-range");
        assert_eq!(code(set.fill_batch(&[0], &mut [0.0_f32; 1])), "batch-room");
        assert_eq!(code(set.scale_raw(&mut [0.0_f32; 3])), "scaling-rows");
        assert_eq!(code(set.scale_raw(&mut [0.0_f32, f32::NAN])), "data-not-finite");
    }

    #[test]
    fn the_pixels_of_an_image_scale_to_what_training_sees() {
        for kind in [ScalerKind::Unit, ScalerKind::Standard] {
            let set = images(kind);
            for row in 0..3 {
                let mut raw: Vec<f32> =
                    set.dataset().pixels(row).unwrap().into_iter().map(f32::from).collect();
                set.scale_raw(&mut raw).unwrap();
                let mut seen = [0.0_f32; 2];
                set.fill_batch(&[row], &mut seen).unwrap();
                assert_eq!(raw, seen);
                let back: Vec<u8> = set.pixels_of(&seen).collect();
                assert_eq!(Some(back), set.dataset().pixels(row));
            }
        }
    }

    #[test]
    fn a_regression_has_targets_but_no_labels() {
        let targets = Targets::Reals { values: array![[1.0], [3.0]], names: vec!["y".into()] };
        let features = Features::Reals(array![[0.0], [4.0]]);
        let set = Dataset::new("t", Shape::new(&[1]), features, targets).unwrap();
        let set = Examples::new(set, 0.0, 0).unwrap();
        let mut out = [0.0_f64; 2];
        set.fill_targets(&[1, 0], &mut out).unwrap();
        assert_eq!(out, [1.0, -1.0]);
        assert_eq!(set.info().baseline, Some(1.0));
        assert_eq!(set.fill_labels(&[0], &mut [0]).unwrap_err().report().code, "data-no-classes");
    }
}
