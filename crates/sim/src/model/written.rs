//! Tokens as a model writes them.

use crate::question::tokens;

/// A written token and, where it matters, the likeliest alternatives with their probabilities.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Written {
    pub(crate) text: String,
    pub(crate) top: Vec<(String, f64)>,
}

/// Equal tokens in a row at which the server gives up (recorded: 31 come, 32 never).
const REPEATS: usize = 31;

pub(super) fn prose() -> String {
    "I am sorry, I would need more of the histories to tell.".to_owned()
}

pub(super) fn percent(score: f64) -> String {
    format!("{:.0}", score * 100.0)
}

pub(super) fn keys<T>(pairs: &[T]) -> Vec<String> {
    (1..=pairs.len().max(1))
        .map(|index| format!("p{index:02}"))
        .collect()
}

pub(super) fn plain(text: &str) -> Vec<Written> {
    tokens(text)
        .into_iter()
        .map(|text| Written {
            text,
            top: Vec::new(),
        })
        .collect()
}

/// The digit of a score, with alternatives whose mean is that score.
pub(super) fn digit(score: f64) -> Written {
    let aim = score * 9.0;
    let (low, share) = (aim.floor(), aim - aim.floor());
    let mut top: Vec<(String, f64)> = [(low, 1.0 - share), ((low + 1.0).min(9.0), share)]
        .into_iter()
        .filter(|(_, weight)| *weight > 0.001)
        .map(|(digit, weight)| (format!("{digit:.0}"), 0.9 * weight))
        .collect();
    top.sort_by(|a, b| b.1.total_cmp(&a.1));
    let text = top
        .first()
        .map_or_else(|| "0".to_owned(), |(text, _)| text.clone());
    top.extend(["\"", "%", "-"].map(|mark| (mark.to_owned(), 0.02)));
    Written { text, top }
}

/// `yes` or `no` with its spellings, so that their renormalised share is the score.
pub(super) fn label(score: f64) -> Written {
    let score = score.clamp(0.001, 0.999);
    let mut top = Vec::new();
    for (word, share) in [("yes", score), ("no", 1.0 - score)] {
        let upper = word[..1].to_uppercase() + &word[1..];
        for (text, part) in [
            (format!(" {word}"), 0.7),
            (upper, 0.2),
            (word.to_owned(), 0.05),
        ] {
            top.push((text, share * part));
        }
    }
    top.extend([" The", " not", "\n"].map(|word| (word.to_owned(), 0.01)));
    top.sort_by(|a, b| b.1.total_cmp(&a.1));
    Written {
        text: top[0].0.clone(),
        top,
    }
}

/// A base model goes on with what it was given.
pub(super) fn continued(prompt: &str, budget: usize) -> String {
    let words: Vec<String> = tokens(prompt)
        .into_iter()
        .filter(|token| !token.starts_with('<'))
        .collect();
    let lately = &words[words.len() / 2..];
    (0..budget)
        .filter_map(|index| lately.get(index % lately.len().max(1)).cloned())
        .collect()
}

/// Where the server gives up, if it does.
pub(super) fn repeats(written: &[Written]) -> Option<usize> {
    let mut run = 0;
    for (index, token) in written.iter().enumerate() {
        run = if index > 0 && written[index - 1].text == token.text {
            run + 1
        } else {
            1
        };
        if run > REPEATS {
            return Some(index);
        }
    }
    None
}
