//! What `midband score` cannot do says why and leaves nothing behind.

#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]

use std::fs;

use super::score::data;
use crate::common::{Midband, midband, objects_in};
use serde_json::Value;
use tempfile::tempdir;

#[test]
fn bad_rows_are_listed_and_nothing_is_lost() {
    let dir = tempdir().unwrap();
    let input = b"{\"id\": 1, \"a\": \"x\", \"b\": \"y\"}\nJane Roe\n{\"id\": 1, \"a\": \"x\", \"b\": \"y\"}\n{\"id\": 2, \"a\": \"x\"}\n{\"id\": 3, \"a\": \"\xff\", \"b\": \"y\"}\n{\"id\": 4, \"a\": \" \", \"b\": \"y\"}\n";
    fs::write(dir.path().join("in.jsonl"), input).unwrap();
    let ran = midband(
        dir.path(),
        &[
            "score",
            "in.jsonl",
            "-o",
            "out.jsonl",
            "--band",
            "0..0",
            "--judge",
            "none",
        ],
    );
    assert_eq!(ran.code, 3, "{}", ran.stderr);
    let scored = objects_in(&dir.path().join("out.jsonl"));
    assert_eq!(scored.len(), 2);
    assert_eq!(
        (&scored[1]["status"], &scored[1]["score"]),
        (&"rejected(text a is empty)".into(), &Value::Null)
    );
    let rejected = objects_in(&dir.path().join("out.jsonl.rejected.jsonl"));
    let lines: Vec<u64> = rejected
        .iter()
        .map(|row| row["line"].as_u64().unwrap())
        .collect();
    assert_eq!(lines, [2, 3, 4, 5]);
    assert!(!ran.stderr.contains("Roe"));
    assert!(
        ran.stderr
            .contains("4 input rows were rejected, listed in out.jsonl.rejected.jsonl"),
        "{}",
        ran.stderr
    );

    // A clean second run leaves no list of the first one's.
    fs::write(
        dir.path().join("in.jsonl"),
        "{\"id\": 1, \"a\": \"x\", \"b\": \"y\"}\n",
    )
    .unwrap();
    assert_eq!(
        midband(
            dir.path(),
            &[
                "score",
                "in.jsonl",
                "-o",
                "out.jsonl",
                "--band",
                "0..0",
                "-q"
            ]
        )
        .code,
        0
    );
    assert!(!dir.path().join("out.jsonl.rejected.jsonl").exists());
}

#[test]
fn what_cannot_run_says_why_and_leaves_nothing_behind() {
    let dir = tempdir().unwrap();
    let questions = data("questions.jsonl");
    let fails = |arguments: &[&str], says: &str| {
        let ran = midband(dir.path(), &[&["score"], arguments].concat());
        assert_eq!(ran.code, 2, "{arguments:?}: {}", ran.stderr);
        assert!(ran.stderr.contains(says), "{arguments:?}: {}", ran.stderr);
    };
    fails(&["no-such-file.jsonl"], "no-such-file.jsonl");
    fails(&[&questions, "--band", "0.9..0.4"], "lower end");
    fails(
        &[&questions, "-o", "no/such/folder/out.jsonl"],
        "no/such/folder",
    );
    fails(
        &[&questions, "--embed-model", "no-such-model"],
        "no-such-model",
    );
    fails(&[&questions, "--embed-model-dir", "nowhere"], "nowhere");
    fails(&[&questions, "--onnxruntime", &questions], "cannot use");
    fails(
        &[&questions, "--onnxruntime", "no.so"],
        "no.so: there is no such file",
    );
    for cost in ["--cost-false-match", "--cost-missed-match", "--cost-review"] {
        for bad in ["0", "-1", "nan", "inf"] {
            fails(
                &[&questions, &format!("{cost}={bad}")],
                "must be a number above 0",
            );
        }
    }
    // A file of the user's own is never advised away.
    fails(
        &[&questions, "--cache", &questions],
        "it is a file, not a folder. Name a folder with --cache",
    );
    assert_eq!(fs::read_dir(dir.path()).unwrap().count(), 0);
}

#[test]
fn a_runtime_that_is_nowhere_is_reported_with_every_place() {
    let dir = tempdir().unwrap();
    let here = dir.path().display().to_string();
    let ran = Midband::new(dir.path(), &["score", &data("questions.jsonl")])
        .env("MIDBAND_DATA_DIR", &here)
        .env("ORT_DYLIB_PATH", "")
        .env("PATH", &here)
        .run();
    assert_eq!(ran.code, 2);
    for place in [
        "ORT_DYLIB_PATH",
        "--onnxruntime",
        &here,
        "python3",
        "system's library path",
        "scripts/setup",
    ] {
        assert!(
            ran.stderr.contains(place),
            "{place} is not in: {}",
            ran.stderr
        );
    }
}

#[test]
fn a_changed_model_is_refused() {
    let dir = tempdir().unwrap();
    let found = midband(dir.path(), &["models", "where"]);
    assert_eq!(found.code, 0, "run scripts/setup first: {}", found.stderr);
    let model = found
        .stdout
        .lines()
        .last()
        .unwrap()
        .split_once("  ")
        .unwrap()
        .1;
    for entry in fs::read_dir(model).unwrap() {
        let entry = entry.unwrap();
        fs::copy(entry.path(), dir.path().join(entry.file_name())).unwrap();
    }
    let here = dir.path().display().to_string();
    let verified = midband(
        dir.path(),
        &["models", "verify", "--embed-model-dir", &here],
    );
    assert_eq!(verified.code, 0, "{}", verified.stderr);
    let mut config = fs::read_to_string(dir.path().join("config.json")).unwrap();
    config.push(' ');
    fs::write(dir.path().join("config.json"), config).unwrap();
    for arguments in [
        &["models", "verify", "--embed-model-dir", &here][..],
        &[
            "score",
            &data("questions.jsonl"),
            "--embed-model-dir",
            &here,
        ],
    ] {
        let ran = midband(dir.path(), arguments);
        assert_eq!(ran.code, 2);
        assert!(
            ran.stderr.contains("config.json has changed"),
            "{}",
            ran.stderr
        );
    }
}
