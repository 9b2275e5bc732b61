//! Two-dimensional convolution and its two gradients, each an indirect matrix product.
//!
//! Images `(N, H, W, C)`, filters `(KH, KW, C / groups, O)`. There is no patch matrix: the left operand's rows are
//! the places of the window in a copy of the image with a border of zeros, its columns are the taps, and two
//! short tables hold their offsets. Without padding there is no copy either.
//!
//! Every sum runs in a fixed order, that of the naive loops over the zero-bordered image: an output over
//! (ky, kx, c), a filter's gradient over (image, oy, ox), an image's gradient over (oy, ox, o). No order depends on
//! the batch. In `f32` a 3x3 window in single steps over many channels goes another way ([`super::winograd`]), for outputs
//! and images' gradients.

use super::gemm::{Init, Left, Offsets, Product, Right, is_hard_stride, strip_len};
use super::pack;
use super::real::Real;
use super::window::{Border, Class, classes, pixels};
use super::winograd::{self, Winograd};
use crate::shape::Conv2dShape;

/// The three products that share a [`Conv2dShape`].
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum ConvProduct {
    /// `(x, w) -> y`, [`conv2d`].
    Forward,
    /// `(dy, w) -> dx`, [`conv2d_input_gradient`].
    InputGradient,
    /// `(x, dy) -> dw`, [`conv2d_filter_gradient`].
    FilterGradient,
}

/// Lengths of the slices that a kernel works in. What they hold before and after is of no account.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Workspace {
    /// Elements of the run's real type.
    pub reals: usize,
    /// Elements of `u32`.
    pub indices: usize,
}

/// The workspace one of the three products needs. It holds a few small images or a large one, whatever the batch.
#[must_use]
pub fn conv2d_scratch(s: &Conv2dShape, which: ConvProduct) -> Workspace {
    let channels = Channels::of(s);
    match which {
        ConvProduct::Forward | ConvProduct::FilterGradient => {
            let (images, taps) = (per_pass(s, s.output), taps(s) * s.group_in());
            let k = if which == ConvProduct::Forward { taps } else { images * pixels(s.output) };
            let direct = images * Border::of_image(s).copy_len() + strip(s, k, channels.out);
            let winograd = which == ConvProduct::Forward && winograd::pays(s);
            Workspace {
                reals: if winograd { direct.max(Winograd::forward(s).scratch()) } else { direct },
                indices: images * pixels(s.output) + taps,
            }
        }
        ConvProduct::InputGradient => {
            let images = per_pass(s, s.input);
            let direct = images * Border::of_result(s).copy_len();
            let winograd = if winograd::pays(s) { Winograd::input_gradient(s).scratch() } else { 0 };
            Workspace {
                reals: direct.max(winograd) + filter_len(s),
                indices: 2 * images * pixels(s.input) + taps(s) * s.group_out(),
            }
        }
    }
}

/// Whether this product goes another way than the direct one, with fewer multiplications than its FLOP count.
#[must_use]
pub fn conv2d_is_winograd<T: Real>(s: &Conv2dShape, which: ConvProduct) -> bool {
    T::TRAINS && which != ConvProduct::FilterGradient && winograd::pays(s)
}

/// Elements of the filter, counted without making a shape: a run allocates nothing.
fn filter_len(s: &Conv2dShape) -> usize {
    s.w_dims().iter().product()
}

