//! The functions that are offered by name.
//!
//! # Adding a function
//! One row of [`functions`]: its name, what people call it, its formula, its box, what is known of its minimum, and its source.
//! The page offers whatever stands here; the tests below hold it to its minimum.

use super::FunctionSpec;
use crate::documented::Documented;
use crate::landscape::Region;
use serde::Serialize;

/// A function of x and y that is offered by name.
#[derive(Debug, Clone, PartialEq, Serialize)]
#[cfg_attr(target_family = "wasm", derive(tsify::Tsify))]
#[serde(rename_all = "camelCase")]
pub struct NamedFunction {
    /// In an address, for example `himmelblau`.
    pub name: &'static str,
    /// What people call it.
    pub title: &'static str,
    /// Formula, box and samples.
    pub spec: FunctionSpec,
    /// Where descents may start.
    pub start: [f64; 2],
    /// A learning rate at which plain descent from there does not diverge.
    pub rate: f64,
    /// A point of least value in the box, or none if it falls without end or is not written down.
    pub minimum: Option<[f64; 2]>,
    /// Where it comes from, with the year.
    pub source: &'static str,
}

impl NamedFunction {
    /// The rows of the documentation.
    #[must_use]
    pub fn docs() -> Vec<Documented> {
        ROWS.iter()
            .map(|&(name, _, _, title, formula, .., source)| Documented::new(name, title, formula, source))
            .collect()
    }
}

/// A row: name, a start and a learning rate to begin with, title, formula, centre of the box, half its width and height,
/// minimum, samples, source.
type Row = (
    &'static str,
    [f64; 2],
    f64,
    &'static str,
    &'static str,
    [f64; 2],
    [f64; 2],
    Option<[f64; 2]>,
    usize,
    &'static str,
);

const ROWS: &[Row] = &[
    (
        "walls",
        [-1.6, 0.01],
        0.03,
        "Saddle between quartic walls",
        "5*x^2 - y^2 + (x^4 + y^4)/4",
        [0.0, 0.0],
        [2.9, 2.1],
        Some([0.0, std::f64::consts::SQRT_2]),
        1,
        "The saddle 5x^2 - y^2 of Dauphin and others: Identifying and attacking the saddle point problem, 2014, with walls",
    ),
    (
        "saddle",
        [-1.0, 0.001],
        0.05,
        "Saddle",
        "x^2 - y^2",
        [0.0, 0.0],
        [1.5, 1.1],
        None,
        1,
        "Hilbert, Cohn-Vossen: Anschauliche Geometrie, 1932",
    ),
    (
        "monkey",
        [1.0, 0.02],
        0.05,
        "Monkey saddle",
        "x^3 - 3*x*y^2",
        [0.0, 0.0],
        [1.5, 1.1],
        None,
        1,
        "Hilbert, Cohn-Vossen: Anschauliche Geometrie, 1932",
    ),
    (
        "rosenbrock",
        [-1.2, 1.0],
        0.001,
        "Rosenbrock",
        "(1 - x)^2 + 100*(y - x^2)^2",
        [0.0, 1.0],
        [2.2, 1.7],
        Some([1.0, 1.0]),
        1,
        "Rosenbrock: An automatic method for finding the greatest or least value of a function, 1960",
    ),
    (
        "beale",
        [1.0, 1.5],
        0.01,
        "Beale",
        "(1.5 - x + x*y)^2 + (2.25 - x + x*y^2)^2 + (2.625 - x + x*y^3)^2",
        [0.0, 0.0],
        [4.5, 3.3],
        Some([3.0, 0.5]),
        1,
        "Beale: On an iterative method of finding a local minimum of a function of more than one variable, 1958",
    ),
    (
        "himmelblau",
        [-0.3, -0.95],
        0.01,
        "Himmelblau",
        "(x^2 + y - 11)^2 + (x + y^2 - 7)^2",
        [0.0, 0.0],
        [6.2, 4.6],
        Some([3.0, 2.0]),
        1,
        "Himmelblau: Applied nonlinear programming, 1972",
    ),
    (
        "camel",
        [-1.2, 0.5],
        0.02,
        "Six-hump camel",
        "(4 - 2.1*x^2 + x^4/3)*x^2 + x*y + (4*y^2 - 4)*y^2",
        [0.0, 0.0],
        [2.0, 1.4],
        Some([0.089_842_013_1, -0.712_656_403_0]),
        1,
        "Dixon, Szego: Towards global optimisation 2, 1978",
    ),
    (
        "rastrigin",
        [0.8, 0.6],
        0.002,
        "Rastrigin",
        "20 + x^2 - 10*cos(2*pi*x) + y^2 - 10*cos(2*pi*y)",
        [0.0, 0.0],
        [1.8, 1.3],
        Some([0.0, 0.0]),
        1,
        "Rastrigin: Sistemy ekstremalnogo upravleniya, 1974",
    ),
    (
        "ackley",
        [-1.2, 0.8],
        0.02,
        "Ackley",
        "20 + e - 20*exp(-0.2*sqrt((x^2 + y^2)/2)) - exp((cos(2*pi*x) + cos(2*pi*y))/2)",
        [0.0, 0.0],
        [1.9, 1.4],
        Some([0.0, 0.0]),
        1,
        "Ackley: A connectionist machine for genetic hillclimbing, 1987",
    ),
    (
        "styblinski",
        [0.3, -0.5],
        0.01,
        "Styblinski-Tang",
        "(x^4 - 16*x^2 + 5*x + y^4 - 16*y^2 + 5*y)/2",
        [0.0, 0.0],
        [5.0, 3.7],
        Some([-2.903_534_027_8, -2.903_534_027_8]),
        1,
        "Styblinski, Tang: Experiments in nonconvex optimization, 1990",
    ),
    (
        "booth",
        [-5.0, -1.0],
        0.05,
        "Booth",
        "(x + 2*y - 7)^2 + (2*x + y - 5)^2",
        [0.5, 2.0],
        [7.0, 5.2],
        Some([1.0, 3.0]),
        1,
        "Schwefel: Numerical optimization of computer models, 1981",
    ),
    (
        "basins",
        [-1.6, 1.4],
        0.05,
        "Many basins, a sum over samples",
        "((x - u)^2 + (y - v)^2)/8 - cos(3*x + u)*cos(3*y + v)",
        [0.0, 0.0],
        [3.1, 2.3],
        None,
        12,
        "A finite sum after Bottou, Curtis, Nocedal: Optimization methods for large-scale machine learning, 2018, section 3",
    ),
    (
        "bowl",
        [-1.2, 0.8],
        0.015,
        "Ill-conditioned bowl",
        "(x^2 + 100*y^2)/2",
        [0.0, 0.0],
        [1.5, 1.1],
        Some([0.0, 0.0]),
        1,
        "Polyak: Some methods of speeding up the convergence of iteration methods, 1964",
    ),
];

