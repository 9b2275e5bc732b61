//! Makes a data set of arrays: which are features, which targets, which belong to a test part.
//!
//! | array | shape | becomes |
//! |---|---|---|
//! | features | (N, F) or (N,) | a table |
//! | features | (N, H, W), (N, H, W, C) or (N, C, H, W) with C of 1, 3 or 4 | images: whole numbers of 0..=255, or floats of 0..=1, which are rounded to 256 steps |
//! | targets | (N,) or (N, 1) | classes if they are few whole numbers, else real numbers |
//! | targets | (N, K) of 0 and 1 with one 1 in each row | classes |
//! | targets | (N, K) | K real numbers |
//!
//! Arrays are told apart by their names: `y`, `label`, `labels`, `target`, `targets`, `class` or `classes` as a word in it is
//! for targets, `test`, `val` or `valid` for the test part. Names that say nothing leave it to the shapes: the array with one
//! axis holds the targets.

use super::dataset::{Dataset, Features, Targets};
use super::npy::{Array, Kind, Values, archive, array, is_zip};
use super::table::MOST_CLASSES;
use crate::error::{Error, Result};
use crate::shape::Shape;
use ndarray::Array2;

/// Images with longer sides would never train in a tab.
const MOST_SIDE: usize = 1024;

/// One part: features and targets.
struct Part {
    features: Array,
    targets: Array,
}

/// Pairs NPY and NPZ files (name, bytes) into one data set.
///
/// # Errors
/// [`Error::File`] or [`Error::Memory`] for a file that cannot be read, [`Error::Data`] for arrays that do not belong together
/// or cannot be learnt from.
pub(super) fn assemble<N: AsRef<str>, B: AsRef<[u8]>>(files: &[(N, B)]) -> Result<Dataset> {
    let mut arrays = Vec::new();
    for (name, bytes) in files {
        let (name, bytes) = (name.as_ref(), bytes.as_ref());
        if is_zip(bytes) {
            arrays.extend(archive(name, bytes)?);
        } else {
            arrays.push(array(name, bytes)?);
        }
    }
    let name = files.first().map_or("arrays", |(name, _)| name.as_ref());
    let (test, train): (Vec<Array>, Vec<Array>) =
        arrays.into_iter().partition(|array| says(&array.name, &TEST));
    // a part that is called a test has nothing to test if it is alone
    let (train, test) = if train.is_empty() { (test, train) } else { (train, test) };
    let train = pair(name, train)?;
    let test = if test.is_empty() { None } else { Some(pair(name, test)?) };
    let own_train = test.is_some().then_some(train.features.shape[0]);
    let part = match test {
        None => train,
        Some(test) => Part {
            features: joined(train.features, test.features)?,
            targets: joined(train.targets, test.targets)?,
        },
    };
    let targets = targets(&part.targets, part.features.shape.len() > 2)?;
    let (shape, features) = features(part.features)?;
    let set = Dataset::new(name, shape, features, targets)?.with_attribution(name);
    match own_train {
        Some(train) => set.with_own_train(train),
        None => Ok(set),
    }
}

const TEST: [&str; 3] = ["test", "val", "valid"];
const TARGETS: [&str; 7] = ["y", "label", "labels", "target", "targets", "class", "classes"];

/// Whether one of `words` is a word of `name`.
fn says(name: &str, words: &[&str]) -> bool {
    let lower = name.to_lowercase();
    lower.split(|c: char| !c.is_alphabetic()).any(|word| words.contains(&word))
}

