//! Least squares, ridge and variance inflation against certified and published numbers.

#![cfg(not(target_family = "wasm"))]

use ndarray::{Array2, ArrayView1, Axis, s};
use saddlepoint::data::{self, Examples, Features, Targets, diabetes, digits};
use saddlepoint::learn::{LinearFit, fit_examples, least_squares};
use saddlepoint::{Source, Stream};

/// K. A. Brownlee: *Statistical theory and methodology in science and engineering*, 1960: air flow, temperature of the
/// water, concentration of the acid; stack loss.
#[rustfmt::skip]
const STACK_LOSS: [[f64; 4]; 21] = [
    [80.0, 27.0, 89.0, 42.0], [80.0, 27.0, 88.0, 37.0], [75.0, 25.0, 90.0, 37.0], [62.0, 24.0, 87.0, 28.0],
    [62.0, 22.0, 87.0, 18.0], [62.0, 23.0, 87.0, 18.0], [62.0, 24.0, 93.0, 19.0], [62.0, 24.0, 93.0, 20.0],
    [58.0, 23.0, 87.0, 15.0], [58.0, 18.0, 80.0, 14.0], [58.0, 18.0, 89.0, 14.0], [58.0, 17.0, 88.0, 13.0],
    [58.0, 18.0, 82.0, 11.0], [58.0, 19.0, 93.0, 12.0], [50.0, 18.0, 89.0, 8.0], [50.0, 18.0, 86.0, 7.0],
    [50.0, 19.0, 72.0, 8.0], [50.0, 19.0, 79.0, 8.0], [50.0, 20.0, 80.0, 9.0], [56.0, 20.0, 82.0, 15.0],
    [70.0, 20.0, 91.0, 15.0],
];

/// Features and target: the last column.
fn table<const C: usize>(rows: &[[f64; C]]) -> (Array2<f64>, Vec<f64>) {
    let all = Array2::from(rows.to_vec());
    (all.slice(s![.., ..C - 1]).to_owned(), all.column(C - 1).to_vec())
}

/// Features and target of J. W. Longley's table.
fn longley() -> (Array2<f64>, Vec<f64>) {
    let set = data::longley().unwrap();
    match (set.features(), set.targets()) {
        (Features::Reals(x), Targets::Reals { values, .. }) => (x.clone(), values.column(0).to_vec()),
        other => panic!("{other:?}"),
    }
}

fn names(count: usize) -> Vec<String> {
    (1..=count).map(|i| format!("x{i}")).collect()
}

fn fit(x: &Array2<f64>, y: &[f64], ridge: f64) -> saddlepoint::Result<LinearFit> {
    least_squares(x.view(), ArrayView1::from(y), &names(x.ncols()), ridge)
}

fn near(got: f64, want: f64, digits: i32) {
    let error = (got - want).abs() / want.abs();
    assert!(error < 10_f64.powi(-digits), "{got} instead of {want}: off by {error:e}");
}

#[test]
fn longley_has_the_certified_coefficients() {
    let (x, y) = longley();
    let fit = fit(&x, &y, 0.0).unwrap();
    // NIST Statistical Reference Datasets, 1998: values and standard errors, the intercept first
    let certified = [
        (-3_482_258.634_595_82, 890_420.383_607_373),
        (15.061_872_271_373_3, 84.914_925_774_766_9),
        (-0.035_819_179_292_591, 0.033_491_007_772_243_2),
        (-2.020_229_803_816_83, 0.488_399_681_651_699),
        (-1.033_226_867_173_59, 0.214_274_163_161_675),
        (-0.051_104_105_653_580_7, 0.226_073_200_069_370),
        (1_829.151_464_613_55, 455.478_499_142_212),
    ];
    near(fit.intercept, certified[0].0, 11);
    near(fit.intercept_error.unwrap(), certified[0].1, 11);
    for (c, (value, error)) in fit.coefficients.iter().zip(&certified[1..]) {
        near(c.value, *value, 10);
        near(c.error.unwrap(), *error, 11);
    }
    near(fit.residual_deviation.unwrap(), 304.854_073_561_965, 12);
    near(fit.r2.unwrap(), 0.995_479_004_577_296, 13);
}

#[test]
fn inflation_is_one_over_what_the_other_columns_leave() {
    let (x, y) = longley();
    let plain = fit(&x, &y, 0.0).unwrap();
    for (j, c) in plain.coefficients.iter().enumerate() {
        let mut others = x.clone();
        others.remove_index(Axis(1), j);
        let r2 = fit(&others, &x.column(j).to_vec(), 0.0).unwrap().r2.unwrap();
        near(c.inflation, 1.0 / (1.0 - r2), 9);
    }
    // as R and SAS print them
    for (c, want) in plain.coefficients.iter().zip([135.53, 1788.51, 33.62, 3.59, 399.15, 758.98]) {
        assert!((c.inflation - want).abs() < 0.006, "{} instead of {want}", c.inflation);
    }
    let ridge = fit(&x, &y, 0.01).unwrap();
    assert!(ridge.coefficients.iter().all(|c| c.inflation < 20.0), "{ridge:?}");
    assert!(ridge.r2 < plain.r2 && ridge.r2 > Some(0.98));
}

