//! Random directions that have the size of the network's own filters.

use super::Plane;
use crate::error::Result;
use crate::kernels::reduce;
use crate::nn::{Parameter, ParameterKind, ParameterTable};
use crate::rng::{Source, Stream};

/// A random plane, and how long its directions were.
#[derive(Debug, Clone, PartialEq)]
pub struct RandomPlane {
    /// Through the given weights.
    pub plane: Plane,
    /// Length of both directions before they were made unit vectors: the length of all weights that count. One unit of
    /// Li et al. is this far.
    pub unit: f64,
}

/// The plane of two random directions, each filter of which is as long as the network's own (Li, Xu, Taylor, Studer,
/// Goldstein 2018): a network whose weights are scaled without a change of what it computes then looks the same.
///
/// A filter is what makes one output of a kernel: all weights with one last index; of an embedding, the vector of one
/// token. Biases and the gains of normalisations stay as they are, and so does a filter of zeros. Within each filter
/// the second direction is at right angles to the first, which keeps its length exact; a filter of one weight, that has
/// no second direction, stays as it is along the second.
///
/// # Errors
/// [`Error::Spec`](crate::Error::Spec) if all filters are zeros or of one weight.
pub fn random_plane(theta: &[f64], table: &ParameterTable, seed: u64) -> Result<RandomPlane> {
    let mut directions = [0, 1].map(|_| vec![0.0; theta.len()]);
    for (n, parameter) in table.entries().iter().enumerate() {
        if parameter.kind != ParameterKind::Weight {
            continue;
        }
        let sources = [0, 1].map(|axis| Source::new(seed, Stream::PROBE.nth(1 + n as u32), axis));
        for filter in filters(parameter) {
            let own: Vec<f64> = filter.clone().map(|i| theta[i]).collect();
            let length = reduce::sum_squares(&own).sqrt();
            let draw =
                |source: Source| -> Vec<f64> { filter.clone().map(|i| source.normal(i as u64)).collect() };
            let x = scaled(draw(sources[0]), length);
            let mut y = draw(sources[1]);
            if length > 0.0 {
                reduce::axpy(-reduce::dot(&x, &y) / (length * length), &x, &mut y);
            }
            let y = if own.len() > 1 { scaled(y, length) } else { vec![0.0] };
            for ((i, x), y) in filter.zip(x).zip(y) {
                (directions[0][i], directions[1][i]) = (x, y);
            }
        }
    }
    let unit = reduce::sum_squares(&directions[0]).sqrt();
    let plane = Plane::new(theta.to_vec(), &directions[0], &directions[1])?;
    Ok(RandomPlane { plane, unit })
}

/// A vector made as long as it should be.
fn scaled(mut vector: Vec<f64>, length: f64) -> Vec<f64> {
    let own = reduce::sum_squares(&vector).sqrt();
    let factor = if own > 0.0 { length / own } else { 0.0 };
    vector.iter_mut().for_each(|v| *v *= factor);
    vector
}

/// The places in theta of each filter of a kernel.
fn filters(parameter: &Parameter) -> impl Iterator<Item = std::iter::StepBy<std::ops::Range<usize>>> {
    let range = parameter.range();
    let last = parameter.shape.dims().last().copied().unwrap_or(1).max(1);
    let by_row = parameter.name.ends_with(".table");
    let count = if by_row { range.len() / last } else { last };
    (0..count).map(move |i| {
        if by_row {
            let start = range.start + i * last;
            (start..start + last).step_by(1)
        } else {
            (range.start + i..range.end).step_by(last)
        }
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::nn::{LayerSpec, Model, SoftmaxCrossEntropy, Target};
    use crate::shape::Shape;

    fn model(layers: &str, input: &[usize]) -> Model {
        let layers: Vec<LayerSpec> = serde_json::from_str(layers).unwrap();
        Model::new(&Shape::new(input), &layers, SoftmaxCrossEntropy::default().into(), Target::Classes(3))
            .unwrap()
    }

    fn norms(vector: &[f64], parameter: &Parameter) -> Vec<f64> {
        filters(parameter).map(|f| f.map(|i| vector[i] * vector[i]).sum::<f64>().sqrt()).collect()
    }

    #[test]
    fn every_filter_is_as_long_as_the_networks_own_and_biases_and_norms_stay() {
        let model = model(
            r#"[{"type":"conv2d","filters":4,"kernelSize":[3,3]},{"type":"batchNormalization"},{"type":"flatten"},
            {"type":"dense","units":3}]"#,
            &[6, 6, 2],
        );
        let table = model.table();
        let mut theta: Vec<f64> = table.initial(3);
        let kernel = &table.entries()[0];
        // one filter of zeros, and one that is a hundred times larger
        filters(kernel).nth(1).unwrap().for_each(|i| theta[i] = 0.0);
        filters(kernel).nth(2).unwrap().for_each(|i| theta[i] *= 100.0);
        let RandomPlane { plane, unit } = random_plane(&theta, table, 7).unwrap();
        let mut squares = 0.0;
        for parameter in table.entries() {
            for axis in &plane.axes {
                let own = norms(&theta, parameter);
                let got = norms(axis, parameter);
                assert_eq!(got.len(), *parameter.shape.dims().last().unwrap());
                for (got, own) in got.iter().zip(own) {
                    let want = if parameter.kind == ParameterKind::Weight { own } else { 0.0 };
                    assert!((got * unit - want).abs() < 1e-12 * unit, "{}: {got} {want}", parameter.name);
                    squares += want * want;
                }
            }
        }
        assert!((unit - (squares / 2.0).sqrt()).abs() < 1e-12 * unit);
        assert!(reduce::dot(&plane.axes[0], &plane.axes[1]).abs() < 1e-14);
        assert_eq!(random_plane(&theta, table, 7).unwrap().plane, plane);
        assert_ne!(random_plane(&theta, table, 8).unwrap().plane, plane);
    }

    #[test]
    fn single_weights_and_embeddings_are_filters_too() {
        let model = model(r#"[{"type":"dense","units":3}]"#, &[1]);
        let code = random_plane(&[1.0, 2.0, 3.0, 0.0, 0.0, 0.0], model.table(), 1).unwrap_err().report().code;
        assert_eq!(code, "plane-degenerate", "filters of one weight have one direction");
        let zeros = random_plane(&[0.0; 6], model.table(), 1).unwrap_err().report().code;
        assert_eq!(zeros, "plane-degenerate");
        let layers = r#"[{"type":"embedding","vocabulary":5,"units":2},{"type":"flatten"},{"type":"dense","units":3}]"#;
        let model = self::model(layers, &[4]);
        let table = &model.table().entries()[0];
        let rows: Vec<Vec<usize>> = filters(table).map(Iterator::collect).collect();
        assert_eq!((rows.len(), &rows[1]), (5, &vec![2, 3]));
    }
}
