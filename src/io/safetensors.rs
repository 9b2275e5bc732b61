//! The safetensors format: 8 bytes with the length of a header, the header in JSON, then the numbers of all tensors without
//! gaps (<https://huggingface.co/docs/safetensors>, "Format").
//!
//! ```text
//! u64 little-endian n | n bytes {"__metadata__":{"crc32":"HHHHHHHH",KEY:TEXT},NAME:{"dtype","shape","data_offsets"},…} | data
//! ```
//!
//! The metadata begin with a checksum over the whole file, at a place that is the same in every file; to whoever reads the format
//! it is one more text. Only what models need: F32, little-endian. Tests read what is written here with the format's own crate, and the other
//! way round.

use super::crc::crc32;
use crate::json::{self, Map, Number, Value};

/// Longest header, as the format's own reader has it.
const MOST_HEADER: u64 = 100_000_000;
const METADATA: &str = "__metadata__";
const CHECKSUM: &str = "crc32";
/// What a file begins with after its first eight bytes; the digits of the checksum follow.
const BEGINNING: &[u8] = br#"{"__metadata__":{"crc32":""#;
/// The digits stand for themselves while the checksum is computed.
const DIGITS: &[u8] = b"00000000";

/// A tensor in memory.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Tensor {
    pub name: String,
    pub shape: Vec<usize>,
    /// Four bytes a number.
    pub bytes: Vec<u8>,
}

impl Tensor {
    pub fn new(name: String, shape: Vec<usize>, values: &[f32]) -> Self {
        Self { name, shape, bytes: values.iter().flat_map(|v| v.to_le_bytes()).collect() }
    }
}

/// A file with these tensors and one text beside them, under a checksum.
pub(super) fn write(tensors: &[Tensor], key: &str, text: &str) -> Vec<u8> {
    let whole = |n: usize| Value::Number(Number::Unsigned(n as u64));
    let object = |fields: Vec<(&str, Value)>| {
        let mut map = Map::default();
        fields.into_iter().for_each(|(name, value)| map.insert(name.to_owned(), value));
        map
    };
    let digits = String::from_utf8_lossy(DIGITS);
    let metadata = object(vec![(CHECKSUM, Value::from(&*digits)), (key, Value::from(text))]);
    let mut header = object(vec![(METADATA, Value::Object(metadata))]);
    let mut at = 0;
    for tensor in tensors {
        let end = at + tensor.bytes.len();
        let fields = object(vec![
            ("dtype", Value::from("F32")),
            ("shape", Value::Array(tensor.shape.iter().map(|&n| whole(n)).collect())),
            ("data_offsets", Value::Array(vec![whole(at), whole(end)])),
        ]);
        header.insert(tensor.name.clone(), Value::Object(fields));
        at = end;
    }
    let mut header = json::write(&header);
    // blanks at its end make the data begin at a multiple of eight
    header.push_str(&" ".repeat(header.len().next_multiple_of(8) - header.len()));
    let mut file = Vec::with_capacity(8 + header.len() + at);
    file.extend((header.len() as u64).to_le_bytes());
    file.extend(header.as_bytes());
    tensors.iter().for_each(|tensor| file.extend(&tensor.bytes));
    seal(&mut file);
    file
}

/// Puts the checksum into a file whose digits are still [`DIGITS`].
pub(super) fn seal(file: &mut [u8]) {
    let sum = format!("{:08x}", crc32(&[file]));
    let start = 8 + BEGINNING.len();
    file[start..start + DIGITS.len()].copy_from_slice(sum.as_bytes());
}

/// Whether a file was written by [`write`], as far as its beginning tells.
pub(super) fn is_sealed(bytes: &[u8]) -> bool {
    bytes.get(8..).is_some_and(|rest| rest.starts_with(BEGINNING))
}

/// Compares such a file with its checksum.
///
/// # Errors
/// What differs.
pub(super) fn check_seal(bytes: &[u8]) -> Result<(), String> {
    let (before, rest) = bytes.split_at_checked(8 + BEGINNING.len()).ok_or("no checksum")?;
    let (digits, after) = rest.split_at_checked(DIGITS.len()).ok_or("half a checksum")?;
    let sum = format!("{:08x}", crc32(&[before, DIGITS, after]));
    if sum.as_bytes() == digits {
        return Ok(());
    }
    Err(format!("the checksum is {sum}, the file says {}", String::from_utf8_lossy(digits)))
}

/// A file that was looked through.
#[derive(Debug)]
pub(super) struct File<'a> {
    header: Map,
    data: &'a [u8],
}

