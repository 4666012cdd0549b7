//! Two lists of records, or one: which pairs are worth comparing, and their scores.
//!
//! Every distinct text is embedded once. The vectors find the candidates, and the cascade compares by the same
//! ones, so that a record which stands in many pairs costs no more than one that stands in a few.

use std::{
    pin::Pin,
    sync::Arc,
    task::{Context, Poll},
    time::{Duration, Instant},
};

use futures_util::{Stream, StreamExt, stream};
use midband_block::{Candidate, Settings, Source, find};
use midband_core::{Embedder, FinalScore, Pair};
use midband_embed::EmbeddingScorer;
use midband_features::Group;
use midband_model::{PairKey, TaskKind};
use tokio::task;

use crate::{
    Engine, EngineError, Learning, ScoreStream, Summary,
    corpus::kind_of_lists,
    engine::Parts,
    known_texts::KnownTexts,
    neighbours::Neighbours,
    progress::Tally,
    records::{Columns, Record, pair, texts},
    scorer::Scorer,
    stream::streams,
};

/// What blocking left to compare.
pub struct Blocked {
    /// The pairs by their rows, each once, in the order of the left list.
    pub candidates: Vec<Candidate>,
    /// An engine that knows every record's vector already.
    pub engine: Engine,
    /// Time that embedding the records took.
    pub embedding_took: Duration,
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
            embedding_took: Duration::ZERO,
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
            learning,
            on_progress,
            ..
        } = self.parts().clone();
        let found = task::spawn_blocking(move || {
            let (tally, begin) = (Tally::new(on_progress), Instant::now());
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
            let took = begin.elapsed();
            let reads_names = |of: &&Arc<Learning>| {
                of.features.has(Group::Clinical)
                    && kind_of_lists(of, &left, right.as_deref()) != TaskKind::Records
            };
            let lexicon = (learning.as_ref())
                .filter(reads_names)
                .map(|of| of.lexicon.get());
            let list = |records: &Arc<[Record]>| {
                let found = columns(records, estimate.as_ref())?;
                Ok::<_, EngineError>(match lexicon {
                    Some(lexicon) => found.with_concepts(records, lexicon),
                    None => found,
                })
            };
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
            Ok::<_, EngineError>(((candidates, neighbours, estimate), took, left, right))
        });
        let ((candidates, neighbours, estimate), embedding_took, left, right) = found
            .await
            .map_err(|death| EngineError::Stage(death.to_string()))??;
        let engine = self.knowing(estimate, neighbours);
        Ok(Blocked {
            candidates,
            engine,
            embedding_took,
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
        // Which records were compared follows from the texts as they are.
        cascade.expanded = None;
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

fn columns(records: &[Record], known: Option<&KnownTexts>) -> Result<Columns, EngineError> {
    let vectors = known
        .map(|known| known.embed(&texts(records)))
        .transpose()?;
    Ok(Columns::with(vectors, records))
}
