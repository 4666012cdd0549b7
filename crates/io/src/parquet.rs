//! Apache Parquet: rows in as JSON lines, and JSON lines out as columns.
//!
//! A run's output is written row by row as JSON lines and packed when it is whole: what a broken-off run left can be gone
//! on with, and a column's type is known before its first value is written.

mod checked;
mod packing;

use std::{
    collections::HashSet,
    fs::File,
    io::{self, BufRead, BufReader, Read},
    panic::{AssertUnwindSafe, catch_unwind},
};

use bytes::Bytes;
use parquet::{
    basic::{LogicalType, TimeUnit},
    errors::ParquetError,
    file::{
        reader::{ChunkReader, FileReader},
        serialized_reader::SerializedFileReader,
    },
    record::{Field, Row, reader::RowIter},
};
use serde_json::{Map, Value};

use checked::Checked;
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
    let opened = guarded(|| {
        let reader = SerializedFileReader::new(source)?;
        let schema = reader.metadata().file_metadata().schema();
        let columns: Vec<(String, bool)> = schema
            .get_fields()
            .iter()
            .map(|column| {
                let logical = column.get_basic_info().logical_type_ref();
                let nanoseconds = matches!(logical, Some(LogicalType::Timestamp(stamp)) if stamp.unit == TimeUnit::NANOS);
                (column.name().to_owned(), nanoseconds)
            })
            .collect();
        Ok((columns, RowIter::from_file_into(Box::new(Checked(reader)))))
    });
    let (columns, rows) =
        opened.map_err(|why| broken(&format!("its index can't be read: {why}")))?;
    let mut seen = HashSet::new();
    let doubled: Vec<String> = columns
        .iter()
        .filter(|(name, _)| !seen.insert(name))
        .map(|(name, _)| format!("{name:?}"))
        .collect();
    if !doubled.is_empty() {
        let why = format!("two of its columns have one name: {}", doubled.join(", "));
        return Err(broken(&why));
    }
    let lines = Lines {
        rows,
        nanoseconds: columns
            .into_iter()
            .filter_map(|(name, nanoseconds)| nanoseconds.then_some(name))
            .collect(),
        number: 0,
        line: Vec::new(),
        read: 0,
    };
    Ok(Box::new(BufReader::with_capacity(1 << 16, lines)))
}

struct Lines {
    rows: RowIter<'static>,
    /// Columns of time stamps that the library hands on as numbers.
    nanoseconds: HashSet<String>,
    number: u64,
    line: Vec<u8>,
    /// Bytes of the line that were handed on.
    read: usize,
}

impl Lines {
    fn next(&mut self) -> io::Result<bool> {
        let (rows, nanoseconds) = (&mut self.rows, &self.nanoseconds);
        let row = guarded(|| {
            let row = rows.next().transpose()?;
            Ok(row.map(|row| object(row, nanoseconds)))
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

/// Dates and times become texts (ISO 8601), numbers stay numbers, what is not a number becomes null. Bytes that are no text
/// become an object of `base64`, which nothing takes for a text.
fn object(row: Row, nanoseconds: &HashSet<String>) -> Map<String, Value> {
    let value = |name: &str, field: Field| match field {
        Field::Str(text) => Value::String(text),
        Field::Bytes(bytes) => match std::str::from_utf8(bytes.data()) {
            // Texts of writers that do not mark them as such.
            Ok(text) => Value::String(text.to_owned()),
            Err(_) => {
                Map::from_iter([("base64".to_owned(), Field::Bytes(bytes).to_json_value())]).into()
            }
        },
        Field::Long(stamp) if nanoseconds.contains(name) => Value::String(time(stamp)),
        other => other.to_json_value(),
    };
    let columns = row.into_columns().into_iter();
    columns
        .map(|(name, field)| {
            let value = value(&name, field);
            (name, value)
        })
        .collect()
}

/// Nanoseconds since 1970 in the form that the library gives to coarser ones.
fn time(stamp: i64) -> String {
    const DAY: i64 = 86_400_000_000_000;
    let (days, rest) = (stamp.div_euclid(DAY), stamp.rem_euclid(DAY));
    // Days to year, month and day (H. Hinnant, chrono-compatible low-level date algorithms).
    let days = days + 719_468;
    let era = days.div_euclid(146_097);
    let of_era = days.rem_euclid(146_097);
    let year = (of_era - of_era / 1460 + of_era / 36_524 - of_era / 146_096) / 365;
    let of_year = of_era - (365 * year + year / 4 - year / 100);
    let shifted = (5 * of_year + 2) / 153;
    let day = of_year - (153 * shifted + 2) / 5 + 1;
    let month = if shifted < 10 {
        shifted + 3
    } else {
        shifted - 9
    };
    let year = year + era * 400 + i64::from(month <= 2);
    let (seconds, nanoseconds) = (rest / 1_000_000_000, rest % 1_000_000_000);
    let (hour, minute, second) = (seconds / 3600, seconds / 60 % 60, seconds % 60);
    format!(
        "{year:04}-{month:02}-{day:02} {hour:02}:{minute:02}:{second:02}.{nanoseconds:09} +00:00"
    )
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
    use super::*;

    #[test]
    fn time_stamps_are_told_in_full() {
        assert_eq!(time(0), "1970-01-01 00:00:00.000000000 +00:00");
        assert_eq!(time(-1), "1969-12-31 23:59:59.999999999 +00:00");
        assert_eq!(
            time(1_709_210_096_000_000_007),
            "2024-02-29 12:34:56.000000007 +00:00"
        );
    }

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
