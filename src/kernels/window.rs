//! The geometry of a convolution: images with a border of zeros, and where in them a window's places and taps are.

use super::pack;
use super::real::Real;
use crate::shape::Conv2dShape;
use std::ops::Range;

/// The number of pixels of an image of that height and width.
pub(super) fn pixels([height, width]: [usize; 2]) -> usize {
    height * width
}

/// An image and the zeros around it.
#[derive(Debug, Clone, Copy)]
pub(super) struct Border {
    /// Height and width of the image.
    inner: [usize; 2],
    /// Rows and columns of zeros before it.
    before: [usize; 2],
    /// Height and width with all zeros.
    outer: [usize; 2],
    channels: usize,
}

impl Border {
    /// No zeros around it.
    pub fn none(size: [usize; 2], channels: usize) -> Self {
        Self { inner: size, before: [0; 2], outer: size, channels }
    }

    /// The image as the forward pass sees it.
    pub fn of_image(s: &Conv2dShape) -> Self {
        let padding = s.window.padding;
        let outer = std::array::from_fn(|i| s.input[i] + padding[i][0] + padding[i][1]);
        Self { inner: s.input, before: [padding[0][0], padding[1][0]], outer, channels: s.in_channels }
    }

    /// The gradient of the result as the image's gradient sees it: a pixel at padded place Y meets the results
    /// `(Y - ky * dilation) / stride`, some of which lie outside.
    pub fn of_result(s: &Conv2dShape) -> Self {
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

    /// Elements of one image's copy; 0 if there is nothing around it.
    pub fn copy_len(&self) -> usize {
        if self.inner == self.outer { 0 } else { pixels(self.outer) * self.channels }
    }

    /// The part of `scratch` that takes the copies, zeroed, for images only overwrite their inside; and the rest.
    pub fn clear<'a, T: Real>(&self, images: usize, scratch: &'a mut [T]) -> (&'a mut [T], &'a mut [T]) {
        let (copies, rest) = scratch.split_at_mut(images * self.copy_len());
        copies.fill(T::ZERO);
        (copies, rest)
    }

    /// Those images of `all` with their borders: in `copies`, or as they are if they have none.
    pub fn fill<'a, T: Real>(&self, all: &'a [T], images: Range<usize>, copies: &'a mut [T]) -> &'a [T] {
        let len = pixels(self.inner) * self.channels;
        let all = &all[images.start * len..images.end * len];
        if copies.is_empty() {
            return all;
        }
        if len == 0 {
            // images without pixels are border throughout
            return copies;
        }
        let (line, outer_line) = (self.inner[1] * self.channels, self.outer[1] * self.channels);
        for (image, copy) in all.chunks_exact(len).zip(copies.chunks_exact_mut(self.copy_len())) {
            let inside = &mut copy[self.before[0] * outer_line + self.before[1] * self.channels..];
            for (from, to) in image.chunks_exact(line).zip(inside.chunks_mut(outer_line)) {
                pack::copy(from, to);
            }
        }
        copies
    }

    /// Offsets of a grid of `counts` pixels from `first` on, `step` apart, in each of `images`.
    pub fn grid(
        &self,
        offsets: &mut [u32],
        images: usize,
        first: [usize; 2],
        step: [usize; 2],
        counts: [usize; 2],
    ) {
        let mut slots = offsets.iter_mut();
        let (column, row) = (step[1] * self.channels, step[0] * self.outer[1] * self.channels);
        for image in 0..images {
            let start = (image * self.outer[0] + first[0]) * self.outer[1] + first[1];
            for y in 0..counts[0] {
                let line = start * self.channels + y * row;
                for (slot, x) in slots.by_ref().take(counts[1]).zip(0..) {
                    *slot = (line + x * column) as u32;
                }
            }
        }
    }

    /// Offsets of the first `run` channels of each of `counts` pixels, `step` apart.
    pub fn runs(&self, offsets: &mut [u32], step: [usize; 2], counts: [usize; 2], run: usize) {
        for (i, channels) in offsets.chunks_exact_mut(run.max(1)).enumerate() {
            let (y, x) = (i / counts[1] * step[0], i % counts[1] * step[1]);
            let first = (y * self.outer[1] + x) * self.channels;
            for (slot, channel) in channels.iter_mut().zip(first..) {
                *slot = channel as u32;
            }
        }
    }
}

/// The pixels along one axis whose padded place has the same remainder by the stride.
#[derive(Debug, Clone, Copy)]
pub(super) struct Class {
    /// The first such pixel; the others follow in steps of the stride.
    pub first: usize,
    /// How many there are.
    pub count: usize,
    /// How many taps they meet.
    pub taps: usize,
    /// The last such tap, which meets the result furthest before.
    last_tap: usize,
    /// From one such tap to the one before.
    tap_step: usize,
    /// The first pixel's place under the last tap, in the bordered gradient of the result.
    pub place: usize,
    /// From one tap's place to the one's before.
    pub place_step: usize,
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

    /// The taps, the last first: their results then come in ascending order.
    pub fn reversed(&self) -> impl Iterator<Item = usize> + use<> {
        let Self { taps, last_tap, tap_step, .. } = *self;
        (0..taps).map(move |i| last_tap - i * tap_step)
    }
}

/// All classes of pixels, rows outside.
pub(super) fn classes(s: &Conv2dShape, border: &Border) -> impl Iterator<Item = (Class, Class)> + use<> {
    let (s, border) = (*s, *border);
    let [stride_y, stride_x] = s.window.stride;
    (0..stride_y * stride_x)
        .map(move |i| (Class::of(&s, &border, 0, i / stride_x), Class::of(&s, &border, 1, i % stride_x)))
}
