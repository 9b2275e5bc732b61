//! Reading descriptions from JSON, with errors that name the field.
//!
//! Every description is read from one type, [`Value`]: that keeps the code that serde generates in one copy, which
//! is a third of what a WebAssembly build would carry otherwise.

use crate::error::{Error, Result};
use serde::Deserialize;
use serde::de::{DeserializeOwned, Deserializer, Error as _};
use serde_json::{Map, Value};

/// Reads a description that a person calls `place`.
///
/// # Errors
/// [`Error::Spec`] with what is wrong.
pub fn read<T: DeserializeOwned>(place: &str, text: &str) -> Result<T> {
    from_value(place, parse(place, text)?)
}

/// Any JSON.
///
/// # Errors
/// [`Error::Spec`] with line and column.
pub fn parse(place: &str, text: &str) -> Result<Value> {
    serde_json::from_str(text).map_err(|e| refuse(place, &e))
}

/// Reads a description that is JSON already.
///
/// # Errors
/// [`Error::Spec`] with what is wrong.
pub fn from_value<T: DeserializeOwned>(place: &str, value: Value) -> Result<T> {
    serde_json::from_value(value).map_err(|e| refuse(place, &e))
}

fn refuse(place: &str, error: &serde_json::Error) -> Error {
    Error::spec("spec-field", place)
        .expected("a valid description")
        .got(error.to_string())
        .hint("correct this field")
        .arg("place", place)
        .arg("got", error)
}

/// `Dense` to `dense`, as descriptions write the names of variants.
#[must_use]
pub fn camel(name: &str) -> String {
    let mut letters = name.chars();
    letters.next().map(|c| c.to_ascii_lowercase()).into_iter().chain(letters).collect()
}

/// Splits `{"type": "dense", …}` into the number of the variant among `variants` and the other fields.
///
/// # Errors
/// What serde's caller asked for, with the names there are, if the type is missing or none of them.
pub fn tagged<'de, D: Deserializer<'de>>(
    source: D,
    variants: &[&str],
) -> std::result::Result<(usize, Value), D::Error> {
    let mut fields = Map::<String, Value>::deserialize(source)?;
    let list = || variants.iter().map(|v| camel(v)).collect::<Vec<_>>().join(", ");
    let Some(Value::String(kind)) = fields.remove("type") else {
        return Err(D::Error::custom(format!("no type; use one of {}", list())));
    };
    match variants.iter().position(|v| camel(v) == kind) {
        Some(variant) => Ok((variant, Value::Object(fields))),
        None => Err(D::Error::custom(format!("unknown type `{kind}`; use one of {}", list()))),
    }
}

#[cfg(test)]
mod tests {
    use crate::optim::OptimizerSpec;
    use crate::train::RunSpec;

    const RUN: &str = r#"{"data": {"type": "digits"}, "test": 0.2, "layers": [{"type": "flatten"}, LAYER],
        "loss": "softmaxCrossEntropy", "optimizer": {"type": "sgd", "learningRate": 0.1},
        "batch": {"type": "mini", "size": 32}, "epochs": 1, "seed": 1}"#;

    fn complaint(layer: &str) -> String {
        RunSpec::from_json(&RUN.replace("LAYER", layer)).unwrap_err().to_string()
    }

    #[test]
    fn a_wrong_field_is_named_with_its_place() {
        assert!(RunSpec::from_json(&RUN.replace("LAYER", r#"{"type": "dense", "units": 10}"#)).is_ok());
        let unknown = complaint(r#"{"type": "densee", "units": 10}"#);
        assert!(
            unknown.starts_with("layers[1]: ") && unknown.contains("use one of dense, conv2d"),
            "{unknown}"
        );
        let field = complaint(r#"{"type": "dense", "unit": 10}"#);
        assert!(field.starts_with("layers[1]: ") && field.contains("unknown field `unit`"), "{field}");
        let kind = complaint(r#"{"type": "dense", "units": -1}"#);
        assert!(kind.starts_with("layers[1]: ") && kind.contains("-1"), "{kind}");
        assert!(complaint("{").starts_with("run: "));
    }

    #[test]
    fn what_is_written_is_read_back() {
        let text = r#"{"type":"adam","learningRate":0.003,"beta1":0.9,"beta2":0.999,"epsilon":1e-8}"#;
        let spec: OptimizerSpec = super::read("optimizer", text).unwrap();
        assert_eq!(serde_json::to_string(&spec).unwrap(), text);
    }
}
