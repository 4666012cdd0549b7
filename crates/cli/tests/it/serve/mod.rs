//! `midband serve`: the real binary over HTTP.

#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]

mod bodies;
mod jobs;
mod labels;
mod limits;
mod lists;
#[cfg(feature = "otel")]
mod traces;
mod waiting;

use std::{fs, path::Path, time::Instant};

use crate::common::{
    Midband,
    http::{Served, answer, until},
    midband, number, objects, objects_in, root,
    server::Server,
};
use reqwest::Method;
use serde_json::{Value, json};
use tempfile::tempdir;

const JSON: &str = "application/json";
const LINES: &str = "application/x-ndjson";

fn patients(count: usize) -> String {
    let text = fs::read_to_string(root().join("data/patients.jsonl")).unwrap();
    text.lines().take(count).collect::<Vec<_>>().join("\n")
}

fn as_request(lines: &str, more: Value) -> Vec<u8> {
    let mut request = more;
    request["pairs"] = objects(lines).into_iter().map(Value::Object).collect();
    serde_json::to_vec(&request).unwrap()
}

fn alone(dir: &Path) -> Served {
    Served::start(dir, &["--judge", "none"])
}

#[test]
fn scores_are_those_of_the_command_line_in_every_form() {
    let dir = tempdir().unwrap();
    let lines = patients(20);
    fs::write(dir.path().join("in.jsonl"), &lines).unwrap();
    // Standard input is scored as a request is: each pair by itself.
    Midband::new(
        dir.path(),
        &["score", "-", "-o", "out.jsonl", "--judge", "none", "-q"],
    )
    .stdin(lines.clone().into_bytes())
    .run();
    let wanted = objects_in(&dir.path().join("out.jsonl"));
    let server = alone(dir.path());

    let answered = server.post("/score", JSON, as_request(&lines, json!({})));
    assert_eq!((answered.status, answered.kind.as_str()), (200, JSON));
    let answer = answered.json();
    assert_eq!(answer["summary"]["pairs"], 20);
    assert_eq!(
        answer["provenance"]["embedding_model"]["name"],
        "all-MiniLM-L6-v2"
    );
    let in_json: Vec<_> = answer["scores"]
        .as_array()
        .unwrap()
        .iter()
        .map(|row| row.as_object().unwrap().clone())
        .collect();

    let request = server
        .request(Method::POST, "/score")
        .header("content-type", LINES)
        .header("accept", LINES);
    let streamed = server.send(request.body(lines.clone()));
    assert_eq!((streamed.status, streamed.kind.as_str()), (200, LINES));
    let in_lines = objects(&streamed.text());

    let mut csv = "key,x,y\n".to_owned();
    for pair in objects(&lines) {
        let cell = |name: &str| pair[name].as_str().unwrap().replace('"', "\"\"");
        csv += &format!("\"{}\",\"{}\",\"{}\"\n", cell("id"), cell("a"), cell("b"));
    }
    let in_csv = server
        .post("/score?id=key&left=x&right=y", "text/csv", csv)
        .json();
    let in_csv: Vec<_> = in_csv["scores"]
        .as_array()
        .unwrap()
        .iter()
        .map(|row| row.as_object().unwrap().clone())
        .collect();

    for rows in [&in_json, &in_lines, &in_csv] {
        assert_eq!(rows.len(), wanted.len());
        for (row, wanted) in rows.iter().zip(&wanted) {
            assert_eq!(row["id"], wanted["id"]);
            assert_eq!(
                (&row["decision"], &row["status"]),
                (&wanted["decision"], &wanted["status"])
            );
            assert!((number(row, "score") - number(wanted, "score")).abs() < 1e-5);
            assert!(!row.contains_key("a"), "no text unless it is asked for");
        }
    }
    assert_eq!(
        in_json[0]["label"], wanted[0]["label"],
        "other fields are passed through"
    );
    let with_text = server.post(
        "/score",
        JSON,
        as_request(&lines, json!({"include_text": true, "parts": true})),
    );
    let row = &with_text.json()["scores"][0];
    assert!(
        row["a"].as_str().is_some()
            && row["parts"]
                .as_object()
                .is_some_and(|parts| parts.len() >= 2)
    );
}

#[test]
fn every_answer_with_parts_names_contradictions() {
    let dir = tempdir().unwrap();
    let server = alone(dir.path());
    let pairs = json!([
        {"id": "other", "a": "71F, T2DM, left TKR 2011", "b": "Lady of 71, T2DM; right knee replaced 2011"},
        {"id": "same", "a": "71F, T2DM, left TKR 2011", "b": "Lady of 71, T2DM; left knee replaced 2011"},
    ]);
    let named = |row: &serde_json::Value| {
        let found = row["contradictions"].as_array().expect("a list");
        let said: Vec<&str> = found.iter().filter_map(|one| one.as_str()).collect();
        match row["id"].as_str() {
            Some("other") => assert!(
                said.len() == 1
                    && said[0].starts_with("side of")
                    && said[0].ends_with("left / right"),
                "{said:?}"
            ),
            _ => assert!(said.is_empty(), "{said:?}"),
        }
    };
    let request = |policy: Option<&str>| {
        let mut request = json!({"pairs": pairs, "parts": true});
        if let Some(policy) = policy {
            request["policy"] = json!(policy);
        }
        request.to_string()
    };
    for policy in [None, Some("gain")] {
        for route in ["/score", "/analyze-json"] {
            let answer = server.post(route, JSON, request(policy)).json();
            let rows = answer["scores"].as_array().unwrap();
            assert_eq!(rows.len(), 2, "{route}");
            rows.iter().for_each(named);
        }
        let lines = server.request(Method::POST, "/score");
        let lines = lines.header("content-type", JSON).header("accept", LINES);
        let rows = objects(&server.send(lines.body(request(policy))).text());
        assert_eq!(rows.len(), 2);
        rows.into_iter().for_each(|row| named(&row.into()));
    }
    let job = server.post("/jobs", JSON, request(None));
    let path = job.headers["location"].to_str().unwrap().to_owned();
    until(60, "the job is finished", || {
        server.get(&path).json()["state"] == "finished"
    });
    let rows = objects(&server.get(&format!("{path}/result")).text());
    assert_eq!(rows.len(), 2);
    rows.into_iter().for_each(|row| named(&row.into()));
    let without = server.post("/score", JSON, json!({"pairs": pairs}).to_string());
    assert!(without.json()["scores"][0].get("contradictions").is_none());
    let band = server.post("/score", JSON, request(Some("band"))).json();
    assert!(
        band["scores"][0]["contradictions"].is_null(),
        "a band has no features"
    );
}

