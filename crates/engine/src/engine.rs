//! The engine: all pairs at once, or a stream of any length.
//!
//! Both run the same pipeline of two stages joined by a channel that holds one chunk: while the judge is
//! asked about a chunk, the next one is embedded, and whoever reads slowly slows down both. Only here does
//! the synchronous embedder meet the asynchronous judge.

use std::{
    pin::Pin,
    sync::{Arc, Mutex, PoisonError},
    task::{Context, Poll},
    time::{Duration, Instant},
    vec,
};

use futures_util::{Stream, StreamExt, future::Either, stream};
use midband_combiner::Calibration;
use midband_core::{EmbedError, FinalScore, Pair, Provenance};
use midband_router::Policy;
use tokio::{sync::mpsc, task};

use crate::{
    EngineBuilder, EngineError, Learning, Learnt, Summary,
    cascade::{Cascade, Compared},
    frozen::Frozen,
    learning::{self, Wording, compare_all, feature_rows},
    lexical::sift,
    neighbours::Neighbours,
    progress::{OnProgress, Tally},
};

/// Scores pairs by the cascade. Cheap to clone; clones share the embedder, the judge and their caches.
#[derive(Clone)]
pub struct Engine(Parts);

/// What the builder puts together.
#[derive(Clone)]
pub(crate) struct Parts {
    pub(crate) cascade: Arc<Cascade>,
    pub(crate) learning: Option<Arc<Learning>>,
    pub(crate) task: Arc<str>,
    pub(crate) seed: u64,
    pub(crate) chunk: usize,
    pub(crate) whole_chunks: bool,
    pub(crate) on_progress: Option<OnProgress>,
    /// What lists tell of their pairs.
    pub(crate) neighbours: Option<Arc<Neighbours>>,
}

/// All scores of a run, and what it came to.
#[derive(Debug)]
pub struct Scored {
    /// One score a pair, in the order given.
    pub scores: Vec<FinalScore>,
    /// Counts and times.
    pub summary: Summary,
    /// What the run learnt, where it learnt.
    pub learnt: Option<Learnt>,
}

impl Engine {
    /// Starts to put an engine together.
    pub fn builder() -> EngineBuilder {
        EngineBuilder::default()
    }

    pub(crate) fn new(parts: Parts) -> Self {
        Self(parts)
    }

    pub(crate) fn parts(&self) -> &Parts {
        &self.0
    }

    /// Scores all pairs: one score a pair, in the order given.
    ///
    /// # Errors
    /// The embedder failed as a whole.
    pub async fn score(&self, pairs: Vec<Pair>) -> Result<Scored, EngineError> {
        self.collect(pairs, None).await
    }

    /// The same, with every pair back by the deadline: judged, or fallen back to its proxy score as
    /// `unanswered(out of budget)`. Late verdicts still reach the judge's cache. Embedding is not cut
    /// short: a pair without a cosine would have no score at all.
    ///
    /// # Errors
    /// The embedder failed as a whole.
    pub async fn score_within(
        &self,
        pairs: Vec<Pair>,
        limit: Duration,
    ) -> Result<Scored, EngineError> {
        self.collect(pairs, Instant::now().checked_add(limit)).await
    }

    async fn collect(
        &self,
        pairs: Vec<Pair>,
        deadline: Option<Instant>,
    ) -> Result<Scored, EngineError> {
        if let Some(learning) = &self.0.learning {
            return self.learn(learning, pairs, deadline).await;
        }
        let mut scores = Vec::with_capacity(pairs.len());
        let mut running = self.start(stream::iter(pairs), deadline);
        while let Some(score) = running.next().await {
            scores.push(score?);
        }
        Ok(Scored {
            scores,
            summary: running.summary(),
            learnt: None,
        })
    }

