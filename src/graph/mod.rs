//! A program as data: an append-only list of operations in static single assignment form.
//!
//! Shapes are checked as each node is added, so a plan made from a graph cannot fail on them. Nodes with the same
//! operation and the same inputs are shared: derivatives repeat their forward pass, and this is what removes the
//! repetition. [`Graph::gradient`] appends the nodes of a derivative, so a derivative can be differentiated again.

mod gradient;
mod shared;

use crate::error::{Error, Result};
use crate::ops::{Constant, F64, Input, Op};
use crate::shape::Shape;
use shared::Shared;
use std::fmt;

/// What an element is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum DType {
    /// A number of the run's type, f32 or f64.
    Real,
    /// An unsigned index: a label, a row to gather, a place in a pooling window.
    Index,
}

/// Shape and element type of one value.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct TensorType {
    /// The extents.
    pub shape: Shape,
    /// The element type.
    pub dtype: DType,
}

impl TensorType {
    /// A tensor of reals.
    #[must_use]
    pub fn real(shape: impl Into<Shape>) -> Self {
        Self { shape: shape.into(), dtype: DType::Real }
    }

    /// A tensor of indices.
    #[must_use]
    pub fn index(shape: impl Into<Shape>) -> Self {
        Self { shape: shape.into(), dtype: DType::Index }
    }
}

impl fmt::Display for TensorType {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.dtype {
            DType::Real => write!(f, "{}", self.shape),
            DType::Index => write!(f, "{} of indices", self.shape),
        }
    }
}

/// Memory outside the program that an [`Input`] reads.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Buffer {
    /// The flat parameter vector.
    Theta,
    /// A vector as long as theta: the direction of a Hessian-vector product.
    Direction,
    /// What a layer carries from step to step beside its parameters (running statistics).
    State,
    /// The features of the batch.
    Features,
    /// Real targets of the batch.
    Targets,
    /// One number: the factor of the loss, 1 / examples for a mean.
    Scale,
    /// Class labels of the batch (indices).
    Labels,
    /// The numbers of the examples in the data set (indices); they key random masks.
    Examples,
}

impl Buffer {
    /// All buffers, in the order of their numbers.
    pub const ALL: [Self; 8] = [
        Self::Theta,
        Self::Direction,
        Self::State,
        Self::Features,
        Self::Targets,
        Self::Scale,
        Self::Labels,
        Self::Examples,
    ];

    /// The element type it holds.
    #[must_use]
    pub fn dtype(self) -> DType {
        match self {
            Self::Labels | Self::Examples => DType::Index,
            _ => DType::Real,
        }
    }
}

/// One output of one node.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Value {
    pub(crate) node: u32,
    pub(crate) output: u32,
}

/// An operation with its inputs.
#[derive(Debug, Clone)]
pub struct Node {
    /// What is computed.
    pub op: Op,
    /// From what.
    pub inputs: Vec<Value>,
    /// Types of the outputs.
    pub outputs: Vec<TensorType>,
    /// Number of the scope, usually a layer; see [`Graph::scope_name`].
    pub scope: u32,
}

/// The list of nodes. Inputs of a node always stand before it.
#[derive(Debug, Clone)]
pub struct Graph {
    nodes: Vec<Node>,
    shared: Shared,
    scopes: Vec<String>,
    scope: u32,
}

impl Default for Graph {
    fn default() -> Self {
        Self { nodes: Vec::new(), shared: Shared::default(), scopes: vec![String::new()], scope: 0 }
    }
}

impl Graph {
    /// An empty graph.
    #[must_use]
    pub fn new() -> Self {
        Self::default()
    }

