//! All critical points of a formula inside a box, by exclusion: what is not found is proven not to be there.
//!
//! A part of the box over which a component of the gradient has no zero holds no critical point. Over a part on which the
//! Krawczyk operator maps into itself there is exactly one, and the Hessian is regular there (Krawczyk 1969; Neumaier:
//! *Interval Methods for Systems of Equations*, 1990, chapter 5). Every other part is halved. What is left when the parts are a
//! millionth of the box lies about points that are degenerate or corners; their kind follows from the index of the
//! gradient along a closed curve around them (see [`winding`]).

use super::expression::Expression;
use super::interval::Interval;
use super::jet::{Jet, evaluate};
use super::winding::winding;

/// Parts about a smooth point are halved until they are this share of the box.
const SMALL: f64 = 1e-6;
/// About a corner the gradient does not vanish, and nothing keeps parts from becoming smaller.
const SMALL_CORNER: f64 = 1e-12;
/// How far a part is stretched before it is looked at, as a share of its width: a point on the edge of two parts is then
/// inside of one.
const STRETCH: f64 = 0.1;
/// Terms that are evaluated at most: about a second.
const BUDGET: usize = 2_500_000;
/// More parts than these at the end are no points but lines or areas.
const MOST_LEFT: usize = 1500;
/// Curves around what is left, as multiples of its width.
const RINGS: [f64; 4] = [1.0, 4.0, 16.0, 64.0];

/// A part of the plane.
pub(super) type Part = [Interval; 2];

/// What an interval says of a critical point.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(super) enum Sort {
    /// Exactly one point, with a regular Hessian; true for a saddle, else by the sign of its curvature.
    Regular { saddle: bool, up: bool },
    /// At least one point, with a singular Hessian as far as can be told; of this index.
    Degenerate { index: i32 },
    /// A point where a function of the formula has no derivative; of this index.
    Corner { index: i32 },
}

/// Somewhere inside `part` is a point of this sort.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(super) struct Located {
    pub part: Part,
    pub sort: Sort,
}

/// Everything there is in a box.
#[derive(Debug, Clone, Default, PartialEq)]
pub(super) struct Everything {
    pub points: Vec<Located>,
    /// Parts that may hold points or none.
    pub undecided: Vec<Part>,
}

/// A formula that is evaluated over parts.
pub(super) struct Ranges<'a> {
    expression: &'a Expression,
    samples: &'a [[f64; 2]],
    terms: Vec<Jet>,
    left: usize,
}

impl<'a> Ranges<'a> {
    pub fn new(expression: &'a Expression, samples: &'a [[f64; 2]]) -> Self {
        Self { expression, samples, terms: Vec::new(), left: BUDGET }
    }

    pub fn over(&mut self, part: Part) -> Jet {
        self.left = self.left.saturating_sub(self.expression.terms.len() * self.samples.len());
        evaluate(self.expression, self.samples, part, &mut self.terms)
    }

    pub fn is_spent(&self) -> bool {
        self.left == 0
    }
}

/// Looks everywhere in `region`, and a hair beyond its edges.
pub(super) fn search(ranges: &mut Ranges<'_>, region: Part) -> Everything {
    let unit = region.map(Interval::width);
    let mut stack = vec![region.map(|side| stretched(side, 1e-9))];
    let (mut found, mut areas): (Vec<Located>, Vec<Part>) = (Vec::new(), Vec::new());
    let mut left: Vec<Part> = Vec::new();
    while let Some(part) = stack.pop() {
        if areas.iter().any(|area| within(part, *area)) {
            continue;
        }
        if ranges.is_spent() {
            left.push(part);
            continue;
        }
        let wide = part.map(|side| stretched(side, STRETCH));
        let jet = ranges.over(wide);
        if jet.nowhere || !jet.gradient.iter().all(|g| g.has_zero()) {
            continue;
        }
        let mut rest = part;
        if !jet.corner {
            match krawczyk(ranges, wide, &jet) {
                Image::Empty => continue,
                Image::Inside(image) => {
                    let area = refined(ranges, image);
                    if !found.iter().any(|known| meet(known.part, area)) {
                        found.push(Located { part: area, sort: regular(ranges, area) });
                        areas.push(wide);
                    }
                    continue;
                }
                Image::Part(image) => match both(image, part) {
                    Some(smaller) => rest = smaller,
                    None => continue,
                },
            }
        }
        let share = |i: usize| rest[i].width() / unit[i];
        let wider = usize::from(share(1) > share(0));
        if share(wider) < if jet.corner { SMALL_CORNER } else { SMALL } {
            left.push(rest);
            continue;
        }
        if share(wider) < 0.6 * part[wider].width() / unit[wider] {
            stack.push(rest);
            continue;
        }
        let middle = rest[wider].middle();
        for half in [Interval::new(rest[wider].lo, middle), Interval::new(middle, rest[wider].hi)] {
            let mut child = rest;
            child[wider] = half;
            stack.push(child);
        }
    }
    decide(ranges, unit, left, found)
}

fn stretched(side: Interval, share: f64) -> Interval {
    let more = share * side.width();
    Interval::new(side.lo - more, side.hi + more)
}

fn within(inner: Part, outer: Part) -> bool {
    (0..2).all(|i| outer[i].lo <= inner[i].lo && inner[i].hi <= outer[i].hi)
}

fn both(a: Part, b: Part) -> Option<Part> {
    Some([a[0].intersect(b[0])?, a[1].intersect(b[1])?])
}

fn meet(a: Part, b: Part) -> bool {
    both(a, b).is_some()
}

