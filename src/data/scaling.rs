//! Scaling, fitted on the training part alone and saved with a model.

use super::dataset::{Dataset, Features, Targets, flat};
use crate::error::{Error, Result};
use crate::kernels::Real;
use serde::{Deserialize, Serialize};

/// How numbers are to be scaled.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub enum ScalerKind {
    /// Not at all.
    None,
    /// Divided by the largest value there can be (images) or the largest absolute value of the training part.
    Unit,
    /// Mean 0 and standard deviation 1 in every column.
    Standard,
}

/// A fitted scaling of the columns of a table or of the pixels of an image.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[cfg_attr(target_family = "wasm", derive(tsify::Tsify))]
#[serde(tag = "type", rename_all = "camelCase", deny_unknown_fields)]
pub enum Scaler {
    /// x
    None {},
    /// x / max
    Unit {
        /// The divisor, above 0.
        max: f64,
    },
    /// (x - mean) / std, column by column.
    Standard {
        /// Means of the training part.
        mean: Vec<f64>,
        /// Population standard deviations of the training part (divided by n); 1 for a column that is constant
        /// there, so that it becomes 0.
        std: Vec<f64>,
    },
}

/// The scalings of features and targets: what a saved model needs to be asked about new examples.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[cfg_attr(target_family = "wasm", derive(tsify::Tsify))]
#[serde(deny_unknown_fields)]
pub struct Scaling {
    /// Of the inputs.
    pub features: Scaler,
    /// Of real targets; [`Scaler::None`] for classes.
    pub targets: Scaler,
}

impl Scaling {
    /// Fits to the examples `rows` of `dataset`: features as the set asks, real targets standardised.
    #[must_use]
    pub fn fit(dataset: &Dataset, rows: &[u32]) -> Self {
        let kind = dataset.feature_scaling();
        let width = dataset.width();
        let features = match dataset.features() {
            Features::Bytes { max, .. } if kind == ScalerKind::Unit => Scaler::Unit { max: f64::from(*max) },
            Features::Bytes { values, .. } => {
                let pixels = flat(values);
                Scaler::fit(kind, width, rows, |row, column| f64::from(pixels[row * width + column]))
            }
            Features::Reals(values) => Scaler::fit(kind, width, rows, table(flat(values), width)),
        };
        let targets = match dataset.targets() {
            Targets::Classes { .. } | Targets::Steps { .. } => Scaler::None {},
            Targets::Reals { values, .. } => {
                let width = values.ncols();
                Scaler::fit(ScalerKind::Standard, width, rows, table(flat(values), width))
            }
        };
        Self { features, targets }
    }

    /// Whether this scaling, perhaps from a file, can be used on `dataset`.
    ///
    /// # Errors
    /// [`Error::Data`] if the numbers of columns differ or a divisor is not above 0.
    pub fn check(&self, dataset: &Dataset) -> Result<()> {
        self.features.check("features", dataset.width())?;
        self.targets.check("targets", dataset.target_width())
    }
}

impl Scaler {
    /// Fits to the rows of a table of `width` columns.
    fn fit(kind: ScalerKind, width: usize, rows: &[u32], at: impl Fn(usize, usize) -> f64) -> Self {
        // calls back with every (column, value), in the order of the rows, so that sums are the same everywhere
        let each = |visit: &mut dyn FnMut(usize, f64)| {
            for &row in rows {
                (0..width).for_each(|column| visit(column, at(row as usize, column)));
            }
        };
        match kind {
            ScalerKind::None => Self::None {},
            ScalerKind::Unit => {
                let mut max = 0.0_f64;
                each(&mut |_, x| max = max.max(x.abs()));
                Self::Unit { max: if max > 0.0 { max } else { 1.0 } }
            }
            ScalerKind::Standard => {
                let n = rows.len().max(1) as f64;
                let mut mean = vec![0.0; width];
                each(&mut |column, x| mean[column] += x);
                mean.iter_mut().for_each(|m| *m /= n);
                // two passes: the sum of squares minus the square of the sum would cancel
                let mut std = vec![0.0; width];
                each(&mut |column, x| {
                    let d = x - mean[column];
                    std[column] += d * d;
                });
                for (s, m) in std.iter_mut().zip(&mean) {
                    let deviation = (*s / n).sqrt();
                    // the mean of equal numbers is off by a few roundings, and so is their deviation from it
                    *s = if deviation > 1e-12 * m.abs() { deviation } else { 1.0 };
                }
                Self::Standard { mean, std }
            }
        }
    }

