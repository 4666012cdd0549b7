//! In how many texts a word stands: what tells a rare word from a common one.
//!
//! The counts are frozen before the first pair is scored, so that a pair's score never depends on
//! which other pairs travel with it. Words are kept as hashes: the state is small, and a stored
//! calibration holds nobody's text.

use std::{
    collections::{HashMap, HashSet},
    sync::LazyLock,
};

use serde::{Deserialize, Serialize};

use crate::{
    hash::{BuildHashed, Hash, mix},
    token::word_hashes,
};

/// Words that frozen counts keep by default: about 4 MB in a JSON file.
pub const DEFAULT_WORDS: usize = 200_000;

/// Counts under construction: one pass over the texts.
#[derive(Clone, Debug, Default)]
pub struct FrequencyCount {
    texts: u64,
    counts: HashMap<u64, u32, BuildHashed>,
    seen: HashSet<u64, BuildHashed>,
}

impl FrequencyCount {
    /// No texts yet.
    pub fn new() -> Self {
        Self::default()
    }

    /// Counts a text's words once each. A text that was counted before changes nothing: a record that
    /// stands in a hundred pairs is one text.
    pub fn add(&mut self, text: &str) {
        let mut whole = Hash::new();
        text.chars().for_each(|c| whole.push(u32::from(c)));
        if !self.seen.insert(whole.finish()) {
            return;
        }
        for word in word_hashes(text) {
            let count = self.counts.entry(word).or_insert(0);
            *count = count.saturating_add(1);
        }
        self.texts += 1;
    }

    /// Adds the counts of another pass. A text that both have seen counts twice.
    pub fn merge(&mut self, other: Self) {
        self.texts += other.texts;
        for (word, count) in other.counts {
            let mine = self.counts.entry(word).or_insert(0);
            *mine = mine.saturating_add(count);
        }
        self.seen.extend(other.seen);
    }

    /// Freezes the counts, keeping the `words` most frequent. What falls out is taken to be as
    /// frequent as the rarest word that was kept.
    pub fn freeze(self, words: usize) -> DocumentFrequencies {
        let mut entries: Vec<(u64, u32)> = self.counts.into_iter().collect();
        let mut absent = 0;
        if entries.len() > words {
            entries.sort_unstable_by_key(|(word, count)| (std::cmp::Reverse(*count), *word));
            absent = entries.get(words).map_or(0, |(_, count)| *count);
            entries.truncate(words);
        }
        DocumentFrequencies::from_parts(self.texts, absent, entries)
    }
}

/// Frozen counts.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(try_from = "Stored", into = "Stored")]
pub struct DocumentFrequencies {
    texts: u64,
    absent: u32,
    counts: HashMap<u64, u32, BuildHashed>,
    /// Rarities of the smallest counts, which most words have.
    rarities: Vec<f64>,
}

/// Counts whose rarity is kept at hand.
const AT_HAND: u32 = 256;

/// Texts behind the shipped prior of narratives (`benches/make_notes.py`).
const REFERENCE_TEXTS: f64 = 6_000.0;

/// What a word of a vocabulary is taken for before any text is counted: so many texts, and the share of them that hold it.
const PRIOR_TEXTS: f64 = 50.0;
const PRIOR_SHARE: f64 = 0.01;

fn rarity(texts: u64, df: u32) -> f64 {
    let n = texts as f64 + 1.0;
    (n / (f64::from(df) + 0.5)).ln() / n.ln()
}

impl DocumentFrequencies {
    fn from_parts(texts: u64, absent: u32, entries: Vec<(u64, u32)>) -> Self {
        Self {
            texts,
            absent,
            counts: entries.into_iter().collect(),
            rarities: (0..AT_HAND).map(|df| rarity(texts, df)).collect(),
        }
    }

