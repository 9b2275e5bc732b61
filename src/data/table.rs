//! The columns of a table: what each holds, and what there is to say about it.

use super::csv::{Sheet, is_missing, number};
use super::names::unknown;
use crate::error::{Error, Result};
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;

/// Most values of a category: each becomes a feature of its own.
const MOST_CATEGORIES: usize = 64;
/// Most classes of a target.
pub(super) const MOST_CLASSES: usize = 100;
/// Most different values that are counted.
const MOST_DISTINCT: usize = 1000;
/// Most different whole numbers that are taken for classes without being asked.
const FEW: usize = 10;
/// Names of columns that are taken for the target, the first that there is.
const TARGETS: [&str; 4] = ["target", "label", "class", "y"];

/// What is to be predicted.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(target_family = "wasm", derive(tsify::Tsify))]
#[serde(rename_all = "camelCase")]
pub enum Task {
    /// One of several classes.
    Classification,
    /// A number.
    Regression,
}

/// What a column holds.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[cfg_attr(target_family = "wasm", derive(tsify::Tsify))]
#[serde(rename_all = "camelCase")]
pub enum ColumnKind {
    /// Numbers: more than half of its cells are.
    Number,
    /// One of at most 64 values, on average twice each or more. As a feature it becomes one number for each value, in the
    /// order of their code points: 1 for the value it has, 0 for the others.
    Category,
    /// Free text or names. Left out as a feature.
    Text,
    /// The same value everywhere, or none at all. Left out as a feature.
    Constant,
}

/// A cell that is not what its column holds.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[cfg_attr(target_family = "wasm", derive(tsify::Tsify))]
pub struct Odd {
    /// The line of the file, from 1.
    pub line: usize,
    /// What it says.
    pub text: String,
}

/// A column of a table.
#[derive(Debug, Clone, PartialEq, Serialize)]
#[cfg_attr(target_family = "wasm", derive(tsify::Tsify), tsify(missing_as_null))]
pub struct Column {
    /// Its name.
    pub name: String,
    /// What it holds.
    pub kind: ColumnKind,
    /// Cells without a value: empty, `?`, `NA`, `N/A`, `NaN` or `null`.
    pub missing: usize,
    /// The least number.
    pub min: Option<f64>,
    /// The largest number.
    pub max: Option<f64>,
    /// The mean of the numbers.
    pub mean: Option<f64>,
    /// Their standard deviation (divided by n).
    pub deviation: Option<f64>,
    /// How many different values there are; `None` if more than 1,000.
    pub distinct: Option<usize>,
    /// The values of a category, in the order of its features.
    pub categories: Vec<String>,
    /// In a column of numbers, the first cell that is none.
    pub odd: Option<Odd>,
    /// What it would be as the target; `None` if it cannot be one.
    pub task: Option<Task>,
}

/// A table as it is in the file.
#[derive(Debug, Clone, PartialEq, Serialize)]
#[cfg_attr(target_family = "wasm", derive(tsify::Tsify))]
pub struct TableInfo {
    /// Lines with cells in them, below the header.
    pub rows: usize,
    /// comma, semicolon or tab.
    pub separator: &'static str,
    /// Whether the first line holds the names of the columns.
    pub header: bool,
    /// The target, unless a run chooses another: `target`, `label`, `class` or `y`, else the last column.
    pub target: String,
    /// The columns, in the order of the file.
    pub columns: Vec<Column>,
}

impl TableInfo {
    /// Reads the whole table once.
    ///
    /// # Errors
    /// Those of reading it, and [`Error::Data`] if it has fewer than two rows.
    pub(super) fn new(sheet: &Sheet<'_>) -> Result<Self> {
        let mut scans: Vec<Scan> = sheet.columns.iter().map(|_| Scan::default()).collect();
        let mut records = sheet.rows()?;
        let mut rows = 0;
        while let Some(record) = records.next()? {
            rows += 1;
            for (scan, cell) in scans.iter_mut().zip(record.cells()) {
                scan.add(cell, record.line);
            }
        }
        if rows < 2 {
            return Err(too_few(sheet.name, rows));
        }
        let columns: Vec<Column> =
            scans.into_iter().zip(&sheet.columns).map(|(scan, name)| scan.column(name)).collect();
        let named = |wanted: &str| sheet.columns.iter().find(|name| name.eq_ignore_ascii_case(wanted));
        let target = TARGETS.iter().find_map(|wanted| named(wanted)).or(sheet.columns.last());
        let target = target.cloned().unwrap_or_default();
        Ok(Self { rows, separator: sheet.separator_name(), header: sheet.header, target, columns })
    }

