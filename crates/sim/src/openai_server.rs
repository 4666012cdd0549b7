//! The servers of the OpenAI API that can be imitated.

use std::{fmt, str::FromStr};

/// The server that is imitated: what it takes, what it ignores, what it refuses.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum OpenAiServer {
    /// Ollama's own (recorded): chats alone.
    #[default]
    Ollama,
    /// llama.cpp's own (recorded): raw prompts take `json_schema`, chats `response_format`; of an array
    /// of prompts it counts one.
    LlamaCpp,
    /// vLLM (by its documentation): `response_format` and `structured_outputs` at both endpoints, older
    /// form of logprobs for raw prompts, all prompts of an array counted.
    Vllm,
    /// llama-cpp-python (seen): fails on `json_schema`, takes `json_object` with a schema, does not hold
    /// integers to bounds, gives no alternatives of tokens.
    LlamaCppPython,
    /// A server with chats and nothing else.
    Bare,
}

impl OpenAiServer {
    /// Every one.
    pub const ALL: [Self; 5] = [
        Self::Ollama,
        Self::LlamaCpp,
        Self::Vllm,
        Self::LlamaCppPython,
        Self::Bare,
    ];

    /// The word on the command line.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Ollama => "ollama",
            Self::LlamaCpp => "llama.cpp",
            Self::Vllm => "vllm",
            Self::LlamaCppPython => "llama-cpp-python",
            Self::Bare => "bare",
        }
    }

    pub(crate) fn gives_logprobs(self) -> bool {
        matches!(self, Self::Ollama | Self::LlamaCpp | Self::Vllm)
    }
}

impl fmt::Display for OpenAiServer {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

impl FromStr for OpenAiServer {
    type Err = String;
    fn from_str(word: &str) -> Result<Self, String> {
        Self::ALL
            .into_iter()
            .find(|server| server.as_str() == word)
            .ok_or_else(|| {
                let words = Self::ALL.map(Self::as_str).join(", ");
                format!("{word:?} is none of {words}")
            })
    }
}
