//! Settings, evaluation and the small commands: what needs no model.

#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]

use std::fs;

use crate::common::{Midband, midband};
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
    assert!(with("band = true").contains("band does not take a value of type boolean"));
    assert!(with("band = \"x\"").contains("LOWER..UPPER"));
    assert!(with("band = ").contains("not valid TOML"));
}

/// What stands behind a setting's name in `--explain-config`, and what was said beside it.
fn explained(run: Midband, name: &str) -> (String, String) {
    let ran = run.run();
    assert_eq!(ran.code, 0, "{}", ran.stderr);
    let line = ran.stdout.lines().find(|line| line.starts_with(name));
    let words: Vec<&str> = line.unwrap().split_whitespace().skip(1).collect();
    (words.join(" "), ran.stderr)
}

#[test]
fn an_old_flag_of_one_command_is_taken_for_its_new_name_there() {
    let dir = tempdir().unwrap();
    let said = |arguments: &[&str]| midband(dir.path(), arguments).stderr;
    let bench = said(&["bench", "--pairs", "x.jsonl", "--gold-pairs", "3"]);
    assert!(
        bench.contains("--gold-pairs is now --gold-sample"),
        "{bench}"
    );
    let calibrate = said(&["calibrate", "x.jsonl", "--compare", "3"]);
    assert!(
        calibrate.contains("--compare is now --compare-modes"),
        "{calibrate}"
    );
    let matched = said(&[
        "match",
        "x.csv",
        "--gold-pairs",
        "g.csv",
        "--compare",
        "text",
    ]);
    assert!(!matched.contains("is now"), "{matched}");
}

#[test]
fn an_old_name_is_taken_with_a_warning_as_flag_variable_and_key() {
    let dir = tempdir().unwrap();
    let min_gain = |flags: &[&str], variables: &[(&str, &str)]| {
        let all = [&["score", "x.jsonl", "--explain-config"], flags].concat();
        let run = Midband::new(dir.path(), &all);
        let run = variables
            .iter()
            .fold(run, |run, (name, value)| run.env(name, value));
        explained(run, "min-gain ")
    };
    let gone = "the next version drops the old name";
    for flag in [&["--price", "0.3"][..], &["--price=0.3"]] {
        let (value, said) = min_gain(flag, &[]);
        assert_eq!(value, "0.3 flag");
        assert_eq!(
            said.matches("--price is now --min-gain").count(),
            1,
            "{said}"
        );
        assert!(said.contains(gone));
    }
    let old = ("MIDBAND_PRICE", "0.4");
    let (value, said) = min_gain(&[], &[old]);
    assert_eq!(value, "0.4 variable MIDBAND_PRICE");
    assert!(
        said.contains("MIDBAND_PRICE is now MIDBAND_MIN_GAIN"),
        "{said}"
    );
    let (value, said) = min_gain(&["--min-gain", "0.1"], &[("MIDBAND_MIN_GAIN", "0.2")]);
    assert_eq!((value.as_str(), said.as_str()), ("0.1 flag", ""));
    // A flag is stronger, and so is the new name.
    assert_eq!(min_gain(&["--min-gain", "0.1"], &[old]).0, "0.1 flag");
    let both = [old, ("MIDBAND_MIN_GAIN", "0.2")];
    assert_eq!(min_gain(&[], &both).0, "0.2 variable MIDBAND_MIN_GAIN");
    fs::write(dir.path().join("midband.toml"), "price = 0.5\n").unwrap();
    let (value, said) = min_gain(&[], &[]);
    assert_eq!(value, "0.5 midband.toml");
    assert!(
        said.contains("price in midband.toml is now min-gain"),
        "{said}"
    );
    assert_eq!(min_gain(&[], &[old]).0, "0.4 variable MIDBAND_PRICE");
}

