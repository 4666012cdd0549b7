//! Weights of a judge, fetched from a hub.

#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]

use std::{
    fs,
    io::Write,
    net::{TcpListener, TcpStream},
    path::PathBuf,
};

use super::local_judge::{Place, toy_model};
use crate::common::Midband;

/// A hub with one repository; it lives as long as the test.
fn hub(model: Vec<u8>) -> String {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let address = format!("http://{}", listener.local_addr().unwrap());
    std::thread::spawn(move || {
        for mut stream in listener.incoming().flatten() {
            // A client that hangs up early is no failure of the hub's.
            let _ = answer(&mut stream, &model);
        }
    });
    address
}

fn answer(stream: &mut TcpStream, model: &[u8]) -> std::io::Result<()> {
    use std::io::BufRead;
    let mut lines = std::io::BufReader::new(stream.try_clone()?).lines();
    let request = lines.next().transpose()?.unwrap_or_default();
    for line in lines {
        if line?.is_empty() {
            break;
        }
    }
    let about =
        br#"{"cardData": {"license": "other", "license_name": "toy-terms"}, "gated": "manual"}"#;
    let body: Option<&[u8]> = match request.split(' ').nth(1) {
        Some("/api/models/owner/toys") => Some(about),
        Some("/owner/toys/resolve/main/toy-q4.gguf") => Some(model),
        _ => None,
    };
    let status = if body.is_some() {
        "200 OK"
    } else {
        "404 Not Found"
    };
    let body = body.unwrap_or_default();
    write!(
        stream,
        "HTTP/1.1 {status}\r\ncontent-length: {}\r\nconnection: close\r\n\r\n",
        body.len()
    )?;
    stream.write_all(body)
}

#[test]
fn a_judge_is_fetched_once_its_terms_are_accepted_and_refused_once_it_has_changed() {
    let place = Place::new();
    let hub = hub(toy_model());
    let data = place.path().join("data");
    let run = |arguments: &[&str]| {
        let mut run = Midband::new(place.path(), arguments)
            .env("HF_ENDPOINT", &hub)
            .env("MIDBAND_DATA_DIR", data.to_str().unwrap());
        for (name, value) in place.variables() {
            run = run.env(name, &value);
        }
        run.run()
    };
    let source = "owner/toys/toy-q4.gguf";
    let shown = run(&["models", "fetch", source]);
    assert_eq!(shown.code, 2, "{}", shown.stderr);
    assert!(
        shown.stderr.contains("toy-terms") && shown.stderr.contains("--accept-terms"),
        "{}",
        shown.stderr
    );
    let judge = data.join("judges/toy-q4.gguf");
    assert!(!judge.exists());
    let absent = run(&["models", "fetch", "owner/toys/other.gguf", "--accept-terms"]);
    assert_eq!(absent.code, 2, "{}", absent.stderr);
    let fetched = run(&["models", "fetch", source, "--accept-terms"]);
    assert_eq!(fetched.code, 0, "{}", fetched.stderr);
    assert_eq!(fs::read(&judge).unwrap(), toy_model());
    assert_eq!(PathBuf::from(fetched.stdout.trim()), judge);
    let verified = run(&["models", "verify", "toy-q4"]);
    assert!(
        verified.code == 0 && verified.stdout.contains("blake3:"),
        "{}",
        verified.stderr
    );
    // The header is all that midband reads; the stand-in needs no more. The only judge needs no name.
    run(&["doctor", "--quick", "--judge", "local"]);
    assert!(place.notes().join(" ").contains("--alias toy-q4"));
    fs::write(&judge, [toy_model(), vec![0]].concat()).unwrap();
    let changed = run(&["score", "in.jsonl", "--judge", "local:toy-q4"]);
    assert_eq!(changed.code, 2, "{}", changed.stderr);
    assert!(changed.stderr.contains("has changed"), "{}", changed.stderr);
}
