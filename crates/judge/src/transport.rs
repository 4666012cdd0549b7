//! The seam between the judge and a server's protocol.
//!
//! Queue, packing, limits, retries, parser, chain and cache know [`Transport`] and [`Features`] and
//! nothing of any protocol, so that a second protocol is one more implementation and one more row
//! of features.

mod failure;
mod ollama;
#[cfg(test)]
mod recordings;

use std::time::Duration;

use midband_core::BoxFuture;
use serde::{Deserialize, Serialize};
use serde_json::Value;

use crate::{
    answer::Reply,
    prompt::{Prompt, Turns},
};
pub(crate) use failure::{Failure, Kind};
pub(crate) use ollama::Ollama;

/// What a protocol can do: capabilities, so that no caller asks for a protocol's name.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Features {
    /// A raw prompt with our own turns and a prefilled beginning of the answer.
    pub raw_turns: bool,
    /// An answer held to a JSON schema.
    pub schema: bool,
    /// Alternatives of each token, 0 for none.
    pub top_logprobs: u8,
    /// Loading, unloading and keeping a model is ours to ask for.
    pub loads_models: bool,
    /// A missing model can be pulled.
    pub pulls_models: bool,
    /// The context is set by each request; otherwise the server's own counts.
    pub sets_context: bool,
}

/// One request, whatever the protocol.
#[derive(Clone, Debug)]
pub(crate) struct Ask {
    pub(crate) model: String,
    pub(crate) prompt: Prompt,
    pub(crate) turns: Turns,
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
    /// Longest context that the model was made for; 0 where it is not said.
    pub(crate) context_length: u32,
    pub(crate) template: String,
    pub(crate) capabilities: Vec<String>,
    /// Names that the model's own file gives itself.
    pub(crate) own_names: Vec<String>,
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
    fn features(&self) -> Features;
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
pub(crate) fn turns_for(features: Features, model: &str, about: &About) -> Turns {
    // Gemma 1 to 3 share the turn tokens; Gemma 4 has others and is left to the server.
    let gemma = ["gemma", "gemma2", "gemma3", "gemma3n"].contains(&about.architecture.as_str());
    if !(features.raw_turns && gemma) {
        return Turns::Chat;
    }
    // The thought tokens mean something only to a model that was taught them, and Ollama lists no
    // capability for it. An import may carry the name in its file or in its tag alone.
    let thoughts = about
        .own_names
        .iter()
        .map(String::as_str)
        .chain([model])
        .any(|name| name.to_lowercase().contains("medgemma"));
    Turns::Gemma { thoughts }
}
