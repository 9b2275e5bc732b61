//! A formula as a list of terms, each made of earlier ones; and the graph it stands for.

use crate::error::Result;
use crate::graph::{Graph, Value};

/// A function of one number that a formula may name.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Unary {
    Sin,
    Cos,
    Exp,
    Log,
    Sqrt,
    Abs,
    Tanh,
    Sigmoid,
}

/// What a term is; operands are places in the list before it.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(super) enum Term {
    Number(f64),
    X,
    Y,
    /// The first number of a sample.
    U,
    /// The second one.
    V,
    Neg(usize),
    Add(usize, usize),
    Sub(usize, usize),
    Mul(usize, usize),
    Div(usize, usize),
    Min(usize, usize),
    Max(usize, usize),
    /// To a whole power.
    Power(usize, i32),
    Of(Unary, usize),
}

/// Terms in an order in which they can be computed; the last one is the value.
#[derive(Debug, Clone, Default, PartialEq)]
pub(super) struct Expression {
    pub terms: Vec<Term>,
}

impl Expression {
    /// Appends a term, or finds an equal one: what a formula says twice is computed once.
    pub fn push(&mut self, term: Term) -> usize {
        let found = self.terms.iter().position(|t| *t == term);
        found.unwrap_or_else(|| {
            self.terms.push(term);
            self.terms.len() - 1
        })
    }

    /// The number a term always is, if it is one.
    pub fn number(&self, term: usize) -> Option<f64> {
        match self.terms[term] {
            Term::Number(value) => Some(value),
            Term::Neg(a) => self.number(a).map(|v| -v),
            Term::Add(a, b) => Some(self.number(a)? + self.number(b)?),
            Term::Sub(a, b) => Some(self.number(a)? - self.number(b)?),
            Term::Mul(a, b) => Some(self.number(a)? * self.number(b)?),
            Term::Div(a, b) => Some(self.number(a)? / self.number(b)?),
            Term::Power(a, n) => Some(self.number(a)?.powi(n)),
            _ => None,
        }
    }

    /// Whether the numbers of a sample are in it.
    pub fn has_samples(&self) -> bool {
        self.terms.iter().any(|t| matches!(t, Term::U | Term::V))
    }

    /// Appends the nodes of the expression. `variables` are the values of x, y, u and v, all of one shape.
    ///
    /// # Errors
    /// Those of [`Graph::push`].
    pub fn build(&self, g: &mut Graph, variables: &[Value; 4]) -> Result<Value> {
        let shape = g.shape(variables[0]).clone();
        let mut values: Vec<Value> = Vec::with_capacity(self.terms.len());
        for term in &self.terms {
            let at = |i: usize| values[i];
            let next = match *term {
                Term::Number(v) => g.fill(v, shape.clone())?,
                Term::X => variables[0],
                Term::Y => variables[1],
                Term::U => variables[2],
                Term::V => variables[3],
                Term::Neg(a) => g.neg(at(a))?,
                Term::Add(a, b) => g.add(at(a), at(b))?,
                Term::Sub(a, b) => g.sub(at(a), at(b))?,
                Term::Mul(a, b) => g.mul(at(a), at(b))?,
                Term::Div(a, b) => g.div(at(a), at(b))?,
                Term::Min(a, b) => g.minimum(at(a), at(b))?,
                Term::Max(a, b) => g.maximum(at(a), at(b))?,
                Term::Power(a, n) => {
                    let size = power(g, at(a), n.unsigned_abs())?;
                    if n < 0 { g.reciprocal(size)? } else { size }
                }
                Term::Of(Unary::Sin, a) => g.sin(at(a))?,
                Term::Of(Unary::Cos, a) => g.cos(at(a))?,
                Term::Of(Unary::Exp, a) => g.exp(at(a))?,
                Term::Of(Unary::Log, a) => g.log(at(a))?,
                Term::Of(Unary::Sqrt, a) => g.sqrt(at(a))?,
                Term::Of(Unary::Abs, a) => g.abs(at(a))?,
                Term::Of(Unary::Tanh, a) => g.tanh(at(a))?,
                Term::Of(Unary::Sigmoid, a) => g.sigmoid(at(a))?,
            };
            values.push(next);
        }
        Ok(values.last().copied().unwrap_or(variables[0]))
    }
}

/// By repeated squaring: exact derivatives everywhere, at 0 too, which the rule by logarithms lacks.
fn power(g: &mut Graph, base: Value, n: u32) -> Result<Value> {
    match n {
        0 => g.fill(1.0, g.shape(base).clone()),
        1 => Ok(base),
        _ => {
            let half = power(g, base, n / 2)?;
            let even = g.mul(half, half)?;
            if n.is_multiple_of(2) { Ok(even) } else { g.mul(even, base) }
        }
    }
}
