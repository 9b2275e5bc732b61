//! Reads NPY, the array format of NumPy (NEP 1), and NPZ, a zip archive of NPY files.
//!
//! A header is a claim: what it promises is compared with what there is before anything is allocated. The reader is our own
//! because a header is one line of text; crates for it bring a parser of Python literals and a zip library along.

use super::files::MAX_FILE_BYTES;
use super::gzip::Crc;
use crate::error::{Error, Result};
use flate2::read::DeflateDecoder;
use std::io::Read;

const MAGIC: &[u8] = b"\x93NUMPY";
/// Most bytes of a header; NumPy writes 118.
const MOST_HEADER: usize = 1 << 16;
/// Most axes of an array.
const MOST_AXES: usize = 8;
/// Most arrays of an archive.
const MOST_ENTRIES: usize = 1000;

pub(super) fn is_npy(head: &[u8]) -> bool {
    head.starts_with(MAGIC)
}

pub(super) fn is_zip(head: &[u8]) -> bool {
    head.starts_with(b"PK\x03\x04") || head.starts_with(b"PK\x05\x06")
}

/// Refuses a file by its length.
pub(super) fn check(name: &str, length: usize) -> Result<()> {
    if length <= MAX_FILE_BYTES {
        return Ok(());
    }
    Err(too_large(name, length))
}

/// How the numbers of an array are stored.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Kind {
    Bool,
    Unsigned,
    Signed,
    Float,
}

/// The numbers of an array. Bytes stay bytes: as floating-point numbers, a set of images would take eight times the room.
#[derive(Debug, Clone)]
pub(super) enum Values {
    Bytes(Vec<u8>),
    Reals(Vec<f64>),
}

impl Values {
    pub(super) fn len(&self) -> usize {
        match self {
            Self::Bytes(values) => values.len(),
            Self::Reals(values) => values.len(),
        }
    }

    /// The number at `i`, which must be below the length.
    pub(super) fn at(&self, i: usize) -> f64 {
        match self {
            Self::Bytes(values) => f64::from(values[i]),
            Self::Reals(values) => values[i],
        }
    }

    pub(super) fn iter(&self) -> impl Iterator<Item = f64> + '_ {
        (0..self.len()).map(|i| self.at(i))
    }
}

/// An array whose header was read and whose bytes are all there.
#[derive(Debug, Clone)]
pub(super) struct Array {
    pub(super) name: String,
    pub(super) kind: Kind,
    pub(super) shape: Vec<usize>,
    /// In row-major order.
    pub(super) values: Values,
}

impl Array {
    /// Whether all values are whole numbers of `0..=most`.
    pub(super) fn is_whole(&self, most: f64) -> bool {
        self.values.iter().all(|x| (0.0..=most).contains(&x) && x.fract() == 0.0)
    }

    /// The extents of one entry of the first axis.
    pub(super) fn entry(&self) -> &[usize] {
        self.shape.get(1..).unwrap_or(&[])
    }

    /// Numbers of one entry.
    pub(super) fn width(&self) -> usize {
        self.entry().iter().product()
    }
}

/// What a header says.
struct Header {
    kind: Kind,
    /// Bytes of a number.
    size: usize,
    big_endian: bool,
    column_major: bool,
    shape: Vec<usize>,
    /// Numbers in all.
    count: usize,
}

/// Reads the array in `bytes`, the file called `name`.
///
/// # Errors
/// [`Error::File`] if it is cut short, no array of numbers, or has more bytes than its shape; [`Error::Memory`] if it
/// promises too much.
pub(super) fn array(name: &str, bytes: &[u8]) -> Result<Array> {
    let (header, body) = header(name, bytes)?;
    let want = header.count * header.size;
    if body.len() != want {
        let short = body.len() < want;
        return Err(Error::file(if short { "npy-truncated" } else { "npy-too-long" }, name)
            .expected(format!("{want} bytes for the shape {:?}", header.shape))
            .got(body.len().to_string())
            .hint("save or download the file again")
            .arg("want", want)
            .arg("got", body.len()));
    }
    let order = if header.column_major { row_major(&header.shape) } else { Box::new(0..header.count) };
    let values = match (header.kind, header.size) {
        (Kind::Unsigned, 1) => Values::Bytes(order.map(|i| body[i]).collect()),
        _ => Values::Reals(order.map(|i| header.number(&body[i * header.size..][..header.size])).collect()),
    };
    Ok(Array { name: name.to_owned(), kind: header.kind, shape: header.shape, values })
}

