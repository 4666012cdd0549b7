//! Hashes of contents, equal on every machine, so that nothing depends on the order of rows.

pub(crate) use midband_core::mix;

/// Hash of a text.
pub(crate) fn of(text: &str) -> u64 {
    midband_core::hash_bytes(text.bytes())
}