    /// Scales one number of `column`.
    #[inline]
    #[must_use]
    pub fn scale(&self, column: usize, x: f64) -> f64 {
        match self {
            Self::None {} => x,
            Self::Unit { max } => x / max,
            Self::Standard { mean, std } => (x - mean[column]) / std[column],
        }
    }

    /// Writes the numbers of a row, scaled, one for each column.
    pub(super) fn scale_row<T: Real>(&self, row: &[f64], out: &mut [T]) {
        match self {
            Self::None {} => row.iter().zip(out).for_each(|(x, out)| *out = T::from_f64(*x)),
            Self::Unit { max } => row.iter().zip(out).for_each(|(x, out)| *out = T::from_f64(x / max)),
            Self::Standard { mean, std } => {
                for (((out, x), mean), std) in out.iter_mut().zip(row).zip(mean).zip(std) {
                    *out = T::from_f64((x - mean) / std);
                }
            }
        }
    }

    /// Undoes [`Self::scale`].
    #[inline]
    #[must_use]
    pub fn unscale(&self, column: usize, x: f64) -> f64 {
        match self {
            Self::None {} => x,
            Self::Unit { max } => x * max,
            Self::Standard { mean, std } => x * std[column] + mean[column],
        }
    }

    /// Scales whole rows of `width` columns in place.
    ///
    /// # Errors
    /// [`Error::Shape`] if `values` is not whole rows or the scaler is for another number of columns.
    pub fn transform<T: Real>(&self, values: &mut [T], width: usize) -> Result<()> {
        self.each(values, width, |column, x| self.scale(column, x))
    }

    /// Undoes [`Self::transform`]: predictions in the units of the data.
    ///
    /// # Errors
    /// As [`Self::transform`].
    pub fn inverse<T: Real>(&self, values: &mut [T], width: usize) -> Result<()> {
        self.each(values, width, |column, x| self.unscale(column, x))
    }

    fn each<T: Real>(&self, values: &mut [T], width: usize, f: impl Fn(usize, f64) -> f64) -> Result<()> {
        self.check("values", width)?;
        if width == 0 || !values.len().is_multiple_of(width) {
            return Err(Error::shape("scaling-rows", "scaling")
                .expected(format!("whole rows of {width} values"))
                .got(format!("{} values", values.len()))
                .hint("hand over whole examples")
                .arg("width", width)
                .arg("got", values.len()));
        }
        for row in values.chunks_exact_mut(width) {
            for (column, x) in row.iter_mut().enumerate() {
                *x = T::from_f64(f(column, x.to_f64()));
            }
        }
        Ok(())
    }

    fn check(&self, what: &str, width: usize) -> Result<()> {
        let (ok, columns) = match self {
            Self::None {} => (true, width),
            Self::Unit { max } => (usable(*max), width),
            Self::Standard { mean, std } => (
                std.len() == mean.len()
                    && std.iter().all(|&s| usable(s))
                    && mean.iter().all(|m| m.is_finite()),
                mean.len(),
            ),
        };
        if ok && columns == width {
            return Ok(());
        }
        Err(Error::data("scaling-fit", "scaling")
            .expected(format!("a scaling of {width} columns of {what} with divisors above 0"))
            .got(if ok { format!("{columns} columns") } else { "divisors that are not".into() })
            .hint("use the scaling that was fitted to these data")
            .arg("width", width)
            .arg("got", columns))
    }
}

