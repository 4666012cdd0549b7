//! A stream of any length: two stages joined by a channel that holds one chunk. While the judge is asked about a chunk,
//! the next one is embedded, and whoever reads slowly slows down both. Only here and in the runs that learn does the
//! synchronous embedder meet the asynchronous judge.

use std::{
    future::Future as _,
    pin::Pin,
    sync::{Arc, Mutex, PoisonError},
    task::{Context, Poll},
    time::Instant,
    vec,
};

use futures_util::{Stream, StreamExt, future::Either};
use midband_core::{FinalScore, Pair};
use midband_router::Policy;
use tokio::{sync::mpsc, task};
use tracing::Instrument;

use crate::{
    EngineError, Summary,
    cascade::{Cascade, Routed},
    engine::Parts,
    progress::Tally,
};

/// Pairs as far as they are scored without a judge.
type Chunk = Result<Routed, EngineError>;

/// The first stage: compare, and score without a judge.
struct Embedding {
    cascade: Arc<Cascade>,
    tally: Arc<Tally>,
    deadline: Option<Instant>,
}

async fn compare_chunks<S>(
    Embedding {
        cascade,
        tally,
        deadline,
    }: Embedding,
    chunks: S,
    to_judge: mpsc::Sender<Chunk>,
) where
    S: Stream<Item = Vec<Pair>> + Send,
{
    let mut chunks = std::pin::pin!(chunks);
    while let Some(pairs) = chunks.next().await {
        let count = pairs.len();
        tally.read(count);
        let cascade = cascade.clone();
        let span = tracing::info_span!("chunk", pairs = count);
        let chunk = move || span.in_scope(|| cascade.route_chunk(pairs, deadline));
        let compared = match task::spawn_blocking(chunk).await {
            Ok(compared) => compared.map_err(EngineError::from),
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

/// Refuses a policy that a stream would leave aside.
pub(crate) fn streams(parts: &Parts) -> Result<(), EngineError> {
    match parts.learning.as_ref().map(|learning| &learning.policy) {
        Some(policy @ (Policy::Budget(..) | Policy::Target(_))) => {
            Err(EngineError::Stream(policy.as_str()))
        }
        _ => Ok(()),
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
    pub(crate) fn start<S>(parts: &Parts, pairs: S, deadline: Option<Instant>) -> Self
    where
        S: Stream<Item = Pair> + Send + 'static,
    {
        if let Err(error) = streams(parts) {
            return Self::failed(error);
        }
        let tally = Arc::new(Tally::new(parts.on_progress.clone()));
        let summary = Arc::new(Mutex::new(Summary::default()));
        let (to_judge, compared) = mpsc::channel(1);
        let (out, scores) = mpsc::channel(1);
        let chunks = if parts.whole_chunks {
            Either::Left(pairs.chunks(parts.chunk))
        } else {
            Either::Right(pairs.ready_chunks(parts.chunk))
        };
        let embedding = Embedding {
            cascade: parts.cascade.clone(),
            tally: tally.clone(),
            deadline,
        };
        let compare = compare_chunks(embedding, chunks, to_judge);
        // A task's budget of 128 receives would cut every chunk down to 128 pairs.
        let span = tracing::info_span!("run", task = &*parts.task);
        let first = task::spawn(task::coop::unconstrained(compare).instrument(span.clone()));
        let finishing = Finishing {
            cascade: parts.cascade.clone(),
            tally,
            summary: summary.clone(),
            deadline,
        };
        let second = task::spawn(finishing.run(compared, out).instrument(span));
        Self {
            scores,
            ready: Vec::new().into_iter(),
            summary,
            started: Instant::now(),
            stages: vec![first, second],
        }
    }

    /// A stream of nothing but an error.
    fn failed(error: EngineError) -> Self {
        let (out, scores) = mpsc::channel(1);
        // There is room for one.
        let _ = out.try_send(Err(error));
        Self {
            scores,
            ready: Vec::new().into_iter(),
            summary: Arc::default(),
            started: Instant::now(),
            stages: Vec::new(),
        }
    }

    /// The end: an error if a stage panicked, whose pairs would be missing without a word.
    fn ended(
        &mut self,
        context: &mut Context<'_>,
    ) -> Poll<Option<Result<FinalScore, EngineError>>> {
        while let Some(stage) = self.stages.last_mut() {
            let Poll::Ready(ended) = Pin::new(stage).poll(context) else {
                return Poll::Pending;
            };
            self.stages.pop();
            if let Err(death) = ended {
                return Poll::Ready(Some(Err(EngineError::Stage(death.to_string()))));
            }
        }
        Poll::Ready(None)
    }

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
                Poll::Ready(None) => return self.ended(context),
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
