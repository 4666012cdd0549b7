//! The list of features: names, groups, and which of them are on.

use std::{fmt, str::FromStr};

use serde::{Deserialize, Serialize};

/// A family of features that is switched on or off as one.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Group {
    /// The embedding's own similarity.
    Cosine,
    /// Shared and unshared words, by rarity.
    Words,
    /// Numbers that agree or differ.
    Numbers,
    /// Words that deny, on one side only.
    Negation,
    /// Side, place, grade; designators; words that exclude each other.
    Markers,
    /// How much longer one text is.
    Length,
    /// Character trigrams.
    Trigrams,
    /// One text abbreviates the other.
    Acronym,
    /// Codes such as model numbers.
    Codes,
    /// Words spelled alike, stems.
    Spelling,
    /// Records, field by field.
    Fields,
    /// What clinical texts say: concepts, and where they contradict each other.
    Clinical,
}

impl Group {
    /// Every group, in the order of the columns.
    pub const ALL: [Self; 12] = [
        Self::Cosine,
        Self::Words,
        Self::Numbers,
        Self::Negation,
        Self::Markers,
        Self::Length,
        Self::Trigrams,
        Self::Acronym,
        Self::Codes,
        Self::Spelling,
        Self::Fields,
        Self::Clinical,
    ];

    /// True where the group's features can't be had without an embedding.
    pub fn needs_cosine(self) -> bool {
        self == Self::Cosine
    }

    /// The word used in flags and files.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Cosine => "cosine",
            Self::Words => "words",
            Self::Numbers => "numbers",
            Self::Negation => "negation",
            Self::Markers => "markers",
            Self::Length => "length",
            Self::Trigrams => "trigrams",
            Self::Acronym => "acronym",
            Self::Codes => "codes",
            Self::Spelling => "spelling",
            Self::Fields => "fields",
            Self::Clinical => "clinical",
        }
    }
}

/// Number of features.
pub const COUNT: usize = FEATURES.len();

/// Features that the word `all` meant in files that were written before the clinical ones: the first so many.
const FIRST_ALL: usize = 44;

/// Every feature by name, in the order of the columns.
pub const FEATURES: [(&str, Group); 76] = [
    ("cosine", Group::Cosine),
    ("idf_jaccard", Group::Words),
    ("contained_in_smaller", Group::Words),
    ("contained_in_larger", Group::Words),
    ("rarest_shared", Group::Words),
    ("rarest_only_smaller", Group::Words),
    ("rarest_only_larger", Group::Words),
    ("words_only_smaller", Group::Words),
    ("words_only_larger", Group::Words),
    ("same_words", Group::Words),
    ("subset", Group::Words),
    ("same_first_word", Group::Words),
    ("same_last_word", Group::Words),
    ("numbers_shared", Group::Numbers),
    ("numbers_differing", Group::Numbers),
    ("numbers_conflict", Group::Numbers),
    ("negation_difference", Group::Negation),
    ("marker_difference", Group::Markers),
    ("designators_smaller", Group::Markers),
    ("designators_larger", Group::Markers),
    ("opposites", Group::Markers),
    ("length_ratio", Group::Length),
    ("length_smaller", Group::Length),
    ("trigram_overlap", Group::Trigrams),
    ("acronym", Group::Acronym),
    ("code_shared", Group::Codes),
    ("code_conflict", Group::Codes),
    ("code_prefix", Group::Codes),
    ("stem_jaccard", Group::Spelling),
    ("stem_contained", Group::Spelling),
    ("soft_contained_in_smaller", Group::Spelling),
    ("soft_contained_in_larger", Group::Spelling),
    ("field_mean", Group::Fields),
    ("field_smallest", Group::Fields),
    ("field_largest", Group::Fields),
    ("fields_equal", Group::Fields),
    ("fields_conflicting", Group::Fields),
    ("field_number_difference", Group::Fields),
    ("first_field_jaccard", Group::Fields),
    ("first_field_contained", Group::Fields),
    ("first_field_rarest_shared", Group::Fields),
    ("first_field_rarest_only_smaller", Group::Fields),
    ("first_field_rarest_only_larger", Group::Fields),
    ("first_field_trigrams", Group::Fields),
    ("concept_jaccard", Group::Clinical),
    ("concepts_in_smaller", Group::Clinical),
    ("concepts_in_larger", Group::Clinical),
    ("concepts_related", Group::Clinical),
    ("concept_rarest_shared", Group::Clinical),
    ("concepts_reworded", Group::Clinical),
    ("concepts_only_smaller", Group::Clinical),
    ("concepts_only_larger", Group::Clinical),
    ("name_same", Group::Clinical),
    ("name_other", Group::Clinical),
    ("name_related", Group::Clinical),
    ("age_same", Group::Clinical),
    ("age_gap", Group::Clinical),
    ("sex_same", Group::Clinical),
    ("sex_conflict", Group::Clinical),
    ("birth_same", Group::Clinical),
    ("birth_conflict", Group::Clinical),
    ("side_same", Group::Clinical),
    ("side_conflict", Group::Clinical),
    ("status_conflict", Group::Clinical),
    ("dose_same", Group::Clinical),
    ("dose_conflict", Group::Clinical),
    ("lab_same", Group::Clinical),
    ("lab_conflict", Group::Clinical),
    ("event_year_same", Group::Clinical),
    ("event_year_conflict", Group::Clinical),
    ("years_shared", Group::Clinical),
    ("blood_same", Group::Clinical),
    ("blood_conflict", Group::Clinical),
    ("allergy_same", Group::Clinical),
    ("allergy_conflict", Group::Clinical),
    ("kind_conflict", Group::Clinical),
];

