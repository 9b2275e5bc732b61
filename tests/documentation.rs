//! The reference in docs/ is that of the code, and every row of it says what it is and where it comes from.

#![cfg(not(target_family = "wasm"))]

#[path = "../examples/reference.rs"]
mod reference;

use std::collections::HashSet;
use std::path::Path;

#[test]
fn the_reference_is_up_to_date() {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join(reference::PLACE);
    let written = std::fs::read_to_string(&path).unwrap_or_default();
    assert!(
        written == reference::text(),
        "{} is not what the code says: run `cargo run --example reference`",
        reference::PLACE
    );
}

#[test]
fn every_row_has_a_name_of_its_own_a_definition_and_a_source_with_its_year() {
    for (section, _, rows) in reference::sections() {
        assert!(!rows.is_empty(), "{section}");
        let names: HashSet<&str> = rows.iter().map(|row| row.name.as_str()).collect();
        assert_eq!(names.len(), rows.len(), "{section}: two rows of one name");
        for row in &rows {
            let texts = [row.name.as_str(), row.title, row.formula, row.source];
            assert!(texts.iter().all(|t| !t.is_empty() && !t.contains('\n')), "{section}: {row:?}");
            let year = |word: &str| word.len() == 4 && word.starts_with(['1', '2']);
            let numbers = row.source.split(|c: char| !c.is_ascii_digit());
            assert!(numbers.into_iter().any(year), "{section}, {}: `{}` has no year", row.name, row.source);
        }
    }
}

/// What serde says of a name that does not exist lists all that do: a row for each, and none beside.
#[test]
fn the_rows_are_what_specs_can_name() {
    use saddlepoint::data::{DataSpec, data_sets};
    use saddlepoint::nn::{Activation, Initializer, Loss};
    for row in Initializer::docs() {
        let fields = match row.name.as_str() {
            "normal" => r#","stddev":1.0"#,
            "uniform" => r#","limit":1.0"#,
            "constant" => r#","value":1.0"#,
            _ => "",
        };
        let json = format!(r#"{{"type":"{}"{fields}}}"#, row.name);
        let read: Initializer = serde_json::from_str(&json).unwrap();
        assert_eq!(serde_json::to_string(&read).unwrap(), json);
    }
    let message = serde_json::from_str::<Initializer>(r#"{"type":"none"}"#).unwrap_err().to_string();
    let listed = message
        .split("; use ")
        .nth(1)
        .unwrap()
        .split([',', ' '])
        .filter(|word| !["", "or", "with", "stddev", "limit", "value"].contains(word));
    let names: HashSet<String> = Initializer::docs().into_iter().map(|row| row.name).collect();
    assert_eq!(listed.map(str::to_owned).collect::<HashSet<_>>(), names);
    for row in data_sets() {
        let name = &row.name;
        let ways = [
            format!(r#"{{"type":"{name}"}}"#),
            format!(r#"{{"type":"{name}","steps":8}}"#),
            format!(r#"{{"type":"generated","kind":"{name}","examples":2,"noise":0}}"#),
            format!(r#"{{"type":"sequences","task":"{name}","examples":2,"steps":20}}"#),
        ];
        assert!(ways.iter().any(|json| serde_json::from_str::<DataSpec>(json).is_ok()), "data {name}");
    }
    for row in Loss::docs() {
        serde_json::from_str::<Loss>(&format!(r#""{}""#, row.name)).unwrap();
    }
    for row in Activation::docs() {
        serde_json::from_str::<Activation>(&format!(r#""{}""#, row.name)).unwrap();
    }
}
