//! Sums and maxima over axes. The axes stay, with extent 1, so that a result broadcasts against its source.

use super::{Attribute, Case, Class, Eval, Onnx, Operation, Pulled, Values, Vjp, expect, mismatch};
use crate::error::Result;
use crate::graph::{DType, Graph, TensorType, Value};
use crate::kernels::{Real, reduce};
use crate::shape::Shape;

/// The sum over `axes`, ascending; each keeps extent 1.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct ReduceSum {
    /// Axes to sum over, ascending.
    pub axes: Vec<usize>,
}

/// The maximum over `axes`; each keeps extent 1. NaN wins. Equal maxima share the derivative equally.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct ReduceMax {
    /// Axes, ascending.
    pub axes: Vec<usize>,
}

/// The place of the first maximum along the last axis, as indices without that axis.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct ArgMax;

fn reduced(name: &'static str, axes: &[usize], inputs: &[&TensorType]) -> Result<Vec<TensorType>> {
    let [x] = expect(name, inputs, [DType::Real])?;
    let ascending = axes.windows(2).all(|w| w[0] < w[1]);
    if !ascending || axes.last().is_some_and(|&a| a >= x.rank()) {
        return Err(mismatch(name, format!("ascending axes below the rank, not {axes:?}"), &x));
    }
    let mut dims = x.dims().to_vec();
    for &axis in axes {
        dims[axis] = 1;
    }
    Ok(vec![TensorType::real(dims)])
}

fn onnx(name: &'static str, axes: &[usize]) -> Option<Onnx> {
    let axes = Attribute::Ints(axes.iter().map(|&a| a as i64).collect());
    Some(Onnx { name, attributes: vec![("axes", axes), ("keepdims", Attribute::Int(1))] })
}

impl Operation for ReduceSum {
    const NAME: &'static str = "ReduceSum";
    const CLASS: Class = Class::Reduction;

    fn outputs(&self, inputs: &[&TensorType]) -> Result<Vec<TensorType>> {
        reduced(Self::NAME, &self.axes, inputs)
    }

    fn eval<T: Real>(&self, run: &mut Eval<'_, T>) {
        reduce::sum_to(run.real(0), run.shapes.inputs[0].dims(), run.shapes.outputs[0].dims(), run.y[0]);
    }

    fn vjp(&self, g: &mut Graph, at: &Vjp<'_>) -> Pulled {
        let Some(ct) = at.cotangents[0] else { return Ok(vec![None]) };
        let shape = g.shape(at.inputs[0]).clone();
        Ok(vec![Some(g.expand(ct, shape)?)])
    }

    fn onnx(&self) -> Option<Onnx> {
        onnx(Self::NAME, &self.axes)
    }

    fn cases() -> Vec<Case> {
        [vec![0], vec![1], vec![2], vec![0, 2], vec![0, 1], vec![1, 2], vec![0, 1, 2]]
            .into_iter()
            .map(|axes| Case::normal(Self { axes }, &[&[4, 3, 19]]))
            .chain([Case::normal(Self { axes: vec![0] }, &[&[67, 5]])])
            .collect()
    }
}

impl Operation for ReduceMax {
    const NAME: &'static str = "ReduceMax";
    const CLASS: Class = Class::Reduction;

    fn outputs(&self, inputs: &[&TensorType]) -> Result<Vec<TensorType>> {
        reduced(Self::NAME, &self.axes, inputs)
    }

    fn eval<T: Real>(&self, run: &mut Eval<'_, T>) {
        reduce::max_to(run.real(0), run.shapes.inputs[0].dims(), run.shapes.outputs[0].dims(), run.y[0]);
    }

    fn vjp(&self, g: &mut Graph, at: &Vjp<'_>) -> Pulled {
        let Some(ct) = at.cotangents[0] else { return Ok(vec![None]) };
        let hit = g.equal(at.inputs[0], at.outputs[0])?;
        let count = g.push_one(ReduceSum { axes: self.axes.clone() }.into(), &[hit])?;
        let share = g.div(ct, count)?;
        Ok(vec![Some(g.mul(hit, share)?)])
    }

