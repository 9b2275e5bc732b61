//! The description of a data set in a run's spec, and the way from it to the data.

use super::dataset::{Dataset, Features};
use super::embedded::{self, DIABETES_FEATURES};
use super::files::assemble;
use super::generate::Generator;
use super::sequences::SequenceTask;
use super::text::characters;
use crate::error::{Error, Result};
use crate::shape::Shape;
use ndarray::Axis;
use serde::{Deserialize, Serialize};

/// Which data, as JSON: `{"type": "digits"}`, `{"type": "diabetes", "features": ["s5"]}`,
/// `{"type": "generated", "kind": "spiral", "examples": 500, "noise": 0.1}`, `{"type": "files"}`,
/// `{"type": "sequences", "task": "adding", "examples": 10000, "steps": 100}`, `{"type": "text", "steps": 64}`.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[cfg_attr(target_family = "wasm", derive(tsify::Tsify))]
#[serde(tag = "type", rename_all = "camelCase", try_from = "Written")]
pub enum DataSpec {
    /// UCI digits, embedded.
    Digits {},
    /// Diabetes, embedded.
    Diabetes {
        /// The columns to use, in this order; all ten if absent.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        features: Option<Vec<String>>,
    },
    /// A two-dimensional set drawn from the run's seed.
    Generated {
        /// Which formula.
        kind: Generator,
        /// How many points.
        examples: usize,
        /// Standard deviation of the random step of each point.
        noise: f64,
    },
    /// A task on sequences drawn from the run's seed.
    Sequences {
        /// Which task.
        task: SequenceTask,
        /// How many sequences.
        examples: usize,
        /// Steps of each.
        steps: usize,
    },
    /// The characters of a text handed over beside the spec, in windows.
    Text {
        /// Characters of a window.
        steps: usize,
        /// As that of files.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        hash: Option<String>,
    },
    /// Files handed over beside the spec.
    Files {
        /// [`Dataset::hash`] of what is in them, 16 hex digits; if present, only the same data are accepted.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        hash: Option<String>,
    },
}

/// A [`DataSpec`] as it is written.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Written {
    #[serde(rename = "type")]
    what: String,
    features: Option<Vec<String>>,
    kind: Option<Generator>,
    examples: Option<usize>,
    noise: Option<f64>,
    hash: Option<String>,
    task: Option<SequenceTask>,
    steps: Option<usize>,
}

impl TryFrom<Written> for DataSpec {
    type Error = String;

    fn try_from(written: Written) -> std::result::Result<Self, Self::Error> {
        let Written { what, features, kind, examples, noise, hash, task, steps } = written;
        let given = [
            features.is_some(),
            kind.is_some(),
            examples.is_some(),
            noise.is_some(),
            hash.is_some(),
            task.is_some(),
            steps.is_some(),
        ];
        // the fields that a type may have, in the same order
        let fits = |may: [u8; 7]| given.iter().zip(may).all(|(given, may)| !given || may == 1);
        match (what.as_str(), kind, task, examples, steps, noise) {
            ("digits", ..) if fits([0; 7]) => Ok(Self::Digits {}),
            ("diabetes", ..) if fits([1, 0, 0, 0, 0, 0, 0]) => Ok(Self::Diabetes { features }),
            ("generated", Some(kind), None, Some(examples), None, Some(noise))
                if fits([0, 1, 1, 1, 0, 0, 0]) =>
            {
                Ok(Self::Generated { kind, examples, noise })
            }
            ("sequences", None, Some(task), Some(examples), Some(steps), None)
                if fits([0, 0, 1, 0, 0, 1, 1]) =>
            {
                Ok(Self::Sequences { task, examples, steps })
            }
            ("text", None, None, None, Some(steps), None) if fits([0, 0, 0, 0, 1, 0, 1]) => {
                Ok(Self::Text { steps, hash })
            }
            ("files", ..) if fits([0, 0, 0, 0, 1, 0, 0]) => Ok(Self::Files { hash }),
            _ => Err(format!(
                "data of type `{what}` with these fields; use digits, diabetes with features or without, \
                 generated with kind, examples and noise, sequences with task, examples and steps, text with steps, or \
                 files with a hash or without"
            )),
        }
    }
}