#[test]
fn an_upload_becomes_a_report() {
    let dir = tempdir().unwrap();
    let server = alone(dir.path());
    let form = |name: &str, text: &str| {
        format!(
            "--X\r\ncontent-disposition: form-data; name=\"file\"; filename=\"{name}\"\r\n\r\n{text}\r\n--X\r\n\
             content-disposition: form-data; name=\"policy\"\r\n\r\nband\r\n--X\r\n\
             content-disposition: form-data; name=\"include_text\"\r\n\r\nfalse\r\n--X--\r\n"
        )
    };
    let kind = "multipart/form-data; boundary=X";
    let upload = form("some.jsonl", &format!("{}\nbroken", patients(50)));
    let report = server.post("/analyze-json", kind, upload.clone()).json();
    assert_eq!(
        (report["source"].as_str(), report["pairs"].as_u64()),
        (Some("some.jsonl"), Some(50))
    );
    assert_eq!(report["scores"].as_array().unwrap().len(), 50);
    assert_eq!(report["rejected_rows"][0]["line"], 51);
    assert_eq!(report["evaluation"]["labelled"], 50);
    assert!(report["roc"]["score"].as_array().unwrap().len() > 10);
    assert_eq!(report["band"]["lower"], 0.5);
    let pdf = server.post("/analyze", kind, upload);
    assert_eq!((pdf.status, pdf.kind.as_str()), (200, "application/pdf"));
    assert!(pdf.body.starts_with(b"%PDF-") && pdf.body.len() > 10_000);
    assert_eq!(
        server.post("/analyze", LINES, "").status,
        422,
        "nothing to report on"
    );
    assert_eq!(server.post("/analyze", kind, "--X--\r\n").status, 422);
}

#[test]
fn the_server_says_what_it_is() {
    let dir = tempdir().unwrap();
    let server = Served::start(
        dir.path(),
        &[
            "--judge",
            "none",
            "--more-tasks",
            "same-question",
            "--log",
            "json",
        ],
    );
    assert_eq!(server.get("/health").json(), json!({"status": "alive"}));
    let info = server.get("/info").json();
    let names: Vec<_> = info["tasks"]
        .as_array()
        .unwrap()
        .iter()
        .map(|task| task["name"].clone())
        .collect();
    assert_eq!(names, ["patient-match", "same-question"]);
    let document = server.get("/openapi.json").json();
    for path in [
        "/score",
        "/analyze",
        "/analyze-json",
        "/jobs",
        "/jobs/{id}",
        "/jobs/{id}/result",
        "/jobs/{id}/scores",
        "/verdicts",
        "/review",
        "/health",
        "/ready",
        "/info",
        "/metrics",
    ] {
        assert!(document["paths"][path].is_object(), "{path}");
    }
    let docs = server.get("/docs/").text();
    assert!(
        docs.contains("swagger") && !docs.contains("https://"),
        "the page must work offline: {docs}"
    );
    let id = server
        .request(Method::GET, "/info")
        .header("x-request-id", "mine-1")
        .header(
            "traceparent",
            "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01",
        );
    assert_eq!(server.send(id).headers["x-request-id"], "mine-1");
    let asked = server.post(
        "/score",
        JSON,
        json!({"pairs": [{"a": "x", "b": "x"}], "task": "same-question"}).to_string(),
    );
    assert_eq!(asked.json()["provenance"]["task"], "same-question");
    let log = server.stderr();
    let line = log.lines().find(|line| line.contains("mine-1")).unwrap();
    let line: Value = serde_json::from_str(line).unwrap();
    assert_eq!(
        (&line["method"], &line["route"], &line["status"]),
        (&json!("GET"), &json!("/info"), &json!(200))
    );
    assert_eq!(line["trace"], "0af7651916cd43dd8448eb211c80319c");
    let metrics = server.get("/metrics").text();
    for name in [
        "midband_build_info{version=\"",
        "process_resident_memory_bytes ",
        "process_cpu_seconds_total ",
        "process_open_fds ",
        "process_start_time_seconds ",
    ] {
        assert!(metrics.contains(name), "{name} in {metrics}");
    }
    assert_eq!(metrics.matches("# EOF").count(), 1);
    // Generators of clients want one type of body for an operation.
    for (path, operations) in document["paths"].as_object().unwrap() {
        for (method, operation) in operations.as_object().unwrap() {
            if let Some(content) = operation["requestBody"]["content"].as_object() {
                assert_eq!(content.len(), 1, "{method} {path}");
            }
        }
    }
    let schemes = document["components"]["securitySchemes"]
        .as_object()
        .unwrap();
    assert!(schemes.contains_key("bearer") && schemes.contains_key("key"));
    let score = &document["components"]["schemas"]["Score"]["properties"];
    assert_eq!(
        score["decision"]["$ref"],
        "#/components/schemas/DecisionName"
    );
}
