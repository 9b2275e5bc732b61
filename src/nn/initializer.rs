//! Initial weights.

use crate::documented::Documented;
use crate::kernels::Real;
use crate::rng::{Source, Stream};
use serde::{Deserialize, Serialize};

/// The distribution initial weights are drawn from. `fan_in` is the number of inputs of a unit, `fan_out` the
/// number of units an input reaches (for convolutions both times the taps of the filter).
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
#[cfg_attr(target_family = "wasm", derive(tsify::Tsify))]
#[serde(tag = "type", rename_all = "camelCase", try_from = "Written")]
pub enum Initializer {
    /// Uniform in ±sqrt(6 / (fan_in + fan_out)) (Glorot, Bengio 2010, eq. 16).
    GlorotUniform {},
    /// Normal with variance 2 / (fan_in + fan_out) (Glorot, Bengio 2010, eq. 12).
    GlorotNormal {},
    /// Uniform in ±sqrt(6 / fan_in) (He, Zhang, Ren, Sun 2015).
    HeUniform {},
    /// Normal with variance 2 / fan_in (He, Zhang, Ren, Sun 2015, eq. 10).
    HeNormal {},
    /// Uniform in ±sqrt(3 / fan_in) (LeCun, Bottou, Orr, Müller 1998).
    LecunUniform {},
    /// Normal with variance 1 / fan_in (LeCun, Bottou, Orr, Müller 1998, eq. 16).
    LecunNormal {},
    /// Normal with this standard deviation.
    Normal {
        /// Standard deviation.
        stddev: f64,
    },
    /// Uniform in ±`limit`.
    Uniform {
        /// Largest magnitude.
        limit: f64,
    },
    /// All zero.
    Zeros {},
    /// All the same.
    Constant {
        /// The number.
        value: f64,
    },
}

/// An [`Initializer`] as it is written.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Written {
    #[serde(rename = "type")]
    kind: String,
    stddev: Option<f64>,
    limit: Option<f64>,
    value: Option<f64>,
}

impl TryFrom<Written> for Initializer {
    type Error = String;

    fn try_from(written: Written) -> Result<Self, Self::Error> {
        match (written.kind.as_str(), written.stddev, written.limit, written.value) {
            ("glorotUniform", None, None, None) => Ok(Self::GlorotUniform {}),
            ("glorotNormal", None, None, None) => Ok(Self::GlorotNormal {}),
            ("heUniform", None, None, None) => Ok(Self::HeUniform {}),
            ("heNormal", None, None, None) => Ok(Self::HeNormal {}),
            ("lecunUniform", None, None, None) => Ok(Self::LecunUniform {}),
            ("lecunNormal", None, None, None) => Ok(Self::LecunNormal {}),
            ("zeros", None, None, None) => Ok(Self::Zeros {}),
            ("normal", Some(stddev), None, None) => Ok(Self::Normal { stddev }),
            ("uniform", None, Some(limit), None) => Ok(Self::Uniform { limit }),
            ("constant", None, None, Some(value)) => Ok(Self::Constant { value }),
            (kind, ..) => Err(format!(
                "initializer `{kind}` with these fields; use glorotUniform, glorotNormal, heUniform, heNormal, \
                 lecunUniform, lecunNormal, zeros, normal with stddev, uniform with limit, or constant with value"
            )),
        }
    }
}

