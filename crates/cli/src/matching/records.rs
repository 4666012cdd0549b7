//! Reads lists of records.

use std::{
    collections::{HashMap, hash_map::Entry},
    hash::{DefaultHasher, Hash, Hasher},
    path::{Path, PathBuf},
    sync::Arc,
};

use anyhow::{Context, Result, bail};
use midband::{Id, Record};
use midband_io::{Form, Format, Partition, RejectedRow, id_of, objects};
use midband_linkage::{Table, TableBuilder, normalise};
use midband_run::{apart, format_of, found, once_each, open, outputs_of_run, partitions};
use serde_json::{Map, Value};

use super::linking::rules_of;
use crate::args::MatchArgs;

/// Rows by the records' ids.
pub(crate) type ById = HashMap<Id, u32>;

/// One list.
pub(crate) struct Records {
    pub(crate) records: Arc<[Record]>,
    pub(crate) by_id: ById,
    /// Rows that are no records.
    pub(crate) rejected: Vec<RejectedRow>,
    /// Names of the columns, the id's left out.
    pub(crate) columns: Vec<String>,
    /// The records column by column.
    pub(crate) table: Table,
    /// The records' values as JSON arrays in the order of the columns, where the output is to have some of them.
    pub(crate) kept: Vec<Box<str>>,
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
    let named = std::iter::once(&args.left)
        .chain(&args.right)
        .chain(&args.gold_pairs);
    once_each(&named.map(PathBuf::as_path).collect::<Vec<_>>())?;
    let mut files = Vec::new();
    let mut list = |named: &Path, id: &Option<String>| -> Result<Records> {
        let mut reading = Reading::new(args, id.as_ref().unwrap_or(&args.id));
        for path in found(named)? {
            reading.file(&path, &partitions(named, &path))?;
            files.push(path);
        }
        reading.records(named)
    };
    let left = list(&args.left, &args.left_id)?;
    let right = args
        .right
        .as_deref()
        .map(|named| list(named, &args.right_id))
        .transpose()?;
    let written = args.run.writing.output.as_deref();
    let outputs = written.map_or(Vec::new(), outputs_of_run);
    let outputs = outputs.iter().chain(&args.clusters).map(PathBuf::as_path);
    let read = files.iter().chain(&args.gold_pairs).map(PathBuf::as_path);
    apart(outputs, read)?;
    Ok(Lists { left, right, files })
}

/// A list while its files are read.
struct Reading<'a> {
    args: &'a MatchArgs,
    id: &'a str,
    /// Columns in which texts must agree; rules over columns are the linker's.
    block_on: Vec<String>,
    /// Names of the columns in the order in which they appear, and their values.
    columns: Vec<String>,
    table: TableBuilder,
    kept: Vec<Box<str>>,
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
            kept: Vec::new(),
            records: Vec::new(),
            by_id: ById::new(),
            rejected: Vec::new(),
        }
    }

    fn file(&mut self, path: &Path, partitions: &[Partition]) -> Result<()> {
        let format = format_of(self.args.format, path);
        let named = || path.display().to_string();
        // A JSON record may leave a field out; a name that no record has is a mistake.
        let block_on = self.block_on.clone();
        let mut missing: Vec<&String> = self.args.text.iter().chain(&block_on).collect();
        let form = Form {
            expected: std::iter::once(self.id.to_owned())
                .chain(missing.iter().map(|name| (*name).clone()))
                .collect(),
            no_headers: self.args.no_headers,
            ..self.args.form.form(format)
        };
        let mut rows = 0;
        let read = objects(open(path)?, &form).with_context(named)?;
        // Without rows, only the header shows whether it is one.
        let named_id = read
            .names()
            .is_none_or(|names| names.iter().any(|name| name == self.id));
        for row in read {
            let row = row.with_context(named)?;
            let record = match row.object {
                Ok(mut object) => {
                    rows += 1;
                    Partition::add(partitions, &mut object);
                    // A delimited file has the same columns in every row.
                    if rows == 1 || format.delimiter().is_none() {
                        self.add_columns(&object);
                    }
                    missing.retain(|column| !object.contains_key(*column));
                    self.record(&object)
                }
                // A file of columns gives no row after one that can't be read.
                Err(why) if format == Format::Parquet => bail!("{}: {why}", named()),
                Err(why) => Err((None, why)),
            };
            match record {
                Ok(record) => self.records.push(record),
                Err((id, reason)) => self.rejected.push(RejectedRow {
                    file: Some(named()),
                    line: row.line,
                    id,
                    reason,
                }),
            }
        }
        if rows == 0 && !named_id && self.rejected.is_empty() {
            bail!(
                "{}: it holds no record, and its first line names no column {:?}; name the ids' column with --id",
                path.display(),
                self.id
            );
        }
        match missing.first() {
            Some(column) if rows > 0 => {
                bail!("{}: no record has a column {column:?}", path.display())
            }
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
        let args = self.args;
        let Some(id) = object.get(self.id).and_then(id_of).filter(is_named) else {
            let why = format!("no id in {:?}; name its column with --id", self.id);
            return Err((None, why));
        };
        let Some(text) = text(object, self.id, args) else {
            return Err((Some(id), "a field holds bytes that are no text".to_owned()));
        };
        if text.len() > args.max_text_bytes {
            let (bytes, most) = (text.len(), args.max_text_bytes);
            let why = format!("its text has {bytes} bytes, more than {most}");
            return Err((Some(id), why));
        }
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
        let values: Vec<Option<String>> = (self.columns.iter())
            .map(|name| object.get(name).and_then(shown))
            .collect();
        self.table.push(values.iter().map(Option::as_deref));
        if !args.columns.is_empty() {
            let values = self.columns.iter().map(|name| object.get(name).cloned());
            let values: Vec<Value> = values.map(Option::unwrap_or_default).collect();
            self.kept.push(Value::Array(values).to_string().into());
        }
        let blocks = self.block_on.iter();
        Ok(Record {
            keys: blocks.map(|column| key(object.get(column)?)).collect(),
            ..Record::new(id, text)
        })
    }

    fn records(self, named: &Path) -> Result<Records> {
        // No record at all is a list like any other; only bad ones are a mistake.
        if let (true, Some(first)) = (self.records.is_empty(), self.rejected.first()) {
            bail!(
                "{} has no record that can be used; the first one: {}",
                named.display(),
                first.reason
            );
        }
        Ok(Records {
            records: self.records.into(),
            by_id: self.by_id,
            rejected: self.rejected,
            columns: self.columns,
            table: self.table.finish(),
            kept: self.kept,
        })
    }
}

