//! The OpenAI API, as several servers speak it: bodies held to recordings where there are any.

use std::sync::Arc;

use axum::{
    Router,
    body::Bytes,
    extract::State,
    http::{HeaderMap, header},
    response::Response,
    routing::{get, post},
};
use serde_json::{Value, json};

use crate::{
    OpenAiServer, SimModel,
    answering::answer,
    body::{json_body, respond},
    call::{Call, Door, Shared, turns},
    openai_body::{JSON, count, error},
    question::Form,
    server::Machine,
};

impl OpenAiServer {
    /// The schema that it heeds in a body, or its refusal.
    fn schema(self, door: Door, body: &Value) -> Result<Option<Value>, Box<Response>> {
        let format = &body["response_format"];
        let named = format["json_schema"].get("schema").cloned();
        let object = format.get("schema").cloned();
        Ok(match (self, door) {
            (Self::LlamaCpp, Door::Completions) => body.get("json_schema").cloned(),
            (Self::LlamaCpp, _) => named.or(object),
            (Self::Ollama, _) => named,
            (Self::Vllm, _) => named.or(body["structured_outputs"].get("json").cloned()),
            (Self::LlamaCppPython, _) if named.is_some() => {
                let words = "unhandled response_format";
                return Err(Box::new(error(500, "internal_server_error", words)));
            }
            (Self::LlamaCppPython, _) => object,
            (Self::Bare, _) => None,
        })
    }
}

pub(crate) fn router() -> Router<Arc<Machine>> {
    Router::new()
        .route("/v1/models", get(models))
        .route(
            "/health",
            get(|| async { json_body(200, &json!({"status": "ok"})) }),
        )
        .route(
            "/v1/completions",
            post(
                |State(machine): Shared, headers: HeaderMap, body: Bytes| async move {
                    score(&machine, Door::Completions, &headers, &body).await
                },
            ),
        )
        .route(
            "/v1/chat/completions",
            post(
                |State(machine): Shared, headers: HeaderMap, body: Bytes| async move {
                    score(&machine, Door::ChatCompletions, &headers, &body).await
                },
            ),
        )
}

/// The refusal of a request without the right key, where one is asked for.
fn locked(machine: &Machine, headers: &HeaderMap) -> Option<Response> {
    let bearer = format!("Bearer {}", machine.options.api_key.as_ref()?);
    let given = headers
        .get(header::AUTHORIZATION)
        .and_then(|key| key.to_str().ok());
    (given != Some(&bearer)).then(|| error(401, "authentication_error", "Invalid API Key"))
}

async fn models(State(machine): Shared, headers: HeaderMap) -> Response {
    if let Some(refusal) = locked(&machine, &headers) {
        return refusal;
    }
    let context = machine.options.context;
    let owner = format!("midband-sim ({})", machine.options.openai);
    let says_more = machine.options.openai == OpenAiServer::LlamaCpp;
    let listed: Value = machine
        .models()
        .iter()
        .map(|model| {
            let mut listed = json!({"id": model.name, "object": "model", "created": 1_795_294_474, "owned_by": owner});
            if says_more {
                listed["meta"] = json!({"n_vocab": 262_144, "n_ctx": context, "n_ctx_train": 131_072,
                    "n_params": 4_300_079_472u64, "size": 2_489_893_344u64, "ftype": "Q4_K - Medium"});
            }
            if machine.options.openai == OpenAiServer::Vllm {
                listed["max_model_len"] = json!(context);
            }
            listed
        })
        .collect();
    let list = json!({"object": "list", "data": listed});
    respond(200, JSON, list.to_string())
}

async fn score(machine: &Machine, door: Door, headers: &HeaderMap, bytes: &Bytes) -> Response {
    if let Some(refusal) = locked(machine, headers) {
        return refusal;
    }
    match checked(machine, door, bytes) {
        Ok(call) => answer(machine, call).await,
        Err(response) => *response,
    }
}

fn checked(machine: &Machine, door: Door, bytes: &Bytes) -> Result<Call, Box<Response>> {
    let server = machine.options.openai;
    let refuse = |status, kind: &str, words: &str| Err(Box::new(error(status, kind, words)));
    let Ok(body) = serde_json::from_slice::<Value>(bytes) else {
        return refuse(
            400,
            "invalid_request_error",
            "parse error at line 1, column 1",
        );
    };
    let chats_alone = matches!(server, OpenAiServer::Ollama | OpenAiServer::Bare);
    if chats_alone && door == Door::Completions {
        return refuse(404, "not_found_error", "File Not Found");
    }
    let prompts: Vec<String> = match (door, &body["prompt"]) {
        (Door::ChatCompletions, _) => {
            vec![turns(
                body["messages"].as_array().map_or(&[][..], Vec::as_slice),
            )]
        }
        (_, Value::Array(all)) => all
            .iter()
            .filter_map(|prompt| prompt.as_str().map(str::to_owned))
            .collect(),
        (_, prompt) => prompt.as_str().map(str::to_owned).into_iter().collect(),
    };
    if prompts.iter().all(String::is_empty) {
        return refuse(400, "invalid_request_error", "key 'prompt' not found");
    }
    let asked_as = body["model"].as_str().unwrap_or_default().to_owned();
    let model = match (machine.model(&asked_as), server) {
        (Some(model), _) => model,
        // llama.cpp takes any name (recorded).
        (None, OpenAiServer::LlamaCpp) => machine
            .models()
            .into_iter()
            .next()
            .unwrap_or_else(|| SimModel::plain("none", "gemma3")),
        (None, _) => {
            let words = format!("The model `{asked_as}` does not exist.");
            return refuse(404, "NotFoundError", &words);
        }
    };
    let context = machine.options.context;
    for prompt in &prompts {
        let tokens = count(&model, prompt);
        if tokens > context as usize {
            let words = format!(
                "request ({tokens} tokens) exceeds the available context size ({context} tokens), try increasing it"
            );
            return refuse(400, "exceed_context_size_error", &words);
        }
    }
    let form = match Form::of(server.schema(door, &body)?.as_ref()) {
        Ok(form) => form,
        Err(_) => {
            return refuse(
                400,
                "invalid_request_error",
                "JSON schema error at #: unrecognized type",
            );
        }
    };
    let top = match door {
        Door::Completions => body["logprobs"].as_u64(),
        _ => (body["logprobs"] == true).then(|| body["top_logprobs"].as_u64().unwrap_or(0)),
    };
    Ok(Call {
        model,
        asked_as,
        door,
        prompts,
        form,
        budget: body["max_tokens"].as_u64().unwrap_or(512) as usize,
        num_ctx: context,
        stream: false,
        top: top
            .filter(|_| server.gives_logprobs())
            .map(|top| top as usize),
    })
}