    /// Counts every text of an iterator and keeps the [`DEFAULT_WORDS`] most frequent words.
    pub fn of_texts<'a>(texts: impl IntoIterator<Item = &'a str>) -> Self {
        let mut count = FrequencyCount::new();
        texts.into_iter().for_each(|text| count.add(text));
        count.freeze(DEFAULT_WORDS)
    }

    /// How common English words are, for texts that stand alone: 23,419 words in 20,000 texts of 15 words each, from the word
    /// counts of the package symspellpy (`scripts/words/build.py`). A word that is not among them counts as rare.
    pub fn english() -> &'static Self {
        static ENGLISH: LazyLock<DocumentFrequencies> = LazyLock::new(|| {
            let (texts, words) = include_str!("../data/english.txt")
                .split_once('\n')
                .unwrap_or_default();
            let stored = Stored {
                texts: texts.parse().unwrap_or_default(),
                absent: 0,
                words: words.trim_end().to_owned(),
            };
            stored.try_into().unwrap_or_default()
        });
        &ENGLISH
    }

    /// These counts and those of the texts that taught, together. A text that both have seen counts twice.
    #[must_use]
    pub fn with(&self, other: &Self) -> Self {
        let mut counts = self.counts.clone();
        for (word, count) in &other.counts {
            let mine = counts.entry(*word).or_insert(0);
            *mine = mine.saturating_add(*count);
        }
        let entries = counts.into_iter().collect();
        Self::from_parts(
            self.texts + other.texts,
            self.absent.max(other.absent),
            entries,
        )
    }

    /// Distinct texts that were counted.
    pub fn texts(&self) -> u64 {
        self.texts
    }

    /// Words that were kept.
    pub fn words(&self) -> usize {
        self.counts.len()
    }

    /// How rare a word is: `ln((N + 1) / (df + .5)) / ln(N + 1)`, near 0 for a word of every text, up
    /// to about 1 (a little above for one that was never seen) for a rare one. Dividing by `ln(N + 1)`
    /// lets weights carry over from one number of texts to another. Without counts every word is 1.
    pub(crate) fn rarity(&self, word: u64) -> f64 {
        if self.texts == 0 {
            return 1.0;
        }
        let df = self.counts.get(&word).copied().unwrap_or(self.absent);
        match self.rarities.get(df as usize) {
            Some(rarity) => *rarity,
            None => rarity(self.texts, df),
        }
    }

    /// How rare a word of a vocabulary is: `-ln((df + .5) / (N + 50)) / ln(6000)`. Such a word is as frequent in many texts as in
    /// few, so the measure is that of the 6,000 notes behind the shipped prior, whatever the number of texts; with no text at
    /// hand a word is taken to stand in one of a hundred.
    pub(crate) fn vocabulary_rarity(&self, word: u64) -> f64 {
        let df = self.counts.get(&word).copied().unwrap_or(self.absent);
        let share = (f64::from(df) + PRIOR_SHARE * PRIOR_TEXTS) / (self.texts as f64 + PRIOR_TEXTS);
        -share.ln() / REFERENCE_TEXTS.ln()
    }

    fn sorted(&self) -> Vec<(u64, u32)> {
        let mut entries: Vec<(u64, u32)> = self.counts.iter().map(|(w, c)| (*w, *c)).collect();
        entries.sort_unstable();
        entries
    }

    /// A digest for the provenance: 32 hexadecimal digits, the same for the same counts. It guards
    /// against a mix-up of files, not against an attacker.
    pub fn digest(&self) -> String {
        let mut halves = [0x6d69_6462_616e_6431_u64, 0x6d69_6462_616e_6432];
        let head = [(self.texts, self.absent)];
        for (word, count) in head.into_iter().chain(self.sorted()) {
            for half in &mut halves {
                *half = mix(half.rotate_left(5) ^ word).wrapping_add(mix(u64::from(count) ^ *half));
            }
        }
        format!("{:016x}{:016x}", halves[0], halves[1])
    }
}

/// As it stands in a file: words and counts as hexadecimal digits, 16 and up to 8 of them.
#[derive(Clone, Serialize, Deserialize)]
struct Stored {
    texts: u64,
    absent: u32,
    words: String,
}

impl From<DocumentFrequencies> for Stored {
    fn from(frozen: DocumentFrequencies) -> Self {
        use std::fmt::Write as _;
        let mut words = String::with_capacity(frozen.counts.len() * 19);
        for (word, count) in frozen.sorted() {
            // Writing to a string can't fail.
            let _ = write!(words, "{word:016x}{count:x} ");
        }
        words.truncate(words.trim_end().len());
        Self {
            texts: frozen.texts,
            absent: frozen.absent,
            words,
        }
    }
}

