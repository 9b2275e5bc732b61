//! What dropped files are. This is the one place that decides who reads them.
//!
//! # Adding a format
//! Name it in [`FileKind`], say in [`FileKind::of`] how it is recognised, and hand its files to their reader in
//! [`check_file`] and [`assemble`].

use super::dataset::Dataset;
use super::encode::{self, TableSpec, file_hash};
use super::examples::{DataInfo, Examples};
use super::packed::{PackedImages, is_packed};
use super::spec::DataSpec;
use super::table::TableInfo;
use super::text::{self, characters};
use super::{arrays, csv, given, idx, npy, pairs};
use crate::error::{Error, Result};
use serde::Serialize;

/// The largest payload that is accepted: 256 MiB, five times MNIST, and what a tab on a phone can still hold.
pub(super) const MAX_FILE_BYTES: usize = 256 << 20;

/// Steps of a window of a text, unless a run says otherwise.
const STEPS: usize = 64;

/// What a file is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum FileKind {
    /// Images or labels in the format of MNIST.
    Idx,
    /// One array of NumPy.
    Npy,
    /// Arrays of NumPy in a zip archive.
    Npz,
    /// Rows of cells.
    Table,
    /// Text to learn character by character.
    Text,
    /// Images of one size in one file, see [`PackedImages`].
    Packed,
    /// Arrays that a program gave.
    Given,
    /// Image files, whose folders are their classes.
    #[cfg(feature = "image-files")]
    Image,
}

impl FileKind {
    /// Told by the first bytes where the format has a mark, else by how the name ends. What nobody claims is taken for IDX,
    /// whose reader says what is wrong with it.
    #[must_use]
    pub fn of(name: &str, head: &[u8]) -> Self {
        let name = name.to_lowercase();
        #[cfg(feature = "image-files")]
        if super::is_image(head) {
            return Self::Image;
        }
        if is_packed(head) {
            Self::Packed
        } else if given::is_given(head) {
            Self::Given
        } else if npy::is_npy(head) {
            Self::Npy
        } else if npy::is_zip(head) {
            Self::Npz
        } else if name.ends_with(".csv") || name.ends_with(".tsv") {
            Self::Table
        } else if name.ends_with(".txt") {
            Self::Text
        } else {
            Self::Idx
        }
    }

    /// The one kind of all `files`.
    ///
    /// # Errors
    /// [`Error::File`] if there is no file, or files of two kinds.
    pub fn of_all<N: AsRef<str>, B: AsRef<[u8]>>(files: &[(N, B)]) -> Result<Self> {
        let kind = |(name, bytes): &(N, B)| Self::of(name.as_ref(), bytes.as_ref());
        let Some(first) = files.first() else { return Err(missing()) };
        match files.iter().find(|&file| kind(file) != kind(first)) {
            None => Ok(kind(first)),
            Some(other) => Err(Error::file("files-mixed", other.0.as_ref())
                .expected(format!("another file of the kind of {}", first.0.as_ref()))
                .got("a file of another kind")
                .hint("drop files of one kind")
                .arg("first", first.0.as_ref())),
        }
    }

    /// Whether what a run makes of the bytes depends on its description, so that they must be kept.
    #[must_use]
    pub fn is_read_per_run(self) -> bool {
        matches!(self, Self::Table | Self::Text)
    }
}

/// The complaint that no file came.
pub(super) fn missing() -> Error {
    Error::file("files-missing", "files")
        .expected("two files (images, labels) or four (of a training and of a test part)")
        .got("0")
        .hint("drop them together")
        .arg("got", 0)
}

/// Judges a file of `length` bytes by its first ones (`head`, a few thousand are enough), so that a page need not
/// read what is useless or far too large into memory.
///
/// # Errors
/// What the reader of the file would say of its beginning and, where it can tell, of its length.
pub fn check_file(name: &str, head: &[u8], length: usize) -> Result<()> {
    match FileKind::of(name, head) {
        FileKind::Idx => idx::check(name, head, length),
        FileKind::Npy | FileKind::Npz | FileKind::Given => npy::check(name, length),
        FileKind::Table => csv::check(name, length),
        FileKind::Text => text::check(name, length),
        // what was packed here is no larger than what is accepted; its counts are judged when it is read
        FileKind::Packed => Ok(()),
        #[cfg(feature = "image-files")]
        FileKind::Image => Ok(()),
    }
}

/// Makes one data set of `files` (name, bytes), in any order.
///
/// IDX, plain or gzipped: two files are images and labels, to be split by seed. Four files are a training and a test
/// part: told apart by `train` and `t10k` or `test` in their names, else by their counts (more examples are for
/// training), else by the order in which they came.
///
/// PNG and JPEG (with the feature `image-files`): images whose folders are their classes; what they were packed into is
/// read too.
///
/// NPY and NPZ: features and targets, in one part or two, told apart by their names, else by their shapes.
///
/// Arrays that a program gave: one file, or one for training and one for testing.
///
/// # Errors
/// [`Error::File`] or [`Error::Memory`] for a file that cannot be read, [`Error::Data`] for files that do not
/// belong together or cannot be learnt from.
pub fn assemble<N: AsRef<str>, B: AsRef<[u8]>>(files: &[(N, B)]) -> Result<Dataset> {
    let per_run = |want: &str| {
        Err(Error::spec("files-need-type", "data.type")
            .expected(format!("data of type {want} over this kind of file"))
            .got("files")
            .hint(format!("set the type to {want}"))
            .arg("want", want))
    };
    match FileKind::of_all(files)? {
        FileKind::Idx => pairs::assemble(files),
        FileKind::Npy | FileKind::Npz => arrays::assemble(files),
        FileKind::Given => given::assemble(files),
        FileKind::Table => per_run("csv"),
        FileKind::Text => per_run("text"),
        FileKind::Packed => match files {
            [(name, bytes)] => PackedImages::from_bytes(name.as_ref(), bytes.as_ref())?.into_dataset(),
            _ => Err(Error::file("files-too-many", "files")
                .expected("one file of packed images")
                .got(files.len().to_string())
                .hint("read all image files together")
                .arg("got", files.len())),
        },
        #[cfg(feature = "image-files")]
        FileKind::Image => {
            let names: Vec<&str> = files.iter().map(|(name, _)| name.as_ref()).collect();
            super::images(&names, |i| files[i].1.as_ref().into())?.into_dataset()
        }
    }
}

