//! The index of a point: how often the gradient turns along a closed curve around it.
//!
//! It is 1 about an extremum, -1 about an ordinary saddle, -2 about a monkey saddle, and 0 where nothing or a fold is
//! (Milnor: *Topology from the Differentiable Viewpoint*, 1965). If it is not 0, there is a point. Where a function has a corner,
//! the gradient is a set of slopes, and the same holds of it as long as a half-plane takes all of them.

use super::interval::Interval;
use super::search::{Part, Ranges};

/// Each side is halved at most so often.
const MOST_DEPTH: u32 = 16;

/// The index along the edge of `ring`; `None` if the gradient may vanish on the edge itself.
pub(super) fn winding(ranges: &mut Ranges<'_>, [x, y]: Part) -> Option<i32> {
    let mut walk = Walk { ranges, now: None, first: None, quarters: 0 };
    // counter-clockwise, from the lower left corner
    walk.side(x, 1, false, Interval::point(y.lo), MOST_DEPTH)?;
    walk.side(y, 0, false, Interval::point(x.hi), MOST_DEPTH)?;
    walk.side(x, 1, true, Interval::point(y.hi), MOST_DEPTH)?;
    walk.side(y, 0, true, Interval::point(x.lo), MOST_DEPTH)?;
    let first = walk.first?;
    walk.turn(first)?;
    Some(walk.quarters / 4)
}

struct Walk<'a, 'b> {
    ranges: &'a mut Ranges<'b>,
    /// Half-plane that holds the gradient now: 0 to the right, 1 up, 2 to the left, 3 down.
    now: Option<i32>,
    first: Option<i32>,
    quarters: i32,
}

impl Walk<'_, '_> {
    /// Goes along `along`, backwards or not, while the coordinate `fixed` stays at `place`.
    fn side(&mut self, along: Interval, fixed: usize, back: bool, place: Interval, depth: u32) -> Option<()> {
        let part = if fixed == 0 { [place, along] } else { [along, place] };
        let [gx, gy] = self.ranges.over(part).gradient;
        let halves = [gx.lo > 0.0, gy.lo > 0.0, gx.hi < 0.0, gy.hi < 0.0];
        let stays = self.now.filter(|&half| halves[half as usize]);
        if let Some(half) = stays.or_else(|| halves.iter().position(|&h| h).map(|h| h as i32)) {
            return self.turn(half);
        }
        if depth == 0 || self.ranges.is_spent() {
            return None;
        }
        let middle = along.middle();
        let mut halves = [Interval::new(along.lo, middle), Interval::new(middle, along.hi)];
        if back {
            halves.reverse();
        }
        halves.into_iter().try_for_each(|half| self.side(half, fixed, back, place, depth - 1))
    }

    fn turn(&mut self, half: i32) -> Option<()> {
        let before = self.now.unwrap_or(half);
        self.first.get_or_insert(half);
        self.now = Some(half);
        // two pieces share a point, and its gradient lies in both half-planes: they are never opposite
        self.quarters += match (half - before).rem_euclid(4) {
            0 => 0,
            1 => 1,
            3 => -1,
            _ => return None,
        };
        Some(())
    }
}
