//! Files that a command reads back, and inputs that are taken for something else: what no run writes is refused.

#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]

use std::{fs, path::Path};

use crate::common::{Ran, midband, objects_in};
use tempfile::tempdir;

const PAIRS: &str = "id,a,b\n1,flu,influenza\n2,leg,arm\n";
const LIST: &str = "id,first_name,last_name\n1,Anna,Smith\n2,Bert,Jones\n";

fn refused(dir: &Path, words: &[&str], why: &str) -> Ran {
    let ran = midband(dir, words);
    assert_eq!(ran.code, 2, "{words:?}: {}", ran.stderr);
    assert!(ran.stderr.contains(why), "{words:?}: {}", ran.stderr);
    ran
}

#[test]
fn a_scored_file_that_no_run_wrote_is_refused_by_all_that_read_one() {
    let dir = tempdir().unwrap();
    let dir = dir.path();
    let row = |id: u8, change: &str| {
        let all = format!(
            "{{\"id\":\"{id}\",\"score\":0.5,\"proxy_score\":0.5,\"decision\":\"match\",\"status\":\"settled\",\"label\":1}}\n"
        );
        let (name, _) = change.split_once(':').unwrap_or(("", ""));
        let at = |text: &str| text.find(name).filter(|_| !name.is_empty());
        match at(&all) {
            Some(start) => {
                let end = start + all[start..].find([',', '}']).unwrap();
                format!("{}{change}{}", &all[..start], &all[end..])
            }
            None => all,
        }
    };
    fs::write(dir.join("good.jsonl"), row(1, "") + &row(2, "")).unwrap();
    assert_eq!(midband(dir, &["eval", "good.jsonl"]).code, 0);
    let same = midband(dir, &["compare", "good.jsonl", "good.jsonl"]);
    assert!(same.code == 0 && !same.stdout.contains("->"));
    let why = "has no provenance next to it";
    assert!(same.stderr.contains(why), "{}", same.stderr);
    for (change, why) in [
        ("\"score\":2", "the field \"score\" must hold a number"),
        ("\"score\":-0.1", "the field \"score\""),
        ("\"score\":\"secret\"", "the field \"score\""),
        ("\"proxy_score\":[0]", "the field \"proxy_score\""),
        ("\"decision\":\"secret\"", "match, no_match or review"),
        ("\"decision\":null", "match, no_match or review"),
        ("\"id\":null", "a row has no id"),
        ("\"id\":\"1\"", "an earlier row has the same id"),
    ] {
        fs::write(dir.join("bad.jsonl"), row(1, "") + &row(2, change)).unwrap();
        for words in [
            &["eval", "bad.jsonl"][..],
            &["report", "bad.jsonl", "-o", "r.json"],
            &["review", "bad.jsonl", "-o", "r.html"],
            &["compare", "good.jsonl", "bad.jsonl"],
        ] {
            // It has no use for other scores.
            if words[0] == "compare" && change.contains("proxy_score") {
                continue;
            }
            let ran = refused(dir, words, why);
            assert!(!ran.stderr.contains("secret"), "{}", ran.stderr);
        }
    }
    fs::write(
        dir.join("bad.jsonl"),
        row(1, "") + &row(2, "\"label\":\"perhaps\""),
    )
    .unwrap();
    let why = "line 2: row \"2\": the field \"label\" must hold a label";
    refused(dir, &["eval", "bad.jsonl"], why);
}

