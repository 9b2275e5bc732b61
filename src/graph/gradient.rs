//! Reverse-mode differentiation as a function from graph to graph.
//!
//! The walk only calls [`Graph::push`], and every rule is written in terms of listed ops, so the result can be
//! differentiated again: the gradient of (gradient . v) is the exact Hessian-vector product (Pearlmutter 1994).

mod sums;

use super::{DType, Graph, Value};
use crate::error::{Error, Result};
use crate::ops::Vjp;

impl Graph {
    /// The derivatives of the scalar `loss` with respect to each of `wrt`, each of the shape of its value.
    ///
    /// # Errors
    /// [`Error::Shape`] if `loss` is not a single real number or a `wrt` is not real.
    pub fn gradient(&mut self, loss: Value, wrt: &[Value]) -> Result<Vec<Value>> {
        let kind = self.type_of(loss);
        if kind.dtype != DType::Real || kind.shape.len() != 1 {
            return Err(Error::shape("loss-not-scalar", "gradient")
                .expected("a loss of one real number")
                .got(kind.to_string())
                .hint("reduce it with a sum or a mean"));
        }
        let shape = kind.shape.clone();
        let one = self.constant(1.0)?;
        let seed = self.expand(one, shape)?;
        self.pull_back(&[(loss, seed)], wrt)
    }

    /// The gradient of `sum of cotangent * value` over the given pairs, with respect to each of `wrt`.
    ///
    /// # Errors
    /// [`Error::Shape`] if a cotangent has another shape than its value, or a `wrt` is not real.
    pub fn pull_back(&mut self, seeds: &[(Value, Value)], wrt: &[Value]) -> Result<Vec<Value>> {
        if let Some(kind) = wrt.iter().map(|&v| self.type_of(v)).find(|k| k.dtype != DType::Real) {
            return Err(Error::shape("derivative-of-index", "gradient")
                .expected("real values to differentiate with respect to")
                .got(kind.to_string())
                .hint("leave the indices out"));
        }
        let last = seeds.iter().map(|(v, _)| v.node as usize + 1).max().unwrap_or(0);
        // what each value gets from its readers; it is added up when the value's own turn comes
        let mut terms: Vec<Vec<Vec<Value>>> =
            self.nodes[..last].iter().map(|n| vec![Vec::new(); n.outputs.len()]).collect();
        for &(value, seed) in seeds {
            if self.shape(seed) != self.shape(value) {
                return Err(Error::shape("cotangent-shape", "gradient")
                    .expected(format!("a cotangent of shape {}", self.shape(value)))
                    .got(self.shape(seed).to_string())
                    .hint("give it the shape of its value"));
            }
            terms[value.node as usize][value.output as usize].push(seed);
        }

        let needed = self.depends_on(last, wrt);
        for number in (0..last).rev() {
            if !needed[number] || terms[number].iter().all(Vec::is_empty) {
                continue;
            }
            let node = self.nodes[number].clone();
            if node.inputs.is_empty() {
                continue;
            }
            let outputs = self.values(number as u32);
            let scope = std::mem::replace(&mut self.scope, node.scope);
            let cotangents = terms[number].iter().map(|list| self.total(list)).collect::<Result<Vec<_>>>()?;
            let at = Vjp { inputs: &node.inputs, outputs: &outputs, cotangents: &cotangents };
            let pulled = node.op.vjp(self, &at)?;
            for (&input, cotangent) in node.inputs.iter().zip(pulled) {
                if let Some(cotangent) = cotangent.filter(|_| needed[input.node as usize]) {
                    debug_assert_eq!(self.shape(cotangent), self.shape(input), "vjp of {:?}", node.op);
                    terms[input.node as usize][input.output as usize].push(cotangent);
                }
            }
            self.scope = scope;
        }

        wrt.iter()
            .map(|&v| {
                let list = terms.get(v.node as usize).map(|c| c[v.output as usize].as_slice());
                let found = self.total(list.unwrap_or_default())?;
                found.map_or_else(|| self.fill(0.0, self.shape(v).clone()), Ok)
            })
            .collect()
    }

    /// Which of the first `last` nodes lie on a path from a value of `wrt`: only these need a cotangent.
    fn depends_on(&self, last: usize, wrt: &[Value]) -> Vec<bool> {
        let mut needed = vec![false; last];
        for v in wrt.iter().filter(|v| (v.node as usize) < last) {
            needed[v.node as usize] = true;
        }
        for (number, node) in self.nodes[..last].iter().enumerate() {
            needed[number] = needed[number] || node.inputs.iter().any(|v| needed[v.node as usize]);
        }
        needed
    }
}
