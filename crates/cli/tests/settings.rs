//! Settings, evaluation and the small commands: what needs no model.

#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]

mod common;

use std::fs;

use common::{Midband, midband};
use serde_json::Value;
use tempfile::tempdir;

#[test]
fn a_flag_wins_over_a_variable_over_the_file_over_the_default() {
    let dir = tempdir().unwrap();
    fs::write(
        dir.path().join("midband.toml"),
        "band = \"0.1..0.2\"\nseed = 7\nquiet = true\nbatch-tokens = 512\njson = true\n",
    )
    .unwrap();
    let ran = Midband::new(
        dir.path(),
        &["score", "x.jsonl", "--explain-config", "--band", "0.3..0.4"],
    )
    .env("MIDBAND_SEED", "9")
    .env("MIDBAND_BAND", "0.5..0.6")
    .run();
    assert_eq!(ran.code, 0, "{}", ran.stderr);
    let origin = |name: &str| {
        let line = ran
            .stdout
            .lines()
            .find(|line| line.starts_with(&format!("{name} ")))
            .unwrap();
        line.split_whitespace()
            .skip(1)
            .collect::<Vec<_>>()
            .join(" ")
    };
    assert_eq!(origin("band"), "0.3..0.4 flag");
    assert_eq!(origin("seed"), "9 variable MIDBAND_SEED");
    assert_eq!(origin("batch-tokens"), "512 midband.toml");
    assert_eq!(origin("threads"), "0 default");
    assert_eq!(origin("output"), "(none) default");
}

#[test]
fn a_setting_that_is_none_is_an_error_that_names_it() {
    let dir = tempdir().unwrap();
    let with = |text: &str| {
        fs::write(dir.path().join("midband.toml"), text).unwrap();
        let ran = midband(dir.path(), &["score", "x.jsonl", "--explain-config"]);
        assert_eq!(ran.code, 2, "{}", ran.stderr);
        ran.stderr
    };
    assert!(with("bnad = \"0.1..0.2\"").contains("\"bnad\""));
    assert!(with("band = true").contains("band can't be boolean"));
    assert!(with("band = \"x\"").contains("LOWER..UPPER"));
    assert!(with("band = ").contains("not valid TOML"));
}

#[test]
fn help_documents_the_exit_codes() {
    let dir = tempdir().unwrap();
    for arguments in [&["--help"][..], &["score", "--help"]] {
        let ran = midband(dir.path(), arguments);
        assert_eq!(ran.code, 0);
        for line in [
            "0  all pairs are settled",
            "1  finished, with unanswered",
            "2  could not run",
        ] {
            assert!(ran.stdout.contains(line), "{}", ran.stdout);
        }
    }
    assert_eq!(midband(dir.path(), &["no-such-command"]).code, 2);
}

#[test]
fn completions_name_the_commands() {
    let dir = tempdir().unwrap();
    for shell in ["bash", "zsh", "fish"] {
        let ran = midband(dir.path(), &["completions", shell]);
        assert_eq!(ran.code, 0);
        assert!(ran.stdout.contains("explain-config"), "{shell}");
    }
}

#[test]
fn models_can_be_listed() {
    let dir = tempdir().unwrap();
    let ran = midband(dir.path(), &["models", "list", "--json"]);
    assert_eq!(ran.code, 0, "{}", ran.stderr);
    let entries = common::objects(&ran.stdout);
    let default = entries
        .iter()
        .find(|entry| entry["name"] == "all-MiniLM-L6-v2")
        .unwrap();
    assert_eq!(
        (&default["width"], &default["batch_safe"]),
        (&384.into(), &true.into())
    );
    assert!(entries.len() > 20);
}

const SCORED: &str = r#"{"id":"1","cosine":0.9,"proxy_score":0.8,"route":"accept","score":0.8,"decision":"match","decided_by":"embedding","label":1}
{"id":"2","cosine":0.7,"proxy_score":0.6,"route":"ask","score":0.9,"decision":"match","decided_by":"judge","label":0}
{"id":"3","cosine":0.8,"proxy_score":0.7,"route":"ask","score":0.7,"decision":"review","decided_by":"fallback","label":1}
{"id":"4","cosine":0.1,"proxy_score":0.1,"route":"reject","score":0.1,"decision":"no_match","decided_by":"embedding","label":0}
{"id":"5","cosine":0.2,"proxy_score":0.1,"route":"reject","score":0.1,"decision":"no_match","decided_by":"embedding","label":null}
"#;

#[test]
fn eval_measures_scores_and_decisions_against_labels() {
    let dir = tempdir().unwrap();
    fs::write(dir.path().join("scored.jsonl"), SCORED).unwrap();
    let ran = midband(dir.path(), &["eval", "scored.jsonl", "--json"]);
    assert_eq!(ran.code, 0, "{}", ran.stderr);
    let evaluation: Value = serde_json::from_str(&ran.stdout).unwrap();
    assert_eq!(
        (
            &evaluation["pairs"],
            &evaluation["labelled"],
            &evaluation["matches"]
        ),
        (&5.into(), &4.into(), &2.into())
    );
    assert_eq!(evaluation["scores"]["cosine"]["auroc"], 1.0);
    assert_eq!(evaluation["scores"]["score"]["auroc"], 0.5);
    assert_eq!(evaluation["decisions"]["review"], 1);
    assert_eq!(evaluation["decisions"]["precision"], 0.5);
    assert_eq!(evaluation["by_decided_by"]["judge"]["accuracy"], 0.0);
    assert_eq!(evaluation["by_route"]["ask"]["pairs"], 2);
    assert_eq!(evaluation["asked"], 0.5);
    assert_eq!(evaluation["cost"]["total"], 1.0);
    assert_eq!(evaluation["reliability"].as_array().unwrap().len(), 4);
    let curve = evaluation["curve"].as_array().unwrap();
    assert_eq!(
        (&curve[0]["share_asked"], &curve[10]["share_asked"]),
        (&0.0.into(), &0.25.into())
    );
    let costly = midband(
        dir.path(),
        &["eval", "scored.jsonl", "--json", "--cost-false-match", "5"],
    )
    .stdout;
    let costly: Value = serde_json::from_str(&costly).unwrap();
    assert_eq!(costly["cost"]["total"], 5.0);
    let shown = midband(dir.path(), &["eval", "scored.jsonl"]).stdout;
    assert!(
        shown.contains("decided by judge") && shown.contains("AUROC"),
        "{shown}"
    );
}

#[test]
fn eval_of_graded_gold_gives_correlations() {
    let dir = tempdir().unwrap();
    let graded = SCORED
        .replace("\"label\":1", "\"rating\":0.9")
        .replace("\"label\":0", "\"rating\":0.2");
    fs::write(dir.path().join("scored.jsonl"), graded).unwrap();
    let ran = midband(
        dir.path(),
        &["eval", "scored.jsonl", "--gold", "rating", "--json"],
    );
    let evaluation: Value = serde_json::from_str(&ran.stdout).unwrap();
    assert!(evaluation["scores"]["cosine"]["spearman"].as_f64().unwrap() > 0.8);
    assert_eq!(evaluation["scores"]["cosine"]["auroc"], Value::Null);
    let none = midband(dir.path(), &["eval", "scored.jsonl", "--gold", "nothing"]);
    assert_eq!(none.code, 2);
    assert!(
        none.stderr.contains("\"nothing\"") && none.stderr.contains("--gold"),
        "{}",
        none.stderr
    );
}