/// `y = conv(x, w) + bias`, with `bias` of O elements.
///
/// # Panics
/// If a slice is shorter than `s` and [`conv2d_scratch`] say.
pub fn conv2d<T: Real>(
    s: &Conv2dShape,
    x: &[T],
    w: &[T],
    bias: Option<&[T]>,
    y: &mut [T],
    scratch: &mut [T],
    offsets: &mut [u32],
) {
    if T::TRAINS && winograd::pays(s) {
        return Winograd::forward(s).run(x, w, bias, y, scratch);
    }
    let border = Border::of_image(s);
    let per_pass = per_pass(s, s.output);
    let channels = Channels::of(s);
    let (places, taps) = forward_tables(s, &border, per_pass, offsets);
    let (copy, scratch) = border.clear(per_pass, scratch);
    let scratch = &mut scratch[..strip(s, taps.len(), channels.out)];
    for first in (0..s.batch).step_by(per_pass) {
        let images = first..s.batch.min(first + per_pass);
        let places = &places[..images.len() * pixels(s.output)];
        let y = &mut y[first * pixels(s.output) * s.out_channels..];
        let image = border.fill(x, images, copy);
        for i in 0..channels.products {
            let (from, to) = (i * channels.into, i * channels.out);
            Product {
                m: places.len(),
                k: taps.len(),
                n: channels.out,
                left: channels.left(&image[from..], places, taps),
                right: Right::Rows { b: &w[to..], stride: s.out_channels },
            }
            .run(
                bias.map_or(Init::Zero, |b| Init::Bias(&b[to..])),
                &mut y[to..],
                Offsets::Affine(s.out_channels),
                scratch,
            );
        }
    }
}

/// `dw`, or `dw +=` if `accumulate`: the gradient of the filter, from the image and the gradient of the result.
///
/// # Panics
/// If a slice is shorter than `s` and [`conv2d_scratch`] say.
pub fn conv2d_filter_gradient<T: Real>(
    s: &Conv2dShape,
    x: &[T],
    dy: &[T],
    dw: &mut [T],
    accumulate: bool,
    scratch: &mut [T],
    offsets: &mut [u32],
) {
    if !accumulate {
        dw[..filter_len(s)].fill(T::ZERO);
    }
    let border = Border::of_image(s);
    let per_pass = per_pass(s, s.output);
    let channels = Channels::of(s);
    let (places, taps) = forward_tables(s, &border, per_pass, offsets);
    let (copy, scratch) = border.clear(per_pass, scratch);
    let scratch = &mut scratch[..strip(s, places.len(), channels.out)];
    for first in (0..s.batch).step_by(per_pass) {
        let images = first..s.batch.min(first + per_pass);
        let places = &places[..images.len() * pixels(s.output)];
        let dy = &dy[first * pixels(s.output) * s.out_channels..];
        let image = border.fill(x, images, copy);
        for i in 0..channels.products {
            let (from, to) = (i * channels.into, i * channels.out);
            Product {
                m: taps.len(),
                k: places.len(),
                n: channels.out,
                left: channels.left(&image[from..], taps, places),
                right: Right::Rows { b: &dy[to..], stride: s.out_channels },
            }
            .run(Init::Accumulate, &mut dw[to..], Offsets::Affine(s.out_channels), scratch);
        }
    }
}

/// `dx`: the gradient of the image, from the gradient of the result and the filter.
///
/// A pixel of the image meets only the taps whose place is a multiple of the stride away. The pixels fall into
/// stride x stride classes with the same taps each, and each class is a convolution of `dy`, of stride 1, with
/// those taps in reverse. At stride 1 there is one class.
///
/// # Panics
/// If a slice is shorter than `s` and [`conv2d_scratch`] say.
pub fn conv2d_input_gradient<T: Real>(
    s: &Conv2dShape,
    dy: &[T],
    w: &[T],
    dx: &mut [T],
    scratch: &mut [T],
    offsets: &mut [u32],
) {
    let border = Border::of_result(s);
    let per_pass = per_pass(s, s.input);
    let channels = Channels::of(s);
    let (flipped, scratch) = scratch.split_at_mut(filter_len(s));
    flip(s, &border, &channels, w, flipped);
    if T::TRAINS && winograd::pays(s) {
        return Winograd::input_gradient(s).run(dy, flipped, None, dx, scratch);
    }
    let (copy, _) = border.clear(per_pass, scratch);
    gradient_tables(s, &border, per_pass, offsets);
    for first in (0..s.batch).step_by(per_pass) {
        let images = first..s.batch.min(first + per_pass);
        let count = images.len();
        let dx = &mut dx[first * pixels(s.input) * s.in_channels..];
        let dy = border.fill(dy, images, copy);
        let (mut flipped, mut offsets) = (&*flipped, &*offsets);
        for (vertical, horizontal) in classes(s, &border) {
            let m = vertical.count * horizontal.count;
            let k = vertical.taps * horizontal.taps * s.group_out();
            let (places, rest) = offsets.split_at(per_pass * m);
            let (targets, rest) = rest.split_at(per_pass * m);
            let (columns, rest) = rest.split_at(k);
            offsets = rest;
            for i in 0..channels.products {
                let (b, rest) = flipped.split_at(k * channels.into);
                flipped = rest;
                Product {
                    m: count * m,
                    k,
                    n: channels.into,
                    left: channels.left(&dy[i * channels.out..], places, columns),
                    right: Right::Rows { b, stride: channels.into },
                }
                .run(
                    Init::Zero,
                    &mut dx[i * channels.into..],
                    Offsets::Table(targets),
                    &mut [],
                );
            }
        }
    }
}

