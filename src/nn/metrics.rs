//! What predictions are worth.

use crate::kernels::Real;

/// The class with the largest output; of equals the first.
#[must_use]
pub fn predicted_class<T: Real>(outputs: &[T]) -> usize {
    let mut best = 0;
    for (class, value) in outputs.iter().enumerate() {
        if *value > outputs[best] {
            best = class;
        }
    }
    best
}

/// Counts by true class (row) and predicted class (column), from predictions of `classes` outputs each.
#[must_use]
pub fn confusion<T: Real>(predictions: &[T], labels: &[u32], classes: usize) -> Vec<Vec<u32>> {
    let mut counts = vec![vec![0; classes]; classes];
    for (row, &label) in predictions.chunks_exact(classes.max(1)).zip(labels) {
        if let Some(count) = counts.get_mut(label as usize).and_then(|r| r.get_mut(predicted_class(row))) {
            *count += 1;
        }
    }
    counts
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn counts_true_by_predicted() {
        let predictions = [0.1f32, 0.9, 0.8, 0.2, 0.5, 0.5];
        assert_eq!(confusion(&predictions, &[1, 1, 0], 2), [[1, 0], [1, 1]]);
        assert_eq!(predicted_class(&[0.0, 2.0, 2.0]), 1);
    }
}
