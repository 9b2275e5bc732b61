//! From a table to examples: which columns are features, which is the target, and what becomes of words and of cells
//! without a value.

use super::csv::{Sheet, is_missing, number};
use super::dataset::{Dataset, Features, Targets};
use super::hash::Fnv1a;
use super::impute::{Encoding, Gap, Source};
use super::table::{Column, ColumnKind, MOST_CLASSES, TableInfo, Task, has_comma, shortened, too_few};
use crate::error::{Error, Result};
use crate::shape::Shape;
use ndarray::Array2;
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;

/// Most numbers of a set, 256 MiB.
const MOST: usize = 1 << 25;

/// What becomes of rows with cells that have no value. Rows without a target are left out in all cases but the first.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(target_family = "wasm", derive(tsify::Tsify))]
#[serde(rename_all = "camelCase")]
pub enum Missing {
    /// The table is refused.
    #[default]
    Refuse,
    /// They are left out.
    Drop,
    /// Features get the mean of the training part, or of words the most frequent there.
    Fill,
}

/// How a table is used. What is left out is found out from the table.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[cfg_attr(target_family = "wasm", derive(tsify::Tsify))]
#[serde(default, deny_unknown_fields)]
pub struct TableSpec {
    /// The column to predict; `target`, `label`, `class` or `y` if there is one of these, else the last.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub target: Option<String>,
    /// Columns that are not to be features.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub exclude: Vec<String>,
    /// What becomes of missing cells; refused unless set.
    #[serde(skip_serializing_if = "is_default")]
    pub missing: Missing,
    /// Classes or numbers; classes if the target is words or few whole numbers.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub task: Option<Task>,
    /// Whether the first line holds names; it does unless one of them is a number.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub header: Option<bool>,
    /// FNV-1a of the file's bytes, 16 hex digits; if present, only the same file is accepted.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub hash: Option<String>,
}

fn is_default(missing: &Missing) -> bool {
    *missing == Missing::default()
}

/// The hash of a file's bytes, as a [`TableSpec`] holds it.
pub(super) fn file_hash(bytes: &[u8]) -> String {
    let mut hash = Fnv1a::new();
    hash.bytes(bytes);
    format!("{:016x}", hash.finish())
}

/// Opens the table in `bytes` and reads its columns.
///
/// # Errors
/// Those of reading it.
pub(super) fn open<'a>(name: &'a str, bytes: &'a [u8], spec: &TableSpec) -> Result<(Sheet<'a>, TableInfo)> {
    let sheet = Sheet::open(name, bytes, spec.header)?;
    let info = TableInfo::new(&sheet)?;
    Ok((sheet, info))
}

/// The examples of the table in `bytes`: features in the order of their columns, those of a category in the order of its
/// values, named `colour=red`.
///
/// # Errors
/// [`Error::File`] and [`Error::Data`] that name line and column, [`Error::Spec`] for a column that is not there.
pub(super) fn dataset(name: &str, bytes: &[u8], spec: &TableSpec) -> Result<Dataset> {
    let (sheet, info) = open(name, bytes, spec)?;
    let plan = Plan::new(&sheet, &info, spec)?;
    plan.read(&sheet, &info)
}

/// What is done with each column.
struct Plan {
    missing: Missing,
    target: usize,
    task: Task,
    /// Columns that are features, ascending.
    features: Vec<usize>,
    encoding: Encoding,
}

