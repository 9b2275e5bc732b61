use super::*;
use crate::data::{DataSpec, load};
use png::{BitDepth, ColorType, Encoder};

const COLOUR: &[u8] = include_bytes!("fixtures/colour.jpg");
const PROGRESSIVE: &[u8] = include_bytes!("fixtures/progressive.jpg");
const TURNED: &[u8] = include_bytes!("fixtures/turned.jpg");
const GREY: &[u8] = include_bytes!("fixtures/grey.jpg");
const INKS: &[u8] = include_bytes!("fixtures/inks.jpg");

fn encode(
    size: [u32; 2],
    colour: ColorType,
    depth: BitDepth,
    palette: Option<&[u8]>,
    data: &[u8],
) -> Vec<u8> {
    let mut bytes = Vec::new();
    let mut encoder = Encoder::new(&mut bytes, size[1], size[0]);
    encoder.set_color(colour);
    encoder.set_depth(depth);
    if let Some(palette) = palette {
        encoder.set_palette(palette.to_vec());
    }
    encoder.write_header().unwrap().write_image_data(data).unwrap();
    bytes
}

fn grey(size: [u32; 2], data: &[u8]) -> Vec<u8> {
    encode(size, ColorType::Grayscale, BitDepth::Eight, None, data)
}

fn read(files: &[(&str, &[u8])]) -> Result<PackedImages> {
    let names: Vec<&str> = files.iter().map(|file| file.0).collect();
    images(&names, |i| Cow::Borrowed(files[i].1))
}

fn code(files: &[(&str, &[u8])]) -> &'static str {
    read(files).map_or_else(|error| error.report().code, |_| "ok")
}

/// The pixels of one file, beside another in a class of its own and of the same kind.
fn pixels(file: &[u8]) -> Vec<u8> {
    let set = read(&[("a/x", file), ("b/x", file)]).unwrap();
    set.pixels[..set.pixels.len() / 2].to_vec()
}

#[test]
fn folders_are_classes_in_the_order_of_their_names_whatever_the_order_of_the_files() {
    let (one, two, three) = (grey([1, 2], &[1, 2]), grey([1, 2], &[3, 4]), grey([1, 2], &[5, 6]));
    let files = [("pets/dog/1.png", &one[..]), ("pets/cat/2.png", &two[..]), ("pets/cat/1.png", &three[..])];
    let set = read(&files).unwrap();
    assert_eq!((set.name.as_str(), &set.classes[..]), ("pets", &["cat".to_owned(), "dog".to_owned()][..]));
    assert_eq!(
        (set.shape, &set.labels[..], &set.pixels[..]),
        ([1, 2, 1], &[0, 0, 1][..], &[5, 6, 3, 4, 1, 2][..])
    );
    assert_eq!((set.own_train, set.attribution.as_str()), (None, "3 image files, 1 × 2 as they are"));
    let [a, b, c] = files;
    assert_eq!(read(&[c, a, b]).unwrap(), set);
}

#[test]
fn parts_are_folders_further_up_and_loose_files_have_their_class_in_front() {
    let file = grey([1, 1], &[7]);
    let set = read(&[("test/a/1", &file), ("train/b/1", &file), ("train/a/9", &file)]).unwrap();
    assert_eq!((set.own_train, set.labels), (Some(2), vec![0, 1, 0]));
    let loose = read(&[("dog.1.jpg", &file), ("cat_2.png", &file), ("cat-7.png", &file)]).unwrap();
    assert_eq!((loose.classes, loose.name.as_str()), (vec!["cat".to_owned(), "dog".to_owned()], "images"));
}

#[test]
fn a_run_over_image_files_is_over_their_pixels() {
    let (dark, light) = (grey([2, 2], &[0, 1, 2, 3]), grey([2, 2], &[250, 251, 252, 253]));
    let files: Vec<(String, Vec<u8>)> =
        vec![("dark/1.png".to_owned(), dark), ("light/1.png".to_owned(), light)];
    let set = load(&DataSpec::Files { hash: None }, 0, &files).unwrap();
    assert_eq!((set.len(), set.pixels(1)), (2, Some(vec![250, 251, 252, 253])));
    // the same pixels in the packed form, and under other names of files
    let packed = images(&["dark/1.png", "light/1.png"], |i| Cow::Borrowed(&files[i].1)).unwrap();
    let packed = vec![("anything".to_owned(), packed.to_bytes())];
    assert_eq!(load(&DataSpec::Files { hash: None }, 0, &packed).unwrap().hash(), set.hash());
}

