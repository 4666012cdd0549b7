//! Designators: the short sign that tells one of a series from the next ("type II", "factor V",
//! "BRCA1", "alpha").
//!
//! To an embedding "type 1" and "type 2" are nearly the same text; to a terminology they are two
//! diseases. Numerals in any writing are brought to one value before they are compared.

use crate::{
    lists::{GREEK, NUMERALS},
    token::{Token, TokenKind},
};

/// Values below it stand for numbers; above, for letters.
const LETTERS_FROM: u64 = 1 << 32;

fn value(token: &Token) -> Option<u64> {
    if token.kind == TokenKind::Number {
        return (token.value.fract() == 0.0 && token.value < 1e9).then_some(token.value as u64);
    }
    if let Some((_, value)) = NUMERALS.iter().find(|(hash, _)| *hash == token.hash) {
        return Some(*value);
    }
    if let Some((_, letter)) = GREEK.iter().find(|(hash, _)| *hash == token.hash) {
        return Some(LETTERS_FROM + u64::from(*letter));
    }
    (token.length == 1).then_some(LETTERS_FROM + u64::from(token.first))
}

/// A text's designators, sorted, each once. An "a" or "s" alone is an article or a genitive, and "i"
/// at the very start a person.
pub(crate) fn of(all: &[Token]) -> Vec<u64> {
    let mut values: Vec<u64> = (all.iter())
        .filter(|token| token.length > 1 || !matches!(token.first, 'a' | 's'))
        .filter_map(value)
        .collect();
    values.sort_unstable();
    values.dedup();
    values
}

/// Designators in one text only: the smaller and the larger count of the two sides.
pub(crate) fn differing(a: &[u64], b: &[u64]) -> (usize, usize) {
    let only = |x: &[u64], y: &[u64]| x.iter().filter(|v| y.binary_search(v).is_err()).count();
    let (left, right) = (only(a, b), only(b, a));
    (left.min(right), left.max(right))
}
