//! Images moved a little each time they are seen, so that a network learns what does not depend on it.
//!
//! What happens to an example is a function of (seed, step, example number) and of nothing else: a run that was
//! stopped and resumed sees the same images, and so does every machine. Only training sees them; evaluation,
//! prediction and curvature are over the images as they are.

use super::dataset::{Dataset, Features, flat};
use super::scaling::Scaler;
use crate::documented::Documented;
use crate::error::{Error, Result};
use crate::kernels::Real;
use crate::rng::{Source, Stream};
use serde::{Deserialize, Serialize};

/// What stands where an image was moved away.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(target_family = "wasm", derive(tsify::Tsify))]
#[serde(rename_all = "camelCase")]
pub enum Border {
    /// 0: the background of drawn digits.
    #[default]
    Zero,
    /// The nearest pixel of the image: for photographs.
    Edge,
}

/// How far images may be moved; every amount is drawn evenly from its range, anew in each step. What is left out
/// does nothing.
///
/// The order is that of Simard, Steinkraus, Platt: *Best practices for convolutional neural networks*, ICDAR 2003,
/// section 2: one affine map of the plane, then bilinear interpolation; flip and noise come with it.
#[derive(Debug, Clone, Copy, Default, PartialEq, Serialize, Deserialize)]
#[cfg_attr(target_family = "wasm", derive(tsify::Tsify))]
#[serde(rename_all = "camelCase", default, deny_unknown_fields)]
pub struct Augment {
    /// Largest shift down or up and to either side, as a share of the height and of the width.
    pub shift: f64,
    /// Largest angle to either side, in degrees.
    pub rotate: f64,
    /// Largest share by which an image grows or shrinks: factors of 1 - zoom to 1 + zoom.
    pub zoom: f64,
    /// Whether every other image, by chance, is seen in a mirror (left and right exchanged).
    pub flip: bool,
    /// Standard deviation of noise on each value, as a share of the brightest value (of 1 where images are real
    /// numbers). Sums of four uniform numbers, which are nearly normal.
    pub noise: f64,
    /// What stands where an image was moved away.
    pub border: Border,
}

/// Extents of an image.
#[derive(Debug, Clone, Copy)]
struct Size {
    height: usize,
    width: usize,
    channels: usize,
}

/// Where an output pixel comes from: (row, column) = origin + y * down + x * right.
#[derive(Debug, Clone, Copy)]
struct Affine {
    origin: [f64; 2],
    down: [f64; 2],
    right: [f64; 2],
}

impl Augment {
    /// What is known of each way, for the documentation.
    #[must_use]
    pub fn docs() -> Vec<Documented> {
        const SIMARD: &str =
            "Simard, Steinkraus, Platt: Best practices for convolutional neural networks, 2003, section 2";
        vec![
            Documented::new(
                "shift",
                "Shift",
                "by up to shift of the height and of the width, to any side",
                SIMARD,
            ),
            Documented::new("rotate", "Rotation", "by up to rotate degrees to either side", SIMARD),
            Documented::new("zoom", "Zoom", "by factors of 1 - zoom to 1 + zoom", SIMARD),
            Documented::new(
                "flip",
                "Mirror",
                "left and right exchanged with probability 1/2",
                "Krizhevsky, Sutskever, Hinton: ImageNet classification with deep convolutional neural networks, 2012",
            ),
            Documented::new(
                "noise",
                "Noise",
                "near N(0, noise^2) on each value, as a share of the brightest",
                "Sietsma, Dow: Creating artificial neural networks that generalize, 1991",
            ),
        ]
    }

