//! Bodies of requests: compressed, in any encoding, with options of the wrong type or in the wrong place.

use std::io::Write;

use flate2::{Compression, write::GzEncoder};

use super::*;
use crate::common::http::Answer;

fn gzip(bytes: &[u8]) -> Vec<u8> {
    let mut writer = GzEncoder::new(Vec::new(), Compression::default());
    writer.write_all(bytes).unwrap();
    writer.finish().unwrap()
}

/// The texts of an answer with `include_text`.
fn texts(answer: &Answer) -> Vec<String> {
    assert_eq!(answer.status, 200, "{}", answer.text());
    let rows = answer.json()["scores"].as_array().unwrap().clone();
    let text = |row: &Value| row["a"].as_str().unwrap().to_owned();
    rows.iter().map(text).collect()
}

#[test]
fn a_body_is_read_as_a_file_is_whatever_it_is_packed_in() {
    let dir = tempdir().unwrap();
    let dir = dir.path();
    let limit = ["--judge", "none", "--max-body-bytes", "4000"];
    let server = Served::start(dir, &limit);
    let send = |path: &str, headers: &[(&str, &str)], body: Vec<u8>| {
        let mut request = server.request(Method::POST, path);
        for (name, value) in headers {
            request = request.header(*name, *value);
        }
        server.send(request.body(body))
    };
    let pair = json!({"a": "Zürich", "b": "Zuerich"});
    let body = json!({"pairs": [pair], "include_text": true}).to_string();
    let marked = format!("\u{feff}{body}").into_bytes();
    let wide: Vec<u8> = body.encode_utf16().flat_map(u16::to_le_bytes).collect();
    let csv = "id;a;b\n1;Zürich;Zuerich\n";
    let latin: Vec<u8> = csv.chars().map(|letter| letter as u8).collect();
    let json = ("content-type", JSON);
    let table = ("content-type", "text/csv");
    let in_latin = ("content-type", "text/csv; charset=ISO-8859-1");
    let packed = ("content-encoding", "gzip");
    let rows = "/score?include_text=true";
    for (path, headers, body) in [
        ("/score", &[json][..], body.clone().into_bytes()),
        ("/score", &[json], marked),
        ("/score", &[json], wide),
        ("/score", &[json, packed], gzip(body.as_bytes())),
        ("/score", &[json], gzip(body.as_bytes())),
        (rows, &[table], csv.into()),
        (rows, &[table, packed], gzip(csv.as_bytes())),
        (rows, &[in_latin], latin.clone()),
        (rows, &[in_latin, packed], gzip(&latin)),
    ] {
        let answer = send(path, headers, body);
        assert_eq!(texts(&answer), ["Zürich"], "{headers:?}");
    }
    // A list of records too.
    let lists = json!({"left": [{"id": 1, "name": "Zürich"}, {"id": 2, "name": "Bern"}]});
    let answer = send(
        "/match",
        &[json, packed],
        gzip(lists.to_string().as_bytes()),
    );
    assert_eq!(answer.status, 200, "{}", answer.text());

    let large = format!("{csv}{}", "2;x;y\n".repeat(2_000));
    assert!(gzip(large.as_bytes()).len() < 4_000);
    for (headers, body, status, said) in [
        (
            &[table, packed][..],
            gzip(large.as_bytes()),
            413,
            "longer than 4000",
        ),
        (&[table, packed], csv.into(), 400, "content-encoding"),
        (
            &[table, packed],
            gzip(csv.as_bytes())[..30].to_vec(),
            400,
            "cannot read the body",
        ),
        (
            &[table, ("content-encoding", "br")],
            csv.into(),
            415,
            "gzip or zstd",
        ),
        (
            &[("content-type", "text/csv; charset=klingon")],
            csv.into(),
            415,
            "charset",
        ),
        (&[table], b"PK\x03\x04 Zebulon".to_vec(), 400, "Excel"),
    ] {
        let answer = send(rows, headers, body);
        assert_eq!(answer.status, status, "{headers:?}: {}", answer.text());
        assert!(answer.text().contains(said), "{}", answer.text());
        assert!(!answer.text().contains("Zebulon"), "{}", answer.text());
    }

    // Files of a form, each for what it is: packed, a table of columns, an array.
    fs::write(dir.join("in.csv"), csv).unwrap();
    let made = [
        "score",
        "in.csv",
        "-o",
        "in.parquet",
        "--include-text",
        "--judge",
        "none",
        "-q",
    ];
    assert_eq!(midband(dir, &made).code, 0);
    let form = |name: &str, kind: &str, file: &[u8]| {
        let head = format!(
            "--x\r\ncontent-disposition: form-data; name=\"f\"; filename=\"{name}\"\r\ncontent-type: {kind}\r\n\r\n"
        );
        let fields = "\r\n--x\r\ncontent-disposition: form-data; name=\"include_text\"\r\n\r\ntrue\r\n--x--\r\n";
        let body = [head.as_bytes(), file, fields.as_bytes()].concat();
        server.post("/analyze-json", "multipart/form-data; boundary=x", body)
    };
    let plain = "application/octet-stream";
    for (name, kind, file) in [
        ("in.csv.gz", plain, gzip(csv.as_bytes())),
        ("in.csv", "text/csv; charset=latin1", latin),
        (
            "in.parquet",
            plain,
            fs::read(dir.join("in.parquet")).unwrap(),
        ),
        (
            "in.json",
            plain,
            json!([{"id": 1, "a": "Zürich", "b": "x"}])
                .to_string()
                .into_bytes(),
        ),
        (
            "in.json",
            plain,
            json!({"pairs": [{"a": "Zürich", "b": "x"}]})
                .to_string()
                .into_bytes(),
        ),
    ] {
        assert_eq!(texts(&form(name, kind, &file)), ["Zürich"], "{name} {kind}");
    }
}

