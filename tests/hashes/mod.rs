//! Hashes of results, one for each case, that must be the same in every engine.
//!
//! Each engine prints its list; `tools/test.mjs` compares the lists. A new family is one more function here, named
//! in `all`.

mod curvature;
mod kernels;
mod optim;

use saddlepoint::data::{DataSpec, Examples, Generator, load};
use saddlepoint::landscape::{Landscape, LandscapeSpec, RaceSpec, Region};
use saddlepoint::{Source, Stream};

/// One line of the list: what was computed, and the hash of the result's bits.
pub struct Case {
    pub name: String,
    pub hash: u64,
}

/// Every case, in a fixed order.
pub fn all() -> Vec<Case> {
    [random_numbers(), data_sets(), kernels::cases(), optim::cases(), curvature::cases(), landscape()]
        .into_iter()
        .flatten()
        .collect()
}

/// FNV-1a over 64-bit words (Fowler, Noll, Vo), low byte first.
pub fn hash(words: impl IntoIterator<Item = u64>) -> u64 {
    words.into_iter().flat_map(u64::to_le_bytes).fold(0xcbf2_9ce4_8422_2325, |hash, byte| {
        (hash ^ u64::from(byte)).wrapping_mul(0x0000_0100_0000_01b3)
    })
}

/// Hash of the random words, which are integers only: a known answer for every engine.
pub const RANDOM_WORDS: u64 = 0x3f3c_942f_2d25_605f;

fn random_numbers() -> Vec<Case> {
    let source = Source::new(20, Stream::INIT, 3);
    let mut order: Vec<u64> = (0..1000).collect();
    source.shuffle(&mut order);
    let words = (0..1000).flat_map(|i| source.words(i)).map(u64::from);
    let case = |name: &str, hash| Case { name: format!("rng/{name}"), hash };
    vec![
        case("words", hash(words)),
        case("uniform", hash((0..1000).map(|i| source.uniform(i).to_bits()))),
        case("normal", hash((0..1000).map(|i| source.normal(i).to_bits()))),
        case("shuffle", hash(order)),
    ]
}

/// Data as they come, as they are split, and as a trainer of either real type sees them.
fn data_sets() -> Vec<Case> {
    let mut specs = vec![
        ("digits", DataSpec::Digits {}),
        ("diabetes", DataSpec::Diabetes { features: Some(vec!["s5".into(), "bmi".into()]) }),
    ];
    for kind in [Generator::Xor, Generator::Circle, Generator::Spiral, Generator::Gaussians] {
        specs.push((kind.name(), DataSpec::Generated { kind, examples: 301, noise: 0.1 }));
    }
    specs.into_iter().flat_map(|(name, spec)| data_set(name, &spec).unwrap()).collect()
}

fn data_set(name: &str, spec: &DataSpec) -> saddlepoint::Result<Vec<Case>> {
    let examples = Examples::new(load(spec, 7, &[])?, 0.3, 7)?;
    let (rows, width) = (examples.test(), examples.dataset().width() + examples.dataset().target_width());
    let mut single = vec![0.0_f32; rows.len() * width];
    let mut double = vec![0.0_f64; rows.len() * width];
    let (inputs, targets) = single.split_at_mut(rows.len() * examples.dataset().width());
    examples.fill_batch(rows, inputs)?;
    examples.fill_targets(rows, targets)?;
    let (inputs, targets) = double.split_at_mut(rows.len() * examples.dataset().width());
    examples.fill_batch(rows, inputs)?;
    examples.fill_targets(rows, targets)?;
    let case = |what: &str, hash| Case { name: format!("data/{name}/{what}"), hash };
    Ok(vec![
        case("bytes", examples.dataset().hash()),
        case("split", hash(rows.iter().map(|&row| row.into()))),
        case("f32", hash(single.iter().map(|x| x.to_bits().into()))),
        case("f64", hash(double.iter().map(|x| x.to_bits()))),
    ])
}

/// The first screen: surface, critical points and three descents in f64, with the Hessian at every point.
fn landscape() -> Vec<Case> {
    let draw = || -> saddlepoint::Result<Vec<Case>> {
        let mut landscape = Landscape::new(LandscapeSpec::two_weights(), &[])?;
        let region = Region { x: [-2.4, 2.4], y: [-1.6, 1.6] };
        let surface = landscape.surface(region, 24, 16)?;
        let points = landscape.critical_points(region)?.points;
        let race = landscape.race(&RaceSpec::three_descents(7))?;
        let case = |what: &str, hash| Case { name: format!("landscape/{what}"), hash };
        let numbers = points.iter().flat_map(|p| p.at.into_iter().chain(p.eigenvalues.iter().copied()));
        Ok(vec![
            case("surface", hash(surface.values.iter().map(|x| x.to_bits()))),
            case("critical points", hash(numbers.map(f64::to_bits))),
            case("race", u64::from_str_radix(&race.run_hash, 16).unwrap()),
        ])
    };
    draw().unwrap()
}
