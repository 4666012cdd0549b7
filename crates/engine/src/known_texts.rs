//! An embedder that has seen all texts of a run.

use std::{collections::HashMap, sync::Arc};

use midband_core::{EmbedError, Embedder, ModelIdentity, Vectors, embed_checked};

use crate::{progress::Tally, records::Record};

/// An embedder that has seen all texts of a run.
pub(crate) struct KnownTexts {
    inner: Arc<dyn Embedder>,
    rows: HashMap<Box<str>, usize>,
    vectors: Vectors,
}

impl KnownTexts {
    /// Embeds every distinct text of the lists. A blank text has no vector: it stays all zero.
    pub(crate) fn embed(
        inner: Arc<dyn Embedder>,
        lists: [Option<&Arc<[Record]>>; 2],
        chunk: usize,
        tally: &Tally,
    ) -> Result<Self, EmbedError> {
        let mut rows: HashMap<Box<str>, usize> = HashMap::new();
        let mut distinct: Vec<&str> = Vec::new();
        for record in lists.into_iter().flatten().flat_map(|list| list.iter()) {
            let text = record.text.as_str();
            if !record.text.is_blank() && !rows.contains_key(text) {
                rows.insert(text.into(), distinct.len());
                distinct.push(text);
            }
        }
        let mut vectors = Vectors::zeros(distinct.len(), inner.width());
        let mut row = 0;
        tally.read_all(distinct.len());
        for part in distinct.chunks(chunk) {
            let embedded = embed_checked(&inner, part, None)?.vectors;
            for at in 0..embedded.len() {
                if let Some(embedding) = embedded.get(at) {
                    vectors.set(row, embedding.vector, embedding.truncated)?;
                }
                row += 1;
            }
            tally.compared(part.len());
        }
        Ok(Self {
            inner,
            rows,
            vectors,
        })
    }
}

impl Embedder for KnownTexts {
    fn embed(&self, texts: &[&str]) -> Result<Vectors, EmbedError> {
        let mut found = Vectors::zeros(texts.len(), self.width());
        let mut unknown = Vec::new();
        for (place, text) in texts.iter().enumerate() {
            match self.rows.get(*text).and_then(|&row| self.vectors.get(row)) {
                Some(estimate) => found.set(place, estimate.vector, estimate.truncated)?,
                None if text.trim().is_empty() => {}
                None => unknown.push(place),
            }
        }
        if !unknown.is_empty() {
            let wanted: Vec<&str> = unknown.iter().map(|&place| texts[place]).collect();
            let embedded = embed_checked(&self.inner, &wanted, None)?.vectors;
            for (at, &place) in unknown.iter().enumerate() {
                if let Some(embedding) = embedded.get(at) {
                    found.set(place, embedding.vector, embedding.truncated)?;
                }
            }
        }
        Ok(found)
    }
    fn width(&self) -> usize {
        self.inner.width()
    }
    fn max_tokens(&self) -> usize {
        self.inner.max_tokens()
    }
    fn model(&self) -> &ModelIdentity {
        self.inner.model()
    }
}
