//! Arrays that a program gave, features and targets with what they mean, in one file.
//!
//! The format is our own and for the way from the package to the core. All counts are u32 in little-endian order: the magic
//! number; flags; examples; the rank of one example and its extents; targets of one example; the number of names; what the set is
//! called and the names of the classes or of the real targets, each a length and UTF-8; the targets of each example, class numbers
//! as u32 or reals as f32; the features, bytes or f32. Flags: 1 features are bytes of 0..=255, 2 they are to be standardised,
//! 4 targets are classes, 8 the examples only stand for others that are still to come. Classes with more than one target are
//! a class at each step of a sequence.

use super::dataset::{Dataset, Features, Targets, flat};
use super::packed::Reader;
use super::scaling::ScalerKind;
use crate::error::{Error, Result};
use crate::shape::Shape;
use ndarray::Array2;

/// The format and its version.
const MAGIC: [u8; 8] = *b"SPARRAY1";
const BYTES: usize = 1;
const STANDARDISE: usize = 2;
const CLASSES: usize = 4;
const ABSENT: usize = 8;
/// Most axes of one example.
const MOST_AXES: usize = 8;

/// Whether a file begins as one of these.
pub(super) fn is_given(head: &[u8]) -> bool {
    head.starts_with(&MAGIC)
}

/// Makes a set of one file, or of one whose examples are for training and one whose examples are for testing.
///
/// # Errors
/// [`Error::File`] with the code `given-damaged` if one is another or was cut short; those of [`Dataset::new`];
/// [`Error::Data`] if the two do not fit together.
pub(super) fn assemble<N: AsRef<str>, B: AsRef<[u8]>>(files: &[(N, B)]) -> Result<Dataset> {
    let read = |(name, bytes): &(N, B)| part(name.as_ref(), bytes.as_ref());
    match files {
        [one] => read(one),
        [train, test] => joined(&read(train)?, &read(test)?),
        _ => Err(Error::file("files-too-many", "files")
            .expected("one file of arrays, or two: training and validation")
            .got(files.len().to_string())
            .hint("give one part for training and one for validation")
            .arg("got", files.len())),
    }
}

fn part(name: &str, bytes: &[u8]) -> Result<Dataset> {
    let damaged = || {
        Error::file("given-damaged", name)
            .expected("arrays in one file, as saddlepoint writes them")
            .got(format!("{} bytes of another kind or cut short", bytes.len()))
            .hint("make the data set again from its arrays")
    };
    read(&mut Reader { rest: bytes }).ok_or_else(damaged)?
}

/// `None` if the file ends too early or too late; nothing is allocated for what has not come.
fn read(reader: &mut Reader<'_>) -> Option<Result<Dataset>> {
    if reader.bytes(MAGIC.len())? != MAGIC {
        return None;
    }
    let (flags, examples, rank) = (reader.count()?, reader.count()?, reader.count()?);
    if rank > MOST_AXES {
        return None;
    }
    let mut shape = Vec::with_capacity(rank);
    for _ in 0..rank {
        shape.push(reader.count()?);
    }
    let (each, count) = (reader.count()?, reader.count()?);
    let called = reader.text()?;
    let mut names = Vec::new();
    for _ in 0..count {
        names.push(reader.text()?);
    }
    let targets = reader.bytes(examples.checked_mul(each)?.checked_mul(4)?)?;
    let (targets, _) = targets.as_chunks::<4>();
    let targets = if flags & CLASSES == 0 {
        let values = targets.iter().map(|b| f64::from(f32::from_le_bytes(*b))).collect();
        Targets::Reals { values: Array2::from_shape_vec((examples, each), values).ok()?, names }
    } else {
        let labels = targets.iter().map(|b| u32::from_le_bytes(*b)).collect();
        if each == 1 {
            Targets::Classes { labels, names }
        } else {
            Targets::Steps { labels, steps: each, names }
        }
    };
    let width = shape.iter().try_fold(1_usize, |product, &extent| product.checked_mul(extent))?;
    let numbers = width.checked_mul(examples)?;
    let features = if flags & BYTES == 0 {
        let (values, rest) = reader.rest.as_chunks::<4>();
        if values.len() != numbers || !rest.is_empty() {
            return None;
        }
        let values = values.iter().map(|b| f64::from(f32::from_le_bytes(*b))).collect();
        Features::Reals(Array2::from_shape_vec((examples, width), values).ok()?)
    } else {
        let values = Array2::from_shape_vec((examples, width), reader.rest.to_vec()).ok()?;
        Features::Bytes { values, max: 255 }
    };
    let scaling = match (flags & BYTES, flags & STANDARDISE) {
        (_, STANDARDISE) => ScalerKind::Standard,
        (BYTES, _) => ScalerKind::Unit,
        _ => ScalerKind::None,
    };
    let set = Dataset::new(called.clone(), Shape::new(&shape), features, targets);
    Some(set.map(|set| {
        let set = set.with_feature_scaling(scaling).with_attribution(called);
        if flags & ABSENT == 0 { set } else { set.without_examples(None) }
    }))
}