    /// Refuses amounts that leave nothing of an image, and data that are no images.
    ///
    /// # Errors
    /// [`Error::Spec`] that names the field.
    pub fn check(&self, dataset: &Dataset) -> Result<()> {
        for (field, got, most) in [
            ("augment.shift", self.shift, 0.5),
            ("augment.rotate", self.rotate, 180.0),
            ("augment.zoom", self.zoom, 0.9),
            ("augment.noise", self.noise, 1.0),
        ] {
            if !(0.0..=most).contains(&got) {
                return Err(Error::spec("augment-range", field)
                    .expected(format!("0 to {most}"))
                    .got(got.to_string())
                    .hint("choose a number in this range")
                    .arg("most", most)
                    .arg("got", got));
            }
        }
        if dataset.shape().rank() == 3 {
            return Ok(());
        }
        Err(Error::spec("augment-images", "augment")
            .expected("a data set of images (H, W, C)")
            .got(format!("examples of {}", dataset.shape()))
            .hint("leave augment out, or use images"))
    }

    /// The map of one example, and whether it is seen in a mirror.
    fn draw(&self, size: Size, words: [u32; 4], mirrored: bool) -> Affine {
        // -1..1, the same on every machine: 32 bits are exact in f64
        let signed = |word: u32| f64::from(word) * (2.0 / 4_294_967_296.0) - 1.0;
        let [vertical, horizontal, angle, factor] = words.map(signed);
        let (sine, cosine) = libm::sincos(angle * self.rotate * (std::f64::consts::PI / 180.0));
        let factor = 1.0 / (1.0 + factor * self.zoom);
        let mirror = if mirrored { -1.0 } else { 1.0 };
        let (sine, cosine) = (sine * factor, cosine * factor);
        let down = [cosine, sine * mirror];
        let right = [-sine, cosine * mirror];
        // about the middle of the image, which the shift has moved away
        let middle = [(size.height as f64 - 1.0) / 2.0, (size.width as f64 - 1.0) / 2.0];
        let y = -middle[0] - vertical * self.shift * size.height as f64;
        let x = -middle[1] - horizontal * self.shift * size.width as f64;
        let origin = [middle[0] + y * down[0] + x * right[0], middle[1] + y * down[1] + x * right[1]];
        Affine { origin, down, right }
    }

    /// Writes the scaled images of `rows`, each moved by what (`seed`, `step`, row) say. The rows exist and `out`
    /// has room for them: [`super::Examples::fill_augmented`] has looked.
    pub(super) fn fill<T: Real>(
        &self,
        dataset: &Dataset,
        scaler: &Scaler,
        rows: &[u32],
        (seed, step): (u64, u64),
        out: &mut [T],
    ) {
        let &[height, width, channels] = dataset.shape().dims() else { return };
        let size = Size { height, width, channels };
        let (moves, noises) =
            (Source::new(seed, Stream::AUGMENT, step), Source::new(seed, Stream::AUGMENT.nth(1), step));
        let pixels = dataset.width();
        let brightest = match dataset.features() {
            Features::Bytes { max, .. } => f64::from(*max),
            Features::Reals(_) => 1.0,
        };
        for (out, &row) in out.chunks_exact_mut(pixels).zip(rows) {
            let mirrored = self.flip && moves.words(2 * u64::from(row) + 1)[0] & 1 == 1;
            let map = self.draw(size, moves.words(2 * u64::from(row)), mirrored);
            let start = row as usize * pixels;
            let write = |place: usize, x: f64| out[place] = T::from_f64(scaler.scale(place, x));
            let mut grain = Grain {
                source: noises,
                next: u64::from(row) * pixels.div_ceil(4) as u64,
                ready: [0.0; 4],
                deviation: self.noise * brightest,
            };
            match dataset.features() {
                Features::Bytes { values, .. } => {
                    let image = &flat(values)[start..start + pixels];
                    sample(size, map, self.border, |place| f64::from(image[place]), &mut grain, write);
                }
                Features::Reals(values) => {
                    let image = &flat(values)[start..start + pixels];
                    sample(size, map, self.border, |place| image[place], &mut grain, write);
                }
            }
        }
    }
}

/// Noise for the values of an image, one after the other.
struct Grain {
    source: Source,
    next: u64,
    ready: [f64; 4],
    deviation: f64,
}

impl Grain {
    /// Deviation of the sum of four bytes: the square root of 4 (256^2 - 1) / 12.
    const BYTES: f64 = 147.800_766_123_516_32;