    async fn learn(
        &self,
        learning: &Arc<Learning>,
        pairs: Vec<Pair>,
        deadline: Option<Instant>,
    ) -> Result<Scored, EngineError> {
        let started = Instant::now();
        let Parts {
            cascade,
            seed,
            chunk,
            ..
        } = &self.0;
        let tally = Tally::new(self.0.on_progress.clone());
        let mut summary = Summary::default();
        let settings = learning.clone();
        let (rule, explains) = (cascade.rule, cascade.explains);
        let (pairs, wording, sifted) = task::spawn_blocking(move || {
            let wording = Wording::of(&pairs, &settings);
            let rule = settings
                .calibration
                .as_ref()
                .map_or(rule, |calibration| calibration.rule);
            // A certificate covers what the router sees: nothing may be settled before it.
            let sifts = settings.embed_unsure_only && !matches!(settings.policy, Policy::Target(_));
            let sifted = sifts
                .then(|| sift(&pairs, &settings, &wording, (&rule, explains)))
                .flatten();
            (pairs, wording, sifted)
        })
        .await
        .map_err(|death| EngineError::Stage(death.to_string()))?;
        let (unsure, places, mut settled) = match sifted {
            None => (pairs, None, Vec::new()),
            Some(sifted) => {
                tally.read(pairs.len() - sifted.unsure.len());
                let mut pairs: Vec<Option<Pair>> = pairs.into_iter().map(Some).collect();
                let unsure = sifted
                    .unsure
                    .iter()
                    .filter_map(|&place| pairs[place].take())
                    .collect();
                (unsure, Some(sifted.unsure), sifted.settled)
            }
        };
        let compared = compare_all(cascade, unsure, *chunk, (&tally, &mut summary)).await?;
        let settings = learning.clone();
        let neighbours = self.0.neighbours.clone().filter(|_| learning.neighbours);
        let featured = task::spawn_blocking(move || {
            feature_rows(compared, &settings, (Some(wording), neighbours.as_deref()))
        })
        .await
        .map_err(|death| EngineError::Stage(death.to_string()))?;
        let (mut scores, learnt) = learning::run(
            cascade,
            featured,
            (learning, &self.0.task, *seed),
            (&tally, &mut summary),
            deadline,
        )
        .await?;
        if let Some(places) = places {
            for (place, score) in places.into_iter().zip(scores) {
                settled[place] = Some(score);
            }
            scores = settled.into_iter().flatten().collect();
        }
        scores.iter().for_each(|score| summary.count(score));
        tally.finished(scores.len());
        summary.seconds.total = started.elapsed().as_secs_f64();
        Ok(Scored {
            scores,
            summary,
            learnt: Some(learnt),
        })
    }

    /// Scores a stream of any length in constant memory, in its order. The stream is read only as fast
    /// as the scores are taken. Dropping the result stops the run, the judge's requests included.
    pub fn stream<S>(&self, pairs: S) -> ScoreStream
    where
        S: Stream<Item = Pair> + Send + 'static,
    {
        self.start(pairs, None)
    }

    /// The same, with every pair back by the deadline, as [`Engine::score_within`] has it.
    pub fn stream_within<S>(&self, pairs: S, limit: Duration) -> ScoreStream
    where
        S: Stream<Item = Pair> + Send + 'static,
    {
        self.start(pairs, Instant::now().checked_add(limit))
    }

    fn start<S>(&self, pairs: S, deadline: Option<Instant>) -> ScoreStream
    where
        S: Stream<Item = Pair> + Send + 'static,
    {
        let tally = Arc::new(Tally::new(self.0.on_progress.clone()));
        let summary = Arc::new(Mutex::new(Summary::default()));
        let (to_judge, compared) = mpsc::channel(1);
        let (out, scores) = mpsc::channel(1);
        let chunks = if self.0.whole_chunks {
            Either::Left(pairs.chunks(self.0.chunk))
        } else {
            Either::Right(pairs.ready_chunks(self.0.chunk))
        };
        let compare = compare_chunks(self.0.cascade.clone(), chunks, tally.clone(), to_judge);
        // A task's budget of 128 receives would cut every chunk down to 128 pairs.
        let first = task::spawn(task::coop::unconstrained(compare));
        let finishing = Finishing {
            cascade: self.0.cascade.clone(),
            tally,
            summary: summary.clone(),
            deadline,
        };
        let second = task::spawn(finishing.run(compared, out));
        ScoreStream {
            scores,
            ready: Vec::new().into_iter(),
            summary,
            started: Instant::now(),
            stages: vec![first, second],
        }
    }

    /// An engine that learns nothing more and streams by a calibration. It shares embedder, judge and caches.
    #[must_use]
    pub fn frozen(&self, calibration: &Calibration) -> Self {
        let mut cascade = (*self.0.cascade).clone();
        let frozen = Frozen::new(calibration).within(self.0.neighbours.as_ref());
        cascade.frozen = Some(Arc::new(frozen));
        Self(Parts {
            cascade: Arc::new(cascade),
            learning: None,
            ..self.0.clone()
        })
    }

    /// True where what the policy learns on a sample holds for further pairs: a budget and a certificate do
    /// not.
    pub fn learns_from_samples(&self) -> bool {
        let policy = self.0.learning.as_ref().map(|learning| &learning.policy);
        matches!(policy, Some(Policy::Gain(_)))
    }

