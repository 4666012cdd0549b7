//! Deadlines, and judges that are slow or come late.

use super::*;

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
