//! Shapes, broadcasting and the arithmetic of windows that slide over images.
//!
//! Layout is row-major everywhere; images are `(N, H, W, C)`, convolution weights `(KH, KW, C / groups, O)`.

use crate::error::{Error, Result};
use std::fmt;

/// The extents of a tensor, outermost first. A scalar has rank 0.
#[derive(Debug, Clone, PartialEq, Eq, Hash, Default)]
pub struct Shape(Vec<usize>);

impl Shape {
    /// A shape from its extents.
    #[must_use]
    pub fn new(dims: &[usize]) -> Self {
        Self(dims.to_vec())
    }

    /// The shape of a single number.
    #[must_use]
    pub fn scalar() -> Self {
        Self(Vec::new())
    }

    /// The extents.
    #[must_use]
    pub fn dims(&self) -> &[usize] {
        &self.0
    }

    /// The number of axes.
    #[must_use]
    pub fn rank(&self) -> usize {
        self.0.len()
    }

    /// The number of elements: the product of the extents, saturating.
    #[must_use]
    pub fn len(&self) -> usize {
        self.0.iter().fold(1, |n, &d| n.saturating_mul(d))
    }

    /// Whether there is no element.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// The shape to which `self` and `other` broadcast under NumPy's rule: axes are aligned at the end, and
    /// an extent of 1 stretches.
    ///
    /// # Errors
    /// [`Error::Shape`] if two extents differ and neither is 1.
    pub fn broadcast(&self, other: &Self) -> Result<Self> {
        let rank = self.rank().max(other.rank());
        let at = |s: &Self, axis: usize| (axis + s.rank()).checked_sub(rank).map_or(1, |a| s.0[a]);
        (0..rank)
            .map(|axis| match (at(self, axis), at(other, axis)) {
                (a, b) if a == b || b == 1 => Ok(a),
                (1, b) => Ok(b),
                _ => Err(Error::shape("broadcast", "broadcast")
                    .expected(format!("a shape that stretches to {self}"))
                    .got(other.to_string())
                    .hint("make each extent equal or 1, counting axes from the end")),
            })
            .collect::<Result<Vec<_>>>()
            .map(Self)
    }
}

impl From<Vec<usize>> for Shape {
    fn from(dims: Vec<usize>) -> Self {
        Self(dims)
    }
}

impl From<&[usize]> for Shape {
    fn from(dims: &[usize]) -> Self {
        Self(dims.to_vec())
    }
}

impl<const R: usize> From<[usize; R]> for Shape {
    fn from(dims: [usize; R]) -> Self {
        Self(dims.to_vec())
    }
}

impl fmt::Display for Shape {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("(")?;
        for (i, d) in self.0.iter().enumerate() {
            if i > 0 {
                f.write_str(", ")?;
            }
            write!(f, "{d}")?;
        }
        f.write_str(if self.rank() == 1 { ",)" } else { ")" })
    }
}

/// How a window slides over the two spatial axes of an image.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct Window {
    /// Height and width of the window.
    pub kernel: [usize; 2],
    /// Step between neighbouring outputs.
    pub stride: [usize; 2],
    /// Step between neighbouring taps; 1 is a dense window.
    pub dilation: [usize; 2],
    /// Rows before and after, then columns before and after, that are added around the image.
    pub padding: [[usize; 2]; 2],
}

impl Window {
    /// A dense window of `kernel` that moves by one and adds no border.
    #[must_use]
    pub fn new(kernel: [usize; 2]) -> Self {
        Self { kernel, stride: [1; 2], dilation: [1; 2], padding: [[0; 2]; 2] }
    }

    /// The same window with another stride.
    #[must_use]
    pub fn stride(self, stride: [usize; 2]) -> Self {
        Self { stride, ..self }
    }

    /// The same window with another dilation.
    #[must_use]
    pub fn dilation(self, dilation: [usize; 2]) -> Self {
        Self { dilation, ..self }
    }

    /// The same window with another border.
    #[must_use]
    pub fn padding(self, padding: [[usize; 2]; 2]) -> Self {
        Self { padding, ..self }
    }

    /// The border with which an output has `ceil(input / stride)` places ("same"): the surplus goes half
    /// before, half after, the odd row or column after, as in TensorFlow and ONNX `SAME_UPPER`.
    #[must_use]
    pub fn same(self, input: [usize; 2]) -> Self {
        let axis = |i: usize| {
            let out = input[i].div_ceil(self.stride[i]);
            let needed = out.saturating_sub(1) * self.stride[i] + self.extent(i);
            let surplus = needed.saturating_sub(input[i]);
            [surplus / 2, surplus - surplus / 2]
        };
        Self { padding: [axis(0), axis(1)], ..self }
    }

    /// Rows or columns that one dilated window covers along axis `i`.
    #[must_use]
    pub fn extent(&self, i: usize) -> usize {
        (self.kernel[i].saturating_sub(1)) * self.dilation[i] + 1
    }

    /// Height and width of the output for an input of that height and width; sizes round down.
    ///
    /// # Errors
    /// [`Error::Shape`] if a number is 0 or the window is larger than the padded image.
    pub fn output(&self, place: &str, input: [usize; 2]) -> Result<[usize; 2]> {
        let mut out = [0; 2];
        for i in 0..2 {
            if self.kernel[i] == 0 || self.stride[i] == 0 || self.dilation[i] == 0 {
                return Err(Error::shape("window-zero", place)
                    .expected("kernel, stride and dilation of at least 1")
                    .got(format!("{:?}, {:?}, {:?}", self.kernel, self.stride, self.dilation))
                    .hint("use 1 or more"));
            }
            let padded = input[i] + self.padding[i][0] + self.padding[i][1];
            let Some(room) = padded.checked_sub(self.extent(i)) else {
                let axis = ["high", "wide"][i];
                return Err(Error::shape("window-too-large", place)
                    .expected(format!("a window of at most {padded} pixels {axis}"))
                    .got(format!("{} pixels", self.extent(i)))
                    .hint("use a smaller kernel, padding \"same\", or fewer pooling layers before")
                    .arg("most", padded)
                    .arg("got", self.extent(i)));
            };
            out[i] = room / self.stride[i] + 1;
        }
        Ok(out)
    }
}

