//! Who is let in, what is refused, and what happens under too many requests.

use std::{
    io::{Read, Write},
    net::TcpStream,
};

use super::*;

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
        (JSON, json!({"pairs": [good], "deadline": 5}).to_string(), 422, None),
        (JSON, json!({"pairs": [good], "polcy": "gain"}).to_string(), 422, None),
        (JSON, json!({"pairs": [good], "Zebulon Q., HIV": 1}).to_string(), 422, None),
        (JSON, "{\"pairs\": [], \"pairs\": [{\"a\": \"Zebulon\", \"b\": \"x\"}]}".to_owned(), 422, None),
        (JSON, "{\"pairs\": [{\"a\": \"x\", \"a\": \"Zebulon\", \"b\": \"x\"}]}".to_owned(), 422, None),
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
    // What a route would leave aside is refused, wherever it stands.
    let unknown = [
        ("/score", json!({"pairs": [good], "explain": true})),
        ("/score", json!({"pairs": [good], "part": true})),
        ("/score", json!({"pairs": [good], "source": "x"})),
        ("/analyze", json!({"pairs": [good], "explain": true})),
        ("/analyze-json", json!({"pairs": [good], "explain": true})),
        ("/jobs", json!({"pairs": [good], "explain": true})),
        ("/jobs", json!({"pairs": [good], "deadline_ms": 1})),
        ("/verdicts", json!({"pairs": [good], "explain": true})),
        ("/verdicts", json!({"pairs": [good], "policy": "gain"})),
    ];
    for (route, body) in unknown {
        let said = server.post(route, JSON, body.to_string());
        assert_eq!(said.status, 422, "{route} {body} {}", said.text());
        assert!(said.text().contains("is not a field"), "{}", said.text());
        let line = "{\"id\":1,\"a\":\"x\",\"b\":\"y\"}";
        let said = server.post(&format!("{route}?explain=true"), LINES, line);
        assert_eq!(said.status, 422, "{route} {}", said.text());
    }
    let both = server.post(
        "/score?parts=true",
        JSON,
        json!({"pairs": [good]}).to_string(),
    );
    assert_eq!(both.status, 422, "{}", both.text());
    // What a query says is neither passed over nor overruled.
    let line = json!({"id": 1, "a": "Zebulon Q.", "b": "Zebulon"}).to_string();
    for (query, status) in [
        ("polcy=gain", 422),
        ("parts=true", 200),
        ("include_text=true&include_text=false", 422),
        ("include_text=true", 200),
        ("task=%ff", 422),
    ] {
        let said = server.post(&format!("/score?{query}"), LINES, line.clone());
        assert_eq!(said.status, status, "{query}: {}", said.text());
        if query == "include_text=true" {
            assert_eq!(said.json()["scores"][0]["a"], "Zebulon Q.");
        }
    }
    // One file a form.
    let file = |name: &str| {
        format!(
            "--x\r\ncontent-disposition: form-data; name=\"file\"; filename=\"{name}\"\r\n\r\n{{\"id\":1,\"a\":\"Zebulon\",\"b\":\"x\"}}\r\n"
        )
    };
    let form = "multipart/form-data; boundary=x";
    let one = format!("{}--x--\r\n", file("a.jsonl"));
    assert_eq!(server.post("/analyze-json", form, one).status, 200);
    let two = format!("{}{}--x--\r\n", file("a.jsonl"), file("b.jsonl"));
    let said = server.post("/analyze-json", form, two);
    assert_eq!(said.status, 422, "{}", said.text());
    assert!(
        said.text().contains("more than one file"),
        "{}",
        said.text()
    );
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
fn clients_that_send_slowly_hold_nobody_up() {
    let dir = tempdir().unwrap();
    let server = Served::start(dir.path(), &["--judge", "none", "--concurrency", "2"]);
    let body = as_request(&patients(5), json!({}));
    let head = format!(
        "POST /score HTTP/1.1\r\nHost: localhost\r\nContent-Type: {JSON}\r\nContent-Length: {}\r\nConnection: close\r\n\r\n",
        body.len()
    );
    let half = body.len() / 2;
    let mut slow: Vec<TcpStream> = (0..20)
        .map(|_| {
            let mut stream = TcpStream::connect(server.url.trim_start_matches("http://")).unwrap();
            stream.write_all(head.as_bytes()).unwrap();
            stream.write_all(&body[..half]).unwrap();
            stream
        })
        .collect();
    for _ in 0..5 {
        assert_eq!(server.post("/score", JSON, body.clone()).status, 200);
    }
    let metrics = server.get("/metrics").text();
    assert!(metrics.contains("midband_requests_working 0"), "{metrics}");
    // Who comes to the end is answered all the same.
    let mut last = slow.pop().unwrap();
    last.write_all(&body[half..]).unwrap();
    let mut answered = String::new();
    last.read_to_string(&mut answered).unwrap();
    assert!(answered.starts_with("HTTP/1.1 200"), "{answered}");
}
