//! The sets that come with the crate. Formats and licences: README.md in the folder `embedded`.

use super::dataset::{Dataset, Features, Targets};
use crate::error::{Error, Result};
use crate::shape::Shape;
use flate2::read::ZlibDecoder;
use ndarray::{Array2, Axis};
use std::io::Read;
use std::sync::OnceLock;

/// What [`provide_digits`] was given.
static PROVIDED: OnceLock<Vec<u8>> = OnceLock::new();

static DIABETES: &[u8] = include_bytes!("embedded/diabetes.bin");

const DIGITS_ROWS: usize = 1797;
const DIGITS_PIXELS: usize = 64;
const DIABETES_ROWS: usize = 442;

/// The features of [`diabetes`], in the order of the table.
pub(super) const DIABETES_FEATURES: [&str; 10] =
    ["age", "sex", "bmi", "bp", "s1", "s2", "s3", "s4", "s5", "s6"];

/// UCI digits: 1797 images (8, 8, 1) with values 0..=16, ten classes.
///
/// # Errors
/// [`Error::File`] if the crate was built with damaged data.
pub fn digits() -> Result<Dataset> {
    let mut bytes = inflate("digits", packed_digits()?, DIGITS_ROWS * (DIGITS_PIXELS + 1))?;
    let labels = bytes.split_off(DIGITS_ROWS * DIGITS_PIXELS).into_iter().map(u32::from).collect();
    let values =
        Array2::from_shape_vec((DIGITS_ROWS, DIGITS_PIXELS), bytes).map_err(|_| damaged("digits"))?;
    let targets = Targets::Classes { labels, names: (0..10).map(|digit| digit.to_string()).collect() };
    let features = Features::Bytes { values, max: 16 };
    Ok(Dataset::new("digits", Shape::new(&[8, 8, 1]), features, targets)?.with_attribution(
        "E. Alpaydin, C. Kaynak: Optical Recognition of Handwritten Digits (test half), \
         UCI Machine Learning Repository, CC BY 4.0",
    ))
}

/// Diabetes: 442 patients, ten unscaled features, progression of the disease after one year.
///
/// # Errors
/// [`Error::File`] if the crate was built with damaged data.
pub fn diabetes() -> Result<Dataset> {
    let columns = DIABETES_FEATURES.len() + 1;
    let bytes = inflate("diabetes", DIABETES, columns + columns * DIABETES_ROWS * 2)?;
    let (decimals, numbers) = bytes.split_at(columns);
    let scales: Vec<f64> = decimals.iter().map(|&d| 10_f64.powi(i32::from(d))).collect();
    let whole: Vec<f64> =
        numbers.chunks_exact(2).map(|pair| f64::from(u16::from_le_bytes([pair[0], pair[1]]))).collect();
    // a whole number over a power of ten, both exact: the quotient is the double nearest to the decimal
    let mut table = Array2::from_shape_fn((DIABETES_ROWS, columns), |(row, column)| {
        whole[column * DIABETES_ROWS + row] / scales[column]
    });
    let target = table.column(columns - 1).to_owned().insert_axis(Axis(1));
    table.remove_index(Axis(1), columns - 1);
    let targets = Targets::Reals { values: target, names: vec!["progression".to_owned()] };
    let shape = Shape::new(&[DIABETES_FEATURES.len()]);
    Ok(Dataset::new("diabetes", shape, Features::Reals(table), targets)?
        .with_feature_names(DIABETES_FEATURES.map(str::to_owned).to_vec())?
        .with_attribution(
            "B. Efron, T. Hastie, I. Johnstone, R. Tibshirani: Least Angle Regression, \
             Annals of Statistics 2004; as bundled with scikit-learn, BSD-3-Clause",
        ))
}

/// Hands over `embedded/digits.bin`, for a build without the feature `embedded-digits`. The first call counts.
pub fn provide_digits(packed: Vec<u8>) {
    // a second copy of the same file changes nothing
    let _ = PROVIDED.set(packed);
}

fn packed_digits() -> Result<&'static [u8]> {
    if let Some(packed) = PROVIDED.get() {
        return Ok(packed);
    }
    #[cfg(feature = "embedded-digits")]
    return Ok(include_bytes!("embedded/digits.bin"));
    #[cfg(not(feature = "embedded-digits"))]
    Err(Error::data("digits-missing", "digits")
        .expected("the file digits.bin of the package")
        .got("none")
        .hint("hand it over before a run over the digits"))
}

fn inflate(name: &str, packed: &[u8], length: usize) -> Result<Vec<u8>> {
    let mut bytes = Vec::with_capacity(length);
    match ZlibDecoder::new(packed).read_to_end(&mut bytes) {
        Ok(read) if read == length => Ok(bytes),
        _ => Err(damaged(name)),
    }
}

fn damaged(name: &str) -> Error {
    Error::file("embedded-damaged", name)
        .expected("the embedded data set")
        .got("damaged bytes")
        .hint("reload the page or rebuild the crate")
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Counts and sums as computed from the CSV tables of scikit-learn 1.9.1.
    #[test]
    fn digits_are_all_there() {
        let set = digits().unwrap();
        let Features::Bytes { values, max: 16 } = set.features() else { panic!("not bytes of 0..=16") };
        assert_eq!(values.iter().map(|&v| u64::from(v)).sum::<u64>(), 569_788 - label_sum(&set));
        let mut counts = [0; 10];
        (0..1797).for_each(|row| counts[set.label(row).unwrap() as usize] += 1);
        assert_eq!(counts, [178, 182, 177, 183, 181, 182, 181, 179, 174, 180]);
        assert_eq!(values.row(0).as_slice().unwrap()[..8], [0, 0, 5, 13, 9, 1, 0, 0]);
    }

    /// The sum over the table, 569,788, is over pixels and labels.
    fn label_sum(set: &Dataset) -> u64 {
        (0..1797).map(|row| u64::from(set.label(row).unwrap())).sum()
    }

    /// Column sums as computed from the CSV table of scikit-learn 1.9.1.
    #[test]
    fn diabetes_columns_add_up() {
        let set = diabetes().unwrap();
        let (Features::Reals(x), Targets::Reals { values: y, .. }) = (set.features(), set.targets()) else {
            panic!("not a regression table")
        };
        let sums = [
            21445.0, 649.0, 11658.1, 41833.98, 83600.0, 51024.1, 22006.5, 1799.05, 2051.5036, 40337.0,
            67243.0,
        ];
        for (column, want) in x.columns().into_iter().chain(y.columns()).zip(sums) {
            let sum: f64 = column.iter().sum();
            assert!((sum - want).abs() < 1e-8, "{sum} for {want}");
        }
        assert_eq!(x[[0, 8]].to_bits(), 4.8598_f64.to_bits());
    }

    /// Computed apart from this crate, from the CSV tables and the description of [`Dataset::hash`].
    #[test]
    fn the_hashes_are_the_same_on_every_machine() {
        assert_eq!(format!("{:016x}", digits().unwrap().hash()), "f45d7474812c11f1");
        assert_eq!(format!("{:016x}", diabetes().unwrap().hash()), "e8427ccbf7877f2c");
    }
}
