//! Reading descriptions from JSON, with errors that name the field.
//!
//! Every description is read from one type, [`Source`], which knows no more than descriptions need: structs are objects,
//! enums are names. What serde generates for other shapes and other sources is then never compiled, a third of what a
//! WebAssembly build would carry otherwise.

use crate::error::{Error, Result};
use serde::de::{
    DeserializeOwned, DeserializeSeed, Deserializer, EnumAccess, Error as _, Expected, MapAccess, SeqAccess,
    Unexpected, VariantAccess, Visitor,
};
use serde::{Deserialize, forward_to_deserialize_any};
use std::fmt;

mod value;
mod write;

pub use value::{Map, Number, Value};
pub use write::write;

/// Reads a description that a person calls `place`.
///
/// # Errors
/// [`Error::Spec`] at the field that is wrong, `layers[2]` for example, or at `place`.
pub fn read<T: DeserializeOwned>(place: &str, text: &str) -> Result<T> {
    from_value(place, &parse(place, text)?)
}

/// Any JSON.
///
/// # Errors
/// [`Error::Spec`] with line and column.
pub fn parse(place: &str, text: &str) -> Result<Value> {
    value::parse(text).map_err(|e| refuse(place, &e))
}

/// Reads a description that is JSON already.
///
/// # Errors
/// As [`read`].
pub fn from_value<T: DeserializeOwned>(place: &str, value: &Value) -> Result<T> {
    T::deserialize(Source(value)).map_err(|fault| {
        let Wrong { path, message } = &*fault.0;
        refuse(if path.is_empty() { place } else { path }, message)
    })
}

/// Reads the fields of a variant that [`tagged`] has split off.
///
/// # Errors
/// What serde's caller asked for, with the field that is wrong.
pub fn fields<T: DeserializeOwned, E: serde::de::Error>(fields: &Value) -> std::result::Result<T, E> {
    T::deserialize(Source(fields)).map_err(E::custom)
}

/// What stands between a message and the name that was probably meant.
const MEANT: &str = "; did you mean ";

fn refuse(place: &str, got: &str) -> Error {
    let (got, meant) = got.rsplit_once(MEANT).unwrap_or((got, ""));
    let hint =
        if meant.is_empty() { "correct this field".to_owned() } else { ["did you mean ", meant].concat() };
    Error::spec("spec-field", place)
        .expected("a valid description")
        .got(got)
        .hint(hint)
        .arg("place", place)
        .arg("got", got)
}

/// What is wrong, and the field it is wrong in, from the outermost inwards: `layers[1].units`. Boxed, because results
/// that hold it are passed on for every field.
#[derive(Debug)]
struct Fault(Box<Wrong>);

#[derive(Debug)]
struct Wrong {
    path: String,
    message: String,
}

type Read<T> = std::result::Result<T, Fault>;

impl Fault {
    #[inline(never)]
    fn new(message: String) -> Self {
        Self(Box::new(Wrong { path: String::new(), message }))
    }

    /// The same fault seen from outside the field or element `name`.
    #[inline(never)]
    fn inside(mut self, name: &str) -> Self {
        let path = &mut self.0.path;
        let dot = if path.is_empty() || path.starts_with('[') { "" } else { "." };
        *path = [name, dot, path].concat();
        self
    }
}

impl fmt::Display for Fault {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Wrong { path, message } = &*self.0;
        if path.is_empty() { f.write_str(message) } else { write!(f, "{path}: {message}") }
    }
}

impl std::error::Error for Fault {}

impl serde::de::Error for Fault {
    fn custom<M: fmt::Display>(message: M) -> Self {
        Self::new(message.to_string())
    }

    fn unknown_variant(name: &str, known: &'static [&'static str]) -> Self {
        Self::new(unknown("value", name, known))
    }

    fn unknown_field(name: &str, known: &'static [&'static str]) -> Self {
        Self::new(unknown("field", name, known))
    }
}

/// The complaint about a name that is none of `known`, with the one that was probably meant.
#[inline(never)]
#[must_use]
pub fn unknown(what: &str, name: &str, known: &[&str]) -> String {
    let list = if known.is_empty() {
        "there is none".to_owned()
    } else {
        ["use one of ", &known.join(", ")].concat()
    };
    let text = ["unknown ", what, " `", name, "`; ", &list].concat();
    match nearest(name, known) {
        Some(meant) => [&text, MEANT, "`", meant, "`?"].concat(),
        None => text,
    }
}

