//! Bodies of the OpenAI API, as each server writes them.

use axum::response::Response;
use serde_json::{Map, Value, json};

use crate::{
    OpenAiServer, SimModel,
    body::{self, json_body},
    call::{Call, Door},
    model::{Answer, End, Written},
    question::Form,
    server::{Spent, prompt_tokens},
};

/// The type of bodies here.
pub(crate) const JSON: &str = "application/json";

pub(crate) fn error(status: u16, kind: &str, words: &str) -> Response {
    json_body(
        status,
        &json!({"error": {"code": status, "message": words, "type": kind}}),
    )
}

/// Prompt tokens: Gemma's turns are one each to a Gemma alone.
pub(crate) fn count(model: &SimModel, prompt: &str) -> usize {
    if model.family.starts_with("gemma") {
        prompt_tokens(prompt).len()
    } else {
        prompt_tokens(&prompt.replace('<', "< ")).len()
    }
}

/// The whole body of an answer to all prompts.
pub(crate) fn whole(server: OpenAiServer, call: &Call, written: &[Answer], spent: Spent) -> String {
    let choices: Vec<Value> = written
        .iter()
        .enumerate()
        .map(|(index, answer)| choice(server, call, index, answer))
        .collect();
    let told: usize = written.iter().map(|answer| answer.tokens.len()).sum();
    let shares = match server {
        OpenAiServer::LlamaCpp => written.len(),
        _ => 1,
    };
    let asked: usize = call
        .prompts
        .iter()
        .map(|prompt| count(&call.model, prompt))
        .sum();
    let (asked, told) = (asked / shares, told / shares);
    let mut body = json!({
        "id": "cmpl-1", "created": 1_795_298_891, "model": call.asked_as, "choices": choices,
        "object": if call.door == Door::Completions { "text_completion" } else { "chat.completion" },
        "system_fingerprint": "midband-sim",
        "usage": {"prompt_tokens": asked, "completion_tokens": told, "total_tokens": asked + told}
    });
    if server != OpenAiServer::Ollama {
        body["usage"]["prompt_tokens_details"] = json!({"cached_tokens": spent.reused / shares});
    }
    if server == OpenAiServer::LlamaCpp {
        let mut timings = json!({"cache_n": spent.reused / shares});
        for (name, count, seconds) in [
            ("prompt", asked - spent.reused / shares, spent.prompt),
            ("predicted", told, spent.answer),
        ] {
            let each = seconds / count.max(1) as f64;
            timings[format!("{name}_n")] = json!(count);
            timings[format!("{name}_ms")] = json!(seconds * 1_000.0);
            timings[format!("{name}_per_token_ms")] = json!(each * 1_000.0);
            timings[format!("{name}_per_second")] = json!(1.0 / each.max(1e-9));
        }
        body["timings"] = timings;
    }
    body.to_string()
}

fn choice(server: OpenAiServer, call: &Call, index: usize, answer: &Answer) -> Value {
    let mut text = answer.text();
    if server == OpenAiServer::LlamaCppPython
        && matches!(call.form, Form::Array(_))
        && call.prompts.iter().all(|prompt| !prompt.contains("\nB: "))
    {
        // Integers beyond their bounds, until the tokens are spent (seen).
        text = "[1000000000000000 , 1000".to_owned();
    }
    let reason = match answer.end {
        End::Stop => json!("stop"),
        End::Length => json!("length"),
        End::GaveUp => Value::Null,
    };
    let mut choice = json!({"index": index, "finish_reason": reason});
    match (call.door, server) {
        (Door::Completions, _) => choice["text"] = json!(text),
        // vLLM splits the thought off.
        (_, OpenAiServer::Vllm) if text.contains("<unused95>") => {
            let (thought, rest) = text.split_once("<unused95>").unwrap_or_default();
            choice["message"] =
                json!({"role": "assistant", "content": rest, "reasoning_content": thought});
        }
        _ => choice["message"] = json!({"role": "assistant", "content": text}),
    }
    if let Some(top) = call.top {
        choice["logprobs"] = if server == OpenAiServer::Vllm && call.door == Door::Completions {
            older_logprobs(&answer.tokens, top)
        } else {
            let with_ids = server == OpenAiServer::LlamaCpp;
            let content: Vec<Value> = answer
                .tokens
                .iter()
                .map(|token| entry(token, top, with_ids))
                .collect();
            json!({"content": content})
        };
    } else if server == OpenAiServer::LlamaCpp && call.door == Door::Completions {
        choice["logprobs"] = Value::Null;
    }
    choice
}

/// A token's entry; llama.cpp adds the tokens' numbers.
fn entry(token: &Written, top: usize, with_ids: bool) -> Value {
    let mut entry = body::logprob(token, top);
    if with_ids {
        entry["id"] = json!(0);
        for other in entry["top_logprobs"].as_array_mut().into_iter().flatten() {
            other["id"] = json!(0);
        }
    }
    entry
}

/// Parallel lists, and alternatives as a map from text to logprob.
fn older_logprobs(tokens: &[Written], top: usize) -> Value {
    let entries: Vec<Value> = tokens
        .iter()
        .map(|token| body::logprob(token, top))
        .collect();
    let list =
        |name: &str| -> Vec<Value> { entries.iter().map(|entry| entry[name].clone()).collect() };
    let maps: Vec<Value> = entries
        .iter()
        .map(|entry| {
            let others = entry["top_logprobs"]
                .as_array()
                .cloned()
                .unwrap_or_default();
            let map: Map<String, Value> = others
                .into_iter()
                .filter_map(|other| {
                    Some((
                        other["token"].as_str()?.to_owned(),
                        other["logprob"].clone(),
                    ))
                })
                .collect();
            Value::Object(map)
        })
        .collect();
    json!({"tokens": list("token"), "token_logprobs": list("logprob"), "top_logprobs": maps, "text_offset": []})
}
