//! Two-dimensional convolution and its two gradients, each an indirect matrix product.
//!
//! Images `(N, H, W, C)`, filters `(KH, KW, C / groups, O)`. There is no patch matrix: the left operand's rows are
//! the places of the window in a copy of the image with a border of zeros, its columns are the taps, and two
//! short tables hold their offsets. Without padding there is no copy either.
//!
//! Every sum runs in a fixed order, that of the naive loops over the zero-bordered image: an output over
//! (ky, kx, c), a filter's gradient over (image, oy, ox), an image's gradient over (oy, ox, o).

use super::gemm::{Init, Left, Offsets, Product, Right};
use super::real::Real;
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

/// The workspace one of the three products needs. It does not grow with the batch.
#[must_use]
pub fn conv2d_scratch(s: &Conv2dShape, which: ConvProduct) -> Workspace {
    match which {
        ConvProduct::Forward | ConvProduct::FilterGradient => Workspace {
            reals: Border::of_image(s).copy_len(),
            indices: pixels(s.output) + taps(s) * s.group_in(),
        },
        ConvProduct::InputGradient => Workspace {
            reals: Border::of_result(s).copy_len() + s.w().len(),
            indices: 2 * pixels(s.input) + taps(s) * s.group_out(),
        },
    }
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
    let border = Border::of_image(s);
    let (places, taps) = forward_tables(s, &border, offsets);
    let copy = border.clear(scratch);
    let image_len = pixels(s.input) * s.in_channels;
    let y_len = pixels(s.output) * s.out_channels;
    for i in 0..s.batch {
        let image = border.fill(&x[i * image_len..][..image_len], copy);
        let y = &mut y[i * y_len..][..y_len];
        for group in 0..s.groups {
            let first = group * s.group_out();
            let init = bias.map_or(Init::Zero, |b| Init::Bias(&b[first..]));
            Product {
                m: places.len(),
                k: taps.len(),
                n: s.group_out(),
                left: Left::Indirect { a: &image[group * s.group_in()..], rows: places, columns: taps },
                right: Right::Rows { b: &w[first..], stride: s.out_channels },
            }
            .run(init, &mut y[first..], Offsets::Affine(s.out_channels), &mut []);
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
        dw[..s.w().len()].fill(T::ZERO);
    }
    let border = Border::of_image(s);
    let (places, taps) = forward_tables(s, &border, offsets);
    let copy = border.clear(scratch);
    let image_len = pixels(s.input) * s.in_channels;
    let y_len = pixels(s.output) * s.out_channels;
    for i in 0..s.batch {
        let image = border.fill(&x[i * image_len..][..image_len], copy);
        let dy = &dy[i * y_len..][..y_len];
        for group in 0..s.groups {
            let first = group * s.group_out();
            Product {
                m: taps.len(),
                k: places.len(),
                n: s.group_out(),
                left: Left::Indirect { a: &image[group * s.group_in()..], rows: taps, columns: places },
                right: Right::Rows { b: &dy[first..], stride: s.out_channels },
            }
            .run(Init::Accumulate, &mut dw[first..], Offsets::Affine(s.out_channels), &mut []);
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
    let (flipped, scratch) = scratch.split_at_mut(s.w().len());
    let copy = border.clear(scratch);
    fill_gradient_tables(s, &border, w, flipped, offsets);

    let image_len = pixels(s.input) * s.in_channels;
    let y_len = pixels(s.output) * s.out_channels;
    for i in 0..s.batch {
        let dy = border.fill(&dy[i * y_len..][..y_len], copy);
        let dx = &mut dx[i * image_len..][..image_len];
        let (mut flipped, mut offsets) = (&*flipped, &*offsets);
        for (vertical, horizontal) in classes(s, &border) {
            let m = vertical.count * horizontal.count;
            let k = vertical.taps * horizontal.taps * s.group_out();
            let (places, rest) = offsets.split_at(m);
            let (targets, rest) = rest.split_at(m);
            let (columns, rest) = rest.split_at(k);
            offsets = rest;
            for group in 0..s.groups {
                let (b, rest) = flipped.split_at(k * s.group_in());
                flipped = rest;
                Product {
                    m,
                    k,
                    n: s.group_in(),
                    left: Left::Indirect { a: &dy[group * s.group_out()..], rows: places, columns },
                    right: Right::Rows { b, stride: s.group_in() },
                }
                .run(
                    Init::Zero,
                    &mut dx[group * s.group_in()..],
                    Offsets::Table(targets),
                    &mut [],
                );
            }
        }
    }
}

fn pixels([height, width]: [usize; 2]) -> usize {
    height * width
}

fn taps(s: &Conv2dShape) -> usize {
    pixels(s.window.kernel)
}

/// An image and the zeros around it.
#[derive(Debug, Clone, Copy)]
struct Border {
    /// Height and width of the image.
    inner: [usize; 2],
    /// Rows and columns of zeros before it.
    before: [usize; 2],
    /// Height and width with all zeros.
    outer: [usize; 2],
    channels: usize,
}

impl Border {
    /// The image as the forward pass sees it.
    fn of_image(s: &Conv2dShape) -> Self {
        let padding = s.window.padding;
        let outer = std::array::from_fn(|i| s.input[i] + padding[i][0] + padding[i][1]);
        Self { inner: s.input, before: [padding[0][0], padding[1][0]], outer, channels: s.in_channels }
    }

    /// The gradient of the result as the image's gradient sees it: a pixel at padded place Y meets the results
    /// `(Y - ky * dilation) / stride`, some of which lie outside.
    fn of_result(s: &Conv2dShape) -> Self {
        let mut before = [0; 2];
        let mut outer = [0; 2];
        for i in 0..2 {
            let (first, stride) = (s.window.padding[i][0], s.window.stride[i]);
            let last = (first + s.input[i]).saturating_sub(1) / stride;
            before[i] = (s.window.extent(i) - 1).saturating_sub(first) / stride;
            outer[i] = before[i] + s.output[i].max(last + 1);
        }
        Self { inner: s.output, before, outer, channels: s.out_channels }
    }

    /// Elements of the copy; 0 if there is nothing around the image.
    fn copy_len(&self) -> usize {
        if self.inner == self.outer { 0 } else { pixels(self.outer) * self.channels }
    }

    /// The part of `scratch` that takes the copy, zeroed: images only overwrite its inside.
    fn clear<'a, T: Real>(&self, scratch: &'a mut [T]) -> &'a mut [T] {
        let copy = &mut scratch[..self.copy_len()];
        copy.fill(T::ZERO);
        copy
    }

    /// The image with its border: in `copy`, or as it is if it has none.
    fn fill<'a, T: Real>(&self, image: &'a [T], copy: &'a mut [T]) -> &'a [T] {
        if copy.is_empty() {
            return image;
        }
        let (line, outer_line) = (self.inner[1] * self.channels, self.outer[1] * self.channels);
        let inside = &mut copy[self.before[0] * outer_line + self.before[1] * self.channels..];
        for (to, from) in inside.chunks_mut(outer_line).zip(image.chunks_exact(line.max(1))) {
            to[..line].copy_from_slice(from);
        }
        copy
    }

    /// Offset of a pixel in the copy.
    fn offset(&self, y: usize, x: usize) -> u32 {
        ((y * self.outer[1] + x) * self.channels) as u32
    }
}

/// Offsets of the window's places `(oy, ox)` and of its taps `(ky, kx, c)` in the bordered image.
fn forward_tables<'a>(s: &Conv2dShape, border: &Border, offsets: &'a mut [u32]) -> (&'a [u32], &'a [u32]) {
    let (places, rest) = offsets.split_at_mut(pixels(s.output));
    let columns = &mut rest[..taps(s) * s.group_in()];
    let [stride_y, stride_x] = s.window.stride;
    for (i, place) in places.iter_mut().enumerate() {
        *place = border.offset(i / s.output[1] * stride_y, i % s.output[1] * stride_x);
    }
    let [dilation_y, dilation_x] = s.window.dilation;
    for (tap, channels) in columns.chunks_exact_mut(s.group_in().max(1)).enumerate() {
        let (ky, kx) = (tap / s.window.kernel[1], tap % s.window.kernel[1]);
        let first = border.offset(ky * dilation_y, kx * dilation_x);
        for (column, c) in channels.iter_mut().zip(0..) {
            *column = first + c;
        }
    }
    (places, columns)
}

