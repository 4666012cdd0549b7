//! Reads a file's rows as objects, whatever their fields: scored files, say.

use std::io::{self, BufRead, Write};

use serde_json::{Map, Value};

use crate::{
    Form, Format, ReadError,
    rows::{GivenRows, Raw, Rows, no_doubles},
    write::{BOM, DelimitedWriter, cell, excel_cell},
};

/// Names by which a header is known as one.
const KNOWN: [&str; 5] = ["id", "decision", "left_id", "unique_id_l", "label"];

/// A row with its line.
#[derive(Debug)]
pub struct ObjectRow {
    /// Line of the input that it starts on, from 1.
    pub line: u64,
    /// Its fields, those of a delimited file as texts; or why it is none. Holds no text then.
    pub object: Result<Map<String, Value>, String>,
}

/// Every row of an input.
pub struct Objects {
    rows: Rows,
}

/// Rows as JSON objects, those that are none with their reasons.
///
/// # Errors
/// The header can't be read, or a name stands twice in it.
pub fn objects(input: Box<dyn BufRead + Send>, form: &Form) -> Result<Objects, ReadError> {
    let rows = Rows::new(input, form)?;
    if let Some(names) = rows.names() {
        let is_header = names
            .iter()
            .any(|name| KNOWN.contains(&name.as_str()) || form.expected.contains(name));
        no_doubles(names, is_header && !form.no_headers)?;
    }
    Ok(Objects { rows })
}

impl Objects {
    /// Rows that are objects already; the first one's line is 1.
    pub fn given(rows: GivenRows) -> Self {
        Self {
            rows: Rows::given(rows),
        }
    }

    /// The columns of a delimited file, also where it has no row; none of other forms, and of a file without a line.
    pub fn names(&self) -> Option<&[String]> {
        self.rows.names().filter(|names| !names.is_empty())
    }

    fn row(&mut self) -> Result<Option<ObjectRow>, ReadError> {
        let Some(row) = self.rows.next()? else {
            return Ok(None);
        };
        let object = match row {
            Raw::Object(object) => Ok(object),
            Raw::Bad(why) => Err(why),
            Raw::Fields(fields) => {
                let names = self.rows.names().unwrap_or_default().iter().cloned();
                Ok(names.zip(fields.into_iter().map(Value::String)).collect())
            }
        };
        Ok(Some(ObjectRow {
            line: self.rows.line(),
            object,
        }))
    }
}

impl Iterator for Objects {
    type Item = Result<ObjectRow, ReadError>;
    fn next(&mut self) -> Option<Self::Item> {
        self.row().transpose()
    }
}

/// Every row as an object. Here a row that can't be read ends the reading: the file is one that midband
/// wrote, and a hole in it would be counted as if it were not there.
///
/// # Errors
/// As [`objects`].
pub fn read_objects(
    input: Box<dyn BufRead + Send>,
    format: Format,
) -> Result<impl Iterator<Item = Result<Map<String, Value>, ReadError>>, ReadError> {
    Ok(whole(objects(input, &Form::new(format))?))
}

/// Rows of which none may be missing.
fn whole(rows: Objects) -> impl Iterator<Item = Result<Map<String, Value>, ReadError>> {
    rows.map(|row| {
        let ObjectRow { line, object } = row?;
        object.map_err(|why| {
            let why = format!("line {line}: {why}");
            ReadError::Io(io::Error::new(io::ErrorKind::InvalidData, why))
        })
    })
}

/// Writes objects that all have the fields of the first. `for_excel` counts for CSV and TSV: a byte order mark comes first, and
/// a text that begins as a formula does gets an apostrophe before it.
///
/// # Errors
/// The output failed.
pub fn write_objects(
    mut output: &mut dyn Write,
    format: Format,
    objects: &[Map<String, Value>],
    for_excel: bool,
) -> io::Result<()> {
    let Some(delimiter) = format.delimiter() else {
        for object in objects {
            serde_json::to_writer(&mut output, object)?;
            output.write_all(b"\n")?;
        }
        return Ok(());
    };
    if for_excel {
        output.write_all(BOM.as_bytes())?;
    }
    let to_cell = if for_excel { excel_cell } else { cell };
    let mut writer = DelimitedWriter::new(output, delimiter);
    if let Some(first) = objects.first() {
        writer.write(first.keys().cloned())?;
    }
    for object in objects {
        writer.write(object.values().map(|value| to_cell(Some(value.clone()))))?;
    }
    writer.flush()
}
