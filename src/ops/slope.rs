//! Derivatives of activations by their result y, times a cotangent: what each layer's backward pass does, in one sweep.

use super::{Case, Eval, Onnx, Operation, Pulled, Values, Vjp, expect_equal};
use crate::error::Result;
use crate::graph::{Graph, TensorType, Value};
use crate::kernels::{Real, elementwise};

/// An operation `(y, ct) -> slope(y) ct`: builder, kernel, kind of sample values, and the rule
/// `(graph, y, ct, cotangent) -> cotangent of y`. It is linear in ct, so its derivative there is itself.
macro_rules! slope {
    ($(#[$doc:meta])* $op:ident, $builder:ident, $kernel:path, $values:expr, $vjp:expr) => {
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
                let rule: fn(&mut Graph, Value, Value, Value) -> Result<Option<Value>> = $vjp;
                let Some(ct) = at.cotangents[0] else { return Ok(vec![None; 2]) };
                let to_y = rule(g, at.inputs[0], at.inputs[1], ct)?;
                Ok(vec![to_y, Some(g.$builder(at.inputs[0], ct)?)])
            }

            fn onnx(&self) -> Option<Onnx> {
                None
            }

            fn cases() -> Vec<Case> {
                vec![Case::of($op, &[&[3, 5], &[3, 5]], $values), Case::of($op, &[&[1037], &[1037]], $values)]
            }
        }

        impl Graph {
            $(#[$doc])*
            ///
            /// # Errors
            /// [`Error::Shape`](crate::Error::Shape) if the two have different shapes or hold indices.
            pub fn $builder(&mut self, y: Value, ct: Value) -> Result<Value> {
                self.push_one($op.into(), &[y, ct])
            }
        }
    };
}

slope!(
    /// `ct` where the result `y` of [`Relu`](super::Relu) is positive, else 0.
    ReluGradient, relu_gradient, elementwise::relu_gradient, Values::Distinct, |_, _, _, _| Ok(None)
);
slope!(
    /// `ct (1 - y^2)`, for the result `y` of [`Tanh`](super::Tanh).
    TanhGradient, tanh_gradient, elementwise::tanh_gradient, Values::Normal, |g, y, ct, c| {
        let both = g.mul(ct, c)?;
        let slope = g.scale(y, -2.0)?;
        g.mul(both, slope).map(Some)
    }
);
slope!(
    /// `ct y (1 - y)`, for the result `y` of [`Sigmoid`](super::Sigmoid).
    SigmoidGradient, sigmoid_gradient, elementwise::sigmoid_gradient, Values::Normal, |g, y, ct, c| {
        let both = g.mul(ct, c)?;
        let one = g.constant(1.0)?;
        let double = g.scale(y, 2.0)?;
        let slope = g.sub(one, double)?;
        g.mul(both, slope).map(Some)
    }
);