    /// The place of the column `name`, which the field `place` of a description asks for.
    ///
    /// # Errors
    /// [`Error::Spec`] if there is none.
    pub(super) fn place(&self, place: &str, name: &str) -> Result<usize> {
        self.columns.iter().position(|column| column.name == name).ok_or_else(|| {
            let known: Vec<&str> = self.columns.iter().map(|column| &column.name[..]).collect();
            unknown("column-unknown", place, name, &known)
        })
    }
}

/// The complaint about a table with `rows` rows.
pub(super) fn too_few(name: &str, rows: usize) -> Error {
    Error::data("table-no-rows", name)
        .expected("at least two rows of examples")
        .got(rows.to_string())
        .hint("choose a table with more examples in it")
        .arg("rows", rows)
}

/// What was seen of a column so far.
#[derive(Default)]
struct Scan {
    missing: usize,
    cells: usize,
    numbers: usize,
    whole: bool,
    /// Cells that would be numbers if they had a point where they have a comma.
    commas: usize,
    odd: Option<Odd>,
    /// The number cells: least, largest, mean, and sum of squared differences from it (Welford 1962).
    range: Option<[f64; 2]>,
    mean: f64,
    squares: f64,
    /// How often each value came, until there are too many to count.
    values: BTreeMap<String, usize>,
    many: bool,
}

impl Scan {
    fn add(&mut self, cell: &str, line: usize) {
        if is_missing(cell) {
            self.missing += 1;
            return;
        }
        self.cells += 1;
        let number = number(cell);
        match number {
            Some(x) => {
                let [low, high] = self.range.unwrap_or([x, x]);
                self.range = Some([low.min(x), high.max(x)]);
                self.whole = (self.numbers == 0 || self.whole) && x.fract() == 0.0;
                self.numbers += 1;
                let difference = x - self.mean;
                self.mean += difference / self.numbers as f64;
                self.squares += difference * (x - self.mean);
            }
            None => {
                self.commas += usize::from(has_comma(cell));
                self.odd.get_or_insert_with(|| Odd { line, text: shortened(cell) });
            }
        }
        if !self.many {
            // 1 and 1.0 are one value
            let value = number.map_or_else(|| cell.to_owned(), |x| x.to_string());
            *self.values.entry(value).or_default() += 1;
            self.many = self.values.len() > MOST_DISTINCT;
            if self.many {
                self.values.clear();
            }
        }
    }

    fn column(self, name: &str) -> Column {
        let distinct = (!self.many).then_some(self.values.len());
        let kind = match distinct {
            Some(0 | 1) => ColumnKind::Constant,
            _ if 2 * (self.numbers + self.commas) > self.cells => ColumnKind::Number,
            Some(distinct) if distinct <= MOST_CATEGORIES && 2 * distinct <= self.cells => {
                ColumnKind::Category
            }
            _ => ColumnKind::Text,
        };
        let few = distinct.is_some_and(|distinct| distinct <= FEW && 2 * distinct <= self.cells);
        let task = match (kind, distinct) {
            (ColumnKind::Constant, _) => None,
            (ColumnKind::Number, _) if !(self.whole && few) => Some(Task::Regression),
            (_, Some(distinct)) if distinct <= MOST_CLASSES => Some(Task::Classification),
            _ => None,
        };
        let numeric = kind == ColumnKind::Number && self.numbers > 0;
        let deviation = (self.squares / self.numbers.max(1) as f64).sqrt();
        let categories =
            if kind == ColumnKind::Category { self.values.into_keys().collect() } else { Vec::new() };
        Column {
            name: name.to_owned(),
            kind,
            missing: self.missing,
            min: self.range.filter(|_| numeric).map(|[low, _]| low),
            max: self.range.filter(|_| numeric).map(|[_, high]| high),
            mean: numeric.then_some(self.mean),
            deviation: numeric.then_some(deviation),
            distinct,
            categories,
            odd: self.odd.filter(|_| kind == ColumnKind::Number),
            task,
        }
    }
}

