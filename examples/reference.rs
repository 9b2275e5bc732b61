//! Writes docs/reference.md, the table of everything a run can be made of, from the crate's own registries:
//! `cargo run --example reference`. tests/documentation.rs holds the file to it.

use saddlepoint::data::{Augment, data_sets};
use saddlepoint::landscape::NamedFunction;
use saddlepoint::nn::{Activation, Initializer, LayerSpec, Loss, metrics};
use saddlepoint::optim::{optimizers, options, saddle_optimizers, schedules};
use saddlepoint::train::regularizations;
use saddlepoint::{Documented, ops::Op};

/// Where the table is, from the root of the project.
pub const PLACE: &str = "docs/reference.md";

/// The headings with their rows, in the order of the file.
#[must_use]
pub fn sections() -> Vec<(&'static str, &'static str, Vec<Documented>)> {
    vec![
        (
            "Layers",
            "x is the input with the examples in front; images are `(N, H, W, C)`.",
            LayerSpec::docs(),
        ),
        ("Activations", "Of one number x, the last two of a row.", Activation::docs()),
        ("Initial weights", "fan_in inputs a unit has, fan_out units an input reaches.", Initializer::docs()),
        ("Losses", "Of one row: outputs x, target t, K outputs; a batch takes the mean.", Loss::docs()),
        (
            "Optimizers",
            "p parameter, g gradient, t number of the update from 1, rate its learning rate; other letters are state that \
             starts at 0.",
            optimizers(),
        ),
        (
            "Optimizers made for saddles",
            "p parameter, g gradient, H Hessian; they run on landscapes, in f64.",
            saddle_optimizers(),
        ),
        ("Beside any optimizer", "In this order, before the update.", options()),
        (
            "Schedules",
            "The factor of the learning rate: e epochs done, x share of the run done. Each can begin with a warm-up.",
            schedules(),
        ),
        ("Against over-fitting", "Beside dropout and the noise layers above.", regularizations()),
        ("Augmentation of images", "Drawn anew for every example at every step.", Augment::docs()),
        ("Metrics", "e is predicted - true.", metrics()),
        (
            "Functions of two variables",
            "The landscapes that have a name; u and v are two numbers of a sample, and the mean is taken over all samples.",
            NamedFunction::docs(),
        ),
        ("Data sets", "The `type`, `kind` or `task` of the data of a run.", data_sets()),
    ]
}

/// The whole file.
#[must_use]
pub fn text() -> String {
    let mut text = String::from(
        "# Reference\n\nEverything a run can be made of, as a spec writes it, with its definition and where it comes from. \
         Made by `cargo run --example reference` from the code's own lists.\n",
    );
    for (title, about, rows) in sections() {
        text += &format!("\n## {title}\n\n{about}\n\n| name | | definition | source |\n|---|---|---|---|\n");
        for Documented { name, title, formula, source } in rows {
            let [formula, source] = [formula, source].map(|words| words.replace('|', "\\|"));
            text += &format!("| `{name}` | {title} | {formula} | {source} |\n");
        }
    }
    let mut operations: Vec<String> =
        Op::cases().iter().map(|case| format!("`{}`", case.op.name())).collect();
    operations.dedup();
    text += &format!(
        "\n## Operations\n\nWhat all of this is built from, each with a derivative made of the others; most have the name that ONNX \
         gives them: {}.\n",
        operations.join(", ")
    );
    text
}

#[allow(dead_code, reason = "the test of the file has this module without its main")]
fn main() -> std::io::Result<()> {
    std::fs::write(std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join(PLACE), text())
}
