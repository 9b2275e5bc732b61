//! Relatives of the convolution: each channel by itself, upwards in size, a filter for each place.

use super::conv::{check_sizes, ones, window};
use super::{
    Activation, Builder, Initializer, Layer, PaddingSpec, ParameterKind, image, one, with_activation, yes,
};
use crate::error::Result;
use crate::graph::Value;
use crate::ops::Conv2dInputGradient;
use crate::shape::Window;
use serde::{Deserialize, Serialize};

/// `y = activation(conv(x, W) + b)`, each channel with filters of its own: x `(N, H, W, C)`, W
/// `(KH, KW, 1, C * depthMultiplier)`. Filter m of channel c makes channel `c * depthMultiplier + m`.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[cfg_attr(target_family = "wasm", derive(tsify::Tsify))]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct DepthwiseConv2d {
    /// Name; by default `depthwise_1`, ….
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub name: Option<String>,
    /// Height and width of a filter.
    pub kernel_size: [usize; 2],
    /// Filters of a channel.
    #[serde(default = "one")]
    pub depth_multiplier: usize,
    /// Step between neighbouring results.
    #[serde(default = "ones")]
    pub strides: [usize; 2],
    /// What stands around the image.
    #[serde(default)]
    pub padding: PaddingSpec,
    /// Step between neighbouring taps.
    #[serde(default = "ones")]
    pub dilation: [usize; 2],
    /// Function applied at the end.
    #[serde(default)]
    pub activation: Activation,
    /// Whether a bias is added.
    #[serde(default = "yes")]
    pub use_bias: bool,
    /// Initial weights.
    #[serde(default)]
    pub initializer: Initializer,
}

/// The adjoint of a convolution: each pixel spreads a filter over the result. x `(N, H, W, C)`, W `(KH, KW, filters, C)`.
///
/// With padding `valid` the result has `(H - 1) strides + kernelSize + outputPadding` rows, with `same` it has
/// `H strides`; columns likewise.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[cfg_attr(target_family = "wasm", derive(tsify::Tsify))]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct Conv2dTranspose {
    /// Name; by default `conv_transpose_1`, ….
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub name: Option<String>,
    /// Channels of the result.
    pub filters: usize,
    /// Height and width of a filter.
    pub kernel_size: [usize; 2],
    /// Step in the result between the filters of neighbouring pixels.
    #[serde(default = "ones")]
    pub strides: [usize; 2],
    /// What is cut off around the result.
    #[serde(default)]
    pub padding: PaddingSpec,
    /// Rows and columns that are added at the end, fewer than the strides; with padding `valid` only.
    #[serde(default)]
    pub output_padding: [usize; 2],
    /// Function applied at the end.
    #[serde(default)]
    pub activation: Activation,
    /// Whether a bias is added.
    #[serde(default = "yes")]
    pub use_bias: bool,
    /// Initial weights.
    #[serde(default)]
    pub initializer: Initializer,
}

/// A convolution whose filter and bias are different at each place: x `(N, H, W, C)`, W `(OH, OW, KH, KW, C, filters)`,
/// b `(OH, OW, filters)`.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[cfg_attr(target_family = "wasm", derive(tsify::Tsify))]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct LocallyConnected2d {
    /// Name; by default `local_1`, ….
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub name: Option<String>,
    /// Channels of the result.
    pub filters: usize,
    /// Height and width of a filter.
    pub kernel_size: [usize; 2],
    /// Step between neighbouring results.
    #[serde(default = "ones")]
    pub strides: [usize; 2],
    /// What stands around the image.
    #[serde(default)]
    pub padding: PaddingSpec,
    /// Function applied at the end.
    #[serde(default)]
    pub activation: Activation,
    /// Whether a bias is added.
    #[serde(default = "yes")]
    pub use_bias: bool,
    /// Initial weights.
    #[serde(default)]
    pub initializer: Initializer,
}

impl Layer for DepthwiseConv2d {
    const STEM: &'static str = "depthwise";
    const TITLE: &'static str = "depthwise convolution";
    const FORMULA: &'static str = "as convolution, each channel by itself";
    const SOURCE: &'static str = "Sifre 2014; Howard et al. 2017";

    fn detail(&self) -> String {
        let [h, w] = self.kernel_size;
        with_activation(format!("{} a channel of {h} × {w}", self.depth_multiplier), self.activation)
    }

    fn activation(&self) -> Activation {
        self.activation
    }

    fn build(&self, b: &mut Builder<'_>, x: Value) -> Result<Value> {
        b.count("depthMultiplier", self.depth_multiplier)?;
        let [h, w, c] = image(b, x)?;
        let [kh, kw] = self.kernel_size;
        let window = window(b, self.kernel_size, self.strides, self.dilation, self.padding, [h, w])?;
        let filters = c.saturating_mul(self.depth_multiplier);
        let fans = [kh * kw, kh * kw * self.depth_multiplier];
        let kernel =
            b.parameter("kernel", [kh, kw, 1, filters], ParameterKind::Weight, self.initializer, fans)?;
        let y = b.graph.conv2d(x, kernel, window, c)?;
        if self.use_bias { b.bias(y, filters) } else { Ok(y) }
    }

    fn cases() -> Vec<(Self, Vec<usize>)> {
        let layer = Self {
            name: None,
            kernel_size: [2, 3],
            depth_multiplier: 2,
            strides: ones(),
            padding: PaddingSpec::Same,
            dilation: ones(),
            activation: Activation::Tanh,
            use_bias: true,
            initializer: Initializer::default(),
        };
        let strided =
            Self { depth_multiplier: 1, strides: [2, 1], padding: PaddingSpec::Valid, ..layer.clone() };
        let wide = Self { dilation: [2, 1], use_bias: false, ..layer.clone() };
        vec![(layer, vec![3, 4, 2]), (strided, vec![4, 4, 3]), (wide, vec![3, 3, 1])]
    }
}

