//! `midband match LIST --known-state FOLDER`: a list that is kept in a folder.

#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]

use std::{
    collections::BTreeMap,
    fs,
    path::Path,
    process::Stdio,
    thread,
    time::{Duration, Instant},
};

use crate::common::{FAMILY, GIVEN, Midband, objects_in};
use serde_json::Value;
use tempfile::tempdir;

/// A record of a person; a copy has a typo in the family name.
fn record(id: usize, person: usize, copy: bool) -> String {
    let family = FAMILY[person * 7 % FAMILY.len()];
    let family = if copy { &family[1..] } else { family };
    format!(
        "{id},{},{family},19{:02}-{:02}-{:02},0207946{:04}\n",
        GIVEN[person % GIVEN.len()],
        20 + person * 13 % 75,
        1 + person % 12,
        1 + person * 5 % 28,
        person * 271 % 10_000
    )
}

fn list(dir: &Path, name: &str, records: impl Iterator<Item = String>) {
    let header = "id,given_name,surname,date_of_birth,phone\n".to_owned();
    fs::write(dir.join(name), header + &records.collect::<String>()).unwrap();
}

const KNOWN: usize = 1800;

/// 1,800 people, every second one with two records, and two nights of new records of known and of new people.
fn lists(dir: &Path) {
    let known = (0..KNOWN).flat_map(|person| {
        let second = (person % 2 == 0).then(|| record(person + 10_000, person, true));
        std::iter::once(record(person, person, false)).chain(second)
    });
    list(dir, "known.csv", known);
    for night in 1..3 {
        let new = (0..500).flat_map(|at| {
            let person = at * 5 + night;
            let second = (at % 9 == 0).then(|| record(night * 100_000 + 50_000 + at, person, true));
            std::iter::once(record(night * 100_000 + at, person, at % 3 == 0)).chain(second)
        });
        list(dir, &format!("{night}.csv"), new);
    }
}

fn midband(dir: &Path, arguments: &[&str]) -> crate::common::Ran {
    let more = ["--judge", "none", "--merges", "join"];
    Midband::new(dir, &[arguments, &more].concat()).run()
}

fn done(dir: &Path, arguments: &[&str]) -> String {
    let ran = midband(dir, arguments);
    assert_eq!(ran.code, 0, "{}", ran.stderr);
    ran.stderr
}

/// Sets of ids that are one.
fn clusters(path: &Path) -> Vec<Vec<String>> {
    let mut sets: BTreeMap<u64, Vec<String>> = BTreeMap::new();
    for row in objects_in(path) {
        let id = row["id"].as_str().unwrap().to_owned();
        sets.entry(row["cluster"].as_u64().unwrap())
            .or_default()
            .push(id);
    }
    let mut sets: Vec<Vec<String>> = sets.into_values().collect();
    sets.iter_mut().for_each(|set| set.sort());
    sets.sort();
    sets
}

fn state(dir: &Path, name: &str) -> (Value, String) {
    let folder = dir.join(name);
    let manifest = fs::read_to_string(folder.join("state.json")).unwrap();
    (
        serde_json::from_str(&manifest).unwrap(),
        fs::read_to_string(folder.join("records.jsonl")).unwrap(),
    )
}

