//! What recurrent layers do at each step, as functions on graphs.
//!
//! The graph is unrolled: one set of nodes a step. What does not depend on the step before, the products of all inputs
//! with the weights, is one matrix product outside; the gradient of the recurrent weights is one again (see
//! `graph/gradient/sums.rs`).

use crate::error::Result;
use crate::graph::{Graph, Value};

/// A kind of recurrence. H is the number of units, σ the logistic function; `x` are the projected inputs of the step, in
/// columns of H for each gate, U the recurrent weights `(H, gates H)`, h the output of the step before.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Cell {
    /// `h' = tanh(x + h U)`, or with ReLU (Elman 1990; Le, Jaitly, Hinton 2015).
    Simple {
        /// ReLU instead of tanh.
        relu: bool,
    },
    /// Gates i, f, g, o: `c' = σ(f) c + σ(i) tanh(g)`, `h' = σ(o) tanh(c')` (Hochreiter, Schmidhuber 1997; with the forget
    /// gate of Gers, Schmidhuber, Cummins 2000).
    Lstm,
    /// Gates r, z, n: `h' = (1 - σ(z)) n + σ(z) h` (Cho et al. 2014).
    Gru {
        /// `n = tanh(x_n + σ(r) (h U_n + b))`, so that all products with h are one; otherwise
        /// `n = tanh(x_n + (σ(r) h) U_n)`, as first described.
        reset_after: bool,
    },
}

/// What a recurrence carries from step to step: the output, and for [`Cell::Lstm`] the cell.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Carried {
    /// h `(N, H)`.
    pub output: Value,
    /// c `(N, H)`.
    pub cell: Option<Value>,
}

/// The weights of a recurrence.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Recurrence {
    /// Which kind.
    pub cell: Cell,
    /// U `(H, gates H)`.
    pub weights: Value,
    /// b `(H,)`, for a GRU that resets after the product.
    pub bias: Option<Value>,
}

impl Cell {
    /// Columns of weights for each unit.
    #[must_use]
    pub fn gates(self) -> usize {
        match self {
            Self::Simple { .. } => 1,
            Self::Lstm => 4,
            Self::Gru { .. } => 3,
        }
    }
}

impl Recurrence {
    /// Appends all steps on projected inputs `(T, N, gates H)`, from the last to the first if `backwards`, starting from
    /// zeros or from `start`. Returns the outputs `(N, H)` in the order of time, and what is carried in the end.
    ///
    /// # Errors
    /// [`Error::Shape`](crate::Error::Shape) if the shapes do not fit.
    pub fn run(
        &self,
        g: &mut Graph,
        inputs: Value,
        start: Option<Carried>,
        backwards: bool,
    ) -> Result<(Vec<Value>, Option<Carried>)> {
        let &[steps, batch, columns] = g.shape(inputs).dims() else {
            return Err(crate::error::Error::shape("layer-needs-steps", "recurrence")
                .expected("projected inputs (T, N, gates H)")
                .got(g.shape(inputs).to_string())
                .hint("put a sequence in"));
        };
        let weights = self.parts(g)?;
        let (mut carried, mut outputs) = (start, vec![inputs; steps]);
        for step in 0..steps {
            let t = if backwards { steps - 1 - step } else { step };
            let x = g.slice(inputs, vec![t, 0, 0], vec![1, batch, columns])?;
            let x = g.reshape(x, [batch, columns])?;
            let next = self.step(g, x, carried, &weights)?;
            outputs[t] = next.output;
            carried = Some(next);
        }
        Ok((outputs, carried))
    }

    /// The recurrent weights in the parts that are multiplied at once.
    fn parts(&self, g: &mut Graph) -> Result<Vec<Value>> {
        if self.cell != (Cell::Gru { reset_after: false }) {
            return Ok(vec![self.weights]);
        }
        let units = g.shape(self.weights).dims()[0];
        let gates = columns(g, self.weights, 0, 2 * units)?;
        Ok(vec![gates, columns(g, self.weights, 2 * units, units)?])
    }

    fn step(&self, g: &mut Graph, x: Value, before: Option<Carried>, weights: &[Value]) -> Result<Carried> {
        let units = g.shape(weights[0]).dims()[0];
        let h = before.map(|b| b.output);
        // zeros at the start need no product
        let product = h.map(|h| g.matmul(h, weights[0], false, false)).transpose()?;
        match self.cell {
            Cell::Simple { relu } => {
                let a = plus(g, x, product)?;
                let output = if relu { g.relu(a)? } else { g.tanh(a)? };
                Ok(Carried { output, cell: None })
            }
            Cell::Lstm => {
                let a = plus(g, x, product)?;
                let mut gates = [a; 4];
                for (k, gate) in gates.iter_mut().enumerate() {
                    *gate = columns(g, a, k * units, units)?;
                }
                let [i, f, n, o] = gates;
                let (i, n) = (g.sigmoid(i)?, g.tanh(n)?);
                let mut cell = g.mul(i, n)?;
                if let Some(old) = before.and_then(|b| b.cell) {
                    let f = g.sigmoid(f)?;
                    let kept = g.mul(f, old)?;
                    cell = g.add(kept, cell)?;
                }
                let (o, seen) = (g.sigmoid(o)?, g.tanh(cell)?);
                Ok(Carried { output: g.mul(o, seen)?, cell: Some(cell) })
            }
            Cell::Gru { reset_after } => {
                let (gates, n) = (columns(g, x, 0, 2 * units)?, columns(g, x, 2 * units, units)?);
                let (of_gates, of_n) = match product {
                    Some(q) if reset_after => {
                        (Some(columns(g, q, 0, 2 * units)?), Some(columns(g, q, 2 * units, units)?))
                    }
                    other => (other, None),
                };
                let gates = plus(g, gates, of_gates)?;
                let gates = g.sigmoid(gates)?;
                let (r, z) = (columns(g, gates, 0, units)?, columns(g, gates, units, units)?);
                let recalled = if reset_after {
                    let inner = match (of_n, self.bias) {
                        (Some(q), Some(b)) => Some(g.add(q, b)?),
                        (one, other) => one.or(other),
                    };
                    inner.map(|inner| g.mul(r, inner)).transpose()?
                } else {
                    match h {
                        Some(h) => {
                            let kept = g.mul(r, h)?;
                            Some(g.matmul(kept, weights[1], false, false)?)
                        }
                        None => None,
                    }
                };
                let n = plus(g, n, recalled)?;
                let n = g.tanh(n)?;
                // (1 - z) n + z h = n + z (h - n)
                let gap = match h {
                    Some(h) => g.sub(h, n)?,
                    None => g.neg(n)?,
                };
                let moved = g.mul(z, gap)?;
                Ok(Carried { output: g.add(n, moved)?, cell: None })
            }
        }
    }
}

fn plus(g: &mut Graph, x: Value, y: Option<Value>) -> Result<Value> {
    y.map_or(Ok(x), |y| g.add(x, y))
}

/// Columns `start..start + count` of a matrix.
fn columns(g: &mut Graph, x: Value, start: usize, count: usize) -> Result<Value> {
    let rows = g.shape(x).dims()[0];
    g.slice(x, vec![0, start], vec![rows, count])
}
