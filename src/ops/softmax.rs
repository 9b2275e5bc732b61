//! Softmax and its kin, over the last axis. All subtract the maximum first, so no exponential overflows.

use super::{
    Attribute, Case, CaseInput, Class, Eval, Onnx, Operation, Pulled, Values, Vjp, expect, mismatch,
};
use crate::error::Result;
use crate::graph::{DType, Graph, TensorType, Value};
use crate::kernels::{Real, softmax};
use crate::shape::Shape;

/// `exp(x_i) / sum_j exp(x_j)` over the last axis.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct Softmax;

/// `x_i - log sum_j exp(x_j)` over the last axis.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct LogSoftmax;

/// `log sum_j exp(x_j)` over the last axis, which keeps extent 1.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct LogSumExp;

/// `-log softmax(logits)[label]` for logits `(N, K)` and labels `(N,)`: one loss a row. A label past the end
/// gives NaN.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct SoftmaxCrossEntropy;

fn rows(name: &'static str, inputs: &[&TensorType]) -> Result<Shape> {
    let [x] = expect(name, inputs, [DType::Real])?;
    if matches!(x.dims(), [] | [.., 0]) {
        return Err(mismatch(name, "a last axis that is not empty", &x));
    }
    Ok(x)
}

fn width(run: &Shape) -> usize {
    run.dims().last().copied().unwrap_or(1)
}

fn onnx(name: &'static str) -> Option<Onnx> {
    Some(Onnx { name, attributes: vec![("axis", Attribute::Int(-1))] })
}

fn cases(op: impl Into<super::Op> + Copy) -> Vec<Case> {
    vec![Case::normal(op, &[&[4, 10]]), Case::normal(op, &[&[2, 3, 5]]), Case::normal(op, &[&[33]])]
}

impl Operation for Softmax {
    const NAME: &'static str = "Softmax";
    const CLASS: Class = Class::Softmax;

    fn outputs(&self, inputs: &[&TensorType]) -> Result<Vec<TensorType>> {
        Ok(vec![TensorType::real(rows(Self::NAME, inputs)?)])
    }

    fn eval<T: Real>(&self, run: &mut Eval<'_, T>) {
        softmax::softmax(run.real(0), width(&run.shapes.inputs[0]), run.y[0]);
    }

    fn vjp(&self, g: &mut Graph, at: &Vjp<'_>) -> Pulled {
        let Some(ct) = at.cotangents[0] else { return Ok(vec![None]) };
        let y = at.outputs[0];
        let weighted = g.mul(ct, y)?;
        let mean = g.sum_last(weighted)?;
        let centred = g.sub(ct, mean)?;
        Ok(vec![Some(g.mul(y, centred)?)])
    }

    fn onnx(&self) -> Option<Onnx> {
        onnx(Self::NAME)
    }

    fn cases() -> Vec<Case> {
        cases(Self)
    }
}

impl Operation for LogSoftmax {
    const NAME: &'static str = "LogSoftmax";
    const CLASS: Class = Class::Softmax;

    fn outputs(&self, inputs: &[&TensorType]) -> Result<Vec<TensorType>> {
        Ok(vec![TensorType::real(rows(Self::NAME, inputs)?)])
    }

    fn eval<T: Real>(&self, run: &mut Eval<'_, T>) {
        softmax::log_softmax(run.real(0), width(&run.shapes.inputs[0]), run.y[0]);
    }

    fn vjp(&self, g: &mut Graph, at: &Vjp<'_>) -> Pulled {
        let Some(ct) = at.cotangents[0] else { return Ok(vec![None]) };
        let p = g.softmax(at.inputs[0])?;
        let total = g.sum_last(ct)?;
        let shared = g.mul(p, total)?;
        Ok(vec![Some(g.sub(ct, shared)?)])
    }

    fn onnx(&self) -> Option<Onnx> {
        onnx(Self::NAME)
    }

    fn cases() -> Vec<Case> {
        cases(Self)
    }
}

impl Operation for LogSumExp {
    const NAME: &'static str = "LogSumExp";
    const CLASS: Class = Class::Softmax;

    fn outputs(&self, inputs: &[&TensorType]) -> Result<Vec<TensorType>> {
        let mut dims = rows(Self::NAME, inputs)?.dims().to_vec();
        if let Some(last) = dims.last_mut() {
            *last = 1;
        }
        Ok(vec![TensorType::real(dims)])
    }

