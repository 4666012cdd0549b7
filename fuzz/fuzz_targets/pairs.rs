//! Files of pairs: nothing is lost, no text is in a reason, and what was read keeps to the limits.

#![no_main]

use std::io::Cursor;

use libfuzzer_sys::fuzz_target;
use midband_io::{Format, Item, ReadOptions, Reader, recovered_rows, unpacked};

const MOST: usize = 64;

fuzz_target!(|data: &[u8]| {
    let Some((&first, bytes)) = data.split_first() else {
        return;
    };
    let format = [Format::Jsonl, Format::Csv, Format::Tsv][usize::from(first) % 3];
    let Ok(input) = unpacked(Box::new(Cursor::new(bytes.to_vec()))) else {
        return;
    };
    let options = ReadOptions {
        max_text_bytes: MOST,
        no_headers: first & 4 != 0,
        ..ReadOptions::new(format)
    };
    let Ok(reader) = Reader::new(input, options) else {
        return;
    };
    let (mut rows, mut line, mut failed) = (0, 0, false);
    for item in reader {
        let Ok(item) = item else {
            failed = true;
            break;
        };
        rows += 1;
        let at = match item {
            Item::Row(row) => {
                assert!(row.pair.a.as_str().len() <= MOST && row.pair.b.as_str().len() <= MOST);
                assert!(row.gold.is_none_or(|gold| (0.0..=1.0).contains(&gold)));
                row.line
            }
            Item::Rejected(row) => row.line,
        };
        // Elements of an array may share a line.
        assert!(at >= line, "rows come in the order of their lines");
        line = at;
    }
    // Packed input is another number of lines.
    let is_text = !bytes.starts_with(&[0x1f, 0x8b]) && bytes.get(1..4) != Some(&[0xb5, 0x2f, 0xfd]);
    // So are an array, lines that end in a carriage return, and UTF-16.
    let is_plain = !bytes.contains(&b'\r')
        && !bytes.contains(&0)
        && !bytes.starts_with(b"\xff\xfe")
        && !bytes.starts_with(b"\xfe\xff")
        && !bytes.contains(&b'[');
    if format == Format::Jsonl
        && is_plain
        && !failed
        && is_text
        && bytes.get(1..4) != Some(&[0x2a, 0x4d, 0x18])
    {
        let text = bytes.strip_prefix(b"\xef\xbb\xbf").unwrap_or(bytes);
        let blank = |line: &&[u8]| line.trim_ascii().is_empty();
        let lines = text
            .split(|byte| *byte == b'\n')
            .filter(|line| !blank(line))
            .count();
        assert_eq!(rows, lines, "every line is a row or a rejected one");
    }
    // The same bytes as what a broken-off run left.
    let path = std::env::temp_dir().join(format!("midband-fuzz-{}", std::process::id()));
    if std::fs::write(&path, bytes).is_ok()
        && let Ok(file) = std::fs::File::open(&path)
        && let Ok(kept) = recovered_rows(&file, format, 1, &mut |_| {})
    {
        assert!(kept.bytes <= bytes.len() as u64);
    }
});
