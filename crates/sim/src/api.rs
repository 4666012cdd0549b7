//! The door: Ollama's own API.

use std::sync::Arc;

use axum::{
    Router,
    body::Bytes,
    extract::State,
    response::Response,
    routing::{get, post},
};
use serde_json::{Value, json};

use crate::{
    answering::answer,
    body::{self, LINES, error, json_body, respond},
    call::{Call, Door, Shared, turns},
    profile::Api,
    question::{BadFormat, Form},
    refusal::absent,
    server::{Machine, prompt_tokens},
};

pub(crate) fn router() -> Router<Arc<Machine>> {
    Router::new()
        .route(
            "/",
            get(|| async { respond(200, "text/plain; charset=utf-8", "Ollama is running") }),
        )
        .route("/api/version", get(version))
        .route("/api/tags", get(tags))
        .route("/api/ps", get(ps))
        .route("/api/show", post(show))
        .route("/api/pull", post(pull))
        .route("/api/embed", post(embed))
        .route(
            "/api/generate",
            post(|State(machine): Shared, body: Bytes| async move {
                score(&machine, Door::Generate, &body).await
            }),
        )
        .route(
            "/api/chat",
            post(|State(machine): Shared, body: Bytes| async move {
                score(&machine, Door::Chat, &body).await
            }),
        )
}

async fn version(State(machine): Shared) -> Response {
    json_body(200, &json!({"version": machine.options.api.version()}))
}

async fn tags(State(machine): Shared) -> Response {
    let models: Value = machine
        .models()
        .iter()
        .map(|model| body::tag(model, machine.options.api))
        .collect();
    json_body(200, &json!({"models": models}))
}

async fn ps(State(machine): Shared) -> Response {
    let loaded = machine.loaded().and_then(|(name, num_ctx)| {
        machine
            .model(&name)
            .map(|model| body::running(&model, num_ctx))
    });
    json_body(
        200,
        &json!({"models": loaded.into_iter().collect::<Vec<_>>()}),
    )
}

async fn show(State(machine): Shared, bytes: Bytes) -> Response {
    let body = match parsed(&bytes) {
        Ok(body) => body,
        Err(response) => return *response,
    };
    let name = body["model"]
        .as_str()
        .or(body["name"].as_str())
        .unwrap_or_default();
    match machine.model(name) {
        Some(model) => json_body(200, &body::show(&model, &machine.options)),
        None => absent(name),
    }
}

async fn embed(State(machine): Shared) -> Response {
    error(
        501,
        match machine.options.api {
            Api::V0_24 => "this model does not support embeddings",
            Api::V0_33 => "This server does not support embeddings. Start it with `--embeddings`",
        },
    )
}

async fn pull(State(machine): Shared, bytes: Bytes) -> Response {
    let body = match parsed(&bytes) {
        Ok(body) => body,
        Err(response) => return *response,
    };
    let name = body["model"]
        .as_str()
        .or(body["name"].as_str())
        .unwrap_or_default()
        .to_owned();
    let Some(model) = machine
        .options
        .pullable
        .iter()
        .find(|model| model.name == name)
        .cloned()
    else {
        return respond(
            200,
            LINES,
            "{\"status\":\"pulling manifest\"}\n{\"error\":\"pull model manifest: file does not exist\"}\n",
        );
    };
    let total = 2_489_893_344u64;
    let mut lines = vec![json!({"status": "pulling manifest"})];
    for part in 1..=4u64 {
        lines.push(json!({"status": "pulling layer", "digest": model.digest(), "total": total, "completed": total / 4 * part}));
    }
    lines.push(json!({"status": "verifying sha256 digest"}));
    lines.push(json!({"status": "success"}));
    machine.add(model);
    let text: String = lines.iter().map(|line| line.to_string() + "\n").collect();
    respond(200, LINES, text)
}

pub(crate) fn parsed(bytes: &Bytes) -> Result<Value, Box<Response>> {
    if bytes.is_empty() {
        return Err(Box::new(error(400, "missing request body")));
    }
    serde_json::from_slice(bytes).map_err(|wrong| {
        let words = if wrong.is_eof() {
            "unexpected EOF".to_owned()
        } else {
            "invalid character".to_owned()
        };
        Box::new(error(400, &words))
    })
}

async fn score(machine: &Machine, door: Door, bytes: &Bytes) -> Response {
    match parsed(bytes).and_then(|body| checked(machine, door, &body)) {
        Ok(Checked::Call(call)) => answer(machine, call).await,
        Ok(Checked::Load { model, num_ctx }) => match machine.load(&model, num_ctx).await {
            Ok(_) => without_answer(door, &model, "load"),
            Err(_) => body::busy(),
        },
        Ok(Checked::Unload(model)) => {
            machine.unload();
            without_answer(door, &model, "unload")
        }
        Err(response) => *response,
    }
}

pub(crate) enum Checked {
    Call(Call),
    Load { model: String, num_ctx: u32 },
    Unload(String),
}

