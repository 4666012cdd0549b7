//! Pairs on standard input: scored row by row, each pair by itself.

use std::{
    fs,
    io::{BufRead, BufReader, Write},
    process::Stdio,
};

use serde_json::Value;
use tempfile::tempdir;

use crate::common::{Midband, command, objects, root};

/// More rows than wait anywhere at once.
#[test]
fn a_long_pipe_comes_to_its_end() {
    let dir = tempdir().unwrap();
    let ran = Midband::new(dir.path(), &["score", "-", "--judge", "none", "-q"])
        .stdin(fs::read(root().join("data/patients.jsonl")).unwrap())
        .run();
    assert_eq!(
        (ran.code, objects(&ran.stdout).len()),
        (0, 400),
        "{}",
        ran.stderr
    );
}

/// A row's score is there before the next row is written.
#[test]
fn a_row_waits_for_no_other() {
    let dir = tempdir().unwrap();
    let mut child = command(dir.path(), &["score", "-", "--judge", "none", "-q"])
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .spawn()
        .unwrap();
    let mut rows = child.stdin.take().unwrap();
    let mut scores = BufReader::new(child.stdout.take().unwrap()).lines();
    for id in 0..3 {
        let row = serde_json::json!({
            "id": id,
            "a": "name: zanfora kettle wk7280; price: 39.90",
            "b": "name: the wk7280 kettle by zanfora; price: 41.00",
        });
        writeln!(rows, "{row}").unwrap();
        rows.flush().unwrap();
        let scored: Value = serde_json::from_str(&scores.next().unwrap().unwrap()).unwrap();
        assert_eq!(scored["id"], id);
        // Records are scored by their wording, by themselves too.
        assert_eq!(scored["decision"], "match", "{scored}");
    }
    drop(rows);
    assert!(scores.next().is_none() && child.wait().unwrap().success());
}
