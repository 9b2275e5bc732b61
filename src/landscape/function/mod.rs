//! Functions of two variables, from formulas: exact derivatives by the graph, critical points with a guarantee.

mod expression;
mod interval;
mod jet;
mod list;
mod parse;
mod points;
mod search;
mod winding;

pub use list::{NamedFunction, functions};

use super::Region;
use crate::curvature::Objective;
use crate::error::{Error, Result};
use crate::exec::{Bindings, Executor, Output, Plan, Sink};
use crate::graph::{Buffer, Graph};
use crate::rng::{Source, Stream};
use expression::Expression;
use serde::{Deserialize, Serialize};

/// Most samples of a mean.
const MOST_SAMPLES: usize = 10_000;
/// Seed of the samples' numbers, fixed before the first picture was drawn.
const SAMPLE_SEED: u64 = 0;

/// A function of x and y, or the mean of one over samples.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[cfg_attr(target_family = "wasm", derive(tsify::Tsify))]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct FunctionSpec {
    /// Such as `x^2 - y^2`: `+ - * / ^` (or `**`), parentheses, `pi`, `e`, x, y, sin, cos, tan, exp, log, sqrt, abs, tanh,
    /// sigmoid, min, max; `u` and `v` are two numbers of a sample.
    pub formula: String,
    /// Where it is looked at.
    #[serde(rename = "box")]
    pub region: Region,
    /// Samples that the loss is the mean of; each has its `u` and `v`, drawn once and for all from a normal distribution of
    /// variance 1. 1 unless set.
    #[serde(default = "one_sample")]
    #[cfg_attr(target_family = "wasm", tsify(optional))]
    pub samples: usize,
}

fn one_sample() -> usize {
    1
}

impl FunctionSpec {
    /// A formula without samples.
    #[must_use]
    pub fn of(formula: &str, region: Region) -> Self {
        Self { formula: formula.to_owned(), region, samples: 1 }
    }
}

/// A formula that was read, with the programs of its mean over so many samples.
#[derive(Debug)]
pub struct Function {
    spec: FunctionSpec,
    expression: Expression,
    samples: Vec<[f64; 2]>,
    programs: Vec<Programs>,
    /// The numbers of the samples of a batch.
    numbers: [Vec<f64>; 2],
}

#[derive(Debug)]
struct Programs {
    samples: usize,
    value: Executor<f64>,
    gradient: Executor<f64>,
    product: Executor<f64>,
}

impl Function {
    /// Reads the formula.
    ///
    /// # Errors
    /// [`Error::Spec`] with the column of the mistake; for a box without an inside; for no sample or too many.
    pub fn new(spec: FunctionSpec) -> Result<Self> {
        spec.region.check()?;
        let expression = parse::parse(&spec.formula)?;
        if !(1..=MOST_SAMPLES).contains(&spec.samples) {
            return Err(Error::spec("number-range", "samples")
                .expected(format!("a number from 1 to {MOST_SAMPLES}"))
                .got(spec.samples.to_string())
                .hint("choose a number in this range")
                .arg("low", 1)
                .arg("high", MOST_SAMPLES)
                .arg("got", spec.samples));
        }
        let count = if expression.has_samples() { spec.samples } else { 1 };
        let source = Source::new(SAMPLE_SEED, Stream::DATA, 0);
        let samples = (0..count as u64).map(|i| [source.normal(2 * i), source.normal(2 * i + 1)]).collect();
        Ok(Self { spec, expression, samples, programs: Vec::new(), numbers: [Vec::new(), Vec::new()] })
    }

    /// What it was made from.
    #[must_use]
    pub fn spec(&self) -> &FunctionSpec {
        &self.spec
    }

    /// Samples it is the mean of.
    #[must_use]
    pub fn samples(&self) -> usize {
        self.samples.len()
    }

    /// The mean over all samples.
    ///
    /// # Errors
    /// [`Error::Memory`].
    pub fn value(&mut self, at: [f64; 2]) -> Result<f64> {
        let rows: Vec<u32> = (0..self.samples.len() as u32).collect();
        self.value_on(&rows, &at)
    }

