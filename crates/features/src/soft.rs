//! Words that are spelled alike: "rajendran" and "rajendrann", "allergy" and "allergic".
//!
//! Whole-word overlap sees nothing in common there, trigram overlap drowns it among common words.
//! Each word that only one side has is compared with those that only the other side has, by the
//! letter pairs that they share; the best likeness counts with the word's rarity.

use crate::{
    overlap::{Overlap, Word, ratio},
    profile::TextProfile,
};

/// Rarest unmatched words of a side that are compared: a bound on the work of long texts.
const MOST: usize = 16;

/// Likeness from which two words count as one misspelled.
const ALIKE: f64 = 0.6;

fn likeness(a: u64, b: u64) -> f64 {
    let both = (a & b).count_ones();
    ratio(
        2.0 * f64::from(both),
        f64::from(a.count_ones() + b.count_ones()),
    )
}

fn unmatched(words: &[Word], others: &[Word]) -> Vec<Word> {
    let mut left: Vec<Word> = (words.iter())
        .filter(|w| others.binary_search_by_key(&w.hash, |o| o.hash).is_err())
        .copied()
        .collect();
    if left.len() > MOST {
        left.sort_unstable_by(|a, b| b.rarity.total_cmp(&a.rarity).then(a.hash.cmp(&b.hash)));
        left.truncate(MOST);
    }
    left
}

fn covered(words: &[Word], others: &[Word]) -> f64 {
    (words.iter())
        .filter(|w| !w.is_number)
        .map(|w| {
            let best = (others.iter().filter(|o| !o.is_number))
                .map(|o| likeness(w.signature, o.signature))
                .fold(0.0, f64::max);
            if best >= ALIKE { best * w.rarity } else { 0.0 }
        })
        .sum()
}

/// Overlap that counts words spelled alike in part: of the lighter and of the heavier text, 0..=1.
pub(crate) fn contained(a: &TextProfile, b: &TextProfile, overlap: &Overlap) -> (f64, f64) {
    let (left, right) = (unmatched(&a.words, &b.words), unmatched(&b.words, &a.words));
    let of_a = ratio(
        overlap.shared + covered(&left, &right),
        overlap.shared + overlap.only_a,
    );
    let of_b = ratio(
        overlap.shared + covered(&right, &left),
        overlap.shared + overlap.only_b,
    );
    (of_a.max(of_b).min(1.0), of_a.min(of_b).min(1.0))
}
