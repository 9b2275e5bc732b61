//! Numbers, objects and arrays across the border.

use crate::error::{Error, Result};
use crate::json;
use js_sys::{Float32Array, Float64Array, JSON, Reflect};
use serde::Serialize;
use wasm_bindgen::JsValue;

/// What a call gives to JavaScript: a value, or a [`super::ReportMessage`] that is thrown.
pub type Js<T> = std::result::Result<T, JsValue>;

/// A plain object with the fields of `value`. Numbers that are not finite become null.
pub fn object(value: &impl Serialize) -> JsValue {
    // what is written there is JSON
    JSON::parse(&json::write(value)).unwrap_or(JsValue::NULL)
}

/// Adds a field to an object of [`object`].
pub fn set(object: &JsValue, field: &str, value: impl Into<JsValue>) {
    // an object that was just made has no setter that could throw
    let _ = Reflect::set(object, &JsValue::from_str(field), &value.into());
}

/// A copy for JavaScript to keep: a view of the memory would end when it grows.
pub fn floats(values: &[f32]) -> JsValue {
    Float32Array::from(values).into()
}

/// As [`floats`], in double precision.
pub fn doubles(values: &[f64]) -> JsValue {
    Float64Array::from(values).into()
}

/// A whole number of `low..=high`.
///
/// # Errors
/// [`Error::Spec`] that names `place`.
pub fn whole(place: &str, value: f64, low: u64, high: u64) -> Result<u64> {
    if value.fract() == 0.0 && value >= low as f64 && value <= high as f64 {
        return Ok(value as u64);
    }
    Err(Error::spec("not-whole", place)
        .expected(format!("a whole number from {low} to {high}"))
        .got(value.to_string())
        .hint("pass a number in this range")
        .arg("low", low)
        .arg("high", high)
        .arg("got", value))
}
