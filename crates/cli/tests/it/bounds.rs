//! Bounds on what is asked: a budget, a target, a time limit, an audit, a dry run.

#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]

use std::fs;

use super::learning::{run, split, start};
use crate::common::{Ran, midband, objects_in, root};
use serde_json::Value;
use tempfile::tempdir;

#[test]
fn a_budget_is_kept_and_without_a_judge_every_asked_pair_waits() {
    let dir = tempdir().unwrap();
    split(&root().join("data/questions.jsonl"), dir.path(), (0, 100));
    let server = start(&dir.path().join("all.jsonl"), 0.8);
    let budget = [
        "score",
        "rest.jsonl",
        "-o",
        "out.jsonl",
        "--policy",
        "budget",
        "--max-questions",
        "20",
    ];
    assert_eq!(run(&server, dir.path(), &budget).code, 0);
    let asked = objects_in(&dir.path().join("out.jsonl"))
        .iter()
        .filter(|score| score["route"] == "ask")
        .count();
    assert!((1..=20).contains(&asked), "{asked}");

    let bare = midband(
        dir.path(),
        &[
            "score",
            "rest.jsonl",
            "-o",
            "out.jsonl",
            "--policy",
            "gain",
            "--ollama",
            "http://127.0.0.1:9",
        ],
    );
    assert_eq!(bare.code, 1, "{}", bare.stderr);
    for score in objects_in(&dir.path().join("out.jsonl")) {
        assert_eq!(
            score["route"] == "ask",
            score["status"] == "unanswered(no judge)",
            "{}",
            score["id"]
        );
        assert_eq!(score["judge_score"], Value::Null);
    }
    for wrong in [
        &["--policy", "budget"][..],
        &["--policy", "target"],
        &["--target", "speed=9"],
        &["--target", "recall=1.5"],
    ] {
        let ran = midband(dir.path(), &[&["score", "rest.jsonl"], wrong].concat());
        assert_eq!(ran.code, 2, "{wrong:?}: {}", ran.stderr);
    }
}

#[test]
fn a_dry_run_says_what_would_be_asked_and_asks_nobody() {
    let dir = tempdir().unwrap();
    split(&root().join("data/questions.jsonl"), dir.path(), (0, 80));
    let dry = [
        "score",
        "rest.jsonl",
        "-o",
        "out.jsonl",
        "--dry-run",
        "--target",
        "precision=0.9,recall=0.9",
    ];
    let ran = midband(dir.path(), &dry);
    assert_eq!(ran.code, 0, "{}", ran.stderr);
    assert!(!dir.path().join("out.jsonl").exists());
    let asked_of = |ran: &Ran, policy: &str| -> usize {
        let line = ran
            .stdout
            .lines()
            .find(|line| line.starts_with(policy))
            .unwrap_or_else(|| panic!("{}", ran.stdout));
        line.split_whitespace().nth(1).unwrap().parse().unwrap()
    };
    let asked = |policy: &str| asked_of(&ran, policy);
    let band = midband(
        dir.path(),
        &[
            "score",
            "rest.jsonl",
            "-o",
            "out.jsonl",
            "--policy",
            "band",
            "--judge",
            "none",
        ],
    );
    assert_eq!(band.code, 0, "{}", band.stderr);
    let waiting = objects_in(&dir.path().join("out.jsonl"))
        .iter()
        .filter(|score| score["route"] == "ask")
        .count();
    assert_eq!(asked("band"), waiting);
    assert!((1..=80).contains(&asked("gain")), "{}", ran.stdout);
    assert!(ran.stdout.contains("target"), "{}", ran.stdout);
    let at = |min_gain: &str| {
        let ran = midband(dir.path(), &[&dry[..5], &["--min-gain", min_gain]].concat());
        assert_eq!(ran.code, 0, "{}", ran.stderr);
        asked_of(&ran, "gain")
    };
    assert_eq!(at("0.02"), asked("gain"));
    // No verdict is worth that much; below it, pairs are drawn at random too, because nothing vouches for the proxy.
    assert!(at("0.6") == 0 && at("0") > 0, "{} {}", at("0.6"), at("0"));
    let refused = midband(dir.path(), &[&dry[..5], &["--min-gain", "1"]].concat());
    assert_eq!(refused.code, 2);
    assert!(refused.stderr.contains("below 1"), "{}", refused.stderr);
}

