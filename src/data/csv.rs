//! Cuts the text of a table into records: RFC 4180 and what spreadsheets make of it.
//!
//! Separators are commas, semicolons or tabs, found out from the first lines. A quoted cell may hold separators, line breaks and
//! doubled quotes. A byte order mark is skipped, so are empty lines and lines of empty cells alone. Blanks around a cell do not
//! count. Every record knows the line it begins in, so that a complaint can name it.

use super::files::MAX_FILE_BYTES;
use crate::error::{Error, Result};
use csv_core::{ReadRecordResult, Reader, ReaderBuilder};

/// Most columns of a table; more would be a mistake, or an image.
const MOST_COLUMNS: usize = 10_000;
/// Most bytes of one record.
const MOST_RECORD: usize = 1 << 20;
/// Records by which the separator is found out.
const SAMPLE: usize = 50;

/// Refuses a table by its length, or because it is empty.
pub(super) fn check(name: &str, length: usize) -> Result<()> {
    if length == 0 {
        return Err(Error::file("file-empty", name)
            .expected("a table with a line for each example")
            .got("0 bytes")
            .hint("download the file again"));
    }
    if length <= MAX_FILE_BYTES {
        return Ok(());
    }
    Err(Error::file("table-file-size", name)
        .expected(format!("at most {MAX_FILE_BYTES} bytes"))
        .got(length.to_string())
        .hint("use fewer lines or columns")
        .arg("most", MAX_FILE_BYTES)
        .arg("got", length))
}

/// A table whose beginning was read: it is text, and its columns have names.
#[derive(Debug, Clone)]
pub(super) struct Sheet<'a> {
    pub(super) name: &'a str,
    /// Without a byte order mark.
    text: &'a str,
    pub(super) separator: u8,
    /// Whether the first record holds the names of the columns.
    pub(super) header: bool,
    pub(super) columns: Vec<String>,
}

/// One record: the line it begins in, counted from 1, and its cells without blanks around them.
pub(super) struct Record<'r> {
    pub(super) line: usize,
    text: &'r str,
    ends: &'r [usize],
}

impl<'r> Record<'r> {
    pub(super) fn cells(&self) -> impl ExactSizeIterator<Item = &'r str> + Clone {
        let (text, ends) = (self.text, self.ends);
        (0..ends.len()).map(move |i| {
            let start = if i == 0 { 0 } else { ends[i - 1] };
            text.get(start..ends[i]).unwrap_or_default().trim()
        })
    }
}

impl<'a> Sheet<'a> {
    /// Reads the beginning of `bytes`. `header` says whether the first record is one; if it does not, it is unless one of
    /// its cells is a number.
    ///
    /// # Errors
    /// [`Error::File`] if the bytes are no UTF-8 text, too many, or hold no line; [`Error::Data`] if two columns have the same
    /// name or there are too many.
    pub(super) fn open(name: &'a str, bytes: &'a [u8], header: Option<bool>) -> Result<Self> {
        check(name, bytes.len())?;
        let text = std::str::from_utf8(bytes).map_err(|e| {
            let line = 1 + bytes[..e.valid_up_to()].iter().filter(|&&b| b == b'\n').count();
            Error::file("table-not-utf8", name)
                .expected("text in UTF-8")
                .got(format!("a byte in line {line} that is none"))
                .hint("save the table as CSV UTF-8")
                .arg("line", line)
        })?;
        let text = text.strip_prefix('\u{feff}').unwrap_or(text);
        let separator = separator(name, text);
        let mut sheet = Self { name, text, separator, header: false, columns: Vec::new() };
        let mut records = sheet.all();
        let Some(first) = records.next()? else {
            return Err(Error::file("table-no-rows", name)
                .expected("a line for each example")
                .got("empty lines")
                .hint("choose a table with examples in it"));
        };
        let cells: Vec<String> = first.cells().map(str::to_owned).collect();
        if cells.len() > MOST_COLUMNS {
            return Err(Error::data("table-columns", name)
                .expected(format!("at most {MOST_COLUMNS} columns"))
                .got(cells.len().to_string())
                .hint("leave columns out")
                .arg("most", MOST_COLUMNS)
                .arg("got", cells.len()));
        }
        sheet.header = header.unwrap_or_else(|| cells.iter().all(|cell| number(cell).is_none()));
        let numbered = |(i, cell): (usize, String)| match cell {
            cell if sheet.header && !cell.is_empty() => cell,
            _ => format!("column_{}", i + 1),
        };
        sheet.columns = cells.into_iter().enumerate().map(numbered).collect();
        sheet.check_names()?;
        Ok(sheet)
    }