impl Plan {
    fn new(sheet: &Sheet<'_>, info: &TableInfo, spec: &TableSpec) -> Result<Self> {
        let target = info.place("data.target", spec.target.as_ref().unwrap_or(&info.target))?;
        let mut excluded = vec![false; info.columns.len()];
        for name in &spec.exclude {
            excluded[info.place("data.exclude", name)?] = true;
        }
        let column = &info.columns[target];
        if excluded[target] {
            return Err(Error::spec("table-target-excluded", "data.exclude")
                .expected("columns other than the target")
                .got(format!("{:?}", column.name))
                .hint("choose another target, or use this column")
                .arg("name", &column.name));
        }
        let task = task_of(sheet.name, column, spec.task)?;
        let used = |&at: &usize| {
            at != target
                && !excluded[at]
                && matches!(info.columns[at].kind, ColumnKind::Number | ColumnKind::Category)
        };
        let features: Vec<usize> = (0..info.columns.len()).filter(used).collect();
        if features.is_empty() {
            return Err(Error::data("table-no-features", sheet.name)
                .expected("at least one column of numbers or categories beside the target")
                .got("none")
                .hint("use a column that is excluded, or another table")
                .arg("target", &column.name));
        }
        let sources = features.iter().map(|&at| {
            let Column { name, categories, .. } = &info.columns[at];
            Source { name: name.clone(), categories: categories.clone() }
        });
        let encoding = Encoding::new(sources.collect());
        let numbers = info.rows.saturating_mul(encoding.width());
        if numbers > MOST {
            return Err(Error::memory("table-too-large", sheet.name)
                .expected(format!("at most {MOST} numbers"))
                .got(format!("{} rows of {} features", info.rows, encoding.width()))
                .hint("use fewer rows or exclude columns")
                .arg("most", MOST)
                .arg("rows", info.rows)
                .arg("features", encoding.width()));
        }
        Ok(Self { missing: spec.missing, target, task, features, encoding })
    }

    fn read(self, sheet: &Sheet<'_>, info: &TableInfo) -> Result<Dataset> {
        let width = self.encoding.width();
        let (mut values, mut gaps): (Vec<f64>, Vec<Gap>) = (Vec::new(), Vec::new());
        let (mut numbers, mut words): (Vec<f64>, Vec<String>) = (Vec::new(), Vec::new());
        let mut records = sheet.rows()?;
        'records: while let Some(record) = records.next()? {
            let cells: Vec<&str> = record.cells().collect();
            for &at in self.features.iter().chain([&self.target]) {
                if !is_missing(cells[at]) {
                    continue;
                }
                match self.missing {
                    Missing::Refuse => {
                        let column = &info.columns[at];
                        return Err(Error::data("table-missing", sheet.name)
                            .expected(format!("a value in line {}, column {:?}", record.line, column.name))
                            .got("none")
                            .hint("leave rows with missing cells out, fill them, or exclude the column")
                            .arg("line", record.line)
                            .arg("column", &column.name)
                            .arg("missing", column.missing));
                    }
                    Missing::Fill if at != self.target => {}
                    _ => continue 'records,
                }
            }
            let row = values.len() / width;
            for (source, &at) in self.encoding.sources().iter().zip(&self.features) {
                let column = values.len() - row * width;
                if is_missing(cells[at]) {
                    gaps.push(Gap { row: row as u32, column: column as u32, width: source.width() as u32 });
                    values.resize(values.len() + source.width(), 0.0);
                } else if source.categories.is_empty() {
                    values.push(self.number(sheet, info, at, cells[at], record.line)?);
                } else {
                    values.extend(source.categories.iter().map(|c| f64::from(u8::from(c == cells[at]))));
                }
            }
            match self.task {
                Task::Classification => words.push(class_name(cells[self.target])),
                Task::Regression => {
                    numbers.push(self.number(sheet, info, self.target, cells[self.target], record.line)?);
                }
            }
        }
        let rows = values.len() / width;
        if rows < 2 {
            return Err(too_few(sheet.name, rows));
        }
        let target = &info.columns[self.target].name;
        let targets = match self.task {
            Task::Classification => classes(sheet.name, target, &words)?,
            Task::Regression => reals(sheet.name, target, numbers)?,
        };
        let values = Array2::from_shape_vec((rows, width), values).map_err(|_| too_few(sheet.name, rows))?;
        let names = self.encoding.names();
        Dataset::new(sheet.name, Shape::new(&[width]), Features::Reals(values), targets)?
            .with_attribution(sheet.name)
            .with_feature_names(names)
            .map(|set| set.with_encoding(self.encoding, gaps))
    }

    /// The number in a cell of the column `at`.
    fn number(&self, sheet: &Sheet<'_>, info: &TableInfo, at: usize, cell: &str, line: usize) -> Result<f64> {
        number(cell).ok_or_else(|| {
            let (name, got) = (&info.columns[at].name, shortened(cell));
            let comma = has_comma(cell);
            Error::data(if comma { "table-comma" } else { "table-not-number" }, sheet.name)
                .expected(format!("a number in line {line}, column {name:?}"))
                .got(format!("{got:?}"))
                .hint(if comma {
                    "write numbers with a decimal point"
                } else {
                    "correct the cell, empty it, or exclude the column"
                })
                .arg("line", line)
                .arg("column", name)
                .arg("got", got)
        })
    }
}

