//! Tables in files: the published ones as they are embedded, and bytes nobody meant.
//!
//! The published tables lie beside the project: in the folder DATA_DIR, `../shared/data` if that is not set. Where there is
//! none, the test that needs them says so and passes.

#![cfg(not(target_family = "wasm"))]

use proptest::prelude::*;
use saddlepoint::data::{
    DataSpec, Dataset, FilesInfo, Missing, TableSpec, Task, assemble, diabetes, iris, load, wine,
};
use std::path::PathBuf;

fn read(name: &str, bytes: &[u8], spec: TableSpec) -> saddlepoint::Result<Dataset> {
    load(&DataSpec::Csv(spec), 0, &[(name.to_owned(), bytes.to_vec())])
}

#[test]
fn published_tables_are_read_as_they_are_embedded() {
    let folder = std::env::var_os("DATA_DIR")
        .map_or_else(|| PathBuf::from(concat!(env!("CARGO_MANIFEST_DIR"), "/../shared/data")), PathBuf::from)
        .join("tabular");
    if !folder.is_dir() {
        println!("skipped: published tables, because {} is not there", folder.display());
        return;
    }
    for embedded in [iris(), wine(), diabetes()].map(Result::unwrap) {
        let file = format!("{}.csv", embedded.name());
        let bytes = std::fs::read(folder.join(&file)).unwrap();
        let set = read(&file, &bytes, TableSpec::default()).unwrap();
        assert_eq!(set.hash_text(), embedded.hash_text(), "{file}");
        assert_eq!(set.feature_names(), embedded.feature_names(), "{file}");
    }
    let bytes = std::fs::read(folder.join("stackloss.csv")).unwrap();
    let info = FilesInfo::new(&[("stackloss.csv".to_owned(), bytes)], None).unwrap().table.unwrap();
    assert_eq!((&info.target[..], info.columns[3].task), ("stack_loss", Some(Task::Regression)));
}

/// Tables that are nearly right.
fn nearly() -> impl Strategy<Value = String> {
    let cell = prop::sample::select(vec![
        "1", "2.5", "-3", "red", "\"a,b\"", "\"", "", "NA", "inf", "1,5", "\n", "\r\n", "\u{e9}",
    ]);
    let line = prop::collection::vec(cell, 1..5).prop_map(|cells| cells.join(","));
    prop::collection::vec(line, 0..12).prop_map(|lines| ["a,b,c", &lines.join("\n")].join("\n"))
}

proptest! {
    // a failure is reported with its input; a file of old ones beside the tests is not wanted
    #![proptest_config(ProptestConfig { failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn any_text_is_a_table_or_answered_with_an_error(
        text in nearly(),
        missing in prop::sample::select(vec![Missing::Refuse, Missing::Drop, Missing::Fill]),
        task in prop::option::of(prop::sample::select(vec![Task::Classification, Task::Regression])),
    ) {
        if let Ok(set) = read("t.csv", text.as_bytes(), TableSpec { missing, task, ..TableSpec::default() }) {
            prop_assert!(set.len() >= 2 && set.width() >= 1);
            let examples = saddlepoint::data::Examples::new(set, 1.0, 1).unwrap();
            let mut batch = vec![0.0_f64; examples.train().len() * examples.dataset().width()];
            examples.fill_batch(examples.train(), &mut batch).unwrap();
            prop_assert!(batch.iter().all(|x| x.is_finite()));
        }
    }

    #[test]
    fn any_bytes_are_answered(bytes in prop::collection::vec(any::<u8>(), 0..200), start in 0..4_usize) {
        let magic: [&[u8]; 4] = [b"", b"\x93NUMPY\x01\x00", b"PK\x03\x04", b"PK\x05\x06"];
        let _ = read("t.csv", &bytes, TableSpec::default());
        let bytes = [magic[start], &bytes].concat();
        prop_assert!(assemble(&[("x", &bytes), ("y", &bytes)]).is_err());
    }
}
