//! Convolution with 3x3 windows by Winograd's F(2x2, 3x3): 16 products for the 36 of four neighbouring outputs
//! (Lavin, Gray 2016, arXiv:1509.09308).
//!
//! A tile of 2x2 outputs sees 4x4 inputs d. With
//!
//! ```text
//!     1  0 -1  0          1    0    0
//! B = 0  1  1  0      G = 1/2  1/2  1/2     A = 1  1  1  0
//!     0 -1  1  0          1/2 -1/2  1/2         0  1 -1 -1
//!     0  1  0 -1          0    0    1
//! ```
//!
//! it is `A ((G g Gᵀ) * (B d Bᵀ)) Aᵀ`, with * element by element, and the sum over channels makes of each of the 16
//! elements a matrix product (tiles, C) (C, O).
//!
//! The sums run in another order than the direct ones: other bits, an error a few times theirs. So the shape of one image
//! alone decides ([`pays`]), never the batch or the machine, and `f64`, which judges, is always direct.

use super::gemm::{Init, Left, Offsets, Product, Right};
use super::real::Real;
use super::simd::Vector;
use crate::shape::Conv2dShape;

/// Elements of a tile's transform.
const POINTS: usize = 16;

/// Bytes of one transform of the tiles that are worked on at once: with the products they stay near.
const BLOCK: usize = 32 << 10;

/// Whether a convolution of this shape is done so, and the gradient of its image: both by 3x3 windows in single steps,
/// with channels enough to be worth the transforms.
pub(super) fn pays(s: &Conv2dShape) -> bool {
    let w = &s.window;
    w.kernel == [3; 2]
        && w.stride == [1; 2]
        && w.dilation == [1; 2]
        && w.padding.as_flattened().iter().all(|&p| p <= 2)
        && s.groups == 1
        && s.in_channels.min(s.out_channels) >= 16
        && s.input.into_iter().chain(s.output).all(|n| n >= 4)
}

/// A convolution of stride 1 with 3x3 windows.
#[derive(Debug, Clone, Copy)]
pub(super) struct Winograd {
    images: usize,
    /// Height and width of what is read.
    input: [usize; 2],
    /// Height and width of the result.
    output: [usize; 2],
    /// Rows and columns of zeros before what is read.
    before: [usize; 2],
    /// Channels of what is read.
    c: usize,
    /// Channels of the result.
    o: usize,
}

/// `from[0] - from[2], from[1] + from[2], from[2] - from[1], from[1] - from[3]`: a column of `B d`.
#[inline(always)]
fn spread<T, V: Vector<T>>([a, b, c, d]: [V; 4]) -> [V; 4] {
    [a.sub(c), b.add(c), c.sub(b), b.sub(d)]
}

/// `from[0] + from[1] + from[2], from[1] - from[2] - from[3]`: a column of `A m`.
#[inline(always)]
fn gather<T, V: Vector<T>>([a, b, c, d]: [V; 4]) -> [V; 2] {
    [a.add(b).add(c), b.sub(c).sub(d)]
}

/// A column of `G g`.
#[inline(always)]
fn widen<T: Real>([a, b, c]: [T::Vector; 3]) -> [T::Vector; 4] {
    let half = T::Vector::splat(T::from_f64(0.5));
    let sum = a.add(c);
    [a, sum.add(b).mul(half), sum.sub(b).mul(half), c]
}

/// Calls `at` for the first element of every vector of `len` elements; the last ends where they end, and may overlap the one
/// before.
#[inline(always)]
fn vectors<T: Real>(len: usize, mut at: impl FnMut(usize)) {
    let lanes = T::Vector::LANES;
    let last = len.saturating_sub(lanes);
    (0..last).step_by(lanes).for_each(&mut at);
    if len >= lanes {
        at(last);
    }
}

