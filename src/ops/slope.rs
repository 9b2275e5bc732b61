//! Derivatives of activations by their result y, times a cotangent ct: what each layer's backward pass does, in one sweep.
//! Each is linear in ct, so its derivative there is itself.

use super::arithmetic::binary;
use super::{Case, Eval, Onnx, Operation, Pulled, Values, Vjp, expect_equal};
use crate::error::Result;
use crate::graph::{Graph, TensorType, Value};
use crate::kernels::{Real, elementwise};

binary!(
    /// `ct` where the result `y` of [`Relu`](super::Relu) is positive, else 0.
    ReluGradient => relu_gradient, None, elementwise::relu_gradient, [Values::Distinct],
    |g, y, _, _, c| Ok([None, Some(g.relu_gradient(y, c)?)])
);
binary!(
    /// `ct (1 - y^2)`, for the result `y` of [`Tanh`](super::Tanh).
    TanhGradient => tanh_gradient, None, elementwise::tanh_gradient, [Values::Normal], |g, y, ct, _, c| {
        let both = g.mul(ct, c)?;
        let slope = g.scale(y, -2.0)?;
        Ok([Some(g.mul(both, slope)?), Some(g.tanh_gradient(y, c)?)])
    }
);
binary!(
    /// `ct y (1 - y)`, for the result `y` of [`Sigmoid`](super::Sigmoid).
    SigmoidGradient => sigmoid_gradient, None, elementwise::sigmoid_gradient, [Values::Normal], |g, y, ct, _, c| {
        let both = g.mul(ct, c)?;
        let one = g.constant(1.0)?;
        let double = g.scale(y, 2.0)?;
        let slope = g.sub(one, double)?;
        Ok([Some(g.mul(both, slope)?), Some(g.sigmoid_gradient(y, c)?)])
    }
);
