//! Interval arithmetic: ranges that surely hold the true result (Moore, Kearfott, Cloud: *Introduction to Interval
//! Analysis*, 2009).
//!
//! Every end is moved outward by at least what the operation may have rounded: one number for the operations that f64 rounds
//! correctly, [`ULPS`] numbers for the functions of `libm`, whose error is below one unit in the last place.

use std::f64::consts::PI;

/// How far the ends of a function of `libm` are moved: four times its largest error.
const ULPS: usize = 4;
/// Beyond this a sine is not located within its period: the reduction of the argument would have to be bounded too.
const FAR: f64 = 1e9;

/// All numbers of `lo..=hi`; the ends may be infinite.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(super) struct Interval {
    pub lo: f64,
    pub hi: f64,
}

/// A product in which infinitely many times nothing is nothing: an end that is not reached.
fn times(a: f64, b: f64) -> f64 {
    if a == 0.0 || b == 0.0 { 0.0 } else { a * b }
}

fn down(value: f64, ulps: usize) -> f64 {
    (0..ulps).fold(value, |v, _| v.next_down())
}

fn up(value: f64, ulps: usize) -> f64 {
    (0..ulps).fold(value, |v, _| v.next_up())
}

impl Interval {
    pub const WHOLE: Self = Self { lo: f64::NEG_INFINITY, hi: f64::INFINITY };
    pub const ZERO: Self = Self { lo: 0.0, hi: 0.0 };

    pub const fn new(lo: f64, hi: f64) -> Self {
        Self { lo, hi }
    }

    pub const fn point(value: f64) -> Self {
        Self { lo: value, hi: value }
    }

    /// With ends moved outward; what is no number may be any.
    fn wide(lo: f64, hi: f64, ulps: usize) -> Self {
        if lo.is_nan() || hi.is_nan() {
            return Self::WHOLE;
        }
        Self { lo: down(lo, ulps), hi: up(hi, ulps) }
    }

    pub fn contains(self, value: f64) -> bool {
        self.lo <= value && value <= self.hi
    }

    pub fn has_zero(self) -> bool {
        self.contains(0.0)
    }

    pub fn width(self) -> f64 {
        self.hi - self.lo
    }

    pub fn middle(self) -> f64 {
        0.5 * self.lo + 0.5 * self.hi
    }

    /// The largest size of its numbers.
    pub fn size(self) -> f64 {
        self.lo.abs().max(self.hi.abs())
    }

    pub fn intersect(self, other: Self) -> Option<Self> {
        let both = Self { lo: self.lo.max(other.lo), hi: self.hi.min(other.hi) };
        (both.lo <= both.hi).then_some(both)
    }

    pub fn hull(self, other: Self) -> Self {
        Self { lo: self.lo.min(other.lo), hi: self.hi.max(other.hi) }
    }

    /// Whether every number lies strictly inside `other`.
    pub fn inside(self, other: Self) -> bool {
        other.lo < self.lo && self.hi < other.hi
    }

    pub fn add(self, other: Self) -> Self {
        Self::wide(self.lo + other.lo, self.hi + other.hi, 1)
    }

    pub fn sub(self, other: Self) -> Self {
        Self::wide(self.lo - other.hi, self.hi - other.lo, 1)
    }

    pub fn neg(self) -> Self {
        Self { lo: -self.hi, hi: -self.lo }
    }

    pub fn mul(self, other: Self) -> Self {
        let ends = [
            times(self.lo, other.lo),
            times(self.lo, other.hi),
            times(self.hi, other.lo),
            times(self.hi, other.hi),
        ];
        let (lo, hi) =
            ends.iter().fold((f64::INFINITY, f64::NEG_INFINITY), |(l, h), &e| (l.min(e), h.max(e)));
        // nothing times anything is exact
        if lo == 0.0 && hi == 0.0 { Self::ZERO } else { Self::wide(lo, hi, 1) }
    }

    pub fn scale(self, factor: f64) -> Self {
        self.mul(Self::point(factor))
    }

    /// `1 / self`; everything if zero is inside.
    pub fn reciprocal(self) -> Self {
        if self.lo < 0.0 && self.hi > 0.0 || (self.lo == 0.0 && self.hi == 0.0) {
            return Self::WHOLE;
        }
        let lo = if self.hi == 0.0 { f64::NEG_INFINITY } else { 1.0 / self.hi };
        let hi = if self.lo == 0.0 { f64::INFINITY } else { 1.0 / self.lo };
        Self::wide(lo, hi, 1)
    }

    /// To a whole power; an even one is never below zero.
    pub fn power(self, n: i32) -> Self {
        if n < 0 {
            return self.power(-n).reciprocal();
        }
        if n == 0 {
            return Self::point(1.0);
        }
        let exact = |mut base: Self| {
            let (mut n, mut result) = (n, Self::point(1.0));
            while n > 0 {
                if n % 2 == 1 {
                    result = result.mul(base);
                }
                base = base.mul(base);
                n /= 2;
            }
            result
        };
        // of one point a product has no dependency to overestimate, and a power is monotonous between its ends
        let (a, b) = (exact(Self::point(self.lo)), exact(Self::point(self.hi)));
        match n % 2 {
            0 if self.has_zero() => Self { lo: 0.0, hi: a.hi.max(b.hi) },
            0 => Self { lo: a.lo.min(b.lo).max(0.0), hi: a.hi.max(b.hi) },
            _ => Self { lo: a.lo, hi: b.hi },
        }
    }

