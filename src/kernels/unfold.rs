//! The pixels that each window of an image sees, side by side, and the adjoint of putting them there.

use super::Real;
use crate::shape::Pool2dShape;

/// Calls `f` with the place of each run of `channels` numbers in the windows, `(OH, OW, N, KH, KW, C)`, and with that in
/// the images `(N, H, W, C)`, or `None` in the padding; the windows ascending.
fn for_each_tap(s: &Pool2dShape, mut f: impl FnMut(usize, Option<usize>)) {
    let ([h, w], [oh, ow], window) = (s.input, s.output, &s.window);
    let inside = |o: usize, k: usize, axis: usize, most: usize| {
        let place = o * window.stride[axis] + k * window.dilation[axis];
        place.checked_sub(window.padding[axis][0]).filter(|&p| p < most)
    };
    let mut at = 0;
    for oy in 0..oh {
        for ox in 0..ow {
            for n in 0..s.batch {
                for ky in 0..window.kernel[0] {
                    let y = inside(oy, ky, 0, h);
                    for kx in 0..window.kernel[1] {
                        let x = inside(ox, kx, 1, w);
                        let pixel = y.zip(x).map(|(y, x)| ((n * h + y) * w + x) * s.channels);
                        f(at, pixel);
                        at += s.channels;
                    }
                }
            }
        }
    }
}

/// The windows of `x (N, H, W, C)` as `(OH, OW, N, KH, KW, C)`; padding is 0.
pub fn unfold<T: Real>(s: &Pool2dShape, x: &[T], windows: &mut [T]) {
    let c = s.channels;
    for_each_tap(s, |at, pixel| {
        let Some(to) = windows.get_mut(at..at + c) else { return };
        match pixel.and_then(|p| x.get(p..p + c)) {
            Some(from) => to.copy_from_slice(from),
            None => to.fill(T::ZERO),
        }
    });
}

/// The adjoint of [`unfold`]: each pixel is the sum of what the windows hold of it, in their order.
pub fn fold<T: Real>(s: &Pool2dShape, windows: &[T], x: &mut [T]) {
    let c = s.channels;
    x.fill(T::ZERO);
    for_each_tap(s, |at, pixel| {
        let Some(to) = pixel.and_then(|p| x.get_mut(p..p + c)) else { return };
        to.iter_mut().zip(&windows[at..]).for_each(|(x, w)| *x += *w);
    });
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::kernels::test_util::{both, strange_windows, sweep};
    #[cfg(target_family = "wasm")]
    use wasm_bindgen_test::wasm_bindgen_test as test;

    /// The element of the image that element `at` of the windows is; `None` in the padding.
    fn source(s: &Pool2dShape, at: usize) -> Option<usize> {
        let [kh, kw] = s.window.kernel;
        let (c, rest) = (at % s.channels, at / s.channels);
        let ([kx, ky], rest) = ([rest % kw, rest / kw % kh], rest / kw / kh);
        let (n, rest) = (rest % s.batch, rest / s.batch);
        let [ox, oy] = [rest % s.output[1], rest / s.output[1]];
        let pixel = |axis: usize, o: usize, k: usize| {
            let at = o * s.window.stride[axis] + k * s.window.dilation[axis];
            at.checked_sub(s.window.padding[axis][0]).filter(|&at| at < s.input[axis])
        };
        let (y, x) = pixel(0, oy, ky).zip(pixel(1, ox, kx))?;
        Some(((n * s.input[0] + y) * s.input[1] + x) * s.channels + c)
    }

    #[test]
    fn windows_and_their_adjoint_follow_the_definition() {
        for (input, window) in strange_windows() {
            let output = window.output("unfold", input).unwrap();
            let shape = |channels| Pool2dShape { batch: 2, input, channels, window, output };
            let windows = |s: &Pool2dShape| s.y().len() * window.kernel[0] * window.kernel[1];
            both!(T =>
                sweep::<T, 1>(
                    "unfold",
                    |c| ([shape(c).x().len()], windows(&shape(c))),
                    |c, [x], y| unfold(&shape(c), x, y),
                    |c, [x], y| {
                        (0..y.len()).for_each(|i| y[i] = source(&shape(c), i).map_or(0.0, |from| x[from]));
                    },
                );
                sweep::<T, 1>(
                    "fold",
                    |c| ([windows(&shape(c))], shape(c).x().len()),
                    |c, [x], y| fold(&shape(c), x, y),
                    |c, [x], y| {
                        y.fill(0.0);
                        (0..x.len()).for_each(|i| if let Some(to) = source(&shape(c), i) { y[to] += x[i] });
                    },
                );
            );
        }
    }
}
