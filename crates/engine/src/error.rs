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
    /// A target is certified against a judge, and the engine has none. Give it a judge, or choose another policy.
    #[error("a target is certified against a judge's answers, and there is no judge")]
    TargetNeedsJudge,
    /// No candidate pairs can be found in these lists.
    #[error(transparent)]
    Blocking(#[from] midband_block::BlockError),
    /// A stage of the pipeline died; the message names no pair.
    #[error("a stage of the run died: {0}")]
    Stage(String),
}