/// The pixels along one axis whose padded place has the same remainder by the stride.
#[derive(Debug, Clone, Copy)]
struct Class {
    /// The first such pixel; the others follow in steps of the stride.
    first: usize,
    /// How many there are.
    count: usize,
    /// How many taps they meet.
    taps: usize,
    /// The last such tap, which meets the result furthest before; the others follow downwards in equal steps.
    last_tap: usize,
    /// From one such tap to the next.
    tap_step: usize,
    /// The first pixel's place under the last tap, in the bordered gradient of the result.
    place: usize,
    /// From one tap's place to the next one's.
    place_step: usize,
}

impl Class {
    fn of(s: &Conv2dShape, border: &Border, axis: usize, remainder: usize) -> Self {
        let (stride, dilation) = (s.window.stride[axis], s.window.dilation[axis]);
        let padding = s.window.padding[axis][0];
        let first = (remainder + stride - padding % stride) % stride;
        let count = s.input[axis].saturating_sub(first).div_ceil(stride);
        let mut own = (0..s.window.kernel[axis]).filter(|tap| tap * dilation % stride == remainder);
        let (least, next) = (own.next(), own.next());
        let taps = next.map_or(0, |_| own.count() + 1) + usize::from(least.is_some());
        let (least, tap_step) = (least.unwrap_or(0), next.map_or(0, |next| next - least.unwrap_or(0)));
        let last_tap = least + taps.saturating_sub(1) * tap_step;
        // the remainders cancel, so the division is exact; without taps the place is of no account
        let place =
            (border.before[axis] * stride + first + padding).saturating_sub(last_tap * dilation) / stride;
        let place = if taps == 0 { 0 } else { place };
        Self { first, count, taps, last_tap, tap_step, place, place_step: tap_step * dilation / stride }
    }
}

