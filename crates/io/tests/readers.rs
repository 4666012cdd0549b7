//! All readers together: any bytes in any form, never a panic, never a text in a message, and every row comes out.

#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]

use std::io::Cursor;

use midband_io::{
    Column, Encoding, Form, Format, Item, ReadOptions, Reader, objects, read_objects, unpacked,
};
use proptest::prelude::*;

/// Stands in every text and in no message.
const NAME: &str = "Qxzvy";

fn forms() -> impl Strategy<Value = Form> {
    let format = prop_oneof![
        Just(Format::Jsonl),
        Just(Format::Csv),
        Just(Format::Tsv),
        Just(Format::Parquet)
    ];
    let quoting = prop_oneof![Just(None), Just(Some(true)), Just(Some(false))];
    let encoding = prop_oneof![
        Just("auto"),
        Just("utf-8"),
        Just("utf-16le"),
        Just("windows-1252"),
        Just("shift_jis")
    ];
    (format, quoting, encoding, any::<bool>()).prop_map(
        |(format, quoting, encoding, no_headers)| Form {
            quoting,
            encoding: encoding.parse::<Encoding>().unwrap(),
            no_headers,
            ..Form::new(format)
        },
    )
}

/// Pieces of what files hold, whole and broken, so that every error is met.
fn pieces() -> impl Strategy<Value = Vec<u8>> {
    let piece = prop_oneof![
        Just("id,a,b\n".to_owned()),
        Just("id\ta\tb\n".to_owned()),
        Just("id;a;b\r\n".to_owned()),
        Just("sep=;\nid;a;b\n".to_owned()),
        Just(format!("id|a|b\n1|{NAME}|{NAME}\n")),
        Just(format!(
            "{{\"id\":4,\"a\":\"{NAME}\",\"b\":\"\",\"n\":1e400}}\n"
        )),
        Just(format!("1,{NAME},{NAME}\n")),
        Just(format!("{NAME},\"{NAME}\n")),
        Just(format!("\"{NAME}\" {NAME},{NAME}\"")),
        Just(format!("{NAME}\t{NAME}\r")),
        Just(format!(
            "{{\"id\":1,\"a\":\"{NAME}\",\"b\":\"{NAME}\",\"label\":\"{NAME}\"}}\n"
        )),
        Just(format!(
            "{{\"id\":\"2\",\"a\":\"{NAME}\",\"a\":\"{NAME}\"}}\n"
        )),
        Just(format!("{{\"id\":[\"{NAME}\"],\"a\":NaN,\"b\":{NAME}}}\n")),
        Just(format!("[{{\"id\":3,\"a\":\"{NAME}\"}},")),
        Just("]\n".to_owned()),
        Just(format!("{{\"id\":\"\",\"a\":\"{NAME}\",\"b\":\"\"}}\n")),
        Just("PK\u{3}\u{4}".to_owned()),
        Just("<!DOCTYPE html>".to_owned()),
        Just("\0\0\n".to_owned()),
        Just("\u{feff}".to_owned()),
        "[,;\"\t\n\r{}\\[\\]:0-9a]{0,6}",
    ];
    let bytes = prop_oneof![
        8 => piece.prop_map(String::into_bytes),
        1 => proptest::collection::vec(any::<u8>(), 0..6),
    ];
    proptest::collection::vec(bytes, 0..12).prop_map(|pieces| pieces.concat())
}