    fn onnx(&self) -> Option<Onnx> {
        onnx(Self::NAME, &self.axes)
    }

    fn cases() -> Vec<Case> {
        [vec![0], vec![1], vec![2], vec![0, 2]]
            .into_iter()
            .map(|axes| Case::of(Self { axes }, &[&[3, 4, 5]], Values::Distinct))
            .collect()
    }
}

impl Operation for ArgMax {
    const NAME: &'static str = "ArgMax";
    const CLASS: Class = Class::Reduction;

    fn outputs(&self, inputs: &[&TensorType]) -> Result<Vec<TensorType>> {
        let [x] = expect(Self::NAME, inputs, [DType::Real])?;
        match x.dims() {
            [.., 0] | [] => Err(mismatch(Self::NAME, "a last axis that is not empty", &x)),
            [rest @ .., _] => Ok(vec![TensorType::index(rest)]),
        }
    }

    fn eval<T: Real>(&self, run: &mut Eval<'_, T>) {
        let (x, rows) = (run.real(0), run.index.len());
        reduce::argmax_axis(x, [rows, x.len() / rows.max(1), 1], run.index);
    }

    fn vjp(&self, _: &mut Graph, _: &Vjp<'_>) -> Pulled {
        Ok(vec![None])
    }

    fn onnx(&self) -> Option<Onnx> {
        let attributes = vec![("axis", Attribute::Int(-1)), ("keepdims", Attribute::Int(0))];
        Some(Onnx { name: Self::NAME, attributes })
    }

    fn cases() -> Vec<Case> {
        vec![Case::of(Self, &[&[3, 4, 7]], Values::Distinct), Case::of(Self, &[&[5, 2]], Values::Flags)]
    }
}

impl Graph {
    /// The sum over `axes`, which keep extent 1.
    ///
    /// # Errors
    /// [`Error::Shape`](crate::Error::Shape) if an axis is not there.
    pub fn sum(&mut self, x: Value, axes: &[usize]) -> Result<Value> {
        if axes.iter().all(|&a| self.shape(x).dims().get(a) == Some(&1)) {
            return Ok(x);
        }
        self.push_one(ReduceSum { axes: axes.to_vec() }.into(), &[x])
    }

    /// The sum of all elements, a scalar.
    ///
    /// # Errors
    /// [`Error::Shape`](crate::Error::Shape) if `x` holds indices.
    pub fn sum_all(&mut self, x: Value) -> Result<Value> {
        let axes: Vec<usize> = (0..self.shape(x).rank()).collect();
        let sum = self.sum(x, &axes)?;
        self.reshape(sum, Shape::scalar())
    }

    /// The maximum over `axes`, which keep extent 1.
    ///
    /// # Errors
    /// [`Error::Shape`](crate::Error::Shape) if an axis is not there.
    pub fn max_over(&mut self, x: Value, axes: &[usize]) -> Result<Value> {
        self.push_one(ReduceMax { axes: axes.to_vec() }.into(), &[x])
    }

    /// The adjoint of a broadcast: sums `x` over the axes that [`Graph::expand`] would stretch from `shape`.
    ///
    /// # Errors
    /// [`Error::Shape`](crate::Error::Shape) if `shape` does not broadcast to the shape of `x`.
    pub fn sum_to(&mut self, x: Value, shape: Shape) -> Result<Value> {
        let from = self.shape(x).clone();
        let lead = from.rank() - shape.rank().min(from.rank());
        let axes: Vec<usize> = (0..from.rank())
            .filter(|&a| a < lead || (shape.dims()[a - lead] == 1 && from.dims()[a] != 1))
            .collect();
        let sum = if axes.is_empty() { x } else { self.sum(x, &axes)? };
        self.reshape(sum, shape)
    }

    /// See [`ArgMax`].
    ///
    /// # Errors
    /// [`Error::Shape`](crate::Error::Shape) if the last axis is empty.
    pub fn argmax(&mut self, x: Value) -> Result<Value> {
        self.push_one(ArgMax.into(), &[x])
    }
}
