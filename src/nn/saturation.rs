//! How steep an activation function is where it puts out a number: what tells that a unit has saturated.

use super::Activation;

impl Activation {
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
