//! Pooling of images `(N, H, W, C)`, every channel by itself.
//!
//! A window looks at its taps in ascending `(ky, kx)`; a tap in the padding is left out. Adjoints add to a pixel in
//! ascending order of the output positions, starting from 0.

use super::Real;
use super::reduce::beats;
use super::simd::Vector;
use crate::shape::Pool2dShape;
use std::ops::Range;

/// Evaluates an expression for all channels in blocks, with the block's size and the taps of a dense 2 x 2 window
/// without padding, by far the most frequent one, as constants: for such windows (`$often`), in the type that trains,
/// blocks are of 8, 4 and 1 channels; for all others, where the taps are 0, of 4 and 1.
macro_rules! by_channels {
    ($often:expr, $shape:ident, $taps:ident, $lanes:ident, $channel:ident => $call:expr) => {{
        let mut next = 0;
        if T::TRAINS && $often {
            by_channels!(2, 8, next, $shape, $taps, $lanes, $channel => $call);
            by_channels!(2, 4, next, $shape, $taps, $lanes, $channel => $call);
            by_channels!(2, 1, next, $shape, $taps, $lanes, $channel => $call);
        } else {
            by_channels!(0, 4, next, $shape, $taps, $lanes, $channel => $call);
            by_channels!(0, 1, next, $shape, $taps, $lanes, $channel => $call);
        }
    }};
    ($k:literal, $size:literal, $next:ident, $shape:ident, $taps:ident, $lanes:ident, $channel:ident => $call:expr) => {
        while $shape.channels - $next >= $size {
            const $taps: usize = $k;
            const $lanes: usize = $size;
            let $channel = $next;
            $call;
            $next += $size;
        }
    };
}

/// A 2 x 2 window whose taps are neighbours and never in the padding.
fn is_dense_2x2(s: &Pool2dShape) -> bool {
    s.window.kernel == [2; 2] && s.window.dilation == [1; 2] && s.window.padding == [[0; 2]; 2]
}

/// The largest pixel of each window, `y (N, OH, OW, C)`, and its tap `ky * KW + kx` in `index`. The first of equals
/// wins, NaN counts as the largest. A window that lies in the padding alone gives minus infinity and tap 0.
pub fn max_pool<T: Real>(s: &Pool2dShape, x: &[T], y: &mut [T], index: &mut [u32]) {
    let often = is_dense_2x2(s);
    for_each_row(s, x.len(), y.len().min(index.len()), &mut |row| {
        by_channels!(often, s, K, L, c => max_pool_row::<T, K, L>(row, c, x, y, index));
    });
}

#[inline(never)]
fn max_pool_row<T: Real, const K: usize, const L: usize>(
    row: &Row<'_>,
    c: usize,
    x: &[T],
    y: &mut [T],
    index: &mut [u32],
) {
    if size_of::<T>() == size_of::<u32>() && L.is_multiple_of(T::Vector::LANES) {
        for c in (c..c + L).step_by(T::Vector::LANES) {
            max_pool_vectors::<T, K>(row, c, x, y, index);
        }
        return;
    }
    // SAFETY: `row` was checked against the lengths of these slices, and channels c .. c + L exist.
    unsafe {
        for ox in 0..row.shape.output[1] {
            let window = row.window::<K>(ox);
            let (mut best, mut at) = ([T::NEG_INFINITY; L], [window.first_tap(); L]);
            window.for_each_tap(|tap, pixel| {
                let x = read::<T, L>(x, pixel + c);
                if K > 0 && tap == 0 {
                    best = x;
                    return;
                }
                for l in 0..L {
                    let take = beats(x[l], best[l]);
                    best[l] = if take { x[l] } else { best[l] };
                    at[l] = if take { tap } else { at[l] };
                }
            });
            write(y, window.place + c, best);
            write(index, window.place + c, at);
        }
    }
}

/// One vector of channels of a row, where an index is as long as a lane: a tap rides in a lane's bits.
#[inline(always)]
fn max_pool_vectors<T: Real, const K: usize>(
    row: &Row<'_>,
    c: usize,
    x: &[T],
    y: &mut [T],
    index: &mut [u32],
) {
    // SAFETY: `row` was checked against the lengths of these slices, channels c .. c + LANES exist, and an index is as
    // long as a `T`.
    unsafe {
        let in_lanes = |tap: u32| T::Vector::load_splat((&raw const tap).cast());
        for ox in 0..row.shape.output[1] {
            let window = row.window::<K>(ox);
            let (mut best, mut at) = (T::Vector::splat(T::NEG_INFINITY), in_lanes(window.first_tap()));
            window.for_each_tap(|tap, pixel| {
                let x = T::Vector::load(x.as_ptr().add(pixel + c));
                if K > 0 && tap == 0 {
                    best = x;
                    return;
                }
                let take = x.beats(best);
                best = take.choose(x, best);
                at = take.choose(in_lanes(tap), at);
            });
            best.store(y.as_mut_ptr().add(window.place + c));
            at.store(index.as_mut_ptr().add(window.place + c).cast());
        }
    }
}