fn without_answer(door: Door, model: &str, reason: &str) -> Response {
    let mut body = json!({"model": model, "created_at": body::now()});
    match door {
        Door::Generate | Door::Completions => body["response"] = json!(""),
        Door::Chat | Door::ChatCompletions => {
            body["message"] = json!({"role": "assistant", "content": ""})
        }
    }
    body["done"] = json!(true);
    body["done_reason"] = json!(reason);
    json_body(200, &body)
}

pub(crate) fn checked(
    machine: &Machine,
    door: Door,
    body: &Value,
) -> Result<Checked, Box<Response>> {
    let refuse = |status, words: &str| Err(Box::new(error(status, words)));
    let asked_as = body["model"].as_str().unwrap_or_default().to_owned();
    let Some(model) = machine.model(&asked_as) else {
        return Err(Box::new(absent(&asked_as)));
    };
    let given = |name: &str| {
        body.get(name)
            .is_some_and(|value| !value.is_null() && value != "")
    };
    if body["raw"] == true && ["system", "template", "context"].into_iter().any(given) {
        return refuse(
            400,
            "raw mode does not support template, system, or context",
        );
    }
    if body
        .get("top_logprobs")
        .and_then(Value::as_i64)
        .is_some_and(|top| !(0..=20).contains(&top))
    {
        return refuse(400, "top_logprobs must be between 0 and 20");
    }
    if body["think"] == true {
        return refuse(400, &format!("\"{asked_as}\" does not support thinking"));
    }
    let options = &body["options"];
    for name in ["num_ctx", "num_predict", "seed"] {
        if options
            .get(name)
            .is_some_and(|value| value.as_i64().is_none())
        {
            return refuse(500, &format!("option \"{name}\" must be of type integer"));
        }
    }
    let format = body
        .get("format")
        .filter(|_| !machine.options.ignores_schemas);
    let form = match Form::of(format) {
        Ok(form) => form,
        Err(BadFormat::NoSchema(given)) => {
            return refuse(
                500,
                &format!(
                    "invalid format: {given:?}; expected \"json\" or a valid JSON Schema object"
                ),
            );
        }
        Err(BadFormat::NoGrammar(place, kind)) => {
            return Err(Box::new(no_grammar(machine.options.api, &place, &kind)));
        }
    };
    let num_ctx = options["num_ctx"]
        .as_u64()
        .and_then(|tokens| u32::try_from(tokens).ok())
        .unwrap_or(4_096);
    let prompt = match door {
        Door::Generate | Door::Completions => {
            body["prompt"].as_str().unwrap_or_default().to_owned()
        }
        Door::Chat | Door::ChatCompletions => {
            turns(body["messages"].as_array().map_or(&[][..], Vec::as_slice))
        }
    };
    if prompt.is_empty() {
        let unload =
            body["keep_alive"] == 0 || body["keep_alive"] == "0" || body["keep_alive"] == "0s";
        return Ok(if unload {
            Checked::Unload(asked_as)
        } else {
            Checked::Load {
                model: model.name,
                num_ctx,
            }
        });
    }
    let budget = options["num_predict"]
        .as_i64()
        .filter(|tokens| *tokens >= 0);
    let budget = budget
        .and_then(|tokens| usize::try_from(tokens).ok())
        .unwrap_or(10 * num_ctx as usize);
    let tokens = prompt_tokens(&prompt).len();
    if tokens > num_ctx as usize && body["truncate"] == false {
        return Err(Box::new(too_long(machine.options.api, tokens, num_ctx)));
    }
    Ok(Checked::Call(Call {
        model,
        asked_as,
        door,
        prompts: vec![prompt],
        form,
        budget,
        num_ctx,
        // Left out, Ollama streams.
        stream: body["stream"] != false,
        top: (body["logprobs"] == true && !machine.options.ignores_schemas)
            .then(|| body["top_logprobs"].as_u64().map_or(0, |top| top as usize)),
    }))
}

fn no_grammar(api: Api, place: &str, kind: &str) -> Response {
    match api {
        Api::V0_24 => error(500, "invalid JSON schema in format"),
        Api::V0_33 => body::nested_error(
            400,
            json!({
                "code": 400,
                "message": format!("JSON schema conversion failed:\nJSON schema error at #{place}: unrecognized type {kind}"),
                "type": "invalid_request_error"
            }),
        ),
    }
}

fn too_long(api: Api, tokens: usize, num_ctx: u32) -> Response {
    match api {
        Api::V0_24 => error(400, "the input length exceeds the context length"),
        Api::V0_33 => body::nested_error(
            400,
            json!({
                "code": 400,
                "message": format!("request ({tokens} tokens) exceeds the available context size ({num_ctx} tokens), try increasing it"),
                "type": "exceed_context_size_error", "n_prompt_tokens": tokens, "n_ctx": num_ctx
            }),
        ),
    }
}
