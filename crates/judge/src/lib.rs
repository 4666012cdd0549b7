//! Asks a language model about the pairs that the proxy could not settle.
//!
//! The way of a pair: [`LlmJudge`] takes it from its caller, looks into the verdict cache, and
//! hands it to the batch queue. The queue packs pairs into requests, sends them to the least loaded
//! server, reads the answers, and asks again, in smaller company, whatever is not provably answered.
//! What can't be answered carries its reason; nothing is ever made up.
//!
//! ```no_run
//! # async fn example() -> Result<(), midband_core::JudgeError> {
//! use midband_core::{Judge, Pair};
//! use midband_judge::{JudgeSettings, LlmJudge};
//!
//! let judge = LlmJudge::connect(JudgeSettings::default()).await?;
//! let pairs = [Pair::new("p1", "62 y/o with HTN", "62-year-old, hypertension")];
//! for verdict in judge.judge(&pairs).await? {
//!     println!("{:?}", verdict.outcome.map(|answer| answer.score()));
//! }
//! # Ok(())
//! # }
//! ```

mod answer;
mod auto_mode;
mod batch;
mod bench;
mod cache;
mod chain;
mod columns;
pub mod doctor;
mod judge;
mod latency;
mod lazy_judge;
mod measurements;
mod mode;
mod mode_information;
mod plan;
mod prompt;
mod queue;
mod read_text;
mod retry;
mod rng;
mod sanitize;
mod server;
mod settings;
mod task;
mod trial;
mod usage;

pub use auto_mode::Picked;
pub use batch::BatchSize;
pub use cache::{Cache, CacheError, CacheStats};
pub use columns::record_fields;
pub use judge::{ConnectProgress, Connecting, LlmJudge};
pub use lazy_judge::LazyJudge;
pub use measurements::{Escalation, MeasuredCosts, Measurements};
pub use midband_llm::{
    ApiKey, Capabilities, HUB, Hub, KeptProbes, LocalError, LocalMemory, LocalModel, LocalProgram,
    Protocol, Terms, Weights, WeightsError, WeightsFolder, WeightsSource,
};
pub use mode::{MAX_BATCH, PromptingMode, SecondLook};
pub use mode_information::Knowledge;
pub use read_text::read_answer;
pub use retry::RetryPolicy;
pub use settings::{DEFAULT_MODELS, DEFAULT_SERVER, JudgeSettings};
pub use task::{Example, KnownPair, PROMPT_VERSION, Task, TaskError};
pub use usage::Usage;
