//! Reads IDX, the format of MNIST: a big-endian header, then one byte per value; plain or gzipped.
//!
//! A header is a claim. Nothing is allocated on its word: memory grows with what really arrives, to at most twice
//! of it, and reading stops one byte after what the header promised, however much a gzip stream would still give.

use super::files::MAX_FILE_BYTES;
use super::gzip::Gzip;
use crate::error::{Error, Result};
use std::cmp::Ordering;
use std::io::{ErrorKind, Read};

/// Three-dimensional array of bytes: 0, 0, type 8 (unsigned byte), 3 axes.
const IMAGES: u32 = 2051;
/// One-dimensional array of bytes.
const LABELS: u32 = 2049;
/// The largest height and width that is accepted; larger images would never train in a tab.
const MAX_SIDE: usize = 1024;
/// How much is asked for before anything has arrived.
const FIRST_CHUNK: usize = 1 << 20;

/// What the values of a file are.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Content {
    Images { height: usize, width: usize },
    Labels,
}

/// Judges a file of `length` bytes by its first ones (`head`, a few thousand are enough), so that a page need not
/// read what is not IDX, or far too large, into memory.
///
/// # Errors
/// What [`assemble`](super::assemble) would say of its header and, if it is not gzipped, of its length.
pub(super) fn check(name: &str, head: &[u8], length: usize) -> Result<()> {
    let file = IdxFile::open(name, head)?;
    if is_gzip(head) {
        // deflate adds at most 5 bytes to 16 KiB: a larger file holds more than is accepted
        return if length > MAX_FILE_BYTES + MAX_FILE_BYTES / 1024 {
            Err(file.too_large(length))
        } else {
            Ok(())
        };
    }
    let payload = length.saturating_sub(file.header_length());
    match payload.cmp(&file.promised()) {
        Ordering::Less => Err(file.truncated(payload)),
        Ordering::Equal => Ok(()),
        Ordering::Greater => Err(file.too_long(Some(payload))),
    }
}

/// A file whose header was read and makes sense. Its payload was not looked at yet.
#[derive(Debug, Clone, Copy)]
pub(super) struct IdxFile<'a> {
    pub(super) name: &'a str,
    pub(super) content: Content,
    /// Images or labels, as the header says; above 0.
    pub(super) count: usize,
    bytes: &'a [u8],
}

impl<'a> IdxFile<'a> {
    /// Reads the header of the file called `name`.
    ///
    /// # Errors
    /// [`Error::File`] if it is empty, cut short, not IDX, not readable as gzip, without examples or of an absurd
    /// size; [`Error::Memory`] if it promises more than [`MAX_FILE_BYTES`].
    pub(super) fn open(name: &'a str, bytes: &'a [u8]) -> Result<Self> {
        if bytes.is_empty() {
            return Err(Error::file("file-empty", name)
                .expected("an IDX file of images or labels")
                .got("0 bytes")
                .hint("download the file again"));
        }
        let mut reader = reader(bytes);
        let magic = number(name, reader.as_mut())?;
        if magic != IMAGES as usize && magic != LABELS as usize {
            return Err(Error::file("idx-magic", name)
                .expected(format!("an IDX file, which begins with {IMAGES} (images) or {LABELS} (labels)"))
                .got(format!("{magic} as its first number"))
                .hint("choose the files called …-images-idx3-ubyte and …-labels-idx1-ubyte, gzipped or not")
                .arg("got", magic));
        }
        let count = number(name, reader.as_mut())?;
        let content = if magic == IMAGES as usize {
            let height = number(name, reader.as_mut())?;
            let width = number(name, reader.as_mut())?;
            Content::Images { height, width }
        } else {
            Content::Labels
        };
        let file = Self { name, content, count, bytes };
        file.check()?;
        Ok(file)
    }

