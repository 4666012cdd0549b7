//! Bodies in the shape of each generation, held to the recordings by a test.

use std::time::{SystemTime, UNIX_EPOCH};

use axum::{
    body::Body,
    http::{StatusCode, header},
    response::Response,
};
use serde_json::{Map, Value, json};

use crate::{
    Options, SimModel,
    call::Door,
    model::{Answer, End, Written},
    profile::Api,
    server::Spent,
};

/// The header that every answer carries.
pub const SIMULATOR_HEADER: &str = "x-midband-simulator";

pub(crate) const JSON: &str = "application/json; charset=utf-8";
pub(crate) const LINES: &str = "application/x-ndjson";

pub(crate) fn respond(status: u16, content_type: &str, body: impl Into<Body>) -> Response {
    let mut response = Response::new(body.into());
    *response.status_mut() =
        StatusCode::from_u16(status).unwrap_or(StatusCode::INTERNAL_SERVER_ERROR);
    let headers = response.headers_mut();
    if let Ok(value) = content_type.parse() {
        headers.insert(header::CONTENT_TYPE, value);
    }
    headers.insert(SIMULATOR_HEADER, header::HeaderValue::from_static("1"));
    response
}

pub(crate) fn json_body(status: u16, body: &Value) -> Response {
    respond(status, JSON, body.to_string())
}

pub(crate) fn error(status: u16, words: &str) -> Response {
    json_body(status, &json!({"error": words}))
}

/// An error of llama.cpp's, which Ollama 0.33 passes on as a string that holds JSON.
pub(crate) fn nested_error(status: u16, mut error: Value) -> Response {
    error["code"] = json!(status);
    self::error(status, &json!({"error": error}).to_string())
}

pub(crate) fn runner_died() -> Response {
    error(
        500,
        "an error was encountered while running the model: unexpected EOF",
    )
}

pub(crate) fn busy() -> Response {
    error(
        503,
        "server busy, please try again.  maximum pending requests exceeded",
    )
}

/// RFC 3339 in UTC, to the microsecond.
pub(crate) fn now() -> String {
    let since = SystemTime::now()
        .duration_since(UNIX_EPOCH)
        .unwrap_or_default();
    let (days, rest) = (since.as_secs() / 86_400, since.as_secs() % 86_400);
    let (year, month, day) = civil(days as i64);
    let (hour, minute, second) = (rest / 3_600, rest / 60 % 60, rest % 60);
    format!(
        "{year:04}-{month:02}-{day:02}T{hour:02}:{minute:02}:{second:02}.{:06}Z",
        since.subsec_micros()
    )
}

/// Year, month and day of a day since 1970 (Howard Hinnant's `civil_from_days`).
fn civil(days: i64) -> (i64, i64, i64) {
    let shifted = days + 719_468;
    let era = shifted.div_euclid(146_097);
    let day_of_era = shifted.rem_euclid(146_097);
    let year_of_era =
        (day_of_era - day_of_era / 1_460 + day_of_era / 36_524 - day_of_era / 146_096) / 365;
    let day_of_year = day_of_era - (365 * year_of_era + year_of_era / 4 - year_of_era / 100);
    let month_index = (5 * day_of_year + 2) / 153;
    let day = day_of_year - (153 * month_index + 2) / 5 + 1;
    let month = if month_index < 10 {
        month_index + 3
    } else {
        month_index - 9
    };
    (year_of_era + era * 400 + i64::from(month <= 2), month, day)
}

/// All that an answer's body says.
pub(crate) struct Told<'a> {
    pub(crate) model: &'a str,
    pub(crate) door: Door,
    pub(crate) answer: &'a Answer,
    pub(crate) spent: Spent,
    pub(crate) prompt_tokens: usize,
    /// Alternatives for each token, where logprobs were asked for.
    pub(crate) top: Option<usize>,
    pub(crate) api: Api,
}

fn nanos(seconds: f64) -> u64 {
    ((seconds * 1e9) as u64).max(1)
}

impl Told<'_> {
    fn part(&self, text: &str, done: bool) -> Map<String, Value> {
        let mut body = Map::new();
        body.insert("model".into(), json!(self.model));
        body.insert("created_at".into(), json!(now()));
        match self.door {
            Door::Generate | Door::Completions => body.insert("response".into(), json!(text)),
            Door::Chat | Door::ChatCompletions => body.insert(
                "message".into(),
                json!({"role": "assistant", "content": text}),
            ),
        };
        body.insert("done".into(), json!(done));
        body
    }

    fn closing(&self, body: &mut Map<String, Value>) {
        let reason = if self.answer.end == End::Length {
            "length"
        } else {
            "stop"
        };
        body.insert("done_reason".into(), json!(reason));
        body.insert("total_duration".into(), json!(nanos(self.spent.total)));
        body.insert("load_duration".into(), json!(nanos(self.spent.load)));
        body.insert("prompt_eval_count".into(), json!(self.prompt_tokens));
        body.insert(
            "prompt_eval_duration".into(),
            json!(nanos(self.spent.prompt)),
        );
        body.insert("eval_count".into(), json!(self.answer.tokens.len()));
        // The old engine leaves the time of a single token out (recorded).
        if !(self.api == Api::V0_24 && self.answer.tokens.len() == 1) {
            body.insert("eval_duration".into(), json!(nanos(self.spent.answer)));
        }
    }

    /// One JSON object.
    pub(crate) fn whole(&self) -> Value {
        let gave_up = self.answer.end == End::GaveUp;
        let mut body = self.part(&self.answer.text(), !gave_up);
        if !gave_up {
            self.closing(&mut body);
        }
        if let Some(top) = self.top {
            body.insert(
                "logprobs".into(),
                self.answer
                    .tokens
                    .iter()
                    .map(|token| logprob(token, top))
                    .collect(),
            );
        }
        Value::Object(body)
    }

    /// One JSON object for each token, and a closing one.
    pub(crate) fn lines(&self) -> Vec<String> {
        let mut lines: Vec<String> = self
            .answer
            .tokens
            .iter()
            .map(|token| {
                let mut body = self.part(&token.text, false);
                if let Some(top) = self.top {
                    body.insert("logprobs".into(), json!([logprob(token, top)]));
                }
                Value::Object(body).to_string() + "\n"
            })
            .collect();
        if self.answer.end != End::GaveUp {
            let mut last = self.part("", true);
            self.closing(&mut last);
            lines.push(Value::Object(last).to_string() + "\n");
        }
        lines
    }
}

