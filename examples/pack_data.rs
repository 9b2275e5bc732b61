//! Packs the tables that the crate embeds. Run by hand, when the tables or the formats change:
//!
//! ```text
//! cargo run --example pack_data -- ../shared/data/tabular src/data/embedded
//! ```
//!
//! The first argument is a folder with `digits.csv` and `diabetes.csv`, the second receives `digits.bin` and
//! `diabetes.bin` (formats: README.md there). The same tables give the same bytes under one Cargo.lock.

use flate2::{Compression, write::ZlibEncoder};
use std::error::Error;
use std::io::Write;
use std::path::Path;

fn main() -> Result<(), Box<dyn Error>> {
    let folders: Vec<String> = std::env::args().skip(1).collect();
    let [from, to] = &folders[..] else {
        return Err("usage: pack_data FOLDER-OF-CSV FOLDER-OF-BIN".into());
    };
    for (name, pack) in [("digits", digits as fn(&[Vec<&str>]) -> Packed), ("diabetes", diabetes)] {
        let text = std::fs::read_to_string(Path::new(from).join(format!("{name}.csv")))?;
        let rows: Vec<Vec<&str>> = text.lines().skip(1).map(|line| line.split(',').collect()).collect();
        let packed = deflate(&pack(&rows)?)?;
        println!("{name}: {} rows, {} bytes of CSV, {} packed", rows.len(), text.len(), packed.len());
        std::fs::write(Path::new(to).join(format!("{name}.bin")), packed)?;
    }
    Ok(())
}

type Packed = Result<Vec<u8>, Box<dyn Error>>;

/// All pixels, image after image, then all labels; one byte each.
fn digits(rows: &[Vec<&str>]) -> Packed {
    let mut bytes = Vec::new();
    for row in rows {
        let [pixels @ .., _label] = &row[..] else { return Err("an empty line".into()) };
        for pixel in pixels {
            bytes.push(pixel.parse()?);
        }
    }
    for label in rows.iter().filter_map(|row| row.last()) {
        bytes.push(label.parse()?);
    }
    Ok(bytes)
}

/// One byte per column: how many decimals it has. Then the columns, one after the other, as whole numbers of two
/// bytes, low byte first: the value without its decimal point.
fn diabetes(rows: &[Vec<&str>]) -> Packed {
    let columns = rows.first().map_or(0, Vec::len);
    let decimals_of = |text: &str| text.split_once('.').map_or(0, |(_, fraction)| fraction.len());
    let decimals: Vec<usize> =
        (0..columns).map(|c| rows.iter().map(|row| decimals_of(row[c])).max().unwrap_or(0)).collect();
    let mut bytes: Vec<u8> = decimals.iter().map(|&d| d as u8).collect();
    for (column, &decimals) in decimals.iter().enumerate() {
        for row in rows {
            let text = row[column];
            let digits = text.replace('.', "") + &"0".repeat(decimals - decimals_of(text));
            bytes.extend(digits.parse::<u16>()?.to_le_bytes());
        }
    }
    Ok(bytes)
}

fn deflate(bytes: &[u8]) -> Result<Vec<u8>, std::io::Error> {
    let mut encoder = ZlibEncoder::new(Vec::new(), Compression::best());
    encoder.write_all(bytes)?;
    encoder.finish()
}
