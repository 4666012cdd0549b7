//! Runs that are disturbed: a judge that dies, signals, a folder that vanishes.

use std::{
    fs,
    path::{Path, PathBuf},
    process::{Child, Stdio},
    thread,
    time::{Duration, Instant},
};

use tempfile::tempdir;

use crate::common::{command, objects_in, root, server::Server};

const PAIRS: usize = 60;

fn input(dir: &Path) {
    let text = fs::read_to_string(root().join("data/patients.jsonl")).unwrap();
    fs::write(
        dir.join("in.jsonl"),
        text.lines().take(PAIRS).collect::<Vec<_>>().join("\n"),
    )
    .unwrap();
}

/// A judge that takes seconds for this input.
fn slow() -> Server {
    Server::at_speed(&root().join("data/patients.jsonl"), 0.8, 8.0)
}

fn begin(dir: &Path, server: &Server, output: &str) -> Child {
    let url = server.url();
    let all = [
        "score",
        "in.jsonl",
        "-o",
        output,
        "--cache",
        "cache",
        "--band",
        "0.4..0.9",
        "--ollama",
        &url,
        // Without thoughts, so that what is asked is answered in time.
        "--mode",
        "digits",
        "--resume",
        "--max-judge-time",
        "20s",
    ];
    command(dir, &all).stderr(Stdio::piped()).spawn().unwrap()
}

fn until_asked(server: &Server, more_than: u64) {
    let begin = Instant::now();
    while server.pairs_asked() <= more_than {
        assert!(
            begin.elapsed() < Duration::from_secs(60),
            "the judge is not asked"
        );
        thread::sleep(Duration::from_millis(5));
    }
}

#[test]
fn a_judge_that_dies_leaves_every_pair_with_its_proxy_score() {
    let dir = tempdir().unwrap();
    input(dir.path());
    let server = slow();
    let run = begin(dir.path(), &server, "out.jsonl");
    until_asked(&server, 4);
    drop(server);
    let ended = run.wait_with_output().unwrap();
    let said = String::from_utf8(ended.stderr).unwrap();
    assert_eq!(ended.status.code(), Some(1), "{said}");
    let rows = objects_in(&dir.path().join("out.jsonl"));
    assert_eq!(rows.len(), PAIRS);
    let fallen: Vec<_> = rows
        .iter()
        .filter(|row| row["decided_by"] == "fallback")
        .collect();
    assert!(!fallen.is_empty(), "{said}");
    for row in fallen {
        assert!(
            row["judge_score"].is_null()
                && row["score"] == row["proxy_score"]
                && row["decision"] == "review"
        );
        assert!(row["status"].as_str().unwrap().starts_with("unanswered("));
    }
}

/// True where whoever began these tests has SIGINT ignored, which programs begun from here inherit.
#[cfg(unix)]
fn interrupts_are_ignored() -> bool {
    let status = fs::read_to_string("/proc/self/status").unwrap_or_default();
    let ignored = status.lines().find_map(|line| line.strip_prefix("SigIgn:"));
    let ignored = ignored.and_then(|mask| u64::from_str_radix(mask.trim(), 16).ok());
    // Bits count from signal 1; SIGINT is 2.
    ignored.is_some_and(|mask| mask & 0b10 != 0)
}

#[test]
#[cfg(unix)]
fn a_signal_ends_a_run_that_can_go_on() {
    // Slow enough that no run ends before its signal comes, on a busy machine too.
    let server = Server::at_speed(&root().join("data/patients.jsonl"), 0.8, 2.5);
    for signal in ["-INT", "-TERM"] {
        if signal == "-INT" && interrupts_are_ignored() {
            eprintln!("\n*** SKIPPED: SIGINT is ignored here, as in a job of a shell ***\n");
            continue;
        }
        // Each with no verdict of the other's, so that all are still to be asked for.
        let dir = tempdir().unwrap();
        input(dir.path());
        let mut run = begin(dir.path(), &server, "out.jsonl");
        until_asked(&server, server.pairs_asked());
        crate::common::signal(signal, run.id());
        assert!(!run.wait().unwrap().success());
        assert!(!dir.path().join("out.jsonl").exists(), "{signal}");
        let on = begin(dir.path(), &server, "out.jsonl").wait().unwrap();
        assert_eq!(on.code(), Some(0), "{signal}");
        assert_eq!(objects_in(&dir.path().join("out.jsonl")).len(), PAIRS);
    }
}