/// Loads what `spec` describes. `seed` is the run's and matters to generated sets, `files` (name, bytes) matter to
/// [`DataSpec::Files`].
///
/// # Errors
/// [`Error::Spec`] for a column that is not there or sizes out of range, [`Error::Data`] for files with another hash,
/// and what [`assemble`] says of files.
pub fn load(spec: &DataSpec, seed: u64, files: &[(String, Vec<u8>)]) -> Result<Dataset> {
    match spec {
        DataSpec::Digits {} => embedded::digits(),
        DataSpec::Diabetes { features: None } => embedded::diabetes(),
        DataSpec::Diabetes { features: Some(features) } => columns(&embedded::diabetes()?, features),
        DataSpec::Generated { kind, examples, noise } => kind.generate(*examples, *noise, seed),
        DataSpec::Sequences { task, examples, steps } => task.generate(*examples, *steps, seed),
        DataSpec::Text { steps, .. } => {
            let Some((name, bytes)) = files.first() else { return Err(no_text()) };
            let set = characters(name, bytes, *steps)?;
            spec.accept(&set)?;
            Ok(set)
        }
        DataSpec::Files { .. } => {
            let set = assemble(files)?;
            spec.accept(&set)?;
            Ok(set)
        }
    }
}

impl DataSpec {
    /// Refuses files other than those that the hash names: a shared link is over these alone.
    ///
    /// # Errors
    /// [`Error::Data`] if `set` has another hash.
    pub fn accept(&self, set: &Dataset) -> Result<()> {
        let (Self::Files { hash: Some(wanted) } | Self::Text { hash: Some(wanted), .. }) = self else {
            return Ok(());
        };
        let got = format!("{:016x}", set.hash());
        if got.eq_ignore_ascii_case(wanted) {
            return Ok(());
        }
        Err(Error::data("files-differ", "data")
            .expected(format!("the data with hash {wanted}, over which the run was described"))
            .got(format!("{} with hash {got}", set.name()))
            .hint("choose the files that were used then, or remove the hash to run on these")
            .arg("wanted", wanted)
            .arg("got", got)
            .arg("name", set.name()))
    }

    /// The description of a run over `set`: with the hash of what is in the files, if it is one of files. Runs over files
    /// have the same run hash on every machine if they are described so.
    #[must_use]
    pub fn over(&self, set: &Dataset) -> Self {
        let found = Some(format!("{:016x}", set.hash()));
        match self {
            Self::Files { .. } => Self::Files { hash: found },
            Self::Text { steps, .. } => Self::Text { steps: *steps, hash: found },
            other => other.clone(),
        }
    }
}

/// The complaint that no text came with a run over one.
#[must_use]
pub fn no_text() -> Error {
    Error::data("text-missing", "data")
        .expected("a text file handed over beside the run")
        .got("none")
        .hint("choose a file that ends in .txt")
}

/// The same table with the columns `names` alone, in this order.
fn columns(table: &Dataset, names: &[String]) -> Result<Dataset> {
    let known = DIABETES_FEATURES;
    let list = known.join(", ");
    let mut places = Vec::with_capacity(names.len());
    for name in names {
        let Some(place) = known.iter().position(|k| k == name) else {
            let close = nearest(name, &known);
            return Err(Error::spec("feature-unknown", "data.features")
                .expected(format!("names among {list}"))
                .got(format!("{name:?}"))
                .hint(match close {
                    Some(close) => format!("did you mean {close:?}?"),
                    None => "choose one of these".to_owned(),
                })
                .arg("name", name)
                .arg("known", &list)
                .arg("nearest", close.unwrap_or_default()));
        };
        if places.contains(&place) {
            return Err(Error::spec("feature-twice", "data.features")
                .expected("every feature once")
                .got(format!("{name:?} twice"))
                .hint("remove one of them")
                .arg("name", name));
        }
        places.push(place);
    }
    let Features::Reals(values) = table.features() else { return Ok(table.clone()) };
    if places.is_empty() {
        return Err(Error::spec("features-none", "data.features")
            .expected(format!("one or more of {list}"))
            .got("an empty list")
            .hint("choose a feature, or leave the list out to use all")
            .arg("known", &list));
    }
    let features = Features::Reals(values.select(Axis(1), &places));
    let set = Dataset::new(table.name(), Shape::new(&[places.len()]), features, table.targets().clone())?;
    Ok(set.with_feature_names(names.to_vec())?.with_attribution(table.attribution()))
}

