//! The buffers that a batch is gathered in.

use super::DataLoss;
use crate::error::Result;
use crate::kernels::Real;
use crate::nn::Target;

impl<T: Real> DataLoss<T> {
    /// Fills the batch buffers with `rows`, `augmented` or as they are, padded with the first of them to `size` rows.
    /// A batch that is there already, such as the full one, stays.
    pub(super) fn load(&mut self, rows: &[u32], size: usize, augmented: bool) -> Result<()> {
        let augment = self.augment.as_ref().filter(|_| augmented);
        let plain = augment.is_none();
        if plain && self.loaded && self.numbers.len() == size && same(&self.numbers, rows) {
            return Ok(());
        }
        self.loaded = false;
        self.numbers.clear();
        self.numbers.extend_from_slice(rows);
        self.numbers.resize(size, rows[0]);
        let input = self.model.input().len();
        self.features.resize(size * input, T::ZERO);
        let features = &mut self.features[..size * input];
        match augment {
            Some(augment) => {
                self.examples.fill_augmented(augment, &self.numbers, (self.seed, self.step), features)?;
            }
            None => self.examples.fill_batch(&self.numbers, features)?,
        }
        match self.model.target() {
            Target::Classes(_) | Target::Steps { .. } => {
                let steps = self.model.target().steps();
                let size = size * steps;
                self.labels.resize(size, 0);
                self.examples.fill_labels(&self.numbers, &mut self.labels[..size])?;
                if self.label_noise.0 > 0.0 {
                    for i in 0..size {
                        self.labels[i] = self.noisy(self.numbers[i / steps], i % steps, self.labels[i]);
                    }
                }
            }
            Target::Reals(n) => {
                self.targets.resize(size * n, T::ZERO);
                self.examples.fill_targets(&self.numbers, &mut self.targets[..size * n])?;
            }
        }
        self.loaded = plain;
        Ok(())
    }
}

/// Whether `numbers` are `rows`, and the first of them from there on. Differences are gathered block by block, which the
/// compiler makes vectors of.
fn same(numbers: &[u32], rows: &[u32]) -> bool {
    let (head, padding) = numbers.split_at(rows.len().min(numbers.len()));
    let mut blocks = head.chunks(64).zip(rows.chunks(64));
    let equal = |(a, b): (&[u32], &[u32])| a.iter().zip(b).fold(0, |bits, (a, b)| bits | a ^ b) == 0;
    head.len() == rows.len() && blocks.all(equal) && padding.iter().all(|n| *n == rows[0])
}
