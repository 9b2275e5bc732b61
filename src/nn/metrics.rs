//! What predictions are worth: of classes by counting, of numbers by their errors.

use crate::documented::Documented;
use crate::kernels::Real;
use serde::Serialize;

/// The metrics, for the documentation.
#[must_use]
pub fn metrics() -> Vec<Documented> {
    const RIJSBERGEN: &str = "van Rijsbergen: Information retrieval, 1979";
    const KENT: &str = "Kent, Berry, Luehrs, Perry: Machine literature searching, 1955";
    vec![
        Documented::new(
            "accuracy",
            "Accuracy",
            "the share of examples whose class has the largest output",
            "Rosenblatt: The perceptron, 1958",
        ),
        Documented::new(
            "topK",
            "Top-k accuracy",
            "the share of examples whose class is among the k largest outputs",
            "Russakovsky and others: ImageNet large scale visual recognition challenge, 2015",
        ),
        Documented::new(
            "confusion",
            "Confusion matrix",
            "counts by true class (row) and predicted class (column)",
            "Townsend: Theoretical analysis of an alphabetic confusion matrix, 1971",
        ),
        Documented::new(
            "precision",
            "Precision",
            "right / predicted, of a class; the mean over classes",
            KENT,
        ),
        Documented::new("recall", "Recall", "right / examples, of a class; the mean over classes", KENT),
        Documented::new(
            "f1",
            "F1",
            "2 p r / (p + r), precision p, recall r; the mean over classes",
            RIJSBERGEN,
        ),
        Documented::new("mae", "Mean absolute error", "mean |e|", "Laplace 1774"),
        Documented::new(
            "mbe",
            "Mean bias error",
            "mean e",
            "Willmott: Some comments on the evaluation of model performance, 1982",
        ),
        Documented::new("mse", "Mean squared error", "mean e^2", "Gauss 1809"),
        Documented::new(
            "r2",
            "R²",
            "1 - sum e^2 / sum (true - mean)^2",
            "Wright: Correlation and causation, 1921",
        ),
    ]
}

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

/// The share of predictions whose true class is among the `k` largest outputs; of equals the first count.
#[must_use]
pub fn top_k<T: Real>(predictions: &[T], labels: &[u32], classes: usize, k: usize) -> f64 {
    let among = |(row, &label): (&[T], &u32)| {
        let Some(&own) = row.get(label as usize) else { return false };
        let before = |(class, &v): (usize, &T)| v > own || (v == own && class < label as usize);
        row.iter().enumerate().filter(|&other| before(other)).count() < k
    };
    let hits = predictions.chunks_exact(classes.max(1)).zip(labels).filter(|&pair| among(pair)).count();
    hits as f64 / labels.len().max(1) as f64
}

/// How well one class is recognised. A share of nothing is 0.
#[derive(Debug, Clone, Copy, Default, PartialEq, Serialize)]
#[cfg_attr(target_family = "wasm", derive(tsify::Tsify))]
pub struct ClassScore {
    /// Of the examples predicted as this class, the share that is.
    pub precision: f64,
    /// Of the examples of this class, the share predicted so.
    pub recall: f64,
    /// The harmonic mean of the two (van Rijsbergen 1979): 2 p r / (p + r).
    pub f1: f64,
    /// Examples of this class.
    pub examples: u32,
}

/// How well the classes are recognised.
#[derive(Debug, Clone, Default, PartialEq, Serialize)]
#[cfg_attr(target_family = "wasm", derive(tsify::Tsify))]
pub struct ClassScores {
    /// Class by class.
    pub classes: Vec<ClassScore>,
    /// The plain mean over the classes (macro average); it has all examples.
    pub mean: ClassScore,
}

/// The scores of all classes, from their [`confusion`].
#[must_use]
pub fn class_scores(confusion: &[Vec<u32>]) -> ClassScores {
    let share = |part: u32, whole: u32| if whole == 0 { 0.0 } else { f64::from(part) / f64::from(whole) };
    let score = |(class, row): (usize, &Vec<u32>)| {
        let examples = row.iter().sum();
        let predicted = confusion.iter().filter_map(|r| r.get(class)).sum();
        let right = row.get(class).copied().unwrap_or(0);
        // 2 p r / (p + r) without the two divisions
        let f1 = 2.0 * share(right, examples + predicted);
        ClassScore { precision: share(right, predicted), recall: share(right, examples), f1, examples }
    };
    let classes: Vec<ClassScore> = confusion.iter().enumerate().map(score).collect();
    let average =
        |part: fn(&ClassScore) -> f64| classes.iter().map(part).sum::<f64>() / classes.len().max(1) as f64;
    let mean = ClassScore {
        precision: average(|s| s.precision),
        recall: average(|s| s.recall),
        f1: average(|s| s.f1),
        examples: classes.iter().map(|s| s.examples).sum(),
    };
    ClassScores { classes, mean }
}

