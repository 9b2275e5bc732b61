//! Normalisations that look at one example alone: the same in training and in evaluation.

use super::batch_norm::{beta, channels, check_epsilon, gamma, moments, normalize, small};
use super::{Builder, Layer, one, yes};
use crate::error::Result;
use crate::graph::Value;
use serde::{Deserialize, Serialize};

/// `y = (x - mean) / sqrt(variance + epsilon) * gamma + beta`, mean and biased variance over the last axes of each
/// example; gamma and beta have the extents of these axes.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[cfg_attr(target_family = "wasm", derive(tsify::Tsify))]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct LayerNormalization {
    /// Name; by default `ln_1`, `ln_2`, ….
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub name: Option<String>,
    /// How many of the last axes are normalised together: 1 for the features of a row or of a place in a sequence, 3 for a
    /// whole image.
    #[serde(default = "one")]
    pub axes: usize,
    /// What is added to the variance, above 0.
    #[serde(default = "small")]
    pub epsilon: f64,
    /// Whether gamma and beta are learned; otherwise they are 1 and 0.
    #[serde(default = "yes")]
    pub affine: bool,
}

/// As [`LayerNormalization`], over all pixels of a group of channels of x `(N, …, C)`; gamma and beta for each channel.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[cfg_attr(target_family = "wasm", derive(tsify::Tsify))]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct GroupNormalization {
    /// Name; by default `gn_1`, `gn_2`, ….
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub name: Option<String>,
    /// Groups of channels: as many as there are channels is instance normalisation.
    pub groups: usize,
    /// What is added to the variance, above 0.
    #[serde(default = "small")]
    pub epsilon: f64,
    /// Whether gamma and beta are learned; otherwise they are 1 and 0.
    #[serde(default = "yes")]
    pub affine: bool,
}

/// `y = x / sqrt(mean of x^2 + epsilon) * gamma` over the last axes of each example.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[cfg_attr(target_family = "wasm", derive(tsify::Tsify))]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct RmsNormalization {
    /// Name; by default `rms_1`, `rms_2`, ….
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub name: Option<String>,
    /// As in [`LayerNormalization::axes`].
    #[serde(default = "one")]
    pub axes: usize,
    /// What is added to the mean square, above 0.
    #[serde(default = "small")]
    pub epsilon: f64,
    /// Whether gamma is learned; otherwise it is 1.
    #[serde(default = "yes")]
    pub affine: bool,
}

/// The numbers of the last `count` axes, and their extents.
fn last_axes(b: &Builder<'_>, x: Value, count: usize) -> Result<(Vec<usize>, Vec<usize>)> {
    let dims = b.graph.shape(x).dims();
    if !(1..dims.len()).contains(&count) {
        let expected = format!("axes of 1 to {}, since the first axis counts examples", dims.len() - 1);
        return Err(b.refuse("norm-axes", &expected, count, "use 1").arg("most", dims.len() - 1));
    }
    let first = dims.len() - count;
    Ok(((first..dims.len()).collect(), dims[first..].to_vec()))
}

impl Default for LayerNormalization {
    fn default() -> Self {
        Self { name: None, axes: 1, epsilon: small(), affine: true }
    }
}

impl Default for RmsNormalization {
    fn default() -> Self {
        Self { name: None, axes: 1, epsilon: small(), affine: true }
    }
}

impl Layer for LayerNormalization {
    const STEM: &'static str = "ln";
    const TITLE: &'static str = "layer normalisation";
    const FORMULA: &'static str =
        "y = (x - mean) / sqrt(variance + epsilon) gamma + beta, over the last axes of each example";
    const SOURCE: &'static str = "Ba, Kiros, Hinton 2016";

    fn detail(&self) -> String {
        if self.axes == 1 { String::new() } else { format!("{} axes", self.axes) }
    }

    fn build(&self, b: &mut Builder<'_>, x: Value) -> Result<Value> {
        check_epsilon(b, self.epsilon)?;
        let (axes, extents) = last_axes(b, x, self.axes)?;
        let affine = if self.affine { Some([gamma(b, &extents)?, beta(b, &extents)?]) } else { None };
        let [mean, variance] = moments(b.graph, x, &axes)?;
        normalize(b.graph, x, Some(mean), variance, self.epsilon, affine)
    }

