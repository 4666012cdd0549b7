//! Who proposes pairs.

use std::str::FromStr;

/// Who proposes pairs.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Source {
    /// The embeddings.
    Embedding,
    /// Rare words.
    Words,
    /// Both, their rankings fused.
    #[default]
    Both,
}

impl FromStr for Source {
    type Err = String;
    fn from_str(word: &str) -> Result<Self, String> {
        match word {
            "embedding" => Ok(Self::Embedding),
            "lexical" => Ok(Self::Words),
            "both" => Ok(Self::Both),
            _ => Err(format!("{word:?} is none of embedding, lexical, both")),
        }
    }
}
