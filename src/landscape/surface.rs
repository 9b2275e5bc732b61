//! The loss on a grid.

use super::{Landscape, Region};
use crate::error::{Error, Result};
use serde::Serialize;

/// Most points of a grid: a picture of 4,000 x 1,000 pixels, 32 MB.
const MAX_POINTS: usize = 4_000_000;

/// The loss at the points of a grid that includes the edges of its box.
#[derive(Debug, Clone, PartialEq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Surface {
    /// Where.
    #[serde(rename = "box")]
    pub region: Region,
    /// Points along x.
    pub columns: usize,
    /// Points along y.
    pub rows: usize,
    /// Losses `(rows, columns)`, y ascending by row, x by column.
    pub values: Vec<f64>,
    /// The smallest finite one.
    pub min: f64,
    /// The largest finite one.
    pub max: f64,
}

impl Landscape {
    /// The loss over all examples at `columns` x `rows` points, each exact.
    ///
    /// # Errors
    /// [`Error::Spec`] for a box without an inside, fewer than two points a side or more than four million in all;
    /// [`Error::Memory`].
    pub fn surface(&mut self, region: Region, columns: usize, rows: usize) -> Result<Surface> {
        region.check()?;
        if columns < 2 || rows < 2 || columns.saturating_mul(rows) > MAX_POINTS {
            return Err(Error::spec("surface-size", "surface")
                .expected(format!("at least 2 x 2 and at most {MAX_POINTS} points"))
                .got(format!("{columns} x {rows}"))
                .hint("a point for every few pixels is enough"));
        }
        let place = |[low, high]: [f64; 2], i: usize, n: usize| {
            let share = i as f64 / (n - 1) as f64;
            low + (high - low) * share
        };
        let mut values = Vec::with_capacity(columns * rows);
        let (mut min, mut max) = (f64::INFINITY, f64::NEG_INFINITY);
        for row in 0..rows {
            let y = place(region.y, row, rows);
            for column in 0..columns {
                let loss = self.loss([place(region.x, column, columns), y])?;
                if loss.is_finite() {
                    (min, max) = (min.min(loss), max.max(loss));
                }
                values.push(loss);
            }
        }
        Ok(Surface { region, columns, rows, values, min, max })
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::landscape::LandscapeSpec;

    #[test]
    fn a_grid_holds_the_loss_of_each_point_row_by_row() {
        let mut landscape = Landscape::new(LandscapeSpec::two_weights(), &[]).unwrap();
        let region = Region { x: [-2.0, 1.0], y: [-1.0, 1.0] };
        let surface = landscape.surface(region, 4, 3).unwrap();
        for (row, y) in [-1.0, 0.0, 1.0].into_iter().enumerate() {
            for (column, x) in [-2.0, -1.0, 0.0, 1.0].into_iter().enumerate() {
                let value = surface.values[row * 4 + column];
                assert_eq!(value.to_bits(), landscape.loss([x, y]).unwrap().to_bits());
                assert!((surface.min..=surface.max).contains(&value));
            }
        }
        // w2 = 0 makes the network 0, whatever w1 is
        assert!(surface.values[4..8].iter().all(|v| (v - 0.5).abs() < 1e-14));
        assert_eq!(landscape.surface(region, 1, 3).unwrap_err().report().code, "surface-size");
        assert_eq!(landscape.surface(region, usize::MAX, 3).unwrap_err().report().code, "surface-size");
    }
}
