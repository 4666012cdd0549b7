//! Labels of any form: what is taken lies in 0..=1 and is found again, or is known to fit nothing.

#![no_main]

use std::io::Cursor;

use libfuzzer_sys::fuzz_target;
use midband_io::{Form, Format, objects};
use midband_report::Labels;

fuzz_target!(|data: &[u8]| {
    let Some((&first, bytes)) = data.split_first() else {
        return;
    };
    let format = [Format::Jsonl, Format::Csv, Format::Tsv][usize::from(first) % 3];
    let Ok(rows) = objects(Box::new(Cursor::new(bytes.to_vec())), &Form::new(format)) else {
        return;
    };
    let rows = rows.map_while(Result::ok);
    let rows = rows.filter_map(|row| Some((row.line, row.object.ok()?)));
    let Ok(labels) = Labels::read_lines(rows) else {
        return;
    };
    let before = labels.unused();
    for (_, name) in &before {
        let label = labels.of(name, None, None).flatten();
        assert!(label.is_none_or(|label| (0.0..=1.0).contains(&label)));
    }
    assert!(labels.unused().len() <= before.len());
});