impl<'a> File<'a> {
    /// Reads the header of a file.
    ///
    /// # Errors
    /// Why this is no such file, or only a part of one.
    pub fn open(bytes: &'a [u8]) -> Result<Self, String> {
        let (length, rest) = bytes.split_first_chunk::<8>().ok_or("no header")?;
        let length = u64::from_le_bytes(*length);
        if length > MOST_HEADER {
            return Err("the header is too long".to_owned());
        }
        let (header, data) = rest.split_at_checked(length as usize).ok_or("the header is cut short")?;
        let header = std::str::from_utf8(header).map_err(|_| "the header is no text")?;
        match json::parse("header", header) {
            Ok(Value::Object(header)) => Ok(Self { header, data }),
            Ok(_) => Err("the header is no object".to_owned()),
            Err(error) => Err(error.to_string()),
        }
    }

    /// The text that stands beside the tensors under `key`.
    pub fn text(&self, key: &str) -> Option<&str> {
        self.field(METADATA)?.get(key)?.as_str()
    }

    /// Refuses a file whose tensors do not fill its data from end to end: one that was cut or is damaged.
    ///
    /// # Errors
    /// What is wrong.
    pub fn check(&self) -> Result<(), String> {
        let mut spans = Vec::new();
        for (name, tensor) in self.header.iter().filter(|(name, _)| name != METADATA) {
            let (_, [start, end]) = described(name, tensor)?;
            spans.push([start, end]);
        }
        spans.sort_unstable();
        let mut at = 0;
        for [start, end] in spans {
            if start != at {
                return Err(format!("tensors overlap or leave a gap at byte {at}"));
            }
            at = end;
        }
        if at == self.data.len() as u64 {
            return Ok(());
        }
        Err(format!("the tensors have {at} bytes, the file has {}", self.data.len()))
    }

    /// The bytes of a tensor of F32.
    ///
    /// # Errors
    /// If it is not there, or of another type.
    pub fn tensor(&self, name: &str) -> Result<&'a [u8], String> {
        let tensor = self.field(name).ok_or_else(|| format!("{name} is missing"))?;
        let (dtype, [start, end]) = described(name, tensor)?;
        if dtype != "F32" {
            return Err(format!("{name} is not F32"));
        }
        let range = usize::try_from(start).ok().zip(usize::try_from(end).ok());
        range.and_then(|(start, end)| self.data.get(start..end)).ok_or_else(|| format!("{name} is cut short"))
    }

    fn field(&self, name: &str) -> Option<&Value> {
        self.header.iter().find(|(key, _)| key == name).map(|(_, value)| value)
    }
}

/// Type and place of a tensor, which must have as many bytes as its shape says.
fn described<'v>(name: &str, tensor: &'v Value) -> Result<(&'v str, [u64; 2]), String> {
    let wrong = || format!("the header is wrong about {name}");
    let list = |field: &str| match tensor.get(field) {
        Some(Value::Array(items)) => items.iter().map(Value::as_u64).collect::<Option<Vec<_>>>(),
        _ => None,
    };
    let dtype = tensor.get("dtype").and_then(Value::as_str).ok_or_else(wrong)?;
    let (Some(shape), Some(offsets)) = (list("shape"), list("data_offsets")) else { return Err(wrong()) };
    let &[start, end] = &offsets[..] else { return Err(wrong()) };
    let numbers = shape.iter().try_fold(1_u64, |product, &n| product.checked_mul(n));
    let bytes = numbers.and_then(|n| n.checked_mul(4));
    if dtype == "F32" && bytes != end.checked_sub(start) || end < start {
        return Err(wrong());
    }
    Ok((dtype, [start, end]))
}

#[cfg(test)]
pub(super) mod tests {
    use super::*;
    use safetensors::tensor::TensorView;
    use safetensors::{Dtype, SafeTensors};
    use std::collections::HashMap;

    fn sample() -> (Vec<Tensor>, Vec<u8>) {
        let tensors = vec![
            Tensor::new("theta/b.\"kernel\"".into(), vec![2, 3], &[1.0, -2.5, 0.0, f32::NAN, 1e-40, 3.0]),
            Tensor::new("a".into(), vec![1], &[7.0]),
            Tensor::new("empty".into(), vec![0], &[]),
        ];
        let file = write(&tensors, "key", "{\"a\": \"中\"}");
        (tensors, file)
    }

