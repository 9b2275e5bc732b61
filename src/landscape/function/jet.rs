//! Ranges of a formula over a box together with its first and second derivatives: forward differentiation in intervals.

use super::expression::{Expression, Term, Unary};
use super::interval::Interval;

/// Value, gradient and Hessian over a box.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(super) struct Jet {
    pub value: Interval,
    /// By x and by y. Where a function has a corner: all slopes between those of its two sides (Clarke 1983).
    pub gradient: [Interval; 2],
    /// By x twice, by x and y, by y twice.
    pub hessian: [Interval; 3],
    /// Whether a function without a derivative somewhere in the box is part of it: then the Hessian says nothing.
    pub corner: bool,
    /// Whether the value may be infinite somewhere in the box.
    pub pole: bool,
    /// Whether no point of the box has a value.
    pub nowhere: bool,
}

/// A function of one number over a range: value, first and second derivative, corner, nowhere.
type Ranges = (Interval, Interval, Interval, bool, bool);

impl Jet {
    fn constant(value: Interval) -> Self {
        let zero = Interval::ZERO;
        Self { value, gradient: [zero; 2], hessian: [zero; 3], corner: false, pole: false, nowhere: false }
    }

    fn variable(value: Interval, axis: usize) -> Self {
        let mut jet = Self::constant(value);
        jet.gradient[axis] = Interval::point(1.0);
        jet
    }

    fn join(&self, other: &Self, f: impl Fn(Interval, Interval) -> Interval) -> Self {
        Self {
            value: f(self.value, other.value),
            gradient: std::array::from_fn(|i| f(self.gradient[i], other.gradient[i])),
            hessian: std::array::from_fn(|i| f(self.hessian[i], other.hessian[i])),
            corner: self.corner || other.corner,
            pole: self.pole || other.pole,
            nowhere: self.nowhere || other.nowhere,
        }
    }

    fn mul(&self, other: &Self) -> Self {
        let (a, b) = (self, other);
        let product = |i: usize, j: usize| a.gradient[i].mul(b.gradient[j]);
        let cross = [product(0, 0).scale(2.0), product(0, 1).add(product(1, 0)), product(1, 1).scale(2.0)];
        Self {
            value: a.value.mul(b.value),
            gradient: std::array::from_fn(|i| a.gradient[i].mul(b.value).add(a.value.mul(b.gradient[i]))),
            hessian: std::array::from_fn(|i| {
                a.hessian[i].mul(b.value).add(a.value.mul(b.hessian[i])).add(cross[i])
            }),
            corner: a.corner || b.corner,
            pole: a.pole || b.pole,
            nowhere: a.nowhere || b.nowhere,
        }
    }

    /// The chain rule.
    fn chain(&self, (value, first, second, corner, nowhere): Ranges) -> Self {
        let [x, y] = self.gradient;
        let squares = [x.power(2), x.mul(y), y.power(2)];
        Self {
            value,
            gradient: self.gradient.map(|g| first.mul(g)),
            hessian: std::array::from_fn(|i| second.mul(squares[i]).add(first.mul(self.hessian[i]))),
            corner: self.corner || corner,
            pole: self.pole || !(value.lo > f64::NEG_INFINITY && value.hi < f64::INFINITY),
            nowhere: self.nowhere || nowhere,
        }
    }

    /// The smaller one; where either may be, everything between them.
    fn least(&self, other: &Self) -> Self {
        if self.value.hi < other.value.lo {
            return *self;
        }
        if other.value.hi < self.value.lo {
            return *other;
        }
        let mut jet = self.join(other, Interval::hull);
        jet.value = Interval::new(self.value.lo.min(other.value.lo), self.value.hi.min(other.value.hi));
        jet.corner = true;
        jet
    }

    fn neg(&self) -> Self {
        self.join(self, |a, _| a.neg())
    }
}

