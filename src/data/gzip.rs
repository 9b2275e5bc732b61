//! Reads gzip files (RFC 1952), whose members follow each other, and computes the checksum that zip archives have too.
//!
//! Inflating is bought; the frame is our own because the tables that come with it weigh more than all readers of tables together.
//! These are computed when a file is read.

use flate2::bufread::DeflateDecoder;
use std::io::{Error, ErrorKind, Read, Result};

/// The polynomial of CRC-32, lowest power first.
const POLYNOMIAL: u32 = 0xedb8_8320;
/// Bytes that are taken at once.
const SLICE: usize = 8;

/// CRC-32 of bytes that come in pieces.
#[derive(Debug)]
pub(super) struct Crc {
    /// What a byte leaves behind after 0, 1, … further bytes.
    tables: Vec<[u32; 256]>,
    state: u32,
}

impl Crc {
    pub(super) fn new() -> Self {
        let shifted =
            |byte: u32| (0..8).fold(byte, |rest, _| rest >> 1 ^ if rest & 1 == 1 { POLYNOMIAL } else { 0 });
        let mut tables = vec![std::array::from_fn(|byte| shifted(byte as u32)); SLICE];
        for further in 1..SLICE {
            for byte in 0..256 {
                let before = tables[further - 1][byte];
                tables[further][byte] = before >> 8 ^ tables[0][(before & 255) as usize];
            }
        }
        Self { tables, state: !0 }
    }

    pub(super) fn update(&mut self, bytes: &[u8]) {
        let (slices, rest) = bytes.as_chunks::<SLICE>();
        let mut state = self.state;
        for slice in slices {
            let begun = state.to_le_bytes();
            let mixed = |at: usize| slice[at] ^ begun.get(at).copied().unwrap_or(0);
            state = (0..SLICE).fold(0, |sum, at| sum ^ self.tables[SLICE - 1 - at][usize::from(mixed(at))]);
        }
        for &byte in rest {
            state = state >> 8 ^ self.tables[0][(state & 255) as usize ^ usize::from(byte)];
        }
        self.state = state;
    }

    /// Of all bytes so far.
    pub(super) fn sum(&self) -> u32 {
        !self.state
    }
}

/// The unpacked bytes of a gzip file.
pub(super) struct Gzip<'a> {
    part: Part<'a>,
    crc: Crc,
    length: u32,
}

/// What comes next.
enum Part<'a> {
    Member(&'a [u8]),
    Content(DeflateDecoder<&'a [u8]>),
    End,
}

impl<'a> Gzip<'a> {
    pub(super) fn new(bytes: &'a [u8]) -> Self {
        Self { part: Part::Member(bytes), crc: Crc::new(), length: 0 }
    }
}

impl Read for Gzip<'_> {
    fn read(&mut self, buffer: &mut [u8]) -> Result<usize> {
        loop {
            match &mut self.part {
                Part::Member(bytes) => {
                    let rest = *bytes;
                    self.part = Part::Content(DeflateDecoder::new(&rest[header(rest)?..]));
                    (self.crc.state, self.length) = (!0, 0);
                }
                Part::Content(content) => {
                    let read = content.read(buffer)?;
                    if read > 0 || buffer.is_empty() {
                        self.crc.update(&buffer[..read]);
                        self.length = self.length.wrapping_add(read as u32);
                        return Ok(read);
                    }
                    let (trailer, rest) = content.get_ref().split_first_chunk::<8>().ok_or_else(cut)?;
                    let [a, b, c, d, length @ ..] = *trailer;
                    if u32::from_le_bytes([a, b, c, d]) != self.crc.sum()
                        || u32::from_le_bytes(length) != self.length
                    {
                        return Err(Error::new(ErrorKind::InvalidData, "the checksum differs"));
                    }
                    self.part = if rest.is_empty() { Part::End } else { Part::Member(rest) };
                }
                Part::End => return Ok(0),
            }
        }
    }
}