fn header<'a>(name: &str, bytes: &'a [u8]) -> Result<(Header, &'a [u8])> {
    let broken = |got: &str| {
        Error::file("npy-header", name)
            .expected("an NPY header with descr, fortran_order and shape")
            .got(got)
            .hint("save the array again with numpy.save")
            .arg("got", got)
    };
    let length = match bytes {
        [_, _, _, _, _, _, 1, _, low, high, ..] => (10, usize::from(u16::from_le_bytes([*low, *high]))),
        [_, _, _, _, _, _, 2 | 3, _, a, b, c, d, ..] => (12, u32::from_le_bytes([*a, *b, *c, *d]) as usize),
        _ => return Err(broken("an unknown version or a file that ends before it")),
    };
    let (start, length) = length;
    if !is_npy(bytes) || length > MOST_HEADER {
        return Err(broken("other bytes"));
    }
    let text = bytes.get(start..start + length).ok_or_else(|| broken("a file that ends before it"))?;
    let text = String::from_utf8_lossy(text);
    let field = |key: &str| {
        let quoted = [format!("'{key}':"), format!("\"{key}\":")];
        let at = quoted.iter().find_map(|key| text.find(key.as_str()).map(|at| at + key.len()))?;
        Some(text[at..].trim_start())
    };
    let descr = field("descr").ok_or_else(|| broken("no descr"))?;
    let kind = descr.strip_prefix(['\'', '"']).and_then(|rest| rest.split(['\'', '"']).next());
    let (kind, size, big_endian) = kind.and_then(number_type).ok_or_else(|| {
        let got: String = descr.chars().take(24).collect();
        Error::file("npy-type", name)
            .expected("an array of booleans, whole numbers or floating-point numbers")
            .got(&got)
            .hint("convert it, for example with astype(\"float32\")")
            .arg("got", got)
    })?;
    let column_major = field("fortran_order").ok_or_else(|| broken("no fortran_order"))?.starts_with("True");
    let shape = field("shape").and_then(extents).ok_or_else(|| broken("no shape"))?;
    let count = shape.iter().try_fold(1_usize, |count, &extent| count.checked_mul(extent));
    match count {
        // all but bytes take eight of them
        Some(count)
            if count <= MAX_FILE_BYTES / 8
                || ((kind, size) == (Kind::Unsigned, 1) && count <= MAX_FILE_BYTES) =>
        {
            let header = Header { kind, size, big_endian, column_major, shape, count };
            Ok((header, &bytes[start + length..]))
        }
        _ => Err(Error::memory("npy-too-large", name)
            .expected(format!("at most {} numbers", MAX_FILE_BYTES / 8))
            .got(format!("a shape of {shape:?}"))
            .hint("use fewer examples")
            .arg("shape", format!("{shape:?}"))
            .arg("most", MAX_FILE_BYTES / 8)),
    }
}

/// Kind, bytes and order of a type such as `<f8`, `|u1` or `>i4`.
fn number_type(descr: &str) -> Option<(Kind, usize, bool)> {
    let (order, rest) = descr.split_at_checked(1)?;
    let (kind, size) = match rest {
        "b1" => (Kind::Bool, 1),
        "u1" => (Kind::Unsigned, 1),
        "u2" => (Kind::Unsigned, 2),
        "u4" => (Kind::Unsigned, 4),
        "u8" => (Kind::Unsigned, 8),
        "i1" => (Kind::Signed, 1),
        "i2" => (Kind::Signed, 2),
        "i4" => (Kind::Signed, 4),
        "i8" => (Kind::Signed, 8),
        "f4" => (Kind::Float, 4),
        "f8" => (Kind::Float, 8),
        _ => return None,
    };
    matches!(order, "<" | ">" | "|" | "=").then_some((kind, size, order == ">"))
}

/// `(3, 4)` or `(3,)`, from the start of the text.
fn extents(text: &str) -> Option<Vec<usize>> {
    let inner = text.strip_prefix('(')?.split(')').next()?;
    let parts: Vec<&str> = inner.split(',').map(str::trim).filter(|part| !part.is_empty()).collect();
    let extents: Option<Vec<usize>> =
        parts.iter().map(|part| part.trim_end_matches('L').parse().ok()).collect();
    extents.filter(|extents| extents.len() <= MOST_AXES)
}

