//! A pair of texts, and the wrapper that keeps text out of logs.

use std::fmt;

use serde::{Deserialize, Serialize};

use crate::PairId;

/// A pair's text. Its `Debug` shows a length and nothing else, and it has no `Display`: text that
/// may be about a patient can't slip into a log line, an error or a panic message.
#[derive(Clone, PartialEq, Eq, Hash, PartialOrd, Ord, Default, Serialize, Deserialize)]
#[serde(transparent)]
pub struct Text(String);

impl Text {
    /// Wraps a text.
    pub fn new(text: impl Into<String>) -> Self {
        Self(text.into())
    }

    /// The text itself, for the embedder, the features and the judge's prompt.
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// True where nothing but white space is left.
    pub fn is_blank(&self) -> bool {
        self.0.trim().is_empty()
    }
}

impl fmt::Debug for Text {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Text({} bytes)", self.0.len())
    }
}

impl From<&str> for Text {
    fn from(text: &str) -> Self {
        Self::new(text)
    }
}

impl From<String> for Text {
    fn from(text: String) -> Self {
        Self(text)
    }
}

/// Two texts to compare. The order of `a` and `b` is kept, and matters only to tasks that say so.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Pair {
    /// The caller's id, unique within a run.
    pub id: PairId,
    /// The left text.
    pub a: Text,
    /// The right text.
    pub b: Text,
}

impl Pair {
    /// A pair from anything that turns into its parts.
    pub fn new(id: impl Into<PairId>, a: impl Into<String>, b: impl Into<String>) -> Self {
        Self {
            id: id.into(),
            a: Text::new(a),
            b: Text::new(b),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn debug_of_a_pair_shows_no_text() {
        let pair = Pair::new("p1", "Jane Roe, HIV positive", "J. Roe");
        let shown = format!("{pair:?} {pair:#?}");
        assert!(shown.contains("p1"));
        assert!(!shown.contains("Roe") && !shown.contains("HIV"), "{shown}");
    }

    #[test]
    fn white_space_alone_is_blank() {
        assert!(Text::new(" \t\n\u{a0}").is_blank());
        assert!(!Text::new(" x ").is_blank());
    }
}
