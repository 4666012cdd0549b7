//! A name that is planted in a file comes back in no message, whichever option the file is given to.

#![allow(clippy::unwrap_used, clippy::panic)]

use std::fs;

use crate::common::midband;
use tempfile::tempdir;

/// Stands where texts, values and column names are, and in no id: ids are written as they are given.
const NAME: &str = "Qxzvy";

/// Files that are broken, or another file than the one that is wanted.
fn files() -> Vec<(&'static str, Vec<u8>)> {
    let texts = [
        ("in.csv", format!("P17,\"{NAME}, HIV\",J. {NAME}\n")),
        ("in.csv", format!("id,a,b\n1,\"{NAME}\n2,x,y\n")),
        ("in.csv", format!("id,a,b,b\n1,{NAME},x,y\n")),
        ("in.csv", format!("{NAME},{NAME}\n")),
        (
            "in.csv",
            format!("id,a,b\n1,{NAME}\n2,{NAME},{NAME},{NAME}\n"),
        ),
        (
            "in.csv",
            format!(
                "id,a,b,label,score,decision,left_id,right_id,cluster\n1,{NAME},{NAME},{NAME},{NAME},{NAME},1,2,{NAME}\n"
            ),
        ),
        (
            "in.jsonl",
            format!(
                "{{\"id\":1,\"a\":[\"{NAME}\"],\"b\":{{\"{NAME}\":1}},\"label\":\"{NAME}\",\"score\":\"{NAME}\",\"decision\":\"{NAME}\"}}\n"
            ),
        ),
        (
            "in.jsonl",
            format!(
                "{{\"version\":\"{NAME}\",\"kind\":\"{NAME}\",\"name\":[\"{NAME}\"],\"proxy\":\"{NAME}\"}}\n"
            ),
        ),
        (
            "in.jsonl",
            format!("{{\"id\":1,\"a\":\"{NAME}\",\"a\":{NAME}\n{NAME}\n"),
        ),
        (
            "in.json",
            format!("[{{\"id\":1,\"a\":\"{NAME}\",\"b\":\"{NAME}"),
        ),
        ("in.toml", format!("foo = \"{NAME}\"\n[{NAME}\n")),
        (
            "in.toml",
            format!("name = [\"{NAME}\"]\nseed = \"{NAME}\"\nquiet = \"{NAME}\"\n"),
        ),
    ];
    let bytes = texts.map(|(name, text)| (name, text.into_bytes()));
    let wide = format!("id,a,b\n1,{NAME}\n")
        .encode_utf16()
        .flat_map(u16::to_le_bytes)
        .collect();
    let broken = [&b"PAR1"[..], NAME.as_bytes(), b"PAR1"].concat();
    bytes
        .into_iter()
        .chain([("in.csv", wide), ("in.parquet", broken)])
        .collect()
}

/// Every way of naming a file to be read.
const COMMANDS: [&str; 27] = [
    "score IN -o o.jsonl",
    "score IN -o o.csv --include-text",
    "score IN --dry-run",
    "score pairs.csv -o o.jsonl --labels IN",
    "score pairs.csv -o o.jsonl --calibration IN",
    "score pairs.csv -o o.jsonl --task IN",
    "score pairs.csv -o o.jsonl --lexicon IN",
    "score pairs.csv -o o.jsonl --config IN",
    "score pairs.csv -o o.jsonl --judge local:IN",
    "match IN -o o.jsonl",
    "match IN pairs.csv --text name -o o.jsonl",
    "match pairs.csv IN --compare text -o o.jsonl --clusters c.csv --golden g.csv",
    "match pairs.csv --gold-pairs IN -o o.jsonl",
    "match pairs.csv --labels IN -o o.jsonl",
    "match pairs.csv --known IN -o o.jsonl --clusters c.csv",
    "match IN --known pairs.csv -o o.jsonl --clusters c.csv",
    "match pairs.csv --known pairs.csv --known-clusters IN -o o.jsonl --clusters c.csv",
    "calibrate IN -o c.json",
    "calibrate pairs.csv --labels IN -o c.json",
    "eval IN",
    "eval s.jsonl --calibration IN",
    "report IN -o r.html",
    "report s.jsonl --pairs IN --labels IN -o r.html",
    "report s.jsonl --lists IN IN -o r.html",
    "review IN -o r.html",
    "compare s.jsonl IN",
    "profile IN",
];

#[test]
fn no_message_about_a_file_holds_its_text_whatever_it_is_given_to() {
    let dir = tempdir().unwrap();
    let dir = dir.path();
    fs::write(
        dir.join("pairs.csv"),
        "id,a,b,label\n1,flu,influenza,1\n2,leg,arm,0\n",
    )
    .unwrap();
    let scored = "{\"id\":\"1\",\"score\":0.9,\"decision\":\"match\",\"left_id\":\"1\",\"right_id\":\"2\"}\n";
    fs::write(dir.join("s.jsonl"), scored).unwrap();
    let files = files();
    // Each command with some of the files, so that each pair of a command and a kind of file comes once in three runs of the list.
    for (at, command) in COMMANDS.iter().enumerate() {
        for (number, (name, bytes)) in files.iter().enumerate() {
            if (at + number) % 3 != 0 && !command.contains("--config") {
                continue;
            }
            fs::write(dir.join(name), bytes).unwrap();
            let command = command.replace("IN", name);
            let mut words: Vec<&str> = command.split(' ').collect();
            if ["score", "match"].contains(&words[0]) && !command.contains("--judge") {
                words.extend(["--judge", "none"]);
            }
            let ran = midband(dir, &words);
            let said = format!("{}{}", ran.stdout, ran.stderr);
            assert!(
                (0..=4).contains(&ran.code),
                "{command}, file {number}: {said}"
            );
            assert!(!said.contains(NAME), "{command}, file {number}: {said}");
        }
    }
}