impl Header {
    fn number(&self, bytes: &[u8]) -> f64 {
        // extended to eight bytes, lowest first
        let mut word = [0; 8];
        for (i, &byte) in bytes.iter().enumerate() {
            word[if self.big_endian { self.size - 1 - i } else { i }] = byte;
        }
        let bits = u64::from_le_bytes(word);
        let spare = 64 - 8 * self.size as u32;
        match (self.kind, self.size) {
            (Kind::Float, 4) => f64::from(f32::from_bits(bits as u32)),
            (Kind::Float, _) => f64::from_bits(bits),
            (Kind::Signed, _) => ((bits << spare) as i64 >> spare) as f64,
            (Kind::Bool, _) => f64::from(u8::from(bits != 0)),
            (Kind::Unsigned, _) => bits as f64,
        }
    }
}

/// Where the numbers of an array that is stored with the first axis running fastest stand, in the order of the last axis
/// running fastest.
fn row_major(shape: &[usize]) -> Box<dyn Iterator<Item = usize> + '_> {
    let mut strides = vec![1; shape.len()];
    for axis in 1..shape.len() {
        strides[axis] = strides[axis - 1] * shape[axis - 1];
    }
    Box::new((0..shape.iter().product()).map(move |mut i: usize| {
        let mut place = 0;
        for (extent, stride) in shape.iter().zip(&strides).rev() {
            place += i % extent * stride;
            i /= extent;
        }
        place
    }))
}

/// The arrays of an archive, in its order.
///
/// # Errors
/// [`Error::File`] if it is cut short, damaged, or packed in a way that NumPy does not write; [`Error::Memory`] if it unpacks
/// to too much.
pub(super) fn archive(name: &str, bytes: &[u8]) -> Result<Vec<Array>> {
    let broken = |got: &str| {
        Error::file("npz-damaged", name)
            .expected("a zip archive as numpy.savez writes it")
            .got(got)
            .hint("save or download the file again")
            .arg("got", got)
    };
    let cut = || broken("a file that was cut short");
    // the end record is 22 bytes and a comment of at most 65,535
    let tail = bytes.len().saturating_sub(22 + 0xffff);
    let end = bytes[tail..].windows(4).rposition(|w| w == b"PK\x05\x06").ok_or_else(cut)? + tail;
    let record = |offset: usize, size: usize| word(bytes, end + offset, size).ok_or_else(cut);
    let (count, mut at, _comment) = (record(10, 2)?, record(16, 4)?, record(20, 2)?);
    if count > MOST_ENTRIES {
        return Err(broken("too many entries"));
    }
    let mut arrays = Vec::with_capacity(count);
    let mut unpacked = 0_usize;
    for _ in 0..count {
        let field = |offset: usize, size: usize| word(bytes, at.saturating_add(offset), size).ok_or_else(cut);
        if field(0, 4)? != 0x0201_4b50 {
            return Err(broken("an entry that is none"));
        }
        let (flags, method, checksum) = (field(8, 2)?, field(10, 2)?, field(16, 4)?);
        let (packed, size, start) = (field(20, 4)?, field(24, 4)?, field(42, 4)?);
        let (name_length, extra, comment) = (field(28, 2)?, field(30, 2)?, field(32, 2)?);
        let entry = bytes.get(at + 46..at + 46 + name_length).ok_or_else(cut)?;
        let entry = String::from_utf8_lossy(entry).into_owned();
        at += 46 + name_length + extra + comment;
        let Some(stem) = entry.strip_suffix(".npy") else { continue };
        unpacked = unpacked.saturating_add(size);
        if unpacked > MAX_FILE_BYTES {
            return Err(too_large(name, unpacked));
        }
        if flags & 1 != 0 || start == 0xffff_ffff {
            return Err(broken("an encrypted or a very large archive"));
        }
        let local = |offset: usize| word(bytes, start.saturating_add(offset), 2).ok_or_else(cut);
        let body = start + 30 + local(26)? + local(28)?;
        let body = bytes.get(body..body.saturating_add(packed)).ok_or_else(cut)?;
        let content = match method {
            0 => body.to_vec(),
            8 => {
                let mut content = Vec::new();
                let read = DeflateDecoder::new(body).take(size as u64 + 1).read_to_end(&mut content);
                read.map_err(|_| broken("an entry that cannot be unpacked"))?;
                content
            }
            _ => return Err(broken("an entry packed in another way than deflate")),
        };
        let mut sum = Crc::new();
        sum.update(&content);
        if content.len() != size || sum.sum() as usize != checksum {
            return Err(broken("an entry whose checksum differs"));
        }
        arrays.push(array(stem, &content)?);
    }
    Ok(arrays)
}

