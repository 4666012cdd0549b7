//! What a run that was broken off left of its output.

use std::{
    fs::File,
    io::{self, BufRead, BufReader},
    path::Path,
};

use serde_json::{Map, Value};

use crate::Format;

/// Whole rows at the beginning of a file whose end may be half a row.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Kept {
    /// Rows.
    pub rows: u64,
    /// Bytes up to the end of the last one, the header of a delimited file included.
    pub bytes: u64,
    /// The header of a delimited file, where it is whole.
    pub columns: Option<Vec<String>>,
}

/// Reads the whole rows of an unfinished output and hands each on. Whatever follows the last of them is not counted:
/// half a row, or bytes that a broken disk put there. Of a delimited file the last row is never counted: a line feed
/// may end it or stand within it.
///
/// # Errors
/// The file can't be read.
pub fn kept_rows(
    path: &Path,
    format: Format,
    each: &mut dyn FnMut(&Map<String, Value>),
) -> io::Result<Kept> {
    let file = BufReader::new(File::open(path)?);
    match format.delimiter() {
        None => lines(file, each),
        Some(delimiter) => records(file, delimiter, each),
    }
}

fn lines(mut file: BufReader<File>, each: &mut dyn FnMut(&Map<String, Value>)) -> io::Result<Kept> {
    let (mut kept, mut line) = (Kept::default(), Vec::new());
    loop {
        line.clear();
        file.read_until(b'\n', &mut line)?;
        if line.last() != Some(&b'\n') {
            return Ok(kept);
        }
        let Ok(row) = serde_json::from_slice(&line) else {
            return Ok(kept);
        };
        each(&row);
        kept.rows += 1;
        kept.bytes += line.len() as u64;
    }
}

fn records(
    file: BufReader<File>,
    delimiter: u8,
    each: &mut dyn FnMut(&Map<String, Value>),
) -> io::Result<Kept> {
    let mut reader = csv::ReaderBuilder::new()
        .delimiter(delimiter)
        .has_headers(false)
        .from_reader(file);
    let (mut kept, mut record) = (Kept::default(), csv::StringRecord::new());
    // A row and where it ends, until the next one shows that it is whole.
    let mut last: Option<(Map<String, Value>, u64)> = None;
    let mut header: Option<(Vec<String>, u64)> = None;
    while reader.read_record(&mut record).unwrap_or(false) {
        let end = reader.position().byte();
        let Some((names, whole_to)) = &header else {
            header = Some((record.iter().map(str::to_owned).collect(), end));
            continue;
        };
        match last.take() {
            None => {
                kept.columns = Some(names.clone());
                kept.bytes = *whole_to;
            }
            Some((row, end)) => {
                each(&row);
                kept.rows += 1;
                kept.bytes = end;
            }
        }
        let cells = record.iter().map(|cell| Value::String(cell.to_owned()));
        last = Some((names.iter().cloned().zip(cells).collect(), end));
    }
    Ok(kept)
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn kept(bytes: &[u8], format: Format) -> (Kept, Vec<Map<String, Value>>) {
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join("partial");
        std::fs::write(&path, bytes).unwrap();
        let mut rows = Vec::new();
        let kept = kept_rows(&path, format, &mut |row| rows.push(row.clone())).unwrap();
        (kept, rows)
    }

    #[test]
    fn garbage_after_whole_rows_is_left_out() {
        let (kept, rows) = kept(b"{\"id\":1}\n\0\0\0\0\n{\"id\":2}\n", Format::Jsonl);
        assert_eq!((kept.rows, kept.bytes, rows.len()), (1, 9, 1));
    }

    proptest! {
        /// However many bytes a kill left, what is kept is a prefix of whole rows, and nearly all of them.
        #[test]
        fn a_cut_anywhere_keeps_the_whole_rows(cut in 0usize..400, cells in prop::collection::vec("[a,\"\n]{0,6}", 1..12)) {
            let mut jsonl = Vec::new();
            let mut writer = csv::Writer::from_writer(Vec::new());
            writer.write_record(["id", "x"]).unwrap();
            let mut ends = (Vec::new(), Vec::new());
            writer.flush().unwrap();
            for (id, cell) in cells.iter().enumerate() {
                jsonl.extend(serde_json::to_vec(&serde_json::json!({"id": id.to_string(), "x": cell})).unwrap());
                jsonl.push(b'\n');
                ends.0.push(jsonl.len());
                writer.write_record([&id.to_string(), cell]).unwrap();
                writer.flush().unwrap();
                ends.1.push(writer.get_ref().len());
            }
            let csv = writer.into_inner().unwrap();
            for (bytes, ends, format, spare) in [(jsonl, ends.0, Format::Jsonl, 0), (csv, ends.1, Format::Csv, 1)] {
                let cut = cut.min(bytes.len());
                let (kept, rows) = kept(&bytes[..cut], format);
                let whole = ends.iter().filter(|end| **end <= cut).count();
                prop_assert!(kept.rows as usize <= whole);
                prop_assert!(kept.rows as usize + spare >= whole);
                if kept.rows > 0 {
                    prop_assert_eq!(kept.bytes as usize, ends[kept.rows as usize - 1]);
                }
                for (row, cell) in rows.iter().zip(&cells) {
                    prop_assert_eq!(row["x"].as_str().unwrap(), cell);
                }
            }
        }
    }
}
