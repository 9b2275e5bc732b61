//! The description of a data set in a run's spec, and the way from it to the data.

use super::dataset::{Dataset, Features};
use super::embedded;
use super::encode::{TableSpec, dataset, file_hash};
use super::files::{FileKind, assemble};
use super::generate::Generator;
use super::names::unknown;
use super::sequences::SequenceTask;
use super::text::characters;
use crate::error::{Error, Result};
use crate::json::{self, Value};
use crate::shape::Shape;
use ndarray::Axis;
use serde::de::Error as _;
use serde::{Deserialize, Deserializer, Serialize};

/// Which data, as JSON: `{"type": "digits"}`, `{"type": "diabetes", "features": ["s5"]}`, `{"type": "iris"}`,
/// `{"type": "generated", "kind": "spiral", "examples": 500, "noise": 0.1}`, `{"type": "files"}`,
/// `{"type": "csv", "target": "price", "missing": "drop"}`,
/// `{"type": "sequences", "task": "adding", "examples": 10000, "steps": 100}`, `{"type": "text", "steps": 64}`.
#[derive(Debug, Clone, PartialEq, Serialize)]
#[cfg_attr(target_family = "wasm", derive(tsify::Tsify))]
#[serde(tag = "type", rename_all = "camelCase")]
pub enum DataSpec {
    /// UCI digits, embedded.
    Digits {},
    /// Iris, embedded.
    Iris {
        /// The columns to use, in this order; all four if absent.
        #[serde(skip_serializing_if = "Option::is_none")]
        features: Option<Vec<String>>,
    },
    /// Wine, embedded.
    Wine {
        /// The columns to use, in this order; all 13 if absent.
        #[serde(skip_serializing_if = "Option::is_none")]
        features: Option<Vec<String>>,
    },
    /// Breast cancer, embedded.
    BreastCancer {
        /// The columns to use, in this order; all 30 if absent.
        #[serde(skip_serializing_if = "Option::is_none")]
        features: Option<Vec<String>>,
    },
    /// Diabetes, embedded.
    Diabetes {
        /// The columns to use, in this order; all ten if absent.
        #[serde(skip_serializing_if = "Option::is_none")]
        features: Option<Vec<String>>,
    },
    /// Longley, embedded.
    Longley {
        /// The columns to use, in this order; all six if absent.
        #[serde(skip_serializing_if = "Option::is_none")]
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
        #[serde(skip_serializing_if = "Option::is_none")]
        hash: Option<String>,
    },
    /// A table in a CSV file handed over beside the spec.
    Csv(TableSpec),
    /// Files handed over beside the spec.
    Files {
        /// [`Dataset::hash`] of what is in them, 16 hex digits; if present, only the same data are accepted.
        #[serde(skip_serializing_if = "Option::is_none")]
        hash: Option<String>,
    },
}

/// The types, and the fields that each may have; those with a question mark may be left out.
const TYPES: [(&str, &[&str]); 11] = [
    ("Digits", &[]),
    ("Iris", &["features?"]),
    ("Wine", &["features?"]),
    ("BreastCancer", &["features?"]),
    ("Diabetes", &["features?"]),
    ("Longley", &["features?"]),
    ("Generated", &["kind", "examples", "noise"]),
    ("Sequences", &["task", "examples", "steps"]),
    ("Text", &["steps", "hash?"]),
    ("Csv", &["target?", "exclude?", "missing?", "task?", "header?", "hash?"]),
    ("Files", &["hash?"]),
];

/// All fields of all types.
#[derive(Default, Deserialize)]
#[serde(default)]
struct Fields {
    features: Option<Vec<String>>,
    kind: Option<Generator>,
    examples: usize,
    noise: f64,
    hash: Option<String>,
    task: Option<SequenceTask>,
    steps: usize,
}