    /// Whether the header can be true and usable.
    fn check(&self) -> Result<()> {
        if self.count == 0 {
            return Err(Error::file("idx-no-examples", self.name)
                .expected(format!("at least one of the {}", self.what()))
                .got("a header that says 0")
                .hint("choose a file with examples in it")
                .arg("what", self.what()));
        }
        if let Content::Images { height, width } = self.content
            && !((1..=MAX_SIDE).contains(&height) && (1..=MAX_SIDE).contains(&width))
        {
            return Err(Error::file("idx-image-size", self.name)
                .expected(format!("images of 1 x 1 to {MAX_SIDE} x {MAX_SIDE} pixels"))
                .got(format!("a header that says {height} x {width}"))
                .hint("make the images smaller, or download the file again")
                .arg("max", MAX_SIDE)
                .arg("height", height)
                .arg("width", width));
        }
        if self.promised() > MAX_FILE_BYTES { Err(self.too_large(self.promised())) } else { Ok(()) }
    }

    /// Appends the values to `out`: (count, height, width) pixels, or (count,) labels.
    ///
    /// # Errors
    /// [`Error::File`] if there are fewer or more values than the header says or the gzip stream is broken,
    /// [`Error::Memory`] if there is no room. What arrived before stays in `out`.
    pub(super) fn append_to(&self, out: &mut Vec<u8>) -> Result<()> {
        let promised = self.promised();
        let mut reader = reader(self.bytes);
        let header = &mut [0; 16][..self.header_length()];
        reader.read_exact(header).map_err(|error| self.unreadable(&error, 0))?;
        let start = out.len();
        while out.len() - start < promised {
            let missing = promised - (out.len() - start);
            let chunk = missing.min(out.len().max(FIRST_CHUNK));
            out.try_reserve_exact(chunk).map_err(|_| {
                Error::memory("data-memory", self.name)
                    .expected(format!("room for {promised} bytes of {}", self.what()))
                    .got("no more memory")
                    .hint("close other tabs or use fewer examples")
                    .arg("bytes", promised)
            })?;
            let read = reader.by_ref().take(chunk as u64).read_to_end(out);
            let arrived = out.len() - start;
            match read {
                Ok(n) if n == chunk => {}
                Ok(_) => return Err(self.truncated(arrived)),
                Err(error) => return Err(self.unreadable(&error, arrived)),
            }
        }
        // this also reads the end of a gzip stream, where its checksum is compared
        match reader.read(&mut [0]) {
            Ok(0) => Ok(()),
            Ok(_) if is_gzip(self.bytes) => Err(self.too_long(None)),
            Ok(_) => Err(self.too_long(Some(self.bytes.len() - self.header_length()))),
            Err(error) => Err(self.unreadable(&error, promised)),
        }
    }

    /// Height and width of an image; 1 and 1 for labels.
    pub(super) fn size(&self) -> (usize, usize) {
        match self.content {
            Content::Images { height, width } => (height, width),
            Content::Labels => (1, 1),
        }
    }

    /// Bytes of the payload, as the header says.
    fn promised(&self) -> usize {
        let (height, width) = self.size();
        self.count.saturating_mul(height * width)
    }

    fn what(&self) -> &'static str {
        match self.content {
            Content::Images { .. } => "images",
            Content::Labels => "labels",
        }
    }

    /// The header's promise in words.
    fn promise(&self) -> String {
        let bytes = self.promised();
        match self.content {
            Content::Images { height, width } => {
                format!("{bytes} bytes ({} images of {height} x {width})", self.count)
            }
            Content::Labels => format!("{bytes} labels"),
        }
    }

    fn truncated(&self, arrived: usize) -> Error {
        Error::file("idx-truncated", self.name)
            .expected(format!("{} after the header", self.promise()))
            .got(format!("only {arrived}"))
            .hint("the file was cut short: download it again")
            .arg("want", self.promised())
            .arg("got", arrived)
    }

    /// `got` is not known of a gzip stream: counting to its end is what a decompression bomb waits for.
    fn too_long(&self, got: Option<usize>) -> Error {
        let promised = self.promised();
        let got = got.map_or_else(|| format!("more than {promised}"), |got| got.to_string());
        Error::file("idx-too-long", self.name)
            .expected(format!("{} after the header", self.promise()))
            .got(&got)
            .hint("download the file again")
            .arg("want", promised)
            .arg("got", got)
    }

    fn too_large(&self, got: usize) -> Error {
        Error::memory("idx-too-large", self.name)
            .expected(format!("at most {MAX_FILE_BYTES} bytes of {}", self.what()))
            .got(got.to_string())
            .hint("use fewer or smaller images")
            .arg("max", MAX_FILE_BYTES)
            .arg("got", got)
    }

    fn header_length(&self) -> usize {
        if self.content == Content::Labels { 8 } else { 16 }
    }

    fn unreadable(&self, error: &std::io::Error, arrived: usize) -> Error {
        if error.kind() == ErrorKind::UnexpectedEof { self.truncated(arrived) } else { broken(self.name) }
    }
}