/// The adjoint of [`pool_gather`], and of [`max_pool`] with its index: adds each `dy (N, OH, OW, C)` to the pixel of
/// its window that `index` names, `dx (N, H, W, C)`. The sign of a zero is that of `dy` or plus.
pub fn max_unpool<T: Real>(s: &Pool2dShape, dy: &[T], index: &[u32], dx: &mut [T]) {
    let w = &s.window;
    // windows side by side fill every pixel they cover: store, where others must add
    let tiles = w.stride == w.kernel && w.dilation == [1; 2] && w.padding == [[0; 2]; 2];
    if !tiles || (0..2).any(|i| s.input[i] != s.output[i] * w.kernel[i]) {
        dx.fill(T::ZERO);
    }
    let often = tiles && is_dense_2x2(s);
    for_each_row(s, dx.len(), dy.len().min(index.len()), &mut |row| {
        by_channels!(often, s, K, L, c => max_unpool_row::<T, K, L>(row, c, tiles, dy, index, dx));
    });
}

#[inline(never)]
fn max_unpool_row<T: Real, const K: usize, const L: usize>(
    row: &Row<'_>,
    c: usize,
    tiles: bool,
    dy: &[T],
    index: &[u32],
    dx: &mut [T],
) {
    // SAFETY: `row` was checked against the lengths of these slices, and channels c .. c + L exist.
    unsafe {
        for ox in 0..row.shape.output[1] {
            let window = row.window::<K>(ox);
            let dy = read::<T, L>(dy, window.place + c);
            let index = read::<u32, L>(index, window.place + c);
            window.for_each_tap(|tap, pixel| {
                let mut part = [T::ZERO; L];
                for l in 0..L {
                    part[l] = if index[l] == tap { dy[l] } else { T::ZERO };
                }
                if K == 0 {
                    let dx = read::<T, L>(dx, pixel + c);
                    for l in 0..L {
                        part[l] = if tiles { part[l] } else { part[l] + dx[l] };
                    }
                }
                write(dx, pixel + c, part);
            });
        }
    }
}

/// The pixel of each window that `index` names, `y (N, OH, OW, C)`; 0 if that tap lies in the padding.
pub fn pool_gather<T: Real>(s: &Pool2dShape, x: &[T], index: &[u32], y: &mut [T]) {
    for_each_row(s, x.len(), y.len().min(index.len()), &mut |row| {
        by_channels!(false, s, K, L, c => pool_gather_row::<T, K, L>(row, c, x, index, y));
    });
}

#[inline(never)]
fn pool_gather_row<T: Real, const K: usize, const L: usize>(
    row: &Row<'_>,
    c: usize,
    x: &[T],
    index: &[u32],
    y: &mut [T],
) {
    // SAFETY: `row` was checked against the lengths of these slices, and channels c .. c + L exist.
    unsafe {
        for ox in 0..row.shape.output[1] {
            let window = row.window::<K>(ox);
            let index = read::<u32, L>(index, window.place + c);
            let mut named = [T::ZERO; L];
            window.for_each_tap(|tap, pixel| {
                let x = read::<T, L>(x, pixel + c);
                for l in 0..L {
                    named[l] = if index[l] == tap { x[l] } else { named[l] };
                }
            });
            write(y, window.place + c, named);
        }
    }
}

/// The mean of each window, `y (N, OH, OW, C)`: the sum over its taps divided by their number, with `count_padding`
/// all `KH * KW`, else those inside the image (ONNX `count_include_pad`). 0 for a window in the padding alone.
pub fn average_pool<T: Real>(s: &Pool2dShape, count_padding: bool, x: &[T], y: &mut [T]) {
    let often = is_dense_2x2(s);
    for_each_row(s, x.len(), y.len(), &mut |row| {
        by_channels!(often, s, K, L, c => average_pool_row::<T, K, L>(row, c, count_padding, x, y));
    });
}

