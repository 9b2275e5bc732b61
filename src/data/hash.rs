//! A 64-bit hash that is the same on every machine and in every version.

/// FNV-1a with 64 bits (Fowler, Noll, Vo; RFC 9923).
///
/// It names data and runs, it does not defend against forgery. Numbers go in as little-endian bytes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Fnv1a(u64);

impl Default for Fnv1a {
    fn default() -> Self {
        Self::new()
    }
}

impl Fnv1a {
    const OFFSET: u64 = 0xcbf2_9ce4_8422_2325;
    const PRIME: u64 = 0x0000_0100_0000_01b3;

    /// The hash of nothing.
    #[must_use]
    pub fn new() -> Self {
        Self(Self::OFFSET)
    }

    /// Goes on from what [`Fnv1a::finish`] gave: in FNV-1a the hash is the whole state.
    #[must_use]
    pub fn resume(hash: u64) -> Self {
        Self(hash)
    }

    /// Takes in `bytes`.
    pub fn bytes(&mut self, bytes: &[u8]) {
        self.0 = bytes.iter().fold(self.0, |h, &b| (h ^ u64::from(b)).wrapping_mul(Self::PRIME));
    }

    /// Takes in the eight bytes of `word`, lowest first.
    pub fn word(&mut self, word: u64) {
        self.bytes(&word.to_le_bytes());
    }

    /// The hash of all that was taken in.
    #[must_use]
    pub fn finish(&self) -> u64 {
        self.0
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Test vectors of RFC 9923, appendix (also in the authors' reference code).
    #[test]
    fn gives_the_published_answers() {
        let hash = |s: &str| {
            let mut h = Fnv1a::new();
            h.bytes(s.as_bytes());
            h.finish()
        };
        assert_eq!(hash(""), 0xcbf2_9ce4_8422_2325);
        assert_eq!(hash("a"), 0xaf63_dc4c_8601_ec8c);
        assert_eq!(hash("foobar"), 0x8594_4171_f739_67e8);
    }

    #[test]
    fn a_word_is_its_little_endian_bytes() {
        let (mut a, mut b) = (Fnv1a::new(), Fnv1a::new());
        a.word(0x0807_0605_0403_0201);
        b.bytes(&[1, 2, 3, 4, 5, 6, 7, 8]);
        assert_eq!(a, b);
    }
}
