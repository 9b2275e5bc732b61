//! Makes a data set of IDX files: which are images, which labels, which belong together.

use super::dataset::{Dataset, Features, Targets};
use super::files::missing;
use super::idx::{Content, IdxFile};
use crate::error::{Error, Result};
use crate::shape::Shape;
use ndarray::Array2;

/// A published set, recognised by its bytes.
struct Known {
    /// [`Dataset::hash`] of training and test part together, of the training part, of the test part.
    hashes: [u64; 3],
    name: &'static str,
    classes: [&'static str; 10],
    attribution: &'static str,
}

const KNOWN: [Known; 2] = [
    Known {
        hashes: [0xbb56_101d_43eb_cd11, 0x74cb_786c_957b_1f99, 0xd3ea_9c5a_8a6c_bca7],
        name: "MNIST",
        classes: ["0", "1", "2", "3", "4", "5", "6", "7", "8", "9"],
        attribution: "Y. LeCun, C. Cortes, C. J. C. Burges: MNIST, CC BY-SA 3.0",
    },
    Known {
        hashes: [0xe7fe_21c2_181b_02dd, 0xc9e4_72ed_5100_ad6f, 0x3e01_4d17_8a22_0449],
        name: "Fashion-MNIST",
        // as its authors call them
        classes: [
            "T-shirt/top",
            "Trouser",
            "Pullover",
            "Dress",
            "Coat",
            "Sandal",
            "Shirt",
            "Sneaker",
            "Bag",
            "Ankle boot",
        ],
        attribution: "H. Xiao, K. Rasul, R. Vollgraf: Fashion-MNIST, Zalando SE 2017, MIT",
    },
];

/// Images and their labels.
#[derive(Clone, Copy)]
struct Pair<'a> {
    images: IdxFile<'a>,
    labels: IdxFile<'a>,
}

/// What goes into one data set.
struct Parts<'a> {
    train: Pair<'a>,
    test: Option<Pair<'a>>,
}

/// Pairs IDX files (name, bytes), plain or gzipped and in any order, into one data set of images (H, W, 1).
///
/// Two files are images and labels, to be split by seed. Four files are a training and a test part: told apart by
/// `train` and `t10k` or `test` in their names, else by their counts (more examples are for training), else by the
/// order in which they came.
///
/// # Errors
/// [`Error::File`] or [`Error::Memory`] for a file that cannot be read, [`Error::Data`] for files that do not
/// belong together or cannot be learnt from.
pub(super) fn assemble<N: AsRef<str>, B: AsRef<[u8]>>(files: &[(N, B)]) -> Result<Dataset> {
    if files.len() > 4 {
        return Err(Error::file("files-too-many", "files")
            .expected("two files (images, labels) or four (of a training and of a test part)")
            .got(files.len().to_string())
            .hint("drop them together")
            .arg("got", files.len()));
    }
    // all headers are judged before the first payload is unpacked
    let opened = files
        .iter()
        .map(|(name, bytes)| IdxFile::open(name.as_ref(), bytes.as_ref()))
        .collect::<Result<Vec<_>>>()?;
    let (labels, images): (Vec<_>, Vec<_>) = opened.into_iter().partition(|f| f.content == Content::Labels);
    let parts = pair(images, labels)?;
    check(&parts)?;
    Ok(recognise(read(&parts)?))
}

/// Finds out what belongs together.
fn pair<'a>(mut images: Vec<IdxFile<'a>>, mut labels: Vec<IdxFile<'a>>) -> Result<Parts<'a>> {
    if let Some(lonely) = without_partner(&images, &labels) {
        return Err(Error::data("idx-labels-missing", lonely.name)
            .expected("a file of labels beside these images")
            .got("none that would fit")
            .hint("drop the file called …-labels-idx1-ubyte with it")
            .arg("count", lonely.count));
    }
    if let Some(lonely) = without_partner(&labels, &images) {
        return Err(Error::data("idx-images-missing", lonely.name)
            .expected("a file of images beside these labels")
            .got("none that would fit")
            .hint("drop the file called …-images-idx3-ubyte with it")
            .arg("count", lonely.count));
    }
    // there are two pairs at most; what the order cannot tell apart stays as it came
    let named = |files: &[IdxFile]| {
        let tests = files.iter().filter(|f| is_test(f.name) == Some(true)).count();
        tests == 1 && files.iter().all(|f| is_test(f.name).is_some())
    };
    if named(&images) && named(&labels) {
        order(&mut images, |first, second| is_test(first.name) <= is_test(second.name));
        order(&mut labels, |first, second| is_test(first.name) <= is_test(second.name));
    } else {
        order(&mut images, |first, second| first.count >= second.count);
        order(&mut labels, |first, second| first.count >= second.count);
    }
    let mut pairs = images.into_iter().zip(labels).map(|(images, labels)| Pair { images, labels });
    match pairs.next() {
        Some(train) => Ok(Parts { train, test: pairs.next() }),
        None => Err(missing()),
    }
}

