//! The body of an answer.

use std::time::Duration;

use serde::Deserialize;

use crate::{Failure, Reply, Token, failure::classify, wire::Entry};

#[derive(Default, Deserialize)]
#[serde(default)]
struct Body {
    choices: Option<Vec<Choice>>,
    usage: Option<Usage>,
    /// llama.cpp's own durations.
    timings: Option<Timings>,
    error: Option<serde_json::Value>,
}

#[derive(Default, Deserialize)]
#[serde(default)]
struct Choice {
    index: usize,
    text: Option<String>,
    message: Option<Message>,
    finish_reason: Option<String>,
    logprobs: Option<Logprobs>,
}

#[derive(Default, Deserialize)]
#[serde(default)]
struct Message {
    content: Option<String>,
    /// Where a server splits the thought off: llama.cpp and vLLM, before and since 0.12.
    reasoning_content: Option<String>,
    reasoning: Option<String>,
}

/// Two forms: entries, and the older one of parallel lists.
#[derive(Default, Deserialize)]
#[serde(default)]
struct Logprobs {
    content: Option<Vec<Entry>>,
    tokens: Vec<String>,
    token_logprobs: Vec<Option<f64>>,
    top_logprobs: Option<Vec<Option<serde_json::Map<String, serde_json::Value>>>>,
}

#[derive(Default, Deserialize)]
#[serde(default)]
struct Usage {
    prompt_tokens: Option<u32>,
    completion_tokens: Option<u32>,
    prompt_tokens_details: Option<Details>,
}

#[derive(Default, Deserialize)]
#[serde(default)]
struct Details {
    cached_tokens: Option<u32>,
}

#[derive(Default, Deserialize)]
#[serde(default)]
struct Timings {
    prompt_ms: f64,
    predicted_ms: f64,
}

/// Reads an answer.
///
/// # Errors
/// The status is an error, the body says one, or it is not of the API.
pub(crate) fn read_reply(
    status: u16,
    text: &str,
    retry_after: Option<Duration>,
) -> Result<Reply, Failure> {
    if !(200..300).contains(&status) {
        return Err(classify(status, text, retry_after));
    }
    let garbled = || Failure::garbled(status, text);
    let body: Body = serde_json::from_str(text).map_err(|_| garbled())?;
    if body.error.is_some() {
        return Err(Failure {
            status,
            ..classify(500, text, None)
        });
    }
    let mut choices = body
        .choices
        .filter(|all| !all.is_empty())
        .ok_or_else(garbled)?;
    choices.sort_by_key(|choice| choice.index);
    let mut choices = choices.into_iter();
    let first = choices.next().ok_or_else(garbled)?;
    let usage = body.usage.unwrap_or_default();
    let timings = body.timings.unwrap_or_default();
    let milliseconds =
        |ms: f64| Duration::try_from_secs_f64(ms / 1_000.0).unwrap_or(Duration::ZERO);
    let message = first.message.unwrap_or_default();
    let apart = message.reasoning_content.or(message.reasoning);
    let (prompt_time, answer_time) = (
        milliseconds(timings.prompt_ms),
        milliseconds(timings.predicted_ms),
    );
    Ok(Reply {
        done: first.finish_reason.is_some(),
        cut: first
            .finish_reason
            .as_deref()
            .is_some_and(|why| why != "stop"),
        text: first.text.or(message.content).unwrap_or_default(),
        thought_apart: apart.map_or(0, |thought| thought.len()),
        logprobs: tokens(first.logprobs),
        further: choices.map(|choice| tokens(choice.logprobs)).collect(),
        prompt_tokens: usage.prompt_tokens,
        answer_tokens: usage.completion_tokens,
        cached_tokens: usage
            .prompt_tokens_details
            .and_then(|details| details.cached_tokens),
        total: prompt_time + answer_time,
        prompt_time,
        answer_time,
        load: Duration::ZERO,
    })
}

fn tokens(logprobs: Option<Logprobs>) -> Vec<Token> {
    let Some(logprobs) = logprobs else {
        return Vec::new();
    };
    if let Some(content) = logprobs.content {
        return content.into_iter().filter_map(Entry::token).collect();
    }
    let mut tops = logprobs.top_logprobs.unwrap_or_default().into_iter();
    logprobs
        .tokens
        .into_iter()
        .zip(logprobs.token_logprobs)
        .filter_map(|(text, logprob)| {
            let top = tops.next().flatten().unwrap_or_default().into_iter();
            Some(Token {
                logprob: logprob?,
                text,
                top: top
                    .filter_map(|(text, logprob)| Some((text, logprob.as_f64()?)))
                    .collect(),
            })
        })
        .collect()
}

/// llama.cpp counts the tokens of one prompt of an array, vLLM those of all: this makes it all.
pub(crate) fn count_all_prompts(reply: &mut Reply, prompts: usize) {
    let count = u32::try_from(prompts).unwrap_or(u32::MAX);
    if reply.answer_tokens.is_some_and(|tokens| tokens < count) {
        let all = |tokens: Option<u32>| tokens.map(|tokens| tokens.saturating_mul(count));
        reply.prompt_tokens = all(reply.prompt_tokens);
        reply.answer_tokens = all(reply.answer_tokens);
        reply.cached_tokens = all(reply.cached_tokens);
    }
}
