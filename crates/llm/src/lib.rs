//! Speaks to servers of language models, and knows nothing of what they are asked about.
//!
//! [`connect`] gives a [`Transport`] for an [`Address`], in Ollama's [`Protocol`] or OpenAI's. What differs between
//! servers is a table of [`Capabilities`] for each model; a [`Request`] holds prompts, a schema and limits, a
//! [`Reply`] the text and its [`Token`]s with their alternatives. No failure and no log holds any part of either.

mod address;
mod chat_template;
mod failure;
mod local;
mod ollama;
mod openai;
mod protocol;
mod reply;
#[cfg(test)]
mod snapshots;
mod transport;
mod trial;
mod weights;
mod wire;

use std::{pin::Pin, sync::Arc};

pub use address::{Address, AddressError};
pub use chat_template::{ChatTemplate, Prompt};
pub use failure::{Came, Failure, FailureKind};
pub use local::{LocalError, LocalMemory, LocalModel, LocalProgram, LocalServer};
pub use openai::KeptProbes;
pub use protocol::{ApiKey, Protocol};
pub use reply::{Reply, Token};
pub use transport::{
    About, Capabilities, LoadOptions, Loaded, Present, PullProgress, Request, Transport, Version,
};
pub use trial::Trial;
pub use weights::{
    HUB, Hub, Terms, Weights, WeightsError, WeightsFolder, WeightsRecord, WeightsSource,
};

/// What a [`Transport`] gives: a future that may live on any thread.
pub type BoxFuture<'a, T> = Pin<Box<dyn Future<Output = T> + Send + 'a>>;

/// A server's transport; nothing is sent yet.
///
/// # Errors
/// The HTTP client can't be set up, such as with a key that no header can hold.
pub fn connect(
    protocol: Protocol,
    address: Address,
    key: Option<&ApiKey>,
) -> Result<Arc<dyn Transport>, Failure> {
    connect_keeping(protocol, address, key, None)
}

/// The same. What a server of the OpenAI API can do is tried once and then read from `kept`, where one is given.
///
/// # Errors
/// As [`connect`]'s.
pub fn connect_keeping(
    protocol: Protocol,
    address: Address,
    key: Option<&ApiKey>,
    kept: Option<&KeptProbes>,
) -> Result<Arc<dyn Transport>, Failure> {
    Ok(match protocol {
        Protocol::Ollama => Arc::new(ollama::Ollama::new(address.url())?),
        Protocol::OpenAi => Arc::new(openai::OpenAi::new(address.url(), key, kept.cloned())?),
    })
}

/// Reads a kept answer as it is read from the wire.
///
/// # Errors
/// The status is an error, or the body is not of the protocol.
pub fn read_reply(protocol: Protocol, status: u16, body: &str) -> Result<Reply, Failure> {
    match protocol {
        Protocol::Ollama => ollama::read_reply(status, body, None),
        Protocol::OpenAi => openai::read_reply(status, body, None),
    }
}