/// Exchanges two files unless they are in order.
fn order(files: &mut [IdxFile], in_order: impl Fn(&IdxFile, &IdxFile) -> bool) {
    if let [first, second] = files
        && !in_order(first, second)
    {
        std::mem::swap(first, second);
    }
}

/// If there are more `files` than `others`, one that has none of the same count, or else the last.
fn without_partner<'f, 'a>(files: &'f [IdxFile<'a>], others: &[IdxFile<'a>]) -> Option<&'f IdxFile<'a>> {
    if files.len() <= others.len() {
        return None;
    }
    files.iter().find(|f| others.iter().all(|o| o.count != f.count)).or(files.last())
}

/// What a file's name says of its part: `Some(true)` for a test part.
fn is_test(name: &str) -> Option<bool> {
    let name = name.to_lowercase();
    let (train, test) = (name.contains("train"), name.contains("t10k") || name.contains("test"));
    (train != test).then_some(test)
}

/// Whether counts and sizes go together, by the headers.
fn check(parts: &Parts) -> Result<()> {
    for Pair { images, labels } in [Some(parts.train), parts.test].into_iter().flatten() {
        if images.count != labels.count {
            return Err(Error::data("idx-counts-differ", images.name)
                .expected(format!("as many images as there are labels in {}: {}", labels.name, labels.count))
                .got(format!("{} images", images.count))
                .hint("drop files that belong together")
                .arg("images", images.count)
                .arg("labels", labels.count)
                .arg("labelsFile", labels.name));
        }
    }
    match parts.test {
        Some(test) if test.images.size() != parts.train.images.size() => {
            let [(h, w), (height, width)] = [test.images.size(), parts.train.images.size()];
            Err(Error::data("idx-sizes-differ", test.images.name)
                .expected(format!("images of {height} x {width} as in {}", parts.train.images.name))
                .got(format!("{h} x {w}"))
                .hint("drop files that belong together")
                .arg("expected", format!("{height} x {width}"))
                .arg("got", format!("{h} x {w}"))
                .arg("trainFile", parts.train.images.name))
        }
        _ => Ok(()),
    }
}

/// Reads the payloads, the training part first.
fn read(parts: &Parts) -> Result<Dataset> {
    let pairs: Vec<Pair> = [Some(parts.train), parts.test].into_iter().flatten().collect();
    let (mut pixels, mut labels) = (Vec::new(), Vec::new());
    // labels first: they are short, and what is wrong with them is then said at once
    pairs.iter().try_for_each(|pair| pair.labels.append_to(&mut labels))?;
    let train = parts.train.labels.count;
    let classes = class_count(parts, &labels[..train], &labels[train..])?;
    pairs.iter().try_for_each(|pair| pair.images.append_to(&mut pixels))?;

    let (name, rows, (height, width)) = (parts.train.images.name, labels.len(), parts.train.images.size());
    let values = Array2::from_shape_vec((rows, height * width), pixels).map_err(|error| {
        Error::data("data-width", name)
            .expected(format!("{rows} images of {height} x {width}"))
            .got(error.to_string())
            .hint("drop files that belong together")
    })?;
    let targets = Targets::Classes {
        labels: labels.into_iter().map(u32::from).collect(),
        names: (0..classes).map(|class| class.to_string()).collect(),
    };
    let names: Vec<&str> = pairs.iter().flat_map(|p| [p.images.name, p.labels.name]).collect();
    let features = Features::Bytes { values, max: 255 };
    let set = Dataset::new(name, Shape::new(&[height, width, 1]), features, targets)?
        .with_attribution(names.join(", "));
    if train < rows { set.with_own_train(train) } else { Ok(set) }
}

/// One more than the largest training label.
fn class_count(parts: &Parts, train: &[u8], test: &[u8]) -> Result<usize> {
    let top = train.iter().copied().max().unwrap_or(0);
    if train.iter().all(|&label| label == top) {
        return Err(Error::data("idx-one-class", parts.train.labels.name)
            .expected("labels of at least two classes")
            .got(format!("{top} alone"))
            .hint("choose a set in which there is something to tell apart")
            .arg("label", top));
    }
    match (test.iter().position(|&label| label > top), parts.test) {
        (Some(row), Some(pair)) => Err(Error::data("idx-label-range", pair.labels.name)
            .expected(format!("labels of 0..={top}, as in the training part"))
            .got(format!("{} at example {row}", test[row]))
            .hint("drop files that belong together")
            .arg("max", top)
            .arg("label", test[row])
            .arg("row", row)),
        _ => Ok(usize::from(top) + 1),
    }
}

