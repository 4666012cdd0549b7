//! Delimited files of any delimiter, quoting and encoding: every row has a line, and lines go upwards.

#![no_main]

use std::io::Cursor;

use libfuzzer_sys::fuzz_target;
use midband_io::{Form, Format, objects};

fuzz_target!(|data: &[u8]| {
    let Some((&first, bytes)) = data.split_first() else {
        return;
    };
    let encodings = ["auto", "utf-16le", "windows-1252", "shift_jis"];
    let Ok(encoding) = encodings[usize::from(first >> 4) % 4].parse() else {
        return;
    };
    let form = Form {
        delimiter: [None, Some(b';'), None, Some(b' ')][usize::from(first >> 1) % 4],
        quoting: [None, Some(true), Some(false)][usize::from(first >> 3) % 3],
        encoding,
        no_headers: first & 128 != 0,
        ..Form::new(if first & 1 == 0 {
            Format::Csv
        } else {
            Format::Tsv
        })
    };
    let Ok(rows) = objects(Box::new(Cursor::new(bytes.to_vec())), &form) else {
        return;
    };
    let mut line = 0;
    for row in rows {
        let Ok(row) = row else { return };
        assert!(row.line > line, "rows come in the order of their lines");
        line = row.line;
    }
});
