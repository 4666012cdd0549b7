//! Parquet in and out: the real binary.

#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]

use std::{fs, io::Read, path::Path};

use crate::common::{Midband, midband, objects, objects_in};
use serde_json::{Map, Value, json};
use tempfile::tempdir;

/// Rows with what a passed-through field can be.
fn write_rows(path: &Path, rows: std::ops::Range<usize>) {
    let lines: Vec<String> = rows
        .map(|at| {
            json!({
                "id": format!("p{at}"),
                "a": format!("pain in the left knee {at}"),
                "b": "knee pain, left",
                "label": at % 2,
                "site": if at % 3 == 0 { Value::Null } else { json!("Ålesund") },
                "share": if at == 0 { json!(1) } else { json!(0.25) },
                "mixed": if at % 2 == 0 { json!("text") } else { json!({"n": at}) },
                "old": at > 5,
                "nothing": null,
            })
            .to_string()
        })
        .collect();
    fs::write(path, lines.join("\n")).unwrap();
}

fn rows_of(path: &Path) -> Vec<Map<String, Value>> {
    let mut text = String::new();
    let read = midband_io::open(path).unwrap().read_to_string(&mut text);
    read.unwrap();
    objects(&text)
}

fn score(dir: &Path, input: &str, output: &str, more: &[&str]) {
    let words = [
        "score", input, "-o", output, "--judge", "none", "--cache", "vectors", "-q",
    ];
    let ran = midband(dir, &[&words, more].concat());
    assert!(ran.code < 2, "{input} {}", ran.stderr);
}

#[test]
fn columns_hold_what_lines_hold() {
    let dir = tempdir().unwrap();
    let dir = dir.path();
    write_rows(&dir.join("in.jsonl"), 0..12);
    score(dir, "in.jsonl", "out.jsonl", &["--include-text", "--parts"]);
    score(
        dir,
        "in.jsonl",
        "out.parquet",
        &["--include-text", "--parts"],
    );
    let (lines, columns) = (
        objects_in(&dir.join("out.jsonl")),
        rows_of(&dir.join("out.parquet")),
    );
    assert_eq!(columns.len(), 12);
    for (line, column) in lines.iter().zip(&columns) {
        for (name, value) in line {
            match name.as_str() {
                // Values of several kinds stand as text.
                "mixed" | "parts" | "contradictions" => {
                    let text = value.as_str().map_or(value.to_string(), str::to_owned);
                    assert_eq!(column[name], json!(text));
                }
                "share" => assert_eq!(column[name].as_f64(), value.as_f64()),
                _ => assert_eq!(&column[name], value, "{name}"),
            }
        }
        assert_eq!(line.len(), column.len());
    }
    let left: Vec<_> = fs::read_dir(dir)
        .unwrap()
        .map(|entry| entry.unwrap().file_name())
        .collect();
    assert!(
        left.iter()
            .all(|name| !name.to_string_lossy().contains("partial")),
        "{left:?}"
    );

    // A scored file is an input like any other, under any name, and by a pipe.
    fs::copy(dir.join("out.parquet"), dir.join("out.csv")).unwrap();
    for input in ["out.parquet", "out.csv"] {
        score(dir, input, "again.jsonl", &[]);
        let again = objects_in(&dir.join("again.jsonl"));
        for (line, again) in lines.iter().zip(&again) {
            assert_eq!(line["score"], again["score"]);
            assert_eq!(line["site"], again["site"]);
            assert_eq!(line["score"], again["input_score"]);
        }
    }
    let piped = Midband::new(
        dir,
        &["score", "-", "--judge", "none", "--cache", "vectors", "-q"],
    )
    .stdin(fs::read(dir.join("out.parquet")).unwrap())
    .run();
    assert!(piped.code < 2, "{}", piped.stderr);
    assert_eq!(objects(&piped.stdout).len(), 12);
    let measured = midband(dir, &["eval", "out.parquet"]);
    let of_lines = midband(dir, &["eval", "out.jsonl"]);
    assert_eq!(measured.code, 0, "{}", measured.stderr);
    assert_eq!(measured.stdout, of_lines.stdout);
}

