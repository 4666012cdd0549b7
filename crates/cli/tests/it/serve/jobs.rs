//! Jobs: begun, cancelled, gone on with after a kill.

use super::*;

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
    let again = |answer: &crate::common::http::Answer| {
        let value = answer.headers.get("retry-after");
        value.map(|value| value.to_str().unwrap().to_owned())
    };
    assert_eq!(again(&created).as_deref(), Some("2"));
    let path = created.headers["location"].to_str().unwrap().to_owned();
    let open = server.get(&format!("{path}/result"));
    assert_eq!((open.status, again(&open).as_deref()), (409, Some("2")));
    assert_eq!(again(&server.get(&path)).as_deref(), Some("2"));
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
    let ended = server.get(&path);
    assert_eq!(again(&ended), None);
    let job = ended.json();
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
    let path = |answer: &crate::common::http::Answer| {
        answer.headers["location"].to_str().unwrap().to_owned()
    };
    let first = path(&create(200));
    let second = path(&server.post(
        "/jobs",
        JSON,
        json!({"pairs": [{"a": "x", "b": "x"}]}).to_string(),
    ));
    let third = create(1);
    assert_eq!(third.status, 429);
    assert!(third.headers.contains_key("retry-after"));
    until(180, "the first runs", || {
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
fn no_accepted_job_is_lost_by_a_kill_and_none_is_made_twice() {
    let dir = tempdir().unwrap();
    let arguments = [
        "--judge",
        "none",
        "--api-key",
        "swordfish",
        "--band",
        "0.4..0.9",
    ];
    let mut server = Served::start(dir.path(), &arguments);
    let create = |server: &Served, key: &str, pairs: usize| {
        let request = server
            .request(Method::POST, "/jobs")
            .bearer_auth("swordfish");
        let request = request
            .header("content-type", LINES)
            .header("idempotency-key", key);
        server.send(request.body(patients(pairs)))
    };
    let look = |server: &Served, path: &str| {
        server.send(server.request(Method::GET, path).bearer_auth("swordfish"))
    };
    let mut paths = Vec::new();
    let path = |created: &crate::common::http::Answer| {
        assert_eq!(created.status, 202, "{}", created.text());
        created.headers["location"].to_str().unwrap().to_owned()
    };
    for key in ["a", "b", "c", "d", "e"] {
        paths.push(path(&create(&server, key, 30)));
    }
    // Many at once: each is a job of its own, but for those that say that they are the same.
    let at_once: Vec<String> = server.runtime.block_on(async {
        let send = |at: usize| {
            let request = server
                .request(Method::POST, "/jobs")
                .bearer_auth("swordfish")
                .header("content-type", LINES)
                .header("idempotency-key", format!("many {}", at / 4));
            tokio::spawn(answer(request.body(patients(30))))
        };
        let mut paths = Vec::new();
        for one in (0..40).map(send).collect::<Vec<_>>() {
            paths.push(path(&one.await.unwrap()));
        }
        paths
    });
    let mut distinct = at_once.clone();
    distinct.dedup();
    assert_eq!(distinct.len(), 10, "{at_once:?}");
    server.stop("-KILL");
    drop(server);

    let server = Served::start(dir.path(), &arguments);
    let again = create(&server, "c", 30);
    assert_eq!(
        (again.status, again.headers["location"].to_str().unwrap()),
        (202, paths[2].as_str())
    );
    assert_eq!(
        create(&server, "c", 29).status,
        422,
        "the same key for another request"
    );
    assert_eq!(create(&server, "", 30).status, 400);
    let list = look(&server, "/jobs").json();
    let ids: Vec<String> = list["jobs"]
        .as_array()
        .unwrap()
        .iter()
        .rev()
        .map(|job| format!("/jobs/{}", job["id"].as_str().unwrap()))
        .collect();
    assert_eq!(ids[..paths.len()], paths);
    assert_eq!(ids.len(), paths.len() + distinct.len());
    assert!(distinct.iter().all(|path| ids.contains(path)));
    for path in &ids {
        until(300, "the job is finished", || {
            look(&server, path).json()["state"] == "finished"
        });
        let scores = look(&server, &format!("{path}/scores")).json();
        assert_eq!(scores["scores"].as_array().unwrap().len(), 30);
        assert_eq!(scores["summary"]["pairs"], 30);
        assert_eq!(scores["provenance"]["judge"], "none");
    }
    // Without a key an id is the only secret: nothing lists them.
    let open = tempdir().unwrap();
    assert_eq!(alone(open.path()).get("/jobs").status, 403);
}

#[test]
fn a_stop_has_a_bound() {
    let dir = tempdir().unwrap();
    let slow = Server::at_speed(&root().join("data/patients.jsonl"), 0.8, 1.0);
    let mut server = Served::start(
        dir.path(),
        &[
            "--ollama",
            &slow.url(),
            "--band",
            "0.4..0.9",
            "--stop-within",
            "1s",
        ],
    );
    let request = server
        .request(Method::POST, "/score?deadline_ms=60000")
        .header("content-type", LINES);
    let request = request.body(patients(60));
    server
        .runtime
        .spawn(async move { drop(request.send().await) });
    until(30, "the request is taken", || {
        server
            .get("/metrics")
            .text()
            .contains("midband_requests_working 1")
    });
    let begin = Instant::now();
    assert_eq!(server.stop("-TERM"), Some(0));
    assert!(
        begin.elapsed().as_secs_f64() < 15.0,
        "{:?}",
        begin.elapsed()
    );
    assert!(
        server.stderr().contains("--stop-within"),
        "{}",
        server.stderr()
    );
}
