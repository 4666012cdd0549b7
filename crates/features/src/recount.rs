//! A labelled pair without its texts: what its features need to be computed again under other word counts.
//!
//! Weights that were learnt on the rarities of two hundred texts fit those of a million badly. Kept labels are compared again
//! under the counts of the texts that are to be scored, and the weights fitted anew.

use serde::{Deserialize, Serialize};

use crate::{
    DocumentFrequencies, FEATURES, FeatureRows, TextProfile,
    compare::values,
    fields::{self, HashedField},
    overlap::Word,
    profile::{distinct_words, stems},
    token::{Token, TokenKind, tokens},
};

/// Features that depend on how rare words are among the texts. Those of clinical concepts mean the same among any, and stay.
const COUNTED: [&str; 18] = [
    "idf_jaccard",
    "contained_in_smaller",
    "contained_in_larger",
    "rarest_shared",
    "rarest_only_smaller",
    "rarest_only_larger",
    "stem_jaccard",
    "stem_contained",
    "soft_contained_in_smaller",
    "soft_contained_in_larger",
    "field_mean",
    "field_smallest",
    "field_largest",
    "first_field_jaccard",
    "first_field_contained",
    "first_field_rarest_shared",
    "first_field_rarest_only_smaller",
    "first_field_rarest_only_larger",
];

/// Most distinct words of a text that is kept.
const MOST_WORDS: usize = 1 << 16;

/// A pair whose features can be computed again under other word counts. It holds hashes of its words, without their order, and
/// numbers; it has no `Debug`. Whoever has a list of words can tell which of them a text holds: it is to be kept as the texts are.
#[derive(Clone, PartialEq, Serialize, Deserialize)]
pub struct HashedPair {
    a: HashedText,
    b: HashedText,
    /// The pair's features under the counts that it was made with.
    row: Vec<f64>,
}

#[derive(Clone, PartialEq, Serialize, Deserialize)]
#[serde(try_from = "Stored", into = "Stored")]
struct HashedText {
    /// Distinct words by hash, with the letter pairs that they hold, and whether they are numbers.
    words: Vec<HashedWord>,
    /// Hashes of stems, each with the place of a word that has it.
    stems: Vec<(u64, usize)>,
    /// Of a record: hashes of the names, each with the places of the words of the value.
    fields: Option<Vec<(u64, Vec<usize>)>>,
}

#[derive(Clone, Copy, PartialEq)]
struct HashedWord {
    hash: u64,
    signature: u64,
    is_number: bool,
}

impl HashedPair {
    /// A pair of texts with the row of its features; `None` for a text of more than 65,536 distinct words.
    pub fn of(a: &str, b: &str, row: Vec<f64>) -> Option<Self> {
        Some(Self {
            a: HashedText::of(a)?,
            b: HashedText::of(b)?,
            row,
        })
    }
}

impl FeatureRows {
    /// The row of a pair without its texts under these counts: what [`FeatureRows::row`] gives for its texts, clinical concepts
    /// apart. `None` for a pair of another set of features.
    pub fn recounted(&self, pair: &HashedPair) -> Option<Vec<f64>> {
        let counts = self.frequencies();
        let (a, b) = (pair.a.profile(counts), pair.b.profile(counts));
        let counted = values(&a, &b, 0.0);
        let places = self.set().places();
        let columns = places.iter().zip(&pair.row).map(|(&at, &kept)| {
            if COUNTED.contains(&FEATURES[at].0) {
                counted[at]
            } else {
                kept
            }
        });
        (places.len() == pair.row.len()).then(|| columns.collect())
    }
}

impl HashedText {
    fn of(text: &str) -> Option<Self> {
        let mut all: Vec<Token> = Vec::new();
        tokens(text, |token| all.push(token));
        let words = distinct_words(&all, &DocumentFrequencies::default());
        let place = |hash: u64| words.binary_search_by_key(&hash, |word| word.hash).ok();
        let mut stems: Vec<(u64, usize)> = all
            .iter()
            .filter_map(|token| Some((token.stem, place(token.hash)?)))
            .collect();
        stems.sort_unstable();
        stems.dedup();
        let field = |field: HashedField| {
            let words = field.words.into_iter().filter_map(place);
            (field.name, words.collect())
        };
        let parsed = fields::parse(text);
        let fields = parsed.map(|parsed| fields::hashed(&parsed).map(field).collect());
        let hashed = |word: &Word| HashedWord {
            hash: word.hash,
            signature: word.signature,
            is_number: word.is_number,
        };
        (words.len() <= MOST_WORDS).then(|| Self {
            words: words.iter().map(hashed).collect(),
            stems,
            fields,
        })
    }

    /// What of a profile depends on word counts.
    fn profile(&self, counts: &DocumentFrequencies) -> TextProfile {
        let token = |word: &HashedWord| Token {
            hash: word.hash,
            kind: if word.is_number {
                TokenKind::Number
            } else {
                TokenKind::Letters
            },
            signature: word.signature,
            ..Token::default()
        };
        let all: Vec<Token> = self.words.iter().map(token).collect();
        let words = distinct_words(&all, counts);
        let stemmed = self.stems.iter().filter_map(|&(stem, at)| {
            let token = all.get(at)?;
            Some(Token { stem, ..*token })
        });
        TextProfile {
            stems: stems(&stemmed.collect::<Vec<_>>(), &words),
            fields: match &self.fields {
                Some(fields) => fields
                    .iter()
                    .map(|(name, places)| fields::of_words(*name, places, &words))
                    .collect(),
                None => fields::whole(&words, &[]),
            },
            words,
            ..TextProfile::default()
        }
    }
}

