//! `midband match`: two lists, one list, keys, known matches, a judge, and what can't be matched.

#![allow(clippy::unwrap_used, clippy::panic)]

use std::{collections::BTreeSet, fs, path::Path};

use crate::common::{midband, number, objects_in, root, server::Server};
use serde_json::{Map, Value, json};

/// Two lists of invented people: every second one stands in both, written differently.
pub(crate) fn lists(dir: &Path) {
    let names = [
        "anna miller",
        "ben okoro",
        "carla rossi",
        "dmitri ivanov",
        "eva lindqvist",
        "farid haddad",
    ];
    let (mut left, mut right, mut gold) = (String::new(), String::new(), String::new());
    for (at, name) in names.iter().enumerate() {
        let city = ["Port Hope", "Lakeview"][at % 2];
        left += &format!(
            "{}\n",
            json!({"id": format!("l{at}"), "name": name, "born": format!("19{}1-03-04", at), "city": city})
        );
        if at % 2 == 0 {
            let (first, last) = name.split_once(' ').unwrap();
            right += &format!(
                "r{at},\"{}, {first}\",19{at}1-03-04,{}\n",
                last.to_uppercase(),
                city.to_uppercase()
            );
            gold += &format!("l{at},r{at}\n");
        } else {
            right += &format!("r{at},\"Gomez, Maria\",1960-0{at}-01,Riverside\n");
        }
    }
    fs::write(dir.join("left.jsonl"), left).unwrap();
    fs::write(dir.join("right.csv"), format!("id,name,born,city\n{right}")).unwrap();
    fs::write(dir.join("gold.csv"), format!("left_id,right_id\n{gold}")).unwrap();
}

fn right_as_jsonl(dir: &Path) {
    let csv = fs::read_to_string(dir.join("right.csv")).unwrap();
    let lines: String = csv
        .lines()
        .skip(1)
        .map(|line| {
            let (id, rest) = line.split_once(",\"").unwrap();
            let (name, rest) = rest.split_once("\",").unwrap();
            let (born, city) = rest.split_once(',').unwrap();
            format!(
                "{}\n",
                json!({"id": id, "name": name, "born": born, "city": city})
            )
        })
        .collect();
    fs::write(dir.join("right.jsonl"), lines).unwrap();
}

#[test]
fn two_lists_become_scored_pairs_and_known_matches_are_found() {
    let dir = tempfile::tempdir().unwrap();
    lists(dir.path());
    right_as_jsonl(dir.path());
    let ran = midband(
        dir.path(),
        &[
            "match",
            "left.jsonl",
            "right.jsonl",
            "-o",
            "out.jsonl",
            "--policy",
            "band",
            "--judge",
            "none",
            "--top-k",
            "2",
            "--gold-pairs",
            "gold.csv",
        ],
    );
    assert!(ran.code <= 1, "{}", ran.stderr);
    assert!(ran.stderr.contains("6 x 6 records"), "{}", ran.stderr);
    assert!(
        ran.stderr.contains("pairs completeness 1.0000"),
        "{}",
        ran.stderr
    );
    let rows = objects_in(&dir.path().join("out.jsonl"));
    let pairs: BTreeSet<(&str, &str)> = rows
        .iter()
        .map(|row| {
            (
                row["left_id"].as_str().unwrap(),
                row["right_id"].as_str().unwrap(),
            )
        })
        .collect();
    // Every record proposes two at most, and each pair stands once.
    assert_eq!(pairs.len(), rows.len());
    assert!(rows.len() <= 24);
    let mean = |label: i64| {
        let all: Vec<f64> = rows
            .iter()
            .filter(|row| row["label"] == label)
            .map(|row| number(row, "cosine"))
            .collect();
        assert!(!all.is_empty());
        all.iter().sum::<f64>() / all.len() as f64
    };
    assert!(mean(1) > mean(0) + 0.1, "{} {}", mean(1), mean(0));
    assert_eq!(rows.iter().filter(|row| row["label"] == 1).count(), 3);
    assert!(
        rows.iter().all(|row| row.get("a").is_none()),
        "texts were not asked for"
    );
    // The pair's score is that of the same pair scored alone.
    let row = &rows[0];
    let record = |file: &str, id: &Value| {
        let all = objects_in(&dir.path().join(file));
        let record = all.into_iter().find(|record| record["id"] == *id).unwrap();
        ["name", "born", "city"]
            .map(|field| format!("{field}: {}", record[field].as_str().unwrap()))
            .join("; ")
    };
    let alone = json!({"id": 1, "a": record("left.jsonl", &row["left_id"]), "b": record("right.jsonl", &row["right_id"])});
    fs::write(dir.path().join("pair.jsonl"), format!("{alone}\n")).unwrap();
    let ran = midband(
        dir.path(),
        &[
            "score",
            "pair.jsonl",
            "-o",
            "alone.jsonl",
            "--policy",
            "band",
            "--judge",
            "none",
        ],
    );
    assert!(ran.code <= 1, "{}", ran.stderr);
    let alone = &objects_in(&dir.path().join("alone.jsonl"))[0];
    assert!((number(alone, "score") - number(row, "score")).abs() < 1e-5);
    // Again, with the same rows.
    let first = fs::read(dir.path().join("out.jsonl")).unwrap();
    midband(
        dir.path(),
        &[
            "match",
            "left.jsonl",
            "right.jsonl",
            "-o",
            "out.jsonl",
            "--policy",
            "band",
            "--judge",
            "none",
            "--top-k",
            "2",
            "--gold-pairs",
            "gold.csv",
        ],
    );
    assert_eq!(first, fs::read(dir.path().join("out.jsonl")).unwrap());
}

