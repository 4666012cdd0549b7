//! Puts an engine together.

use std::sync::Arc;

use midband_core::{Band, BandOn, Embedder, Judge};
use midband_features::Group;
use midband_model::{CosineMap, DecisionRule, JudgeModel, TaskKind};
use midband_router::{BandPolicy, GainOptions, Policy};

use crate::{
    Engine, Learning,
    cascade::Cascade,
    engine::Parts,
    expansion::Embedding,
    fitted::{FittedModel, Thrift},
    fixed_fit::{Alone, records},
    progress::{OnProgress, Progress},
    scorer::{BandScorer, Scorer},
};

/// Pairs that are embedded together. Large enough that sorting by length leaves next to no padding,
/// small enough that a stream's memory stays in the tens of megabytes.
pub const DEFAULT_CHUNK: usize = 4096;

/// The default band on the cosine of all-MiniLM-L6-v2; docs/default_band.md says how it was chosen and what
/// it gives. Another model's cosines have another scale.
pub const DEFAULT_BAND_ON_COSINE: (f64, f64) = (0.5, 0.9);

/// The default band on the proxy score: where a judge that is right four times in five can change a
/// decision, 1 - q < p < q.
pub const DEFAULT_BAND_ON_PROXY: (f64, f64) = (0.2, 0.8);

/// Why an engine can't be built.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum BuildError {
    /// Nothing would compare the pairs. Call [`EngineBuilder::embedder`].
    #[error("an engine needs an embedder")]
    NoEmbedder,
    /// A chunk of no pairs would never end.
    #[error("a chunk must hold at least one pair")]
    EmptyChunk,
    /// A threshold is not a number.
    #[error(transparent)]
    Band(#[from] midband_core::BandError),
}

/// What an [`Engine`] is made of; see [`Engine::builder`].
pub struct EngineBuilder {
    embedder: Option<Arc<dyn Embedder>>,
    judge: Option<Arc<dyn Judge>>,
    band: Option<Band>,
    band_on: BandOn,
    task: String,
    kind: TaskKind,
    judge_model: JudgeModel,
    rule: DecisionRule,
    seed: u64,
    chunk: usize,
    whole_chunks: bool,
    on_progress: Option<OnProgress>,
    learning: Option<Learning>,
    by_pair: bool,
    alone: bool,
    explains: bool,
}

impl Default for EngineBuilder {
    fn default() -> Self {
        Self {
            embedder: None,
            judge: None,
            band: None,
            band_on: BandOn::default(),
            task: "none".to_owned(),
            kind: TaskKind::General,
            judge_model: JudgeModel::default(),
            rule: DecisionRule::default(),
            seed: 0,
            chunk: DEFAULT_CHUNK,
            whole_chunks: false,
            on_progress: None,
            learning: None,
            by_pair: false,
            alone: false,
            explains: false,
        }
    }
}

impl EngineBuilder {
    /// Who turns texts into vectors. Required.
    #[must_use]
    pub fn embedder(mut self, embedder: impl Embedder + 'static) -> Self {
        self.embedder = Some(Arc::new(embedder));
        self
    }

    /// Who is asked about ambiguous pairs. Without one, they come back as
    /// `unanswered(no judge)` with their proxy score.
    #[must_use]
    pub fn judge(mut self, judge: impl Judge + 'static) -> Self {
        self.judge = Some(Arc::new(judge));
        self
    }

    /// Gives every score its parts: additive log odds whose sum is the score's (a waterfall).
    #[must_use]
    pub fn explain_scores(mut self, explains: bool) -> Self {
        self.explains = explains;
        self
    }

    /// The fixed band; [`DEFAULT_BAND_ON_COSINE`] or [`DEFAULT_BAND_ON_PROXY`] where none is given. A band that was not
    /// given settles nothing where there is no judge either: every decision is then [`midband_core::Decision::Review`].
    #[must_use]
    pub fn band(mut self, band: Band) -> Self {
        self.band = Some(band);
        self
    }

    /// Lays the band on the cosine (the default) or on the proxy score.
    #[must_use]
    pub fn band_on(mut self, band_on: BandOn) -> Self {
        self.band_on = band_on;
        self
    }

    /// The task's name (`none` if you name none), for the provenance, and its kind, which chooses the default map from cosine to
    /// proxy score.
    #[must_use]
    pub fn task(mut self, name: impl Into<String>, kind: TaskKind) -> Self {
        self.task = name.into();
        self.kind = kind;
        self
    }

    /// How far the judge can be trusted. The default is right four times in five.
    #[must_use]
    pub fn judge_model(mut self, judge_model: JudgeModel) -> Self {
        self.judge_model = judge_model;
        self
    }

    /// Where a judged pair's final score turns into a decision.
    #[must_use]
    pub fn decide_by(mut self, rule: DecisionRule) -> Self {
        self.rule = rule;
        self
    }

