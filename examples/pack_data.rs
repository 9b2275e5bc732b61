//! Packs the tables that the crate embeds. Run by hand, when the tables or the formats change:
//!
//! ```text
//! cargo run --example pack_data -- ../shared/data/tabular src/data/embedded
//! ```
//!
//! The first argument is a folder with the CSV tables (`iris.csv` and so on), the second receives the packed ones
//! (`iris.bin`; formats: README.md there). The same tables give the same bytes under one Cargo.lock.

use flate2::{Compression, write::ZlibEncoder};
use std::error::Error;
use std::io::Write;
use std::path::Path;

const TABLES: [&str; 6] = ["digits", "iris", "wine", "breast_cancer", "diabetes", "longley"];

fn main() -> Result<(), Box<dyn Error>> {
    let folders: Vec<String> = std::env::args().skip(1).collect();
    let [from, to] = &folders[..] else {
        return Err("usage: pack_data FOLDER-OF-CSV FOLDER-OF-BIN".into());
    };
    for name in TABLES {
        let text = std::fs::read_to_string(Path::new(from).join(format!("{name}.csv")))?;
        let rows: Vec<Vec<&str>> = text.lines().skip(1).map(|line| line.split(',').collect()).collect();
        let packed = deflate(&if name == "digits" { images(&rows) } else { table(&rows) }?)?;
        println!("{name}: {} rows, {} bytes of CSV, {} packed", rows.len(), text.len(), packed.len());
        std::fs::write(Path::new(to).join(format!("{name}.bin")), packed)?;
    }
    Ok(())
}

type Packed = Result<Vec<u8>, Box<dyn Error>>;

/// All pixels, image after image, then all labels; one byte each.
fn images(rows: &[Vec<&str>]) -> Packed {
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

/// One byte per column: how many decimals it has. Then all values without their decimal points, column after column, as
/// whole numbers of four bytes: first the lowest byte of each, then the next, which packs well.
fn table(rows: &[Vec<&str>]) -> Packed {
    let columns = rows.first().map_or(0, Vec::len);
    let decimals_of = |text: &str| text.split_once('.').map_or(0, |(_, fraction)| fraction.len());
    let decimals: Vec<usize> =
        (0..columns).map(|c| rows.iter().map(|row| decimals_of(row[c])).max().unwrap_or(0)).collect();
    let mut numbers: Vec<u32> = Vec::new();
    for (column, &decimals) in decimals.iter().enumerate() {
        for row in rows {
            let text = row[column];
            numbers.push((text.replace('.', "") + &"0".repeat(decimals - decimals_of(text))).parse()?);
        }
    }
    let planes = (0..4).flat_map(|place| numbers.iter().map(move |n| n.to_le_bytes()[place]));
    Ok(decimals.iter().map(|&d| d as u8).chain(planes).collect())
}

fn deflate(bytes: &[u8]) -> Result<Vec<u8>, std::io::Error> {
    let mut encoder = ZlibEncoder::new(Vec::new(), Compression::best());
    encoder.write_all(bytes)?;
    encoder.finish()
}
