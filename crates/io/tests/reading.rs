//! What users' files hold, and what comes of it.

#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]

use std::io::Cursor;

use midband_io::{Column, Format, Item, PairRow, ReadError, ReadOptions, Reader, RejectedRow};
use proptest::prelude::*;

fn reader(input: &[u8], options: ReadOptions) -> Result<Reader, ReadError> {
    Reader::new(Box::new(Cursor::new(input.to_vec())), options)
}

fn read(input: &[u8], options: ReadOptions) -> (Vec<PairRow>, Vec<RejectedRow>) {
    let (mut rows, mut rejected) = (Vec::new(), Vec::new());
    for item in reader(input, options).unwrap() {
        match item.unwrap() {
            Item::Row(row) => rows.push(*row),
            Item::Rejected(row) => rejected.push(row),
        }
    }
    (rows, rejected)
}

fn jsonl() -> ReadOptions {
    ReadOptions::new(Format::Jsonl)
}

#[test]
fn jsonl_rows_keep_their_fields_and_their_order() {
    let input = br#"{"id": "x", "a": "one", "z": [1], "b": "two", "label": 1, "site": "A"}
{"id": 7, "a": "one", "b": "two", "label": null}
"#;
    let (rows, rejected) = read(input, jsonl());
    assert!(rejected.is_empty(), "{rejected:?}");
    assert_eq!(rows[0].gold, Some(1.0));
    assert_eq!(
        rows[0].extra.keys().collect::<Vec<_>>(),
        ["z", "label", "site"]
    );
    assert_eq!((rows[1].pair.id.as_str(), rows[1].gold), ("7", None));
}