/// Tells features from targets.
fn pair(name: &str, arrays: Vec<Array>) -> Result<Part> {
    let names = arrays.iter().map(|array| &array.name[..]).collect::<Vec<_>>().join(", ");
    let refuse = |got: String| {
        Err(Error::data("arrays-pair", name)
            .expected("two arrays, features and targets, in each part")
            .got(&got)
            .hint("call them x and y, or features and labels")
            .arg("got", got))
    };
    let Ok([first, second]) = <[Array; 2]>::try_from(arrays) else { return refuse(names) };
    let flat = |array: &Array| array.shape.len() == 1 || array.entry() == [1];
    let second_is_target = match (says(&first.name, &TARGETS), says(&second.name, &TARGETS)) {
        (true, false) => false,
        (false, true) => true,
        _ => match (flat(&first), flat(&second)) {
            (true, false) => false,
            (false, true) => true,
            _ => return refuse(names),
        },
    };
    let (features, targets) = if second_is_target { (first, second) } else { (second, first) };
    let [n, m] = [&features, &targets].map(|array| array.shape.first().copied().unwrap_or(0));
    if n != m || n == 0 {
        return Err(Error::data("arrays-counts-differ", name)
            .expected(format!(
                "as many entries in {} as in {}, and at least one",
                features.name, targets.name
            ))
            .got(format!("{n} and {m}"))
            .hint("save arrays that belong together")
            .arg("features", &features.name)
            .arg("targets", &targets.name)
            .arg("n", n)
            .arg("m", m));
    }
    Ok(Part { features, targets })
}

/// The entries of one array and then of another.
fn joined(mut first: Array, second: Array) -> Result<Array> {
    if first.entry() != second.entry() {
        return Err(Error::data("arrays-shapes-differ", second.name.clone())
            .expected(format!("entries of the shape {:?} as in {}", first.entry(), first.name))
            .got(format!("{:?}", second.entry()))
            .hint("save parts of the same shape")
            .arg("first", &first.name)
            .arg("want", format!("{:?}", first.entry()))
            .arg("got", format!("{:?}", second.entry())));
    }
    first.shape[0] += second.shape[0];
    first.values = match (first.values, second.values) {
        (Values::Bytes(first), Values::Bytes(second)) => Values::Bytes([first, second].concat()),
        (first, second) => Values::Reals(first.iter().chain(second.iter()).collect()),
    };
    Ok(first)
}

fn features(array: Array) -> Result<(Shape, Features)> {
    let rows = array.shape[0];
    let wrong = |array: &Array, expected: String, got: String| {
        Error::data("arrays-features", array.name.clone())
            .expected(&expected)
            .got(&got)
            .hint("convert the array before it is saved")
            .arg("expected", expected)
            .arg("got", got)
    };
    let (shape, values) = match *array.shape {
        [_] => (vec![1], array.values),
        [_, features] => (vec![features], array.values),
        [_, height, width] | [_, height, width, 1 | 3 | 4] | [_, 1 | 3 | 4, height, width] => {
            if height.max(width) > MOST_SIDE {
                let (expected, got) =
                    (format!("sides of at most {MOST_SIDE} pixels"), format!("{height} x {width}"));
                return Err(wrong(&array, expected, got));
            }
            let channels = array.width() / (height * width).max(1);
            let last = array.shape.len() == 3 || array.shape[3] == channels;
            let most = array.values.iter().fold(0.0_f64, f64::max);
            let unit = array.kind == Kind::Float && most <= 1.0;
            if !(array.is_whole(255.0) || unit && array.values.iter().all(|x| (0.0..=1.0).contains(&x))) {
                let expected = "pixels of 0..=255, or floating-point numbers of 0..=1".to_owned();
                return Err(wrong(&array, expected, "other numbers".to_owned()));
            }
            let pixel = |x: f64| (if unit { x * 255.0 + 0.5 } else { x }) as u8;
            let area = height * width;
            let at = |i: usize| match (i % channels, i / channels % area, i / channels / area) {
                (channel, place, example) if !last => (example * channels + channel) * area + place,
                _ => i,
            };
            let pixels = (0..array.values.len()).map(|i| pixel(array.values.at(at(i)))).collect();
            let shape = Shape::new(&[height, width, channels]);
            let values = Array2::from_shape_vec((rows, area * channels), pixels);
            let values = values.map_err(|e| wrong(&array, "whole images".to_owned(), e.to_string()))?;
            return Ok((shape, Features::Bytes { values, max: 255 }));
        }
        _ => {
            let expected =
                "a table (N, F) or images (N, H, W) or (N, H, W, C) with C of 1, 3 or 4".to_owned();
            return Err(wrong(&array, expected, format!("{:?}", array.shape)));
        }
    };
    let width = shape[0];
    let values = Array2::from_shape_vec((rows, width), values.iter().collect());
    let values = values.map_err(|e| {
        Error::data("data-width", "arrays")
            .expected("whole rows")
            .got(e.to_string())
            .hint("save the array again")
    })?;
    Ok((Shape::new(&shape), Features::Reals(values)))
}

