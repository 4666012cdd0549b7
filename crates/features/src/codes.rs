//! Codes: words of letters and digits, such as model numbers ("mdr-ex55wh").
//!
//! Two records that share a code are almost surely one thing; two that both carry one and share none
//! are almost surely two, however alike the rest. Tokens part letters from digits, so the code as a
//! whole has to be looked at. A common beginning counts in part: colours and markets hang at the end.

use crate::fold::fold;

/// Codes of a text that are compared; the later ones of a long text seldom name it.
const MOST: usize = 12;

/// Letters and digits below which a word is no code ("4gb", "2x").
const SHORTEST: usize = 4;

/// Codes of a text in order of appearance, repeated ones once.
pub(crate) fn of(text: &str) -> Vec<Box<str>> {
    let mut codes: Vec<Box<str>> = Vec::new();
    for word in text.split(|c: char| c.is_whitespace() || c == ';' || c == ',') {
        let digits = word.bytes().filter(u8::is_ascii_digit).count();
        if digits == 0 || codes.len() == MOST {
            continue;
        }
        let mut code = String::new();
        word.chars()
            .filter(|c| c.is_alphanumeric())
            .for_each(|c| fold(c, |f| code.push(f)));
        let has_letter = code.bytes().any(|b| !b.is_ascii_digit());
        if has_letter && code.len() >= SHORTEST && !codes.iter().any(|c| **c == *code) {
            codes.push(code.into());
        }
    }
    codes
}

/// What two texts' codes say.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub(crate) struct CodeComparison {
    /// 1 where a code stands in both.
    pub(crate) shared: f64,
    /// 1 where both have codes and share none.
    pub(crate) conflict: f64,
    /// Longest common beginning of two codes over the shorter's length, 0..=1.
    pub(crate) prefix: f64,
}

fn common_prefix(a: &str, b: &str) -> f64 {
    let same = a.bytes().zip(b.bytes()).take_while(|(x, y)| x == y).count();
    same as f64 / a.len().min(b.len()).max(1) as f64
}

pub(crate) fn compare(a: &[Box<str>], b: &[Box<str>]) -> CodeComparison {
    let mut found = CodeComparison::default();
    for x in a {
        for y in b {
            found.shared = found.shared.max(f64::from(u8::from(x == y)));
            found.prefix = found.prefix.max(common_prefix(x, y));
        }
    }
    let both = !a.is_empty() && !b.is_empty();
    found.conflict = f64::from(u8::from(both && found.shared == 0.0));
    found
}
