//! The ways of asking, and what each costs in tokens.
//!
//! A [`Mode`] is what the user chooses; a [`Style`] is one way of asking in full, after `auto` has
//! been settled. Everything that differs between styles stands here in one place: batch size,
//! schema, token budget, logprobs.

use std::{fmt, str::FromStr};

use serde::{Deserialize, Serialize};
use serde_json::{Value, json};

/// Most pairs in one request: above 16, `digits` risks the 30 equal tokens in a row at which Ollama
/// ends an answer, and no format gained anything (measured: 8 and 16 pairs cost the same a pair).
pub const MAX_BATCH: usize = 16;

/// How the judge is asked.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Mode {
    /// The cheapest mode that the server and the model can do, by measured costs where there are.
    #[default]
    Auto,
    /// Thoughts allowed; they are stripped from the answer.
    Think,
    /// A schema from the first token on, so that no thought can be emitted.
    Constrained,
    /// One pair, thought closed beforehand, one token, score from its logprobs.
    Glance,
    /// One pair a request, free text: the usual way, for comparison.
    Standard,
}

/// The form of a constrained answer.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Format {
    /// An object `p01`..`pNN` of integers, 0 to 100. 8 to 12 tokens a pair.
    Keyed,
    /// A list of fixed length of integers, 0 to 100. 3 tokens a pair.
    Array,
    /// A string of one digit a pair: 1 token a pair, graded by that token's logprobs.
    #[default]
    Digits,
}

macro_rules! words {
    ($kind:ident: $($variant:ident = $word:literal),+) => {
        impl $kind {
            /// The word used in flags and files.
            pub fn as_str(self) -> &'static str {
                match self { $(Self::$variant => $word),+ }
            }
        }
        impl fmt::Display for $kind {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str(self.as_str())
            }
        }
        impl FromStr for $kind {
            type Err = String;
            fn from_str(word: &str) -> Result<Self, String> {
                match word {
                    $($word => Ok(Self::$variant),)+
                    _ => Err(format!("{word:?} is none of {}", [$($word),+].join(", "))),
                }
            }
        }
    };
}

words!(Mode: Auto = "auto", Think = "think", Constrained = "constrained", Glance = "glance", Standard = "standard");
words!(Format: Keyed = "keyed", Array = "array", Digits = "digits");

/// One way of asking, settled.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub(crate) enum Style {
    Think,
    Keyed,
    Array,
    Digits,
    Glance,
    Standard,
    /// Asks for the reason of a score that stands already; its answer holds no score.
    Reason,
}

impl Style {
    /// The style of a settled mode; `Auto` is taken as constrained.
    pub(crate) fn of(mode: Mode, format: Format) -> Self {
        match (mode, format) {
            (Mode::Think, _) => Self::Think,
            (Mode::Glance, _) => Self::Glance,
            (Mode::Standard, _) => Self::Standard,
            (Mode::Constrained | Mode::Auto, Format::Keyed) => Self::Keyed,
            (Mode::Constrained | Mode::Auto, Format::Array) => Self::Array,
            (Mode::Constrained | Mode::Auto, Format::Digits) => Self::Digits,
        }
    }

    /// The words that name the style in a fingerprint and in a summary.
    pub(crate) fn as_str(self) -> &'static str {
        match self {
            Self::Think => "think",
            Self::Keyed => "constrained keyed",
            Self::Array => "constrained array",
            Self::Digits => "constrained digits",
            Self::Glance => "glance",
            Self::Standard => "standard",
            Self::Reason => "reason",
        }
    }

    /// True where one prompt holds one pair.
    pub(crate) fn is_single(self) -> bool {
        matches!(self, Self::Glance | Self::Standard | Self::Reason)
    }

    /// True where the model may write a thought first.
    pub(crate) fn thinks(self) -> bool {
        matches!(self, Self::Think | Self::Standard)
    }

    /// Pairs a request where the user says nothing: 4 share a thought (measured: three pairs cost
    /// 22 s where one costs 20 s); 8 share the fixed part where there is none.
    pub(crate) fn default_batch(self) -> usize {
        match self {
            Self::Think => 4,
            Self::Keyed | Self::Array | Self::Digits => 8,
            Self::Glance | Self::Standard | Self::Reason => 1,
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
            Self::Glance => 1,
            Self::Reason => 96,
        }
    }

    /// True where the score is read from logprobs.
    pub(crate) fn wants_logprobs(self) -> bool {
        matches!(self, Self::Digits | Self::Glance)
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
            Self::Think | Self::Glance | Self::Standard | Self::Reason => None,
        }
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
        for mode in [
            Mode::Auto,
            Mode::Think,
            Mode::Constrained,
            Mode::Glance,
            Mode::Standard,
        ] {
            assert_eq!(mode.to_string().parse::<Mode>(), Ok(mode));
        }
        assert!("digit".parse::<Format>().unwrap_err().contains("digits"));
    }

    #[test]
    fn thoughts_have_room() {
        assert!(Style::Think.budget(1) >= 1_024 && Style::Standard.budget(1) >= 1_024);
        assert_eq!(Style::Digits.schema(3).unwrap()["pattern"], "^[0-9]{3}$");
    }
}
