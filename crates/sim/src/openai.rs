//! The same server's OpenAI-compatible door, as far as it was recorded.

use axum::{body::Bytes, extract::State, response::Response};
use serde_json::{Value, json};

use crate::{
    api::{Call, Checked, Shared, checked, parsed},
    body::{self, Door, error, respond},
    labels::Belief,
    model::{Answer, End, Mind, Task},
    question::Pairs,
    server::{Machine, Spent, prompt_tokens},
};

pub(crate) async fn models(State(machine): Shared) -> Response {
    let listed: Value = machine
        .models()
        .iter()
        .map(|model| json!({"id": model.name, "object": "model", "created": 1_795_294_474, "owned_by": "library"}))
        .collect();
    respond(
        200,
        "application/json",
        json!({"object": "list", "data": listed}).to_string(),
    )
}

pub(crate) async fn chat(State(machine): Shared, bytes: Bytes) -> Response {
    let body = match parsed(&bytes) {
        Ok(body) => body,
        Err(response) => return *response,
    };
    let mut native = json!({
        "model": body["model"], "messages": body["messages"], "stream": false,
        "options": {"num_predict": body["max_tokens"].as_i64().unwrap_or(512), "num_ctx": 4096},
        "format": body["response_format"]["json_schema"]["schema"]
    });
    if body["logprobs"] == true {
        native["logprobs"] = json!(true);
        native["top_logprobs"] = json!(body["top_logprobs"].as_u64().unwrap_or(0));
    }
    let call = match checked(&machine, Door::Chat, &native) {
        Ok(Checked::Call(call)) => call,
        Ok(_) => return error(400, "no messages"),
        Err(response) => return *response,
    };
    let pairs = Pairs::of(&call.prompt);
    let presence = machine.arrive(pairs.texts.len());
    let response = answer(&machine, &call, &pairs).await;
    presence.finish();
    response
}

async fn answer(machine: &Machine, call: &Call, pairs: &Pairs) -> Response {
    if machine.load(&call.model.name, call.num_ctx).await.is_err() {
        return body::busy();
    }
    let options = &machine.options;
    let belief = Belief {
        accuracy: options.accuracy,
        correlation: options.difficulty,
        seed: options.seed,
    };
    let mind = Mind {
        labels: &options.labels,
        belief,
        profile: &options.profile,
        api: options.api,
        bare_thoughts: options.bare_thoughts,
    };
    let written: Answer = mind.write(&Task {
        prompt: &call.prompt,
        form: &call.form,
        pairs,
        budget: call.budget,
        fault: None,
        thinks: call.model.thinks,
    });
    let read = prompt_tokens(&call.prompt);
    let _: Spent = machine.work(&read, written.tokens.len()).await;
    let logprobs: Option<Value> = call.top.map(|top| json!({"content": written.tokens.iter().map(|token| body::logprob(token, top)).collect::<Vec<_>>()}));
    let mut choice = json!({
        "index": 0, "message": {"role": "assistant", "content": written.text()},
        "finish_reason": if written.end == End::Length { "length" } else { "stop" }
    });
    if let Some(logprobs) = logprobs {
        choice["logprobs"] = logprobs;
    }
    let (asked, told) = (read.len(), written.tokens.len());
    let body = json!({
        "id": "chatcmpl-1", "object": "chat.completion", "created": 1_795_298_891, "model": call.asked_as,
        "system_fingerprint": "fp_ollama", "choices": [choice],
        "usage": {"prompt_tokens": asked, "completion_tokens": told, "total_tokens": asked + told}
    });
    respond(200, "application/json", body.to_string())
}