/// A number of `size` bytes at `at`, lowest first.
fn word(bytes: &[u8], at: usize, size: usize) -> Option<usize> {
    let bytes = bytes.get(at..at.checked_add(size)?)?;
    Some(bytes.iter().rev().fold(0, |word, &byte| word << 8 | usize::from(byte)))
}

fn too_large(name: &str, got: usize) -> Error {
    Error::memory("npy-file-size", name)
        .expected(format!("at most {MAX_FILE_BYTES} bytes"))
        .got(got.to_string())
        .hint("use fewer examples")
        .arg("most", MAX_FILE_BYTES)
        .arg("got", got)
}

/// Files for tests.
#[cfg(test)]
pub(super) mod test_util {
    use flate2::{Compression, write::DeflateEncoder};
    use std::io::Write;

    /// An NPY file.
    pub fn npy(descr: &str, fortran: bool, shape: &str, body: &[u8]) -> Vec<u8> {
        let fortran = if fortran { "True" } else { "False" };
        let text = format!("{{'descr': '{descr}', 'fortran_order': {fortran}, 'shape': {shape}, }}");
        let padded = format!("{text:<117}\n");
        [b"\x93NUMPY\x01\x00", &(padded.len() as u16).to_le_bytes()[..], padded.as_bytes(), body].concat()
    }

    /// An archive of files, every second one deflated.
    pub fn npz(entries: &[(&str, Vec<u8>)]) -> Vec<u8> {
        let (mut out, mut directory) = (Vec::new(), Vec::new());
        for (i, (name, content)) in entries.iter().enumerate() {
            let name = format!("{name}.npy");
            let (method, body) = if i % 2 == 0 {
                (0_u16, content.clone())
            } else {
                let mut encoder = DeflateEncoder::new(Vec::new(), Compression::fast());
                encoder.write_all(content).unwrap();
                (8, encoder.finish().unwrap())
            };
            let mut sum = flate2::Crc::new();
            sum.update(content);
            let start = out.len() as u32;
            let common = [
                &20_u16.to_le_bytes()[..],
                &[0; 2],
                &method.to_le_bytes(),
                &[0; 4],
                &sum.sum().to_le_bytes(),
                &(body.len() as u32).to_le_bytes(),
                &(content.len() as u32).to_le_bytes(),
                &(name.len() as u16).to_le_bytes(),
                &[0; 2],
            ]
            .concat();
            out.extend([b"PK\x03\x04", &common[..], name.as_bytes(), &body].concat());
            let entry = [b"PK\x01\x02\x14\x00", &common[..], &[0; 10], &start.to_le_bytes(), name.as_bytes()];
            directory.extend(entry.concat());
        }
        let (count, size, at) = (entries.len() as u16, directory.len() as u32, out.len() as u32);
        out.extend(directory);
        let counts = [count.to_le_bytes(), count.to_le_bytes()].concat();
        out.extend(
            [b"PK\x05\x06", &[0; 4][..], &counts, &size.to_le_bytes(), &at.to_le_bytes(), &[0; 2]].concat(),
        );
        out
    }

    /// The bytes of numbers.
    pub fn f32s(values: &[f32]) -> Vec<u8> {
        values.iter().flat_map(|x| x.to_le_bytes()).collect()
    }
}

#[cfg(test)]
mod tests {
    use super::test_util::{f32s, npy, npz};
    use super::*;

