//! The way from descriptions and results to JSON text.
//!
//! The text enters run hashes, so that its form is fixed: no blanks, fields in their order, numbers with the fewest digits
//! that read back as the same double (with an exponent from 1e16 on and below 1e-4), null where one is not finite.

use super::Fault;
use serde::ser::{
    Error as _, Serialize, SerializeMap, SerializeSeq, SerializeStruct, SerializeStructVariant,
    SerializeTuple, SerializeTupleStruct, SerializeTupleVariant, Serializer,
};
use std::fmt::{Display, Write as _};

/// A value as JSON. What has no text there, an object whose keys are no texts, is written as null; nothing in this
/// crate has such keys.
#[must_use]
pub fn write(value: &(impl Serialize + ?Sized)) -> String {
    let mut out = String::new();
    match value.serialize(Writer(&mut out)) {
        Ok(()) => out,
        Err(_) => "null".to_owned(),
    }
}

struct Writer<'a>(&'a mut String);

type Written = Result<(), Fault>;

impl serde::ser::Error for Fault {
    fn custom<M: Display>(message: M) -> Self {
        Self::new(message.to_string())
    }
}

impl Writer<'_> {
    fn shown(self, value: &dyn Display) -> Written {
        // writing to a String cannot fail
        let _ = write!(self.0, "{value}");
        Ok(())
    }

    /// Debug writes the decimal point and the exponents of JSON; Display has neither.
    #[inline(never)]
    fn float(self, x: f64) -> Written {
        if !x.is_finite() {
            return self.serialize_unit();
        }
        let _ = write!(self.0, "{x:?}");
        Ok(())
    }
}

#[inline(never)]
fn quoted(out: &mut String, text: &str) {
    out.push('"');
    for c in text.chars() {
        match c {
            '"' => out.push_str("\\\""),
            '\\' => out.push_str("\\\\"),
            '\n' => out.push_str("\\n"),
            '\r' => out.push_str("\\r"),
            '\t' => out.push_str("\\t"),
            '\u{8}' => out.push_str("\\b"),
            '\u{c}' => out.push_str("\\f"),
            c if c < ' ' => {
                let _ = write!(out, "\\u{:04x}", u32::from(c));
            }
            c => out.push(c),
        }
    }
    out.push('"');
}

/// A list or an object that is being written.
struct Inside<'a> {
    out: &'a mut String,
    /// Nothing was written into it yet.
    empty: bool,
    end: &'static str,
}

impl<'a> Inside<'a> {
    fn new(out: &'a mut String, start: &str, end: &'static str) -> Self {
        out.push_str(start);
        Self { out, empty: true, end }
    }

    #[inline(never)]
    fn next(&mut self) {
        if !self.empty {
            self.out.push(',');
        }
        self.empty = false;
    }

    #[inline(never)]
    fn named(&mut self, name: &str) {
        self.next();
        quoted(self.out, name);
        self.out.push(':');
    }

    #[inline(never)]
    fn close(self) -> Written {
        self.out.push_str(self.end);
        Ok(())
    }
}

macro_rules! whole {
    ($($method:ident: $t:ty),*) => {$(
        fn $method(self, n: $t) -> Written {
            self.shown(&n)
        }
    )*};
}

impl<'a> Serializer for Writer<'a> {
    type Ok = ();
    type Error = Fault;
    type SerializeSeq = Inside<'a>;
    type SerializeTuple = Inside<'a>;
    type SerializeTupleStruct = Inside<'a>;
    type SerializeTupleVariant = Inside<'a>;
    type SerializeMap = Inside<'a>;
    type SerializeStruct = Inside<'a>;
    type SerializeStructVariant = Inside<'a>;

    whole! {
        serialize_i8: i8, serialize_i16: i16, serialize_i32: i32, serialize_i64: i64,
        serialize_u8: u8, serialize_u16: u16, serialize_u32: u32, serialize_u64: u64
    }

    fn serialize_bool(self, b: bool) -> Written {
        self.0.push_str(if b { "true" } else { "false" });
        Ok(())
    }

