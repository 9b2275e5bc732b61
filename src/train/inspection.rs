//! What goes on inside a network in training, layer by layer, when somebody asks.
//!
//! Nothing here changes the run: a training step keeps its gradient anyway, and the activations are computed by a
//! program of their own, in evaluation mode, over the same examples each time. All sums run in the order of the data.

use super::Trainer;
use crate::error::Result;
use crate::kernels::Real;
use crate::kernels::reduce::argsort;
use crate::nn::{Activation, ParameterKind};
use serde::Serialize;

/// Bars of a histogram: enough to see two humps, few enough for a plot of a hundred pixels.
const BINS: usize = 40;
/// Training examples whose activations are looked at: the first ones. A share over these is known to a few per cent.
const SAMPLE: usize = 256;
/// Most numbers that all layers together put out for the sample; large networks are looked at on fewer examples.
const NUMBERS: usize = 1 << 20;
/// Fewest examples of a sample.
const FEWEST: usize = 8;
/// A unit counts as saturated where its derivative is below this share of the largest: it then learns twenty times
/// more slowly than it could.
const SATURATED: f64 = 0.05;
/// Steps whose gradient norms are compared.
const WINDOW: usize = 20;
/// A network starves if the gradient of its first layer is so many times smaller than that of its last.
const STARVED: f64 = 100.0;

/// How numbers are spread.
#[derive(Debug, Clone, PartialEq, Serialize)]
#[cfg_attr(target_family = "wasm", derive(tsify::Tsify))]
#[serde(rename_all = "camelCase")]
pub struct Distribution {
    /// The smallest finite number.
    pub low: f64,
    /// The largest.
    pub high: f64,
    /// How many lie in each of 40 equal parts of `low..=high`; all in the middle one if the two are equal.
    pub counts: Vec<u32>,
    /// Mean of the finite numbers.
    pub mean: f64,
    /// Standard deviation of the finite numbers, over their count.
    pub deviation: f64,
    /// Numbers that are not finite.
    pub not_finite: usize,
}

impl Distribution {
    /// Of all numbers of `parts`; `None` if none is finite.
    #[must_use]
    pub fn of<T: Real>(parts: &[&[T]]) -> Option<Self> {
        let numbers = || parts.iter().flat_map(|part| part.iter()).map(|x| x.to_f64());
        let (mut low, mut high, mut sum) = (f64::INFINITY, f64::NEG_INFINITY, 0.0);
        let (mut count, mut not_finite) = (0_usize, 0);
        for x in numbers() {
            if x.is_finite() {
                (low, high, sum, count) = (low.min(x), high.max(x), sum + x, count + 1);
            } else {
                not_finite += 1;
            }
        }
        if count == 0 {
            return None;
        }
        let mean = sum / count as f64;
        // halves, so that the width of the widest range there is stays finite
        let scale = if high > low { 0.5 * BINS as f64 / (0.5 * high - 0.5 * low) } else { 0.0 };
        let (mut counts, mut squares) = (vec![0_u32; BINS], 0.0);
        for x in numbers().filter(|x| x.is_finite()) {
            squares += (x - mean) * (x - mean);
            let bin = if scale > 0.0 { ((0.5 * x - 0.5 * low) * 2.0 * scale) as usize } else { BINS / 2 };
            counts[bin.min(BINS - 1)] += 1;
        }
        Some(Self { low, high, counts, mean, deviation: (squares / count as f64).sqrt(), not_finite })
    }
}

/// One layer, looked at.
#[derive(Debug, Clone, PartialEq, Serialize)]
#[cfg_attr(target_family = "wasm", derive(tsify::Tsify))]
#[cfg_attr(target_family = "wasm", tsify(missing_as_null))]
#[serde(rename_all = "camelCase")]
pub struct LayerStatistics {
    /// Its name.
    pub layer: String,
    /// Its parameters that multiply; `None` if it has none.
    pub weights: Option<Distribution>,
    /// The gradient of these in the last step; `None` before there was one.
    pub gradient: Option<Distribution>,
    /// Euclidean norm of the gradient of all its parameters in the last step.
    pub gradient_norm: Option<f64>,
    /// What it puts out; `None` if that is nowhere finite.
    pub activations: Option<Distribution>,
    /// Numbers that it puts out for one example.
    pub units: usize,
    /// Those that are 0 for every example looked at, of a layer that ends with ReLU; `None` for others.
    pub dead: Option<usize>,
    /// Share of all numbers put out where the derivative of the activation is below 5 % of its largest, of a layer
    /// whose activation flattens at both ends ([`Activation::steepness`]); `None` for others.
    pub saturated: Option<f64>,
}

