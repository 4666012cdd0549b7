//! midband: the cascade that scores text pairs.
//!
//! An embedding model gives every pair a cosine in milliseconds; the router settles the clear pairs at
//! both ends; a judge (an LLM) is asked about the ambiguous middle band; the combiner merges the two into
//! a final score. `cascade.rs` is that path on one screen.
//!
//! ```no_run
//! use midband::{Band, Engine, Pair};
//! use midband::embed::{DEFAULT_MODEL, ModelFolder, OnnxEmbedder, OnnxOptions, onnx_runtime};
//!
//! # async fn run() -> Result<(), Box<dyn std::error::Error>> {
//! onnx_runtime(None)?;
//! let model = ModelFolder::find(None, DEFAULT_MODEL)?.read(false)?;
//! let engine = Engine::builder()
//!     .embedder(OnnxEmbedder::new(model, OnnxOptions::default()))
//!     .band(Band::new(0.4, 0.9)?)
//!     .build()?;
//! let scored = engine.score(vec![Pair::new("1", "heart attack", "myocardial infarction")]).await?;
//! println!("{:?}", scored.scores[0].score);
//! # Ok(()) }
//! ```
//!
//! A backend that wants cosines and no judge takes [`embed::EmbeddingScorer`] and builds this crate with
//! `default-features = false`: no async runtime is compiled then.

#[cfg(feature = "cascade")]
mod assembly;
#[cfg(feature = "cascade")]
mod builder;
#[cfg(feature = "cascade")]
mod calibrating;
#[cfg(feature = "cascade")]
mod cascade;
#[cfg(feature = "cascade")]
mod clock;
#[cfg(feature = "cascade")]
mod corpus;
#[cfg(feature = "cascade")]
mod cost_estimate;
#[cfg(feature = "cascade")]
mod engine;
#[cfg(feature = "cascade")]
mod error;
#[cfg(feature = "cascade")]
mod expansion;
#[cfg(feature = "cascade")]
mod expectation;
#[cfg(feature = "cascade")]
mod featured;
#[cfg(feature = "cascade")]
mod fitted;
#[cfg(feature = "cascade")]
mod fixed_fit;
#[cfg(feature = "cascade")]
mod gold_fit;
#[cfg(feature = "cascade")]
mod knowledge;
#[cfg(feature = "cascade")]
mod known_texts;
#[cfg(feature = "cascade")]
mod late_pairs;
#[cfg(feature = "cascade")]
mod learning;
#[cfg(feature = "cascade")]
mod linked;
#[cfg(feature = "cascade")]
mod matching;
#[cfg(feature = "cascade")]
mod neighbours;
#[cfg(feature = "cascade")]
mod options;
#[cfg(feature = "cascade")]
mod prefilter;
#[cfg(feature = "cascade")]
mod progress;
#[cfg(feature = "cascade")]
mod provenance;
#[cfg(feature = "cascade")]
mod records;
#[cfg(feature = "cascade")]
mod recount;
#[cfg(feature = "cascade")]
mod scorer;
#[cfg(feature = "cascade")]
mod static_block;
#[cfg(feature = "cascade")]
mod static_tier;
#[cfg(feature = "cascade")]
mod stream;
#[cfg(feature = "cascade")]
mod summary;

#[cfg(feature = "cascade")]
pub use builder::{
    BuildError, DEFAULT_BAND_ON_COSINE, DEFAULT_BAND_ON_PROXY, DEFAULT_CHUNK, EngineBuilder,
};
#[cfg(feature = "cascade")]
pub use calibrating::{Calibrated, LabelledPair};
#[cfg(feature = "cascade")]
pub use engine::{Engine, Scored};
#[cfg(feature = "cascade")]
pub use error::EngineError;
#[cfg(feature = "cascade")]
pub use expectation::CostEstimate;
#[cfg(feature = "cascade")]
pub use learning::FitReport;
#[cfg(feature = "cascade")]
pub use linked::{LinkedPairs, MATCH_WEIGHT};
#[cfg(feature = "cascade")]
pub use matching::{Blocked, MatchStream, MatchedPair};
#[cfg(feature = "cascade")]
pub use options::{ExpandTerms, Learning};
#[cfg(feature = "cascade")]
pub use progress::Progress;
#[cfg(feature = "cascade")]
pub use records::Record;
#[cfg(feature = "cascade")]
pub use static_block::STATIC_FROM;
#[cfg(feature = "cascade")]
pub use stream::ScoreStream;
#[cfg(feature = "cascade")]
pub use summary::{Seconds, Summary};

// What other crates of midband give, name by name: written by scripts/public_api.
pub use midband_core::{
    Answer, Band, BandError, BandOn, BoxFuture, Cosine, DecidedBy, Decision, EmbedError, Embedder,
    Embedding, FinalScore, Fingerprint, GOLDEN, Id, Judge, JudgeError, ModelIdentity, NO_JUDGE,
    Pace, Pair, PairId, Part, Provenance, ProxyScore, Reached, Route, ScoreError, Status, Text,
    Unanswered, Vectors, Verdict, embed_checked, hash_bytes, is_unsure, mix, pair_id, record_ids,
    truth, without_values,
};

