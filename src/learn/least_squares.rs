//! Least squares by QR, ridge regression, and how much near-collinear columns inflate the variance of their coefficients.
//!
//! Columns are centred and scaled to length 1, so that the products of the columns are their correlations; then Householder
//! reflections (Golub, Van Loan: *Matrix computations*, 2013, algorithm 5.2.1) make them triangular. The normal equations,
//! whose condition is the square of that of the table, are never formed.

use crate::data::{Examples, Scaling};
use crate::error::{Error, Result};
use crate::nn::regression_score;
use ndarray::{Array1, Array2, ArrayView1, ArrayView2};
use serde::Serialize;

/// A column of which less than this share is left beside the columns before it is a combination of them: its variance
/// inflation would be 1e20, beyond what f64 can tell from infinity.
const LEAST: f64 = 1e-10;

/// What a fit says of one column.
#[derive(Debug, Clone, PartialEq, Serialize)]
#[cfg_attr(target_family = "wasm", derive(tsify::Tsify))]
#[serde(rename_all = "camelCase")]
pub struct Coefficient {
    /// The column.
    pub name: String,
    /// Change of the target for one unit of the column.
    pub value: f64,
    /// Its standard error, if there are more rows than parameters.
    pub error: Option<f64>,
    /// Variance inflation factor: the variance of the coefficient over what it would be if the column were uncorrelated
    /// with all others, 1 / (1 - R²) of the column on the others (Marquardt 1970; with ridge his section 4). Above 10 a
    /// coefficient alone says little.
    pub inflation: f64,
}

/// A line, plane, … through data.
#[derive(Debug, Clone, PartialEq, Serialize)]
#[cfg_attr(target_family = "wasm", derive(tsify::Tsify))]
#[serde(rename_all = "camelCase")]
pub struct LinearFit {
    /// The target where every column is 0, in the unit of the target.
    pub intercept: f64,
    /// Standard error of the intercept, if there are more rows than parameters.
    pub intercept_error: Option<f64>,
    /// One for each column.
    pub coefficients: Vec<Coefficient>,
    /// Standard deviation of the target about the fit: the root of the sum of squares over rows less effective parameters.
    pub residual_deviation: Option<f64>,
    /// `1 - sum e^2 / sum (y - mean)^2` over the rows of the fit; `None` if the target is constant.
    pub r2: Option<f64>,
}

/// A fit to the training part of examples.
#[derive(Debug, Clone, PartialEq, Serialize)]
#[cfg_attr(target_family = "wasm", derive(tsify::Tsify))]
#[serde(rename_all = "camelCase")]
pub struct RegressionFit {
    /// The fit, in the units of the table.
    pub fit: LinearFit,
    /// R² on the held-out part, if there is one.
    pub test_r2: Option<f64>,
}

impl LinearFit {
    /// The fitted value of a row `(F,)`.
    #[must_use]
    pub fn predict(&self, row: ArrayView1<'_, f64>) -> f64 {
        row.iter().zip(&self.coefficients).fold(self.intercept, |sum, (x, c)| sum + x * c.value)
    }
}

