//! The critical points of a function, as a landscape shows them.

use super::Function;
use super::interval::Interval;
use super::search::{Everything, Located, Part, Ranges, Sort, search};
use crate::curvature::{CriticalKind, critical_point};
use crate::error::{Error, Result};
use crate::landscape::Region;
use crate::landscape::points::{CriticalPoints, PlanePoint, sorted};

/// How far a search in floating point may go from a part that surely holds a point, as a multiple of its width.
const REACH: f64 = 100.0;

impl Function {
    /// All critical points in `region`, saddles first.
    ///
    /// # Errors
    /// [`Error::Memory`].
    pub(in crate::landscape) fn critical_points(&mut self, region: Region) -> Result<CriticalPoints> {
        region.check()?;
        let part: Part = [region.x, region.y].map(|[low, high]| Interval::new(low, high));
        // the list is taken out for the time of the search, which goes without programs
        let (expression, samples) = (std::mem::take(&mut self.expression), std::mem::take(&mut self.samples));
        let mut ranges = Ranges::new(&expression, &samples);
        let Everything { points, mut undecided } = search(&mut ranges, part);
        let tops: Vec<Option<bool>> = points.iter().map(|point| top(&mut ranges, point)).collect();
        (self.expression, self.samples) = (expression, samples);
        let mut found = Vec::with_capacity(points.len());
        for (point, top) in points.iter().zip(tops) {
            match self.point(point, top)? {
                Some(point) if region.contains(point.at) => found.push(point),
                Some(_) => {}
                None => undecided.push(point.part),
            }
        }
        let undecided: Vec<Region> =
            undecided.iter().map(|[x, y]| Region { x: [x.lo, x.hi], y: [y.lo, y.hi] }).collect();
        Ok(CriticalPoints { points: sorted(found), complete: undecided.is_empty(), undecided })
    }

    /// The point with its value and curvature; `None` if it turns out that there may be none.
    fn point(&mut self, located: &Located, top: Option<bool>) -> Result<Option<PlanePoint>> {
        let middle = located.part.map(Interval::middle);
        if let Sort::Corner { .. } = located.sort {
            let Some(kind) = kind_of(located.sort, top) else { return Ok(None) };
            return Ok(Some(PlanePoint {
                kind,
                at: middle,
                loss: self.value(middle)?,
                gradient_norm: 0.0,
                eigenvalues: Vec::new(),
                eigenvectors: Vec::new(),
                degenerate: false,
                differentiable: false,
                proven: true,
            }));
        }
        let reach =
            REACH * located.part.iter().map(|side| side.width()).fold(f64::MIN_POSITIVE.sqrt(), f64::max);
        let found = match critical_point(self, &middle, reach.max(1e-9)) {
            Ok(found) => found,
            Err(Error::NotFinite(_)) => return Ok(None),
            Err(error) => return Err(error),
        };
        let mut point = PlanePoint::new(&found);
        match located.sort {
            Sort::Regular { .. } => {
                // the interval is at least as narrow as a step in floating point is long
                if !found.converged {
                    point.at = middle;
                    point.loss = self.value(middle)?;
                }
                point.degenerate = false;
            }
            Sort::Degenerate { index } => {
                if !found.converged && index == 0 {
                    return Ok(None);
                }
                point.degenerate = true;
                point.proven = index != 0;
            }
            Sort::Corner { .. } => {}
        }
        let Some(kind) = kind_of(located.sort, top) else { return Ok(None) };
        point.kind = kind;
        point.proven |= matches!(located.sort, Sort::Regular { .. });
        Ok(Some(point))
    }
}

fn kind_of(sort: Sort, top: Option<bool>) -> Option<CriticalKind> {
    match sort {
        Sort::Regular { saddle: true, .. } => Some(CriticalKind::Saddle),
        Sort::Regular { up: true, .. } => Some(CriticalKind::Minimum),
        Sort::Regular { up: false, .. } => Some(CriticalKind::Maximum),
        // an isolated point of a gradient in the plane has index 1 if and only if it is an extremum
        Sort::Degenerate { index: 1 } | Sort::Corner { index: 1 } => {
            top.map(|top| if top { CriticalKind::Maximum } else { CriticalKind::Minimum })
        }
        Sort::Degenerate { index } | Sort::Corner { index } => (index < 1).then_some(CriticalKind::Saddle),
    }
}

