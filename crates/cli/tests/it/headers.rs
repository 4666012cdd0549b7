//! Two lists whose headers differ: what is paired columns is said with its confidence, and so is what is not compared.

#![allow(clippy::unwrap_used, clippy::panic)]

use std::{fs, path::Path};

use crate::common::{FAMILY, GIVEN, midband, objects_in, server::Server};
use serde_json::json;
use tempfile::tempdir;

/// 60 people under each of these headers; the right list writes dates the other way round.
fn lists(dir: &Path, left: &str, right: &str) {
    let rows = |dates: fn(usize) -> String, last: &str| -> String {
        (0..60)
            .map(|at| {
                format!(
                    "{at},{},{},{},{last}{}\n",
                    GIVEN[at % 10],
                    FAMILY[at % 7],
                    dates(at),
                    at % 9
                )
            })
            .collect()
    };
    let iso = |at: usize| format!("19{:02}-{:02}-{:02}", 30 + at, 1 + at % 12, 1 + at % 28);
    let english = |at: usize| format!("{:02}/{:02}/19{:02}", 1 + at % 28, 1 + at % 12, 30 + at);
    fs::write(
        dir.join("left.csv"),
        format!("{left}\n{}", rows(iso, "ward ")),
    )
    .unwrap();
    fs::write(
        dir.join("right.csv"),
        format!("{right}\n{}", rows(english, "seen on day ")),
    )
    .unwrap();
}

fn told(dir: &Path, more: &[&str]) -> String {
    let words = [
        "match",
        "left.csv",
        "right.csv",
        "--judge",
        "none",
        "-o",
        "out.jsonl",
    ];
    let ran = midband(dir, &[&words, more].concat());
    assert!(ran.code < 2, "{}", ran.stderr);
    ran.stderr
}

#[test]
fn other_names_are_proposed_with_their_confidence() {
    let dir = tempdir().unwrap();
    let dir = dir.path();
    lists(
        dir,
        "id,given_name,surname,birth_date,ward",
        "id,first_name,last_name,dob,remark",
    );
    let said = told(dir, &["--map", "birth_date=dob"]);
    let line = said
        .lines()
        .find(|line| line.contains("paired columns"))
        .unwrap();
    for pair in [
        "given_name = first_name (",
        "surname = last_name (",
        "birth_date = dob (as given)",
    ] {
        assert!(line.contains(pair), "{line}");
    }
    assert!(line.contains(" %)"), "{line}");
    assert!(
        said.contains("without a counterpart, not compared: left ward; right remark"),
        "{said}"
    );
    assert!(!said.contains("WARNING"), "{said}");
    assert!(said.contains("match 60,"), "{said}");
}

#[test]
fn lists_that_share_little_are_warned_of_whatever_is_compared() {
    let dir = tempdir().unwrap();
    let dir = dir.path();
    lists(dir, "id,given_name,surname,birth_date,ward", "id,x1,x2,y,z");
    fs::write(
        dir.join("right.csv"),
        "id,price,colour,size,stock\n1,3.50,red,40,7\n2,4.25,blue,41,9\n",
    )
    .unwrap();
    for more in [&["--candidates", "lexical"][..], &[]] {
        let said = told(dir, more);
        assert!(
            said.contains("WARNING: the lists have 4 and 4 columns and share only 0"),
            "{said}"
        );
    }
    // Who names the texts knows what is compared.
    fs::write(
        dir.join("right.csv"),
        "id,given_name,colour,size,stock\n1,anna,red,40,7\n2,ben,blue,41,9\n",
    )
    .unwrap();
    let said = told(dir, &["--candidates", "lexical", "--text", "given_name"]);
    assert!(!said.contains("WARNING"), "{said}");
}

#[test]
fn a_judge_is_asked_about_one_name_a_column_and_one_notation() {
    let dir = tempdir().unwrap();
    let dir = dir.path();
    lists(
        dir,
        "id,given_name,surname,birth_date,ward",
        "id,first_name,last_name,dob,remark",
    );
    // The simulator knows these texts alone, and calls them no match; of others it goes by the words in common.
    let pairs: String = (0..60)
        .map(|at| {
            let text = |last: &str| {
                let born = format!("19{:02}-{:02}-{:02}", 30 + at, 1 + at % 12, 1 + at % 28);
                format!("given_name: {}; surname: {}; birth_date: {born}; {last}{}", GIVEN[at % 10], FAMILY[at % 7], at % 9)
            };
            let pair = json!({"id": at, "a": text("ward: ward "), "b": text("remark: seen on day "), "label": 0});
            format!("{pair}\n")
        })
        .collect();
    fs::write(dir.join("shown.jsonl"), pairs).unwrap();
    let judge = Server::start(&dir.join("shown.jsonl"), 1.0, &[]);
    let words = [
        "match",
        "left.csv",
        "right.csv",
        "-o",
        "out.jsonl",
        "--policy",
        "target",
        "--target",
        "precision=0.9",
    ];
    let ran = judge.run(dir, &words);
    assert_eq!(ran.code, 0, "{}", ran.stderr);
    let rows = objects_in(&dir.join("out.jsonl"));
    let judged: Vec<f64> = rows
        .iter()
        .filter_map(|row| row["judge_score"].as_f64())
        .collect();
    assert!(!judged.is_empty(), "{}", ran.stderr);
    assert!(judged.iter().all(|score| *score < 0.5), "{judged:?}");
}