    /// What is needed to reproduce this engine's scores. The time is left to the caller.
    pub fn provenance(&self) -> Provenance {
        let Parts {
            cascade, learning, ..
        } = &self.0;
        let embedder = cascade.scorer.embedder();
        let calibration = learning
            .as_ref()
            .and_then(|learning| learning.calibration.as_ref());
        let policy = learning
            .as_ref()
            .map_or("band", |learning| learning.policy.as_str());
        Provenance {
            engine: env!("CARGO_PKG_VERSION").to_owned(),
            embedding_model: embedder.model().clone(),
            max_tokens: embedder.max_tokens(),
            task: self.0.task.to_string(),
            policy: policy.to_owned(),
            band: learning.is_none().then_some(cascade.policy.band),
            band_on: cascade.policy.on,
            proxy: match (learning, calibration) {
                (_, Some(calibration)) => format!("calibration made {}", calibration.made),
                (Some(_), None) => "prior of the task's kind, learnt from verdicts".to_owned(),
                (None, None) => "default".to_owned(),
            },
            word_counts: calibration.map(|calibration| calibration.frequencies.digest()),
            calibrated: calibration.is_some(),
            judge: cascade
                .judge
                .as_ref()
                .map_or("none".to_owned(), |judge| judge.name()),
            judge_fingerprint: cascade.judge.as_ref().map(|judge| judge.fingerprint()),
            seed: self.0.seed,
            started: String::new(),
        }
    }
}

type Chunk = Result<Compared, EngineError>;

async fn compare_chunks<S>(
    cascade: Arc<Cascade>,
    chunks: S,
    tally: Arc<Tally>,
    to_judge: mpsc::Sender<Chunk>,
) where
    S: Stream<Item = Vec<Pair>> + Send,
{
    let mut chunks = std::pin::pin!(chunks);
    while let Some(pairs) = chunks.next().await {
        let count = pairs.len();
        tally.read(count);
        let cascade = cascade.clone();
        let compared =
            match task::spawn_blocking(move || Ok(cascade.know(cascade.compare(pairs)?))).await {
                Ok(compared) => compared.map_err(|error: EmbedError| EngineError::from(error)),
                Err(death) => Err(EngineError::Stage(death.to_string())),
            };
        tally.compared(count);
        let failed = compared.is_err();
        // Whoever takes the scores may have gone.
        if to_judge.send(compared).await.is_err() || failed {
            return;
        }
    }
}

/// The second stage: route, ask, combine, hand on.
struct Finishing {
    cascade: Arc<Cascade>,
    tally: Arc<Tally>,
    summary: Arc<Mutex<Summary>>,
    deadline: Option<Instant>,
}

impl Finishing {
    async fn run(
        self,
        mut compared: mpsc::Receiver<Chunk>,
        out: mpsc::Sender<Result<Vec<FinalScore>, EngineError>>,
    ) {
        while let Some(chunk) = compared.recv().await {
            let chunk = match chunk {
                Ok(chunk) => chunk,
                Err(error) => {
                    let _ = out.send(Err(error)).await;
                    return;
                }
            };
            let embedding_took = chunk.took;
            let finished = self.cascade.finish(chunk, &self.tally, self.deadline).await;
            {
                let mut summary = self.summary.lock().unwrap_or_else(PoisonError::into_inner);
                summary.embedding_took(embedding_took);
                summary.judging_took(finished.judging_took);
                summary.judge_failed = finished.judge_failed.or(summary.judge_failed.take());
                finished
                    .scores
                    .iter()
                    .for_each(|score| summary.count(score));
            }
            let count = finished.scores.len();
            if out.send(Ok(finished.scores)).await.is_err() {
                return;
            }
            self.tally.finished(count);
        }
    }
}

/// Final scores as they come, in the order of the pairs.
pub struct ScoreStream {
    /// A chunk at a time: a message a score would cost more than the score.
    scores: mpsc::Receiver<Result<Vec<FinalScore>, EngineError>>,
    ready: vec::IntoIter<FinalScore>,
    summary: Arc<Mutex<Summary>>,
    started: Instant,
    stages: Vec<task::JoinHandle<()>>,
}

impl ScoreStream {
    /// The next score; `None` after the last one.
    pub async fn next(&mut self) -> Option<Result<FinalScore, EngineError>> {
        StreamExt::next(self).await
    }

    /// The counts so far; after the last score, those of the run.
    pub fn summary(&self) -> Summary {
        let mut summary = self
            .summary
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
            .clone();
        summary.seconds.total = self.started.elapsed().as_secs_f64();
        summary
    }
}

impl Stream for ScoreStream {
    type Item = Result<FinalScore, EngineError>;
    fn poll_next(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<Option<Self::Item>> {
        loop {
            if let Some(score) = self.ready.next() {
                return Poll::Ready(Some(Ok(score)));
            }
            match self.scores.poll_recv(context) {
                Poll::Ready(Some(Ok(chunk))) => self.ready = chunk.into_iter(),
                Poll::Ready(Some(Err(error))) => return Poll::Ready(Some(Err(error))),
                Poll::Ready(None) => return Poll::Ready(None),
                Poll::Pending => return Poll::Pending,
            }
        }
    }
}

impl Drop for ScoreStream {
    fn drop(&mut self) {
        self.stages.iter().for_each(task::JoinHandle::abort);
    }
}
