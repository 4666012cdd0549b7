//! `midband bench`: known figures come back, every mode is measured, and what is simulated says so.

#![allow(clippy::unwrap_used, clippy::panic)]

use crate::common::{Ran, midband, root, server::Server};
use midband_sim::OpenAiServer;
use serde_json::Value;

fn bench(file: &str, arguments: &[&str]) -> Ran {
    let dir = tempfile::tempdir().unwrap();
    let pairs = root().join("data").join(file);
    let mut all = vec!["bench", "--pairs", pairs.to_str().unwrap()];
    all.extend(arguments);
    midband(dir.path(), &all)
}

fn modes(ran: &Ran) -> Vec<Value> {
    assert_eq!(ran.code, 0, "{}", ran.stderr);
    let report: Value = serde_json::from_str(&ran.stdout).unwrap();
    report["modes"].as_array().unwrap().clone()
}

fn figure(row: &Value, name: &str) -> f64 {
    row[name]
        .as_f64()
        .unwrap_or_else(|| panic!("{name} of {row}"))
}

/// What the users of MedGemma 1.5 4B on an M3 Pro measured: seconds a pair, pairs a minute.
#[test]
fn the_simulated_machine_takes_the_times_that_its_users_measured() {
    let ran = bench(
        "patients.jsonl",
        &[
            "--sim",
            "m3pro",
            "--sim-speed",
            "60",
            "--limit",
            "36",
            "--mode",
            "standard,batched,parallel",
            "--json",
        ],
    );
    let rows = modes(&ran);
    let known = [
        ("standard", 19.85, 3.0),
        ("batched", 7.37, 8.1),
        ("parallel", 17.1, 3.5),
    ];
    assert_eq!(rows.len(), known.len());
    for (row, (mode, seconds, a_minute)) in rows.iter().zip(known) {
        assert_eq!(row["mode"], mode);
        let near = |value: f64, known: f64| (value / known - 1.0).abs() <= 0.1;
        assert!(near(figure(row, "avg_seconds"), seconds), "{row}");
        assert!(
            near(figure(row, "throughput_per_minute"), a_minute),
            "{row}"
        );
        assert_eq!(row["simulated"], true);
        // Thoughts of 500 tokens and more, shared by the pairs of a request.
        let thought = figure(row, "thought_tokens_per_pair");
        let shared = if mode == "batched" { 3.0 } else { 1.0 };
        assert!(
            (450.0..=1_000.0).contains(&(thought * shared - 30.0)),
            "{row}"
        );
        assert_eq!(figure(row, "calls"), 36.0 / shared);
        assert!(figure(row, "min_seconds") <= figure(row, "p95_seconds"));
        assert!(figure(row, "p95_seconds") <= figure(row, "max_seconds"));
        // The model is loaded before the first measured pair.
        assert!(figure(row, "warm_up_seconds") > figure(row, "min_seconds") + 5.0);
    }
    assert_eq!(figure(&rows[0], "speedup"), 1.0);
    assert!((2.0..3.5).contains(&figure(&rows[1], "speedup")));
}

