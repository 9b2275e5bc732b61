//! The operations. Each is one small struct in a file of its family and implements [`Operation`].
//!
//! # Adding an operation
//! 1. Write the struct and its `impl Operation` in the file of its family: shapes, evaluation, derivative, ONNX
//!    name and sample cases.
//! 2. Name it in the `ops!` list below.
//! 3. Add its naive reference to `tests/reference/mod.rs`.
//!
//! The compiler asks for whatever is missing. The generic tests then hold it to its reference, its first and
//! second derivative to central differences, and its bits to be the same natively and in wasm.
//!
//! # Closed under differentiation
//! A rule may only push ops of this list, so that every derivative has a derivative.

mod arithmetic;
mod case;
mod class;
mod compare;
mod conv;
mod function;
mod gather;
mod layout;
mod leaf;
mod matmul;
mod pool;
mod random;
mod reduce;
mod slope;
mod softmax;
mod unfold;

pub use arithmetic::{Add, Div, Max, Min, Mul, Pow, Sub};
pub use case::{Case, CaseInput, Values};
pub use class::Class;
pub use compare::{Equal, Greater, GreaterOrEqual, Where};
pub use conv::{Conv2d, Conv2dFilterGradient, Conv2dInputGradient};
pub use function::{
    Abs, Cos, Erf, Exp, Expm1, LeakyRelu, Log, Log1p, Neg, Reciprocal, Relu, Sigmoid, Sign, Sin, Softplus,
    Sqrt, Tanh,
};
pub use gather::{Gather, OneHot, ScatterAdd, ToIndex};
pub use layout::{Concat, Expand, Pad, Reshape, Slice, Transpose};
pub use leaf::{Constant, Input};
pub use matmul::MatMul;
pub use pool::{AveragePool, AveragePoolGradient, MaxPool, MaxUnpool, PoolGather};
pub use random::{RandomMask, RandomNormal, RandomUniform};
pub use reduce::{ArgMax, ReduceMax, ReduceSum};
pub use slope::{ReluGradient, SigmoidGradient, TanhGradient};
pub use softmax::{LogSoftmax, LogSumExp, Softmax, SoftmaxCrossEntropy};
pub use unfold::{Fold, Unfold};

use crate::error::{Error, Result};
use crate::graph::{DType, Graph, TensorType, Value};
use crate::kernels::Real;
use crate::shape::{Shape, Window};

/// A float attribute, compared and hashed by its bits.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct F64(u64);

impl F64 {
    /// Keeps the bits of `value`.
    #[must_use]
    pub fn new(value: f64) -> Self {
        Self(value.to_bits())
    }

    /// The number.
    #[must_use]
    pub fn get(self) -> f64 {
        f64::from_bits(self.0)
    }
}

/// Shapes of a node, for operations whose evaluation needs them.
#[derive(Debug, Clone, Default)]
pub struct Shapes {
    /// Of the inputs.
    pub inputs: Vec<Shape>,
    /// Of the outputs.
    pub outputs: Vec<Shape>,
}

/// Working memory of one evaluation.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Scratch {
    /// Elements of the run's real type.
    pub reals: usize,
    /// Elements of u32.
    pub indices: usize,
}

/// The elements of an input.
#[derive(Debug, Clone, Copy)]
pub enum Elements<'a, T> {
    /// Numbers.
    Real(&'a [T]),
    /// Indices.
    Index(&'a [u32]),
}

/// The most real outputs an operation may have.
pub const MAX_OUTPUTS: usize = 3;

/// One evaluation: inputs to read, outputs to fill.
pub struct Eval<'a, T> {
    /// Gives the elements of input `i`.
    pub inputs: &'a dyn Fn(usize) -> Elements<'a, T>,
    /// Number of inputs.
    pub count: usize,
    /// Shapes of the whole tensors. Elementwise operations are given pieces and must not look here.
    pub shapes: &'a Shapes,
    /// The real outputs in order; those that do not exist are empty.
    pub y: [&'a mut [T]; MAX_OUTPUTS],
    /// The index output, empty if there is none.
    pub index: &'a mut [u32],
    /// Working memory of the size that [`Operation::scratch`] asked for.
    pub scratch: &'a mut [T],
    /// Working memory for indices.
    pub offsets: &'a mut [u32],
    /// Seed of the run, for random operations.
    pub seed: u64,
    /// Step of the run, for random operations.
    pub step: u64,
}

impl<'a, T> Eval<'a, T> {
    /// The numbers of input `i`; empty if it holds indices, which the check of types has ruled out.
    #[must_use]
    pub fn real(&self, i: usize) -> &'a [T] {
        match (self.inputs)(i) {
            Elements::Real(x) => x,
            Elements::Index(_) => &[],
        }
    }

    /// The indices of input `i`; empty if it holds numbers, which the check of types has ruled out.
    #[must_use]
    pub fn indices(&self, i: usize) -> &'a [u32] {
        match (self.inputs)(i) {
            Elements::Index(x) => x,
            Elements::Real(_) => &[],
        }
    }
}

