//! What sort of texts a task compares.

use std::{fmt, str::FromStr};

use serde::{Deserialize, Serialize};

/// How one text reads.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ReadsAs {
    /// "field: value; …".
    Record,
    /// A clinical note.
    Note,
    /// Neither.
    Other,
}

/// What sort of texts a task compares: it chooses the prior that stands in for labels.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum TaskKind {
    /// Records of `field: value; …`, or of words and numbers that name one thing.
    Records,
    /// Questions and sentences, where wording differs and meaning decides.
    Questions,
    /// Names of concepts, a few words long.
    Terms,
    /// Clinical notes: several findings a text.
    Narratives,
    /// Anything else: nothing is assumed but the cosine.
    #[default]
    General,
}

impl TaskKind {
    /// Every kind, in the order of the documentation.
    pub const ALL: [Self; 5] = [
        Self::Records,
        Self::Questions,
        Self::Terms,
        Self::Narratives,
        Self::General,
    ];

    /// The kind that texts show: [`Self::Records`] where most of them read "field: value; …", [`Self::Narratives`] where
    /// most of them read as clinical notes, else [`Self::General`]. Questions and terms are never guessed: their prior is
    /// the cosine as well.
    pub fn detect(texts: impl IntoIterator<Item = ReadsAs>) -> Self {
        let (mut records, mut notes, mut all) = (0_usize, 0_usize, 0_usize);
        for reads in texts {
            all += 1;
            records += usize::from(reads == ReadsAs::Record);
            notes += usize::from(reads == ReadsAs::Note);
        }
        if 2 * records > all {
            Self::Records
        } else if 2 * notes > all {
            Self::Narratives
        } else {
            Self::General
        }
    }

    /// The word used in files and flags.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Records => "records",
            Self::Questions => "questions",
            Self::Terms => "terms",
            Self::Narratives => "narratives",
            Self::General => "general",
        }
    }
}

impl fmt::Display for TaskKind {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

/// The text names no task kind.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{0:?} is not a task kind; choose records, questions, terms, narratives or general")]
pub struct UnknownTaskKind(pub String);

impl FromStr for TaskKind {
    type Err = UnknownTaskKind;
    fn from_str(text: &str) -> Result<Self, UnknownTaskKind> {
        (Self::ALL.into_iter().find(|kind| kind.as_str() == text))
            .ok_or_else(|| UnknownTaskKind(text.to_owned()))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn kinds_are_detected_and_read_back() {
        use ReadsAs::{Note, Other, Record};
        assert_eq!(TaskKind::detect([Record, Record, Other]), TaskKind::Records);
        assert_eq!(TaskKind::detect([Note, Note, Record]), TaskKind::Narratives);
        assert_eq!(TaskKind::detect([Note, Record]), TaskKind::General);
        assert_eq!(TaskKind::detect([]), TaskKind::General);
        for kind in TaskKind::ALL {
            assert_eq!(kind.as_str().parse::<TaskKind>(), Ok(kind));
        }
        assert!("record".parse::<TaskKind>().is_err());
    }
}
