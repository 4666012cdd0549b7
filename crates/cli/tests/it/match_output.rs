//! What `midband match` writes beside the scores: values of columns, and only the decisions that are wanted.

#![allow(clippy::unwrap_used, clippy::panic)]

use std::{collections::BTreeMap, fs, path::Path};

use crate::common::{FAMILY, GIVEN, midband, objects_in};
use serde_json::{Value, json};
use tempfile::tempdir;

/// 60 people in either list, two thirds of them in both.
pub(crate) fn lists(dir: &Path) {
    let person = |at: usize| {
        (
            GIVEN[at % 12],
            FAMILY[at * 7 % 11],
            format!(
                "19{:02}-{:02}-{:02}",
                30 + at * 13 % 60,
                1 + at * 5 % 12,
                1 + at * 11 % 28
            ),
        )
    };
    let left: Vec<String> = (0..60)
        .map(|at| {
            let (given, family, born) = person(at);
            json!({"id": at, "given_name": given, "surname": family, "birth_date": born, "ward": at % 5}).to_string()
        })
        .collect();
    let right: String = (20..80)
        .map(|at| {
            let (given, family, born) = person(at);
            format!(
                "r{at},{},{},{born},note {at}\n",
                given.to_uppercase(),
                family.to_uppercase()
            )
        })
        .collect();
    fs::write(dir.join("left.jsonl"), left.join("\n")).unwrap();
    fs::write(
        dir.join("right.csv"),
        format!("id,first_name,last_name,dob,remark\n{right}"),
    )
    .unwrap();
}

pub(crate) fn matched(dir: &Path, output: &str, more: &[&str]) -> String {
    let words = [
        "match",
        "left.jsonl",
        "right.csv",
        "-o",
        output,
        "--judge",
        "none",
    ];
    let ran = midband(dir, &[&words, more].concat());
    assert_eq!(ran.code, 0, "{}", ran.stderr);
    ran.stderr
}

#[test]
fn only_the_decisions_that_are_wanted_are_written_and_all_are_counted() {
    let dir = tempdir().unwrap();
    let dir = dir.path();
    lists(dir);
    let counted = |said: &str| {
        let line = said
            .lines()
            .find(|line| line.contains("decisions:"))
            .unwrap();
        line.to_owned()
    };
    let all = counted(&matched(dir, "all.jsonl", &["--min-proxy", "0"]));
    let mut by: BTreeMap<String, usize> = BTreeMap::new();
    for row in objects_in(&dir.join("all.jsonl")) {
        *by.entry(row["decision"].as_str().unwrap().to_owned())
            .or_default() += 1;
    }
    assert!(by["match"] == 40 && by["no_match"] > 0, "{by:?}");
    for resolution in [&[][..], &["--one-to-one"]] {
        let said = matched(
            dir,
            "only.jsonl",
            &[&["--min-proxy", "0", "--only", "match,review"], resolution].concat(),
        );
        assert_eq!(counted(&said), all);
        let left_out = format!(
            "{} of these pairs are not in the output because of --only",
            by["no_match"]
        );
        assert!(said.contains(&left_out), "{said}");
        let rows = objects_in(&dir.join("only.jsonl"));
        assert_eq!(
            rows.len(),
            by["match"] + by.get("review").copied().unwrap_or(0)
        );
        assert!(rows.iter().all(|row| row["decision"] != "no_match"));
    }
    // The same of pairs, into a file with a header.
    fs::write(
        dir.join("pairs.csv"),
        "id,a,b\n1,knee pain,knee pain\n2,knee pain,a letter to the editor\n",
    )
    .unwrap();
    let run = |output: &str, more: &[&str]| {
        let words = [
            "score",
            "pairs.csv",
            "-o",
            output,
            "--judge",
            "none",
            "--band",
            "0.6..0.7",
        ];
        let ran = midband(dir, &[&words, more].concat());
        assert_eq!(ran.code, 0, "{}", ran.stderr);
        fs::read_to_string(dir.join(output)).unwrap()
    };
    let (all, only) = (
        run("scored.csv", &[]),
        run("only.csv", &["--only", "match"]),
    );
    let kept: Vec<&str> = all
        .lines()
        .filter(|line| !line.contains(",no_match,"))
        .collect();
    assert_eq!(kept.len(), 2);
    assert_eq!(only.lines().collect::<Vec<_>>(), kept);
    // Who is broken off begins anew and writes the same.
    assert_eq!(run("again.csv", &["--only", "match", "--resume"]), only);
}

