//! `midband models fetch` against a hub of the test's own, over HTTP.

#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]

use std::{
    fs,
    io::{BufRead, BufReader, Write},
    net::{TcpListener, TcpStream},
    path::{Path, PathBuf},
    thread,
};

use crate::common::{Midband, midband, objects};
use tempfile::tempdir;

const REPOSITORY: &str = "/Qdrant/all-MiniLM-L6-v2-onnx/resolve/main/";

/// A hub that serves one folder's files in the one repository; it lives as long as the test.
fn hub(files: PathBuf) -> String {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let address = format!("http://{}", listener.local_addr().unwrap());
    thread::spawn(move || {
        for stream in listener.incoming().flatten() {
            let files = files.clone();
            thread::spawn(move || {
                // A client that hangs up early is no failure of the hub's.
                let _ = serve(stream, &files);
            });
        }
    });
    address
}

/// Answers GET with the file or the part of it that `Range` names, and the headers that a hub's client reads.
fn serve(mut stream: TcpStream, files: &Path) -> std::io::Result<()> {
    let mut lines = BufReader::new(stream.try_clone()?).lines();
    let request = lines.next().transpose()?.unwrap_or_default();
    let mut range = None;
    for line in lines.by_ref() {
        let line = line?.to_ascii_lowercase();
        if line.is_empty() {
            break;
        }
        if let Some(bytes) = line.strip_prefix("range: bytes=") {
            let (from, to) = bytes.split_once('-').unwrap_or(("0", ""));
            range = Some((from.parse::<usize>().unwrap_or(0), to.parse::<usize>().ok()));
        }
    }
    let path = request.split(' ').nth(1).unwrap_or_default();
    let Some(bytes) = path
        .strip_prefix(REPOSITORY)
        .and_then(|name| fs::read(files.join(name)).ok())
    else {
        return stream.write_all(
            b"HTTP/1.1 404 Not Found\r\ncontent-length: 0\r\nconnection: close\r\n\r\n",
        );
    };
    let (status, from, to) = match range {
        None => ("200 OK", 0, bytes.len()),
        Some((from, to)) => (
            "206 Partial Content",
            from,
            to.map_or(bytes.len(), |to| (to + 1).min(bytes.len())),
        ),
    };
    write!(
        stream,
        "HTTP/1.1 {status}\r\ncontent-length: {}\r\ncontent-range: bytes {from}-{}/{}\r\netag: \"{}\"\r\n\
         x-repo-commit: 0123456789abcdef\r\naccept-ranges: bytes\r\nconnection: close\r\n\r\n",
        to - from,
        to.max(1) - 1,
        bytes.len(),
        bytes.len()
    )?;
    stream.write_all(&bytes[from..to])
}

/// The model that `scripts/setup` brought.
fn installed() -> PathBuf {
    let dir = tempdir().unwrap();
    let found = midband(dir.path(), &["models", "where"]);
    assert_eq!(found.code, 0, "run scripts/setup first: {}", found.stderr);
    PathBuf::from(
        found
            .stdout
            .lines()
            .last()
            .unwrap()
            .split_once("  ")
            .unwrap()
            .1,
    )
}

fn runtime() -> String {
    let dir = tempdir().unwrap();
    let found = midband(dir.path(), &["models", "where"]);
    found
        .stdout
        .lines()
        .next()
        .unwrap()
        .split_once("  ")
        .unwrap()
        .1
        .to_owned()
}

#[test]
fn a_fetched_model_scores_and_is_verified() {
    let dir = tempdir().unwrap();
    let home = dir.path().display().to_string();
    let address = hub(installed());
    let library = runtime();
    let run = |arguments: &[&str]| {
        Midband::new(dir.path(), arguments)
            .env("MIDBAND_DATA_DIR", &home)
            .env("HF_ENDPOINT", &address)
            .env("ORT_DYLIB_PATH", &library)
    };
    let fetched = run(&["models", "fetch", "all-MiniLM-L6-v2"]).run();
    assert_eq!(fetched.code, 0, "{}", fetched.stderr);
    let folder = dir.path().join("models/all-MiniLM-L6-v2");
    assert!(folder.join("manifest.json").is_file());
    assert_eq!(
        fs::read_dir(dir.path().join("models")).unwrap().count(),
        1,
        "the hub's own layout is not kept"
    );
    assert_eq!(run(&["models", "verify"]).run().code, 0);

    let pair = r#"{"id": 1, "a": "heart attack", "b": "myocardial infarction"}"#;
    let scored = run(&["score", "-", "--judge", "none"]).stdin(pair).run();
    assert!(
        (0.5..1.0).contains(&objects(&scored.stdout)[0]["cosine"].as_f64().unwrap()),
        "{}",
        scored.stderr
    );

    fs::write(folder.join("config.json"), "{}").unwrap();
    let changed = run(&["models", "verify"]).run();
    assert!(
        changed.code == 2 && changed.stderr.contains("has changed"),
        "{}",
        changed.stderr
    );
}

#[test]
fn a_hub_that_cannot_be_reached_is_a_clear_error() {
    let dir = tempdir().unwrap();
    let library = runtime();
    let run = |name: &str| {
        Midband::new(dir.path(), &["models", "fetch", name])
            .env("MIDBAND_DATA_DIR", &dir.path().display().to_string())
            .env("HF_ENDPOINT", "http://127.0.0.1:9")
            .env("ORT_DYLIB_PATH", &library)
            .run()
    };
    let failed = run("all-MiniLM-L6-v2");
    assert_eq!(failed.code, 2);
    assert!(
        failed.stderr.contains("fetching all-MiniLM-L6-v2 failed")
            && failed.stderr.contains("scripts/setup"),
        "{}",
        failed.stderr
    );
    let unknown = run("no-such-model");
    assert!(
        unknown.code == 2 && unknown.stderr.contains("models list"),
        "{}",
        unknown.stderr
    );
}