/// The products that the channels fall into: one for each group; or, if each group has one channel on both sides, a
/// single diagonal one whose vectors run along the channels.
#[derive(Debug, Clone, Copy)]
struct Channels {
    products: usize,
    /// Channels of the image in each.
    into: usize,
    /// Channels of the result in each.
    out: usize,
    diagonal: bool,
}

impl Channels {
    fn of(s: &Conv2dShape) -> Self {
        if s.groups > 1 && s.group_in() == 1 && s.group_out() == 1 {
            Self { products: 1, into: s.groups, out: s.groups, diagonal: true }
        } else {
            Self { products: s.groups, into: s.group_in(), out: s.group_out(), diagonal: false }
        }
    }

    fn left<'a, T>(&self, a: &'a [T], rows: &'a [u32], columns: &'a [u32]) -> Left<'a, T> {
        if self.diagonal { Left::Diagonal { a, rows, columns } } else { Left::Indirect { a, rows, columns } }
    }
}

fn taps(s: &Conv2dShape) -> usize {
    pixels(s.window.kernel)
}

/// Images that are worked on at once, so that a product has rows, or terms, enough to be worth its start.
fn per_pass(s: &Conv2dShape, size: [usize; 2]) -> usize {
    (128 / pixels(size).max(1)).clamp(1, s.batch.max(1))
}

/// Scratch for a strip of the filter, or of the result's gradient, if that is worth packing.
fn strip(s: &Conv2dShape, k: usize, n: usize) -> usize {
    if is_hard_stride(s.out_channels) { strip_len(k, n) } else { 0 }
}

/// Offsets of the window's places `(image, oy, ox)` and of its taps `(ky, kx, c)` in the bordered images.
fn forward_tables<'a>(
    s: &Conv2dShape,
    border: &Border,
    images: usize,
    offsets: &'a mut [u32],
) -> (&'a [u32], &'a [u32]) {
    let (places, rest) = offsets.split_at_mut(images * pixels(s.output));
    border.grid(places, images, [0; 2], s.window.stride, s.output);
    let columns = &mut rest[..taps(s) * s.group_in()];
    border.runs(columns, s.window.dilation, s.window.kernel, s.group_in());
    (places, columns)
}

/// For each class of pixels in turn: the offsets of their places in the bordered `dy`, of their targets in
/// `dx`, and of the reversed taps (ky, kx, o).
fn gradient_tables(s: &Conv2dShape, border: &Border, images: usize, offsets: &mut [u32]) {
    let image = Border::none(s.input, s.in_channels);
    let mut rest = offsets;
    let mut take = |len| rest.split_off_mut(..len).unwrap_or_default();
    for (vertical, horizontal) in classes(s, border) {
        let of = |field: fn(&Class) -> usize| [field(&vertical), field(&horizontal)];
        let counts = of(|c| c.count);
        border.grid(take(images * pixels(counts)), images, of(|c| c.place), [1; 2], counts);
        image.grid(take(images * pixels(counts)), images, of(|c| c.first), s.window.stride, counts);
        let taps = of(|c| c.taps);
        border.runs(take(pixels(taps) * s.group_out()), of(|c| c.place_step), taps, s.group_out());
    }
}

