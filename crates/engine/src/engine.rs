//! The engine: all pairs at once, or a stream of any length.

use std::{
    collections::HashMap,
    sync::Arc,
    time::{Duration, Instant},
};

use futures_util::{Stream, stream};
use midband_core::{EmbedError, FinalScore, Pair, PairId};
use midband_features::Group;
use midband_lexicon::{SharedLexicon, contradictions};
use midband_model::Calibration;
use midband_router::{GainOptions, Policy};
use tokio::task;
use tracing::Instrument;

use crate::{
    EngineBuilder, EngineError, FitReport, Learning, ScoreStream, Summary,
    assembly::UNSURE,
    cascade::Cascade,
    corpus::CorpusStats,
    expansion::chosen,
    featured::{compare_all, feature_rows},
    fitted::{FittedModel, Thrift},
    knowledge::Start,
    late_pairs, learning,
    neighbours::Neighbours,
    prefilter::LexicalPrefilter,
    progress::{OnProgress, Tally},
    recount::recounted,
    scorer::Scorer,
};

/// Scores pairs by the cascade. Cheap to clone; clones share the embedder, the judge and their caches.
#[derive(Clone)]
pub struct Engine(Parts);

/// What the builder puts together.
#[derive(Clone)]
pub(crate) struct Parts {
    pub(crate) cascade: Arc<Cascade>,
    pub(crate) learning: Option<Arc<Learning>>,
    /// The names behind the clinical features.
    pub(crate) lexicon: SharedLexicon,
    /// True if clinical features are on.
    pub(crate) clinical: bool,
    pub(crate) task: Arc<str>,
    pub(crate) seed: u64,
    pub(crate) chunk: usize,
    pub(crate) whole_chunks: bool,
    pub(crate) on_progress: Option<OnProgress>,
    /// What lists tell of their pairs.
    pub(crate) neighbours: Option<Arc<Neighbours>>,
}

impl Parts {
    /// How a run learns: as was set, else by the gain policy.
    pub(crate) fn learning(&self) -> Arc<Learning> {
        let usual = || Arc::new(Learning::new(Policy::Gain(GainOptions::default())));
        self.learning.clone().unwrap_or_else(usual)
    }
}

/// All scores of a run, and what it came to.
#[derive(Debug)]
#[non_exhaustive]
pub struct Scored {
    /// One score a pair, in the order given.
    pub scores: Vec<FinalScore>,
    /// Counts and times.
    pub summary: Summary,
    /// What the run learnt, where it learnt.
    pub fit: Option<FitReport>,
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

    /// Loads the embedding model and the word lists, which the first pair would otherwise wait for.
    ///
    /// # Errors
    /// The model can't be loaded.
    pub async fn warm_up(&self) -> Result<(), EngineError> {
        let cascade = self.0.cascade.clone();
        let lexicon = self.lexicon();
        let warm = task::spawn_blocking(move || {
            late_pairs::warm_up(&lexicon);
            cascade.embeddings.embedder().warm_up()
        });
        let warm = warm.await;
        Ok(warm.map_err(|death| EngineError::Stage(death.to_string()))??)
    }

    /// Scores all pairs: one score a pair, in the order given. Dropping the future stops the run after the chunk that is
    /// being embedded; the judge's requests are dropped with it.
    ///
    /// # Errors
    /// The embedder failed as a whole.
    pub async fn score(&self, pairs: Vec<Pair>) -> Result<Scored, EngineError> {
        self.collect(pairs, None).await
    }