/// What a derivative rule may look at.
#[derive(Debug)]
pub struct Vjp<'a> {
    /// The inputs of the node.
    pub inputs: &'a [Value],
    /// Its outputs.
    pub outputs: &'a [Value],
    /// The derivative of the loss with respect to each output; `None` where the loss does not depend on it.
    pub cotangents: &'a [Option<Value>],
}

/// The derivative with respect to each input; `None` for zero and for indices.
pub type Pulled = Result<Vec<Option<Value>>>;

/// The name and the attributes under which ONNX knows an operation.
#[derive(Debug, Clone, PartialEq)]
pub struct Onnx {
    /// Operator name.
    pub name: &'static str,
    /// Attributes.
    pub attributes: Vec<(&'static str, Attribute)>,
}

/// An ONNX attribute.
#[derive(Debug, Clone, PartialEq)]
pub enum Attribute {
    /// INT.
    Int(i64),
    /// INTS.
    Ints(Vec<i64>),
    /// FLOAT.
    Float(f64),
}

impl Onnx {
    /// An operator without attributes.
    #[must_use]
    pub fn plain(name: &'static str) -> Option<Self> {
        Some(Self { name, attributes: Vec::new() })
    }
}

/// What ONNX calls the extents of a window.
fn window_attributes(window: &Window) -> Vec<(&'static str, Attribute)> {
    let ints = |v: &[usize]| Attribute::Ints(v.iter().map(|&a| a as i64).collect());
    let [[top, bottom], [left, right]] = window.padding;
    vec![
        ("kernel_shape", ints(&window.kernel)),
        ("strides", ints(&window.stride)),
        ("dilations", ints(&window.dilation)),
        ("pads", ints(&[top, left, bottom, right])),
    ]
}

/// What an operation is.
pub trait Operation: Clone + Eq + std::hash::Hash + std::fmt::Debug + Into<Op> {
    /// The name in messages.
    const NAME: &'static str;

    /// Whether output element `i` depends on input elements `i` alone. Such operations are fused, and evaluated
    /// in pieces.
    const ELEMENTWISE: bool = false;

    /// The kind of work it is.
    const CLASS: Class = if Self::ELEMENTWISE { Class::Elementwise } else { Class::Movement };

    /// Types of the outputs for inputs of these types.
    ///
    /// # Errors
    /// [`Error::Shape`] that says which inputs would have been right.
    fn outputs(&self, inputs: &[&TensorType]) -> Result<Vec<TensorType>>;

    /// Working memory that [`Operation::eval`] needs.
    fn scratch(&self, _shapes: &Shapes) -> Scratch {
        Scratch::default()
    }

    /// Model FLOP: 2 for each multiply-add of products and convolutions, as if done directly. What other operations
    /// compute is not counted: they are limited by memory or by a function of their own.
    fn flop(&self, _shapes: &Shapes) -> f64 {
        0.0
    }

