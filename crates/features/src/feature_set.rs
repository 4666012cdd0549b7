//! Which features are on, and how a set of them is written.

use std::{fmt, str::FromStr};

use serde::{Deserialize, Serialize};

use crate::feature::{COUNT, FEATURES, Group};

/// Features that the word `all` meant in files that were written before the clinical ones: the first so many.
const FIRST_ALL: usize = 44;

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
    fn the_clinical_columns_are_those_of_the_comparison() {
        let clinical = FIRST_ALL..FIRST_ALL + midband_lexicon::CLINICAL.len();
        let last = FEATURES[clinical].iter().map(|(name, _)| *name);
        assert!(last.eq(midband_lexicon::CLINICAL));
    }

    #[test]
    fn without_the_cosine_nothing_needs_an_embedding() {
        assert!(FeatureSet::all().needs_cosine());
        assert!(!FeatureSet::all().without_cosine().needs_cosine());
        assert!(FeatureSet::cosine().without_cosine().is_empty());
    }
}