/// What is left of the gradient on its way from the last layer to the first.
#[derive(Debug, Clone, PartialEq, Serialize)]
#[cfg_attr(target_family = "wasm", derive(tsify::Tsify))]
#[cfg_attr(target_family = "wasm", tsify(missing_as_null))]
#[serde(rename_all = "camelCase")]
pub struct GradientFlow {
    /// First layer with parameters.
    pub first: String,
    /// Last one.
    pub last: String,
    /// Median norm of the gradient of the first layer over the last steps.
    pub first_norm: f64,
    /// The same of the last layer.
    pub last_norm: f64,
    /// How many times larger the latter is; `None` if the former is 0.
    pub ratio: Option<f64>,
    /// The ratio from which a network starves: its first layers hardly learn.
    pub limit: f64,
    /// Whether it does.
    pub starved: bool,
    /// The number of steps.
    pub steps: usize,
}

/// All layers, looked at.
#[derive(Debug, Clone, PartialEq, Serialize)]
#[cfg_attr(target_family = "wasm", derive(tsify::Tsify))]
#[cfg_attr(target_family = "wasm", tsify(missing_as_null))]
#[serde(rename_all = "camelCase")]
pub struct Statistics {
    /// Updates done.
    pub step: u64,
    /// Training examples that activations were looked at on.
    pub examples: usize,
    /// One entry a layer.
    pub layers: Vec<LayerStatistics>,
    /// The first layer with parameters beside the last; `None` before the first step, and if there is only one.
    pub flow: Option<GradientFlow>,
}

/// The outputs of one layer for the sample.
pub(super) struct Outputs<'a, T> {
    pub(super) name: &'a str,
    pub(super) activation: Activation,
    /// (examples, units)
    values: &'a [T],
    pub(super) units: usize,
}

impl<T: Real> Outputs<'_, T> {
    /// Outputs of a ReLU that are 0 for every example.
    pub(super) fn dead(&self) -> Option<usize> {
        if self.activation != Activation::Relu {
            return None;
        }
        let mut alive = vec![false; self.units];
        for example in self.values.chunks_exact(self.units) {
            alive.iter_mut().zip(example).for_each(|(alive, y)| *alive |= *y != T::ZERO);
        }
        Some(alive.iter().filter(|alive| !**alive).count())
    }

    fn saturated(&self) -> Option<f64> {
        self.activation.steepness(0.0)?;
        let flat = |y: &&T| self.activation.steepness(y.to_f64()).is_some_and(|share| share < SATURATED);
        Some(self.values.iter().filter(flat).count() as f64 / self.values.len().max(1) as f64)
    }
}

