//! Two-dimensional convolution.

use super::{Activation, Builder, Initializer, Layer, ParameterKind, image, one, with_activation, yes};
use crate::error::Result;
use crate::graph::Value;
use crate::shape::Window;
use serde::{Deserialize, Serialize};

/// What stands around an image.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(target_family = "wasm", derive(tsify::Tsify))]
#[serde(rename_all = "camelCase")]
pub enum PaddingSpec {
    /// Nothing: the window stays inside.
    #[default]
    Valid,
    /// Zeros, so that the result has `ceil(size / stride)` places.
    Same,
}

impl PaddingSpec {
    /// `window` with this padding for an image of `input`.
    #[must_use]
    pub fn pad(self, window: Window, input: [usize; 2]) -> Window {
        if self == Self::Same { window.same(input) } else { window }
    }
}

/// `y = activation(conv(x, W) + b)`: x `(N, H, W, C)`, W `(KH, KW, C / groups, filters)`.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[cfg_attr(target_family = "wasm", derive(tsify::Tsify))]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct Conv2dLayer {
    /// Name; by default `conv_1`, `conv_2`, ….
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
    /// Step between neighbouring taps.
    #[serde(default = "ones")]
    pub dilation: [usize; 2],
    /// Groups of channels that do not mix.
    #[serde(default = "one")]
    pub groups: usize,
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

pub(super) fn ones() -> [usize; 2] {
    [1, 1]
}

/// The window of a layer over images of `input`.
pub(super) fn window(
    b: &Builder<'_>,
    kernel: [usize; 2],
    strides: [usize; 2],
    dilation: [usize; 2],
    padding: PaddingSpec,
    input: [usize; 2],
) -> Result<Window> {
    check_sizes(b, &[kernel, strides, dilation])?;
    let window = Window::new(kernel).stride(strides).dilation(dilation);
    // with `same` padding the outer taps of a larger window would see nothing but the padding
    let [h, w] = input;
    if padding == PaddingSpec::Same && (window.extent(0) > 2 * h || window.extent(1) > 2 * w) {
        let expected = format!("a dilated kernel of at most {} x {}, twice the image", 2 * h, 2 * w);
        let got = format!("{} x {}", window.extent(0), window.extent(1));
        return Err(b.refuse("conv-window", &expected, got, "use a smaller kernelSize or dilation"));
    }
    let window = padding.pad(window, input);
    window.output(b.name, input)?;
    Ok(window)
}

/// Refuses sizes of windows that are 0 or beyond any image.
pub(super) fn check_sizes(b: &Builder<'_>, sizes: &[[usize; 2]]) -> Result<()> {
    match sizes.iter().flatten().find(|n| !(1..=1024).contains(*n)) {
        None => Ok(()),
        Some(n) => {
            let expected = "kernelSize, strides and dilation of 1 to 1,024";
            Err(b.refuse("conv-window", expected, n, "choose a number in this range"))
        }
    }
}

impl Conv2dLayer {
    /// A convolution that moves by one.
    #[must_use]
    pub fn new(
        filters: usize,
        kernel_size: [usize; 2],
        padding: PaddingSpec,
        activation: Activation,
    ) -> Self {
        Self {
            name: None,
            filters,
            kernel_size,
            strides: ones(),
            padding,
            dilation: ones(),
            groups: 1,
            activation,
            use_bias: true,
            initializer: Initializer::default(),
        }
    }
}

impl Layer for Conv2dLayer {
    const STEM: &'static str = "conv";
    const TITLE: &'static str = "convolution";
    const FORMULA: &'static str =
        "y[n, i, j, o] = f(sum over k, l, c of x[n, s i + k, s j + l, c] W[k, l, c, o] + b[o])";
    const SOURCE: &'static str = "LeCun, Boser, Denker et al. 1989";

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
        if self.groups == 0 || ![c, self.filters].iter().all(|n| n.is_multiple_of(self.groups)) {
            let expected = format!("groups that divide {c} channels and {} filters", self.filters);
            return Err(b.refuse("conv-groups", &expected, self.groups, "use 1, or a common divisor"));
        }
        let [kh, kw] = self.kernel_size;
        let window = window(b, self.kernel_size, self.strides, self.dilation, self.padding, [h, w])?;
        let per_group = c / self.groups;
        let fans = [kh * kw * per_group, kh * kw * self.filters / self.groups];
        let shape = [kh, kw, per_group, self.filters];
        let kernel = b.parameter("kernel", shape, ParameterKind::Weight, self.initializer, fans)?;
        let y = b.graph.conv2d(x, kernel, window, self.groups)?;
        if self.use_bias { b.bias(y, self.filters) } else { Ok(y) }
    }

    fn cases() -> Vec<(Self, Vec<usize>)> {
        let conv = |filters, kernel, padding| Self::new(filters, kernel, padding, Activation::Linear);
        vec![
            (Self { activation: Activation::Tanh, ..conv(2, [3, 3], PaddingSpec::Same) }, vec![4, 5, 2]),
            (
                Self { strides: [2, 1], dilation: [1, 2], groups: 2, ..conv(4, [2, 2], PaddingSpec::Valid) },
                vec![5, 5, 2],
            ),
            (
                Self { strides: [2, 2], groups: 2, use_bias: false, ..conv(2, [3, 2], PaddingSpec::Same) },
                vec![4, 3, 2],
            ),
        ]
    }
}
