//! AdamW: Adam whose weight decay is decoupled.

use super::{Adam, Method, Update};
use crate::error::Result;
use crate::kernels::Real;
use serde::{Deserialize, Serialize};

/// [`Adam`], with weight decay that shrinks the weights themselves, 0.01 unless the spec says otherwise.
#[derive(Debug, Clone, Copy, Default, PartialEq, Serialize, Deserialize)]
#[cfg_attr(target_family = "wasm", derive(tsify::Tsify))]
#[serde(transparent)]
pub struct AdamW(pub Adam);

impl Method for AdamW {
    const TITLE: &'static str = "AdamW";
    const FORMULA: &'static str = "p *= 1 - rate weightDecay, then Adam";
    const SOURCE: &'static str = "Loshchilov, Hutter: Decoupled weight decay regularization, 2019";
    const DECAY: f64 = 0.01;
    const DECOUPLED: bool = true;

    fn slices(&self) -> usize {
        self.0.slices()
    }

    fn rate(&mut self) -> &mut f64 {
        self.0.rate()
    }

    fn check(&self) -> Result<()> {
        self.0.check()
    }

    fn update<T: Real>(&self, u: Update<'_, T>) {
        self.0.update(u);
    }
}
