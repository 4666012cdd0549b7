//! Work by night: caches that stay small, inputs that are empty or lie in folders, what a run leaves on record.

#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]

use std::{fs, path::Path};

use crate::common::{Midband, midband, objects, objects_in};
use serde_json::{Value, json};
use tempfile::tempdir;

const PAIRS: &str = "id,a,b\n1,flu,influenza\n2,leg,arm\n";

fn read(path: &Path) -> Value {
    serde_json::from_slice(&fs::read(path).unwrap()).unwrap()
}

/// Runs and wants exit code 0.
fn done(dir: &Path, words: &[&str]) -> crate::common::Ran {
    let ran = midband(dir, words);
    assert_eq!(ran.code, 0, "{words:?}: {}", ran.stderr);
    ran
}

#[test]
fn a_cache_is_looked_at_and_kept_small() {
    let dir = tempdir().unwrap();
    let dir = dir.path();
    fs::write(dir.join("pairs.csv"), PAIRS).unwrap();
    fs::create_dir(dir.join("empty")).unwrap();
    done(dir, &["cache", "stats", "--cache", "empty"]);
    done(
        dir,
        &["cache", "prune", "--cache", "empty", "--older-than", "1d"],
    );
    done(dir, &["cache", "clear", "--cache", "empty"]);
    assert_eq!(fs::read_dir(dir.join("empty")).unwrap().count(), 0);
    // The key of the file is the flag's, also where the flag is the parent command's.
    fs::write(dir.join("midband.toml"), "cache = \"kept\"\n").unwrap();
    let score = [
        "score",
        "pairs.csv",
        "-o",
        "s.jsonl",
        "--judge",
        "none",
        "--embed",
        "all",
        "-q",
    ];
    done(dir, &score);
    let held = || {
        let ran = done(dir, &["cache", "stats", "--json"]);
        let stats: Value = serde_json::from_str(&ran.stdout).unwrap();
        stats["embeddings"]["vectors"].as_u64().unwrap_or(0)
    };
    assert_eq!(held(), 4);
    assert_eq!(midband(dir, &["cache", "prune"]).code, 2);
    done(dir, &["cache", "prune", "--older-than", "1h"]);
    assert_eq!(
        held(),
        4,
        "what was used today is not an hour old by its day"
    );
    done(dir, &["cache", "prune", "--cache-max-size", "1GB"]);
    assert_eq!(held(), 4);
    done(dir, &["cache", "prune", "--cache-max-size", "10kB"]);
    assert_eq!(held(), 0);
    assert!(!dir.join("kept/embeddings.redb").exists());
    // A bound that holds nothing stops no run.
    let bounded = Midband::new(dir, &score[..score.len() - 1]);
    let ran = bounded.env("MIDBAND_CACHE_MAX_SIZE", "1kB").run();
    assert_eq!(ran.code, 0, "{}", ran.stderr);
    assert!(
        ran.stderr.contains("4 embeddings were not cached"),
        "{}",
        ran.stderr
    );
    assert_eq!(
        midband(dir, &["score", "pairs.csv", "--cache-max-size", "2XB"]).code,
        2
    );
}