impl Initializer {
    /// What is known of each, in the order of the list.
    #[must_use]
    pub fn docs() -> Vec<Documented> {
        const GLOROT: &str =
            "Glorot, Bengio: Understanding the difficulty of training deep feedforward neural networks, 2010";
        const HE: &str = "He, Zhang, Ren, Sun: Delving deep into rectifiers, 2015";
        const LECUN: &str = "LeCun, Bottou, Orr, Müller: Efficient backprop, 1998";
        const RUMELHART: &str =
            "Rumelhart, Hinton, Williams: Learning representations by back-propagating errors, 1986";
        vec![
            Documented::new(
                "glorotUniform",
                "Glorot, uniform",
                "uniform in ±sqrt(6 / (fan_in + fan_out))",
                GLOROT,
            ),
            Documented::new("glorotNormal", "Glorot, normal", "N(0, 2 / (fan_in + fan_out))", GLOROT),
            Documented::new("heUniform", "He, uniform", "uniform in ±sqrt(6 / fan_in)", HE),
            Documented::new("heNormal", "He, normal", "N(0, 2 / fan_in)", HE),
            Documented::new("lecunUniform", "LeCun, uniform", "uniform in ±sqrt(3 / fan_in)", LECUN),
            Documented::new("lecunNormal", "LeCun, normal", "N(0, 1 / fan_in)", LECUN),
            Documented::new("normal", "Normal", "N(0, stddev^2)", RUMELHART),
            Documented::new("uniform", "Uniform", "uniform in ±limit", RUMELHART),
            Documented::new("zeros", "Zeros", "0: all units of a layer stay alike", RUMELHART),
            Documented::new("constant", "Constant", "value: all units of a layer stay alike", RUMELHART),
        ]
    }
}

impl Default for Initializer {
    fn default() -> Self {
        Self::GlorotUniform {}
    }
}

impl Initializer {
    /// Fills `weights`; number `i` depends on the seed, the stream and `i` alone.
    pub fn fill<T: Real>(self, weights: &mut [T], [fan_in, fan_out]: [usize; 2], seed: u64, stream: Stream) {
        let source = Source::new(seed, stream, 0);
        let (fan_in, fan_out) = (fan_in.max(1) as f64, fan_out.max(1) as f64);
        let uniform = |limit: f64| move |i: u64| limit * (2.0 * source.uniform(i) - 1.0);
        let normal = |variance: f64| move |i: u64| variance.sqrt() * source.normal(i);
        let draw: Box<dyn Fn(u64) -> f64> = match self {
            Self::GlorotUniform {} => Box::new(uniform((6.0 / (fan_in + fan_out)).sqrt())),
            Self::GlorotNormal {} => Box::new(normal(2.0 / (fan_in + fan_out))),
            Self::HeUniform {} => Box::new(uniform((6.0 / fan_in).sqrt())),
            Self::HeNormal {} => Box::new(normal(2.0 / fan_in)),
            Self::LecunUniform {} => Box::new(uniform((3.0 / fan_in).sqrt())),
            Self::LecunNormal {} => Box::new(normal(1.0 / fan_in)),
            Self::Normal { stddev } => Box::new(normal(stddev * stddev)),
            Self::Uniform { limit } => Box::new(uniform(limit)),
            Self::Zeros {} => Box::new(|_| 0.0),
            Self::Constant { value } => Box::new(move |_| value),
        };
        for (i, weight) in weights.iter_mut().enumerate() {
            *weight = T::from_f64(draw(i as u64));
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn variances_are_those_of_the_papers() {
        let variance = |init: Initializer| {
            let mut w = vec![0.0f64; 40_000];
            init.fill(&mut w, [50, 30], 3, Stream::INIT);
            w.iter().map(|w| w * w).sum::<f64>() / w.len() as f64
        };
        let near = |init, want: f64| {
            let got = variance(init);
            assert!((got / want - 1.0).abs() < 0.03, "{init:?}: {got} for {want}");
        };
        near(Initializer::GlorotUniform {}, 2.0 / 80.0);
        near(Initializer::GlorotNormal {}, 2.0 / 80.0);
        near(Initializer::HeUniform {}, 2.0 / 50.0);
        near(Initializer::HeNormal {}, 2.0 / 50.0);
        near(Initializer::LecunUniform {}, 1.0 / 50.0);
        near(Initializer::LecunNormal {}, 1.0 / 50.0);
        near(Initializer::Normal { stddev: 0.2 }, 0.04);
        near(Initializer::Uniform { limit: 0.3 }, 0.03);
        assert_eq!(variance(Initializer::Zeros {}).to_bits(), 0);
    }
}
