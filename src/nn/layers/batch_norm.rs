//! Batch normalisation.

use super::{Builder, Initializer, Layer, ParameterKind, yes};
use crate::error::{Error, Result};
use crate::graph::{Graph, Value};
use serde::{Deserialize, Serialize};

/// `y = (x - mean) / sqrt(variance + epsilon) * gamma + beta` for each channel, the last axis of x `(N, …, C)`.
///
/// In training mean and (biased) variance are those of the batch, over all axes but the last, and the running ones move
/// towards them: `running = (1 - momentum) running + momentum batch`, the variance of the batch unbiased there
/// (n / (n - 1); a single number has none and leaves the running variance alone). Evaluation uses the running ones.
///
/// `momentum` is thus the weight of the new batch, as in PyTorch; Keras gives 1 minus it.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[cfg_attr(target_family = "wasm", derive(tsify::Tsify))]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct BatchNormalization {
    /// Name; by default `bn_1`, `bn_2`, ….
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub name: Option<String>,
    /// Weight of a new batch in the running statistics, 0 to 1.
    #[serde(default = "tenth")]
    pub momentum: f64,
    /// What is added to the variance, above 0.
    #[serde(default = "small")]
    pub epsilon: f64,
    /// Whether gamma and beta are learned; otherwise they are 1 and 0.
    #[serde(default = "yes")]
    pub affine: bool,
}

fn tenth() -> f64 {
    0.1
}

/// The addend of PyTorch.
pub(super) fn small() -> f64 {
    1e-5
}

impl Default for BatchNormalization {
    fn default() -> Self {
        Self { name: None, momentum: tenth(), epsilon: small(), affine: true }
    }
}

impl Layer for BatchNormalization {
    const STEM: &'static str = "bn";
    const TITLE: &'static str = "batch normalisation";
    const FORMULA: &'static str = "y = (x - mean) / sqrt(variance + epsilon) gamma + beta, for each channel, with mean and \
        variance of the batch in training and running = (1 - momentum) running + momentum batch afterwards";
    const SOURCE: &'static str = "Ioffe, Szegedy 2015";

    fn detail(&self) -> String {
        format!("momentum {}", self.momentum)
    }

    fn build(&self, b: &mut Builder<'_>, x: Value) -> Result<Value> {
        check_epsilon(b, self.epsilon)?;
        if !(0.0..=1.0).contains(&self.momentum) {
            return Err(b.refuse("layer-share", "a momentum of 0 to 1", self.momentum, "use 0.1"));
        }
        let dims = b.graph.shape(x).dims().to_vec();
        let channels = channels(b, x)?;
        let affine = if self.affine { Some([gamma(b, &[channels])?, beta(b, &[channels])?]) } else { None };
        let running = [b.state("running_mean", [channels], 0.0)?, b.state("running_var", [channels], 1.0)?];
        let [mean, variance] = if b.train {
            let axes: Vec<usize> = (0..dims.len() - 1).collect();
            let count = dims[..dims.len() - 1].iter().product::<usize>();
            let [mean, variance] = moments(b.graph, x, &axes)?;
            let flat = [b.graph.reshape(mean, [channels])?, b.graph.reshape(variance, [channels])?];
            self.follow(b, running[0], flat[0], 1.0)?;
            if count > 1 {
                self.follow(b, running[1], flat[1], count as f64 / (count - 1) as f64)?;
            }
            [mean, variance]
        } else {
            running
        };
        normalize(b.graph, x, Some(mean), variance, self.epsilon, affine)
    }

    fn cases() -> Vec<(Self, Vec<usize>)> {
        vec![
            (Self::default(), vec![3, 2, 2]),
            (Self { momentum: 0.3, epsilon: 1e-3, ..Self::default() }, vec![4]),
            (Self { affine: false, ..Self::default() }, vec![2]),
        ]
    }
}

impl BatchNormalization {
    /// Moves a running statistic towards `factor` times that of the batch.
    fn follow(&self, b: &mut Builder<'_>, running: Value, batch: Value, factor: f64) -> Result<()> {
        let old = b.graph.scale(running, 1.0 - self.momentum)?;
        let new = b.graph.scale(batch, self.momentum * factor)?;
        let sum = b.graph.add(old, new)?;
        b.update_state(running, sum)
    }
}

/// The channels of x: its last axis.
pub(super) fn channels(b: &Builder<'_>, x: Value) -> Result<usize> {
    match *b.graph.shape(x).dims() {
        [_, .., channels] if channels > 0 => Ok(channels),
        _ => Err(Error::shape("layer-needs-rows", b.name)
            .expected("rows of features (N, I)")
            .got(b.graph.shape(x).to_string())
            .hint("use a data set with at least one feature")),
    }
}

/// Refuses an addend under a root that does not keep it away from 0.
pub(super) fn check_epsilon(b: &Builder<'_>, epsilon: f64) -> Result<()> {
    if epsilon > 0.0 && epsilon.is_finite() {
        return Ok(());
    }
    Err(b.refuse("layer-positive", "an epsilon above 0", epsilon, "use 0.00001"))
}

/// A learned factor, 1 at first.
pub(super) fn gamma(b: &mut Builder<'_>, dims: &[usize]) -> Result<Value> {
    b.parameter("gamma", dims, ParameterKind::Gain, Initializer::Constant { value: 1.0 }, [1, 1])
}

/// A learned addend, 0 at first.
pub(super) fn beta(b: &mut Builder<'_>, dims: &[usize]) -> Result<Value> {
    b.parameter("beta", dims, ParameterKind::Bias, Initializer::Zeros {}, [1, 1])
}

/// Mean and biased variance over `axes`, which keep extent 1.
pub(super) fn moments(g: &mut Graph, x: Value, axes: &[usize]) -> Result<[Value; 2]> {
    let count: usize = axes.iter().map(|&a| g.shape(x).dims()[a]).product();
    let sum = g.sum(x, axes)?;
    let mean = g.scale(sum, 1.0 / count as f64)?;
    let centred = g.sub(x, mean)?;
    let square = g.mul(centred, centred)?;
    let sum = g.sum(square, axes)?;
    Ok([mean, g.scale(sum, 1.0 / count as f64)?])
}

/// `(x - mean) / sqrt(square + epsilon) * gamma + beta`; all that is per channel is done before it meets x.
pub(super) fn normalize(
    g: &mut Graph,
    x: Value,
    mean: Option<Value>,
    square: Value,
    epsilon: f64,
    affine: Option<[Value; 2]>,
) -> Result<Value> {
    let epsilon = g.constant(epsilon)?;
    let square = g.add(square, epsilon)?;
    let root = g.sqrt(square)?;
    let mut factor = g.reciprocal(root)?;
    if let Some([gamma, _]) = affine {
        factor = g.mul(factor, gamma)?;
    }
    let centred = match mean {
        Some(mean) => g.sub(x, mean)?,
        None => x,
    };
    let y = g.mul(centred, factor)?;
    match affine {
        Some([_, beta]) => g.add(y, beta),
        None => Ok(y),
    }
}