impl<'de> Deserialize<'de> for DataSpec {
    fn deserialize<D: Deserializer<'de>>(source: D) -> std::result::Result<Self, D::Error> {
        let (variant, fields) = json::tagged(source, &TYPES.map(|(name, _)| name))?;
        let (name, takes) = TYPES[variant];
        fit(&fields, name, takes).map_err(D::Error::custom)?;
        if name == "Csv" {
            return json::fields(&fields).map(Self::Csv);
        }
        let Fields { features, kind, examples, noise, hash, task, steps } = json::fields(&fields)?;
        Ok(match (name, kind, task) {
            ("Digits", ..) => Self::Digits {},
            ("Iris", ..) => Self::Iris { features },
            ("Wine", ..) => Self::Wine { features },
            ("BreastCancer", ..) => Self::BreastCancer { features },
            ("Diabetes", ..) => Self::Diabetes { features },
            ("Longley", ..) => Self::Longley { features },
            ("Generated", Some(kind), _) => Self::Generated { kind, examples, noise },
            ("Sequences", _, Some(task)) => Self::Sequences { task, examples, steps },
            ("Text", ..) => Self::Text { steps, hash },
            ("Files", ..) => Self::Files { hash },
            _ => return Err(D::Error::custom(format!("a field of {} is null", json::camel(name)))),
        })
    }
}

/// Whether the fields that came are those that a type takes.
fn fit(fields: &Value, name: &str, takes: &[&str]) -> std::result::Result<(), String> {
    let (name, list) = (json::camel(name), takes.join(", "));
    let came = |field: &str| fields.get(field).is_some();
    if let Some(missing) = takes.iter().find(|field| !field.ends_with('?') && !came(field)) {
        return Err(format!("data of type `{name}` need `{missing}`; they take {list}"));
    }
    let known = |field: &str| takes.iter().any(|take| take.trim_end_matches('?') == field);
    let Value::Object(fields) = fields else { return Ok(()) };
    match fields.iter().map(|(field, _)| field.as_str()).find(|field| !known(field)) {
        Some(other) if takes.is_empty() => {
            Err(format!("data of type `{name}` have no field `{other}`, nor any other"))
        }
        Some(other) => Err(format!("data of type `{name}` have no field `{other}`; they take {list}")),
        None => Ok(()),
    }
}

/// Loads what `spec` describes. `seed` is the run's and matters to generated sets, `files` (name, bytes) matter to
/// data over files.
///
/// # Errors
/// [`Error::Spec`] for a column that is not there or sizes out of range, [`Error::Data`] for files with another hash,
/// and what [`assemble`] says of files.
pub fn load(spec: &DataSpec, seed: u64, files: &[(String, Vec<u8>)]) -> Result<Dataset> {
    match spec {
        DataSpec::Digits {} => embedded::digits(),
        DataSpec::Iris { features } => columns(embedded::iris()?, features.as_deref()),
        DataSpec::Wine { features } => columns(embedded::wine()?, features.as_deref()),
        DataSpec::BreastCancer { features } => columns(embedded::breast_cancer()?, features.as_deref()),
        DataSpec::Diabetes { features } => columns(embedded::diabetes()?, features.as_deref()),
        DataSpec::Longley { features } => columns(embedded::longley()?, features.as_deref()),
        DataSpec::Generated { kind, examples, noise } => kind.generate(*examples, *noise, seed),
        DataSpec::Sequences { task, examples, steps } => task.generate(*examples, *steps, seed),
        DataSpec::Csv(table) => {
            let (name, bytes) = only(files, FileKind::Table, "a table", ".csv")?;
            let hash = file_hash(bytes);
            spec.accept(name, &hash)?;
            Ok(dataset(name, bytes, table)?.with_file_hash(hash))
        }
        DataSpec::Text { steps, .. } => {
            let (name, bytes) = only(files, FileKind::Text, "a text", ".txt")?;
            let set = characters(name, bytes, *steps)?;
            spec.accept(name, &set.hash_text())?;
            Ok(set)
        }
        DataSpec::Files { .. } => {
            let set = assemble(files)?;
            spec.accept(set.name(), &set.hash_text())?;
            Ok(set)
        }
    }
}

impl DataSpec {
    /// Refuses files other than those that the hash names: a shared link is over these alone. `got` is the hash of those
    /// that came, `name` what they are called.
    ///
    /// # Errors
    /// [`Error::Data`] if the hashes differ.
    pub fn accept(&self, name: &str, got: &str) -> Result<()> {
        let wanted = match self {
            Self::Files { hash } | Self::Text { hash, .. } | Self::Csv(TableSpec { hash, .. }) => {
                hash.as_deref()
            }
            _ => None,
        };
        let Some(wanted) = wanted.filter(|wanted| !got.eq_ignore_ascii_case(wanted)) else { return Ok(()) };
        Err(Error::data("files-differ", "data")
            .expected(format!("the data with hash {wanted}, over which the run was described"))
            .got(format!("{name} with hash {got}"))
            .hint("choose the files that were used then, or remove the hash to run on these")
            .arg("wanted", wanted)
            .arg("got", got)
            .arg("name", name))
    }