impl Winograd {
    /// `(x, w) -> y`.
    pub fn forward(s: &Conv2dShape) -> Self {
        let [[top, _], [left, _]] = s.window.padding;
        Self {
            images: s.batch,
            input: s.input,
            output: s.output,
            before: [top, left],
            c: s.in_channels,
            o: s.out_channels,
        }
    }

    /// `(dy, flipped w) -> dx`: each pixel sees the results that saw it.
    pub fn input_gradient(s: &Conv2dShape) -> Self {
        let [[top, _], [left, _]] = s.window.padding;
        Self {
            images: s.batch,
            input: s.output,
            output: s.input,
            before: [2 - top, 2 - left],
            c: s.out_channels,
            o: s.in_channels,
        }
    }

    /// Tiles down and across.
    fn tiles(&self) -> [usize; 2] {
        self.output.map(|n| n.div_ceil(2))
    }

    /// Rows of tiles, of one image or more, that are worked on at once.
    fn rows_at_once(&self) -> usize {
        let [down, across] = self.tiles();
        let row = POINTS * across * self.c.max(self.o) * size_of::<f32>();
        (BLOCK / row).clamp(1, (self.images * down).max(1))
    }

    /// Elements of the columns of one row of tiles, after the vertical half of their transform.
    fn line(&self) -> usize {
        (2 * self.tiles()[1] + 2) * self.c
    }

    /// Elements of scratch that [`Winograd::run`] needs.
    pub fn scratch(&self) -> usize {
        let tiles = self.rows_at_once() * self.tiles()[1];
        let zeros = self.input[1] * self.c;
        POINTS * (self.c * self.o + tiles * (self.c + self.o)) + 4 * self.line() + zeros
    }

    /// The convolution of `x` (N, H, W, C) with `w` (3, 3, C, O) plus `bias` of O elements, into `y`. What scratch holds
    /// before and after is of no account.
    ///
    /// # Panics
    /// If a slice is shorter than its extents and [`Winograd::scratch`] say.
    pub fn run<T: Real>(&self, x: &[T], w: &[T], bias: Option<&[T]>, y: &mut [T], scratch: &mut [T]) {
        let &Self { images, input, c, o, .. } = self;
        let [down, across] = self.tiles();
        let (filter, rest) = scratch.split_at_mut(POINTS * c * o);
        let (lines, rest) = rest.split_at_mut(4 * self.line());
        let (zeros, rest) = rest.split_at_mut(input[1] * c);
        let most = self.rows_at_once();
        let (tiles, products) = rest.split_at_mut(POINTS * most * across * c);
        zeros.fill(T::ZERO);
        // only what lies inside the image is written again
        lines.fill(T::ZERO);
        transform_filter(&w[..9 * c * o], filter, c * o);
        for first in (0..images * down).step_by(most) {
            let rows = first..(first + most).min(images * down);
            let count = rows.len() * across;
            for (i, row) in rows.clone().enumerate() {
                self.columns(x, zeros, row, lines);
                self.spread_row(lines, &mut tiles[..POINTS * count * c], count, i * across);
            }
            let factors = tiles.chunks_exact(count * c).zip(filter.chunks_exact(c * o));
            for ((a, b), sums) in factors.zip(products.chunks_exact_mut(count * o)) {
                Product {
                    m: count,
                    k: c,
                    n: o,
                    left: Left::Dense { a, stride: c },
                    right: Right::Rows { b, stride: o },
                }
                .run(Init::Zero, sums, Offsets::Affine(o), &mut []);
            }
            for (i, row) in rows.enumerate() {
                self.gather_row(&products[..POINTS * count * o], count, i * across, bias, row, y);
            }
        }
    }

