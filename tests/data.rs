//! The data sets against the facts known of them, and the file reader against bytes nobody meant.
//!
//! The real files lie beside the project: in the folder DATA_DIR, `../shared/data` if that is not set. Where there
//! is none, the tests that need it say so and pass.

#![cfg(not(target_family = "wasm"))]

use flate2::read::GzDecoder;
use proptest::prelude::*;
use saddlepoint::data::{
    DataSpec, Dataset, Examples, Features, Targets, assemble, breast_cancer, diabetes, digits, iris, load,
    longley, wine,
};
use serde_json::Value;
use std::io::Read;
use std::path::PathBuf;

/// The folder of real files, or `None` after a line that says what was skipped.
fn folder(what: &str) -> Option<PathBuf> {
    let folder = std::env::var_os("DATA_DIR")
        .map_or_else(|| PathBuf::from(concat!(env!("CARGO_MANIFEST_DIR"), "/../shared/data")), PathBuf::from);
    if folder.join("facts.json").is_file() {
        return Some(folder);
    }
    println!("skipped: {what}, because {} has no facts.json", folder.display());
    None
}

fn facts(folder: &std::path::Path, set: &str) -> Value {
    let text = std::fs::read_to_string(folder.join("facts.json")).unwrap();
    serde_json::from_str::<Value>(&text).unwrap()[set].take()
}

/// The four files of an MNIST-like set: training images, training labels, test images, test labels.
fn files(folder: &std::path::Path, set: &str) -> Vec<(String, Vec<u8>)> {
    let names = ["train-images-idx3", "train-labels-idx1", "t10k-images-idx3", "t10k-labels-idx1"];
    let read = |name: &str| {
        let name = format!("{name}-ubyte.gz");
        let bytes = std::fs::read(folder.join(set).join(&name)).unwrap();
        (name, bytes)
    };
    names.map(read).into()
}

/// Compares the examples `rows` with what facts.json says of that part.
fn check_part(set: &Dataset, rows: std::ops::Range<usize>, facts: &Value) {
    let Features::Bytes { values, max: 255 } = set.features() else { panic!("not images of 0..=255") };
    let Targets::Classes { labels, .. } = set.targets() else { panic!("not classes") };
    let labels = &labels[rows.clone()];
    let image_sum = |row: usize| values.row(row).iter().map(|&v| u64::from(v)).sum::<u64>();
    let square_sum = |row: usize| values.row(row).iter().map(|&v| u64::from(v) * u64::from(v)).sum::<u64>();
    assert_eq!(rows.len() as u64, facts["count"]);
    assert_eq!(rows.clone().map(image_sum).sum::<u64>(), facts["pixel_sum"]);
    assert_eq!(rows.clone().map(square_sum).sum::<u64>(), facts["pixel_sumsq"]);
    assert_eq!(image_sum(rows.start), facts["first_image_sum"]);
    assert_eq!(image_sum(rows.end - 1), facts["last_image_sum"]);
    assert_eq!(serde_json::json!(labels[..16]), facts["first_labels"]);
    let count = |class: u32| labels.iter().filter(|&&l| l == class).count();
    assert_eq!(serde_json::json!((0..10).map(count).collect::<Vec<_>>()), facts["label_counts"]);
}

fn check_set(set: &str, name: &str, last_class: &str) {
    let Some(folder) = folder(name) else { return };
    let mut files = files(&folder, set);
    let data = load(&DataSpec::Files { hash: None }, 0, &files).unwrap();
    check_part(&data, 0..60_000, &facts(&folder, &format!("{set}/train")));
    check_part(&data, 60_000..70_000, &facts(&folder, &format!("{set}/t10k")));
    assert_eq!((data.name(), data.classes().unwrap()[9].as_str()), (name, last_class));

    // as a trainer sees it
    let hash = data.hash();
    let examples = Examples::new(data, 0.2, 1).unwrap();
    assert_eq!((examples.train().len(), examples.test().len()), (60_000, 10_000));
    let mut batch = vec![0.0_f32; 784 * 1000];
    let mut sum = 0.0;
    for rows in examples.train().chunks(1000) {
        examples.fill_batch(rows, &mut batch).unwrap();
        sum += batch.iter().map(|&x| f64::from(x)).sum::<f64>();
    }
    let mean = facts(&folder, &format!("{set}/train"))["mean"].as_f64().unwrap();
    assert!((sum / (784.0 * 60_000.0) - mean).abs() < 1e-7);

    // unpacked files in another order are the same data
    for (_, bytes) in &mut files {
        let mut plain = Vec::new();
        GzDecoder::new(&bytes[..]).read_to_end(&mut plain).unwrap();
        *bytes = plain;
    }
    files.rotate_left(1);
    assert_eq!(assemble(&files).unwrap().hash(), hash);

    // each part alone is recognised as well
    files.sort_by_key(|(name, _)| name.starts_with("train"));
    for part in files.chunks(2) {
        let data = assemble(part).unwrap();
        assert_eq!((data.name(), data.own_train()), (name, None));
    }
}

