//! Reads lists of records.

use std::{
    collections::hash_map::Entry,
    path::{Path, PathBuf},
    sync::Arc,
};

use anyhow::{Context, Result, bail};
use midband::{Id, Record};
use midband_io::{Form, Format, Objects, Partition, RejectedRow, id_of, near_column, objects};
use midband_linkage::TableBuilder;
use serde_json::{Map, Value};

use super::{
    error::MatchError,
    options::{ListInput, MatchOptions},
    record_values::{is_named, key, shown, text},
    records::{ById, Origin, Records, SEEN},
};
use crate::{Stop, format_of, found, open, partitions};

/// Rows that are read between two looks at whether the run is to end.
const LOOK: usize = 4096;

/// What a list is called, and which column its ids are in.
#[derive(Clone, Copy)]
pub(super) struct Named<'a> {
    pub(super) list: &'static str,
    pub(super) id: &'a str,
}

/// Reads a list.
pub(super) fn read(
    input: ListInput,
    named: Named<'_>,
    options: &MatchOptions,
    stop: &Stop,
) -> Result<Records> {
    let mut reading = Reading::new(options, named.id, stop);
    let list = reading.list(input, named.list)?;
    reading.records(&list)
}

/// Reads a known list, and new records after it.
pub(super) fn read_new(
    known: ListInput,
    input: ListInput,
    named: Named<'_>,
    options: &MatchOptions,
    stop: &Stop,
) -> Result<Records> {
    let mut reading = Reading::new(options, named.id, stop);
    let list = reading.list(known, "known")?;
    if reading.records.is_empty() {
        bail!("{list} has no records");
    }
    // What is no record of it was said when it was resolved.
    reading.rejected.clear();
    let fresh_from = reading.records.len();
    let list = reading.list(input, named.list)?;
    let records = reading.records(&list)?;
    Ok(Records {
        fresh_from: Some(fresh_from),
        ..records
    })
}

/// A list while it is read.
struct Reading<'a> {
    options: &'a MatchOptions,
    id: &'a str,
    stop: &'a Stop,
    /// Columns in which texts must agree; rules over columns are the linker's.
    block_on: Vec<&'a str>,
    /// Names of the columns in the order in which they appear, and their values.
    columns: Vec<String>,
    table: TableBuilder,
    kept: Vec<Box<str>>,
    records: Vec<Record>,
    by_id: ById,
    rejected: Vec<RejectedRow>,
    files: Vec<PathBuf>,
    origins: Vec<Origin>,
}

/// Rows of a file, or of a list in memory.
struct Rows {
    rows: Objects,
    /// What they are of, in errors.
    list: String,
    /// The same, in rejected rows.
    file: String,
    format: Format,
    /// Columns that its folders name.
    partitions: Vec<Partition>,
}

impl<'a> Reading<'a> {
    fn new(options: &'a MatchOptions, id: &'a str, stop: &'a Stop) -> Self {
        Self {
            options,
            id,
            stop,
            block_on: options.text_keys().collect(),
            columns: Vec::new(),
            table: TableBuilder::default(),
            kept: Vec::new(),
            records: Vec::new(),
            by_id: ById::new(),
            rejected: Vec::new(),
            files: Vec::new(),
            origins: Vec::new(),
        }
    }

    /// Reads a list, and says what it is called.
    fn list(&mut self, input: ListInput, name: &'static str) -> Result<String> {
        match input {
            ListInput::File(path) => {
                for file in found(&path)? {
                    self.file(&file, partitions(&path, &file))?;
                }
                Ok(path.display().to_string())
            }
            ListInput::Rows(rows) => {
                let list = format!("the {name} list");
                self.rows(Rows {
                    rows: Objects::given(rows),
                    list: list.clone(),
                    file: name.to_owned(),
                    format: Format::Jsonl,
                    partitions: Vec::new(),
                })?;
                Ok(list)
            }
        }
    }

