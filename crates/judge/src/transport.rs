//! The seam between the judge and a server's protocol.
//!
//! Queue, packing, limits, retries, parser, chain and cache know [`Transport`] and [`Capabilities`]
//! and nothing of any protocol: what differs between servers is a table that the transport fills in,
//! from what is known of its protocol or from what it measured on the server.

mod failure;
mod ollama;
mod openai;
#[cfg(test)]
mod recordings;
#[cfg(test)]
mod snapshots;
mod wire;

use std::time::Duration;

use midband_core::BoxFuture;
use serde::{Deserialize, Serialize};
use serde_json::Value;

use crate::{
    answer::Reply,
    prompt::{ChatTemplate, Prompt},
};
pub(crate) use failure::{Failure, FailureKind};
pub(crate) use ollama::Ollama;
pub(crate) use openai::OpenAi;

/// What can be asked of one model on one server; by default nothing.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Capabilities {
    /// A raw prompt with our own turns and a prefilled beginning of the answer.
    pub raw_turns: bool,
    /// An answer held to a JSON schema: lists of fixed length, integers within bounds.
    pub schema: bool,
    /// A string held to a pattern, as answers in digits are.
    pub pattern: bool,
    /// Alternatives of each token, 0 for none.
    pub top_logprobs: u8,
    /// Several prompts in one request.
    pub prompt_arrays: bool,
    /// Loading, unloading and keeping a model is ours to ask for.
    pub loads_models: bool,
    /// A missing model can be pulled.
    pub pulls_models: bool,
    /// The context is set by each request; otherwise the server's own counts.
    pub sets_context: bool,
}

impl Capabilities {
    /// What both can do.
    #[must_use]
    pub fn common(self, other: Self) -> Self {
        Self {
            raw_turns: self.raw_turns && other.raw_turns,
            schema: self.schema && other.schema,
            pattern: self.pattern && other.pattern,
            top_logprobs: self.top_logprobs.min(other.top_logprobs),
            prompt_arrays: self.prompt_arrays && other.prompt_arrays,
            loads_models: self.loads_models && other.loads_models,
            pulls_models: self.pulls_models && other.pulls_models,
            sets_context: self.sets_context && other.sets_context,
        }
    }
}

/// One request, whatever the protocol.
#[derive(Clone, Debug)]
pub(crate) struct Ask {
    pub(crate) model: String,
    /// One; several only where the capabilities name arrays of prompts.
    pub(crate) prompts: Vec<Prompt>,
    pub(crate) template: ChatTemplate,
    pub(crate) schema: Option<Value>,
    /// Alternatives wanted for each token, 0 for none.
    pub(crate) top_logprobs: u8,
    /// Most tokens of the answer.
    pub(crate) num_predict: u32,
    /// For a model with a thought of its own (`thinking` among its capabilities): allow it or not.
    pub(crate) think: Option<bool>,
    pub(crate) load: LoadOptions,
    /// Longest time that the whole exchange may take.
    pub(crate) timeout: Duration,
}

/// What must be the same in every request to a model: any change reloads it (recorded: 0.6 to 1 s
/// for 270M parameters).
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct LoadOptions {
    /// Tokens of context.
    pub(crate) num_ctx: u32,
    pub(crate) seed: i32,
    /// Seconds that the model stays loaded; below 0 for ever.
    pub(crate) keep_alive: i64,
}

/// A model that a server has.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Present {
    pub(crate) name: String,
    pub(crate) digest: String,
    pub(crate) quantisation: String,
}

/// What a server says of a model.
#[derive(Clone, Debug, Default, PartialEq)]
pub(crate) struct About {
    /// Architecture, such as `gemma3`.
    pub(crate) architecture: String,
    /// Longest context: that the model was made for, or that the server gives each request where
    /// requests can't set it; 0 where it is not said.
    pub(crate) context_length: u32,
    pub(crate) template: String,
    /// Words such as `thinking`.
    pub(crate) capabilities: Vec<String>,
    /// Names that the model's own file gives itself.
    pub(crate) own_names: Vec<String>,
    /// What can be asked of it here.
    pub(crate) can: Capabilities,
    /// How answers are held to a schema, in the server's words; empty where that is a matter of course.
    pub(crate) schema_by: String,
}

/// A model in memory.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Loaded {
    pub(crate) name: String,
    pub(crate) digest: String,
    pub(crate) bytes: u64,
    pub(crate) gpu_bytes: u64,
    pub(crate) context_length: u32,
}

/// A step of a download: bytes so far and in all; 0 where unknown.
pub type PullProgress<'a> = dyn Fn(&str, u64, u64) + Send + Sync + 'a;

/// One server, spoken to in its protocol.
///
/// # Laws
/// * Dropping a future closes its connection, and the server stops working for it.
/// * No failure and no log holds any part of a prompt or an answer.
pub(crate) trait Transport: Send + Sync {
    /// What the protocol can do at most; what a model can do here is in [`About::can`].
    fn capabilities(&self) -> Capabilities;
    /// The address, without user name and password.
    fn address(&self) -> &str;
    fn version(&self) -> BoxFuture<'_, Result<String, Failure>>;
    fn models(&self) -> BoxFuture<'_, Result<Vec<Present>, Failure>>;
    fn about<'a>(&'a self, model: &'a str) -> BoxFuture<'a, Result<About, Failure>>;
    fn loaded(&self) -> BoxFuture<'_, Result<Vec<Loaded>, Failure>>;
    /// Loads a model with the options that the scoring calls will have. Returns the time it took.
    fn load<'a>(
        &'a self,
        model: &'a str,
        options: &'a LoadOptions,
    ) -> BoxFuture<'a, Result<Duration, Failure>>;
    fn pull<'a>(
        &'a self,
        model: &'a str,
        progress: &'a PullProgress<'a>,
    ) -> BoxFuture<'a, Result<(), Failure>>;
    fn ask<'a>(&'a self, ask: &'a Ask) -> BoxFuture<'a, Result<Reply, Failure>>;
}

/// How a model's turns are written, from what it says of itself.
pub(crate) fn template_for(can: Capabilities, model: &str, about: &About) -> ChatTemplate {
    // Gemma 1 to 3 share the turn tokens; Gemma 4 has others and is left to the server.
    let gemma = ["gemma", "gemma2", "gemma3", "gemma3n"].contains(&about.architecture.as_str());
    if !(can.raw_turns && gemma) {
        return ChatTemplate::Chat;
    }
    // The thought tokens mean something only to a model that was taught them, and Ollama lists no
    // capability for it. An import may carry the name in its file or in its tag alone.
    let thoughts = about
        .own_names
        .iter()
        .map(String::as_str)
        .chain([model])
        .any(|name| name.to_lowercase().contains("medgemma"));
    ChatTemplate::Gemma { thoughts }
}
