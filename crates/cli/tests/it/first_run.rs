//! What a run says first: the answer, and no complaint about a judge that it does not need.

#![allow(clippy::unwrap_used, clippy::expect_used)]

use std::fs;

use serde_json::Value;
use tempfile::tempdir;

use crate::common::{Ran, midband, root};

/// Nobody listens there.
const NOBODY: [&str; 2] = ["--ollama", "http://127.0.0.1:9"];

/// The first line of the summary: the one before the pairs are counted, or before the warning that stands there.
fn first_of_summary(ran: &Ran) -> &str {
    let lines: Vec<&str> = ran.stderr.lines().collect();
    let counted = |line: &&str| line.contains(" per second");
    let at = lines.iter().position(counted).expect("a summary");
    let before = lines[at - 1];
    if before.contains("NOT CALIBRATED") {
        lines[at - 2]
    } else {
        before
    }
}

#[test]
fn a_run_over_lists_that_asks_nothing_misses_no_judge() {
    let dir = tempdir().unwrap();
    let dir = dir.path();
    for name in ["hospital.csv", "practice.csv"] {
        fs::copy(root().join("data").join(name), dir.join(name)).unwrap();
    }
    let words = ["match", "hospital.csv", "practice.csv", "-o", "out.jsonl"];
    let ran = midband(dir, &[&words[..], &NOBODY].concat());
    assert_eq!(ran.code, 0, "{}", ran.stderr);
    assert_eq!(
        first_of_summary(&ran),
        "midband: 156 matches, 0 for review; records without a partner: 104 left, 104 right"
    );
    assert!(
        ran.stderr
            .contains("judge: none (midband asked no questions)"),
        "{}",
        ran.stderr
    );
    for complaint in ["does not answer", "expecting to ask", "uncalibrated"] {
        assert!(
            !ran.stderr.contains(complaint),
            "{complaint}: {}",
            ran.stderr
        );
    }
    let summary = fs::read_to_string(dir.join("out.jsonl.summary.json")).unwrap();
    let summary: Value = serde_json::from_str(&summary).unwrap();
    assert_eq!(summary["without_partner"]["left"], 104);
    assert_eq!(summary["without_partner"]["right"], 104);
}

#[test]
fn one_list_counts_records_without_a_duplicate() {
    let dir = tempdir().unwrap();
    let dir = dir.path();
    let hospital = fs::read_to_string(root().join("data/hospital.csv")).unwrap();
    let again = hospital.lines().skip(1).take(60);
    let again: String = again.map(|line| format!("again-{line}\n")).collect();
    fs::write(dir.join("people.csv"), hospital.clone() + &again).unwrap();
    let ran = midband(
        dir,
        &["match", "people.csv", "-o", "out.jsonl", "--judge", "none"],
    );
    assert_eq!(ran.code, 0, "{}", ran.stderr);
    assert_eq!(
        first_of_summary(&ran),
        "midband: 60 matches, 0 for review, 200 records without a duplicate"
    );
    assert!(
        ran.stderr.contains("midband: columns: surname ("),
        "{}",
        ran.stderr
    );
}

#[test]
fn a_missing_judge_that_was_wanted_is_reported_in_whole_sentences() {
    let dir = tempdir().unwrap();
    let dir = dir.path();
    let pair = |at: usize| {
        format!("{{\"id\": {at}, \"a\": \"question {at} of many\", \"b\": \"another {at}\"}}\n")
    };
    fs::write(dir.join("in.jsonl"), (0..20).map(pair).collect::<String>()).unwrap();
    let words = ["score", "in.jsonl", "-o", "out.jsonl"];
    let ran = midband(dir, &[&words[..], &NOBODY].concat());
    assert_eq!(ran.code, 1, "{}", ran.stderr);
    assert_eq!(
        first_of_summary(&ran),
        "midband: 0 matches, 20 for review, 0 non-matches"
    );
    assert!(
        ran.stderr.contains(
            "judge: none. http://127.0.0.1:9 does not answer: no connection, so midband scored without a judge. To use one, start Ollama"
        ),
        "{}",
        ran.stderr
    );
    assert!(!ran.stderr.contains("?;"), "{}", ran.stderr);
    let provenance = fs::read_to_string(dir.join("out.jsonl.provenance.json")).unwrap();
    let provenance: Value = serde_json::from_str(&provenance).unwrap();
    assert_eq!(provenance["proxy"], "prior of the task's kind");
}

#[test]
fn an_empty_input_has_no_pairs() {
    let dir = tempdir().unwrap();
    let dir = dir.path();
    fs::write(dir.join("empty.jsonl"), "").unwrap();
    let ran = midband(
        dir,
        &["score", "empty.jsonl", "-o", "out.jsonl", "--judge", "none"],
    );
    assert_eq!(ran.code, 0, "{}", ran.stderr);
    assert_eq!(first_of_summary(&ran), "midband: no pairs in the input");
    assert!(
        !ran.stderr.to_lowercase().contains("calibrated"),
        "{}",
        ran.stderr
    );
}

#[test]
fn no_pairs_cannot_be_drawn() {
    let dir = tempdir().unwrap();
    for count in ["--random", "--most"] {
        let ran = midband(dir.path(), &["review", "scored.jsonl", count, "0"]);
        assert_eq!(ran.code, 2);
        assert!(ran.stderr.contains("must be at least 1"), "{}", ran.stderr);
    }
}