/// What is to be predicted of a target.
fn task_of(sheet: &str, column: &Column, wanted: Option<Task>) -> Result<Task> {
    let name = &column.name;
    if column.kind == ColumnKind::Constant {
        return Err(Error::data("table-target-constant", sheet)
            .expected(format!("different values in the target {name:?}"))
            .got("the same in all rows, or none")
            .hint("choose another target")
            .arg("column", name));
    }
    let words = column.kind != ColumnKind::Number;
    if words && wanted == Some(Task::Regression) {
        return Err(Error::data("table-target-words", sheet)
            .expected(format!("numbers in the target {name:?} of a regression"))
            .got("words")
            .hint("choose another target, or classification")
            .arg("column", name));
    }
    if let Some(task) = wanted.or(column.task) {
        return Ok(task);
    }
    Err(too_many_classes(sheet, name))
}

fn too_many_classes(sheet: &str, name: &str) -> Error {
    Error::data("table-classes", sheet)
        .expected(format!("at most {MOST_CLASSES} classes in the target {name:?}"))
        .got("more")
        .hint("choose another target, or regression if it holds numbers")
        .arg("column", name)
        .arg("most", MOST_CLASSES)
}

/// What a cell of a target is called as a class: numbers in one writing, 1.0 is 1.
fn class_name(cell: &str) -> String {
    number(cell).map_or_else(|| cell.to_owned(), |x| x.to_string())
}

/// Classes in the order of their numbers, if all are, else of their code points.
fn classes(sheet: &str, target: &str, words: &[String]) -> Result<Targets> {
    let mut names: Vec<&String> =
        words.iter().collect::<std::collections::BTreeSet<_>>().into_iter().collect();
    if names.iter().all(|name| number(name).is_some()) {
        names.sort_by(|a, b| number(a).unwrap_or(0.0).total_cmp(&number(b).unwrap_or(0.0)));
    }
    match names[..] {
        [only] => {
            return Err(Error::data("table-one-class", sheet)
                .expected(format!("at least two classes in the target {target:?}"))
                .got(format!("{only:?} alone"))
                .hint("choose another target, or keep more rows")
                .arg("column", target)
                .arg("class", shortened(only)));
        }
        ref names if names.len() > MOST_CLASSES => return Err(too_many_classes(sheet, target)),
        _ => {}
    }
    let places: BTreeMap<&String, u32> = names.iter().copied().zip(0..).collect();
    let labels = words.iter().map(|word| places[word]).collect();
    Ok(Targets::Classes { labels, names: names.into_iter().cloned().collect() })
}

fn reals(sheet: &str, target: &str, numbers: Vec<f64>) -> Result<Targets> {
    if numbers.iter().all(|x| *x == numbers[0]) {
        return Err(Error::data("table-target-constant", sheet)
            .expected(format!("different numbers in the target {target:?}"))
            .got(format!("{} in all rows that are used", numbers[0]))
            .hint("choose another target")
            .arg("column", target));
    }
    let rows = numbers.len();
    let values = Array2::from_shape_vec((rows, 1), numbers).map_err(|_| too_few(sheet, rows))?;
    Ok(Targets::Reals { values, names: vec![target.to_owned()] })
}

#[cfg(test)]
mod tests {
    use super::*;
    use ndarray::array;

    const HOUSES: &str = "id,town,rooms,area,price\n\
        a,\"Leeds, West\",3,70,210\nb,York,2,,150\nc,\"Leeds, West\",4,90,300\nd,York,?,55,160\n";

