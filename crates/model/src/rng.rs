//! Randomness that depends on a seed and on names, never on order.
//!
//! Every random choice (which fold a label falls into, which pair is asked first) is a hash of the
//! seed, of what the choice is for, and of the pair's key. Reading the input in another order, or in
//! chunks of another size, changes nothing.

use midband_core::{GOLDEN, PairId, hash_bytes, mix};
use serde::{Deserialize, Serialize};

/// A pair's id as 64 bits. Two ids of a run of a million pairs fall together with a probability of
/// 3e-8; they would then share their luck, nothing else.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub struct PairKey(pub u64);

impl From<&PairId> for PairKey {
    fn from(id: &PairId) -> Self {
        Self(hash_bytes(id.as_str().bytes()))
    }
}

impl PairKey {
    /// A digest of both texts, below 2^53 so that every reader of JSON has it exactly.
    pub fn of_texts(a: &str, b: &str) -> Self {
        // No text holds this byte.
        let bytes = a.bytes().chain([0xff]).chain(b.bytes());
        Self(hash_bytes(bytes) >> 11)
    }
}

/// A stream of choices for one purpose.
#[derive(Clone, Copy, Debug)]
pub struct KeyedRng(u64);

impl KeyedRng {
    /// The stream of a seed for a purpose (any fixed number that no other purpose uses).
    pub fn new(seed: u64, purpose: u64) -> Self {
        Self(mix(seed.wrapping_add(GOLDEN) ^ mix(purpose)))
    }

    /// A pair's place in the stream's order: sort by it for a random permutation.
    pub fn rank(self, key: PairKey) -> u64 {
        mix(self.0 ^ key.0.wrapping_mul(GOLDEN))
    }

    /// A number in 0..1 that belongs to the pair.
    pub fn unit(self, key: PairKey) -> f64 {
        (self.rank(key) >> 11) as f64 / (1_u64 << 53) as f64
    }

    /// One of `n` parts that the pair falls into.
    pub fn part(self, key: PairKey, n: usize) -> usize {
        ((self.unit(key) * n as f64) as usize).min(n.saturating_sub(1))
    }

    /// A normal number that belongs to `of`, from twelve even ones.
    #[cfg(test)]
    pub(crate) fn normal(self, of: u64) -> f64 {
        let even = (0..12).map(|j| self.unit(PairKey((of << 8) | j)));
        even.sum::<f64>() - 6.0
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn streams_are_even_and_unlike() {
        let (a, b) = (KeyedRng::new(1, 1), KeyedRng::new(1, 2));
        let keys: Vec<PairKey> = (0..4000)
            .map(|i| PairKey::from(&PairId::new(format!("p{i}"))))
            .collect();
        let mean = |f: &dyn Fn(PairKey) -> f64| keys.iter().map(|k| f(*k)).sum::<f64>() / 4000.0;
        assert!((mean(&|k| a.unit(k)) - 0.5).abs() < 0.02);
        let product = mean(&|k| (a.unit(k) - 0.5) * (b.unit(k) - 0.5));
        assert!(product.abs() < 0.01, "{product}");
        for part in 0..5 {
            let share = mean(&|k| f64::from(u8::from(a.part(k, 5) == part)));
            assert!((share - 0.2).abs() < 0.03, "{share}");
        }
    }
}
