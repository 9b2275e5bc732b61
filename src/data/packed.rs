//! Images of one size with their classes in one file: what image files are made into before a run sees them.
//!
//! The format is our own and for the way from the module that decodes to the one that trains. All counts are u32 in
//! little-endian order: the magic number, height, width, channels, examples, training examples (0 without a test part),
//! the number of classes; name, attribution and classes, each a length and UTF-8; the class of each example; the pixels.

use super::dataset::{Dataset, Features, Targets};
use crate::error::{Error, Result};
use crate::shape::Shape;
use ndarray::Array2;

/// The format and its version.
const MAGIC: [u8; 8] = *b"SPIMAGE1";

/// Images of one size with their classes.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PackedImages {
    /// What the set is called.
    pub name: String,
    /// What is to be said of its source.
    pub attribution: String,
    /// Height, width and channels.
    pub shape: [usize; 3],
    /// What the classes are called.
    pub classes: Vec<String>,
    /// The class of each image.
    pub labels: Vec<u32>,
    /// The number of training images before the others, if there is a test part.
    pub own_train: Option<usize>,
    /// `(N, H, W, C)`.
    pub pixels: Vec<u8>,
}

/// Whether a file begins as one of these.
pub(super) fn is_packed(head: &[u8]) -> bool {
    head.starts_with(&MAGIC)
}

impl PackedImages {
    /// As a file.
    #[must_use]
    pub fn to_bytes(&self) -> Vec<u8> {
        let mut bytes = Vec::with_capacity(self.pixels.len() + 4 * self.labels.len() + 4096);
        bytes.extend(MAGIC);
        let [height, width, channels] = self.shape;
        let train = self.own_train.unwrap_or(0);
        for count in [height, width, channels, self.labels.len(), train, self.classes.len()] {
            bytes.extend((count as u32).to_le_bytes());
        }
        for text in [&self.name, &self.attribution].into_iter().chain(&self.classes) {
            bytes.extend((text.len() as u32).to_le_bytes());
            bytes.extend(text.as_bytes());
        }
        self.labels.iter().for_each(|label| bytes.extend(label.to_le_bytes()));
        bytes.extend(&self.pixels);
        bytes
    }

    /// Reads a file that [`PackedImages::to_bytes`] wrote.
    ///
    /// # Errors
    /// [`Error::File`] with the code `packed-damaged` if it is another or was cut short.
    pub fn from_bytes(name: &str, bytes: &[u8]) -> Result<Self> {
        Reader { rest: bytes }.read().ok_or_else(|| {
            Error::file("packed-damaged", name)
                .expected("images in one file, as saddlepoint packs them")
                .got(format!("{} bytes of another kind or cut short", bytes.len()))
                .hint("choose the image files themselves")
        })
    }

    /// The data set.
    ///
    /// # Errors
    /// Those of [`Dataset::new`].
    pub fn into_dataset(self) -> Result<Dataset> {
        let (rows, width) = (self.labels.len(), self.shape.iter().product());
        let values = Array2::from_shape_vec((rows, width), self.pixels).map_err(|error| {
            Error::data("data-width", &self.name)
                .expected(format!("{rows} images of {width} numbers"))
                .got(error.to_string())
                .hint("choose the image files themselves")
        })?;
        let targets = Targets::Classes { labels: self.labels, names: self.classes };
        let set =
            Dataset::new(self.name, Shape::new(&self.shape), Features::Bytes { values, max: 255 }, targets)?
                .with_attribution(self.attribution);
        self.own_train.map_or(Ok(set.clone()), |train| set.with_own_train(train))
    }
}

/// Takes a file apart from the front. Nothing is allocated for what has not come.
pub(super) struct Reader<'a> {
    pub(super) rest: &'a [u8],
}

impl<'a> Reader<'a> {
    fn read(&mut self) -> Option<PackedImages> {
        if self.bytes(MAGIC.len())? != MAGIC {
            return None;
        }
        let shape = [self.count()?, self.count()?, self.count()?];
        let (examples, train, classes) = (self.count()?, self.count()?, self.count()?);
        let (name, attribution) = (self.text()?, self.text()?);
        let mut names = Vec::new();
        for _ in 0..classes {
            names.push(self.text()?);
        }
        let labels = self.bytes(examples.checked_mul(4)?)?;
        let labels = labels.chunks_exact(4).map(|b| u32::from_le_bytes([b[0], b[1], b[2], b[3]])).collect();
        let pixels = shape.iter().try_fold(examples, |product, &extent| product.checked_mul(extent))?;
        if pixels != self.rest.len() {
            return None;
        }
        Some(PackedImages {
            name,
            attribution,
            shape,
            classes: names,
            labels,
            own_train: (train > 0).then_some(train),
            pixels: self.rest.to_vec(),
        })
    }

    pub(super) fn bytes(&mut self, count: usize) -> Option<&'a [u8]> {
        let (taken, rest) = self.rest.split_at_checked(count)?;
        self.rest = rest;
        Some(taken)
    }

    pub(super) fn count(&mut self) -> Option<usize> {
        let bytes = self.bytes(4)?.try_into().ok()?;
        usize::try_from(u32::from_le_bytes(bytes)).ok()
    }

    pub(super) fn text(&mut self) -> Option<String> {
        let length = self.count()?;
        Some(std::str::from_utf8(self.bytes(length)?).ok()?.to_owned())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn images() -> PackedImages {
        PackedImages {
            name: "pets".into(),
            attribution: "two files".into(),
            shape: [1, 2, 3],
            classes: vec!["cat".into(), "狗".into()],
            labels: vec![1, 0],
            own_train: Some(1),
            pixels: (0..12).collect(),
        }
    }

    #[test]
    fn what_is_packed_comes_back() {
        let bytes = images().to_bytes();
        assert!(is_packed(&bytes));
        assert_eq!(PackedImages::from_bytes("p", &bytes).unwrap(), images());
        let set = images().into_dataset().unwrap();
        assert_eq!((set.len(), set.shape(), set.own_train()), (2, &Shape::new(&[1, 2, 3]), Some(1)));
        assert_eq!((set.label(0), set.classes().unwrap()[1].as_str()), (Some(1), "狗"));
    }

    #[test]
    fn every_cut_and_every_absurd_count_is_refused() {
        let bytes = images().to_bytes();
        for length in 0..bytes.len() {
            let error = PackedImages::from_bytes("p", &bytes[..length]).unwrap_err();
            assert_eq!(error.report().code, "packed-damaged");
        }
        assert!(PackedImages::from_bytes("p", &[&bytes[..], &[0]].concat()).is_err());
        for place in (8..32).step_by(4) {
            let mut absurd = bytes.clone();
            absurd[place..place + 4].fill(0xff);
            let read = PackedImages::from_bytes("p", &absurd).and_then(PackedImages::into_dataset);
            assert!(read.is_err(), "count at {place}");
        }
    }
}