fn of(function: Unary, x: Interval) -> Ranges {
    let one = Interval::point(1.0);
    let (value, first, second) = match function {
        Unary::Sin => (x.sin(), x.cos(), x.sin().neg()),
        Unary::Cos => (x.cos(), x.sin().neg(), x.cos().neg()),
        Unary::Exp => (x.exp(), x.exp(), x.exp()),
        Unary::Tanh => {
            let t = x.tanh();
            let slope = one.sub(t.power(2));
            (t, slope, t.mul(slope).scale(-2.0))
        }
        Unary::Sigmoid => {
            let s = x.sigmoid();
            let slope = s.mul(one.sub(s));
            (s, slope, slope.mul(one.sub(s.scale(2.0))))
        }
        Unary::Log => {
            let inside = x.intersect(Interval::new(0.0, f64::INFINITY)).unwrap_or(Interval::ZERO);
            let (value, slope) = (inside.log(), inside.reciprocal());
            return (value, slope, slope.power(2).neg(), false, x.hi <= 0.0);
        }
        Unary::Sqrt => {
            let inside = x.intersect(Interval::new(0.0, f64::INFINITY)).unwrap_or(Interval::ZERO);
            let root = inside.sqrt();
            let slope = root
                .reciprocal()
                .scale(0.5)
                .intersect(Interval::new(0.0, f64::INFINITY))
                .unwrap_or(Interval::WHOLE);
            let bend = slope.mul(inside.reciprocal()).scale(-0.5);
            // at zero itself the slope is infinite: a corner of whatever is inside
            return (root, slope, bend, x.lo <= 0.0, x.hi < 0.0);
        }
        Unary::Abs => {
            let slope =
                Interval::new(if x.lo > 0.0 { 1.0 } else { -1.0 }, if x.hi < 0.0 { -1.0 } else { 1.0 });
            return (x.abs(), slope, Interval::ZERO, x.has_zero(), false);
        }
    };
    (value, first, second, false, false)
}

fn power(x: Interval, n: i32) -> Ranges {
    let k = f64::from(n);
    let first = if n == 0 { Interval::ZERO } else { x.power(n - 1).scale(k) };
    let second = if n == 0 || n == 1 { Interval::ZERO } else { x.power(n - 2).scale(k * (k - 1.0)) };
    (x.power(n), first, second, false, false)
}

/// The mean over the samples of the expression over the box `x`, `y`. `terms` is memory that is used again.
pub(super) fn evaluate(
    expression: &Expression,
    samples: &[[f64; 2]],
    [x, y]: [Interval; 2],
    terms: &mut Vec<Jet>,
) -> Jet {
    let mut sum: Option<Jet> = None;
    for &[u, v] in samples {
        terms.clear();
        for term in &expression.terms {
            let at = |i: usize| &terms[i];
            let next = match *term {
                Term::Number(value) => Jet::constant(Interval::point(value)),
                Term::X => Jet::variable(x, 0),
                Term::Y => Jet::variable(y, 1),
                Term::U => Jet::constant(Interval::point(u)),
                Term::V => Jet::constant(Interval::point(v)),
                Term::Neg(a) => at(a).neg(),
                Term::Add(a, b) => at(a).join(at(b), Interval::add),
                Term::Sub(a, b) => at(a).join(at(b), Interval::sub),
                Term::Mul(a, b) if a == b => at(a).chain(power(at(a).value, 2)),
                Term::Mul(a, b) => at(a).mul(at(b)),
                Term::Div(a, b) => at(a).mul(&at(b).chain(power(at(b).value, -1))),
                Term::Min(a, b) => at(a).least(at(b)),
                Term::Max(a, b) => at(a).neg().least(&at(b).neg()).neg(),
                Term::Power(a, n) => at(a).chain(power(at(a).value, n)),
                Term::Of(function, a) => at(a).chain(of(function, at(a).value)),
            };
            terms.push(next);
        }
        if let Some(last) = terms.last() {
            sum = Some(sum.map_or(*last, |s| s.join(last, Interval::add)));
        }
    }
    let sum = sum.unwrap_or(Jet::constant(Interval::ZERO));
    if samples.len() == 1 {
        return sum;
    }
    let share = Interval::point(samples.len() as f64).reciprocal();
    sum.join(&sum, |a, _| a.mul(share))
}
