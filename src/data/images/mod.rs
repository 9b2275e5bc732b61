//! Image files, PNG and JPEG, as a data set: the folder of a file is its class.
//!
//! Everything is integer arithmetic, so that every machine makes the same pixels of the same files.

mod decode;
mod orientation;
mod resample;

use super::files::MAX_FILE_BYTES;
use super::packed::PackedImages;
use crate::error::{Error, Result};
use decode::{Decoder, Picture};
use std::borrow::Cow;
use std::collections::BTreeSet;

pub use decode::is_image;

/// Most files of a set.
const MOST_FILES: usize = 50_000;
/// The longest side of an image of a set: larger ones are made smaller, since a network in a tab is trained on small ones.
const LONGEST_SIDE: usize = 64;

/// Where a file belongs.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
struct Place<'a> {
    /// Whether it stands in a folder `test`.
    test: bool,
    path: &'a str,
    class: &'a str,
    /// Its number among the files that were handed over.
    index: usize,
}

/// Reads image files. `bytes` gives the content of file `index`; it is asked for twice, so that only one file need be
/// held at a time.
///
/// A class is called as the folder a file stands in; without folders, as the file up to the first `.`, `_`, `-` or blank
/// (`cat.12.jpg`). Classes are numbered in the order of their names, images stand in the order of their paths. Folders
/// `train` and `test` further up make a training and a test part.
///
/// Images stay as they are if all have one size with sides of at most 64. Otherwise each is brought to one size, every new
/// pixel being the mean of the area it covers: the common shape with 64 as its longer side, or, where sizes differ, a
/// square whose side is the shortest side of all, at most 64. If no image has colour, they have one channel, else three.
/// What is transparent becomes white; of 16 bits the upper 8 remain; of an animation the first picture; a turned
/// photograph is put upright (EXIF).
///
/// # Errors
/// [`Error::File`] or [`Error::Data`] that names the file: another format, damaged, cut short, of an absurd size, of four
/// inks; too many files; one class alone.
pub fn images<'a>(names: &[&str], mut bytes: impl FnMut(usize) -> Cow<'a, [u8]>) -> Result<PackedImages> {
    if names.len() > MOST_FILES {
        return Err(Error::data("image-count", "files")
            .expected(format!("at most {MOST_FILES} images"))
            .got(names.len().to_string())
            .hint("drop fewer")
            .arg("most", MOST_FILES)
            .arg("got", names.len()));
    }
    let mut places: Vec<Place> = names.iter().enumerate().map(|(i, name)| place(name, i)).collect();
    places.sort();
    let classes: BTreeSet<&str> = places.iter().map(|p| p.class).collect();
    let classes: Vec<&str> = classes.into_iter().collect();
    if let [class] = classes[..] {
        return Err(Error::data("image-one-class", names[0])
            .expected("images of at least two classes")
            .got(format!("{class} alone"))
            .hint("put the images of each class into a folder of its own")
            .arg("class", class)
            .arg("count", names.len()));
    }
    let mut heads = Vec::with_capacity(places.len());
    for place in &places {
        heads.push(Decoder::open(place.path, &bytes(place.index))?);
    }
    let sizes: Vec<[usize; 2]> = heads.iter().map(|head| head.size).collect();
    let [height, width] = common_size(&sizes);
    let channels = if heads.iter().any(|head| head.colour) { 3 } else { 1 };
    let each = height * width * channels;
    if each * places.len() > MAX_FILE_BYTES {
        return Err(Error::memory("image-count", "files")
            .expected(format!("at most {} images of {height} x {width}", MAX_FILE_BYTES / each))
            .got(places.len().to_string())
            .hint("drop fewer")
            .arg("most", MAX_FILE_BYTES / each)
            .arg("got", places.len()));
    }
    let mut pixels = Vec::with_capacity(each * places.len());
    for (place, head) in places.iter().zip(&heads) {
        let Picture { size, channels: own, values } = head.read(place.path, &bytes(place.index))?;
        let values = resample::resample(&values, size, own, [height, width]);
        match (own, channels) {
            (1, 3) => pixels.extend(values.iter().flat_map(|&v| [v; 3])),
            _ => pixels.extend(values),
        }
    }
    let train = places.iter().filter(|p| !p.test).count();
    let untouched = sizes.iter().all(|&size| size == [height, width]);
    let how = if untouched { "as they are" } else { "by the mean of areas" };
    Ok(PackedImages {
        name: name(&places),
        attribution: format!("{} image files, {height} × {width} {how}", names.len()),
        shape: [height, width, channels],
        labels: places.iter().map(|p| classes.partition_point(|&class| class < p.class) as u32).collect(),
        classes: classes.iter().map(|&class| class.to_owned()).collect(),
        own_train: (train > 0 && train < places.len()).then_some(train),
        pixels,
    })
}

/// The class and part that a path names.
fn place(path: &str, index: usize) -> Place<'_> {
    let parts: Vec<&str> = path.split(['/', '\\']).filter(|part| !part.is_empty()).collect();
    let test = match parts.as_slice() {
        [folders @ .., _, _] => folders.iter().any(|folder| is_test(folder)),
        _ => false,
    };
    let class = match parts.as_slice() {
        [.., folder, _] => folder,
        [file] => file.split(['.', '_', '-', ' ']).next().unwrap_or(file),
        [] => path,
    };
    Place { test, path, class, index }
}

fn is_test(folder: &str) -> bool {
    ["test", "testing", "t10k"].iter().any(|name| folder.eq_ignore_ascii_case(name))
}

/// The outermost folder, if all files stand in one that is not their class.
fn name(places: &[Place]) -> String {
    let outermost = |p: &Place| p.path.split(['/', '\\']).find(|part| !part.is_empty()).map(str::to_owned);
    let first = places.first().and_then(outermost).unwrap_or_default();
    let common = places.iter().all(|p| outermost(p).as_ref() == Some(&first) && p.class != first);
    if common { first } else { "images".to_owned() }
}

/// The size that all images are brought to.
fn common_size(sizes: &[[usize; 2]]) -> [usize; 2] {
    let first = sizes.first().copied().unwrap_or([1, 1]);
    if sizes.iter().any(|&size| size != first) {
        let shortest = sizes.iter().flatten().copied().min().unwrap_or(1);
        return [shortest.min(LONGEST_SIDE); 2];
    }
    let longest = first[0].max(first[1]);
    if longest <= LONGEST_SIDE {
        return first;
    }
    // rounded to the nearest, at least 1
    first.map(|side| ((2 * side * LONGEST_SIDE + longest) / (2 * longest)).max(1))
}

#[cfg(test)]
mod tests;