/// Every function that has a name, in the order in which they are offered.
#[must_use]
pub fn functions() -> Vec<NamedFunction> {
    let named = |&(name, start, rate, title, formula, [cx, cy], [dx, dy], minimum, samples, source): &Row| {
        let region = Region { x: [cx - dx, cx + dx], y: [cy - dy, cy + dy] };
        let spec = FunctionSpec { samples, ..FunctionSpec::of(formula, region) };
        NamedFunction { name, title, spec, start, rate, minimum, source }
    };
    ROWS.iter().map(named).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::curvature::CriticalKind;
    use crate::landscape::{ArmSpec, Landscape, RaceSpec};
    use crate::optim::Sgd;
    use crate::train::BatchSpec;

    #[test]
    fn every_function_has_its_minimum_and_all_its_points_are_decided() {
        for NamedFunction { name, spec, minimum, source, start, rate, .. } in functions() {
            let mut landscape = Landscape::of_function(spec.clone()).unwrap();
            let found = landscape.critical_points(spec.region).unwrap();
            assert!(found.complete && found.undecided.is_empty(), "{name}: {:?}", found.undecided);
            assert!(source.chars().any(|c| c.is_ascii_digit()), "{name}");
            let count = |kind| found.points.iter().filter(|p| p.kind == kind).count();
            println!(
                "{name}: {} saddles, {} minima, {} maxima",
                count(CriticalKind::Saddle),
                count(CriticalKind::Minimum),
                count(CriticalKind::Maximum)
            );
            let Some(at) = minimum else { continue };
            let arms = vec![ArmSpec {
                id: "gd".into(),
                optimizer: Sgd { learning_rate: rate }.into(),
                batch: BatchSpec::Full {},
            }];
            let race = landscape.race(&RaceSpec { start, steps: 200, seed: 0, arms, radius: 0.3 }).unwrap();
            assert!(spec.region.contains(start) && race.descents[0].diverged_at.is_none(), "{name}");
            let near = |p: &[f64; 2]| (p[0] - at[0]).abs() < 1e-9 && (p[1] - at[1]).abs() < 1e-9;
            let found = found
                .points
                .iter()
                .find(|p| near(&p.at))
                .unwrap_or_else(|| panic!("{name} has no point at {at:?}: {:?}", found.points));
            assert_eq!(found.kind, CriticalKind::Minimum, "{name}");
            let surface = landscape.surface(spec.region, 25, 25).unwrap();
            assert!(found.loss <= surface.min + 1e-12, "{name}: {} above {}", found.loss, surface.min);
        }
    }
}
