//! What a network needs to know of its data where the examples themselves are not at hand.

use super::dataset::{Dataset, Features, Targets};
use super::examples::Examples;
use super::impute::{Encoding, Source};
use super::scaling::Scaling;
use crate::error::Result;
use crate::shape::Shape;
use ndarray::Array2;
use serde::{Deserialize, Serialize};

/// Most numbers of one example and most examples of a part: more than any data that fit into memory have.
const MOST: usize = 1 << 26;

/// Data without their examples: enough to scale what a trained network is asked, and to name what it answers.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Outline {
    name: String,
    attribution: String,
    /// Training and test examples.
    train: usize,
    test: usize,
    /// Extents of one example.
    shape: Vec<usize>,
    /// The highest value of a feature that is a byte; absent for real numbers.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    max: Option<u8>,
    /// Whether the targets are classes, and of how many steps if there is one at each step of a sequence.
    classes: bool,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    steps: Option<usize>,
    /// Names of the classes, or of the columns of real targets.
    names: Vec<String>,
    /// Names of a table's features.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    features: Option<Vec<String>>,
    /// The columns of a table that became these features.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    columns: Vec<Source>,
    /// The features of an example whose cells have no value; none if such cells are refused.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    fill: Vec<f64>,
}

impl Outline {
    /// What is to be said of `examples`.
    #[must_use]
    #[inline(never)]
    pub fn of(examples: &Examples) -> Self {
        let set = examples.dataset();
        let (steps, names) = match set.targets() {
            Targets::Classes { names, .. } => (None, names),
            Targets::Steps { steps, names, .. } => (Some(*steps), names),
            Targets::Reals { names, .. } => (None, names),
        };
        Self {
            name: set.name().to_owned(),
            attribution: set.attribution().to_owned(),
            train: examples.train().len(),
            test: examples.test().len(),
            shape: set.shape().dims().to_vec(),
            max: match set.features() {
                Features::Bytes { max, .. } => Some(*max),
                Features::Reals(_) => None,
            },
            classes: set.classes().is_some(),
            steps,
            names: names.clone(),
            features: set.feature_names().map(<[String]>::to_vec),
            columns: set.encoding().map_or_else(Vec::new, |encoding| encoding.sources().to_vec()),
            fill: examples.fill().to_vec(),
        }
    }

    /// Whether its sizes are those of data that fit into memory, and fit together.
    #[must_use]
    pub fn fits(&self) -> bool {
        let width = self.shape.iter().try_fold(1_usize, |width, &extent| width.checked_mul(extent));
        let Some(width) = width.filter(|width| (1..=MOST).contains(width)) else { return false };
        let encoded = self.columns.iter().map(Source::width).sum::<usize>();
        (1..=MOST).contains(&self.train)
            && self.test <= MOST
            && (1..=MOST).contains(&self.steps.unwrap_or(1))
            && (self.columns.is_empty() || encoded == width)
            && (self.fill.is_empty() || self.fill.len() == width)
    }

    /// Examples that are not at hand ([`Dataset::is_absent`]), scaled by `scaling`. `hash` is that of the data themselves.
    ///
    /// # Errors
    /// Those of [`Dataset::new`] and [`Examples::with_scaling`] for an outline that was not made by [`Self::of`].
    pub fn examples(self, hash: u64, scaling: Scaling) -> Result<Examples> {
        let width = self.shape.iter().product();
        let (labels, names) = (vec![0; self.steps.unwrap_or(1)], self.names);
        let features = match self.max {
            Some(max) => Features::Bytes { values: Array2::zeros((1, width)), max },
            None => Features::Reals(Array2::zeros((1, width))),
        };
        let targets = match (self.classes, self.steps) {
            (true, None) => Targets::Classes { labels, names },
            (true, Some(steps)) => Targets::Steps { labels, steps, names },
            (false, _) => Targets::Reals { values: Array2::zeros((1, names.len())), names },
        };
        let mut set = Dataset::new(self.name, Shape::new(&self.shape), features, targets)?
            .with_attribution(self.attribution);
        if let Some(names) = self.features {
            set = set.with_feature_names(names)?;
        }
        if !self.columns.is_empty() {
            set = set.with_encoding(Encoding::new(self.columns), Vec::new());
        }
        Examples::absent(set.without_examples(Some(hash)), self.train, self.test, scaling, self.fill)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::data::{DataSpec, load};

    fn examples() -> Examples {
        let csv = "rooms,town,price\n3,Leeds,200\n4,York,310\n2,Leeds,150\n,York,250\n";
        let spec: DataSpec =
            crate::json::read("data", r#"{"type": "csv", "target": "price", "missing": "fill"}"#).unwrap();
        let set = load(&spec, 0, &[("flats.csv".to_owned(), csv.into())]).unwrap();
        Examples::new(set, 1.0, 0).unwrap()
    }

    #[test]
    fn rows_are_encoded_and_scaled_as_with_the_table() {
        let whole = examples();
        let json = crate::json::write(&Outline::of(&whole));
        let outline: Outline = crate::json::read("outline", &json).unwrap();
        let bare = outline.examples(whole.dataset().hash(), whole.scaling().clone()).unwrap();
        let rows = r#"[{"rooms": 5, "town": "York"}, {"town": "Leeds"}]"#;
        assert_eq!(bare.encode(rows).unwrap(), whole.encode(rows).unwrap());
        let told = |examples: &Examples| {
            let info = examples.info();
            (info.name, info.train, info.test, info.shape, info.features, info.scaling, info.hash)
        };
        assert_eq!(told(&bare), told(&whole));
        assert!(bare.dataset().is_absent() && !whole.dataset().is_absent());
        assert_eq!(bare.check_present().unwrap_err().report().code, "no-data");
        assert!(whole.check_present().is_ok());
    }

    #[test]
    fn sizes_that_no_data_have_do_not_fit() {
        let outline = Outline::of(&examples());
        assert!(outline.fits());
        let others = [
            Outline { train: 0, ..outline.clone() },
            Outline { test: usize::MAX, ..outline.clone() },
            Outline { shape: vec![usize::MAX, 2], ..outline.clone() },
            Outline { shape: vec![0], ..outline.clone() },
            Outline { shape: vec![5], fill: Vec::new(), ..outline.clone() },
            Outline { fill: vec![0.0], ..outline.clone() },
            Outline { steps: Some(0), ..outline },
        ];
        for other in others {
            assert!(!other.fits(), "{other:?}");
        }
    }
}
