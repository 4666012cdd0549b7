//! Two lists of records, or one: which pairs are worth comparing, and their scores.
//!
//! Every distinct text is embedded once. The vectors find the candidates, and the cascade compares by the same
//! ones, so that a record which stands in many pairs costs no more than one that stands in a few.

use std::{
    collections::HashMap,
    pin::Pin,
    sync::Arc,
    task::{Context, Poll},
};

use futures_util::{Stream, StreamExt, stream};
use midband_block::{Candidate, List, Settings, Source, find};
use midband_core::{
    EmbedError, Embedder, FinalScore, Id, ModelIdentity, Pair, Text, Vectors, pair_id,
};
use midband_embed::EmbeddingScorer;
use midband_model::PairKey;
use tokio::task;

use crate::{
    Engine, EngineError, ScoreStream, Summary, engine::Parts, neighbours::Neighbours,
    progress::Tally, scorer::Scorer, stream::streams,
};

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

/// What blocking left to compare.
pub struct Blocked {
    /// The pairs by their rows, each once, in the order of the left list.
    pub candidates: Vec<Candidate>,
    /// An engine that knows every record's vector already.
    pub engine: Engine,
    left: Arc<[Record]>,
    right: Arc<[Record]>,
}

impl Blocked {
    /// Candidates that were found elsewhere, in lists of one or two.
    pub fn of(
        candidates: Vec<Candidate>,
        engine: Engine,
        left: Arc<[Record]>,
        right: Option<Arc<[Record]>>,
    ) -> Self {
        Self {
            candidates,
            engine,
            right: right.unwrap_or_else(|| left.clone()),
            left,
        }
    }

    /// A candidate as a pair; its id is that of both records with a bar between them.
    pub fn pair(&self, candidate: &Candidate) -> Pair {
        pair(&self.left, &self.right, candidate)
    }

    /// The lists; no second one where one was searched for doubles.
    pub fn lists(&self) -> (&[Record], Option<&[Record]>) {
        let two = !Arc::ptr_eq(&self.left, &self.right);
        (&self.left, two.then_some(&self.right))
    }

