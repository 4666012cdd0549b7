//! Relatives of reported faults: each was tried on the real binary once and must not come back.

#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]

use std::fs;

use crate::common::{Midband, midband, objects_in};
use tempfile::tempdir;

const PAIRS: &str = "id,a,b\n1,flu,influenza\n2,leg,arm\n";

#[test]
fn records_of_one_text_all_find_a_partner() {
    let dir = tempdir().unwrap();
    let dir = dir.path();
    let rows =
        |count: usize| -> String { (1..=count).map(|at| format!("{at},Anna Smith\n")).collect() };
    fs::write(dir.join("few.csv"), format!("id,name\n{}", rows(30))).unwrap();
    fs::write(dir.join("many.csv"), format!("id,name\n{}", rows(70))).unwrap();
    for (list, count) in [("few.csv", 30), ("many.csv", 70)] {
        let words = [
            "match",
            list,
            list,
            "--one-to-one",
            "-o",
            "m.jsonl",
            "--judge",
            "none",
        ];
        let ran = midband(dir, &words);
        assert_eq!(ran.code, 0, "{}", ran.stderr);
        let stay = format!("midband: kept {count} of ");
        assert!(ran.stderr.contains(&stay), "{}", ran.stderr);
        assert_eq!(ran.stderr.contains("same text as more than 50"), count > 50);
        let words = [
            "match",
            list,
            "-o",
            "m.jsonl",
            "--clusters",
            "c.jsonl",
            "--judge",
            "none",
        ];
        let ran = midband(dir, &words);
        assert_eq!(ran.code, 0, "{}", ran.stderr);
        let clusters = objects_in(&dir.join("c.jsonl"));
        assert_eq!(clusters.len(), count);
        assert!(
            clusters
                .iter()
                .all(|record| record["cluster"] == clusters[0]["cluster"])
        );
    }
}

#[test]
fn what_is_no_output_is_none_by_any_option() {
    let dir = tempdir().unwrap();
    let dir = dir.path();
    fs::write(dir.join("pairs.csv"), PAIRS).unwrap();
    fs::write(dir.join("my.toml"), "seed = 1\n").unwrap();
    fs::create_dir(dir.join("cache")).unwrap();
    for (more, over) in [
        (
            &["-o", "my.toml", "--config", "my.toml"][..],
            "settings file",
        ),
        (
            &["-o", "cache/embeddings.redb", "--cache", "cache"],
            "would overwrite the input",
        ),
        (
            &["-o", "cache/verdicts.redb", "--cache", "cache"],
            "would overwrite the input",
        ),
    ] {
        let words = [
            &[
                "score",
                "pairs.csv",
                "--judge",
                "none",
                "--output-format",
                "jsonl",
            ],
            more,
        ]
        .concat();
        let ran = midband(dir, &words);
        assert_eq!(ran.code, 2, "{}", ran.stderr);
        assert!(ran.stderr.contains(over), "{}", ran.stderr);
    }
    assert_eq!(
        fs::read_to_string(dir.join("my.toml")).unwrap(),
        "seed = 1\n"
    );
}

#[test]
fn values_that_mean_nothing_are_refused_wherever_they_stand() {
    let dir = tempdir().unwrap();
    let dir = dir.path();
    fs::write(dir.join("pairs.csv"), PAIRS).unwrap();
    let score = ["score", "pairs.csv", "-o", "s.jsonl", "--judge", "none"];
    for (name, value) in [
        ("MIDBAND_MAX_TOKENS", "1"),
        ("MIDBAND_SAMPLE", "0"),
        ("MIDBAND_DELTA", "nan"),
        ("MIDBAND_DELTA", "1"),
        ("MIDBAND_THREADS", "100000"),
        ("MIDBAND_CACHE_MAX_SIZE", "lots"),
    ] {
        let ran = Midband::new(dir, &score).env(name, value).run();
        assert_eq!(ran.code, 2, "{name}={value}: {}", ran.stderr);
        assert!(!ran.stderr.contains("panicked"), "{}", ran.stderr);
    }
    // A wrong type is one also where a flag wins over it.
    for text in [
        "quiet = \"yes\"",
        "resume = 1",
        "seed = [1]",
        "config = \"x.toml\"",
        "seed = {}",
    ] {
        fs::write(dir.join("midband.toml"), text).unwrap();
        let ran = midband(dir, &[&score[..], &["-q", "--seed", "3"]].concat());
        assert_eq!(ran.code, 2, "{text}: {}", ran.stderr);
    }
    fs::write(
        dir.join("midband.toml"),
        "only = [\"match\", \"review\"]\nseed = 4\n",
    )
    .unwrap();
    let ran = midband(dir, &[&score[..], &["--explain-config"]].concat());
    assert!(
        ran.stdout.contains("match review") && ran.stdout.contains("midband.toml"),
        "{}",
        ran.stdout
    );
}

#[cfg(unix)]
#[test]
fn a_settings_file_that_leads_nowhere_is_not_passed_over() {
    let dir = tempdir().unwrap();
    let dir = dir.path();
    fs::write(dir.join("pairs.csv"), PAIRS).unwrap();
    std::os::unix::fs::symlink("nowhere", dir.join("midband.toml")).unwrap();
    let ran = midband(dir, &["score", "pairs.csv", "--judge", "none"]);
    assert!(
        ran.code == 2 && ran.stderr.contains("cannot read midband.toml"),
        "{}",
        ran.stderr
    );
}

