//! Two lists of strangers: said at once, and nobody is asked.

#![allow(clippy::unwrap_used, clippy::panic)]

use std::{fs, path::Path};

use crate::common::{midband, objects_in, root, server::Server};
use tempfile::tempdir;

/// Records that agree by chance alone: every part of a person comes from another digit of a scrambled number.
fn strangers(dir: &Path, name: &str, from: u64) {
    let given = [
        "anna", "ben", "carla", "dmitri", "eva", "farid", "greta", "hugo", "ines", "jonas", "karin",
    ];
    let starts = [
        "mil", "oko", "ros", "iva", "lind", "had", "nov", "gar", "jen", "kow", "tan", "bel", "dur",
    ];
    let ends = [
        "ler", "ro", "si", "nov", "qvist", "dad", "ak", "cia", "sen", "ski", "aka", "mont", "and",
    ];
    let rows: String = (from..from + 300)
        .map(|at| {
            // Multiplication by a large odd number mod 2^64 (Knuth, The Art of Computer Programming, 6.4).
            let mut rest = (at + 1).wrapping_mul(0x9e37_79b9_7f4a_7c15)
                ^ at.wrapping_mul(0xbf58_476d_1ce4_e5b9);
            let mut next = |most: u64| {
                rest = rest.wrapping_mul(0x94d0_49bb_1331_11eb).rotate_left(29);
                (rest >> 20) % most
            };
            let (first, start, end) = (next(11), next(13), next(13));
            format!(
                "{name}{at},{},{}{},19{:02}-{:02}-{:02},{:010}\n",
                given[first as usize],
                starts[start as usize],
                ends[end as usize],
                20 + next(80),
                1 + next(12),
                1 + next(28),
                next(9_999_999_999)
            )
        })
        .collect();
    fs::write(
        dir.join(format!("{name}.csv")),
        format!("id,given_name,surname,birth_date,phone\n{rows}"),
    )
    .unwrap();
}

#[test]
fn lists_of_strangers_end_with_a_statement_and_no_match() {
    let dir = tempdir().unwrap();
    let dir = dir.path();
    strangers(dir, "left", 0);
    strangers(dir, "right", 5000);
    let said = "no pair looks like a match, so nothing is asked or written";
    for (output, more) in [
        ("out.jsonl", &[][..]),
        ("out.csv", &["--one-to-one", "--columns", "surname"]),
        (
            "columns.jsonl",
            &["--compare", "columns", "--clusters", "clusters.csv"],
        ),
    ] {
        let words = [
            "match",
            "left.csv",
            "right.csv",
            "-o",
            output,
            "--judge",
            "none",
        ];
        let ran = midband(dir, &[&words, more].concat());
        assert_eq!(ran.code, 0, "{}", ran.stderr);
        assert!(ran.stderr.contains(said), "{}", ran.stderr);
        assert!(
            ran.stderr
                .contains("decisions: match 0, no_match 0, review 0"),
            "{}",
            ran.stderr
        );
        assert!(
            !ran.stderr.contains("comparing records as texts"),
            "{}",
            ran.stderr
        );
    }
    assert_eq!(fs::read_to_string(dir.join("out.jsonl")).unwrap(), "");
    let header = fs::read_to_string(dir.join("out.csv")).unwrap();
    assert!(
        header.ends_with("left_id,right_id,surname_l,surname_r,resolved\n"),
        "{header}"
    );
    let clusters = fs::read_to_string(dir.join("clusters.csv")).unwrap();
    assert_eq!(clusters.lines().count(), 601);

    let judge = Server::start(&root().join("data/terms.jsonl"), 1.0, &[]);
    let ran = judge.run(
        dir,
        &["match", "left.csv", "right.csv", "-o", "asked.jsonl"],
    );
    assert_eq!(ran.code, 0, "{}", ran.stderr);
    assert!(
        ran.stderr.contains(said) && ran.stderr.contains(" 0 answered"),
        "{}",
        ran.stderr
    );
    let ran = midband(dir, &["match", "left.csv", "right.csv", "--dry-run"]);
    assert!(
        ran.stdout
            .contains("share of matches according to the proxy: 0.0 %"),
        "{}",
        ran.stdout
    );
}

