//! Matrix products and convolutions on numbers at the edges of their type, of every size: NaN and infinities spread, signs
//! of zero and subnormal numbers stay, exactly as in the plain loops.

use super::test_util::{both, numbers, strange_windows, sweep};
use super::{
    ConvProduct, Init, MatMul, Real, Workspace, conv2d, conv2d_filter_gradient, conv2d_input_gradient,
    conv2d_scratch, matmul,
};
use crate::shape::{Conv2dShape, Window};
#[cfg(target_family = "wasm")]
use wasm_bindgen_test::wasm_bindgen_test as test;

/// The triple loop.
fn naive<T: Real>(p: &MatMul, a: &[T], b: &[T], start: impl Fn(usize) -> T, c: &mut [T]) {
    for (at, c) in c.iter_mut().enumerate() {
        let (r, j) = (at / p.n, at % p.n);
        *c = (0..p.k).fold(start(at), |sum, i| {
            let a = a[if p.transpose_a { i * p.m + r } else { r * p.k + i }];
            sum + a * b[if p.transpose_b { j * p.k + i } else { i * p.n + j }]
        });
    }
}

#[test]
fn products_of_any_size_and_any_numbers() {
    // rows, terms, columns and all at once; strides that crowd into few sets of a cache
    let sizes: [fn(usize) -> [usize; 3]; 5] =
        [|n| [n, 9, 13], |n| [6, n, 11], |n| [7, 10, n], |n| [n, n, n], |n| [n, 3, 256]];
    for size in sizes {
        for (transpose_a, transpose_b) in [(false, false), (true, false), (false, true), (true, true)] {
            let product = |n| {
                let [m, k, n] = size(n);
                MatMul { m, k, n, transpose_a, transpose_b }
            };
            let lengths = |n| {
                let MatMul { m, k, n, .. } = product(n);
                ([m * k, k * n, n, m * n], m * n)
            };
            both!(T =>
                let run = |n: usize, a: &[T], b: &[T], init: Init<'_, T>, c: &mut [T]| {
                    let p = product(n);
                    matmul(&p, a, b, init, c, &mut vec![T::NAN; p.scratch()]);
                };
                sweep::<T, 4>(
                    "product",
                    lengths,
                    |n, [a, b, ..], c| run(n, a, b, Init::Zero, c),
                    |n, [a, b, ..], c| naive(&product(n), a, b, |_| 0.0, c),
                );
                sweep::<T, 4>(
                    "product and bias",
                    lengths,
                    |n, [a, b, bias, _], c| run(n, a, b, Init::Bias(bias), c),
                    |n, [a, b, bias, _], c| naive(&product(n), a, b, |at| bias[at % bias.len()], c),
                );
                sweep::<T, 4>(
                    "product added",
                    lengths,
                    |n, [a, b, _, before], c| {
                        c.copy_from_slice(before);
                        run(n, a, b, Init::Accumulate, c);
                    },
                    |n, [a, b, _, before], c| naive(&product(n), a, b, |at| before[at], c),
                );
            );
        }
    }
}

/// Every meeting of a place `(image, oy, ox)` and a tap `(ky, kx)`, with the pixel under it, `None` in the border.
fn meetings(s: &Conv2dShape) -> impl Iterator<Item = (usize, usize, Option<usize>)> + use<> {
    let s = *s;
    let [[oh, ow], [kh, kw], [h, w]] = [s.output, s.window.kernel, s.input];
    (0..s.batch * oh * ow * kh * kw).map(move |i| {
        let (tap, place) = (i % (kh * kw), i / (kh * kw));
        let pixel = |axis: usize, o: usize, k: usize| {
            let at = o * s.window.stride[axis] + k * s.window.dilation[axis];
            at.checked_sub(s.window.padding[axis][0]).filter(|&at| at < [h, w][axis])
        };
        let (y, x) = (pixel(0, place / ow % oh, tap / kw), pixel(1, place % ow, tap % kw));
        (place, tap, y.zip(x).map(|(y, x)| (place / (oh * ow) * h + y) * w + x))
    })
}

/// Every product of `x`, `w` and `y`: their indices, that of `x` `None` in the border; in the contract's order of
/// all three sums.
fn products(s: &Conv2dShape) -> impl Iterator<Item = (Option<usize>, usize, usize)> + use<> {
    let s = *s;
    meetings(&s).flat_map(move |(place, tap, pixel)| {
        (0..s.out_channels * s.group_in()).map(move |i| {
            let (o, c) = (i / s.group_in(), i % s.group_in());
            let channel = o / s.group_out() * s.group_in() + c;
            let x = pixel.map(|pixel| pixel * s.in_channels + channel);
            (x, (tap * s.group_in() + c) * s.out_channels + o, place * s.out_channels + o)
        })
    })
}

fn scratch<T: Real>(s: &Conv2dShape, which: ConvProduct) -> (Vec<T>, Vec<u32>) {
    let Workspace { reals, indices } = conv2d_scratch(s, which);
    (vec![T::NAN; reals], vec![u32::MAX; indices])
}

