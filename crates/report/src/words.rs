//! Words and numbers as people read them.

/// The word for a field's value or a number's name.
pub(crate) fn named(word: &str) -> &str {
    match word {
        "no_match" => "no match",
        "proxy_score" => "proxy score",
        "score" => "final score",
        other => other,
    }
}

pub(crate) fn percent(share: f64) -> String {
    format!("{:.1} %", share * 100.0)
}
