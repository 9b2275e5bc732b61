//! Operations that move elements without computing.

use super::{
    Attribute, Case, CaseInput, Eval, Onnx, Operation, Pulled, Values, Vjp, expect, expect_reals, mismatch,
};
use crate::error::Result;
use crate::graph::{DType, Graph, TensorType, Value};
use crate::kernels::{Real, layout};
use crate::shape::Shape;

/// The same elements under another shape. The executor makes no copy.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct Reshape {
    /// The new shape.
    pub shape: Shape,
}

impl Operation for Reshape {
    const NAME: &'static str = "Reshape";

    fn outputs(&self, inputs: &[&TensorType]) -> Result<Vec<TensorType>> {
        let [x] = expect(Self::NAME, inputs, [DType::Real])?;
        if x.len() != self.shape.len() {
            return Err(mismatch(
                Self::NAME,
                format!("{} elements for {}", self.shape.len(), self.shape),
                &x,
            ));
        }
        Ok(vec![TensorType::real(self.shape.clone())])
    }

    fn eval<T: Real>(&self, run: &mut Eval<'_, T>) {
        run.y[0].copy_from_slice(run.real(0));
    }

    fn vjp(&self, g: &mut Graph, at: &Vjp<'_>) -> Pulled {
        let Some(ct) = at.cotangents[0] else { return Ok(vec![None]) };
        let shape = g.shape(at.inputs[0]).clone();
        Ok(vec![Some(g.reshape(ct, shape)?)])
    }

    fn onnx(&self) -> Option<Onnx> {
        let dims = self.shape.dims().iter().map(|&d| d as i64).collect();
        Some(Onnx { name: Self::NAME, attributes: vec![("shape", Attribute::Ints(dims))] })
    }

    fn cases() -> Vec<Case> {
        vec![Case::normal(Self { shape: Shape::from([4, 3]) }, &[&[2, 6]])]
    }
}

/// Stretches axes of extent 1 and adds leading axes (NumPy's broadcast). Fused into its reader where that is
/// elementwise.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct Expand {
    /// The new shape.
    pub shape: Shape,
}

impl Operation for Expand {
    const NAME: &'static str = "Expand";

    fn outputs(&self, inputs: &[&TensorType]) -> Result<Vec<TensorType>> {
        let [x] = expect(Self::NAME, inputs, [DType::Real])?;
        if x.broadcast(&self.shape)? != self.shape {
            return Err(mismatch(Self::NAME, format!("a shape that stretches to {}", self.shape), &x));
        }
        Ok(vec![TensorType::real(self.shape.clone())])
    }

    fn eval<T: Real>(&self, run: &mut Eval<'_, T>) {
        layout::broadcast(run.real(0), run.shapes.inputs[0].dims(), self.shape.dims(), run.y[0]);
    }

    fn vjp(&self, g: &mut Graph, at: &Vjp<'_>) -> Pulled {
        let Some(ct) = at.cotangents[0] else { return Ok(vec![None]) };
        let shape = g.shape(at.inputs[0]).clone();
        Ok(vec![Some(g.sum_to(ct, shape)?)])
    }

    fn onnx(&self) -> Option<Onnx> {
        Onnx::plain(Self::NAME)
    }

    fn cases() -> Vec<Case> {
        let to = |dims: &[usize]| Self { shape: Shape::new(dims) };
        vec![
            Case::normal(to(&[3, 4]), &[&[4]]),
            Case::normal(to(&[3, 4]), &[&[3, 1]]),
            Case::normal(to(&[2, 3, 4, 5]), &[&[2, 1, 4, 1]]),
            Case::normal(to(&[2, 3]), &[&[]]),
        ]
    }
}

/// Axes in another order: output axis `i` is input axis `order[i]`.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct Transpose {
    /// A permutation of the axes.
    pub order: Vec<usize>,
}

impl Operation for Transpose {
    const NAME: &'static str = "Transpose";