/// What only lists tell, by name: how a pair stands among the other candidates of its two records. Similarity (cosine of
/// the embeddings; of the tf-idf words) less the best other one, and the natural logarithm of the rank among the best,
/// each for the record where it is smaller and where it is larger. Not in [`FEATURES`]: a loose pair has none of them.
pub const NEIGHBOURS: [&str; 8] = [
    "cosine_margin_smaller",
    "cosine_margin_larger",
    "cosine_rank_smaller",
    "cosine_rank_larger",
    "words_margin_smaller",
    "words_margin_larger",
    "words_rank_smaller",
    "words_rank_larger",
];

/// The features that are on: `all`, `cosine`, or a list of groups and feature names.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct FeatureSet {
    on: Vec<usize>,
}

/// A word that names no feature.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{0:?} is not a feature; write all, cosine, or a list of: {list}", list = Group::ALL.map(Group::as_str).join(", "))]
pub struct UnknownFeature(pub String);

impl FeatureSet {
    /// Every feature.
    pub fn all() -> Self {
        Self {
            on: (0..COUNT).collect(),
        }
    }

    /// True where a feature of the group is on.
    pub fn has(&self, group: Group) -> bool {
        self.on.iter().any(|at| FEATURES[*at].1 == group)
    }

    /// The cosine alone.
    pub fn cosine() -> Self {
        Self { on: vec![0] }
    }

    /// The same set without what needs an embedding.
    #[must_use]
    pub fn without_cosine(&self) -> Self {
        let needs_none = |at: &usize| !FEATURES[*at].1.needs_cosine();
        Self {
            on: self.on.iter().copied().filter(needs_none).collect(),
        }
    }

    /// True where a feature needs an embedding.
    pub fn needs_cosine(&self) -> bool {
        self.on.iter().any(|at| FEATURES[*at].1.needs_cosine())
    }

    /// Names of the columns, in order.
    pub fn names(&self) -> Vec<&'static str> {
        self.on.iter().map(|at| FEATURES[*at].0).collect()
    }

    /// Number of columns.
    pub fn len(&self) -> usize {
        self.on.len()
    }

    /// True where nothing is on.
    pub fn is_empty(&self) -> bool {
        self.on.is_empty()
    }

    /// Places in [`FEATURES`].
    pub(crate) fn places(&self) -> &[usize] {
        &self.on
    }
}

impl Default for FeatureSet {
    fn default() -> Self {
        Self::all()
    }
}

impl FromStr for FeatureSet {
    type Err = UnknownFeature;
    fn from_str(text: &str) -> Result<Self, UnknownFeature> {
        let words: Vec<&str> = text
            .split(',')
            .map(str::trim)
            .filter(|w| !w.is_empty())
            .collect();
        if words.is_empty() {
            return Err(UnknownFeature(text.to_owned()));
        }
        let names = |at: usize, word: &str| {
            word == "all" || FEATURES[at].0 == word || FEATURES[at].1.as_str() == word
        };
        if let Some(unknown) = words
            .iter()
            .find(|word| !(0..COUNT).any(|at| names(at, word)))
        {
            return Err(UnknownFeature((*unknown).to_owned()));
        }
        Ok(Self {
            on: (0..COUNT)
                .filter(|at| words.iter().any(|word| names(*at, word)))
                .collect(),
        })
    }
}

impl TryFrom<String> for FeatureSet {
    type Error = UnknownFeature;
    fn try_from(text: String) -> Result<Self, UnknownFeature> {
        if text == "all" {
            // What a calibration's weights belong to does not change with the program.
            return Ok(Self {
                on: (0..FIRST_ALL).collect(),
            });
        }
        text.parse()
    }
}

impl fmt::Display for FeatureSet {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if self.len() == COUNT {
            f.write_str("all")
        } else {
            f.write_str(&self.names().join(","))
        }
    }
}

impl From<FeatureSet> for String {
    fn from(set: FeatureSet) -> Self {
        // Never "all" in a file: a later program may know more features.
        set.names().join(",")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_set_reads_back_what_it_shows() {
        for text in [
            "all",
            "cosine",
            "cosine,words,trigrams",
            "rarest_shared,numbers",
        ] {
            let set: FeatureSet = text.parse().unwrap();
            assert_eq!(set.to_string().parse::<FeatureSet>(), Ok(set));
        }
        assert_eq!(
            "numbers".parse::<FeatureSet>().unwrap().names(),
            ["numbers_shared", "numbers_differing", "numbers_conflict"]
        );
        let error = "cosine,wrods"
            .parse::<FeatureSet>()
            .unwrap_err()
            .to_string();
        assert!(
            error.contains("wrods") && error.contains("words"),
            "{error}"
        );
        assert!("".parse::<FeatureSet>().is_err());
    }

    #[test]
    fn all_in_a_file_of_before_means_what_it_meant() {
        let before = FeatureSet::try_from("all".to_owned()).unwrap();
        assert_eq!(before.len(), FIRST_ALL);
        assert!(!before.has(Group::Clinical) && FeatureSet::all().has(Group::Clinical));
        for set in [before, FeatureSet::all()] {
            let written = String::from(set.clone());
            assert_eq!(FeatureSet::try_from(written), Ok(set));
        }
    }

    #[test]
    fn the_last_columns_are_those_of_the_comparison() {
        let last = FEATURES[FIRST_ALL..].iter().map(|(name, _)| *name);
        assert!(last.eq(midband_lexicon::CLINICAL));
    }

    #[test]
    fn without_the_cosine_nothing_needs_an_embedding() {
        assert!(FeatureSet::all().needs_cosine());
        assert!(!FeatureSet::all().without_cosine().needs_cosine());
        assert!(FeatureSet::cosine().without_cosine().is_empty());
    }
}