/// All three products of the convolutions that a size makes. `border`: whether they have one. Its zeros meet the filter in
/// the forward pass and the result's gradient in the filter's, and 0 times infinity is NaN; the image's gradient
/// leaves out what lies outside, and there the filter must be finite.
fn check(shape: impl Fn(usize) -> Option<Conv2dShape>) {
    // a size that makes no convolution has no elements
    let lengths = |n| shape(n).map_or([0; 4], |s| [s.x().len(), s.w().len(), s.y().len(), s.out_channels]);
    both!(T =>
        sweep::<T, 3>(
            "convolution",
            |n| { let [x, w, y, o] = lengths(n); ([x, w, o], y) },
            |n, [x, w, bias], y| if let Some(s) = shape(n) {
                let (mut reals, mut offsets) = scratch(&s, ConvProduct::Forward);
                conv2d(&s, x, w, Some(bias), y, &mut reals, &mut offsets);
            },
            |n, [x, w, bias], y| if let Some(s) = shape(n) {
                (0..y.len()).for_each(|i| y[i] = bias[i % bias.len()]);
                products(&s).for_each(|(i, j, k)| y[k] += i.map_or(0.0, |i| x[i]) * w[j]);
            },
        );
        sweep::<T, 2>(
            "gradient of the filter",
            |n| { let [x, w, y, _] = lengths(n); ([x, y], w) },
            |n, [x, dy], dw| if let Some(s) = shape(n) {
                let (mut reals, mut offsets) = scratch(&s, ConvProduct::FilterGradient);
                conv2d_filter_gradient(&s, x, dy, dw, true, &mut reals, &mut offsets);
            },
            |n, [x, dy], dw| if let Some(s) = shape(n) {
                products(&s).for_each(|(i, j, k)| dw[j] += i.map_or(0.0, |i| x[i]) * dy[k]);
            },
        );
        let finite = |w: &[T]| w.iter().map(|w| if w.abs() < 2.0 { *w } else { 0.5 }).collect::<Vec<_>>();
        sweep::<T, 2>(
            "gradient of the image",
            |n| { let [x, w, y, _] = lengths(n); ([y, w], x) },
            |n, [dy, w], dx| if let Some(s) = shape(n) {
                let (mut reals, mut offsets) = scratch(&s, ConvProduct::InputGradient);
                conv2d_input_gradient(&s, dy, &finite(w), dx, &mut reals, &mut offsets);
            },
            |n, [dy, w], dx| if let Some(s) = shape(n) {
                let w = finite(w);
                dx.fill(0.0);
                products(&s).for_each(|(i, j, k)| if let Some(i) = i { dx[i] += dy[k] * w[j] });
            },
        );
    );
}

fn convolution(
    input: [usize; 2],
    [in_channels, out_channels, groups]: [usize; 3],
    window: Window,
) -> Option<Conv2dShape> {
    let output = window.output("conv", input).ok()?;
    (in_channels > 0 && out_channels > 0 && groups > 0).then_some(Conv2dShape {
        batch: 2,
        input,
        in_channels,
        out_channels,
        groups,
        window,
        output,
    })
}

#[test]
fn convolutions_of_any_channels_and_any_numbers() {
    let same = |kernel| Window::new(kernel).same([3, 4]);
    check(|n| convolution([3, 4], [n, 5, 1], same([3, 3])));
    check(|n| convolution([3, 4], [2, n, 1], same([2, 3])));
    check(|n| convolution([4, 3], [n, n, n], Window::new([2, 2]).stride([2, 1])));
    check(|n| convolution([2, 3], [2 * n, 3 * n, n], Window::new([2, 2])));
}

#[test]
fn convolutions_of_any_image_and_any_numbers() {
    check(|n| convolution([2, n], [2, 9, 1], Window::new([2, 3]).same([2, n])));
    check(|n| convolution([n, 1], [3, 4, 1], Window::new([3, 1]).stride([2, 1])));
    for (input, window) in strange_windows() {
        check(|n| convolution([input[0], input[1] + n / 4], [3, 1 + n % 6, 1], window));
    }
}

/// A sum in Winograd's order sees the whole tile: what is not finite may spread to the tile's other outputs, no further.
#[test]
fn winograd_shows_every_number_that_is_not_finite_and_keeps_it_near() {
    let s = convolution([9, 10], [16, 17, 1], Window::new([3, 3]).same([9, 10])).unwrap();
    let (x, w): (Vec<f32>, Vec<f32>) = (numbers(1, s.x().len()), numbers(2, s.w().len()));
    for odd in [f32::NAN, f32::INFINITY, f32::NEG_INFINITY] {
        let mut x = x.clone();
        let (at_y, at_x) = (4, 7);
        x[(at_y * 10 + at_x) * s.in_channels + 5] = odd;
        let mut y = vec![0.0; s.y().len()];
        let (mut reals, mut offsets) = scratch(&s, ConvProduct::Forward);
        conv2d(&s, &x, &w, None, &mut y, &mut reals, &mut offsets);
        for (i, y) in y.iter().enumerate() {
            let place = i / s.out_channels;
            let (image, oy, ox) = (place / 90, place / 10 % 9, place % 10);
            let far = |most: usize| image > 0 || oy.abs_diff(at_y) > most || ox.abs_diff(at_x) > most;
            assert!(far(1) || !y.is_finite(), "{odd} at {at_y}, {at_x} is lost at {oy}, {ox}");
            assert!(!far(2) || y.is_finite(), "{odd} at {at_y}, {at_x} reaches {oy}, {ox} of image {image}");
        }
    }
}
