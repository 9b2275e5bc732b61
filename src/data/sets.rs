//! The data sets by name, for the documentation.

use super::generate::Generator;
use super::sequences::SequenceTask;
use crate::documented::Documented;

/// Every data set a spec can name, in the order of the documentation: embedded ones, generated ones, tasks on sequences,
/// and what is handed over.
#[must_use]
pub fn data_sets() -> Vec<Documented> {
    let mut all = vec![
        Documented::new(
            "digits",
            "UCI digits",
            "1797 images 8 x 8 with values 0 to 16, ten classes",
            "Alpaydin, Kaynak: Optical recognition of handwritten digits, UCI Machine Learning Repository, 1998",
        ),
        Documented::new(
            "iris",
            "Iris",
            "150 flowers, four lengths in cm, three species",
            "Fisher: The use of multiple measurements in taxonomic problems, 1936",
        ),
        Documented::new(
            "wine",
            "Wine",
            "178 wines, 13 results of a chemical analysis, three cultivars",
            "Aeberhard, Forina: Wine, UCI Machine Learning Repository, 1991",
        ),
        Documented::new(
            "breastCancer",
            "Breast cancer (Wisconsin, diagnostic)",
            "569 tumours, 30 measures of their cells, malignant or benign",
            "Wolberg, Street, Mangasarian: Breast cancer Wisconsin (diagnostic), UCI Machine Learning Repository, 1995",
        ),
        Documented::new(
            "diabetes",
            "Diabetes",
            "442 patients, ten features, progression of the disease after one year",
            "Efron, Hastie, Johnstone, Tibshirani: Least angle regression, 2004",
        ),
        Documented::new(
            "longley",
            "Longley",
            "16 years of the US economy, six nearly collinear features, people employed",
            "Longley: An appraisal of least squares programs for the electronic computer from the point of view of the user, 1967",
        ),
    ];
    all.extend(Generator::ALL.map(|kind| {
        let [title, formula, source] = kind.about();
        Documented::new(kind.name(), title, formula, source)
    }));
    all.extend(SequenceTask::ALL.map(|task| {
        let [title, formula, source] = task.about();
        Documented::new(task.name(), title, formula, source)
    }));
    all.push(Documented::new(
        "text",
        "Text as characters",
        "windows of T characters; the class at each step is the next character",
        "Sutskever, Martens, Hinton: Generating text with recurrent neural networks, 2011",
    ));
    all.push(Documented::new(
        "csv",
        "A table",
        "a column is the target; numbers as they are, a category as one feature for each of its values",
        "Shafranovich: Common format and MIME type for comma-separated values files, RFC 4180, 2005",
    ));
    all.push(Documented::new(
        "files",
        "Files of one's own",
        "what the files hold; IDX as published with MNIST, or NPY and NPZ",
        "LeCun, Cortes, Burges: The MNIST database of handwritten digits, 1998",
    ));
    all
}
