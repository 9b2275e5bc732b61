//! The schedules themselves.

use super::patience::{Monitor, Patience};
use super::{Clock, Constants, Shape, Slot};
use std::f64::consts::PI;

/// The same rate throughout.
#[derive(Debug, Clone, Copy, Default, PartialEq)]
#[cfg_attr(target_family = "wasm", derive(tsify::Tsify), serde(default, rename_all = "camelCase"))]
pub struct Constant {}

impl Constants for Constant {
    fn each(&mut self, _: &mut dyn FnMut(&'static str, Slot<'_>)) {}
}

impl Shape for Constant {
    const TITLE: &'static str = "Constant";
    const FORMULA: &'static str = "1";
    const SOURCE: &'static str =
        "Robbins, Monro: A stochastic approximation method, 1951, with a rate that stays";

    fn factor(&self, _: Clock) -> f64 {
        1.0
    }
}

/// A straight line to the end of the run.
#[derive(Debug, Clone, Copy, Default, PartialEq)]
#[cfg_attr(target_family = "wasm", derive(tsify::Tsify), serde(default, rename_all = "camelCase"))]
pub struct Linear {
    /// Factor at the end of the run.
    pub end: f64,
}

impl Constants for Linear {
    fn each(&mut self, show: &mut dyn FnMut(&'static str, Slot<'_>)) {
        show("end", Slot::Number(&mut self.end, [0.0, 1.0]));
    }
}

impl Shape for Linear {
    const TITLE: &'static str = "Linear";
    const FORMULA: &'static str = "1 - (1 - end) x";
    const SOURCE: &'static str =
        "Defazio, Cutkosky, Mehta, Mishchenko: Optimal linear decay learning rate schedules, 2023";

    fn factor(&self, clock: Clock) -> f64 {
        1.0 - (1.0 - self.end) * clock.share()
    }
}

/// Stairs.
#[derive(Debug, Clone, Copy, PartialEq)]
#[cfg_attr(target_family = "wasm", derive(tsify::Tsify), serde(default, rename_all = "camelCase"))]
pub struct Step {
    /// Epochs of a stair.
    pub every: f64,
    /// Factor from one stair to the next.
    pub gamma: f64,
}

impl Default for Step {
    fn default() -> Self {
        Self { every: 10.0, gamma: 0.1 }
    }
}

impl Constants for Step {
    fn each(&mut self, show: &mut dyn FnMut(&'static str, Slot<'_>)) {
        show("every", Slot::Number(&mut self.every, [1e-3, 1e6]));
        show("gamma", Slot::Number(&mut self.gamma, [0.0, 1.0]));
    }
}

impl Shape for Step {
    const TITLE: &'static str = "Step";
    const FORMULA: &'static str = "gamma^floor(e / every)";
    const SOURCE: &'static str = "Krizhevsky, Sutskever, Hinton: ImageNet classification with deep convolutional \
        neural networks, 2012, section 5";

    fn factor(&self, clock: Clock) -> f64 {
        // one division: exact where a stair is a whole number of steps
        let stair = clock.step as f64 / (self.every * clock.per_epoch.max(1) as f64);
        libm::pow(self.gamma, stair.floor())
    }
}

/// The same share off for each epoch, a little of it at every step.
#[derive(Debug, Clone, Copy, PartialEq)]
#[cfg_attr(target_family = "wasm", derive(tsify::Tsify), serde(default, rename_all = "camelCase"))]
pub struct Exponential {
    /// Factor of an epoch.
    pub gamma: f64,
}

impl Default for Exponential {
    fn default() -> Self {
        Self { gamma: 0.95 }
    }
}

impl Constants for Exponential {
    fn each(&mut self, show: &mut dyn FnMut(&'static str, Slot<'_>)) {
        show("gamma", Slot::Number(&mut self.gamma, [1e-12, 1.0]));
    }
}

impl Shape for Exponential {
    const TITLE: &'static str = "Exponential";
    const FORMULA: &'static str = "gamma^e";
    const SOURCE: &'static str =
        "Darken, Moody: Note on learning rate schedules for stochastic optimization, 1991";

    fn factor(&self, clock: Clock) -> f64 {
        libm::pow(self.gamma, clock.epochs())
    }
}

/// 1/t: sums of the rate grow without bound, sums of its square do not.
#[derive(Debug, Clone, Copy, PartialEq)]
#[cfg_attr(target_family = "wasm", derive(tsify::Tsify), serde(default, rename_all = "camelCase"))]
pub struct InverseTime {
    /// How fast it falls: after 1 / decay epochs the rate is half.
    pub decay: f64,
}

impl Default for InverseTime {
    fn default() -> Self {
        Self { decay: 0.1 }
    }
}

impl Constants for InverseTime {
    fn each(&mut self, show: &mut dyn FnMut(&'static str, Slot<'_>)) {
        show("decay", Slot::Number(&mut self.decay, [0.0, 1e6]));
    }
}

impl Shape for InverseTime {
    const TITLE: &'static str = "1/t";
    const FORMULA: &'static str = "1 / (1 + decay e)";
    const SOURCE: &'static str = "Robbins, Monro: A stochastic approximation method, 1951";

