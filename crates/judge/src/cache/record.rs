//! What is kept of a verdict: numbers and digests.

use std::time::{SystemTime, UNIX_EPOCH};

use midband_core::PairId;
use serde::{Deserialize, Serialize};

/// One kept verdict.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub(crate) struct Record {
    /// The score's bits: decimal digits would not give the same number back.
    pub(super) bits: u64,
    pub(crate) model: String,
    /// Milliseconds since 1970.
    pub(crate) at: u64,
    /// Digest of the pair's id, for `forget`.
    pub(super) id: String,
    /// Checksum of key and fields: a bit that a disk turned must not become a verdict.
    #[serde(default)]
    pub(super) sum: String,
}

pub(super) fn id_digest(id: &str) -> blake3::Hash {
    blake3::hash(id.as_bytes())
}

impl Record {
    pub(crate) fn score(&self) -> f64 {
        f64::from_bits(self.bits)
    }

    pub(crate) fn new(score: f64, model: String, id: &PairId) -> Self {
        let at = SystemTime::now()
            .duration_since(UNIX_EPOCH)
            .unwrap_or_default()
            .as_millis() as u64;
        Self {
            bits: score.to_bits(),
            model,
            at,
            id: id_digest(id.as_str()).to_hex().to_string(),
            sum: String::new(),
        }
    }

    pub(super) fn checksum(&self, key: &[u8]) -> String {
        let mut hasher = blake3::Hasher::new();
        hasher.update(key);
        hasher.update(&self.bits.to_le_bytes());
        hasher.update(&self.at.to_le_bytes());
        hasher.update(self.id.as_bytes());
        hasher.update(self.model.as_bytes());
        hasher.finalize().to_hex()[..16].to_owned()
    }
}
