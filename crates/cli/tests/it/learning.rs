//! `midband calibrate` and the policies that learn: the real binary, the real embedding model, the simulator.

#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]

use std::{fs, path::Path};

use crate::common::{Ran, midband, number, objects, objects_in, root, server::Server, shared};
use serde_json::Value;
use tempfile::tempdir;

fn start(labels: &Path, accuracy: f64) -> Server {
    Server::start(labels, accuracy, &[])
}

/// With a cache, so that a text is embedded once in a test.
fn run(server: &Server, dir: &Path, arguments: &[&str]) -> Ran {
    server.run(dir, &[arguments, &["--cache", "cache"]].concat())
}

fn accuracy(dir: &Path, scored: &str) -> f64 {
    let ran = midband(dir, &["eval", scored, "--json"]);
    let evaluation: Value = serde_json::from_str(&ran.stdout).unwrap();
    evaluation["decisions"]["accuracy"].as_f64().unwrap()
}

/// Splits a file of pairs: the first `gold` rows to learn from, the next `rest` to score.
fn split(file: &Path, dir: &Path, (gold, rest): (usize, usize)) {
    let text = fs::read_to_string(file).unwrap();
    let lines: Vec<&str> = text.lines().take(gold + rest).collect();
    fs::write(dir.join("all.jsonl"), lines.join("\n")).unwrap();
    fs::write(dir.join("gold.jsonl"), lines[..gold].join("\n")).unwrap();
    fs::write(dir.join("rest.jsonl"), lines[gold..].join("\n")).unwrap();
}

#[test]
fn a_calibration_is_learnt_used_and_refused_where_it_does_not_fit() {
    let dir = tempdir().unwrap();
    split(&root().join("data/terms.jsonl"), dir.path(), (120, 100));
    let server = start(&dir.path().join("all.jsonl"), 0.9);
    let concept = ["--task", "same-concept", "--task-kind", "terms"];
    let learnt = run(
        &server,
        dir.path(),
        &[
            &[
                "calibrate",
                "gold.jsonl",
                "-o",
                "terms.json",
                "--judge",
                "ollama",
                "--compare",
                "12",
            ],
            &concept[..],
        ]
        .concat(),
    );
    assert_eq!(learnt.code, 0, "{}", learnt.stderr);
    assert!(
        learnt.stderr.contains("120 labels, texts treated as terms"),
        "{}",
        learnt.stderr
    );
    assert!(
        learnt.stderr.contains("120 labelled pairs"),
        "{}",
        learnt.stderr
    );
    for way in ["standard", "think", "keyed", "array", "digits", "yes-no"] {
        let row = learnt
            .stdout
            .lines()
            .find(|line| line.starts_with(way))
            .unwrap_or_else(|| panic!("no {way}"));
        assert!(row.contains("SIMULATED") && row.contains(" 12 "), "{row}");
    }
    let file: Value =
        serde_json::from_str(&fs::read_to_string(dir.path().join("terms.json")).unwrap()).unwrap();
    assert_eq!(
        (&file["task"], &file["labels"]),
        (&"same-concept".into(), &120.into())
    );
    let planted = objects_in(&dir.path().join("gold.jsonl"))[0]["a"]
        .as_str()
        .unwrap()
        .to_owned();
    assert!(
        !file.to_string().contains(&planted),
        "a calibration holds no text"
    );

    let scored = run(
        &server,
        dir.path(),
        &[
            &[
                "score",
                "rest.jsonl",
                "-o",
                "out.jsonl",
                "--calibration",
                "terms.json",
            ],
            &concept[..],
        ]
        .concat(),
    );
    assert_eq!(scored.code, 0, "{}", scored.stderr);
    assert!(!scored.stderr.contains("uncalibrated"));
    for row in objects_in(&dir.path().join("out.jsonl")) {
        assert!(
            (0.0..=1.0).contains(&number(&row, "proxy_score"))
                && (0.0..=1.0).contains(&number(&row, "score"))
        );
        assert_eq!(
            row["decision"] == "match",
            number(&row, "score") >= 0.5,
            "{}",
            row["id"]
        );
    }
    let sidecar = fs::read_to_string(dir.path().join("out.jsonl.provenance.json")).unwrap();
    let provenance: Value = serde_json::from_str(&sidecar).unwrap();
    assert_eq!(
        (&provenance["policy"], &provenance["calibrated"]),
        (&"gain".into(), &true.into())
    );

    let other = run(
        &server,
        dir.path(),
        &[
            "score",
            "rest.jsonl",
            "--calibration",
            "terms.json",
            "--task",
            "patient-match",
        ],
    );
    assert_eq!(other.code, 2);
    assert!(
        other.stderr.contains("\"same-concept\"") && other.stderr.contains("\"patient-match\""),
        "{}",
        other.stderr
    );
    fs::write(dir.path().join("broken.json"), "{\"version\": 1}").unwrap();
    let broken = run(
        &server,
        dir.path(),
        &["score", "rest.jsonl", "--calibration", "broken.json"],
    );
    assert!(
        broken.code == 2 && broken.stderr.contains("broken.json"),
        "{}",
        broken.stderr
    );
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
    assert!(at("0.2") < at("0"), "{} {}", at("0.2"), at("0"));
    let refused = midband(dir.path(), &[&dry[..5], &["--min-gain", "1"]].concat());
    assert_eq!(refused.code, 2);
    assert!(refused.stderr.contains("below 1"), "{}", refused.stderr);
}

#[test]
fn calibrate_says_what_is_missing() {
    let dir = tempdir().unwrap();
    fs::write(
        dir.path().join("one.jsonl"),
        "{\"id\": 1, \"a\": \"x\", \"b\": \"y\", \"label\": 1}\n",
    )
    .unwrap();
    let ran = midband(dir.path(), &["calibrate", "one.jsonl"]);
    assert_eq!(ran.code, 2);
    assert!(
        ran.stderr
            .contains("both matches and non-matches are needed"),
        "{}",
        ran.stderr
    );
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

#[test]
fn a_handful_of_labels_settles_nothing() {
    let dir = tempdir().unwrap();
    let dir = dir.path();
    let text = fs::read_to_string(root().join("data/patients.jsonl")).unwrap();
    let lines: Vec<&str> = text.lines().take(20).collect();
    fs::write(dir.join("few.jsonl"), lines[..5].join("\n")).unwrap();
    fs::write(dir.join("all.jsonl"), lines.join("\n")).unwrap();
    let made = midband(dir, &["calibrate", "few.jsonl", "-o", "c.json"]);
    assert!(made.stderr.contains("5 labels are few"), "{}", made.stderr);
    let ran = midband(
        dir,
        &[
            "score",
            "all.jsonl",
            "-o",
            "o.jsonl",
            "--calibration",
            "c.json",
            "--judge",
            "none",
        ],
    );
    assert!(ran.stderr.contains("NOT CALIBRATED"), "{}", ran.stderr);
    let scored = objects_in(&dir.join("o.jsonl"));
    assert!(scored.iter().all(|row| row["decision"] == "review"));
}