impl<T: Real> Trainer<T> {
    /// Statistics of every layer: weights, the gradient of the last step, and what the layer puts out for the first
    /// 256 training examples, or fewer of a large network.
    ///
    /// # Errors
    /// [`Error::Memory`](crate::Error::Memory).
    pub fn layer_statistics(&mut self) -> Result<Statistics> {
        self.examples().check_present()?;
        let (examples, activations) = self.sample_activations()?;
        let table = self.model().table();
        // before the first step, and after a run was loaded or put back, there is none
        let gradient = (!self.norms.is_empty()).then_some(self.gradient.as_slice());
        let norm =
            |name: &str| self.norms.get(table.layers().iter().position(|(layer, _)| layer == name)?).copied();
        let layer = |outputs: Outputs<'_, T>| {
            let own = |p: &&crate::nn::Parameter| {
                let rest = p.layer.strip_prefix(outputs.name);
                p.kind != ParameterKind::Bias && rest.is_some_and(|r| r.is_empty() || r.starts_with('/'))
            };
            let spread = |of: &[T]| {
                let parts: Vec<&[T]> = table.entries().iter().filter(own).map(|p| &of[p.range()]).collect();
                Distribution::of(&parts)
            };
            LayerStatistics {
                layer: outputs.name.to_owned(),
                weights: spread(&self.theta),
                gradient: gradient.and_then(spread),
                gradient_norm: norm(outputs.name),
                activations: Distribution::of(&[outputs.values]),
                units: outputs.units,
                dead: outputs.dead(),
                saturated: outputs.saturated(),
            }
        };
        Ok(Statistics {
            step: self.steps_done(),
            examples,
            layers: self.outputs(examples, &activations).map(layer).collect(),
            flow: self.flow(),
        })
    }

    /// What all layers put out for the sample, and its number of examples.
    pub(super) fn sample_activations(&mut self) -> Result<(usize, Vec<T>)> {
        let all = self.examples().clone();
        let most = (NUMBERS / self.model().activation_len().max(1)).clamp(FEWEST, SAMPLE);
        let rows = &all.train()[..all.train().len().min(most)];
        let (loss, theta) = self.loss_and_theta();
        Ok((rows.len(), loss.activations(rows, theta)?))
    }

    /// The same layer by layer.
    pub(super) fn outputs<'a>(
        &'a self,
        examples: usize,
        activations: &'a [T],
    ) -> impl Iterator<Item = Outputs<'a, T>> {
        let mut rest = activations;
        self.model().layers().iter().zip(self.model().rows()).map(move |(layer, row)| {
            let units = row.output.iter().product::<usize>();
            let (values, others) = rest.split_at(examples * units);
            rest = others;
            Outputs { name: &row.name, activation: layer.activation(), values, units }
        })
    }

    /// What is left of the gradient at the first layer, by the medians of the norms over the last steps (Hochreiter
    /// 1991; Bengio, Simard, Frasconi 1994).
    fn flow(&self) -> Option<GradientFlow> {
        let layers = self.model().table().layers();
        let norms = &self.history().gradient_norms;
        let [(first, _), .., (last, _)] = layers else { return None };
        let median = |series: &[f32]| {
            let recent = &series[series.len().saturating_sub(WINDOW)..];
            let recent: Vec<_> = recent.iter().map(|&norm| f64::from(norm)).collect();
            argsort(&recent).get(recent.len() / 2).map(|&place| recent[place])
        };
        let (first_norm, last_norm) = (median(norms.first()?)?, median(norms.last()?)?);
        Some(GradientFlow {
            first: first.clone(),
            last: last.clone(),
            first_norm,
            last_norm,
            ratio: (first_norm > 0.0).then(|| last_norm / first_norm),
            limit: STARVED,
            starved: last_norm.is_finite() && last_norm > 0.0 && first_norm * STARVED <= last_norm,
            steps: norms[0].len().min(WINDOW),
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::data::load;
    use crate::train::RunSpec;
    use std::sync::Arc;

    fn trainer(layers: &str, rate: f64) -> Trainer<f32> {
        let json = format!(
            r#"{{"data":{{"type":"generated","kind":"xor","examples":120,"noise":0.1}},"test":20,"layers":[{layers}],
            "loss":"softmaxCrossEntropy","optimizer":{{"type":"adam","learningRate":{rate}}},
            "batch":{{"type":"mini","size":16}},"epochs":4,"seed":3}}"#
        );
        let spec = RunSpec::from_json(&json).unwrap();
        let examples = spec.examples(load(&spec.data, 3, &[]).unwrap()).unwrap();
        Trainer::new(spec, Arc::new(examples)).unwrap()
    }

    fn hidden(n: usize, activation: &str, more: &str) -> String {
        let layer = format!(r#"{{"type":"dense","units":12,"activation":"{activation}"{more}}},"#);
        layer.repeat(n) + r#"{"type":"dense","units":2,"activation":"softmax"}"#
    }

    #[test]
    fn a_distribution_counts_every_number_once() {
        let numbers: Vec<f64> = (0..=100).map(f64::from).collect();
        let all = Distribution::of(&[&numbers[..50], &numbers[50..]]).unwrap();
        assert_eq!((all.low, all.high, all.mean), (0.0, 100.0, 50.0));
        // the variance of 0..=n is n (n + 2) / 12
        assert!((all.deviation - (100.0 * 102.0 / 12.0_f64).sqrt()).abs() < 1e-12);
        assert_eq!(all.counts.iter().sum::<u32>(), 101);
        // parts of 2.5: 0, 1, 2 | 3, 4 | 5, 6, 7 | ...; the last one holds its upper end
        assert_eq!((&all.counts[..3], all.counts[39]), (&[3, 2, 3][..], 3));
        let one = Distribution::of(&[&[0.1_f32; 7][..]]).unwrap();
        assert_eq!((one.counts[20], one.deviation, one.low == one.high), (7, 0.0, true));
        let odd = Distribution::of(&[&[1.0, f64::NAN, -f64::MAX, f64::MAX][..]]).unwrap();
        assert_eq!((odd.counts[0], odd.counts[20], odd.counts[39], odd.not_finite), (1, 1, 1, 1));
        assert_eq!(Distribution::of::<f64>(&[]), None);
        assert_eq!(Distribution::of(&[&[f32::NAN][..]]), None);
    }

    #[test]
    fn a_look_inside_changes_nothing() {
        let layers = r#"{"type":"dense","units":9},{"type":"batchNormalization"},{"type":"activation",
            "activation":"tanh"},{"type":"dropout","rate":0.3},{"type":"dense","units":2,"activation":"softmax"}"#;
        let (mut plain, mut watched) = (trainer(layers, 0.01), trainer(layers, 0.01));
        plain.run_until(|| false).unwrap();
        while watched.steps_done() < watched.steps() {
            watched.layer_statistics().unwrap();
            watched.step().unwrap();
        }
        assert_eq!(watched.run_hash(), plain.run_hash());
        let seen = watched.layer_statistics().unwrap();
        let of = |i: usize| &seen.layers[i];
        assert_eq!((seen.step, seen.examples, seen.layers.len()), (watched.steps(), 100, 5));
        assert_eq!(of(0).weights.as_ref().unwrap().counts.iter().sum::<u32>(), 18, "2 x 9, without biases");
        assert_eq!(of(0).gradient.as_ref().unwrap().counts.iter().sum::<u32>(), 18);
        assert!(of(2).weights.is_none() && of(2).saturated.is_some() && of(2).dead.is_none());
        assert_eq!(of(4).activations.as_ref().unwrap().counts.iter().sum::<u32>(), 200);
        // after a normalisation: mean 0, deviation 1, but for the running statistics and what gain and bias learned
        let normal = of(1).activations.as_ref().unwrap();
        assert!(normal.mean.abs() < 0.3 && (normal.deviation - 1.0).abs() < 0.3, "{normal:?}");
    }

    #[test]
    fn dead_and_saturated_units_are_counted() {
        let mut net = trainer(&hidden(1, "relu", ""), 0.01);
        assert_eq!(net.layer_statistics().unwrap().layers[0].gradient, None, "no step yet");
        // bias of the first three units: far below what two features of size 1 can lift
        net.theta[24..27].fill(-100.0);
        let seen = net.layer_statistics().unwrap();
        assert_eq!((seen.layers[0].dead, seen.layers[0].units), (Some(3), 12));
        assert_eq!(seen.layers[0].saturated, None);

        let mut net = trainer(&hidden(1, "tanh", ""), 0.01);
        net.theta[24..30].fill(50.0);
        let seen = net.layer_statistics().unwrap();
        assert_eq!((seen.layers[0].saturated, seen.layers[0].dead), (Some(0.5), None));
        assert_eq!(seen.layers[1].saturated, None, "softmax does not saturate unit by unit");
    }

    #[test]
    fn ten_layers_of_sigmoids_starve_and_their_cures_do_not() {
        let look = |layers: &str| {
            let mut net = trainer(layers, 0.001);
            assert_eq!(net.layer_statistics().unwrap().flow, None, "before the first step");
            (0..10).for_each(|_| net.step().unwrap());
            net.layer_statistics().unwrap()
        };
        let seen = look(&hidden(10, "sigmoid", ""));
        let starved = seen.flow.unwrap();
        assert_eq!(
            (starved.first.as_str(), starved.last.as_str(), starved.steps, starved.starved),
            ("dense_1", "dense_11", 10, true)
        );
        assert!(starved.ratio.unwrap() > 1e4, "{starved:?}");
        let (first, last) = (seen.layers[0].gradient_norm.unwrap(), seen.layers[10].gradient_norm.unwrap());
        assert!(first < starved.limit * starved.first_norm && last > first * starved.limit, "{first} {last}");
        let block = r#"{"type":"dense","units":12},{"type":"batchNormalization"},{"type":"activation","activation":"tanh"},"#;
        let normal = block.repeat(10) + r#"{"type":"dense","units":2,"activation":"softmax"}"#;
        for cured in [look(&hidden(10, "relu", r#","initializer":{"type":"heNormal"}"#)), look(&normal)] {
            let flow = cured.flow.unwrap();
            assert!(!flow.starved && flow.ratio.unwrap() < flow.limit, "{flow:?}");
        }
        assert_eq!(look(&hidden(0, "", "")).flow, None, "one layer");
    }
}
