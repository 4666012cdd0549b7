//! The prompting modes, and what each costs in tokens.
//!
//! Everything that differs between them stands here in one place: batch size, schema, token budget,
//! logprobs. `None` in the settings leaves the choice to `auto`.

use std::{fmt, str::FromStr};

use serde::{Deserialize, Serialize};
use serde_json::{Value, json};

/// Most pairs in one request: above 16, `digits` risks the 30 equal tokens in a row at which Ollama
/// ends an answer, and no mode gained anything (measured: 8 and 16 pairs cost the same a pair).
pub const MAX_BATCH: usize = 16;

/// How the judge is asked. Files of midband 0.1 name the modes by their older words.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum PromptingMode {
    /// Thoughts allowed; they are stripped from the answer.
    Think,
    /// Held to an object `p01`..`pNN` of integers, 0 to 100, from the first token on, so that no thought
    /// can be emitted. 8 to 12 tokens a pair.
    #[serde(alias = "constrained keyed")]
    Keyed,
    /// Held to a list of fixed length of integers, 0 to 100. 3 tokens a pair.
    #[serde(alias = "constrained array")]
    Array,
    /// Held to a string of one digit a pair: 1 token a pair, graded by that token's logprobs.
    #[serde(alias = "constrained digits")]
    Digits,
    /// One pair, thought closed beforehand, one token, score from the logprobs of yes and no.
    #[serde(alias = "glance")]
    YesNo,
    /// One pair a request, free text: the usual way, for comparison.
    Standard,
}

impl PromptingMode {
    /// Every mode, dearest first.
    pub const ALL: [Self; 6] = [
        Self::Standard,
        Self::Think,
        Self::Keyed,
        Self::Array,
        Self::Digits,
        Self::YesNo,
    ];

    /// The word used in flags, files and summaries.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Think => "think",
            Self::Keyed => "keyed",
            Self::Array => "array",
            Self::Digits => "digits",
            Self::YesNo => "yes-no",
            Self::Standard => "standard",
        }
    }

    /// The words that name the mode in a fingerprint. Keys of verdict caches depend on them: they stay
    /// as they were when the caches were begun, whatever the modes are called.
    pub(crate) fn cache_words(self) -> &'static str {
        match self {
            Self::Think => "think",
            Self::Keyed => "constrained keyed",
            Self::Array => "constrained array",
            Self::Digits => "constrained digits",
            Self::YesNo => "glance",
            Self::Standard => "standard",
        }
    }

    /// True where one prompt holds one pair.
    pub fn is_single(self) -> bool {
        matches!(self, Self::YesNo | Self::Standard)
    }

    /// True where the model may write a thought first.
    pub fn thinks(self) -> bool {
        matches!(self, Self::Think | Self::Standard)
    }

    /// Pairs a request where the user says nothing: 4 share a thought (measured: three pairs cost
    /// 22 s where one costs 20 s); 8 share the fixed part where there is none.
    pub fn default_batch(self) -> usize {
        match self {
            Self::Think => 4,
            Self::Keyed | Self::Array | Self::Digits => 8,
            Self::YesNo | Self::Standard => 1,
        }
    }

    /// Tokens that the answer to `pairs` pairs may take.
    ///
    /// Thoughts of 500 to 1,300 tokens were measured, whatever the number of pairs; keyed answers
    /// took up to 12 tokens a pair, arrays 3.5, digits 1 and two quotes; and Ollama 0.24 adds up to
    /// a dozen tokens of white space after a complete value.
    pub(crate) fn budget(self, pairs: usize) -> u32 {
        let pairs = u32::try_from(pairs).unwrap_or(u32::MAX);
        match self {
            Self::Think => 1_536 + 128 * pairs,
            Self::Standard => 1_536 + 128,
            Self::Keyed => 24 + 20 * pairs,
            Self::Array => 20 + 6 * pairs,
            Self::Digits => 18 + pairs,
            Self::YesNo => 1,
        }
    }

    /// True where the score is read from logprobs.
    pub(crate) fn wants_logprobs(self) -> bool {
        matches!(self, Self::Digits | Self::YesNo)
    }

    /// The JSON schema that the answer is held to, if any. Root types are such that the first token
    /// can't begin a thought; fixed slots only, so that the model writes no index.
    pub(crate) fn schema(self, pairs: usize) -> Option<Value> {
        let score = json!({"type": "integer", "minimum": 0, "maximum": 100});
        match self {
            Self::Keyed => {
                let keys: Vec<String> = (0..pairs).map(key).collect();
                let properties: serde_json::Map<String, Value> = keys
                    .iter()
                    .map(|key| (key.clone(), score.clone()))
                    .collect();
                Some(
                    json!({"type": "object", "properties": properties, "required": keys, "additionalProperties": false}),
                )
            }
            Self::Array => {
                Some(json!({"type": "array", "items": score, "minItems": pairs, "maxItems": pairs}))
            }
            Self::Digits => {
                Some(json!({"type": "string", "pattern": format!("^[0-9]{{{pairs}}}$")}))
            }
            Self::Think | Self::YesNo | Self::Standard => None,
        }
    }
}

