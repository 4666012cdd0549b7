//! Outputs that cannot write.

use std::{fs, path::Path, process::Command};

use serde_json::json;
use tempfile::tempdir;

use crate::common::midband;

fn input(dir: &Path, pairs: usize) {
    let lines: Vec<String> = (0..pairs)
        .map(|id| {
            json!({"id": id, "a": "left knee pain", "b": "pain in the left knee"}).to_string()
        })
        .collect();
    fs::write(dir.join("in.jsonl"), lines.join("\n")).unwrap();
}

/// The binary under a shell, which can set limits.
fn shell(dir: &Path, before: &str, after: &str) -> (Option<i32>, String) {
    let binary = env!("CARGO_BIN_EXE_midband");
    let script = format!("{before} exec '{binary}' score in.jsonl --judge none {after}");
    let ran = Command::new("bash")
        .args(["-c", &script])
        .current_dir(dir)
        .output()
        .unwrap();
    (ran.status.code(), String::from_utf8(ran.stderr).unwrap())
}

#[test]
#[cfg(target_os = "linux")]
fn a_full_disk_is_an_error_and_no_half_file_gets_the_name() {
    let dir = tempdir().unwrap();
    input(dir.path(), 5_000);
    let (code, said) = shell(dir.path(), "", "> /dev/full");
    assert_eq!(code, Some(2), "{said}");
    assert!(said.contains("cannot write"), "{said}");
    // 64 blocks of a KiB: the scores take more.
    let (code, said) = shell(dir.path(), "trap '' XFSZ; ulimit -f 64;", "-o out.jsonl");
    assert_eq!(code, Some(2), "{said}");
    assert!(
        said.contains("cannot write") || said.contains("too large"),
        "{said}"
    );
    assert!(!dir.path().join("out.jsonl").exists());
    // With room again the run goes on.
    let (code, said) = shell(dir.path(), "", "-o out.jsonl --resume");
    assert_eq!(code, Some(0), "{said}");
    assert_eq!(
        fs::read_to_string(dir.path().join("out.jsonl"))
            .unwrap()
            .lines()
            .count(),
        5_000
    );
}

#[test]
#[cfg(unix)]
fn a_cache_that_can_not_grow_ends_no_run() {
    let dir = tempdir().unwrap();
    let lines: Vec<String> = (0..2_000)
        .map(|id| json!({"id": id, "a": format!("knee pain {id}"), "b": "knee pain"}).to_string())
        .collect();
    fs::write(dir.path().join("in.jsonl"), lines.join("\n")).unwrap();
    let limited = "trap '' XFSZ; ulimit -f 4096;";
    let (code, said) = shell(dir.path(), limited, "--cache cache -o limited.jsonl");
    assert_eq!(code, Some(0), "{said}");
    assert!(
        said.contains("embeddings could not be written to the cache"),
        "{said}"
    );
    let (code, said) = shell(dir.path(), "", "--cache cache -o free.jsonl");
    assert_eq!(code, Some(0), "{said}");
    let read = |name: &str| fs::read_to_string(dir.path().join(name)).unwrap();
    assert!(read("limited.jsonl") == read("free.jsonl"));
}

#[test]
fn an_output_that_can_not_be_made_is_an_error_at_once() {
    let dir = tempdir().unwrap();
    input(dir.path(), 3);
    fs::write(dir.path().join("file"), "").unwrap();
    for output in ["no/such/folder/out.jsonl", "file/out.jsonl"] {
        let ran = midband(
            dir.path(),
            &["score", "in.jsonl", "-o", output, "--judge", "none"],
        );
        assert!(
            ran.code == 2 && ran.stderr.contains(output.split('/').next().unwrap()),
            "{}",
            ran.stderr
        );
    }
}

#[test]
fn an_earlier_output_stays_until_the_new_one_is_whole() {
    let dir = tempdir().unwrap();
    input(dir.path(), 5_000);
    fs::write(dir.path().join("out.jsonl"), "the old one").unwrap();
    let (code, _) = shell(dir.path(), "trap '' XFSZ; ulimit -f 64;", "-o out.jsonl");
    assert_eq!(code, Some(2));
    assert_eq!(
        fs::read_to_string(dir.path().join("out.jsonl")).unwrap(),
        "the old one"
    );
    assert_eq!(shell(dir.path(), "", "-o out.jsonl -q").0, Some(0));
    assert_eq!(
        fs::read_to_string(dir.path().join("out.jsonl"))
            .unwrap()
            .lines()
            .count(),
        5_000
    );
}

#[test]
fn a_reader_that_has_seen_enough_ends_the_run_quietly() {
    let dir = tempdir().unwrap();
    input(dir.path(), 5_000);
    let binary = env!("CARGO_BIN_EXE_midband");
    let script = format!("'{binary}' score in.jsonl --judge none -q | head -1");
    let ran = Command::new("bash")
        .args(["-c", &script])
        .current_dir(dir.path())
        .output()
        .unwrap();
    assert_eq!(String::from_utf8(ran.stdout).unwrap().lines().count(), 1);
    assert_eq!(String::from_utf8(ran.stderr).unwrap(), "");
}