#[test]
fn nights_beside_a_kept_list_give_what_the_whole_list_gives() {
    let dir = tempdir().unwrap();
    let dir = dir.path();
    lists(dir);
    let first = [
        "match",
        "known.csv",
        "-o",
        "o.jsonl",
        "--clusters",
        "c0.jsonl",
    ];
    let said = done(dir, &[&first[..], &["--known-state", "kept"]].concat());
    assert!(said.contains("2700 records in"), "{said}");
    let mut known = fs::read_to_string(dir.join("known.csv")).unwrap();
    for night in 1..3 {
        let new = format!("{night}.csv");
        let (kept, listed) = (format!("kept{night}.jsonl"), format!("listed{night}.jsonl"));
        let (a, b) = (format!("a{night}.jsonl"), format!("b{night}.jsonl"));
        done(
            dir,
            &[
                "match",
                &new,
                "--known-state",
                "kept",
                "-o",
                &a,
                "--clusters",
                &kept,
            ],
        );
        let before = format!("c{}.jsonl", night - 1);
        let before = if night == 1 {
            before
        } else {
            "listed1.jsonl".to_owned()
        };
        done(
            dir,
            &[
                "match",
                &new,
                "--known",
                "known.csv",
                "--known-clusters",
                &before,
                "-o",
                &b,
                "--clusters",
                &listed,
            ],
        );
        let scores = |path: &str| -> BTreeMap<String, f64> {
            let rows = objects_in(&dir.join(path));
            let score = |row: &serde_json::Map<String, Value>| {
                (
                    row["id"].as_str().unwrap().to_owned(),
                    row["score"].as_f64().unwrap(),
                )
            };
            rows.iter().map(score).collect()
        };
        let (one, two) = (scores(&a), scores(&b));
        assert!(
            !one.is_empty() && one.keys().eq(two.keys()),
            "the same pairs"
        );
        for (id, score) in &one {
            assert!((score - two[id]).abs() < 1e-5, "{id}: {score} {}", two[id]);
        }
        assert_eq!(clusters(&dir.join(&kept)), clusters(&dir.join(&listed)));
        let text = fs::read_to_string(dir.join(&new)).unwrap();
        known += text.split_once('\n').unwrap().1;
        fs::write(dir.join("known.csv"), &known).unwrap();
    }
    // Who comes a second time is told, and the state stays.
    let before = state(dir, "kept");
    let ran = midband(
        dir,
        &[
            "match",
            "2.csv",
            "--known-state",
            "kept",
            "-o",
            "again.jsonl",
        ],
    );
    assert_eq!(ran.code, 3, "{}", ran.stderr);
    let rejected = fs::read_to_string(dir.join("again.jsonl.rejected.jsonl")).unwrap();
    assert!(
        rejected.contains("an earlier record has this id"),
        "{rejected}"
    );
    let after = state(dir, "kept");
    assert_eq!(after.1, before.1);
    assert_eq!(after.0["records"], before.0["records"]);
}

#[test]
fn a_night_that_is_killed_loses_nothing() {
    let dir = tempdir().unwrap();
    let dir = dir.path();
    lists(dir);
    for name in ["kept", "killed"] {
        done(
            dir,
            &["match", "known.csv", "-o", "o.jsonl", "--known-state", name],
        );
    }
    let night = |name: &str| {
        [
            "match",
            "1.csv",
            "-o",
            "n.jsonl",
            "--judge",
            "none",
            "--known-state",
            name,
        ]
        .map(str::to_owned)
    };
    let once = Instant::now();
    let arguments = night("kept");
    let arguments: Vec<&str> = arguments.iter().map(String::as_str).collect();
    assert_eq!(Midband::new(dir, &arguments).run().code, 0);
    let took = once.elapsed();
    let wanted = state(dir, "kept");
    let before = state(dir, "killed");
    let arguments = night("killed");
    let arguments: Vec<&str> = arguments.iter().map(String::as_str).collect();
    let folder = dir.join("killed");
    let bytes = fs::metadata(folder.join("records.jsonl")).unwrap().len();
    let is_there = |name: &str| folder.join(name).exists();
    // Early, while it compares, and wherever it writes.
    let moments: [&dyn Fn(Duration) -> bool; 6] = [
        &|since| since > took.mul_f64(0.1),
        &|since| since > took.mul_f64(0.4),
        &|_| dir.join("n.jsonl").exists(),
        &|_| fs::metadata(folder.join("records.jsonl")).unwrap().len() > bytes,
        &|_| is_there("keys-000002-001.jsonl"),
        &|_| is_there(".state.json"),
    ];
    let mut killed = 0;
    for moment in moments {
        for name in ["keys-000002-001.jsonl", ".state.json"] {
            let _ = fs::remove_file(folder.join(name));
        }
        let _ = fs::remove_file(dir.join("n.jsonl"));
        let file = fs::OpenOptions::new()
            .write(true)
            .open(folder.join("records.jsonl"));
        file.unwrap().set_len(bytes).unwrap();
        let mut child = crate::common::command(dir, &arguments)
            .stdout(Stdio::null())
            .stderr(Stdio::null())
            .spawn()
            .unwrap();
        let begin = Instant::now();
        while child.try_wait().unwrap().is_none() && !moment(begin.elapsed()) {
            thread::sleep(Duration::from_micros(200));
        }
        if child.try_wait().unwrap().is_none() {
            child.kill().unwrap();
            killed += 1;
        }
        child.wait().unwrap();
        let now = state(dir, "killed");
        if now.0["records"] != before.0["records"] {
            break;
        }
        assert_eq!(now.0, before.0, "as it was");
        assert!(now.1.starts_with(&before.1));
    }
    assert!(killed > 1, "{killed} were killed");
    if state(dir, "killed").0["records"] == before.0["records"] {
        let ran = Midband::new(dir, &arguments).run();
        assert_eq!(ran.code, 0, "{}", ran.stderr);
    }
    assert_eq!(state(dir, "killed"), wanted);
}

