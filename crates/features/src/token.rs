//! Splits a text into tokens: runs of letters, or numbers with decimals.
//!
//! Letters and digits part company ("tp53" is "tp" and "53"), because model numbers, doses and dates
//! are written with and without a space; the word as it stands is kept beside, as a code.

use crate::{fold::fold, hash::Hash};

/// What a token is.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) enum TokenKind {
    #[default]
    Letters,
    Number,
}

/// One token of a text.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub(crate) struct Token {
    pub(crate) hash: u64,
    pub(crate) kind: TokenKind,
    /// Hash of the first letters, [`STEM`] at most.
    pub(crate) stem: u64,
    /// One bit for each pair of neighbouring letters, the token's ends included.
    pub(crate) signature: u64,
    /// First letter or digit.
    pub(crate) first: char,
    /// Letters and digits in it.
    pub(crate) length: u32,
    /// The value of a number.
    pub(crate) value: f64,
}

/// The distinct words of a text as hashes in ascending order: what word counts are made of.
pub(crate) fn word_hashes(text: &str) -> Vec<u64> {
    let mut words = Vec::new();
    tokens(text, |token| words.push(token.hash));
    words.sort_unstable();
    words.dedup();
    words
}

/// Letters that make a stem: long enough to tell words apart, short enough to drop most endings.
/// A choice, not a measurement.
const STEM: u32 = 5;

/// A token under construction.
struct Draft {
    hash: Hash,
    stem: Hash,
    signature: u64,
    previous: u32,
    first: char,
    length: u32,
    kind: TokenKind,
    digits: f64,
    decimals: Option<f64>,
}

fn pair_bit(a: u32, b: u32) -> u64 {
    1 << (a
        .wrapping_mul(0x9e37_79b1)
        .wrapping_add(b.wrapping_mul(0x85eb_ca6b))
        >> 26)
}

impl Draft {
    fn new(kind: TokenKind) -> Self {
        Self {
            hash: Hash::new(),
            stem: Hash::new(),
            signature: 0,
            previous: u32::from(' '),
            first: ' ',
            length: 0,
            kind,
            digits: 0.0,
            decimals: None,
        }
    }

    fn push(&mut self, c: char) {
        if self.length == 0 {
            self.first = c;
        }
        let code = u32::from(c);
        self.hash.push(code);
        if self.length < STEM {
            self.stem.push(code);
        }
        self.signature |= pair_bit(self.previous, code);
        self.previous = code;
        self.length += 1;
        if let Some(digit) = c.to_digit(10).map(f64::from) {
            match &mut self.decimals {
                None => self.digits = self.digits * 10.0 + digit,
                Some(scale) => {
                    *scale *= 0.1;
                    self.digits += digit * *scale;
                }
            }
        } else if c == '.' {
            self.decimals = Some(1.0);
        }
    }

    fn finish(self) -> Token {
        Token {
            hash: self.hash.finish(),
            kind: self.kind,
            stem: self.stem.finish(),
            signature: self.signature | pair_bit(self.previous, u32::from(' ')),
            first: self.first,
            length: self.length,
            value: self.digits,
        }
    }
}

/// What is made of a text's words, letter by letter.
pub(crate) trait Words {
    /// The next letter or digit of the word, folded.
    fn push(&mut self, kind: TokenKind, c: char);
    /// The word is whole.
    fn end(&mut self);
}

/// Hands a text's words on in order.
pub(crate) fn split(text: &str, words: &mut impl Words) {
    // The kind of the open word, and whether a number has its point.
    let mut open: Option<(TokenKind, bool)> = None;
    let mut chars = text.chars().peekable();
    while let Some(c) = chars.next() {
        let point = c == '.'
            && open == Some((TokenKind::Number, false))
            && chars.peek().is_some_and(char::is_ascii_digit);
        let kind = if c.is_ascii_digit() || point {
            Some(TokenKind::Number)
        } else if c.is_alphabetic() {
            Some(TokenKind::Letters)
        } else {
            None
        };
        if open.is_some_and(|(of, _)| Some(of) != kind) {
            words.end();
            open = None;
        }
        if let Some(kind) = kind {
            open = Some((kind, point || open.is_some_and(|(_, point)| point)));
            fold(c, |folded| words.push(kind, folded));
        }
    }
    if open.is_some() {
        words.end();
    }
}

/// Words as tokens.
struct Tokens<F> {
    draft: Option<Draft>,
    take: F,
}

impl<F: FnMut(Token)> Words for Tokens<F> {
    fn push(&mut self, kind: TokenKind, c: char) {
        self.draft.get_or_insert_with(|| Draft::new(kind)).push(c);
    }
    fn end(&mut self) {
        self.draft
            .take()
            .map(Draft::finish)
            .into_iter()
            .for_each(&mut self.take);
    }
}

/// Calls `take` with each token in order.
pub(crate) fn tokens(text: &str, take: impl FnMut(Token)) {
    split(text, &mut Tokens { draft: None, take });
}

#[cfg(test)]
mod tests {
    use super::*;

    fn split(text: &str) -> Vec<(TokenKind, u32, f64)> {
        let mut out = Vec::new();
        tokens(text, |t| out.push((t.kind, t.length, t.value)));
        out
    }

    #[test]
    fn letters_and_numbers_part() {
        use TokenKind::{Letters, Number};
        assert_eq!(split("TP53"), [(Letters, 2, 0.0), (Number, 2, 53.0)]);
        assert_eq!(split("2.50 mg."), [(Number, 4, 2.5), (Letters, 2, 0.0)]);
        assert_eq!(split("1.2.3"), [(Number, 3, 1.2), (Number, 1, 3.0)]);
        assert!(split(" -- ").is_empty());
    }

    #[test]
    fn a_list_word_hashes_like_a_token() {
        let mut seen = Vec::new();
        tokens("Not", |t| seen.push(t.hash));
        assert_eq!(seen, [Hash::of_ascii(b"not")]);
    }
}
