//! ONNX models.

use super::{Case, Outcome, not_yet};

pub fn check(_: &Case<'_>) -> Outcome {
    not_yet("there is no reader of ONNX files")
}