#[inline(never)]
fn average_pool_row<T: Real, const K: usize, const L: usize>(
    row: &Row<'_>,
    c: usize,
    count_padding: bool,
    x: &[T],
    y: &mut [T],
) {
    // SAFETY: `row` was checked against the lengths of these slices, and channels c .. c + L exist.
    unsafe {
        for ox in 0..row.shape.output[1] {
            let window = row.window::<K>(ox);
            let mut sum = [T::ZERO; L];
            window.for_each_tap(|_, pixel| {
                let x = read::<T, L>(x, pixel + c);
                for l in 0..L {
                    sum[l] += x[l];
                }
            });
            let count = window.count(count_padding);
            write(y, window.place + c, sum.map(|sum| sum / count));
        }
    }
}

/// The adjoint of [`average_pool`]: adds each `dy (N, OH, OW, C)`, divided by the count, to the pixels of its
/// window, `dx (N, H, W, C)`.
pub fn average_pool_gradient<T: Real>(s: &Pool2dShape, count_padding: bool, dy: &[T], dx: &mut [T]) {
    dx.fill(T::ZERO);
    let often = is_dense_2x2(s);
    for_each_row(s, dx.len(), dy.len(), &mut |row| {
        by_channels!(often, s, K, L, c => average_pool_gradient_row::<T, K, L>(row, c, count_padding, dy, dx));
    });
}

#[inline(never)]
fn average_pool_gradient_row<T: Real, const K: usize, const L: usize>(
    row: &Row<'_>,
    c: usize,
    count_padding: bool,
    dy: &[T],
    dx: &mut [T],
) {
    // SAFETY: `row` was checked against the lengths of these slices, and channels c .. c + L exist.
    unsafe {
        for ox in 0..row.shape.output[1] {
            let window = row.window::<K>(ox);
            let count = window.count(count_padding);
            let part = read::<T, L>(dy, window.place + c).map(|dy| dy / count);
            window.for_each_tap(|_, pixel| {
                let mut sum = read::<T, L>(dx, pixel + c);
                for l in 0..L {
                    sum[l] += part[l];
                }
                write(dx, pixel + c, sum);
            });
        }
    }
}

/// Reads `L` neighbouring elements.
///
/// # Safety
/// `x` must have them.
#[inline(always)]
unsafe fn read<E: Copy, const L: usize>(x: &[E], at: usize) -> [E; L] {
    debug_assert!(at + L <= x.len());
    // SAFETY: promised; an array of elements is aligned as they are.
    unsafe { x.as_ptr().add(at).cast::<[E; L]>().read() }
}

/// Writes `L` neighbouring elements.
///
/// # Safety
/// `y` must have them.
#[inline(always)]
unsafe fn write<E: Copy, const L: usize>(y: &mut [E], at: usize, values: [E; L]) {
    debug_assert!(at + L <= y.len());
    // SAFETY: promised; an array of elements is aligned as they are.
    unsafe { y.as_mut_ptr().add(at).cast::<[E; L]>().write(values) }
}

/// One row of windows on one image. Made by [`for_each_row`] alone, which has checked that all its pixels exist.
struct Row<'a> {
    shape: &'a Pool2dShape,
    /// First element of the output row.
    place: usize,
    /// Taps that lie inside the image vertically, and the first element of the image row under the first.
    taps: Range<usize>,
    start: usize,
}

/// Calls `f` on every row of windows, from the first image to the last, from top to bottom, for an image batch of
/// `x_len` elements and a result of `y_len`.
fn for_each_row(s: &Pool2dShape, x_len: usize, y_len: usize, f: &mut dyn FnMut(&Row<'_>)) {
    let fits = |i: usize| {
        let [before, after] = s.window.padding[i];
        s.output[i].saturating_sub(1) * s.window.stride[i] + s.window.extent(i) <= before + s.input[i] + after
    };
    assert!(fits(0) && fits(1), "pooling windows beyond the padded image: {s:?}");
    let len =
        |[h, w]: [usize; 2]| [s.batch, h, w, s.channels].iter().fold(1, |n: usize, &d| n.saturating_mul(d));
    assert!(x_len >= len(s.input) && y_len >= len(s.output), "pooling needs more elements: {s:?}");
    for image in 0..s.batch {
        for oy in 0..s.output[0] {
            let (taps, top) = inside(s, 0, oy);
            let place = (image * s.output[0] + oy) * s.output[1] * s.channels;
            let start = (image * s.input[0] + top) * s.input[1] * s.channels;
            f(&Row { shape: s, place, taps, start });
        }
    }
}

/// One window: the taps that lie inside the image, and where they lie. `K` is the number of taps along both axes
/// if all are inside, known to the compiler, or 0.
struct Placed<'a, const K: usize> {
    shape: &'a Pool2dShape,
    taps: [Range<usize>; 2],
    /// First element of the pixel under the first tap.
    start: usize,
    /// First element of the output pixel.
    place: usize,
}