#[test]
fn an_output_that_the_next_run_would_read_is_refused() {
    let dir = tempdir().unwrap();
    let dir = dir.path();
    fs::create_dir_all(dir.join("lists/more")).unwrap();
    fs::write(dir.join("lists/a.csv"), LIST).unwrap();
    fs::write(dir.join("part-1.csv"), PAIRS).unwrap();
    let why = "in the next run: name an output outside of it";
    let score = ["score", "--judge", "none"];
    let match_ = ["match", "lists", "--judge", "none"];
    for more in [
        &["lists", "-o", "lists/o.csv"][..],
        &["lists", "-o", "lists/more/o.jsonl"],
        &["part-*.csv", "-o", "part-2.csv"],
    ] {
        refused(dir, &[&score[..], more].concat(), why);
    }
    for more in [
        &["-o", "lists/o.jsonl"][..],
        &["-o", "o.jsonl", "--clusters", "lists/c.csv"],
        &["-o", "o.jsonl", "--golden", "./lists/g.csv"],
    ] {
        refused(dir, &[&match_[..], more].concat(), why);
    }
    assert_eq!(fs::read_dir(dir.join("lists")).unwrap().count(), 2);
    let ran = midband(dir, &[&match_[..], &["-o", "o.jsonl"]].concat());
    assert_eq!(ran.code, 0, "{}", ran.stderr);
}

#[test]
fn messages_say_what_was_meant() {
    let dir = tempdir().unwrap();
    let dir = dir.path();
    fs::write(dir.join("upper.csv"), LIST.replace("id,", "ID ,")).unwrap();
    let words = ["match", "upper.csv", "-o", "o.jsonl", "--judge", "none"];
    let ran = refused(dir, &words, "column 1 differs only in case or spaces");
    assert!(ran.stderr.contains("--left-id"), "{}", ran.stderr);
    let labelled = "{\"id\":1,\"a\":\"x\",\"b\":\"y\",\"label\":\"perhaps\"}\n";
    fs::write(dir.join("labelled.jsonl"), labelled).unwrap();
    refused(
        dir,
        &["calibrate", "labelled.jsonl", "-o", "c.json"],
        "1 row is not a valid pair; the first: line 1: the label must be 0 or 1",
    );
    fs::write(dir.join("pairs.jsonl"), PAIRS).unwrap();
    let ran = midband(dir, &["score", "pairs.jsonl", "--judge", "none"]);
    assert_eq!(ran.code, 3);
    assert!(ran.stderr.contains("not a JSON object"), "{}", ran.stderr);
    for delimiter in ["\"", "\n"] {
        let words = ["score", "pairs.csv", "--delimiter", delimiter];
        refused(dir, &words, "cannot be a quote");
    }
}

#[test]
fn a_name_without_an_ending_is_read_for_what_it_holds() {
    let dir = tempdir().unwrap();
    let dir = dir.path();
    fs::write(dir.join("pairs"), PAIRS).unwrap();
    let words = ["score", "pairs", "-o", "s.jsonl", "--judge", "none"];
    let ran = midband(dir, &words);
    assert_eq!(ran.code, 0, "{}", ran.stderr);
    assert_eq!(objects_in(&dir.join("s.jsonl")).len(), 2);
    fs::write(dir.join("labels.txt"), "id\tlabel\n1\tyes\n").unwrap();
    let words = [
        "report",
        "s.jsonl",
        "--labels",
        "labels.txt",
        "-o",
        "r.json",
    ];
    let ran = midband(dir, &words);
    assert_eq!(ran.code, 0, "{}", ran.stderr);
}

/// Labels of a pipe are read once, whatever else wants to look at them.
#[cfg(unix)]
#[test]
fn labels_of_a_pipe_are_read_once() {
    let dir = tempdir().unwrap();
    let dir = dir.path();
    fs::write(dir.join("pairs.csv"), PAIRS).unwrap();
    let made = std::process::Command::new("mkfifo")
        .arg(dir.join("pipe.csv"))
        .status();
    assert!(made.unwrap().success());
    let pipe = dir.join("pipe.csv");
    let feeding = std::thread::spawn(move || fs::write(pipe, "id,label\n1,1\n").unwrap());
    let words = [
        "score",
        "pairs.csv",
        "--labels",
        "pipe.csv",
        "-o",
        "s.jsonl",
        "--judge",
        "none",
    ];
    let ran = midband(dir, &words);
    feeding.join().unwrap();
    assert_eq!(ran.code, 0, "{}", ran.stderr);
    assert_eq!(objects_in(&dir.join("s.jsonl"))[0]["decided_by"], "person");
}
