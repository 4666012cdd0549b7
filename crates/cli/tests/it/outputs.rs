//! What is written keeps every column, says what it is, and takes nothing away.

#![allow(clippy::unwrap_used, clippy::panic)]

use std::{
    fs::{self, File, OpenOptions},
    path::Path,
};

use crate::common::{command, midband, objects_in};
use tempfile::tempdir;

/// Two people, each twice, with columns that golden records have too.
fn people(dir: &Path) {
    let rows = "id,name,name_from,size,cluster,note\n\
        1,Anna Miller,north,S,x,=1+1\n2,Anna Miller,north,S,x,=1+1\n\
        3,Farid Okoro,south,L,y,-12\n4,Farid Okoro,south,L,y,-12\n";
    fs::write(dir.join("people.csv"), rows).unwrap();
}

const MATCH: [&str; 6] = ["match", "people.csv", "--judge", "none", "--same", "name"];

fn matched(dir: &Path, more: &[&str]) {
    let ran = midband(dir, &[&MATCH[..], more].concat());
    assert!(ran.code < 2, "{}", ran.stderr);
}

#[test]
fn golden_records_keep_columns_that_have_the_names_of_their_own_fields() {
    let dir = tempdir().unwrap();
    let dir = dir.path();
    people(dir);
    matched(dir, &["-o", "out.jsonl", "--golden", "golden.jsonl"]);
    let golden = objects_in(&dir.join("golden.jsonl"));
    assert_eq!(golden.len(), 2);
    for (at, record) in golden.iter().enumerate() {
        assert_eq!(record["cluster"], at);
        assert_eq!(record["size"], 2);
        assert_eq!(record["name_from"], record["ids"][0]);
    }
    assert_eq!(golden[0]["input_name_from"], "north");
    assert_eq!(golden[1]["input_size"], "L");
    assert_eq!(golden[1]["input_cluster"], "y");
    assert_eq!(golden[1]["input_cluster_from"], golden[1]["ids"][0]);
}

#[test]
fn clusters_and_golden_records_are_for_excel_too() {
    let dir = tempdir().unwrap();
    let dir = dir.path();
    people(dir);
    let also = ["--clusters", "clusters.csv", "--golden", "golden.csv"];
    matched(dir, &[&["-o", "out.csv", "--bom"], &also[..]].concat());
    let read = |name: &str| fs::read_to_string(dir.join(name)).unwrap();
    let (clusters, golden) = (read("clusters.csv"), read("golden.csv"));
    assert!(clusters.starts_with("\u{feff}cluster,"), "{clusters}");
    assert!(golden.starts_with("\u{feff}cluster,"), "{golden}");
    assert!(
        golden.contains(",'=1+1,") && golden.contains(",-12,"),
        "{golden}"
    );
    matched(dir, &[&["-o", "out.csv"], &also[..]].concat());
    assert!(read("clusters.csv").starts_with("cluster,"));
    assert!(read("golden.csv").contains(",=1+1,"));
}

#[test]
fn nothing_is_written_under_the_name_of_a_compressed_file() {
    let dir = tempdir().unwrap();
    let dir = dir.path();
    people(dir);
    for (flag, name) in [
        ("--clusters", "c.csv.gz"),
        ("--golden", "g.csv.ZST"),
        ("-o", "o.csv.gz"),
    ] {
        let ran = midband(dir, &[&MATCH[..], &[flag, name]].concat());
        assert_eq!(ran.code, 2, "{}", ran.stderr);
        assert!(
            ran.stderr.contains("cannot write compressed files"),
            "{}",
            ran.stderr
        );
        assert!(!dir.join(name).exists());
    }
}

