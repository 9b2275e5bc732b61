//! Comparisons, which give 1 for true and 0 for false, and the choice between two values.

use super::arithmetic::binary;
use super::{Case, CaseInput, Eval, Onnx, Operation, Pulled, Values, Vjp, expect_equal};
use crate::error::Result;
use crate::graph::{Graph, TensorType, Value};
use crate::kernels::{Real, elementwise};

binary!(
    /// 1 where `a > b`, else 0; NaN is never greater.
    Greater => greater, Some("Greater"), elementwise::greater, KINDS, |_, _, _, _, _| Ok([None; 2])
);
binary!(
    /// 1 where `a >= b`, else 0.
    GreaterOrEqual => greater_or_equal, Some("GreaterOrEqual"), elementwise::greater_or_equal, KINDS,
    |_, _, _, _, _| Ok([None; 2])
);
binary!(
    /// 1 where `a == b`, else 0; NaN equals nothing.
    Equal => equal, Some("Equal"), elementwise::equal, KINDS, |_, _, _, _, _| Ok([None; 2])
);

/// Sample values without equal numbers, which have derivatives, and with them.
const KINDS: [Values; 2] = [Values::Distinct, Values::Flags];

/// `a` where the condition is not 0, `b` elsewhere. No derivative flows into the condition.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct Where;

impl Operation for Where {
    const NAME: &'static str = "Where";
    const ELEMENTWISE: bool = true;

    fn outputs(&self, inputs: &[&TensorType]) -> Result<Vec<TensorType>> {
        Ok(vec![TensorType::real(expect_equal::<3>(Self::NAME, inputs)?)])
    }

    fn eval<T: Real>(&self, run: &mut Eval<'_, T>) {
        elementwise::select(run.real(0), run.real(1), run.real(2), run.y[0]);
    }

    fn vjp(&self, g: &mut Graph, at: &Vjp<'_>) -> Pulled {
        let Some(ct) = at.cotangents[0] else { return Ok(vec![None; 3]) };
        let zero = g.constant(0.0)?;
        let condition = at.inputs[0];
        Ok(vec![None, Some(g.select(condition, ct, zero)?), Some(g.select(condition, zero, ct)?)])
    }

    fn onnx(&self) -> Option<Onnx> {
        Onnx::plain(Self::NAME)
    }

    fn cases() -> Vec<Case> {
        let inputs = |n: usize| {
            vec![
                CaseInput::new([n], Values::Flags),
                CaseInput::new([n], Values::Normal),
                CaseInput::new([n], Values::Normal),
            ]
        };
        vec![Case::new(Self, inputs(9)), Case::new(Self, inputs(600))]
    }
}

impl Graph {
    /// See [`Where`]; all three are stretched to one shape.
    ///
    /// # Errors
    /// [`Error::Shape`](crate::Error::Shape) if the shapes do not broadcast.
    pub fn select(&mut self, condition: Value, a: Value, b: Value) -> Result<Value> {
        let shape = self.shape(a).broadcast(self.shape(b))?.broadcast(self.shape(condition))?;
        let condition = self.expand(condition, shape.clone())?;
        let (a, b) = (self.expand(a, shape.clone())?, self.expand(b, shape)?);
        self.push_one(Where.into(), &[condition, a, b])
    }
}