#[test]
fn a_folder_that_can_not_be_used_is_refused() {
    let dir = tempdir().unwrap();
    let dir = dir.path();
    lists(dir);
    let refused = |arguments: &[&str], said: &str| {
        let ran = midband(dir, &[arguments, &["-o", "out.jsonl"]].concat());
        assert_eq!(ran.code, 2, "{}", ran.stderr);
        assert!(ran.stderr.contains(said), "{}", ran.stderr);
    };
    fs::create_dir(dir.join("other")).unwrap();
    fs::write(dir.join("other/mine.txt"), "mine").unwrap();
    refused(
        &["match", "1.csv", "--known-state", "other"],
        "is not a state folder",
    );
    refused(
        &[
            "match",
            "1.csv",
            "--known-state",
            "kept",
            "--compare",
            "text",
        ],
        "a state folder keeps lists that are compared by columns",
    );
    refused(
        &["match", "1.csv", "2.csv", "--known-state", "kept"],
        "--known-state takes one list. Leave out the second list",
    );
    fs::write(dir.join("products.csv"), "id,title\n1,a lamp\n2,a chair\n").unwrap();
    refused(
        &["match", "products.csv", "--known-state", "kept"],
        "--known-state needs lists",
    );
    assert!(!dir.join("kept").join("state.json").exists());

    done(
        dir,
        &[
            "match",
            "known.csv",
            "-o",
            "o.jsonl",
            "--known-state",
            "kept",
        ],
    );
    refused(
        &[
            "match",
            "1.csv",
            "--known-state",
            "kept",
            "--block-on",
            "phone",
        ],
        "omit --block-on",
    );
    let path = dir.join("kept/state.json");
    let manifest = fs::read_to_string(&path).unwrap();
    fs::write(
        &path,
        manifest.replacen("\"version\": 1", "\"version\": 9", 1),
    )
    .unwrap();
    refused(
        &["match", "1.csv", "--known-state", "kept"],
        "has version 9; this program reads version 1",
    );
    fs::write(&path, "{}").unwrap();
    refused(
        &["match", "1.csv", "--known-state", "kept"],
        "names no version",
    );
    fs::write(&path, &manifest).unwrap();
    let held = fs::OpenOptions::new()
        .write(true)
        .open(dir.join("kept/lock"))
        .unwrap();
    held.try_lock().unwrap();
    refused(
        &["match", "1.csv", "--known-state", "kept"],
        "another run is using",
    );
    drop(held);
    done(
        dir,
        &["match", "1.csv", "--known-state", "kept", "-o", "out.jsonl"],
    );
}