    fn check_names(&self) -> Result<()> {
        let mut order: Vec<usize> = (0..self.columns.len()).collect();
        order.sort_by_key(|&i| (&self.columns[i], i));
        let Some(pair) = order.windows(2).find(|pair| self.columns[pair[0]] == self.columns[pair[1]]) else {
            return Ok(());
        };
        let name = &self.columns[pair[0]];
        Err(Error::data("table-header-twice", self.name)
            .expected("a name of its own for each column")
            .got(format!("{name:?} over columns {} and {}", pair[0] + 1, pair[1] + 1))
            .hint("rename one of them")
            .arg("name", name)
            .arg("first", pair[0] + 1)
            .arg("second", pair[1] + 1))
    }

    /// The records below the header.
    pub(super) fn rows(&self) -> Result<Records<'_>> {
        let mut records = self.all();
        if self.header {
            records.next()?;
        }
        records.width = Some(self.columns.len());
        Ok(records)
    }

    fn all(&self) -> Records<'_> {
        Records::new(self.name, self.text, self.separator)
    }

    /// What the separator is called.
    pub(super) fn separator_name(&self) -> &'static str {
        match self.separator {
            b';' => "semicolon",
            b'\t' => "tab",
            _ => "comma",
        }
    }
}

/// The records of a table, one after the other.
pub(super) struct Records<'a> {
    name: &'a str,
    reader: Reader,
    rest: &'a [u8],
    /// The line in which the next byte stands.
    line: usize,
    /// How many cells a record must have.
    width: Option<usize>,
    cells: Vec<u8>,
    ends: Vec<usize>,
}

impl<'a> Records<'a> {
    fn new(name: &'a str, text: &'a str, separator: u8) -> Self {
        let reader = ReaderBuilder::new().delimiter(separator).build();
        let (cells, ends) = (vec![0; 1024], vec![0; 64]);
        Self { name, reader, rest: text.as_bytes(), line: 1, width: None, cells, ends }
    }