#[test]
fn every_kind_of_png_becomes_grey_or_colour() {
    let rgb = |data: &[u8]| encode([1, 2], ColorType::Rgb, BitDepth::Eight, None, data);
    assert_eq!(pixels(&rgb(&[1, 2, 3, 4, 5, 6])), [1, 2, 3, 4, 5, 6]);
    // of 16 bits the upper 8
    assert_eq!(
        pixels(&encode([1, 2], ColorType::Grayscale, BitDepth::Sixteen, None, &[9, 200, 10, 1])),
        [9, 10]
    );
    assert_eq!(
        pixels(&encode([1, 4], ColorType::Grayscale, BitDepth::One, None, &[0b1010_0000])),
        [255, 0, 255, 0]
    );
    let palette =
        |colours: &[u8]| encode([1, 2], ColorType::Indexed, BitDepth::Eight, Some(colours), &[1, 0]);
    assert_eq!(pixels(&palette(&[1, 2, 3, 4, 5, 6])), [4, 5, 6, 1, 2, 3]);
    assert_eq!(pixels(&palette(&[1, 1, 1, 4, 4, 4])), [4, 1]);
    // on white: all, half and nothing of a colour
    let clear =
        encode([1, 3], ColorType::GrayscaleAlpha, BitDepth::Eight, None, &[100, 255, 100, 128, 100, 0]);
    assert_eq!(pixels(&clear), [100, 177, 255]);
    let clear = encode([1, 1], ColorType::Rgba, BitDepth::Eight, None, &[0, 100, 200, 0]);
    assert_eq!(pixels(&clear), [255; 3]);
    // a grey image beside a coloured one has three equal channels
    let set = read(&[("a/1", &grey([1, 2], &[8, 9])), ("b/1", &rgb(&[1, 2, 3, 4, 5, 6]))]).unwrap();
    assert_eq!((set.shape, &set.pixels[..6]), ([1, 2, 3], &[8, 8, 8, 9, 9, 9][..]));
}

/// The bits that every machine must give; near those of libjpeg, from which decoders may differ by a step.
#[test]
fn jpeg_is_decoded_to_the_same_bits_everywhere() {
    let colour = pixels(COLOUR);
    assert_eq!(colour.len(), 16 * 8 * 3);
    let near = |got: &[u8], want: [u8; 3]| got.iter().zip(want).all(|(&g, w)| g.abs_diff(w) <= 4);
    assert!(near(&colour[..3], [229, 119, 22]) && near(&colour[15 * 3..], [20, 110, 200]), "{colour:?}");
    let smooth = pixels(PROGRESSIVE);
    assert!(near(&smooth[..3], [229, 120, 19]), "{smooth:?}");
    let steps = pixels(GREY);
    assert_eq!(steps.len(), 64);
    assert!(
        steps[..8].iter().zip([0, 31, 64, 96, 128, 160, 192, 224]).all(|(&g, w): (_, u8)| g.abs_diff(w) <= 3),
        "{steps:?}"
    );
    let hash = |pixels: &[u8]| {
        let mut hash = crate::data::Fnv1a::new();
        hash.bytes(pixels);
        format!("{:016x}", hash.finish())
    };
    assert_eq!([hash(&colour), hash(&smooth), hash(&steps)], HASHES);
    // the same set in the tests of the npm package
    let files = [("pets/cat/1.jpg", COLOUR), ("pets/dog/1.jpg", PROGRESSIVE), ("pets/dog/2.jpg", GREY)];
    let set = read(&files).unwrap().into_dataset().unwrap();
    assert_eq!(format!("{:016x}", set.hash()), PETS);
}

/// Of a whole set.
const PETS: &str = "da80d3cc02b902e5";
/// Of the pixels of `colour.jpg`, `progressive.jpg` and `grey.jpg`.
const HASHES: [&str; 3] = ["96c4b44d82a92ca5", "e98d5886ce9067a5", "6f3240e346059825"];