#[test]
fn a_proxy_that_learns_sees_the_neighbours() {
    let dir = tempfile::tempdir().unwrap();
    lists(dir.path());
    right_as_jsonl(dir.path());
    let matched = |more: &[&str]| {
        let words = [
            "match",
            "left.jsonl",
            "right.jsonl",
            "-o",
            "out.jsonl",
            "--judge",
            "none",
            "--top-k",
            "3",
            "--policy",
            "gain",
            "--parts",
            "--gold-pairs",
            "gold.csv",
            "-q",
        ];
        let ran = midband(dir.path(), &[&words, more].concat());
        assert!(ran.code <= 1, "{}", ran.stderr);
        objects_in(&dir.path().join("out.jsonl"))
    };
    let part =
        |row: &Map<String, Value>, name: &str| row["parts"].get(name).and_then(Value::as_f64);
    let (with, without) = (matched(&[]), matched(&["--no-neighbours"]));
    assert_eq!(with.len(), without.len());
    for (row, plain) in with.iter().zip(&without) {
        assert_eq!(row["id"], plain["id"]);
        assert!(part(plain, "words_margin_smaller").is_none());
        let sum: f64 = row["parts"]
            .as_object()
            .unwrap()
            .values()
            .map(|part| part.as_f64().unwrap())
            .sum();
        let score = number(row, "score");
        assert!(
            (1.0 / (1.0 + (-sum).exp()) - score).abs() < 1e-5,
            "the parts add up"
        );
    }
    // The margins speak for the known matches and against the rest.
    let margins = |label: i64| -> f64 {
        let rows = with.iter().filter(|row| row["label"] == label);
        let all: Vec<f64> = rows
            .filter_map(|row| part(row, "words_margin_smaller"))
            .collect();
        all.iter().sum::<f64>() / all.len() as f64
    };
    assert!(margins(1) > margins(0), "{} {}", margins(1), margins(0));
}

#[test]
fn one_list_gives_each_pair_once_and_keys_keep_strangers_apart() {
    let dir = tempfile::tempdir().unwrap();
    lists(dir.path());
    right_as_jsonl(dir.path());
    let both = ["left.jsonl", "right.jsonl"]
        .map(|name| fs::read_to_string(dir.path().join(name)).unwrap());
    fs::write(dir.path().join("all.jsonl"), both.concat()).unwrap();
    for source in ["embedding", "lexical", "both"] {
        let ran = midband(
            dir.path(),
            &[
                "match",
                "all.jsonl",
                "-o",
                "out.csv",
                "--output-format",
                "csv",
                "--judge",
                "none",
                "--candidates",
                source,
                "--text",
                "name,born",
                "--block-on",
                "city",
                "--top-k",
                "10",
            ],
        );
        assert!(ran.code <= 1, "{}", ran.stderr);
        let text = fs::read_to_string(dir.path().join("out.csv")).unwrap();
        let header: Vec<&str> = text.lines().next().unwrap().split(',').collect();
        let at = |name: &str| header.iter().position(|field| *field == name).unwrap();
        let mut seen = BTreeSet::new();
        for line in text.lines().skip(1) {
            let fields: Vec<&str> = line.split(',').collect();
            let (left, right) = (fields[at("left_id")], fields[at("right_id")]);
            assert!(left != right && !seen.contains(&(right, left)), "{line}");
            assert!(seen.insert((left, right)), "{line}");
            // Port Hope: l0 l2 l4 r0 r2 r4; Riverside: r1 r3 r5; Lakeview: l1 l3 l5.
            let town = |id: &str| match (id.as_bytes()[1] - b'0') % 2 {
                0 => 0,
                _ if id.starts_with('l') => 1,
                _ => 2,
            };
            assert_eq!(town(left), town(right), "{line}");
        }
        if source != "lexical" {
            // 6, 3 and 3 records that agree: all of their pairs, as 10 partners are enough for everyone.
            assert_eq!(seen.len(), 15 + 3 + 3, "{source}");
        }
    }
}

#[test]
fn the_candidates_run_through_the_whole_cascade() {
    let dir = tempfile::tempdir().unwrap();
    lists(dir.path());
    right_as_jsonl(dir.path());
    let server = Server::start(&root().join("data/terms.jsonl"), 1.0, &[]);
    for (policy, band) in [("band", "--band=-1..1"), ("gain", "--compare=text")] {
        let ran = server.run(
            dir.path(),
            &[
                "match",
                "left.jsonl",
                "right.jsonl",
                "-o",
                "out.jsonl",
                "--policy",
                policy,
                band,
                "--parts",
            ],
        );
        assert_eq!(ran.code, 0, "{}", ran.stderr);
        let rows = objects_in(&dir.path().join("out.jsonl"));
        // A band as wide as this asks about every pair; the gain policy only where an answer can matter.
        if policy == "band" {
            assert!(rows.iter().all(|row| row["decided_by"] == "judge"));
        }
        assert!(
            rows.iter()
                .all(|row| row["parts"].is_object() && row["left_id"].is_string())
        );
        assert!(dir.path().join("out.jsonl.provenance.json").exists());
    }
}
