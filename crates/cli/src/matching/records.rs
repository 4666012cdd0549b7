//! Reads lists of records.

use std::{
    collections::{HashMap, hash_map::Entry},
    hash::{DefaultHasher, Hash, Hasher},
    io::ErrorKind,
    path::{Path, PathBuf},
    sync::Arc,
};

use anyhow::{Context, Result, bail};
use midband::Record;
use midband_io::{Format, ReadError, RejectedRow, read_objects};
use midband_linkage::{Table, TableBuilder};
use serde_json::{Map, Value};

use super::linking::rules_of;
use crate::{
    args::MatchArgs,
    score::{format_of, found, open},
};

/// Rows by the records' ids.
pub(crate) type ById = HashMap<String, u32>;

/// One list.
pub(crate) struct Records {
    pub(crate) records: Arc<[Record]>,
    pub(crate) by_id: ById,
    /// Rows that are no records.
    pub(crate) rejected: Vec<RejectedRow>,
    /// The records column by column, the id left out.
    pub(crate) table: Table,
}

/// The lists of a run.
pub(crate) struct Lists {
    pub(crate) left: Records,
    pub(crate) right: Option<Records>,
    /// Every file that was read.
    pub(crate) files: Vec<PathBuf>,
}

/// Reads one list or both.
pub(crate) fn read(args: &MatchArgs) -> Result<Lists> {
    let mut files = Vec::new();
    let mut list = |named: &Path, id: &Option<String>| -> Result<Records> {
        let mut reading = Reading::new(args, id.as_ref().unwrap_or(&args.id));
        for path in found(named)? {
            reading.file(&path)?;
            files.push(path);
        }
        reading.records(named)
    };
    Ok(Lists {
        left: list(&args.left, &args.left_id)?,
        right: args
            .right
            .as_deref()
            .map(|named| list(named, &args.right_id))
            .transpose()?,
        files,
    })
}

/// A list while its files are read.
struct Reading<'a> {
    args: &'a MatchArgs,
    id: &'a str,
    /// Columns in which texts must agree; rules over columns are the linker's.
    block_on: Vec<String>,
    /// Names of the columns, from the first record on, and their values.
    columns: Vec<String>,
    table: TableBuilder,
    records: Vec<Record>,
    by_id: ById,
    rejected: Vec<RejectedRow>,
}

impl<'a> Reading<'a> {
    fn new(args: &'a MatchArgs, id: &'a str) -> Self {
        Self {
            args,
            id,
            block_on: args
                .block_on
                .iter()
                .flat_map(|given| rules_of(given))
                .filter(|rule| !rule.contains(['+', '(']))
                .collect(),
            columns: Vec::new(),
            table: TableBuilder::default(),
            records: Vec::new(),
            by_id: ById::new(),
            rejected: Vec::new(),
        }
    }

    fn file(&mut self, path: &Path) -> Result<()> {
        let format = format_of(self.args.format, path);
        let named = || path.display().to_string();
        let mut looked_at = false;
        for (at, object) in read_objects(open(path)?, format)
            .with_context(named)?
            .enumerate()
        {
            let record = match object {
                Ok(object) => {
                    // A JSON record may leave a field out; a name that no record has is a mistake.
                    if !std::mem::replace(&mut looked_at, true) {
                        self.check_columns(path, &object)?;
                    }
                    self.record(&object)
                }
                Err(ReadError::Io(error)) if error.kind() == ErrorKind::InvalidData => {
                    // A file of columns gives no row after one that can't be read.
                    if format == Format::Parquet {
                        return Err(error).with_context(named);
                    }
                    Err((None, error.to_string()))
                }
                Err(error) => return Err(error).with_context(named),
            };
            match record {
                Ok(record) => self.records.push(record),
                Err((id, reason)) => self.rejected.push(RejectedRow {
                    file: Some(named()),
                    line: at as u64 + 1,
                    id,
                    reason,
                }),
            }
        }
        Ok(())
    }

