//! JSON lines as an Excel workbook: the pairs by their decisions, and whatever sheets stand next to them.
//!
//! No cell is a formula: texts are written as texts, whatever they begin with.

mod book;
mod cells;

use std::{
    collections::HashMap,
    fs::File,
    io::{self, BufRead, BufReader},
    path::Path,
};

use serde_json::{Map, Value};

pub use book::Sheet;
use book::{Book, is_id};

use crate::write::OUTPUT_FIELDS;

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
        let place = book.begin(title(sheet), pairs, &told.columns)?;
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

/// The name of the sheet of a decision.
fn title(decision: &str) -> &str {
    let named = SHEETS.into_iter().find(|(word, _)| *word == decision);
    named.map_or(decision, |(_, name)| name)
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
