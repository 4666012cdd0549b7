//! A fixed 64-bit hash: the same on every machine and in every version, since hashed document
//! frequencies are stored in files.

pub use midband_core::mix;

/// FNV-1a's offset basis and prime (Fowler, Noll, Vo; 64 bits), with a final mix because FNV alone
/// leaves short keys close together.
const BASIS: u64 = 0xcbf2_9ce4_8422_2325;
const PRIME: u64 = 0x0000_0100_0000_01b3;

/// A running hash.
#[derive(Clone, Copy)]
pub(crate) struct Hash(u64);

impl Hash {
    pub(crate) fn new() -> Self {
        Self(BASIS)
    }

    pub(crate) fn push(&mut self, value: u32) {
        self.0 = (self.0 ^ u64::from(value)).wrapping_mul(PRIME);
    }

    pub(crate) const fn finish(self) -> u64 {
        mix(self.0)
    }

    /// Hash of a word that is written in this crate, in plain lower-case letters.
    pub(crate) const fn of_ascii(word: &[u8]) -> u64 {
        let mut hash = BASIS;
        let mut i = 0;
        while i < word.len() {
            hash = (hash ^ word[i] as u64).wrapping_mul(PRIME);
            i += 1;
        }
        mix(hash)
    }
}

/// A hasher for keys that are hashes already.
#[derive(Clone, Copy, Default)]
pub(crate) struct Hashed(u64);

impl std::hash::Hasher for Hashed {
    fn finish(&self) -> u64 {
        self.0
    }
    fn write(&mut self, bytes: &[u8]) {
        for byte in bytes {
            self.0 = (self.0 << 8) | u64::from(*byte);
        }
    }
    fn write_u64(&mut self, value: u64) {
        self.0 = value;
    }
}

/// Builds [`Hashed`].
pub(crate) type BuildHashed = std::hash::BuildHasherDefault<Hashed>;
