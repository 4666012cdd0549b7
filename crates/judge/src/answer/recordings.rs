//! Every recorded exchange of both Ollama generations, sent back through client and parser.
//!
//! The recordings lie beside the project, in the folder that `MIDBAND_SHARED` names or in
//! `../shared`; without them the test says so and passes.

use std::{
    collections::BTreeMap,
    path::{Path, PathBuf},
    time::Duration,
};

use midband_llm::{
    Address, ChatTemplate, Failure, LoadOptions, Protocol, Request, connect, read_reply,
};
use serde_json::Value;
use tokio::{
    io::{AsyncReadExt, AsyncWriteExt},
    net::TcpListener,
};

use super::{ReplyContext, Slot, read};
use crate::{mode::PromptingMode, prompt::prompt, task::Task};

pub(super) fn shared() -> Option<PathBuf> {
    let beside = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../../shared");
    let folder = std::env::var_os("MIDBAND_SHARED")
        .map_or(beside, PathBuf::from)
        .join("recordings");
    folder.is_dir().then_some(folder)
}

/// Serves one recorded answer and closes.
async fn serve(listener: TcpListener, status: u64, content_type: String, body: String) {
    let (mut stream, _) = listener.accept().await.unwrap();
    let mut request = Vec::new();
    let mut buffer = [0u8; 4096];
    loop {
        let count = stream.read(&mut buffer).await.unwrap();
        request.extend_from_slice(&buffer[..count]);
        let text = String::from_utf8_lossy(&request).to_lowercase();
        let Some((head, rest)) = text.split_once("\r\n\r\n") else {
            continue;
        };
        let length = head
            .lines()
            .find_map(|line| line.strip_prefix("content-length:"))
            .map_or(0, |n| n.trim().parse().unwrap());
        if rest.len() >= length || count == 0 {
            break;
        }
    }
    let head = format!(
        "HTTP/1.1 {status} X\r\ncontent-type: {content_type}\r\ncontent-length: {}\r\nconnection: close\r\n\r\n",
        body.len()
    );
    stream.write_all(head.as_bytes()).await.unwrap();
    stream.write_all(body.as_bytes()).await.unwrap();
}

/// What the recorded request asked, in our words.
fn asked(body: &Value) -> ReplyContext {
    let words = body["prompt"]
        .as_str()
        .or_else(|| body["messages"][0]["content"].as_str())
        .unwrap_or("");
    let schema = &body["format"];
    let listed = |n: &Value| usize::try_from(n.as_u64().unwrap()).unwrap();
    let single = body["options"]["num_predict"] == 1 || body["top_logprobs"] == 5;
    let (mode, pairs): (PromptingMode, usize) = match schema["type"].as_str() {
        Some("object") => (
            PromptingMode::Keyed,
            schema["properties"].as_object().unwrap().len().max(4),
        ),
        Some("array") => (PromptingMode::Array, listed(&schema["minItems"])),
        Some("string") => {
            let pattern = schema["pattern"].as_str().unwrap();
            (
                PromptingMode::Digits,
                pattern[7..pattern.len() - 2].parse().unwrap(),
            )
        }
        _ if schema == "json" => (PromptingMode::Keyed, 4),
        _ if single => (PromptingMode::YesNo, 1),
        _ => (PromptingMode::Think, 2),
    };
    let num_ctx = body["options"]["num_ctx"].as_u64().unwrap_or(4096) as u32;
    ReplyContext {
        question: mode.into(),
        pairs,
        num_ctx,
        prompt_bytes: words.len(),
    }
}

pub(super) fn shown(slots: &[Slot]) -> String {
    let mut words: Vec<String> = slots
        .iter()
        .map(|slot| {
            slot.as_ref()
                .map_or_else(|why| why.to_string(), |score| format!("{score:.2}"))
        })
        .collect();
    let all = words.len();
    words.dedup();
    if words.len() == 1 && all > 1 {
        format!("{all} x {}", words[0])
    } else {
        words.join(", ")
    }
}

fn result<T>(found: Result<T, Failure>, show: impl Fn(T) -> String) -> String {
    found.map_or_else(|failure| failure.to_string(), show)
}