/// As it stands in a file: words as hash, signature and `n` for a number; stems as hash and place; fields as the hash of the
/// name and places; hashes and signatures of 16 hexadecimal digits, parted by spaces.
#[derive(Serialize, Deserialize)]
struct Stored {
    words: String,
    stems: String,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    fields: Option<String>,
}

/// A kept pair is damaged.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("a kept pair is damaged; make the file again")]
pub struct DamagedPair;

impl From<HashedText> for Stored {
    fn from(text: HashedText) -> Self {
        let word = |word: &HashedWord| {
            let number = if word.is_number { "n" } else { "" };
            format!("{:016x}{:016x}{number}", word.hash, word.signature)
        };
        let field = |(name, places): &(u64, Vec<usize>)| {
            let places: Vec<String> = places.iter().map(|at| format!("{at:x}")).collect();
            format!("{name:016x}{}", places.join("."))
        };
        let joined = |parts: Vec<String>| parts.join(" ");
        Self {
            words: joined(text.words.iter().map(word).collect()),
            stems: joined(
                (text.stems.iter())
                    .map(|(stem, at)| format!("{stem:016x}{at:x}"))
                    .collect(),
            ),
            fields: (text.fields).map(|fields| joined(fields.iter().map(field).collect())),
        }
    }
}

impl TryFrom<Stored> for HashedText {
    type Error = DamagedPair;

    fn try_from(stored: Stored) -> Result<Self, DamagedPair> {
        fn all<T>(text: &str, one: impl Fn(&str) -> Option<T>) -> Result<Vec<T>, DamagedPair> {
            let parts = text.split(' ').filter(|part| !part.is_empty());
            parts.map(one).collect::<Option<_>>().ok_or(DamagedPair)
        }
        let hash = |text: &str| u64::from_str_radix(text, 16).ok();
        let words = all(&stored.words, |text| {
            let (word, rest) = text.split_at_checked(16)?;
            let (signature, number) = rest.split_at_checked(16)?;
            Some(HashedWord {
                hash: hash(word)?,
                signature: hash(signature)?,
                is_number: number == "n",
            })
        })?;
        let place = |text: &str| {
            let at = usize::from_str_radix(text, 16).ok()?;
            (at < words.len()).then_some(at)
        };
        let stems = all(&stored.stems, |text| {
            let (stem, at) = text.split_at_checked(16)?;
            Some((hash(stem)?, place(at)?))
        })?;
        let field = |text: &str| {
            let (name, places) = text.split_at_checked(16)?;
            let places = places.split('.').filter(|at| !at.is_empty()).map(place);
            Some((hash(name)?, places.collect::<Option<_>>()?))
        };
        let fields = stored
            .fields
            .map(|fields| all(&fields, field))
            .transpose()?;
        if !words.is_sorted_by(|a, b| a.hash < b.hash) {
            return Err(DamagedPair);
        }
        Ok(Self {
            words,
            stems,
            fields,
        })
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::FeatureSet;

    proptest! {
        #[test]
        fn a_kept_pair_has_the_features_of_its_texts(
            texts in proptest::collection::vec("(name: [a-d]{1,9} [a-d]{1,9}[0-9]{0,3}; price: [0-9]{1,3})|([a-d]{1,8} ?){0,12}|\\PC{0,40}", 2..12),
        ) {
            let rows = |texts: &[String]| {
                let counts = DocumentFrequencies::of_texts(texts.iter().map(String::as_str));
                FeatureRows::new(FeatureSet::all(), counts)
            };
            let (few, many) = (rows(&texts[..2]), rows(&texts));
            let row = few.row(&texts[0], &texts[1], Some(0.5));
            let kept = HashedPair::of(&texts[0], &texts[1], row).unwrap();
            let file = serde_json::to_string(&kept).unwrap();
            let read: HashedPair = serde_json::from_str(&file).unwrap();
            prop_assert!(read == kept);
            let again = many.recounted(&read).unwrap();
            let row = many.row(&texts[0], &texts[1], Some(0.5));
            for ((name, a), b) in many.set().names().into_iter().zip(again).zip(row) {
                prop_assert!(a == b || name.starts_with("concept"), "{name}: {a} {b}");
            }
        }
    }

    #[test]
    fn no_text_is_kept_and_damage_is_told() {
        let rows = FeatureRows::new(FeatureSet::all(), DocumentFrequencies::default());
        let row = rows.row("Zaphod B.", "name: Ford; mrn: 1", None);
        let kept = HashedPair::of("Zaphod B.", "name: Ford; mrn: 1", row).unwrap();
        let file = serde_json::to_string(&kept).unwrap();
        for word in ["zaphod", "ford", "mrn"] {
            assert!(!file.to_lowercase().contains(word));
        }
        let other = FeatureRows::new(FeatureSet::cosine(), DocumentFrequencies::default());
        assert!(other.recounted(&kept).is_none());
        let damaged = r#"{"words": "00", "stems": ""}"#;
        assert!(serde_json::from_str::<HashedText>(damaged).is_err());
        let stray = r#"{"words": "", "stems": "00000000000000011"}"#;
        assert!(serde_json::from_str::<HashedText>(stray).is_err());
    }
}
