//! Pooling of images `(N, H, W, C)`, every channel by itself.
//!
//! A window looks at its taps in ascending `(ky, kx)`; a tap in the padding is left out. Adjoints add to a pixel in
//! ascending order of the output positions, starting from 0.

use super::Real;
use super::reduce::beats;
use crate::shape::Pool2dShape;
use std::ops::Range;

/// The largest pixel of each window, `y (N, OH, OW, C)`, and its tap `ky * KW + kx` in `index`. The first of equals
/// wins, NaN counts as the largest. A window that lies in the padding alone gives minus infinity and tap 0.
pub fn max_pool<T: Real>(s: &Pool2dShape, x: &[T], y: &mut [T], index: &mut [u32]) {
    let c = s.channels;
    for_each_window(s, |at, window| {
        let (y, index) = (&mut y[at..at + c], &mut index[at..at + c]);
        y.fill(T::NEG_INFINITY);
        let mut first = true;
        window.for_each_tap(|tap, pixel| {
            for ((y, index), &x) in y.iter_mut().zip(&mut *index).zip(&x[pixel..pixel + c]) {
                let take = first | beats(x, *y);
                *y = if take { x } else { *y };
                *index = if take { tap } else { *index };
            }
            first = false;
        });
        if first {
            index.fill(0);
        }
    });
}

/// The adjoint of [`pool_gather`], and of [`max_pool`] with its index: adds each `dy (N, OH, OW, C)` to the pixel of
/// its window that `index` names, `dx (N, H, W, C)`.
pub fn max_unpool<T: Real>(s: &Pool2dShape, dy: &[T], index: &[u32], dx: &mut [T]) {
    let c = s.channels;
    dx.fill(T::ZERO);
    for_each_window(s, |at, window| {
        let (dy, index) = (&dy[at..at + c], &index[at..at + c]);
        window.for_each_tap(|tap, pixel| {
            for ((dx, &dy), &index) in dx[pixel..pixel + c].iter_mut().zip(dy).zip(index) {
                *dx += if index == tap { dy } else { T::ZERO };
            }
        });
    });
}

/// The pixel of each window that `index` names, `y (N, OH, OW, C)`; 0 if that tap lies in the padding.
pub fn pool_gather<T: Real>(s: &Pool2dShape, x: &[T], index: &[u32], y: &mut [T]) {
    let c = s.channels;
    for_each_window(s, |at, window| {
        let (y, index) = (&mut y[at..at + c], &index[at..at + c]);
        y.fill(T::ZERO);
        window.for_each_tap(|tap, pixel| {
            for ((y, &x), &index) in y.iter_mut().zip(&x[pixel..pixel + c]).zip(index) {
                *y = if index == tap { x } else { *y };
            }
        });
    });
}

/// The mean of each window, `y (N, OH, OW, C)`: the sum over its taps divided by their number, with `count_padding`
/// all `KH * KW`, else those inside the image (ONNX `count_include_pad`). 0 for a window in the padding alone.
pub fn average_pool<T: Real>(s: &Pool2dShape, count_padding: bool, x: &[T], y: &mut [T]) {
    let c = s.channels;
    for_each_window(s, |at, window| {
        let y = &mut y[at..at + c];
        y.fill(T::ZERO);
        window.for_each_tap(|_, pixel| y.iter_mut().zip(&x[pixel..pixel + c]).for_each(|(y, &x)| *y += x));
        let count = window.count(count_padding);
        y.iter_mut().for_each(|y| *y /= count);
    });
}

/// The adjoint of [`average_pool`]: adds each `dy (N, OH, OW, C)`, divided by the count, to the pixels of its
/// window, `dx (N, H, W, C)`.
pub fn average_pool_gradient<T: Real>(s: &Pool2dShape, count_padding: bool, dy: &[T], dx: &mut [T]) {
    let c = s.channels;
    dx.fill(T::ZERO);
    for_each_window(s, |at, window| {
        let (dy, count) = (&dy[at..at + c], window.count(count_padding));
        window.for_each_tap(|_, pixel| {
            dx[pixel..pixel + c].iter_mut().zip(dy).for_each(|(dx, &dy)| *dx += dy / count);
        });
    });
}

/// One window on one image: the taps that lie inside, and where they lie.
struct Placed<'a> {
    shape: &'a Pool2dShape,
    /// Taps inside the image, vertically and horizontally.
    taps: [Range<usize>; 2],
    /// First element of the pixel under the first of them.
    pixel: usize,
}