/// Sends one recorded answer through the client and says what a user gets.
async fn outcome(exchange: &Value) -> String {
    let (request, response) = (&exchange["request"], &exchange["response"]);
    let body = match (&response["json"], &response["text"], &response["lines"]) {
        (Value::Null, Value::Null, Value::Array(lines)) => lines
            .iter()
            .map(|line| line["line"].as_str().unwrap())
            .collect(),
        (Value::Null, Value::String(text), _) => text.clone(),
        (json, ..) => json.to_string(),
    };
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = format!("http://{}", listener.local_addr().unwrap());
    let content_type = response["headers"]["Content-Type"]
        .as_str()
        .unwrap()
        .to_owned();
    let server = tokio::spawn(serve(
        listener,
        response["status"].as_u64().unwrap(),
        content_type,
        body,
    ));
    let address = Address::parse(&address).unwrap();
    let ollama = connect(Protocol::Ollama, address, None).unwrap();
    let path = request["path"].as_str().unwrap();
    let outcome = match path {
        "/api/version" => result(ollama.version().await, |version| version.words),
        "/api/tags" => result(ollama.models().await, |models| {
            models
                .iter()
                .map(|m| format!("{} {} {}", m.name, &m.digest[..6], m.quantisation))
                .collect::<Vec<_>>()
                .join(", ")
        }),
        "/api/show" => result(ollama.about("gemma3:270m-base-q4").await, |about| {
            format!(
                "{} {} {:?} {:?}",
                about.architecture,
                about.context_length,
                ChatTemplate::of("gemma3", &about),
                about.capabilities
            )
        }),
        "/api/ps" => result(ollama.loaded().await, |models| {
            format!("{} loaded", models.len())
        }),
        "/api/generate" | "/api/chat" if request["method"] == "POST" => {
            let asked = asked(&request["body"]);
            let ask = Request {
                model: "gemma3:270m-base-q4".to_owned(),
                prompts: vec![prompt(
                    &Task::default(),
                    asked.question,
                    ChatTemplate::Chat,
                    &[("a", "b")],
                )],
                template: if path.ends_with("chat") {
                    ChatTemplate::Chat
                } else {
                    ChatTemplate::Gemma { thoughts: false }
                },
                schema: asked.question.schema(asked.pairs),
                top_logprobs: 0,
                num_predict: 8,
                think: None,
                load: LoadOptions {
                    num_ctx: asked.num_ctx,
                    seed: 1,
                    keep_alive: 60,
                },
                timeout: Duration::from_secs(10),
            };
            let reply = ollama.ask(&ask).await;
            result(reply, |reply| shown(&read(&asked, &reply).slots))
        }
        _ => {
            let ask = |status: u64, text: &str| {
                read_reply(Protocol::Ollama, u16::try_from(status).unwrap(), text)
            };
            let text = response["text"]
                .as_str()
                .map_or_else(|| response["json"].to_string(), str::to_owned);
            server.abort();
            return result(ask(response["status"].as_u64().unwrap(), &text), |_| {
                "an answer".to_owned()
            });
        }
    };
    server.await.unwrap();
    outcome
}