/// The known name that takes the fewest insertions, deletions and substitutions (Levenshtein), if these are at
/// most two and fewer than the name has letters.
#[must_use]
pub fn nearest<'a>(name: &str, known: &[&'a str]) -> Option<&'a str> {
    let wanted: Vec<char> = name.to_lowercase().chars().collect();
    let distance = |candidate: &str| {
        let mut row: Vec<usize> = (0..=wanted.len()).collect();
        for (i, c) in candidate.to_lowercase().chars().enumerate() {
            let mut diagonal = std::mem::replace(&mut row[0], i + 1);
            for (j, w) in wanted.iter().enumerate() {
                let substituted = diagonal + usize::from(c != *w);
                diagonal = row[j + 1];
                row[j + 1] = substituted.min(diagonal + 1).min(row[j] + 1);
            }
        }
        row[wanted.len()]
    };
    known
        .iter()
        .map(|&candidate| (distance(candidate), candidate))
        .filter(|&(d, candidate)| d <= 2 && d < candidate.len().max(wanted.len()))
        .min_by_key(|&(d, _)| d)
        .map(|(_, candidate)| candidate)
}

macro_rules! scalar {
    ($($method:ident, $visit:ident = $read:expr;)*) => {$(
        fn $method<V: Visitor<'de>>(self, visitor: V) -> Read<V::Value> {
            match $read(self.0) {
                Some(value) => visitor.$visit(value),
                None => Err(self.wrong(&visitor)),
            }
        }
    )*};
}

/// JSON on its way into a description.
#[derive(Clone, Copy)]
struct Source<'a>(&'a Value);

impl Source<'_> {
    #[inline(never)]
    fn wrong(self, expected: &dyn Expected) -> Fault {
        let got = match self.0 {
            Value::Null => Unexpected::Unit,
            Value::Bool(b) => Unexpected::Bool(*b),
            Value::Number(Number::Unsigned(n)) => Unexpected::Unsigned(*n),
            Value::Number(Number::Signed(n)) => Unexpected::Signed(*n),
            Value::Number(Number::Float(x)) => Unexpected::Float(*x),
            Value::String(s) => Unexpected::Str(s),
            Value::Array(_) => Unexpected::Seq,
            Value::Object(_) => Unexpected::Map,
        };
        Fault::invalid_type(got, expected)
    }
}

impl<'de> Deserializer<'de> for Source<'_> {
    type Error = Fault;

    fn deserialize_any<V: Visitor<'de>>(self, visitor: V) -> Read<V::Value> {
        match self.0 {
            Value::Null => visitor.visit_unit(),
            Value::Bool(b) => visitor.visit_bool(*b),
            Value::Number(Number::Unsigned(n)) => visitor.visit_u64(*n),
            Value::Number(Number::Signed(n)) => visitor.visit_i64(*n),
            Value::Number(Number::Float(x)) => visitor.visit_f64(*x),
            Value::String(s) => visitor.visit_str(s),
            Value::Array(_) => self.deserialize_seq(visitor),
            Value::Object(_) => self.deserialize_map(visitor),
        }
    }

    // one way into a visitor each: the others would be compiled for every field, to say that they are wrong
    scalar! {
        deserialize_bool, visit_bool = Value::as_bool;
        deserialize_u8, visit_u64 = Value::as_u64;
        deserialize_u16, visit_u64 = Value::as_u64;
        deserialize_u32, visit_u64 = Value::as_u64;
        deserialize_u64, visit_u64 = Value::as_u64;
        deserialize_i8, visit_i64 = Value::as_i64;
        deserialize_i16, visit_i64 = Value::as_i64;
        deserialize_i32, visit_i64 = Value::as_i64;
        deserialize_i64, visit_i64 = Value::as_i64;
        deserialize_f32, visit_f64 = Value::as_f64;
        deserialize_f64, visit_f64 = Value::as_f64;
        deserialize_str, visit_str = Value::as_str;
        deserialize_string, visit_str = Value::as_str;
    }

    fn deserialize_option<V: Visitor<'de>>(self, visitor: V) -> Read<V::Value> {
        if *self.0 == Value::Null { visitor.visit_none() } else { visitor.visit_some(self) }
    }

    fn deserialize_seq<V: Visitor<'de>>(self, visitor: V) -> Read<V::Value> {
        match self.0 {
            Value::Array(items) => visitor.visit_seq(Items { items, at: 0 }),
            _ => Err(self.wrong(&visitor)),
        }
    }

    fn deserialize_tuple<V: Visitor<'de>>(self, len: usize, visitor: V) -> Read<V::Value> {
        match self.0 {
            // serde stops reading after `len`: what is left over would be dropped without a word
            Value::Array(items) if items.len() > len => Err(Fault::invalid_length(items.len(), &visitor)),
            _ => self.deserialize_seq(visitor),
        }
    }

    fn deserialize_map<V: Visitor<'de>>(self, visitor: V) -> Read<V::Value> {
        match self.0 {
            Value::Object(fields) => {
                visitor.visit_map(Fields { fields: fields.iter(), next: ("", &Value::Null) })
            }
            _ => Err(self.wrong(&visitor)),
        }
    }

    fn deserialize_struct<V: Visitor<'de>>(
        self,
        _name: &'static str,
        _fields: &'static [&'static str],
        visitor: V,
    ) -> Read<V::Value> {
        self.deserialize_map(visitor)
    }

    fn deserialize_enum<V: Visitor<'de>>(
        self,
        _name: &'static str,
        _variants: &'static [&'static str],
        visitor: V,
    ) -> Read<V::Value> {
        match self.0 {
            Value::String(name) => visitor.visit_enum(Key(name)),
            _ => Err(self.wrong(&visitor)),
        }
    }

    fn deserialize_newtype_struct<V: Visitor<'de>>(self, _name: &'static str, visitor: V) -> Read<V::Value> {
        visitor.visit_newtype_struct(self)
    }

    forward_to_deserialize_any! { char bytes byte_buf unit unit_struct tuple_struct identifier ignored_any }
}

