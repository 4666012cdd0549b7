//! Labels that taught the scores are not counted as if they showed how good these are.

#![allow(clippy::unwrap_used)]

use std::fs;

use crate::common::{midband, root};
use serde_json::Value;
use tempfile::tempdir;

#[test]
fn eval_leaves_out_what_taught_the_calibration_and_what_a_person_decided() {
    let dir = tempdir().unwrap();
    let dir = dir.path();
    let text = fs::read_to_string(root().join("data/patients.jsonl")).unwrap();
    let lines: Vec<&str> = text.lines().take(60).collect();
    fs::write(dir.join("taught.jsonl"), lines[..40].join("\n")).unwrap();
    fs::write(dir.join("all.jsonl"), lines.join("\n")).unwrap();
    let ran = |words: &[&str]| {
        let ran = midband(dir, words);
        assert!(ran.code <= 1, "{words:?}: {}", ran.stderr);
        ran
    };
    let labelled = |words: &[&str]| {
        ran(&[
            &["score", "all.jsonl", "-o", "out.jsonl", "--judge", "none"],
            words,
        ]
        .concat());
        let eval = ran(&["eval", "out.jsonl", "--json"]);
        let found: Value = serde_json::from_str(&eval.stdout).unwrap();
        (found["labelled"].as_u64().unwrap(), eval.stderr)
    };
    let (without, said) = labelled(&[]);
    assert_eq!((without, said.as_str()), (60, ""));
    ran(&["calibrate", "taught.jsonl", "-o", "c.json"]);
    // The calibration holds digests, and no text.
    let kept = fs::read_to_string(dir.join("c.json")).unwrap();
    assert!(kept.contains("\"taught\"") && !kept.contains("hypertension"));
    let (with, said) = labelled(&["--calibration", "c.json"]);
    assert_eq!(with, 20);
    assert!(
        said.contains("ignored 40 labels that were used to learn"),
        "{said}"
    );
    // A person's decision is right by definition.
    fs::write(dir.join("labels.jsonl"), lines[..10].join("\n")).unwrap();
    let (decided, said) = labelled(&["--labels", "labels.jsonl"]);
    assert_eq!(decided, 50, "{said}");
    // Where there is no other label, all are counted, and it is said.
    ran(&[
        "score",
        "taught.jsonl",
        "-o",
        "own.jsonl",
        "--judge",
        "none",
        "--calibration",
        "c.json",
    ]);
    let own = ran(&["eval", "own.jsonl", "--json"]);
    let found: Value = serde_json::from_str(&own.stdout).unwrap();
    assert_eq!(found["labelled"], 40);
    assert!(own.stderr.contains("too optimistic"), "{}", own.stderr);
}
