//! Pooling.

use super::{Builder, Layer, PaddingSpec, image};
use crate::error::Result;
use crate::graph::{Graph, Value};
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

macro_rules! global_pooling {
    ($(#[$doc:meta])* $layer:ident, $title:literal, $formula:literal, $source:literal, $pool:expr) => {
        $(#[$doc])*
        #[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
        #[cfg_attr(target_family = "wasm", derive(tsify::Tsify))]
        #[serde(rename_all = "camelCase", deny_unknown_fields)]
        pub struct $layer {
            /// Name; by default `global_pool_1`, `global_pool_2`, ….
            #[serde(default, skip_serializing_if = "Option::is_none")]
            pub name: Option<String>,
        }

        impl Layer for $layer {
            const STEM: &'static str = "global_pool";
            const TITLE: &'static str = concat!("global ", $title, " pooling");
            const FORMULA: &'static str = $formula;
            const SOURCE: &'static str = $source;

            fn detail(&self) -> String {
                $title.to_owned()
            }

            fn build(&self, b: &mut Builder<'_>, x: Value) -> Result<Value> {
                let [h, w, channels] = image(b, x)?;
                let pool: fn(&mut Graph, Value, usize) -> Result<Value> = $pool;
                let y = pool(b.graph, x, h * w)?;
                b.graph.reshape(y, [b.batch, channels])
            }

            fn cases() -> Vec<(Self, Vec<usize>)> {
                vec![(Self::default(), vec![3, 2, 4])]
            }
        }
    };
}

global_pooling!(
    /// The mean of each channel of images: `(N, H, W, C)` to `(N, C)`.
    GlobalAveragePool2d, "average", "the mean of each channel", "Lin, Chen, Yan 2014", |g, x, pixels| {
        let sum = g.sum(x, &[1, 2])?;
        g.scale(sum, 1.0 / pixels as f64)
    }
);
global_pooling!(
    /// The maximum of each channel of images: `(N, H, W, C)` to `(N, C)`. Equal maxima share the derivative.
    GlobalMaxPool2d, "max", "the largest number of each channel", "Oquab, Bottou, Laptev, Sivic 2015",
    |g, x, _| g.max_over(x, &[1, 2])
);

#[cfg(test)]
mod tests {
    use super::*;
    use crate::exec::{Bindings, Executor, Output, Plan, Sink};
    use crate::graph::Buffer;
    use crate::ops::{MaxPool, Op};
    use crate::rng::{Source, Stream};
    #[cfg(target_family = "wasm")]
    use wasm_bindgen_test::wasm_bindgen_test as test;

    /// For the squared maxima of `max(x + bias, 0)`, pooled by `pool`: their sum, its gradient in the bias and in x, and how
    /// many elements the last rectifier has.
    fn pooled(
        theta: &[f32],
        pool: impl Fn(&mut Graph, Value, Window) -> Result<Value>,
    ) -> (f32, Vec<f32>, usize) {
        let mut g = Graph::new();
        let x = g.input(Buffer::Theta, 3, [2, 4, 6, 3]).unwrap();
        let bias = g.input(Buffer::Theta, 0, [3]).unwrap();
        let y = g.add(x, bias).unwrap();
        let y = g.relu(y).unwrap();
        let y = pool(&mut g, y, Window::new([2, 2]).stride([2, 2])).unwrap();
        let rectified =
            g.nodes().iter().rfind(|n| matches!(n.op, Op::Relu(_))).unwrap().outputs[0].shape.len();
        let squares = g.mul(y, y).unwrap();
        let loss = g.sum(squares, &[0, 1, 2, 3]).unwrap();
        let slopes = g.gradient(loss, &[bias, x]).unwrap();
        let to = |value, offset| Output { value, sink: Sink::Gradient, offset, add: false };
        let outputs = [Output::new(loss, Sink::Loss), to(slopes[0], 0), to(slopes[1], 3)];
        let (mut sum, mut gradient) = ([0.0], vec![0.0; theta.len()]);
        let mut bindings = Bindings::new()
            .reals(Buffer::Theta, theta)
            .sink(Sink::Loss, &mut sum)
            .sink(Sink::Gradient, &mut gradient);
        Executor::new(Plan::new(&g, &outputs).unwrap()).unwrap().run(&mut bindings).unwrap();
        (sum[0], gradient, rectified)
    }

    #[test]
    fn a_bias_and_a_rectifier_come_after_the_maximum_and_change_nothing() {
        let source = Source::new(5, Stream::DATA, 0);
        let theta: Vec<f32> = (0..3 + 2 * 4 * 6 * 3).map(|i| source.normal(i) as f32).collect();
        let (loss, gradient, few) = pooled(&theta, Graph::max_pool);
        let (plain, expected, all) =
            pooled(&theta, |g, x, window| g.push_one(MaxPool { window }.into(), &[x]));
        assert_eq!((few, all), (36, 144));
        assert_eq!(loss, plain);
        assert_eq!(gradient[3..], expected[3..], "of the pixels");
        for (a, b) in gradient[..3].iter().zip(&expected) {
            assert!(
                (a - b).abs() <= 1e-5 * b.abs(),
                "of the bias, whose terms come in another order: {a}, {b}"
            );
        }
    }
}