/// Whether the point of an extremum lies above the ground around it: `None` if that is not certain.
fn top(ranges: &mut Ranges<'_>, point: &Located) -> Option<bool> {
    if matches!(point.sort, Sort::Regular { .. }) {
        return None;
    }
    let [x, y] = point.part;
    let centre = ranges.over([x, y].map(|side| Interval::point(side.middle()))).value;
    // ever wider rings: close by, differences drown in rounding
    (0..24).find_map(|times| {
        let more = f64::from(1 << times) * x.width().max(y.width()).max(1e-12);
        let (wide, tall) = (Interval::new(x.lo - more, x.hi + more), Interval::new(y.lo - more, y.hi + more));
        let sides = [
            [wide, Interval::point(tall.lo)],
            [wide, Interval::point(tall.hi)],
            [Interval::point(wide.lo), tall],
            [Interval::point(wide.hi), tall],
        ];
        let (mut above, mut below) = (true, true);
        for side in sides {
            for piece in pieces(side) {
                let value = ranges.over(piece).value;
                above &= value.lo > centre.hi;
                below &= value.hi < centre.lo;
            }
        }
        (above || below).then_some(below)
    })
}

/// Sixteen pieces of one side of a ring.
fn pieces([x, y]: Part) -> impl Iterator<Item = Part> {
    let cut = |side: Interval, i: u32| {
        let at = |k: u32| side.lo + side.width() * f64::from(k) / 16.0;
        if side.width() > 0.0 { Interval::new(at(i), at(i + 1).max(at(i))) } else { side }
    };
    (0..16).map(move |i| [cut(x, i), cut(y, i)])
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::landscape::FunctionSpec;

    const BOX: Region = Region { x: [-2.0, 2.1], y: [-1.9, 2.0] };

    fn found(formula: &str) -> CriticalPoints {
        Function::new(FunctionSpec::of(formula, BOX)).unwrap().critical_points(BOX).unwrap()
    }

    /// Kind, degenerate, differentiable, and the place.
    fn only(formula: &str) -> (CriticalKind, bool, bool, [f64; 2]) {
        let all = found(formula);
        assert!(all.complete && all.points.len() == 1, "{formula}: {all:?}");
        let p = &all.points[0];
        (p.kind, p.degenerate, p.differentiable, p.at)
    }

    #[test]
    fn points_are_of_their_kind() {
        use CriticalKind::{Maximum, Minimum, Saddle};
        for (formula, kind, degenerate, differentiable, at) in [
            ("x^2 - y^2", Saddle, false, true, [0.0, 0.0]),
            ("(x - 1)^2 + (y + 0.3)^2", Minimum, false, true, [1.0, -0.3]),
            ("x^3 - 3*x*y^2", Saddle, true, true, [0.0, 0.0]),
            ("x^4 + y^4", Minimum, true, true, [0.0, 0.0]),
            ("-(x - 0.5)^4 - y^2", Maximum, true, true, [0.5, 0.0]),
            ("x^3 + (y - 1)^2", Saddle, true, true, [0.0, 1.0]),
            ("(x^2 + y^2)^2", Minimum, true, true, [0.0, 0.0]),
            ("abs(x - 0.3) + abs(y)", Minimum, false, false, [0.3, 0.0]),
            ("abs(x) - abs(y - 0.7)", Saddle, false, false, [0.0, 0.7]),
            ("-sqrt(x^2 + (y - 1)^2)", Maximum, false, false, [0.0, 1.0]),
            ("abs(x) + y^2", Minimum, false, false, [0.0, 0.0]),
            ("max(x, -2*x) + min(y, 0)^2 + y^2", Minimum, false, false, [0.0, 0.0]),
            ("exp(x*y) - tanh(x)*sigmoid(y)*0", Saddle, false, true, [0.0, 0.0]),
        ] {
            let (k, d, s, place) = only(formula);
            assert_eq!((k, d, s), (kind, degenerate, differentiable), "{formula}");
            assert!((0..2).all(|i| (place[i] - at[i]).abs() < 1e-5), "{formula}: {place:?}");
        }
    }

    #[test]
    fn what_is_not_there_is_not_found() {
        for formula in
            ["x + y", "exp(x) + y^2", "x^3 + x + y", "abs(x) + y", "log(x) + y^2", "1/x", "log(-1 - x^2)"]
        {
            let all = found(formula);
            assert_eq!(all.points, [], "{formula}");
            assert!(all.complete, "{formula}: {:?}", all.undecided);
        }
    }

    /// A fold that has just opened, and one that has not: a millionth of the box apart they cannot be told from one point.
    #[test]
    fn lines_of_points_are_said_to_be_undecided() {
        for formula in ["(x - y)^2", "x^2", "(x^2 + y^2 - 1)^2", "7", "1/(x^2 + y^2)"] {
            let all = found(formula);
            assert!(!all.complete && !all.undecided.is_empty(), "{formula}: {all:?}");
        }
        // no point at x = 0, but too little slope to be sure
        let all = found("x^3 + 1e-22*x + y^2");
        assert!(!all.complete || all.points.iter().all(|p| !p.proven), "{all:?}");
        // four well separated points about the origin
        let all = found("x^4 + y^4 - 0.02*x^2 - 0.02*y^2");
        assert_eq!((all.points.len(), all.complete), (9, true));
    }
}
