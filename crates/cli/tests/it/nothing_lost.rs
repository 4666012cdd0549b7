//! Nothing silently wrong, nothing lost: the real binary where no crate below it can hold the promise.

#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]

use std::{fs, path::Path};

use crate::common::midband;
use tempfile::tempdir;

const PAIRS: &str = "id,a,b,label\n1,flu,influenza,1\n2,leg,arm,0\n";

/// Runs and wants exit code 2 with these words, and what is there untouched.
fn refused(dir: &Path, words: &[&str], wanted: &str) {
    let before = fs::read(dir.join("pairs.csv")).unwrap();
    let ran = midband(dir, words);
    assert_eq!(ran.code, 2, "{words:?}: {}", ran.stderr);
    assert!(ran.stderr.contains(wanted), "{words:?}: {}", ran.stderr);
    assert_eq!(fs::read(dir.join("pairs.csv")).unwrap(), before);
}

#[test]
fn an_output_that_is_an_input_is_refused() {
    let dir = tempdir().unwrap();
    let dir = dir.path();
    fs::write(dir.join("pairs.csv"), PAIRS).unwrap();
    fs::write(
        dir.join("s.jsonl"),
        "{\"id\":\"1\",\"decision\":\"match\"}\n",
    )
    .unwrap();
    fs::hard_link(dir.join("pairs.csv"), dir.join("hard.csv")).unwrap();
    #[cfg(unix)]
    std::os::unix::fs::symlink("pairs.csv", dir.join("soft.csv")).unwrap();
    let over = "would overwrite the input";
    for output in ["pairs.csv", "./pairs.csv", "hard.csv", "soft.csv"] {
        refused(
            dir,
            &["score", "pairs.csv", "-o", output, "--judge", "none"],
            over,
        );
        refused(dir, &["calibrate", "pairs.csv", "-o", output], over);
        let words = [
            "match",
            "pairs.csv",
            "--clusters",
            output,
            "-o",
            "m.jsonl",
            "--judge",
            "none",
        ];
        refused(dir, &words, over);
    }
    let words = [
        "match",
        "pairs.csv",
        "--clusters",
        "m.csv",
        "-o",
        "m.csv",
        "--judge",
        "none",
    ];
    refused(dir, &words, "are the same file");
    refused(
        dir,
        &["score", "pairs.csv", "-o", ".", "--judge", "none"],
        "folder",
    );
    refused(dir, &["review", "s.jsonl", "-o", "s.jsonl"], over);
    fs::copy(dir.join("s.jsonl"), dir.join("s.html")).unwrap();
    refused(dir, &["report", "s.html", "-o", "s.html"], over);
}

#[test]
fn labels_and_gold_pairs_that_fit_nothing_are_named() {
    let dir = tempdir().unwrap();
    let dir = dir.path();
    fs::write(dir.join("pairs.csv"), PAIRS).unwrap();
    let scored = "{\"id\":\"1\",\"score\":0.9,\"decision\":\"match\",\"route\":\"accept\"}\n";
    fs::write(dir.join("s.jsonl"), scored).unwrap();
    fs::write(dir.join("l.csv"), "id,label\n1.0,1\n").unwrap();
    fs::write(dir.join("none.csv"), "").unwrap();
    let report = |labels| ["report", "s.jsonl", "--labels", labels, "-o", "r.json"];
    refused(dir, &report("l.csv"), "\"1.0\" (line 2)");
    refused(dir, &report("none.csv"), "no labels");
    fs::write(dir.join("l.csv"), "id,label\n1,Y\nJane Roe,1\n").unwrap();
    let ran = midband(dir, &report("l.csv"));
    assert_eq!(ran.code, 0, "{}", ran.stderr);
    assert!(
        ran.stderr.contains("1 of 2 labels") && ran.stderr.contains("line 3"),
        "{}",
        ran.stderr
    );
    assert!(!ran.stderr.contains("Roe"));
    let gold = [
        "match",
        "pairs.csv",
        "--gold-pairs",
        "g.csv",
        "-o",
        "m.jsonl",
        "--judge",
        "none",
    ];
    fs::write(dir.join("g.csv"), "left_id,right_id\n1,2.0\n").unwrap();
    refused(dir, &gold, "\"2.0\" (line 2)");
    // Some fit: the run goes on, and says how many do not.
    let rows = "left_id,right_id\n1,2.0\n1,2\n";
    fs::write(dir.join("g.csv"), rows).unwrap();
    let ran = midband(dir, &gold);
    assert!(ran.code < 2, "{}", ran.stderr);
    let told = "ignored 1 of 2 gold pairs g.csv: they name a record that is not in the lists: \"2.0\" (line 2)";
    assert!(ran.stderr.contains(told), "{}", ran.stderr);
    fs::write(dir.join("g.csv"), "left_id,right_id\n").unwrap();
    refused(dir, &gold, "no pairs");
    // A file of labels is none of matches alone.
    for (label, said) in [
        ("0", "none of its pairs is labeled as a match"),
        ("unsure", "none of its pairs is labeled as a match"),
        ("foo", "line 2: its label must be 0 or 1"),
    ] {
        let rows = format!("left_id,right_id,label\n1,2,{label}\n");
        fs::write(dir.join("g.csv"), rows).unwrap();
        refused(dir, &gold, said);
    }
    // A rating settles no pair.
    fs::write(dir.join("l.csv"), "id,label\n1,Y\n2,0.7\n").unwrap();
    let labels = [
        "--labels", "l.csv", "-o", "o.jsonl", "--judge", "none", "-q",
    ];
    for words in [
        &["score", "pairs.csv"][..],
        &["calibrate", "pairs.csv", "-q"],
    ] {
        let words = [words, &labels[..if words[0] == "score" { 7 } else { 4 }]].concat();
        let ran = midband(dir, &words);
        let said = "ignored 1 of 2 labels in l.csv: they lie between 0 and 1: \"2\" (line 3)";
        assert!(ran.stderr.contains(said), "{words:?}: {}", ran.stderr);
    }
}