/// Against the judge the promise is agreement with it; against labels it is the truth, and no server is asked.
#[test]
fn a_target_is_certified_against_the_judge_or_against_labels() {
    let dir = tempdir().unwrap();
    let patients = root().join("data/patients.jsonl");
    fs::copy(&patients, dir.path().join("all.jsonl")).unwrap();
    let server = start(&patients, 1.0);
    let target = |reference: &str| {
        let words = [
            "score",
            "all.jsonl",
            "-o",
            "out.jsonl",
            "--target",
            "precision=0.8,recall=0.8",
            "--delta",
            "0.1",
            "--reference",
            reference,
        ];
        let ran = run(&server, dir.path(), &words);
        assert_eq!(ran.code, 0, "{}", ran.stderr);
        let against = format!("against {reference} at failure probability 0.1");
        assert!(ran.stderr.contains(&against), "{}", ran.stderr);
        let rows = objects_in(&dir.path().join("out.jsonl"));
        let matched = |decision: &str, label: i64| {
            let rows = rows.iter().filter(|row| row["label"] == label);
            rows.filter(|row| decision.is_empty() || row["decision"] == decision)
                .count() as f64
        };
        let (right, wrong) = (matched("match", 1), matched("match", 0));
        assert!(right / (right + wrong) >= 0.8 && right / matched("", 1) >= 0.8);
        rows.iter()
            .filter(|row| row["decided_by"] == "judge")
            .count()
    };
    let by_judge = target("judge");
    assert!(by_judge > 0 && server.pairs_asked() >= by_judge as u64);
    let before = server.pairs_asked();
    // The judge's answers are graded, labels are not: where its word is the truth both teach the same.
    assert_eq!(target("gold"), by_judge);
    assert_eq!(
        server.pairs_asked(),
        before,
        "labels are read, nobody is asked"
    );

    // Nothing is made up for a pair without a label.
    let rows = objects_in(&dir.path().join("all.jsonl"));
    let half: Vec<String> = (rows.into_iter().enumerate())
        .map(|(at, mut row)| {
            if at % 2 == 0 {
                row["label"] = Value::Null;
            }
            Value::Object(row).to_string()
        })
        .collect();
    fs::write(dir.path().join("half.jsonl"), half.join("\n")).unwrap();
    let words = [
        "score",
        "half.jsonl",
        "-o",
        "out.jsonl",
        "--target",
        "precision=0.8",
        "--reference",
        "gold",
    ];
    let ran = midband(dir.path(), &words);
    assert_eq!(ran.code, 1, "{}", ran.stderr);
    assert!(ran.stderr.contains("NOT certified"), "{}", ran.stderr);
    for wrong in [&["--reference", "gold"][..], &["--reference", "truth"]] {
        let ran = midband(dir.path(), &[&["score", "all.jsonl"], wrong].concat());
        assert_eq!(ran.code, 2, "{wrong:?}: {}", ran.stderr);
    }
}

#[test]
fn an_audit_finds_what_a_band_settles_wrongly() {
    let dir = tempdir().unwrap();
    split(&root().join("data/terms.jsonl"), dir.path(), (0, 150));
    // Always right: what it says otherwise is wrong.
    let server = start(&dir.path().join("all.jsonl"), 1.0);
    let band = ["score", "rest.jsonl", "-o", "s.jsonl", "--band", "0.5..0.8"];
    let summary = |audit: &str| -> (Value, String) {
        let ran = run(
            &server,
            dir.path(),
            &[&band[..], &["--audit", audit]].concat(),
        );
        assert_eq!(ran.code, 0, "{}", ran.stderr);
        let text = fs::read_to_string(dir.path().join("s.jsonl.summary.json")).unwrap();
        (serde_json::from_str(&text).unwrap(), ran.stderr)
    };
    let (all, told) = summary("1000");
    let wrong = objects_in(&dir.path().join("s.jsonl"))
        .iter()
        .filter(|row| row["route"] != "ask")
        .filter(|row| (row["decision"] == "match") != (row["label"] == 1))
        .count();
    let settled =
        all["routes"]["accept"].as_u64().unwrap() + all["routes"]["reject"].as_u64().unwrap();
    assert!(wrong > 0 && settled > 30, "{all}");
    assert_eq!(all["audit"]["settled"], settled);
    assert_eq!(all["audit"]["answered"], settled);
    assert_eq!(all["audit"]["otherwise"], wrong);
    assert!(told.contains("drawn at random"), "{told}");
    let (some, _) = summary("20");
    assert_eq!(some["audit"]["asked"], 20);
    let interval: Vec<f64> = serde_json::from_value(some["audit"]["interval"].clone()).unwrap();
    let share = wrong as f64 / settled as f64;
    assert!(interval[0] < share && share < interval[1], "{some} {share}");
    let none = run(
        &server,
        dir.path(),
        &[&band[..], &["--audit", "5", "--judge", "none"]].concat(),
    );
    assert_eq!(none.code, 2, "{}", none.stderr);
}

#[test]
fn no_question_is_asked_beyond_the_time_limit_and_who_cannot_keep_one_says_so() {
    let dir = tempdir().unwrap();
    split(&root().join("data/terms.jsonl"), dir.path(), (0, 100));
    let server = start(&dir.path().join("all.jsonl"), 0.9);
    let asked = |limit: &str| {
        let arguments = [
            "score",
            "rest.jsonl",
            "-o",
            "s.jsonl",
            "--fresh",
            "--time-limit",
            limit,
        ];
        let ran = run(&server, dir.path(), &arguments);
        assert!(ran.code <= 1, "{}", ran.stderr);
        objects_in(&dir.path().join("s.jsonl"))
            .iter()
            .filter(|row| row["route"] == "ask")
            .count()
    };
    assert_eq!(asked("0s"), 0);
    assert!(asked("10m") > 40);
    for other in [["--band", "0.4..0.9"], ["--target", "accuracy=0.9"]] {
        let arguments = ["score", "rest.jsonl", "-o", "t.jsonl", "--time-limit", "1m"];
        let refused = run(&server, dir.path(), &[&arguments[..], &other].concat());
        assert_eq!(refused.code, 2);
        assert!(
            refused.stderr.contains("--time-limit"),
            "{}",
            refused.stderr
        );
    }
}