impl<'a> Row<'a> {
    #[inline(always)]
    fn window<const K: usize>(&self, ox: usize) -> Placed<'a, K> {
        let s = self.shape;
        let (across, left) = if K > 0 { (0..K, ox * s.window.stride[1]) } else { inside(s, 1, ox) };
        let taps = [if K > 0 { 0..K } else { self.taps.clone() }, across];
        Placed { shape: s, taps, start: self.start + left * s.channels, place: self.place + ox * s.channels }
    }
}

impl<const K: usize> Placed<'_, K> {
    /// Calls `f(tap, first element of its pixel)` in ascending order.
    #[inline(always)]
    fn for_each_tap(&self, mut f: impl FnMut(u32, usize)) {
        let s = self.shape;
        let step = [0, 1].map(|i| if K > 0 { 1 } else { s.window.dilation[i] } * s.channels);
        let taps_across = if K > 0 { K } else { s.window.kernel[1] };
        let [down, across] = &self.taps;
        for (row, ky) in down.clone().enumerate() {
            for (column, kx) in across.clone().enumerate() {
                let tap = ky * taps_across + kx;
                f(tap as u32, self.start + row * step[0] * s.input[1] + column * step[1]);
            }
        }
    }

    /// The first tap inside the image, 0 if there is none.
    #[inline(always)]
    fn first_tap(&self) -> u32 {
        let [down, across] = &self.taps;
        let inside = !down.is_empty() && !across.is_empty();
        if K == 0 && inside { (down.start * self.shape.window.kernel[1] + across.start) as u32 } else { 0 }
    }

    /// The divisor of a mean, at least 1.
    #[inline(always)]
    fn count<T: Real>(&self, with_padding: bool) -> T {
        let [kh, kw] = self.shape.window.kernel;
        let n = if with_padding { kh * kw } else { self.taps[0].len() * self.taps[1].len() };
        T::from_f64(n.max(1) as f64)
    }
}

