//! A list whose records are searched, and what it may lack.

use midband_core::Vectors;

/// One list of records.
#[derive(Clone, Copy)]
pub struct List<'a> {
    /// The records' texts.
    pub texts: &'a [&'a str],
    /// A vector each, where the embeddings are a source. A record whose vector is not finite or has no
    /// direction is found by its words alone.
    pub vectors: Option<&'a Vectors>,
    /// Of each record, a hash for each blocking key, or `None` where it has no value; with keys only records
    /// that agree in one of them are paired.
    pub keys: Option<&'a [Vec<Option<u64>>]>,
    /// Of each record, hashes that it is found by beside its words, each once: concepts that it names, say.
    pub terms: Option<&'a [Vec<u64>]>,
}

impl<'a> List<'a> {
    /// A list with texts alone.
    pub fn of_texts(texts: &'a [&'a str]) -> Self {
        Self {
            texts,
            vectors: None,
            keys: None,
            terms: None,
        }
    }
}

/// Why there are no candidates.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum BlockError {
    /// The embeddings are a source, and a list has none, or not one for each text, or of another width.
    #[error(
        "the {0} list has no vector for each text; embed it first, or take words as the only source"
    )]
    Vectors(&'static str),
    /// A list has keys and the other one has none, or not for each record.
    #[error("blocking keys are needed for every record of both lists")]
    Keys,
    /// More records than row numbers.
    #[error("a list holds at most 4,294,967,295 records")]
    TooLong,
}
