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

fn likeness(a: &Word, b: &Word) -> f64 {
    let both = (a.signature & b.signature).count_ones();
    ratio(2.0 * f64::from(both), f64::from(a.pairs + b.pairs))
}

fn unmatched(words: &[Word], others: &[Word]) -> Vec<Word> {
    let mut left: Vec<Word> = (words.iter())
        .filter(|w| !w.is_number && others.binary_search_by_key(&w.hash, |o| o.hash).is_err())
        .copied()
        .collect();
    if left.len() > MOST {
        left.sort_unstable_by(|a, b| b.rarity.total_cmp(&a.rarity).then(a.hash.cmp(&b.hash)));
        left.truncate(MOST);
    }
    left
}

/// Rarity that each side's words find covered by the other's, spelled alike.
fn covered(left: &[Word], right: &[Word]) -> (f64, f64) {
    let mut best = [0.0_f64; MOST];
    let mut of_left = 0.0;
    for a in left {
        let mut most = 0.0_f64;
        for (b, best) in right.iter().zip(&mut best) {
            let alike = likeness(a, b);
            most = most.max(alike);
            *best = best.max(alike);
        }
        of_left += worth(a, most);
    }
    (
        of_left,
        right.iter().zip(best).map(|(b, most)| worth(b, most)).sum(),
    )
}

fn worth(word: &Word, alike: f64) -> f64 {
    if alike >= ALIKE {
        alike * word.rarity
    } else {
        0.0
    }
}

/// Overlap that counts words spelled alike in part: of the lighter and of the heavier text, 0..=1.
pub(crate) fn contained(a: &TextProfile, b: &TextProfile, overlap: &Overlap) -> (f64, f64) {
    let (left, right) = (unmatched(&a.words, &b.words), unmatched(&b.words, &a.words));
    let (in_a, in_b) = covered(&left, &right);
    let of_a = ratio(overlap.shared + in_a, overlap.shared + overlap.only_a);
    let of_b = ratio(overlap.shared + in_b, overlap.shared + overlap.only_b);
    (of_a.max(of_b).min(1.0), of_a.min(of_b).min(1.0))
}