/// `images`: targets of images that are whole numbers are classes, however many.
fn targets(array: &Array, images: bool) -> Result<Targets> {
    let (rows, width) = (array.shape[0], array.width());
    let labels = if width > 1 { one_hot(array) } else { labels(array, images) };
    if let Some(labels) = labels {
        let top = labels.iter().copied().max().unwrap_or(0);
        if labels.iter().all(|&label| label == top) {
            return Err(Error::data("arrays-one-class", array.name.clone())
                .expected("labels of at least two classes")
                .got(format!("{top} alone"))
                .hint("choose a set in which there is something to tell apart")
                .arg("label", top));
        }
        return Ok(Targets::Classes { labels, names: (0..=top).map(|class| class.to_string()).collect() });
    }
    let values = Array2::from_shape_vec((rows, width), array.values.iter().collect()).map_err(|e| {
        Error::data("data-width", array.name.clone())
            .expected("whole rows")
            .got(e.to_string())
            .hint("save the array again")
    })?;
    let names =
        if width == 1 { vec!["y".to_owned()] } else { (1..=width).map(|i| format!("y{i}")).collect() };
    Ok(Targets::Reals { values, names })
}

/// Class numbers, if that is what the array holds: whole numbers from 0 to less than 100, twice each on average or more.
/// Floating-point numbers are held to be measurements beyond ten.
fn labels(array: &Array, images: bool) -> Option<Vec<u32>> {
    let most = if array.kind == Kind::Float && !images { 9.0 } else { MOST_CLASSES as f64 - 1.0 };
    let top = array.values.iter().fold(0.0_f64, f64::max);
    let repeated = images || 2.0 * (top + 1.0) <= array.values.len() as f64;
    (array.is_whole(most) && repeated).then(|| array.values.iter().map(|x| x as u32).collect())
}

/// Class numbers of rows with one 1 and otherwise 0.
fn one_hot(array: &Array) -> Option<Vec<u32>> {
    let width = array.width();
    let place = |row: usize| {
        let at = |i: usize| array.values.at(row * width + i);
        let one = (0..width).find(|&i| at(i) == 1.0)?;
        (0..width).all(|i| i == one || at(i) == 0.0).then_some(one as u32)
    };
    (0..array.shape[0]).map(place).collect()
}

#[cfg(test)]
mod tests {
    use super::super::npy::test_util::{f32s, npy, npz};
    use super::*;

