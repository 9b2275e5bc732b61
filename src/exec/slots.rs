//! Memory by liveness: values that are never alive together share a slot.

/// Assigns slots to values as a plan walks its steps.
#[derive(Debug, Default)]
pub(super) struct Slots {
    /// Elements of each slot.
    sizes: Vec<usize>,
    free: Vec<usize>,
}

impl Slots {
    /// A slot of at least `len` elements. Of the free ones it takes the one that has to grow least and, among
    /// those large enough, the smallest.
    pub fn take(&mut self, len: usize) -> usize {
        let cost = |slot: usize| {
            let size = self.sizes[slot];
            (len.saturating_sub(size), size)
        };
        let best = (0..self.free.len()).min_by_key(|&i| cost(self.free[i]));
        match best.filter(|&i| cost(self.free[i]).0 < len) {
            Some(i) => {
                let slot = self.free.swap_remove(i);
                self.sizes[slot] = self.sizes[slot].max(len);
                slot
            }
            None => {
                self.sizes.push(len);
                self.sizes.len() - 1
            }
        }
    }

    /// Gives a slot back.
    pub fn give(&mut self, slot: usize) {
        debug_assert!(!self.free.contains(&slot), "slot {slot} given back twice");
        self.free.push(slot);
    }

    /// Elements of all slots.
    pub fn into_sizes(self) -> Vec<usize> {
        self.sizes
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_free_slot_is_used_again_and_grows_if_it_must() {
        let mut slots = Slots::default();
        let (a, b) = (slots.take(10), slots.take(100));
        assert_ne!(a, b);
        slots.give(a);
        slots.give(b);
        assert_eq!(slots.take(8), a);
        assert_eq!(slots.take(120), b);
        assert_eq!(slots.into_sizes(), [10, 120]);
    }
}