/// All extents of a two-dimensional convolution. Three products share it: the forward pass, the gradient of
/// the image and the gradient of the filter.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct Conv2dShape {
    /// Images in the batch (N).
    pub batch: usize,
    /// Height and width of the image (H, W).
    pub input: [usize; 2],
    /// Channels of the image (C).
    pub in_channels: usize,
    /// Channels of the result (O).
    pub out_channels: usize,
    /// Groups: each sees `C / groups` channels and makes `O / groups`.
    pub groups: usize,
    /// How the filter slides.
    pub window: Window,
    /// Height and width of the result (OH, OW).
    pub output: [usize; 2],
}

impl Conv2dShape {
    /// Channels of the image that one group sees.
    #[must_use]
    pub fn group_in(&self) -> usize {
        self.in_channels / self.groups
    }

    /// Channels of the result that one group makes.
    #[must_use]
    pub fn group_out(&self) -> usize {
        self.out_channels / self.groups
    }

    /// Shape of the image batch, `(N, H, W, C)`.
    #[must_use]
    pub fn x(&self) -> Shape {
        Shape::from([self.batch, self.input[0], self.input[1], self.in_channels])
    }

    /// Shape of the filter, `(KH, KW, C / groups, O)`.
    #[must_use]
    pub fn w(&self) -> Shape {
        Shape::from(self.w_dims())
    }

    /// Shape of the result, `(N, OH, OW, O)`.
    #[must_use]
    pub fn y(&self) -> Shape {
        Shape::from(self.y_dims())
    }

    /// Floating-point operations of the convolution done directly, 2 a multiply-add, those on padding counted; so many, too,
    /// of its gradient in the filter and in the image.
    #[must_use]
    pub fn flop(&self) -> f64 {
        let [taps, from, to] = [self.window.kernel.iter().product(), self.group_in(), self.out_channels];
        let pixels: usize = self.output.iter().product();
        2.0 * (self.batch * pixels * taps * from * to) as f64
    }

    /// Extents of [`Conv2dShape::w`], for checks in a run, where nothing may allocate.
    #[must_use]
    pub fn w_dims(&self) -> [usize; 4] {
        let [kh, kw] = self.window.kernel;
        [kh, kw, self.group_in(), self.out_channels]
    }

    /// Extents of [`Conv2dShape::y`].
    #[must_use]
    pub fn y_dims(&self) -> [usize; 4] {
        [self.batch, self.output[0], self.output[1], self.out_channels]
    }
}

/// All extents of two-dimensional pooling. The forward pass and its adjoint share it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct Pool2dShape {
    /// Images in the batch (N).
    pub batch: usize,
    /// Height and width of the image (H, W).
    pub input: [usize; 2],
    /// Channels of the image and of the result (C).
    pub channels: usize,
    /// How the window slides.
    pub window: Window,
    /// Height and width of the result (OH, OW), rounded down.
    pub output: [usize; 2],
}

impl Pool2dShape {
    /// Shape of the image batch, `(N, H, W, C)`.
    #[must_use]
    pub fn x(&self) -> Shape {
        Shape::from([self.batch, self.input[0], self.input[1], self.channels])
    }

    /// Shape of the result, `(N, OH, OW, C)`.
    #[must_use]
    pub fn y(&self) -> Shape {
        Shape::from(self.y_dims())
    }

    /// Extents of [`Pool2dShape::y`], for checks in a run, where nothing may allocate.
    #[must_use]
    pub fn y_dims(&self) -> [usize; 4] {
        [self.batch, self.output[0], self.output[1], self.channels]
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn broadcasts_like_numpy() {
        let b = |a: &[usize], b: &[usize]| Shape::new(a).broadcast(&Shape::new(b)).map(|s| s.dims().to_vec());
        assert_eq!(b(&[3, 1], &[4]).unwrap(), [3, 4]);
        assert_eq!(b(&[], &[2, 2]).unwrap(), [2, 2]);
        assert_eq!(b(&[0, 1], &[1, 5]).unwrap(), [0, 5]);
        assert!(b(&[3], &[4]).is_err());
    }

    #[test]
    fn same_padding_keeps_the_ceiling() {
        let w = Window::new([5, 5]).same([28, 28]);
        assert_eq!(w.padding, [[2, 2], [2, 2]]);
        let w = Window::new([2, 3]).stride([2, 2]).same([5, 4]);
        assert_eq!(w.output("pool", [5, 4]).unwrap(), [3, 2]);
    }

    #[test]
    fn a_window_larger_than_the_image_is_refused() {
        let error = Window::new([3, 3]).output("conv_3", [2, 9]).unwrap_err();
        assert_eq!(
            error.to_string(),
            "conv_3: expected a window of at most 2 pixels high, got 3 pixels; use a smaller kernel, \
             padding \"same\", or fewer pooling layers before"
        );
    }

    #[test]
    fn a_shape_is_written_as_numpy_writes_it() {
        assert_eq!(Shape::scalar().len(), 1);
        assert_eq!(Shape::new(&[7]).to_string(), "(7,)");
    }
}