#[test]
fn a_file_that_is_broken_or_is_none_is_said_to_be() {
    let dir = tempdir().unwrap();
    let dir = dir.path();
    write_rows(&dir.join("in.jsonl"), 0..40);
    score(dir, "in.jsonl", "whole.parquet", &["--include-text"]);
    let whole = fs::read(dir.join("whole.parquet")).unwrap();
    fs::write(dir.join("cut.parquet"), &whole[..whole.len() / 2]).unwrap();
    fs::write(dir.join("text.parquet"), "id,a,b\n1,x,y\n").unwrap();
    let mut bent = whole.clone();
    bent[20..120].fill(0xff);
    fs::write(dir.join("bent.parquet"), bent).unwrap();
    for (input, wanted) in [
        ("cut.parquet", "its index can't be read"),
        ("text.parquet", "is not a Parquet file"),
        ("bent.parquet", "row 1 can't be read"),
    ] {
        let ran = midband(
            dir,
            &["score", input, "-o", "never.jsonl", "--judge", "none"],
        );
        assert_eq!(ran.code, 2, "{input}: {}", ran.stderr);
        assert!(ran.stderr.contains(wanted), "{input}: {}", ran.stderr);
        assert!(!ran.stderr.contains("knee"), "no text in messages");
        assert!(!dir.join("never.jsonl").exists());
    }
    let piped = midband(
        dir,
        &[
            "score",
            "in.jsonl",
            "--output-format",
            "parquet",
            "--judge",
            "none",
        ],
    );
    assert_eq!(piped.code, 2);
    assert!(
        piped.stderr.contains("name one with -o"),
        "{}",
        piped.stderr
    );
}

#[test]
fn an_output_without_rows_has_its_columns() {
    let dir = tempdir().unwrap();
    let dir = dir.path();
    fs::write(dir.join("in.jsonl"), "").unwrap();
    score(dir, "in.jsonl", "out.parquet", &[]);
    assert!(rows_of(&dir.join("out.parquet")).is_empty());
}

#[test]
fn lists_and_labels_come_in_several_files() {
    let dir = tempdir().unwrap();
    let dir = dir.path();
    write_rows(&dir.join("1.jsonl"), 0..20);
    write_rows(&dir.join("2.jsonl"), 20..40);
    let learnt = |files: &[&str]| {
        let words = ["calibrate", "-o", "c.json", "--cache", "vectors"];
        let ran = midband(dir, &[&words, files].concat());
        assert!(ran.code < 2, "{}", ran.stderr);
        let text = fs::read_to_string(dir.join("c.json")).unwrap();
        let mut calibration: Value = serde_json::from_str(&text).unwrap();
        calibration["made"] = Value::Null;
        calibration
    };
    write_rows(&dir.join("all.jsonl"), 0..40);
    assert_eq!(learnt(&["all.jsonl"]), learnt(&["[12].jsonl"]));

    score(dir, "1.jsonl", "list-1.parquet", &["--include-text"]);
    score(dir, "2.jsonl", "list-2.parquet", &["--include-text"]);
    let matched = |left: &str, output: &str| {
        let words = [
            "match",
            left,
            "all.jsonl",
            "--text",
            "a",
            "-o",
            output,
            "--judge",
            "none",
            "--top-k",
            "1",
            "--cache",
            "vectors",
            "-q",
        ];
        let ran = midband(dir, &words);
        assert!(ran.code < 2, "{}", ran.stderr);
    };
    matched("list-*.parquet", "columns.jsonl");
    matched("all.jsonl", "lines.jsonl");
    assert_eq!(
        fs::read_to_string(dir.join("columns.jsonl")).unwrap(),
        fs::read_to_string(dir.join("lines.jsonl")).unwrap()
    );
    // An id that two files have is one record's.
    matched("[12]*.jsonl", "lines.jsonl");
    fs::copy(dir.join("1.jsonl"), dir.join("1-again.jsonl")).unwrap();
    let words = [
        "match",
        "1*.jsonl",
        "all.jsonl",
        "--text",
        "a",
        "-o",
        "twice.jsonl",
        "--judge",
        "none",
        "--cache",
        "vectors",
        "-q",
    ];
    assert_eq!(midband(dir, &words).code, 3);
    let rejected = objects_in(&dir.join("twice.jsonl.rejected.jsonl"));
    assert_eq!(rejected.len(), 20);
    assert_eq!(rejected[0]["reason"], "an earlier record has this id");
}
