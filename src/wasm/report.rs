//! Mistakes on their way to JavaScript.

use super::convert::object;
use crate::error::Error;
use serde::{Serialize, Serializer};
use wasm_bindgen::JsValue;

/// A mistake or an event in words, as a plain object. `code` is stable; `args` are the values of the sentence, so
/// that a page can say the same in another language.
#[derive(Debug, Serialize, tsify::Tsify)]
pub struct ReportMessage<'a> {
    /// The kind of mistake: shape, spec, data, file, memory, state, not-finite.
    pub kind: &'static str,
    /// Stable identifier in kebab-case.
    pub code: &'static str,
    /// Where it happened: a layer, a field of the spec, a file.
    pub place: &'a str,
    /// What would have been right.
    pub expected: &'a str,
    /// What came instead.
    pub got: &'a str,
    /// What to change.
    pub hint: &'a str,
    /// Named values of the sentence.
    #[serde(serialize_with = "as_map")]
    #[tsify(type = "Record<string, string>")]
    pub args: &'a [(&'static str, String)],
    /// The whole sentence in English.
    pub message: String,
}

fn as_map<S: Serializer>(args: &&[(&'static str, String)], serializer: S) -> Result<S::Ok, S::Error> {
    serializer.collect_map(args.iter().map(|(name, value)| (name, value)))
}

impl<'a> From<&'a Error> for ReportMessage<'a> {
    fn from(error: &'a Error) -> Self {
        let kind = match error {
            Error::Shape(_) => "shape",
            Error::Spec(_) => "spec",
            Error::Data(_) => "data",
            Error::File(_) => "file",
            Error::Memory(_) => "memory",
            Error::State(_) => "state",
            Error::NotFinite(_) => "not-finite",
        };
        let report = error.report();
        Self {
            kind,
            code: report.code,
            place: &report.place,
            expected: &report.expected,
            got: &report.got,
            hint: &report.hint,
            args: &report.args,
            message: error.to_string(),
        }
    }
}

impl From<Error> for JsValue {
    fn from(error: Error) -> Self {
        object(&ReportMessage::from(&error))
    }
}
