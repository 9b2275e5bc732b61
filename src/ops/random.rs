//! Random tensors keyed by (seed, stream, step, example): an example sees the same numbers wherever in a batch
//! it stands, in f32 and in f64, in the loss, its gradient and its Hessian.

use super::{Case, CaseInput, Eval, Onnx, Operation, Pulled, Values, Vjp, expect};
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

random!(
    /// Numbers of [0, 1), rounded to the run's type (in f32 a number within 2^-25 of 1 becomes 1).
    RandomUniform, uniform, random_uniform
);
random!(
    /// Standard normal numbers.
    RandomNormal, normal, random_normal
);