#[test]
#[cfg(unix)]
fn a_folder_that_vanishes_is_an_error_with_its_name() {
    let dir = tempdir().unwrap();
    input(dir.path());
    fs::create_dir(dir.path().join("results")).unwrap();
    let server = slow();
    let run = begin(dir.path(), &server, "results/out.jsonl");
    until_asked(&server, 4);
    fs::remove_dir_all(dir.path().join("results")).unwrap();
    let ended = run.wait_with_output().unwrap();
    let said = String::from_utf8(ended.stderr).unwrap();
    assert_eq!(ended.status.code(), Some(2), "{said}");
    assert!(said.contains("results"), "{said}");
}

/// The library that puts another clock before a program (Debian's `libfaketime`), where it is installed.
#[cfg(target_os = "linux")]
fn clock_library() -> Option<PathBuf> {
    let folders = fs::read_dir("/usr/lib").into_iter().flatten().flatten();
    let folders = folders
        .map(|entry| entry.path())
        .chain(["/usr/lib64".into()]);
    folders
        .map(|folder| folder.join("faketime/libfaketimeMT.so.1"))
        .find(|library| library.is_file())
}

#[test]
#[cfg(target_os = "linux")]
fn a_clock_that_jumps_changes_no_score_and_no_deadline() {
    let Some(library) = clock_library() else {
        eprintln!("\n*** SKIPPED: libfaketime is not installed; no clock was made to jump ***\n");
        return;
    };
    let dir = tempdir().unwrap();
    input(dir.path());
    let server = slow();
    // The judge is heard no longer than `limit`; the clock is read from the file every time.
    let jumping = |output: &str, limit: &str| {
        let url = server.url();
        let all = [
            "score",
            "in.jsonl",
            "-o",
            output,
            "--cache",
            output.trim_end_matches(".jsonl"),
            "--band",
            "0.4..0.9",
            "--ollama",
            &url,
            "--resume",
            "--max-judge-time",
            limit,
        ];
        command(dir.path(), &all)
            .env("LD_PRELOAD", &library)
            .env("FAKETIME_TIMESTAMP_FILE", dir.path().join("clock"))
            .env("FAKETIME_NO_CACHE", "1")
            .env("FAKETIME_DONT_FAKE_MONOTONIC", "1")
            .stderr(Stdio::piped())
            .spawn()
            .unwrap()
    };
    let set = |clock: &str| fs::write(dir.path().join("clock"), clock).unwrap();
    let rows = |output: &str| objects_in(&dir.path().join(output));
    set("+0");
    let undisturbed = jumping("calm.jsonl", "100s").wait_with_output().unwrap();
    assert_eq!(undisturbed.status.code(), Some(0));
    let same_scores = |output: &str| {
        let (calm, other) = (rows("calm.jsonl"), rows(output));
        assert_eq!(calm.len(), other.len());
        for (calm, other) in calm.iter().zip(&other) {
            for field in ["id", "score", "judge_score", "decision", "status"] {
                assert_eq!(calm[field], other[field], "{output}");
            }
        }
    };
    // Ten years on, then thirty back, while pairs wait for the judge.
    let run = jumping("jumped.jsonl", "100s");
    until_asked(&server, server.pairs_asked() + 4);
    set("+10y");
    until_asked(&server, server.pairs_asked() + 4);
    set("-20y");
    let ended = run.wait_with_output().unwrap();
    let said = String::from_utf8(ended.stderr).unwrap();
    assert_eq!(ended.status.code(), Some(0), "{said}");
    same_scores("jumped.jsonl");
    // Broken off, and gone on with years before it began.
    set("+0");
    let mut run = jumping("broken.jsonl", "100s");
    until_asked(&server, server.pairs_asked() + 12);
    run.kill().unwrap();
    run.wait().unwrap();
    set("-20y");
    let before = server.pairs_asked();
    let ended = jumping("broken.jsonl", "100s").wait_with_output().unwrap();
    assert_eq!(
        ended.status.code(),
        Some(0),
        "{}",
        String::from_utf8_lossy(&ended.stderr)
    );
    assert!(server.pairs_asked() - before < PAIRS as u64);
    same_scores("broken.jsonl");
}