fn blank(line: &[u8]) -> bool {
    line.iter().all(u8::is_ascii_whitespace)
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(2000))]

    #[test]
    fn nothing_panics_and_no_message_holds_a_text(bytes in pieces(), form in forms()) {
        let silent = |text: String| prop_assert_ok(&text);
        let mut whole = None;
        let input = match unpacked(Box::new(Cursor::new(bytes.clone()))) {
            Ok(input) => input,
            Err(error) => return silent(error.to_string()),
        };
        match objects(input, &form) {
            Err(error) => silent(error.to_string())?,
            Ok(rows) => {
                let (mut line, mut rows_out, mut failed) = (0, 0usize, false);
                for row in rows {
                    match row {
                        Err(error) => {
                            silent(error.to_string())?;
                            failed = true;
                            break;
                        }
                        Ok(row) => {
                            prop_assert!(row.line >= line && row.line > 0);
                            line = row.line;
                            rows_out += 1;
                            if let Err(why) = row.object {
                                silent(why)?;
                            }
                        }
                    }
                }
                whole = (!failed).then_some(rows_out);
                // Where one line is one row, as many come out as went in.
                let plain = form.encoding == Encoding::Auto
                    && std::str::from_utf8(&bytes).is_ok_and(|text| !text.contains(['\r', '\0', '[', '\u{feff}']) && !text.contains("sep="))
                    && form.quoting == Some(false)
                    && form.format != Format::Parquet;
                if plain && !failed {
                    let delimited = form.format.delimiter().is_some();
                    let lines = bytes.split(|byte| *byte == b'\n');
                    let lines = lines.filter(|line| if delimited { !line.is_empty() } else { !blank(line) }).count();
                    let header = usize::from(delimited && !form.no_headers && lines > 0);
                    prop_assert_eq!(rows_out, lines - header);
                }
            }
        }
        if let Ok(rows) = read_objects(Box::new(Cursor::new(bytes.clone())), form.format) {
            for row in rows {
                if let Err(error) = row {
                    silent(error.to_string())?;
                    break;
                }
            }
        }
        // `Reader` takes what is unpacked already.
        let packed = bytes.starts_with(&[0x1f, 0x8b]) || bytes.starts_with(b"\x28\xb5\x2f\xfd") || bytes.starts_with(b"PAR1");
        let positions = form.no_headers && form.format.delimiter().is_some();
        let column = |name: &str, at| if positions { Column::At(at) } else { Column::Named(name.to_owned()) };
        let options = ReadOptions {
            quoting: form.quoting,
            encoding: form.encoding,
            no_headers: form.no_headers,
            id: column("id", 1),
            left: column("a", 2),
            right: column("b", 3),
            ..ReadOptions::new(form.format)
        };
        match Reader::new(Box::new(Cursor::new(bytes)), options) {
            Err(error) => silent(error.to_string())?,
            Ok(reader) => {
                let (mut pairs, mut rejected, mut failed) = (0, 0, false);
                for item in reader {
                    match item {
                        Ok(Item::Row(_)) => pairs += 1,
                        Ok(Item::Rejected(row)) => {
                            rejected += 1;
                            silent(row.reason)?;
                        }
                        Err(error) => {
                            silent(error.to_string())?;
                            failed = true;
                            break;
                        }
                    }
                }
                // Rows in are rows out and rows rejected, whoever reads them.
                if let (Some(rows_in), false, false) = (whole, failed, packed) {
                    prop_assert_eq!(rows_in, pairs + rejected);
                }
            }
        }
    }
}

fn prop_assert_ok(text: &str) -> Result<(), TestCaseError> {
    prop_assert!(!text.contains(NAME), "{}", text);
    Ok(())
}

/// What the fuzz corpora hold, with a name in the place of every word that is none of the formats'.
fn planted() -> Vec<Vec<u8>> {
    let known = [
        "id", "a", "b", "label", "left", "right", "unique", "l", "r", "true", "false", "null",
        "NaN",
    ];
    let corpora = std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("../../fuzz/corpus");
    let mut all = Vec::new();
    for corpus in ["csv", "jsonl", "labels", "pairs", "parquet"] {
        for entry in std::fs::read_dir(corpora.join(corpus)).unwrap() {
            let bytes = std::fs::read(entry.unwrap().path()).unwrap();
            let Ok(text) = String::from_utf8(bytes.clone()) else {
                all.push(bytes);
                continue;
            };
            let mut words = String::new();
            let mut rest = text.as_str();
            while !rest.is_empty() {
                let length = rest
                    .find(|sign: char| !sign.is_alphabetic())
                    .unwrap_or(rest.len());
                let (word, after) = rest.split_at(length);
                words += if word.is_empty() || known.contains(&word) {
                    word
                } else {
                    NAME
                };
                let sign = after.chars().next();
                words.extend(sign);
                rest = &after[sign.map_or(0, char::len_utf8)..];
            }
            all.push(words.into_bytes());
        }
    }
    assert!(
        all.len() >= 15
            && all
                .iter()
                .any(|bytes| bytes.windows(5).any(|part| part == NAME.as_bytes()))
    );
    all
}

#[test]
fn no_message_about_a_broken_corpus_holds_its_text() {
    let silent = |text: &str| assert!(!text.contains(NAME), "{text}");
    for bytes in planted() {
        for cut in (0..=bytes.len()).step_by((bytes.len() / 24).max(1)) {
            // Behind the byte that chooses options, too.
            for part in [&bytes[..cut], bytes[..cut].get(1..).unwrap_or_default()] {
                for format in [Format::Jsonl, Format::Csv, Format::Tsv, Format::Parquet] {
                    let input = match unpacked(Box::new(Cursor::new(part.to_vec()))) {
                        Ok(input) => input,
                        Err(error) => {
                            silent(&error.to_string());
                            continue;
                        }
                    };
                    match objects(input, &Form::new(format)) {
                        Err(error) => silent(&error.to_string()),
                        Ok(rows) => {
                            for row in rows {
                                let Ok(row) = row.inspect_err(|error| silent(&error.to_string()))
                                else {
                                    break;
                                };
                                row.object.err().iter().for_each(|why| silent(why));
                            }
                        }
                    }
                    let Ok(input) = unpacked(Box::new(Cursor::new(part.to_vec()))) else {
                        continue;
                    };
                    match Reader::new(input, ReadOptions::new(format)) {
                        Err(error) => silent(&error.to_string()),
                        Ok(reader) => {
                            for item in reader {
                                match item.inspect_err(|error| silent(&error.to_string())) {
                                    Err(_) => break,
                                    Ok(Item::Rejected(row)) => silent(&row.reason),
                                    Ok(Item::Row(_)) => {}
                                }
                            }
                        }
                    }
                }
            }
        }
    }
}