    fn at(&mut self, place: usize) -> f64 {
        if self.deviation == 0.0 {
            return 0.0;
        }
        if place.is_multiple_of(4) {
            self.ready = self.source.words(self.next).map(|word| {
                let sum: u32 = word.to_le_bytes().into_iter().map(u32::from).sum();
                (f64::from(sum) - 510.0) * (self.deviation / Self::BYTES)
            });
            self.next += 1;
        }
        self.ready[place % 4]
    }
}

/// Bilinear interpolation of every pixel of the result.
#[inline]
fn sample(
    size: Size,
    map: Affine,
    border: Border,
    at: impl Fn(usize) -> f64,
    grain: &mut Grain,
    mut write: impl FnMut(usize, f64),
) {
    let Size { height, width, channels } = size;
    let (last_row, last_column) = (height as f64 - 1.0, width as f64 - 1.0);
    let mut place = 0;
    for y in 0..height {
        let start = [0, 1].map(|k| map.origin[k] + y as f64 * map.down[k]);
        for x in 0..width {
            let mut row = start[0] + x as f64 * map.right[0];
            let mut column = start[1] + x as f64 * map.right[1];
            if border == Border::Edge {
                (row, column) = (row.clamp(0.0, last_row), column.clamp(0.0, last_column));
            }
            let (top, left) = (row.floor(), column.floor());
            let (v, h) = (row - top, column - left);
            // outside by a whole pixel or more: nothing of the image is left
            let inside = top >= -1.0 && left >= -1.0 && top <= last_row && left <= last_column;
            for channel in 0..channels {
                let mut value = 0.0;
                if inside {
                    let (top, left) = (top as isize, left as isize);
                    let pixel = |r: isize, c: isize| {
                        let there = (0..height as isize).contains(&r) && (0..width as isize).contains(&c);
                        if there { at((r as usize * width + c as usize) * channels + channel) } else { 0.0 }
                    };
                    let upper = (1.0 - h) * pixel(top, left) + h * pixel(top, left + 1);
                    let lower = (1.0 - h) * pixel(top + 1, left) + h * pixel(top + 1, left + 1);
                    value = (1.0 - v) * upper + v * lower;
                }
                write(place, value + grain.at(place));
                place += 1;
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::data::{Examples, Targets};
    use crate::shape::Shape;
    use ndarray::Array2;

    /// One image of 5 x 5: a bright cross whose arm points up.
    const IMAGE: [u8; 25] = [0, 0, 9, 0, 0, 0, 0, 8, 0, 0, 0, 3, 7, 4, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0];

    fn examples(copies: usize) -> Examples {
        let values = Array2::from_shape_fn((copies, 25), |(_, place)| IMAGE[place]);
        let targets = Targets::Classes { labels: vec![0; copies], names: vec!["a".into()] };
        let set =
            Dataset::new("t", Shape::new(&[5, 5, 1]), Features::Bytes { values, max: 10 }, targets).unwrap();
        Examples::new(set, 0.0, 0).unwrap()
    }

    fn seen(augment: Augment, rows: &[u32], step: u64) -> Vec<f64> {
        let mut out = vec![9.0; rows.len() * 25];
        examples(64).fill_augmented(&augment, rows, (3, step), &mut out).unwrap();
        out
    }

    #[test]
    fn nothing_asked_for_is_nothing_done() {
        let mut plain = vec![9.0; 25];
        examples(64).fill_batch(&[7], &mut plain).unwrap();
        assert_eq!(seen(Augment::default(), &[7], 5), plain);
    }

    #[test]
    fn an_image_depends_on_seed_step_and_number_alone() {
        let augment =
            Augment { shift: 0.2, rotate: 20.0, zoom: 0.2, flip: true, noise: 0.1, border: Border::Edge };
        let both = seen(augment, &[4, 9], 2);
        assert_eq!(seen(augment, &[9], 2), both[25..]);
        assert_ne!(both[..25], both[25..]);
        assert_ne!(seen(augment, &[4], 3), both[..25]);
    }

    #[test]
    fn a_mirror_exchanges_left_and_right_of_about_half_of_the_images() {
        let rows: Vec<u32> = (0..64).collect();
        let out = seen(Augment { flip: true, ..Augment::default() }, &rows, 0);
        let mut mirrored = 0;
        for image in out.chunks(25) {
            for y in 0..5 {
                for x in 0..5 {
                    let from = if image[11] == 0.4 { 4 - x } else { x };
                    assert_eq!(image[5 * y + x], f64::from(IMAGE[5 * y + from]) / 10.0);
                }
            }
            mirrored += usize::from(image[11] == 0.4);
        }
        assert!((20..=44).contains(&mirrored), "{mirrored} of 64");
    }

    /// Against the definitions, written out with forward maps: the brightest point goes where geometry says.
    #[test]
    fn moves_are_within_their_bounds() {
        let centre = |image: &[f64]| {
            let total: f64 = image.iter().sum();
            let mean = |f: &dyn Fn(usize) -> f64| {
                image.iter().enumerate().map(|(i, v)| v * f(i)).sum::<f64>() / total
            };
            (mean(&|i| (i / 5) as f64), mean(&|i| (i % 5) as f64))
        };
        let rows: Vec<u32> = (0..64).collect();
        // the cross lies two pixels from three borders: a shift by up to one pixel loses only its top
        let shifted = seen(Augment { shift: 0.19, ..Augment::default() }, &rows, 1);
        let (y, x) = centre(&IMAGE.map(f64::from));
        let moves: Vec<f64> = shifted.chunks(25).map(|image| centre(image).1 - x).collect();
        assert!(moves.iter().all(|m| m.abs() < 1.0), "{moves:?}");
        assert!(moves.iter().any(|m| *m > 0.6) && moves.iter().any(|m| *m < -0.6), "{moves:?}");
        // what is turned by 180 degrees at most is found at every angle; the middle pixel stays
        let turned = seen(Augment { rotate: 180.0, ..Augment::default() }, &rows, 1);
        assert!(turned.chunks(25).all(|image| (image[12] - 0.7).abs() < 1e-12));
        let below = turned.chunks(25).filter(|image| centre(image).0 > 2.0).count();
        assert!((16..=48).contains(&below), "{below} of 64; upright, the centre is at {y}");
        let zoomed = seen(Augment { zoom: 0.5, ..Augment::default() }, &rows, 1);
        let sums: Vec<f64> = zoomed.chunks(25).map(|image| image.iter().sum()).collect();
        let whole: f64 = IMAGE.iter().map(|&v| f64::from(v) / 10.0).sum();
        assert!(sums.iter().any(|s| *s < 0.7 * whole) && sums.iter().any(|s| *s > 1.2 * whole), "{sums:?}");
    }

    #[test]
    fn noise_has_the_deviation_that_was_asked_for() {
        let rows: Vec<u32> = (0..64).collect();
        let noisy = seen(Augment { noise: 0.2, ..Augment::default() }, &rows, 0);
        let (mut sum, mut square) = (0.0, 0.0);
        for (place, value) in noisy.iter().enumerate() {
            let d = value - f64::from(IMAGE[place % 25]) / 10.0;
            sum += d;
            square += d * d;
        }
        let n = noisy.len() as f64;
        assert!((sum / n).abs() < 0.02 && ((square / n).sqrt() - 0.2).abs() < 0.02, "{sum} {square}");
    }

    #[test]
    fn absurd_amounts_and_tables_are_refused() {
        let set = examples(2);
        let code = |augment: Augment| augment.check(set.dataset()).unwrap_err().report().code;
        assert_eq!(code(Augment { shift: 0.6, ..Augment::default() }), "augment-range");
        assert_eq!(code(Augment { rotate: f64::NAN, ..Augment::default() }), "augment-range");
        let table = crate::data::diabetes().unwrap();
        assert_eq!(Augment::default().check(&table).unwrap_err().report().code, "augment-images");
    }
}