    pub(super) fn value_on(&mut self, rows: &[u32], at: &[f64]) -> Result<f64> {
        let mut loss = [0.0];
        let (programs, [u, v]) = self.ready(rows)?;
        programs.value.run(&mut bound(at, u, v).sink(Sink::Loss, &mut loss))?;
        Ok(loss[0])
    }

    pub(super) fn gradient_on(&mut self, rows: &[u32], at: &[f64], gradient: &mut [f64]) -> Result<f64> {
        let mut loss = [0.0];
        let (programs, [u, v]) = self.ready(rows)?;
        let mut bindings = bound(at, u, v).sink(Sink::Loss, &mut loss).sink(Sink::Gradient, gradient);
        programs.gradient.run(&mut bindings)?;
        Ok(loss[0])
    }

    pub(super) fn product_on(
        &mut self,
        rows: &[u32],
        at: &[f64],
        along: &[f64],
        product: &mut [f64],
    ) -> Result<()> {
        let (programs, [u, v]) = self.ready(rows)?;
        let mut bindings = bound(at, u, v).reals(Buffer::Direction, along).sink(Sink::Product, product);
        programs.product.run(&mut bindings)
    }

    /// The programs for these samples, and their numbers.
    fn ready(&mut self, rows: &[u32]) -> Result<(&mut Programs, &[Vec<f64>; 2])> {
        for (i, numbers) in self.numbers.iter_mut().enumerate() {
            numbers.clear();
            numbers.extend(rows.iter().filter_map(|&row| self.samples.get(row as usize)).map(|s| s[i]));
        }
        let found = self.programs.iter().position(|p| p.samples == rows.len());
        let place = match found {
            Some(place) => place,
            None => {
                let programs = self.compile(rows.len())?;
                self.programs.push(programs);
                self.programs.len() - 1
            }
        };
        Ok((&mut self.programs[place], &self.numbers))
    }

    fn compile(&self, samples: usize) -> Result<Programs> {
        let mut g = Graph::new();
        let theta = g.input(Buffer::Theta, 0, [2])?;
        let mut variables = Vec::with_capacity(4);
        for i in 0..2 {
            let one = g.slice(theta, vec![i], vec![1])?;
            variables.push(g.expand(one, [samples])?);
        }
        for buffer in [Buffer::Features, Buffer::Targets] {
            variables.push(g.input(buffer, 0, [samples])?);
        }
        let each =
            self.expression.build(&mut g, &[variables[0], variables[1], variables[2], variables[3]])?;
        let sum = g.sum_all(each)?;
        let loss = if samples == 1 { sum } else { g.scale(sum, 1.0 / samples as f64)? };
        let gradient = g.gradient(loss, &[theta])?[0];
        let direction = g.input(Buffer::Direction, 0, [2])?;
        let along = g.mul(gradient, direction)?;
        let along = g.sum_all(along)?;
        let product = g.gradient(along, &[theta])?[0];
        let program = |outputs: &[Output]| Executor::new(Plan::new(&g, outputs)?);
        Ok(Programs {
            samples,
            value: program(&[Output::new(loss, Sink::Loss)])?,
            gradient: program(&[Output::new(loss, Sink::Loss), Output::new(gradient, Sink::Gradient)])?,
            product: program(&[Output::new(product, Sink::Product)])?,
        })
    }
}

fn bound<'a>(at: &'a [f64], u: &'a [f64], v: &'a [f64]) -> Bindings<'a, f64> {
    Bindings::new().reals(Buffer::Theta, at).reals(Buffer::Features, u).reals(Buffer::Targets, v)
}

impl Objective<f64> for Function {
    fn dimension(&self) -> usize {
        2
    }

    fn value(&mut self, theta: &[f64]) -> Result<f64> {
        let rows: Vec<u32> = (0..self.samples.len() as u32).collect();
        self.value_on(&rows, theta)
    }

    fn gradient(&mut self, theta: &[f64], gradient: &mut [f64]) -> Result<f64> {
        let rows: Vec<u32> = (0..self.samples.len() as u32).collect();
        self.gradient_on(&rows, theta, gradient)
    }

    fn product(&mut self, theta: &[f64], direction: &[f64], product: &mut [f64]) -> Result<()> {
        let rows: Vec<u32> = (0..self.samples.len() as u32).collect();
        self.product_on(&rows, theta, direction, product)
    }
}
