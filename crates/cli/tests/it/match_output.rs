//! What `midband match` writes beside the scores: values of columns, and only the decisions that are wanted.

#![allow(clippy::unwrap_used, clippy::panic)]

use std::{collections::BTreeMap, fs, path::Path};

use crate::common::{FAMILY, GIVEN, midband, objects_in};
use serde_json::{Value, json};
use tempfile::tempdir;

/// 60 people in either list, two thirds of them in both.
fn lists(dir: &Path) {
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

fn matched(dir: &Path, output: &str, more: &[&str]) -> String {
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
fn values_of_both_records_stand_beside_the_score_where_they_are_asked_for() {
    let dir = tempdir().unwrap();
    let dir = dir.path();
    lists(dir);
    matched(dir, "plain.jsonl", &[]);
    let plain = fs::read_to_string(dir.join("plain.jsonl"))
        .unwrap()
        .to_lowercase();
    assert!(FAMILY.iter().all(|name| !plain.contains(name)));

    matched(
        dir,
        "out.jsonl",
        &["--columns", "surname,ward,remark", "--only", "match"],
    );
    let rows = objects_in(&dir.join("out.jsonl"));
    assert_eq!(rows.len(), 40);
    for row in &rows {
        let at = row["left_id"].as_u64().unwrap();
        let family = FAMILY[at as usize * 7 % 11];
        // Named as in the left list, whatever the right one calls it; types as they were.
        assert_eq!(row["surname_l"], family);
        assert_eq!(row["surname_r"], family.to_uppercase());
        assert_eq!(
            (&row["ward_l"], &row["ward_r"]),
            (&json!(at % 5), &Value::Null)
        );
        assert_eq!(
            (&row["remark_l"], &row["remark_r"]),
            (&Value::Null, &json!(format!("note {at}")))
        );
        assert!(row.get("birth_date_l").is_none());
    }
    // Every column, in a delimited file, by texts as well.
    matched(
        dir,
        "all.csv",
        &[
            "--columns",
            "all",
            "--compare",
            "text",
            "--candidates",
            "lexical",
            "--map",
            "surname=last_name",
        ],
    );
    let text = fs::read_to_string(dir.join("all.csv")).unwrap();
    let header = text.lines().next().unwrap();
    assert!(
        header.ends_with(
            "left_id,right_id,given_name_l,given_name_r,surname_l,surname_r,birth_date_l,birth_date_r,ward_l,ward_r,\
             first_name_l,first_name_r,dob_l,dob_r,remark_l,remark_r"
        ),
        "{header}"
    );
    // A name that is none is said before anything is compared.
    let ran = midband(
        dir,
        &[
            "match",
            "left.jsonl",
            "right.csv",
            "--columns",
            "surnam",
            "--judge",
            "none",
        ],
    );
    assert_eq!(ran.code, 2);
    assert!(
        ran.stderr.contains("no list has a column \"surnam\""),
        "{}",
        ran.stderr
    );
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
        let left_out = format!("{} of these pairs are not written", by["no_match"]);
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
fn columns_that_later_records_have_are_columns() {
    let dir = tempdir().unwrap();
    let dir = dir.path();
    let lines: Vec<String> = (0..60)
        .map(|at| {
            let mut person = json!({"id": at, "surname": FAMILY[at / 2 * 7 % 11], "given_name": GIVEN[at / 2 % 12]});
            if at > 1 {
                person["birth_date"] = format!("19{:02}-03-{:02}", 30 + at / 2, 1 + at / 2 % 28).into();
            }
            person.to_string()
        })
        .collect();
    fs::write(dir.join("list.jsonl"), lines.join("\n")).unwrap();
    let ran = midband(
        dir,
        &[
            "match",
            "list.jsonl",
            "-o",
            "out.jsonl",
            "--judge",
            "none",
            "--columns",
            "birth_date",
            "--only",
            "match",
        ],
    );
    assert_eq!(ran.code, 0, "{}", ran.stderr);
    assert!(ran.stderr.contains("birth_date (date)"), "{}", ran.stderr);
    let rows = objects_in(&dir.join("out.jsonl"));
    assert!(rows.len() >= 29, "{}", rows.len());
    assert!(
        rows.iter()
            .all(|row| row["birth_date_l"] == row["birth_date_r"])
    );
}

#[test]
fn the_columns_are_named_as_what_decided() {
    let dir = tempdir().unwrap();
    let dir = dir.path();
    lists(dir);
    let said = matched(dir, "out.jsonl", &[]);
    let rows = objects_in(&dir.join("out.jsonl"));
    assert!(rows.iter().all(|row| row["decided_by"] == "columns"));
    assert!(
        said.contains(&format!("decided by: columns {}", rows.len())),
        "{said}"
    );
    // Texts of the same lists are another matter, and so are files of the time before.
    matched(
        dir,
        "text.jsonl",
        &["--compare", "text", "--candidates", "lexical"],
    );
    let text = objects_in(&dir.join("text.jsonl"));
    assert!(text.iter().all(|row| row["decided_by"] == "embedding"));
    for (scored, by) in [("out.jsonl", "columns"), ("text.jsonl", "embedding")] {
        for report in ["report.json", "report.html"] {
            let ran = midband(dir, &["report", scored, "-o", report]);
            assert_eq!(ran.code, 0, "{}", ran.stderr);
        }
        let report: Value =
            serde_json::from_slice(&fs::read(dir.join("report.json")).unwrap()).unwrap();
        let pairs = report["pairs"].as_u64().unwrap();
        assert_eq!(report["decided_by"][by], pairs);
        // In the table, and among the words of the chart of the run.
        let page = fs::read_to_string(dir.join("report.html")).unwrap();
        assert!(page.matches(&format!(">{by}<")).count() >= 2, "{by}");
    }
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