impl Layer for Conv2dTranspose {
    const STEM: &'static str = "conv_transpose";
    const TITLE: &'static str = "transposed convolution";
    const FORMULA: &'static str = "y[n, s i + k, s j + l, o] = f(sum of x[n, i, j, c] W[k, l, o, c] + b[o]): the adjoint of a convolution";
    const SOURCE: &'static str = "Zeiler, Krishnan, Taylor, Fergus 2010";

    fn detail(&self) -> String {
        let [h, w] = self.kernel_size;
        with_activation(format!("{} of {h} × {w}", self.filters), self.activation)
    }

    fn activation(&self) -> Activation {
        self.activation
    }

    fn build(&self, b: &mut Builder<'_>, x: Value) -> Result<Value> {
        b.count("filters", self.filters)?;
        check_sizes(b, &[self.kernel_size, self.strides])?;
        let [h, w, c] = image(b, x)?;
        let (kernel, strides, extra) = (self.kernel_size, self.strides, self.output_padding);
        let same = self.padding == PaddingSpec::Same;
        let fits = if same { extra == [0, 0] } else { (0..2).all(|i| extra[i] < strides[i]) };
        if !fits {
            let (expected, got) =
                ("outputPadding below the strides, and 0 with padding same", format!("{extra:?}"));
            return Err(b.refuse("conv-output-padding", expected, got, "use 0"));
        }
        let full = |places: usize, i: usize| {
            if same { places * strides[i] } else { (places - 1) * strides[i] + kernel[i] + extra[i] }
        };
        let input = [full(h, 0), full(w, 1)];
        let window = self.padding.pad(Window::new(kernel).stride(strides), input);
        let [kh, kw] = kernel;
        let fans = [kh * kw * c, kh * kw * self.filters];
        let shape = [kh, kw, self.filters, c];
        let kernel = b.parameter("kernel", shape, ParameterKind::Weight, self.initializer, fans)?;
        let y = b.graph.push_one(Conv2dInputGradient { window, groups: 1, input }.into(), &[x, kernel])?;
        if self.use_bias { b.bias(y, self.filters) } else { Ok(y) }
    }

    fn cases() -> Vec<(Self, Vec<usize>)> {
        let layer = Self {
            name: None,
            filters: 2,
            kernel_size: [3, 2],
            strides: [2, 3],
            padding: PaddingSpec::Valid,
            output_padding: [1, 2],
            activation: Activation::Linear,
            use_bias: true,
            initializer: Initializer::default(),
        };
        let same =
            Self { padding: PaddingSpec::Same, output_padding: [0, 0], strides: [2, 2], ..layer.clone() };
        // a window that moves further than it reaches leaves gaps
        let gaps = Self { kernel_size: [1, 1], ..same.clone() };
        vec![(layer, vec![2, 3, 3]), (same, vec![3, 2, 2]), (gaps, vec![2, 2, 2])]
    }
}

impl Layer for LocallyConnected2d {
    const STEM: &'static str = "local";
    const TITLE: &'static str = "locally connected layer";
    const FORMULA: &'static str =
        "y[n, i, j, o] = f(sum over k, l, c of x[n, s i + k, s j + l, c] W[i, j, k, l, c, o] + b[i, j, o])";
    const SOURCE: &'static str = "LeCun 1989";

    fn detail(&self) -> String {
        let [h, w] = self.kernel_size;
        with_activation(format!("{} of {h} × {w}", self.filters), self.activation)
    }

    fn activation(&self) -> Activation {
        self.activation
    }

    fn build(&self, b: &mut Builder<'_>, x: Value) -> Result<Value> {
        b.count("filters", self.filters)?;
        let [h, w, c] = image(b, x)?;
        let window = window(b, self.kernel_size, self.strides, ones(), self.padding, [h, w])?;
        let [oh, ow] = window.output(b.name, [h, w])?;
        let ([kh, kw], filters) = (self.kernel_size, self.filters);
        let fans = [kh * kw * c, kh * kw * filters];
        let shape = [oh, ow, kh, kw, c, filters];
        let kernel = b.parameter("kernel", shape, ParameterKind::Weight, self.initializer, fans)?;
        let (batch, places, taps) = (b.batch, oh * ow, kh * kw * c);
        let windows = b.graph.unfold(x, window)?;
        let windows = b.graph.reshape(windows, [places, batch, taps])?;
        let kernel = b.graph.reshape(kernel, [places, taps, filters])?;
        let y = b.graph.matmul(windows, kernel, false, false)?;
        let y = b.graph.transpose(y, &[1, 0, 2])?;
        let y = b.graph.reshape(y, [batch, oh, ow, filters])?;
        if !self.use_bias {
            return Ok(y);
        }
        let shape = [oh, ow, filters];
        let bias = b.parameter("bias", shape, ParameterKind::Bias, Initializer::Zeros {}, [1, filters])?;
        b.graph.add(y, bias)
    }

    fn cases() -> Vec<(Self, Vec<usize>)> {
        let layer = Self {
            name: None,
            filters: 2,
            kernel_size: [2, 2],
            strides: [1, 2],
            padding: PaddingSpec::Valid,
            activation: Activation::Tanh,
            use_bias: true,
            initializer: Initializer::default(),
        };
        let same = Self { kernel_size: [3, 2], padding: PaddingSpec::Same, use_bias: false, ..layer.clone() };
        let strided = Self { strides: [2, 2], ..same.clone() };
        vec![(layer, vec![3, 4, 2]), (same, vec![2, 3, 1]), (strided, vec![3, 3, 1])]
    }
}