    /// Whether it is over files that are handed over beside it.
    #[must_use]
    pub fn needs_files(&self) -> bool {
        matches!(self, Self::Files { .. } | Self::Text { .. } | Self::Csv(_))
    }

    /// The description of a run over `set`: with the hash of what is in the files, if it is one of files. Runs over files
    /// have the same run hash on every machine if they are described so.
    #[must_use]
    pub fn over(&self, set: &Dataset) -> Self {
        let found = Some(set.hash_text());
        match self {
            Self::Files { .. } => Self::Files { hash: found },
            Self::Text { steps, .. } => Self::Text { steps: *steps, hash: found },
            Self::Csv(table) => {
                Self::Csv(TableSpec { hash: set.file_hash().map(str::to_owned), ..table.clone() })
            }
            other => other.clone(),
        }
    }
}

/// The one file of a run over a table or a text, which is called `what` and ends in `ending`.
fn only<'a>(
    files: &'a [(String, Vec<u8>)],
    kind: FileKind,
    what: &'static str,
    ending: &'static str,
) -> Result<(&'a str, &'a [u8])> {
    let refuse = |code, place: &str, got: &str| {
        Err(Error::data(code, place)
            .expected(format!("{what} handed over beside the run"))
            .got(got)
            .hint(format!("choose one file that ends in {ending}"))
            .arg("what", what)
            .arg("ending", ending))
    };
    match files {
        [] => refuse("file-missing", "data", "none"),
        [(name, bytes)] if FileKind::of(name, bytes) == kind => Ok((name, bytes)),
        [(name, _)] => refuse("file-kind", name, "another kind of file"),
        [(name, _), ..] => refuse("file-kind", name, "more than one file"),
    }
}

/// The same table with the columns `names` alone, in this order; all if there are no names.
fn columns(table: Dataset, names: Option<&[String]>) -> Result<Dataset> {
    let (Some(names), Some(known)) = (names, table.feature_names()) else { return Ok(table) };
    let known: Vec<&str> = known.iter().map(String::as_str).collect();
    let list = known.join(", ");
    let mut places = Vec::with_capacity(names.len());
    for name in names {
        let Some(place) = known.iter().position(|k| k == name) else {
            return Err(unknown("feature-unknown", "data.features", name, &known));
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
    let Features::Reals(values) = table.features() else { return Ok(table) };
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
            r#"{"type":"iris"}"#,
            r#"{"type":"wine","features":["alcohol"]}"#,
            r#"{"type":"breastCancer"}"#,
            r#"{"type":"longley"}"#,
            r#"{"type":"generated","kind":"spiral","examples":500,"noise":0.1}"#,
            r#"{"type":"sequences","task":"adding","examples":1000,"steps":100}"#,
            r#"{"type":"text","steps":64}"#,
            r#"{"type":"text","steps":64,"hash":"00000000000000ff"}"#,
            r#"{"type":"csv"}"#,
            r#"{"type":"csv","target":"y","exclude":["id"],"missing":"drop","task":"regression","header":true,"hash":"00000000000000ff"}"#,
            r#"{"type":"files"}"#,
            r#"{"type":"files","hash":"00000000000000ff"}"#,
        ] {
            assert_eq!(serde_json::to_string(&parse(json).unwrap()).unwrap(), json);
        }
        assert!(parse(r#"{"type":"digits","features":["s5"]}"#).is_err());
        assert!(parse(r#"{"type":"sequences","task":"adding","examples":1000}"#).is_err());
        assert!(parse(r#"{"type":"text","steps":64,"noise":0}"#).is_err());
        assert!(parse(r#"{"type":"generated","kind":"moons","examples":5,"noise":0}"#).is_err());
        assert!(parse(r#"{"type":"csv","missing":"guess"}"#).is_err());
        assert!(parse(r#"{"type":"generated","kind":null,"examples":5,"noise":0}"#).is_err());
        let said = |json: &str| parse(json).unwrap_err().to_string();
        let missing = said(r#"{"type":"generated","kind":"xor","noise":0}"#);
        assert_eq!(missing, "data of type `generated` need `examples`; they take kind, examples, noise");
        let other = said(r#"{"type":"diabetes","feature":["s5"]}"#);
        assert_eq!(other, "data of type `diabetes` have no field `feature`; they take features?");
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
