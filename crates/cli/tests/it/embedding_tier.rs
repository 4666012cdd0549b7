//! The embedding as a tier: records that their wording settles have no cosine, whether they were learnt from or streamed.

#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]

use std::{fs, path::Path};

use crate::common::{midband, objects_in, root, server::Server, shared};
use serde_json::Value;
use tempfile::tempdir;

const PAIRS: usize = 120;
const NAMES: [&str; 12] = [
    "Mara", "Ilse", "Tomas", "Greta", "Pavel", "Nora", "Emil", "Ruth", "Oskar", "Lena", "Hugo",
    "Vera",
];

/// Invented people: every third pair is the same one with a name misspelt.
fn people(file: &Path) {
    let person = |n: usize, name: &str| {
        format!(
            "name: {name} {}; born: 19{:02}-0{}-1{}; city: {}",
            NAMES[(n / 12 + 3 * n) % 12],
            10 + n % 89,
            1 + n % 9,
            n % 10,
            NAMES[(n * 7 + 2) % 12]
        )
    };
    let lines = (0..PAIRS).map(|n| {
        let name = NAMES[n % 12];
        let same = n % 3 == 0;
        let b = if same {
            person(n, &name[..name.len() - 1])
        } else {
            person(n + 31, NAMES[(n + 5) % 12])
        };
        serde_json::json!({"id": n.to_string(), "a": person(n, name), "b": b, "label": same})
            .to_string()
    });
    fs::write(file, lines.collect::<Vec<_>>().join("\n")).unwrap();
}

const START: [&str; 8] = [
    "score",
    "people.jsonl",
    "-o",
    "out.jsonl",
    "--judge",
    "none",
    "--cache",
    "cache",
];

fn backwards(lines: &str) -> String {
    lines.trim().lines().rev().collect::<Vec<_>>().join("\n")
}

/// Runs, and tells which rows have a cosine; every row has a score.
fn embedded(dir: &Path, more: &[&str]) -> Vec<bool> {
    let ran = midband(dir, &[&START[..], more].concat());
    assert!(ran.code <= 1, "{}", ran.stderr);
    let rows = objects_in(&dir.join("out.jsonl"));
    assert_eq!(rows.len(), PAIRS);
    for (n, row) in rows.iter().enumerate() {
        assert_eq!(row["id"], n.to_string());
        let score = row["score"].as_f64().unwrap();
        assert_eq!(score, row["proxy_score"].as_f64().unwrap());
    }
    rows.iter().map(|row| row["cosine"].is_number()).collect()
}

fn count(embedded: &[bool]) -> usize {
    embedded.iter().filter(|embedded| **embedded).count()
}

#[test]
fn wording_settles_most_records_in_the_sample_and_behind_it() {
    let dir = tempdir().unwrap();
    people(&dir.path().join("people.jsonl"));
    let gain = ["--policy", "gain"];
    let run = |more: &[&str]| embedded(dir.path(), &[&gain, more].concat());
    assert_eq!(count(&run(&["--embed", "all"])), PAIRS);
    // The prior of records embeds the least sure: one in fifty where nobody is asked, three in ten where a judge is.
    let whole = run(&["--embed", "auto"]);
    assert_eq!(count(&whole), PAIRS / 50);
    let server = Server::start(&dir.path().join("people.jsonl"), 1.0, &[]);
    let judged = [
        "score",
        "people.jsonl",
        "-o",
        "out.jsonl",
        "--cache",
        "cache",
        "--policy",
        "gain",
    ];
    let ran = server.run(dir.path(), &judged);
    assert_eq!(ran.code, 0, "{}", ran.stderr);
    let rows = objects_in(&dir.path().join("out.jsonl"));
    let with_cosine = rows.iter().filter(|row| row["cosine"].is_number());
    assert_eq!(with_cosine.count(), PAIRS * 3 / 10);
    let sampled = ["--embed", "auto", "--sample", "60"];
    let streamed = run(&sampled);
    let share = count(&streamed);
    assert!((1..PAIRS / 10).contains(&share), "{share}");
    // The sample is drawn by the ids: in another order the same comes out.
    let forth = fs::read_to_string(dir.path().join("out.jsonl")).unwrap();
    let pairs = fs::read_to_string(dir.path().join("people.jsonl")).unwrap();
    fs::write(dir.path().join("people.jsonl"), backwards(&pairs)).unwrap();
    let ran = midband(dir.path(), &[&START[..], &gain, &sampled].concat());
    assert!(ran.code <= 1, "{}", ran.stderr);
    let back = fs::read_to_string(dir.path().join("out.jsonl")).unwrap();
    assert_eq!(backwards(&back).trim(), forth.trim());
}

