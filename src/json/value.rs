//! JSON in memory, and the way from text to it (RFC 8259).
//!
//! The crates that do this bring tables and code for every shape of data, a tenth of a WebAssembly build; descriptions
//! need a tree. Tests compare what is read and written here with serde_json.

use serde::de::{Deserialize, Deserializer, MapAccess, SeqAccess, Visitor};
use serde::ser::{Serialize, Serializer};
use std::fmt;

/// Objects and lists may stand so deep in one another.
const MOST_DEPTH: usize = 128;

/// Any JSON.
#[derive(Debug, Clone, PartialEq)]
pub enum Value {
    Null,
    Bool(bool),
    Number(Number),
    String(String),
    Array(Vec<Self>),
    Object(Map),
}

/// A number, as it is written: whole numbers are exact.
#[derive(Debug, Clone, Copy, PartialEq)]
pub enum Number {
    Unsigned(u64),
    /// Below 0.
    Signed(i64),
    Float(f64),
}

/// The fields of an object, in their order; of two with one name the last one counts.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Map(Vec<(String, Value)>);

impl Value {
    pub fn as_bool(&self) -> Option<bool> {
        if let Self::Bool(b) = self { Some(*b) } else { None }
    }

    pub fn as_u64(&self) -> Option<u64> {
        if let Self::Number(Number::Unsigned(n)) = self { Some(*n) } else { None }
    }

    pub fn as_i64(&self) -> Option<i64> {
        match self {
            Self::Number(Number::Signed(n)) => Some(*n),
            _ => self.as_u64().and_then(|n| n.try_into().ok()),
        }
    }

    pub fn as_f64(&self) -> Option<f64> {
        match self {
            Self::Number(Number::Unsigned(n)) => Some(*n as f64),
            Self::Number(Number::Signed(n)) => Some(*n as f64),
            Self::Number(Number::Float(x)) => Some(*x),
            _ => None,
        }
    }

    pub fn as_str(&self) -> Option<&str> {
        if let Self::String(s) = self { Some(s) } else { None }
    }

    /// The field `name` of an object.
    pub fn get(&self, name: &str) -> Option<&Self> {
        let Self::Object(fields) = self else { return None };
        fields.iter().find(|(key, _)| key == name).map(|(_, value)| value)
    }
}

impl From<bool> for Value {
    fn from(b: bool) -> Self {
        Self::Bool(b)
    }
}

impl From<u32> for Value {
    fn from(n: u32) -> Self {
        Self::Number(Number::Unsigned(n.into()))
    }
}

/// What is not finite has no number in JSON and becomes null.
impl From<f64> for Value {
    fn from(x: f64) -> Self {
        if x.is_finite() { Self::Number(Number::Float(x)) } else { Self::Null }
    }
}

impl From<String> for Value {
    fn from(text: String) -> Self {
        Self::String(text)
    }
}

impl From<&str> for Value {
    fn from(text: &str) -> Self {
        Self::String(text.to_owned())
    }
}

impl fmt::Display for Value {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&super::write(self))
    }
}

impl Map {
    pub fn iter(&self) -> std::slice::Iter<'_, (String, Value)> {
        self.0.iter()
    }

    /// Sets a field.
    pub fn insert(&mut self, name: String, value: Value) {
        match self.0.iter_mut().find(|(key, _)| *key == name) {
            Some(field) => field.1 = value,
            None => self.0.push((name, value)),
        }
    }

    /// Takes a field out; the others keep their order.
    pub fn remove(&mut self, name: &str) -> Option<Value> {
        let place = self.0.iter().position(|(key, _)| key == name)?;
        Some(self.0.remove(place).1)
    }

    /// The name of the first field.
    pub fn first(&self) -> Option<&str> {
        self.0.first().map(|(name, _)| name.as_str())
    }
}

impl Serialize for Value {
    fn serialize<S: Serializer>(&self, to: S) -> Result<S::Ok, S::Error> {
        match self {
            Self::Null => to.serialize_unit(),
            Self::Bool(b) => to.serialize_bool(*b),
            Self::Number(Number::Unsigned(n)) => to.serialize_u64(*n),
            Self::Number(Number::Signed(n)) => to.serialize_i64(*n),
            Self::Number(Number::Float(x)) => to.serialize_f64(*x),
            Self::String(s) => to.serialize_str(s),
            Self::Array(items) => to.collect_seq(items),
            Self::Object(fields) => fields.serialize(to),
        }
    }
}

