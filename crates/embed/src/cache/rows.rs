//! The tables of a cache's file, and a vector as a row of them.

use redb::TableDefinition;

pub(super) const FILE: &str = "embeddings.redb";
/// 32 bytes of key -> the day on which the vector was last used, in days since 1970.
pub(super) const DAYS: TableDefinition<'_, &[u8], u32> = TableDefinition::new("last_used_1");
/// Bytes of a row beside its numbers: keys, sums, and what the database needs.
pub(super) const OVERHEAD: u64 = 128;
/// 32 bytes of key -> 8 bytes of checksum, one byte of truncation mark, then little-endian f32.
pub(super) const TABLE: TableDefinition<'_, &[u8], &[u8]> = TableDefinition::new("embeddings_v2");
/// Bytes of a row's checksum.
const SUM: usize = 8;

/// A row of the table: checksum, mark, numbers.
pub(super) fn row_of(key: &[u8; 32], vector: &[f32], truncated: bool) -> Vec<u8> {
    let mut bytes = vec![0; SUM];
    bytes.push(u8::from(truncated));
    bytes.extend(vector.iter().flat_map(|number| number.to_le_bytes()));
    let sum = checksum(key, &bytes[SUM..]);
    bytes[..SUM].copy_from_slice(&sum);
    bytes
}

/// Of a key and its row: a bit that a disk turned must not become a cosine.
fn checksum(key: &[u8; 32], row: &[u8]) -> [u8; SUM] {
    let mut hasher = blake3::Hasher::new();
    hasher.update(key).update(row);
    let mut sum = [0; SUM];
    sum.copy_from_slice(&hasher.finalize().as_bytes()[..SUM]);
    sum
}

pub(super) struct CachedVector {
    pub(super) vector: Vec<f32>,
    pub(super) truncated: bool,
    /// True where it was used today already.
    pub(super) is_fresh: bool,
}

impl CachedVector {
    /// `None` where the bytes are not what was written: the text is then embedded again.
    pub(super) fn from_bytes(key: &[u8; 32], bytes: &[u8]) -> Option<Self> {
        let (sum, row) = bytes.split_at_checked(SUM)?;
        if sum != checksum(key, row) {
            return None;
        }
        let (&mark, numbers) = row.split_first()?;
        let (numbers, rest) = numbers.as_chunks::<4>();
        (mark <= 1 && rest.is_empty() && !numbers.is_empty()).then(|| Self {
            vector: numbers
                .iter()
                .map(|&bytes| f32::from_le_bytes(bytes))
                .collect(),
            truncated: mark == 1,
            is_fresh: false,
        })
    }
}
