//! Text as windows of characters, each with the character that follows as its target.

use super::dataset::{Dataset, Features, Targets};
use super::files::MAX_FILE_BYTES;
use super::scaling::ScalerKind;
use crate::error::{Error, Result};
use crate::shape::Shape;
use ndarray::Array2;
use std::collections::BTreeSet;

/// Most characters of a text: as numbers they take 256 MiB.
const MOST: usize = 1 << 25;

/// Refuses a text that is far too large to be one.
pub(super) fn check(name: &str, length: usize) -> Result<()> {
    if length <= MAX_FILE_BYTES {
        return Ok(());
    }
    Err(Error::file("text-too-large", name)
        .expected(format!("at most {MAX_FILE_BYTES} bytes"))
        .got(length.to_string())
        .hint("use a shorter text")
        .arg("most", MAX_FILE_BYTES)
        .arg("got", length))
}

/// Cuts a text into windows of `steps` characters, one behind the other. Features are the numbers of the characters `(T)`
/// in the order of their code points; the target at each step is the number of the next character. The last tenth of
/// the windows, which is the end of the text, is the test part.
///
/// # Errors
/// [`Error::File`] if `bytes` is no UTF-8 text, [`Error::Data`] if it is too short for a window in both parts or too long,
/// [`Error::Spec`] for a window without steps.
pub fn characters(name: &str, bytes: &[u8], steps: usize) -> Result<Dataset> {
    let text = std::str::from_utf8(bytes).map_err(|e| {
        Error::file("text-not-utf8", name)
            .expected("text in UTF-8")
            .got(format!("a byte that is none, at {}", e.valid_up_to()))
            .hint("save the file as UTF-8")
            .arg("at", e.valid_up_to())
    })?;
    let letters: Vec<char> = text.chars().collect();
    // every window needs one character more, its last target
    let windows = letters.len().saturating_sub(1).checked_div(steps).unwrap_or(0);
    if windows < 2 || letters.len() > MOST {
        return Err(Error::data("text-length", name)
            .expected(format!("{} to {MOST} characters, two windows of {steps} and one more", 2 * steps + 1))
            .got(letters.len().to_string())
            .hint("use a longer text or fewer steps")
            .arg("steps", steps)
            .arg("most", MOST)
            .arg("got", letters.len()));
    }
    let known: Vec<char> = letters.iter().copied().collect::<BTreeSet<char>>().into_iter().collect();
    let number = |letter: &char| known.binary_search(letter).unwrap_or(0);
    let numbers: Vec<usize> = letters.iter().map(number).collect();
    let length = windows * steps;
    let features = Array2::from_shape_fn((windows, steps), |(w, t)| numbers[w * steps + t] as f64);
    let labels = numbers[1..=length].iter().map(|&n| n as u32).collect();
    let names = known.iter().map(char::to_string).collect();
    let set = Dataset::new(
        name,
        Shape::new(&[steps]),
        Features::Reals(features),
        Targets::Steps { labels, steps, names },
    )?;
    let test = (windows / 10).max(1);
    set.with_feature_scaling(ScalerKind::None).with_own_train(windows - test)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_target_of_a_character_is_the_next_one() {
        let text = "ab\u{e9}ba ".repeat(10);
        let set = characters("t", text.as_bytes(), 4).unwrap();
        let names = set.classes().unwrap();
        assert_eq!(names, [" ", "a", "b", "\u{e9}"]);
        let Features::Reals(x) = set.features() else { panic!("not numbers") };
        // 60 characters: 14 windows of 4 and a target for the last
        assert_eq!((x.dim(), set.own_train()), ((14, 4), Some(13)));
        let read = |n: usize| names[n].chars().next().unwrap();
        let (seen, next): (String, String) = (
            x.iter().map(|&n| read(n as usize)).collect(),
            (0..14).flat_map(|w| set.labels(w).to_vec()).map(|n| read(n as usize)).collect(),
        );
        let letters: Vec<char> = text.chars().collect();
        assert_eq!(seen, letters[..56].iter().collect::<String>());
        assert_eq!(next, letters[1..57].iter().collect::<String>());
    }

    #[test]
    fn what_is_no_text_is_refused() {
        let code = |bytes: &[u8], steps| characters("t", bytes, steps).unwrap_err().report().code;
        assert_eq!(code(&[b'a', 0xff], 1), "text-not-utf8");
        assert_eq!(code(b"abcd", 2), "text-length");
        assert_eq!(code(b"abcde", 0), "text-length");
        assert!(characters("t", b"abcde", 2).is_ok());
    }
}
