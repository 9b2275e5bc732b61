//! The data of a run: a file, which of its rows, and how its numbers are scaled, in words.

use super::super::{Stop, failed, not_yet};
use ndarray::{Array2, Axis};
use saddlepoint::data::{Dataset, Examples, Features, Scaler, Scaling, Targets, assemble};
use saddlepoint::{Shape, data};
use serde_json::Value;
use std::path::PathBuf;

/// The examples as the network sees them: `input` are the extents of one, all numbers in a row if none are said; `classes`
/// says whether the last column is a class.
pub fn examples(data: &Value, input: Option<&[usize]>, classes: bool) -> Result<Examples, Stop> {
    let text = |key: &str| data[key].as_str().unwrap_or_default();
    let (file, labels) = (text("file"), text("labels"));
    let (mut x, target) = if file.contains("idx3") && !labels.is_empty() {
        let set = assemble(&[read(file)?, read(labels)?])?;
        let Features::Bytes { values, .. } = set.features() else { return not_yet(format!("data {file}")) };
        (values.mapv(f64::from), set.targets().clone())
    } else if file.ends_with(".csv") {
        table(file, classes)?
    } else {
        return not_yet(format!("data {file}"));
    };
    let used = rows(text("rows"), x.nrows())?;
    let mut target = target;
    // `x / 16; y standardised`: what is said of y or of the target counts for it, all else for the features
    let of_target = |part: &str| part.trim().starts_with('y') || part.contains("target");
    let words = text("scale").replace(", y", "; y").replace(", target", "; target");
    for part in words.split(';') {
        if !of_target(part) || part.contains(" and ") {
            scale(&mut x, used, part)?;
        }
        if let (true, Targets::Reals { values, .. }) = (of_target(part), &mut target) {
            scale(values, used, part)?;
        }
    }
    for key in ["target", "target_scale", "scale_target", "y_scale"] {
        if let Targets::Reals { values, .. } = &mut target {
            scale(values, used, text(key))?;
        }
    }
    let shape = match input {
        Some(&[channels, h, w]) => {
            // (C, H, W) is how the file has it, (H, W, C) how layers take it
            let order: Vec<usize> = (0..h * w)
                .flat_map(|place| (0..channels).map(move |c| c * h * w + place))
                .filter(|&i| i < x.ncols())
                .collect();
            x = x.select(Axis(1), &order);
            Shape::new(&[h, w, channels])
        }
        _ => Shape::new(&[x.ncols()]),
    };
    if shape.len() != x.ncols() {
        return failed(format!("{file} has {} numbers in a row, the input is {shape}", x.ncols()));
    }
    let set = Dataset::new("data", shape, Features::Reals(x), target)?;
    let plain = Scaling { features: Scaler::None {}, targets: Scaler::None {} };
    Ok(Examples::new(set, 0.0, 0)?.with_scaling(plain)?)
}

/// A file of the folder DATA_DIR or `../shared/data`.
fn read(name: &str) -> Result<(String, Vec<u8>), Stop> {
    let folder = std::env::var_os("DATA_DIR")
        .map_or_else(|| PathBuf::from(concat!(env!("CARGO_MANIFEST_DIR"), "/../shared/data")), PathBuf::from);
    let path = folder.join(name);
    match std::fs::read(&path) {
        Ok(bytes) => Ok((name.to_owned(), bytes)),
        Err(_) => Err(Stop::Skipped(format!("because there is no {}", path.display()))),
    }
}