/// What the Krawczyk operator makes of a part.
enum Image {
    /// There is no zero.
    Empty,
    /// There is exactly one, and it is here.
    Inside(Part),
    /// All zeros are in here, if there are any.
    Part(Part),
}

/// `c - Y g(c) + (I - Y H(part)) (part - c)` with `c` the middle and `Y` near the inverse of `H`.
fn krawczyk(ranges: &mut Ranges<'_>, part: Part, jet: &Jet) -> Image {
    let centre = part.map(Interval::middle);
    let at = ranges.over(centre.map(Interval::point)).gradient;
    let [a, b, d] = jet.hessian;
    let offset: [Interval; 2] = std::array::from_fn(|i| part[i].sub(Interval::point(centre[i])));
    // the mean value form: g(c) + H(part) (part - c)
    let mean = [
        at[0].add(a.mul(offset[0])).add(b.mul(offset[1])),
        at[1].add(b.mul(offset[0])).add(d.mul(offset[1])),
    ];
    if !mean.iter().all(|g| g.has_zero()) {
        return Image::Empty;
    }
    let [ma, mb, md] = [a.middle(), b.middle(), d.middle()];
    let determinant = ma * md - mb * mb;
    if !(determinant.is_finite() && determinant.abs() > f64::MIN_POSITIVE) {
        return Image::Part(part);
    }
    let y = [[md / determinant, -mb / determinant], [-mb / determinant, ma / determinant]];
    let h = [[a, b], [b, d]];
    let mut image = part;
    for i in 0..2 {
        let product = |j: usize| h[0][j].scale(y[i][0]).add(h[1][j].scale(y[i][1]));
        let newton = at[0].scale(y[i][0]).add(at[1].scale(y[i][1]));
        let mut side = Interval::point(centre[i]).sub(newton);
        for (j, far) in offset.into_iter().enumerate() {
            let identity = Interval::point(f64::from(u8::from(i == j)));
            side = side.add(identity.sub(product(j)).mul(far));
        }
        image[i] = side;
    }
    if (0..2).all(|i| image[i].inside(part[i])) {
        return Image::Inside(image);
    }
    both(image, part).map_or(Image::Empty, Image::Part)
}

/// As narrow as the operator makes a part that holds one zero.
fn refined(ranges: &mut Ranges<'_>, mut part: Part) -> Part {
    for _ in 0..30 {
        let jet = ranges.over(part);
        let smaller = match krawczyk(ranges, part, &jet) {
            Image::Inside(image) | Image::Part(image) => both(image, part).unwrap_or(part),
            Image::Empty => part,
        };
        let done = (0..2).all(|i| smaller[i].width() > 0.9 * part[i].width());
        part = smaller;
        if done {
            break;
        }
    }
    part
}

fn regular(ranges: &mut Ranges<'_>, part: Part) -> Sort {
    let [a, b, d] = ranges.over(part).hessian;
    // of a regular matrix that is known this well the middle tells the signs
    let saddle = a.mul(d).sub(b.power(2)).middle() < 0.0;
    Sort::Regular { saddle, up: a.add(d).middle() > 0.0 }
}

/// Says what the points are about which parts are left.
fn decide(ranges: &mut Ranges<'_>, unit: [f64; 2], left: Vec<Part>, mut points: Vec<Located>) -> Everything {
    // parts that hold nothing but a point that is known already
    let left: Vec<Part> =
        left.into_iter().filter(|part| !points.iter().any(|p| within(*part, p.part))).collect();
    if left.len() > MOST_LEFT {
        return Everything { points, undecided: vec![hull(&left)] };
    }
    let mut undecided = Vec::new();
    let wholes: Vec<Part> = groups(&left).iter().map(|group| hull(group)).collect();
    for (place, &whole) in wholes.iter().enumerate() {
        let Jet { corner, pole, .. } = ranges.over(whole);
        let index = RINGS.iter().find_map(|&times| {
            let ring: Part = std::array::from_fn(|i| {
                let more = times * whole[i].width().max(SMALL_CORNER * unit[i]);
                Interval::new(whole[i].lo - more, whole[i].hi + more)
            });
            let others =
                wholes.iter().enumerate().filter(|(other, _)| *other != place).map(|(_, part)| *part);
            let crowded =
                points.iter().map(|p| p.part).filter(|p| *p != whole).chain(others).any(|p| meet(p, ring));
            if crowded { None } else { winding(ranges, ring) }
        });
        match index {
            _ if pole => undecided.push(whole),
            Some(index) if corner && index != 0 => {
                points.push(Located { part: whole, sort: Sort::Corner { index } })
            }
            Some(index) if !corner => points.push(Located { part: whole, sort: Sort::Degenerate { index } }),
            _ => undecided.push(whole),
        }
    }
    Everything { points, undecided }
}

fn hull(parts: &[Part]) -> Part {
    let join = |a: Part, b: &Part| [a[0].hull(b[0]), a[1].hull(b[1])];
    parts.iter().skip(1).fold(parts[0], join)
}

/// Parts that touch, together.
fn groups(parts: &[Part]) -> Vec<Vec<Part>> {
    let mut groups: Vec<Vec<Part>> = Vec::new();
    for &part in parts {
        let (touching, mut apart): (Vec<_>, Vec<_>) =
            groups.into_iter().partition(|group| group.iter().any(|other| meet(*other, part)));
        let mut joined: Vec<Part> = touching.into_iter().flatten().collect();
        joined.push(part);
        apart.push(joined);
        groups = apart;
    }
    groups
}