    /// The vertical half of the tiles' transforms, `B d`, for all columns of one row of tiles: four lines.
    fn columns<T: Real>(&self, x: &[T], zeros: &[T], row: usize, lines: &mut [T]) {
        let (down, width) = (self.tiles()[0], self.input[1] * self.c);
        let image = &x[row / down * self.input[0] * width..][..self.input[0] * width];
        let from: [&[T]; 4] = std::array::from_fn(|i| {
            let line = (row % down * 2 + i).wrapping_sub(self.before[0]);
            if line < self.input[0] { &image[line * width..][..width] } else { &zeros[..width] }
        });
        let stride = self.line();
        let inside = &mut lines[self.before[1] * self.c..];
        // what is read of a row that sticks out on the right is not needed
        let width = width.min(stride - self.before[1] * self.c);
        assert!(3 * stride + width <= inside.len(), "lines shorter than a row of tiles");
        let to = inside.as_mut_ptr();
        vectors::<T>(width, |at| {
            // SAFETY: `width` elements of each line exist.
            unsafe {
                let d = from.map(|line| T::Vector::load(line.as_ptr().add(at)));
                for (i, v) in spread::<T, _>(d).into_iter().enumerate() {
                    v.store(to.add(i * stride + at));
                }
            }
        });
    }

    /// The horizontal half: from the lines of a row to the places `first..` of its tiles, of `count` in all.
    fn spread_row<T: Real>(&self, lines: &[T], tiles: &mut [T], count: usize, first: usize) {
        let (c, across, stride) = (self.c, self.tiles()[1], self.line());
        assert!(4 * stride <= lines.len() && (first + across) <= count && POINTS * count * c <= tiles.len());
        let (from, to) = (lines.as_ptr(), tiles.as_mut_ptr());
        for i in 0..4 {
            for tile in 0..across {
                vectors::<T>(c, |at| {
                    // SAFETY: a line holds two columns a tile and two more, each of `c` elements.
                    unsafe {
                        let column = from.add(i * stride + 2 * tile * c + at);
                        let a = std::array::from_fn(|j| T::Vector::load(column.add(j * c)));
                        for (j, v) in spread::<T, _>(a).into_iter().enumerate() {
                            v.store(to.add(((i * 4 + j) * count + first + tile) * c + at));
                        }
                    }
                });
            }
        }
    }

    /// One row of tiles of the result, `A m Aᵀ` plus the bias.
    fn gather_row<T: Real>(
        &self,
        products: &[T],
        count: usize,
        first: usize,
        bias: Option<&[T]>,
        row: usize,
        y: &mut [T],
    ) {
        let (o, [down, across], [height, width]) = (self.o, self.tiles(), self.output);
        let top = row % down * 2;
        let y = &mut y[(row / down * height + top) * width * o..];
        let high = 2.min(height - top);
        assert!(
            high * width * o <= y.len() && first + across <= count && POINTS * count * o <= products.len(),
            "the result is shorter than its extents"
        );
        let bias = bias.map(|b| b[..o].as_ptr());
        let (from, to) = (products.as_ptr(), y.as_mut_ptr());
        for tile in 0..across {
            let wide = 2.min(width - 2 * tile);
            vectors::<T>(o, |at| {
                // SAFETY: every point holds `count` tiles of `o` elements; the rows and columns that the result has are
                // written, and no others.
                unsafe {
                    let point = |i: usize, j: usize| {
                        T::Vector::load(from.add(((i * 4 + j) * count + first + tile) * o + at))
                    };
                    let columns: [[T::Vector; 2]; 4] =
                        std::array::from_fn(|j| gather::<T, _>(std::array::from_fn(|i| point(i, j))));
                    let bias = bias.map(|b| T::Vector::load(b.add(at)));
                    for i in 0..high {
                        let sums = gather::<T, _>(columns.map(|c| c[i]));
                        for (j, sum) in sums.into_iter().enumerate().take(wide) {
                            let sum = bias.map_or(sum, |b| sum.add(b));
                            sum.store(to.add((i * width + 2 * tile + j) * o + at));
                        }
                    }
                }
            });
        }
    }
}