    /// Seed of every random choice.
    #[must_use]
    pub fn seed(mut self, seed: u64) -> Self {
        self.seed = seed;
        self
    }

    /// How a run learns while it asks. Without this and without a band, it asks where asking pays ([`Policy::Gain`]).
    /// [`Engine::score`] holds all pairs of a learning run in memory, and what it learns depends on all of them, but neither
    /// on their order nor on chunks.
    /// [`Engine::stream`] learns nothing: it asks where the calibration says that asking pays; without one, records
    /// ("field: value; …") are scored by the shipped prior of records with the word counts of English, and other texts by the band.
    /// It refuses a budget and a target, which need all pairs.
    #[must_use]
    pub fn learn(mut self, learning: Learning) -> Self {
        self.learning = Some(learning);
        self
    }

    /// Scores each pair by itself by the default band, as [`EngineBuilder::band`] does by a band of your own. A policy that
    /// was given to [`EngineBuilder::learn`] goes first.
    #[must_use]
    pub fn by_pair(mut self) -> Self {
        self.by_pair = true;
        self
    }

    /// Scores each pair by itself and learns nothing, as [`Engine::stream`] does: [`Engine::score`] then gives a pair the score
    /// that it has in any other company. A budget and a target can't be kept to in this way, and are left aside.
    #[must_use]
    pub fn without_learning(mut self) -> Self {
        self.alone = true;
        self
    }

    /// Pairs that are embedded together. Changes memory and speed, never a score.
    #[must_use]
    pub fn chunk(mut self, pairs: usize) -> Self {
        self.chunk = pairs;
        self
    }

    /// Waits for a chunk to be full instead of taking what is ready. What is embedded together then follows from the
    /// stream alone, and scores are the same to the last bit whenever the pairs come.
    #[must_use]
    pub fn whole_chunks(mut self, whole: bool) -> Self {
        self.whole_chunks = whole;
        self
    }

    /// Called with the running totals after each change, from any thread; it should return at once.
    #[must_use]
    pub fn on_progress(mut self, listener: impl Fn(Progress) + Send + Sync + 'static) -> Self {
        self.on_progress = Some(Arc::new(listener));
        self
    }

    /// The engine.
    ///
    /// # Errors
    /// There is no embedder, or a setting can't work.
    pub fn build(self) -> Result<Engine, BuildError> {
        let embedder = self.embedder.ok_or(BuildError::NoEmbedder)?;
        if self.chunk == 0 {
            return Err(BuildError::EmptyChunk);
        }
        let learns = self.band.is_none() && !self.by_pair;
        let learning = self.learning.or_else(|| {
            learns.then(|| Learning {
                kind: Some(self.kind).filter(|kind| *kind != TaskKind::General),
                ..Learning::new(Policy::Gain(GainOptions::default()))
            })
        });
        let unvouched = self.band.is_none() && self.judge.is_none();
        let band = match self.band {
            Some(band) => band,
            None => {
                let (lower, upper) = match self.band_on {
                    BandOn::Cosine => DEFAULT_BAND_ON_COSINE,
                    BandOn::Proxy => DEFAULT_BAND_ON_PROXY,
                };
                Band::new(lower, upper)?
            }
        };
        let band = BandScorer {
            policy: BandPolicy {
                band,
                on: self.band_on,
            },
            map: CosineMap::default_for(self.kind),
            judge: self.judge_model,
            rule: self.rule,
            unvouched,
        };
        let fitted = learning.as_ref().and_then(|learning| {
            let calibration = learning.calibration.clone()?;
            let lexicon = &learning.lexicon;
            let model = FittedModel::new(calibration, None, Thrift::from(learning), lexicon);
            Some(Scorer::Fitted(Arc::new(model)))
        });
        let embedding = Embedding::of(embedder, learning.as_ref());
        let by_kind = || {
            let learning = learning.as_ref().filter(|_| self.band.is_none())?;
            let alone = Alone {
                embedding_model: embedding.texts.embedder().model(),
                task: &self.task,
                judge: self.judge_model,
                judged: self.judge.is_some(),
            };
            Some(Scorer::ByKind(band, records(learning, &alone)?))
        };
        let scorer = fitted.or_else(by_kind).unwrap_or(Scorer::Band(band));
        let cascade = Cascade {
            embeddings: embedding.texts,
            expanded: embedding.expanded,
            judge: self.judge,
            band,
            scorer,
            explains: self.explains,
        };
        Ok(Engine::new(Parts {
            cascade: Arc::new(cascade),
            lexicon: (learning.as_ref()).map_or_else(Default::default, |own| own.lexicon.clone()),
            clinical: (learning.as_ref()).is_some_and(|own| own.features.has(Group::Clinical)),
            learning: learning.filter(|_| !self.alone).map(Arc::new),
            task: self.task.into(),
            seed: self.seed,
            chunk: self.chunk,
            whole_chunks: self.whole_chunks,
            on_progress: self.on_progress,
            neighbours: None,
        }))
    }
}
