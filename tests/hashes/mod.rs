//! Hashes of results, one for each case, that must be the same in every engine.
//!
//! Each engine prints its list; `tools/test.mjs` compares the lists. A new family is one more function here, named
//! in `all`.

use saddlepoint::{Source, Stream};

/// One line of the list: what was computed, and the hash of the result's bits.
pub struct Case {
    pub name: String,
    pub hash: u64,
}

/// Every case, in a fixed order.
pub fn all() -> Vec<Case> {
    [random_numbers()].into_iter().flatten().collect()
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