    fn outputs(&self, inputs: &[&TensorType]) -> Result<Vec<TensorType>> {
        let [x] = expect(Self::NAME, inputs, [DType::Real])?;
        if self.order.len() != x.rank() || !(0..x.rank()).all(|axis| self.order.contains(&axis)) {
            return Err(mismatch(
                Self::NAME,
                format!("{} axes for the order {:?}", self.order.len(), self.order),
                &x,
            ));
        }
        Ok(vec![TensorType::real(self.order.iter().map(|&a| x.dims()[a]).collect::<Vec<_>>())])
    }

    fn eval<T: Real>(&self, run: &mut Eval<'_, T>) {
        layout::transpose(run.real(0), run.shapes.inputs[0].dims(), &self.order, run.y[0]);
    }

    fn vjp(&self, g: &mut Graph, at: &Vjp<'_>) -> Pulled {
        let Some(ct) = at.cotangents[0] else { return Ok(vec![None]) };
        let mut inverse = vec![0; self.order.len()];
        for (i, &axis) in self.order.iter().enumerate() {
            inverse[axis] = i;
        }
        Ok(vec![Some(g.transpose(ct, &inverse)?)])
    }

    fn onnx(&self) -> Option<Onnx> {
        let order = self.order.iter().map(|&a| a as i64).collect();
        Some(Onnx { name: Self::NAME, attributes: vec![("perm", Attribute::Ints(order))] })
    }

    fn cases() -> Vec<Case> {
        vec![
            Case::normal(Self { order: vec![1, 0] }, &[&[5, 9]]),
            Case::normal(Self { order: vec![2, 0, 1] }, &[&[2, 3, 4]]),
            Case::normal(Self { order: vec![0, 2, 1, 3] }, &[&[2, 3, 4, 5]]),
        ]
    }
}

/// A box cut out: `lengths[i]` places from `starts[i]` along axis `i`.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct Slice {
    /// First place along each axis.
    pub starts: Vec<usize>,
    /// Places along each axis.
    pub lengths: Vec<usize>,
}

impl Operation for Slice {
    const NAME: &'static str = "Slice";

    fn outputs(&self, inputs: &[&TensorType]) -> Result<Vec<TensorType>> {
        let [x] = expect(Self::NAME, inputs, [DType::Real])?;
        let fits = self.starts.len() == x.rank()
            && self.lengths.len() == x.rank()
            && (0..x.rank()).all(|i| self.starts[i].saturating_add(self.lengths[i]) <= x.dims()[i]);
        if !fits {
            let wanted = format!("a shape that holds {:?} places from {:?}", self.lengths, self.starts);
            return Err(mismatch(Self::NAME, wanted, &x));
        }
        Ok(vec![TensorType::real(self.lengths.clone())])
    }

    fn eval<T: Real>(&self, run: &mut Eval<'_, T>) {
        layout::slice(run.real(0), run.shapes.inputs[0].dims(), &self.starts, &self.lengths, run.y[0]);
    }

    fn vjp(&self, g: &mut Graph, at: &Vjp<'_>) -> Pulled {
        let Some(ct) = at.cotangents[0] else { return Ok(vec![None]) };
        let x = g.shape(at.inputs[0]).clone();
        let after = (0..x.rank()).map(|i| x.dims()[i] - self.starts[i] - self.lengths[i]).collect();
        Ok(vec![Some(g.pad(ct, self.starts.clone(), after)?)])
    }

    fn onnx(&self) -> Option<Onnx> {
        let ints = |v: Vec<usize>| Attribute::Ints(v.into_iter().map(|a| a as i64).collect());
        let ends = self.starts.iter().zip(&self.lengths).map(|(s, l)| s + l).collect();
        Some(Onnx {
            name: Self::NAME,
            attributes: vec![("starts", ints(self.starts.clone())), ("ends", ints(ends))],
        })
    }

