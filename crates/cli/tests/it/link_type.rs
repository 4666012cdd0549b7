//! `midband match LEFT RIGHT --link-type link_and_dedupe`: two lists, each with doubles.

#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]

use std::{collections::BTreeSet, fs, path::Path};

use crate::common::{FAMILY, GIVEN, midband, objects_in};
use tempfile::tempdir;

const PEOPLE: usize = 150;

fn fields(person: usize, copy: bool) -> [String; 4] {
    let family = FAMILY[person * 7 % FAMILY.len()];
    [
        GIVEN[person % GIVEN.len()].to_owned(),
        family[usize::from(copy)..].to_owned(),
        format!(
            "19{:02}-{:02}-{:02}",
            20 + person * 13 % 75,
            1 + person % 12,
            1 + person * 5 % 28
        ),
        format!("0207946{:04}", person * 271 % 10_000),
    ]
}

/// Person n is l{n} and, with a typo, l{n+500} in the left list; of every second person r{n} and, of every third, r{n+500} in the
/// right one, under other headers and with dates in another notation.
fn lists(dir: &Path, prefixes: [&str; 2]) {
    let mut left = "id,given_name,surname,date_of_birth,sex,phone\n".to_owned();
    let mut right = "id,last_name,first_name,gender,dob,telephone\n".to_owned();
    for person in 0..PEOPLE {
        let (mut add_left, mut add_right) = (
            |id: usize, copy| {
                let [given, family, born, phone] = fields(person, copy);
                let sex = ["F", "M"][person % 2];
                left += &format!(
                    "{}{id},{given},{family},{born},{sex},{phone}\n",
                    prefixes[0]
                );
            },
            |id: usize, copy| {
                let [given, family, born, phone] = fields(person, copy);
                let sex = ["female", "male"][person % 2];
                let parts: Vec<&str> = born.split('-').collect();
                let born = format!("{}/{}/{}", parts[2], parts[1], parts[0]);
                right += &format!(
                    "{}{id},{family},{given},{sex},{born},{phone}\n",
                    prefixes[1]
                );
            },
        );
        add_left(person, false);
        if person % 5 == 0 {
            add_left(person + 500, true);
        }
        if person % 2 == 0 {
            add_right(person, false);
        }
        if person % 6 == 0 {
            add_right(person + 500, true);
        }
    }
    fs::write(dir.join("left.csv"), left).unwrap();
    fs::write(dir.join("right.csv"), right).unwrap();
}

/// How many pairs there are within the left list, within the right one and between them.
fn wanted() -> [usize; 3] {
    let mut counts = [0; 3];
    for person in 0..PEOPLE {
        let left = 1 + usize::from(person % 5 == 0);
        let right = usize::from(person % 2 == 0) + usize::from(person % 6 == 0);
        counts[0] += usize::from(left == 2);
        counts[1] += usize::from(right == 2);
        counts[2] += left * right;
    }
    counts
}

#[test]
fn pairs_between_two_lists_and_within_each_are_found_in_one_run() {
    let dir = tempdir().unwrap();
    let dir = dir.path();
    lists(dir, ["l", "r"]);
    let run = [
        "match",
        "left.csv",
        "right.csv",
        "--judge",
        "none",
        "--only",
        "match",
        "-o",
        "out.jsonl",
        "--clusters",
        "clusters.jsonl",
        "--link-type",
        "link_and_dedupe",
    ];
    let ran = midband(dir, &run);
    assert_eq!(ran.code, 0, "{}", ran.stderr);
    let person = |id: &str| id[1..].parse::<usize>().unwrap() % 500;
    let mut found = [0; 3];
    for row in objects_in(&dir.join("out.jsonl")) {
        let text = |name: &str| row[name].as_str().unwrap().to_owned();
        let (a, b) = (text("left_id"), text("right_id"));
        assert_eq!(person(&a), person(&b), "{a} {b}");
        let lists = [text("left_list"), text("right_list")];
        assert_eq!([&a[..1], &b[..1]], [&lists[0][..1], &lists[1][..1]]);
        let place = match (lists[0].as_str(), lists[1].as_str()) {
            ("left", "left") => 0,
            ("right", "right") => 1,
            _ => 2,
        };
        found[place] += 1;
    }
    assert_eq!(found, wanted());
    let rows = objects_in(&dir.join("clusters.jsonl"));
    let clusters: BTreeSet<u64> = rows
        .iter()
        .map(|row| row["cluster"].as_u64().unwrap())
        .collect();
    assert_eq!(clusters.len(), PEOPLE);
    assert!(rows.iter().all(|row| {
        let (id, list) = (row["id"].as_str().unwrap(), row["list"].as_str().unwrap());
        id[..1] == list[..1]
    }));

    // Ids that both lists have are told apart.
    lists(dir, ["", ""]);
    let ran = midband(dir, &run);
    assert_eq!(ran.code, 0, "{}", ran.stderr);
    assert!(
        ran.stderr.contains("some ids are in both lists"),
        "{}",
        ran.stderr
    );
    let rows = objects_in(&dir.join("out.jsonl"));
    assert_eq!(rows.len(), wanted().iter().sum::<usize>());
    let ids: BTreeSet<&str> = rows.iter().map(|row| row["id"].as_str().unwrap()).collect();
    assert_eq!(ids.len(), rows.len(), "each pair has an id of its own");
    assert!(ids.contains("left:0|right:0"), "{ids:?}");
}

#[test]
fn by_default_two_lists_are_linked_and_that_is_said() {
    let dir = tempdir().unwrap();
    let dir = dir.path();
    lists(dir, ["l", "r"]);
    let run = [
        "match",
        "left.csv",
        "right.csv",
        "--judge",
        "none",
        "--only",
        "match",
        "-o",
        "out.jsonl",
    ];
    let ran = midband(dir, &run);
    assert_eq!(ran.code, 0, "{}", ran.stderr);
    assert!(
        ran.stderr.contains("none within a list (link_only)"),
        "{}",
        ran.stderr
    );
    let rows = objects_in(&dir.join("out.jsonl"));
    assert!(
        rows.iter()
            .all(|row| row["left_id"].as_str().unwrap().starts_with('l')
                && row["right_id"].as_str().unwrap().starts_with('r'))
    );
    for (arguments, said) in [
        (
            &[&run[..], &["--link-type", "dedupe_only"]].concat(),
            "for two lists, use --link-type link_only or link_and_dedupe",
        ),
        (
            &[
                "match",
                "left.csv",
                "--judge",
                "none",
                "-o",
                "out.jsonl",
                "--link-type",
                "link_and_dedupe",
            ]
            .to_vec(),
            "for one list, use --link-type dedupe_only",
        ),
    ] {
        let ran = midband(dir, arguments);
        assert_eq!(ran.code, 2, "{}", ran.stderr);
        assert!(ran.stderr.contains(said), "{}", ran.stderr);
    }
}
