//! Why a run ends early.

use midband_core::EmbedError;

/// Why a run ended early. A pair that can't be scored is never a reason.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum EngineError {
    /// The embedder failed as a whole.
    #[error(transparent)]
    Embedding(#[from] EmbedError),
    /// The policy's settings can't work.
    #[error(transparent)]
    Policy(#[from] midband_router::RouterError),
    /// The labels can't be learnt from.
    #[error(transparent)]
    Labels(#[from] midband_model::learn::FitError),
    /// What wrong decisions cost can't be weighed.
    #[error(transparent)]
    Costs(#[from] midband_model::CostError),
    /// The priors that come with this version can't be read.
    #[error(transparent)]
    Priors(#[from] midband_model::PriorsError),
    /// A stream scores each pair by itself: it can't keep to a budget, nor certify a target. Use [`crate::Engine::score`], or
    /// the gain policy.
    #[error("a stream scores each pair by itself: it cannot use the policy {0}")]
    Stream(&'static str),
    /// A target is certified against a judge, and the engine has none. Give it a judge, or choose another policy.
    #[error("a target needs a judge to certify against, but there is none")]
    TargetNeedsJudge,
    /// No candidate pairs can be found in these lists.
    #[error(transparent)]
    Blocking(#[from] midband_block::BlockError),
    /// A stage of the pipeline died; the message names no pair.
    #[error("a stage of the run failed: {0}")]
    Stage(String),
}
