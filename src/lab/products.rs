//! The products that training is made of, on seeded numbers, one by one.

use crate::kernels::{self, ConvProduct, Init, MatMul, Real, Workspace};
use crate::rng::{Source, Stream};
use crate::shape::{Conv2dShape, Window};

/// Batch, extent, kernel, channels before and after of the convolutions that are measured, all with padding `same`: that
/// of W6, one of as many channels that is done directly, the first of W3 and the second of W2.
pub const CONVOLUTIONS: &[[usize; 5]] =
    &[[8, 32, 3, 64, 64], [8, 16, 5, 64, 64], [32, 32, 3, 3, 32], [32, 14, 5, 8, 16]];

/// The three products of each.
pub const PRODUCTS: [ConvProduct; 3] =
    [ConvProduct::Forward, ConvProduct::FilterGradient, ConvProduct::InputGradient];

/// Seeded numbers from -0.5 to 0.5.
fn random<T: Real>(len: usize, stream: u32) -> Vec<T> {
    let source = Source::new(1, Stream::DATA.nth(stream), 0);
    (0..len as u64).map(|i| T::from_f64(source.uniform(i) - 0.5)).collect()
}

/// A product of matrices with its operands.
#[derive(Debug)]
pub struct Product<T> {
    product: MatMul,
    a: Vec<T>,
    b: Vec<T>,
    c: Vec<T>,
    scratch: Vec<T>,
}

impl<T: Real> Product<T> {
    /// Operands for `product`.
    #[must_use]
    pub fn new(product: MatMul) -> Self {
        let MatMul { m, k, n, .. } = product;
        Self {
            a: random(m * k, 0),
            b: random(k * n, 1),
            c: vec![T::ZERO; m * n],
            scratch: vec![T::ZERO; product.scratch()],
            product,
        }
    }

    /// Computes it once; returns its FLOP.
    pub fn run(&mut self) -> f64 {
        let Self { product, a, b, c, scratch } = self;
        kernels::matmul(product, a, b, Init::Zero, c, scratch);
        2.0 * product.m as f64 * product.k as f64 * product.n as f64
    }
}

/// One of the three products of a convolution, with its operands.
#[derive(Debug)]
pub struct Convolution {
    shape: Conv2dShape,
    which: ConvProduct,
    x: Vec<f32>,
    w: Vec<f32>,
    y: Vec<f32>,
    scratch: Vec<f32>,
    offsets: Vec<u32>,
}

impl Convolution {
    /// Of a square image and kernel, with padding `same`: see [`CONVOLUTIONS`].
    #[must_use]
    pub fn new([batch, size, kernel, from, to]: [usize; 5], which: ConvProduct) -> Self {
        let shape = Conv2dShape {
            batch,
            input: [size; 2],
            in_channels: from,
            out_channels: to,
            groups: 1,
            window: Window::new([kernel; 2]).same([size; 2]),
            output: [size; 2],
        };
        let Workspace { reals, indices } = kernels::conv2d_scratch(&shape, which);
        Self {
            x: random(shape.x().len(), 0),
            w: random(shape.w().len(), 1),
            y: random(shape.y().len(), 2),
            scratch: vec![0.0; reals],
            offsets: vec![0; indices],
            shape,
            which,
        }
    }

    /// Computes it once; returns its FLOP, as if done directly.
    pub fn run(&mut self) -> f64 {
        let Self { shape, which, x, w, y, scratch, offsets } = self;
        match which {
            ConvProduct::Forward => kernels::conv2d(shape, x, w, None, y, scratch, offsets),
            ConvProduct::FilterGradient => {
                kernels::conv2d_filter_gradient(shape, x, y, w, false, scratch, offsets);
            }
            ConvProduct::InputGradient => kernels::conv2d_input_gradient(shape, y, w, x, scratch, offsets),
        }
        self.flop()
    }

    /// Its FLOP, as if done directly.
    #[must_use]
    pub fn flop(&self) -> f64 {
        self.shape.flop()
    }

    /// Whether it is not done directly, so that its FLOP are more than it does.
    #[must_use]
    pub fn is_effective(&self) -> bool {
        kernels::conv2d_is_winograd::<f32>(&self.shape, self.which)
    }

    /// Its name in reports.
    #[must_use]
    pub fn name(&self) -> String {
        let Conv2dShape { batch, input, in_channels, out_channels, window, .. } = &self.shape;
        let what = match self.which {
            ConvProduct::Forward => "forward",
            ConvProduct::FilterGradient => "filter gradient",
            ConvProduct::InputGradient => "input gradient",
        };
        let ([kernel, _], [size, _]) = (window.kernel, input);
        format!("conv {kernel}x{kernel} {in_channels}-{out_channels} {size}² x {batch} {what}")
    }
}
