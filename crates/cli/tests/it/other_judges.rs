//! The binary with a judge behind the OpenAI API: simulated, and a real model where one is wanted.

#![allow(clippy::unwrap_used, clippy::panic)]

use std::{
    fs,
    io::{BufRead, BufReader},
    path::Path,
    process::{Command, Stdio},
};

use crate::common::{Midband, Ran, midband, number, objects_in, root, server::Server};
use midband_sim::OpenAiServer;

fn text(ran: &Ran) -> String {
    format!("{}{}", ran.stdout, ran.stderr)
}

#[test]
fn a_run_asks_a_server_of_the_openai_api() {
    let labels = root().join("data/questions.jsonl");
    for openai in [OpenAiServer::LlamaCpp, OpenAiServer::Vllm] {
        let dir = tempfile::tempdir().unwrap();
        let server = Server::with(&labels, 1.0, openai);
        let input = labels.to_str().unwrap();
        let arguments = [
            "score",
            input,
            "-o",
            "out.jsonl",
            "--band",
            "0..1",
            "--task",
            "same-question",
        ];
        let ran = server.run_openai(dir.path(), &arguments);
        assert_eq!(ran.code, 0, "{}", text(&ran));
        assert!(ran.stderr.contains("SIMULATED"), "{}", ran.stderr);
        let rows = objects_in(&dir.path().join("out.jsonl"));
        assert_eq!(rows.len(), 140);
        let asked: Vec<_> = rows.iter().filter(|row| row["route"] == "ask").collect();
        assert!(asked.len() >= 130, "{}", asked.len());
        for row in asked {
            assert_eq!(row["decided_by"], "judge");
            assert_eq!(
                number(row, "judge_score") >= 0.5,
                row["label"] == 1,
                "{}",
                row["id"]
            );
        }
        let doctor = server.run_openai(dir.path(), &["doctor", "--quick"]);
        assert_eq!(doctor.code, 0, "{}", text(&doctor));
        assert!(
            doctor.stdout.contains("arrays of prompts yes"),
            "{}",
            doctor.stdout
        );
    }
}

#[test]
fn what_can_not_be_meant_is_said_and_the_key_is_shown_nowhere() {
    let dir = tempfile::tempdir().unwrap();
    fs::write(
        dir.path().join("in.jsonl"),
        "{\"id\":1,\"a\":\"x\",\"b\":\"y\"}\n",
    )
    .unwrap();
    for (arguments, words) in [
        (&["--judge", "openai"][..], "--judge-url"),
        (
            &["--judge", "ollama", "--judge-url", "http://127.0.0.1:9/v1"],
            "--ollama",
        ),
        (
            &["--judge-url", "http://gpu.example:8000/v1"],
            "--allow-remote-judge",
        ),
    ] {
        let all = [&["score", "in.jsonl"], arguments].concat();
        let ran = midband(dir.path(), &all);
        assert_eq!(ran.code, 2, "{}", text(&ran));
        assert!(ran.stderr.contains(words), "{}", ran.stderr);
    }
    for arguments in [
        &[
            "score",
            "in.jsonl",
            "--judge-url",
            "http://127.0.0.1:9/v1",
            "--provenance",
        ][..],
        &[
            "score",
            "in.jsonl",
            "--judge-url",
            "http://127.0.0.1:9/v1",
            "--explain-config",
        ],
        &["doctor", "--judge-url", "http://127.0.0.1:9/v1"],
    ] {
        let ran = Midband::new(dir.path(), arguments)
            .env("MIDBAND_JUDGE_API_KEY", "sk-very-secret")
            .run();
        assert!(!text(&ran).contains("secret"), "{}", text(&ran));
    }
}

/// A base model without a notion of the task is a judge of noise: gold pairs find that out, and then it is
/// hardly asked.
#[test]
fn a_useless_live_judge_is_found_out_and_left_alone() {
    if std::env::var_os("MIDBAND_LIVE").is_none() {
        eprintln!("SKIPPED: no live judge; MIDBAND_LIVE=1 starts one");
        return;
    }
    let mut live = Command::new(root().join("scripts/live-judge"))
        .arg("--until-stdin-closes")
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .spawn()
        .unwrap();
    let mut url = String::new();
    BufReader::new(live.stdout.take().unwrap())
        .read_line(&mut url)
        .unwrap();
    let dir = tempfile::tempdir().unwrap();
    let all = fs::read_to_string(root().join("data/questions.jsonl")).unwrap();
    let half = |odd: usize| -> String {
        let lines = all.lines().enumerate().filter(|(at, _)| at % 2 == odd);
        lines.map(|(_, line)| format!("{line}\n")).collect()
    };
    let write = |name: &str, text: String| fs::write(dir.path().join(name), text).unwrap();
    write("gold.jsonl", half(0));
    write("rest.jsonl", half(1));
    let run = |dir: &Path, arguments: &[&str]| {
        let judge = [
            "--judge",
            "openai",
            "--judge-url",
            url.trim(),
            "--task",
            "same-question",
        ];
        midband(dir, &[arguments, &judge].concat())
    };
    let learnt = run(
        dir.path(),
        &["calibrate", "gold.jsonl", "-o", "calibration.json"],
    );
    assert_eq!(learnt.code, 0, "{}", text(&learnt));
    assert!(
        learnt.stderr.contains("the judge finds"),
        "{}",
        learnt.stderr
    );
    let scored = run(
        dir.path(),
        &[
            "score",
            "rest.jsonl",
            "-o",
            "scored.jsonl",
            "--calibration",
            "calibration.json",
        ],
    );
    assert_eq!(scored.code, 0, "{}", text(&scored));
    let rows = objects_in(&dir.path().join("scored.jsonl"));
    let asked = rows.iter().filter(|row| row["route"] == "ask").count();
    assert!(
        asked <= rows.len() / 10,
        "{asked} of {} asked: {}",
        rows.len(),
        scored.stderr
    );
    // Decided as well as by the proxy alone.
    let right = rows
        .iter()
        .filter(|row| (row["decision"] == "match") == (row["label"] == 1))
        .count();
    assert!(
        right * 10 >= rows.len() * 6,
        "{right} of {} right",
        rows.len()
    );
    drop(live.stdin.take());
    live.wait().unwrap();
}
