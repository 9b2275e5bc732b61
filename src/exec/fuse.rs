//! Which elementwise nodes run together.
//!
//! A node joins the group of its readers if all of them are in one group: then nothing outside ever sees it and
//! it never leaves a register. Broadcasts and constants that are read by elementwise nodes only are not computed
//! at all: each group reads their source with the index stretched.

use crate::graph::{Graph, Value};
use crate::ops::Op;
use crate::shape::Shape;

/// How a group reads a value from outside.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(super) enum Stretch {
    /// One number everywhere.
    Fill(f64),
    /// Element `(i / inner) % len` of the source.
    Block {
        /// Equal neighbours.
        inner: usize,
        /// Elements of the source.
        len: usize,
    },
}

/// The decision for every node.
#[derive(Debug)]
pub(super) struct Fusion {
    /// Nodes that are computed or read.
    pub live: Vec<bool>,
    /// For an elementwise node: the node at the end of its group.
    pub root: Vec<Option<u32>>,
    /// For a broadcast or constant that is never computed: its source and how to read it.
    pub stretched: Vec<Option<(Value, Stretch)>>,
}

/// Decides for the nodes that lead to the `kept` ones, whose outputs leave the program.
pub(super) fn fuse(graph: &Graph, kept: &[bool]) -> Fusion {
    let nodes = graph.nodes();
    let mut readers: Vec<Vec<u32>> = vec![Vec::new(); nodes.len()];
    let mut live = kept.to_vec();
    let mut root: Vec<Option<u32>> = vec![None; nodes.len()];
    let mut stretched = vec![None; nodes.len()];
    for number in (0..nodes.len()).rev() {
        if !live[number] {
            continue;
        }
        let node = &nodes[number];
        if node.op.is_elementwise() {
            let groups = || readers[number].iter().map(|&r| root[r as usize]);
            let shared = groups().next().flatten().filter(|g| groups().all(|other| other == Some(*g)));
            root[number] = Some(if kept[number] { None } else { shared }.unwrap_or(number as u32));
        } else if !kept[number] && readers[number].iter().all(|&r| root[r as usize].is_some()) {
            let itself = Value { node: number as u32, output: 0 };
            stretched[number] = match &node.op {
                Op::Constant(c) => Some((itself, Stretch::Fill(c.value.get()))),
                Op::Expand(e) => graph
                    .filled_with(itself)
                    .map(Stretch::Fill)
                    .or_else(|| block(graph.shape(node.inputs[0]), &e.shape))
                    .map(|how| (node.inputs[0], how)),
                _ => None,
            };
        }
        if matches!(stretched[number], Some((_, Stretch::Fill(_)))) {
            continue;
        }
        for input in &node.inputs {
            live[input.node as usize] = true;
            readers[input.node as usize].push(number as u32);
        }
    }
    Fusion { live, root, stretched }
}

/// The stretch from `from` to `to`, if the extents of `from` that are not 1 are neighbours in `to`.
fn block(from: &Shape, to: &Shape) -> Option<Stretch> {
    let lead = to.rank() - from.rank();
    let own = |axis: usize| axis >= lead && from.dims()[axis - lead] != 1;
    let first = (0..to.rank()).find(|&a| own(a));
    let Some(first) = first else { return Some(Stretch::Block { inner: to.len().max(1), len: 1 }) };
    let end = (0..to.rank()).rfind(|&a| own(a))? + 1;
    let whole = (first..end).all(|a| own(a) || to.dims()[a] == 1);
    whole.then(|| Stretch::Block { inner: to.dims()[end..].iter().product(), len: from.len() })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn blocks_are_rows_columns_and_scalars() {
        let b = |from: &[usize], to: &[usize]| block(&Shape::new(from), &Shape::new(to));
        assert_eq!(b(&[5], &[4, 5]), Some(Stretch::Block { inner: 1, len: 5 }));
        assert_eq!(b(&[4, 1], &[4, 5]), Some(Stretch::Block { inner: 5, len: 4 }));
        assert_eq!(b(&[], &[4, 5]), Some(Stretch::Block { inner: 20, len: 1 }));
        assert_eq!(b(&[3, 1, 1], &[2, 3, 4, 5]), Some(Stretch::Block { inner: 20, len: 3 }));
        assert_eq!(b(&[2, 1, 4, 1], &[2, 3, 4, 5]), None);
    }
}
