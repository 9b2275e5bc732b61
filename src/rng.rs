//! Counter-based random numbers: the value is a function of (seed, stream, step, index) and of nothing else.
//!
//! The generator is Philox 4x32-10 (Salmon, Moraes, Dror, Shaw: *Parallel random numbers: as easy as 1, 2, 3*,
//! SC 2011). There is no hidden state, so the loss, its gradient and its Hessian see the same dropout mask, a
//! run can be resumed at any step, and every machine draws the same numbers.

/// Which use a number is for. Two uses with one seed never share numbers.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct Stream(pub u32);

impl Stream {
    /// Initial weights; the parameter's place in the table is added.
    pub const INIT: Self = Self(0x0100_0000);
    /// Splitting a data set into parts.
    pub const SPLIT: Self = Self(0x0200_0000);
    /// The order of examples in an epoch.
    pub const SHUFFLE: Self = Self(0x0300_0000);
    /// Generated data sets.
    pub const DATA: Self = Self(0x0400_0000);
    /// Random nodes of a graph (dropout, noise); each node adds its own number.
    pub const NODE: Self = Self(0x0500_0000);
    /// Random directions and probe vectors.
    pub const PROBE: Self = Self(0x0600_0000);
    /// Augmentation of examples: how they are moved, and one further for their noise.
    pub const AUGMENT: Self = Self(0x0700_0000);
    /// Noise on gradients.
    pub const GRADIENT: Self = Self(0x0800_0000);
    /// Noise on weights.
    pub const WEIGHT: Self = Self(0x0900_0000);
    /// Labels that are made wrong.
    pub const LABEL: Self = Self(0x0a00_0000);
    /// Sampling from what a network predicts.
    pub const SAMPLE: Self = Self(0x0b00_0000);
    /// Random signs that estimate traces and densities.
    pub const SIGNS: Self = Self(0x0c00_0000);
    /// Where searches for critical points begin.
    pub const SEARCH: Self = Self(0x0d00_0000);

    /// The `n`-th stream of this use.
    #[must_use]
    pub fn nth(self, n: u32) -> Self {
        Self(self.0.wrapping_add(n))
    }
}

/// Four random words for one counter (Philox 4x32-10).
#[must_use]
pub fn philox(key: [u32; 2], counter: [u32; 4]) -> [u32; 4] {
    const M: [u32; 2] = [0xD251_1F53, 0xCD9E_8D57];
    // Weyl increments: the golden ratio and sqrt(3) - 1, as in the paper
    const W: [u32; 2] = [0x9E37_79B9, 0xBB67_AE85];
    let (mut k, mut c) = (key, counter);
    for _ in 0..10 {
        let p0 = u64::from(M[0]) * u64::from(c[0]);
        let p1 = u64::from(M[1]) * u64::from(c[2]);
        c = [(p1 >> 32) as u32 ^ c[1] ^ k[0], p1 as u32, (p0 >> 32) as u32 ^ c[3] ^ k[1], p0 as u32];
        k = [k[0].wrapping_add(W[0]), k[1].wrapping_add(W[1])];
    }
    c
}

/// Random access to one stream at one step.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Source {
    key: [u32; 2],
    stream: u32,
    step: u32,
}

impl Source {
    /// The source of `stream` at `step` under `seed`. Steps count modulo 2^32.
    #[must_use]
    pub fn new(seed: u64, stream: Stream, step: u64) -> Self {
        Self { key: [seed as u32, (seed >> 32) as u32], stream: stream.0, step: step as u32 }
    }

    /// Four random words for `index`.
    #[must_use]
    pub fn words(&self, index: u64) -> [u32; 4] {
        philox(self.key, [index as u32, (index >> 32) as u32, self.step, self.stream])
    }

    /// A number of [0, 1) with 53 random bits.
    #[must_use]
    pub fn uniform(&self, index: u64) -> f64 {
        let w = self.words(index);
        unit(w[0], w[1])
    }

    /// A standard normal number (Box and Muller 1958).
    #[must_use]
    pub fn normal(&self, index: u64) -> f64 {
        let w = self.words(index);
        // 1 - u lies in (0, 1], so the logarithm is finite
        let radius = (-2.0 * libm::log(1.0 - unit(w[0], w[1]))).sqrt();
        radius * libm::cos(std::f64::consts::TAU * unit(w[2], w[3]))
    }

    /// An integer of 0..n, `n` > 0 (Lemire's multiplication; the bias is below n / 2^64).
    #[must_use]
    pub fn below(&self, index: u64, n: usize) -> usize {
        let w = self.words(index);
        let bits = u64::from(w[0]) << 32 | u64::from(w[1]);
        ((u128::from(bits) * n as u128) >> 64) as usize
    }

    /// Shuffles `items` (Fisher and Yates).
    pub fn shuffle<I>(&self, items: &mut [I]) {
        for i in (1..items.len()).rev() {
            items.swap(i, self.below(i as u64, i + 1));
        }
    }
}

fn unit(high: u32, low: u32) -> f64 {
    let bits = (u64::from(high) << 32 | u64::from(low)) >> 11;
    bits as f64 * (1.0 / (1u64 << 53) as f64)
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Known answers published with the reference implementation (Random123, `kat_vectors`).
    #[test]
    fn philox_gives_the_published_answers() {
        assert_eq!(philox([0; 2], [0; 4]), [0x6627_e8d5, 0xe169_c58d, 0xbc57_ac4c, 0x9b00_dbd8]);
        assert_eq!(philox([!0; 2], [!0; 4]), [0x408f_276d, 0x41c8_3b0e, 0xa20b_c7c6, 0x6d54_51fd]);
        assert_eq!(
            philox([0xa409_3822, 0x299f_31d0], [0x243f_6a88, 0x85a3_08d3, 0x1319_8a2e, 0x0370_7344]),
            [0xd16c_fe09, 0x94fd_cceb, 0x5001_e420, 0x2412_6ea1]
        );
    }

    #[test]
    fn moments_are_right() {
        let source = Source::new(7, Stream::DATA, 0);
        let n = 20_000;
        let (mut mean, mut square, mut flat) = (0.0, 0.0, 0.0);
        for i in 0..n {
            let z = source.normal(i);
            mean += z / n as f64;
            square += z * z / n as f64;
            flat += source.uniform(i) / n as f64;
        }
        // four standard errors
        assert!(mean.abs() < 0.03 && (square - 1.0).abs() < 0.04 && (flat - 0.5).abs() < 0.01);
    }

    #[test]
    fn a_shuffle_is_a_permutation_that_depends_on_the_step() {
        let shuffled = |step| {
            let mut v: Vec<u32> = (0..100).collect();
            Source::new(1, Stream::SHUFFLE, step).shuffle(&mut v);
            v
        };
        let (a, b) = (shuffled(0), shuffled(1));
        assert_ne!(a, b);
        assert_eq!(a, shuffled(0));
        let mut sorted = a;
        sorted.sort_unstable();
        assert!(sorted.iter().copied().eq(0..100));
    }
}