impl Serialize for Map {
    fn serialize<S: Serializer>(&self, to: S) -> Result<S::Ok, S::Error> {
        to.collect_map(self.iter().map(|(name, value)| (name, value)))
    }
}

impl<'de> Deserialize<'de> for Value {
    fn deserialize<D: Deserializer<'de>>(from: D) -> Result<Self, D::Error> {
        from.deserialize_any(Anything)
    }
}

impl<'de> Deserialize<'de> for Map {
    fn deserialize<D: Deserializer<'de>>(from: D) -> Result<Self, D::Error> {
        match Value::deserialize(from)? {
            Value::Object(fields) => Ok(fields),
            other => Err(serde::de::Error::custom(format!("{other} where an object is expected"))),
        }
    }
}

struct Anything;

impl<'de> Visitor<'de> for Anything {
    type Value = Value;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("any value")
    }

    fn visit_unit<E>(self) -> Result<Value, E> {
        Ok(Value::Null)
    }

    fn visit_bool<E>(self, b: bool) -> Result<Value, E> {
        Ok(Value::Bool(b))
    }

    fn visit_u64<E>(self, n: u64) -> Result<Value, E> {
        Ok(Value::Number(Number::Unsigned(n)))
    }

    fn visit_i64<E>(self, n: i64) -> Result<Value, E> {
        Ok(Value::Number(u64::try_from(n).map_or(Number::Signed(n), Number::Unsigned)))
    }

    fn visit_f64<E>(self, x: f64) -> Result<Value, E> {
        Ok(Value::from(x))
    }

    fn visit_str<E>(self, text: &str) -> Result<Value, E> {
        Ok(Value::from(text))
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut items: A) -> Result<Value, A::Error> {
        let mut list = Vec::new();
        while let Some(item) = items.next_element()? {
            list.push(item);
        }
        Ok(Value::Array(list))
    }

    fn visit_map<A: MapAccess<'de>>(self, mut fields: A) -> Result<Value, A::Error> {
        let mut map = Map::default();
        while let Some((name, value)) = fields.next_entry()? {
            map.insert(name, value);
        }
        Ok(Value::Object(map))
    }
}

/// Reads a text that is one JSON value.
///
/// # Errors
/// A sentence with line and column, counted from 1.
pub fn parse(text: &str) -> Result<Value, String> {
    let mut reader = Reader { text, at: 0 };
    let read = reader.value(0).and_then(|value| match reader.peek() {
        None => Ok(value),
        Some(_) => Err("nothing more".to_owned()),
    });
    read.map_err(|expected| {
        let before = text.get(..reader.at).unwrap_or_default();
        let line = before.matches('\n').count() + 1;
        let column = before.chars().rev().take_while(|c| *c != '\n').count() + 1;
        let got = text.get(reader.at..).and_then(|rest| rest.chars().next());
        let got = got.map_or_else(|| "the end".to_owned(), |c| format!("`{c}`"));
        format!("line {line} column {column}: {got} where JSON has {expected}")
    })
}

/// Reads on from a place. What goes wrong is told as what was expected there.
struct Reader<'a> {
    text: &'a str,
    at: usize,
}

type Step<T> = Result<T, String>;