impl Placed<'_> {
    /// Calls `f(tap, first element of its pixel)` in ascending order.
    #[inline(always)]
    fn for_each_tap(&self, mut f: impl FnMut(u32, usize)) {
        let [_, width] = self.shape.input;
        let [dy, dx] = self.shape.window.dilation;
        let c = self.shape.channels;
        let [ys, xs] = &self.taps;
        for (row, ky) in ys.clone().enumerate() {
            for (column, kx) in xs.clone().enumerate() {
                let tap = ky * self.shape.window.kernel[1] + kx;
                f(tap as u32, self.pixel + (row * dy * width + column * dx) * c);
            }
        }
    }

    /// The divisor of a mean, at least 1.
    fn count<T: Real>(&self, with_padding: bool) -> T {
        let [kh, kw] = self.shape.window.kernel;
        let n = if with_padding { kh * kw } else { self.taps[0].len() * self.taps[1].len() };
        T::from_f64(n.max(1) as f64)
    }
}

/// Calls `f(first element of the output pixel, window)` for every output position, in ascending order.
#[inline(always)]
fn for_each_window(s: &Pool2dShape, mut f: impl FnMut(usize, Placed<'_>)) {
    let ([h, w], [oh, ow], c) = (s.input, s.output, s.channels);
    let mut at = 0;
    for image in 0..s.batch {
        for oy in 0..oh {
            let (ys, top) = inside(s, 0, oy);
            for ox in 0..ow {
                let (xs, left) = inside(s, 1, ox);
                let pixel = ((image * h + top) * w + left) * c;
                f(at, Placed { shape: s, taps: [ys.clone(), xs], pixel });
                at += c;
            }
        }
    }
}

/// The taps of output place `o` along `axis` that lie inside the image, and the pixel row or column of the first.
#[inline(always)]
fn inside(s: &Pool2dShape, axis: usize, o: usize) -> (Range<usize>, usize) {
    let w = &s.window;
    // counted from the first row of the padded image
    let (start, before) = (o * w.stride[axis], w.padding[axis][0]);
    let first = before.saturating_sub(start).div_ceil(w.dilation[axis]);
    let end = (before + s.input[axis]).saturating_sub(start).div_ceil(w.dilation[axis]).min(w.kernel[axis]);
    let first = first.min(end);
    (first..end, (start + first * w.dilation[axis]).saturating_sub(before))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::kernels::test_util::{bits, numbers};
    use crate::shape::Window;

    fn shape(batch: usize, input: [usize; 2], channels: usize, window: Window) -> Pool2dShape {
        Pool2dShape { batch, input, channels, window, output: window.output("pool", input).unwrap() }
    }

    fn shapes() -> Vec<Pool2dShape> {
        let square = |k: usize, stride: usize| Window::new([k; 2]).stride([stride; 2]);
        let mut shapes: Vec<_> = (1..34).map(|c| shape(2, [4, 6], c, square(2, 2))).collect();
        shapes.extend((2..12).map(|n| shape(1, [n, 13 - n], 3, square(2, 2))));
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
        for s in shapes() {
            let c = s.channels;
            // few different values, so that equal ones meet; some NaN
            let coarse = |x: &f32| if *x > 0.93 { f32::NAN } else { (x * 2.0).round() };
            let x: Vec<_> = numbers::<f32>(1, s.x().len()).iter().map(coarse).collect();
            let len = s.y().len();
            let (mut y, mut index) = (vec![0.0; len], vec![9; len]);
            max_pool(&s, &x, &mut y, &mut index);
            let dy = numbers::<f32>(2, len);
            let (mut dx, mut want_dx) = (vec![9.0; x.len()], vec![0.0; x.len()]);
            max_unpool(&s, &dy, &index, &mut dx);
            let mut gathered = vec![9.0; len];
            pool_gather(&s, &x, &index, &mut gathered);
            for o in 0..len {
                let (mut best, mut tap, mut at) = (f32::NEG_INFINITY, 0, None);
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
            assert_eq!(bits(&dx), bits(&want_dx), "{s:?}");
        }
    }

    #[test]
    fn mean_and_its_adjoint_follow_the_definition() {
        for (s, count_padding) in shapes().into_iter().flat_map(|s| [(s, false), (s, true)]) {
            let c = s.channels;
            let (x, dy) = (numbers::<f32>(3, s.x().len()), numbers::<f32>(4, s.y().len()));
            let (mut y, mut dx, mut want_dx) = (dy.clone(), x.clone(), vec![0.0; x.len()]);
            average_pool(&s, count_padding, &x, &mut y);
            average_pool_gradient(&s, count_padding, &dy, &mut dx);
            for (o, y) in y.iter().enumerate() {
                let taps = taps(&s, o / c);
                let inside = taps.iter().filter_map(|(_, pixel)| *pixel);
                let count = if count_padding { taps.len() } else { inside.clone().count() };
                let count = count.max(1) as f32;
                let sum = inside.clone().fold(0.0, |sum, pixel| sum + x[pixel + o % c]);
                assert_eq!((sum / count).to_bits(), y.to_bits(), "{s:?} at {o}");
                inside.for_each(|pixel| want_dx[pixel + o % c] += dy[o] / count);
            }
            assert_eq!(bits(&dx), bits(&want_dx), "{s:?}");
        }
    }
}
