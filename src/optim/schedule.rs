//! How the learning rate moves over a run.

use serde::{Deserialize, Serialize};

/// A factor of the learning rate for each step.
#[derive(Debug, Clone, Copy, Default, PartialEq, Serialize, Deserialize)]
#[cfg_attr(target_family = "wasm", derive(tsify::Tsify))]
#[serde(tag = "type", rename_all = "camelCase", try_from = "Written")]
pub enum Schedule {
    /// 1 throughout.
    #[default]
    Constant,
    /// From 1 at the first step down to 1 / steps at the last, in a straight line towards 0.
    Linear,
}

/// A [`Schedule`] as it is written.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Written {
    #[serde(rename = "type")]
    kind: String,
}

impl TryFrom<Written> for Schedule {
    type Error = &'static str;

    fn try_from(written: Written) -> Result<Self, Self::Error> {
        match written.kind.as_str() {
            "constant" => Ok(Self::Constant),
            "linear" => Ok(Self::Linear),
            _ => Err("a schedule is of type constant or linear"),
        }
    }
}

impl Schedule {
    /// The factor of update `step` (from 0) of `steps`.
    #[must_use]
    pub fn factor(self, step: u64, steps: u64) -> f64 {
        match self {
            Self::Constant => 1.0,
            Self::Linear => 1.0 - (step as f64 / steps.max(1) as f64).min(1.0),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_line_ends_one_step_above_zero() {
        assert!((Schedule::Linear.factor(0, 4) - 1.0).abs() < 1e-15);
        assert!((Schedule::Linear.factor(3, 4) - 0.25).abs() < 1e-15);
        assert_eq!(Schedule::Linear.factor(9, 4).to_bits(), 0);
    }
}