/// Errors of predicted numbers, e = predicted - true, in the unit of the targets; the mean over several targets.
#[derive(Debug, Clone, Copy, Default, PartialEq, Serialize)]
#[cfg_attr(target_family = "wasm", derive(tsify::Tsify))]
#[cfg_attr(target_family = "wasm", tsify(missing_as_null))]
pub struct RegressionScore {
    /// Mean of |e|.
    pub mae: f64,
    /// Mean of e: above 0 if predictions are too large.
    pub mbe: f64,
    /// Mean of e^2.
    pub mse: f64,
    /// `1 - sum e^2 / sum (true - mean)^2`: 1 for perfect, 0 for predicting the mean. `None` if the true numbers of a
    /// target are all equal.
    pub r2: Option<f64>,
}

/// Scores predictions `(N, width)` against true numbers `(N, width)`.
#[must_use]
pub fn regression_score(predicted: &[f64], truth: &[f64], width: usize) -> RegressionScore {
    let (rows, columns) = (truth.len() / width.max(1), width as f64);
    let n = rows.max(1) as f64;
    let mut score = RegressionScore { r2: Some(0.0), ..RegressionScore::default() };
    for column in 0..width {
        let at = |values: &[f64], row: usize| values.get(row * width + column).copied().unwrap_or(f64::NAN);
        let mean = (0..rows).map(|r| at(truth, r)).sum::<f64>() / n;
        let (mut squares, mut spread) = (0.0, 0.0);
        for row in 0..rows {
            let (want, e) = (at(truth, row), at(predicted, row) - at(truth, row));
            score.mae += e.abs() / (n * columns);
            score.mbe += e / (n * columns);
            squares += e * e;
            spread += (want - mean) * (want - mean);
        }
        score.mse += squares / (n * columns);
        score.r2 = score.r2.filter(|_| spread > 0.0).map(|sum| sum + (1.0 - squares / spread) / columns);
    }
    score
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

    #[test]
    fn the_true_class_among_the_largest() {
        let predictions = [0.1f32, 0.6, 0.3, 0.4, 0.4, 0.2, 0.0, 0.0, 1.0, 0.0, 0.0, 1.0];
        let quarters = |k| (4.0 * top_k(&predictions, &[2, 1, 0, 1], 3, k)) as u32;
        // of equals the first: 0 is second in the third row, 1 third in the last
        assert_eq!([0, 1, 2, 3].map(quarters), [0, 0, 3, 4]);
    }

    #[test]
    fn scores_of_classes_follow_from_their_confusion() {
        let ClassScores { classes: scores, mean: overall } =
            class_scores(&[vec![3, 1, 0], vec![2, 4, 0], vec![0, 0, 0]]);
        let want =
            |precision: f64, recall: f64, f1: f64, examples| ClassScore { precision, recall, f1, examples };
        assert_eq!(scores[0], want(3.0 / 5.0, 3.0 / 4.0, 6.0 / 9.0, 4));
        assert_eq!(scores[1], want(4.0 / 5.0, 4.0 / 6.0, 8.0 / 11.0, 6));
        assert_eq!(scores[2], ClassScore::default(), "a class without examples scores nothing");
        assert_eq!(overall.examples, 10);
        assert!((overall.recall - (0.75 + 4.0 / 6.0) / 3.0).abs() < 1e-15);
    }

    #[test]
    fn errors_of_numbers() {
        // two targets: e = (1, -1, 0) and (2, 2, 2), true numbers (0, 2, 4) and (1, 2, 3)
        let (truth, predicted) = ([0.0, 1.0, 2.0, 2.0, 4.0, 3.0], [1.0, 3.0, 1.0, 4.0, 4.0, 5.0]);
        let score = regression_score(&predicted, &truth, 2);
        let near = |got: f64, want: f64| assert!((got - want).abs() < 1e-15, "{got} for {want}");
        near(score.mae, (2.0 / 3.0 + 2.0) / 2.0);
        near(score.mbe, 1.0);
        near(score.mse, (2.0 / 3.0 + 4.0) / 2.0);
        near(score.r2.unwrap(), ((1.0 - 2.0 / 8.0) + (1.0 - 12.0 / 2.0)) / 2.0);
        near(regression_score(&truth, &truth, 2).r2.unwrap(), 1.0);
        assert_eq!(regression_score(&[1.0, 2.0], &[3.0, 3.0], 1).r2, None);
    }
}
