//! Records, and the pairs that they make.

use midband_block::{Candidate, List};
use midband_core::{Id, Pair, Text, Vectors, pair_id};
use midband_features::concept_terms;
use midband_lexicon::Lexicon;

/// A record: one entry of a list.
#[derive(Clone, Debug)]
pub struct Record {
    /// The caller's id, unique within its list.
    pub id: Id,
    /// What is compared; several fields are written "field: value; …".
    pub text: Text,
    /// A hash for each blocking key, `None` where the record has no such value. Empty where nothing is blocked on.
    pub keys: Vec<Option<u64>>,
}

impl Record {
    /// A record without blocking keys.
    pub fn new(id: impl Into<Id>, text: impl Into<String>) -> Self {
        Self {
            id: id.into(),
            text: Text::new(text),
            keys: Vec::new(),
        }
    }
}

pub(crate) fn pair(left: &[Record], right: &[Record], candidate: &Candidate) -> Pair {
    let (a, b) = (
        &left[candidate.left as usize],
        &right[candidate.right as usize],
    );
    Pair::new(
        pair_id(a.id.as_str(), b.id.as_str()),
        a.text.as_str(),
        b.text.as_str(),
    )
}

pub(crate) fn texts(records: &[Record]) -> Vec<&str> {
    records.iter().map(|record| record.text.as_str()).collect()
}

/// What blocking wants of a list beside its texts.
pub(crate) struct Columns {
    pub(crate) vectors: Option<Vectors>,
    keys: Option<Vec<Vec<Option<u64>>>>,
    terms: Option<Vec<Vec<u64>>>,
}

impl Columns {
    /// Of vectors that are at hand.
    pub(crate) fn with(vectors: Option<Vectors>, records: &[Record]) -> Self {
        let is_blocked = records.iter().any(|record| !record.keys.is_empty());
        Self {
            vectors,
            keys: is_blocked.then(|| records.iter().map(|record| record.keys.clone()).collect()),
            terms: None,
        }
    }

    /// With the concepts of a lexicon that each record names.
    pub(crate) fn with_concepts(mut self, records: &[Record], lexicon: &Lexicon) -> Self {
        let terms = |record: &Record| concept_terms(record.text.as_str(), lexicon);
        self.terms = Some(records.iter().map(terms).collect());
        self
    }

    pub(crate) fn list<'a>(&'a self, texts: &'a [&'a str]) -> List<'a> {
        List {
            texts,
            vectors: self.vectors.as_ref(),
            keys: self.keys.as_deref(),
            terms: self.terms.as_deref(),
        }
    }
}