/// Candidate pairs of lists.
#[cfg(feature = "cascade")]
pub mod block {
    pub use midband_block::{
        BlockError, Candidate, EF_CONSTRUCTION, EF_SEARCH, GRAPH_FROM, List, MOST_EQUAL,
        NEIGHBOURS, NeighbourRanks, Search, Settings, Source, candidates, crowded, find,
        pairs_completeness, reduction_ratio, search,
    };
}

/// Embedding models, static vectors, the cache of vectors, and cosines alone.
pub mod embed {
    pub use midband_embed::{
        CacheError, CachedEmbedder, CachedEmbeddings, Comparison, DEFAULT_MODEL, DOMAIN_MODELS,
        DomainModel, EmbeddingScorer, Manifest, Model, ModelError, ModelFolder, NoCosine, Pooling,
        StaticEmbedder, StaticTable, data_folder,
    };
    #[cfg(feature = "onnx")]
    pub use midband_embed::{
        CatalogueEntry, DEFAULT_BATCH_TOKENS, OnnxEmbedder, OnnxOptions, RuntimeError,
        STATIC_WIDTH, catalogue, distil, fetch, host_package, onnx_runtime,
    };
}

/// What two texts tell beside their cosine.
pub mod features {
    pub use midband_features::{
        COUNT, DEFAULT_WORDS, DamagedFrequencies, DamagedPair, DocumentFrequencies, FEATURES,
        FeatureRows, FeatureSet, FrequencyCount, Group, HashedPair, NEIGHBOURS, TextProfile,
        UnknownFeature, concept_terms, index_terms, mix, reads_as_note, reads_as_record,
    };
}

/// The language model as a judge.
#[cfg(feature = "judge")]
pub mod judge {
    pub use midband_judge::{
        ApiKey, BatchSize, Cache, CacheError, CacheStats, Capabilities, ConnectProgress,
        Connecting, DEFAULT_MODELS, DEFAULT_SERVER, Escalation, Example, HUB, Hub, JudgeSettings,
        KeptProbes, Knowledge, KnownPair, LazyJudge, LlmJudge, LocalError, LocalMemory, LocalModel,
        LocalProgram, MAX_BATCH, MeasuredCosts, Measurements, PROMPT_VERSION, Picked,
        PromptingMode, Protocol, RetryPolicy, SecondLook, Task, TaskError, Terms, Usage, Weights,
        WeightsError, WeightsFolder, WeightsSource, doctor, read_answer, record_fields,
    };
}

/// What clinical texts say, and lexicons of one's own.
pub mod lexicon {
    pub use midband_lexicon::{
        CLINICAL, ClinicalProfile, Comparison, ConceptId, Contradiction, Date, Difference, Finding,
        ImportError, Imported, Kind, LEXICON_VERSION, Lexicon, LexiconBuilder, LexiconError,
        LexiconRow, Note, Person, Relation, Rf2, Rrf, Said, Sex, SharedLexicon, Status, compare,
        contradictions, import_rf2, import_rrf,
    };
}

/// The proxy, calibrations, decisions.
pub mod model {
    pub use midband_model::{
        Agreement, CALIBRATION_VERSION, Calibration, CalibrationError, ClinicalLeftOut, CosineMap,
        CostError, Costs, DecisionRule, Evidence, Explanation, Goal, JudgeCovariates, JudgeModel,
        JudgedGold, KeptLabel, KeyedRng, LabelShift, LeftOut, LexicalTier, LinearProxy,
        MatchedPrior, MonotoneMap, PRIORS_VERSION, PairKey, PreparedProxy, Priors, PriorsError,
        ProxySupport, ReadsAs, ReliabilityError, Scale, TaskKind, UnknownTaskKind, Use, decide,
        learn, logistic, loss, merge, numeric, rng,
    };
}

/// One partner per record, and clusters.
#[cfg(feature = "cascade")]
pub mod resolve {
    pub use midband_resolve::{
        Clustering, DENSE, Held, Join, Link, Linking, Matched, Resolved, Sets, Survivorship, Word,
        average_link, clusters, many_to_one, one_to_one, survivor,
    };
}

/// Policies: what is asked, and when to stop.
pub mod router {
    pub use midband_router::{
        BandPolicy, BatchCost, Budget, Certificate, EmbedPlan, Expected, GainOptions, GoldLabel,
        Knowledge, Outcome, Pairs, Policy, Quality, QualityError, Reference, Reply, Router,
        RouterError, Step, Target, binomial_cdf, hypergeometric_cdf, is_worth_asking, label_floor,
        recall_cut, upper_bound,
    };
}
