//! Complaints about names that are not there.

use crate::error::Error;
use crate::json::nearest;

/// The complaint about `name`, which is none of `known`, with the one that was probably meant.
pub(super) fn unknown(code: &'static str, place: impl Into<String>, name: &str, known: &[&str]) -> Error {
    let list = known.join(", ");
    let close = nearest(name, known);
    Error::spec(code, place)
        .expected(format!("names among {list}"))
        .got(format!("{name:?}"))
        .hint(match close {
            Some(close) => format!("did you mean {close:?}?"),
            None => "choose one of these".to_owned(),
        })
        .arg("name", name)
        .arg("known", &list)
        .arg("nearest", close.unwrap_or_default())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_name_that_was_meant_is_offered() {
        let error = unknown("column-unknown", "data.target", "Taget", &["target", "age"]);
        assert_eq!(error.report().hint, "did you mean \"target\"?");
        assert!(
            unknown("column-unknown", "data.target", "cholesterol", &["age"])
                .report()
                .hint
                .starts_with("choose")
        );
    }
}