#[test]
fn an_option_of_the_wrong_type_or_in_the_wrong_place_is_refused() {
    let dir = tempdir().unwrap();
    let server = alone(dir.path());
    let pairs = r#""pairs": [{"a": "x", "b": "y"}]"#;
    for option in [
        r#""deadline_ms": "5""#,
        r#""deadline_ms": NaN"#,
        r#""deadline_ms": 5.5"#,
        r#""max_questions": "1""#,
        r#""max_questions": Infinity"#,
        r#""delta": "0.1""#,
        r#""delta": NaN"#,
        r#""parts": "true""#,
        r#""parts": 1"#,
        r#""include_text": NaN"#,
    ] {
        let answer = server.post("/score", JSON, format!("{{{pairs}, {option}}}"));
        assert_eq!(answer.status, 422, "{option}: {}", answer.text());
    }
    // What a query says is text, and means the same.
    let line = "{\"id\":1,\"a\":\"x\",\"b\":\"y\"}";
    for (query, status) in [
        ("deadline_ms=60000&parts=true", 200),
        ("deadline_ms=soon", 422),
        ("parts=yes", 422),
        ("delta=NaN", 422),
    ] {
        let answer = server.post(&format!("/score?{query}"), LINES, line);
        assert_eq!(answer.status, status, "{query}: {}", answer.text());
    }
    for name in ["policy", "deadline_ms", "max_questions", "include_text"] {
        let good = json!({"a": "x", "b": "y"});
        let mut wrong = good.clone();
        wrong[name] = json!(1);
        let body = json!({"pairs": [good, wrong]}).to_string();
        for path in ["/score", "/verdicts", "/jobs", "/analyze-json"] {
            let answer = server.post(path, JSON, body.clone());
            assert_eq!(answer.status, 422, "{path} {name}: {}", answer.text());
            assert_eq!(answer.json()["index"], 1);
        }
    }
    // NaN in a field that is passed through is nothing, as in a file.
    let body = r#"{"pairs": [{"a": "x", "b": "y", "n": NaN, "pol": "gain"}], "policy": null}"#;
    let answer = server.post("/score", JSON, body).json();
    let row = &answer["scores"][0];
    assert_eq!((&row["n"], &row["pol"]), (&Value::Null, &json!("gain")));
    let body = r#"{"pairs": [{"a": "x", "b": "y", "r": 1}], "gold": "R"}"#;
    let answer = server.post("/analyze-json", JSON, body);
    assert_eq!(answer.status, 422, "{}", answer.text());
    assert!(answer.text().contains("no pair has the field"));
    let same = server.post("/score?left=a&right=a", LINES, line);
    assert_eq!(same.status, 422);
    assert!(same.text().contains("same column"), "{}", same.text());
}
