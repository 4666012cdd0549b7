//! A scoring call after its checks, whichever door it came in by.

use std::sync::Arc;

use axum::extract::State;
use serde_json::Value;

use crate::{SimModel, question::Form, server::Machine};

pub(crate) type Shared = State<Arc<Machine>>;

/// Which door an answer leaves by.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Door {
    Generate,
    Chat,
    /// The OpenAI API's.
    Completions,
    /// The OpenAI API's.
    ChatCompletions,
}

impl Door {
    pub(crate) fn is_openai(self) -> bool {
        matches!(self, Self::Completions | Self::ChatCompletions)
    }
}

/// A scoring call after its checks.
pub(crate) struct Call {
    pub(crate) model: SimModel,
    /// As it was asked, whatever the case.
    pub(crate) asked_as: String,
    pub(crate) door: Door,
    /// One; several where the door takes arrays of prompts.
    pub(crate) prompts: Vec<String>,
    pub(crate) form: Form,
    pub(crate) budget: usize,
    pub(crate) num_ctx: u32,
    pub(crate) stream: bool,
    pub(crate) top: Option<usize>,
}

/// Messages as one prompt in Gemma's turns.
pub(crate) fn turns(messages: &[Value]) -> String {
    let said = messages
        .iter()
        .filter_map(|message| message["content"].as_str())
        .filter(|words| !words.is_empty());
    let said: String = said
        .map(|words| format!("<start_of_turn>user\n{words}<end_of_turn>\n"))
        .collect();
    if said.is_empty() {
        said
    } else {
        said + "<start_of_turn>model\n"
    }
}
