//! Reads a file's rows as objects, whatever their fields: scored files, say.

use std::io::{self, BufRead, Write};

use serde_json::{Map, Value};

use crate::{Format, ReadError};

/// Rows as JSON objects; the fields of a delimited file are texts.
type Objects = Box<dyn Iterator<Item = Result<Map<String, Value>, ReadError>>>;

/// Every row as an object. Here a row that can't be read ends the reading: the file is one that midband
/// wrote, and a hole in it would be counted as if it were not there.
///
/// # Errors
/// The header can't be read.
pub fn read_objects(input: Box<dyn BufRead + Send>, format: Format) -> Result<Objects, ReadError> {
    let Some(delimiter) = format.delimiter() else {
        return Ok(Box::new(input.lines().enumerate().filter_map(
            |(index, line)| match line {
                Err(error) => Some(Err(error.into())),
                Ok(line) if line.trim().is_empty() => None,
                Ok(line) => Some(serde_json::from_str(&line).map_err(|error| {
                    let at = format!(
                        "line {}, column {}: not a JSON object",
                        index + 1,
                        error.column()
                    );
                    ReadError::Io(io::Error::new(io::ErrorKind::InvalidData, at))
                })),
            },
        )));
    };
    let mut records = csv::ReaderBuilder::new()
        .delimiter(delimiter)
        .from_reader(input);
    let names = records.headers().map_err(unreadable)?.clone();
    Ok(Box::new(records.into_records().map(move |record| {
        let record = record.map_err(unreadable)?;
        let fields = names.iter().zip(record.iter());
        Ok(fields
            .map(|(name, value)| (name.to_owned(), Value::String(value.to_owned())))
            .collect())
    })))
}

/// Writes objects that all have the fields of the first.
///
/// # Errors
/// The output failed.
pub fn write_objects(
    mut output: &mut dyn Write,
    format: Format,
    objects: &[Map<String, Value>],
) -> io::Result<()> {
    let Some(delimiter) = format.delimiter() else {
        for object in objects {
            serde_json::to_writer(&mut output, object)?;
            output.write_all(b"\n")?;
        }
        return Ok(());
    };
    let mut writer = csv::WriterBuilder::new()
        .delimiter(delimiter)
        .from_writer(output);
    if let Some(first) = objects.first() {
        writer.write_record(first.keys())?;
    }
    for object in objects {
        let cells = object.values().map(|value| match value {
            Value::Null => String::new(),
            Value::String(text) => text.clone(),
            other => other.to_string(),
        });
        writer.write_record(cells)?;
    }
    writer.flush()
}

fn unreadable(error: csv::Error) -> ReadError {
    let at = error.position().map_or(0, csv::Position::line);
    ReadError::Io(io::Error::new(
        io::ErrorKind::InvalidData,
        format!("line {at}: not a row of the header's columns"),
    ))
}