#[test]
fn no_message_about_an_input_holds_its_text() {
    let dir = tempdir().unwrap();
    let dir = dir.path();
    fs::write(dir.join("pairs.csv"), PAIRS).unwrap();
    for text in [
        "P17,\"Jane Roe, HIV\",J. Roe\n",
        "id,a,b\n1,\"Jane Roe\n2,x,y\n",
        "id,a,b,b\n1,Jane Roe,x,y\n",
        "Jane Roe,Jane Roe\n",
    ] {
        fs::write(dir.join("in.csv"), text).unwrap();
        for words in [
            &["score", "in.csv", "-o", "o.jsonl", "--judge", "none"][..],
            &["match", "in.csv", "-o", "o.jsonl", "--judge", "none"],
            &[
                "match", "in.csv", "--text", "name", "-o", "o.jsonl", "--judge", "none",
            ],
            &["calibrate", "in.csv", "-o", "c.json"],
            &[
                "calibrate",
                "pairs.csv",
                "--labels",
                "in.csv",
                "-o",
                "c.json",
            ],
            &["eval", "in.csv"],
            &["report", "in.csv", "-o", "r.html"],
            &["review", "in.csv", "-o", "r.html"],
            &[
                "match",
                "pairs.csv",
                "--gold-pairs",
                "in.csv",
                "-o",
                "o.jsonl",
                "--judge",
                "none",
            ],
        ] {
            let ran = midband(dir, words);
            assert_eq!(ran.code, 2, "{words:?} {text:?}: {}", ran.stderr);
            assert!(!ran.stderr.contains("Roe"), "{words:?}: {}", ran.stderr);
        }
    }
}

#[test]
fn a_night_without_pairs_is_no_failure() {
    let dir = tempdir().unwrap();
    let dir = dir.path();
    for (input, output) in [("in.csv", "out.csv"), ("in.jsonl", "out.jsonl")] {
        let header = if input == "in.csv" { "id,a,b\n" } else { "" };
        fs::write(dir.join(input), header).unwrap();
        for words in [
            &["score", input, "-o", output, "--judge", "none"][..],
            &["eval", output],
            &["report", output, "-o", "r.html"],
            &["review", output, "-o", "labels.html"],
        ] {
            let ran = midband(dir, words);
            assert_eq!(ran.code, 0, "{words:?}: {}", ran.stderr);
        }
        assert_eq!(midband(dir, &["eval", output]).stdout.trim(), "0 pairs");
        for page in ["r.html", "labels.html"] {
            assert!(
                fs::read_to_string(dir.join(page))
                    .unwrap()
                    .contains("</html>")
            );
        }
    }
}

#[cfg(target_os = "linux")]
#[test]
fn a_stream_that_can_not_be_written_is_no_panic() {
    use std::process::{Command, Stdio};
    let dir = tempdir().unwrap();
    let full = || {
        Stdio::from(
            fs::OpenOptions::new()
                .write(true)
                .open("/dev/full")
                .unwrap(),
        )
    };
    let run = |words: &[&str], stdout: Stdio, stderr: Stdio| {
        let mut command = Command::new(env!("CARGO_BIN_EXE_midband"));
        let command = command.current_dir(dir.path()).args(words);
        let ran = command.stdout(stdout).stderr(stderr).output().unwrap();
        (
            ran.status.code().unwrap(),
            String::from_utf8(ran.stderr).unwrap(),
        )
    };
    for words in [
        &["score", "x.csv", "--explain-config"][..],
        &["models", "list"],
        &["cache", "stats"],
        &["completions", "bash"],
    ] {
        let (code, stderr) = run(words, full(), Stdio::piped());
        assert_eq!(code, 2, "{words:?}: {stderr}");
        assert!(!stderr.contains("panicked"), "{words:?}: {stderr}");
    }
    assert_eq!(run(&["score", "x.csv"], Stdio::null(), full()).0, 2);
    assert!(
        fs::read_dir(dir.path()).unwrap().next().is_none(),
        "statistics make no file"
    );
}

#[test]
fn a_variable_that_sets_nothing_is_said() {
    let dir = tempdir().unwrap();
    let ran = std::process::Command::new(env!("CARGO_BIN_EXE_midband"))
        .current_dir(dir.path())
        .args(["cache", "stats"])
        .env("MIDBAND_POLCY", "gain")
        .output()
        .unwrap();
    let stderr = String::from_utf8(ran.stderr).unwrap();
    assert!(stderr.contains("did you mean MIDBAND_POLICY?"), "{stderr}");
}