/// A table of numbers under a header, its last column apart.
fn table(file: &str, classes: bool) -> Result<(Array2<f64>, Targets), Stop> {
    // the digits are part of the crate
    if file == "tabular/digits.csv" {
        let set = data::digits()?;
        let Features::Bytes { values, .. } = set.features() else {
            return failed("the digits are no images");
        };
        return Ok((values.mapv(f64::from), set.targets().clone()));
    }
    let bytes = read(file)?.1;
    let lines = String::from_utf8_lossy(&bytes).into_owned();
    let mut numbers = Vec::new();
    for line in lines.lines().skip(1).filter(|line| !line.is_empty()) {
        let row: Result<Vec<f64>, _> = line.split(',').map(|cell| cell.trim().parse()).collect();
        numbers.push(row.map_err(|e| Stop::Failed(format!("{file}: {e}")))?);
    }
    let columns = numbers.first().map_or(0, Vec::len);
    let all = Array2::from_shape_vec((numbers.len(), columns), numbers.concat());
    let all = all.map_err(|e| Stop::Failed(e.to_string()))?;
    let Some(last) = columns.checked_sub(1) else { return failed(format!("{file} is empty")) };
    let (x, y) = all.view().split_at(Axis(1), last);
    let targets = if classes {
        let labels: Vec<u32> = y.iter().map(|&v| v as u32).collect();
        let count = labels.iter().max().map_or(0, |&most| most + 1);
        Targets::Classes { labels, names: (0..count).map(|class| class.to_string()).collect() }
    } else {
        Targets::Reals { values: y.to_owned(), names: vec!["target".to_owned()] }
    };
    Ok((x.to_owned(), targets))
}

/// How many of the first rows are meant by `first 512`; all if nothing is said.
fn rows(words: &str, all: usize) -> Result<usize, Stop> {
    match words.split_whitespace().collect::<Vec<_>>()[..] {
        [] | ["all", ..] => Ok(all),
        ["first", count, ..] => Ok(count.parse::<usize>().unwrap_or(all).min(all)),
        _ => not_yet(format!("rows {words}")),
    }
}

/// Scales columns as words say, by the statistics of the first `used` rows.
fn scale(values: &mut Array2<f64>, used: usize, words: &str) -> Result<(), Stop> {
    let (words, single) = (words.trim().to_lowercase(), words.contains("f32"));
    let says = |list: &[&str]| list.iter().any(|word| words.contains(word));
    if words.is_empty() || says(&["none", "raw", "unscaled", "as they are"]) {
        return Ok(());
    }
    let standard =
        says(&["standard", "z-score", "zscore", "mean 0", "zero mean", "mean) / std", "mean)/std"]);
    if standard || says(&["min-max", "minmax", "0..1", "[0, 1]", "[0,1]"]) {
        for mut column in values.columns_mut() {
            let seen: Vec<f64> = column.iter().take(used).copied().collect();
            let n = seen.len() as f64;
            let (centre, width) = if standard {
                let mean = seen.iter().sum::<f64>() / n;
                let lost = if says(&["ddof 1", "ddof=1", "n - 1", "n-1", "unbiased", "sample std"]) {
                    1.0
                } else {
                    0.0
                };
                let squares = seen.iter().map(|v| (v - mean) * (v - mean)).sum::<f64>();
                (mean, (squares / (n - lost)).sqrt())
            } else {
                let least = seen.iter().copied().fold(f64::INFINITY, f64::min);
                (least, seen.iter().copied().fold(f64::NEG_INFINITY, f64::max) - least)
            };
            column.mapv_inplace(|v| (v - centre) / width);
        }
    } else {
        // steps of a formula from left to right: x / 16, (y - 150) / 80, x / 8 - 1
        let Some(steps) = steps(&words) else { return not_yet(format!("scale {words}")) };
        for (sign, number) in steps {
            values.mapv_inplace(|v| match sign {
                '/' => v / number,
                '*' => v * number,
                '-' => v - number,
                _ => v + number,
            });
        }
    }
    if single {
        values.mapv_inplace(|v| f64::from(v as f32));
    }
    Ok(())
}

/// The signs and numbers behind the variable, each applied to what the ones before gave.
fn steps(words: &str) -> Option<Vec<(char, f64)>> {
    let words = words.trim_end_matches("in f32").trim();
    let words = words.rsplit_once('=').map_or(words, |(_, formula)| formula);
    let place = words.find(['x', 'y', 't', 'p'])?;
    let rest = words[place..].trim_start_matches(char::is_alphabetic).replace([')', '('], " ");
    let parts: Vec<&str> = rest.split_whitespace().collect();
    let pairs = parts.chunks(2).map(|pair| match pair {
        [sign, number] if sign.len() == 1 && "+-*/".contains(sign) => {
            Some((sign.chars().next()?, number.parse().ok()?))
        }
        _ => None,
    });
    pairs.collect()
}
