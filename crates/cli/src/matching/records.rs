//! Reads lists of records.

use std::{
    collections::{HashMap, hash_map::Entry},
    hash::{DefaultHasher, Hash, Hasher},
    io::ErrorKind,
    path::Path,
    sync::Arc,
};

use anyhow::{Context, Result, bail};
use midband::Record;
use midband_io::{ReadError, RejectedRow, read_objects};
use serde_json::{Map, Value};

use crate::{
    args::MatchArgs,
    score::{format_of, open},
};

/// Rows by the records' ids.
pub(crate) type ById = HashMap<String, u32>;

/// One list.
pub(crate) struct Records {
    pub(crate) records: Arc<[Record]>,
    pub(crate) by_id: ById,
    /// Rows that are no records.
    pub(crate) rejected: Vec<RejectedRow>,
}

/// The lists of a run.
pub(crate) struct Lists {
    pub(crate) left: Records,
    pub(crate) right: Option<Records>,
}

/// Reads one list or both.
pub(crate) fn read(args: &MatchArgs) -> Result<Lists> {
    Ok(Lists {
        left: list(&args.left, args)?,
        right: args
            .right
            .as_deref()
            .map(|path| list(path, args))
            .transpose()?,
    })
}

fn list(path: &Path, args: &MatchArgs) -> Result<Records> {
    let format = format_of(args.format, path);
    let (mut records, mut by_id) = (Vec::new(), ById::new());
    let mut rejected = Vec::new();
    let named = || path.display().to_string();
    for (at, object) in read_objects(open(path)?, format)
        .with_context(named)?
        .enumerate()
    {
        let mut reject = |id: Option<String>, reason: String| {
            rejected.push(RejectedRow {
                file: Some(named()),
                line: at as u64 + 1,
                id,
                reason,
            });
        };
        let object = match object {
            Ok(object) => object,
            Err(ReadError::Io(error)) if error.kind() == ErrorKind::InvalidData => {
                reject(None, error.to_string());
                continue;
            }
            Err(error) => return Err(error).with_context(named),
        };
        for column in args.text.iter().chain(&args.block_on) {
            // A JSON record may leave a field out; a name that no record has is a mistake.
            if records.is_empty() && !object.contains_key(column) {
                let found: Vec<&str> = object.keys().map(String::as_str).collect();
                bail!(
                    "{}: no column {column:?}; there are {}",
                    path.display(),
                    found.join(", ")
                );
            }
        }
        let Some(id) = object.get(&args.id).and_then(id_of) else {
            reject(
                None,
                format!("no id in {:?}; name its column with --id", args.id),
            );
            continue;
        };
        let text = text(&object, args);
        if text.trim().is_empty() {
            reject(
                Some(id),
                "nothing to compare: every field is empty".to_owned(),
            );
            continue;
        }
        match by_id.entry(id.clone()) {
            Entry::Occupied(_) => {
                reject(Some(id), "an earlier record has this id".to_owned());
                continue;
            }
            Entry::Vacant(free) => free.insert(records.len() as u32),
        };
        records.push(Record {
            keys: args
                .block_on
                .iter()
                .map(|column| key(object.get(column)?))
                .collect(),
            ..Record::new(id, text)
        });
    }
    if records.is_empty() {
        match rejected.first() {
            Some(first) => bail!(
                "{} has no record that can be used; the first one: {}",
                path.display(),
                first.reason
            ),
            None => bail!("{} has no records", path.display()),
        }
    }
    Ok(Records {
        records: records.into(),
        by_id,
        rejected,
    })
}

/// The fields that are compared: one as it stands, several as "field: value; …", empty ones left out.
fn text(object: &Map<String, Value>, args: &MatchArgs) -> String {
    let names: Vec<&String> = if args.text.is_empty() {
        object.keys().filter(|name| **name != args.id).collect()
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