/// What a user gets from each recording: name; 0.24.0; 0.33.0-rc2 where it differs. Several exchanges
/// of one recording stand behind each other, equal neighbours once.
#[rustfmt::skip]
const EXPECTED: &[(&str, &str, &str)] = &[
    ("after_client_gone", "2 x cut short", ""),
    ("bos_is_added", "label absent", ""),
    ("chat_schema", "0.00, 0.37, 0.74, 0.10", ""),
    ("chat_stream_schema", "0.00, 0.01, 0.02, 0.03", "1.00, 0.00"),
    ("embed_not_supported", "the server refused the request (status 501)", ""),
    ("generate_bad_format", "the server does not take the answer's schema (status 500)", ""),
    ("generate_bad_json", "the server refused the request (status 400)", ""),
    ("generate_bad_schema", "the server does not take the answer's schema (status 500)", "the server does not take the answer's schema (status 400)"),
    ("generate_bad_top_logprobs", "the server refused the request (status 400)", ""),
    ("generate_digits_repetition_abort", "0.00, cut short", ""),
    ("generate_empty_body", "the server refused the request (status 400)", ""),
    ("generate_fills_context", "2 x too long", ""),
    ("generate_glance_1", "0.53", "0.44"),
    ("generate_glance_2", "0.42", "0.36"),
    ("generate_glance_multibyte", "label absent", ""),
    ("generate_injected_turns", "2 x cut short", ""),
    ("generate_json_format", "4 x unparseable", "0.00, 0.37, 0.74, 0.10"),
    ("generate_missing_model", "the model is not there (status 404)", ""),
    ("generate_no_model", "the model is not there (status 404)", ""),
    ("generate_options_reload", "2 x cut short", ""),
    ("generate_plain_length", "2 x cut short", ""),
    ("generate_raw_with_system", "the server refused the request (status 400)", ""),
    ("generate_repetition_abort", "2 x cut short", ""),
    ("generate_schema_array", "0.00, 0.37, 0.74, 0.10", ""),
    ("generate_schema_digits_logprobs", "0.11, 0.29, 0.05, 0.01", "0.10, 0.27, 0.04, 0.01"),
    ("generate_schema_keyed", "0.00, 0.37, 0.74, 0.10", ""),
    ("generate_schema_keyed_again", "0.00, 0.37, 0.74, 0.10", ""),
    ("generate_schema_keyed_cut", "0.00, cut short", ""),
    ("generate_stream", "2 x cut short", ""),
    ("generate_stream_logprobs", "0.11, 0.00", ""),
    ("generate_think_unsupported", "the server refused the request (status 400)", ""),
    ("generate_too_long_cut", "2 x too long", ""),
    ("generate_too_long_refused", "the prompt is longer than the context (status 400)", ""),
    ("generate_unknown_option", "2 x cut short", ""),
    ("generate_wrong_method", "the server refused the request (status 405)", ""),
    ("generate_wrong_option_type", "the server refused the request (status 500)", ""),
    ("load", "2 x cut short", ""),
    ("model_name_case", "2 x cut short", ""),
    ("openai_chat", "the answer is not of the protocol: JSON of another kind came (status 200)", ""),
    ("parallel_1", "2 x cut short", ""),
    ("parallel_2", "2 x cut short", ""),
    ("parallel_4", "2 x cut short", ""),
    ("ps_idle", "0 loaded", ""),
    ("ps_loaded", "1 loaded", ""),
    ("queue_full", "2 x cut short | the server is busy (status 503)", ""),
    ("root", "the answer is not of the protocol (status 200)", ""),
    ("runner_killed", "the model process died (status 500) | 2 x cut short", ""),
    ("runner_killed_stream", "the model process died (status 200)", ""),
    ("show", "gemma3 32768 Gemma { thoughts: false } [\"completion\"]", ""),
    ("show_missing", "the model is not there (status 404)", ""),
    ("tags", "smollm2:135m 5af8e9 Q4_1, gemma3:270m-base-q4 7d8719 Q4_K_M", "gemma3:270m-base-q4 c8c54a Q4_K_M"),
    ("unknown_path", "the server refused the request (status 404)", ""),
    ("unload", "2 x cut short | 1 loaded", "2 x cut short | 0 loaded"),
    ("version", "0.24.0", "0.33.0-rc2"),
];

#[tokio::test(flavor = "multi_thread")]
async fn every_recording_ends_as_a_user_would_expect() {
    let Some(folder) = shared() else {
        eprintln!(
            "SKIPPED: no recordings beside the project; set MIDBAND_SHARED to the folder that holds them"
        );
        return;
    };
    let mut found: BTreeMap<String, [String; 2]> = BTreeMap::new();
    for (index, generation) in ["ollama-0.24.0", "ollama-0.33.0-rc2"]
        .into_iter()
        .enumerate()
    {
        for file in std::fs::read_dir(folder.join(generation)).unwrap() {
            let text = std::fs::read_to_string(file.unwrap().path()).unwrap();
            let recording: Value = serde_json::from_str(&text).unwrap();
            let mut outcomes = Vec::new();
            for exchange in recording["exchanges"].as_array().unwrap() {
                outcomes.push(outcome(exchange).await);
            }
            outcomes.dedup();
            found
                .entry(recording["name"].as_str().unwrap().to_owned())
                .or_default()[index] = outcomes.join(" | ");
        }
    }
    let table: String = found
        .iter()
        .map(|(name, [old, new])| {
            format!(
                "    ({name:?}, {old:?}, {:?}),\n",
                if old == new { "" } else { new }
            )
        })
        .collect();
    let expected: String = EXPECTED
        .iter()
        .map(|row| format!("    {row:?},\n"))
        .collect();
    assert_eq!(found.len(), 54, "recordings came or went");
    assert!(table == expected, "outcomes changed:\n{table}");
}
