//! Names planted in the inputs must not be found in anything that was not asked to hold text.

#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]

use std::{
    fs,
    path::{Path, PathBuf},
};

use crate::common::{http::Served, midband, objects, root, server::Server};
use midband_sim::Fault;
use serde_json::{Value, json};
use tempfile::tempdir;

/// No word of any program or page.
const PLANTED: [&str; 3] = [
    "Zyxwolfram",
    "Quaggiotti",
    "\u{17d}\u{16f}\u{17e}i\u{10d}ka",
];

/// Labelled pairs whose texts all hold planted names.
fn write_inputs(dir: &Path) {
    let patients = fs::read_to_string(root().join("data/patients.jsonl")).unwrap();
    let pairs: Vec<String> = objects(&patients)
        .into_iter()
        .take(40)
        .enumerate()
        .map(|(at, mut pair)| {
            for side in ["a", "b"] {
                let text = format!(
                    "{} {}, {}",
                    PLANTED[at % 3],
                    pair[side].as_str().unwrap(),
                    PLANTED[(at + 1) % 3]
                );
                pair[side] = text.into();
            }
            Value::Object(pair).to_string()
        })
        .collect();
    fs::write(dir.join("in.jsonl"), pairs.join("\n")).unwrap();
    // Rows that are no pairs, each with a name in it.
    let [x, y, z] = PLANTED;
    let bad = format!(
        "{}\n{{\"id\":\"b1\",\"a\":\"{x}\n{{\"id\":\"b2\",\"a\":\"{y}\"}}\n{{\"id\":\"b3\",\"a\":\"{z}\",\"b\":[\"{x}\"]}}\n\"{y}\"",
        pairs[..20].join("\n")
    );
    fs::write(dir.join("bad.jsonl"), bad).unwrap();
    let records: Vec<String> = (0..8)
        .map(|id| json!({"id": id, "name": PLANTED[id % 3], "city": "Port Hope"}).to_string())
        .collect();
    fs::write(dir.join("records.jsonl"), records.join("\n")).unwrap();
}

/// Names that stand in these bytes, as they are or as JSON, HTML or a URL write them.
fn found(bytes: &[u8]) -> Vec<&'static str> {
    let holds = |form: &[u8]| bytes.windows(form.len()).any(|window| window == form);
    PLANTED
        .into_iter()
        .filter(|name| {
            let escaped = serde_json::to_string(name).unwrap();
            let utf16: Vec<u8> = name.encode_utf16().flat_map(u16::to_le_bytes).collect();
            let ascii: String = name
                .chars()
                .map(|char| {
                    if char.is_ascii() {
                        char.to_string()
                    } else {
                        format!("\\u{:04x}", char as u32)
                    }
                })
                .collect();
            holds(name.as_bytes())
                || holds(escaped.trim_matches('"').as_bytes())
                || holds(&utf16)
                || holds(ascii.as_bytes())
                || holds(name.to_lowercase().as_bytes())
        })
        .collect()
}

fn files(folder: &Path) -> Vec<PathBuf> {
    let mut all = Vec::new();
    for entry in fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        if path.is_dir() {
            all.extend(files(&path));
        } else {
            all.push(path);
        }
    }
    all
}

#[test]
fn planted_names_are_found_nowhere_but_where_they_were_asked_for() {
    let dir = tempdir().unwrap();
    let dir = dir.path();
    write_inputs(dir);
    // The search itself must be able to find them.
    assert_eq!(found(&fs::read(dir.join("in.jsonl")).unwrap()).len(), 3);
    let judge = Server::start(
        &dir.join("in.jsonl"),
        0.8,
        &[(Fault::Prose, 0.2), (Fault::ErrorLine, 0.2)],
    );
    let mut said = String::new();
    for arguments in [
        &[
            "score",
            "in.jsonl",
            "-o",
            "scored.jsonl",
            "--cache",
            "cache",
            "--band",
            "0.3..0.95",
            "--parts",
        ][..],
        &[
            "score",
            "in.jsonl",
            "-o",
            "learnt.csv",
            "--cache",
            "cache",
            "--policy",
            "gain",
        ],
        &[
            "score",
            "in.jsonl",
            "--policy",
            "target",
            "--target",
            "accuracy=0.7",
            "-q",
        ],
        &["score", "bad.jsonl", "-o", "bad-scored.jsonl"],
        &["score", "bad.jsonl", "--log", "json", "--provenance"],
        &["score", "in.jsonl", "--dry-run"],
        &[
            "match",
            "records.jsonl",
            "-o",
            "matched.jsonl",
            "--clusters",
            "clusters.jsonl",
            "--cache",
            "cache",
        ],
        &[
            "calibrate",
            "in.jsonl",
            "-o",
            "calibration.json",
            "--judge",
            "ollama",
        ],
        &["doctor", "--quick"],
    ] {
        let ran = judge.run(dir, arguments);
        assert!(ran.code != 2, "{arguments:?}: {}", ran.stderr);
        said += &format!("{}{}", ran.stdout, ran.stderr);
    }
    for arguments in [
        &["cache", "prune", "--older-than", "30d", "--cache", "cache"][..],
        &["eval", "scored.jsonl"],
        &["report", "scored.jsonl", "-o", "report.html"],
        &["report", "scored.jsonl", "-o", "report.pdf"],
        &["report", "scored.jsonl", "-o", "report.json"],
        &["score", "in.jsonl", "--left", "nothing", "--judge", "none"],
        &["review", "scored.jsonl", "-o", "never.html"],
        &["cache", "--cache", "cache", "stats"],
    ] {
        let ran = midband(dir, arguments);
        said += &format!("{}{}", ran.stdout, ran.stderr);
    }
    let server = Served::start(
        dir,
        &[
            "--ollama",
            &judge.url(),
            "--band",
            "0.3..0.95",
            "--log",
            "json",
        ],
    );
    let pairs = fs::read_to_string(dir.join("in.jsonl")).unwrap();
    let lines = "application/x-ndjson";
    for (path, body) in [
        ("/score", pairs.clone()),
        ("/analyze-json", pairs.clone()),
        ("/analyze", pairs),
        ("/score", PLANTED.join(" ")),
        (&format!("/{}", PLANTED[0]), String::new()),
    ] {
        said += &String::from_utf8_lossy(&server.post(path, lines, body).body);
    }
    for path in ["/metrics", "/info", "/ready"] {
        said += &server.get(path).text();
    }
    said += &server.stderr();
    assert_eq!(found(said.as_bytes()), [""; 0], "in what was said");
    drop(server);

    let inputs = ["in.jsonl", "bad.jsonl", "records.jsonl"];
    let written: Vec<PathBuf> = files(dir)
        .into_iter()
        .filter(|path| !inputs.iter().any(|input| path.ends_with(input)))
        .collect();
    assert!(written.len() >= 15, "{written:?}");
    for path in &written {
        assert_eq!(
            found(&fs::read(path).unwrap()),
            [""; 0],
            "in {}",
            path.display()
        );
    }
    // Where text was asked for, it is there.
    let told = midband(
        dir,
        &[
            "report",
            "scored.jsonl",
            "-o",
            "told.html",
            "--include-text",
            "--pairs",
            "in.jsonl",
            "--review",
            "40",
        ],
    );
    assert_eq!(told.code, 0, "{}", told.stderr);
    assert_eq!(found(&fs::read(dir.join("told.html")).unwrap()).len(), 3);
}
