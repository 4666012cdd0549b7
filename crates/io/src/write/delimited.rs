//! Rows of a delimited file.

use std::io::{self, Write};

/// Writes CSV as RFC 4180 has it, and TSV as its readers take it: without quotes, a tab or a line end within a field as
/// `\t`, `\n` or `\r`.
pub(crate) struct DelimitedWriter<W: Write> {
    writer: csv::Writer<W>,
    tabs: bool,
}

impl<W: Write> DelimitedWriter<W> {
    pub(crate) fn new(output: W, delimiter: u8) -> Self {
        let tabs = delimiter == b'\t';
        let style = if tabs {
            csv::QuoteStyle::Never
        } else {
            csv::QuoteStyle::Necessary
        };
        Self {
            writer: csv::WriterBuilder::new()
                .delimiter(delimiter)
                .quote_style(style)
                .from_writer(output),
            tabs,
        }
    }

    pub(crate) fn write(&mut self, fields: impl Iterator<Item = String>) -> io::Result<()> {
        for field in fields {
            let field = if self.tabs && field.contains(['\t', '\n', '\r']) {
                let field = field.replace('\t', "\\t").replace('\n', "\\n");
                field.replace('\r', "\\r")
            } else {
                field
            };
            self.writer.write_field(field).map_err(io::Error::other)?;
        }
        let end: [&str; 0] = [];
        self.writer.write_record(end).map_err(io::Error::other)
    }

    pub(crate) fn flush(&mut self) -> io::Result<()> {
        self.writer.flush()
    }

    pub(crate) fn finish(self) -> io::Result<W> {
        self.writer
            .into_inner()
            .map_err(csv::IntoInnerError::into_error)
    }
}
