//! Functions of x and y: value and derivatives at points, and all critical points with their kinds.

use super::super::{Case, Outcome, compare, failed, not_yet};
use super::TOLERANCE;
use saddlepoint::curvature::{CriticalKind, Objective, hessian};
use saddlepoint::landscape::{Function, FunctionSpec, Landscape, PlanePoint, Region};
use serde_json::Value;

/// The box is looked through from -REACH to REACH at least: the lists are complete, so nothing may be found beside them.
const REACH: f64 = 6.0;
/// Where the Hessian is singular, a point is known to the root of what its gradient is known to.
const DEGENERATE_TOLERANCE: f64 = 1e-5;

pub fn check(case: &Case<'_>) -> Outcome {
    let known = ["id", "about", "formula", "critical_points", "counts", "probe_columns"];
    if let Some(key) = case.beside(&known) {
        return not_yet(format!("the manifest says something of `{key}`"));
    }
    if case.text("probe_columns")? != "f, df/dx, df/dy, fxx, fxy, fyx, fyy" {
        return not_yet("other columns of the probe");
    }
    let points = case.manifest["critical_points"].as_array().map(Vec::as_slice).unwrap_or_default();
    let number = |point: &Value, key: &str| point[key].as_f64().unwrap_or(f64::NAN);
    let farthest =
        points.iter().flat_map(|p| [number(p, "x").abs(), number(p, "y").abs()]).fold(0.0, f64::max);
    let reach = (1.3 * farthest + 0.7).max(REACH);
    let spec = FunctionSpec::of(case.text("formula")?, Region { x: [-reach, reach], y: [-reach, reach] });

    let mut function = Function::new(spec.clone())?;
    let (places, probe) = (case.tensor("probe_xy")?, case.tensor("probe")?);
    for (i, (at, want)) in places.values.chunks_exact(2).zip(probe.values.chunks_exact(7)).enumerate() {
        let mut gradient = [0.0; 2];
        let value = Objective::gradient(&mut function, at, &mut gradient)?;
        let h = hessian(&mut function, at)?;
        let got = [value, gradient[0], gradient[1], h[[0, 0]], h[[0, 1]], h[[1, 0]], h[[1, 1]]];
        // sums of terms that cancel are exact to the size of what cancels
        let size = want.iter().fold(0.0_f64, |m, w| m.max(w.abs()));
        compare(&format!("probe {i}"), &got, want, TOLERANCE, 1e-13 * size)?;
    }

    let region = spec.region;
    let found = Landscape::of_function(spec)?.critical_points(region)?;
    if !found.complete {
        return failed(format!("undecided: {:?}", found.undecided));
    }
    let mut rest: Vec<&PlanePoint> = found.points.iter().collect();
    for want in points {
        let (x, y) = (number(want, "x"), number(want, "y"));
        let kind = want["type"].as_str().unwrap_or_default();
        let tolerance = if kind.starts_with("degenerate") { DEGENERATE_TOLERANCE } else { TOLERANCE };
        let near = |p: &&PlanePoint| {
            let reach = tolerance * (1.0 + x.abs().max(y.abs()));
            (p.at[0] - x).abs() <= reach && (p.at[1] - y).abs() <= reach
        };
        let Some(place) = rest.iter().position(near) else {
            return failed(format!("the {kind} at ({x}, {y}) was not found among {rest:?}"));
        };
        let point = rest.remove(place);
        if words(point) != kind && !(kind == "degenerate" && point.degenerate) {
            return failed(format!("({x}, {y}) is called {} instead of {kind}", words(point)));
        }
        let eigenvalues: Vec<f64> =
            want["eigenvalues"].as_array().into_iter().flatten().filter_map(Value::as_f64).collect();
        let size = eigenvalues.iter().fold(1.0_f64, |m, e| m.max(e.abs()));
        compare("eigenvalues", &point.eigenvalues, &eigenvalues, tolerance, tolerance * size)?;
        compare("value", &[point.loss], &[number(want, "f")], TOLERANCE, TOLERANCE * size)?;
        if !point.proven && !point.degenerate {
            return failed(format!("({x}, {y}) is not proven"));
        }
    }
    if let Some(point) = rest.first() {
        return failed(format!("a {} at {:?} is not in the list", words(point), point.at));
    }
    Ok("")
}

/// A kind in the words of the manifest.
fn words(point: &PlanePoint) -> &'static str {
    match (point.degenerate, point.kind) {
        (false, CriticalKind::Saddle) => "saddle",
        (false, CriticalKind::Minimum) => "minimum",
        (false, CriticalKind::Maximum) => "maximum",
        (true, CriticalKind::Saddle) => "degenerate saddle",
        (true, CriticalKind::Minimum) => "degenerate minimum",
        (true, CriticalKind::Maximum) => "degenerate maximum",
        (_, CriticalKind::Flat) => "flat",
    }
}