impl fmt::Display for PromptingMode {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(self.as_str())
    }
}

impl FromStr for PromptingMode {
    type Err = String;
    fn from_str(word: &str) -> Result<Self, String> {
        let found = Self::ALL.into_iter().find(|mode| mode.as_str() == word);
        found.ok_or_else(|| {
            let all = Self::ALL.map(Self::as_str).join(", ");
            format!("{word:?} is none of {all}")
        })
    }
}

/// How pairs whose first answer is unsure are asked again.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum SecondLook {
    /// With thoughts allowed; that answer stands.
    Think,
    /// With `a` and `b` swapped, in another order; the mean of both stands.
    Swap,
}

impl SecondLook {
    /// The word used in flags.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Think => "think",
            Self::Swap => "swap",
        }
    }
}

impl fmt::Display for SecondLook {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

impl FromStr for SecondLook {
    type Err = String;
    fn from_str(word: &str) -> Result<Self, String> {
        match word {
            "think" => Ok(Self::Think),
            "swap" => Ok(Self::Swap),
            _ => Err(format!("{word:?} is neither think nor swap")),
        }
    }
}

/// What a request wants to know.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub(crate) enum Question {
    /// The scores of pairs.
    Score(PromptingMode),
    /// The reason of a score that stands already; its answer holds no score.
    Reason,
}

impl From<PromptingMode> for Question {
    fn from(mode: PromptingMode) -> Self {
        Self::Score(mode)
    }
}

impl Question {
    fn mode(self) -> Option<PromptingMode> {
        match self {
            Self::Score(mode) => Some(mode),
            Self::Reason => None,
        }
    }

    pub(crate) fn is_single(self) -> bool {
        self.mode().is_none_or(PromptingMode::is_single)
    }

    pub(crate) fn thinks(self) -> bool {
        self.mode().is_some_and(PromptingMode::thinks)
    }

    pub(crate) fn default_batch(self) -> usize {
        self.mode().map_or(1, PromptingMode::default_batch)
    }

    pub(crate) fn budget(self, pairs: usize) -> u32 {
        self.mode().map_or(96, |mode| mode.budget(pairs))
    }

    pub(crate) fn wants_logprobs(self) -> bool {
        self.mode().is_some_and(PromptingMode::wants_logprobs)
    }

    pub(crate) fn schema(self, pairs: usize) -> Option<Value> {
        self.mode()?.schema(pairs)
    }
}

/// Key of the slot at an index: `p01` is the first. Two digits, so that alphabetical order, which
/// chat may write, is the order of the slots.
pub(crate) fn key(index: usize) -> String {
    format!("p{:02}", index + 1)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn words_read_back() {
        for mode in PromptingMode::ALL {
            assert_eq!(mode.to_string().parse(), Ok(mode));
            let word = serde_json::to_value(mode).unwrap();
            assert_eq!(word, mode.as_str());
            // Files of the version before have the words that caches still have.
            let old = serde_json::from_value(mode.cache_words().into());
            assert_eq!(old.ok(), Some(mode));
        }
        let why = "digit".parse::<PromptingMode>().unwrap_err();
        assert!(why.contains("digits"));
    }

    #[test]
    fn thoughts_have_room() {
        let (think, standard) = (PromptingMode::Think, PromptingMode::Standard);
        assert!(think.budget(1) >= 1_024 && standard.budget(1) >= 1_024);
        let digits = PromptingMode::Digits.schema(3).unwrap();
        assert_eq!(digits["pattern"], "^[0-9]{3}$");
    }
}
