//! `midband` with a judge: the real binary against the simulator.

#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]

use std::{fs, path::Path};

use crate::common::{Ran, midband, number, objects_in, root, server::Server};
use midband_sim::Fault;
use serde_json::Value;
use tempfile::tempdir;

/// Pairs in the file that every test scores: all levels of difficulty.
const PAIRS: usize = 60;

/// A simulator that is right four times in five.
fn start(faults: &[(Fault, f64)]) -> Server {
    Server::start(&root().join("data/patients.jsonl"), 0.8, faults)
}

fn score(server: &Server, dir: &Path, arguments: &[&str]) -> Ran {
    server.run(
        dir,
        &[
            &["score", "in.jsonl", "-o", "out.jsonl", "--band", "0.4..0.9"],
            arguments,
        ]
        .concat(),
    )
}

fn input(dir: &Path) {
    let text = fs::read_to_string(root().join("data/patients.jsonl")).unwrap();
    let lines: Vec<&str> = text.lines().take(PAIRS).collect();
    fs::write(dir.join("in.jsonl"), lines.join("\n")).unwrap();
}

/// Every pair once, in order, each with a score that fits who decided. Returns how many the judge decided.
fn sound(dir: &Path) -> usize {
    let (pairs, scored) = (
        objects_in(&dir.join("in.jsonl")),
        objects_in(&dir.join("out.jsonl")),
    );
    assert_eq!(scored.len(), pairs.len());
    let mut judged = 0;
    for (score, pair) in scored.iter().zip(&pairs) {
        assert_eq!(score["id"], pair["id"]);
        let in_band = (0.4..0.9).contains(&number(score, "cosine"));
        assert_eq!(score["route"] == "ask", in_band, "{}", score["id"]);
        match score["decided_by"].as_str().unwrap() {
            "judge" | "cache" => {
                judged += 1;
                assert!(in_band);
                assert!((0.0..=1.0).contains(&number(score, "judge_score")));
                assert_eq!(score["status"], "settled");
            }
            "fallback" => {
                assert!(in_band);
                assert!(score["status"].as_str().unwrap().starts_with("unanswered("));
                assert_eq!(
                    (&score["judge_score"], &score["score"]),
                    (&Value::Null, &score["proxy_score"])
                );
                assert_eq!(score["decision"], "review");
            }
            other => assert_eq!((other, in_band), ("embedding", false)),
        }
    }
    judged
}

fn asked(dir: &Path) -> usize {
    objects_in(&dir.join("out.jsonl"))
        .iter()
        .filter(|score| score["route"] == "ask")
        .count()
}

#[test]
fn every_way_of_asking_judges_exactly_the_asked_pairs_and_the_counts_add_up() {
    let dir = tempdir().unwrap();
    input(dir.path());
    let server = start(&[]);
    for way in [
        &["--mode", "auto"][..],
        &["--mode", "think"],
        &["--mode", "keyed"],
        &["--mode", "array"],
        &["--mode", "digits"],
        &["--mode", "yes-no"],
        &["--mode", "standard"],
    ] {
        let ran = score(&server, dir.path(), way);
        assert_eq!(ran.code, 0, "{way:?}: {}", ran.stderr);
        let (judged, asked) = (sound(dir.path()), asked(dir.path()));
        assert!(asked > PAIRS / 4, "{asked} asked");
        assert_eq!(judged, asked, "{way:?}");
        assert!(ran.stderr.contains("SIMULATED"), "{}", ran.stderr);
        assert!(
            ran.stderr
                .contains(&format!("{asked} answered, 0 from the cache, 0 unanswered")),
            "{}",
            ran.stderr
        );
    }
}

#[test]
fn a_finished_job_makes_no_call_when_it_runs_again() {
    let dir = tempdir().unwrap();
    input(dir.path());
    let server = start(&[]);
    let cached = ["--cache", "cache"];
    assert_eq!(score(&server, dir.path(), &cached).code, 0);
    let first = objects_in(&dir.path().join("out.jsonl"));
    let again = score(&server, dir.path(), &cached);
    assert!(again.stderr.contains("; 0 calls,"), "{}", again.stderr);
    let second = objects_in(&dir.path().join("out.jsonl"));
    for (one, two) in first.iter().zip(&second) {
        assert_eq!(one["score"], two["score"], "{}", one["id"]);
        assert_eq!(two["decided_by"] == "cache", one["decided_by"] == "judge");
    }
    let fresh = score(&server, dir.path(), &["--cache", "cache", "--fresh"]);
    assert!(!fresh.stderr.contains("; 0 calls,"), "{}", fresh.stderr);

    let stats = midband(
        dir.path(),
        &["cache", "stats", "--json", "--cache", "cache"],
    );
    let stats: Value = serde_json::from_str(&stats.stdout).unwrap();
    assert_eq!(stats["verdicts"], asked(dir.path()));
    let one = second
        .iter()
        .find(|score| score["decided_by"] == "cache")
        .unwrap()["id"]
        .as_str()
        .unwrap();
    let forgotten = midband(dir.path(), &["cache", "forget", one, "--cache", "cache"]);
    assert!(
        forgotten.stdout.starts_with("1 verdict "),
        "{}",
        forgotten.stdout
    );
    assert_eq!(
        midband(dir.path(), &["cache", "clear", "--cache", "cache"]).code,
        0
    );
    let file = fs::read(dir.path().join("cache/verdicts.redb")).unwrap();
    let planted = objects_in(&dir.path().join("in.jsonl"))[0]["a"]
        .as_str()
        .unwrap()
        .as_bytes()[..16]
        .to_vec();
    assert!(
        !file.windows(planted.len()).any(|window| window == planted),
        "a cache holds no text"
    );
}