    fn cases() -> Vec<(Self, Vec<usize>)> {
        let image = Self { axes: 3, epsilon: 1e-3, ..Self::default() };
        vec![
            (Self::default(), vec![5]),
            (image, vec![2, 2, 3]),
            (Self { affine: false, ..Self::default() }, vec![2, 3]),
        ]
    }
}

impl Layer for GroupNormalization {
    const STEM: &'static str = "gn";
    const TITLE: &'static str = "group normalisation";
    const FORMULA: &'static str = "y = (x - mean) / sqrt(variance + epsilon) gamma + beta, over all pixels of a group of channels of each example";
    const SOURCE: &'static str = "Wu, He 2018; a group for each channel: Ulyanov, Vedaldi, Lempitsky 2016";

    fn detail(&self) -> String {
        format!("{} groups", self.groups)
    }

    fn build(&self, b: &mut Builder<'_>, x: Value) -> Result<Value> {
        check_epsilon(b, self.epsilon)?;
        let channels = channels(b, x)?;
        if self.groups == 0 || !channels.is_multiple_of(self.groups) {
            let expected = format!("groups that divide {channels} channels");
            return Err(b
                .refuse("norm-groups", &expected, self.groups, "use a divisor")
                .arg("channels", channels));
        }
        let shape = b.graph.shape(x).clone();
        let affine = if self.affine { Some([gamma(b, &[channels])?, beta(b, &[channels])?]) } else { None };
        // channels of a group are neighbours: (N, pixels, groups, channels of a group)
        let batch = shape.dims()[0];
        let pixels = shape.dims()[1..shape.rank() - 1].iter().product();
        let grouped = b.graph.reshape(x, [batch, pixels, self.groups, channels / self.groups])?;
        let [mean, variance] = moments(b.graph, grouped, &[1, 3])?;
        let y = normalize(b.graph, grouped, Some(mean), variance, self.epsilon, None)?;
        let y = b.graph.reshape(y, shape)?;
        let Some([gamma, beta]) = affine else { return Ok(y) };
        let y = b.graph.mul(y, gamma)?;
        b.graph.add(y, beta)
    }

    fn cases() -> Vec<(Self, Vec<usize>)> {
        let groups = |groups| Self { name: None, groups, epsilon: small(), affine: true };
        vec![
            (groups(2), vec![2, 3, 4]),
            (groups(1), vec![6]),
            (Self { affine: false, ..groups(3) }, vec![2, 2, 3]),
        ]
    }
}

impl Layer for RmsNormalization {
    const STEM: &'static str = "rms";
    const TITLE: &'static str = "RMS normalisation";
    const FORMULA: &'static str =
        "y = x / sqrt(mean of x^2 + epsilon) gamma, over the last axes of each example";
    const SOURCE: &'static str = "Zhang, Sennrich 2019";

    fn detail(&self) -> String {
        if self.axes == 1 { String::new() } else { format!("{} axes", self.axes) }
    }

    fn build(&self, b: &mut Builder<'_>, x: Value) -> Result<Value> {
        check_epsilon(b, self.epsilon)?;
        let (axes, extents) = last_axes(b, x, self.axes)?;
        let gamma = if self.affine { Some(gamma(b, &extents)?) } else { None };
        let count: usize = extents.iter().product();
        let square = b.graph.mul(x, x)?;
        let sum = b.graph.sum(square, &axes)?;
        let mean = b.graph.scale(sum, 1.0 / count as f64)?;
        let y = normalize(b.graph, x, None, mean, self.epsilon, None)?;
        gamma.map_or(Ok(y), |gamma| b.graph.mul(y, gamma))
    }

    fn cases() -> Vec<(Self, Vec<usize>)> {
        vec![(Self::default(), vec![5]), (Self { axes: 2, ..Self::default() }, vec![2, 3])]
    }
}
