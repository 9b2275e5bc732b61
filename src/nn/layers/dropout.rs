//! Layers that disturb what passes in training and let it pass in evaluation.
//!
//! The random numbers of an example follow from the run's seed, the step, the layer and the example's number: loss,
//! gradient and Hessian see the same ones, wherever in a batch the example stands.

use super::{Builder, Layer, image};
use crate::error::Result;
use crate::graph::{Graph, Value};
use serde::{Deserialize, Serialize};

/// Each number is dropped with probability `rate` in training; those that stay are divided by `1 - rate`, so that
/// evaluation needs no factor.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[cfg_attr(target_family = "wasm", derive(tsify::Tsify))]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct Dropout {
    /// Name; by default `dropout_1`, ….
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub name: Option<String>,
    /// Share that is dropped, 0 to below 1.
    pub rate: f64,
}

impl Dropout {
    /// Drops so large a share.
    #[must_use]
    pub fn new(rate: f64) -> Self {
        Self { name: None, rate }
    }

    /// `x * mask / (1 - rate)`, the mask being 1 where a number stays.
    ///
    /// # Errors
    /// [`Error::Shape`](crate::Error::Shape) if the mask does not broadcast to x.
    pub fn masked(g: &mut Graph, x: Value, mask: Value, rate: f64) -> Result<Value> {
        let factor = g.scale(mask, 1.0 / (1.0 - rate))?;
        g.mul(x, factor)
    }
}

/// As [`Dropout`], of whole channels of images `(N, H, W, C)`: neighbouring pixels say much the same.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[cfg_attr(target_family = "wasm", derive(tsify::Tsify))]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct SpatialDropout2d {
    /// Name; by default `spatial_dropout_1`, ….
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub name: Option<String>,
    /// Share of the channels that is dropped, 0 to below 1.
    pub rate: f64,
}

/// Adds normal noise of this standard deviation in training.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[cfg_attr(target_family = "wasm", derive(tsify::Tsify))]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct GaussianNoise {
    /// Name; by default `noise_1`, ….
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub name: Option<String>,
    /// Standard deviation, in the units of what comes in.
    pub stddev: f64,
}

fn check_rate(b: &Builder<'_>, rate: f64) -> Result<()> {
    if (0.0..1.0).contains(&rate) {
        return Ok(());
    }
    Err(b.refuse("layer-share", "a rate of 0 to below 1", rate, "use 0.5 or less"))
}

impl Layer for Dropout {
    const STEM: &'static str = "dropout";
    const TITLE: &'static str = "dropout";
    const FORMULA: &'static str =
        "y = x mask / (1 - rate) in training, the mask being 0 with probability rate; y = x after it";
    const SOURCE: &'static str = "Srivastava, Hinton, Krizhevsky, Sutskever, Salakhutdinov 2014";

    fn detail(&self) -> String {
        self.rate.to_string()
    }

    fn build(&self, b: &mut Builder<'_>, x: Value) -> Result<Value> {
        check_rate(b, self.rate)?;
        if !b.train || self.rate == 0.0 {
            return Ok(x);
        }
        let dims = b.graph.shape(x).dims()[1..].to_vec();
        let mask = b.random_mask(self.rate, dims)?;
        Self::masked(b.graph, x, mask, self.rate)
    }

    fn cases() -> Vec<(Self, Vec<usize>)> {
        vec![(Self::new(0.4), vec![9]), (Self::new(0.0), vec![2, 2, 1])]
    }
}

impl Layer for SpatialDropout2d {
    const STEM: &'static str = "spatial_dropout";
    const TITLE: &'static str = "spatial dropout";
    const FORMULA: &'static str = "as dropout, with one mask for all pixels of a channel";
    const SOURCE: &'static str = "Tompson, Goroshin, Jain, LeCun, Bregler 2015";

    fn detail(&self) -> String {
        self.rate.to_string()
    }

    fn build(&self, b: &mut Builder<'_>, x: Value) -> Result<Value> {
        check_rate(b, self.rate)?;
        let [_, _, channels] = image(b, x)?;
        if !b.train || self.rate == 0.0 {
            return Ok(x);
        }
        let mask = b.random_mask(self.rate, [1, 1, channels])?;
        Dropout::masked(b.graph, x, mask, self.rate)
    }

    fn cases() -> Vec<(Self, Vec<usize>)> {
        vec![(Self { name: None, rate: 0.4 }, vec![2, 2, 6])]
    }
}

impl Layer for GaussianNoise {
    const STEM: &'static str = "noise";
    const TITLE: &'static str = "Gaussian noise";
    const FORMULA: &'static str = "y = x + stddev z in training, z normal; y = x after it";
    const SOURCE: &'static str = "Bishop 1995";

    fn detail(&self) -> String {
        self.stddev.to_string()
    }

    fn build(&self, b: &mut Builder<'_>, x: Value) -> Result<Value> {
        if !(self.stddev >= 0.0 && self.stddev.is_finite()) {
            return Err(b.refuse("layer-positive", "a stddev of 0 or more", self.stddev, "use 0.1"));
        }
        if !b.train || self.stddev == 0.0 {
            return Ok(x);
        }
        let dims = b.graph.shape(x).dims()[1..].to_vec();
        let noise = b.random_normal(dims)?;
        let noise = b.graph.scale(noise, self.stddev)?;
        b.graph.add(x, noise)
    }

    fn cases() -> Vec<(Self, Vec<usize>)> {
        vec![(Self { name: None, stddev: 0.3 }, vec![5])]
    }
}
