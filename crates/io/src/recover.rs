//! What a run that was broken off left of its output.

use std::{
    fs::File,
    io::{self, BufRead, BufReader, Read, Seek, SeekFrom},
};

use serde_json::{Map, Value};

use crate::Format;

/// Whole rows at the beginning of a file whose end may be half a row.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Recovered {
    /// Rows.
    pub rows: u64,
    /// Bytes up to the end of the last one, the header of a delimited file included.
    pub bytes: u64,
    /// The header of a delimited file, where it is whole.
    pub columns: Option<Vec<String>>,
}

/// Reads the whole rows of an unfinished output, as many as fill groups of `group` rows, and hands each on. Whatever
/// follows is not counted: rows of a group that is not full, half a row, or bytes that a broken disk put there.
///
/// # Errors
/// The file can't be read.
pub fn recovered_rows(
    mut file: &File,
    format: Format,
    group: u64,
    each: &mut dyn FnMut(&Map<String, Value>),
) -> io::Result<Recovered> {
    let mut groups = Groups {
        group,
        open: Vec::new(),
        kept: Recovered::default(),
        each,
    };
    file.seek(SeekFrom::Start(0))?;
    let rows = BufReader::new(file);
    match format.delimiter() {
        None => lines(rows, &mut groups)?,
        Some(delimiter) => {
            if let Some((start, row, end)) = records(rows, delimiter, &mut groups)
                && is_whole(file, (start, end), delimiter)?
            {
                groups.take(row, end);
            }
        }
    }
    Ok(groups.kept)
}

/// Rows until their group is full.
struct Groups<'a> {
    group: u64,
    open: Vec<Map<String, Value>>,
    kept: Recovered,
    each: &'a mut dyn FnMut(&Map<String, Value>),
}

impl Groups<'_> {
    fn take(&mut self, row: Map<String, Value>, end: u64) {
        self.open.push(row);
        if self.open.len() as u64 == self.group {
            self.open.iter().for_each(&mut *self.each);
            self.open.clear();
            self.kept.rows += self.group;
            self.kept.bytes = end;
        }
    }
}

fn lines(mut file: BufReader<&File>, groups: &mut Groups<'_>) -> io::Result<()> {
    let (mut line, mut end) = (Vec::new(), 0);
    loop {
        line.clear();
        file.read_until(b'\n', &mut line)?;
        if line.last() != Some(&b'\n') {
            return Ok(());
        }
        let Ok(row) = serde_json::from_slice(&line) else {
            return Ok(());
        };
        end += line.len() as u64;
        groups.take(row, end);
    }
}

/// A row with where it starts and ends.
type PairRow = (u64, Map<String, Value>, u64);

/// True where a line feed ends the row and does not stand within it: its quotes are even in number then, since those
/// within a field come doubled.
fn is_whole(mut file: &File, (start, end): (u64, u64), delimiter: u8) -> io::Result<bool> {
    file.seek(SeekFrom::Start(start))?;
    let mut bytes = Vec::new();
    file.take(end - start).read_to_end(&mut bytes)?;
    let quotes = bytes.iter().filter(|byte| **byte == b'"').count();
    Ok(bytes.last() == Some(&b'\n') && (quotes % 2 == 0 || delimiter == b'\t'))
}

/// Hands on all rows but the last, which is given back.
fn records(file: BufReader<&File>, delimiter: u8, groups: &mut Groups<'_>) -> Option<PairRow> {
    let mut reader = csv::ReaderBuilder::new()
        .delimiter(delimiter)
        .quoting(delimiter != b'\t')
        .has_headers(false)
        .from_reader(file);
    let mut record = csv::StringRecord::new();
    let mut header: Option<(Vec<String>, u64)> = None;
    // Until the next one shows that it is whole.
    let mut last: Option<PairRow> = None;
    let mut start = 0;
    while reader.read_record(&mut record).unwrap_or(false) {
        let end = reader.position().byte();
        let Some((names, header_end)) = &header else {
            header = Some((record.iter().map(str::to_owned).collect(), end));
            start = end;
            continue;
        };
        match last.take() {
            None => {
                groups.kept.columns = Some(names.clone());
                groups.kept.bytes = *header_end;
            }
            Some((_, row, end)) => groups.take(row, end),
        }
        let cells = record.iter().map(|cell| Value::String(cell.to_owned()));
        last = Some((start, names.iter().cloned().zip(cells).collect(), end));
        start = end;
    }
    last
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn kept(bytes: &[u8], format: Format, group: u64) -> (Recovered, Vec<Map<String, Value>>) {
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join("partial");
        std::fs::write(&path, bytes).unwrap();
        let mut rows = Vec::new();
        let kept = recovered_rows(&File::open(&path).unwrap(), format, group, &mut |row| {
            rows.push(row.clone())
        })
        .unwrap();
        (kept, rows)
    }

    #[test]
    fn garbage_after_whole_rows_is_left_out() {
        let (kept, rows) = kept(b"{\"id\":1}\n\0\0\0\0\n{\"id\":2}\n", Format::Jsonl, 1);
        assert_eq!((kept.rows, kept.bytes, rows.len()), (1, 9, 1));
    }

    proptest! {
        /// However many bytes a kill left, what is kept is a prefix of whole rows, and nearly all of them.
        #[test]
        fn a_cut_anywhere_keeps_the_whole_rows(cut in 0usize..400, group in 1u64..4, cells in prop::collection::vec("[a,\"\n]{0,6}", 1..12)) {
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
            for (bytes, ends, format) in [(jsonl, ends.0, Format::Jsonl), (csv, ends.1, Format::Csv)] {
                let cut = cut.min(bytes.len());
                let (kept, rows) = kept(&bytes[..cut], format, group);
                let whole = ends.iter().filter(|end| **end <= cut).count();
                prop_assert_eq!(kept.rows, whole as u64 / group * group);
                prop_assert_eq!(rows.len() as u64, kept.rows);
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