    fn read(text: &str, spec: &str) -> Result<Dataset> {
        dataset("t.csv", text.as_bytes(), &serde_json::from_str(spec).unwrap())
    }

    fn code(text: &str, spec: &str) -> &'static str {
        read(text, spec).map_or_else(|e| e.report().code, |_| "ok")
    }

    fn reals(set: &Dataset) -> &Array2<f64> {
        let Features::Reals(x) = set.features() else { panic!("not numbers") };
        x
    }

    #[test]
    fn missing_cells_are_refused_by_line_and_column_or_left_out() {
        let error = read(HOUSES, "{}").unwrap_err();
        assert_eq!(
            error.to_string(),
            "t.csv: expected a value in line 3, column \"area\", got none; leave rows with missing cells out, fill them, or \
             exclude the column"
        );
        let set = read(HOUSES, r#"{"missing": "drop"}"#).unwrap();
        assert_eq!(set.feature_names().unwrap(), ["town=Leeds, West", "town=York", "rooms", "area"]);
        assert_eq!(reals(&set), array![[1.0, 0.0, 3.0, 70.0], [1.0, 0.0, 4.0, 90.0]]);
        let without = read(HOUSES, r#"{"exclude": ["rooms", "area"]}"#).unwrap();
        assert_eq!(reals(&without), array![[1.0, 0.0], [0.0, 1.0], [1.0, 0.0], [0.0, 1.0]]);
    }

    #[test]
    fn any_column_may_be_the_target() {
        let set = read(HOUSES, r#"{"target": "town", "missing": "fill"}"#).unwrap();
        assert_eq!(set.classes().unwrap(), ["Leeds, West", "York"]);
        assert_eq!((set.label(0), set.label(3), set.width()), (Some(0), Some(1), 3));
        let numbers = "x,y\n1,10\n2,9\n3,10\n4,9\n";
        assert_eq!(read(numbers, "{}").unwrap().classes().unwrap(), ["9", "10"]);
        assert!(read(numbers, r#"{"task": "regression"}"#).unwrap().classes().is_none());
        assert_eq!(
            read(numbers, r#"{"target": "x", "task": "classification"}"#).unwrap().classes().unwrap().len(),
            4
        );
    }

    #[test]
    fn what_cannot_be_learnt_from_is_refused() {
        assert_eq!(code("a,b\n1,2\n", "{}"), "table-no-rows");
        assert_eq!(code("a,b\n", "{}"), "table-no-rows");
        assert_eq!(code("a,b\n1,2\n2,2\n", "{}"), "table-target-constant");
        assert_eq!(code("a,b\n1,2\n1,3\n", "{}"), "table-no-features");
        assert_eq!(code("a,b\n1,x\n2,y\n", r#"{"task": "regression"}"#), "table-target-words");
        assert_eq!(code("a,b\n1,2\n2,3\n", r#"{"target": "c"}"#), "column-unknown");
        assert_eq!(code("a,b\n1,2\n2,3\n", r#"{"exclude": ["b"]}"#), "table-target-excluded");
        assert_eq!(code("a,b\n1,x\n2,x\n?,y\n", r#"{"missing": "drop"}"#), "table-one-class");
        assert_eq!(code("a;b\n1,5;1\n2,5;3\n", "{}"), "table-comma");
        let many: String = (0..101).map(|i| format!("{i},w{i}\n")).collect();
        assert_eq!(code(&format!("a,b\n{many}"), "{}"), "table-classes");
        let error = read("a,b\n1,2\ninf,3\n2,4\n", "{}").unwrap_err();
        assert_eq!(error.report().args[..2], [("line", "3".to_owned()), ("column", "a".to_owned())]);
        let wide: String = (0..20_000).map(|i| format!("{i},{}\n", "1".repeat(1 + i % 3))).collect();
        assert_eq!(code(&format!("a,b\n{wide}"), "{}"), "ok");
    }

    #[test]
    fn the_same_file_is_told_by_its_bytes() {
        assert_eq!(file_hash(b"foobar"), "85944171f73967e8");
    }
}