fn usable(divisor: f64) -> bool {
    divisor.is_finite() && divisor > 0.0
}

fn table(values: &[f64], width: usize) -> impl Fn(usize, usize) -> f64 {
    move |row, column| values[row * width + column]
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::rng::{Source, Stream};
    use crate::shape::Shape;
    use ndarray::array;

    fn set() -> Dataset {
        let x = array![[1.0, 5.0], [3.0, 5.0], [100.0, 7.0]];
        let targets = Targets::Reals { values: array![[10.0], [30.0], [900.0]], names: vec!["y".into()] };
        Dataset::new("t", Shape::new(&[2]), Features::Reals(x), targets).unwrap()
    }

    #[test]
    fn sees_only_the_rows_it_is_fitted_to_and_leaves_constant_columns_at_zero() {
        let scaling = Scaling::fit(&set(), &[0, 1]);
        assert_eq!(scaling.features, Scaler::Standard { mean: vec![2.0, 5.0], std: vec![1.0, 1.0] });
        assert_eq!(scaling.targets, Scaler::Standard { mean: vec![20.0], std: vec![10.0] });
        let mut row = [100.0_f32, 5.0];
        scaling.features.transform(&mut row, 2).unwrap();
        assert_eq!(row, [98.0, 0.0]);
    }

    #[test]
    fn a_constant_that_is_no_binary_fraction_counts_as_constant() {
        let x = ndarray::Array2::from_elem((7, 1), 0.1);
        let targets = Targets::Reals { values: x.clone(), names: vec!["y".into()] };
        let set = Dataset::new("t", Shape::new(&[1]), Features::Reals(x), targets).unwrap();
        let Scaler::Standard { std, .. } = Scaling::fit(&set, &[0, 1, 2, 3, 4, 5, 6]).features else {
            panic!("not standard")
        };
        assert_eq!(std, [1.0]);
    }

    #[test]
    fn the_inverse_undoes_and_json_keeps_every_bit() {
        for kind in [ScalerKind::None, ScalerKind::Unit, ScalerKind::Standard] {
            let scaling = Scaling::fit(&set().with_feature_scaling(kind), &[0, 1, 2]);
            let mut values = [1.0_f64, 5.0, 100.0, 7.0];
            scaling.features.transform(&mut values, 2).unwrap();
            scaling.features.inverse(&mut values, 2).unwrap();
            for (got, want) in values.iter().zip([1.0, 5.0, 100.0, 7.0]) {
                assert!((got - want).abs() < 1e-12, "{kind:?}: {got} for {want}");
            }
            let json = serde_json::to_string(&scaling).unwrap();
            assert_eq!(serde_json::from_str::<Scaling>(&json).unwrap(), scaling);
        }
        // a parser that does not round correctly misses some of these by one bit
        let draws = Source::new(1, Stream::PROBE, 0);
        let many =
            Scaler::Standard { mean: vec![0.0; 1000], std: (0..1000).map(|i| draws.normal(i)).collect() };
        let json = serde_json::to_string(&many).unwrap();
        assert_eq!(serde_json::from_str::<Scaler>(&json).unwrap(), many);
    }

    #[test]
    fn a_scaling_from_elsewhere_is_checked() {
        let scaling = |std: Vec<f64>| Scaling {
            features: Scaler::Standard { mean: vec![0.0; 2], std },
            targets: Scaler::Unit { max: 1.0 },
        };
        assert!(scaling(vec![1.0, 2.0]).check(&set()).is_ok());
        for bad in [vec![1.0], vec![1.0, 0.0], vec![1.0, f64::NAN]] {
            assert_eq!(scaling(bad).check(&set()).unwrap_err().report().code, "scaling-fit");
        }
        let partial = scaling(vec![1.0, 2.0]).features.transform(&mut [0.0_f32; 3], 2);
        assert_eq!(partial.unwrap_err().report().code, "scaling-rows");
    }
}
