//! Exports for measuring speed in an engine.

use super::convert::{Js, object};
use crate::kernels::{self, Counting, MatMul};
use crate::lab::{CONVOLUTIONS, Convolution, PRODUCTS, Product, Run, WORKLOADS, Workload};
use wasm_bindgen::JsValue;
use wasm_bindgen::prelude::wasm_bindgen;

#[global_allocator]
static ALLOCATOR: Counting = Counting;

#[wasm_bindgen]
extern "C" {
    /// Milliseconds of a clock that never goes back; in pages, workers and Node.
    #[wasm_bindgen(js_namespace = performance)]
    fn now() -> f64;
}

/// Runs the `f32` peak loop; returns the FLOP done.
#[wasm_bindgen(js_name = benchPeakF32)]
#[must_use]
pub fn peak_f32(iterations: u32) -> f64 {
    kernels::peak::<f32>(iterations as usize)
}

/// Runs the `f64` peak loop; returns the FLOP done.
#[wasm_bindgen(js_name = benchPeakF64)]
#[must_use]
pub fn peak_f64(iterations: u32) -> f64 {
    kernels::peak::<f64>(iterations as usize)
}

/// Calls for memory so far.
#[wasm_bindgen]
#[must_use]
pub fn allocations() -> f64 {
    Counting::so_far().0 as f64
}

/// The names of the workloads.
#[wasm_bindgen]
#[must_use]
pub fn workloads() -> Vec<String> {
    WORKLOADS.iter().map(|w| w.name.to_owned()).collect()
}

/// Products of convolutions that are measured: numbers for [`ConvBench::new`] below this one.
#[wasm_bindgen]
#[must_use]
pub fn convolutions() -> u32 {
    (CONVOLUTIONS.len() * PRODUCTS.len()) as u32
}

/// A square product of seeded matrices.
#[wasm_bindgen]
#[derive(Debug)]
pub struct GemmBench {
    product: Typed,
}

#[derive(Debug)]
enum Typed {
    Single(Product<f32>),
    Double(Product<f64>),
}

#[wasm_bindgen]
impl GemmBench {
    /// `n` x `n`, in `f64` if `double`.
    #[wasm_bindgen(constructor)]
    #[must_use]
    pub fn new(n: u32, double: bool) -> Self {
        let product = MatMul::new(n as usize, n as usize, n as usize);
        let product =
            if double { Typed::Double(Product::new(product)) } else { Typed::Single(Product::new(product)) };
        Self { product }
    }

    /// One product; returns its FLOP.
    pub fn run(&mut self) -> f64 {
        match &mut self.product {
            Typed::Single(product) => product.run(),
            Typed::Double(product) => product.run(),
        }
    }
}

/// One of the products of a convolution.
#[wasm_bindgen]
#[derive(Debug)]
pub struct ConvBench {
    convolution: Convolution,
}

#[wasm_bindgen]
impl ConvBench {
    /// That of a number below [`convolutions`]; a larger one begins again.
    #[wasm_bindgen(constructor)]
    #[must_use]
    pub fn new(number: u32) -> Self {
        let number = number as usize;
        let shape = CONVOLUTIONS[number / PRODUCTS.len() % CONVOLUTIONS.len()];
        Self { convolution: Convolution::new(shape, PRODUCTS[number % PRODUCTS.len()]) }
    }

    /// Once; returns its FLOP, as if done directly.
    pub fn run(&mut self) -> f64 {
        self.convolution.run()
    }

    /// Its name in reports.
    #[wasm_bindgen(getter)]
    #[must_use]
    pub fn name(&self) -> String {
        self.convolution.name()
    }

    /// Whether it is not done directly, so that its FLOP are more than it does.
    #[wasm_bindgen(getter)]
    #[must_use]
    pub fn effective(&self) -> bool {
        self.convolution.is_effective()
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

    /// What a step spends, with all that a run does beside: a [`StepProfile`](crate::train::StepProfile) of `ms` milliseconds.
    ///
    /// # Errors
    /// Those of memory.
    pub fn profile(&self, ms: f64) -> Js<JsValue> {
        Ok(object(&self.workload.trainer()?.profile(now, ms)?))
    }

    /// Model FLOP of one example's share of a step.
    #[wasm_bindgen(getter)]
    #[must_use]
    pub fn flop(&self) -> f64 {
        self.workload.flop
    }

    /// Whether some of them are not done, because a convolution goes another way than the direct one.
    #[wasm_bindgen(getter)]
    #[must_use]
    pub fn effective(&self) -> bool {
        self.workload.effective
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