/// `G g Gᵀ` of all `len` filters of `w` (3, 3, len), into 16 blocks of `len`.
fn transform_filter<T: Real>(w: &[T], filter: &mut [T], len: usize) {
    assert!(9 * len <= w.len() && POINTS * len <= filter.len(), "a filter shorter than its extents");
    let (from, to) = (w.as_ptr(), filter.as_mut_ptr());
    vectors::<T>(len, |at| {
        // SAFETY: each tap has `len` elements, and so has each point.
        unsafe {
            let tap = |y: usize, x: usize| T::Vector::load(from.add((y * 3 + x) * len + at));
            let columns: [[T::Vector; 4]; 3] =
                std::array::from_fn(|x| widen::<T>(std::array::from_fn(|y| tap(y, x))));
            for i in 0..4 {
                for (j, v) in widen::<T>(columns.map(|c| c[i])).into_iter().enumerate() {
                    v.store(to.add((i * 4 + j) * len + at));
                }
            }
        }
    });
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::kernels::test_util::numbers;
    use crate::shape::Window;
    #[cfg(target_family = "wasm")]
    use wasm_bindgen_test::wasm_bindgen_test as test;

    fn shape(batch: usize, input: [usize; 2], [c, o]: [usize; 2], padding: [[usize; 2]; 2]) -> Conv2dShape {
        let window = Window::new([3, 3]).padding(padding);
        let output = window.output("test", input).unwrap();
        Conv2dShape { batch, input, in_channels: c, out_channels: o, groups: 1, window, output }
    }

    /// Sizes odd and even, borders that differ, channels that are no multiple of a vector.
    fn shapes() -> Vec<Conv2dShape> {
        let mut shapes = vec![
            shape(2, [32, 32], [16, 16], [[1; 2]; 2]),
            shape(3, [7, 10], [17, 21], [[1; 2]; 2]),
            shape(1, [6, 7], [16, 35], [[0; 2]; 2]),
            shape(2, [5, 5], [33, 16], [[2, 1], [0, 2]]),
            shape(0, [8, 8], [16, 16], [[1; 2]; 2]),
        ];
        shapes.extend((4..=33).map(|n| shape(2, [n, 37 - n], [16, 16], [[2; 2], [n % 3, 1]])));
        shapes
    }

    /// The direct sums in `f64`, and the sums of absolute values.
    fn direct(s: &Conv2dShape, x: &[f32], w: &[f32]) -> (Vec<f64>, Vec<f64>) {
        let (c, o) = (s.in_channels, s.out_channels);
        let mut sums = vec![0.0; s.y().len()];
        let mut sizes = sums.clone();
        for (place, (sums, sizes)) in sums.chunks_exact_mut(o).zip(sizes.chunks_exact_mut(o)).enumerate() {
            let (image, oy, ox) =
                (place / s.output[1] / s.output[0], place / s.output[1] % s.output[0], place % s.output[1]);
            for (ky, kx) in (0..3).flat_map(|ky| (0..3).map(move |kx| (ky, kx))) {
                let y = (oy + ky).wrapping_sub(s.window.padding[0][0]);
                let x_at = (ox + kx).wrapping_sub(s.window.padding[1][0]);
                if y >= s.input[0] || x_at >= s.input[1] {
                    continue;
                }
                let pixel = &x[((image * s.input[0] + y) * s.input[1] + x_at) * c..][..c];
                for (i, &value) in pixel.iter().enumerate() {
                    let row = &w[((ky * 3 + kx) * c + i) * o..][..o];
                    for ((sum, size), &weight) in sums.iter_mut().zip(&mut *sizes).zip(row) {
                        *sum += f64::from(value) * f64::from(weight);
                        *size += (f64::from(value) * f64::from(weight)).abs();
                    }
                }
            }
        }
        (sums, sizes)
    }

    fn run(s: &Conv2dShape, x: &[f32], w: &[f32], bias: Option<&[f32]>) -> Vec<f32> {
        let mut y = vec![f32::NAN; s.y().len()];
        let winograd = Winograd::forward(s);
        winograd.run(x, w, bias, &mut y, &mut vec![f32::NAN; winograd.scratch()]);
        y
    }

    /// Small whole numbers leave nothing to round, so the result is that of the direct sums.
    #[test]
    fn whole_numbers_are_exact() {
        for s in shapes() {
            let whole = |seed, len| -> Vec<f32> {
                numbers::<f32>(seed, len).into_iter().map(|v| (4.0 * v).trunc()).collect()
            };
            let (x, w, bias) = (whole(1, s.x().len()), whole(2, s.w().len()), whole(3, s.out_channels));
            let (want, _) = direct(&s, &x, &w);
            let want: Vec<f64> =
                want.iter().zip(bias.iter().cycle()).map(|(v, b)| v + f64::from(*b)).collect();
            let got: Vec<f64> = run(&s, &x, &w, Some(&bias)).into_iter().map(f64::from).collect();
            assert_eq!(got, want, "{s:?}");
        }
    }

    /// The error stays below a few roundings of the sum of absolute values: the transforms make terms at most 9 / 4 times
    /// as large in each direction, and add two roundings each.
    #[test]
    fn the_error_is_bounded() {
        for s in shapes() {
            let (x, w) = (numbers::<f32>(4, s.x().len()), numbers::<f32>(5, s.w().len()));
            let (want, sizes) = direct(&s, &x, &w);
            let mean = sizes.iter().sum::<f64>() / sizes.len().max(1) as f64;
            for ((got, want), size) in run(&s, &x, &w, None).into_iter().zip(want).zip(sizes) {
                let error = (f64::from(got) - want).abs();
                assert!(error < 4.0 * f64::from(f32::EPSILON) * (size + mean), "{error:e} of {size}, {s:?}");
            }
        }
    }

    /// One image has the same bits in every batch.
    #[test]
    fn the_batch_is_of_no_account() {
        let s = shape(5, [10, 9], [16, 20], [[1; 2]; 2]);
        let (x, w) = (numbers::<f32>(6, s.x().len()), numbers::<f32>(7, s.w().len()));
        let all = run(&s, &x, &w, None);
        let one = Conv2dShape { batch: 1, ..s };
        for (x, want) in x.chunks_exact(one.x().len()).zip(all.chunks_exact(one.y().len())) {
            assert_eq!(run(&one, x, &w, None), want);
        }
    }

    /// What is not finite is not lost: every result that sees it is not finite either.
    #[test]
    fn nan_and_infinity_reach_the_results_that_see_them() {
        let s = shape(1, [8, 8], [16, 16], [[1; 2]; 2]);
        for bad in [f32::NAN, f32::INFINITY, f32::NEG_INFINITY] {
            let (mut x, w) = (numbers::<f32>(8, s.x().len()), numbers::<f32>(9, s.w().len()));
            x[(3 * 8 + 4) * 16 + 5] = bad;
            let y = run(&s, &x, &w, None);
            for (place, values) in y.chunks_exact(16).enumerate() {
                let sees = (place / 8).abs_diff(3) <= 1 && (place % 8).abs_diff(4) <= 1;
                assert!(!sees || values.iter().all(|v| !v.is_finite()), "place {place} of {bad}");
            }
        }
    }

    #[test]
    fn shapes_that_it_does_not_serve_are_direct() {
        let s = shape(1, [8, 8], [16, 16], [[1; 2]; 2]);
        assert!(pays(&s));
        let window = |window: Window| Conv2dShape { window, ..s };
        assert!(!pays(&window(s.window.stride([2, 1]))));
        assert!(!pays(&window(s.window.dilation([1, 2]))));
        assert!(!pays(&window(s.window.padding([[3, 1], [1, 1]]))));
        assert!(!pays(&window(Window::new([3, 5]))));
        assert!(!pays(&Conv2dShape { groups: 2, ..s }));
        assert!(!pays(&Conv2dShape { in_channels: 15, ..s }));
        assert!(!pays(&Conv2dShape { output: [3, 8], ..s }));
    }
}