#[cfg(target_os = "linux")]
#[test]
fn help_that_can_not_be_written_is_an_error() {
    use std::process::Stdio;
    let dir = tempdir().unwrap();
    for words in [&["--help"][..], &["--version"], &["score", "--help"]] {
        let full = fs::OpenOptions::new()
            .write(true)
            .open("/dev/full")
            .unwrap();
        let ran = crate::common::command(dir.path(), words)
            .stdout(full)
            .stderr(Stdio::null())
            .status();
        assert_eq!(ran.unwrap().code(), Some(2), "{words:?}");
    }
}

/// A pipe by name is read once, whatever a policy wants to see twice.
#[cfg(unix)]
#[test]
fn a_pipe_by_name_is_an_input_like_any_other() {
    let dir = tempdir().unwrap();
    let dir = dir.path();
    let made = std::process::Command::new("mkfifo")
        .arg(dir.join("pipe"))
        .status();
    assert!(made.unwrap().success());
    for words in [
        &[
            "score", "pipe", "--format", "csv", "-o", "s.jsonl", "--judge", "none",
        ][..],
        &[
            "score", "pipe", "--format", "csv", "--judge", "none", "--band", "0.4..0.9",
        ],
        &[
            "match", "pipe", "--format", "csv", "-o", "m.jsonl", "--judge", "none",
        ],
    ] {
        let pipe = dir.join("pipe");
        let feeding = std::thread::spawn(move || fs::write(pipe, PAIRS).unwrap());
        let ran = midband(dir, words);
        assert_eq!(ran.code, 0, "{words:?}: {}", ran.stderr);
        feeding.join().unwrap();
    }
    assert_eq!(objects_in(&dir.join("s.jsonl")).len(), 2);
    let ran = midband(
        dir,
        &[
            "score", "pipe", "-o", "s.jsonl", "--resume", "--judge", "none",
        ],
    );
    assert!(
        ran.code == 2 && ran.stderr.contains("read again"),
        "{}",
        ran.stderr
    );
}

#[test]
fn an_id_is_empty_in_no_form() {
    let dir = tempdir().unwrap();
    let dir = dir.path();
    fs::write(
        dir.join("p.jsonl"),
        "{\"id\":\"\",\"a\":\"x\",\"b\":\"y\"}\n{\"id\":0,\"a\":\"x\",\"b\":\"y\"}\n",
    )
    .unwrap();
    fs::write(dir.join("p.csv"), "id,a,b\n,x,y\n0,x,y\n").unwrap();
    for input in ["p.jsonl", "p.csv"] {
        let ran = midband(dir, &["score", input, "-o", "s.jsonl", "--judge", "none"]);
        assert_eq!(ran.code, 3, "{}", ran.stderr);
        assert_eq!(objects_in(&dir.join("s.jsonl")).len(), 1);
        let rejected = objects_in(&dir.join("s.jsonl.rejected.jsonl"));
        assert_eq!(rejected[0]["reason"], "the id is empty");
    }
}

#[test]
fn a_form_that_is_not_read_is_named() {
    let dir = tempdir().unwrap();
    let dir = dir.path();
    fs::write(dir.join("list.csv"), "id,name\n1,Ann\n").unwrap();
    fs::write(dir.join("book.xlsx"), b"PK\x03\x04\x14\x00\x06\x00").unwrap();
    fs::write(dir.join("page.csv"), "<!DOCTYPE html><p>Jane Roe</p>\n").unwrap();
    for (file, what) in [("book.xlsx", ".xlsx"), ("page.csv", "web page")] {
        for words in [
            &["score", file, "--judge", "none"][..],
            &["match", file, "--judge", "none"],
            &["match", "list.csv", file, "--judge", "none"],
            &["match", "list.csv", "--gold-pairs", file, "--judge", "none"],
            &["eval", file],
            &["report", file, "-o", "r.html"],
            &["calibrate", file],
            &["profile", file],
        ] {
            let ran = midband(dir, words);
            assert_eq!(ran.code, 2, "{words:?}: {}", ran.stderr);
            assert!(
                ran.stderr.contains(what) && !ran.stderr.contains("Roe"),
                "{words:?}: {}",
                ran.stderr
            );
        }
    }
}

#[test]
fn a_dash_is_standard_output_or_nothing() {
    let dir = tempdir().unwrap();
    let dir = dir.path();
    fs::write(dir.join("pairs.csv"), PAIRS).unwrap();
    fs::write(dir.join("list.csv"), "id,name\n1,Ann\n2,Bo\n").unwrap();
    let nobody = ["--judge", "none", "-q"];
    let ran = midband(
        dir,
        &[&["score", "pairs.csv", "-o", "-"], &nobody[..]].concat(),
    );
    assert_eq!(
        (ran.code, ran.stdout.lines().count()),
        (0, 3),
        "{}",
        ran.stderr
    );
    for words in [
        &["match", "list.csv", "-o", "m.jsonl", "--clusters", "-"][..],
        &["match", "-", "-"],
        &["match", "-", "list.csv", "--gold-pairs", "-"],
        &["calibrate", "pairs.csv", "-o", "-"],
        &["calibrate", "-", "--labels", "-"],
    ] {
        let ran = Midband::new(dir, &[words, &nobody[..]].concat())
            .stdin(PAIRS)
            .run();
        assert_eq!(ran.code, 2, "{words:?}: {}", ran.stderr);
        let said = [
            "can be read only once",
            "(standard output) works for scores only",
        ];
        assert!(
            said.iter().any(|said| ran.stderr.contains(said)),
            "{words:?}: {}",
            ran.stderr
        );
    }
    assert!(!dir.join("-").exists() && !dir.join("-.summary.json").exists());
}