/// Whether a cell is a number with a decimal comma.
pub(super) fn has_comma(cell: &str) -> bool {
    cell.contains(',') && number(&cell.replacen(',', ".", 1)).is_some()
}

/// A cell for a sentence: not longer than a line.
pub(super) fn shortened(cell: &str) -> String {
    if cell.chars().count() <= 40 {
        cell.to_owned()
    } else {
        cell.chars().take(39).chain(['\u{2026}']).collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn info(text: &str) -> TableInfo {
        TableInfo::new(&Sheet::open("t", text.as_bytes(), None).unwrap()).unwrap()
    }

    #[test]
    fn each_column_is_told_by_its_cells() {
        let table = info(
            "id,colour,size,same,grade,class\n\
             a1,red,1.5,x,1,0\na2,blue,?,x,2,1\na3,red,4,x,1.0,0\na4,blue,2.5,x,2,1\n",
        );
        use ColumnKind::{Category, Constant, Number, Text};
        let kinds: Vec<ColumnKind> = table.columns.iter().map(|c| c.kind).collect();
        assert_eq!(kinds, [Text, Category, Number, Constant, Number, Number]);
        let size = &table.columns[2];
        assert_eq!((size.missing, size.min, size.max), (1, Some(1.5), Some(4.0)));
        assert!((size.mean.unwrap() - 8.0 / 3.0).abs() < 1e-12);
        assert!((size.deviation.unwrap() - (9.5_f64 / 9.0).sqrt()).abs() < 1e-12);
        assert_eq!(table.columns[1].categories, ["blue", "red"]);
        assert_eq!((table.rows, &table.target[..], table.columns[4].distinct), (4, "class", Some(2)));
    }

    #[test]
    fn few_whole_numbers_and_words_are_classes_other_numbers_are_not() {
        let task = |cells: &[&str]| info(&["y", &cells.join("\n")].join("\n")).columns[0].task;
        assert_eq!(task(&["0", "1", "0", "1"]), Some(Task::Classification));
        assert_eq!(task(&["yes", "no", "no"]), Some(Task::Classification));
        assert_eq!(task(&["0", "1", "2"]), Some(Task::Regression));
        assert_eq!(task(&["0.5", "1", "1", "0.5"]), Some(Task::Regression));
        assert_eq!(task(&["3", "3"]), None);
        let words: Vec<String> = (0..101).map(|i| format!("w{i}")).collect();
        assert_eq!(task(&words.iter().map(String::as_str).collect::<Vec<_>>()), None);
    }

    #[test]
    fn a_column_of_numbers_keeps_its_first_cell_that_is_none() {
        let table = info("x,y\n1,1\n2,2\nn.a.,3\n4,4\n");
        assert_eq!(table.columns[0].odd, Some(Odd { line: 4, text: "n.a.".to_owned() }));
        let commas = info("x;y\n1,5;1\n2,5;2\n3,5;3\n");
        assert_eq!(
            (commas.columns[0].kind, commas.columns[0].odd.as_ref().unwrap().line),
            (ColumnKind::Number, 2)
        );
    }

    #[test]
    fn the_target_is_the_one_named_so_or_the_last() {
        assert_eq!(info("Label,a\n1,2\n2,3\n").target, "Label");
        assert_eq!(info("y,target,a\n1,2,3\n2,3,4\n").target, "target");
        assert_eq!(info("1,2\n2,3\n").target, "column_2");
        let error = info("a,b\n1,2\n2,3\n").place("data.target", "B").unwrap_err();
        assert_eq!(error.report().hint, "did you mean \"b\"?");
    }
}