    /// The next record that is not empty.
    ///
    /// # Errors
    /// [`Error::Data`] for a record with more or fewer cells than the header, one far too long, and a quote that does not end.
    pub(super) fn next(&mut self) -> Result<Option<Record<'_>>> {
        loop {
            self.skip_breaks();
            if self.rest.is_empty() {
                return Ok(None);
            }
            let line = self.line;
            let (length, count) = self.read(line)?;
            let text = std::str::from_utf8(&self.cells[..length]).unwrap_or_default();
            if text.trim().is_empty() {
                continue;
            }
            if let Some(width) = self.width
                && width != count
            {
                return Err(Error::data("table-ragged", self.name)
                    .expected(format!("{width} columns in line {line}, as the first line has"))
                    .got(count.to_string())
                    .hint("nothing was loaded: correct the line, or put quotes around a cell with separators in it")
                    .arg("line", line)
                    .arg("got", count)
                    .arg("want", width));
            }
            let text = std::str::from_utf8(&self.cells[..length]).unwrap_or_default();
            return Ok(Some(Record { line, text, ends: &self.ends[..count] }));
        }
    }

    /// Steps over line breaks: the reader skips them too, and the next record would begin in the wrong line.
    fn skip_breaks(&mut self) {
        let breaks = self.rest.iter().take_while(|&&b| b == b'\n' || b == b'\r').count();
        self.pass(breaks);
    }

    /// Goes on by `count` bytes and counts their lines, which end with `\n`, `\r\n` or `\r`.
    fn pass(&mut self, count: usize) {
        let (passed, rest) = self.rest.split_at(count);
        let ends = |(i, b): (usize, &u8)| match b {
            b'\n' => true,
            b'\r' => passed.get(i + 1).or(rest.first()) != Some(&b'\n'),
            _ => false,
        };
        self.line += passed.iter().enumerate().filter(|&at| ends(at)).count();
        self.rest = rest;
    }

    /// Reads one record into `cells` and `ends`: how many bytes and cells it has.
    fn read(&mut self, line: usize) -> Result<(usize, usize)> {
        let (mut length, mut count) = (0, 0);
        let start = self.rest;
        loop {
            let (result, read, wrote, ended) =
                self.reader.read_record(self.rest, &mut self.cells[length..], &mut self.ends[count..]);
            self.pass(read);
            length += wrote;
            count += ended;
            match result {
                ReadRecordResult::Record => {
                    let last = if count > 1 { self.ends[count - 2] } else { 0 };
                    let open = self.rest.is_empty() && !start.trim_ascii_end().ends_with(b"\"");
                    // a cell over several lines at the end of a file ends with a quote, if it ends
                    if open && self.cells[last..length].contains(&b'\n') {
                        return Err(self.unclosed(line));
                    }
                    return Ok((length, count));
                }
                ReadRecordResult::End => return Ok((length, count)),
                ReadRecordResult::InputEmpty => {}
                ReadRecordResult::OutputFull if length >= MOST_RECORD => return Err(self.unclosed(line)),
                ReadRecordResult::OutputFull => self.cells.resize(2 * self.cells.len(), 0),
                ReadRecordResult::OutputEndsFull => self.ends.resize(2 * self.ends.len(), 0),
            }
        }
    }

    fn unclosed(&self, line: usize) -> Error {
        Error::data("table-quote", self.name)
            .expected(format!("a second quote after the one that begins a cell in line {line}"))
            .got("none")
            .hint("close the quote, or double it if it is meant as a letter")
            .arg("line", line)
    }
}

/// A finite number, written with a decimal point.
pub(super) fn number(cell: &str) -> Option<f64> {
    // what parse() would take besides: inf, infinity and nan
    let digits = cell.bytes().all(|b| b.is_ascii_digit() || matches!(b, b'+' | b'-' | b'.' | b'e' | b'E'));
    cell.parse().ok().filter(|x: &f64| digits && x.is_finite())
}

/// Whether a cell says that there is no value: nothing, `?`, `NA`, `N/A`, `NaN` or `null`, in any case.
pub(super) fn is_missing(cell: &str) -> bool {
    cell.is_empty() || ["?", "na", "n/a", "nan", "null"].iter().any(|word| cell.eq_ignore_ascii_case(word))
}