fn is_gzip(bytes: &[u8]) -> bool {
    bytes.starts_with(&[0x1f, 0x8b])
}

/// The unpacked bytes. The first two decide, not the name: browsers unpack some downloads and keep their names.
fn reader<'a>(bytes: &'a [u8]) -> Box<dyn Read + 'a> {
    if is_gzip(bytes) { Box::new(Gzip::new(bytes)) } else { Box::new(bytes) }
}

/// The next number of the header: four bytes, highest first.
fn number(name: &str, reader: &mut dyn Read) -> Result<usize> {
    let mut bytes = [0; 4];
    match reader.read_exact(&mut bytes) {
        Ok(()) => Ok(u32::from_be_bytes(bytes) as usize),
        Err(error) if error.kind() == ErrorKind::UnexpectedEof => Err(Error::file("idx-header", name)
            .expected("an IDX header of 8 bytes (labels) or 16 bytes (images)")
            .got("a file that ends before that")
            .hint("the file was cut short: download it again")),
        Err(_) => Err(broken(name)),
    }
}

fn broken(name: &str) -> Error {
    Error::file("gzip-broken", name)
        .expected("a gzip file")
        .got("a damaged one, which cannot be unpacked")
        .hint("download it again")
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::rng::{Source, Stream};
    use flate2::{Compression, write::GzEncoder};
    use std::io::Write;

    fn file(numbers: &[u32], payload: &[u8]) -> Vec<u8> {
        let mut bytes: Vec<u8> = numbers.iter().flat_map(|n| n.to_be_bytes()).collect();
        bytes.extend(payload);
        bytes
    }

    fn gzip(bytes: &[u8]) -> Vec<u8> {
        let mut encoder = GzEncoder::new(Vec::new(), Compression::fast());
        encoder.write_all(bytes).unwrap();
        encoder.finish().unwrap()
    }

    fn read(bytes: &[u8]) -> Result<Vec<u8>> {
        let mut out = Vec::new();
        IdxFile::open("f", bytes)?.append_to(&mut out)?;
        Ok(out)
    }

    fn code(bytes: &[u8]) -> &'static str {
        read(bytes).map(|_| "ok").unwrap_or_else(|error| error.report().code)
    }

    #[test]
    fn plain_and_gzipped_files_give_the_same() {
        let images = file(&[2051, 2, 1, 3], &[1, 2, 3, 4, 5, 6]);
        assert_eq!(read(&images).unwrap(), [1, 2, 3, 4, 5, 6]);
        assert_eq!(read(&gzip(&images)).unwrap(), [1, 2, 3, 4, 5, 6]);
        let open = IdxFile::open("f", &images).unwrap();
        assert_eq!((open.count, open.content), (2, Content::Images { height: 1, width: 3 }));
        // a gzip file may consist of several members
        let (head, tail) = images.split_at(18);
        assert_eq!(read(&[gzip(head), gzip(tail)].concat()).unwrap(), [1, 2, 3, 4, 5, 6]);
        assert_eq!(read(&file(&[2049, 3], &[7, 8, 9])).unwrap(), [7, 8, 9]);
    }

    #[test]
    fn each_damage_has_its_own_code() {
        let images = file(&[2051, 2, 2, 2], &[9; 8]);
        let packed = gzip(&images);
        assert_eq!(code(&[]), "file-empty");
        for length in 1..16 {
            assert_eq!(code(&images[..length]), "idx-header", "{length} bytes");
        }
        for length in 16..24 {
            assert_eq!(code(&images[..length]), "idx-truncated", "{length} bytes");
        }
        assert_eq!(code(&[&images[..], &[0]].concat()), "idx-too-long");
        assert_eq!(code(&gzip(&[&images[..], &[0]].concat())), "idx-too-long");
        assert_eq!(code(&gzip(&images[..23])), "idx-truncated");
        assert_eq!(code(&packed[..packed.len() - 9]), "idx-truncated");
        assert_eq!(code(&[0x1f, 0x8b]), "idx-header");
        assert_eq!(code(&[0x1f, 0x8b, 99, 0, 0, 0, 0, 0, 0, 0, 0]), "gzip-broken");
        let mut checksum = packed.clone();
        let last = checksum.len() - 8;
        checksum[last] ^= 1;
        assert_eq!(code(&checksum), "gzip-broken");
        assert_eq!(code(&[0; 100]), "idx-magic");
        assert_eq!(code(b"\x89PNG\r\n\x1a\n..."), "idx-magic");
        assert_eq!(code(&file(&[2051, 0, 28, 28], &[])), "idx-no-examples");
        assert_eq!(code(&file(&[2049, 0], &[])), "idx-no-examples");
        assert_eq!(code(&file(&[2051, 1, 0, 28], &[])), "idx-image-size");
        assert_eq!(code(&file(&[2051, 1, 28, 1025], &[])), "idx-image-size");
        assert_eq!(code(&file(&[2051, u32::MAX, u32::MAX, u32::MAX], &[])), "idx-image-size");
        assert_eq!(code(&file(&[2051, u32::MAX, 1024, 1024], &[])), "idx-too-large");
    }

    #[test]
    fn a_file_is_judged_by_its_head_and_length() {
        let code = |head: &[u8], length| check("f", head, length).map_or_else(|e| e.report().code, |()| "ok");
        let images = file(&[2051, 2, 100, 100], &[9; 20_000]);
        assert_eq!(code(&images[..4096], 20_016), "ok");
        assert_eq!(code(&images[..4096], 20_015), "idx-truncated");
        assert_eq!(code(&images[..4096], 20_017), "idx-too-long");
        assert_eq!(code(&[0; 4096], 500_000_000), "idx-magic");
        assert_eq!(code(&[], 0), "file-empty");
        let draws = Source::new(1, Stream::DATA, 0);
        let noise: Vec<u8> = (0..20_000).map(|i| draws.below(i, 256) as u8).collect();
        let packed = gzip(&file(&[2051, 2, 100, 100], &noise));
        assert_eq!(code(&packed[..4096], packed.len()), "ok");
        assert_eq!(code(&packed[..4096], 500_000_000), "idx-too-large");
    }

    #[test]
    fn sentences_carry_their_numbers() {
        let error = read(&file(&[2051, 3, 2, 2], &[0; 10])).unwrap_err();
        assert_eq!(
            error.to_string(),
            "f: expected 12 bytes (3 images of 2 x 2) after the header, got only 10; \
             the file was cut short: download it again"
        );
        assert_eq!(error.report().args, [("want", "12".to_owned()), ("got", "10".to_owned())]);
    }

    #[test]
    fn a_header_that_lies_allocates_nothing_to_speak_of() {
        let liar = file(&[2051, 300_000, 28, 28], &[0; 100]);
        for bytes in [liar.clone(), gzip(&liar)] {
            let mut out = Vec::new();
            let error = IdxFile::open("f", &bytes).unwrap().append_to(&mut out).unwrap_err();
            assert_eq!((error.report().code, out.len()), ("idx-truncated", 100));
            assert!(out.capacity() <= FIRST_CHUNK);
        }
    }

    #[test]
    fn a_decompression_bomb_is_left_after_what_its_header_promised() {
        let mut encoder = GzEncoder::new(Vec::new(), Compression::fast());
        encoder.write_all(&file(&[2051, 10, 28, 28], &[])).unwrap();
        (0..100).for_each(|_| encoder.write_all(&[0; 1 << 20]).unwrap());
        let bomb = encoder.finish().unwrap();
        let mut out = Vec::new();
        let error = IdxFile::open("f", &bomb).unwrap().append_to(&mut out).unwrap_err();
        assert_eq!((error.report().code, out.capacity()), ("idx-too-long", 7840));
        // and one of zeros alone at its first number
        assert_eq!(code(&gzip(&vec![0; 1 << 20])), "idx-magic");
    }
}
