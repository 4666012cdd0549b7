//! What was asked for and would not happen: refused, or said.

#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]

use std::{fs, path::Path};

use crate::common::{Midband, midband, objects_in, root};
use tempfile::tempdir;

const PAIRS: &str = "id,a,b,label\n1,flu,influenza,1\n2,leg,arm,0\n";

fn write(dir: &Path, name: &str, text: &str) {
    fs::write(dir.join(name), text).unwrap();
}

#[test]
fn a_typed_flag_without_effect_is_refused_and_a_setting_is_not() {
    let dir = tempdir().unwrap();
    let dir = dir.path();
    write(dir, "pairs.csv", PAIRS);
    let score = [
        "score",
        "pairs.csv",
        "--judge",
        "none",
        "-o",
        "o.csv",
        "--delta",
        "0.2",
    ];
    let ran = midband(dir, &score);
    assert_eq!(ran.code, 2, "{}", ran.stderr);
    assert_eq!(
        ran.stderr,
        "midband: --delta has no effect without --target: leave it out\n"
    );
    assert!(!dir.join("o.csv").exists());
    // What stands for all commands is none of this one's business.
    write(
        dir,
        "midband.toml",
        "delta = 0.2\ngolden-rule = \"longest\"\n",
    );
    let ran = Midband::new(dir, &score[..6])
        .env("MIDBAND_MERGES", "join")
        .run();
    assert_eq!(ran.code, 0, "{}", ran.stderr);
    let names = "id,name\n1,Anna Smith\n2,Anna Smyth\n";
    write(dir, "names.csv", names);
    let ran = midband(
        dir,
        &["match", "names.csv", "--judge", "none", "-o", "m.csv"],
    );
    assert_eq!(ran.code, 0, "{}", ran.stderr);
}

#[test]
fn a_flag_that_names_a_judge_is_said_to_be_idle_where_nobody_is_asked() {
    let dir = tempdir().unwrap();
    let dir = dir.path();
    write(dir, "pairs.csv", PAIRS);
    let words = [
        "score",
        "pairs.csv",
        "--judge",
        "none",
        "--models",
        "m",
        "-o",
        "o.csv",
    ];
    let ran = midband(dir, &words);
    assert_eq!(ran.code, 0, "{}", ran.stderr);
    assert!(
        ran.stderr.contains("--models has no effect"),
        "{}",
        ran.stderr
    );
}

#[test]
fn a_number_of_questions_alone_bounds_them() {
    let dir = tempdir().unwrap();
    let dir = dir.path();
    write(dir, "pairs.csv", PAIRS);
    let words = [
        "score",
        "pairs.csv",
        "--max-questions",
        "1",
        "--judge",
        "none",
        "-o",
        "o.csv",
    ];
    assert_eq!(midband(dir, &words).code, 0);
    let side = fs::read_to_string(dir.join("o.csv.provenance.json")).unwrap();
    assert!(side.contains("budget"), "{side}");
}

#[test]
fn texts_of_another_file_are_warned_of() {
    let dir = tempdir().unwrap();
    let dir = dir.path();
    write(dir, "pairs.csv", PAIRS);
    write(dir, "other.csv", &PAIRS.replace("leg", "foot"));
    let ran = midband(
        dir,
        &["score", "pairs.csv", "--judge", "none", "-o", "o.csv"],
    );
    assert_eq!(ran.code, 0, "{}", ran.stderr);
    for (pairs, warned) in [("pairs.csv", false), ("other.csv", true)] {
        for words in [
            &["review", "o.csv", "--pairs", pairs][..],
            &["report", "o.csv", "--pairs", pairs, "--include-text"],
        ] {
            let ran = midband(dir, words);
            assert_eq!(ran.code, 0, "{}", ran.stderr);
            let said = ran
                .stderr
                .contains("WARNING: other.csv is not an input of o.csv");
            assert_eq!(said, warned, "{}", ran.stderr);
        }
    }
}

#[test]
fn labels_and_gold_pairs_keep_to_one_rule() {
    let dir = tempdir().unwrap();
    let dir = dir.path();
    write(dir, "pairs.csv", PAIRS);
    write(
        dir,
        "names.csv",
        "id,name\n1,Anna Smith\n2,Anna Smyth\n3,Bo Lind\n",
    );
    write(dir, "l.csv", "id,label\n1.0,1\n");
    write(dir, "some.csv", "id,label\n1.0,1\n1,unsure\n2,0\n");
    let score = |labels| {
        let words = [
            "score",
            "pairs.csv",
            "--labels",
            labels,
            "--judge",
            "none",
            "-o",
            "o.csv",
        ];
        midband(dir, &words)
    };
    let ran = score("l.csv");
    assert_eq!(ran.code, 2, "{}", ran.stderr);
    let said = "none of the 1 labels in l.csv fits a pair of the input: \"1.0\" (line 2)";
    assert!(ran.stderr.contains(said), "{}", ran.stderr);
    let ran = score("some.csv");
    assert_eq!(ran.code, 0, "{}", ran.stderr);
    assert!(
        ran.stderr.contains("1 of 3 labels in some.csv fit no pair"),
        "{}",
        ran.stderr
    );
    let rows = objects_in_csv(&dir.join("o.csv"));
    assert!(
        !rows[1].contains("person") && rows[2].contains("person"),
        "{rows:?}"
    );

    let matched = |flag, file| {
        let words = [
            "match",
            "names.csv",
            flag,
            file,
            "--judge",
            "none",
            "-o",
            "m.jsonl",
        ];
        midband(dir, &words)
    };
    assert_eq!(matched("--labels", "l.csv").code, 2);
    write(dir, "g.csv", "left_id,right_id\n1,2\n1,9\n");
    let ran = matched("--gold-pairs", "g.csv");
    assert_eq!(ran.code, 0, "{}", ran.stderr);
    let said = "ignored 1 of 2 gold pairs g.csv: they name a record that is not in the lists: \"9\" (line 3)";
    assert!(ran.stderr.contains(said), "{}", ran.stderr);
    assert!(
        objects_in(&dir.join("m.jsonl"))
            .iter()
            .any(|row| row["label"] == 1)
    );
}

