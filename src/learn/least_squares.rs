//! Least squares by QR, ridge regression, and how much near-collinear columns inflate the variance of their coefficients.
//!
//! Columns are centred and scaled to length 1, so that the products of the columns are their correlations; then Householder
//! reflections (Golub, Van Loan: *Matrix computations*, 2013, algorithm 5.2.1) make them triangular. The normal equations,
//! whose condition is the square of that of the table, are never formed.

use crate::data::{Examples, Scaling};
use crate::error::{Error, Result};
use crate::nn::regression_score;
use ndarray::{ArrayView1, ArrayView2};
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
    pub fn predict(&self, row: &[f64]) -> f64 {
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
    let columns: Vec<Vec<f64>> = (0..p).map(|j| x.column(j).to_vec()).collect();
    let y = y.to_vec();
    if let Some(row) = (0..n).find(|&i| !(y[i].is_finite() && columns.iter().all(|c| c[i].is_finite()))) {
        return Err(Error::data("least-squares-finite", "rows")
            .expected("numbers")
            .got(format!("a row, number {}, with one that is not finite", row + 1))
            .hint("leave the row out")
            .arg("row", row + 1));
    }
    // columns of length 1 around 0, and below them the root of the ridge on the diagonal
    let extra = if ridge > 0.0 { p } else { 0 };
    let (mut means, mut lengths, mut z) = (vec![0.0; p], vec![0.0; p], Vec::with_capacity(p));
    for (j, column) in columns.iter().enumerate() {
        let mut centred = column.clone();
        means[j] = centre(&mut centred);
        lengths[j] = dot(&centred, &centred).sqrt();
        if lengths[j] <= 1e-12 * (n as f64).sqrt() * means[j].abs() {
            return Err(Error::data("least-squares-constant", &names[j])
                .expected("a column with different numbers")
                .got(format!("{} in every row", column[0]))
                .hint("leave the column out")
                .arg("column", &names[j]));
        }
        centred.iter_mut().for_each(|v| *v /= lengths[j]);
        centred.resize(n + extra, 0.0);
        if extra > 0 {
            centred[n + j] = ridge.sqrt();
        }
        z.push(centred);
    }
    let mut rest = y.clone();
    let mean = centre(&mut rest);
    let total = dot(&rest, &rest);
    rest.resize(n + extra, 0.0);
    triangulate(&mut z, &mut rest, names)?;
    let mut values = back(&z, &rest[..p]);
    values.iter_mut().zip(&lengths).for_each(|(v, length)| *v /= length);
    // the variance of a ridge coefficient is (R'R)^-1 - ridge (R'R)^-2
    let product = covariance(&z);
    let inflation: Vec<f64> = (0..p).map(|j| product[j][j] - ridge * dot(&product[j], &product[j])).collect();
    let intercept = mean - dot(&values, &means);
    let mut squares = 0.0;
    for i in 0..n {
        let error = (0..p).fold(y[i] - mean, |e, j| e - (columns[j][i] - means[j]) * values[j]);
        squares += error * error;
    }
    // a ridge takes parameters away: the trace of the matrix that makes fitted values of true ones
    let free = n as f64 - 1.0 - (0..p).fold(p as f64, |sum, j| sum - ridge * product[j][j]);
    let deviation = if free > 0.5 { Some((squares / free).sqrt()) } else { None };
    // the variance of the intercept: of the mean, and of the coefficients at the means
    let weights: Vec<f64> = (0..p).map(|j| means[j] / lengths[j]).collect();
    let through: Vec<f64> = product.iter().map(|row| dot(row, &weights)).collect();
    let spread = dot(&weights, &through) - ridge * dot(&through, &through);
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
        r2: if total > 0.0 { Some(1.0 - squares / total) } else { None },
    })
}