    /// Adds `op` applied to `inputs` and returns its outputs; an equal node that is already there is used again.
    ///
    /// # Errors
    /// [`Error::Shape`] if the op does not accept inputs of these shapes; the place is the current scope.
    pub fn push(&mut self, op: Op, inputs: &[Value]) -> Result<Vec<Value>> {
        if let Some(node) = self.shared.find(&self.nodes, &op, inputs) {
            return Ok(self.values(node));
        }
        let types: Vec<&TensorType> = inputs.iter().map(|v| self.type_of(*v)).collect();
        let outputs = op.outputs(&types).map_err(|e| match self.scope_name(self.scope) {
            "" => e,
            scope => e.at(scope),
        })?;
        let number = u32::try_from(self.nodes.len()).map_err(|_| {
            Error::memory("graph-too-long", "graph")
                .expected("at most 4,294,967,295 nodes")
                .got("one more")
                .hint("use fewer layers or shorter sequences")
        })?;
        self.nodes.push(Node { op, inputs: inputs.to_vec(), outputs, scope: self.scope });
        self.shared.enter_last(&self.nodes);
        Ok(self.values(number))
    }

    /// [`Graph::push`] for an op with one output.
    ///
    /// # Errors
    /// As [`Graph::push`].
    pub fn push_one(&mut self, op: Op, inputs: &[Value]) -> Result<Value> {
        Ok(self.push(op, inputs)?[0])
    }

    /// Elements `offset..` of an outside buffer, as a tensor of `shape`.
    ///
    /// # Errors
    /// Never for shapes whose number of elements fits `usize`.
    pub fn input(&mut self, buffer: Buffer, offset: usize, shape: impl Into<Shape>) -> Result<Value> {
        self.push_one(Input { buffer, offset, shape: shape.into() }.into(), &[])
    }

    /// A scalar constant.
    ///
    /// # Errors
    /// Never; the signature is that of every builder.
    pub fn constant(&mut self, value: f64) -> Result<Value> {
        self.push_one(Constant { value: F64::new(value) }.into(), &[])
    }

    /// Names the nodes that follow, usually after their layer; a shape error is reported under this name.
    pub fn set_scope(&mut self, name: &str) {
        let found = self.scopes.iter().position(|s| s == name);
        let index = found.unwrap_or_else(|| {
            self.scopes.push(name.to_owned());
            self.scopes.len() - 1
        });
        self.scope = index as u32;
    }

    /// The name of a scope; empty outside of any.
    #[must_use]
    pub fn scope_name(&self, scope: u32) -> &str {
        self.scopes.get(scope as usize).map_or("", String::as_str)
    }

    /// All nodes in order.
    #[must_use]
    pub fn nodes(&self) -> &[Node] {
        &self.nodes
    }

    /// Shape and element type of a value.
    #[must_use]
    pub fn type_of(&self, value: Value) -> &TensorType {
        &self.nodes[value.node as usize].outputs[value.output as usize]
    }

    /// Shape of a value.
    #[must_use]
    pub fn shape(&self, value: Value) -> &Shape {
        &self.type_of(value).shape
    }

    /// The node that makes a value.
    #[must_use]
    pub fn node_of(&self, value: Value) -> &Node {
        &self.nodes[value.node as usize]
    }

    /// The constant that fills `value`, looked up through broadcasts and reshapes.
    pub(crate) fn filled_with(&self, value: Value) -> Option<f64> {
        let node = self.node_of(value);
        match &node.op {
            Op::Constant(c) => Some(c.value.get()),
            Op::Expand(_) | Op::Reshape(_) => self.filled_with(node.inputs[0]),
            _ => None,
        }
    }

    fn values(&self, node: u32) -> Vec<Value> {
        (0..self.nodes[node as usize].outputs.len() as u32).map(|output| Value { node, output }).collect()
    }
}

/// One line a node: `%3 = MatMul(%1, %2) -> (32, 10)`.
impl fmt::Display for Graph {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (i, node) in self.nodes.iter().enumerate() {
            write!(f, "%{i} = {:?}(", node.op)?;
            for (k, v) in node.inputs.iter().enumerate() {
                let comma = if k > 0 { ", " } else { "" };
                let part = if v.output > 0 { format!(".{}", v.output) } else { String::new() };
                write!(f, "{comma}%{}{part}", v.node)?;
            }
            let types: Vec<String> = node.outputs.iter().map(ToString::to_string).collect();
            writeln!(f, ") -> {}", types.join(", "))?;
        }
        Ok(())
    }
}