#[test]
fn mnist_is_what_its_facts_say() {
    check_set("mnist", "MNIST", "9");
}

#[test]
fn fashion_mnist_is_what_its_facts_say() {
    check_set("fashion-mnist", "Fashion-MNIST", "Ankle boot");
}

#[test]
fn files_of_two_sets_or_parts_are_refused() {
    let Some(folder) = folder("mismatched MNIST files") else { return };
    let files = files(&folder, "mnist");
    let code = |files: &[(String, Vec<u8>)]| assemble(files).unwrap_err().report().code;
    assert_eq!(code(&[files[0].clone(), files[3].clone()]), "idx-counts-differ");
    assert_eq!(code(&[files[0].clone(), files[1].clone(), files[2].clone()]), "idx-labels-missing");
    let mut cut = files[2].clone();
    cut.1.truncate(1_000_000);
    assert_eq!(code(&[cut, files[3].clone()]), "idx-truncated");
}

/// The rows of a CSV table.
fn table(folder: &std::path::Path, name: &str) -> Vec<Vec<f64>> {
    let text = std::fs::read_to_string(folder.join("tabular").join(name)).unwrap();
    text.lines().skip(1).map(|line| line.split(',').map(|x| x.parse().unwrap()).collect()).collect()
}

#[test]
fn embedded_sets_are_the_tables_to_the_bit() {
    let Some(folder) = folder("the CSV tables of the embedded sets") else { return };
    let set = digits().unwrap();
    let Features::Bytes { values, .. } = set.features() else { panic!("not images") };
    for (row, line) in table(&folder, "digits.csv").iter().enumerate() {
        assert!(values.row(row).iter().map(|&v| f64::from(v)).eq(line[..64].iter().copied()));
        assert_eq!(f64::from(set.label(row as u32).unwrap()), line[64]);
    }
    for set in [iris(), wine(), breast_cancer(), diabetes(), longley()].map(Result::unwrap) {
        let Features::Reals(x) = set.features() else { panic!("not a table") };
        let file = if set.name() == "breastCancer" { "breast_cancer" } else { set.name() };
        let lines = table(&folder, &format!("{file}.csv"));
        assert_eq!(lines.len(), set.len());
        for (row, line) in lines.iter().enumerate() {
            let target = match set.targets() {
                Targets::Reals { values, .. } => values[[row, 0]],
                _ => f64::from(set.label(row as u32).unwrap()),
            };
            assert!(
                x.row(row).iter().chain([&target]).map(|x| x.to_bits()).eq(line.iter().map(|x| x.to_bits()))
            );
        }
    }
    assert_eq!(digits().unwrap().len(), 1797);
}

/// Six images of 2 x 3 and their labels, as IDX files.
fn small_set() -> [Vec<u8>; 2] {
    let header = |numbers: &[u32]| numbers.iter().flat_map(|n| n.to_be_bytes()).collect::<Vec<u8>>();
    [
        [header(&[2051, 6, 2, 3]), (0..36).collect()].concat(),
        [header(&[2049, 6]), vec![0, 1, 2, 0, 1, 2]].concat(),
    ]
}

fn gzip(bytes: &[u8]) -> Vec<u8> {
    let mut packed = Vec::new();
    flate2::read::GzEncoder::new(bytes, flate2::Compression::fast()).read_to_end(&mut packed).unwrap();
    packed
}

proptest! {
    // a failure is reported with its input; a file of old ones beside the tests is not wanted
    #![proptest_config(ProptestConfig { failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn random_bytes_are_answered_with_an_error(
        files in prop::collection::vec(prop::collection::vec(any::<u8>(), 0..64), 0..6),
        magic in prop::sample::select(vec![0_u32, 2049, 2051, 0x1f8b_0800]),
    ) {
        let named: Vec<_> =
            files.into_iter().map(|rest| ("f", [&magic.to_be_bytes()[..], &rest].concat())).collect();
        // four random bytes as a count and a payload that fits: too rare to meet
        prop_assert!(assemble(&named).is_err());
    }

    #[test]
    fn a_damaged_file_is_refused_or_read_as_what_it_says(
        packed in any::<bool>(),
        which in 0..2_usize,
        place in any::<prop::sample::Index>(),
        value in any::<u8>(),
        cut in prop::option::of(any::<prop::sample::Index>()),
        extra in prop::collection::vec(any::<u8>(), 0..4),
    ) {
        let mut files = small_set();
        if packed {
            files = files.map(|file| gzip(&file));
        }
        let file = &mut files[which];
        let place = place.index(file.len());
        file[place] = value;
        if let Some(cut) = cut {
            file.truncate(cut.index(file.len()));
        }
        file.extend(extra);
        if let Ok(set) = assemble(&[("x", &files[0]), ("y", &files[1])]) {
            // whatever was changed, counts and shapes still hold together
            prop_assert_eq!(set.len(), 6);
            prop_assert_eq!(set.width(), 6);
            prop_assert!((0..6).all(|row| (set.label(row).unwrap() as usize) < set.target_width()));
        }
    }
}
