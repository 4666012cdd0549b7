//! Whatever bytes a file has: labels, labelled pairs and lexicons are read or refused, without a panic and without a text of the
//! file in the message.

#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]

use std::path::{Path, PathBuf};

use midband_io::{Column, Encoding};
use midband_run::{ReadingOptions, Silent, lexicon, read_labelled, read_labels};
use proptest::prelude::*;

/// Stands in every text and in no message.
const NAME: &str = "Qxzvy";

fn pieces() -> impl Strategy<Value = Vec<u8>> {
    let long = format!("{NAME} {NAME}");
    let piece = prop_oneof![
        Just("id,label\n".to_owned()),
        Just("id,a,b,label\n".to_owned()),
        Just("unique_id_l,unique_id_r,clerical_match_score\n".to_owned()),
        Just("form,concept,kind,relations\n".to_owned()),
        Just("sep=;\nid;label\n".to_owned()),
        Just(format!("{long},1\n")),
        Just(format!("{long},{long},0.5\n")),
        Just(format!("{long},{long},{long},{long}\n")),
        Just(format!("1,{long},{long},1\n2,{long},{long},0\n")),
        Just(format!("\"{long}\n")),
        Just(format!("{{\"id\":\"{long}\",\"label\":1}}\n")),
        Just(format!("{{\"id\":\"{long}\",\"label\":\"{long}\"}}\n")),
        Just(format!(
            "{{\"id\":1,\"a\":\"{long}\",\"b\":\"{long}\",\"label\":1e400}}\n"
        )),
        Just(format!(
            "{{\"form\":\"{long}\",\"concept\":\"{long}\",\"kind\":\"{long}\"}}\n"
        )),
        Just("PAR1".to_owned()),
        Just("PK\u{3}\u{4}".to_owned()),
        "[,;|\"\t\n\r{}\\[\\]:0-9]{0,6}",
    ];
    let bytes = prop_oneof![
        8 => piece.prop_map(String::into_bytes),
        1 => proptest::collection::vec(any::<u8>(), 0..6),
    ];
    proptest::collection::vec(bytes, 0..8).prop_map(|pieces| pieces.concat())
}

fn said<T>(read: anyhow::Result<T>) -> String {
    read.err()
        .map_or_else(String::new, |error| format!("{error:#}"))
}

fn messages(path: &Path, labels: &Path) -> Vec<String> {
    let files = [PathBuf::from(path)];
    let column = |name: &str| Column::Named(name.to_owned());
    let reading = ReadingOptions {
        format: None,
        id: column("id"),
        left: column("a"),
        right: column("b"),
        gold: None,
        delimiter: None,
        quoting: None,
        encoding: Encoding::Auto,
        no_headers: false,
        max_text_bytes: 1 << 20,
    };
    let mut said_of = vec![
        said(read_labels(path)),
        said(read_labelled(&files, &reading, None, &Silent)),
        said(read_labelled(&files, &reading, Some(labels), &Silent)),
    ];
    // A lexicon is joined to the built-in one, which takes its time.
    if path.extension().is_some_and(|ending| ending == "csv") {
        said_of.push(said(lexicon(&files)));
    }
    said_of
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(60))]

    #[test]
    fn no_message_about_a_file_holds_its_text(bytes in pieces(), labels in pieces()) {
        let dir = tempfile::tempdir().unwrap();
        for ending in ["jsonl", "csv", "tsv", "parquet"] {
            let path = dir.path().join(format!("in.{ending}"));
            let other = dir.path().join(format!("labels.{ending}"));
            std::fs::write(&path, &bytes).unwrap();
            std::fs::write(&other, &labels).unwrap();
            for message in messages(&path, &other) {
                prop_assert!(!message.contains(NAME), "{}", message);
            }
        }
    }
}