    /// A file that the format's own crate wrote.
    pub fn foreign() -> Vec<u8> {
        let (tensors, _) = sample();
        safetensors::serialize(views(&tensors), Some(texts())).unwrap()
    }

    fn views(tensors: &[Tensor]) -> Vec<(&String, TensorView<'_>)> {
        tensors
            .iter()
            .map(|t| (&t.name, TensorView::new(Dtype::F32, t.shape.clone(), &t.bytes).unwrap()))
            .collect()
    }

    fn texts() -> HashMap<String, String> {
        HashMap::from([("key".to_owned(), "{\"a\": \"中\"}".to_owned())])
    }

    #[test]
    fn the_format_s_own_crate_reads_what_is_written() {
        let (tensors, file) = sample();
        let (_, header) = SafeTensors::read_metadata(&file).unwrap();
        assert_eq!(header.metadata().as_ref().unwrap()["key"], "{\"a\": \"中\"}");
        let read = SafeTensors::deserialize(&file).unwrap();
        assert_eq!(read.len(), 3);
        for tensor in &tensors {
            let view = read.tensor(&tensor.name).unwrap();
            assert_eq!(
                (view.dtype(), view.shape(), view.data()),
                (Dtype::F32, &tensor.shape[..], &tensor.bytes[..])
            );
        }
    }

    #[test]
    fn what_it_writes_is_read() {
        let (tensors, ours) = sample();
        for file in [foreign(), ours] {
            let read = File::open(&file).unwrap();
            read.check().unwrap();
            assert_eq!((read.text("key"), read.text("other")), (Some("{\"a\": \"中\"}"), None));
            for tensor in &tensors {
                assert_eq!(read.tensor(&tensor.name).unwrap(), tensor.bytes);
            }
            assert_eq!(read.tensor("c").unwrap_err(), "c is missing");
        }
    }

    #[test]
    fn the_seal_is_broken_by_any_change() {
        let (_, file) = sample();
        assert!(is_sealed(&file) && check_seal(&file).is_ok());
        assert!(!is_sealed(&foreign()));
        for place in 0..file.len() {
            let mut changed = file.clone();
            changed[place] ^= 0x10;
            assert!(!is_sealed(&changed) || check_seal(&changed).is_err(), "byte {place}");
            assert!(check_seal(&file[..place]).is_err(), "cut at {place}");
        }
    }

    #[test]
    fn every_cut_and_every_changed_header_is_noticed_or_harmless() {
        let (_, file) = sample();
        for length in 0..file.len() {
            assert!(File::open(&file[..length]).and_then(|f| f.check()).is_err(), "cut at {length}");
        }
        let end = 8 + u64::from_le_bytes(*file.first_chunk().unwrap()) as usize;
        for place in 0..end {
            for bit in 0..8 {
                let mut changed = file.clone();
                changed[place] ^= 1 << bit;
                // whatever it says now, nothing is read outside the file
                if let Ok(read) = File::open(&changed) {
                    let _ = (read.check(), read.tensor("a"), read.tensor("empty"), read.text("key"));
                }
            }
        }
        let header = |text: &str| [&(text.len() as u64).to_le_bytes()[..], text.as_bytes(), &[0; 8]].concat();
        let told = |text: &str| File::open(&header(text)).unwrap().check().unwrap_err();
        let tensor = |dtype: &str, shape: &str, offsets: &str| {
            format!(r#"{{"a": {{"dtype": "{dtype}", "shape": {shape}, "data_offsets": {offsets}}}}}"#)
        };
        assert!(File::open(&header(&tensor("F32", "[2]", "[0, 8]"))).unwrap().check().is_ok());
        assert_eq!(told(&tensor("F32", "[3]", "[0, 8]")), "the header is wrong about a");
        assert_eq!(told(&tensor("F32", "[4611686018427387904, 4]", "[0, 0]")), "the header is wrong about a");
        assert_eq!(told(&tensor("F64", "[1]", "[8, 0]")), "the header is wrong about a");
        assert_eq!(told(&tensor("F64", "[1]", "[4, 8]")), "tensors overlap or leave a gap at byte 0");
        assert_eq!(told(&tensor("F32", "[1]", "[0, 4]")), "the tensors have 4 bytes, the file has 8");
        assert_eq!(told(&tensor("F32", "[1.5]", "[0, 4]")), "the header is wrong about a");
        let other = header(&tensor("F64", "[1]", "[0, 8]"));
        assert_eq!(File::open(&other).unwrap().tensor("a").unwrap_err(), "a is not F32");
    }
}
