//! Apache Parquet: rows in as JSON lines, and JSON lines out as columns.
//!
//! A run's output is written row by row as JSON lines and packed when it is whole: what a broken-off run left can be gone
//! on with, and a column's type is known before its first value is written.

mod packing;

use std::{
    fs::File,
    io::{self, BufRead, BufReader, Read},
    panic::{AssertUnwindSafe, catch_unwind},
};

use bytes::Bytes;
use parquet::{
    errors::ParquetError,
    file::{reader::ChunkReader, serialized_reader::SerializedFileReader},
    record::{Field, Row, reader::RowIter},
};
use serde_json::{Map, Value};

pub(crate) use packing::{ColumnKind, pack};

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
    let rows = guarded(|| {
        let reader = SerializedFileReader::new(source)?;
        Ok(RowIter::from_file_into(Box::new(reader)))
    });
    let lines = Lines {
        rows: rows.map_err(|why| broken(&format!("its index can't be read: {why}")))?,
        number: 0,
        line: Vec::new(),
        read: 0,
    };
    Ok(Box::new(BufReader::with_capacity(1 << 16, lines)))
}

struct Lines {
    rows: RowIter<'static>,
    number: u64,
    line: Vec<u8>,
    /// Bytes of the line that were handed on.
    read: usize,
}

impl Lines {
    fn next(&mut self) -> io::Result<bool> {
        let rows = &mut self.rows;
        let row = guarded(|| rows.next().transpose().map(|row| row.map(object)));
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

/// Dates and times become texts (ISO 8601), numbers stay numbers, what is not a number becomes null.
fn object(row: Row) -> Map<String, Value> {
    let value = |field: Field| match field {
        Field::Str(text) => Value::String(text),
        // Texts of writers that do not mark them as such.
        Field::Bytes(bytes) if std::str::from_utf8(bytes.data()).is_ok() => {
            Value::String(String::from_utf8_lossy(bytes.data()).into_owned())
        }
        other => other.to_json_value(),
    };
    let columns = row.into_columns().into_iter();
    columns.map(|(name, field)| (name, value(field))).collect()
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