    fn code(bytes: &[u8]) -> &'static str {
        let read =
            if is_zip(bytes) { archive("f", bytes).map(|_| ()) } else { array("f", bytes).map(|_| ()) };
        read.map_or_else(|e| e.report().code, |()| "ok")
    }

    #[test]
    fn every_number_type_and_order_is_read() {
        let read = |descr: &str, body: &[u8]| {
            array("f", &npy(descr, false, "(2,)", body)).unwrap().values.iter().collect::<Vec<_>>()
        };
        assert_eq!(read("<f4", &f32s(&[1.5, -2.0])), [1.5, -2.0]);
        assert_eq!(read(">f8", &[1.5_f64, -2.0].map(f64::to_be_bytes).concat()), [1.5, -2.0]);
        assert_eq!(read("|u1", &[200, 3]), [200.0, 3.0]);
        assert_eq!(read("|i1", &[0xff, 3]), [-1.0, 3.0]);
        assert_eq!(read("<i2", &[0xfe, 0xff, 1, 1]), [-2.0, 257.0]);
        assert_eq!(read(">i4", &[-7_i32, 70_000].map(i32::to_be_bytes).concat()), [-7.0, 70_000.0]);
        assert_eq!(
            read("<i8", &[-7_i64, 1 << 40].map(i64::to_le_bytes).concat()),
            [-7.0, (1_u64 << 40) as f64]
        );
        assert_eq!(read("<u8", &[7_u64, 9].map(u64::to_le_bytes).concat()), [7.0, 9.0]);
        assert_eq!(read("|b1", &[0, 1]), [0.0, 1.0]);
    }

    #[test]
    fn column_major_arrays_are_turned() {
        // [[1, 2, 3], [4, 5, 6]] as NumPy stores it with order "F"
        let turned = array("f", &npy("<f4", true, "(2, 3)", &f32s(&[1.0, 4.0, 2.0, 5.0, 3.0, 6.0]))).unwrap();
        let values: Vec<f64> = turned.values.iter().collect();
        assert_eq!((turned.shape.as_slice(), values), (&[2, 3][..], vec![1.0, 2.0, 3.0, 4.0, 5.0, 6.0]));
    }

    #[test]
    fn archives_are_read_stored_or_deflated() {
        let bytes = npz(&[
            ("x", npy("<f4", false, "(2, 1)", &f32s(&[1.0, 2.0]))),
            ("y", npy("|u1", false, "(2,)", &[0, 1])),
        ]);
        let arrays = archive("f", &bytes).unwrap();
        let values: Vec<f64> = arrays[1].values.iter().collect();
        assert_eq!((&arrays[0].name[..], &arrays[1].name[..], values), ("x", "y", vec![0.0, 1.0]));
        for length in 0..bytes.len() {
            assert!(length < 4 || code(&bytes[..length]).starts_with("npz"), "{length}");
        }
        let mut flipped = bytes.clone();
        flipped[60] ^= 1;
        assert_eq!(code(&flipped), "npz-damaged");
    }

    #[test]
    fn what_is_no_array_of_numbers_is_refused_before_anything_is_allocated() {
        let good = npy("<f4", false, "(2, 2)", &[0; 16]);
        assert_eq!(code(&good), "ok");
        for length in 0..good.len() {
            assert!(["npy-header", "npy-truncated"].contains(&code(&good[..length])), "{length}");
        }
        assert_eq!(code(&[&good[..], &[0]].concat()), "npy-too-long");
        assert_eq!(code(&npy("|O", false, "(2,)", &[0; 16])), "npy-type");
        assert_eq!(code(&npy("<U5", false, "(2,)", &[0; 40])), "npy-type");
        assert_eq!(code(&npy("<c8", false, "(2,)", &[0; 16])), "npy-type");
        assert_eq!(code(&npy("<f4", false, "(18446744073709551615, 2)", &[0; 16])), "npy-too-large");
        assert_eq!(code(&npy("<f4", false, "(99999999999999999999,)", &[0; 16])), "npy-header");
        assert_eq!(code(&npy("<f4", false, "(4294967296,)", &[0; 16])), "npy-too-large");
        assert_eq!(code(&npy("<f4", false, "(1,1,1,1,1,1,1,1,1)", &[0; 4])), "npy-header");
        let error = array("x.npy", &npy("<f4", false, "(3, 2)", &[0; 16])).unwrap_err();
        assert_eq!(
            error.to_string(),
            "x.npy: expected 24 bytes for the shape [3, 2], got 16; save or download the file again"
        );
    }
}