/// The examples of `train`, then those of `test` as the test part.
fn joined(train: &Dataset, test: &Dataset) -> Result<Dataset> {
    let differ = || {
        let about = |set: &Dataset| format!("examples {} with {} targets", set.shape(), set.target_width());
        Error::data("given-parts-differ", "validation")
            .expected(format!("{} as for training", about(train)))
            .got(about(test))
            .hint("give both parts the same shapes, types and classes")
            .arg("want", about(train))
            .arg("got", about(test))
    };
    if train.shape() != test.shape() || train.target_width() != test.target_width() {
        return Err(differ());
    }
    let (rows, width) = (train.len() + test.len(), train.width());
    let whole = |_| differ();
    let features = match (train.features(), test.features()) {
        (Features::Bytes { values: a, max }, Features::Bytes { values: b, .. }) => {
            let values = Array2::from_shape_vec((rows, width), [flat(a), flat(b)].concat()).map_err(whole)?;
            Features::Bytes { values, max: *max }
        }
        (Features::Reals(a), Features::Reals(b)) => Features::Reals(
            Array2::from_shape_vec((rows, width), [flat(a), flat(b)].concat()).map_err(whole)?,
        ),
        _ => return Err(differ()),
    };
    let targets = match (train.targets(), test.targets()) {
        (Targets::Classes { labels: a, names }, Targets::Classes { labels: b, .. }) => {
            Targets::Classes { labels: [&a[..], b].concat(), names: names.clone() }
        }
        (Targets::Steps { labels: a, steps, names }, Targets::Steps { labels: b, steps: s, .. })
            if steps == s =>
        {
            Targets::Steps { labels: [&a[..], b].concat(), steps: *steps, names: names.clone() }
        }
        (Targets::Reals { values: a, names }, Targets::Reals { values: b, .. }) => {
            let values = Array2::from_shape_vec((rows, a.ncols()), [flat(a), flat(b)].concat());
            Targets::Reals { values: values.map_err(whole)?, names: names.clone() }
        }
        _ => return Err(differ()),
    };
    Dataset::new(train.name(), train.shape().clone(), features, targets)?
        .with_feature_scaling(train.feature_scaling())
        .with_attribution(train.attribution())
        .with_own_train(train.len())
}

#[cfg(test)]
mod tests {
    use super::super::files;
    use super::*;

    /// Two examples of the shape, with two targets each in `targets` (as bits).
    fn file(
        flags: u32,
        shape: &[u32],
        each: u32,
        names: &[&str],
        targets: &[u32],
        features: &[u8],
    ) -> Vec<u8> {
        let mut bytes = MAGIC.to_vec();
        let counts = [&[flags, 2, shape.len() as u32], shape, &[each, names.len() as u32]].concat();
        counts.iter().for_each(|n| bytes.extend(n.to_le_bytes()));
        for text in [&"given"].into_iter().chain(names) {
            bytes.extend((text.len() as u32).to_le_bytes());
            bytes.extend(text.as_bytes());
        }
        targets.iter().for_each(|t| bytes.extend(t.to_le_bytes()));
        [&bytes, features].concat()
    }

    fn reals(values: &[f32]) -> Vec<u8> {
        values.iter().flat_map(|x| x.to_le_bytes()).collect()
    }

    fn table() -> Vec<u8> {
        file(2, &[2], 1, &["y"], &[1.5_f32.to_bits(), 2.5_f32.to_bits()], &reals(&[1.0, 2.0, 3.0, 4.0]))
    }

    fn images(labels: [u32; 2]) -> Vec<u8> {
        file(5, &[1, 2, 1], 1, &["cat", "dog"], &labels, &[0, 255, 7, 9])
    }

    #[test]
    fn tables_images_and_sequences_come_back() {
        let read = |bytes: Vec<u8>| files::assemble(&[("given", bytes)]).unwrap();
        let set = read(table());
        assert_eq!((set.len(), set.width(), set.feature_scaling()), (2, 2, ScalerKind::Standard));
        assert!(matches!(set.targets(), Targets::Reals { values, .. } if values[[1, 0]] == 2.5));
        let set = read(images([0, 1]));
        assert_eq!((set.pixels(1), set.label(1)), (Some(vec![7, 9]), Some(1)));
        assert_eq!((set.feature_scaling(), set.classes().unwrap().len()), (ScalerKind::Unit, 2));
        let set = read(file(4, &[2], 2, &["a", "b"], &[0, 1, 1, 0], &reals(&[1.0, 2.0, 3.0, 4.0])));
        assert_eq!((set.labels(1), set.feature_scaling()), (&[1, 0][..], ScalerKind::None));
    }

    #[test]
    fn a_second_file_is_the_test_part() {
        let set = files::assemble(&[("x", images([0, 1])), ("v", images([1, 1]))]).unwrap();
        assert_eq!((set.len(), set.own_train(), set.label(2)), (4, Some(2), Some(1)));
        let code = |a: Vec<u8>, b: Vec<u8>| files::assemble(&[("x", a), ("v", b)]).unwrap_err().report().code;
        assert_eq!(code(images([0, 1]), table()), "given-parts-differ");
        let three = files::assemble(&[("x", table()), ("v", table()), ("w", table())]);
        assert_eq!(three.unwrap_err().report().code, "files-too-many");
    }

    #[test]
    fn every_cut_and_every_absurd_count_is_refused() {
        for bytes in [table(), images([0, 1])] {
            for length in 8..bytes.len() {
                let error = assemble(&[("x", &bytes[..length])]).unwrap_err();
                assert_eq!(error.report().code, "given-damaged", "{length}");
            }
            for place in (12..32).step_by(4) {
                let mut absurd = bytes.clone();
                absurd[place..place + 4].fill(0xff);
                assert!(assemble(&[("x", absurd)]).is_err(), "count at {place}");
            }
        }
        assert_eq!(assemble(&[("x", images([0, 2]))]).unwrap_err().report().code, "data-label-range");
        let infinite = file(2, &[2], 1, &["y"], &[0, 0], &reals(&[1.0, f32::INFINITY, 3.0, 4.0]));
        assert_eq!(assemble(&[("x", infinite)]).unwrap_err().report().code, "data-not-finite");
    }
}