#[test]
fn old_words_of_the_prompting_modes_are_taken_with_a_warning() {
    let dir = tempdir().unwrap();
    for (flags, warning) in [
        (
            &["--mode", "glance"][..],
            "--mode glance is now --mode yes-no",
        ),
        (
            &["--mode", "constrained"],
            "--mode constrained is now --mode digits",
        ),
        (
            &["--mode", "constrained", "--answer-format", "keyed"],
            "--mode constrained is now --mode keyed",
        ),
        (
            &["--answer-format", "array"],
            "--answer-format is now part of --mode",
        ),
        (&["--mode", "yes-no"], ""),
    ] {
        let all = [&["score", "x.jsonl", "--explain-config"], flags].concat();
        let (_, said) = explained(Midband::new(dir.path(), &all), "mode ");
        assert!(said.contains(warning), "{said}");
        assert_eq!(said.is_empty(), warning.is_empty(), "{said}");
    }
    let help = midband(dir.path(), &["score", "--help"]).stdout;
    assert!(help.contains("yes-no") && !help.contains("answer-format"));
    assert!(!help.contains("constrained") && !help.contains("glance"));
}

#[test]
fn help_documents_the_exit_codes() {
    let dir = tempdir().unwrap();
    for arguments in [&["--help"][..], &["score", "--help"]] {
        let ran = midband(dir.path(), arguments);
        assert_eq!(ran.code, 0);
        for line in [
            "0  done",
            "1  finished, but some questions are unanswered",
            "2  could not run",
            "3  finished, but some rows were rejected",
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
    let entries = crate::common::objects(&ran.stdout);
    let default = entries
        .iter()
        .find(|entry| entry["name"] == "all-MiniLM-L6-v2")
        .unwrap();
    assert_eq!(
        (&default["width"], &default["batch_safe"]),
        (&384.into(), &true.into())
    );
    assert!(entries.len() > 20);
    // Those that no catalogue has are named with how to run them, and as untried.
    let untried: Vec<_> = (entries.iter())
        .filter(|entry| entry.get("untried").is_some())
        .collect();
    assert!(untried.iter().any(|entry| entry["pooling"] == "cls"));
    let ran = midband(dir.path(), &["models", "list"]);
    let told = ran.stdout.matches("--embed-model-dir").count();
    assert_eq!(told, untried.len());
}

const SCORED: &str = r#"{"id":"1","cosine":0.9,"proxy_score":0.8,"route":"accept","score":0.8,"decision":"match","decided_by":"embedding","label":1}
{"id":"2","cosine":0.7,"proxy_score":0.6,"route":"ask","judge_score":0.95,"score":0.9,"decision":"match","decided_by":"judge","label":0}
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
    assert_eq!(evaluation["scores"]["score"]["pairs"], 4);
    for name in ["cosine", "proxy_score", "score", "judge_score"] {
        assert_eq!(evaluation["judged"][name]["pairs"], 1, "{name}");
    }
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
    assert!(
        shown.contains("of the 1 that the judge answered"),
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
    // A doubt among labels is left out, whoever reads them, and it is said.
    let row = |id: u8, rating: f64| {
        format!("{{\"id\":{id},\"score\":0.9,\"decision\":\"match\",\"rating\":{rating}}}\n")
    };
    let rows = [row(1, 1.0), row(2, 0.5), row(3, 0.0)].concat();
    fs::write(dir.path().join("doubt.jsonl"), rows).unwrap();
    let ran = midband(
        dir.path(),
        &["eval", "doubt.jsonl", "--gold", "rating", "--json"],
    );
    let evaluation: Value = serde_json::from_str(&ran.stdout).unwrap();
    let said = "ignored 1 of 3 labels that lie between 0 and 1";
    assert!(ran.stderr.contains(said), "{}", ran.stderr);
    assert_eq!(
        (
            &evaluation["graded"],
            &evaluation["doubtful"],
            &evaluation["labelled"]
        ),
        (&Value::Bool(false), &Value::from(1), &Value::from(2))
    );
    let report = ["report", "doubt.jsonl", "--gold", "rating", "-o", "r.html"];
    assert_eq!(midband(dir.path(), &report).code, 0);
    let page = fs::read_to_string(dir.path().join("r.html")).unwrap();
    assert!(page.contains("1 label between 0 and 1, because most are 0 or 1"));
    let none = midband(dir.path(), &["eval", "scored.jsonl", "--gold", "nothing"]);
    assert_eq!(none.code, 2);
    assert!(
        none.stderr.contains("\"nothing\"") && none.stderr.contains("--gold"),
        "{}",
        none.stderr
    );
}