/// What files are good for.
#[derive(Debug, Clone, Serialize)]
#[cfg_attr(target_family = "wasm", derive(tsify::Tsify), tsify(missing_as_null))]
pub struct FilesInfo {
    /// The description of data to run on them, with the hash of what is in them.
    pub spec: DataSpec,
    /// What they hold if that is followed, with nothing held out. `None` for a table: what becomes of missing cells
    /// is to be decided first.
    pub data: Option<DataInfo>,
    /// The columns of a table.
    pub table: Option<TableInfo>,
}

impl FilesInfo {
    /// Of files (name, bytes); `set` is what [`assemble`] made of them, if that was done already.
    ///
    /// # Errors
    /// What their readers say.
    pub fn new(files: &[(String, Vec<u8>)], set: Option<&Dataset>) -> Result<Self> {
        let of_set = |spec: DataSpec, set: &Dataset| {
            let spec = spec.over(set);
            Ok(Self { spec, data: Some(Examples::new(set.clone(), 0.0, 0)?.info()), table: None })
        };
        if let Some(set) = set {
            return of_set(DataSpec::Files { hash: None }, set);
        }
        match (FileKind::of_all(files)?, files) {
            (FileKind::Table, [(name, bytes)]) => {
                let (_, table) = encode::open(name, bytes, &TableSpec::default())?;
                let spec = TableSpec { hash: Some(file_hash(bytes)), ..TableSpec::default() };
                Ok(Self { spec: DataSpec::Csv(spec), data: None, table: Some(table) })
            }
            (FileKind::Text, [(name, bytes)]) => {
                of_set(DataSpec::Text { steps: STEPS, hash: None }, &characters(name, bytes, STEPS)?)
            }
            (FileKind::Idx | FileKind::Npy | FileKind::Npz | FileKind::Given, _) => {
                of_set(DataSpec::Files { hash: None }, &assemble(files)?)
            }
            (_, _) => Err(Error::file("files-one", "files")
                .expected("one file of this kind")
                .got(files.len().to_string())
                .hint("join them into one file")
                .arg("got", files.len())),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::super::{Missing, load};
    use super::*;

    #[test]
    fn files_of_two_kinds_are_refused_by_name() {
        let error = assemble(&[("a.idx", &[0_u8; 4]), ("b.TXT", b"text")]).unwrap_err();
        assert_eq!((error.report().code, &error.report().place[..]), ("files-mixed", "b.TXT"));
        assert_eq!(assemble(&[("b.txt", b"text")]).unwrap_err().report().code, "files-need-type");
        assert_eq!(FileKind::of_all::<&str, &[u8]>(&[]).unwrap_err().report().code, "files-missing");
    }

    #[test]
    fn a_text_is_described_with_the_spec_to_run_on_it() {
        let files = [("verse.txt".to_owned(), b"round and round the garden ".repeat(20))];
        let info = FilesInfo::new(&files, None).unwrap();
        let data = info.data.unwrap();
        assert_eq!((data.shape.as_slice(), data.test > 0), (&[64][..], true));
        assert_eq!(load(&info.spec, 0, &files).unwrap().hash_text(), data.hash);
    }

    #[test]
    fn a_table_is_described_by_its_columns_and_needs_a_type_of_its_own() {
        let files = [("t.CSV".to_owned(), b"a,y\n1,2\n,3\n3,4\n".to_vec())];
        let info = FilesInfo::new(&files, None).unwrap();
        assert_eq!(info.table.unwrap().columns[0].missing, 1);
        let DataSpec::Csv(table) = info.spec else { panic!("not a table") };
        let drop = DataSpec::Csv(TableSpec { missing: Missing::Drop, ..table });
        assert_eq!(load(&drop, 0, &files).unwrap().len(), 2);
        let code =
            |spec: &DataSpec, files: &[(String, Vec<u8>)]| load(spec, 0, files).unwrap_err().report().code;
        assert_eq!(code(&DataSpec::Files { hash: None }, &files), "files-need-type");
        assert_eq!(code(&drop, &[("t.csv".to_owned(), b"a,y\n1,2\n2,3\n".to_vec())]), "files-differ");
        assert_eq!(code(&drop, &[]), "file-missing");
        assert_eq!(code(&drop, &[("t.txt".to_owned(), vec![])]), "file-kind");
        assert_eq!(
            FilesInfo::new(&[files[0].clone(), files[0].clone()], None).unwrap_err().report().code,
            "files-one"
        );
    }
}
