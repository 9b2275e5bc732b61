//! Complaints about names that are not there.

use crate::error::Error;

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

/// The known name that takes the fewest insertions, deletions and substitutions (Levenshtein), if these are at
/// most two and fewer than the name has letters.
fn nearest<'a>(name: &str, known: &[&'a str]) -> Option<&'a str> {
    let wanted: Vec<char> = name.to_lowercase().chars().collect();
    let distance = |candidate: &str| {
        let mut row: Vec<usize> = (0..=wanted.len()).collect();
        for (i, c) in candidate.chars().enumerate() {
            let mut diagonal = std::mem::replace(&mut row[0], i + 1);
            for (j, w) in wanted.iter().enumerate() {
                let substituted = diagonal + usize::from(c != *w);
                diagonal = row[j + 1];
                row[j + 1] = substituted.min(diagonal + 1).min(row[j] + 1);
            }
        }
        row[wanted.len()]
    };
    known
        .iter()
        .map(|&candidate| (distance(candidate), candidate))
        .filter(|&(d, candidate)| d <= 2 && d < candidate.len().max(wanted.len()))
        .min_by_key(|&(d, _)| d)
        .map(|(_, candidate)| candidate)
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
