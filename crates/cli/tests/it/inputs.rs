//! Several inputs, patterns and compressed files: the real binary.

#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]

use std::{fs, io::Write, path::Path};

use crate::common::{Midband, Ran, midband, objects_in};
use flate2::{Compression, write::GzEncoder};
use tempfile::tempdir;

fn line(id: usize) -> String {
    format!(
        "{{\"id\":\"{id}\",\"a\":\"pain in the left knee {id}\",\"b\":\"knee pain, left, {}\",\"n\":{id}}}\n",
        id + 1
    )
}

fn lines(ids: std::ops::Range<usize>) -> String {
    ids.map(line).collect()
}

fn gzip(path: &Path, text: &str) {
    let mut writer = GzEncoder::new(fs::File::create(path).unwrap(), Compression::default());
    writer.write_all(text.as_bytes()).unwrap();
    writer.finish().unwrap();
}

fn score(dir: &Path, inputs: &[&str], output: &str) -> Ran {
    let all = [
        &["score"],
        inputs,
        &[
            "-o", output, "--judge", "none", "--band", "0.1..0.2", "--cache", "vectors",
        ],
    ]
    .concat();
    midband(dir, &all)
}

#[test]
fn rows_are_the_same_however_they_are_split_and_packed() {
    let dir = tempdir().unwrap();
    let dir = dir.path();
    fs::write(dir.join("all.jsonl"), lines(0..30)).unwrap();
    let whole = score(dir, &["all.jsonl"], "whole.jsonl");
    assert_eq!(whole.code, 0, "{}", whole.stderr);
    let wanted = fs::read_to_string(dir.join("whole.jsonl")).unwrap();

    fs::create_dir(dir.join("parts")).unwrap();
    fs::write(dir.join("parts/1.jsonl"), lines(0..10)).unwrap();
    gzip(&dir.join("parts/2.jsonl.gz"), &lines(10..20));
    fs::write(dir.join("parts/3.jsonl"), lines(20..30)).unwrap();
    for inputs in [
        &["parts/1.jsonl", "parts/2.jsonl.gz", "parts/3.jsonl"][..],
        &["parts/*"],
        &["parts/[12]*", "parts/3.jsonl"],
    ] {
        let ran = score(dir, inputs, "out.jsonl");
        assert_eq!(ran.code, 0, "{inputs:?} {}", ran.stderr);
        assert_eq!(
            fs::read_to_string(dir.join("out.jsonl")).unwrap(),
            wanted,
            "{inputs:?}"
        );
    }
    let learning = [
        "score",
        "parts/*",
        "-o",
        "learnt.jsonl",
        "--judge",
        "none",
        "--cache",
        "vectors",
    ];
    let learnt = midband(dir, &learning);
    assert!(learnt.code < 2, "{}", learnt.stderr);
    assert_eq!(objects_in(&dir.join("learnt.jsonl")).len(), 30);

    gzip(&dir.join("piped.gz"), &lines(0..30));
    let piped = Midband::new(
        dir,
        &[
            "score", "-", "--judge", "none", "--band", "0.1..0.2", "--cache", "vectors", "-q",
        ],
    )
    .stdin(fs::read(dir.join("piped.gz")).unwrap())
    .run();
    assert_eq!((piped.code, piped.stdout.as_str()), (0, wanted.as_str()));
}

#[test]
fn what_is_wrong_with_one_of_the_inputs_is_said_of_it() {
    let dir = tempdir().unwrap();
    let dir = dir.path();
    fs::write(dir.join("1.jsonl"), lines(0..3)).unwrap();
    fs::write(
        dir.join("2.jsonl"),
        format!("nonsense\n{}{}", line(1), line(7)),
    )
    .unwrap();
    let ran = score(dir, &["1.jsonl", "2.jsonl"], "out.jsonl");
    assert_eq!(ran.code, 3);
    assert_eq!(objects_in(&dir.join("out.jsonl")).len(), 4);
    let rejected = objects_in(&dir.join("out.jsonl.rejected.jsonl"));
    let said: Vec<String> = rejected
        .iter()
        .map(|row| format!("{} {} {}", row["file"], row["line"], row["reason"]))
        .collect();
    assert_eq!(said.len(), 2, "{said:?}");
    assert!(
        said[0].starts_with("\"2.jsonl\" 1 ") && said[1] == "\"2.jsonl\" 2 \"duplicate id\"",
        "{said:?}"
    );

    gzip(&dir.join("cut.jsonl.gz"), &lines(0..300));
    let bytes = fs::read(dir.join("cut.jsonl.gz")).unwrap();
    fs::write(dir.join("cut.jsonl.gz"), &bytes[..bytes.len() / 2]).unwrap();
    let cut = score(dir, &["cut.jsonl.gz"], "cut.jsonl");
    assert_eq!(cut.code, 2, "{}", cut.stderr);
    assert!(
        !dir.join("cut.jsonl").exists(),
        "no shorter output in the place of a whole one"
    );

    for (inputs, wanted) in [
        (&["nothing-*.jsonl"][..], "no file matches"),
        (&["1.jsonl", "-"], "must be the only input"),
        (&["1.jsonl", "gone.jsonl"], "gone.jsonl"),
    ] {
        let ran = score(dir, inputs, "never.jsonl");
        assert_eq!(ran.code, 2, "{inputs:?}");
        assert!(ran.stderr.contains(wanted), "{}", ran.stderr);
    }
    fs::write(dir.join("1.csv"), "id,a,b,x\n1,knee,knee,5\n").unwrap();
    fs::write(dir.join("2.csv"), "id,a,b,y\n2,knee,knee,5\n").unwrap();
    let other = score(dir, &["1.csv", "2.csv"], "never.csv");
    assert!(
        other.code == 2 && other.stderr.contains("different columns"),
        "{}",
        other.stderr
    );
    fs::write(dir.join("2.csv"), "x,b,id,a\n5,knee,2,knee\n").unwrap();
    assert_eq!(score(dir, &["1.csv", "2.csv"], "both.csv").code, 0);
    assert_eq!(
        fs::read_to_string(dir.join("both.csv"))
            .unwrap()
            .lines()
            .count(),
        3
    );
    assert_eq!(
        score(dir, &["1.jsonl"], "out.jsonl.gz").code,
        2,
        "nothing is written compressed"
    );
}
