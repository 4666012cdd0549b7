//! A workbook while it is written.

use std::{io, path::Path};

use rust_xlsxwriter::{DocProperties, ExcelDateTime, Format, Workbook, XlsxError};
use serde_json::Value;

use super::cells::{self, Cell, cut};

/// Rows of a sheet at most, its header included.
/// <https://support.microsoft.com/office/excel-specifications-and-limits-1672b34d-7043-467e-8e27-269d656771c3>
const MOST_ROWS: u64 = 1_048_576;

/// A sheet next to those of the pairs.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Sheet {
    /// Its name, at most 31 letters.
    pub name: String,
    /// Names of its columns.
    pub head: Vec<String>,
    /// Cells, row by row.
    pub rows: Vec<Vec<Value>>,
}

/// Ids stay texts: a spreadsheet would round long ones and drop leading zeros.
pub(super) fn is_id(name: &str) -> bool {
    name == "id" || name.ends_with("_id")
}

/// A workbook as it is written.
pub(super) struct Book {
    workbook: Workbook,
    head: Format,
    /// Text that begins as a formula does stays text also where somebody edits the cell.
    quoted: Format,
    /// Cells whose text was longer than a cell holds.
    cut: u64,
}

impl Book {
    pub(super) fn new(target: &Path) -> io::Result<Self> {
        let mut workbook = Workbook::new();
        // Rows wait in a file without a name: next to the target, so that no text goes elsewhere.
        let folder = target.parent().filter(|dir| !dir.as_os_str().is_empty());
        workbook
            .set_tempdir(folder.unwrap_or(Path::new(".")))
            .map_err(failed)?;
        // The same rows give the same bytes.
        let made = ExcelDateTime::from_timestamp(0).map_err(failed)?;
        workbook.set_properties(&DocProperties::new().set_creation_datetime(&made));
        Ok(Self {
            workbook,
            head: Format::new().set_bold(),
            quoted: Format::new().set_quote_prefix(),
            cut: 0,
        })
    }

    /// Makes the sheets for so many rows and gives the place of the first.
    pub(super) fn begin(&mut self, name: &str, rows: u64, columns: &[String]) -> io::Result<usize> {
        let first = self.workbook.worksheets().len();
        for part in 0..rows.div_ceil(MOST_ROWS - 1).max(1) {
            let name = match part {
                0 => name.to_owned(),
                part => format!("{name} {}", part + 1),
            };
            let most = (MOST_ROWS - 1).min(rows - part * (MOST_ROWS - 1));
            self.add(&name, columns, most)?;
        }
        Ok(first)
    }

    fn add(&mut self, name: &str, columns: &[String], rows: u64) -> io::Result<()> {
        let sheet = self
            .workbook
            .add_worksheet_with_constant_memory()
            .map_err(failed)?;
        sheet.set_name(name).map_err(failed)?;
        for (at, column) in columns.iter().enumerate() {
            let wide = (column.chars().count() as f64 + 4.0).clamp(10.0, 28.0);
            sheet.set_column_width(at as u16, wide).map_err(failed)?;
        }
        if let Some(last) = columns.len().checked_sub(1) {
            sheet
                .autofilter(0, 0, rows as u32, last as u16)
                .map_err(failed)?;
        }
        sheet.set_freeze_panes(1, 0).map_err(failed)?;
        for (at, column) in columns.iter().enumerate() {
            sheet
                .write_string_with_format(0, at as u16, cut(column), &self.head)
                .map_err(failed)?;
        }
        Ok(())
    }

    pub(super) fn whole(&mut self, sheet: &Sheet) -> io::Result<()> {
        for (part, rows) in sheet.rows.chunks((MOST_ROWS - 1) as usize).enumerate() {
            let name = match part {
                0 => sheet.name.clone(),
                part => format!("{} {}", sheet.name, part + 1),
            };
            let place = self.workbook.worksheets().len();
            self.add(&name, &sheet.head, rows.len() as u64)?;
            for (at, row) in rows.iter().enumerate() {
                let cells = row.iter().zip(&sheet.head);
                let cells = cells.map(|(cell, name)| (is_id(name), Some(cell.clone())));
                self.row(place, at as u64, cells)?;
            }
        }
        if sheet.rows.is_empty() {
            self.add(&sheet.name, &sheet.head, 0)?;
        }
        Ok(())
    }

    /// Writes the row with this number of the sheets that begin at `place`.
    pub(super) fn row(
        &mut self,
        place: usize,
        number: u64,
        cells: impl Iterator<Item = (bool, Option<Value>)>,
    ) -> io::Result<()> {
        let place = place + (number / (MOST_ROWS - 1)) as usize;
        let row = (number % (MOST_ROWS - 1)) as u32 + 1;
        let sheet = self.workbook.worksheet_from_index(place).map_err(failed)?;
        for (at, (is_id, value)) in cells.enumerate() {
            if let Some(value) = value {
                let cell = Cell {
                    row,
                    column: at as u16,
                    value: &value,
                    is_id,
                };
                let is_cut = cells::write(sheet, &cell, &self.quoted).map_err(failed)?;
                self.cut += u64::from(is_cut);
            }
        }
        Ok(())
    }

    pub(super) fn save(mut self, target: &Path) -> io::Result<u64> {
        self.workbook.save(target).map_err(failed)?;
        Ok(self.cut)
    }
}

fn failed(error: XlsxError) -> io::Error {
    match error {
        XlsxError::IoError(error) => error,
        other => io::Error::other(other.to_string()),
    }
}
