//! Rows by number, and back.

use super::{Attribute, Case, CaseInput, Eval, Onnx, Operation, Pulled, Values, Vjp, expect, mismatch};
use crate::error::Result;
use crate::graph::{DType, Graph, TensorType, Value};
use crate::kernels::{Real, layout};
use crate::shape::Shape;

/// Rows of a table `(V, ...)` by index `(...)`: the index shape, then the row shape. An index past the end
/// gives a row of NaN, so that the run stops and says so.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct Gather;

/// The adjoint of [`Gather`]: rows are added, in the order of the indices, to a table of zeros with `rows` rows.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct ScatterAdd {
    /// Rows of the table.
    pub rows: usize,
}

/// The nearest index to each number: the way of token numbers through features. What is below 0 or no number becomes
/// an index past any end. It has no derivative.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct ToIndex;

/// 1 at the index, 0 elsewhere along a new last axis; all 0 for an index past the end.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct OneHot {
    /// Extent of the new axis.
    pub classes: usize,
}

impl Operation for Gather {
    const NAME: &'static str = "Gather";

    fn outputs(&self, inputs: &[&TensorType]) -> Result<Vec<TensorType>> {
        let [table, index] = expect(Self::NAME, inputs, [DType::Real, DType::Index])?;
        match table.dims() {
            [] | [0, ..] => Err(mismatch(Self::NAME, "a table of at least one row", &table)),
            [_, row @ ..] => Ok(vec![TensorType::real([index.dims(), row].concat())]),
        }
    }

    fn eval<T: Real>(&self, run: &mut Eval<'_, T>) {
        let row = run.shapes.inputs[0].dims()[1..].iter().product();
        layout::gather_rows(run.real(0), row, run.indices(1), run.y[0]);
    }

    fn vjp(&self, g: &mut Graph, at: &Vjp<'_>) -> Pulled {
        let Some(ct) = at.cotangents[0] else { return Ok(vec![None; 2]) };
        let rows = g.shape(at.inputs[0]).dims()[0];
        Ok(vec![Some(g.push_one(ScatterAdd { rows }.into(), &[ct, at.inputs[1]])?), None])
    }

    fn onnx(&self) -> Option<Onnx> {
        Some(Onnx { name: Self::NAME, attributes: vec![("axis", Attribute::Int(0))] })
    }

    fn cases() -> Vec<Case> {
        let case = |table: &[usize], index: &[usize]| {
            let rows = table[0] as u32;
            Case::new(
                Self,
                vec![CaseInput::new(table, Values::Normal), CaseInput::new(index, Values::Below(rows))],
            )
        };
        vec![case(&[5, 3], &[7]), case(&[4, 2, 3], &[2, 3]), case(&[6], &[9])]
    }
}

impl Operation for ScatterAdd {
    const NAME: &'static str = "ScatterAdd";

    fn outputs(&self, inputs: &[&TensorType]) -> Result<Vec<TensorType>> {
        let [x, index] = expect(Self::NAME, inputs, [DType::Real, DType::Index])?;
        if x.rank() < index.rank() || x.dims()[..index.rank()] != *index.dims() {
            return Err(mismatch(Self::NAME, format!("rows that begin with the index shape {index}"), &x));
        }
        Ok(vec![TensorType::real([&[self.rows], &x.dims()[index.rank()..]].concat())])
    }

    fn eval<T: Real>(&self, run: &mut Eval<'_, T>) {
        let row = run.shapes.outputs[0].dims()[1..].iter().product();
        layout::scatter_add_rows(run.real(0), row, run.indices(1), run.y[0]);
    }

    fn vjp(&self, g: &mut Graph, at: &Vjp<'_>) -> Pulled {
        let Some(ct) = at.cotangents[0] else { return Ok(vec![None; 2]) };
        Ok(vec![Some(g.gather(ct, at.inputs[1])?), None])
    }

    fn onnx(&self) -> Option<Onnx> {
        None
    }

    fn cases() -> Vec<Case> {
        let case = |x: &[usize], index: &[usize]| {
            let inputs = vec![CaseInput::new(x, Values::Normal), CaseInput::new(index, Values::Below(4))];
            Case::new(Self { rows: 4 }, inputs)
        };
        vec![case(&[7, 3], &[7]), case(&[2, 3, 2], &[2, 3])]
    }
}

impl Operation for ToIndex {
    const NAME: &'static str = "ToIndex";

    fn outputs(&self, inputs: &[&TensorType]) -> Result<Vec<TensorType>> {
        let [x] = expect(Self::NAME, inputs, [DType::Real])?;
        Ok(vec![TensorType::index(x)])
    }

    fn eval<T: Real>(&self, run: &mut Eval<'_, T>) {
        let numbers = run.real(0);
        for (index, x) in run.index.iter_mut().zip(numbers) {
            // adding a half and cutting: halves go up, on every machine
            let place = (x.to_f64() + 0.5).floor();
            *index = if (0.0..f64::from(u32::MAX)).contains(&place) { place as u32 } else { u32::MAX };
        }
    }

    fn vjp(&self, _: &mut Graph, _: &Vjp<'_>) -> Pulled {
        Ok(vec![None])
    }

    fn onnx(&self) -> Option<Onnx> {
        // to INT64
        Some(Onnx { name: "Cast", attributes: vec![("to", Attribute::Int(7))] })
    }

    fn cases() -> Vec<Case> {
        vec![Case::of(Self, &[&[2, 7]], Values::Positive), Case::of(Self, &[&[9]], Values::Distinct)]
    }
}

impl Operation for OneHot {
    const NAME: &'static str = "OneHot";

    fn outputs(&self, inputs: &[&TensorType]) -> Result<Vec<TensorType>> {
        let [index] = expect(Self::NAME, inputs, [DType::Index])?;
        Ok(vec![TensorType::real([index.dims(), &[self.classes]].concat())])
    }

    fn eval<T: Real>(&self, run: &mut Eval<'_, T>) {
        layout::one_hot(run.indices(0), self.classes, run.y[0]);
    }

    fn vjp(&self, _: &mut Graph, _: &Vjp<'_>) -> Pulled {
        Ok(vec![None])
    }

    fn onnx(&self) -> Option<Onnx> {
        let attributes = vec![("axis", Attribute::Int(-1)), ("depth", Attribute::Int(self.classes as i64))];
        Some(Onnx { name: Self::NAME, attributes })
    }

    fn cases() -> Vec<Case> {
        vec![Case::new(Self { classes: 5 }, vec![CaseInput::new(Shape::from([6]), Values::Below(5))])]
    }
}

impl Graph {
    /// See [`Gather`].
    ///
    /// # Errors
    /// [`Error::Shape`](crate::Error::Shape) if `index` holds no indices.
    pub fn gather(&mut self, table: Value, index: Value) -> Result<Value> {
        self.push_one(Gather.into(), &[table, index])
    }

    /// See [`ToIndex`].
    ///
    /// # Errors
    /// [`Error::Shape`](crate::Error::Shape) if `x` holds indices.
    pub fn to_index(&mut self, x: Value) -> Result<Value> {
        self.push_one(ToIndex.into(), &[x])
    }

    /// See [`OneHot`].
    ///
    /// # Errors
    /// [`Error::Shape`](crate::Error::Shape) if `index` holds no indices.
    pub fn one_hot(&mut self, index: Value, classes: usize) -> Result<Value> {
        self.push_one(OneHot { classes }.into(), &[index])
    }
}
