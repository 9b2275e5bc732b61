//! The matrix product.

use super::{Attribute, Case, Class, Eval, Onnx, Operation, Pulled, Scratch, Shapes, Vjp, expect, mismatch};
use crate::error::Result;
use crate::graph::{DType, Graph, TensorType, Value};
use crate::kernels::{self, Init, Real};

/// `op(a) op(b)`, where `op` swaps the last two axes if asked to. Leading axes, if any, must be equal and count
/// independent products.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct MatMul {
    /// Swap the last two axes of the left operand first.
    pub transpose_a: bool,
    /// Swap the last two axes of the right operand first.
    pub transpose_b: bool,
}

impl MatMul {
    fn product(&self, a: &[usize], b: &[usize]) -> kernels::MatMul {
        let last = |s: &[usize], swap: bool| {
            let (rows, columns) = (s[s.len() - 2], s[s.len() - 1]);
            if swap { (columns, rows) } else { (rows, columns) }
        };
        let ((m, k), (_, n)) = (last(a, self.transpose_a), last(b, self.transpose_b));
        kernels::MatMul { m, k, n, transpose_a: self.transpose_a, transpose_b: self.transpose_b }
    }
}

impl Operation for MatMul {
    const NAME: &'static str = "MatMul";
    const CLASS: Class = Class::MatrixProduct;

    fn outputs(&self, inputs: &[&TensorType]) -> Result<Vec<TensorType>> {
        let [a, b] = expect(Self::NAME, inputs, [DType::Real; 2])?;
        if a.rank() < 2 || a.rank() != b.rank() || a.dims()[..a.rank() - 2] != b.dims()[..b.rank() - 2] {
            return Err(mismatch(Self::NAME, format!("a right operand with the leading axes of {a}"), &b));
        }
        let swapped =
            |rows: usize, columns: usize, swap: bool| if swap { (columns, rows) } else { (rows, columns) };
        let r = a.rank();
        let (m, k) = swapped(a.dims()[r - 2], a.dims()[r - 1], self.transpose_a);
        let (l, n) = swapped(b.dims()[r - 2], b.dims()[r - 1], self.transpose_b);
        if k != l {
            return Err(mismatch(Self::NAME, format!("a right operand with {k} rows for {a}"), &b));
        }
        let mut dims = a.dims().to_vec();
        (dims[r - 2], dims[r - 1]) = (m, n);
        Ok(vec![TensorType::real(dims)])
    }

    fn scratch(&self, shapes: &Shapes) -> Scratch {
        let product = self.product(shapes.inputs[0].dims(), shapes.inputs[1].dims());
        Scratch { reals: product.scratch(), indices: 0 }
    }

    fn flop(&self, shapes: &Shapes) -> f64 {
        let k = self.product(shapes.inputs[0].dims(), shapes.inputs[1].dims()).k;
        2.0 * (shapes.outputs[0].len() * k) as f64
    }

    fn eval<T: Real>(&self, run: &mut Eval<'_, T>) {
        let p = self.product(run.shapes.inputs[0].dims(), run.shapes.inputs[1].dims());
        if p.m * p.n == 0 {
            return;
        }
        let (a, b) = (run.real(0), run.real(1));
        for (i, y) in run.y[0].chunks_exact_mut(p.m * p.n).enumerate() {
            let (a, b) = (&a[i * p.m * p.k..][..p.m * p.k], &b[i * p.k * p.n..][..p.k * p.n]);
            kernels::matmul(&p, a, b, Init::Zero, y, run.scratch);
        }
    }

    fn vjp(&self, g: &mut Graph, at: &Vjp<'_>) -> Pulled {
        let Some(ct) = at.cotangents[0] else { return Ok(vec![None; 2]) };
        let (a, b) = (at.inputs[0], at.inputs[1]);
        let (ta, tb) = (self.transpose_a, self.transpose_b);
        let da = if ta { g.matmul(b, ct, tb, true)? } else { g.matmul(ct, b, false, !tb)? };
        let db = if tb { g.matmul(ct, a, true, ta)? } else { g.matmul(a, ct, !ta, false)? };
        Ok(vec![Some(da), Some(db)])
    }

    fn onnx(&self) -> Option<Onnx> {
        let flag = |on: bool| Attribute::Int(i64::from(on));
        // Gemm is the ONNX operator that takes the two swaps, for matrices
        let attributes = vec![("transA", flag(self.transpose_a)), ("transB", flag(self.transpose_b))];
        Some(Onnx { name: "Gemm", attributes })
    }

    fn cases() -> Vec<Case> {
        let mut cases = Vec::new();
        for (ta, tb) in [(false, false), (false, true), (true, false), (true, true)] {
            let op = Self { transpose_a: ta, transpose_b: tb };
            let (a, b): ([usize; 2], [usize; 2]) =
                (if ta { [7, 5] } else { [5, 7] }, if tb { [11, 7] } else { [7, 11] });
            cases.push(Case::normal(op, &[&a, &b]));
            cases.push(Case::normal(op, &[&[2, a[0], a[1]], &[2, b[0], b[1]]]));
        }
        let plain = Self { transpose_a: false, transpose_b: false };
        cases.push(Case::normal(plain, &[&[1, 3], &[3, 1]]));
        cases.push(Case::normal(plain, &[&[9, 33], &[33, 10]]));
        cases
    }
}

impl Graph {
    /// See [`MatMul`].
    ///
    /// # Errors
    /// [`Error::Shape`](crate::Error::Shape) if the inner extents or the leading axes differ.
    pub fn matmul(&mut self, a: Value, b: Value, transpose_a: bool, transpose_b: bool) -> Result<Value> {
        self.push_one(MatMul { transpose_a, transpose_b }.into(), &[a, b])
    }
}
