//! `midband match` takes every setting that `score` takes, and says what a run would cost.

#![allow(clippy::unwrap_used, clippy::panic)]

use std::{collections::BTreeSet, fs, path::Path};

use crate::common::{FAMILY, GIVEN, Midband, midband, objects_in};
use serde_json::json;
use tempfile::tempdir;

/// 120 people; the second 60 are the first ones with a typo in the family name.
fn people(dir: &Path) {
    let rows: String = (0..120)
        .map(|row| {
            let at = row % 60;
            let name = FAMILY[at % 7];
            let name = if row < 60 {
                name.to_owned()
            } else {
                format!("{name}s")
            };
            format!(
                "p{row},{},{name},19{:02}-{:02}-{:02}\n",
                GIVEN[at % 10],
                30 + at,
                1 + at % 12,
                1 + at % 28
            )
        })
        .collect();
    fs::write(
        dir.join("people.csv"),
        format!("id,given_name,surname,birth_date\n{rows}"),
    )
    .unwrap();
    fs::write(dir.join("bare.csv"), rows).unwrap();
}

fn options(of: &str) -> BTreeSet<String> {
    let dir = tempdir().unwrap();
    let help = midband(dir.path(), &[of, "--help"]).stdout;
    let flags = help
        .lines()
        .map(str::trim_start)
        .filter(|line| line.starts_with('-'));
    flags
        .filter_map(|line| line.split_whitespace().find(|word| word.starts_with("--")))
        .map(|flag| flag.trim_end_matches(',').to_owned())
        .collect()
}

#[test]
fn every_option_of_score_is_there() {
    // Columns of a pair's texts and its gold: lists have records, and gold pairs.
    let of_pairs = ["--left", "--right", "--gold"];
    let (score, matching) = (options("score"), options("match"));
    let missing: Vec<&String> = score
        .difference(&matching)
        .filter(|flag| !of_pairs.contains(&flag.as_str()))
        .collect();
    assert!(score.len() > 40 && missing.is_empty(), "{missing:?}");
}

#[test]
fn settings_are_explained_with_their_origin() {
    let dir = tempdir().unwrap();
    fs::write(
        dir.path().join("midband.toml"),
        "top-k = 7\ncolumns = \"surname,ward\"\n",
    )
    .unwrap();
    // Nothing is read: the list need not be there.
    let ran = Midband::new(
        dir.path(),
        &["match", "people.csv", "--explain-config", "--one-to-one"],
    )
    .env("MIDBAND_MAP", "surname=last_name,born=dob")
    .run();
    assert_eq!(ran.code, 0, "{}", ran.stderr);
    for (name, value, from) in [
        ("top-k", "7", "midband.toml"),
        ("columns", "surname ward", "midband.toml"),
        ("map", "surname=last_name born=dob", "variable MIDBAND_MAP"),
        ("one-to-one", "true", "flag"),
        ("compare", "auto", "default"),
    ] {
        let line = ran
            .stdout
            .lines()
            .find(|line| line.starts_with(&format!("{name} ")))
            .unwrap();
        assert!(line.contains(value) && line.ends_with(from), "{line}");
    }
}

#[test]
fn a_dry_run_says_what_would_be_asked_and_writes_nothing() {
    let dir = tempdir().unwrap();
    let dir = dir.path();
    people(dir);
    for compare in ["columns", "text"] {
        let ran = midband(
            dir,
            &[
                "match",
                "people.csv",
                "-o",
                "out.jsonl",
                "--dry-run",
                "--compare",
                compare,
                "--max-questions",
                "3",
            ],
        );
        assert_eq!(ran.code, 0, "{}", ran.stderr);
        let row = |policy: &str| {
            ran.stdout
                .lines()
                .find(|line| line.starts_with(&format!("{policy} ")))
        };
        let asked = |line: &str| {
            line.split_whitespace()
                .nth(1)
                .unwrap()
                .parse::<usize>()
                .unwrap()
        };
        assert!(ran.stdout.contains("nothing was asked"), "{}", ran.stdout);
        assert!(asked(row("budget").unwrap()) <= 3);
        // Nothing is embedded for columns, so that there is no band of cosines.
        assert_eq!(row("band").is_some(), compare == "text", "{}", ran.stdout);
        assert!(row("gain").is_some() && ran.stderr.contains("candidate pairs"));
        assert_eq!(
            ran.stderr.contains("blocking rules") || ran.stderr.contains("comparing all"),
            compare == "columns"
        );
    }
    let left: Vec<_> = fs::read_dir(dir)
        .unwrap()
        .map(|entry| entry.unwrap().file_name())
        .collect();
    assert_eq!(left.len(), 2, "{left:?}");
}