/// Fits the training part of a table with one real target and asks the fit about the held-out part: what a network on
/// the same split must be better than.
///
/// # Errors
/// [`Error::State`] if they are not at hand, [`Error::Data`] if they are no table with one real target, and those of [`least_squares`].
pub fn fit_examples(examples: &Examples, ridge: f64) -> Result<RegressionFit> {
    examples.check_present()?;
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
    let part = |rows: &[u32]| -> Result<[Vec<f64>; 2]> {
        let (mut x, mut y) = (vec![0.0; rows.len() * width], vec![0.0; rows.len()]);
        examples.fill_batch(rows, &mut x)?;
        examples.fill_targets(rows, &mut y)?;
        features.inverse(&mut x, width)?;
        targets.inverse(&mut y, 1)?;
        Ok([x, y])
    };
    let [x, y] = part(examples.train())?;
    let table = ArrayView2::from_shape((y.len(), width), &x[..]);
    let table = table.map_err(|e| Error::data("least-squares-table", set.name()).got(e.to_string()))?;
    let fit = least_squares(table, ArrayView1::from(&y[..]), &names, ridge)?;
    let [x, y] = part(examples.test())?;
    let predicted: Vec<f64> = x.chunks_exact(width).map(|row| fit.predict(row)).collect();
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

fn dot(a: &[f64], b: &[f64]) -> f64 {
    a.iter().zip(b).fold(0.0, |sum, (x, y)| sum + x * y)
}

/// Takes the mean away from numbers, and returns it.
fn centre(values: &mut [f64]) -> f64 {
    let mut mean = 0.0;
    // the mean of large equal numbers is off by a rounding, which the second time takes back
    for _ in 0..2 {
        let off = values.iter().fold(0.0, |sum, v| sum + v) / values.len() as f64;
        values.iter_mut().for_each(|v| *v -= off);
        mean += off;
    }
    mean
}

/// Householder reflections: R in the upper triangle of the columns `a`, what they make of `b` in it.
fn triangulate(a: &mut [Vec<f64>], b: &mut [f64], names: &[String]) -> Result<()> {
    for j in 0..a.len() {
        let mut v = a[j][j..].to_vec();
        let length = dot(&v, &v).sqrt();
        if length <= LEAST {
            return Err(collinear(a, j, names));
        }
        // away from cancellation
        let alpha = if v[0] > 0.0 { -length } else { length };
        v[0] -= alpha;
        let half = 0.5 * dot(&v, &v);
        let rest = a[j + 1..].iter_mut().map(|column| &mut column[j..]);
        for column in rest.chain([&mut b[j..]]) {
            let share = dot(&v, column) / half;
            column.iter_mut().zip(&v).for_each(|(c, v)| *c -= share * v);
        }
        a[j][j] = alpha;
    }
    Ok(())
}

/// Column `j` is a combination of columns before it: of which, its triangular part tells.
fn collinear(a: &[Vec<f64>], j: usize, names: &[String]) -> Error {
    let mut others = String::new();
    for (share, name) in back(&a[..j], &a[j][..j]).iter().zip(names) {
        if share.abs() > 1e-6 {
            others += if others.is_empty() { "" } else { ", " };
            others += name;
        }
    }
    Error::data("least-squares-collinear", &names[j])
        .expected("a column that is no combination of others")
        .got(format!("one of {others}"))
        .hint("leave one of them out, or use a ridge above 0")
        .arg("column", &names[j])
        .arg("others", others)
}

/// Solves `R c = b`, R in the upper triangle of columns.
fn back(r: &[Vec<f64>], b: &[f64]) -> Vec<f64> {
    let mut c = b.to_vec();
    for j in (0..c.len()).rev() {
        c[j] /= r[j][j];
        let known = c[j];
        c.iter_mut().zip(&r[j][..j]).for_each(|(c, r)| *c -= r * known);
    }
    c
}

/// `(R'R)^-1`: the products of the rows of the inverse of R, with sums in a fixed order.
fn covariance(r: &[Vec<f64>]) -> Vec<Vec<f64>> {
    let p = r.len();
    let mut product = vec![vec![0.0; p]; p];
    for column in 0..p {
        let mut unit = vec![0.0; p];
        unit[column] = 1.0;
        let c = back(r, &unit);
        for (row, ci) in product.iter_mut().zip(&c) {
            row.iter_mut().zip(&c).for_each(|(sum, cj)| *sum += ci * cj);
        }
    }
    product
}
