//! The sets that come with the crate. Formats and licences: README.md in the folder `embedded`.

use super::dataset::{Dataset, Features, Targets};
use crate::error::{Error, Result};
use crate::shape::Shape;
use flate2::read::ZlibDecoder;
use ndarray::{Array2, Axis};
use std::io::Read;
use std::sync::OnceLock;

/// A packed set. The larger ones are left out of a build without the feature `embedded-sets`, and handed over when a
/// run asks for them.
struct Packed {
    name: &'static str,
    inside: Option<&'static [u8]>,
    provided: OnceLock<Vec<u8>>,
}

impl Packed {
    const fn new(name: &'static str, inside: Option<&'static [u8]>) -> Self {
        Self { name, inside, provided: OnceLock::new() }
    }

    /// The unpacked bytes, `length` of them.
    fn bytes(&self, length: usize) -> Result<Vec<u8>> {
        let Some(packed) = self.provided.get().map(Vec::as_slice).or(self.inside) else {
            return Err(Error::data("set-missing", self.name)
                .expected(format!("the packed set {} of the package", self.name))
                .got("none")
                .hint("hand it over before a run over it")
                .arg("set", self.name));
        };
        let mut bytes = Vec::with_capacity(length);
        match ZlibDecoder::new(packed).read_to_end(&mut bytes) {
            Ok(read) if read == length => Ok(bytes),
            _ => Err(damaged(self.name)),
        }
    }
}

macro_rules! larger {
    ($name:literal, $file:literal) => {{
        #[cfg(feature = "embedded-sets")]
        let inside: Option<&'static [u8]> = Some(include_bytes!(concat!("embedded/", $file, ".bin")));
        #[cfg(not(feature = "embedded-sets"))]
        let inside = None;
        Packed::new($name, inside)
    }};
}

static DIGITS: Packed = larger!("digits", "digits");
static BREAST_CANCER: Packed = larger!("breastCancer", "breast_cancer");
static WINE: Packed = larger!("wine", "wine");
static IRIS: Packed = Packed::new("iris", Some(include_bytes!("embedded/iris.bin")));
static DIABETES: Packed = Packed::new("diabetes", Some(include_bytes!("embedded/diabetes.bin")));
static LONGLEY: Packed = Packed::new("longley", Some(include_bytes!("embedded/longley.bin")));

/// Hands over the packed set `name` (`digits`, `wine`, `breastCancer`), for a build without the feature `embedded-sets`. The
/// first call counts; a name that is none is ignored.
pub fn provide_set(name: &str, packed: Vec<u8>) {
    if let Some(set) = [&DIGITS, &WINE, &BREAST_CANCER].into_iter().find(|set| set.name == name) {
        // a second copy of the same file changes nothing
        let _ = set.provided.set(packed);
    }
}

const DIGITS_ROWS: usize = 1797;
const DIGITS_PIXELS: usize = 64;