#[test]
fn an_empty_input_is_done_at_once() {
    let dir = tempdir().unwrap();
    let dir = dir.path();
    for (name, text) in [
        ("none.csv", ""),
        ("header.csv", "id,a,b\n"),
        ("none.jsonl", ""),
        ("array.jsonl", "[]\n"),
    ] {
        fs::write(dir.join(name), text).unwrap();
        let nobody = ["--judge", "none"];
        done(
            dir,
            &[&["score", name, "-o", "s.jsonl"], &nobody[..]].concat(),
        );
        assert_eq!(fs::read_to_string(dir.join("s.jsonl")).unwrap(), "");
        assert_eq!(read(&dir.join("s.jsonl.summary.json"))["pairs"], 0);
        fs::write(dir.join("list.csv"), "id,name\n1,Ann\n2,Bo\n").unwrap();
        for lists in [&[name][..], &[name, "list.csv"], &["list.csv", name]] {
            let more = ["-o", "m.jsonl", "--clusters", "c.csv"];
            let words = [&["match"], lists, &more, &nobody[..]].concat();
            let ran = done(dir, &words);
            assert!(!ran.stderr.contains("NaN"), "{}", ran.stderr);
            assert_eq!(fs::read_to_string(dir.join("m.jsonl")).unwrap(), "");
        }
        done(dir, &["profile", name]);
    }
    let ran = Midband::new(dir, &["score", "-", "--judge", "none"]).run();
    assert_eq!((ran.code, ran.stdout.as_str()), (0, ""));
    // An empty file among others is no file with other columns.
    fs::write(dir.join("pairs.csv"), PAIRS).unwrap();
    let three = [
        "score",
        "none.csv",
        "pairs.csv",
        "header.csv",
        "-o",
        "s.csv",
        "--judge",
        "none",
    ];
    done(dir, &three);
    assert_eq!(
        fs::read_to_string(dir.join("s.csv"))
            .unwrap()
            .lines()
            .count(),
        3
    );
}

#[test]
fn columns_in_the_names_of_folders_are_kept() {
    let dir = tempdir().unwrap();
    let dir = dir.path();
    for (year, id) in [("2023", 1), ("2024", 2)] {
        let folder = dir.join(format!("data/year={year}/site=A%2FB"));
        fs::create_dir_all(&folder).unwrap();
        fs::write(
            folder.join("part-0.csv"),
            format!("id,a,b\n{id},flu,influenza\n"),
        )
        .unwrap();
        fs::write(folder.join("_SUCCESS"), "").unwrap();
    }
    let row = |year: &str| json!({"year": year, "site": "A/B"});
    for input in ["data", "data/**/*.csv", "data/year=*/site=*/part-0.csv"] {
        done(dir, &["score", input, "-o", "s.jsonl", "--judge", "none"]);
        let rows = objects_in(&dir.join("s.jsonl"));
        let kept: Vec<Value> = rows
            .iter()
            .map(|row| json!({"year": row["year"], "site": row["site"]}))
            .collect();
        assert_eq!(kept, [row("2023"), row("2024")], "{input}");
        done(dir, &["score", input, "-o", "s.csv", "--judge", "none"]);
        let text = fs::read_to_string(dir.join("s.csv")).unwrap();
        assert!(text.lines().next().unwrap().contains("year,site"), "{text}");
        let words = [
            "match",
            input,
            "-o",
            "m.jsonl",
            "--columns",
            "year",
            "--judge",
            "none",
        ];
        done(dir, &[&words[..], &["--text", "a,b"]].concat());
        let pair = &objects_in(&dir.join("m.jsonl"))[0];
        assert_eq!(
            (&pair["year_l"], &pair["year_r"]),
            (&json!("2023"), &json!("2024"))
        );
    }
    // A file that is named by itself is what it is.
    let one = "data/year=2023/site=A%2FB/part-0.csv";
    done(dir, &["score", one, "-o", "s.jsonl", "--judge", "none"]);
    assert_eq!(objects_in(&dir.join("s.jsonl"))[0].get("year"), None);
    fs::create_dir(dir.join("bare")).unwrap();
    let ran = midband(dir, &["score", "bare", "-o", "s.jsonl", "--judge", "none"]);
    assert!(
        ran.code == 2 && ran.stderr.contains("has no JSONL"),
        "{}",
        ran.stderr
    );
}

