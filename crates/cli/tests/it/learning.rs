//! `midband calibrate` and the policies that learn: the real binary, the real embedding model, the simulator.

#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]

use std::{fs, path::Path};

use crate::common::{Ran, midband, number, objects, objects_in, root, server::Server, shared};
use serde_json::Value;
use tempfile::tempdir;

pub(crate) fn start(labels: &Path, accuracy: f64) -> Server {
    Server::start(labels, accuracy, &[])
}

/// With a cache, so that a text is embedded once in a test.
pub(crate) fn run(server: &Server, dir: &Path, arguments: &[&str]) -> Ran {
    server.run(dir, &[arguments, &["--cache", "cache"]].concat())
}

pub(crate) fn accuracy(dir: &Path, scored: &str) -> f64 {
    let ran = midband(dir, &["eval", scored, "--json"]);
    let evaluation: Value = serde_json::from_str(&ran.stdout).unwrap();
    evaluation["decisions"]["accuracy"].as_f64().unwrap()
}

/// Splits a file of pairs: the first `gold` rows to learn from, the next `rest` to score.
pub(crate) fn split(file: &Path, dir: &Path, (gold, rest): (usize, usize)) {
    let text = fs::read_to_string(file).unwrap();
    let lines: Vec<&str> = text.lines().take(gold + rest).collect();
    fs::write(dir.join("all.jsonl"), lines.join("\n")).unwrap();
    fs::write(dir.join("gold.jsonl"), lines[..gold].join("\n")).unwrap();
    fs::write(dir.join("rest.jsonl"), lines[gold..].join("\n")).unwrap();
}

#[test]
fn the_student_beats_the_teacher_on_records_and_order_changes_nothing() {
    let Some(set) = shared("datasets/dblp_acm.jsonl") else {
        return;
    };
    let dir = tempdir().unwrap();
    split(&set, dir.path(), (0, 400));
    let server = start(&dir.path().join("all.jsonl"), 0.8);
    let ran = run(
        &server,
        dir.path(),
        &["score", "rest.jsonl", "-o", "out.jsonl", "--policy", "gain"],
    );
    assert_eq!(ran.code, 0, "{}", ran.stderr);
    let scored = objects_in(&dir.path().join("out.jsonl"));
    let asked = scored
        .iter()
        .filter(|score| score["route"] == "ask")
        .count();
    assert!(asked < 160, "{asked} of 400 asked");
    let learnt = accuracy(dir.path(), "out.jsonl");
    assert!(
        learnt > 0.9,
        "right {learnt} of the time with a judge that is right 0.8 of the time"
    );

    let text = fs::read_to_string(dir.path().join("rest.jsonl")).unwrap();
    let turned: Vec<&str> = text.lines().rev().collect();
    fs::write(dir.path().join("turned.jsonl"), turned.join("\n")).unwrap();
    assert_eq!(
        run(
            &server,
            dir.path(),
            &[
                "score",
                "turned.jsonl",
                "-o",
                "turned-out.jsonl",
                "--policy",
                "gain"
            ]
        )
        .code,
        0
    );
    let mut again = objects_in(&dir.path().join("turned-out.jsonl"));
    again.reverse();
    for (one, two) in scored.iter().zip(&again) {
        assert_eq!((&one["id"], &one["route"]), (&two["id"], &two["route"]));
        assert!(
            (number(one, "score") - number(two, "score")).abs() <= 1e-5,
            "{}",
            one["id"]
        );
    }
}

#[test]
fn a_longer_input_is_scored_by_what_a_sample_taught_whatever_the_chunks() {
    let dir = tempdir().unwrap();
    split(&root().join("data/questions.jsonl"), dir.path(), (0, 130));
    let server = start(&dir.path().join("all.jsonl"), 0.9);
    let sampled = [
        "score",
        "rest.jsonl",
        "-o",
        "out.jsonl",
        "--policy",
        "gain",
        "--sample",
        "60",
    ];
    let ran = run(&server, dir.path(), &sampled);
    assert_eq!(ran.code, 0, "{}", ran.stderr);
    assert!(ran.stderr.contains("130 pairs in"), "{}", ran.stderr);
    let scored = objects_in(&dir.path().join("out.jsonl"));
    let ids = |rows: &[serde_json::Map<String, Value>]| {
        rows.iter().map(|row| row["id"].clone()).collect::<Vec<_>>()
    };
    assert_eq!(
        ids(&scored),
        ids(&objects_in(&dir.path().join("rest.jsonl"))),
        "every pair once, in order"
    );
    let judged = scored.iter().filter(|row| row["route"] == "ask").count();
    assert!(
        scored
            .iter()
            .all(|row| (row["route"] == "ask") == row["judge_score"].is_number()),
        "{judged} judged"
    );
    let text = fs::read_to_string(dir.path().join("rest.jsonl")).unwrap();
    let piped = objects(
        &server
            .pipe(
                dir.path(),
                &text,
                &[
                    "score", "-", "--policy", "gain", "--sample", "60", "--cache", "cache",
                ],
            )
            .stdout,
    );
    for (one, two) in scored.iter().zip(&piped) {
        assert_eq!(
            (&one["id"], &one["score"], &one["route"]),
            (&two["id"], &two["score"], &two["route"])
        );
    }
    let budget = [
        "score",
        "rest.jsonl",
        "--policy",
        "budget",
        "--max-questions",
        "9",
        "--sample",
        "60",
    ];
    let refused = run(&server, dir.path(), &budget);
    assert!(
        refused.code == 2 && refused.stderr.contains("--sample"),
        "{}",
        refused.stderr
    );
}

#[test]
fn a_prior_that_is_far_off_is_found_out() {
    let dir = tempdir().unwrap();
    split(&root().join("data/patients.jsonl"), dir.path(), (0, 160));
    let server = start(&dir.path().join("all.jsonl"), 0.8);
    let ran = run(
        &server,
        dir.path(),
        &["score", "rest.jsonl", "-o", "out.jsonl", "--policy", "gain"],
    );
    assert_eq!(ran.code, 0, "{}", ran.stderr);
    // The cosine is right little more than half of the time on these narratives.
    let learnt = accuracy(dir.path(), "out.jsonl");
    assert!(
        learnt > 0.7,
        "right {learnt} of the time with a judge that is right 0.8 of the time"
    );
}
