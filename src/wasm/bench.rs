//! Exports for measuring speed in an engine; built with the feature `bench` only.

use super::convert::Js;
use crate::kernels::{self, ConvProduct, Init, MatMul, Real, Workspace};
use crate::lab::{Run, Workload};
use crate::rng::{Source, Stream};
use crate::shape::{Conv2dShape, Window};
use wasm_bindgen::prelude::wasm_bindgen;

/// Runs the `f32` peak loop; returns the FLOP done.
#[wasm_bindgen(js_name = benchPeakF32)]
#[must_use]
pub fn peak_f32(iterations: u32) -> f64 {
    kernels::peak_f32(iterations as usize)
}

/// Runs the `f64` peak loop; returns the FLOP done.
#[wasm_bindgen(js_name = benchPeakF64)]
#[must_use]
pub fn peak_f64(iterations: u32) -> f64 {
    kernels::peak_f64(iterations as usize)
}

/// A square product of seeded matrices.
#[wasm_bindgen]
#[derive(Debug)]
pub struct GemmBench {
    product: MatMul,
    single: Matrices<f32>,
    double: Matrices<f64>,
}

#[derive(Debug)]
struct Matrices<T> {
    a: Vec<T>,
    b: Vec<T>,
    c: Vec<T>,
    scratch: Vec<T>,
}

/// Seeded numbers from -0.5 to 0.5.
fn random<T: Real>(len: usize, stream: u32) -> Vec<T> {
    let source = Source::new(1, Stream::DATA.nth(stream), 0);
    (0..len as u64).map(|i| T::from_f64(source.uniform(i) - 0.5)).collect()
}

impl<T: Real> Matrices<T> {
    fn new(elements: usize, scratch: usize) -> Self {
        Self {
            a: random(elements, 0),
            b: random(elements, 1),
            c: vec![T::ZERO; elements],
            scratch: vec![T::ZERO; scratch],
        }
    }

    fn run(&mut self, product: &MatMul) {
        kernels::matmul(product, &self.a, &self.b, Init::Zero, &mut self.c, &mut self.scratch);
    }
}

#[wasm_bindgen]
impl GemmBench {
    /// `n` x `n`, in `f64` if `double`.
    #[wasm_bindgen(constructor)]
    #[must_use]
    pub fn new(n: u32, double: bool) -> Self {
        let product = MatMul::new(n as usize, n as usize, n as usize);
        let elements = |on: bool| if on { product.m * product.n } else { 0 };
        Self {
            single: Matrices::new(elements(!double), product.scratch()),
            double: Matrices::new(elements(double), product.scratch()),
            product,
        }
    }

    /// One product; returns its FLOP.
    pub fn run(&mut self) -> f64 {
        if self.double.a.is_empty() {
            self.single.run(&self.product);
        } else {
            self.double.run(&self.product);
        }
        let MatMul { m, k, n, .. } = self.product;
        2.0 * m as f64 * k as f64 * n as f64
    }
}

/// A square convolution of seeded images with padding `same`, in `f32`.
#[wasm_bindgen]
#[derive(Debug)]
pub struct ConvBench {
    shape: Conv2dShape,
    x: Vec<f32>,
    w: Vec<f32>,
    y: Vec<f32>,
    scratch: Vec<f32>,
    offsets: Vec<u32>,
    which: u32,
}

#[wasm_bindgen]
impl ConvBench {
    /// `which`: 0 is forward, 1 the gradient of the filter, 2 that of the image.
    #[wasm_bindgen(constructor)]
    #[must_use]
    pub fn new(batch: u32, size: u32, kernel: u32, from: u32, to: u32, which: u32) -> Self {
        let [batch, size, kernel, from, to] = [batch, size, kernel, from, to].map(|n| n as usize);
        let shape = Conv2dShape {
            batch,
            input: [size; 2],
            in_channels: from,
            out_channels: to,
            groups: 1,
            window: Window::new([kernel; 2]).same([size; 2]),
            output: [size; 2],
        };
        let product = [ConvProduct::Forward, ConvProduct::FilterGradient, ConvProduct::InputGradient];
        let Workspace { reals, indices } = kernels::conv2d_scratch(&shape, product[which.min(2) as usize]);
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

    /// One of them; returns its FLOP.
    pub fn run(&mut self) -> f64 {
        let Self { shape: s, x, w, y, scratch, offsets, which } = self;
        match which {
            0 => kernels::conv2d(s, x, w, None, y, scratch, offsets),
            1 => kernels::conv2d_filter_gradient(s, x, y, w, false, scratch, offsets),
            _ => kernels::conv2d_input_gradient(s, y, w, x, scratch, offsets),
        }
        s.flop()
    }
}

/// A workload of the crate.
#[wasm_bindgen]
#[derive(Debug)]
pub struct WorkloadBench {
    workload: Workload,
    run: Run,
}

#[wasm_bindgen]
impl WorkloadBench {
    /// The workload of a name.
    ///
    /// # Errors
    /// If there is none.
    #[wasm_bindgen(constructor)]
    pub fn new(name: &str) -> Js<WorkloadBench> {
        let workload = Workload::named(name)?;
        Ok(Self { workload, run: workload.start()? })
    }

    /// One training step; returns its examples.
    ///
    /// # Errors
    /// If the run diverges.
    pub fn step(&mut self) -> Js<f64> {
        Ok(self.run.step()? as f64)
    }

    /// Model FLOP of one example's share of a step.
    #[wasm_bindgen(getter)]
    #[must_use]
    pub fn flop(&self) -> f64 {
        self.workload.flop
    }

    /// Examples in a batch.
    #[wasm_bindgen(getter)]
    #[must_use]
    pub fn batch(&self) -> f64 {
        self.workload.batch as f64
    }

    /// Bytes of a step.
    ///
    /// # Errors
    /// Those of planning a step.
    #[wasm_bindgen(getter)]
    pub fn bytes(&self) -> Js<f64> {
        Ok(self.run.bytes()? as f64)
    }

    /// Loss of the first batch.
    #[wasm_bindgen(getter)]
    #[must_use]
    pub fn first(&self) -> f64 {
        self.run.first.into()
    }

    /// Loss of the last batch.
    #[wasm_bindgen(getter)]
    #[must_use]
    pub fn last(&self) -> f64 {
        self.run.last.into()
    }
}