    /// The same, with every pair back by the deadline: judged, or fallen back to its proxy score as
    /// `unanswered(out of budget)`. Late verdicts still reach the judge's cache. Embedding stops between two batches: pairs
    /// that it did not reach are [`midband_core::Status::Late`], with the score that wording alone gives if labels or the
    /// prior of their kind vouch for that, else with none.
    ///
    /// What follows the embedding is not cut: features and decisions take tens of microseconds per pair. The first call
    /// loads the model, whatever its deadline: call [`Engine::warm_up`] before. An embedder of your own is cut between
    /// groups of 64 texts unless it has [`midband_core::Embedder::embed_until`].
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
            let span = tracing::info_span!("run", task = &*self.0.task, pairs = pairs.len());
            return self.learn(learning, pairs, deadline).instrument(span).await;
        }
        let mut scores = Vec::with_capacity(pairs.len());
        let mut running = ScoreStream::start(&self.0, stream::iter(pairs), deadline);
        while let Some(score) = running.next().await {
            scores.push(score?);
        }
        Ok(Scored {
            scores,
            summary: running.summary(),
            fit: None,
        })
    }

    async fn learn(
        &self,
        learning: &Arc<Learning>,
        pairs: Vec<Pair>,
        deadline: Option<Instant>,
    ) -> Result<Scored, EngineError> {
        let started = Instant::now();
        let Parts { cascade, chunk, .. } = &self.0;
        if matches!(learning.policy, Policy::Target(_)) && cascade.judge.is_none() {
            return Err(EngineError::TargetNeedsJudge);
        }
        let tally = Tally::new(self.0.on_progress.clone());
        let mut summary = Summary::default();
        // Embedding the labels twice would take from the time that the pairs have.
        let cascade = if deadline.is_none() && cascade.expanded.is_some() {
            let truth = learning.gold.iter();
            let truth = truth.map(|(id, is_match)| (id.clone(), (*is_match, 1.0)));
            let truth = Arc::new(truth.collect());
            &chosen(cascade, learning, &pairs, &truth, self.0.seed).await?
        } else {
            cascade
        };
        let settings = learning.clone();
        let neighbours = self.0.neighbours.clone();
        let explains = cascade.explains;
        let by_static = neighbours.as_ref().is_some_and(|lists| lists.are_static());
        let judged = cascade.judge.is_some();
        let (judge, seed) = (cascade.band.judge, self.0.seed);
        let (pairs, corpus, prefiltered, learning) = task::spawn_blocking(move || {
            let corpus = CorpusStats::of(&pairs, &settings);
            let settings = recounted(&settings, &corpus, judge, seed);
            // A certificate covers what the router sees: nothing may be settled before it.
            let filters =
                settings.embed_unsure_only && !matches!(settings.policy, Policy::Target(_));
            let prefilter = filters
                .then(|| LexicalPrefilter::of_run(&settings, judged, &corpus, neighbours.as_ref()));
            match prefilter.flatten() {
                None => (pairs, corpus, None, settings),
                Some(prefilter) => {
                    let labelled = |id: &PairId| settings.gold.contains_key(id);
                    let (unsure, prefiltered) = prefilter.split(pairs, labelled, explains);
                    (unsure, corpus, Some(prefiltered), settings)
                }
            }
        })
        .await
        .map_err(|death| EngineError::Stage(death.to_string()))?;
        if let Some(prefiltered) = &prefiltered {
            tally.read(prefiltered.count());
            tally.compared(prefiltered.count());
        }
        let pairs = rescored(cascade, self.0.neighbours.as_ref(), pairs).await?;
        let compared = compare_all(cascade, pairs, *chunk, &tally, deadline, &mut summary).await?;
        let settings = learning.clone();
        let neighbours = self.0.neighbours.clone().filter(|_| learning.neighbours);
        let featured = task::spawn_blocking(move || {
            let mut featured =
                feature_rows(compared, &settings, Some(corpus), neighbours.as_deref());
            featured.score_late(&settings, explains);
            featured
        })
        .await
        .map_err(|death| EngineError::Stage(death.to_string()))?;
        let run = learning::Run {
            learning: &learning,
            task: &self.0.task,
            seed: self.0.seed,
            start: match &prefiltered {
                None => Start::Shipped,
                Some(found) => Start::Prefiltered {
                    shift: found.shift,
                    settled: found.probabilities(),
                },
            },
            deadline,
            lists: self.0.neighbours.is_some(),
        };
        let (mut scores, mut report) =
            learning::run(cascade, featured, run, &tally, &mut summary).await?;
        if let Some(prefiltered) = prefiltered {
            report.calibration.lexical = Some(prefiltered.tier.clone());
            let rule = report.calibration.rule;
            // What static cosines settle is unsure as often as what the model compares.
            let review = rule.review.or(by_static.then_some(UNSURE));
            scores = prefiltered.woven(&rule.reviewing(review), scores);
        }
        scores.iter().for_each(|score| summary.count(score));
        tally.finished(scores.len());
        summary.seconds.total = started.elapsed().as_secs_f64();
        Ok(Scored {
            scores,
            summary,
            fit: Some(report),
        })
    }

    /// Scores a stream of any length in constant memory, in its order. The stream is read only as fast
    /// as the scores are taken. Dropping the result stops the run after the chunk that is being embedded, the judge's requests
    /// at once. A library with all pairs at hand takes [`Engine::score`]: only there a policy learns.
    ///
    /// The only item is [`EngineError::Stream`] if the engine's policy is a budget or a target.
    pub fn stream<S>(&self, pairs: S) -> ScoreStream
    where
        S: Stream<Item = Pair> + Send + 'static,
    {
        ScoreStream::start(&self.0, pairs, None)
    }

    /// The same, with every pair back by the deadline, as [`Engine::score_within`] has it.
    pub fn stream_within<S>(&self, pairs: S, limit: Duration) -> ScoreStream
    where
        S: Stream<Item = Pair> + Send + 'static,
    {
        ScoreStream::start(&self.0, pairs, Instant::now().checked_add(limit))
    }

    /// An engine that learns nothing more and scores each pair by itself, by a calibration. It shares embedder, judge and
    /// caches.
    #[must_use]
    pub fn fitted(&self, calibration: &Calibration) -> Self {
        let thrift = (self.0.learning.as_deref()).map_or_else(Thrift::default, Thrift::from);
        let model = FittedModel::new(
            Arc::new(calibration.clone()),
            self.0.neighbours.as_ref(),
            thrift,
            &self.lexicon(),
        );
        let own = &self.0.cascade;
        let expanding = (own.expanding())
            .filter(|other| *other.embeddings.embedder().model() == calibration.embedding_model);
        let cascade = Cascade {
            scorer: Scorer::Fitted(Arc::new(model)),
            ..expanding.unwrap_or_else(|| (**own).clone())
        };
        Self(Parts {
            cascade: Arc::new(cascade),
            learning: None,
            clinical: calibration.features.has(Group::Clinical),
            ..self.0.clone()
        })
    }

    /// The names behind the clinical features.
    pub(crate) fn lexicon(&self) -> SharedLexicon {
        self.0.lexicon.clone()
    }

    /// Where the texts of a pair contradict each other by the engine's lexicon, in words; `None` if its features are not
    /// clinical ones.
    pub fn contradictions(&self, pair: &Pair) -> Option<Vec<String>> {
        let found = || contradictions(self.0.lexicon.get(), pair.a.as_str(), pair.b.as_str());
        self.compares_notes().then(found)
    }

    pub(crate) fn compares_notes(&self) -> bool {
        self.0.clinical
    }

    /// True where the policy learns from labels of its own pairs: one that certifies a target draws its own pairs, and a fixed
    /// band learns nothing.
    pub fn learns_from_labels(&self) -> bool {
        let policy = self.0.learning.as_ref().map(|learning| &learning.policy);
        matches!(policy, Some(Policy::Gain(_) | Policy::Budget(..)))
    }

    /// The same engine once the truth of some pairs is known: it learns from them and asks no judge about them. Their scores
    /// are still the proxy's.
    #[must_use]
    pub fn taught(&self, gold: HashMap<PairId, bool>) -> Self {
        let learning = self.0.learning.as_deref().map(|learning| {
            let mut learning = learning.clone();
            learning.gold.extend(gold);
            Arc::new(learning)
        });
        Self(Parts {
            learning,
            ..self.0.clone()
        })
    }

    /// True where what the policy learns on a sample holds for further pairs: a budget and a certificate do
    /// not.
    pub fn learns_from_samples(&self) -> bool {
        let policy = self.0.learning.as_ref().map(|learning| &learning.policy);
        matches!(policy, Some(Policy::Gain(_)))
    }
}

/// Has the model say how pairs stand that static embeddings found.
async fn rescored(
    cascade: &Arc<Cascade>,
    neighbours: Option<&Arc<Neighbours>>,
    pairs: Vec<Pair>,
) -> Result<Vec<Pair>, EngineError> {
    let Some(neighbours) = neighbours.filter(|lists| lists.are_static()) else {
        return Ok(pairs);
    };
    let (cascade, neighbours) = (cascade.clone(), neighbours.clone());
    let done = task::spawn_blocking(move || {
        neighbours.rescore(&cascade.embeddings, &pairs)?;
        Ok::<_, EmbedError>(pairs)
    });
    let done = done.await;
    Ok(done.map_err(|death| EngineError::Stage(death.to_string()))??)
}