    fn factor(&self, clock: Clock) -> f64 {
        1.0 / (1.0 + self.decay * clock.epochs())
    }
}

/// Half a cosine from the rate to its floor.
#[derive(Debug, Clone, Copy, Default, PartialEq)]
#[cfg_attr(target_family = "wasm", derive(tsify::Tsify), serde(default, rename_all = "camelCase"))]
pub struct Cosine {
    /// The floor, as a share of the rate.
    pub end: f64,
}

impl Constants for Cosine {
    fn each(&mut self, show: &mut dyn FnMut(&'static str, Slot<'_>)) {
        show("end", Slot::Number(&mut self.end, [0.0, 1.0]));
    }
}

impl Shape for Cosine {
    const TITLE: &'static str = "Cosine";
    const FORMULA: &'static str = "end + (1 - end) (1 + cos(pi x)) / 2";
    const SOURCE: &'static str =
        "Loshchilov, Hutter: SGDR, stochastic gradient descent with warm restarts, 2017, equation 5";

    fn factor(&self, clock: Clock) -> f64 {
        between(1.0, self.end, clock.share())
    }
}

/// Up to the rate and down again to far below where it began.
#[derive(Debug, Clone, Copy, PartialEq)]
#[cfg_attr(target_family = "wasm", derive(tsify::Tsify), serde(default, rename_all = "camelCase"))]
pub struct OneCycle {
    /// Share of the rate at the beginning.
    pub start: f64,
    /// Share of the run after which the rate is reached.
    pub peak: f64,
    /// Share of the rate at the end.
    pub end: f64,
}

impl Default for OneCycle {
    fn default() -> Self {
        Self { start: 0.04, peak: 0.3, end: 4e-6 }
    }
}

impl Constants for OneCycle {
    fn each(&mut self, show: &mut dyn FnMut(&'static str, Slot<'_>)) {
        show("start", Slot::Number(&mut self.start, [0.0, 1.0]));
        show("peak", Slot::Number(&mut self.peak, [0.0, 1.0]));
        show("end", Slot::Number(&mut self.end, [0.0, 1.0]));
    }
}

impl Shape for OneCycle {
    const TITLE: &'static str = "One cycle";
    const FORMULA: &'static str = "half a cosine from start to 1 until x = peak, then one from 1 to end";
    const SOURCE: &'static str = "Smith, Topin: Super-convergence, very fast training of neural networks using large \
        learning rates, 2018";

    fn factor(&self, clock: Clock) -> f64 {
        let x = clock.share();
        if x < self.peak {
            between(self.start, 1.0, x / self.peak)
        } else {
            between(1.0, self.end, (x - self.peak) / (1.0 - self.peak).max(f64::MIN_POSITIVE))
        }
    }
}

/// Half a cosine from `a` at 0 to `b` at 1.
fn between(a: f64, b: f64, x: f64) -> f64 {
    b + (a - b) * 0.5 * (1.0 + libm::cos(PI * x))
}

/// A smaller rate whenever a measurement has not improved for some time. The factor here is 1: the one that was
/// reached is the trainer's, beside what else it measures.
#[derive(Debug, Clone, Copy, PartialEq)]
#[cfg_attr(target_family = "wasm", derive(tsify::Tsify), serde(default, rename_all = "camelCase"))]
pub struct Plateau {
    /// What is watched.
    pub monitor: Monitor,
    /// Measurements without improvement before the rate falls.
    pub patience: u32,
    /// Least change that is an improvement.
    pub min_delta: f64,
    /// Factor of each fall.
    pub gamma: f64,
    /// Measurements after a fall that do not count.
    pub cooldown: u32,
    /// Least share of the rate.
    pub end: f64,
}

impl Default for Plateau {
    fn default() -> Self {
        Self { monitor: Monitor::TestLoss, patience: 10, min_delta: 1e-4, gamma: 0.1, cooldown: 0, end: 0.0 }
    }
}

impl Plateau {
    /// How long it waits, for what.
    #[must_use]
    pub fn patience(&self) -> Patience {
        Patience { monitor: self.monitor, patience: self.patience, min_delta: self.min_delta }
    }
}

impl Constants for Plateau {
    fn each(&mut self, show: &mut dyn FnMut(&'static str, Slot<'_>)) {
        self.monitor.show(show);
        show("patience", Slot::Count(&mut self.patience, 1));
        show("minDelta", Slot::Number(&mut self.min_delta, [0.0, 1e6]));
        show("gamma", Slot::Number(&mut self.gamma, [1e-6, 1.0]));
        show("cooldown", Slot::Count(&mut self.cooldown, 0));
        show("end", Slot::Number(&mut self.end, [0.0, 1.0]));
    }
}

impl Shape for Plateau {
    const TITLE: &'static str = "Reduce on plateau";
    const FORMULA: &'static str =
        "gamma^k, at least end, after k times that the monitor had not improved for patience measurements";
    const SOURCE: &'static str =
        "He, Zhang, Ren, Sun: Deep residual learning for image recognition, 2016, section 3.4";

    fn factor(&self, _: Clock) -> f64 {
        1.0
    }
}