/// UCI digits: 1797 images (8, 8, 1) with values 0..=16, ten classes.
///
/// # Errors
/// [`Error::File`] if the crate was built with damaged data, [`Error::Data`] if it was built without and none were
/// handed over.
pub fn digits() -> Result<Dataset> {
    let mut bytes = DIGITS.bytes(DIGITS_ROWS * (DIGITS_PIXELS + 1))?;
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

/// What the last column of a table holds.
enum Last {
    Real(&'static str),
    Classes(&'static [&'static str]),
}

/// Unpacks a table of `rows` rows, whose last column is its target.
fn table(packed: &Packed, rows: usize, features: &str, last: Last, attribution: &str) -> Result<Dataset> {
    let names: Vec<String> = features.split(' ').map(str::to_owned).collect();
    let columns = names.len() + 1;
    let count = columns * rows;
    let bytes = packed.bytes(columns + 4 * count)?;
    let (decimals, planes) = bytes.split_at(columns);
    // a whole number over a power of ten, both exact: the quotient is the double nearest to the decimal
    let whole = |at: usize| u32::from_le_bytes([0, 1, 2, 3].map(|plane| planes[plane * count + at]));
    let mut table = Array2::from_shape_fn((rows, columns), |(row, column)| {
        f64::from(whole(column * rows + row)) / 10_f64.powi(i32::from(decimals[column]))
    });
    let target = table.column(columns - 1).to_owned();
    table.remove_index(Axis(1), columns - 1);
    let targets = match last {
        Last::Real(name) => {
            Targets::Reals { values: target.insert_axis(Axis(1)), names: vec![name.to_owned()] }
        }
        Last::Classes(names) => Targets::Classes {
            labels: target.iter().map(|&label| label as u32).collect(),
            names: names.iter().map(|&name| name.to_owned()).collect(),
        },
    };
    Ok(Dataset::new(packed.name, Shape::new(&[columns - 1]), Features::Reals(table), targets)?
        .with_feature_names(names)?
        .with_attribution(attribution))
}

/// Iris: 150 flowers, four lengths in cm, three species.
///
/// # Errors
/// [`Error::File`] if the crate was built with damaged data.
pub fn iris() -> Result<Dataset> {
    table(
        &IRIS,
        150,
        "sepal_length_cm sepal_width_cm petal_length_cm petal_width_cm",
        Last::Classes(&["setosa", "versicolor", "virginica"]),
        "R. A. Fisher: Iris, UCI Machine Learning Repository, CC BY 4.0",
    )
}

/// Wine: 178 wines, 13 results of a chemical analysis, three cultivars.
///
/// # Errors
/// As [`digits`].
pub fn wine() -> Result<Dataset> {
    table(
        &WINE,
        178,
        "alcohol malic_acid ash alcalinity_of_ash magnesium total_phenols flavanoids nonflavanoid_phenols \
         proanthocyanins color_intensity hue od280_per_od315_of_diluted_wines proline",
        Last::Classes(&["cultivar 1", "cultivar 2", "cultivar 3"]),
        "M. Forina and others: Wine, UCI Machine Learning Repository, CC BY 4.0",
    )
}

/// Breast cancer (Wisconsin, diagnostic): 569 tumours, mean, error and worst of ten measures of their cells, malignant or
/// benign.
///
/// # Errors
/// As [`digits`].
pub fn breast_cancer() -> Result<Dataset> {
    let measures = "radius texture perimeter area smoothness compactness concavity concave_points symmetry fractal_dimension";
    let of = |name: &dyn Fn(&str) -> String| measures.split(' ').map(name).collect::<Vec<_>>().join(" ");
    let features = [
        of(&|measure| format!("mean_{measure}")),
        of(&|measure| format!("{measure}_error")),
        of(&|measure| format!("worst_{measure}")),
    ];
    table(
        &BREAST_CANCER,
        569,
        &features.join(" "),
        Last::Classes(&["malignant", "benign"]),
        "W. H. Wolberg, W. N. Street, O. L. Mangasarian: Breast Cancer Wisconsin (Diagnostic), \
         UCI Machine Learning Repository, CC BY 4.0",
    )
}

/// Diabetes: 442 patients, ten unscaled features, progression of the disease after one year.
///
/// # Errors
/// As [`iris`].
pub fn diabetes() -> Result<Dataset> {
    table(
        &DIABETES,
        442,
        "age sex bmi bp s1 s2 s3 s4 s5 s6",
        Last::Real("progression"),
        "B. Efron, T. Hastie, I. Johnstone, R. Tibshirani: Least Angle Regression, \
         Annals of Statistics 2004; as bundled with scikit-learn, BSD-3-Clause",
    )
}

/// Longley: 16 years of the US economy, six features that are nearly collinear, people employed in thousands.
///
/// # Errors
/// As [`iris`].
pub fn longley() -> Result<Dataset> {
    table(
        &LONGLEY,
        16,
        "gnp_deflator gnp unemployed armed_forces population year",
        Last::Real("employed"),
        "J. W. Longley, Journal of the American Statistical Association 62 (1967); public domain",
    )
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

    /// Column sums as computed from the CSV tables of scikit-learn 1.9.1 and of the literature.
    #[test]
    fn columns_add_up() {
        let check = |set: Result<Dataset>, rows: usize, sums: &[f64]| {
            let set = set.unwrap();
            let Features::Reals(x) = set.features() else { panic!("not a table") };
            let target = match set.targets() {
                Targets::Reals { values, .. } => values.sum(),
                _ => (0..rows as u32).map(|row| f64::from(set.label(row).unwrap())).sum(),
            };
            assert_eq!(
                (set.len(), set.feature_names().unwrap().len()),
                (rows, sums.len() - 1),
                "{}",
                set.name()
            );
            for (sum, want) in x.columns().into_iter().map(|c| c.sum()).chain([target]).zip(sums) {
                assert!((sum - want).abs() < 1e-9 * want.abs(), "{}: {sum} for {want}", set.name());
            }
        };
        check(iris(), 150, &[876.5, 458.6, 563.7, 179.9, 150.0]);
        let wine_sums = [
            2314.11, 415.87, 421.24, 3470.1, 17754.0, 408.53, 361.21, 64.41, 283.18, 900.339999, 170.426,
            464.88, 132_947.0, 167.0,
        ];
        check(wine(), 178, &wine_sums);
        let breast_cancer_sums = [
            8038.429, 10975.81, 52330.38, 372_631.9, 54.829, 59.37002, 50.5268107, 27.834994, 103.0811,
            35.73184, 230.5429, 692.3896, 1630.7877, 22951.798, 4.006317, 14.497061, 18.1475246, 6.712002,
            11.688568, 2.1593003, 9257.169, 14610.34, 61031.63, 501_051.8, 75.31773, 144.67681, 154.875247,
            65.210941, 165.053, 47.76517, 357.0,
        ];
        check(breast_cancer(), 569, &breast_cancer_sums);
        let diabetes_sums = [
            21445.0, 649.0, 11658.1, 41833.98, 83600.0, 51024.1, 22006.5, 1799.05, 2051.5036, 40337.0,
            67243.0,
        ];
        check(diabetes(), 442, &diabetes_sums);
        check(longley(), 16, &[1626.9, 6_203_175.0, 51093.0, 41707.0, 1_878_784.0, 31272.0, 1_045_072.0]);
    }

    /// Computed apart from this crate, from the CSV tables and the description of [`Dataset::hash`].
    #[test]
    fn the_hashes_are_the_same_on_every_machine() {
        assert_eq!(digits().unwrap().hash_text(), "f45d7474812c11f1");
        assert_eq!(diabetes().unwrap().hash_text(), "e8427ccbf7877f2c");
    }

    #[test]
    fn a_set_that_was_left_out_is_asked_for_by_name() {
        let packed = Packed::new("breastCancer", None);
        let error = packed.bytes(10).unwrap_err();
        assert_eq!(
            (error.report().code, &error.report().args[..]),
            ("set-missing", &[("set", "breastCancer".to_owned())][..])
        );
        packed.provided.set(vec![1, 2, 3]).unwrap();
        assert_eq!(packed.bytes(10).unwrap_err().report().code, "embedded-damaged");
    }
}
