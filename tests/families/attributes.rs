//! Attributes of a case, and which of them were asked for.

use super::{Stop, not_yet};
use serde_json::{Map, Value};
use std::cell::RefCell;
use std::collections::BTreeSet;

/// Keys that only explain.
const PROSE: [&str; 5] = ["about", "formula", "grad", "mask", "clip_formula"];

pub struct Attributes<'a> {
    map: Option<&'a Map<String, Value>>,
    read: RefCell<BTreeSet<String>>,
}

impl<'a> Attributes<'a> {
    pub fn new(value: &'a Value) -> Self {
        Self { map: value.as_object(), read: RefCell::default() }
    }

    /// The attribute under the first of `keys` that is there and not null.
    pub fn get(&self, keys: &[&str]) -> Option<&'a Value> {
        let key = keys.iter().find(|key| self.map.is_some_and(|m| m.contains_key(**key)))?;
        self.read.borrow_mut().insert((*key).to_owned());
        self.map?.get(*key).filter(|v| !v.is_null())
    }

    /// An attribute that was never asked for: it may change what is meant, or only explain.
    pub fn unread(&self) -> Option<&'a str> {
        let read = self.read.borrow();
        let keys = self.map.into_iter().flat_map(|m| m.keys());
        keys.map(String::as_str).find(|k| !read.contains(*k) && !PROSE.contains(k))
    }

    pub fn flag(&self, key: &str, default: bool) -> Result<bool, Stop> {
        self.with(&[key], default, Value::as_bool)
    }

    pub fn number(&self, keys: &[&str], default: f64) -> Result<f64, Stop> {
        self.with(keys, default, Value::as_f64)
    }

    pub fn integer(&self, keys: &[&str], default: i64) -> Result<i64, Stop> {
        self.with(keys, default, Value::as_i64)
    }

    pub fn text(&self, key: &str, default: &'a str) -> Result<&'a str, Stop> {
        match self.get(&[key]) {
            None => Ok(default),
            Some(value) => value.as_str().map_or_else(|| unreadable(key, value), Ok),
        }
    }

    /// Stops unless the attribute, if it is there, is one of `known`.
    pub fn one_of(&self, key: &str, known: &[&'a str]) -> Result<&'a str, Stop> {
        let value = self.text(key, known[0])?;
        if known.contains(&value) { Ok(value) } else { not_yet(format!("{key} {value}")) }
    }

    /// A list of integers; one number stands for a list of it.
    pub fn integers(&self, keys: &[&str], rank: usize) -> Result<Option<Vec<i64>>, Stop> {
        let Some(value) = self.get(keys) else { return Ok(None) };
        let list = match value.as_array() {
            Some(list) => list.iter().map(Value::as_i64).collect(),
            None => value.as_i64().map(|v| vec![v; rank]),
        };
        list.map_or_else(|| unreadable(keys[0], value), |l| Ok(Some(l)))
    }

    /// Two counts, for height and width.
    pub fn pair(&self, key: &str, default: [usize; 2]) -> Result<[usize; 2], Stop> {
        let Some(list) = self.integers(&[key], 2)? else { return Ok(default) };
        match list[..] {
            [a, b] if a >= 0 && b >= 0 => Ok([a as usize, b as usize]),
            _ => not_yet(format!("{key} {list:?}")),
        }
    }

    /// What is before and after along each axis: `[[1, 0], [2, 3]]`, or `[1, 2]` for the same on both sides.
    pub fn sides(&self, key: &str, rank: usize) -> Result<Vec<[usize; 2]>, Stop> {
        let Some(value) = self.get(&[key]) else { return Ok(vec![[0; 2]; rank]) };
        let count = |v: &Value| v.as_u64().map(|n| n as usize);
        let side = |v: &Value| match v.as_array().map(Vec::as_slice) {
            Some([before, after]) => Some([count(before)?, count(after)?]),
            None => Some([count(v)?; 2]),
            _ => None,
        };
        let sides: Option<Vec<[usize; 2]>> = match value.as_array() {
            Some(list) => list.iter().map(side).collect(),
            None => count(value).map(|n| vec![[n; 2]; rank]),
        };
        sides.filter(|s| s.len() == rank).map_or_else(|| unreadable(key, value), Ok)
    }

    fn with<T>(&self, keys: &[&str], default: T, read: fn(&Value) -> Option<T>) -> Result<T, Stop> {
        match self.get(keys) {
            None => Ok(default),
            Some(value) => read(value).map_or_else(|| unreadable(keys[0], value), Ok),
        }
    }
}

fn unreadable<T>(key: &str, value: &Value) -> Result<T, Stop> {
    not_yet(format!("{key} {value}"))
}

/// An axis counted from the front.
pub fn axis(axis: i64, rank: usize) -> Result<usize, Stop> {
    let place = if axis < 0 { axis + rank as i64 } else { axis };
    if (0..rank as i64).contains(&place) { Ok(place as usize) } else { not_yet(format!("axis {axis}")) }
}