    fn code(files: &[(&str, Vec<u8>)]) -> &'static str {
        assemble(files).map_or_else(|e| e.report().code, |_| "ok")
    }

    fn table(name: &'static str) -> (&'static str, Vec<u8>) {
        (name, npy("<f4", false, "(4, 2)", &f32s(&[1.0, 2.0, 3.0, 4.0, 5.0, 6.0, 7.0, 8.0])))
    }

    #[test]
    fn a_table_and_labels_are_a_classification_in_any_order() {
        let y = ("y.npy", npy("<i8", false, "(4,)", &[0_i64, 1, 1, 0].map(i64::to_le_bytes).concat()));
        for files in [[table("X.npy"), y.clone()], [y.clone(), table("a.npy")]] {
            let set = assemble(&files).unwrap();
            assert_eq!(
                (set.len(), set.width(), set.label(1), set.classes().unwrap().len()),
                (4, 2, Some(1), 2)
            );
        }
        let real = ("target.npy", npy("<f4", false, "(4, 1)", &f32s(&[0.5, 1.0, 2.0, 3.0])));
        assert!(assemble(&[table("data.npy"), real]).unwrap().classes().is_none());
        let hot = ("b", npy("|u1", false, "(4, 3)", &[1, 0, 0, 0, 1, 0, 0, 0, 1, 1, 0, 0]));
        let set = assemble(&[("set.npz", npz(&[("features", table("").1), ("labels", hot.1)]))]).unwrap();
        assert_eq!((set.label(2), set.label(3)), (Some(2), Some(0)));
    }

    #[test]
    fn images_are_bytes_with_channels_last_and_bring_their_test_part() {
        let x = |values: &[u8]| npy("|u1", false, "(2, 2, 2)", values);
        let y = |labels: &[u8]| npy("|u1", false, "(2,)", labels);
        let keras = npz(&[
            ("x_test", x(&[9; 8])),
            ("x_train", x(&[1, 2, 3, 4, 5, 6, 7, 255])),
            ("y_train", y(&[0, 1])),
            ("y_test", y(&[1, 0])),
        ]);
        let set = assemble(&[("mnist.npz", keras)]).unwrap();
        assert_eq!((set.len(), set.own_train(), set.shape()), (4, Some(2), &Shape::new(&[2, 2, 1])));
        assert_eq!((set.pixels(1).unwrap(), set.pixels(2).unwrap()), (vec![5, 6, 7, 255], vec![9; 4]));
        // channels first, as floats: (1, 3, 1, 2)
        let floats = npy(
            "<f4",
            false,
            "(2, 3, 1, 2)",
            &f32s(&[0.0, 1.0, 0.5, 0.0, 0.2, 0.4, 0.0, 0.0, 0.0, 0.0, 0.0, 0.0]),
        );
        let set = assemble(&[("x.npy", floats), ("y.npy", y(&[0, 1]))]).unwrap();
        assert_eq!(
            (set.shape(), set.pixels(0).unwrap()),
            (&Shape::new(&[1, 2, 3]), vec![0, 128, 51, 255, 0, 102])
        );
    }

    #[test]
    fn what_does_not_belong_together_is_refused() {
        let y = |n: usize| {
            ("y.npy", npy("|u1", false, &format!("({n},)"), &(0..n as u8).map(|i| i % 2).collect::<Vec<_>>()))
        };
        assert_eq!(code(&[table("x.npy")]), "arrays-pair");
        assert_eq!(code(&[table("a.npy"), table("b.npy")]), "arrays-pair");
        assert_eq!(code(&[table("x.npy"), y(5)]), "arrays-counts-differ");
        assert_eq!(
            code(&[table("x.npy"), ("y.npy", npy("|u1", false, "(4,)", &[1; 4]))]),
            "arrays-one-class"
        );
        assert_eq!(
            code(&[("x.npy", npy("<f4", false, "(4, 2, 2)", &f32s(&[2.5; 16]))), y(4)]),
            "arrays-features"
        );
        assert_eq!(
            code(&[("x.npy", npy("<f4", false, "(4, 2)", &f32s(&[f32::NAN; 8]))), y(4)]),
            "data-not-finite"
        );
        assert_eq!(code(&[("x.npy", npy("<f4", false, "()", &f32s(&[1.0]))), y(4)]), "arrays-counts-differ");
        assert_eq!(code(&[("x.npy", npy("<f4", false, "(4, 0)", &[])), y(4)]), "data-width");
        assert_eq!(
            code(&[("x.npy", npy("<f4", false, "(0, 4)", &[])), ("y.npy", npy("<f4", false, "(0,)", &[]))]),
            "arrays-counts-differ"
        );
        assert_eq!(
            code(&[
                ("x.npy", npy("|u1", false, "(2, 0, 2)", &[])),
                ("y.npy", npy("|u1", false, "(2,)", &[0, 1]))
            ]),
            "data-width"
        );
    }
}