#[cfg(target_os = "linux")]
#[test]
fn a_log_behind_a_descriptor_is_gone_on_with() {
    let dir = tempdir().unwrap();
    let dir = dir.path();
    people(dir);
    std::os::unix::fs::symlink("/dev/stdout", dir.join("link")).unwrap();
    let appended = || OpenOptions::new().append(true).open(dir.join("log"));
    for name in [
        "/dev/stdout",
        "/dev/fd/1",
        "/proc/self/fd/1",
        "link",
        "/dev/stderr",
    ] {
        for flag in ["-o", "--clusters", "--golden"] {
            fs::write(dir.join("log"), "before\n").unwrap();
            let also: &[&str] = if flag == "-o" {
                &[]
            } else {
                &["-o", "out.jsonl"]
            };
            let all = [&MATCH[..], &["-q", flag, name], also].concat();
            let (out, err) = match name {
                "/dev/stderr" => (File::create(dir.join("other")), appended()),
                _ => (appended(), File::create(dir.join("other"))),
            };
            let mut command = command(dir, &all);
            let ran = command.stdout(out.unwrap()).stderr(err.unwrap()).status();
            assert!(ran.unwrap().code().unwrap() < 2);
            let log = fs::read_to_string(dir.join("log")).unwrap();
            let mut lines = log.lines();
            assert_eq!(lines.next(), Some("before"), "{flag} {name}");
            assert!(
                lines.any(|line| line.starts_with("id,cosine") || line.starts_with("{\"cluster\"")),
                "{flag} {name}: {log}"
            );
        }
    }
    // A file that is not appended to is written on where it stands.
    let log = File::create(dir.join("log")).unwrap();
    let mut on = log.try_clone().unwrap();
    let mut command = command(dir, &[&MATCH[..], &["-q", "-o", "/dev/stdout"]].concat());
    assert!(command.stdout(log).status().unwrap().code().unwrap() < 2);
    std::io::Write::write_all(&mut on, b"after\n").unwrap();
    let log = fs::read_to_string(dir.join("log")).unwrap();
    assert!(
        log.ends_with("\nafter\n") || log.ends_with("}after\n"),
        "{log}"
    );
    assert!(log.len() > 100, "{log}");
}

#[test]
fn a_file_that_is_scored_again_and_again_keeps_every_score() {
    let dir = tempdir().unwrap();
    let dir = dir.path();
    let score = |input: &str, output: &str| {
        let ran = midband(
            dir,
            &[
                "score",
                input,
                "-o",
                output,
                "--judge",
                "none",
                "--band",
                "0.5..0.5",
                "--include-text",
                "--cache",
                "vectors",
            ],
        );
        assert!(ran.code < 2, "{}", ran.stderr);
    };
    let row = "{\"id\":1,\"a\":\"knee pain\",\"b\":\"pain in the knee\"}\n";
    fs::write(dir.join("0.jsonl"), row).unwrap();
    for form in ["jsonl", "csv", "parquet"] {
        let name = |at: usize| format!("{at}.{form}");
        score("0.jsonl", &name(1));
        for at in 1..4 {
            score(&name(at), &name(at + 1));
        }
        score(&name(4), "last.csv");
        let csv = fs::read_to_string(dir.join("last.csv")).unwrap();
        let header: Vec<&str> = csv.lines().next().unwrap().split(',').collect();
        for times in 1..=4 {
            let name = format!("{}score", "input_".repeat(times));
            let found = header.iter().filter(|column| **column == name).count();
            assert_eq!(found, 1, "{form} {name} {header:?}");
        }
    }
}

#[test]
fn a_label_that_the_first_row_lacks_has_a_column() {
    let dir = tempdir().unwrap();
    let dir = dir.path();
    let rows = "{\"id\":1,\"a\":\"x\",\"b\":\"x\"}\n\
        {\"id\":2,\"a\":\"x\",\"b\":\"x\",\"label\":1,\"truth\":1,\"site\":\"A\"}\n";
    fs::write(dir.join("in.jsonl"), rows).unwrap();
    for (gold, named) in [("label", &[][..]), ("truth", &["--gold", "truth"])] {
        let all = [
            &[
                "score", "in.jsonl", "-o", "out.csv", "--judge", "none", "--band", "0..0",
            ],
            named,
        ];
        let ran = midband(dir, &all.concat());
        assert!(ran.code < 2, "{}", ran.stderr);
        let csv = fs::read_to_string(dir.join("out.csv")).unwrap();
        let header = csv.lines().next().unwrap();
        assert!(
            header.ends_with(&format!("latency_ms,{gold},other_fields")),
            "{header}"
        );
        let last = csv.lines().last().unwrap();
        assert!(last.contains(",1,\"{") && last.contains("site"), "{last}");
        assert!(!last.contains(&format!("\"\"{gold}\"\"")), "{last}");
    }
    // Nobody is told of labels that there are not.
    fs::write(dir.join("in.jsonl"), rows.lines().next().unwrap()).unwrap();
    let ran = midband(
        dir,
        &[
            "score", "in.jsonl", "-o", "out.csv", "--judge", "none", "--band", "0..0",
        ],
    );
    assert!(ran.code < 2, "{}", ran.stderr);
    let csv = fs::read_to_string(dir.join("out.csv")).unwrap();
    assert!(
        csv.lines()
            .next()
            .unwrap()
            .ends_with("latency_ms,other_fields"),
        "{csv}"
    );
}
