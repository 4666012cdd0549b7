//! Scores as the rows of a delimited file.

use std::io::Write;

use serde_json::{Map, Value};

use super::{DelimitedWriter, OUTPUT_FIELDS, WriteError};
use crate::Recovered;

/// Holds what a row has beyond the columns, as a JSON object.
const OTHER_FIELDS: &str = "other_fields";

/// By this Excel knows UTF-8.
pub(crate) const BOM: &str = "\u{feff}";

/// A text that no spreadsheet takes for a formula; numbers stay what they are.
/// <https://owasp.org/www-community/attacks/CSV_Injection>
fn harmless(text: String) -> String {
    if text.starts_with(['=', '+', '-', '@', '\t', '\r']) && text.parse::<f64>().is_err() {
        format!("'{text}")
    } else {
        text
    }
}

/// A delimited file: its columns are fixed by the first row at the latest.
pub(super) struct Records<W: Write> {
    writer: DelimitedWriter<W>,
    columns: Option<Vec<String>>,
    has_other_fields: bool,
    header_is_written: bool,
    for_excel: bool,
    /// A column also where the first row lacks it.
    late: Option<String>,
}

impl<W: Write> Records<W> {
    /// `columns` are those behind the fields of a score, where they are known beforehand.
    pub(super) fn new(output: W, delimiter: u8, columns: Option<Vec<String>>) -> Self {
        Self {
            writer: DelimitedWriter::new(output, delimiter),
            has_other_fields: columns.is_none(),
            columns,
            header_is_written: false,
            for_excel: false,
            late: None,
        }
    }

    pub(super) fn is_for_excel(&mut self) {
        self.for_excel = true;
    }

    pub(super) fn has_late(&mut self, column: String) {
        self.late = Some(column);
    }

    /// Goes on with the columns of a header that is there already.
    pub(super) fn go_on(&mut self, kept: &Recovered) {
        let Some(columns) = &kept.columns else {
            return;
        };
        let own = OUTPUT_FIELDS.len().min(columns.len());
        let mut columns = columns[own..].to_vec();
        self.has_other_fields = columns.last().is_some_and(|name| name == OTHER_FIELDS);
        if self.has_other_fields {
            columns.pop();
        }
        self.columns = Some(columns);
        self.header_is_written = true;
    }

    fn write_header(&mut self) -> Result<(), WriteError> {
        if !std::mem::replace(&mut self.header_is_written, true) {
            let passed = self.columns.iter().flatten().map(String::as_str);
            let other = self.has_other_fields.then_some(OTHER_FIELDS);
            let names = OUTPUT_FIELDS.into_iter().chain(passed).chain(other);
            let mark = if self.for_excel { BOM } else { "" };
            let names = names.enumerate().map(|(at, name)| match at {
                0 => format!("{mark}{name}"),
                _ => name.to_owned(),
            });
            self.writer.write(names)?;
        }
        Ok(())
    }

    pub(super) fn write(&mut self, mut object: Map<String, Value>) -> Result<(), WriteError> {
        if self.columns.is_none() {
            let mut columns: Vec<String> =
                object.keys().skip(OUTPUT_FIELDS.len()).cloned().collect();
            let late = self.late.take();
            columns.extend(late.filter(|late| !object.contains_key(late)));
            self.columns = Some(columns);
        }
        self.write_header()?;
        let columns = OUTPUT_FIELDS
            .iter()
            .copied()
            .chain(self.columns.iter().flatten().map(String::as_str));
        let mut record: Vec<String> = columns
            .map(|name| object.shift_remove(name))
            .map(if self.for_excel { excel_cell } else { cell })
            .collect();
        if self.has_other_fields {
            let rest =
                (!object.is_empty()).then(|| Value::String(Value::Object(object).to_string()));
            record.push(cell(rest));
        }
        self.writer.write(record.into_iter())?;
        Ok(())
    }

    pub(super) fn flush(&mut self) -> Result<(), WriteError> {
        Ok(self.writer.flush()?)
    }

    /// The output, with a header also where no row came.
    pub(super) fn finish(mut self) -> Result<W, WriteError> {
        self.write_header()?;
        Ok(self.writer.finish()?)
    }
}

/// The same for Excel.
pub(crate) fn excel_cell(value: Option<Value>) -> String {
    match value {
        Some(Value::String(text)) => harmless(text),
        value => cell(value),
    }
}

pub(crate) fn cell(value: Option<Value>) -> String {
    match value {
        None | Some(Value::Null) => String::new(),
        Some(Value::String(text)) => text,
        Some(other) => other.to_string(),
    }
}
