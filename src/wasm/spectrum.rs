//! Density and trace of a network's Hessian, and index against loss.

use super::convert::{Js, doubles, object, set, whole};
use super::network::{MOST_SEED, MOST_STEPS, NetworkSession};
use crate::curvature::{DensityOptions, Estimate, IndexOptions};
use wasm_bindgen::JsValue;
use wasm_bindgen::prelude::wasm_bindgen;

/// Most random vectors: the standard error is then a thirtieth of a single one's.
const MOST_PROBES: u64 = 1000;
/// Most points of a density.
const MOST_POINTS: u64 = 10_000;

#[wasm_bindgen]
impl NetworkSession {
    /// The density of the Hessian's eigenvalues at some weights.
    ///
    /// # Errors
    /// As [`NetworkLandscape::density`](crate::landscape::NetworkLandscape::density).
    pub fn density(
        &mut self,
        theta: Vec<f64>,
        steps: f64,
        probes: f64,
        points: f64,
        seed: f64,
    ) -> Js<JsValue> {
        let options = DensityOptions {
            steps: whole("steps", steps, 1, MOST_STEPS)? as usize,
            probes: whole("probes", probes, 2, MOST_PROBES)? as usize,
            points: whole("points", points, 2, MOST_POINTS)? as usize,
            seed: whole("seed", seed, 0, MOST_SEED)?,
            ..DensityOptions::default()
        };
        let found = self.network.density(&theta, &options)?;
        let head: JsValue = js_sys::Object::new().into();
        set(&head, "lambda", doubles(&found.lambda));
        estimates(&head, ["density", "error"], &found.density);
        set(&head, "range", doubles(&found.range));
        set(&head, "broadening", found.broadening);
        Ok(head)
    }

    /// Trace and diagonal of the Hessian at some weights.
    ///
    /// # Errors
    /// As [`NetworkLandscape::trace`](crate::landscape::NetworkLandscape::trace).
    pub fn trace(&mut self, theta: Vec<f64>, probes: f64, seed: f64) -> Js<JsValue> {
        let probes = whole("probes", probes, 2, MOST_PROBES)? as usize;
        let found = self.network.trace(&theta, probes, whole("seed", seed, 0, MOST_SEED)?)?;
        let head: JsValue = js_sys::Object::new().into();
        set(&head, "trace", found.trace.mean);
        set(&head, "error", found.trace.error);
        estimates(&head, ["diagonal", "diagonalError"], &found.diagonal);
        Ok(head)
    }

    /// A point of the scatter of index against loss, by its number; the search begins after at most `descent` steps of
    /// gradient descent.
    ///
    /// # Errors
    /// As [`NetworkLandscape::index_point`](crate::landscape::NetworkLandscape::index_point).
    #[wasm_bindgen(js_name = indexPoint)]
    pub fn index_point(&mut self, number: f64, descent: f64, seed: f64) -> Js<JsValue> {
        let options = IndexOptions {
            seed: whole("seed", seed, 0, MOST_SEED)?,
            descent: whole("descent", descent, 0, u64::from(u32::MAX))? as usize,
            ..IndexOptions::default()
        };
        let (point, theta) = self.network.index_point(whole("number", number, 0, MOST_SEED)?, &options)?;
        let head = object(&point);
        set(&head, "number", number);
        set(&head, "theta", doubles(&theta));
        Ok(head)
    }
}

fn estimates(head: &JsValue, [mean, error]: [&str; 2], list: &[Estimate]) {
    set(head, mean, doubles(&list.iter().map(|e| e.mean).collect::<Vec<_>>()));
    set(head, error, doubles(&list.iter().map(|e| e.error).collect::<Vec<_>>()));
}