/// The known name that takes the fewest insertions, deletions and substitutions (Levenshtein), if these are at
/// most two and fewer than the name has letters.
fn nearest<'a>(name: &str, known: &[&'a str]) -> Option<&'a str> {
    let wanted: Vec<char> = name.to_lowercase().chars().collect();
    let distance = |candidate: &str| {
        let mut row: Vec<usize> = (0..=wanted.len()).collect();
        for (i, c) in candidate.chars().enumerate() {
            let mut diagonal = std::mem::replace(&mut row[0], i + 1);
            for (j, w) in wanted.iter().enumerate() {
                let substituted = diagonal + usize::from(c != *w);
                diagonal = row[j + 1];
                row[j + 1] = substituted.min(diagonal + 1).min(row[j] + 1);
            }
        }
        row[wanted.len()]
    };
    known
        .iter()
        .map(|&candidate| (distance(candidate), candidate))
        .filter(|&(d, candidate)| d <= 2 && d < candidate.len().max(wanted.len()))
        .min_by_key(|&(d, _)| d)
        .map(|(_, candidate)| candidate)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn parse(json: &str) -> std::result::Result<DataSpec, serde_json::Error> {
        serde_json::from_str(json)
    }

    #[test]
    fn json_is_what_the_page_writes() {
        for json in [
            r#"{"type":"digits"}"#,
            r#"{"type":"diabetes"}"#,
            r#"{"type":"diabetes","features":["s5"]}"#,
            r#"{"type":"generated","kind":"spiral","examples":500,"noise":0.1}"#,
            r#"{"type":"sequences","task":"adding","examples":1000,"steps":100}"#,
            r#"{"type":"text","steps":64}"#,
            r#"{"type":"text","steps":64,"hash":"00000000000000ff"}"#,
            r#"{"type":"files"}"#,
            r#"{"type":"files","hash":"00000000000000ff"}"#,
        ] {
            assert_eq!(serde_json::to_string(&parse(json).unwrap()).unwrap(), json);
        }
        assert!(parse(r#"{"type":"digits","features":["s5"]}"#).is_err());
        assert!(parse(r#"{"type":"sequences","task":"adding","examples":1000}"#).is_err());
        assert!(parse(r#"{"type":"text","steps":64,"noise":0}"#).is_err());
        assert!(parse(r#"{"type":"generated","kind":"moons","examples":5,"noise":0}"#).is_err());
    }

    #[test]
    fn columns_are_chosen_in_the_order_asked_for() {
        let spec = DataSpec::Diabetes { features: Some(vec!["s5".into(), "bmi".into()]) };
        let set = load(&spec, 0, &[]).unwrap();
        let Features::Reals(x) = set.features() else { panic!("not a table") };
        assert_eq!((x.dim(), x[[0, 0]], x[[0, 1]]), ((442, 2), 4.8598, 32.1));
        assert_eq!(set.feature_names().unwrap(), ["s5", "bmi"]);
    }

    #[test]
    fn files_with_another_hash_are_refused() {
        let files = [
            ("x".to_owned(), [&[0, 0, 8, 3, 0, 0, 0, 2, 0, 0, 0, 1, 0, 0, 0, 1][..], &[3, 4]].concat()),
            ("y".to_owned(), [&[0, 0, 8, 1, 0, 0, 0, 2][..], &[0, 1]].concat()),
        ];
        let set = load(&DataSpec::Files { hash: None }, 0, &files).unwrap();
        let hash = Some(format!("{:016x}", set.hash()));
        assert!(load(&DataSpec::Files { hash }, 0, &files).is_ok());
        let error = load(&DataSpec::Files { hash: Some("0".repeat(16)) }, 0, &files).unwrap_err();
        assert_eq!(error.report().code, "files-differ");
        assert_eq!(load(&DataSpec::Files { hash: None }, 0, &[]).unwrap_err().report().code, "files-missing");
    }

    #[test]
    fn an_unknown_column_is_answered_with_the_right_ones() {
        let ask = |names: &[&str]| {
            let features = Some(names.iter().map(|&n| n.to_owned()).collect());
            load(&DataSpec::Diabetes { features }, 0, &[]).unwrap_err()
        };
        let error = ask(&["BMI2"]);
        assert_eq!(
            error.to_string(),
            "data.features: expected names among age, sex, bmi, bp, s1, s2, s3, s4, s5, s6, got \"BMI2\"; \
             did you mean \"bmi\"?"
        );
        assert!(ask(&["cholesterol"]).report().hint.starts_with("choose"));
        assert_eq!(ask(&["s5", "s5"]).report().code, "feature-twice");
        assert_eq!(ask(&[]).report().code, "features-none");
    }
}
