//! Every recorded request of both Ollama generations and of llama.cpp's server, sent to the simulator: status, content type
//! and shape of body side by side with what the real server answered.
//!
//! The recordings lie beside the project, in the folder that `MIDBAND_SHARED` names or in
//! `../shared`; without them the test says so and passes.

#![allow(clippy::unwrap_used)]

use std::{
    collections::BTreeSet,
    path::{Path, PathBuf},
};

use midband_sim::{Api, Fault, FaultRate, OpenAiServer, Options, SimModel, Simulator};
use serde_json::Value;

fn recordings() -> Option<PathBuf> {
    let beside = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../../shared");
    let folder = std::env::var_os("MIDBAND_SHARED")
        .map_or(beside, PathBuf::from)
        .join("recordings");
    folder.is_dir().then_some(folder)
}

/// Every path in a value with the kind of what stands there; elements of a list share a path.
fn shape(value: &Value, path: &str, into: &mut BTreeSet<String>) {
    let kind = match value {
        Value::Null => "null",
        Value::Bool(_) => "bool",
        Value::Number(_) => "number",
        Value::String(_) => "string",
        Value::Array(items) => {
            items
                .iter()
                .for_each(|item| shape(item, &format!("{path}[]"), into));
            "list"
        }
        Value::Object(members) => {
            members
                .iter()
                .for_each(|(key, item)| shape(item, &format!("{path}.{key}"), into));
            "object"
        }
    };
    into.insert(format!("{path}: {kind}"));
}

fn shapes<'a>(bodies: impl Iterator<Item = &'a str>) -> BTreeSet<String> {
    let mut all = BTreeSet::new();
    for body in bodies {
        match serde_json::from_str::<Value>(body) {
            Ok(value) => shape(&value, "", &mut all),
            Err(_) => drop(all.insert(format!("text {}", body.trim()))),
        }
    }
    all
}

async fn send(client: &reqwest::Client, url: &str, request: &Value) -> (u64, String, String) {
    let address = format!("{url}{}", request["path"].as_str().unwrap());
    let mut call = if request["method"] == "GET" {
        client.get(address)
    } else {
        client.post(address)
    };
    call = match &request["body"] {
        Value::Null => call,
        // A body that is no JSON was recorded as text.
        Value::String(text) => call.body(text.clone()),
        body => call.body(body.to_string()),
    };
    let response = call.send().await.unwrap();
    assert_eq!(response.headers()[midband_sim::SIMULATOR_HEADER], "1");
    let content_type = response.headers()["content-type"]
        .to_str()
        .unwrap()
        .to_owned();
    (
        u64::from(response.status().as_u16()),
        content_type,
        response.text().await.unwrap(),
    )
}

fn options(api: Api, name: &str) -> Options {
    let models = vec![
        SimModel::plain("gemma3:270m-base-q4", "gemma3"),
        SimModel::plain("smollm2:135m", "llama"),
    ];
    let busy = name == "queue_full";
    let dies = name.starts_with("runner_killed");
    Options {
        api,
        models,
        speed: 1_000.0,
        loaded: !busy && name != "ps_idle",
        parallel: busy.then_some(1),
        max_queue: if busy { 1 } else { 512 },
        faults: dies
            .then_some(FaultRate {
                fault: Fault::Error500,
                rate: 1.0,
            })
            .into_iter()
            .collect(),
        ..Options::default()
    }
}

fn of_response(response: &Value) -> (u64, String, BTreeSet<String>) {
    let texts: Vec<String> = match (&response["json"], &response["text"], &response["lines"]) {
        (_, _, Value::Array(lines)) => lines
            .iter()
            .map(|line| line["line"].as_str().unwrap().to_owned())
            .collect(),
        (_, Value::String(text), _) => vec![text.clone()],
        (json, ..) => vec![json.to_string()],
    };
    let content_type = response["headers"]["Content-Type"]
        .as_str()
        .unwrap()
        .to_owned();
    (
        response["status"].as_u64().unwrap(),
        content_type,
        shapes(texts.iter().map(String::as_str)),
    )
}