#[test]
fn a_failing_judge_loses_no_pair_and_makes_up_no_score() {
    let faults = [
        Fault::Error500,
        Fault::Busy503,
        Fault::Reset,
        Fault::CutJson,
        Fault::Prose,
        Fault::Missing,
        Fault::Duplicate,
        Fault::Nan,
        Fault::NotDone,
        Fault::ErrorLine,
    ];
    let dir = tempdir().unwrap();
    input(dir.path());
    let mixed: Vec<(Fault, f64)> = faults.iter().map(|&fault| (fault, 0.02)).collect();
    let ran = score(&start(&mixed), dir.path(), &["--mode", "keyed"]);
    let (judged, asked) = (sound(dir.path()), asked(dir.path()));
    assert_eq!(ran.code, i32::from(judged < asked), "{}", ran.stderr);
    assert!(
        judged * 10 >= asked * 9,
        "{judged} of {asked}: what fails now and then is asked again"
    );
}

#[test]
fn a_judge_that_is_gone_still_gives_every_pair_a_score() {
    let dir = tempdir().unwrap();
    input(dir.path());
    let absent = "http://127.0.0.1:9";
    for judge in [&["--judge", "ollama"][..], &[]] {
        let run = [
            &[
                "score",
                "in.jsonl",
                "-o",
                "out.jsonl",
                "--band",
                "0.4..0.9",
                "--ollama",
                absent,
            ],
            judge,
        ]
        .concat();
        let ran = midband(dir.path(), &run);
        assert_eq!(ran.code, 1, "{}", ran.stderr);
        assert_eq!(sound(dir.path()), 0);
        assert!(
            ran.stderr.contains(absent) && ran.stderr.contains("--judge none"),
            "{}",
            ran.stderr
        );
    }
}

#[test]
fn caps_end_a_run_in_time_and_what_is_open_is_named() {
    let dir = tempdir().unwrap();
    input(dir.path());
    let ran = score(
        &start(&[]),
        dir.path(),
        &["--max-calls", "3", "--mode", "digits"],
    );
    assert_eq!(ran.code, 1, "{}", ran.stderr);
    let judged = sound(dir.path());
    assert!(
        (1..=24).contains(&judged),
        "{judged} judged by three calls of eight pairs"
    );
    assert!(
        ran.stderr.contains("out of budget") && ran.stderr.contains("; 3 calls,"),
        "{}",
        ran.stderr
    );
}

#[test]
fn text_leaves_the_machine_only_on_purpose() {
    let dir = tempdir().unwrap();
    input(dir.path());
    let ran = midband(
        dir.path(),
        &["score", "in.jsonl", "--ollama", "http://192.0.2.1:11434"],
    );
    assert_eq!(ran.code, 2);
    assert!(
        ran.stderr.contains("192.0.2.1") && ran.stderr.contains("--allow-remote-judge"),
        "{}",
        ran.stderr
    );
}

#[test]
fn doctor_reports_the_server_and_says_that_it_is_a_simulator() {
    let dir = tempdir().unwrap();
    let server = start(&[]);
    let run = |arguments: &[&str]| server.run(dir.path(), &[&["doctor"], arguments].concat());
    let shown = run(&["--json"]);
    assert_eq!(shown.code, 0, "{}", shown.stderr);
    let report: Value = serde_json::from_str(&shown.stdout).unwrap();
    assert_eq!(
        (&report["healthy"], &report["judge"]["simulated"]),
        (&true.into(), &true.into())
    );
    assert!(report["judge"]["servers"][0]["models"][0]["measured"].is_object());
    assert!(run(&[]).stdout.contains("OLLAMA_KEEP_ALIVE"));
    let absent = midband(
        dir.path(),
        &["doctor", "--ollama", "http://127.0.0.1:9", "--quick"],
    );
    assert_eq!(absent.code, 1, "{}", absent.stdout);
}

#[test]
fn what_is_expected_to_be_asked_is_said_before_the_first_question() {
    let server = start(&[]);
    let dir = tempdir().unwrap();
    let dir = dir.path();
    input(dir);
    let ran = server.run(dir, &["score", "in.jsonl", "-o", "out.jsonl"]);
    assert_eq!(ran.code, 0, "{}", ran.stderr);
    let line = ran
        .stderr
        .lines()
        .find(|line| line.contains("expecting to ask about"))
        .unwrap();
    let words: Vec<&str> = line.split_whitespace().collect();
    let at = words.iter().position(|word| *word == "about").unwrap();
    let (questions, of): (usize, usize) = (
        words[at + 1].parse().unwrap(),
        words[at + 3].parse().unwrap(),
    );
    assert!(questions > 0 && questions <= of && of == PAIRS, "{line}");
    assert!(line.contains("per pair (assumed)"), "{line}");
    // A fixed band asks what lies in it, and nobody is asked without a judge.
    for words in [&["--band", "0.4..0.9"][..], &["--judge", "none"]] {
        let all = [&["score", "in.jsonl", "-o", "out.jsonl"][..], words].concat();
        let ran = server.run(dir, &all);
        assert!(!ran.stderr.contains("expecting to ask"), "{}", ran.stderr);
    }
}
