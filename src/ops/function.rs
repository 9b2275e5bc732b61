//! Functions of one number.

use super::{Attribute, Case, Eval, F64, Onnx, Operation, Pulled, Values, Vjp, expect_equal};
use crate::error::Result;
use crate::graph::{Graph, TensorType, Value};
use crate::kernels::{Real, elementwise, map::map};

/// An elementwise function: name, ONNX name, builder, kernel, kind of sample values, and the rule
/// `(graph, x, y, cotangent) -> cotangent of x`.
macro_rules! unary {
    ($(#[$doc:meta])* $op:ident, $onnx:expr, $builder:ident, $kernel:expr, $values:expr, $vjp:expr) => {
        $(#[$doc])*
        #[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
        pub struct $op;

        impl Operation for $op {
            const NAME: &'static str = stringify!($op);
            const ELEMENTWISE: bool = true;

            fn outputs(&self, inputs: &[&TensorType]) -> Result<Vec<TensorType>> {
                Ok(vec![TensorType::real(expect_equal::<1>(Self::NAME, inputs)?)])
            }

            fn eval<T: Real>(&self, run: &mut Eval<'_, T>) {
                let kernel: fn(&[T], &mut [T]) = $kernel;
                kernel(run.real(0), run.y[0]);
            }

            fn vjp(&self, g: &mut Graph, at: &Vjp<'_>) -> Pulled {
                let rule: fn(&mut Graph, Value, Value, Value) -> Result<Option<Value>> = $vjp;
                let Some(ct) = at.cotangents[0] else { return Ok(vec![None]) };
                Ok(vec![rule(g, at.inputs[0], at.outputs[0], ct)?])
            }

            fn onnx(&self) -> Option<Onnx> {
                let name: Option<&'static str> = $onnx;
                name.and_then(Onnx::plain)
            }

            fn cases() -> Vec<Case> {
                vec![Case::of($op, &[&[2, 7]], $values), Case::of($op, &[&[1037]], $values)]
            }
        }

        impl Graph {
            $(#[$doc])*
            ///
            /// # Errors
            /// [`Error::Shape`](crate::Error::Shape) if `x` holds indices.
            pub fn $builder(&mut self, x: Value) -> Result<Value> {
                self.push_one($op.into(), &[x])
            }
        }
    };
}

unary!(
    /// `-x`.
    Neg, Some("Neg"), neg, |x, y| map(x, y, |v| -v), Values::Normal, |g, _, _, ct| g.neg(ct).map(Some)
);
unary!(
    /// The absolute value; its derivative at 0 is 0.
    Abs, Some("Abs"), abs, |x, y| map(x, y, |v| v.abs()), Values::Distinct, |g, x, _, ct| {
        let sign = g.sign(x)?;
        g.mul(ct, sign).map(Some)
    }
);
unary!(
    /// -1, 0 or 1; its derivative is 0 everywhere.
    Sign, Some("Sign"), sign, |x, y| map(x, y, |v| v.sign()), Values::Distinct, |_, _, _, _| Ok(None)
);
unary!(
    /// The exponential.
    Exp, Some("Exp"), exp, T::exp_slice, Values::Normal, |g, _, y, ct| g.mul(ct, y).map(Some)
);
unary!(
    /// `exp(x) - 1`, exact near 0. ONNX has no such operator.
    Expm1, None, expm1, |x, y| map(x, y, |v| v.expm1()), Values::Normal, |g, x, _, ct| {
        let slope = g.exp(x)?;
        g.mul(ct, slope).map(Some)
    }
);
unary!(
    /// The natural logarithm.
    Log, Some("Log"), log, T::log_slice, Values::Positive, |g, x, _, ct| g.div(ct, x).map(Some)
);
unary!(
    /// `log(1 + x)`, exact near 0. ONNX has no such operator.
    Log1p, None, log1p, |x, y| map(x, y, |v| v.log1p()), Values::Positive, |g, x, _, ct| {
        let one = g.constant(1.0)?;
        let sum = g.add(x, one)?;
        g.div(ct, sum).map(Some)
    }
);
unary!(
    /// The square root.
    Sqrt, Some("Sqrt"), sqrt, |x, y| map(x, y, |v| v.sqrt()), Values::Positive, |g, _, y, ct| {
        let twice = g.scale(y, 2.0)?;
        g.div(ct, twice).map(Some)
    }
);
unary!(
    /// `1 / x`.
    Reciprocal, Some("Reciprocal"), reciprocal, |x, y| map(x, y, |v| v.reciprocal()), Values::Positive, |g, _, y, ct| {
        let square = g.mul(y, y)?;
        let slope = g.neg(square)?;
        g.mul(ct, slope).map(Some)
    }
);
unary!(
    /// The sine, of radians.
    Sin, Some("Sin"), sin, |x, y| map(x, y, |v| v.sin()), Values::Normal, |g, x, _, ct| {
        let slope = g.cos(x)?;
        g.mul(ct, slope).map(Some)
    }
);
unary!(
    /// The cosine, of radians.
    Cos, Some("Cos"), cos, |x, y| map(x, y, |v| v.cos()), Values::Normal, |g, x, _, ct| {
        let sine = g.sin(x)?;
        let slope = g.neg(sine)?;
        g.mul(ct, slope).map(Some)
    }
);
unary!(
    /// The hyperbolic tangent; its derivative is `1 - y^2`.
    Tanh, Some("Tanh"), tanh, T::tanh_slice, Values::Normal, |g, _, y, ct| {
        g.tanh_gradient(y, ct).map(Some)
    }
);
unary!(
    /// The logistic function `1 / (1 + exp(-x))`; its derivative is `y (1 - y)`.
    Sigmoid, Some("Sigmoid"), sigmoid, T::sigmoid_slice, Values::Normal, |g, _, y, ct| {
        g.sigmoid_gradient(y, ct).map(Some)
    }
);
unary!(
    /// `log(1 + exp(x))`, without overflow; its derivative is the logistic function.
    Softplus, Some("Softplus"), softplus, |x, y| map(x, y, |v| v.softplus()), Values::Normal, |g, x, _, ct| {
        let slope = g.sigmoid(x)?;
        g.mul(ct, slope).map(Some)
    }
);
unary!(
    /// The error function; its derivative is `2 / sqrt(pi) exp(-x^2)`.
    Erf, Some("Erf"), erf, |x, y| map(x, y, |v| v.erf()), Values::Normal, |g, x, _, ct| {
        let square = g.mul(x, x)?;
        let negative = g.neg(square)?;
        let bell = g.exp(negative)?;
        let slope = g.scale(bell, std::f64::consts::FRAC_2_SQRT_PI)?;
        g.mul(ct, slope).map(Some)
    }
);
unary!(
    /// `max(x, 0)`; its derivative at 0 is 0.
    Relu, Some("Relu"), relu, elementwise::relu, Values::Distinct, |g, _, y, ct| {
        g.relu_gradient(y, ct).map(Some)
    }
);

/// `x` where it is positive, `alpha x` elsewhere (Maas, Hannun, Ng 2013).
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct LeakyRelu {
    /// The slope for x <= 0.
    pub alpha: F64,
}

impl Operation for LeakyRelu {
    const NAME: &'static str = "LeakyRelu";
    const ELEMENTWISE: bool = true;

    fn outputs(&self, inputs: &[&TensorType]) -> Result<Vec<TensorType>> {
        Ok(vec![TensorType::real(expect_equal::<1>(Self::NAME, inputs)?)])
    }

    fn eval<T: Real>(&self, run: &mut Eval<'_, T>) {
        elementwise::leaky_relu(T::from_f64(self.alpha.get()), run.real(0), run.y[0]);
    }

    fn vjp(&self, g: &mut Graph, at: &Vjp<'_>) -> Pulled {
        let Some(ct) = at.cotangents[0] else { return Ok(vec![None]) };
        let zero = g.constant(0.0)?;
        let on = g.greater(at.inputs[0], zero)?;
        let small = g.scale(ct, self.alpha.get())?;
        Ok(vec![Some(g.select(on, ct, small)?)])
    }

    fn onnx(&self) -> Option<Onnx> {
        Some(Onnx { name: Self::NAME, attributes: vec![("alpha", Attribute::Float(self.alpha.get()))] })
    }

    fn cases() -> Vec<Case> {
        vec![Case::of(Self { alpha: F64::new(0.125) }, &[&[3, 11]], Values::Distinct)]
    }
}

impl Graph {
    /// See [`LeakyRelu`].
    ///
    /// # Errors
    /// [`Error::Shape`](crate::Error::Shape) if `x` holds indices.
    pub fn leaky_relu(&mut self, x: Value, alpha: f64) -> Result<Value> {
        self.push_one(LeakyRelu { alpha: F64::new(alpha) }.into(), &[x])
    }
}