impl Reader<'_> {
    fn byte(&self) -> Option<u8> {
        self.text.as_bytes().get(self.at).copied()
    }

    /// The next byte that is no white space, which is passed over.
    fn peek(&mut self) -> Option<u8> {
        while matches!(self.byte(), Some(b' ' | b'\t' | b'\n' | b'\r')) {
            self.at += 1;
        }
        self.byte()
    }

    fn take(&mut self, wanted: u8) -> bool {
        let there = self.peek() == Some(wanted);
        self.at += usize::from(there);
        there
    }

    fn value(&mut self, depth: usize) -> Step<Value> {
        if depth > MOST_DEPTH {
            return Err(format!("at most {MOST_DEPTH} levels"));
        }
        match self.peek() {
            Some(b'"') => self.string().map(Value::String),
            Some(b'{') => self.object(depth),
            Some(b'[') => self.array(depth),
            Some(b'-' | b'0'..=b'9') => self.number(),
            _ => {
                for (word, value) in
                    [("null", Value::Null), ("true", Value::Bool(true)), ("false", Value::Bool(false))]
                {
                    if self.text[self.at..].starts_with(word) {
                        self.at += word.len();
                        return Ok(value);
                    }
                }
                Err("a value".to_owned())
            }
        }
    }

    fn array(&mut self, depth: usize) -> Step<Value> {
        let mut items = Vec::new();
        self.at += 1;
        if !self.take(b']') {
            loop {
                items.push(self.value(depth + 1)?);
                if self.take(b']') {
                    break;
                }
                if !self.take(b',') {
                    return Err("`,` or `]`".to_owned());
                }
            }
        }
        Ok(Value::Array(items))
    }

    fn object(&mut self, depth: usize) -> Step<Value> {
        let mut fields = Map::default();
        self.at += 1;
        if !self.take(b'}') {
            loop {
                if self.peek() != Some(b'"') {
                    return Err("the name of a field".to_owned());
                }
                let name = self.string()?;
                if !self.take(b':') {
                    return Err("`:`".to_owned());
                }
                let value = self.value(depth + 1)?;
                fields.insert(name, value);
                if self.take(b'}') {
                    break;
                }
                if !self.take(b',') {
                    return Err("`,` or `}`".to_owned());
                }
            }
        }
        Ok(Value::Object(fields))
    }

    fn digits(&mut self) -> Step<()> {
        let start = self.at;
        while matches!(self.byte(), Some(b'0'..=b'9')) {
            self.at += 1;
        }
        if self.at == start { Err("a digit".to_owned()) } else { Ok(()) }
    }

    fn number(&mut self) -> Step<Value> {
        let start = self.at;
        self.at += usize::from(self.byte() == Some(b'-'));
        if self.byte() == Some(b'0') {
            self.at += 1
        } else {
            self.digits()?
        }
        let mut whole = true;
        if self.byte() == Some(b'.') {
            (whole, self.at) = (false, self.at + 1);
            self.digits()?;
        }
        if matches!(self.byte(), Some(b'e' | b'E')) {
            (whole, self.at) = (false, self.at + 1);
            self.at += usize::from(matches!(self.byte(), Some(b'+' | b'-')));
            self.digits()?;
        }
        let digits = &self.text[start..self.at];
        if whole && let Ok(n) = digits.parse() {
            return Ok(Value::Number(Number::Unsigned(n)));
        }
        // the sign of -0 is kept by a float alone
        if whole
            && digits != "-0"
            && let Ok(n) = digits.parse()
        {
            return Ok(Value::Number(Number::Signed(n)));
        }
        match digits.parse::<f64>() {
            Ok(x) if x.is_finite() => Ok(Value::Number(Number::Float(x))),
            _ => {
                self.at = start;
                Err("a number that a double can hold".to_owned())
            }
        }
    }

    fn string(&mut self) -> Step<String> {
        let mut read = String::new();
        self.at += 1;
        loop {
            let rest = &self.text[self.at..];
            let run = rest.bytes().position(|b| b == b'"' || b == b'\\' || b < b' ').unwrap_or(rest.len());
            read.push_str(&rest[..run]);
            self.at += run;
            match self.byte() {
                Some(b'"') => {
                    self.at += 1;
                    return Ok(read);
                }
                Some(b'\\') => {
                    self.at += 1;
                    read.push(self.escape()?);
                }
                _ => return Err("a quotation mark or an escaped character".to_owned()),
            }
        }
    }

    /// What stands for one character behind a backslash.
    fn escape(&mut self) -> Step<char> {
        let c = match self.byte() {
            Some(c @ (b'"' | b'\\' | b'/')) => char::from(c),
            Some(b'b') => '\u{8}',
            Some(b'f') => '\u{c}',
            Some(b'n') => '\n',
            Some(b'r') => '\r',
            Some(b't') => '\t',
            Some(b'u') => {
                self.at += 1;
                return self.unicode();
            }
            _ => return Err("an escape".to_owned()),
        };
        self.at += 1;
        Ok(c)
    }

    /// A UTF-16 code in four hex digits; two of them make a character beyond 0xffff.
    fn unicode(&mut self) -> Step<char> {
        let first = self.code()?;
        let code = if (0xd800..0xdc00).contains(&first) && self.text[self.at..].starts_with("\\u") {
            self.at += 2;
            let second = self.code()?;
            // what is no second half makes a code that no character has
            if (0xdc00..0xe000).contains(&second) {
                0x10000 + ((first - 0xd800) << 10) + (second - 0xdc00)
            } else {
                first
            }
        } else {
            first
        };
        char::from_u32(code).ok_or_else(|| "a pair of surrogates".to_owned())
    }

    fn code(&mut self) -> Step<u32> {
        let digits = self.text.get(self.at..self.at + 4).filter(|d| d.bytes().all(|b| b.is_ascii_hexdigit()));
        let code = digits.and_then(|d| u32::from_str_radix(d, 16).ok());
        self.at += if code.is_some() { 4 } else { 0 };
        code.ok_or_else(|| "four hex digits".to_owned())
    }
}

