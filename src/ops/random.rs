//! Random tensors keyed by (seed, stream, step, example): an example sees the same numbers wherever in a batch
//! it stands, in f32 and in f64, in the loss, its gradient and its Hessian.

use super::{Case, CaseInput, Class, Eval, F64, Onnx, Operation, Pulled, Values, Vjp, expect};
use crate::error::Result;
use crate::graph::{DType, Graph, TensorType, Value};
use crate::kernels::Real;
use crate::rng::{Source, Stream};
use crate::shape::Shape;

macro_rules! random {
    ($(#[$doc:meta])* $op:ident, $method:ident, $builder:ident) => {
        $(#[$doc])*
        #[derive(Debug, Clone, PartialEq, Eq, Hash)]
        pub struct $op {
            /// Tells this node from every other one: equal nodes are shared, two dropout layers must not be.
            pub stream: u32,
            /// Shape of the numbers of one example.
            pub shape: Shape,
        }

        impl Operation for $op {
            const NAME: &'static str = stringify!($op);
            const CLASS: Class = Class::Random;

            fn outputs(&self, inputs: &[&TensorType]) -> Result<Vec<TensorType>> {
                let [examples] = expect(Self::NAME, inputs, [DType::Index])?;
                Ok(vec![TensorType::real([examples.dims(), self.shape.dims()].concat())])
            }

            fn eval<T: Real>(&self, run: &mut Eval<'_, T>) {
                let source = Source::new(run.seed, Stream::NODE.nth(self.stream), run.step);
                let row = self.shape.len().max(1);
                let examples = run.indices(0);
                for (y, &example) in run.y[0].chunks_exact_mut(row).zip(examples) {
                    let first = u64::from(example) * row as u64;
                    for (i, y) in y.iter_mut().enumerate() {
                        *y = T::from_f64(source.$method(first + i as u64));
                    }
                }
            }

            fn vjp(&self, _: &mut Graph, _: &Vjp<'_>) -> Pulled {
                Ok(vec![None])
            }

            fn onnx(&self) -> Option<Onnx> {
                Onnx::plain(Self::NAME)
            }

            fn cases() -> Vec<Case> {
                let op = Self { stream: 3, shape: Shape::from([2, 3]) };
                vec![Case::new(op, vec![CaseInput::new([5], Values::Below(100))])]
            }
        }

        impl Graph {
            $(#[$doc])*
            /// The result has the shape of `examples` (N,), then `shape`.
            ///
            /// # Errors
            /// [`Error::Shape`](crate::Error::Shape) if `examples` holds no indices.
            pub fn $builder(&mut self, stream: u32, examples: Value, shape: impl Into<Shape>) -> Result<Value> {
                self.push_one($op { stream, shape: shape.into() }.into(), &[examples])
            }
        }
    };
}

/// 0 with probability `rate`, otherwise 1: the mask of dropout. f32 and f64 runs draw the same one.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct RandomMask {
    /// As in [`RandomUniform::stream`].
    pub stream: u32,
    /// Shape of the numbers of one example.
    pub shape: Shape,
    /// How often 0 comes, 0 to 1.
    pub rate: F64,
}

impl Operation for RandomMask {
    const NAME: &'static str = "RandomMask";
    const CLASS: Class = Class::Random;

    fn outputs(&self, inputs: &[&TensorType]) -> Result<Vec<TensorType>> {
        let [examples] = expect(Self::NAME, inputs, [DType::Index])?;
        Ok(vec![TensorType::real([examples.dims(), self.shape.dims()].concat())])
    }

    fn eval<T: Real>(&self, run: &mut Eval<'_, T>) {
        let source = Source::new(run.seed, Stream::NODE.nth(self.stream), run.step);
        let row = self.shape.len().max(1);
        // an example takes whole counters, four numbers each
        let counters = row.div_ceil(4) as u64;
        // of the 2^32 words, those below the threshold give 0
        let threshold = (self.rate.get() * 4_294_967_296.0) as u64;
        let examples = run.indices(0);
        for (y, &example) in run.y[0].chunks_exact_mut(row).zip(examples) {
            let first = u64::from(example) * counters;
            for (i, four) in y.chunks_mut(4).enumerate() {
                let words = source.words(first + i as u64);
                for (y, word) in four.iter_mut().zip(words) {
                    *y = if u64::from(word) < threshold { T::ZERO } else { T::ONE };
                }
            }
        }
    }

    fn vjp(&self, _: &mut Graph, _: &Vjp<'_>) -> Pulled {
        Ok(vec![None])
    }

    fn onnx(&self) -> Option<Onnx> {
        None
    }

    fn cases() -> Vec<Case> {
        let case = |shape: &[usize], rate| {
            let op = Self { stream: 3, shape: Shape::new(shape), rate: F64::new(rate) };
            Case::new(op, vec![CaseInput::new([5], Values::Below(100))])
        };
        vec![case(&[2, 3], 0.25), case(&[8], 0.5), case(&[], 0.0)]
    }
}

impl Graph {
    /// See [`RandomMask`]. The result has the shape of `examples` (N,), then `shape`.
    ///
    /// # Errors
    /// [`Error::Shape`](crate::Error::Shape) if `examples` holds no indices.
    pub fn random_mask(
        &mut self,
        stream: u32,
        examples: Value,
        rate: f64,
        shape: impl Into<Shape>,
    ) -> Result<Value> {
        self.push_one(RandomMask { stream, shape: shape.into(), rate: F64::new(rate) }.into(), &[examples])
    }
}

random!(
    /// Numbers of [0, 1), rounded to the run's type (in f32 a number within 2^-25 of 1 becomes 1).
    RandomUniform, uniform, random_uniform
);
random!(
    /// Standard normal numbers.
    RandomNormal, normal, random_normal
);