    fn cases() -> Vec<Case> {
        vec![
            Case::normal(Self { starts: vec![1, 0], lengths: vec![2, 3] }, &[&[4, 5]]),
            Case::normal(Self { starts: vec![0, 2, 1], lengths: vec![2, 1, 3] }, &[&[2, 3, 4]]),
        ]
    }
}

/// Zeros around a tensor; the adjoint of [`Slice`].
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct Pad {
    /// Zeros before, along each axis.
    pub before: Vec<usize>,
    /// Zeros after, along each axis.
    pub after: Vec<usize>,
}

impl Operation for Pad {
    const NAME: &'static str = "Pad";

    fn outputs(&self, inputs: &[&TensorType]) -> Result<Vec<TensorType>> {
        let [x] = expect(Self::NAME, inputs, [DType::Real])?;
        if self.before.len() != x.rank() || self.after.len() != x.rank() {
            return Err(mismatch(Self::NAME, format!("rank {}", self.before.len()), &x));
        }
        let dims = (0..x.rank()).map(|i| self.before[i] + x.dims()[i] + self.after[i]);
        Ok(vec![TensorType::real(dims.collect::<Vec<_>>())])
    }

    fn eval<T: Real>(&self, run: &mut Eval<'_, T>) {
        layout::pad(run.real(0), run.shapes.inputs[0].dims(), &self.before, &self.after, run.y[0]);
    }

    fn vjp(&self, g: &mut Graph, at: &Vjp<'_>) -> Pulled {
        let Some(ct) = at.cotangents[0] else { return Ok(vec![None]) };
        let lengths = g.shape(at.inputs[0]).dims().to_vec();
        Ok(vec![Some(g.slice(ct, self.before.clone(), lengths)?)])
    }

    fn onnx(&self) -> Option<Onnx> {
        let pads = self.before.iter().chain(&self.after).map(|&p| p as i64).collect();
        Some(Onnx { name: Self::NAME, attributes: vec![("pads", Attribute::Ints(pads))] })
    }

    fn cases() -> Vec<Case> {
        vec![
            Case::normal(Self { before: vec![1, 0], after: vec![0, 3] }, &[&[2, 3]]),
            Case::normal(Self { before: vec![0, 2, 1], after: vec![1, 0, 1] }, &[&[2, 2, 3]]),
        ]
    }
}

/// Tensors one after the other along `axis`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct Concat {
    /// The axis along which they are joined.
    pub axis: usize,
}

impl Operation for Concat {
    const NAME: &'static str = "Concat";

    fn outputs(&self, inputs: &[&TensorType]) -> Result<Vec<TensorType>> {
        expect_reals(Self::NAME, inputs)?;
        let Some((first, rest)) = inputs.split_first().filter(|(f, _)| self.axis < f.shape.rank()) else {
            let wanted = format!("at least one input of rank above {}", self.axis);
            return Err(mismatch(
                Self::NAME,
                wanted,
                &inputs.first().map(|t| t.shape.clone()).unwrap_or_default(),
            ));
        };
        let mut dims = first.shape.dims().to_vec();
        for t in rest {
            let mut same = t.shape.dims().to_vec();
            if let Some(extent) = same.get_mut(self.axis) {
                dims[self.axis] += *extent;
                *extent = first.shape.dims()[self.axis];
            }
            if same != first.shape.dims() {
                let wanted = format!("{} but for axis {}", first.shape, self.axis);
                return Err(mismatch(Self::NAME, wanted, &t.shape));
            }
        }
        Ok(vec![TensorType::real(dims)])
    }

    fn eval<T: Real>(&self, run: &mut Eval<'_, T>) {
        let dims = run.shapes.outputs[0].dims();
        let inner: usize = dims[self.axis + 1..].iter().product();
        let row = dims[self.axis] * inner;
        let mut at = 0;
        for i in 0..run.count {
            let width = run.shapes.inputs[i].dims()[self.axis] * inner;
            layout::copy_columns(run.real(i), width, &mut run.y[0][..], row, at);
            at += width;
        }
    }

