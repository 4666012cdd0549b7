//! The seam between whoever asks and a server's protocol.
//!
//! What differs between servers is a table that the transport fills in, from what is known of its protocol
//! or from what it measured on the server.

use std::time::Duration;

use serde::{Deserialize, Serialize};
use serde_json::Value;

use crate::{BoxFuture, ChatTemplate, Failure, Prompt, Reply};

/// What the version of a simulator holds, whatever its API.
const SIMULATOR: &str = "midband-sim";

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
pub struct Request {
    /// Its name on the server.
    pub model: String,
    /// One; several only where the capabilities name arrays of prompts.
    pub prompts: Vec<Prompt>,
    /// How the turns are written.
    pub template: ChatTemplate,
    /// What the answer is held to.
    pub schema: Option<Value>,
    /// Alternatives wanted for each token, 0 for none.
    pub top_logprobs: u8,
    /// Most tokens of the answer.
    pub num_predict: u32,
    /// For a model with a thought of its own (`thinking` among its capabilities): allow it or not.
    pub think: Option<bool>,
    /// What the model is loaded with.
    pub load: LoadOptions,
    /// Longest time that the whole exchange may take.
    pub timeout: Duration,
}

/// What must be the same in every request to a model: any change reloads it (recorded: 0.6 to 1 s
/// for 270M parameters).
#[derive(Clone, Debug, PartialEq)]
pub struct LoadOptions {
    /// Tokens of context.
    pub num_ctx: u32,
    /// Seed of the sampling.
    pub seed: i32,
    /// Seconds that the model stays loaded; below 0 for ever.
    pub keep_alive: i64,
}

/// A server's version.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Version {
    /// In its own words.
    pub words: String,
    /// True where it is a simulator: no figure is a real server's.
    pub is_simulator: bool,
}

impl From<String> for Version {
    fn from(words: String) -> Self {
        Self {
            is_simulator: words.contains(SIMULATOR),
            words,
        }
    }
}

/// A model that a server has.
#[derive(Clone, Debug, PartialEq)]
pub struct Present {
    /// Its name there.
    pub name: String,
    /// Tells its weights apart from others.
    pub digest: String,
    /// Such as `Q4_K_M`.
    pub quantisation: String,
}

/// What a server says of a model.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct About {
    /// Architecture, such as `gemma3`.
    pub architecture: String,
    /// Longest context: that the model was made for, or that the server gives each request where
    /// requests can't set it; 0 where it is not said.
    pub context_length: u32,
    /// The template of its turns, in the server's words.
    pub template: String,
    /// Words such as `thinking`.
    pub capabilities: Vec<String>,
    /// Names that the model's own file gives itself.
    pub own_names: Vec<String>,
    /// What can be asked of it here.
    pub can: Capabilities,
    /// How answers are held to a schema, in the server's words; empty where that is a matter of course.
    pub schema_by: String,
    /// Requests that it took to find out what it can do; 0 where that was known.
    pub probe_requests: u32,
}

/// A model in memory.
#[derive(Clone, Debug, PartialEq)]
pub struct Loaded {
    /// Its name on the server.
    pub name: String,
    /// As in [`Present::digest`].
    pub digest: String,
    /// Bytes of memory.
    pub bytes: u64,
    /// Of these, in the GPU's.
    pub gpu_bytes: u64,
    /// Tokens of context that it was loaded with; 0 where unknown.
    pub context_length: u32,
}

/// A step of a download: bytes so far and in all; 0 where unknown.
pub type PullProgress<'a> = dyn Fn(&str, u64, u64) + Send + Sync + 'a;

/// One server, spoken to in its protocol.
///
/// # Laws
/// * Dropping a future closes its connection, and the server stops working for it.
/// * No failure and no log holds any part of a prompt or an answer.
pub trait Transport: Send + Sync {
    /// What the protocol can do at most; what a model can do here is in [`About::can`].
    fn capabilities(&self) -> Capabilities;
    /// True where [`About::can`] was measured; otherwise it is what the protocol promises, and a
    /// [`Trial`](crate::Trial) shows whether this server keeps to it.
    fn measures(&self) -> bool {
        false
    }
    /// The address, without user name and password.
    fn address(&self) -> &str;
    /// What the server is.
    fn version(&self) -> BoxFuture<'_, Result<Version, Failure>>;
    /// The models that it has.
    fn models(&self) -> BoxFuture<'_, Result<Vec<Present>, Failure>>;
    /// What it says of a model, and what it showed when it was tried.
    fn about<'a>(&'a self, model: &'a str) -> BoxFuture<'a, Result<About, Failure>>;
    /// The models in memory.
    fn loaded(&self) -> BoxFuture<'_, Result<Vec<Loaded>, Failure>>;
    /// Loads a model with the options that the scoring calls will have. Returns the time it took.
    fn load<'a>(
        &'a self,
        model: &'a str,
        options: &'a LoadOptions,
    ) -> BoxFuture<'a, Result<Duration, Failure>>;
    /// Downloads a model.
    fn pull<'a>(
        &'a self,
        model: &'a str,
        progress: &'a PullProgress<'a>,
    ) -> BoxFuture<'a, Result<(), Failure>>;
    /// Sends a request and waits for its whole answer.
    fn ask<'a>(&'a self, request: &'a Request) -> BoxFuture<'a, Result<Reply, Failure>>;
}