#[test]
fn report_and_review_say_what_each_column_adds() {
    let dir = tempdir().unwrap();
    let dir = dir.path();
    lists(dir);
    for output in ["out.jsonl", "out.csv"] {
        matched(dir, output, &["--parts", "--include-text"]);
        for to in ["report.json", "report.html", "report.pdf"] {
            let ran = midband(dir, &["report", output, "-o", to, "--review", "3"]);
            assert_eq!(ran.code, 0, "{}", ran.stderr);
        }
        let report: Value =
            serde_json::from_slice(&fs::read(dir.join("report.json")).unwrap()).unwrap();
        let parts = report["review"][0]["parts"].as_object().unwrap();
        let column = parts
            .keys()
            .find(|name| name.starts_with("birth_date: "))
            .unwrap();
        let log_odds: f64 = parts.values().map(|part| part.as_f64().unwrap()).sum();
        let score = report["review"][0]["score"].as_f64().unwrap();
        assert!((1.0 / (1.0 + (-log_odds).exp()) - score).abs() < 1e-5);
        let page = fs::read_to_string(dir.join("report.html")).unwrap();
        assert!(page.contains("What the score is made of"));
        let weight = parts[column].as_f64().unwrap() / std::f64::consts::LN_2;
        assert!(
            page.contains(&format!("{column} {weight:+.1}")),
            "{column} {weight:+.1}"
        );
        // Levels are named, and no value.
        assert!(
            FAMILY
                .iter()
                .all(|name| !page.to_lowercase().contains(name))
        );

        let ran = midband(dir, &["review", output, "-o", "review.html"]);
        assert_eq!(ran.code, 0, "{}", ran.stderr);
        let page = fs::read_to_string(dir.join("review.html")).unwrap();
        assert!(
            page.contains(&format!("{:?}:{}", column, parts[column])),
            "{column}"
        );
    }
    // Nothing is said where the file says nothing.
    matched(dir, "plain.jsonl", &[]);
    let ran = midband(dir, &["report", "plain.jsonl", "-o", "report.html"]);
    assert_eq!(ran.code, 0, "{}", ran.stderr);
    let page = fs::read_to_string(dir.join("report.html")).unwrap();
    assert!(!page.contains("What the score is made of"));
}

#[test]
fn known_matches_that_were_not_compared_count_as_missed() {
    let dir = tempdir().unwrap();
    let dir = dir.path();
    fs::write(
        dir.join("left.jsonl"),
        "{\"id\":\"L1\",\"name\":\"Anna Smith\"}\n{\"id\":\"L2\",\"name\":\"Emil Voss\"}\n",
    )
    .unwrap();
    fs::write(
        dir.join("right.csv"),
        "id,name\nR1,Anna Smith\nR2,Zebra Holdings Ltd\n",
    )
    .unwrap();
    fs::write(dir.join("gold.csv"), "left_id,right_id\nL1,R1\nL2,R2\n").unwrap();
    let more = [
        "--gold-pairs",
        "gold.csv",
        "--min-proxy",
        "0.5",
        "--band",
        "0.8..0.8",
    ];
    matched(dir, "out.jsonl", &more);
    assert_eq!(objects_in(&dir.join("out.jsonl")).len(), 1);
    let ran = midband(dir, &["eval", "out.jsonl", "--json"]);
    assert_eq!(ran.code, 0, "{}", ran.stderr);
    assert!(
        ran.stderr.contains("1 of 2 known matches"),
        "{}",
        ran.stderr
    );
    let found: Value = serde_json::from_str(&ran.stdout).unwrap();
    assert_eq!(found["decisions"]["recall"], json!(0.5), "{found}");
}
