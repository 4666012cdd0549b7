//! JSON lines and arrays: an object or a reason for each.

#![no_main]

use std::io::Cursor;

use libfuzzer_sys::fuzz_target;
use midband_io::{Form, Format, objects};

fuzz_target!(|data: &[u8]| {
    let Ok(rows) = objects(
        Box::new(Cursor::new(data.to_vec())),
        &Form::new(Format::Jsonl),
    ) else {
        return;
    };
    let mut line = 0;
    for row in rows {
        let Ok(row) = row else { return };
        assert!(row.line >= line, "rows come in the order of their lines");
        line = row.line;
    }
});