/// The taps of output place `o` along `axis` that lie inside the image, and the pixel row or column of the first.
#[inline(never)]
fn inside(s: &Pool2dShape, axis: usize, o: usize) -> (Range<usize>, usize) {
    let w = &s.window;
    // counted from the first row of the padded image
    let (start, before, end) = (o * w.stride[axis], w.padding[axis][0], w.padding[axis][0] + s.input[axis]);
    if start >= before && start + w.extent(axis) <= end {
        return (0..w.kernel[axis], start - before);
    }
    let first = before.saturating_sub(start).div_ceil(w.dilation[axis]);
    let end = end.saturating_sub(start).div_ceil(w.dilation[axis]).min(w.kernel[axis]);
    let first = first.min(end);
    (first..end, (start + first * w.dilation[axis]).saturating_sub(before))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::kernels::test_util::{bits, both, strange_windows, uneven};
    use crate::shape::Window;
    #[cfg(target_family = "wasm")]
    use wasm_bindgen_test::wasm_bindgen_test as test;

    fn shape(batch: usize, input: [usize; 2], channels: usize, window: Window) -> Pool2dShape {
        Pool2dShape { batch, input, channels, window, output: window.output("pool", input).unwrap() }
    }

    fn shapes() -> Vec<Pool2dShape> {
        let square = |k: usize, stride: usize| Window::new([k; 2]).stride([stride; 2]);
        let mut shapes: Vec<_> = (1..34).map(|c| shape(2, [4, 6], c, square(2, 2))).collect();
        shapes.extend((2..12).map(|n| shape(1, [n, 13 - n], 3, square(2, 2))));
        for (i, (input, window)) in strange_windows().into_iter().enumerate() {
            shapes.extend([0, 1, 4, 7, 13].map(|c| shape(2, input, c + i, window)));
        }
        shapes.extend([
            shape(2, [7, 8], 5, square(3, 2).padding([[1, 1], [0, 2]])),
            shape(1, [5, 5], 4, square(3, 1).padding([[1, 1], [1, 1]])),
            shape(1, [9, 7], 2, square(2, 1).dilation([3, 2]).padding([[2, 0], [1, 1]])),
            shape(2, [6, 6], 8, square(2, 3)),
            shape(2, [9, 7], 9, square(3, 3)),
            shape(1, [3, 4], 6, Window::new([3, 4])),
            shape(1, [2, 2], 3, square(1, 1).padding([[1, 1], [1, 1]])),
            shape(0, [4, 4], 3, square(2, 2)),
        ]);
        shapes
    }

    /// The pixels of a window: (tap, first element of the pixel, if it is inside).
    fn taps(s: &Pool2dShape, o: usize) -> Vec<(u32, Option<usize>)> {
        let ([h, w], [oh, ow], win) = (s.input, s.output, s.window);
        let (n, oy, ox) = (o / ow / oh, o / ow % oh, o % ow);
        let mut taps = Vec::new();
        for ky in 0..win.kernel[0] {
            for kx in 0..win.kernel[1] {
                let y = (oy * win.stride[0] + ky * win.dilation[0]).checked_sub(win.padding[0][0]);
                let x = (ox * win.stride[1] + kx * win.dilation[1]).checked_sub(win.padding[1][0]);
                let pixel = y.zip(x).filter(|&(y, x)| y < h && x < w);
                let tap = (ky * win.kernel[1] + kx) as u32;
                taps.push((tap, pixel.map(|(y, x)| ((n * h + y) * w + x) * s.channels)));
            }
        }
        taps
    }

    #[test]
    fn maximum_and_its_adjoints_follow_the_definition() {
        both!(T => for (s, share) in shapes().into_iter().flat_map(|s| [(s, 0.02), (s, 0.3)]) {
            let c = s.channels;
            // few different values, so that equal ones meet
            let coarse = |x: &T| if x.is_normal() { (x * 2.0).round() } else { *x };
            let x: Vec<_> = uneven::<T>(1, s.x().len(), share).iter().map(coarse).collect();
            let len = s.y().len();
            let (mut y, mut index) = (vec![0.0; len], vec![9; len]);
            max_pool(&s, &x, &mut y, &mut index);
            let dy = uneven::<T>(2, len, share);
            let (mut dx, mut want_dx) = (vec![9.0; x.len()], vec![0.0; x.len()]);
            max_unpool(&s, &dy, &index, &mut dx);
            let mut gathered = vec![9.0; len];
            pool_gather(&s, &x, &index, &mut gathered);
            for o in 0..len {
                let (mut best, mut tap, mut at) = (T::NEG_INFINITY, 0, None);
                for (t, pixel) in taps(&s, o / c) {
                    let Some(pixel) = pixel.map(|p| p + o % c) else { continue };
                    if at.is_none() || x[pixel] > best || (x[pixel].is_nan() && !best.is_nan()) {
                        (best, tap, at) = (x[pixel], t, Some(pixel));
                    }
                }
                assert_eq!((bits(&[y[o]]), index[o]), (bits(&[best]), tap), "{s:?} at {o}");
                let want = at.map_or(0.0, |at| x[at]);
                assert_eq!(bits(&[gathered[o]]), bits(&[want]), "{s:?} at {o}");
                if let Some(at) = at {
                    want_dx[at] += dy[o];
                }
            }
            dx.iter_mut().for_each(|dx| *dx += 0.0);
            assert_eq!(bits(&dx), bits(&want_dx), "{s:?}");
        });
    }

    #[test]
    fn mean_and_its_adjoint_follow_the_definition() {
        let cases = || {
            shapes()
                .into_iter()
                .flat_map(|s| [(s, false, 0.0), (s, true, 0.0), (s, false, 0.1), (s, true, 0.3)])
        };
        both!(T => for (s, count_padding, share) in cases() {
            let c = s.channels;
            let (x, dy) = (uneven::<T>(3, s.x().len(), share), uneven::<T>(4, s.y().len(), share));
            let (mut y, mut dx, mut want_dx) = (dy.clone(), x.clone(), vec![0.0; x.len()]);
            average_pool(&s, count_padding, &x, &mut y);
            average_pool_gradient(&s, count_padding, &dy, &mut dx);
            for (o, y) in y.iter().enumerate() {
                let taps = taps(&s, o / c);
                let inside = taps.iter().filter_map(|(_, pixel)| *pixel);
                let count = if count_padding { taps.len() } else { inside.clone().count() };
                let count = count.max(1) as T;
                let sum = inside.clone().fold(0.0, |sum, pixel| sum + x[pixel + o % c]);
                assert_eq!(bits(&[sum / count]), bits(&[*y]), "{s:?} at {o}");
                inside.for_each(|pixel| want_dx[pixel + o % c] += dy[o] / count);
            }
            assert_eq!(bits(&dx), bits(&want_dx), "{s:?}");
        });
    }
}
