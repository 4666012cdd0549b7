//! What one text brings to any comparison, computed once a text.
//!
//! A record stands in many pairs; its tokens, rarities, trigrams and fields are the same in each. All
//! lists are sorted by hash, so that a pair is compared by merging, in time linear in its length.

use midband_lexicon::{ClinicalProfile, Lexicon};

use crate::{
    DocumentFrequencies,
    fields::{self, Field},
    lists::{MARKERS, NEGATIONS, is_stop_word},
    overlap::Word,
    question_intent::Asks,
    token::{Token, TokenKind, tokens},
    trigrams::trigrams,
};

/// One text, ready to be compared. Holds hashes, and of the text itself its codes alone; it has no
/// `Debug`, so that they can't slip into a log.
#[derive(Clone, Default)]
pub struct TextProfile {
    /// Distinct words by hash.
    pub(crate) words: Vec<Word>,
    /// Distinct stems by hash, with the largest rarity of their words.
    pub(crate) stems: Vec<Word>,
    /// Tokens, repeated ones too.
    pub(crate) length: usize,
    /// Character trigrams by hash, repeated ones too.
    pub(crate) trigrams: Vec<u32>,
    /// One bit a word of [`NEGATIONS`].
    pub(crate) negations: u32,
    /// One bit a word of [`MARKERS`].
    pub(crate) markers: u32,
    /// Roman numerals, Greek letters, single letters and whole numbers: what tells "type II" from
    /// "type III". Sorted values.
    pub(crate) designators: Vec<u64>,
    /// Hash of the initials of the words that are no stop words, where there are two or more.
    pub(crate) initials: Option<u64>,
    /// Words of letters and digits, as written, without punctuation.
    pub(crate) codes: Vec<Box<str>>,
    /// First and last token.
    pub(crate) ends: Option<(u64, u64)>,
    /// The fields of a record; the whole text as one where it is none.
    pub(crate) fields: Vec<Field>,
    /// What it asks for; a record asks nothing.
    pub(crate) asks: Asks,
    /// What it says as a clinical text, where that is asked for.
    pub(crate) clinical: Option<ClinicalProfile>,
}

impl TextProfile {
    /// Reads a text once.
    pub fn new(text: &str, frequencies: &DocumentFrequencies) -> Self {
        let mut all: Vec<Token> = Vec::new();
        tokens(text, |token| all.push(token));
        let parsed = fields::parse(text);
        let words = distinct_words(&all, frequencies);
        let trigrams = trigrams(text);
        Self {
            stems: stems(&all, &words),
            length: all.len(),
            negations: mask(&words, &NEGATIONS),
            markers: mask(&words, &MARKERS),
            designators: crate::designators::of(&all),
            initials: initials(&all),
            codes: crate::codes::of(text),
            ends: all.first().map(|t| t.hash).zip(all.last().map(|t| t.hash)),
            asks: match &parsed {
                Some(_) => Asks::default(),
                None => Asks::of(text),
            },
            fields: match &parsed {
                Some(parsed) => fields::profiles(parsed, &words),
                None => fields::whole(&words, &trigrams),
            },
            words,
            trigrams,
            clinical: None,
        }
    }

    /// The same with what it says as a clinical text. A concept is as rare as the rarest of its words.
    pub(crate) fn with_clinical(
        mut self,
        text: &str,
        frequencies: &DocumentFrequencies,
        lexicon: &Lexicon,
    ) -> Self {
        let rarity = |part: &str| {
            let mut most = 0.0_f64;
            tokens(part, |token| {
                most = most.max(frequencies.vocabulary_rarity(token.hash));
            });
            most
        };
        self.clinical = Some(ClinicalProfile::of(lexicon, text, rarity));
        self
    }
}

/// True if a text reads "field: value; …".
pub fn reads_as_record(text: &str) -> bool {
    fields::parse(text).is_some()
}

/// True if a text reads as a clinical note by the names of a lexicon: several findings, and no question.
pub fn reads_as_note(text: &str, lexicon: &Lexicon) -> bool {
    lexicon.note(text).is_narrative()
}

/// Distinct words by hash.
pub(crate) fn distinct_words(all: &[Token], frequencies: &DocumentFrequencies) -> Vec<Word> {
    let mut words: Vec<Word> = (all.iter())
        .map(|token| Word {
            hash: token.hash,
            rarity: 0.0,
            is_number: token.kind == TokenKind::Number,
            signature: token.signature,
            pairs: token.signature.count_ones(),
        })
        .collect();
    words.sort_unstable_by_key(|word| word.hash);
    words.dedup_by_key(|word| word.hash);
    for word in &mut words {
        word.rarity = frequencies.rarity(word.hash);
    }
    words
}

pub(crate) fn stems(all: &[Token], words: &[Word]) -> Vec<Word> {
    let mut stems: Vec<Word> = (all.iter())
        .filter_map(|token| {
            let at = words
                .binary_search_by_key(&token.hash, |word| word.hash)
                .ok()?;
            Some(Word {
                hash: token.stem,
                ..words[at]
            })
        })
        .collect();
    stems.sort_unstable_by(|a, b| a.hash.cmp(&b.hash).then(b.rarity.total_cmp(&a.rarity)));
    stems.dedup_by_key(|stem| stem.hash);
    stems
}

fn mask(words: &[Word], list: &[u64]) -> u32 {
    (list.iter().enumerate())
        .filter(|(_, hash)| words.binary_search_by_key(*hash, |word| word.hash).is_ok())
        .fold(0, |mask, (bit, _)| mask | (1 << bit))
}

fn initials(all: &[Token]) -> Option<u64> {
    let mut hash = crate::hash::Hash::new();
    let mut count = 0;
    for token in all.iter().filter(|token| !is_stop_word(token.hash)) {
        hash.push(u32::from(token.first));
        count += 1;
    }
    (count >= 2).then(|| hash.finish())
}