/// The separator that cuts the first records into equally many cells; among those, the one that gives the most. Of equals
/// the rarer: a table with semicolons may hold decimal commas. If none does, the comma.
fn separator(name: &str, text: &str) -> u8 {
    let score = |(rank, &separator): (usize, &u8)| {
        let mut records = Records::new(name, text, separator);
        let mut counts = Vec::new();
        while counts.len() < SAMPLE
            && let Ok(Some(record)) = records.next()
        {
            counts.push(record.ends.len());
        }
        let first = counts.first().copied().unwrap_or(0);
        let even = first > 1 && counts.iter().all(|&count| count == first);
        (even, first, if even { rank } else { 2 - rank })
    };
    let candidates = b",;\t";
    candidates.iter().enumerate().max_by_key(|&candidate| score(candidate)).map_or(b',', |(_, &best)| best)
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The names of the columns, and each row with its line.
    type Read = (Vec<String>, Vec<(usize, Vec<String>)>);

    fn read(text: &str) -> Result<Read> {
        let sheet = Sheet::open("t", text.as_bytes(), None)?;
        let mut rows = Vec::new();
        let mut records = sheet.rows()?;
        while let Some(record) = records.next()? {
            rows.push((record.line, record.cells().map(str::to_owned).collect()));
        }
        Ok((sheet.columns.clone(), rows))
    }

    fn code(bytes: &[u8]) -> &'static str {
        let all = |bytes| {
            let sheet = Sheet::open("t", bytes, None)?;
            let mut records = sheet.rows()?;
            while records.next()?.is_some() {}
            Ok(())
        };
        all(bytes).map_or_else(|e: Error| e.report().code, |()| "ok")
    }

    #[test]
    fn quotes_hold_separators_line_breaks_and_quotes_and_lines_are_counted() {
        let text = "\u{feff}name,age\r\n\"Smith, \"\"J.\"\"\nof Leeds\", 42 \r\n\r\n,\r\nJones,7";
        let (columns, rows) = read(text).unwrap();
        assert_eq!(columns, ["name", "age"]);
        assert_eq!(rows[0], (2, vec!["Smith, \"J.\"\nof Leeds".into(), "42".into()]));
        assert_eq!(rows[1], (6, vec!["Jones".into(), "7".into()]));
        assert_eq!(rows.len(), 2);
        assert_eq!(read("a\rb\r\r1").unwrap().1, [(2, vec!["b".to_owned()]), (4, vec!["1".to_owned()])]);
    }

    #[test]
    fn separators_and_headers_are_found_out() {
        let sheet = |text: &'static str| Sheet::open("t", text.as_bytes(), None).unwrap();
        let (semicolon, tab) = (sheet("weight, kg;height\n70,5;1\n60,1;2\n"), sheet("a\tb\n1,5\t2\n"));
        assert_eq!(
            (semicolon.separator, &semicolon.columns[0][..], tab.separator),
            (b';', "weight, kg", b'\t')
        );
        let bare = sheet("1,2,a\n3,4,b\n");
        assert_eq!(
            (bare.header, &bare.columns[..]),
            (false, &["column_1", "column_2", "column_3"].map(str::to_owned)[..])
        );
        assert_eq!(sheet(",a\n0,1\n").columns, ["column_1", "a"]);
        assert_eq!(sheet("one\n1\n2\n").columns, ["one"]);
        let told = Sheet::open("t", b"2001,2002\n1,2\n", Some(true)).unwrap();
        assert_eq!(told.columns, ["2001", "2002"]);
    }

    #[test]
    fn what_is_wrong_is_told_with_its_line() {
        assert_eq!(code(b""), "file-empty");
        assert_eq!(code(b"\n\n"), "table-no-rows");
        assert_eq!(code(b"\xff\xfea\0"), "table-not-utf8");
        assert_eq!(code(b"a,b,a\n1,2,3\n"), "table-header-twice");
        assert_eq!(code(b"a,b\n1,2\n3,\"x\n4,5\n6,7\n"), "table-quote");
        assert_eq!(code(b"a,b\n1,2\n3,\"x\n4\"\n"), "ok");
        let error = read("a,b,c\n1,2,3\n\n1,2\n").unwrap_err();
        assert_eq!(
            error.to_string(),
            "t: expected 3 columns in line 4, as the first line has, got 2; nothing was loaded: correct the line, or put \
             quotes around a cell with separators in it"
        );
    }

    #[test]
    fn numbers_are_written_with_a_point() {
        for (cell, want) in [("1", 1.0), ("-.5", -0.5), ("+2e3", 2000.0), ("1E-2", 0.01)] {
            assert_eq!(number(cell), Some(want));
        }
        for cell in ["", "inf", "NaN", "1,5", "0x10", "1e999", "e", "1 000"] {
            assert_eq!(number(cell), None, "{cell}");
        }
        assert!(["", "NA", "nan", "?", "N/A"].iter().all(|cell| is_missing(cell)) && !is_missing("none"));
    }
}