#[test]
fn stack_loss_has_the_published_coefficients() {
    let (x, y) = table(&STACK_LOSS);
    let fit = fit(&x, &y, 0.0).unwrap();
    near(fit.intercept, -39.919_674_42, 9);
    for (c, want) in fit.coefficients.iter().zip([0.715_640_2, 1.295_286_12, -0.152_122_52]) {
        near(c.value, want, 7);
    }
    near(fit.residual_deviation.unwrap(), 3.243_364, 6);
}

/// New targets from the fit and residuals drawn again: how much the coefficients would change with other data.
#[test]
fn a_ridge_shrinks_what_the_bootstrap_scatters() {
    let (x, y) = longley();
    let plain = fit(&x, &y, 0.0).unwrap();
    let fitted: Vec<f64> = x.rows().into_iter().map(|row| plain.predict(&row.to_vec())).collect();
    let draws = 200;
    let scatter = |ridge: f64| -> Vec<f64> {
        let fits: Vec<Vec<f64>> = (0..draws)
            .map(|draw| {
                let source = Source::new(1, Stream::PROBE, draw);
                let residual = |i: usize| {
                    let from = (source.uniform(i as u64) * 16.0) as usize;
                    y[from] - fitted[from]
                };
                let new: Vec<f64> = (0..16).map(|i| fitted[i] + residual(i)).collect();
                fit(&x, &new, ridge).unwrap().coefficients.iter().map(|c| c.value).collect()
            })
            .collect();
        (0..6)
            .map(|j| {
                let mean = fits.iter().map(|f| f[j]).sum::<f64>() / draws as f64;
                fits.iter().map(|f| (f[j] - mean).powi(2)).sum::<f64>() / draws as f64
            })
            .collect()
    };
    let (without, with) = (scatter(0.0), scatter(0.01));
    // the variances fall as the inflation says, within four standard errors of 200 draws
    let ridge = fit(&x, &y, 0.01).unwrap();
    for j in 0..6 {
        let want = ridge.coefficients[j].inflation / plain.coefficients[j].inflation;
        let got = with[j] / without[j];
        assert!(got < 0.9 && (got / want - 1.0).abs() < 0.4, "column {j}: {got} for {want}");
    }
}

#[test]
fn what_cannot_be_fitted_is_named() {
    let (x, y) = table(&STACK_LOSS);
    let code = |x: &Array2<f64>, ridge| {
        let error = fit(x, &y, ridge).unwrap_err();
        (error.report().code, error.report().place.clone(), error.to_string())
    };
    let mut double = Array2::zeros((21, 4));
    double.slice_mut(s![.., ..3]).assign(&x);
    let sum = &x.column(0) * 2.0 - x.column(2);
    double.column_mut(3).assign(&sum);
    let (got, place, text) = code(&double, 0.0);
    assert_eq!((got, place.as_str()), ("least-squares-collinear", "x4"));
    assert!(text.contains("x1, x3") && !text.contains("x2"), "{text}");
    assert!(fit(&double, &y, 0.1).is_ok(), "a ridge tells them apart");
    double.column_mut(1).fill(1e6 / 3.0);
    assert_eq!(code(&double, 0.1).0, "least-squares-constant");
    assert_eq!(code(&x, -1.0).0, "ridge-range");
    let few = x.slice(s![..3, ..]).to_owned();
    assert_eq!(fit(&few, &y[..3], 0.0).unwrap_err().report().code, "least-squares-rows");
    assert!(fit(&few, &y[..3], 0.1).unwrap().r2.is_some());
    let mut gap = x.clone();
    gap[[4, 1]] = f64::NAN;
    assert_eq!(code(&gap, 0.0).0, "least-squares-finite");
}

#[test]
fn a_fit_to_examples_is_over_the_training_part_in_the_units_of_the_table() {
    let examples = Examples::new(diabetes().unwrap(), 0.25, 1).unwrap();
    let fitted = fit_examples(&examples, 0.0).unwrap();
    let (train, test) = (fitted.fit.r2.unwrap(), fitted.test_r2.unwrap());
    // Efron and others 2004: about half the variance
    assert!((0.4..0.6).contains(&train) && (0.35..0.6).contains(&test), "{train} {test}");
    let inflation = |name: &str| fitted.fit.coefficients.iter().find(|c| c.name == name).unwrap().inflation;
    assert!(inflation("s1") > 20.0 && inflation("s2") > 15.0 && inflation("age") < 2.0);
    let digits = Examples::new(digits().unwrap(), 0.0, 0).unwrap();
    assert_eq!(fit_examples(&digits, 0.0).unwrap_err().report().code, "least-squares-table");
}