    fn serialize_f32(self, x: f32) -> Written {
        if !x.is_finite() {
            return self.serialize_unit();
        }
        let _ = write!(self.0, "{x:?}");
        Ok(())
    }

    fn serialize_f64(self, x: f64) -> Written {
        self.float(x)
    }

    fn serialize_char(self, c: char) -> Written {
        self.serialize_str(c.encode_utf8(&mut [0; 4]))
    }

    fn serialize_str(self, text: &str) -> Written {
        quoted(self.0, text);
        Ok(())
    }

    fn serialize_bytes(self, bytes: &[u8]) -> Written {
        self.collect_seq(bytes)
    }

    fn serialize_none(self) -> Written {
        self.serialize_unit()
    }

    fn serialize_some<T: Serialize + ?Sized>(self, value: &T) -> Written {
        value.serialize(self)
    }

    fn serialize_unit(self) -> Written {
        self.0.push_str("null");
        Ok(())
    }

    fn serialize_unit_struct(self, _name: &'static str) -> Written {
        self.serialize_unit()
    }

    fn serialize_unit_variant(self, _name: &'static str, _index: u32, variant: &'static str) -> Written {
        self.serialize_str(variant)
    }

    fn serialize_newtype_struct<T: Serialize + ?Sized>(self, _name: &'static str, value: &T) -> Written {
        value.serialize(self)
    }

    fn serialize_newtype_variant<T: Serialize + ?Sized>(
        self,
        _name: &'static str,
        _index: u32,
        variant: &'static str,
        value: &T,
    ) -> Written {
        let mut object = Inside::new(self.0, "{", "}");
        object.named(variant);
        value.serialize(Writer(object.out))?;
        object.close()
    }

    fn serialize_seq(self, _len: Option<usize>) -> Result<Inside<'a>, Fault> {
        Ok(Inside::new(self.0, "[", "]"))
    }

    fn serialize_tuple(self, _len: usize) -> Result<Inside<'a>, Fault> {
        Ok(Inside::new(self.0, "[", "]"))
    }

    fn serialize_tuple_struct(self, _name: &'static str, _len: usize) -> Result<Inside<'a>, Fault> {
        Ok(Inside::new(self.0, "[", "]"))
    }

    fn serialize_tuple_variant(
        self,
        _name: &'static str,
        _index: u32,
        variant: &'static str,
        _len: usize,
    ) -> Result<Inside<'a>, Fault> {
        Inside::new(self.0, "{", "").named(variant);
        Ok(Inside::new(self.0, "[", "]}"))
    }

    fn serialize_map(self, _len: Option<usize>) -> Result<Inside<'a>, Fault> {
        Ok(Inside::new(self.0, "{", "}"))
    }

    fn serialize_struct(self, _name: &'static str, _len: usize) -> Result<Inside<'a>, Fault> {
        Ok(Inside::new(self.0, "{", "}"))
    }

    fn serialize_struct_variant(
        self,
        _name: &'static str,
        _index: u32,
        variant: &'static str,
        _len: usize,
    ) -> Result<Inside<'a>, Fault> {
        Inside::new(self.0, "{", "").named(variant);
        Ok(Inside::new(self.0, "{", "}}"))
    }
}

macro_rules! list {
    ($($kind:ident::$method:ident),*) => {$(
        impl $kind for Inside<'_> {
            type Ok = ();
            type Error = Fault;

            fn $method<T: Serialize + ?Sized>(&mut self, value: &T) -> Written {
                self.next();
                value.serialize(Writer(self.out))
            }

            fn end(self) -> Written {
                self.close()
            }
        }
    )*};
}

list!(
    SerializeSeq::serialize_element,
    SerializeTuple::serialize_element,
    SerializeTupleStruct::serialize_field,
    SerializeTupleVariant::serialize_field
);

macro_rules! object {
    ($($kind:ident),*) => {$(
        impl $kind for Inside<'_> {
            type Ok = ();
            type Error = Fault;

            fn serialize_field<T: Serialize + ?Sized>(&mut self, name: &'static str, value: &T) -> Written {
                self.named(name);
                value.serialize(Writer(self.out))
            }

            fn end(self) -> Written {
                self.close()
            }
        }
    )*};
}

