//! Recorded answers of llama.cpp's server, read as the judge reads them: those beside the project, where
//! they are, and the smaller ones of its own, which `scripts/record-live-judge` makes.

use std::path::Path;

use serde_json::Value;

use midband_llm::{Protocol, read_reply};

use super::{
    ReplyContext, read,
    recordings::{shared, shown},
};
use crate::mode::PromptingMode;

/// What the recorded request asked, in our words.
fn asked(request: &Value) -> ReplyContext {
    let body = &request["body"];
    let schema = ["response_format", "json_schema"]
        .into_iter()
        .filter_map(|field| body.get(field))
        .map(|value| value["json_schema"].get("schema").unwrap_or(value))
        .next();
    let number = |value: &Value| usize::try_from(value.as_u64().unwrap()).unwrap();
    let kind = schema.map_or("", |schema| schema["type"].as_str().unwrap_or_default());
    let (mode, pairs): (PromptingMode, usize) = match (kind, schema) {
        ("object", Some(schema)) => (
            PromptingMode::Keyed,
            schema["properties"]
                .as_object()
                .map_or(1, |keys| keys.len()),
        ),
        ("array", Some(schema)) => (PromptingMode::Array, number(&schema["minItems"])),
        ("string", Some(schema)) => {
            let pattern = schema["pattern"].as_str().unwrap();
            let count = pattern.trim_start_matches("^[0-9]{").trim_end_matches("}$");
            (PromptingMode::Digits, count.parse().unwrap())
        }
        _ => (
            PromptingMode::YesNo,
            body["prompt"].as_array().map_or(1, Vec::len),
        ),
    };
    ReplyContext {
        question: mode.into(),
        pairs,
        num_ctx: 4_096,
        prompt_bytes: prompt_bytes(body),
    }
}

/// Bytes of a prompt; of one among several, since recorded counts are of one.
fn prompt_bytes(body: &Value) -> usize {
    let prompt = match &body["prompt"] {
        Value::Array(all) => &all[0],
        Value::String(_) => &body["prompt"],
        _ => &body["messages"][0]["content"],
    };
    prompt.as_str().map_or(0, str::len)
}

/// What a user gets of one exchange.
fn outcome(exchange: &Value) -> String {
    let (request, response) = (&exchange["request"], &exchange["response"]);
    let text = match (&response["json"], &response["text"], &response["lines"]) {
        (_, _, Value::Array(lines)) => lines
            .iter()
            .map(|line| line["line"].as_str().unwrap())
            .collect(),
        (Value::Null, Value::String(text), _) => text.clone(),
        (json, ..) => json.to_string(),
    };
    let status = u16::try_from(response["status"].as_u64().unwrap()).unwrap();
    match read_reply(Protocol::OpenAi, status, &text) {
        Ok(reply) => format!(
            "{}, {:?} of {:?} read before",
            shown(&read(&asked(request), &reply).slots),
            reply.cached_tokens.unwrap_or_default(),
            reply.prompt_tokens.unwrap_or_default()
        ),
        Err(failure) => failure.to_string(),
    }
}

fn outcomes(folder: &Path) -> Vec<(String, String)> {
    let mut all: Vec<(String, String)> = std::fs::read_dir(folder)
        .unwrap()
        .map(|file| {
            let text = std::fs::read_to_string(file.unwrap().path()).unwrap();
            let recording: Value = serde_json::from_str(&text).unwrap();
            let exchanges = recording["exchanges"].as_array().unwrap();
            let mut found: Vec<String> = exchanges.iter().map(outcome).collect();
            found.dedup();
            let name = recording["name"].as_str().unwrap().to_owned();
            (name, found.join(" | "))
        })
        .collect();
    all.sort();
    all
}

fn compare(found: &[(String, String)], expected: &[(&str, &str)]) {
    let table = |rows: &mut dyn Iterator<Item = (&str, &str)>| -> String {
        rows.map(|row| format!("    {row:?},\n")).collect()
    };
    let found = table(
        &mut found
            .iter()
            .map(|(name, what)| (name.as_str(), what.as_str())),
    );
    assert!(
        found == table(&mut expected.iter().copied()),
        "outcomes changed:\n{found}"
    );
}

#[rustfmt::skip]
const SHARED: &[(&str, &str)] = &[
    ("bad_json", "the server refused the request (status 400)"),
    ("chat_bad_schema", "the server does not take the answer's schema (status 400)"),
    ("chat_schema_array", "4 x 1.00, 236 of 241 read before"),
    ("chat_schema_cut", "4 x cut short, 236 of 241 read before"),
    ("chat_schema_digits_logprobs", "0.11, 0.25, 0.07, 0.02, 236 of 241 read before"),
    ("chat_schema_keyed", "0.00, 0.37, 0.74, 0.10, 0 of 241 read before"),
    ("chat_stream", "the answer is not of the protocol (status 200)"),
    ("completion_glance", "0.38, 0 of 119 read before"),
    ("completion_glance_array", "0.40, 0.34, 0.38, 0.52, 114 of 119 read before"),
    ("completion_grammar", "0.40, 114 of 119 read before"),
    ("completion_no_repetition_stop", "label absent, 1 of 17 read before"),
    ("completion_repeat", "label absent, 114 of 119 read before | label absent, 94 of 99 read before"),
    ("completion_too_long", "the prompt is longer than the context (status 400)"),
    ("health", "the server is busy (status 503) | the answer is not of the protocol: JSON of another kind came (status 200)"),
    ("metrics", "the answer is not of the protocol (status 200)"),
    ("models", "the answer is not of the protocol: JSON of another kind came (status 200)"),
    ("no_prompt", "the server refused the request (status 400)"),
    ("tokenize", "the answer is not of the protocol: JSON of another kind came (status 200)"),
    ("unknown_path", "the server refused the request (status 404)"),
    ("wrong_model_name", "label absent, 1 of 2 read before"),
];

#[test]
fn every_shared_recording_ends_as_a_user_would_expect() {
    let Some(folder) = shared() else {
        eprintln!(
            "SKIPPED: no recordings beside the project; set MIDBAND_SHARED to the folder that holds them"
        );
        return;
    };
    compare(&outcomes(&folder.join("llama-server")), SHARED);
}

#[rustfmt::skip]
const OWN: &[(&str, &str)] = &[
    ("chat_bad_schema", "the server does not take the answer's schema (status 400)"),
    ("chat_digits", "0.11, 0.00, 0 of 56 read before"),
    ("glance", "0.20, 0 of 67 read before | 0.27, 57 of 66 read before"),
    ("glance_array", "0.19, 0.29, 57 of 67 read before"),
    ("models", "the answer is not of the protocol: JSON of another kind came (status 200)"),
    ("raw_array", "1.00, 0.00, 40 of 41 read before"),
    ("raw_digits", "0.11, 0.00, 0 of 41 read before"),
    ("raw_keyed", "2 x cut short, 40 of 41 read before"),
    ("raw_response_format_is_ignored", "2 x cut short, 40 of 41 read before"),
    ("too_long", "the prompt is longer than the context (status 400)"),
];

#[test]
fn every_recording_of_our_own_ends_as_a_user_would_expect() {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("../llm/tests/recordings/llama-server");
    compare(&outcomes(&folder), OWN);
}
