//! Functions that a description brings along: layers and losses that are not in the lists.
//!
//! A function is a list of [`Instruction`]s. Values are numbered: first the arguments, then what each instruction gives; the last
//! is the result. Each instruction becomes operations of the graph, so the function has exact derivatives of any order, is fused
//! and planned like any other layer, and gives the same bits everywhere.
//!
//! Shapes are those of one example: the batch axis in front is not seen, and nothing can mix examples. So a network with such
//! functions can be evaluated in chunks like any other.

use crate::error::{Error, Result};
use crate::graph::{Graph, Value};
use crate::json;
use crate::shape::Shape;
use serde::de::DeserializeOwned;
use serde::{Deserialize, Serialize};

/// More instructions than anybody writes by hand.
const MOST: usize = 1000;

/// What an instruction does. Two tensors are stretched to one shape by NumPy's rule.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(target_family = "wasm", derive(tsify::Tsify))]
#[serde(rename_all = "camelCase")]
#[allow(missing_docs)]
pub enum Verb {
    Add,
    Sub,
    Mul,
    Div,
    /// `a` to the power `b`, for `a` > 0.
    Pow,
    Maximum,
    Minimum,
    /// 1 where `a > b`, else 0.
    Greater,
    /// `b` where `a` is not 0, else `c`.
    Where,
    Neg,
    Abs,
    Sign,
    Exp,
    Log,
    Sqrt,
    Sin,
    Cos,
    Tanh,
    Sigmoid,
    Softplus,
    Relu,
    Erf,
    /// Over the last axis.
    Softmax,
    /// Over the last axis.
    LogSoftmax,
    /// Over the last axis, which goes.
    LogSumExp,
    /// Over `axes`, or all, which go.
    Sum,
    /// Over `axes`, or all, which go.
    Mean,
    /// Over `axes`, or all, which go.
    Max,
    /// `(.., M, K) (K, N)`, or as many products as the axes in front count.
    MatMul,
    /// To `shape`.
    Reshape,
    /// The axes in the order of `axes`.
    Transpose,
    /// The box of `shape` that begins at `begin`.
    Slice,
    /// One behind the other along the first of `axes`.
    Concat,
    /// The scalar `number`.
    Constant,
}

/// One step of a function.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[cfg_attr(target_family = "wasm", derive(tsify::Tsify))]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct Instruction {
    /// What it does.
    pub op: Verb,
    /// Numbers of the values it does it to, each less than its own.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub of: Vec<usize>,
    /// Axes of one example, from 0.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub axes: Option<Vec<usize>>,
    /// Extents of one example.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub shape: Option<Vec<usize>>,
    /// Where a box begins.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub begin: Option<Vec<usize>>,
    /// A constant.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub number: Option<f64>,
}

/// A part of a description that is read only when the network is built: whoever has no function of their own then need not load
/// what reads one.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(transparent)]
pub struct Written(json::Value);

impl Default for Written {
    fn default() -> Self {
        Self(json::Value::Null)
    }
}

impl Written {
    /// The description of `value`.
    #[must_use]
    pub fn new<T: Serialize>(value: &[T]) -> Self {
        Self(json::parse("", &json::write(value)).unwrap_or(json::Value::Null))
    }

    /// Whether nothing was written.
    #[must_use]
    pub fn is_nothing(&self) -> bool {
        self.0 == json::Value::Null
    }

    pub(super) fn read<T: DeserializeOwned>(&self, place: &str) -> Result<Vec<T>> {
        if self.is_nothing() { Ok(Vec::new()) } else { json::from_value(place, &self.0) }
    }
}

/// A value, and whether it has the batch axis in front: what does not depend on an example has none.
#[derive(Debug, Clone, Copy)]
pub(super) struct Operand {
    pub value: Value,
    pub batched: bool,
}

/// Appends the function of `arguments` to the graph. `place` is named in errors.
///
/// # Errors
/// [`Error::Spec`] for an instruction that is not sound, [`Error::Shape`] for one that does not fit its operands.
#[inline(never)]
pub(super) fn append(
    g: &mut Graph,
    place: &str,
    function: &Written,
    arguments: &[Operand],
) -> Result<Operand> {
    let function: Vec<Instruction> = function.read(place)?;
    if !(1..=MOST).contains(&function.len()) {
        return Err(refuse(place, 0, "a function of 1 to 1,000 instructions", &function.len().to_string()));
    }
    let mut values = arguments.to_vec();
    for (number, instruction) in function.iter().enumerate() {
        let next = Step { g, place, number, instruction, values: &values }.run()?;
        values.push(next);
    }
    Ok(values[values.len() - 1])
}

fn refuse(place: &str, number: usize, expected: &str, got: &str) -> Error {
    Error::spec("own-function", format!("{place}, instruction {}", number + 1))
        .expected(expected)
        .got(got)
        .hint("change this instruction; shapes and axes are those of one example, without the batch")
        .arg("number", number + 1)
        .arg("expected", expected)
        .arg("got", got)
}