/// Fits `y (N,)` by an intercept and the columns of `x (N, F)` called `names`, making
/// `sum e^2 + ridge sum b^2` small, where b are the coefficients of the columns centred and scaled to length 1: `ridge` is
/// the k of Hoerl and Kennard (*Ridge regression*, 1970), 0 for plain least squares (Gauss 1809).
///
/// # Errors
/// [`Error::Data`] for numbers of rows, columns and names that do not fit, a number that is not finite, a column that is
/// constant or, without ridge, a combination of others, or too few rows; [`Error::Spec`] for a ridge below 0.
pub fn least_squares(
    x: ArrayView2<'_, f64>,
    y: ArrayView1<'_, f64>,
    names: &[String],
    ridge: f64,
) -> Result<LinearFit> {
    let (n, p) = x.dim();
    check([n, p], y.len(), names.len(), ridge)?;
    if let Some(row) = (0..n).find(|&i| !(y[i].is_finite() && x.row(i).iter().all(|v| v.is_finite()))) {
        return Err(Error::data("least-squares-finite", "rows")
            .expected("numbers")
            .got(format!("a row, number {}, with one that is not finite", row + 1))
            .hint("leave the row out")
            .arg("row", row + 1));
    }
    // columns of length 1 around 0, and below them the root of the ridge on the diagonal
    let centre = |column: ArrayView1<'_, f64>| {
        let mean = column.iter().sum::<f64>() / n as f64;
        // the mean of large equal numbers is off by a rounding, which this takes back
        mean + column.iter().map(|v| v - mean).sum::<f64>() / n as f64
    };
    let means: Vec<f64> = x.columns().into_iter().map(centre).collect();
    let extra = if ridge > 0.0 { p } else { 0 };
    let mut z = Array2::zeros((n + extra, p));
    let mut lengths = vec![0.0; p];
    for j in 0..p {
        let column: Vec<f64> = x.column(j).iter().map(|v| v - means[j]).collect();
        lengths[j] = column.iter().map(|v| v * v).sum::<f64>().sqrt();
        if lengths[j] <= 1e-12 * (n as f64).sqrt() * means[j].abs() || lengths[j] == 0.0 {
            return Err(Error::data("least-squares-constant", &names[j])
                .expected("a column with different numbers")
                .got(format!("{} in every row", x[[0, j]]))
                .hint("leave the column out")
                .arg("column", &names[j]));
        }
        column.iter().enumerate().for_each(|(i, v)| z[[i, j]] = v / lengths[j]);
        if extra > 0 {
            z[[n + j, j]] = ridge.sqrt();
        }
    }
    let mean = centre(y);
    let mut rest = Array1::zeros(n + extra);
    (0..n).for_each(|i| rest[i] = y[i] - mean);
    let total = rest.iter().map(|e| e * e).sum::<f64>();
    triangulate(&mut z, &mut rest, names)?;
    let scaled = back(&z, p, |i| rest[i]);
    // the variance of a ridge coefficient is (R'R)^-1 - ridge (R'R)^-2
    let product = covariance(&z);
    let inflation: Vec<f64> = (0..p)
        .map(|j| product[[j, j]] - ridge * (0..p).map(|k| product[[j, k]] * product[[j, k]]).sum::<f64>())
        .collect();
    let values: Vec<f64> = (0..p).map(|j| scaled[j] / lengths[j]).collect();
    let intercept = mean - (0..p).map(|j| values[j] * means[j]).sum::<f64>();
    let errors = (0..n).map(|i| {
        let fitted = (0..p).fold(mean, |sum, j| sum + (x[[i, j]] - means[j]) * values[j]);
        y[i] - fitted
    });
    let squares = errors.map(|e| e * e).sum::<f64>();
    // a ridge takes parameters away: the trace of the matrix that makes fitted values of true ones
    let parameters = p as f64 - ridge * (0..p).map(|j| product[[j, j]]).sum::<f64>();
    let free = n as f64 - 1.0 - parameters;
    let deviation = (free > 0.5).then(|| (squares / free).sqrt());
    // the variance of the intercept: of the mean, and of the coefficients at the means
    let weights: Vec<f64> = (0..p).map(|j| means[j] / lengths[j]).collect();
    let through: Vec<f64> = (0..p).map(|j| (0..p).map(|k| product[[j, k]] * weights[k]).sum()).collect();
    let spread = (0..p).map(|j| weights[j] * through[j] - ridge * through[j] * through[j]).sum::<f64>();
    Ok(LinearFit {
        intercept,
        intercept_error: deviation.map(|s| s * (1.0 / n as f64 + spread).sqrt()),
        coefficients: (0..p)
            .map(|j| Coefficient {
                name: names[j].clone(),
                value: values[j],
                error: deviation.map(|s| s * inflation[j].sqrt() / lengths[j]),
                inflation: inflation[j],
            })
            .collect(),
        residual_deviation: deviation,
        r2: (total > 0.0).then(|| 1.0 - squares / total),
    })
}

/// Fits the training part of a table with one real target and asks the fit about the held-out part: what a network on
/// the same split must be better than.
///
/// # Errors
/// [`Error::Data`] if the examples are no table with one real target, and those of [`least_squares`].
pub fn fit_examples(examples: &Examples, ridge: f64) -> Result<RegressionFit> {
    let set = examples.dataset();
    if set.shape().rank() != 1 || set.classes().is_some() || set.target_width() != 1 {
        return Err(Error::data("least-squares-table", set.name())
            .expected("a table with one number to predict")
            .got(format!("examples of {}", set.shape()))
            .hint("use it on a regression"));
    }
    let width = set.width();
    let names: Vec<String> = match set.feature_names() {
        Some(names) => names.to_vec(),
        None => (1..=width).map(|i| format!("x{i}")).collect(),
    };
    let Scaling { features, targets } = examples.scaling();
    let part = |rows: &[u32]| -> Result<(Array2<f64>, Vec<f64>)> {
        let (mut x, mut y) = (vec![0.0; rows.len() * width], vec![0.0; rows.len()]);
        examples.fill_batch(rows, &mut x)?;
        examples.fill_targets(rows, &mut y)?;
        features.inverse(&mut x, width)?;
        targets.inverse(&mut y, 1)?;
        let x = Array2::from_shape_vec((rows.len(), width), x);
        Ok((
            x.map_err(|e| {
                Error::data("least-squares-table", set.name()).expected("a table").got(e.to_string())
            })?,
            y,
        ))
    };
    let (x, y) = part(examples.train())?;
    let fit = least_squares(x.view(), ArrayView1::from(&y), &names, ridge)?;
    let (x, y) = part(examples.test())?;
    let predicted: Vec<f64> = x.rows().into_iter().map(|row| fit.predict(row)).collect();
    let test_r2 = if y.is_empty() { None } else { regression_score(&predicted, &y, 1).r2 };
    Ok(RegressionFit { fit, test_r2 })
}