/// For each class of pixels and each product in turn the filter as `(reversed taps, O, C)`.
fn flip<T: Real>(s: &Conv2dShape, border: &Border, channels: &Channels, w: &[T], flipped: &mut [T]) {
    let mut rest = flipped;
    let rows = if channels.diagonal { 1 } else { channels.out };
    for (vertical, horizontal) in classes(s, border) {
        for i in 0..channels.products {
            for (ky, kx) in vertical.reversed().flat_map(|ky| horizontal.reversed().map(move |kx| (ky, kx))) {
                let to = rest.split_off_mut(..rows * channels.into).unwrap_or_default();
                let w = &w[(ky * s.window.kernel[1] + kx) * s.group_in() * s.out_channels..];
                if channels.diagonal {
                    pack::copy(&w[..channels.into], to);
                } else {
                    pack::transpose(&w[i * channels.out..], s.out_channels, rows, to, channels.into);
                }
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::kernels::test_util::{bits, numbers};
    use crate::shape::Window;
    #[cfg(target_family = "wasm")]
    use wasm_bindgen_test::wasm_bindgen_test as test;

    /// Calls `meet(y, x, tap, oy, ox)` for every meeting of a pixel and a tap under one image, ordered by
    /// (oy, ox, ky, kx).
    fn for_each_meeting(s: &Conv2dShape, mut meet: impl FnMut(usize, usize, usize, usize, usize)) {
        let Window { kernel, stride, dilation, padding } = s.window;
        for (oy, ox) in (0..s.output[0]).flat_map(|oy| (0..s.output[1]).map(move |ox| (oy, ox))) {
            for (ky, kx) in (0..kernel[0]).flat_map(|ky| (0..kernel[1]).map(move |kx| (ky, kx))) {
                let y = (oy * stride[0] + ky * dilation[0]).wrapping_sub(padding[0][0]);
                let x = (ox * stride[1] + kx * dilation[1]).wrapping_sub(padding[1][0]);
                if y < s.input[0] && x < s.input[1] {
                    meet(y, x, ky * kernel[1] + kx, oy, ox);
                }
            }
        }
    }

    /// The seven loops: `dot(x index, w index, y index)` for every product, in the contract's order of all
    /// three sums.
    fn for_each_product(s: &Conv2dShape, mut product: impl FnMut(usize, usize, usize)) {
        for n in 0..s.batch {
            for_each_meeting(s, |y, x, tap, oy, ox| {
                let pixel = (n * s.input[0] + y) * s.input[1] + x;
                let place = (n * s.output[0] + oy) * s.output[1] + ox;
                for (o, c) in (0..s.out_channels).flat_map(|o| (0..s.group_in()).map(move |c| (o, c))) {
                    let channel = o / s.group_out() * s.group_in() + c;
                    product(
                        pixel * s.in_channels + channel,
                        (tap * s.group_in() + c) * s.out_channels + o,
                        place * s.out_channels + o,
                    );
                }
            });
        }
    }

    fn check<T: Real>(s: &Conv2dShape) {
        let [x, w, dy]: [Vec<T>; 3] = [(1, s.x()), (2, s.w()), (3, s.y())].map(|(i, s)| numbers(i, s.len()));
        let bias: Vec<T> = numbers(4, s.out_channels);
        let start: Vec<T> = numbers(5, w.len());
        // scratch and results begin as garbage
        let work = |which| {
            let Workspace { reals, indices } = conv2d_scratch(s, which);
            (vec![T::from_f64(f64::NAN); reals], vec![u32::MAX; indices])
        };

        for bias in [None, Some(&bias[..])] {
            let mut want = match bias {
                None => vec![T::ZERO; dy.len()],
                Some(bias) => bias.repeat(dy.len() / s.out_channels),
            };
            for_each_product(s, |i, j, k| want[k] += x[i] * w[j]);
            let (mut scratch, mut offsets) = work(ConvProduct::Forward);
            let mut got = vec![T::from_f64(f64::NAN); dy.len()];
            conv2d(s, &x, &w, bias, &mut got, &mut scratch, &mut offsets);
            assert_eq!(bits(&got), bits(&want), "forward of {s:?}");
        }

        let mut want = vec![T::ZERO; x.len()];
        for_each_product(s, |i, j, k| want[i] += dy[k] * w[j]);
        let (mut scratch, mut offsets) = work(ConvProduct::InputGradient);
        let mut got = vec![T::from_f64(f64::NAN); x.len()];
        conv2d_input_gradient(s, &dy, &w, &mut got, &mut scratch, &mut offsets);
        assert_eq!(bits(&got), bits(&want), "input gradient of {s:?}");

        for accumulate in [false, true] {
            let mut want = if accumulate { start.clone() } else { vec![T::ZERO; w.len()] };
            for_each_product(s, |i, j, k| want[j] += x[i] * dy[k]);
            let (mut scratch, mut offsets) = work(ConvProduct::FilterGradient);
            let mut got = start.clone();
            conv2d_filter_gradient(s, &x, &dy, &mut got, accumulate, &mut scratch, &mut offsets);
            assert_eq!(bits(&got), bits(&want), "filter gradient of {s:?}");
        }
    }

    fn shape(
        batch: usize,
        input: [usize; 2],
        [in_channels, out_channels, groups]: [usize; 3],
        window: Window,
    ) -> Conv2dShape {
        let output = window.output("conv", input).unwrap();
        Conv2dShape { batch, input, in_channels, out_channels, groups, window, output }
    }

    fn check_both(s: &Conv2dShape) {
        check::<f32>(s);
        check::<f64>(s);
    }

    #[test]
    fn layers_of_real_networks() {
        let same = |kernel, input| Window::new(kernel).same(input);
        check_both(&shape(2, [28, 28], [1, 8, 1], same([5, 5], [28, 28])));
        check_both(&shape(2, [14, 14], [8, 16, 1], same([5, 5], [14, 14])));
        check_both(&shape(1, [8, 8], [3, 12, 1], same([3, 3], [8, 8])));
        check_both(&shape(3, [4, 4], [16, 10, 1], Window::new([1, 1])));
        check_both(&shape(2, [7, 9], [6, 6, 6], same([3, 3], [7, 9])));
        check_both(&shape(2, [9, 9], [5, 7, 1], Window::new([3, 3]).stride([2, 2])));
        check_both(&shape(0, [3, 3], [2, 2, 1], Window::new([3, 3])));
    }

    #[test]
    fn every_combination_of_attributes() {
        let channels = [[1, 1, 1], [3, 5, 1], [4, 6, 2], [3, 6, 3], [5, 5, 5], [8, 16, 1]];
        let borders = [[[0, 0], [0, 0]], [[1, 1], [1, 1]], [[2, 0], [0, 3]], [[3, 4], [5, 1]]];
        for kernel in [[1, 1], [2, 3], [3, 1], [4, 4]] {
            for stride in [[1, 1], [2, 1], [2, 3], [3, 4]] {
                for dilation in [[1, 1], [2, 1], [3, 2]] {
                    for (i, &padding) in borders.iter().enumerate() {
                        let window = Window { kernel, stride, dilation, padding };
                        let input = [10 + i, 8 - i];
                        if window.output("conv", input).is_ok() {
                            let channels = channels[(kernel[0] + stride[1] + dilation[0] + i) % 6];
                            check_both(&shape(2, input, channels, window));
                        }
                    }
                }
            }
        }
    }

    #[test]
    fn an_example_does_not_depend_on_its_batch() {
        let s = shape(5, [6, 7], [3, 9, 1], Window::new([3, 3]).same([6, 7]));
        let [x, w]: [Vec<f32>; 2] = [numbers(1, s.x().len()), numbers(2, s.w().len())];
        let run = |s: &Conv2dShape, x: &[f32]| {
            let Workspace { reals, indices } = conv2d_scratch(s, ConvProduct::Forward);
            let mut y = vec![0.0; s.y().len()];
            conv2d(s, x, &w, None, &mut y, &mut vec![0.0; reals], &mut vec![0; indices]);
            y
        };
        let one = Conv2dShape { batch: 1, ..s };
        let apart: Vec<f32> = x.chunks_exact(one.x().len()).flat_map(|x| run(&one, x)).collect();
        assert_eq!(bits(&run(&s, &x)), bits(&apart));
    }
}