/// Gives a published set its name, the names of its classes and its authors.
fn recognise(set: Dataset) -> Dataset {
    let hash = set.hash();
    match KNOWN.iter().find(|known| known.hashes.contains(&hash)) {
        Some(known) => set.identified(known.name, &known.classes, known.attribution),
        None => set,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// `count` images of `height` x 2 whose pixels are all `value`.
    fn images(count: u32, height: u32, value: u8) -> Vec<u8> {
        let header = [2051, count, height, 2].map(u32::to_be_bytes).concat();
        [header, vec![value; (count * height * 2) as usize]].concat()
    }

    fn labels(labels: &[u8]) -> Vec<u8> {
        [&[2049, labels.len() as u32].map(u32::to_be_bytes).concat()[..], labels].concat()
    }

    fn code(files: &[(&str, Vec<u8>)]) -> &'static str {
        assemble(files).map(|_| "ok").unwrap_or_else(|error| error.report().code)
    }

    fn first_pixel(set: &Dataset) -> u8 {
        set.pixels(0).unwrap()[0]
    }

    #[test]
    fn two_files_in_any_order_are_a_set_without_a_test_part() {
        let (x, y) = (("x", images(3, 2, 5)), ("y", labels(&[0, 4, 1])));
        let set = assemble(&[x.clone(), y.clone()]).unwrap();
        assert_eq!((set.len(), set.own_train(), set.shape()), (3, None, &Shape::new(&[2, 2, 1])));
        assert_eq!((set.classes().unwrap().len(), set.label(1), set.attribution()), (5, Some(4), "x, y"));
        assert_eq!(set.hash(), assemble(&[y, x]).unwrap().hash());
    }

    #[test]
    fn four_files_are_told_apart_by_name() {
        // the test part is the larger one here, so that names and counts disagree
        let (a, b) = (("train-images", images(2, 2, 1)), ("T10K-images", images(3, 2, 2)));
        let (c, d) = (("train-labels", labels(&[0, 1])), ("t10k-labels", labels(&[1, 0, 1])));
        let reference = assemble(&[a.clone(), b.clone(), c.clone(), d.clone()]).unwrap();
        assert_eq!((reference.len(), reference.own_train(), first_pixel(&reference)), (5, Some(2), 1));
        for order in [[&b, &a, &c, &d], [&d, &c, &b, &a], [&c, &b, &d, &a]] {
            assert_eq!(assemble(&order.map(Clone::clone)).unwrap().hash(), reference.hash());
        }
    }

    #[test]
    fn nameless_files_are_told_apart_by_count_and_equal_ones_by_order() {
        let (a, b) = (("1", images(2, 2, 1)), ("2", images(3, 2, 2)));
        let (c, d) = (("3", labels(&[0, 1])), ("4", labels(&[1, 0, 1])));
        let set = assemble(&[a, d, c, b]).unwrap();
        assert_eq!((set.own_train(), first_pixel(&set)), (Some(3), 2));
        let set = assemble(&[
            ("1", labels(&[1, 0])),
            ("2", labels(&[0, 0])),
            ("3", images(2, 2, 7)),
            ("4", images(2, 2, 8)),
        ]);
        let set = set.unwrap();
        assert_eq!((set.own_train(), first_pixel(&set), set.label(0)), (Some(2), 7, Some(1)));
    }

    #[test]
    fn what_does_not_belong_together_is_refused() {
        let x = |count| ("x", images(count, 2, 1));
        let y = ("y", labels(&[0, 1]));
        assert_eq!(code(&[]), "files-missing");
        assert_eq!(code(&[x(2), x(2), x(2), y.clone(), y.clone()]), "files-too-many");
        assert_eq!(code(&[x(2)]), "idx-labels-missing");
        assert_eq!(code(std::slice::from_ref(&y)), "idx-images-missing");
        assert_eq!(code(&[x(3), y.clone()]), "idx-counts-differ");
        assert_eq!(code(&[x(2), ("z", images(2, 3, 1)), y.clone(), y.clone()]), "idx-sizes-differ");
        assert_eq!(code(&[x(2), ("z", labels(&[3, 3]))]), "idx-one-class");
        assert_eq!(code(&[x(2), x(2), y.clone(), ("z", labels(&[0, 2]))]), "idx-label-range");
        assert_eq!(code(&[x(2), ("z", vec![])]), "file-empty");
    }

    #[test]
    fn the_file_without_a_partner_is_named() {
        let y = ("y", labels(&[0, 1]));
        let error = assemble(&[("a", images(2, 2, 1)), ("b", images(9, 2, 1)), y.clone()]).unwrap_err();
        assert_eq!((error.report().code, &error.report().place[..]), ("idx-labels-missing", "b"));
        let error = assemble(&[("a", images(2, 2, 1)), y, ("c", labels(&[1]))]).unwrap_err();
        assert_eq!((error.report().code, &error.report().place[..]), ("idx-images-missing", "c"));
    }
}
