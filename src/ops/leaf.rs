//! Nodes without inputs.

use super::{Case, Eval, F64, Onnx, Operation, Pulled, Vjp, expect};
use crate::error::Result;
use crate::graph::{Buffer, DType, Graph, TensorType};
use crate::kernels::Real;
use crate::shape::Shape;

/// A part of an outside buffer. The executor reads it where it lies; it is never evaluated.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct Input {
    /// Which buffer.
    pub buffer: Buffer,
    /// The first element.
    pub offset: usize,
    /// The shape.
    pub shape: Shape,
}

impl Operation for Input {
    const NAME: &'static str = "Input";

    fn outputs(&self, inputs: &[&TensorType]) -> Result<Vec<TensorType>> {
        expect(Self::NAME, inputs, [])?;
        Ok(vec![match self.buffer.dtype() {
            DType::Real => TensorType::real(self.shape.clone()),
            DType::Index => TensorType::index(self.shape.clone()),
        }])
    }

    fn eval<T: Real>(&self, _: &mut Eval<'_, T>) {}

    fn vjp(&self, _: &mut Graph, _: &Vjp<'_>) -> Pulled {
        Ok(Vec::new())
    }

    fn onnx(&self) -> Option<Onnx> {
        None
    }

    fn cases() -> Vec<Case> {
        Vec::new()
    }
}

/// A scalar known in advance.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct Constant {
    /// The number.
    pub value: F64,
}

impl Operation for Constant {
    const NAME: &'static str = "Constant";

    fn outputs(&self, inputs: &[&TensorType]) -> Result<Vec<TensorType>> {
        expect(Self::NAME, inputs, [])?;
        Ok(vec![TensorType::real(Shape::scalar())])
    }

    fn eval<T: Real>(&self, run: &mut Eval<'_, T>) {
        run.y[0].fill(T::from_f64(self.value.get()));
    }

    fn vjp(&self, _: &mut Graph, _: &Vjp<'_>) -> Pulled {
        Ok(Vec::new())
    }

    fn onnx(&self) -> Option<Onnx> {
        Onnx::plain(Self::NAME)
    }

    fn cases() -> Vec<Case> {
        vec![Case::new(Self { value: F64::new(0.1) }, Vec::new())]
    }
}