    fn vjp(&self, g: &mut Graph, at: &Vjp<'_>) -> Pulled {
        let Some(ct) = at.cotangents[0] else { return Ok(vec![None; at.inputs.len()]) };
        let mut starts = vec![0; g.shape(ct).rank()];
        at.inputs
            .iter()
            .map(|&x| {
                let lengths = g.shape(x).dims().to_vec();
                let extent = lengths[self.axis];
                let part = g.slice(ct, starts.clone(), lengths)?;
                starts[self.axis] += extent;
                Ok(Some(part))
            })
            .collect()
    }

    fn onnx(&self) -> Option<Onnx> {
        Some(Onnx { name: Self::NAME, attributes: vec![("axis", Attribute::Int(self.axis as i64))] })
    }

    fn cases() -> Vec<Case> {
        vec![
            Case::normal(Self { axis: 0 }, &[&[2, 3], &[1, 3], &[4, 3]]),
            Case::normal(Self { axis: 1 }, &[&[2, 3, 2], &[2, 1, 2]]),
            Case::new(Self { axis: 2 }, vec![CaseInput::new([2, 2, 1], Values::Normal); 3]),
        ]
    }
}

impl Graph {
    /// See [`Reshape`]; nothing is added if the shape is the same.
    ///
    /// # Errors
    /// [`Error::Shape`](crate::Error::Shape) if the numbers of elements differ.
    pub fn reshape(&mut self, x: Value, shape: impl Into<Shape>) -> Result<Value> {
        let shape = shape.into();
        if *self.shape(x) == shape { Ok(x) } else { self.push_one(Reshape { shape }.into(), &[x]) }
    }

    /// See [`Expand`]; nothing is added if the shape is the same.
    ///
    /// # Errors
    /// [`Error::Shape`](crate::Error::Shape) if `x` does not stretch to `shape`.
    pub fn expand(&mut self, x: Value, shape: impl Into<Shape>) -> Result<Value> {
        let shape = shape.into();
        if *self.shape(x) == shape { Ok(x) } else { self.push_one(Expand { shape }.into(), &[x]) }
    }

    /// A tensor of equal numbers.
    ///
    /// # Errors
    /// Never; the signature is that of every builder.
    pub fn fill(&mut self, value: f64, shape: impl Into<Shape>) -> Result<Value> {
        let scalar = self.constant(value)?;
        self.expand(scalar, shape)
    }

    /// See [`Transpose`].
    ///
    /// # Errors
    /// [`Error::Shape`](crate::Error::Shape) if `order` is no permutation of the axes.
    pub fn transpose(&mut self, x: Value, order: &[usize]) -> Result<Value> {
        self.push_one(Transpose { order: order.to_vec() }.into(), &[x])
    }

    /// See [`Slice`].
    ///
    /// # Errors
    /// [`Error::Shape`](crate::Error::Shape) if the box does not lie inside.
    pub fn slice(&mut self, x: Value, starts: Vec<usize>, lengths: Vec<usize>) -> Result<Value> {
        self.push_one(Slice { starts, lengths }.into(), &[x])
    }

    /// See [`Pad`].
    ///
    /// # Errors
    /// [`Error::Shape`](crate::Error::Shape) if the rank differs.
    pub fn pad(&mut self, x: Value, before: Vec<usize>, after: Vec<usize>) -> Result<Value> {
        self.push_one(Pad { before, after }.into(), &[x])
    }

    /// See [`Concat`].
    ///
    /// # Errors
    /// [`Error::Shape`](crate::Error::Shape) if the shapes differ elsewhere.
    pub fn concat(&mut self, parts: &[Value], axis: usize) -> Result<Value> {
        self.push_one(Concat { axis }.into(), parts)
    }
}
