//! Sample inputs of operations, for the tests that walk all of them.

use super::Op;
use crate::graph::{DType, TensorType};
use crate::rng::{Source, Stream};
use crate::shape::Shape;

/// What numbers an input holds.
#[derive(Debug, Clone, Copy, PartialEq)]
pub enum Values {
    /// Standard normal.
    Normal,
    /// Between 0.5 and 2.
    Positive,
    /// Numbers at least 0.05 from 0 and from each other, also from those of a second input, so that no finite
    /// difference crosses a kink or a tie.
    Distinct,
    /// 0 or 1.
    Flags,
    /// Indices below the bound.
    Below(u32),
}

/// One input of a case.
#[derive(Debug, Clone, PartialEq)]
pub struct CaseInput {
    /// Shape.
    pub shape: Shape,
    /// What it holds.
    pub values: Values,
    /// Whether derivatives with respect to it are checked.
    pub differentiable: bool,
}

/// An operation with attributes, and inputs to try it on.
#[derive(Debug, Clone)]
pub struct Case {
    /// The operation.
    pub op: Op,
    /// Its inputs.
    pub inputs: Vec<CaseInput>,
}

impl CaseInput {
    /// An input of `shape` that holds `values`.
    #[must_use]
    pub fn new(shape: impl Into<Shape>, values: Values) -> Self {
        let differentiable = !matches!(values, Values::Flags | Values::Below(_));
        Self { shape: shape.into(), values, differentiable }
    }

    /// Its type.
    #[must_use]
    pub fn tensor_type(&self) -> TensorType {
        let dtype = if matches!(self.values, Values::Below(_)) { DType::Index } else { DType::Real };
        TensorType { shape: self.shape.clone(), dtype }
    }

    /// The numbers, rounded to f32 so that f32 and f64 runs start equal. `n` tells the inputs of a case apart.
    #[must_use]
    pub fn reals(&self, n: u32) -> Vec<f64> {
        let source = Source::new(1, Stream::DATA.nth(n), 0);
        let len = self.shape.len();
        let mut order: Vec<usize> = (0..len).collect();
        source.shuffle(&mut order);
        (0..len as u64)
            .map(|i| match self.values {
                Values::Normal => source.normal(i),
                Values::Positive => 0.5 + 1.5 * source.uniform(i),
                Values::Distinct => {
                    // steps of 0.12 around 0, those of odd inputs halfway between those of even ones
                    let place = order[i as usize] as f64 - (len / 2) as f64;
                    let past_zero = if place >= 0.0 { 1.0 } else { 0.0 };
                    0.06 * (2.0 * place + f64::from(n % 2) + past_zero)
                }
                Values::Flags => (source.below(i, 2)) as f64,
                Values::Below(_) => 0.0,
            })
            .map(|v| f64::from(v as f32))
            .collect()
    }

    /// The indices; empty for reals.
    #[must_use]
    pub fn indices(&self, n: u32) -> Vec<u32> {
        let Values::Below(bound) = self.values else { return Vec::new() };
        let source = Source::new(1, Stream::DATA.nth(n), 0);
        (0..self.shape.len() as u64).map(|i| source.below(i, bound as usize) as u32).collect()
    }
}

impl Case {
    /// A case from its parts.
    #[must_use]
    pub fn new(op: impl Into<Op>, inputs: Vec<CaseInput>) -> Self {
        Self { op: op.into(), inputs }
    }

    /// A case whose inputs all hold normal numbers.
    #[must_use]
    pub fn normal(op: impl Into<Op>, shapes: &[&[usize]]) -> Self {
        Self::of(op, shapes, Values::Normal)
    }

    /// A case whose inputs all hold the same kind of numbers.
    #[must_use]
    pub fn of(op: impl Into<Op>, shapes: &[&[usize]], values: Values) -> Self {
        Self::new(op, shapes.iter().map(|s| CaseInput::new(*s, values)).collect())
    }
}