struct Step<'a> {
    g: &'a mut Graph,
    place: &'a str,
    number: usize,
    instruction: &'a Instruction,
    values: &'a [Operand],
}

impl Step<'_> {
    fn run(mut self) -> Result<Operand> {
        let verb = self.instruction.op;
        match verb {
            Verb::Add => self.two(Graph::add),
            Verb::Sub => self.two(Graph::sub),
            Verb::Mul => self.two(Graph::mul),
            Verb::Div => self.two(Graph::div),
            Verb::Pow => self.two(Graph::pow),
            Verb::Maximum => self.two(Graph::maximum),
            Verb::Minimum => self.two(Graph::minimum),
            Verb::Greater => self.two(Graph::greater),
            Verb::Where => {
                let of @ [condition, a, b] = self.operands()?;
                let batched = self.aligned(&of)?;
                Ok(Operand { value: self.g.select(condition.value, a.value, b.value)?, batched })
            }
            Verb::Neg => self.one(Graph::neg),
            Verb::Abs => self.one(Graph::abs),
            Verb::Sign => self.one(Graph::sign),
            Verb::Exp => self.one(Graph::exp),
            Verb::Log => self.one(Graph::log),
            Verb::Sqrt => self.one(Graph::sqrt),
            Verb::Sin => self.one(Graph::sin),
            Verb::Cos => self.one(Graph::cos),
            Verb::Tanh => self.one(Graph::tanh),
            Verb::Sigmoid => self.one(Graph::sigmoid),
            Verb::Softplus => self.one(Graph::softplus),
            Verb::Relu => self.one(Graph::relu),
            Verb::Erf => self.one(Graph::erf),
            Verb::Softmax => self.rows(Graph::softmax),
            Verb::LogSoftmax => self.rows(Graph::log_softmax),
            Verb::LogSumExp => self.rows(Graph::log_sum_exp),
            Verb::Sum | Verb::Mean => self.reduce(|g, x, axes| g.sum(x, axes), verb == Verb::Mean),
            Verb::Max => self.reduce(|g, x, axes| g.max_over(x, axes), false),
            Verb::MatMul => self.product(),
            Verb::Reshape => {
                let [x] = self.operands()?;
                let shape = self.given("shape", &self.instruction.shape)?;
                self.reshaped(x, &shape)
            }
            Verb::Transpose => {
                let [x] = self.operands()?;
                let axes = self.given("axes", &self.instruction.axes)?;
                let lead = usize::from(x.batched);
                let order: Vec<usize> =
                    (0..lead).chain(axes.iter().map(|a| a.saturating_add(lead))).collect();
                Ok(Operand { value: self.g.transpose(x.value, &order)?, ..x })
            }
            Verb::Slice => {
                let [x] = self.operands()?;
                let mut begin = self.given("begin", &self.instruction.begin)?;
                let mut shape = self.given("shape", &self.instruction.shape)?;
                if x.batched {
                    begin.insert(0, 0);
                    shape.insert(0, self.g.shape(x.value).dims()[0]);
                }
                Ok(Operand { value: self.g.slice(x.value, begin, shape)?, ..x })
            }
            Verb::Concat => self.concat(),
            Verb::Constant => {
                let [] = self.operands()?;
                match self.instruction.number {
                    Some(number) if number.is_finite() => {
                        Ok(Operand { value: self.g.constant(number)?, batched: false })
                    }
                    _ => Err(self.refuse("a finite number", "none")),
                }
            }
        }
    }

    fn refuse(&self, expected: &str, got: &str) -> Error {
        refuse(self.place, self.number, expected, got)
    }

    /// The operands, which must be `N`.
    fn operands<const N: usize>(&self) -> Result<[Operand; N]> {
        let of = self.all()?;
        <[Operand; N]>::try_from(of.as_slice())
            .map_err(|_| self.refuse(&format!("{N} operands"), &of.len().to_string()))
    }

    fn all(&self) -> Result<Vec<Operand>> {
        let find = |&i: &usize| {
            self.values.get(i).copied().ok_or_else(|| {
                self.refuse(&format!("values from 0 to {}", self.values.len() - 1), &i.to_string())
            })
        };
        self.instruction.of.iter().map(find).collect()
    }

    fn given(&self, what: &str, numbers: &Option<Vec<usize>>) -> Result<Vec<usize>> {
        numbers.clone().ok_or_else(|| self.refuse(what, "none"))
    }

    fn rank(&self, x: Operand) -> usize {
        self.g.shape(x.value).rank() - usize::from(x.batched)
    }

    /// Whether what comes of operands that are stretched to one shape has the batch axis. One without it must not be longer than
    /// those that have it, or its first axis would meet the batch.
    fn aligned(&self, of: &[Operand]) -> Result<bool> {
        let most = |batched: bool| of.iter().filter(|x| x.batched == batched).map(|&x| self.rank(x)).max();
        let shortest = of.iter().filter(|x| x.batched).map(|&x| self.rank(x)).min();
        let batched = shortest.is_some();
        if batched && (most(false) > shortest || most(true) > shortest) {
            let shapes: Vec<String> = of.iter().map(|x| self.g.shape(x.value).to_string()).collect();
            return Err(self.refuse("operands of as many axes", &shapes.join(" and ")));
        }
        Ok(batched)
    }

    fn one(&mut self, build: fn(&mut Graph, Value) -> Result<Value>) -> Result<Operand> {
        let [x] = self.operands()?;
        Ok(Operand { value: build(self.g, x.value)?, ..x })
    }

    fn two(&mut self, build: fn(&mut Graph, Value, Value) -> Result<Value>) -> Result<Operand> {
        let of @ [a, b] = self.operands()?;
        let batched = self.aligned(&of)?;
        Ok(Operand { value: build(self.g, a.value, b.value)?, batched })
    }

    /// What works on the last axis, which must not be that of the batch.
    fn rows(&mut self, build: fn(&mut Graph, Value) -> Result<Value>) -> Result<Operand> {
        let [x] = self.operands()?;
        if self.rank(x) == 0 {
            return Err(self.refuse("an operand with an axis", "one number for each example"));
        }
        Ok(Operand { value: build(self.g, x.value)?, ..x })
    }

    fn reduce(
        &mut self,
        build: fn(&mut Graph, Value, &[usize]) -> Result<Value>,
        mean: bool,
    ) -> Result<Operand> {
        let [x] = self.operands()?;
        let rank = self.rank(x);
        let axes = self.instruction.axes.clone().unwrap_or_else(|| (0..rank).collect());
        if axes.iter().enumerate().any(|(i, a)| *a >= rank || axes[..i].contains(a)) {
            return Err(self.refuse(&format!("different axes below {rank}"), &format!("{axes:?}")));
        }
        let lead = usize::from(x.batched);
        let kept: Vec<usize> = (0..rank).filter(|a| !axes.contains(a)).map(|a| self.extent(x, a)).collect();
        let count = axes.iter().fold(1.0, |n, &a| n * self.extent(x, a) as f64);
        let over: Vec<usize> = axes.iter().map(|a| a + lead).collect();
        let mut value = if over.is_empty() { x.value } else { build(self.g, x.value, &over)? };
        if mean {
            value = self.g.scale(value, 1.0 / count)?;
        }
        self.reshaped(Operand { value, ..x }, &kept)
    }

    fn extent(&self, x: Operand, axis: usize) -> usize {
        self.g.shape(x.value).dims()[axis + usize::from(x.batched)]
    }

    fn reshaped(&mut self, x: Operand, shape: &[usize]) -> Result<Operand> {
        let batch = x.batched.then(|| self.g.shape(x.value).dims()[0]);
        let shape: Vec<usize> = batch.into_iter().chain(shape.iter().copied()).collect();
        Ok(Operand { value: self.g.reshape(x.value, shape)?, ..x })
    }

    fn product(&mut self) -> Result<Operand> {
        let [a, b] = self.operands()?;
        let shapes = format!("{} and {}", self.g.shape(a.value), self.g.shape(b.value));
        if b.batched {
            if !a.batched || self.rank(a) < 2 {
                return Err(
                    self.refuse("matrices of each example, or a matrix on the right that all share", &shapes)
                );
            }
            return Ok(Operand { value: self.g.matmul(a.value, b.value, false, false)?, batched: true });
        }
        let (Some((&k, front)), 2) = (self.g.shape(a.value).dims().split_last(), self.rank(b)) else {
            return Err(self.refuse("an operand with an axis and a matrix (K, N)", &shapes));
        };
        if self.rank(a) == 0 {
            return Err(self.refuse("an operand with an axis and a matrix (K, N)", &shapes));
        }
        let mut whole = front.to_vec();
        let rows = Shape::new(front).len();
        let flat = self.g.reshape(a.value, [rows, k])?;
        let value = self.g.matmul(flat, b.value, false, false)?;
        whole.push(self.g.shape(value).dims()[1]);
        Ok(Operand { value: self.g.reshape(value, whole)?, batched: a.batched })
    }

    fn concat(&mut self) -> Result<Operand> {
        let of = self.all()?;
        let batched = of.iter().any(|x| x.batched);
        if of.is_empty() || of.iter().any(|x| x.batched != batched) {
            return Err(
                self.refuse("operands that all depend on the example, or none", &of.len().to_string())
            );
        }
        let axis = match self.instruction.axes.as_deref() {
            Some(&[axis]) if of.iter().all(|&x| axis < self.rank(x)) => axis,
            other => return Err(self.refuse("one axis that all operands have", &format!("{other:?}"))),
        };
        let parts: Vec<Value> = of.iter().map(|x| x.value).collect();
        Ok(Operand { value: self.g.concat(&parts, axis + usize::from(batched))?, batched })
    }
}
