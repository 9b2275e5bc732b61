//! Arithmetic of two tensors of one shape. The builders on [`Graph`] stretch their arguments first (NumPy's
//! rule) with [`Expand`](super::Expand) nodes, which cost nothing once fused.

use super::{Case, Eval, Onnx, Operation, Pulled, Values, Vjp, expect_equal};
use crate::error::Result;
use crate::graph::{Graph, TensorType, Value};
use crate::kernels::{Real, elementwise};

/// An elementwise operation of two reals: name, builder (unless it is written by hand), ONNX name, kernel, kinds of sample
/// values, and the rule `(graph, a, b, y, cotangent) -> cotangents of a and b`.
macro_rules! binary {
    (
        $(#[$doc:meta])* $op:ident $(=> $builder:ident)?,
        $onnx:expr, $kernel:path, $values:expr, $vjp:expr
    ) => {
        $(#[$doc])*
        #[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
        pub struct $op;

        impl Operation for $op {
            const NAME: &'static str = stringify!($op);
            const ELEMENTWISE: bool = true;

            fn outputs(&self, inputs: &[&TensorType]) -> Result<Vec<TensorType>> {
                Ok(vec![TensorType::real(expect_equal::<2>(Self::NAME, inputs)?)])
            }

            fn eval<T: Real>(&self, run: &mut Eval<'_, T>) {
                $kernel(run.real(0), run.real(1), run.y[0]);
            }

            fn vjp(&self, g: &mut Graph, at: &Vjp<'_>) -> Pulled {
                let rule: fn(&mut Graph, Value, Value, Value, Value) -> Result<[Option<Value>; 2]> = $vjp;
                let Some(ct) = at.cotangents[0] else { return Ok(vec![None; 2]) };
                Ok(rule(g, at.inputs[0], at.inputs[1], at.outputs[0], ct)?.to_vec())
            }

            fn onnx(&self) -> Option<Onnx> {
                let name: Option<&'static str> = $onnx;
                name.and_then(Onnx::plain)
            }

            fn cases() -> Vec<Case> {
                // 1,037 elements cross a tile of the fused evaluation and leave a tail
                let case = |values| {
                    [Case::of($op, &[&[3, 5], &[3, 5]], values), Case::of($op, &[&[1037], &[1037]], values)]
                };
                $values.into_iter().flat_map(case).collect()
            }
        }

        $(impl Graph {
            #[doc = concat!("See [`", stringify!($op), "`]; both are stretched to one shape.")]
            ///
            /// # Errors
            /// [`Error::Shape`](crate::Error::Shape) if the shapes do not broadcast.
            pub fn $builder(&mut self, a: Value, b: Value) -> Result<Value> {
                let (a, b) = self.stretch(a, b)?;
                self.push_one($op.into(), &[a, b])
            }
        })?
    };
}
pub(super) use binary;

binary!(
    /// `a + b`.
    Add, Some("Add"), elementwise::add, [Values::Normal], |_, _, _, _, ct| both(ct, ct)
);
binary!(
    /// `a - b`.
    Sub => sub, Some("Sub"), elementwise::sub, [Values::Normal], |g, _, _, _, ct| both(ct, g.neg(ct)?)
);
binary!(
    /// `a * b`.
    Mul, Some("Mul"), elementwise::mul, [Values::Normal], |g, a, b, _, ct| both(g.mul(ct, b)?, g.mul(ct, a)?)
);
binary!(
    /// `a / b`.
    Div => div, Some("Div"), elementwise::div, [Values::Positive], |g, _, b, y, ct| {
        let da = g.div(ct, b)?;
        let db = g.mul(da, y)?;
        both(da, g.neg(db)?)
    }
);
binary!(
    /// `a` to the power `b`, for `a` > 0. The derivative with respect to `b` is 0 where `a` <= 0.
    Pow => pow, Some("Pow"), elementwise::pow, [Values::Positive], |g, a, b, y, ct| {
        let one = g.constant(1.0)?;
        let less = g.sub(b, one)?;
        let slope = g.pow(a, less)?;
        let slope = g.mul(b, slope)?;
        let (da, zero) = (g.mul(ct, slope)?, g.constant(0.0)?);
        let positive = g.greater(a, zero)?;
        let base = g.select(positive, a, one)?;
        let log = g.log(base)?;
        let db = g.mul(y, log)?;
        both(da, g.mul(ct, db)?)
    }
);
binary!(
    /// The larger; NaN if either is. Of equals the first takes the derivative.
    Max => maximum, Some("Max"), elementwise::max, [Values::Distinct], |g, a, b, _, ct| {
        let first = g.greater_or_equal(a, b)?;
        split(g, first, ct)
    }
);
binary!(
    /// The smaller; NaN if either is. Of equals the first takes the derivative.
    Min => minimum, Some("Min"), elementwise::min, [Values::Distinct], |g, a, b, _, ct| {
        let first = g.greater_or_equal(b, a)?;
        split(g, first, ct)
    }
);

fn both(to_a: Value, to_b: Value) -> Result<[Option<Value>; 2]> {
    Ok([Some(to_a), Some(to_b)])
}

/// The cotangent to the first where `first` is 1, to the second elsewhere.
fn split(g: &mut Graph, first: Value, ct: Value) -> Result<[Option<Value>; 2]> {
    let zero = g.constant(0.0)?;
    both(g.select(first, ct, zero)?, g.select(first, zero, ct)?)
}

/// Arithmetic with broadcasting.
///
/// # Errors
/// [`Error::Shape`](crate::Error::Shape) if the shapes do not broadcast.
#[allow(clippy::missing_errors_doc)]
impl Graph {
    /// Both values expanded to their common shape.
    pub(crate) fn stretch(&mut self, a: Value, b: Value) -> Result<(Value, Value)> {
        let shape = self.shape(a).broadcast(self.shape(b))?;
        Ok((self.expand(a, shape.clone())?, self.expand(b, shape)?))
    }

    /// `a * b`. A factor of 1 is left out.
    pub fn mul(&mut self, a: Value, b: Value) -> Result<Value> {
        let (a, b) = self.stretch(a, b)?;
        match (self.filled_with(a), self.filled_with(b)) {
            (Some(1.0), _) => Ok(b),
            (_, Some(1.0)) => Ok(a),
            _ => self.push_one(Mul.into(), &[a, b]),
        }
    }

    /// `a + b`. A term of 0 is left out.
    pub fn add(&mut self, a: Value, b: Value) -> Result<Value> {
        let (a, b) = self.stretch(a, b)?;
        match (self.filled_with(a), self.filled_with(b)) {
            (Some(0.0), _) => Ok(b),
            (_, Some(0.0)) => Ok(a),
            _ => self.push_one(Add.into(), &[a, b]),
        }
    }

    /// `min(max(x, least), most)`.
    pub fn clip(&mut self, x: Value, least: f64, most: f64) -> Result<Value> {
        let (least, most) = (self.constant(least)?, self.constant(most)?);
        let x = self.maximum(x, least)?;
        self.minimum(x, most)
    }

    /// `a` times a constant.
    pub fn scale(&mut self, a: Value, factor: f64) -> Result<Value> {
        let factor = self.constant(factor)?;
        self.mul(a, factor)
    }
}