#[test]
fn the_provenance_tells_what_a_run_was_made_of() {
    let dir = tempdir().unwrap();
    let dir = dir.path();
    fs::write(dir.join("pairs.csv"), PAIRS).unwrap();
    done(
        dir,
        &["score", "pairs.csv", "-o", "s.jsonl", "--judge", "none"],
    );
    let told = read(&dir.join("s.jsonl.provenance.json"));
    let digest = format!("blake3:{}", blake3::hash(PAIRS.as_bytes()).to_hex());
    let input = json!({"path": "pairs.csv", "bytes": PAIRS.len(), "digest": digest});
    assert_eq!(
        (&told["inputs"], &told["calibration"]),
        (&json!([input]), &Value::Null)
    );
    assert_eq!(told.get("search"), None);
    let lists = [
        ("l.csv", "id,name,note\n1,Ann Lee,x\n2,Bo Ek,y\n"),
        ("r.csv", "key,name,note\n7,Ann Lee,z\n"),
    ];
    for (name, text) in lists {
        fs::write(dir.join(name), text).unwrap();
    }
    let words = [
        "match",
        "l.csv",
        "r.csv",
        "-o",
        "m.jsonl",
        "--judge",
        "none",
        "--right-id",
        "key",
    ];
    let texts = [
        "--text",
        "name",
        "--top-k",
        "3",
        "--block-on",
        "name",
        "--one-to-one",
        "--exact",
    ];
    done(dir, &[&words[..], &texts].concat());
    let told = read(&dir.join("m.jsonl.provenance.json"));
    assert_eq!(told["inputs"].as_array().unwrap().len(), 2);
    assert_eq!(
        told["search"],
        json!({
            "compared": "texts", "columns": ["name"], "ids": ["id", "key"], "rules": ["name"], "candidates": "both",
            "top_k": 3, "exact": true, "neighbours": true, "resolved": "one_to_one",
        })
    );
    // Without an output file it stands on standard error, all of it.
    let ran = done(
        dir,
        &[
            "score",
            "pairs.csv",
            "--judge",
            "none",
            "-q",
            "--provenance",
        ],
    );
    let told: Value = serde_json::from_str(&ran.stderr).unwrap();
    assert_eq!(told["inputs"], json!([input]));
}

#[test]
fn a_log_in_json_has_a_time_and_a_message_in_every_line() {
    let dir = tempdir().unwrap();
    let dir = dir.path();
    fs::write(dir.join("pairs.csv"), PAIRS).unwrap();
    let words = [
        "score",
        "pairs.csv",
        "-o",
        "s.jsonl",
        "--judge",
        "none",
        "--log",
        "json",
    ];
    let ran = Midband::new(dir, &words).env("MIDBAND_POLCY", "x").run();
    let lines = objects(&ran.stderr);
    assert!(lines.len() > 4);
    for line in &lines {
        assert!(line["time"].as_str().unwrap().ends_with('Z'), "{line:?}");
        assert_eq!(line["level"], "info");
        assert!(!line["message"].as_str().unwrap().starts_with("midband"));
    }
    assert!(
        lines[0]["message"]
            .as_str()
            .unwrap()
            .contains("MIDBAND_POLCY")
    );
    let words = ["score", "nothing.csv", "--log", "json"];
    let lines = objects(&midband(dir, &words).stderr);
    assert_eq!((lines.len(), &lines[0]["level"]), (1, &json!("error")));
}

#[test]
fn the_time_of_a_match_counts_what_it_embeds() {
    let dir = tempdir().unwrap();
    let dir = dir.path();
    let rows: String = (0..60)
        .map(|at| format!("{at},a note on patient {at}, seen in ward {}\n", at % 7))
        .collect();
    fs::write(dir.join("l.csv"), format!("id,text,more\n{rows}")).unwrap();
    done(
        dir,
        &[
            "match",
            "l.csv",
            "-o",
            "m.jsonl",
            "--judge",
            "none",
            "--compare",
            "text",
        ],
    );
    let seconds = &read(&dir.join("m.jsonl.summary.json"))["seconds"];
    let (embedding, total) = (
        seconds["embedding"].as_f64().unwrap(),
        seconds["total"].as_f64().unwrap(),
    );
    assert!(embedding > 0.0 && total >= embedding, "{seconds}");
}
