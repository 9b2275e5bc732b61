//! Operators that the crate offers as layers: each case fills the layer's own parameters and states.

use super::{Op, Stop, not_yet};
use saddlepoint::Value;
use saddlepoint::nn::{
    Activation, BatchNormalization, Dropout, GroupNormalization, Initializer, LayerNormalization, LayerSpec,
    LocallyConnected2d, PRelu, PaddingSpec, RmsNormalization,
};

impl Op<'_> {
    pub(super) fn batch_norm(&mut self) -> Result<Value, Stop> {
        self.only(&["x", "gamma", "beta", "running_mean", "running_var"])?;
        let train = self.attributes.one_of("mode", &["train", "eval"])? == "train";
        let affine = self.scaled()?;
        let layer = BatchNormalization {
            name: None,
            momentum: self.attributes.number(&["momentum"], 0.1)?,
            epsilon: self.attributes.number(&["eps"], 1e-5)?,
            affine,
        };
        let layout = self.attributes.text("layout", "")?;
        let (x, first) = self.channels_last(layout, None)?;
        let same: &[usize] = &[];
        let roles = ["gamma", "beta", "running_mean", "running_var"].map(|role| (role, role, same));
        let (y, inventory) = self.layer(&LayerSpec::BatchNormalization(layer), x, train, &roles)?;
        for (name, &(_, new)) in ["new_running_mean", "new_running_var"].into_iter().zip(&inventory.updates) {
            self.also.push((name, new));
        }
        self.channels_back(y, first)
    }

    pub(super) fn norm(&mut self, op: &str) -> Result<Value, Stop> {
        self.only(&["x", "gamma", "beta"])?;
        let affine = self.scaled()?;
        let epsilon = self.attributes.number(&["eps"], 1e-5)?;
        let axes = self.attributes.integer(&["normalized_dims"], 1)? as usize;
        let same: &[usize] = &[];
        let roles = ["gamma", "beta"].map(|role| (role, role, same));
        let (layer, groups) = match op {
            "layer_norm" => (
                LayerSpec::LayerNormalization(LayerNormalization { name: None, axes, epsilon, affine }),
                false,
            ),
            "rms_norm" => {
                (LayerSpec::RmsNormalization(RmsNormalization { name: None, axes, epsilon, affine }), false)
            }
            _ => {
                let groups = self.attributes.integer(&["groups", "num_groups"], 1)? as usize;
                (
                    LayerSpec::GroupNormalization(GroupNormalization { name: None, groups, epsilon, affine }),
                    true,
                )
            }
        };
        if !groups {
            let x = self.named("x")?;
            let y = self.layer(&layer, x, true, &roles)?.0;
            return match self.find("beta").filter(|_| op == "rms_norm") {
                Some(beta) => Ok(self.g.add(y, beta)?),
                None => Ok(y),
            };
        }
        let given = self.find("gamma").or_else(|| self.find("beta"));
        let channels = given.map(|given| self.g.shape(given).len());
        let layout = self.attributes.text("layout", "")?;
        let (x, first) = self.channels_last(layout, channels)?;
        let y = self.layer(&layer, x, true, &roles)?.0;
        self.channels_back(y, first)
    }

    /// Whether a normalisation scales or shifts: one that the case leaves out stays at 1 or 0.
    fn scaled(&self) -> Result<bool, Stop> {
        let given = self.find("gamma").is_some() || self.find("beta").is_some();
        Ok(self.attributes.flag("affine", given)? && given)
    }

    pub(super) fn dropout(&mut self) -> Result<Value, Stop> {
        self.only(&["x", "mask"])?;
        let rate = self.attributes.number(&["p", "rate"], 0.5)?;
        let (x, mask) = (self.named("x")?, self.named("mask")?);
        Ok(Dropout::masked(&mut self.g, x, mask, rate)?)
    }

    pub(super) fn local_conv2d(&mut self) -> Result<Value, Stop> {
        self.only(&["x", "w", "b"])?;
        let (x, channels_first) = self.images()?;
        if self.attributes.pair("dilation", [1, 1])? != [1, 1] {
            return not_yet("dilation");
        }
        let sides = self.attributes.sides("pad", 2)?;
        let border = |side: usize| vec![0, sides[0][side], sides[1][side], 0];
        let x = self.g.pad(x, border(0), border(1))?;
        let weights = axes(self.attributes.text("weight", "[OH,OW,KH,KW,C,O]")?, "OH,OW,KH,KW,C,O")?;
        let biases = axes(self.attributes.text("bias", "[OH,OW,O]")?, "OH,OW,O")?;
        let w = self.named("w")?;
        let extent = |axis: usize| self.g.shape(w).dims().get(weights[axis]).copied().unwrap_or(0);
        let layer = LocallyConnected2d {
            name: None,
            filters: extent(5),
            kernel_size: [extent(2), extent(3)],
            strides: self.attributes.pair("stride", [1, 1])?,
            padding: PaddingSpec::Valid,
            activation: Activation::Linear,
            use_bias: self.find("b").is_some(),
            initializer: Initializer::default(),
        };
        let roles = [("kernel", "w", &weights[..]), ("bias", "b", &biases)];
        let y = self.layer(&LayerSpec::LocallyConnected2d(layer), x, true, &roles)?.0;
        self.back(y, channels_first)
    }

    pub(super) fn prelu(&mut self) -> Result<Value, Stop> {
        self.only(&["x", "slope"])?;
        let (x, slope) = (self.named("x")?, self.named("slope")?);
        let channels = self.g.shape(slope).len();
        // the layout is told in words
        let words = self.attributes.text("slope", "")?;
        let layout = self.attributes.text("layout", "")?;
        let said =
            words.split(|c: char| !c.is_ascii_uppercase()).find(|w| w.starts_with('N')).unwrap_or(layout);
        let shared = channels == 1;
        let (x, first) = if shared { (x, false) } else { self.channels_last(said, Some(channels))? };
        let layer = LayerSpec::Prelu(PRelu { name: None, slope: 0.25, shared });
        if self.g.shape(slope).rank() == 0 {
            // the layer has a list of one slope: the function alone, on a scalar
            let zero = self.g.constant(0.0)?;
            let (above, below) = (self.g.maximum(x, zero)?, self.g.minimum(x, zero)?);
            let below = self.g.mul(slope, below)?;
            return Ok(self.g.add(above, below)?);
        }
        let y = self.layer(&layer, x, true, &[("slope", "slope", &[])])?.0;
        self.channels_back(y, first)
    }
}

/// For each axis of `ours`, its place in a layout such as `[OH,OW,O]`.
fn axes(theirs: &str, ours: &str) -> Result<Vec<usize>, Stop> {
    let list: Vec<&str> = theirs.trim_matches(['[', ']']).split(',').map(str::trim).collect();
    let places: Option<Vec<usize>> =
        ours.split(',').map(|axis| list.iter().position(|t| *t == axis)).collect();
    places.filter(|p| p.len() == list.len()).map_or_else(|| not_yet(format!("layout {theirs}")), Ok)
}
