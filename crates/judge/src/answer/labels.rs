//! Graded scores from the probabilities of single tokens.
//!
//! Both Ollama generations give the probabilities before the grammar: what was not offered takes a
//! share, so the offered labels are renormalised among themselves.

use midband_core::Unanswered;
use midband_llm::Token;

use super::Slot;

/// Widest uncertainty that a label outside of the alternatives may leave in a score.
const MAX_DOUBT: f64 = 0.02;

/// P(yes) among yes and no, each summed over its spellings (` yes`, `Yes`, `YES.`, …).
///
/// Where one label is absent from the alternatives, its share is at most that of the least likely
/// alternative: if that bound moves the score by less than two hundredths, the bounded score is the
/// answer; otherwise, and where both are absent, the label is absent.
pub(super) fn score(tokens: &[Token]) -> Slot {
    let first = tokens.first().ok_or(Unanswered::LabelAbsent)?;
    let (mut yes, mut no, mut least) = (0.0f64, 0.0f64, f64::INFINITY);
    for (text, probability) in alternatives(first) {
        least = least.min(probability);
        match label(text).as_str() {
            "yes" => yes += probability,
            "no" => no += probability,
            _ => {}
        }
    }
    let bound = |label: f64| if label > 0.0 { label } else { least };
    let doubt = |present: f64| least / (present + least);
    let answered = match (yes > 0.0, no > 0.0) {
        (true, true) => true,
        (true, false) => doubt(yes) <= MAX_DOUBT,
        (false, true) => doubt(no) <= MAX_DOUBT,
        (false, false) => false,
    };
    let score = bound(yes) / (bound(yes) + bound(no));
    if answered && score.is_finite() {
        Ok(score)
    } else {
        Err(Unanswered::LabelAbsent)
    }
}

/// The expected digit of each written digit, over the ten digits, as a score in 0..=1. Empty where
/// tokens and digits can't be laid side by side (another tokenizer, no logprobs).
pub(super) fn digits(written: &[u8], tokens: &[Token]) -> Vec<f64> {
    let digit_tokens: Vec<&Token> = tokens
        .iter()
        .filter(|token| token.text.bytes().any(|b| b.is_ascii_digit()))
        .collect();
    let aligned = digit_tokens.len() == written.len()
        && digit_tokens
            .iter()
            .zip(written)
            .all(|(token, &digit)| single_digit(&token.text) == Some(digit));
    if !aligned {
        return Vec::new();
    }
    digit_tokens
        .iter()
        .zip(written)
        .map(|(token, &digit)| {
            let (mut mass, mut weighted) = (0.0f64, 0.0f64);
            for (text, probability) in alternatives(token) {
                if let Some(digit) = single_digit(text) {
                    mass += probability;
                    weighted += probability * f64::from(digit);
                }
            }
            let expected = weighted / mass / 9.0;
            if expected.is_finite() {
                expected.clamp(0.0, 1.0)
            } else {
                f64::from(digit) / 9.0
            }
        })
        .collect()
}

/// Every alternative once, the written token among them, with finite probabilities.
fn alternatives(token: &Token) -> impl Iterator<Item = (&str, f64)> {
    let written = (!token.top.iter().any(|(text, _)| *text == token.text))
        .then_some((token.text.as_str(), token.logprob));
    let listed = token
        .top
        .iter()
        .enumerate()
        .filter_map(|(index, (text, logprob))| {
            // A token that stands twice counts once.
            let first = token.top.iter().position(|(other, _)| other == text) == Some(index);
            first.then_some((text.as_str(), *logprob))
        });
    written
        .into_iter()
        .chain(listed)
        .map(|(text, logprob)| (text, logprob.exp()))
        .filter(|(_, probability)| {
            probability.is_finite() && (0.0..=1.0 + 1e-6).contains(probability)
        })
}

/// A token's letters alone, in lower case; empty where anything but white space and marks stands
/// around them.
fn label(text: &str) -> String {
    text.trim_matches(|c: char| {
        c.is_whitespace() || matches!(c, '"' | '\'' | '.' | ',' | '*' | '▁' | 'Ġ' | '`')
    })
    .to_lowercase()
}

fn single_digit(text: &str) -> Option<u8> {
    match text.trim().as_bytes() {
        [digit @ b'0'..=b'9'] => Some(digit - b'0'),
        _ => None,
    }
}
