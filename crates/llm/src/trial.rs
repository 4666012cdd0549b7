//! Whether a server keeps to what its protocol promises.
//!
//! Programs that speak Ollama's API ignore fields that they do not know, as those of OpenAI's API do: status 200 proves
//! nothing. A schema works where an answer keeps to it that would not without it.

use std::time::Duration;

use serde_json::{Value, json};

use crate::{
    Capabilities, ChatTemplate, FailureKind, LoadOptions, Prompt, Reply, Request, Transport,
};

/// Tokens of an answer: the digits, quotes, and white space that Ollama 0.24 adds.
const TOKENS: u32 = 24;

/// Alternatives from which on an answer has as many as any would.
const ENOUGH: usize = 10;

/// Tempts a model to break both schemas: prose, then numbers far above 100.
pub(crate) const TEMPTATION: &str =
    "Write words, then the number 1000000000000000, and again: 1000000000000000";

/// Two scores.
pub(crate) fn list() -> Value {
    json!({"type": "array", "items": {"type": "integer", "minimum": 0, "maximum": 100}, "minItems": 2, "maxItems": 2})
}

/// Three digits.
pub(crate) fn digits() -> Value {
    json!({"type": "string", "pattern": "^[0-9]{3}$"})
}

pub(crate) fn is_two_scores(text: &str) -> bool {
    serde_json::from_str::<Vec<u64>>(text.trim())
        .is_ok_and(|scores| scores.len() == 2 && scores.iter().all(|score| *score <= 100))
}

pub(crate) fn is_three_digits(text: &str) -> bool {
    serde_json::from_str::<String>(text.trim())
        .is_ok_and(|digits| digits.len() == 3 && digits.bytes().all(|byte| byte.is_ascii_digit()))
}

/// A model that is tried on a server whose protocol promises what it can do.
#[derive(Clone, Debug)]
pub struct Trial {
    /// Its name on the server.
    pub model: String,
    /// How its turns are written.
    pub template: ChatTemplate,
    /// For a model with a thought of its own: allow it or not.
    pub think: Option<bool>,
    /// What later requests load it with.
    pub load: LoadOptions,
    /// What the protocol promises.
    pub promised: Capabilities,
    /// Longest time that a request may take; the first one loads the model.
    pub timeout: Duration,
}

enum Tried {
    Answered(Reply),
    /// The server takes no such request.
    Refused,
    /// It failed in a way that shows nothing.
    Unknown,
}

impl Trial {
    /// What the model keeps to: one request of at most 24 tokens where the server keeps its promises, up to three where
    /// it does not. What a failure leaves open counts as kept: later requests show it.
    pub async fn run(&self, server: &dyn Transport) -> Capabilities {
        let mut can = self.promised;
        match self.ask(server, Some(digits()), can.top_logprobs).await {
            Tried::Unknown => return can,
            Tried::Answered(reply) => {
                can.pattern = is_three_digits(&reply.text);
                can.top_logprobs = seen(&reply, can.top_logprobs);
                if can.pattern {
                    return can;
                }
            }
            Tried::Refused => {
                can.pattern = false;
                let plain = self.ask(server, None, can.top_logprobs).await;
                can.top_logprobs = match plain {
                    Tried::Answered(reply) => seen(&reply, can.top_logprobs),
                    Tried::Refused => 0,
                    Tried::Unknown => can.top_logprobs,
                };
            }
        }
        can.schema = match self.ask(server, Some(list()), 0).await {
            Tried::Answered(reply) => is_two_scores(&reply.text),
            Tried::Refused => false,
            Tried::Unknown => can.schema,
        };
        can
    }

    async fn ask(&self, server: &dyn Transport, schema: Option<Value>, top: u8) -> Tried {
        let request = Request {
            model: self.model.clone(),
            prompts: vec![Prompt {
                constant: TEMPTATION.to_owned(),
                rest: String::new(),
                prefill: self.template.closed_thought(),
            }],
            template: self.template,
            schema,
            top_logprobs: top,
            num_predict: TOKENS,
            think: self.think,
            load: self.load.clone(),
            timeout: self.timeout,
        };
        match server.ask(&request).await {
            Ok(reply) => Tried::Answered(reply),
            Err(failure) => match failure.kind {
                FailureKind::Refused | FailureKind::BadSchema => Tried::Refused,
                _ => Tried::Unknown,
            },
        }
    }
}

/// Alternatives a token: as promised where as many came as tokens of digits have, else those that came.
fn seen(reply: &Reply, promised: u8) -> u8 {
    let most = reply.logprobs.iter().map(|token| token.top.len()).max();
    match most {
        Some(most) if most >= ENOUGH => promised,
        Some(most) => u8::try_from(most).unwrap_or(promised).min(promised),
        None => 0,
    }
}