    pub fn abs(self) -> Self {
        if self.lo >= 0.0 {
            self
        } else if self.hi <= 0.0 {
            self.neg()
        } else {
            Self { lo: 0.0, hi: self.size() }
        }
    }

    /// A function that never falls, within `low..=high`.
    fn rising(self, f: impl Fn(f64) -> f64, low: f64, high: f64) -> Self {
        let wide = Self::wide(f(self.lo), f(self.hi), ULPS);
        Self { lo: wide.lo.max(low), hi: wide.hi.min(high) }
    }

    pub fn exp(self) -> Self {
        self.rising(libm::exp, 0.0, f64::INFINITY)
    }

    pub fn tanh(self) -> Self {
        self.rising(libm::tanh, -1.0, 1.0)
    }

    pub fn sigmoid(self) -> Self {
        // three roundings beside the one of exp
        self.rising(|x| 1.0 / (1.0 + libm::exp(-x)), 0.0, 1.0)
    }

    /// The part of the argument that is below zero has no logarithm and no root.
    pub fn log(self) -> Self {
        let lo = if self.lo <= 0.0 { f64::NEG_INFINITY } else { libm::log(self.lo) };
        Self::wide(lo, libm::log(self.hi), ULPS)
    }

    pub fn sqrt(self) -> Self {
        Self { lo: self.lo.max(0.0).sqrt().next_down().max(0.0), hi: self.hi.sqrt().next_up() }
    }

    pub fn sin(self) -> Self {
        self.wave(libm::sin, 0.25)
    }

    pub fn cos(self) -> Self {
        self.wave(libm::cos, 0.0)
    }

    /// A wave of period 2 pi whose crest lies at the share `crest` of a period.
    fn wave(self, f: impl Fn(f64) -> f64, crest: f64) -> Self {
        let turns = |x: f64| x / (2.0 * PI) - crest;
        let (from, to) = (turns(self.lo), turns(self.hi));
        if !(self.size() < FAR && to - from < 1.0) {
            return Self::new(-1.0, 1.0);
        }
        // the turns are rounded too: a crest that might be inside is inside
        let slack = 1e-14 * (1.0 + from.abs().max(to.abs()));
        let reaches = |place: f64| (to - place + slack).floor() >= (from - place - slack).ceil();
        let ends = Self::wide(f(self.lo).min(f(self.hi)), f(self.lo).max(f(self.hi)), ULPS);
        Self {
            lo: if reaches(0.5) { -1.0 } else { ends.lo.max(-1.0) },
            hi: if reaches(0.0) { 1.0 } else { ends.hi.min(1.0) },
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::rng::{Source, Stream};

    /// Intervals about many points, wide and narrow; whatever a function gives at a point inside lies in its range.
    #[test]
    fn no_value_is_outside_of_its_range() {
        type One = (fn(f64) -> f64, fn(Interval) -> Interval);
        let functions: [One; 14] = [
            (libm::sin, Interval::sin),
            (libm::cos, Interval::cos),
            (libm::exp, Interval::exp),
            (libm::tanh, Interval::tanh),
            (|x| 1.0 / (1.0 + libm::exp(-x)), Interval::sigmoid),
            (f64::abs, Interval::abs),
            (|x| x * x, |x| x.power(2)),
            (|x| x * x * x, |x| x.power(3)),
            (|x| x * x * x * x, |x| x.power(4)),
            (|x| 1.0 / (x * x), |x| x.power(-2)),
            (|x| 1.0 / x, Interval::reciprocal),
            (|x| libm::log(x.abs()), |x| x.abs().log()),
            (|x| x.abs().sqrt(), |x| x.abs().sqrt()),
            (|x| 1.0 - x * 3.0, |x| Interval::point(1.0).sub(x.scale(3.0))),
        ];
        let source = Source::new(3, Stream::DATA, 0);
        for case in 0..400 {
            let centre = 5.0 * source.normal(2 * case);
            let half = libm::exp(8.0 * source.uniform(2 * case + 1) - 7.0);
            let range = Interval::new(centre - half, centre + half);
            for (place, (f, g)) in functions.iter().enumerate() {
                let image = g(range);
                for k in 0..=20 {
                    let x = (range.lo + range.width() * f64::from(k) / 20.0).clamp(range.lo, range.hi);
                    assert!(
                        image.contains(f(x)),
                        "function {place} at {x} of {range:?}: {} of {image:?}",
                        f(x)
                    );
                }
            }
        }
    }

    #[test]
    fn ranges_are_as_narrow_as_they_can_be() {
        let near = |got: Interval, lo: f64, hi: f64| {
            assert!((got.lo - lo).abs() < 1e-13 && (got.hi - hi).abs() < 1e-13, "{got:?}");
            assert!(got.lo <= lo && got.hi >= hi, "{got:?}");
        };
        let x = Interval::new(-1.0, 2.0);
        near(x.power(2), 0.0, 4.0);
        near(x.power(3), -1.0, 8.0);
        near(x.mul(x), -2.0, 4.0);
        near(x.sin(), libm::sin(-1.0), 1.0);
        near(x.cos(), libm::cos(2.0), 1.0);
        assert_eq!(x.reciprocal(), Interval::WHOLE);
        assert_eq!(Interval::new(0.0, 2.0).reciprocal().hi.to_bits(), f64::INFINITY.to_bits());
        assert_eq!(Interval::ZERO.mul(Interval::WHOLE), Interval::ZERO);
    }
}
