//! Static embeddings: made by `models distil`, used by `match` where the lists are long and their texts records.

#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]

use std::{
    collections::HashMap,
    fs,
    path::{Path, PathBuf},
};

use crate::common::{Midband, Ran, objects_in};
use midband::embed::{DEFAULT_MODEL, ModelFolder, onnx_runtime};
use serde_json::{Map, Value};
use tempfile::tempdir;

const RECORDS: usize = 1_100;

type Row = Map<String, Value>;

const KINDS: [&str; 7] = [
    "camera", "kettle", "drill", "laptop", "printer", "backpack", "headset",
];
const BRANDS: [&str; 11] = [
    "sonara", "velgor", "kastur", "firnor", "ulros", "wilsal", "zenwil", "lumsal", "beltan",
    "harcor", "nolver",
];

/// Two lists of invented products: the second words each one another way.
fn products(dir: &Path) {
    let mut lists = [String::new(), String::new()];
    for n in 0..RECORDS {
        let (kind, brand) = (KINDS[n % 7], BRANDS[(n / 7) % 11]);
        let (code, size) = (1_000 + (n * 7_919) % 9_000, 1 + n % 64);
        let rows = [
            serde_json::json!({"id": format!("l{n}"), "title": format!("{brand} {kind} {code} {size} inch"), "about": format!("a {kind} of {brand}, black")}),
            serde_json::json!({"id": format!("r{n}"), "title": format!("{kind} {code} by {brand}"), "about": format!("{size} in")}),
        ];
        for (list, row) in lists.iter_mut().zip(rows) {
            *list += &format!("{row}\n");
        }
    }
    let [left, right] = lists;
    fs::write(dir.join("left.jsonl"), left).unwrap();
    fs::write(dir.join("right.jsonl"), right).unwrap();
}

/// A data folder of the test's own: the model and the runtime library of the machine's.
fn data(dir: &Path) -> PathBuf {
    let data = dir.join("data");
    let to = data.join("models").join(DEFAULT_MODEL);
    fs::create_dir_all(&to).unwrap();
    let model = ModelFolder::home(DEFAULT_MODEL).unwrap();
    for file in fs::read_dir(&model)
        .unwrap()
        .map(|file| file.unwrap().path())
    {
        if file
            .extension()
            .is_some_and(|ending| ending != "safetensors")
        {
            fs::copy(&file, to.join(file.file_name().unwrap())).unwrap();
        }
    }
    data
}

fn run(dir: &Path, data: &Path, arguments: &[&str]) -> Ran {
    let library = onnx_runtime(None).unwrap();
    Midband::new(dir, arguments)
        .env("MIDBAND_DATA_DIR", &data.display().to_string())
        .env("ORT_DYLIB_PATH", &library.display().to_string())
        .run()
}

fn matched(dir: &Path, data: &Path, more: &[&str]) -> (HashMap<String, Row>, String) {
    let start = [
        "match",
        "left.jsonl",
        "right.jsonl",
        "-o",
        "out.jsonl",
        "--judge",
        "none",
        "--compare",
        "text",
    ];
    let ran = run(dir, data, &[&start[..], more].concat());
    assert!(ran.code <= 1, "{}", ran.stderr);
    let rows = objects_in(&dir.join("out.jsonl"));
    let rows = rows
        .into_iter()
        .map(|row| (row["id"].as_str().unwrap().to_owned(), row));
    (rows.collect(), ran.stderr)
}

fn cosines(rows: &HashMap<String, Row>) -> usize {
    rows.values()
        .filter(|row| row["cosine"].is_number())
        .count()
}

#[test]
fn long_lists_of_records_are_found_by_static_embeddings_that_are_made_once() {
    let dir = tempdir().unwrap();
    let dir = dir.path();
    let data = data(dir);
    products(dir);
    let folder = data.join("models").join(DEFAULT_MODEL);
    let manifest = fs::read(folder.join("manifest.json")).unwrap();
    let (first, said) = matched(dir, &data, &["--cache", "cache"]);
    assert!(said.contains("making the static vectors"), "{said}");
    let table = folder.join("static.safetensors");
    let made = fs::read(&table).unwrap();

    // A table that can't be kept is not made: the run says what would help.
    fs::remove_file(&table).unwrap();
    fs::write(folder.join("manifest.json"), manifest).unwrap();
    fs::create_dir(&table).unwrap();
    let (before, said) = matched(dir, &data, &["--cache", "cache"]);
    fs::remove_dir(&table).unwrap();
    assert!(said.contains("midband models distil"), "{said}");
    assert_eq!(cosines(&before), before.len());

    let distilled = run(dir, &data, &["models", "distil"]);
    assert_eq!(distilled.code, 0, "{}", distilled.stderr);
    assert_eq!(PathBuf::from(distilled.stdout.trim()), table);
    let bytes = fs::read(&table).unwrap();
    assert!(bytes == made, "the command makes the table of the run");
    assert!(
        (7_000_000..16_000_000).contains(&bytes.len()),
        "{}",
        bytes.len()
    );
    assert_eq!(run(dir, &data, &["models", "verify"]).code, 0);

    let (after, said) = matched(dir, &data, &["--cache", "cache"]);
    assert!(!said.contains("models distil"), "{said}");
    assert!(!said.contains("making the static vectors"), "{said}");
    assert_eq!(first, after);
    // Few pairs had to be embedded, and what is decided hardly changes.
    assert!(
        cosines(&after) * 4 < after.len(),
        "{} of {}",
        cosines(&after),
        after.len()
    );
    let is_match = |row: &Row| row["score"].as_f64().is_some_and(|score| score >= 0.5);
    let changed = before
        .iter()
        .filter(|(id, row)| after.get(*id).is_some_and(is_match) != is_match(row))
        .count();
    assert!(changed * 50 < RECORDS, "{changed} decisions changed");
    let (again, _) = matched(dir, &data, &["--cache", "cache"]);
    assert_eq!(again, after);
    // Whoever wants every cosine gets every cosine.
    let (all, _) = matched(dir, &data, &["--cache", "cache", "--embed", "all"]);
    assert_eq!(cosines(&all), all.len());

    // A table that was tampered with is refused.
    let mut changed = bytes;
    let last = changed.len() - 1;
    changed[last] ^= 1;
    fs::write(&table, changed).unwrap();
    assert_eq!(run(dir, &data, &["models", "verify"]).code, 2);
}
