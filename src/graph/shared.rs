//! Which nodes there are already: a table from an operation and its inputs to the node that applies it.
//!
//! The table holds numbers of nodes alone, and the nodes themselves are what is compared, so that nothing is kept twice.
//! Where an entry lies depends on the node alone, never on the run of the program.

use super::{Node, Value};
use crate::ops::Op;
use std::hash::{Hash, Hasher};

/// A place without a node.
const FREE: u32 = u32::MAX;

/// Open addressing with linear probing; a power of two of places, at most half of them taken.
#[derive(Debug, Clone, Default)]
pub(super) struct Shared {
    places: Vec<u32>,
}

impl Shared {
    /// The node that applies `op` to `inputs`. All of `nodes` must have been entered.
    pub fn find(&self, nodes: &[Node], op: &Op, inputs: &[Value]) -> Option<u32> {
        let mut at = self.first(op, inputs)?;
        while self.places[at] != FREE {
            let node = &nodes[self.places[at] as usize];
            if node.op == *op && node.inputs == inputs {
                return Some(self.places[at]);
            }
            at = self.after(at);
        }
        None
    }

    /// Enters the last node. All others must have been entered.
    pub fn enter_last(&mut self, nodes: &[Node]) {
        let mut from = nodes.len().saturating_sub(1);
        if 2 * nodes.len() > self.places.len() {
            self.places = vec![FREE; (4 * nodes.len()).next_power_of_two().max(64)];
            from = 0;
        }
        for (node, number) in nodes[from..].iter().zip(from as u32..) {
            let Some(mut at) = self.first(&node.op, &node.inputs) else { return };
            while self.places[at] != FREE {
                at = self.after(at);
            }
            self.places[at] = number;
        }
    }

    /// Where the search for a node begins, if there are places.
    fn first(&self, op: &Op, inputs: &[Value]) -> Option<usize> {
        let mut mixer = Mixer(0);
        (op, inputs).hash(&mut mixer);
        // the upper half depends on every bit that went in
        (mixer.finish() >> 32).checked_rem(self.places.len() as u64).map(|at| at as usize)
    }

    fn after(&self, at: usize) -> usize {
        (at + 1) % self.places.len()
    }
}

/// A multiplicative hash. No file and no stranger chooses the nodes of a graph, so it needs no secret.
struct Mixer(u64);

impl Hasher for Mixer {
    fn write(&mut self, bytes: &[u8]) {
        for part in bytes.chunks(8) {
            let word = part.iter().rev().fold(0, |word, &byte| word << 8 | u64::from(byte));
            // an odd number near 2^64 divided by the golden ratio
            self.0 = (self.0.rotate_left(5) ^ word).wrapping_mul(0x9e37_79b9_7f4a_7c15);
        }
    }

    fn finish(&self) -> u64 {
        self.0
    }
}

#[cfg(test)]
mod tests {
    use crate::graph::{Buffer, Graph};
    #[cfg(target_family = "wasm")]
    use wasm_bindgen_test::wasm_bindgen_test as test;

    #[test]
    fn equal_nodes_are_one_however_many_others_there_are() {
        let mut g = Graph::new();
        let x = g.input(Buffer::Features, 0, [3]).unwrap();
        let add = |g: &mut Graph, i: u32| {
            let c = g.constant(f64::from(i)).unwrap();
            let c = g.add(x, c).unwrap();
            g.slice(c, vec![i as usize % 3], vec![1]).unwrap()
        };
        let first: Vec<_> = (0..1000).map(|i| add(&mut g, i)).collect();
        let length = g.nodes().len();
        assert!(first.windows(2).all(|pair| pair[0] != pair[1]));
        assert!((0..1000).all(|i| add(&mut g, i) == first[i as usize]));
        assert_eq!(g.nodes().len(), length);
    }
}