/// Stored document frequencies are damaged.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("the stored document frequencies are damaged; make the file again")]
pub struct DamagedFrequencies;

impl TryFrom<Stored> for DocumentFrequencies {
    type Error = DamagedFrequencies;
    fn try_from(stored: Stored) -> Result<Self, DamagedFrequencies> {
        let entry = |text: &str| {
            let (word, count) = text.split_at_checked(16)?;
            Some((
                u64::from_str_radix(word, 16).ok()?,
                u32::from_str_radix(count, 16).ok()?,
            ))
        };
        let entries: Option<Vec<(u64, u32)>> = stored
            .words
            .split(' ')
            .filter(|t| !t.is_empty())
            .map(entry)
            .collect();
        let entries = entries.ok_or(DamagedFrequencies)?;
        Ok(Self::from_parts(stored.texts, stored.absent, entries))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn rare_words_count_more_and_every_text_once() {
        let frozen = DocumentFrequencies::of_texts(["a b", "a c", "a b", "a d"]);
        assert_eq!(frozen.texts(), 3);
        let more = frozen.with(&DocumentFrequencies::of_texts(["a z", "b"]));
        assert_eq!((more.texts(), more.words()), (5, 5));
        assert!(more.rarity(Hash::of_ascii(b"z")) < frozen.rarity(Hash::of_ascii(b"z")));
        let rarity = |w: &str| frozen.rarity(Hash::of_ascii(w.as_bytes()));
        assert!(rarity("a") < rarity("b") && rarity("b") < rarity("unseen"));
        assert!((rarity("b") - (4.0_f64 / 1.5).ln() / 4.0_f64.ln()).abs() < 1e-12);
    }

    #[test]
    fn a_word_as_frequent_in_many_texts_as_in_few_stays_as_rare() {
        let texts = |n: usize| {
            let texts =
                (0..n).map(|at| format!("w{at} {}", if at % 20 == 0 { "fever" } else { "x" }));
            DocumentFrequencies::of_texts(texts.collect::<Vec<_>>().iter().map(String::as_str))
        };
        let fever = Hash::of_ascii(b"fever");
        let few = texts(200);
        let many = texts(4000).with(&few);
        assert!(many.rarity(fever) < few.rarity(fever) - 0.1);
        assert!((many.vocabulary_rarity(fever) - few.vocabulary_rarity(fever)).abs() < 0.02);
    }

    #[test]
    fn english_is_whole_and_orders_words() {
        let english = DocumentFrequencies::english();
        assert_eq!((english.texts(), english.words()), (20_000, 23_419));
        let rarity = |word: &str| english.rarity(Hash::of_ascii(word.as_bytes()));
        assert!(rarity("the") < rarity("house") && rarity("house") < rarity("kitchen"));
        assert!(rarity("kitchen") < rarity("xqzt"));
    }

    #[test]
    fn damaged_counts_are_refused() {
        let read = |words: &str| {
            let text = serde_json::json!({"texts": 3, "absent": 0, "words": words});
            serde_json::from_str::<DocumentFrequencies>(&text.to_string())
        };
        assert!(read("").is_ok());
        for damaged in ["12 xyz", "xyz", "00", "0123456789abcdef"] {
            assert!(read(damaged).is_err(), "{damaged}");
        }
    }

    proptest! {
        #[test]
        fn order_changes_nothing_and_files_read_back(mut texts in prop::collection::vec("[a-e ]{0,8}", 0..20), keep in 1..8usize) {
            let count = |texts: &[String]| {
                let mut count = FrequencyCount::new();
                texts.iter().for_each(|t| count.add(t));
                count.freeze(keep)
            };
            let first = count(&texts);
            texts.reverse();
            let second = count(&texts);
            prop_assert_eq!(&first, &second);
            prop_assert_eq!(first.digest(), second.digest());
            let read: DocumentFrequencies = serde_json::from_str(&serde_json::to_string(&first).unwrap()).unwrap();
            prop_assert_eq!(read, first);
        }
    }
}
