//! JSON lines as an Excel workbook: the pairs by their decisions, and whatever sheets stand next to them.
//!
//! No cell is a formula: texts are written as texts, whatever they begin with.

mod cells;

use std::{
    collections::HashMap,
    fs::File,
    io::{self, BufRead, BufReader},
    path::Path,
};

use rust_xlsxwriter::{DocProperties, ExcelDateTime, Format, Workbook, XlsxError};
use serde_json::{Map, Value};

use cells::{Cell, cut};

use crate::write::OUTPUT_FIELDS;

/// Rows of a sheet at most, its header included.
/// <https://support.microsoft.com/office/excel-specifications-and-limits-1672b34d-7043-467e-8e27-269d656771c3>
const MOST_ROWS: u64 = 1_048_576;
/// Columns of a sheet at most; of the same source.
const MOST_COLUMNS: usize = 16_384;
/// What people look at first.
const FIRST: [&str; 8] = [
    "id", "left_id", "right_id", "score", "decision", "resolved", "a", "b",
];
/// Decisions with the sheets of their pairs.
const SHEETS: [(&str, &str); 2] = [("match", "matches"), ("review", "review")];
/// The sheet of pairs of any other decision.
const OTHERS: &str = "no match";
/// The sheet of rows that are no scored pairs.
const ROWS: &str = "rows";

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

/// Packs JSON lines into sheets by decision, with `beside` after the matches and the pairs for review.
///
/// Returns the number of cells whose text was cut.
///
/// # Errors
/// The lines can't be read, or the file can't be written.
pub(crate) fn pack(lines: &Path, target: &Path, beside: &[Sheet]) -> io::Result<u64> {
    let told = Told::of(lines)?;
    let mut book = Book::new(target)?;
    let mut sheets = Vec::new();
    for sheet in told.sheets() {
        let pairs = told.rows.get(sheet).copied().unwrap_or(0);
        let place = book.begin(sheet, pairs, &told.columns)?;
        sheets.push((sheet, place));
        if sheet == SHEETS[1].0 {
            for sheet in beside {
                book.whole(sheet)?;
            }
        }
    }
    if told.sheets().next() != Some(SHEETS[0].0) {
        for sheet in beside {
            book.whole(sheet)?;
        }
    }
    let mut written: HashMap<&str, u64> = HashMap::new();
    for object in objects(lines)? {
        let mut object = object?;
        let sheet = sheet_of(&object);
        let (_, place) = sheets
            .iter()
            .find(|(name, _)| *name == sheet)
            .ok_or_else(|| io::Error::other("the lines changed while they were read"))?;
        let row = written.entry(sheet).or_default();
        let cells = told
            .columns
            .iter()
            .map(|name| (is_id(name), object.shift_remove(name)));
        book.row(*place, *row, cells)?;
        *row += 1;
    }
    book.save(target)
}

/// What stands in the lines.
struct Told {
    columns: Vec<String>,
    rows: HashMap<&'static str, u64>,
}

impl Told {
    fn of(lines: &Path) -> io::Result<Self> {
        let mut columns: Vec<String> = Vec::new();
        let mut known: HashMap<String, ()> = HashMap::new();
        let mut rows: HashMap<&str, u64> = HashMap::new();
        for object in objects(lines)? {
            let object = object?;
            *rows.entry(sheet_of(&object)).or_default() += 1;
            for name in object.keys() {
                if !known.contains_key(name) {
                    known.insert(name.clone(), ());
                    columns.push(name.clone());
                }
            }
        }
        if columns.is_empty() {
            columns.extend(OUTPUT_FIELDS.map(str::to_owned));
        }
        if columns.len() > MOST_COLUMNS {
            return Err(io::Error::new(
                io::ErrorKind::InvalidInput,
                format!(
                    "{} columns, and a sheet holds {MOST_COLUMNS}",
                    columns.len()
                ),
            ));
        }
        // Stable: columns of one kind keep their order.
        columns.sort_by_key(|name| {
            let first = FIRST.iter().position(|known| known == name);
            let own = OUTPUT_FIELDS.contains(&name.as_str());
            first.unwrap_or(FIRST.len() + usize::from(own))
        });
        Ok(Self { columns, rows })
    }

    /// The sheets in their order; those of pairs are there also where no pair is.
    fn sheets(&self) -> impl Iterator<Item = &'static str> + use<> {
        let of_pairs = !self.rows.contains_key(ROWS);
        let others = self.rows.contains_key(OTHERS).then_some(OTHERS);
        let pairs = SHEETS
            .into_iter()
            .map(|(decision, _)| decision)
            .chain(others);
        let pairs: Vec<&str> = if of_pairs {
            pairs.collect()
        } else {
            vec![ROWS]
        };
        pairs.into_iter()
    }
}

/// The decision whose sheet a row belongs to.
fn sheet_of(object: &Map<String, Value>) -> &'static str {
    let Some(decision) = object.get("decision") else {
        return ROWS;
    };
    SHEETS
        .into_iter()
        .map(|(word, _)| word)
        .find(|word| decision == word)
        .unwrap_or(OTHERS)
}

/// Ids stay texts: a spreadsheet would round long ones and drop leading zeros.
fn is_id(name: &str) -> bool {
    name == "id" || name.ends_with("_id")
}

/// A workbook as it is written.
struct Book {
    workbook: Workbook,
    head: Format,
    /// Text that begins as a formula does stays text also where somebody edits the cell.
    quoted: Format,
    /// Cells whose text was longer than a cell holds.
    cut: u64,
}

impl Book {
    fn new(target: &Path) -> io::Result<Self> {
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
    fn begin(&mut self, decision: &str, rows: u64, columns: &[String]) -> io::Result<usize> {
        let name = SHEETS.into_iter().find(|(word, _)| *word == decision);
        let name = name.map_or(decision, |(_, name)| name);
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

    fn whole(&mut self, sheet: &Sheet) -> io::Result<()> {
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
    fn row(
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

    fn save(mut self, target: &Path) -> io::Result<u64> {
        self.workbook.save(target).map_err(failed)?;
        Ok(self.cut)
    }
}

fn objects(lines: &Path) -> io::Result<impl Iterator<Item = io::Result<Map<String, Value>>>> {
    let mut file = BufReader::with_capacity(1 << 16, File::open(lines)?);
    let mut line = Vec::new();
    Ok(std::iter::from_fn(move || {
        line.clear();
        match file.read_until(b'\n', &mut line) {
            Ok(0) => None,
            Ok(_) => Some(serde_json::from_slice(&line).map_err(io::Error::from)),
            Err(error) => Some(Err(error)),
        }
    }))
}

fn failed(error: XlsxError) -> io::Error {
    match error {
        XlsxError::IoError(error) => error,
        other => io::Error::other(other.to_string()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_people_look_at_comes_first() {
        let dir = tempfile::tempdir().unwrap();
        let lines = dir.path().join("lines");
        std::fs::write(
            &lines,
            "{\"id\":\"1|2\",\"cosine\":null,\"score\":1,\"decision\":\"review\",\"left_id\":\"1\",\"city_l\":\"x\"}\n",
        )
        .unwrap();
        let told = Told::of(&lines).unwrap();
        assert_eq!(
            told.columns,
            ["id", "left_id", "score", "decision", "city_l", "cosine"]
        );
        assert_eq!(told.sheets().collect::<Vec<_>>(), ["match", "review"]);
    }
}
