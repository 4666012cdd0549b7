//! Judges that are of no use, or of less than they seem.

use std::{fmt, str::FromStr};

/// How the model answers, where that is not by what it knows.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Manner {
    /// By what it knows.
    #[default]
    Honest,
    /// Yes to every pair, more or less sure.
    AllYes,
    /// No to every pair, more or less sure.
    AllNo,
    /// The same score for every pair.
    Constant,
    /// By chance, the same in either order of a pair.
    Random,
    /// The opposite of what it knows.
    Inverted,
    /// By which text comes first: the opposite where both change places.
    Position,
}

impl Manner {
    /// Every one.
    pub const ALL: [Self; 7] = [
        Self::Honest,
        Self::AllYes,
        Self::AllNo,
        Self::Constant,
        Self::Random,
        Self::Inverted,
        Self::Position,
    ];

    /// The word on the command line.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Honest => "honest",
            Self::AllYes => "all-yes",
            Self::AllNo => "all-no",
            Self::Constant => "constant",
            Self::Random => "random",
            Self::Inverted => "inverted",
            Self::Position => "position",
        }
    }
}

impl fmt::Display for Manner {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

impl FromStr for Manner {
    type Err = String;
    fn from_str(word: &str) -> Result<Self, String> {
        let found = Self::ALL.into_iter().find(|manner| manner.as_str() == word);
        found.ok_or_else(|| {
            let words = Self::ALL.map(Self::as_str).join(", ");
            format!("{word:?} is none of {words}")
        })
    }
}

/// The forms of answer in which the model knows anything; in every other it gives each pair the same score, as a real model of
/// 1.8 B parameters did in JSON.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Knows {
    /// In all of them.
    #[default]
    Everywhere,
    /// Where the answer is free, yes or no among them.
    Freely,
    /// Where the answer is held to a schema.
    BySchema,
}
