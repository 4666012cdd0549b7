//! Overlap of character trigrams: spelling, inflection and typing errors, where whole words differ.

use crate::{fold::fold, hash::mix};

/// Trigrams of a text, sorted, repeated ones too. What is no letter or digit is one space; a space
/// stands before and after.
pub(crate) fn trigrams(text: &str) -> Vec<u32> {
    let mut out = Vec::with_capacity(text.len());
    let mut window = [u64::from(' '), 0, 0];
    let mut filled = 1;
    let mut push = |c: char, filled: &mut usize| {
        if c == ' ' && window[*filled - 1] == u64::from(' ') {
            return;
        }
        if *filled < 3 {
            window[*filled] = u64::from(c);
            *filled += 1;
        } else {
            window = [window[1], window[2], u64::from(c)];
        }
        if *filled == 3 {
            out.push((mix((window[0] << 42) ^ (window[1] << 21) ^ window[2]) >> 32) as u32);
        }
    };
    for c in text.chars() {
        if c.is_alphanumeric() || c == '_' {
            fold(c, |folded| push(folded, &mut filled));
        } else {
            push(' ', &mut filled);
        }
    }
    push(' ', &mut filled);
    out.sort_unstable();
    out
}

/// Multiset Jaccard of two sorted lists, 0..=1; 0 where both are empty.
pub(crate) fn overlap(a: &[u32], b: &[u32]) -> f64 {
    let (mut i, mut j, mut shared) = (0, 0, 0_usize);
    while i < a.len() && j < b.len() {
        let (x, y) = (a[i], b[j]);
        shared += usize::from(x == y);
        i += usize::from(x <= y);
        j += usize::from(y <= x);
    }
    let all = a.len() + b.len() - shared;
    if all == 0 {
        0.0
    } else {
        shared as f64 / all as f64
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn spelling_counts_and_punctuation_does_not() {
        let of = |a: &str, b: &str| overlap(&trigrams(a), &trigrams(b));
        assert_eq!(of("Anaemia!", "anaemia"), 1.0);
        assert!(of("anaemia", "anemia") > of("anaemia", "asthma"));
        // " ab", "ab " against " ab", "abc", "bc ": one of four.
        assert_eq!(of("ab", "abc"), 0.25);
        assert_eq!(of("", ""), 0.0);
    }
}