/// The elements of a list.
struct Items<'a> {
    items: &'a [Value],
    at: usize,
}

impl<'de> SeqAccess<'de> for Items<'_> {
    type Error = Fault;

    fn next_element_seed<S: DeserializeSeed<'de>>(&mut self, seed: S) -> Read<Option<S::Value>> {
        let at = self.at;
        let Some(item) = self.items.get(at) else { return Ok(None) };
        self.at += 1;
        seed.deserialize(Source(item)).map(Some).map_err(|fault| fault.inside(&format!("[{at}]")))
    }
}

/// The fields of an object.
struct Fields<'a> {
    fields: std::slice::Iter<'a, (String, Value)>,
    next: (&'a str, &'a Value),
}

impl Fields<'_> {
    /// Goes to the next field and tells whether there is one.
    #[inline(never)]
    fn advance(&mut self) -> bool {
        let next = self.fields.next();
        self.next = next.map_or(self.next, |(name, value)| (name.as_str(), value));
        next.is_some()
    }
}

impl<'de> MapAccess<'de> for Fields<'_> {
    type Error = Fault;

    fn next_key_seed<S: DeserializeSeed<'de>>(&mut self, seed: S) -> Read<Option<S::Value>> {
        if self.advance() { seed.deserialize(Key(self.next.0)).map(Some) } else { Ok(None) }
    }

    fn next_value_seed<S: DeserializeSeed<'de>>(&mut self, seed: S) -> Read<S::Value> {
        let (name, value) = self.next;
        seed.deserialize(Source(value)).map_err(|fault| fault.inside(name))
    }
}

/// The name of a field, or of a variant without fields.
struct Key<'a>(&'a str);

impl<'de> Deserializer<'de> for Key<'_> {
    type Error = Fault;

    fn deserialize_any<V: Visitor<'de>>(self, visitor: V) -> Read<V::Value> {
        visitor.visit_str(self.0)
    }

    forward_to_deserialize_any! {
        bool i8 i16 i32 i64 u8 u16 u32 u64 f32 f64 char str string bytes byte_buf option unit unit_struct newtype_struct
        seq tuple tuple_struct map struct enum identifier ignored_any
    }
}

impl<'de> EnumAccess<'de> for Key<'_> {
    type Error = Fault;
    type Variant = Self;

    fn variant_seed<S: DeserializeSeed<'de>>(self, seed: S) -> Read<(S::Value, Self)> {
        Ok((seed.deserialize(Key(self.0))?, self))
    }
}

impl<'de> VariantAccess<'de> for Key<'_> {
    type Error = Fault;

    fn unit_variant(self) -> Read<()> {
        Ok(())
    }

    fn newtype_variant_seed<S: DeserializeSeed<'de>>(self, _seed: S) -> Read<S::Value> {
        Err(Fault::custom("a name where an object is expected"))
    }

    fn tuple_variant<V: Visitor<'de>>(self, _len: usize, _visitor: V) -> Read<V::Value> {
        Err(Fault::custom("a name where a list is expected"))
    }

    fn struct_variant<V: Visitor<'de>>(
        self,
        _fields: &'static [&'static str],
        _visitor: V,
    ) -> Read<V::Value> {
        Err(Fault::custom("a name where an object is expected"))
    }
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
    split(Value::deserialize(source)?, variants).map_err(D::Error::custom)
}

/// [`tagged`] for JSON that is there already; what is wrong with it otherwise.
///
/// # Errors
/// As [`tagged`].
pub fn split(value: Value, variants: &[&str]) -> std::result::Result<(usize, Value), String> {
    let list = || variants.iter().map(|v| camel(v)).collect::<Vec<_>>().join(", ");
    let Value::Object(mut fields) = value else {
        return Err(format!("no object with a type; use one of {}", list()));
    };
    let Some(Value::String(kind)) = fields.remove("type") else {
        return Err(format!("no type; use one of {}", list()));
    };
    match variants.iter().position(|v| camel(v) == kind) {
        Some(variant) => Ok((variant, Value::Object(fields))),
        None => {
            let known = variants.iter().map(|v| camel(v)).collect::<Vec<_>>();
            Err(unknown("type", &kind, &known.iter().map(String::as_str).collect::<Vec<_>>()))
        }
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
        assert!(
            field.ends_with("did you mean `units`?") && unknown.ends_with("did you mean `dense`?"),
            "{field}"
        );
        assert!(
            complaint(r#"{"type": "dense", "units": 1, "activation": "Relu"}"#).ends_with("mean `relu`?")
        );
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