#[test]
fn the_hybrid_modes_ask_fewer_pairs_in_less_time_and_are_right_as_often() {
    let ran = bench(
        "questions.jsonl",
        &[
            "--sim",
            "m3pro",
            "--sim-accuracy",
            "0.95",
            "--task",
            "same-question",
            "--mode",
            "batched,hybrid,yes-no,keyed,digits",
            "--iterations",
            "2",
            "--gold-sample",
            "40",
            "--limit",
            "60",
            "--json",
        ],
    );
    let rows = modes(&ran);
    let names: Vec<_> = rows
        .iter()
        .map(|row| row["mode"].as_str().unwrap())
        .collect();
    assert_eq!(names, ["batched", "hybrid", "yes-no", "keyed", "digits"]);
    let report: Value = serde_json::from_str(&ran.stdout).unwrap();
    assert_eq!(report["gold_pairs"], 40);
    assert_eq!(report["measured_pairs"], 100);
    for row in &rows[1..] {
        assert_eq!(figure(row, "pairs"), 100.0);
        // A thinking model that was not measured is asked with thoughts; the other modes write none.
        let thinks = row["prompting_mode"] == "think";
        assert_eq!(thinks, row["mode"] == "hybrid", "{row}");
        let faster = if thinks { 1.0 } else { 5.0 };
        assert!(figure(row, "speedup_over_batched") > faster, "{row}");
        assert_eq!(
            figure(row, "thought_tokens_per_pair") > 0.0,
            thinks,
            "{row}"
        );
        assert!(figure(row, "accuracy") > 0.85, "{row}");
        assert!(figure(row, "accuracy_on_asked") > 0.8, "{row}");
        let asked = figure(row, "share_asked");
        assert!(asked > 0.0 && asked <= 1.0, "{row}");
    }
    // Where standard was not measured there is nothing to be faster than.
    assert!(rows.iter().all(|row| row["speedup"].is_null()));
    // Two runs over the same pairs: a judge without a cache is asked twice.
    let way = |row: &Value| row["prompting_mode"].as_str().unwrap().to_owned();
    assert_eq!(way(&rows[2]), "yes-no");
    assert_eq!(way(&rows[3]), "keyed");
    assert_eq!(way(&rows[4]), "digits");
    assert_eq!(figure(&rows[2], "calls") % 2.0, 0.0);
}

#[test]
fn a_server_of_the_users_own_is_measured_and_tables_come_in_two_forms() {
    let labels = root().join("data/terms.jsonl");
    let server = Server::with(&labels, 1.0, OpenAiServer::LlamaCpp);
    let dir = tempfile::tempdir().unwrap();
    let arguments = [
        "bench",
        "--pairs",
        labels.to_str().unwrap(),
        "--task",
        "same-concept",
        "--mode",
        "standard,digits",
        "--limit",
        "6",
        "--markdown",
    ];
    let ran = server.run_openai(dir.path(), &arguments);
    assert_eq!(ran.code, 0, "{}", ran.stderr);
    let rows: Vec<&str> = ran
        .stdout
        .lines()
        .filter(|line| line.starts_with("| "))
        .collect();
    assert_eq!(rows.len(), 6, "{}", ran.stdout);
    assert!(rows[0].starts_with("| Mode | Avg time | Throughput per minute | Accuracy |"));
    assert!(rows[1].starts_with("| standard SIMULATED |") && rows[1].contains("100.0 %"));
    let text = bench(
        "terms.jsonl",
        &["--sim", "cores2", "--mode", "standard", "--limit", "4"],
    );
    assert_eq!(text.code, 0, "{}", text.stderr);
    assert!(
        text.stdout.contains("SIMULATED judge: profile cores2"),
        "{}",
        text.stdout
    );
    assert!(
        text.stdout.contains("standard SIMULATED"),
        "{}",
        text.stdout
    );
    // A result shows no text of a pair.
    assert!(!text.stdout.contains("infarction") && !ran.stdout.contains("infarction"));
}

#[test]
fn what_can_not_be_measured_is_said() {
    for (arguments, words) in [
        (
            &["--sim", "m3pro", "--sim-accuracy", "2"][..],
            "--sim-accuracy",
        ),
        (&["--sim", "m3pro", "--sim-speed", "0"], "--sim-speed"),
        (
            &["--sim", "m3pro", "--gold-sample", "140"],
            "140 labeled pairs",
        ),
        (&["--sim", "m3pro", "--batch-size", "17"], "1 to 16"),
        (&["--sim", "abacus"], "m3pro"),
        (
            &["--sim", "m3pro", "--ollama", "http://127.0.0.1:9"],
            "--sim",
        ),
        (
            &["--ollama", "http://127.0.0.1:9", "--mode", "standard"],
            "cannot measure the mode standard",
        ),
    ] {
        let ran = bench("questions.jsonl", arguments);
        assert_eq!(ran.code, 2, "{arguments:?}: {}", ran.stdout);
        assert!(ran.stderr.contains(words), "{arguments:?}: {}", ran.stderr);
    }
}
