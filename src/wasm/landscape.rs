//! The landscape of a network with two weights.

use super::common::read;
use super::convert::{Js, doubles, object, set, whole};
use crate::error::{Error, Result};
use crate::json;
use crate::landscape::{Descent, Landscape, RaceSpec, Region, functions};
use js_sys::{Array, Uint8Array};
use serde::Serialize;
use wasm_bindgen::JsValue;
use wasm_bindgen::prelude::wasm_bindgen;

/// Most points along a side of a surface; the core limits their product.
const MOST_POINTS: u64 = 1 << 20;
/// Seeds are whole numbers that JavaScript carries exactly.
const MOST_SEED: u64 = (1 << 53) - 1;

/// A descent without its numbers.
#[derive(Debug, Serialize, tsify::Tsify)]
#[tsify(missing_as_null)]
#[serde(rename_all = "camelCase")]
pub struct DescentHead<'a> {
    /// The arm's.
    pub id: &'a str,
    /// Points within the radius of the nearest saddle.
    pub near_saddle: u32,
    /// First step after entering the radius at which it was outside again.
    pub left_at: Option<u32>,
    /// Whether it came within the radius at all.
    pub entered: bool,
    /// The step at which it was not finite.
    pub diverged_at: Option<u32>,
}

/// A race without its descents.
#[derive(Debug, Serialize, tsify::Tsify)]
#[serde(rename_all = "camelCase")]
struct RaceHead<'a> {
    run_hash: &'a str,
}

/// A surface without its values.
#[derive(Debug, Serialize, tsify::Tsify)]
struct SurfaceHead {
    #[serde(rename = "box")]
    region: Region,
    columns: usize,
    rows: usize,
}

/// A landscape with its data.
#[wasm_bindgen]
#[derive(Debug)]
pub struct LandscapeSession {
    landscape: Landscape,
}

#[wasm_bindgen]
impl LandscapeSession {
    /// The landscape that `spec` describes, over the files given, if its data are files.
    ///
    /// # Errors
    /// What is wrong with the description or the data.
    #[wasm_bindgen(constructor)]
    pub fn new(spec: &str, names: Vec<String>, contents: Vec<Uint8Array>) -> Js<LandscapeSession> {
        let spec = json::read("landscape", spec)?;
        Ok(Self { landscape: Landscape::new(spec, &read(names, &contents)?)? })
    }

    /// The landscape of a function of x and y.
    ///
    /// # Errors
    /// Where its formula has a mistake.
    pub fn function(spec: &str) -> Js<LandscapeSession> {
        Ok(Self { landscape: Landscape::of_function(json::read("function", spec)?)? })
    }

    /// What there is to say about it.
    #[must_use]
    pub fn info(&self) -> JsValue {
        object(&self.landscape.info())
    }

    /// The loss over all examples.
    ///
    /// # Errors
    /// [`Error::Spec`] for a weight that is no number.
    pub fn loss(&mut self, x: f64, y: f64) -> Js<f64> {
        if !(x.is_finite() && y.is_finite()) {
            return Err(Error::spec("not-finite", "loss")
                .expected("two finite weights")
                .got(format!("{x} and {y}"))
                .hint("pass the point as [x, y]")
                .into());
        }
        Ok(self.landscape.loss([x, y])?)
    }

    /// The loss on a grid of `columns` x `rows` points over a box.
    ///
    /// # Errors
    /// As [`Landscape::surface`].
    pub fn surface(&mut self, region: &str, columns: f64, rows: f64) -> Js<JsValue> {
        let region = json::read("box", region)?;
        let columns = whole("columns", columns, 2, MOST_POINTS)? as usize;
        let rows = whole("rows", rows, 2, MOST_POINTS)? as usize;
        let surface = self.landscape.surface(region, columns, rows)?;
        let head = object(&SurfaceHead { region, columns, rows });
        set(&head, "values", doubles(&surface.values));
        set(&head, "min", surface.min);
        set(&head, "max", surface.max);
        Ok(head)
    }

    /// The critical points inside a box.
    ///
    /// # Errors
    /// As [`Landscape::critical_points`].
    #[wasm_bindgen(js_name = criticalPoints)]
    pub fn critical_points(&mut self, region: &str) -> Js<JsValue> {
        Ok(object(&self.landscape.critical_points(json::read("box", region)?)?))
    }

    /// Descents from one start.
    ///
    /// # Errors
    /// As [`Landscape::race`].
    pub fn race(&mut self, spec: &str) -> Js<JsValue> {
        let race = self.landscape.race(&json::read("race", spec)?)?;
        let head = object(&RaceHead { run_hash: &race.run_hash });
        let descents: Array = race.descents.iter().map(descent).collect();
        set(&head, "descents", descents);
        Ok(head)
    }

    /// The same race over several seeds.
    ///
    /// # Errors
    /// As [`Landscape::strip`]; [`Error::Spec`] for a seed that is none.
    pub fn strip(&mut self, spec: &str, seeds: Vec<f64>) -> Js<JsValue> {
        let spec: RaceSpec = json::read("race", spec)?;
        let seeds: Vec<u64> =
            seeds.into_iter().map(|seed| whole("seeds", seed, 0, MOST_SEED)).collect::<Result<_>>()?;
        Ok(object(&self.landscape.strip(&spec, &seeds)?))
    }
}

#[wasm_bindgen]
impl LandscapeSession {
    /// Steps to leave a saddle over a grid of learning rates.
    ///
    /// # Errors
    /// As [`Landscape::escape`].
    pub fn escape(&mut self, spec: &str) -> Js<JsValue> {
        Ok(object(&self.landscape.escape(&json::read("escape", spec)?)?))
    }

    /// The share of starts that stay near a saddle.
    ///
    /// # Errors
    /// As [`Landscape::stays`].
    pub fn stays(&mut self, spec: &str) -> Js<JsValue> {
        Ok(object(&self.landscape.stays(&json::read("stays", spec)?)?))
    }
}

/// The functions that have a name.
#[wasm_bindgen(js_name = namedFunctions)]
#[must_use]
pub fn named_functions() -> JsValue {
    object(&functions())
}

fn descent(descent: &Descent) -> JsValue {
    let head = object(&DescentHead {
        id: &descent.id,
        near_saddle: descent.near_saddle,
        left_at: descent.left_at,
        entered: descent.entered,
        diverged_at: descent.diverged_at,
    });
    for (name, numbers) in [
        ("path", &descent.path),
        ("loss", &descent.loss),
        ("gradientNorm", &descent.gradient_norm),
        ("lambdaMax", &descent.lambda_max),
        ("lambdaMin", &descent.lambda_min),
    ] {
        set(&head, name, doubles(numbers));
    }
    head
}
