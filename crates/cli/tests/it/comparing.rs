//! `midband compare`: what changed between two runs.

#![allow(clippy::unwrap_used, clippy::panic)]

use std::{fs, path::Path};

use crate::common::{FAMILY, GIVEN, midband};
use serde_json::Value;
use tempfile::tempdir;

fn people(dir: &Path) {
    let mut list = String::from("id,given_name,surname,birth_date,phone\n");
    for person in 0..40usize {
        let (given, family) = (GIVEN[person % 12], FAMILY[(person * 7 + person / 12) % 11]);
        let born = format!(
            "19{:02}-{:02}-{:02}",
            30 + person,
            1 + person % 12,
            1 + person % 28
        );
        for copy in 0..3 {
            let family = if copy == 1 {
                format!("{family}x")
            } else {
                family.to_owned()
            };
            let phone = 2_071_000_000usize + person * 7_919_113;
            list += &format!("r{},{given},{family},{born},0{phone}\n", person * 3 + copy);
        }
    }
    fs::write(dir.join("people.csv"), list).unwrap();
}

/// A match of a list with its clusters.
fn matched(dir: &Path, list: &str, scores: &str, clusters: &str, more: &[&str]) {
    let command = [
        "match",
        list,
        "-o",
        scores,
        "--judge",
        "none",
        "--clusters",
        clusters,
    ];
    let ran = midband(dir, &[&command[..], more].concat());
    assert!(ran.code < 2, "{}", ran.stderr);
}

#[test]
fn one_label_and_what_it_changed() {
    let dir = tempdir().unwrap();
    let dir = dir.path();
    people(dir);
    fs::write(
        dir.join("labels.csv"),
        "left_id,right_id,label\nr0,r1,0\nr1,r2,0\nr3,r9,1\n",
    )
    .unwrap();
    let run = |scores: &str, clusters: &str, more: &[&str]| {
        matched(dir, "people.csv", scores, clusters, more);
    };
    run("old.jsonl", "old-clusters.csv", &[]);
    run("new.csv", "new-clusters.jsonl", &["--labels", "labels.csv"]);
    let ran = midband(dir, &["compare", "old.jsonl", "new.csv", "--json"]);
    assert_eq!(ran.code, 0, "{}", ran.stderr);
    let found: Value = serde_json::from_str(&ran.stdout).unwrap();
    let changes = found["pairs"]["changes"].as_array().unwrap();
    let of = |from: &str, to: &str| {
        let change = |change: &&Value| change["from"] == from && change["to"] == to;
        changes
            .iter()
            .find(change)
            .unwrap_or_else(|| panic!("{from} -> {to}: {}", ran.stdout))
    };
    assert_eq!(of("match", "no_match")["decided_by"]["person"], 2);
    assert_eq!(of("not_written", "match")["examples"][0], "r3|r9");
    assert_eq!(found["runs"]["labels"]["new"]["no_match"], 2);
    // The file of labels is an input too.
    assert_eq!(found["runs"]["inputs"]["new"][1]["path"], "labels.csv");
    assert_eq!(
        found["runs"].as_object().unwrap().len(),
        2,
        "{}",
        found["runs"]
    );
    let clusters = &found["clusters"];
    assert_eq!(clusters["records"], 120);
    assert!(
        clusters["pairs_parted"].as_u64().unwrap() >= 2,
        "{clusters}"
    );
    assert!(
        clusters["pairs_joined"].as_u64().unwrap() >= 1,
        "{clusters}"
    );
    assert!(clusters["unchanged"].as_u64().unwrap() >= 35, "{clusters}");

    let words = midband(dir, &["compare", "old.jsonl", "new.csv", "--examples", "1"]);
    assert!(
        words
            .stdout
            .contains("match -> no_match: 2 pairs (by person 2): r0|r1, …"),
        "{}",
        words.stdout
    );
    assert!(words.stdout.contains("r0 r1 r2 -> "), "{}", words.stdout);
    assert!(!words.stdout.contains("anna"), "no text: {}", words.stdout);
    let alone = midband(dir, &["compare", "old-clusters.csv", "new-clusters.jsonl"]);
    let told = words
        .stdout
        .find("clusters:")
        .map(|at| &words.stdout[at..])
        .unwrap();
    assert!(
        alone.stdout.starts_with(told.lines().next().unwrap()),
        "{}",
        alone.stdout
    );
    let same = midband(dir, &["compare", "old.jsonl", "old.jsonl"]);
    assert!(same.stdout.contains("mean absolute difference 0.0000") && !same.stdout.contains("->"));
    let mixed = midband(dir, &["compare", "old.jsonl", "new-clusters.jsonl"]);
    assert!(
        mixed.code == 2 && mixed.stderr.contains("name two files of the same kind"),
        "{}",
        mixed.stderr
    );
}

#[test]
fn runs_over_other_lists_are_refused_and_settings_are_said_in_words() {
    let dir = tempdir().unwrap();
    let dir = dir.path();
    people(dir);
    let list = fs::read_to_string(dir.join("people.csv")).unwrap();
    fs::write(dir.join("others.csv"), list.replace("\nr", "\nq")).unwrap();
    let run = |list: &str, scores: &str, clusters: &str, more: &[&str]| {
        matched(dir, list, scores, clusters, more);
    };
    run("people.csv", "a.jsonl", "a-clusters.jsonl", &[]);
    run(
        "people.csv",
        "b.jsonl",
        "b-clusters.jsonl",
        &["--block-on", "surname,phone"],
    );
    run("others.csv", "c.jsonl", "c-clusters.jsonl", &[]);
    let same = midband(dir, &["compare", "a.jsonl", "b.jsonl"]);
    assert_eq!(same.code, 0, "{}", same.stderr);
    let rules = same
        .stdout
        .lines()
        .find(|line| line.starts_with("search.rules: "));
    assert!(
        rules.is_some_and(|line| !line.contains(['[', '"', '{'])),
        "{}",
        same.stdout
    );
    for (old, new, what) in [
        ("a.jsonl", "c.jsonl", "no pair and no input file in common"),
        (
            "a-clusters.jsonl",
            "c-clusters.jsonl",
            "no record in common",
        ),
    ] {
        let strangers = midband(dir, &["compare", old, new]);
        assert!(
            strangers.code == 2 && strangers.stderr.contains(what) && strangers.stdout.is_empty(),
            "{}{}",
            strangers.stdout,
            strangers.stderr
        );
    }
}
