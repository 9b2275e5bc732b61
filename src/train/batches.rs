//! Which examples each step sees.

use super::BatchSpec;
use crate::rng::{Source, Stream};

/// The order of examples: shuffled anew for each epoch, as a function of seed and epoch alone.
#[derive(Debug, Clone)]
pub struct Batches {
    examples: Vec<u32>,
    order: Vec<u32>,
    epoch: Option<u64>,
    size: usize,
    seed: u64,
    shuffled: bool,
}

impl Batches {
    /// Batches of `examples`. Full batches are not shuffled: their order is that of the data.
    #[must_use]
    pub fn new(examples: &[u32], batch: BatchSpec, seed: u64) -> Self {
        Self {
            examples: examples.to_vec(),
            order: examples.to_vec(),
            epoch: None,
            size: batch.size(examples.len()),
            seed,
            shuffled: batch != BatchSpec::Full {},
        }
    }

    /// Steps of an epoch; the last may see fewer examples.
    #[must_use]
    pub fn per_epoch(&self) -> u64 {
        self.examples.len().div_ceil(self.size).max(1) as u64
    }

    /// Examples in a full batch.
    #[must_use]
    pub fn size(&self) -> usize {
        self.size
    }

    /// The example numbers of a step.
    pub fn at(&mut self, step: u64) -> &[u32] {
        let (epoch, place) = (step / self.per_epoch(), (step % self.per_epoch()) as usize);
        if self.epoch != Some(epoch) {
            self.order.copy_from_slice(&self.examples);
            if self.shuffled {
                Source::new(self.seed, Stream::SHUFFLE, epoch).shuffle(&mut self.order);
            }
            self.epoch = Some(epoch);
        }
        let start = place * self.size;
        &self.order[start..self.order.len().min(start + self.size)]
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_epoch_sees_each_example_once_and_any_step_can_be_asked_for() {
        let examples: Vec<u32> = (100..110).collect();
        let mut batches = Batches::new(&examples, BatchSpec::Mini { size: 4 }, 5);
        assert_eq!(batches.per_epoch(), 3);
        let mut seen: Vec<u32> = (3..6).flat_map(|step| batches.at(step).to_vec()).collect();
        assert_eq!(batches.at(5).len(), 2);
        let first = batches.at(0).to_vec();
        assert_ne!(first, seen[..4]);
        seen.sort_unstable();
        assert_eq!(seen, examples);
        assert_eq!(Batches::new(&examples, BatchSpec::Full {}, 5).at(7), examples);
    }
}
