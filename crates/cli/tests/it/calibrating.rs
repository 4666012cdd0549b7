//! What `midband calibrate` teaches, refuses and asks for.

#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]

use std::fs;

use super::learning::{run, split, start};
use crate::common::{midband, number, objects_in, root};
use serde_json::Value;
use tempfile::tempdir;

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