    /// The records of a candidate.
    pub fn records(&self, candidate: &Candidate) -> (&Record, &Record) {
        (
            &self.left[candidate.left as usize],
            &self.right[candidate.right as usize],
        )
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

/// A candidate pair with its final score.
#[derive(Clone, Debug)]
#[non_exhaustive]
pub struct MatchedPair {
    /// Rows of the records, and what proposed the pair.
    pub candidate: Candidate,
    /// The score; its id is that of both records with a bar between them.
    pub score: FinalScore,
}

impl Engine {
    /// Finds the pairs of two lists, or of one with itself, that are worth comparing. Holds all records and their
    /// vectors in memory: 4 bytes a number, 1.5 kB a record with the default model.
    ///
    /// # Errors
    /// The embedder failed as a whole, or the lists lack what the settings need.
    pub async fn block(
        &self,
        left: Arc<[Record]>,
        right: Option<Arc<[Record]>>,
        settings: Settings,
    ) -> Result<Blocked, EngineError> {
        let Parts {
            cascade,
            chunk,
            on_progress,
            ..
        } = self.parts().clone();
        let found = task::spawn_blocking(move || {
            let tally = Tally::new(on_progress);
            let embedder = cascade.embeddings.embedder().clone();
            let estimate = match settings.source {
                Source::Words => None,
                _ => Some(KnownTexts::embed(
                    embedder,
                    [Some(&left), right.as_ref()],
                    chunk,
                    &tally,
                )?),
            };
            let list = |records: &Arc<[Record]>| Columns::of(records, estimate.as_ref());
            let (a, b) = (list(&left)?, right.as_ref().map(list).transpose()?);
            let (texts_a, texts_b) = (texts(&left), right.as_deref().map(texts));
            let b = b.as_ref().zip(texts_b.as_ref());
            let (candidates, neighbour_ranks) = find(
                &a.list(&texts_a),
                b.map(|(columns, texts)| columns.list(texts)).as_ref(),
                &settings,
            )?;
            let partners = right.as_ref().unwrap_or(&left);
            let neighbours = Neighbours::of(&neighbour_ranks, &candidates, |candidate| {
                PairKey::from(&pair(&left, partners, candidate).id)
            });
            Ok::<_, EngineError>((candidates, neighbours, estimate, left, right))
        });
        let (candidates, neighbours, estimate, left, right) = found
            .await
            .map_err(|death| EngineError::Stage(death.to_string()))??;
        let engine = self.knowing(estimate, neighbours);
        Ok(Blocked {
            candidates,
            engine,
            right: right.unwrap_or_else(|| left.clone()),
            left,
        })
    }

    /// Blocks and scores, in the order of the left list. As [`Engine::stream`], it learns nothing while it runs. Dropping the
    /// result stops the run.
    ///
    /// # Errors
    /// As [`Engine::block`]; and [`EngineError::Stream`] for a policy that a stream can't keep to.
    pub async fn match_records(
        &self,
        left: Arc<[Record]>,
        right: Option<Arc<[Record]>>,
        settings: Settings,
    ) -> Result<MatchStream, EngineError> {
        streams(self.parts())?;
        let blocked = self.block(left, right, settings).await?;
        let (left, right) = (blocked.left, blocked.right);
        let wanted = blocked.candidates.clone();
        let pairs = wanted
            .into_iter()
            .map(move |candidate| pair(&left, &right, &candidate));
        Ok(MatchStream {
            scores: blocked.engine.stream(stream::iter(pairs)),
            candidates: blocked.candidates.into_iter(),
        })
    }

    /// The same engine over an embedder that knows some texts already, and with what the lists tell of their pairs.
    pub(crate) fn knowing(&self, estimate: Option<KnownTexts>, neighbours: Neighbours) -> Self {
        let neighbours = Arc::new(neighbours);
        let mut cascade = (*self.parts().cascade).clone();
        if let Some(estimate) = estimate {
            cascade.embeddings = Arc::new(EmbeddingScorer::new(Arc::new(estimate)));
        }
        if let Scorer::Fitted(model) = &cascade.scorer {
            cascade.scorer = Scorer::Fitted(Arc::new(model.within(&neighbours)));
        }
        Self::new(Parts {
            cascade: Arc::new(cascade),
            neighbours: Some(neighbours),
            ..self.parts().clone()
        })
    }
}

/// Scored candidate pairs as they come.
pub struct MatchStream {
    scores: ScoreStream,
    candidates: std::vec::IntoIter<Candidate>,
}

impl MatchStream {
    /// The next pair with its score; `None` after the last one.
    pub async fn next(&mut self) -> Option<Result<MatchedPair, EngineError>> {
        StreamExt::next(self).await
    }

    /// The counts so far.
    pub fn summary(&self) -> Summary {
        self.scores.summary()
    }
}

impl Stream for MatchStream {
    type Item = Result<MatchedPair, EngineError>;
    fn poll_next(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<Option<Self::Item>> {
        let next = self.scores.poll_next_unpin(context);
        next.map(|score| {
            let score = score?;
            let candidate = self.candidates.next()?;
            Some(score.map(|score| MatchedPair { candidate, score }))
        })
    }
}

pub(crate) fn texts(records: &[Record]) -> Vec<&str> {
    records.iter().map(|record| record.text.as_str()).collect()
}

/// What blocking wants of a list beside its texts.
pub(crate) struct Columns {
    pub(crate) vectors: Option<Vectors>,
    keys: Option<Vec<Vec<Option<u64>>>>,
}

impl Columns {
    fn of(records: &[Record], estimate: Option<&KnownTexts>) -> Result<Self, EngineError> {
        let vectors = estimate
            .map(|estimate| estimate.embed(&texts(records)))
            .transpose()?;
        Ok(Self::with(vectors, records))
    }

    /// Of vectors that are at hand.
    pub(crate) fn with(vectors: Option<Vectors>, records: &[Record]) -> Self {
        let is_blocked = records.iter().any(|record| !record.keys.is_empty());
        Self {
            vectors,
            keys: is_blocked.then(|| records.iter().map(|record| record.keys.clone()).collect()),
        }
    }

    pub(crate) fn list<'a>(&'a self, texts: &'a [&'a str]) -> List<'a> {
        List {
            texts,
            vectors: self.vectors.as_ref(),
            keys: self.keys.as_deref(),
        }
    }
}

/// An embedder that has seen all texts of a run.
pub(crate) struct KnownTexts {
    inner: Arc<dyn Embedder>,
    rows: HashMap<Box<str>, usize>,
    vectors: Vectors,
}

impl KnownTexts {
    /// Embeds every distinct text of the lists. A blank text has no vector: it stays all zero.
    fn embed(
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
        for part in distinct.chunks(chunk) {
            tally.read(part.len());
            let embedded = inner.embed(part)?;
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
            let embedded = self.inner.embed(&wanted)?;
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
