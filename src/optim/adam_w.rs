//! AdamW: Adam whose weight decay is decoupled.

use super::{Adam, Constants, Method, Slot, Update};
use crate::kernels::Real;

/// [`Adam`], with weight decay that shrinks the weights themselves, 0.01 unless the spec says otherwise.
#[derive(Debug, Clone, Copy, Default, PartialEq)]
#[cfg_attr(target_family = "wasm", derive(tsify::Tsify), serde(transparent))]
pub struct AdamW(pub Adam);

impl Constants for AdamW {
    fn each(&mut self, show: &mut dyn FnMut(&'static str, Slot<'_>)) {
        self.0.each(show);
    }
}

impl Method for AdamW {
    const TITLE: &'static str = "AdamW";
    const FORMULA: &'static str = "p *= 1 - rate weightDecay, then Adam";
    const SOURCE: &'static str = "Loshchilov, Hutter: Decoupled weight decay regularization, 2019";
    const DECAY: f64 = 0.01;
    const DECOUPLED: bool = true;

    fn slices(&self) -> usize {
        self.0.slices()
    }

    fn update<T: Real>(&self, u: Update<'_, T>) {
        self.0.update(u);
    }
}