/// Bytes of a member's header.
fn header(bytes: &[u8]) -> Result<usize> {
    const EXTRA: u8 = 4;
    const NAME: u8 = 8;
    const COMMENT: u8 = 16;
    const CHECKSUM: u8 = 2;
    let &[one, two, method, flags, ..] = bytes.first_chunk::<10>().ok_or_else(cut)?;
    if [one, two, method] != [0x1f, 0x8b, 8] {
        return Err(Error::new(ErrorKind::InvalidInput, "no gzip header"));
    }
    let rest = |at: usize| bytes.get(at..).ok_or_else(cut);
    let mut at = 10;
    if flags & EXTRA != 0 {
        let &length = rest(at)?.first_chunk::<2>().ok_or_else(cut)?;
        at += 2 + usize::from(u16::from_le_bytes(length));
    }
    for text in [NAME, COMMENT] {
        if flags & text != 0 {
            at += 1 + rest(at)?.iter().position(|&byte| byte == 0).ok_or_else(cut)?;
        }
    }
    if flags & CHECKSUM != 0 {
        let &sum = rest(at)?.first_chunk::<2>().ok_or_else(cut)?;
        let mut crc = Crc::new();
        crc.update(&bytes[..at]);
        if u16::from_le_bytes(sum) != crc.sum() as u16 {
            return Err(Error::new(ErrorKind::InvalidData, "the checksum of the header differs"));
        }
        at += 2;
    }
    rest(at)?;
    Ok(at)
}

fn cut() -> Error {
    ErrorKind::UnexpectedEof.into()
}

#[cfg(test)]
mod tests {
    use super::*;
    use flate2::{Compression, GzBuilder};
    use std::io::Write;

    fn unpacked(bytes: &[u8]) -> Result<Vec<u8>> {
        let mut out = Vec::new();
        Gzip::new(bytes).read_to_end(&mut out).map(|_| out)
    }

    #[test]
    fn sums_are_those_of_the_standard_however_the_bytes_are_cut() {
        let bytes: Vec<u8> = (0..1000_u32).map(|i| (i * i % 251) as u8).collect();
        let mut whole = flate2::Crc::new();
        whole.update(&bytes);
        for cut in [0, 1, 7, 8, 9, 500, 999] {
            let mut crc = Crc::new();
            crc.update(&bytes[..cut]);
            crc.update(&bytes[cut..]);
            assert_eq!(crc.sum(), whole.sum(), "{cut}");
        }
        // the check value of the catalogue of parametrised CRC algorithms
        let mut crc = Crc::new();
        crc.update(b"123456789");
        assert_eq!(crc.sum(), 0xcbf4_3926);
    }

    #[test]
    fn headers_may_hold_more_than_they_need() {
        let content = b"one, two, three, three, three".repeat(50);
        let mut encoder = GzBuilder::new()
            .filename("name")
            .comment("comment")
            .extra(vec![1, 2, 3])
            .write(Vec::new(), Compression::best());
        encoder.write_all(&content).unwrap();
        let mut packed = encoder.finish().unwrap();
        assert_eq!(unpacked(&packed).unwrap(), content);
        // a checksum of the header: 10 bytes, then 2 + 3, 4 + 1 and 7 + 1
        packed[3] |= 2;
        let mut crc = Crc::new();
        crc.update(&packed[..28]);
        let sum = (crc.sum() as u16).to_le_bytes();
        packed.splice(28..28, sum);
        assert_eq!(unpacked(&packed).unwrap(), content);
        packed[28] ^= 1;
        assert_eq!(unpacked(&packed).unwrap_err().kind(), ErrorKind::InvalidData);
    }

    #[test]
    fn a_file_that_ends_early_anywhere_is_refused() {
        let mut encoder = GzBuilder::new().filename("n").write(Vec::new(), Compression::fast());
        encoder.write_all(b"some text, some text").unwrap();
        let packed = encoder.finish().unwrap();
        for end in 0..packed.len() {
            assert!(unpacked(&packed[..end]).is_err(), "{end}");
        }
        assert!(unpacked(&[&packed[..], b"no member"].concat()).is_err());
    }
}