fn objects_in_csv(path: &Path) -> Vec<String> {
    fs::read_to_string(path)
        .unwrap()
        .lines()
        .map(str::to_owned)
        .collect()
}

#[test]
fn a_calibration_of_another_task_is_warned_of() {
    let dir = tempdir().unwrap();
    let dir = dir.path();
    let questions: String = (0..30)
        .map(|at| {
            let (topic, other) = (at % 7, (at + at % 2) % 7);
            format!(
                "{at},how can I treat pain {topic}?,what helps against pain {other}?,{}\n",
                (at + 1) % 2
            )
        })
        .collect();
    write(dir, "q.csv", &format!("id,a,b,label\n{questions}"));
    let calibrated = midband(dir, &["calibrate", "q.csv", "-o", "c.json"]);
    assert_eq!(calibrated.code, 0, "{}", calibrated.stderr);
    let score = |input: &str| {
        let words = [
            "score",
            input,
            "--calibration",
            "c.json",
            "--judge",
            "none",
            "-o",
            "o.jsonl",
        ];
        midband(dir, &words)
    };
    let warning = "WARNING: the calibration is for the task same-question, but these texts suggest patient-match";
    let ran = score("q.csv");
    assert!(
        !ran.stderr.contains("WARNING: the calibration"),
        "{}",
        ran.stderr
    );
    let patients = root().join("data/patients.jsonl");
    let ran = score(patients.to_str().unwrap());
    assert!(ran.stderr.contains(warning), "{}", ran.stderr);
}

#[test]
fn a_text_that_a_cell_does_not_hold_is_said_to_be_cut() {
    let dir = tempdir().unwrap();
    let dir = dir.path();
    let note = "x".repeat(40_000);
    write(
        dir,
        "pairs.csv",
        &format!("id,a,b,note\n1,flu,influenza,{note}\n2,leg,arm,short\n"),
    );
    let words = ["score", "pairs.csv", "--judge", "none", "-o", "o.xlsx"];
    let ran = midband(dir, &words);
    assert_eq!(ran.code, 0, "{}", ran.stderr);
    let said =
        "WARNING: 1 texts are longer than the 32,767 characters of an Excel cell and were cut";
    assert!(ran.stderr.contains(said), "{}", ran.stderr);
}

#[test]
fn postcodes_without_a_header_are_no_dates() {
    let dir = tempdir().unwrap();
    let dir = dir.path();
    let people: String = (0..60)
        .map(|at| format!("{at},anna{at},{}\n", 20_000 + at % 17 * 1_111))
        .collect();
    write(dir, "people.csv", &people);
    let ran = midband(
        dir,
        &[
            "profile",
            "people.csv",
            "--no-headers",
            "--id",
            "1",
            "--json",
        ],
    );
    assert_eq!(ran.code, 0, "{}", ran.stderr);
    assert!(!ran.stdout.contains("\"date\""), "{}", ran.stdout);
}

#[test]
fn the_first_rejected_row_is_said_with_its_reason() {
    let dir = tempdir().unwrap();
    let dir = dir.path();
    write(
        dir,
        "pairs.jsonl",
        "{\"id\":1,\"left\":\"x\",\"b\":\"y\"}\n{\"id\":2,\"a\":\"x\",\"b\":\"y\"}\n",
    );
    let ran = midband(dir, &["score", "pairs.jsonl", "--judge", "none"]);
    assert_eq!(ran.code, 3, "{}", ran.stderr);
    let said = "1 input row was rejected; the first: line 1: no field \"a\"";
    assert!(ran.stderr.contains(said), "{}", ran.stderr);
}

#[test]
fn a_trusted_value_that_no_record_has_is_warned_of() {
    let dir = tempdir().unwrap();
    let dir = dir.path();
    write(
        dir,
        "names.csv",
        "id,name,source\n1,Anna Smith,Hospital\n2,Anna Smyth,practice\n3,Bo Lind,practice\n",
    );
    let rule = "trusted(source,hospital,clinic)";
    let words = [
        "match",
        "names.csv",
        "--judge",
        "none",
        "-o",
        "m.csv",
        "--golden",
        "g.csv",
        "--golden-rule",
        rule,
    ];
    let ran = midband(dir, &words);
    assert_eq!(ran.code, 0, "{}", ran.stderr);
    assert!(
        ran.stderr.contains("WARNING: no record has \"clinic\""),
        "{}",
        ran.stderr
    );
    assert!(
        !ran.stderr.contains("no record has \"hospital\""),
        "{}",
        ran.stderr
    );
}