#[test]
fn a_run_of_one_pair_that_wording_settles_has_its_score() {
    let dir = tempdir().unwrap();
    let row = r#"{"id":"1","a":"name: Mara Stein; city: Ulm","b":"name: Mara Stein; city: Ulm"}"#;
    fs::write(dir.path().join("one.jsonl"), row).unwrap();
    let ran = midband(
        dir.path(),
        &[
            "score",
            "one.jsonl",
            "-o",
            "out.jsonl",
            "--policy",
            "gain",
            "--embed",
            "auto",
            "--judge",
            "none",
        ],
    );
    assert_eq!(ran.code, 0, "{}", ran.stderr);
    let rows = objects_in(&dir.path().join("out.jsonl"));
    assert!(rows[0]["score"].as_f64().unwrap() > 0.5);
    assert_eq!(rows[0]["decision"], "match");
}

/// The first pairs of a file as `rest.jsonl`.
fn first(file: &Path, dir: &Path, pairs: usize) {
    let text = fs::read_to_string(file).unwrap();
    let lines: Vec<&str> = text.lines().take(pairs).collect();
    fs::write(dir.join("rest.jsonl"), lines.join("\n")).unwrap();
}

#[test]
fn records_are_settled_by_their_wording_and_questions_are_all_embedded() {
    let dir = tempdir().unwrap();
    let not_embedded = |arguments: &[&str]| {
        let auto = [
            "--policy",
            "gain",
            "--embed",
            "auto",
            "--judge",
            "none",
            "-o",
            "out.jsonl",
        ];
        let ran = midband(
            dir.path(),
            &[&["score", "rest.jsonl"], arguments, &auto[..]].concat(),
        );
        assert_eq!(ran.code, 0, "{}", ran.stderr);
        let scored = objects_in(&dir.path().join("out.jsonl"));
        let without: Vec<_> = scored
            .iter()
            .filter(|score| score["cosine"].is_null())
            .collect();
        for score in &without {
            assert_eq!(
                (&score["proxy_score"], &score["status"]),
                (&score["score"], &"settled".into())
            );
            assert_ne!(score["route"], "ask");
        }
        (without.len(), scored.len())
    };
    first(&root().join("data/questions.jsonl"), dir.path(), 60);
    assert_eq!(not_embedded(&["--task-kind", "questions"]), (0, 60));
    let Some(set) = shared("datasets/dblp_acm.jsonl") else {
        return;
    };
    first(&set, dir.path(), 400);
    let (without, all) = not_embedded(&[]);
    assert!(without * 10 >= all * 7, "{without} of {all} not embedded");
    let ran = midband(dir.path(), &["eval", "out.jsonl", "--json"]);
    let evaluation: Value = serde_json::from_str(&ran.stdout).unwrap();
    assert!(evaluation["decisions"]["accuracy"].as_f64().unwrap() > 0.98);
    // A certificate covers every pair, so none may be settled before the router sees it.
    let promised = [
        "score",
        "rest.jsonl",
        "-o",
        "out.jsonl",
        "--target",
        "accuracy=0.9",
        "--embed",
        "auto",
        "--reference",
        "gold",
    ];
    assert_eq!(midband(dir.path(), &promised).code, 0);
    let scored = objects_in(&dir.path().join("out.jsonl"));
    assert!(scored.iter().all(|score| score["cosine"].is_number()));
}