    fn eval<T: Real>(&self, run: &mut Eval<'_, T>) {
        softmax::log_sum_exp(run.real(0), width(&run.shapes.inputs[0]), run.y[0]);
    }

    fn vjp(&self, g: &mut Graph, at: &Vjp<'_>) -> Pulled {
        let Some(ct) = at.cotangents[0] else { return Ok(vec![None]) };
        let p = g.softmax(at.inputs[0])?;
        Ok(vec![Some(g.mul(p, ct)?)])
    }

    fn onnx(&self) -> Option<Onnx> {
        Some(Onnx {
            name: "ReduceLogSumExp",
            attributes: vec![("axes", Attribute::Ints(vec![-1])), ("keepdims", Attribute::Int(1))],
        })
    }

    fn cases() -> Vec<Case> {
        cases(Self)
    }
}

impl Operation for SoftmaxCrossEntropy {
    const NAME: &'static str = "SoftmaxCrossEntropy";
    const CLASS: Class = Class::Softmax;

    fn outputs(&self, inputs: &[&TensorType]) -> Result<Vec<TensorType>> {
        let [logits, labels] = expect(Self::NAME, inputs, [DType::Real, DType::Index])?;
        match (logits.dims(), labels.dims()) {
            (&[n, k], &[m]) if n == m && k > 0 => Ok(vec![TensorType::real([n])]),
            _ => Err(mismatch(
                Self::NAME,
                format!("logits (N, K) with one row for each label of {labels}"),
                &logits,
            )),
        }
    }

    fn eval<T: Real>(&self, run: &mut Eval<'_, T>) {
        softmax::cross_entropy(run.real(0), width(&run.shapes.inputs[0]), run.indices(1), run.y[0]);
    }

    fn vjp(&self, g: &mut Graph, at: &Vjp<'_>) -> Pulled {
        let Some(ct) = at.cotangents[0] else { return Ok(vec![None; 2]) };
        let (rows, classes) = (g.shape(at.inputs[0]).dims()[0], g.shape(at.inputs[0]).dims()[1]);
        let p = g.softmax(at.inputs[0])?;
        let truth = g.one_hot(at.inputs[1], classes)?;
        let error = g.sub(p, truth)?;
        let ct = g.reshape(ct, [rows, 1])?;
        Ok(vec![Some(g.mul(error, ct)?), None])
    }

    fn onnx(&self) -> Option<Onnx> {
        Onnx::plain("SoftmaxCrossEntropyLoss")
    }

    fn cases() -> Vec<Case> {
        let case = |n: usize, k: usize| {
            let inputs =
                vec![CaseInput::new([n, k], Values::Normal), CaseInput::new([n], Values::Below(k as u32))];
            Case::new(Self, inputs)
        };
        vec![case(5, 10), case(3, 2), case(1, 33)]
    }
}

impl Graph {
    /// See [`Softmax`].
    ///
    /// # Errors
    /// [`Error::Shape`](crate::Error::Shape) if the last axis is empty.
    pub fn softmax(&mut self, x: Value) -> Result<Value> {
        self.push_one(Softmax.into(), &[x])
    }

    /// See [`LogSoftmax`].
    ///
    /// # Errors
    /// [`Error::Shape`](crate::Error::Shape) if the last axis is empty.
    pub fn log_softmax(&mut self, x: Value) -> Result<Value> {
        self.push_one(LogSoftmax.into(), &[x])
    }

    /// See [`LogSumExp`].
    ///
    /// # Errors
    /// [`Error::Shape`](crate::Error::Shape) if the last axis is empty.
    pub fn log_sum_exp(&mut self, x: Value) -> Result<Value> {
        self.push_one(LogSumExp.into(), &[x])
    }

    /// See [`SoftmaxCrossEntropy`].
    ///
    /// # Errors
    /// [`Error::Shape`](crate::Error::Shape) if the numbers of rows and labels differ.
    pub fn softmax_cross_entropy(&mut self, logits: Value, labels: Value) -> Result<Value> {
        self.push_one(SoftmaxCrossEntropy.into(), &[logits, labels])
    }

    fn sum_last(&mut self, x: Value) -> Result<Value> {
        let last = self.shape(x).rank() - 1;
        self.sum(x, &[last])
    }
}