#[test]
fn a_turned_photograph_is_put_upright() {
    let set = read(&[("a/1", TURNED), ("b/1", TURNED)]).unwrap();
    assert_eq!(set.shape, [16, 8, 3]);
    // held with its left side up: the left half is above, and the lowest row leftmost
    let (flat, upright) = (pixels(COLOUR), pixels(TURNED));
    for y in 0..16 {
        for x in 0..8 {
            assert_eq!(upright[(y * 8 + x) * 3..][..3], flat[((7 - x) * 16 + y) * 3..][..3]);
        }
    }
}

#[test]
fn sizes_are_made_one() {
    assert_eq!(common_size(&[[8, 8]; 3]), [8, 8]);
    assert_eq!(common_size(&[[64, 32]; 2]), [64, 32]);
    assert_eq!(common_size(&[[480, 640]; 2]), [48, 64]);
    assert_eq!(common_size(&[[1, 1000]; 2]), [1, 64]);
    assert_eq!(common_size(&[[480, 640], [640, 480]]), [64, 64]);
    assert_eq!(common_size(&[[480, 640], [20, 33]]), [20, 20]);
    let set = read(&[("a/1", &grey([2, 2], &[10, 20, 30, 40])), ("b/1", &grey([1, 1], &[7]))]).unwrap();
    assert_eq!((set.shape, set.pixels), ([1, 1, 1], vec![25, 7]));
    assert_eq!(set.attribution, "2 image files, 1 × 1 by the mean of areas");
}

#[test]
fn what_is_no_image_of_two_classes_is_refused_by_name() {
    let good = grey([2, 2], &[1, 2, 3, 4]);
    let with = |bad: &[u8]| code(&[("a/1", &good), ("b/bad", bad)]);
    assert_eq!(with(&good), "ok");
    assert_eq!(code(&[("a/1", &good), ("a/2", &good)]), "image-one-class");
    assert_eq!(code(&[("IMG_1.jpg", &good)]), "image-one-class");
    assert_eq!(with(INKS), "image-inks");
    for (head, format) in [
        (&b"GIF89a"[..], "GIF"),
        (b"RIFF....WEBPVP8", "WebP"),
        (b"", "0 bytes"),
        (b"hello", "another kind of file"),
    ] {
        let error = read(&[("a/1", &good), ("b/bad", head)]).unwrap_err();
        assert_eq!(
            (error.report().code, error.report().place.as_str(), error.report().got.as_str()),
            ("image-format", "b/bad", format)
        );
    }
    // a header that promises two thousand million pixels, with a right check sum
    let mut header = good.clone();
    header[16..24].copy_from_slice(&[0, 0, 0xaf, 0xc8, 0, 0, 0xaf, 0xc8]);
    let sum = crc(&header[12..29]).to_be_bytes();
    header[29..33].copy_from_slice(&sum);
    assert_eq!(with(&header), "image-size");
}

#[test]
fn a_file_cut_short_anywhere_is_refused_and_named() {
    let noise: Vec<u8> = (0..32 * 32).map(|i: u32| (i.wrapping_mul(2_654_435_761) >> 24) as u8).collect();
    let png = grey([32, 32], &noise);
    for file in [&png[..], COLOUR, PROGRESSIVE, GREY] {
        // the last bytes close the file and hold nothing
        for length in (0..file.len() - 12).step_by(7) {
            let error = read(&[("a/1", file), ("b/cut", &file[..length])]).unwrap_err();
            let report = error.report();
            assert!(matches!(report.code, "image-broken" | "image-format"), "{length}: {error}");
            assert_eq!(report.place, "b/cut");
        }
    }
}

/// The check sum of a PNG chunk (PNG specification, annex D).
fn crc(bytes: &[u8]) -> u32 {
    !bytes.iter().fold(!0_u32, |sum, &byte| {
        (0..8).fold(sum ^ u32::from(byte), |s, _| if s & 1 == 1 { 0xedb8_8320 ^ (s >> 1) } else { s >> 1 })
    })
}