#[test]
fn every_bad_row_is_named_with_its_line_and_reason_and_reading_goes_on() {
    let mut input = br#"{"id": "1", "a": "x", "b": "y"}
not json, Jane Roe
{"id": "2", "a": "x"}

{"id": "3", "a": "x", "b": 5}
{"id": "1", "a": "x", "b": "y"}
{"id": "4", "a": "x", "b": "y", "label": 2}
{"id": ["5"], "a": "x", "b": "y"}
[1, 2]
"#
    .to_vec();
    input.extend(b"{\"id\": \"6\", \"a\": \"\xff\", \"b\": \"y\"}\n");
    input.extend(
        format!(
            "{{\"id\": \"7\", \"a\": \"{}\", \"b\": \"y\"}}\n",
            "x".repeat(2000)
        )
        .as_bytes(),
    );
    input.extend(br#"{"id": "8", "a": "x", "b": "y"}"#);
    let options = ReadOptions {
        max_text_bytes: 1000,
        ..jsonl()
    };
    let (rows, rejected) = read(&input, options);
    let ids: Vec<&str> = rows.iter().map(|row| row.pair.id.as_str()).collect();
    assert_eq!(ids, ["1", "8"]);
    let seen: Vec<(u64, Option<&str>, &str)> = rejected
        .iter()
        .map(|row| {
            (
                row.line,
                row.id.as_ref().map(midband_core::Id::as_str),
                row.reason.as_str(),
            )
        })
        .collect();
    assert_eq!(
        seen,
        [
            (
                2,
                None,
                "not a JSON object; if the input is CSV, name its format"
            ),
            (3, Some("2"), "no field \"b\""),
            (5, Some("3"), "field \"b\" is not a text"),
            (6, Some("1"), "duplicate id"),
            (7, Some("4"), "the label must be 0 or 1"),
            (8, None, "the id must be text or a number"),
            (
                9,
                None,
                "not a JSON object; if the input is CSV, name its format"
            ),
            (
                10,
                None,
                "invalid UTF-8; if the text is Windows-1252 or another encoding, name it"
            ),
            (11, Some("7"), "text a has 2000 bytes; the limit is 1000"),
        ]
    );
    assert!(rejected.iter().all(|row| !row.reason.contains("Roe")));
}

#[test]
fn delimited_columns_go_by_name_or_position() {
    let csv =
        b"\xef\xbb\xbfsite,left,key,right,label\r\nA,\"one, \"\"two\"\"\",k1,three,0\r\nB,x,k2\r\n";
    let options = ReadOptions {
        id: Column::Named("key".into()),
        left: Column::At(2),
        right: Column::Named("right".into()),
        ..ReadOptions::new(Format::Csv)
    };
    let (rows, rejected) = read(csv, options);
    assert_eq!(rows.len(), 1);
    assert_eq!(rows[0].pair.a.as_str(), "one, \"two\"");
    assert_eq!(rows[0].gold, Some(0.0));
    assert_eq!(rows[0].extra["site"], "A");
    assert_eq!(
        (
            rejected[0].line,
            rejected[0].id.as_ref().map(midband_core::Id::as_str)
        ),
        (3, None)
    );

    let tsv = b"k1\tone\ttwo\n";
    let options = ReadOptions {
        no_headers: true,
        id: Column::At(1),
        left: Column::At(2),
        right: Column::At(3),
        ..ReadOptions::new(Format::Tsv)
    };
    let (rows, _) = read(tsv, options);
    assert_eq!(rows[0].pair.b.as_str(), "two");
}

#[test]
fn a_missing_column_is_named_and_no_field_of_the_first_line_is() {
    let error = reader(b"Jane Roe,left,right\n", ReadOptions::new(Format::Csv))
        .err()
        .unwrap();
    let shown = error.to_string();
    assert!(
        shown.contains("\"id\" (its first line has 3 columns)") && !shown.contains("Roe"),
        "{shown}"
    );
}

#[test]
fn doubled_columns_are_refused_with_their_names() {
    let error = |text: &str| {
        let error = reader(text.as_bytes(), ReadOptions::new(Format::Csv)).err();
        error.unwrap().to_string()
    };
    let shown = error("id,a,b,label,label,a\n1,x,y,1,0,z\n");
    assert!(shown.contains("\"label\", \"a\""), "{shown}");
    let text = "1,Jane Roe,Jane Roe\n";
    let options = ReadOptions {
        id: Column::At(1),
        left: Column::At(2),
        right: Column::At(3),
        ..ReadOptions::new(Format::Csv)
    };
    let shown = reader(text.as_bytes(), options).err().unwrap().to_string();
    assert!(
        shown.contains("column 3") && !shown.contains("Roe"),
        "{shown}"
    );
    let (rows, rejected) = read(
        b"{\"id\": 1, \"a\": \"x\", \"b\": \"y\", \"a\": \"z\"}\n",
        jsonl(),
    );
    assert_eq!(
        (rows.len(), rejected[0].reason.as_str()),
        (0, "a field occurs twice")
    );
}

#[test]
fn labels_are_read_by_the_same_words_everywhere() {
    let csv = b"id,a,b,label\n1,x,y,Y\n2,x,y,no\n3,x,y,1.0\n4,x,y,TRUE\n5,x,y,maybe\n";
    let (rows, rejected) = read(csv, ReadOptions::new(Format::Csv));
    let gold: Vec<_> = rows.iter().map(|row| row.gold).collect();
    assert_eq!(gold, [1.0, 0.0, 1.0, 1.0].map(Some));
    assert_eq!(rejected.len(), 1);
}

#[test]
fn spreadsheets_of_other_lands_read_like_any_other() {
    let wanted = |bytes: &[u8], encoding: &str| {
        let options = ReadOptions {
            encoding: encoding.parse().unwrap(),
            ..ReadOptions::new(Format::Csv)
        };
        let (rows, rejected) = read(bytes, options);
        assert!(rejected.is_empty(), "{rejected:?}");
        assert_eq!(rows[0].pair.a.as_str(), "Z\u{fc}rich, Nord");
        assert_eq!((rows[1].line, rows[1].pair.b.as_str()), (3, "hot"));
    };
    let text = "id;a;b\r\n1;Z\u{fc}rich, Nord;x\r\n2;cold;hot\r\n";
    wanted(text.as_bytes(), "auto");
    wanted(text.replace("\r\n", "\r").as_bytes(), "auto");
    let marked = format!("\u{feff}{text}");
    let utf16: Vec<u8> = marked.encode_utf16().flat_map(u16::to_le_bytes).collect();
    wanted(&utf16, "auto");
    let latin: Vec<u8> = text.chars().map(|char| char as u32 as u8).collect();
    wanted(&latin, "windows-1252");
    let (_, rejected) = read(&latin, ReadOptions::new(Format::Csv));
    assert!(rejected[0].reason.contains("Windows-1252"));
}

#[test]
fn in_tsv_a_quote_is_text() {
    let tsv = b"id\ta\tb\n1\t\"5 inch\tx\n2\tleg\tarm\n";
    let (rows, _) = read(tsv, ReadOptions::new(Format::Tsv));
    assert_eq!((rows.len(), rows[0].pair.a.as_str()), (2, "\"5 inch"));
    let options = ReadOptions {
        quoting: Some(true),
        ..ReadOptions::new(Format::Tsv)
    };
    let last = reader(tsv, options).unwrap().last().unwrap();
    assert!(matches!(last, Err(ReadError::OpenQuote(2))));
}

#[test]
fn graded_gold_comes_from_the_field_that_was_named() {
    let options = ReadOptions {
        gold: Some("rating".into()),
        ..jsonl()
    };
    let input = br#"{"id": 1, "a": "x", "b": "y", "rating": 0.25}
{"id": 2, "a": "x", "b": "y", "rating": 3.0}
"#;
    let (rows, rejected) = read(input, options);
    assert_eq!(rows[0].gold, Some(0.25));
    assert!(
        rejected[0].reason.contains("rating"),
        "{}",
        rejected[0].reason
    );
}

proptest! {
    #[test]
    fn any_bytes_are_read_to_their_end_without_a_panic(input in proptest::collection::vec(any::<u8>(), 0..400)) {
        for format in [Format::Jsonl, Format::Csv, Format::Tsv] {
            let options = ReadOptions {
                no_headers: true,
                id: Column::At(1), left: Column::At(1), right: Column::At(1),
                ..ReadOptions::new(format)
            };
            let options = if format == Format::Jsonl { jsonl() } else { options };
            if let Ok(reader) = reader(&input, options) {
                let lines = input.split(|&byte| byte == b'\n' || byte == b'\r').count();
                // An array may stand on one line.
                let is_array = input.trim_ascii_start().starts_with(b"[");
                prop_assert!(reader.count() <= lines || is_array);
            }
        }
    }

    #[test]
    fn what_is_written_as_json_reads_back(a in ".{0,40}", b in ".{0,40}", id in "[a-z0-9]{1,8}") {
        let line = serde_json::json!({"id": id, "a": a, "b": b}).to_string();
        let (rows, rejected) = read(line.as_bytes(), jsonl());
        prop_assert!(rejected.is_empty());
        prop_assert_eq!(rows[0].pair.a.as_str(), a);
        prop_assert_eq!(rows[0].pair.b.as_str(), b);
    }
}

#[test]
fn a_line_for_excel_and_bars_name_the_delimiter() {
    let csv = || ReadOptions::new(Format::Csv);
    let (rows, rejected) = read(b"sep=;\r\nid;a;b\r\n1;x,y;z\r\n", csv());
    assert!(rejected.is_empty(), "{rejected:?}");
    assert_eq!((rows[0].pair.a.as_str(), rows[0].line), ("x,y", 3));
    let (rows, rejected) = read(b"id|a|b\n1|x, y|z;w\n", csv());
    assert!(rejected.is_empty(), "{rejected:?}");
    assert_eq!(rows[0].pair.b.as_str(), "z;w");
}

#[test]
fn a_number_beyond_every_float_loses_no_row() {
    let (rows, rejected) = read(br#"{"id": 1, "a": "x", "b": "y", "n": 1e400}"#, jsonl());
    assert!(rejected.is_empty(), "{rejected:?}");
    assert_eq!(rows[0].extra["n"], "1e400");
}

#[test]
fn an_unsure_label_is_no_label() {
    let input = b"id,a,b,label\n1,x,y,unsure\n2,x,z,Review\n3,x,w,1\n";
    let (rows, rejected) = read(input, ReadOptions::new(Format::Csv));
    assert!(rejected.is_empty(), "{rejected:?}");
    let gold: Vec<_> = rows.iter().map(|row| row.gold).collect();
    assert_eq!(gold, [None, None, Some(1.0)]);
}

#[test]
fn a_column_whose_name_differs_in_case_or_spaces_is_pointed_at() {
    let csv = || ReadOptions::new(Format::Csv);
    let error = reader(b"ID, a,b\n1,x,y\n", csv())
        .err()
        .unwrap()
        .to_string();
    let said = "no column \"id\" (its first line has 3 columns); the name of column 1 differs only in case or spaces";
    assert!(error.contains(said), "{error}");
    let error = reader(b"id,a,b,,\n1,x,y,,\n", csv())
        .err()
        .unwrap()
        .to_string();
    assert!(error.contains("an empty name (column 5)"), "{error}");
}

/// What comes of files that were put one behind the other, or written in text mode on Windows.
#[test]
fn joined_files_and_doubled_line_ends_lose_no_row_and_add_none() {
    let csv = || ReadOptions::new(Format::Csv);
    let (rows, rejected) = read(b"id,a,b\n1,x,y\n\xef\xbb\xbfid,a,b\n2,x,y\n", csv());
    let ids: Vec<&str> = rows.iter().map(|row| row.pair.id.as_str()).collect();
    assert_eq!(ids, ["1", "2"]);
    assert_eq!(
        (rejected[0].line, rejected[0].reason.as_str()),
        (3, "the header again")
    );
    let (rows, rejected) = read(b"id,a,b\r\r\n1,x,y\r\r\n", csv());
    assert_eq!((rows[0].pair.b.as_str(), rejected.len()), ("y", 0));
    let lines =
        b"{\"id\":1,\"a\":\"x\",\"b\":\"y\"}\n\xef\xbb\xbf{\"id\":2,\"a\":\"x\",\"b\":\"y\"}\n";
    assert_eq!(read(lines, jsonl()).0.len(), 2);
    let positions = ReadOptions {
        no_headers: true,
        id: Column::At(1),
        left: Column::At(2),
        right: Column::At(3),
        ..csv()
    };
    assert_eq!(read(b"1,2,3\n1,2,3\n", positions).0.len(), 1);
}

#[test]
fn a_blank_id_is_none_and_an_object_of_several_lines_says_so() {
    let (rows, rejected) = read(b"{\"id\":\" \",\"a\":\"x\",\"b\":\"y\"}\n{\n", jsonl());
    assert!(rows.is_empty());
    let reasons: Vec<&str> = rejected.iter().map(|row| row.reason.as_str()).collect();
    assert_eq!(
        reasons,
        [
            "the id is empty",
            "the JSON object does not end on its line (column 1)"
        ]
    );
}