    fn check_columns(&self, path: &Path, object: &Map<String, Value>) -> Result<()> {
        let mut wanted = self.args.text.iter().chain(&self.block_on);
        match wanted.find(|column| !object.contains_key(*column)) {
            None => Ok(()),
            Some(column) => {
                let found: Vec<&str> = object.keys().map(String::as_str).collect();
                bail!(
                    "{}: no column {column:?}; there are {}",
                    path.display(),
                    found.join(", ")
                )
            }
        }
    }

    /// The row as a record, or its id and why it is none.
    fn record(&mut self, object: &Map<String, Value>) -> Result<Record, (Option<String>, String)> {
        let args = self.args;
        let Some(id) = object.get(self.id).and_then(id_of) else {
            let why = format!("no id in {:?}; name its column with --id", self.id);
            return Err((None, why));
        };
        let text = text(object, self.id, args);
        if text.trim().is_empty() {
            let why = "nothing to compare: every field is empty".to_owned();
            return Err((Some(id), why));
        }
        match self.by_id.entry(id.clone()) {
            Entry::Occupied(_) => {
                return Err((Some(id), "an earlier record has this id".to_owned()));
            }
            Entry::Vacant(free) => free.insert(self.records.len() as u32),
        };
        if self.columns.is_empty() {
            let names = object.keys().filter(|name| *name != self.id);
            self.columns = names.cloned().collect();
            self.table = TableBuilder::new(self.columns.iter().cloned());
        }
        let values: Vec<Option<String>> = (self.columns.iter())
            .map(|name| object.get(name).and_then(shown))
            .collect();
        self.table.push(values.iter().map(Option::as_deref));
        let blocks = self.block_on.iter();
        Ok(Record {
            keys: blocks.map(|column| key(object.get(column)?)).collect(),
            ..Record::new(id, text)
        })
    }

    fn records(self, named: &Path) -> Result<Records> {
        if self.records.is_empty() {
            match self.rejected.first() {
                Some(first) => bail!(
                    "{} has no record that can be used; the first one: {}",
                    named.display(),
                    first.reason
                ),
                None => bail!("{} has no records", named.display()),
            }
        }
        Ok(Records {
            records: self.records.into(),
            by_id: self.by_id,
            rejected: self.rejected,
            table: self.table.finish(),
        })
    }
}

/// The fields that are compared: one as it stands, several as "field: value; …", empty ones left out.
fn text(object: &Map<String, Value>, id: &str, args: &MatchArgs) -> String {
    let names: Vec<&String> = if args.text.is_empty() {
        object.keys().filter(|name| *name != id).collect()
    } else {
        args.text.iter().collect()
    };
    let value = |name: &String| {
        object
            .get(name)
            .and_then(shown)
            .filter(|text| !text.trim().is_empty())
    };
    if let [only] = names[..] {
        return value(only).unwrap_or_default();
    }
    let fields: Vec<String> = names
        .into_iter()
        .filter_map(|name| Some(format!("{name}: {}", value(name)?)))
        .collect();
    fields.join("; ")
}

/// An id as text.
pub(crate) fn id_of(value: &Value) -> Option<String> {
    match value {
        Value::String(id) if !id.is_empty() => Some(id.clone()),
        Value::Number(id) => Some(id.to_string()),
        _ => None,
    }
}

fn shown(value: &Value) -> Option<String> {
    match value {
        Value::String(text) => Some(text.clone()),
        Value::Number(_) | Value::Bool(_) => Some(value.to_string()),
        _ => None,
    }
}

/// A blocking key: the value in lower case, its white space as one space each.
fn key(value: &Value) -> Option<u64> {
    let text = shown(value)?.to_lowercase();
    let words: Vec<&str> = text.split_whitespace().collect();
    if words.is_empty() {
        return None;
    }
    let mut hasher = DefaultHasher::new();
    words.hash(&mut hasher);
    Some(hasher.finish())
}