fn check([n, p]: [usize; 2], targets: usize, names: usize, ridge: f64) -> Result<()> {
    if !(ridge >= 0.0 && ridge.is_finite()) {
        return Err(Error::spec("ridge-range", "ridge")
            .expected("a number from 0 on")
            .got(ridge.to_string())
            .hint("use 0 for plain least squares")
            .arg("got", ridge));
    }
    if targets != n || names != p {
        return Err(Error::data("least-squares-rows", "rows")
            .expected(format!("a target for each of {n} rows and a name for each of {p} columns"))
            .got(format!("{targets} targets and {names} names"))
            .hint("give one for each")
            .arg("needed", n)
            .arg("got", targets));
    }
    let needed = if ridge > 0.0 { 2 } else { p + 1 };
    if n < needed {
        return Err(Error::data("least-squares-rows", "rows")
            .expected(format!("at least {needed} rows for {p} columns and an intercept"))
            .got(n.to_string())
            .hint("use more rows, fewer columns or a ridge above 0")
            .arg("needed", needed)
            .arg("got", n));
    }
    Ok(())
}

/// Householder reflections: R in the upper triangle of `a`, what they make of `b` in it.
fn triangulate(a: &mut Array2<f64>, b: &mut Array1<f64>, names: &[String]) -> Result<()> {
    let (m, p) = a.dim();
    for j in 0..p {
        let length = (j..m).map(|i| a[[i, j]] * a[[i, j]]).sum::<f64>().sqrt();
        if length <= LEAST {
            return Err(collinear(a, j, names));
        }
        // away from cancellation
        let alpha = if a[[j, j]] > 0.0 { -length } else { length };
        let mut v: Vec<f64> = (j..m).map(|i| a[[i, j]]).collect();
        v[0] -= alpha;
        let norm = v.iter().map(|x| x * x).sum::<f64>();
        for k in j + 1..p {
            let share = 2.0 * (j..m).map(|i| v[i - j] * a[[i, k]]).sum::<f64>() / norm;
            (j..m).for_each(|i| a[[i, k]] -= share * v[i - j]);
        }
        let share = 2.0 * (j..m).map(|i| v[i - j] * b[i]).sum::<f64>() / norm;
        (j..m).for_each(|i| b[i] -= share * v[i - j]);
        a[[j, j]] = alpha;
        (j + 1..m).for_each(|i| a[[i, j]] = 0.0);
    }
    Ok(())
}

/// Column `j` is a combination of columns before it: of which, its triangular part tells.
fn collinear(a: &Array2<f64>, j: usize, names: &[String]) -> Error {
    let shares = back(a, j, |i| a[[i, j]]);
    let others: Vec<&str> = shares
        .iter()
        .zip(names)
        .filter(|(share, _)| share.abs() > 1e-6)
        .map(|(_, name)| name.as_str())
        .collect();
    let others = others.join(", ");
    Error::data("least-squares-collinear", &names[j])
        .expected("a column that is no combination of others")
        .got(format!("one of {others}"))
        .hint("leave one of them out, or use a ridge above 0")
        .arg("column", &names[j])
        .arg("others", others)
}

/// Solves `R c = b` with the first `count` rows and columns of R.
fn back(r: &Array2<f64>, count: usize, b: impl Fn(usize) -> f64) -> Vec<f64> {
    let mut c = vec![0.0; count];
    for i in (0..count).rev() {
        let known = (i + 1..count).map(|k| r[[i, k]] * c[k]).sum::<f64>();
        c[i] = (b(i) - known) / r[[i, i]];
    }
    c
}

/// `(R'R)^-1`: the products of the rows of the inverse of R, with sums in a fixed order.
fn covariance(r: &Array2<f64>) -> Array2<f64> {
    let p = r.ncols();
    let columns: Vec<Vec<f64>> =
        (0..p).map(|column| back(r, p, |i| f64::from(u8::from(i == column)))).collect();
    Array2::from_shape_fn((p, p), |(i, j)| columns.iter().map(|c| c[i] * c[j]).sum())
}