/// All classes of pixels, rows outside.
fn classes(s: &Conv2dShape, border: &Border) -> impl Iterator<Item = (Class, Class)> {
    let (s, border) = (*s, *border);
    let [stride_y, stride_x] = s.window.stride;
    (0..stride_y * stride_x)
        .map(move |i| (Class::of(&s, &border, 0, i / stride_x), Class::of(&s, &border, 1, i % stride_x)))
}

/// For each class of pixels in turn: the offsets of their places in the bordered `dy`, of their targets in
/// `dx`, of the reversed taps (ky, kx, o), and for each group the filter as `(taps, O / groups, C / groups)`.
fn fill_gradient_tables<T: Real>(
    s: &Conv2dShape,
    border: &Border,
    w: &[T],
    flipped: &mut [T],
    offsets: &mut [u32],
) {
    let mut flipped = flipped.iter_mut();
    let mut offsets = offsets.iter_mut();
    let mut push = |offset: u32| {
        if let Some(slot) = offsets.next() {
            *slot = offset;
        }
    };
    for (vertical, horizontal) in classes(s, border) {
        let own = || (0..vertical.count).flat_map(move |i| (0..horizontal.count).map(move |j| (i, j)));
        let taps = || (0..vertical.taps).flat_map(move |i| (0..horizontal.taps).map(move |j| (i, j)));
        for (i, j) in own() {
            push(border.offset(vertical.place + i, horizontal.place + j));
        }
        for (i, j) in own() {
            let y = vertical.first + i * s.window.stride[0];
            let x = horizontal.first + j * s.window.stride[1];
            push(((y * s.input[1] + x) * s.in_channels) as u32);
        }
        for (i, j) in taps() {
            let first = border.offset(i * vertical.place_step, j * horizontal.place_step);
            (0..s.group_out() as u32).for_each(|o| push(first + o));
        }
        for group in 0..s.groups {
            for (i, j) in taps() {
                let ky = vertical.last_tap - i * vertical.tap_step;
                let kx = horizontal.last_tap - j * horizontal.tap_step;
                let tap = (ky * s.window.kernel[1] + kx) * s.group_in();
                for o in 0..s.group_out() {
                    for c in 0..s.group_in() {
                        if let Some(slot) = flipped.next() {
                            *slot = w[(tap + c) * s.out_channels + group * s.group_out() + o];
                        }
                    }
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
