//! Sums of many cotangents of one value.
//!
//! A recurrent network reads its weights and a slice of its input at every step. Their cotangents are sums of as many
//! terms as there are steps: as they stand, a hundred matrices alive at once, or a hundred copies of the whole sequence
//! that are zero but for one step. Two identities make one operation of them: a sum of products is the product of the
//! operands side by side, and a sum of padded pieces that do not overlap is the pieces side by side.

use super::super::{Graph, Value};
use crate::error::Result;
use crate::kernels::reduce::argsort;
use crate::ops::{MatMul, Op, Pad};

/// Fewest products that are worth putting side by side.
const MANY: usize = 4;
/// Fewest padded pieces: each of them is as large as the whole.
const PIECES: usize = 2;

/// A piece of a value along one axis: where it begins, where it ends, and what it holds.
type Piece = (usize, usize, Value);

impl Graph {
    /// The sum of the terms in their order; `None` if there are none.
    pub(super) fn total(&mut self, terms: &[Value]) -> Result<Option<Value>> {
        let mut terms = terms.to_vec();
        if terms.len() >= PIECES {
            terms = self.join_pieces(&terms)?;
        }
        if terms.len() >= MANY {
            terms = self.join_products(&terms)?;
        }
        let mut rest = terms.into_iter();
        let Some(mut sum) = rest.next() else { return Ok(None) };
        for term in rest {
            sum = self.add(sum, term)?;
        }
        Ok(Some(sum))
    }

    /// Pads along one axis whose pieces do not overlap become one concatenation; other terms stay as they are.
    fn join_pieces(&mut self, terms: &[Value]) -> Result<Vec<Value>> {
        let Some(axis) = terms.iter().find_map(|&t| self.padded_axis(t)) else { return Ok(terms.to_vec()) };
        let (mut pieces, mut others): (Vec<Piece>, Vec<Value>) = (Vec::new(), Vec::new());
        for &term in terms {
            match self.piece(term, axis) {
                Some(piece) if pieces.iter().all(|p| piece.1 <= p.0 || p.1 <= piece.0) => pieces.push(piece),
                _ => others.push(term),
            }
        }
        if pieces.len() < PIECES {
            return Ok(terms.to_vec());
        }
        let starts: Vec<_> = pieces.iter().map(|p| p.0 as f64).collect();
        let dims = self.shape(terms[0]).dims().to_vec();
        let (mut parts, mut end) = (Vec::new(), 0);
        let gap = |g: &mut Self, length: usize| {
            let mut dims = dims.clone();
            dims[axis] = length;
            g.fill(0.0, dims)
        };
        for (start, stop, value) in argsort(&starts).into_iter().map(|place| pieces[place]) {
            if start > end {
                parts.push(gap(self, start - end)?);
            }
            parts.push(value);
            end = stop;
        }
        if end < dims[axis] {
            parts.push(gap(self, dims[axis] - end)?);
        }
        others.insert(0, self.concat(&parts, axis)?);
        Ok(others)
    }

    /// The axis that a term is padded along, if it is one alone.
    fn padded_axis(&self, term: Value) -> Option<usize> {
        let Op::Pad(Pad { before, after }) = &self.node_of(term).op else { return None };
        let mut axes = (0..before.len()).filter(|&a| before[a] + after[a] > 0);
        axes.next().filter(|_| axes.next().is_none())
    }

    fn piece(&self, term: Value, axis: usize) -> Option<Piece> {
        let node = self.node_of(term);
        let Op::Pad(Pad { before, .. }) = &node.op else { return None };
        let inside = node.inputs[0];
        let length = self.shape(inside).dims()[axis];
        (self.padded_axis(term) == Some(axis)).then(|| (before[axis], before[axis] + length, inside))
    }

    /// Terms `a^T b` of matrices become one such product of the stacked rows.
    fn join_products(&mut self, terms: &[Value]) -> Result<Vec<Value>> {
        let operands = |g: &Self, term: Value| {
            let node = g.node_of(term);
            let product = Op::MatMul(MatMul { transpose_a: true, transpose_b: false });
            (node.op == product && g.shape(term).rank() == 2).then(|| [node.inputs[0], node.inputs[1]])
        };
        let pairs: Vec<[Value; 2]> = terms.iter().filter_map(|&t| operands(self, t)).collect();
        if pairs.len() < MANY {
            return Ok(terms.to_vec());
        }
        let [left, right] = [0, 1].map(|i| pairs.iter().map(|p| p[i]).collect::<Vec<_>>());
        let (left, right) = (self.concat(&left, 0)?, self.concat(&right, 0)?);
        let mut joined = vec![self.matmul(left, right, true, false)?];
        joined.extend(terms.iter().copied().filter(|&t| operands(self, t).is_none()));
        Ok(joined)
    }
}
