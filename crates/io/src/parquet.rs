//! Apache Parquet: rows in as JSON lines, and JSON lines out as columns.
//!
//! A run's output is written row by row as JSON lines and packed when it is whole: what a broken-off run left can be gone
//! on with, and a column's type is known before its first value is written.

mod checked;
mod int96;
mod packing;
mod values;

use std::{
    collections::HashSet,
    fs::File,
    io::{self, BufRead, BufReader, Read},
    panic::{AssertUnwindSafe, catch_unwind},
};

use bytes::Bytes;
use checked::Checked;
pub(crate) use packing::{ColumnKind, pack};
use parquet::{
    errors::ParquetError,
    file::{
        reader::{ChunkReader, FileReader},
        serialized_reader::SerializedFileReader,
    },
    record::reader::RowIter,
    schema::types::Type,
};
use values::object;

/// The rows of a file as JSON lines.
///
/// # Errors
/// The file's index can't be read.
pub(crate) fn lines(file: File) -> io::Result<Box<dyn BufRead + Send>> {
    open(file)
}

/// The same of a file in memory.
///
/// # Errors
/// As [`lines`].
pub(crate) fn lines_of_bytes(bytes: Vec<u8>) -> io::Result<Box<dyn BufRead + Send>> {
    open(Bytes::from(bytes))
}

fn open(source: impl ChunkReader + 'static) -> io::Result<Box<dyn BufRead + Send>> {
    let opened = guarded(|| {
        let reader = SerializedFileReader::new(source)?;
        let schema = reader.metadata().file_metadata().schema().clone();
        let reader = Box::new(Checked::new(reader)?);
        Ok((schema, RowIter::from_file_into(reader)))
    });
    let (schema, rows) =
        opened.map_err(|why| broken(&format!("its index can't be read: {why}")))?;
    let mut seen = HashSet::new();
    let names = schema.get_fields().iter().map(|column| column.name());
    let doubled: Vec<String> = names
        .filter(|name| !seen.insert(*name))
        .map(|name| format!("{name:?}"))
        .collect();
    if !doubled.is_empty() {
        let why = format!("two of its columns have one name: {}", doubled.join(", "));
        return Err(broken(&why));
    }
    let lines = Lines {
        rows,
        schema,
        number: 0,
        line: Vec::new(),
        read: 0,
    };
    Ok(Box::new(BufReader::with_capacity(1 << 16, lines)))
}

struct Lines {
    rows: RowIter<'static>,
    schema: Type,
    number: u64,
    line: Vec<u8>,
    /// Bytes of the line that were handed on.
    read: usize,
}

impl Lines {
    fn next(&mut self) -> io::Result<bool> {
        let (rows, schema) = (&mut self.rows, &self.schema);
        let row = guarded(|| {
            let row = rows.next().transpose()?;
            Ok(row.map(|row| object(row, schema)))
        });
        // Without the library's own words, which quote the text.
        let row = row.map_err(|_| {
            let at = self.number + 1;
            broken(&format!(
                "row {at} can't be read: a page is broken, or its text is not UTF-8"
            ))
        })?;
        self.line.clear();
        self.read = 0;
        let Some(row) = row else { return Ok(false) };
        self.number += 1;
        serde_json::to_writer(&mut self.line, &row)?;
        self.line.push(b'\n');
        Ok(true)
    }
}

impl Read for Lines {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        if self.read == self.line.len() && (buffer.is_empty() || !self.next()?) {
            return Ok(0);
        }
        let read = (&self.line[self.read..]).read(buffer)?;
        self.read += read;
        Ok(read)
    }
}

/// What the library can't read it does not always say: some broken files make it panic.
fn guarded<T>(read: impl FnOnce() -> Result<T, ParquetError>) -> Result<T, String> {
    match catch_unwind(AssertUnwindSafe(read)) {
        Ok(read) => read.map_err(|error| error.to_string()),
        Err(_) => Err("it is broken".to_owned()),
    }
}

fn broken(why: &str) -> io::Error {
    io::Error::new(
        io::ErrorKind::InvalidData,
        format!("the Parquet file: {why}"),
    )
}

#[cfg(test)]
mod tests {
    use serde_json::Value;

    use super::*;

    #[test]
    fn large_numbers_come_back_with_every_digit() {
        let dir = tempfile::tempdir().unwrap();
        let (lines, packed) = (dir.path().join("lines"), dir.path().join("packed"));
        let rows = [
            r#"{"u":18446744073709551615,"s":-9223372036854775808,"m":1,"t":18446744073709551615,"f":9007199254740993}"#,
            r#"{"u":18446744073709551614,"s":9223372036854775807,"m":0.5,"t":-1,"f":0.5}"#,
        ];
        std::fs::write(&lines, rows.join("\n")).unwrap();
        pack(&lines, &packed).unwrap();
        let mut read = String::new();
        super::lines(File::open(&packed).unwrap())
            .unwrap()
            .read_to_string(&mut read)
            .unwrap();
        let read: Vec<Value> = read
            .lines()
            .map(|line| serde_json::from_str(line).unwrap())
            .collect();
        assert_eq!(read[0]["u"], u64::MAX);
        assert_eq!(read[1]["u"], u64::MAX - 1);
        assert_eq!(
            (&read[0]["s"], &read[1]["s"]),
            (&i64::MIN.into(), &i64::MAX.into())
        );
        assert_eq!(read[0]["m"], 1.0);
        assert_eq!(read[0]["t"], "18446744073709551615");
        assert_eq!(read[0]["f"], "9007199254740993");
    }
}