#[test]
fn a_list_without_a_header_has_positions_and_long_records_are_rejected() {
    let dir = tempdir().unwrap();
    let dir = dir.path();
    people(dir);
    let columns = [
        "--column",
        "2=given_name",
        "--column",
        "3=family_name",
        "--columns",
        "3",
    ];
    let words = [
        "match",
        "bare.csv",
        "-n",
        "--id",
        "1",
        "-o",
        "out.jsonl",
        "--judge",
        "none",
        "--only",
        "match",
    ];
    let ran = midband(dir, &[&words[..], &columns].concat());
    assert_eq!(ran.code, 0, "{}", ran.stderr);
    let rows = objects_in(&dir.join("out.jsonl"));
    assert_eq!(rows.len(), 60);
    for row in rows {
        assert_eq!(
            row["3_r"],
            json!(format!("{}s", row["3_l"].as_str().unwrap()))
        );
    }
    let long = format!("p120,{},okoro,1990-01-01\n", "x".repeat(300));
    let list = fs::read_to_string(dir.join("people.csv")).unwrap();
    fs::write(dir.join("people.csv"), list + &long).unwrap();
    let ran = midband(
        dir,
        &[
            "match",
            "people.csv",
            "-o",
            "out.jsonl",
            "--judge",
            "none",
            "--max-text-bytes",
            "200",
        ],
    );
    assert_eq!(ran.code, 3, "{}", ran.stderr);
    let rejected = objects_in(&dir.join("out.jsonl.rejected.jsonl"));
    assert_eq!(rejected[0]["id"], "p120");
    assert!(
        rejected[0]["reason"]
            .as_str()
            .unwrap()
            .contains("the limit is 200")
    );
}

#[test]
fn among_people_a_false_match_weighs_five_times_a_missed_one() {
    let dir = tempdir().unwrap();
    let dir = dir.path();
    people(dir);
    let cut = |words: &[&str]| {
        let all = [
            &["match", "people.csv", "-o", "out.jsonl", "--judge", "none"][..],
            words,
        ];
        let ran = midband(dir, &all.concat());
        assert_eq!(ran.code, 0, "{}", ran.stderr);
        let summary = fs::read_to_string(dir.join("out.jsonl.summary.json")).unwrap();
        let summary: serde_json::Value = serde_json::from_str(&summary).unwrap();
        (summary["cut"].as_f64().unwrap(), ran.stderr)
    };
    let (usual, said) = cut(&[]);
    assert!((usual - 5.0 / 6.0).abs() < 1e-9, "{usual}");
    assert!(
        said.contains("a false match costs 5, a missed match 1"),
        "{said}"
    );
    assert_eq!(cut(&["--goal", "accuracy"]).0, 0.5);
    // A cost that is named is weighed.
    assert_eq!(cut(&["--cost-false-match", "3"]).0, 0.75);
    let both = [
        "match",
        "people.csv",
        "--goal",
        "f1",
        "--cost-false-match",
        "3",
    ];
    let ran = midband(dir, &both);
    assert_eq!(ran.code, 2);
    assert!(ran.stderr.contains("--goal cost"), "{}", ran.stderr);
}