/// A token's entry; where the model has no opinion, the token itself and unlikely others.
pub(crate) fn logprob(token: &Written, top: usize) -> Value {
    let entry = |text: &str, probability: f64| json!({"token": text, "logprob": probability.ln(), "bytes": text.as_bytes()});
    let mut alternatives = token.top.clone();
    if alternatives.is_empty() {
        alternatives.push((token.text.clone(), 0.8));
    }
    for index in 0..20usize.saturating_sub(alternatives.len()) {
        alternatives.push((format!(" w{index}"), 1e-4 / (index + 1) as f64));
    }
    let own = alternatives
        .iter()
        .find(|(text, _)| *text == token.text)
        .map_or(1e-4, |(_, probability)| *probability);
    let mut body = entry(&token.text, own);
    body["top_logprobs"] = alternatives
        .iter()
        .take(top)
        .map(|(text, probability)| entry(text, *probability))
        .collect();
    body
}

fn details(model: &SimModel) -> Value {
    json!({
        "parent_model": "", "format": "gguf", "family": model.family, "families": [model.family],
        "parameter_size": "4.30B", "quantization_level": "Q4_K_M"
    })
}

pub(crate) fn tag(model: &SimModel, api: Api) -> Value {
    let mut body = json!({
        "name": model.name, "model": model.name, "modified_at": now(), "size": 2_489_893_344u64,
        "digest": model.digest(), "details": details(model)
    });
    if api == Api::V0_33 {
        body["details"]["context_length"] = json!(131_072);
        body["details"]["embedding_length"] = json!(2560);
        body["capabilities"] = json!(["completion"]);
    }
    body
}

pub(crate) fn running(model: &SimModel, num_ctx: u32) -> Value {
    json!({
        "name": model.name, "model": model.name, "size": 4_100_000_000u64, "digest": model.digest(), "details": details(model),
        "expires_at": now(), "size_vram": 4_100_000_000u64, "context_length": num_ctx
    })
}

/// What `/api/show` says: the keys of the recorded answers.
pub(crate) fn show(model: &SimModel, options: &Options) -> Value {
    let family = &model.family;
    let mut info = Map::new();
    for (key, value) in [
        ("attention.head_count", 8),
        ("attention.head_count_kv", 4),
        ("attention.key_length", 256),
        ("attention.sliding_window", 1_024),
        ("attention.value_length", 256),
        ("block_count", 34),
        ("context_length", 131_072),
        ("embedding_length", 2_560),
        ("feed_forward_length", 10_240),
        ("rope.freq_base", 1_000_000),
    ] {
        info.insert(format!("{family}.{key}"), json!(value));
    }
    info.insert(
        format!("{family}.attention.layer_norm_rms_epsilon"),
        json!(1e-6),
    );
    for (key, value) in [
        ("general.architecture", json!(family)),
        ("general.basename", json!(model.basename)),
        ("general.file_type", json!(15)),
        ("general.license", json!("gemma")),
        ("general.parameter_count", json!(4_300_079_472u64)),
        ("general.quantization_version", json!(2)),
        ("general.size_label", json!("4B")),
        ("general.tags", Value::Null),
        ("general.type", json!("model")),
        ("tokenizer.ggml.add_bos_token", json!(true)),
        ("tokenizer.ggml.add_eos_token", json!(false)),
        ("tokenizer.ggml.add_sep_token", json!(false)),
        ("tokenizer.ggml.add_space_prefix", json!(false)),
        ("tokenizer.ggml.bos_token_id", json!(2)),
        ("tokenizer.ggml.eos_token_id", json!(1)),
        ("tokenizer.ggml.model", json!("llama")),
        ("tokenizer.ggml.padding_token_id", json!(0)),
        ("tokenizer.ggml.pre", json!("default")),
        ("tokenizer.ggml.scores", Value::Null),
        ("tokenizer.ggml.token_type", Value::Null),
        ("tokenizer.ggml.tokens", Value::Null),
        ("tokenizer.ggml.unknown_token_id", json!(3)),
    ] {
        info.insert(key.to_owned(), value);
    }
    json!({
        "modelfile": format!("# Simulated by midband-sim {}\n", options.api.version()),
        "parameters": "stop \"<end_of_turn>\"", "template": "<start_of_turn>user\n{{ .Prompt }}<end_of_turn>\n<start_of_turn>model\n",
        "details": details(model), "model_info": info,
        "tensors": [{"name": "output_norm.weight", "type": "F32", "shape": [2560]}],
        "capabilities": ["completion"], "modified_at": now()
    })
}
