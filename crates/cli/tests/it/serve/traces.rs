//! Spans on their way to an OpenTelemetry collector (feature `otel`; `scripts/check_features` runs this).

use std::{
    io::{BufRead, BufReader, Read, Write},
    net::TcpListener,
    sync::{Arc, Mutex},
    thread,
};

use super::*;

/// What a collector was sent: paths, and the bodies one after the other.
type Sent = Arc<Mutex<(Vec<String>, Vec<u8>)>>;

/// A collector that takes everything.
fn collector() -> (String, Sent) {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let url = format!("http://{}", listener.local_addr().unwrap());
    let sent = Sent::default();
    let kept = sent.clone();
    thread::spawn(move || {
        for stream in listener.incoming() {
            let mut stream = BufReader::new(stream.unwrap());
            let mut head = Vec::new();
            loop {
                let mut line = String::new();
                if stream.read_line(&mut line).unwrap() < 3 {
                    break;
                }
                head.push(line.to_ascii_lowercase());
            }
            let length = head
                .iter()
                .find_map(|line| line.strip_prefix("content-length:"));
            let mut body = vec![0; length.unwrap().trim().parse().unwrap()];
            stream.read_exact(&mut body).unwrap();
            {
                let mut kept = kept.lock().unwrap();
                let path = head[0].split(' ').nth(1).unwrap();
                kept.0.push(path.to_owned());
                kept.1.extend(body);
            }
            let answer = "HTTP/1.1 200 OK\r\nContent-Length: 0\r\nConnection: close\r\n\r\n";
            stream.get_mut().write_all(answer.as_bytes()).unwrap();
        }
    });
    (url, sent)
}

fn count(bytes: &[u8], wanted: &[u8]) -> usize {
    bytes
        .windows(wanted.len())
        .filter(|window| *window == wanted)
        .count()
}

#[test]
fn spans_are_the_callers_children_and_hold_no_text() {
    let (url, sent) = collector();
    let dir = tempdir().unwrap();
    let variables = [("OTEL_EXPORTER_OTLP_ENDPOINT", url.as_str())];
    let mut server = Served::start_with(dir.path(), &["--judge", "none"], &variables);
    let pair =
        json!({"pairs": [{"a": "Zebulon has a cough", "b": "Zebulon coughs", "name": "Zebulon"}]});
    let request = server
        .request(Method::POST, "/score")
        .header("content-type", JSON)
        .header(
            "traceparent",
            "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01",
        );
    assert_eq!(server.send(request.body(pair.to_string())).status, 200);
    let refused = server.post("/score?Zebulon=1", JSON, "Zebulon");
    assert_eq!(refused.status, 422);
    assert_eq!(server.stop("-TERM"), Some(0));
    assert!(
        server.stderr().contains("spans go to"),
        "{}",
        server.stderr()
    );

    let sent = sent.lock().unwrap();
    assert!(
        !sent.0.is_empty() && sent.0.iter().all(|path| path == "/v1/traces"),
        "{:?}",
        sent.0
    );
    for wanted in ["request", "run", "/score", "service.name", "midband"] {
        assert!(count(&sent.1, wanted.as_bytes()) > 0, "{wanted}");
    }
    // The request's span and the run within it.
    let trace: u128 = 0x0af7_6519_16cd_43dd_8448_eb21_1c80_319c;
    assert!(count(&sent.1, &trace.to_be_bytes()) >= 2);
    assert!(count(&sent.1, &0xb7ad_6b71_6920_3331_u64.to_be_bytes()) >= 1);
    assert_eq!(count(&sent.1, b"Zebulon"), 0);
}

#[test]
fn a_collector_that_is_gone_keeps_nothing_up() {
    let dir = tempdir().unwrap();
    let gone = TcpListener::bind("127.0.0.1:0").unwrap();
    let url = format!("http://{}", gone.local_addr().unwrap());
    drop(gone);
    let variables = [("OTEL_EXPORTER_OTLP_ENDPOINT", url.as_str())];
    let mut server = Served::start_with(dir.path(), &["--judge", "none"], &variables);
    let pair = json!({"pairs": [{"a": "x", "b": "x"}]});
    assert_eq!(server.post("/score", JSON, pair.to_string()).status, 200);
    let begin = Instant::now();
    assert_eq!(server.stop("-TERM"), Some(0));
    assert!(
        begin.elapsed().as_secs_f64() < 20.0,
        "{:?}",
        begin.elapsed()
    );
}