#[cfg(not(target_family = "wasm"))]
#[cfg(test)]
mod tests {
    use super::*;

    /// The same tree as another library has it.
    fn same(ours: &Value, theirs: &serde_json::Value) -> bool {
        use serde_json::Value as Other;
        match (ours, theirs) {
            (Value::Null, Other::Null) => true,
            (Value::Bool(a), Other::Bool(b)) => a == b,
            (Value::String(a), Other::String(b)) => a == b,
            (Value::Number(_), Other::Number(n)) => {
                (ours.as_u64(), ours.as_i64()) == (n.as_u64(), n.as_i64())
                    && ours.as_f64().map(f64::to_bits) == n.as_f64().map(f64::to_bits)
            }
            (Value::Array(a), Other::Array(b)) => {
                a.len() == b.len() && a.iter().zip(b).all(|(a, b)| same(a, b))
            }
            (Value::Object(a), Other::Object(b)) => {
                a.iter().count() == b.len() && a.iter().all(|(k, v)| b.get(k).is_some_and(|w| same(v, w)))
            }
            _ => false,
        }
    }

    #[test]
    fn texts_are_read_and_refused_as_serde_json_does() {
        let texts = [
            r#"{"a": [1, -2, 0, -0, 2.5, 1e-8, 1E+3, 18446744073709551615, -9223372036854775808], "b": {}}"#,
            "0.1",
            "5e-324",
            "1.7976931348623157e308",
            "123456789012345678901234567890",
            "9007199254740993.0",
            "2.2250738585072011e-308",
            "8.41",
            "[]",
            " [ ] ",
            "[[[]]]",
            "true",
            " null\n",
            "\"\"",
            r#""\u00e9\n\t\/\"\\ \ud83d\ude00 中文""#,
            r#"{"a":1,"a":2}"#,
            "\"\u{7f}\"",
            // and what is no JSON
            "",
            " ",
            "{",
            "[1,]",
            "[1 2]",
            "{\"a\"}",
            "{\"a\":}",
            "{a:1}",
            "{\"a\":1,}",
            "01",
            "-",
            "1.",
            ".5",
            "1e",
            "+1",
            "1e999",
            "-1e999",
            "nul",
            "tru",
            "truefalse",
            "\"",
            "\"\\",
            "\"\\x\"",
            "\"\\u12\"",
            "\"\\u12g4\"",
            r#""\ud83d""#,
            r#""\ud83dx""#,
            r#""\ud83dA""#,
            r#""\ude00""#,
            "\"\n\"",
            "NaN",
            "Infinity",
            "1 2",
            "[",
            "]",
            "'a'",
            "\u{feff}1",
            "é",
        ];
        for text in texts {
            let (ours, theirs) = (parse(text), serde_json::from_str::<serde_json::Value>(text));
            match (&ours, &theirs) {
                (Ok(a), Ok(b)) => assert!(same(a, b), "{text}: {a:?} {b:?}"),
                (Err(_), Err(_)) => {}
                _ => panic!("{text}: {ours:?} {theirs:?}"),
            }
        }
        let deep = |n: usize| "[".repeat(n) + &"]".repeat(n);
        assert!(parse(&deep(100)).is_ok() && parse(&deep(100_000)).is_err());
    }

    #[test]
    fn a_fault_is_told_with_its_place() {
        let told = |text: &str| parse(text).unwrap_err();
        assert_eq!(
            told("{\n  \"a\": 1,\n  b: 2}"),
            "line 3 column 3: `b` where JSON has the name of a field"
        );
        assert_eq!(told("[1"), "line 1 column 3: the end where JSON has `,` or `]`");
        assert_eq!(told("[1] 中"), "line 1 column 5: `中` where JSON has nothing more");
        assert_eq!(told("[1e999]"), "line 1 column 2: `1` where JSON has a number that a double can hold");
    }

    proptest::proptest! {
        #[test]
        fn any_text_is_read_or_refused(text in "[\\[\\]{}\",:0-9eE.+\\-a-u\\\\ é]{0,40}") {
            let theirs = serde_json::from_str::<serde_json::Value>(&text);
            match parse(&text) {
                Ok(ours) => proptest::prop_assert!(theirs.is_ok_and(|t| same(&ours, &t))),
                Err(_) => proptest::prop_assert!(theirs.is_err()),
            }
        }
    }
}