    /// Names that some record must have.
    fn expected(&self) -> Vec<&'a str> {
        self.options.text.iter().map(String::as_str).collect()
    }

    fn file(&mut self, path: &Path, partitions: Vec<Partition>) -> Result<()> {
        let format = format_of(self.options.records.format, path);
        let list = path.display().to_string();
        let expected = std::iter::once(self.id).chain(self.expected());
        let form = Form {
            expected: expected.map(str::to_owned).collect(),
            no_headers: self.options.records.no_headers,
            ..self.options.records.form(format)
        };
        let rows = objects(open(path)?, &form).with_context(|| list.clone())?;
        self.files.push(path.to_path_buf());
        self.rows(Rows {
            rows,
            file: list.clone(),
            list,
            format,
            partitions,
        })
    }

    fn rows(&mut self, of: Rows) -> Result<()> {
        // A JSON record may leave a field out; a name that no record has is a mistake.
        let mut missing = self.expected();
        let mut rows = 0;
        // Without rows, only the header shows whether it is one.
        let named_id = of
            .rows
            .names()
            .is_none_or(|names| names.iter().any(|name| name == self.id));
        let file: Arc<str> = of.file.as_str().into();
        for row in of.rows {
            let row = row.with_context(|| of.list.clone())?;
            let record = match row.object {
                Ok(mut object) => {
                    Partition::add(&of.partitions, &mut object);
                    rows += 1;
                    if rows % LOOK == 0 {
                        self.stop.check()?;
                    }
                    // A delimited file has the same columns in every row.
                    if rows == 1 || of.format.delimiter().is_none() {
                        self.add_columns(&object);
                    }
                    missing.retain(|column| !object.contains_key(*column));
                    self.record(&object)
                }
                // A file of columns gives no row after one that can't be read.
                Err(why) if of.format == Format::Parquet => bail!("{}: {why}", of.list),
                Err(why) => Err((None, why)),
            };
            match record {
                Ok(record) => {
                    self.records.push(record);
                    self.origins.push(Origin {
                        file: file.clone(),
                        line: row.line,
                    });
                }
                Err((id, reason)) => self.rejected.push(RejectedRow {
                    file: Some(of.file.clone()),
                    line: row.line,
                    id,
                    reason,
                }),
            }
        }
        if rows == 0 && !named_id && self.rejected.is_empty() {
            bail!(MatchError::NoIdColumn {
                list: of.list,
                column: self.id.to_owned(),
            });
        }
        match missing.first() {
            Some(column) if rows > 0 => bail!("{}: no record has a column {column:?}", of.list),
            _ => Ok(()),
        }
    }

    /// Takes columns that no record had before.
    fn add_columns(&mut self, object: &Map<String, Value>) {
        for name in object.keys() {
            if name != self.id && !self.columns.contains(name) {
                self.columns.push(name.clone());
                self.table.add_column(name);
            }
        }
    }

    /// The row as a record, or its id and why it is none.
    fn record(&mut self, object: &Map<String, Value>) -> Result<Record, (Option<Id>, String)> {
        let options = self.options;
        let id = object.get(self.id).and_then(id_of);
        let Some(id) = id.clone().filter(is_named) else {
            // The value is shown only where it is one of the known ones.
            let value = id.filter(|id| !id.as_str().is_empty());
            let means = value.map_or_else(String::new, |id| {
                format!(": {:?} means missing", id.as_str())
            });
            return Err((None, format!("no id in {:?}{means}", self.id)));
        };
        let Some(text) = text(object, self.id, &options.text) else {
            return Err((Some(id), "a field has bytes that are not text".to_owned()));
        };
        if text.len() > options.records.max_text_bytes {
            let (bytes, most) = (text.len(), options.records.max_text_bytes);
            let why = format!("its text has {bytes} bytes; the limit is {most}");
            return Err((Some(id), why));
        }
        if text.trim().is_empty() {
            let why = "nothing to compare: every field is empty".to_owned();
            return Err((Some(id), why));
        }
        match self.by_id.entry(id.clone()) {
            Entry::Occupied(_) => {
                return Err((Some(id), SEEN.to_owned()));
            }
            Entry::Vacant(free) => free.insert(self.records.len() as u32),
        };
        let values: Vec<Option<String>> = (self.columns.iter())
            .map(|name| object.get(name).and_then(shown))
            .collect();
        self.table.push(values.iter().map(Option::as_deref));
        if options.keeps_values() {
            let values = self.columns.iter().map(|name| object.get(name).cloned());
            let values: Vec<Value> = values.map(Option::unwrap_or_default).collect();
            self.kept.push(Value::Array(values).to_string().into());
        }
        let blocks = self.block_on.iter();
        Ok(Record {
            keys: blocks.map(|column| key(object.get(*column)?)).collect(),
            ..Record::new(id, text)
        })
    }

    fn records(self, list: &str) -> Result<Records> {
        // No record at all is a list like any other; only bad ones are a mistake.
        if let (true, Some(first)) = (self.records.is_empty(), self.rejected.first()) {
            bail!(MatchError::NoRecord {
                list: list.to_owned(),
                no_id: first.id.is_none() && first.reason.starts_with("no id"),
                near: near_column(self.id, self.columns.iter().map(String::as_str)),
                reason: first.reason.clone(),
            });
        }
        Ok(Records {
            records: self.records.into(),
            by_id: self.by_id,
            rejected: self.rejected,
            columns: self.columns,
            table: self.table.finish(),
            kept: self.kept,
            files: self.files,
            origins: self.origins,
            fresh_from: None,
        })
    }
}