#[test]
fn one_record_is_looked_up_in_a_list_by_the_shipped_weights() {
    let dir = tempdir().unwrap();
    let dir = dir.path();
    let hospital = fs::read_to_string(root().join("data/hospital.csv")).unwrap();
    let gold = fs::read_to_string(root().join("data/hospital_practice_gold.csv")).unwrap();
    let practice = root().join("data/practice.csv");
    let mut lines = hospital.lines();
    let header = lines.next().unwrap();
    let mut found = 0;
    for line in lines.take(6) {
        fs::write(dir.join("one.csv"), format!("{header}\n{line}\n")).unwrap();
        let ran = midband(
            dir,
            &[
                "match",
                "one.csv",
                practice.to_str().unwrap(),
                "-o",
                "o.jsonl",
                "--judge",
                "none",
            ],
        );
        assert_eq!(ran.code, 0, "{}", ran.stderr);
        let id = line.split(',').next().unwrap();
        for row in objects_in(&dir.join("o.jsonl")) {
            if row["decision"] == "match" {
                found += 1;
                let pair = format!("{id},{}", row["right_id"].as_str().unwrap());
                assert!(gold.lines().any(|line| line.trim() == pair), "{pair}");
            }
        }
    }
    assert!(found >= 3, "{found}");
}

#[test]
fn a_list_without_doubles_is_kept_for_the_nights_that_follow() {
    let dir = tempdir().unwrap();
    let dir = dir.path();
    let practice = fs::read_to_string(root().join("data/practice.csv")).unwrap();
    let lines: Vec<&str> = practice.lines().collect();
    fs::write(dir.join("list.csv"), lines[..120].join("\n")).unwrap();
    let again = lines[5].to_ascii_uppercase().replacen('B', "x", 1);
    fs::write(dir.join("new.csv"), format!("{}\n{again}\n", lines[0])).unwrap();
    let ran = midband(
        dir,
        &[
            "match",
            "list.csv",
            "-o",
            "f.jsonl",
            "--clusters",
            "c.jsonl",
            "--judge",
            "none",
        ],
    );
    assert_eq!(ran.code, 0, "{}", ran.stderr);
    let night = midband(
        dir,
        &[
            "match",
            "new.csv",
            "--known",
            "list.csv",
            "--known-clusters",
            "c.jsonl",
            "--clusters",
            "d.jsonl",
            "-o",
            "n.jsonl",
            "--judge",
            "none",
        ],
    );
    assert_eq!(night.code, 0, "{}", night.stderr);
    assert_eq!(objects_in(&dir.join("n.jsonl"))[0]["decision"], "match");
}

#[test]
fn what_a_rule_settles_among_strangers_is_written_and_said() {
    let dir = tempdir().unwrap();
    let dir = dir.path();
    strangers(dir, "left", 0);
    strangers(dir, "right", 5000);
    // One number in common.
    let right = fs::read_to_string(dir.join("right.csv")).unwrap();
    let left = fs::read_to_string(dir.join("left.csv")).unwrap();
    let phone = |text: &str| {
        text.lines()
            .nth(1)
            .unwrap()
            .rsplit(',')
            .next()
            .unwrap()
            .to_owned()
    };
    fs::write(
        dir.join("right.csv"),
        right.replace(&phone(&right), &phone(&left)),
    )
    .unwrap();
    let words = [
        "match",
        "left.csv",
        "right.csv",
        "--same",
        "phone",
        "-o",
        "out.jsonl",
        "--judge",
        "none",
    ];
    let ran = midband(dir, &words);
    assert!(ran.code < 2, "{}", ran.stderr);
    let said = "only the 1 pairs that labels and rules settle are written";
    assert!(ran.stderr.contains(said), "{}", ran.stderr);
    let rows = objects_in(&dir.join("out.jsonl"));
    assert_eq!(rows.len(), 1);
    assert_eq!(rows[0]["decided_by"], "rule");
}
