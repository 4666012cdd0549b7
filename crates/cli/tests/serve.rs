//! `midband serve`: the real binary over HTTP.

#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]

mod common;

use std::{fs, path::Path, time::Instant};

use common::{
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
    midband(
        dir.path(),
        &[
            "score",
            "in.jsonl",
            "-o",
            "out.jsonl",
            "--judge",
            "none",
            "-q",
        ],
    );
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
fn what_can_not_be_used_is_refused_with_its_place_and_without_its_text() {
    let dir = tempdir().unwrap();
    let server = Served::start(
        dir.path(),
        &[
            "--judge",
            "none",
            "--max-body-bytes",
            "4000",
            "--max-pairs",
            "3",
            "--max-text-bytes",
            "500",
        ],
    );
    let good = json!({"a": "Zebulon Q.", "b": "Zebulon"});
    let long = json!({"a": "Zebulon ".repeat(100), "b": "x"});
    let cases = [
        (JSON, json!({"pairs": [good, {"a": "Zebulon"}]}).to_string(), 422, Some(1)),
        (JSON, json!({"pairs": [good, good, {"a": 1, "b": "Zebulon"}]}).to_string(), 422, Some(2)),
        (JSON, json!({"pairs": [good, long]}).to_string(), 422, Some(1)),
        (JSON, json!({"pairs": [{"id": 1, "a": "Zebulon", "b": "x"}, {"id": "1", "a": "x", "b": "x"}]}).to_string(), 422, Some(1)),
        (JSON, json!({"pairs": ["Zebulon"]}).to_string(), 422, Some(0)),
        (JSON, json!({"pairs": [good, good, good, good]}).to_string(), 413, None),
        (JSON, json!({"pairs": [{"a": "Zebulon ".repeat(1000), "b": "x"}]}).to_string(), 413, None),
        (JSON, json!({"pairs": "Zebulon"}).to_string(), 422, None),
        (JSON, json!(["Zebulon"]).to_string(), 422, None),
        (JSON, "{\"pairs\": [{\"a\": \"Zebulon".to_owned(), 400, None),
        (JSON, json!({"pairs": [good], "policy": "Zebulon"}).to_string(), 422, None),
        (JSON, json!({"pairs": [good], "policy": "budget"}).to_string(), 422, None),
        (JSON, json!({"pairs": [good], "policy": "target", "target": "f1=7"}).to_string(), 422, None),
        (JSON, json!({"pairs": [good], "task": "other"}).to_string(), 422, None),
        (JSON, json!({"pairs": [good], "deadline_ms": -1}).to_string(), 422, None),
        (JSON, json!({"pairs": [good], "deadline_ms": 999_999_999}).to_string(), 422, None),
        (LINES, "{\"id\":1,\"a\":\"x\",\"b\":\"y\"}\nZebulon".to_owned(), 422, Some(1)),
        ("text/csv", "id,a\n1,Zebulon".to_owned(), 422, None),
        ("text/plain", "Zebulon".to_owned(), 415, None),
    ];
    for (kind, body, status, index) in cases {
        let said = server.post("/score", kind, body.clone());
        let problem = said.json();
        assert_eq!(said.status, status, "{body} {problem}");
        assert_eq!(said.kind, "application/problem+json");
        assert_eq!(problem["status"], status);
        assert_eq!(problem["index"].as_u64(), index, "{body} {problem}");
        assert!(!said.text().contains("Zebulon"), "{problem}");
    }
    assert_eq!(server.get("/nothing/Zebulon").status, 404);
    let wrong_method = server.get("/score");
    assert_eq!(
        (
            wrong_method.status,
            wrong_method.headers["allow"].to_str().unwrap()
        ),
        (405, "POST")
    );
    assert_eq!(
        server
            .post("/score", JSON, json!({"pairs": []}).to_string())
            .json()["scores"],
        json!([])
    );
    let metrics = server.get("/metrics").text();
    assert!(metrics.contains("midband_http_requests_total{route=\"/score\",status=\"422\"}"));
    assert!(
        !metrics.contains("Zebulon") && !server.stderr().contains("Zebulon"),
        "{}",
        server.stderr()
    );
}

#[test]
fn nobody_gets_in_without_the_key_or_by_another_name() {
    let dir = tempdir().unwrap();
    let open = midband(
        dir.path(),
        &[
            "serve",
            "--listen",
            "0.0.0.0:0",
            "--state",
            "x",
            "--judge",
            "none",
        ],
    );
    assert_eq!(open.code, 2);
    assert!(open.stderr.contains("MIDBAND_API_KEY"), "{}", open.stderr);

    let server = Served::start(dir.path(), &["--judge", "none", "--api-key", "swordfish"]);
    let body = json!({"pairs": [{"a": "x", "b": "y"}]}).to_string();
    let score = |name: &str, value: &str| {
        let request = server
            .request(Method::POST, "/score")
            .header("content-type", JSON);
        server
            .send(request.header(name, value).body(body.clone()))
            .status
    };
    assert_eq!(score("x-nothing", "x"), 401);
    assert_eq!(score("authorization", "Bearer swordfis"), 401);
    for (name, value) in [
        ("authorization", "Bearer swordfish"),
        ("authorization", "Basic bWU6c3dvcmRmaXNo"),
        ("x-api-key", "swordfish"),
    ] {
        assert_eq!(score(name, value), 200, "{name}: {value}");
    }
    for path in [
        "/info",
        "/metrics",
        "/openapi.json",
        "/review",
        "/docs/",
        "/jobs/x",
    ] {
        assert_eq!(server.get(path).status, 401, "{path}");
    }
    for path in ["/health", "/ready"] {
        assert_eq!(server.get(path).status, 200, "{path}");
    }
    drop(server);

    let server = alone(dir.path());
    let named = |host: &str| {
        server
            .send(server.request(Method::GET, "/info").header("host", host))
            .status
    };
    assert_eq!((named("localhost:1"), named("evil.example")), (200, 403));
    let crossed = server
        .request(Method::POST, "/jobs")
        .header("sec-fetch-site", "cross-site")
        .header("sec-fetch-mode", "no-cors");
    assert_eq!(
        server
            .send(crossed.header("content-type", JSON).body(body.clone()))
            .status,
        403
    );
}

#[test]
fn a_slow_judge_never_delays_the_answer_and_its_verdicts_are_not_lost() {
    let dir = tempdir().unwrap();
    let labels = root().join("data/patients.jsonl");
    let slow = Server::at_speed(&labels, 0.8, 10.0);
    let server = Served::start(dir.path(), &["--ollama", &slow.url(), "--band", "0.4..0.9"]);
    let lines = patients(30);
    // The embeddings first, so that the deadline is the judge's alone.
    server.post("/score?deadline_ms=1", LINES, lines.clone());
    let begin = Instant::now();
    let hurried = server
        .post("/score?deadline_ms=200", LINES, lines.clone())
        .json();
    assert!(begin.elapsed().as_secs_f64() < 2.0, "{:?}", begin.elapsed());
    let asked = hurried["summary"]["routes"]["ask"].as_u64().unwrap();
    assert!(asked >= 5);
    assert_eq!(hurried["summary"]["unanswered"]["out of budget"], asked);
    for row in hurried["scores"].as_array().unwrap() {
        let open = row["route"] == "ask";
        assert_eq!(row["decided_by"] == "fallback", open);
        assert!(row["score"].is_number() && row["judge_score"].is_null());
        assert!(!open || row["decision"] == "review");
    }
    let metric = |name: &str| {
        let metrics = server.get("/metrics").text();
        let line = metrics
            .lines()
            .find(|line| line.starts_with(name))
            .unwrap_or("x 0")
            .to_owned();
        line.rsplit(' ').next().unwrap().parse::<u64>().unwrap()
    };
    until(60, "all late verdicts are there", || {
        metric("midband_pairs_late ") == 0
    });
    let later = server.post("/score?deadline_ms=200", LINES, lines).json();
    assert_eq!(
        later["summary"]["decided_by"]["cache"], asked,
        "{}",
        later["summary"]
    );
    // Two hurried requests waited for the same pairs: each was asked about once.
    assert_eq!(
        metric("midband_judge{kind=\"answered\"}") - metric("midband_judge{kind=\"cached\"}"),
        asked
    );
    assert!(
        later["provenance"]["judge"]
            .as_str()
            .unwrap()
            .contains("SIMULATED")
    );
}

#[test]
fn a_judge_that_comes_late_is_found() {
    let dir = tempdir().unwrap();
    let free = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
    let address = free.local_addr().unwrap();
    drop(free);
    let server = Served::start(
        dir.path(),
        &[
            "--ollama",
            &format!("http://{address}"),
            "--band",
            "0.4..0.9",
        ],
    );
    let lines = patients(30);
    let state = || server.get("/ready").json()["judges"]["patient-match"]["state"].clone();
    assert_eq!(state(), "absent");
    let without = server.post("/score", LINES, lines.clone()).json();
    assert_eq!(without["summary"]["decided_by"]["judge"], Value::Null);
    assert!(
        without["summary"]["unanswered"]
            .as_object()
            .unwrap()
            .keys()
            .any(|why| why.contains("unreachable"))
    );
    let _judge = Server::at_address(&root().join("data/patients.jsonl"), 0.8, address);
    until(30, "the judge is found", || state() == "connected");
    let with = server.post("/score", LINES, lines).json();
    assert!(
        with["summary"]["decided_by"]["judge"].as_u64().unwrap() >= 5,
        "{}",
        with["summary"]
    );
}

#[test]
fn a_job_survives_a_kill_and_gives_what_a_request_gives() {
    let dir = tempdir().unwrap();
    let slow = Server::at_speed(&root().join("data/patients.jsonl"), 0.8, 30.0);
    let url = slow.url();
    let arguments = ["--ollama", url.as_str(), "--band", "0.4..0.9"];
    let mut server = Served::start(dir.path(), &arguments);
    let bad = format!("{}\nnot a pair", patients(40));
    let created = server.post("/jobs?include_text=false", LINES, bad);
    assert_eq!(created.status, 202, "{}", created.text());
    let path = created.headers["location"].to_str().unwrap().to_owned();
    assert_eq!(server.get(&format!("{path}/result")).status, 409);
    until(60, "the judge is asked", || {
        let job = server.get(&path).json();
        job["state"] == "running"
            && job["asked"].as_u64().unwrap() > 0
            && job["calls_left"].as_u64().unwrap() > 0
    });
    server.stop("-KILL");
    drop(server);

    let mut server = Served::start(dir.path(), &arguments);
    until(90, "the job is finished", || {
        server.get(&path).json()["state"] == "finished"
    });
    let job = server.get(&path).json();
    assert_eq!(
        (job["pairs"].as_u64(), job["scored"].as_u64()),
        (Some(40), Some(40))
    );
    assert_eq!(job["summary"]["rejected_rows"], 1);
    let rows = objects(&server.get(&format!("{path}/result")).text());
    let request = server.post("/score", LINES, patients(40)).json();
    for (row, wanted) in rows.iter().zip(request["scores"].as_array().unwrap()) {
        assert_eq!(
            (&row["id"], &row["decision"]),
            (&wanted["id"], &wanted["decision"])
        );
        assert!(!row.contains_key("a"));
    }
    let report = |kind: &str| {
        let request = server
            .request(Method::GET, &format!("{path}/result"))
            .header("accept", kind);
        server.send(request)
    };
    assert!(report("application/pdf").body.starts_with(b"%PDF-"));
    assert!(report("text/html").text().contains("midband report"));
    let as_json = report(JSON).json();
    assert_eq!(
        (
            as_json["pairs"].as_u64(),
            as_json["rejected_rows"][0]["line"].as_u64()
        ),
        (Some(40), Some(41))
    );

    let id = path.rsplit('/').next().unwrap();
    let page = server.get(&format!("/review?job={id}")).text();
    assert!(
        page.contains("\\u003c") || page.contains("\"pairs\":[{"),
        "the page holds the job's pairs"
    );
    assert_eq!(
        server.send(server.request(Method::DELETE, &path)).status,
        204
    );
    for gone in [
        path.clone(),
        format!("{path}/result"),
        format!("/review?job={id}"),
    ] {
        assert_eq!(server.get(&gone).status, 404, "{gone}");
    }
    assert_eq!(
        server.send(server.request(Method::DELETE, &path)).status,
        404
    );
    assert_eq!(server.stop("-TERM"), Some(0));
}

#[test]
fn a_running_job_can_be_cancelled_and_the_next_one_runs() {
    let dir = tempdir().unwrap();
    let slow = Server::at_speed(&root().join("data/patients.jsonl"), 0.8, 2.0);
    let server = Served::start(
        dir.path(),
        &[
            "--ollama",
            &slow.url(),
            "--band",
            "0.4..0.9",
            "--max-jobs",
            "2",
        ],
    );
    let create = |count| server.post("/jobs", LINES, patients(count));
    let path =
        |answer: &common::http::Answer| answer.headers["location"].to_str().unwrap().to_owned();
    let first = path(&create(200));
    let second = path(&server.post(
        "/jobs",
        JSON,
        json!({"pairs": [{"a": "x", "b": "x"}]}).to_string(),
    ));
    let third = create(1);
    assert_eq!(third.status, 429);
    assert!(third.headers.contains_key("retry-after"));
    until(60, "the first runs", || {
        server.get(&first).json()["asked"].as_u64().unwrap() > 0
    });
    assert_eq!(server.get(&second).json()["state"], "queued");
    assert_eq!(
        server.send(server.request(Method::DELETE, &first)).status,
        204
    );
    until(30, "the second is finished", || {
        server.get(&second).json()["state"] == "finished"
    });
}

#[test]
fn overload_is_refused_and_the_rest_is_answered() {
    let dir = tempdir().unwrap();
    let slow = Server::at_speed(&root().join("data/patients.jsonl"), 0.8, 5.0);
    let mut server = Served::start(
        dir.path(),
        &[
            "--ollama",
            &slow.url(),
            "--band",
            "0.4..0.9",
            "--concurrency",
            "2",
            "--request-deadline",
            "3s",
        ],
    );
    let ask = || {
        let request = server
            .request(Method::POST, "/score")
            .header("content-type", LINES);
        answer(request.body(patients(30)))
    };
    let statuses: Vec<u16> = server.runtime.block_on(async {
        let all = (0..20).map(|_| tokio::spawn(ask()));
        let mut statuses = Vec::new();
        for one in all.collect::<Vec<_>>() {
            let answer = one.await.unwrap();
            if answer.status == 429 {
                assert_eq!(answer.headers["retry-after"], "1");
            }
            statuses.push(answer.status);
        }
        statuses
    });
    assert_eq!(
        statuses.iter().filter(|&&status| status == 200).count(),
        2,
        "{statuses:?}"
    );
    assert!(
        statuses
            .iter()
            .all(|&status| status == 200 || status == 429)
    );
    assert_eq!(server.get("/health").status, 200);

    // Told to stop, it first answers what it has taken.
    let open = server.runtime.spawn(ask());
    until(10, "the request is taken", || {
        server
            .get("/metrics")
            .text()
            .contains("midband_requests_working 1")
    });
    assert_eq!(server.stop("-TERM"), Some(0));
    assert_eq!(server.runtime.block_on(open).unwrap().status, 200);
}

#[test]
fn an_upload_becomes_a_report() {
    let dir = tempdir().unwrap();
    let server = alone(dir.path());
    let form = |name: &str, text: &str| {
        format!(
            "--X\r\ncontent-disposition: form-data; name=\"file\"; filename=\"{name}\"\r\n\r\n{text}\r\n--X\r\n\
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
        .header("x-request-id", "mine-1");
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
}
