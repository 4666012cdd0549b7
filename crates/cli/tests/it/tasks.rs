//! What the judge is asked, and what is told before anything is asked.

#![allow(clippy::unwrap_used, clippy::panic)]

use std::{fs, path::Path};

use crate::common::{Ran, midband, objects_in, root, server::Server};
use midband_sim::OpenAiServer;
use serde_json::{Value, json};

/// Offers that differ in their model number, and offers that don't.
fn products(dir: &Path) -> Server {
    let row = |at: usize| {
        let (number, other) = (at * 7, at * 7 + at % 2);
        let a = format!("title: Aero keyboard K{number} black; price: {at}.90");
        let b = format!("price: {at}.50; title: K{other} black keyboard by Aero");
        json!({"id": at, "a": a, "b": b, "label": (at + 1) % 2}).to_string()
    };
    let rows: Vec<String> = (1..41).map(row).collect();
    fs::write(dir.join("in.jsonl"), rows.join("\n")).unwrap();
    Server::with(&dir.join("in.jsonl"), 1.0, OpenAiServer::LlamaCpp)
}

fn told(ran: &Ran) -> String {
    format!("{}{}", ran.stdout, ran.stderr)
}

#[test]
fn products_are_asked_about_as_products_column_by_column() {
    let dir = tempfile::tempdir().unwrap();
    let server = products(dir.path());
    let score = [
        "score",
        "in.jsonl",
        "-o",
        "out.jsonl",
        "--band",
        "0..1",
        "--mode",
        "keyed",
    ];
    let ran = server.run_openai(dir.path(), &score);
    assert_eq!(ran.code, 0, "{}", told(&ran));
    assert!(
        ran.stderr.contains("the judge's task is same-product"),
        "{}",
        ran.stderr
    );
    let side = fs::read_to_string(dir.path().join("out.jsonl.provenance.json")).unwrap();
    let side: Value = serde_json::from_str(&side).unwrap();
    assert_eq!(side["task"], "same-product");
    // The simulator finds its labels by what stands in the columns: all answers are right.
    for row in objects_in(&dir.path().join("out.jsonl")) {
        if row["route"] == "ask" {
            assert_eq!(
                row["judge_score"].as_f64().unwrap() >= 0.5,
                row["label"] == 1,
                "{}",
                row["id"]
            );
        }
    }
    let named = server.run_openai(
        dir.path(),
        &[&score[..], &["--task", "similarity"]].concat(),
    );
    assert_eq!(named.code, 0, "{}", told(&named));
    assert!(
        !named.stderr.contains("the judge's task is"),
        "{}",
        named.stderr
    );
}

#[test]
fn a_model_that_is_not_there_is_told_before_anything_is_embedded() {
    let dir = tempfile::tempdir().unwrap();
    let server = products(dir.path());
    let absent = ["--models", "no-such-model"];
    for command in [
        &["score", "in.jsonl", "-o", "out.jsonl"][..],
        &["calibrate", "in.jsonl", "-o", "calibration.json"],
    ] {
        let ran = server.run_openai(dir.path(), &[command, &absent].concat());
        assert_eq!(ran.code, 2, "{}", told(&ran));
        assert!(
            ran.stderr.contains("no-such-model")
                && ran
                    .stderr
                    .contains("there is gemma3:4b, medgemma:1.5-4b-q4"),
            "{}",
            ran.stderr
        );
        assert!(!ran.stderr.contains("ollama"), "{}", ran.stderr);
    }
    assert!(
        !dir.path().join("out.jsonl").exists() && !dir.path().join("calibration.json").exists()
    );
    let ollama = server.run(
        dir.path(),
        &[&["score", "in.jsonl", "-o", "out.jsonl"][..], &absent].concat(),
    );
    assert_eq!(ollama.code, 2, "{}", told(&ollama));
    assert!(
        ollama.stderr.contains("ollama pull no-such-model"),
        "{}",
        ollama.stderr
    );
}

#[test]
fn a_judge_named_by_its_address_takes_part_in_a_calibration() {
    let dir = tempfile::tempdir().unwrap();
    let server = products(dir.path());
    let ran = server.run_openai(
        dir.path(),
        &["calibrate", "in.jsonl", "-o", "calibration.json"],
    );
    assert_eq!(ran.code, 0, "{}", told(&ran));
    assert!(ran.stderr.contains("the judge finds"), "{}", ran.stderr);
    let made: Value =
        serde_json::from_str(&fs::read_to_string(dir.path().join("calibration.json")).unwrap())
            .unwrap();
    assert_eq!(made["task"], "same-product");
    // A run takes the calibration's task.
    let ran = server.run_openai(
        dir.path(),
        &[
            "score",
            "in.jsonl",
            "-o",
            "out.jsonl",
            "--calibration",
            "calibration.json",
        ],
    );
    assert_eq!(ran.code, 0, "{}", told(&ran));
}

#[test]
fn the_doctor_measures_a_task_of_ones_own_and_shares_no_text() {
    let dir = tempfile::tempdir().unwrap();
    let server = products(dir.path());
    let known = |at: usize, is: bool| {
        format!(
            "[[known]]\na = \"secret lamp {at}\"\nb = \"{} lamp {at}\"\nmatch = {is}\n",
            if is { "secret" } else { "other" }
        )
    };
    let pairs: String = (0..20).map(|at| known(at, at % 2 == 0)).collect();
    let task = format!(
        "name = \"same-lamp\"\nquestion = \"Rate how sure you are that both are the same lamp.\"\nyes_no = \"Are both the same lamp?\"\n\
         zero = \"surely different\"\nhundred = \"surely the same\"\ncolumns = true\n{pairs}"
    );
    fs::write(dir.path().join("lamp.toml"), &task).unwrap();
    let doctor = ["doctor", "--task", "lamp.toml", "--share", "share.json"];
    let ran = server.run_openai(dir.path(), &doctor);
    assert!(
        ran.stdout.contains("right of known") && ran.stdout.contains("known pairs of same-lamp"),
        "{}",
        told(&ran)
    );
    let shared = fs::read_to_string(dir.path().join("share.json")).unwrap();
    assert!(
        shared.contains("\"auroc\"") && shared.contains("\"simulated\": true"),
        "{shared}"
    );
    assert!(
        !shared.contains("lamp 1") && !shared.contains("127.0.0.1"),
        "{shared}"
    );
    fs::write(
        dir.path().join("lamp.toml"),
        task.replace("match = false", "match = true"),
    )
    .unwrap();
    let ran = midband(dir.path(), &["doctor", "--quick", "--task", "lamp.toml"]);
    assert_eq!(ran.code, 2, "{}", told(&ran));
    assert!(
        ran.stderr.contains("known pairs need matches and others"),
        "{}",
        ran.stderr
    );
}

#[test]
fn every_built_in_task_is_documented() {
    let page = fs::read_to_string(root().join("docs/tasks.md")).unwrap();
    for task in midband_tasks() {
        assert!(page.contains(&format!("| `{task}` |")), "{task}");
    }
}

/// As the error about an unknown task lists them.
fn midband_tasks() -> Vec<String> {
    let dir = tempfile::tempdir().unwrap();
    let ran = midband(dir.path(), &["doctor", "--quick", "--task", "no-such-task"]);
    assert_eq!(ran.code, 2, "{}", told(&ran));
    let (_, list) = ran.stderr.split_once("built-in tasks are ").unwrap();
    let list = list.split(';').next().unwrap();
    let tasks: Vec<String> = list.split(", ").map(str::to_owned).collect();
    assert!(tasks.len() >= 8, "{tasks:?}");
    tasks
}
