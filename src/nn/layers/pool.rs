//! Pooling.

use super::{Builder, Layer, PaddingSpec, image};
use crate::error::Result;
use crate::graph::Value;
use crate::shape::Window;
use serde::{Deserialize, Serialize};

macro_rules! pooling {
    ($(#[$doc:meta])* $layer:ident, $title:literal, $formula:literal, $source:literal, $pool:expr) => {
        $(#[$doc])*
        #[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
        #[cfg_attr(target_family = "wasm", derive(tsify::Tsify))]
        #[serde(rename_all = "camelCase", deny_unknown_fields)]
        pub struct $layer {
            /// Name; by default `pool_1`, `pool_2`, ….
            #[serde(default, skip_serializing_if = "Option::is_none")]
            pub name: Option<String>,
            /// Height and width of the window.
            pub pool_size: [usize; 2],
            /// Step between neighbouring windows; by default the size of the window.
            #[serde(default, skip_serializing_if = "Option::is_none")]
            pub strides: Option<[usize; 2]>,
            /// What stands around the image.
            #[serde(default)]
            pub padding: PaddingSpec,
        }

        impl $layer {
            /// Windows side by side.
            #[must_use]
            pub fn new(pool_size: [usize; 2]) -> Self {
                Self { name: None, pool_size, strides: None, padding: PaddingSpec::Valid }
            }
        }

        impl Layer for $layer {
            const STEM: &'static str = "pool";
            const TITLE: &'static str = concat!($title, " pooling");
            const FORMULA: &'static str = $formula;
            const SOURCE: &'static str = $source;

            fn name(&self) -> Option<&str> {
                self.name.as_deref()
            }

            fn detail(&self) -> String {
                let [h, w] = self.pool_size;
                format!("{} {h} × {w}", $title)
            }

            fn build(&self, b: &mut Builder<'_>, x: Value) -> Result<Value> {
                let [h, w, _] = image(b, x)?;
                let strides = self.strides.unwrap_or(self.pool_size);
                let window = Window::new(self.pool_size).stride(strides);
                window.output(b.name, [h, w])?;
                let window = self.padding.pad(window, [h, w]);
                let pool: fn(&mut Builder<'_>, Value, Window) -> Result<Value> = $pool;
                pool(b, x, window)
            }

            fn cases() -> Vec<(Self, Vec<usize>)> {
                let strided = Self { strides: Some([1, 2]), padding: PaddingSpec::Same, ..Self::new([2, 3]) };
                vec![(Self::new([2, 2]), vec![4, 4, 2]), (strided, vec![3, 5, 1])]
            }
        }
    };
}

pooling!(
    /// The maximum of each window of images `(N, H, W, C)`.
    MaxPool2d, "max", "the largest of each window", "Zhou, Chellappa 1988", |b, x, window| b.graph.max_pool(x, window)
);
pooling!(
    /// The mean of each window of images `(N, H, W, C)`; padding does not count.
    AveragePool2d, "average", "the mean of each window; padding does not count", "LeCun, Boser, Denker et al. 1989", |b, x, window| b.graph.average_pool(x, window, false)
);