object!(SerializeStruct, SerializeStructVariant);

impl SerializeMap for Inside<'_> {
    type Ok = ();
    type Error = Fault;

    fn serialize_key<T: Serialize + ?Sized>(&mut self, key: &T) -> Written {
        self.next();
        let start = self.out.len();
        key.serialize(Writer(self.out))?;
        if !self.out[start..].starts_with('"') {
            return Err(Fault::custom("a key that is no text"));
        }
        self.out.push(':');
        Ok(())
    }

    fn serialize_value<T: Serialize + ?Sized>(&mut self, value: &T) -> Written {
        value.serialize(Writer(self.out))
    }

    fn end(self) -> Written {
        self.close()
    }
}

#[cfg(not(target_family = "wasm"))]
#[cfg(test)]
mod tests {
    use super::write;
    use serde::Serialize;
    use std::collections::BTreeMap;

    #[derive(Serialize)]
    enum Shape {
        Unit,
        New(u8),
        Pair(u8, f64),
        Named { x: Option<i64>, y: char },
    }

    #[derive(Serialize)]
    #[serde(tag = "type", rename_all = "camelCase")]
    enum Tagged {
        Empty {},
        Held(Held),
    }

    #[derive(Serialize)]
    struct Held {
        list: Vec<f32>,
        nothing: (),
    }

    fn check(value: &impl Serialize) {
        assert_eq!(write(value), serde_json::to_string(value).unwrap());
    }

    #[test]
    fn every_shape_is_written_as_serde_json_writes_it() {
        check(&[Shape::Unit, Shape::New(3), Shape::Pair(1, 2.0), Shape::Named { x: None, y: '"' }]);
        check(&[Tagged::Empty {}, Tagged::Held(Held { list: vec![0.1, f32::NAN, 3.0], nothing: () })]);
        check(&(
            true,
            -5_i8,
            u64::MAX,
            i64::MIN,
            "\u{0}\u{1f} \n\r\t\u{8}\u{c}\\/\"é中\u{7f}",
            Some(Some(1)),
        ));
        check(&BTreeMap::from([("b", vec![1]), ("a", vec![])]));
        assert_eq!(write(&BTreeMap::from([(1, 2)])), "null");
    }

    /// The same digits, and the same text but for where an exponent begins.
    fn check_number(x: f64) {
        let (ours, theirs) = (write(&x), serde_json::to_string(&x).unwrap());
        if !x.is_finite() || x == 0.0 || (1e-4..1e16).contains(&x.abs()) {
            assert_eq!(ours, theirs);
            return;
        }
        assert_eq!(ours.parse::<f64>().unwrap().to_bits(), x.to_bits());
        let digits = |text: &str| {
            let mantissa = text.split('e').next().unwrap().replace(['.', '-'], "");
            mantissa.trim_matches('0').to_owned()
        };
        assert_eq!(digits(&ours), digits(&theirs), "{x:?}");
    }

    #[test]
    fn numbers_have_the_digits_of_serde_json() {
        for x in [
            0.0,
            -0.0,
            1.0,
            0.1,
            100.0,
            1e15,
            1e16,
            1.5e16,
            123_456_789_012_345_680.0,
            1e21,
            1e-4,
            1e-5,
            9.999e-6,
            1e-6,
            1e-7,
            5e-324,
            f64::MAX,
            f64::MIN_POSITIVE,
            0.1 + 0.2,
            1.0 / 3.0,
            4_503_599_627_370_496.5,
            f64::INFINITY,
            f64::NAN,
        ] {
            check_number(x);
            check_number(-x);
        }
    }

    proptest::proptest! {
        #[test]
        fn any_number_and_text(bits: u64, text: String) {
            check_number(f64::from_bits(bits));
            check(&text);
            let single = f32::from_bits(bits as u32);
            if single.is_finite() {
                proptest::prop_assert_eq!(write(&single).parse::<f32>().unwrap().to_bits(), single.to_bits());
            }
        }
    }
}
