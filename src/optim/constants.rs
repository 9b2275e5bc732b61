//! Descriptions that are lists of named constants: read, checked and written from one declaration.
//!
//! Every optimizer, schedule and option names its constants once, in [`Constants::each`]. The rest is the code below,
//! in one copy for all of them; derived code for each would be a tenth of the WebAssembly.

use super::ranged;
use crate::error::Result;
use crate::json::{self, Map, Value};
use serde::Deserializer;

/// A constant and what it may be.
#[derive(Debug)]
pub enum Slot<'a> {
    /// A number of a range.
    Number(&'a mut f64, [f64; 2]),
    /// A number of a range, or none.
    Maybe(&'a mut Option<f64>, [f64; 2]),
    /// A count, at least the second.
    Count(&'a mut u32, u32),
    /// Yes or no.
    Flag(&'a mut bool),
    /// Yes, no, or left open.
    MaybeFlag(&'a mut Option<bool>),
    /// One of some names, by its place.
    Choice(&'a mut usize, &'static [&'static str]),
}

/// Something with named constants.
pub trait Constants {
    /// Shows each constant, in the order in which they are written.
    fn each(&mut self, show: &mut dyn FnMut(&'static str, Slot<'_>));
}

/// Constants that came after specs had been hashed: they are written only where they are set, so that hashes stay.
const LATE: [&str; 3] = ["amsgrad", "dampening", "end"];

/// Sets the constants that `fields` has and takes them out.
///
/// # Errors
/// A sentence that names the field whose value is of the wrong kind.
pub fn read(target: &mut dyn Constants, fields: &mut Map) -> std::result::Result<(), String> {
    let mut fault = None;
    target.each(&mut |name, slot| {
        let Some(value) = fields.remove(name) else { return };
        let fits = match slot {
            Slot::Number(number, _) => value.as_f64().map(|v| *number = v),
            Slot::Maybe(number, _) if value == Value::Null => {
                *number = None;
                Some(())
            }
            Slot::Maybe(number, _) => value.as_f64().map(|v| *number = Some(v)),
            Slot::Count(count, _) => value.as_u64().and_then(|v| v.try_into().ok()).map(|v| *count = v),
            Slot::Flag(flag) => value.as_bool().map(|v| *flag = v),
            Slot::MaybeFlag(flag) if value == Value::Null => {
                *flag = None;
                Some(())
            }
            Slot::MaybeFlag(flag) => value.as_bool().map(|v| *flag = Some(v)),
            Slot::Choice(place, names) => {
                value.as_str().and_then(|v| names.iter().position(|n| *n == v)).map(|v| *place = v)
            }
        };
        if fits.is_none() && fault.is_none() {
            fault = Some(format!("invalid value {value} of `{name}`"));
        }
    });
    fault.map_or(Ok(()), Err)
}

/// Refuses fields that nothing has taken out; `source` has those there are.
///
/// # Errors
/// A sentence that names the field.
pub fn nothing_left(fields: &Map, source: &mut dyn Constants) -> std::result::Result<(), String> {
    fields.first().map_or(Ok(()), |name| Err(odd(name, source)))
}

#[inline(never)]
fn odd(name: &str, source: &mut dyn Constants) -> String {
    let mut known = Vec::new();
    source.each(&mut |name, _| known.push(name));
    json::unknown("field", name, &known)
}

/// The constants as they are written, in their order.
pub fn written(mut source: impl Constants) -> Vec<(&'static str, Value)> {
    let mut entries = Vec::new();
    source.each(&mut |name, slot| {
        let off = matches!(&slot, Slot::Number(v, _) if **v == 0.0) || matches!(&slot, Slot::Flag(false));
        let value = match slot {
            _ if off && LATE.contains(&name) => return,
            Slot::Maybe(None, _) | Slot::MaybeFlag(None) => return,
            Slot::Number(v, _) | Slot::Maybe(Some(v), _) => Value::from(*v),
            Slot::Count(v, _) => Value::from(*v),
            Slot::Flag(v) | Slot::MaybeFlag(Some(v)) => Value::from(*v),
            Slot::Choice(v, names) => Value::from(names[*v]),
        };
        entries.push((name, value));
    });
    entries
}

/// Refuses constants outside their range; `place` is the field of the spec they stand in.
///
/// # Errors
/// [`Error::Spec`](crate::Error::Spec) that names the constant.
pub fn check(mut source: impl Constants, place: &str) -> Result<()> {
    let mut result = Ok(());
    source.each(&mut |name, slot| {
        let (value, [low, high]) = match slot {
            Slot::Number(v, range) | Slot::Maybe(Some(v), range) => (*v, range),
            Slot::Count(v, least) => (f64::from(*v), [f64::from(least), 1e6]),
            _ => return,
        };
        if result.is_ok() {
            result = ranged(&format!("{place}.{name}"), value, low, high);
        }
    });
    result
}

/// Splits `{"type": "adam", …}` into the place of the type among `names` and the other fields.
pub(super) fn tagged<'de, D: Deserializer<'de>>(
    source: D,
    names: &[&str],
) -> std::result::Result<(usize, Map), D::Error> {
    match json::tagged(source, names)? {
        (place, Value::Object(fields)) => Ok((place, fields)),
        (place, _) => Ok((place, Map::default())),
    }
}

/// An enum of structs with constants, called in specs by their names, and a function that says what is known of each. A place
/// outside the list, of which there is none, gives the one behind `else`.
macro_rules! one_of {
    ($(#[$doc:meta])* $name:ident, else $default:ident: $($variant:ident),*; $(#[$about:meta])* $all:ident) => {
        $(#[$doc])*
        #[derive(Debug, Clone, Copy, PartialEq)]
        #[cfg_attr(target_family = "wasm", derive(tsify::Tsify), serde(tag = "type", rename_all = "camelCase"))]
        #[allow(missing_docs)]
        pub enum $name { $($variant($variant)),* }

        impl $name {
            const NAMES: &'static [&'static str] = &[$(stringify!($variant)),*];

            /// The one at a place of the list, with its defaults.
            fn of(place: usize) -> Self {
                match Self::NAMES[place] {
                    $(stringify!($variant) => Self::$variant($variant::default()),)*
                    _ => Self::$default($default::default()),
                }
            }

            /// Its type in a spec.
            #[must_use]
            pub fn name(&self) -> String {
                json::camel(match self { $(Self::$variant(_) => stringify!($variant),)* })
            }

            fn constants(&mut self) -> &mut dyn Constants {
                match self { $(Self::$variant(one) => one,)* }
            }
        }

        $(#[$about])*
        #[must_use]
        pub fn $all() -> Vec<Documented> {
            vec![$(Documented::new(
                json::camel(stringify!($variant)),
                $variant::TITLE,
                $variant::FORMULA,
                $variant::SOURCE,
            )),*]
        }
    };
}

/// Reads and writes a struct that has nothing but constants.
macro_rules! serde_by_constants {
    ($name:ident) => {
        impl serde::Serialize for $name {
            fn serialize<S: serde::Serializer>(&self, target: S) -> std::result::Result<S::Ok, S::Error> {
                target.collect_map($crate::optim::written(*self))
            }
        }

        impl<'de> serde::Deserialize<'de> for $name {
            fn deserialize<D: serde::Deserializer<'de>>(source: D) -> std::result::Result<Self, D::Error> {
                let mut fields = serde::Deserialize::deserialize(source)?;
                let mut read = Self::default();
                $crate::optim::read(&mut read, &mut fields).map_err(serde::de::Error::custom)?;
                $crate::optim::nothing_left(&fields, &mut read).map_err(serde::de::Error::custom)?;
                Ok(read)
            }
        }
    };
}

pub(super) use one_of;
pub(crate) use serde_by_constants;
