//! Which pairs a person is shown.

use crate::ResultRow;

/// Pairs on the page where none waits for a person.
const SPOT_CHECK: usize = 100;

/// What the labels are for.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Purpose {
    /// To decide what midband left to a person: the pairs for review alone, those first at which a look is worth most.
    #[default]
    Decide,
    /// To calibrate and to measure: pairs drawn at random from all, so that the labels speak for all.
    Calibrate,
}

/// Pairs for a person, and how they were chosen: `value` or `random`.
pub(super) struct Chosen<'a> {
    pub(super) how: &'static str,
    /// Pairs that could have been drawn.
    pub(super) of: usize,
    pub(super) rows: Vec<&'a ResultRow>,
}

/// At most `most` pairs for a purpose, what is drawn at random by `seed`.
pub(super) fn chosen(rows: &[ResultRow], purpose: Purpose, most: usize, seed: u64) -> Chosen<'_> {
    let scored = || {
        rows.iter()
            .filter(|row| row.score.is_some() && !row.is_certain())
    };
    let mut waiting: Vec<(f64, &ResultRow)> = scored()
        .filter(|row| row.decision == "review")
        .map(|row| (row.priority(), row))
        .collect();
    if purpose == Purpose::Decide && !waiting.is_empty() {
        // Stable: equally informative pairs keep the input's order.
        waiting.sort_by(|x, y| y.0.total_cmp(&x.0));
        return Chosen {
            how: "value",
            of: waiting.len(),
            rows: waiting.into_iter().take(most).map(|(_, row)| row).collect(),
        };
    }
    let most = match purpose {
        Purpose::Calibrate => most,
        Purpose::Decide => most.min(SPOT_CHECK),
    };
    // The least hashes of the ids: the same pairs are drawn whatever the order of the rows.
    let key = blake3::derive_key("midband review, random draw", &seed.to_le_bytes());
    let mut drawn: Vec<([u8; 32], &ResultRow)> = scored()
        .map(|row| (*blake3::keyed_hash(&key, row.id.as_bytes()).as_bytes(), row))
        .collect();
    drawn.sort_by_key(|(hash, _)| *hash);
    Chosen {
        how: "random",
        of: drawn.len(),
        rows: drawn.into_iter().take(most).map(|(_, row)| row).collect(),
    }
}