/// The fields that are compared: one as it stands, several as "field: value; …", empty ones left out. None where one is
/// no text and can't be told as one.
fn text(object: &Map<String, Value>, id: &str, args: &MatchArgs) -> Option<String> {
    let names: Vec<&String> = if args.text.is_empty() {
        object.keys().filter(|name| *name != id).collect()
    } else {
        args.text.iter().collect()
    };
    let mut values = Vec::new();
    for name in names.iter().filter(|name| object.contains_key(**name)) {
        let value = shown(&object[*name])?;
        if !value.trim().is_empty() {
            values.push((name, value));
        }
    }
    Some(match (&names[..], values.pop()) {
        ([_], value) => value.map(|(_, value)| value).unwrap_or_default(),
        (_, last) => {
            let fields = values.into_iter().chain(last);
            let fields: Vec<String> = fields
                .map(|(name, value)| format!("{name}: {value}"))
                .collect();
            fields.join("; ")
        }
    })
}

/// An empty cell names no record.
pub(crate) fn is_named(id: &Id) -> bool {
    !id.as_str().is_empty()
}

/// A value as text; lists and objects as their parts with commas between them. None where it holds bytes that are no text.
pub(crate) fn shown(value: &Value) -> Option<String> {
    let joined = |parts: Vec<String>| {
        let parts: Vec<String> = parts.into_iter().filter(|part| !part.is_empty()).collect();
        parts.join(", ")
    };
    Some(match value {
        Value::Null => String::new(),
        Value::String(text) => text.clone(),
        Value::Number(_) | Value::Bool(_) => value.to_string(),
        Value::Array(values) => joined(values.iter().map(shown).collect::<Option<_>>()?),
        // Bytes of a Parquet file.
        Value::Object(fields) if fields.len() == 1 && fields.contains_key("base64") => return None,
        Value::Object(fields) => {
            let part = |(name, value): (&String, &Value)| {
                let value = shown(value)?;
                Some(if value.is_empty() {
                    value
                } else {
                    format!("{name}: {value}")
                })
            };
            joined(fields.iter().map(part).collect::<Option<_>>()?)
        }
    })
}

/// A blocking key: the value without case, accents, signs and notation, so that every spelling of it meets.
fn key(value: &Value) -> Option<u64> {
    let raw = shown(value)?;
    let text = match raw.trim().parse::<f64>() {
        // An id that went through a spreadsheet: 8001.0 is 8001.
        Ok(number) if number.fract() == 0.0 && number.abs() < 9e15 => format!("{number:.0}"),
        _ => normalise::text(&raw),
    };
    if text.is_empty() {
        return None;
    }
    let mut hasher = DefaultHasher::new();
    text.hash(&mut hasher);
    Some(hasher.finish())
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn lists_and_objects_are_told_as_text() {
        let told = |value: Value| shown(&value);
        assert_eq!(told(json!(["Annie", null, 7])).unwrap(), "Annie, 7");
        assert_eq!(
            told(json!({"street": "Main", "no": [1, 2], "x": null})).unwrap(),
            "street: Main, no: 1, 2"
        );
        assert_eq!(told(json!([{"base64": "/w=="}])), None);
    }
}