#[tokio::test]
async fn every_recorded_request_is_answered_in_the_recorded_shape() {
    let Some(folder) = recordings() else {
        eprintln!(
            "SKIPPED: no recordings beside the project; set MIDBAND_SHARED to the folder that holds them"
        );
        return;
    };
    let client = reqwest::Client::builder().no_proxy().build().unwrap();
    let mut compared = 0;
    let mut differences = String::new();
    for (api, generation) in [
        (Api::V0_24, "ollama-0.24.0"),
        (Api::V0_33, "ollama-0.33.0-rc2"),
    ] {
        for file in std::fs::read_dir(folder.join(generation)).unwrap() {
            let text = std::fs::read_to_string(file.unwrap().path()).unwrap();
            let recording: Value = serde_json::from_str(&text).unwrap();
            let name = recording["name"].as_str().unwrap();
            let simulator = Simulator::start(options(api, name)).await.unwrap();
            let exchanges = recording["exchanges"].as_array().unwrap();
            let url = simulator.url();
            let sent: Vec<_> = if name == "queue_full" || name.starts_with("parallel") {
                // Sent at once, as they were recorded; those that got in stand first.
                let calls = exchanges
                    .iter()
                    .map(|exchange| send(&client, &url, &exchange["request"]));
                let mut all = futures_util::future::join_all(calls).await;
                all.sort_by_key(|(status, ..)| *status);
                all
            } else {
                let mut all = Vec::new();
                for (index, exchange) in exchanges.iter().enumerate() {
                    // The request after the killed one was answered: by another, sound server.
                    let sound = Simulator::start(options(api, "")).await.unwrap();
                    let to = if name == "runner_killed" && index > 0 {
                        sound.url()
                    } else {
                        url.clone()
                    };
                    all.push(send(&client, &to, &exchange["request"]).await);
                }
                all
            };
            for (exchange, (status, content_type, body)) in exchanges.iter().zip(sent) {
                compared += 1;
                let stream = content_type.contains("ndjson");
                let bodies = if stream {
                    body.lines().collect()
                } else {
                    vec![body.as_str()]
                };
                let found = (status, content_type.clone(), shapes(bodies.into_iter()));
                let expected = of_response(&exchange["response"]);
                // Right after an unload, a real server may still list the model, or not.
                if found != expected
                    && !(name == "unload" && exchange["request"]["path"] == "/api/ps")
                {
                    let missing: Vec<_> = expected.2.difference(&found.2).collect();
                    let added: Vec<_> = found.2.difference(&expected.2).collect();
                    differences += &format!(
                        "{generation} {name}: {} {} missing {missing:?} added {added:?}\n",
                        found.0, found.1
                    );
                }
            }
        }
    }
    assert!(compared >= 108, "{compared}");
    assert!(differences.is_empty(), "{differences}");
}

/// Recordings of what the simulator does not imitate: streams, other endpoints, and the list of models,
/// whose owner is the simulator itself. A reader must not meet a half imitation.
const NOT_IMITATED: [&str; 6] = [
    "chat_stream",
    "metrics",
    "models",
    "tokenize",
    "unknown_path",
    "completion_grammar",
];

#[tokio::test]
async fn llama_cpps_own_server_is_imitated_in_the_recorded_shape() {
    let Some(folder) = recordings() else {
        eprintln!(
            "SKIPPED: no recordings beside the project; set MIDBAND_SHARED to the folder that holds them"
        );
        return;
    };
    let client = reqwest::Client::builder().no_proxy().build().unwrap();
    let (mut compared, mut differences) = (0, String::new());
    for file in std::fs::read_dir(folder.join("llama-server")).unwrap() {
        let text = std::fs::read_to_string(file.unwrap().path()).unwrap();
        let recording: Value = serde_json::from_str(&text).unwrap();
        let name = recording["name"].as_str().unwrap();
        if NOT_IMITATED.contains(&name) {
            continue;
        }
        let simulator = Simulator::start(Options {
            openai: OpenAiServer::LlamaCpp,
            context: 2_048,
            ..options(Api::V0_33, name)
        })
        .await
        .unwrap();
        for exchange in recording["exchanges"].as_array().unwrap() {
            // The simulator is never seen while it loads, and says less about a prompt that is too long.
            let (status, _, mut expected) = of_response(&exchange["response"]);
            if status == 503 {
                continue;
            }
            expected.retain(|path| !path.starts_with(".error.n_"));
            let (found_status, _, body) =
                send(&client, &simulator.url(), &exchange["request"]).await;
            let found = shapes(std::iter::once(body.as_str()));
            compared += 1;
            if (found_status, &found) != (status, &expected) {
                let missing: Vec<_> = expected.difference(&found).collect();
                let added: Vec<_> = found.difference(&expected).collect();
                differences += &format!(
                    "{name}: {found_status} for {status}, missing {missing:?}, added {added:?}\n"
                );
            }
        }
    }
    assert!(compared >= 14, "{compared}");
    assert!(differences.is_empty(), "{differences}");
}
