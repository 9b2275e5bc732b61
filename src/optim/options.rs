//! What any optimizer can do to a gradient before it uses it, and to the weights beside it.

use super::{Constants, Slot};
use crate::documented::Documented;
use crate::kernels::{Real, reduce};
use crate::rng::{Source, Stream};

/// Clipping, noise and weight decay, in this order; each is off unless it is written beside the optimizer's constants.
#[derive(Debug, Clone, Copy, Default, PartialEq)]
#[cfg_attr(target_family = "wasm", derive(tsify::Tsify), serde(default, rename_all = "camelCase"))]
pub struct Options {
    /// Most Euclidean norm of the whole gradient: `g *= min(1, c / (norm + 1e-6))` (Pascanu, Mikolov, Bengio 2013).
    pub clip_norm: Option<f64>,
    /// Most size of an entry: those beyond are set to it.
    pub clip_value: Option<f64>,
    /// Variance eta of the normal noise added to the first gradient; that of step t is `eta / t^noiseDecay`
    /// (Neelakantan and others: *Adding gradient noise improves learning for very deep networks*, 2015; they use 0.01,
    /// 0.3 and 1).
    pub gradient_noise: Option<f64>,
    /// How fast the noise falls; 0.55 unless set.
    pub noise_decay: Option<f64>,
    /// Weight decay, of every parameter: `g += weightDecay p`, or if decoupled `p *= 1 - rate weightDecay`.
    pub weight_decay: Option<f64>,
    /// Whether weight decay is decoupled; unless set, it is for AdamW and Lion.
    pub decoupled: Option<bool>,
}

/// The options, for the documentation.
#[must_use]
pub fn options() -> Vec<Documented> {
    vec![
        Documented::new(
            "clipNorm",
            "Clipping by the global norm",
            "g *= min(1, clipNorm / (|g| + 1e-6))",
            "Pascanu, Mikolov, Bengio: On the difficulty of training recurrent neural networks, 2013",
        ),
        Documented::new(
            "clipValue",
            "Clipping by value",
            "g = max(-clipValue, min(clipValue, g))",
            "Mikolov: Statistical language models based on neural networks, 2012",
        ),
        Documented::new(
            "gradientNoise",
            "Gradient noise",
            "g += N(0, gradientNoise / t^noiseDecay)",
            "Neelakantan and others: Adding gradient noise improves learning for very deep networks, 2015",
        ),
        Documented::new(
            "weightDecay",
            "Weight decay",
            "g += weightDecay p, or decoupled p *= 1 - rate weightDecay",
            "Hanson, Pratt: Comparing biases for minimal network construction with back-propagation, 1988; \
                Loshchilov, Hutter: Decoupled weight decay regularization, 2019",
        ),
    ]
}

/// Numbers that are treated at once: two tiles and their state stay in the first cache.
pub(super) const TILE: usize = 1024;

impl Constants for Options {
    fn each(&mut self, show: &mut dyn FnMut(&'static str, Slot<'_>)) {
        show("clipNorm", Slot::Maybe(&mut self.clip_norm, [1e-12, 1e12]));
        show("clipValue", Slot::Maybe(&mut self.clip_value, [1e-12, 1e12]));
        show("gradientNoise", Slot::Maybe(&mut self.gradient_noise, [0.0, 1e6]));
        show("noiseDecay", Slot::Maybe(&mut self.noise_decay, [0.0, 100.0]));
        show("weightDecay", Slot::Maybe(&mut self.weight_decay, [0.0, 1e6]));
        show("decoupled", Slot::MaybeFlag(&mut self.decoupled));
    }
}

impl Options {
    /// What there is to do at update `t` with this gradient; `decay` and `decoupled` hold unless they are set here.
    /// `None` if the optimizer can use gradient and weights as they are.
    pub(super) fn treatment<T: Real>(
        &self,
        defaults: (f64, bool),
        (t, rate, seed): (u64, f64, u64),
        gradient: &[T],
    ) -> Option<Treatment<T>> {
        let scale = self.clip_norm.map_or(1.0, |most| (most / (norm(gradient) + 1e-6)).min(1.0));
        let noise = self.gradient_noise.unwrap_or(0.0);
        let deviation = (noise / libm::pow(t as f64, self.noise_decay.unwrap_or(0.55))).sqrt();
        let decay = self.weight_decay.unwrap_or(defaults.0);
        let decoupled = self.decoupled.unwrap_or(defaults.1);
        let treatment = Treatment {
            scale: (scale < 1.0).then(|| T::from_f64(scale)),
            most: self.clip_value.map(T::from_f64),
            noise: (deviation > 0.0).then(|| (deviation, Source::new(seed, Stream::GRADIENT, t))),
            add: (decay > 0.0 && !decoupled).then(|| T::from_f64(decay)),
            keep: (decay > 0.0 && decoupled).then(|| T::from_f64(1.0 - rate * decay)),
        };
        (treatment.keep.is_some() || !treatment.spares_gradient()).then_some(treatment)
    }
}

/// The Euclidean norm, also where squares overflow.
fn norm<T: Real>(gradient: &[T]) -> f64 {
    let squares = reduce::sum_squares(gradient).to_f64();
    if squares.is_finite() {
        return squares.sqrt();
    }
    gradient.iter().map(|g| g.to_f64() * g.to_f64()).sum::<f64>().sqrt()
}

/// What is done to each tile of one update; `None` where nothing is.
#[derive(Debug)]
pub(super) struct Treatment<T> {
    /// Factor of the gradient.
    scale: Option<T>,
    /// Most size of an entry.
    most: Option<T>,
    /// Standard deviation of the noise, and where it comes from.
    noise: Option<(f64, Source)>,
    /// Share of the weights that joins the gradient.
    add: Option<T>,
    /// Share of the weights that is kept.
    keep: Option<T>,
}

impl<T: Real> Treatment<T> {
    /// Whether the gradient stays as it is, and only the weights shrink.
    pub(super) fn spares_gradient(&self) -> bool {
        self.scale.is_none() && self.most.is_none() && self.noise.is_none() && self.add.is_none()
    }

    /// Shrinks the weights of a tile.
    pub(super) fn shrink(&self, theta: &mut [T]) {
        if let Some(keep) = self.keep {
            theta.iter_mut().for_each(|p| *p *= keep);
        }
    }

    /// Writes the treated gradient of a tile that begins at entry `from`.
    pub(super) fn apply(&self, from: usize, theta: &[T], gradient: &[T], out: &mut [T]) {
        match self.scale {
            Some(scale) => out.iter_mut().zip(gradient).for_each(|(o, &g)| *o = scale * g),
            None => out.iter_mut().zip(gradient).for_each(|(o, &g)| *o = g),
        }
        if let Some(most) = self.most {
            for o in &mut *out {
                let below = if *o > most { most } else { *o };
                *o = if below < -most { -most } else { below };
            }
        }
        if let Some((deviation, source)) = self.noise {
            for (i, o) in out.iter_mut().enumerate() {
                *o += T::from_f64(deviation * source.normal((from + i) as u64));
            }
        }
        if let Some(share) = self.add {
            out.iter_mut().zip(theta).for_each(|(o, &p)| *o += share * p);
        }
    }
}
