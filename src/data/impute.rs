//! How rows of a table become rows of numbers, for new examples as for those of the table, and what fills their gaps.

use super::csv::number;
use super::dataset::{Dataset, Features};
use crate::error::{Error, Result};
use ndarray::Array2;
use serde::{Deserialize, Serialize};

/// A column that becomes features: one of a number, or one for each value of a category.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Source {
    /// The column.
    pub name: String,
    /// The values of a category; none for numbers.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub categories: Vec<String>,
}

impl Source {
    /// How many features it becomes.
    #[must_use]
    pub fn width(&self) -> usize {
        self.categories.len().max(1)
    }
}

/// Features of an example whose cell had no value: `width` of them, from `column` on.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Gap {
    pub(super) row: u32,
    pub(super) column: u32,
    pub(super) width: u32,
}

/// From columns to features: numbers as they are, a category as one feature for each of its values, 1 for the one it has
/// and 0 for the others.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Encoding {
    sources: Vec<Source>,
    width: usize,
}

impl Encoding {
    pub(super) fn new(sources: Vec<Source>) -> Self {
        let width = sources.iter().map(Source::width).sum();
        Self { sources, width }
    }

    /// The columns, in the order of their features.
    #[must_use]
    pub fn sources(&self) -> &[Source] {
        &self.sources
    }

    /// Features of an example.
    #[must_use]
    pub fn width(&self) -> usize {
        self.width
    }

    /// The features' names: `rooms`, `town=Leeds`.
    #[must_use]
    pub fn names(&self) -> Vec<String> {
        let names = |source: &Source| match source.categories.as_slice() {
            [] => vec![source.name.clone()],
            categories => categories.iter().map(|c| format!("{}={c}", source.name)).collect(),
        };
        self.sources.iter().flat_map(names).collect()
    }

    /// Appends the features of one row, without scaling. `cell` gives what the row has in a column, `fill` the features of
    /// cells without a value; none if such cells are refused. `row` is for complaints.
    ///
    /// # Errors
    /// [`Error::Data`] that names row and column.
    pub fn row(
        &self,
        row: usize,
        cell: &dyn Fn(&str) -> Option<String>,
        fill: &[f64],
        out: &mut Vec<f64>,
    ) -> Result<()> {
        let start = out.len();
        for source in &self.sources {
            let column = out.len() - start;
            let Some(cell) = cell(&source.name) else {
                let Some(fill) = fill.get(column..column + source.width()) else {
                    return Err(refused(row, source, "a value", "none", "give every column a value"));
                };
                out.extend_from_slice(fill);
                continue;
            };
            if source.categories.is_empty() {
                let Some(x) = number(&cell) else {
                    return Err(refused(row, source, "a number", &cell, "pass a number"));
                };
                out.push(x);
            } else if source.categories.contains(&cell) {
                out.extend(source.categories.iter().map(|c| f64::from(u8::from(*c == cell))));
            } else {
                let known = format!("one of {}", source.categories.join(", "));
                return Err(refused(row, source, &known, &cell, "pass a value that the table has"));
            }
        }
        Ok(())
    }
}

fn refused(row: usize, source: &Source, expected: &str, got: &str, hint: &str) -> Error {
    let name = &source.name;
    Error::data("row-value", "rows")
        .expected(format!("{expected} in row {row}, column {name:?}"))
        .got(if got == "none" { got.to_owned() } else { format!("{got:?}") })
        .hint(hint)
        .arg("row", row)
        .arg("column", name)
        .arg("expected", expected)
        .arg("got", got)
}

/// What fills the gaps of `set`, learnt from the examples `train`: the mean of a number, of a category the value it has most
/// often (of equals the first). A column that has no value there is filled with 0.
pub(super) fn fill_values(set: &Dataset, train: &[u32]) -> Vec<f64> {
    let (Some(encoding), Features::Reals(values)) = (set.encoding(), set.features()) else {
        return Vec::new();
    };
    let mut seen = Array2::from_elem(values.dim(), true);
    for gap in set.gaps() {
        (gap.column..gap.column + gap.width)
            .for_each(|column| seen[[gap.row as usize, column as usize]] = false);
    }
    let mean = |column: usize| {
        let (mut sum, mut count) = (0.0, 0_u32);
        for &row in train.iter().filter(|&&row| seen[[row as usize, column]]) {
            sum += values[[row as usize, column]];
            count += 1;
        }
        sum / f64::from(count.max(1))
    };
    let means: Vec<f64> = (0..encoding.width()).map(mean).collect();
    let mut fill = Vec::with_capacity(means.len());
    for source in encoding.sources() {
        let own = &means[fill.len()..fill.len() + source.width()];
        if source.categories.is_empty() {
            fill.push(own[0]);
        } else {
            // the means of a category's features are the shares of its values
            let most = (1..own.len()).fold(0, |best, i| if own[i] > own[best] { i } else { best });
            fill.extend((0..own.len()).map(|i| f64::from(u8::from(i == most))));
        }
    }
    fill
}

#[cfg(test)]
mod tests {
    use super::super::encode::dataset;
    use super::super::{Examples, Scaler, SplitSpec};
    use super::*;

    const TEXT: &str = "colour,size,y\nred,1,1\nblue,2,2\nred,,3\n,6,4\nblue,100,5\nblue,3,6\n";

    fn set() -> Dataset {
        dataset("t.csv", TEXT.as_bytes(), &serde_json::from_str(r#"{"missing": "fill"}"#).unwrap()).unwrap()
    }

    #[test]
    fn gaps_are_filled_with_what_the_training_part_says() {
        // features are colour=blue, colour=red, size; without blue rows red is the most frequent
        let fill = fill_values(&set(), &[0, 2, 3]);
        assert_eq!(fill, [0.0, 1.0, 3.5]);
        assert_eq!(fill_values(&set(), &[0, 1, 2, 3, 4, 5]), [1.0, 0.0, 22.4]);
        assert_eq!(fill_values(&set(), &[2]), [0.0, 1.0, 0.0]);
    }

    #[test]
    fn a_run_sees_filled_examples_and_new_rows_are_made_alike() {
        let set = set();
        let hash = set.hash();
        let examples = Examples::split_by(set, SplitSpec::Random {}, 2.0, 3).unwrap();
        assert_eq!((examples.dataset().hash(), examples.train().len()), (hash, 4));
        let fill = fill_values(&self::set(), examples.train());
        let Features::Reals(x) = examples.dataset().features() else { panic!("not numbers") };
        assert_eq!((x[[2, 2]], x[[3, 0]], x[[3, 1]]), (fill[2], fill[0], fill[1]));
        let Scaler::Standard { mean, .. } = &examples.scaling().features else { panic!("not standard") };
        assert!(mean.iter().all(|m| m.is_finite()));
        let rows = r#"[{"size": 2, "colour": "blue"}, {"size": " 4.5"}, {"colour": "red", "size": "NA"}]"#;
        let encoded = examples.encode(rows).unwrap();
        assert_eq!(encoded[..3], [1.0, 0.0, 2.0]);
        assert_eq!(encoded[3..6], [fill[0], fill[1], 4.5]);
        assert_eq!(encoded[6..], [0.0, 1.0, fill[2]]);
        let error = examples.encode(r#"[{"colour": "green", "size": 1}]"#).unwrap_err();
        assert_eq!(
            error.to_string(),
            "rows: expected one of blue, red in row 1, column \"colour\", got \"green\"; pass a value that the table has"
        );
    }
}
