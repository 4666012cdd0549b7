use std::io::Cursor;

use proptest::prelude::*;

use super::*;

fn read(text: &[u8], quotes: bool) -> Result<Vec<(u64, Vec<String>)>, ReadError> {
    let mut records = Records::new(Box::new(Cursor::new(text.to_vec())), b',', quotes);
    let mut all = Vec::new();
    while let Some((line, record)) = records.next()? {
        let texts = match &record {
            Record::Fields(fields) => fields.texts().map_or(vec!["?".to_owned()], |texts| {
                texts.into_iter().map(str::to_owned).collect()
            }),
            Record::Bad(_) => vec!["!".to_owned()],
        };
        all.push((line, texts));
    }
    Ok(all)
}

fn shown(text: &str) -> String {
    let rows = read(text.as_bytes(), true).unwrap().into_iter();
    let rows: Vec<String> = rows
        .map(|(line, texts)| format!("{line} {}", texts.join("|").replace('\n', "/")))
        .collect();
    rows.join("; ")
}

#[test]
fn quotes_within_and_across_lines() {
    assert_eq!(
        shown("a,b\r\n\n\"x, y\",\"\"\"z\"\"\"\n"),
        "1 a|b; 3 x, y|\"z\""
    );
    assert_eq!(shown("\"one\ntwo\",b\nc,d"), "1 one/two|b; 3 c|d");
    assert_eq!(
        shown("5\" pipe,b\n\"Anna\" Smith,c\n"),
        "1 5\" pipe|b; 2 Anna Smith|c"
    );
    assert_eq!(shown("a,\n,\n\"\",\"\"\n"), "1 a|; 2 |; 3 |");
}

#[test]
fn an_open_quote_is_an_error_that_names_its_line() {
    for text in ["id,a\n1,\"5 inch\n2,leg\n", "id,a\n1,\""] {
        let error = read(text.as_bytes(), true).unwrap_err();
        assert!(matches!(error, ReadError::OpenQuote(2)), "{error}");
    }
    assert_eq!(read(b"id,a\n1,\"5 inch\n2,leg\n", false).unwrap().len(), 3);
}

#[test]
fn a_stray_quote_eats_no_rows() {
    assert_eq!(
        shown("1,\"5 inch\n2,leg\n3,\"6 inch\"\n4,x\n"),
        "1 !; 2 2|leg; 3 3|6 inch; 4 4|x"
    );
    assert_eq!(
        shown("\"a\nb\",\"5\n2,\"6 inch\n3,x\n\"q\"\n"),
        "1 !; 2 !; 3 !; 4 3|x; 5 q"
    );
}

proptest! {
    /// What a writer of RFC 4180 wrote comes back, and the csv crate reads the same.
    #[test]
    fn what_was_written_comes_back(cells in prop::collection::vec(prop::collection::vec("[ab,\"\n\r]{0,4}", 2..4), 1..6)) {
        let mut writer = csv::WriterBuilder::new().flexible(true).from_writer(Vec::new());
        for row in &cells {
            writer.write_record(row).unwrap();
        }
        let read = read(&writer.into_inner().unwrap(), true).unwrap();
        let read: Vec<Vec<String>> = read.into_iter().map(|(_, texts)| texts).collect();
        prop_assert_eq!(read, cells);
    }

    /// Every line is in one record, named as none, or blank; or the end is within quotes.
    #[test]
    fn no_line_goes_without_a_word(text in "[ab,\"\n]{0,40}") {
        let mut records = Records::new(Box::new(Cursor::new(text.clone().into_bytes())), b',', true);
        let lines: Vec<&str> = text.split_inclusive('\n').collect();
        let mut seen = vec![false; lines.len()];
        let mut last = 0;
        loop {
            match records.next() {
                Err(ReadError::OpenQuote(line)) => {
                    prop_assert!(lines[line as usize - 1].contains('"'));
                    return Ok(());
                }
                Err(error) => panic!("{error}"),
                Ok(None) => break,
                Ok(Some((line, record))) => {
                    prop_assert!(line > last);
                    last = line;
                    let lines = match record { Record::Fields(fields) => fields.lines, Record::Bad(_) => 1 };
                    for line in line..line + lines {
                        prop_assert!(!std::mem::replace(&mut seen[line as usize - 1], true));
                    }
                }
            }
        }
        for (line, seen) in lines.iter().zip(seen) {
            prop_assert!(seen || *line == "\n");
        }
    }
}
