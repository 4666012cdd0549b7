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
mod featured;
#[cfg(feature = "cascade")]
mod fitted;
#[cfg(feature = "cascade")]
mod knowledge;
#[cfg(feature = "cascade")]
mod known_texts;
#[cfg(feature = "cascade")]
mod late;
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
mod records;
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
pub use cost_estimate::CostEstimate;
#[cfg(feature = "cascade")]
pub use engine::{Engine, Scored};
#[cfg(feature = "cascade")]
pub use error::EngineError;
#[cfg(feature = "cascade")]
pub use learning::FitReport;
#[cfg(feature = "cascade")]
pub use linked::{LinkedPairs, MATCH_WEIGHT};
#[cfg(feature = "cascade")]
pub use matching::{Blocked, MatchStream, MatchedPair};
#[cfg(feature = "cascade")]
pub use options::Learning;
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

#[cfg(feature = "cascade")]
pub use midband_block as block;
pub use midband_core::*;
pub use midband_embed as embed;
pub use midband_features as features;
#[cfg(feature = "judge")]
pub use midband_judge as judge;
pub use midband_model as model;
#[cfg(feature = "cascade")]
pub use midband_resolve as resolve;
pub use midband_router as router;