    /// Fills the outputs. Cannot fail: types were checked when the node was added.
    fn eval<T: Real>(&self, run: &mut Eval<'_, T>);

    /// Appends the nodes of the vector-Jacobian product.
    ///
    /// # Errors
    /// Those of [`Graph::push`].
    fn vjp(&self, g: &mut Graph, at: &Vjp<'_>) -> Pulled;

    /// The ONNX counterpart, if there is one.
    fn onnx(&self) -> Option<Onnx>;

    /// Sample attributes and shapes for the generic tests.
    fn cases() -> Vec<Case>;
}

macro_rules! ops {
    ($($name:ident),* $(,)?) => {
        /// Any operation.
        #[derive(Debug, Clone, PartialEq, Eq, Hash)]
        #[allow(missing_docs)]
        pub enum Op { $($name($name)),* }

        $(impl From<$name> for Op {
            fn from(op: $name) -> Self { Self::$name(op) }
        })*

        impl Op {
            /// See [`Operation::NAME`].
            #[must_use]
            pub fn name(&self) -> &'static str {
                match self { $(Self::$name(_) => $name::NAME,)* }
            }

            /// See [`Operation::ELEMENTWISE`].
            #[must_use]
            pub fn is_elementwise(&self) -> bool {
                match self { $(Self::$name(_) => $name::ELEMENTWISE,)* }
            }

            /// See [`Operation::CLASS`].
            #[must_use]
            pub fn class(&self) -> Class {
                match self { $(Self::$name(_) => $name::CLASS,)* }
            }

            /// See [`Operation::flop`].
            #[must_use]
            pub fn flop(&self, shapes: &Shapes) -> f64 {
                match self { $(Self::$name(op) => op.flop(shapes),)* }
            }

            /// See [`Operation::outputs`].
            ///
            /// # Errors
            /// Those of the operation.
            pub fn outputs(&self, inputs: &[&TensorType]) -> Result<Vec<TensorType>> {
                match self { $(Self::$name(op) => op.outputs(inputs),)* }
            }

            /// See [`Operation::scratch`].
            #[must_use]
            pub fn scratch(&self, shapes: &Shapes) -> Scratch {
                match self { $(Self::$name(op) => op.scratch(shapes),)* }
            }

            /// See [`Operation::eval`].
            pub fn eval<T: Real>(&self, run: &mut Eval<'_, T>) {
                match self { $(Self::$name(op) => op.eval(run),)* }
            }

            /// See [`Operation::vjp`].
            ///
            /// # Errors
            /// Those of [`Graph::push`].
            pub fn vjp(&self, g: &mut Graph, at: &Vjp<'_>) -> Pulled {
                match self { $(Self::$name(op) => op.vjp(g, at),)* }
            }

            /// See [`Operation::onnx`].
            #[must_use]
            pub fn onnx(&self) -> Option<Onnx> {
                match self { $(Self::$name(op) => op.onnx(),)* }
            }

            /// The sample cases of all operations.
            #[must_use]
            pub fn cases() -> Vec<Case> {
                let mut all = Vec::new();
                $(all.extend($name::cases());)*
                all
            }
        }
    };
}

ops![
    Input,
    Constant,
    Add,
    Sub,
    Mul,
    Div,
    Pow,
    Max,
    Min,
    Neg,
    Abs,
    Sign,
    Exp,
    Expm1,
    Log,
    Log1p,
    Sqrt,
    Reciprocal,
    Sin,
    Cos,
    Tanh,
    Sigmoid,
    Softplus,
    Erf,
    Relu,
    LeakyRelu,
    ReluGradient,
    TanhGradient,
    SigmoidGradient,
    Greater,
    GreaterOrEqual,
    Equal,
    Where,
    ReduceSum,
    ReduceMax,
    ArgMax,
    Expand,
    Reshape,
    Transpose,
    Slice,
    Concat,
    Pad,
    MatMul,
    Conv2d,
    Conv2dInputGradient,
    Conv2dFilterGradient,
    MaxPool,
    MaxUnpool,
    PoolGather,
    AveragePool,
    AveragePoolGradient,
    Unfold,
    Fold,
    Gather,
    ScatterAdd,
    OneHot,
    ToIndex,
    Softmax,
    LogSoftmax,
    LogSumExp,
    SoftmaxCrossEntropy,
    RandomMask,
    RandomUniform,
    RandomNormal,
];

/// Refuses anything but `N` inputs of the given element types.
fn expect<const N: usize>(
    name: &'static str,
    inputs: &[&TensorType],
    dtypes: [DType; N],
) -> Result<[Shape; N]> {
    if inputs.len() != N || inputs.iter().zip(dtypes).any(|(t, d)| t.dtype != d) {
        return Err(wrong_inputs(name, inputs, &dtypes));
    }
    Ok(std::array::from_fn(|i| inputs[i].shape.clone()))
}

/// Refuses indices among any number of inputs.
fn expect_reals(name: &'static str, inputs: &[&TensorType]) -> Result<()> {
    if inputs.iter().all(|t| t.dtype == DType::Real) {
        return Ok(());
    }
    Err(wrong_inputs(name, inputs, &vec![DType::Real; inputs.len()]))
}

fn wrong_inputs(name: &'static str, inputs: &[&TensorType], dtypes: &[DType]) -> Error {
    let list = |it: Vec<String>| if it.is_empty() { "nothing".to_owned() } else { it.join(", ") };
    Error::shape("op-inputs", name)
        .expected(list(dtypes.iter().map(|d| format!("{d:?}").to_ascii_lowercase()).collect()))
        .got(list(inputs.iter().map(ToString::to_string).collect()))
        .hint("pass the inputs that the operation's documentation lists")
}

/// Refuses anything but real inputs of one shape, and returns that shape.
fn expect_equal<const N: usize>(name: &'static str, inputs: &[&TensorType]) -> Result<Shape> {
    let shapes = expect(name, inputs, [DType::Real; N])?;
    if let Some(other) = shapes.iter().find(|s| **s != shapes[0]) {
        return Err(mismatch(name, format!("inputs of one shape, {}", shapes[0]), other));
    }
    Ok(shapes[0].clone())
}

/// The usual complaint about a shape.
fn mismatch(name: &'static str, expected: impl Into<String>, got: &Shape) -> Error {
    Error::shape("op-shape", name)
        .expected(expected)
        .got(got.to_string())
        .hint("change the shape of the input")
}
