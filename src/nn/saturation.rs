//! How steep an activation function is: drawn, and where it puts out a number, which tells that a unit has saturated.

use super::Activation;
use crate::error::{Error, Result};
use serde::Serialize;

/// Most points of a curve.
const POINTS: usize = 2000;

/// An activation function, ready to draw.
#[derive(Debug, Clone, PartialEq, Serialize)]
#[cfg_attr(target_family = "wasm", derive(tsify::Tsify))]
pub struct Curve {
    /// Inputs, spread evenly.
    pub x: Vec<f64>,
    /// The function there.
    pub y: Vec<f64>,
    /// Its derivative there.
    pub derivative: Vec<f64>,
    /// The largest size of the derivative among these: the most that one layer passes back of a gradient.
    pub steepest: f64,
}

impl Activation {
    /// The function and its derivative over `from..=to`, as [`Activation::curve`] computes them.
    ///
    /// # Errors
    /// [`Error::Spec`] for a range that is none or fewer than 2 or more than 2,000 points; [`Error::Memory`].
    pub fn drawn(self, from: f64, to: f64, points: usize) -> Result<Curve> {
        let sound = from < to && from.abs() <= 1e6 && to.abs() <= 1e6 && (2..=POINTS).contains(&points);
        if !sound {
            return Err(Error::spec("curve-range", "activationCurve")
                .expected(format!("a range from..to within a million, and 2 to {POINTS} points"))
                .got(format!("{from} to {to} in {points} points"))
                .hint("draw -6 to 6 in 121 points, for example"));
        }
        let (y, derivative) = self.curve([from, to], points)?;
        let step = (to - from) / (points - 1) as f64;
        let x = (0..points).map(|i| from + step * i as f64).collect();
        let steepest = derivative.iter().fold(0.0, |most: f64, slope| most.max(slope.abs()));
        Ok(Curve { x, y, derivative, steepest })
    }

    /// The derivative of the function where its value is `y`, as a share of its largest derivative. Only for functions
    /// that flatten at both ends, since these alone saturate; `None` for the others.
    #[must_use]
    pub fn steepness(self, y: f64) -> Option<f64> {
        let between = |low: f64, high: f64| if y > low && y < high { 1.0 } else { 0.0 };
        match self {
            Self::Sigmoid => Some(4.0 * y * (1.0 - y)),
            Self::Tanh => Some(1.0 - y * y),
            // 1 / (1 + |x|)^2, and 1 / (1 + |x|) is 1 - |y|
            Self::Softsign => Some((1.0 - y.abs()) * (1.0 - y.abs())),
            Self::HardSigmoid => Some(between(0.0, 1.0)),
            Self::HardTanh { min, max } => Some(between(min, max)),
            Self::Relu6 => Some(between(0.0, 6.0)),
            _ => None,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_drawn_function_has_its_largest_derivative() {
        for (activation, steepest) in [
            (Activation::Sigmoid, 0.25),
            (Activation::Tanh, 1.0),
            (Activation::Relu, 1.0),
            // x + 1/2 at x = 3, the end of the line that rises from -3
            (Activation::HardSwish, 1.5),
        ] {
            let drawn = activation.drawn(-6.0, 6.0, 121).unwrap();
            assert_eq!((drawn.x[0], drawn.x[60], drawn.x.len()), (-6.0, 0.0, 121));
            let plain = activation.curve([-6.0, 6.0], 121).unwrap();
            assert_eq!((&drawn.y, &drawn.derivative), (&plain.0, &plain.1));
            // the corner of the hard swish lies between two points
            let slack = if activation == Activation::HardSwish { 0.05 } else { 1e-12 };
            assert!((drawn.steepest - steepest).abs() < slack, "{activation:?}: {}", drawn.steepest);
        }
        for (from, to, points) in
            [(1.0, 1.0, 9), (f64::NAN, 1.0, 9), (0.0, 2e6, 9), (0.0, 1.0, 1), (0.0, 1.0, 2001)]
        {
            assert_eq!(Activation::Tanh.drawn(from, to, points).unwrap_err().report().code, "curve-range");
        }
    }

    #[test]
    fn steepness_is_that_of_the_function_s_own_graph() {
        let mut known = 0;
        for activation in Activation::all() {
            // near 0, where the smooth ones are steepest, and on none of the corners of the others
            let (values, slopes) = activation.curve([-9.0206, 9.0214], 187).unwrap();
            let largest = slopes.iter().copied().fold(0.0, f64::max);
            for (y, slope) in values.iter().zip(&slopes) {
                let Some(share) = activation.steepness(*y) else { continue };
                // of the sampled slopes none is quite the largest
                assert!((share - slope / largest).abs() < 2e-3, "{activation:?} at {y}: {share}");
                known += 1;
            }
        }
        assert_eq!(known, 6 * 187);
    }
}
