//! Reads pairs, and keeps a record of what is no pair.

mod header;
mod options;

use std::{
    collections::HashSet,
    hash::{BuildHasher, RandomState},
    io::{self, BufRead},
};

use midband_core::Pair;
use serde_json::{Map, Value};

use crate::{Item, PairRow, RejectedRow};
use header::{Header, without_carriage_return};

pub use options::{Column, ReadError, ReadOptions};

/// Longest line that is read whole: it holds two texts, escaped, and what is passed through.
const LONGEST_LINE: usize = 64 << 20;

enum Source {
    Lines(Box<dyn BufRead + Send>),
    Records(Box<csv::Reader<Box<dyn BufRead + Send>>>, Header),
}

/// An iterator over the input's lines.
///
/// Ids are remembered as 64-bit keyed hashes (8 bytes a row), which take two different ids for one with a
/// chance of 1 in 10^6 at 6 million rows; such a row would be rejected as a duplicate, never lost.
pub struct Reader {
    source: Source,
    options: ReadOptions,
    line: u64,
    file: Option<String>,
    ids: HashSet<u64>,
    hasher: RandomState,
}

impl Reader {
    /// Starts reading; a delimited file's header is read at once.
    ///
    /// # Errors
    /// The header can't be read, or lacks a column that is needed.
    pub fn new(
        mut input: Box<dyn BufRead + Send>,
        options: ReadOptions,
    ) -> Result<Self, ReadError> {
        skip_byte_order_mark(&mut input)?;
        let source = match options.delimiter() {
            None => {
                for column in [&options.id, &options.left, &options.right] {
                    if let Column::At(position) = column {
                        return Err(ReadError::Position(*position));
                    }
                }
                Source::Lines(input)
            }
            Some(delimiter) => {
                let mut records = csv::ReaderBuilder::new()
                    .delimiter(delimiter)
                    .has_headers(!options.no_headers)
                    .flexible(true)
                    // By line feed alone, or a record after CR LF is counted on the line before its own.
                    .terminator(csv::Terminator::Any(b'\n'))
                    .from_reader(input);
                let header = Header::find(&mut records, &options)?;
                Source::Records(Box::new(records), header)
            }
        };
        Ok(Self {
            source,
            options,
            line: 0,
            file: None,
            ids: HashSet::new(),
            hasher: RandomState::new(),
        })
    }

    /// Names of the columns that are passed through; `None` where only each row knows.
    pub fn extra_columns(&self) -> Option<Vec<String>> {
        match &self.source {
            Source::Lines(_) => None,
            Source::Records(_, header) => {
                Some(header.extra().map(|(_, name)| name.clone()).collect())
            }
        }
    }

    /// Goes on with another input. Ids stay known: one that came before is a duplicate.
    ///
    /// # Errors
    /// As [`Reader::new`].
    pub fn go_on(
        &mut self,
        input: Box<dyn BufRead + Send>,
        options: ReadOptions,
    ) -> Result<(), ReadError> {
        let next = Self::new(input, options)?;
        self.source = next.source;
        self.options = next.options;
        self.line = 0;
        Ok(())
    }

    /// Gives rejected rows a file's name, where their lines alone don't say where they are.
    pub fn name_rows(&mut self, file: String) {
        self.file = Some(file);
    }

    /// Reads an object that came in another way than by a line of the input, by the same rules; it counts as the
    /// next line.
    pub fn read_object(&mut self, object: Map<String, Value>) -> Item {
        self.line += 1;
        self.object(object)
    }

    fn next_line(&mut self) -> Result<Option<Item>, ReadError> {
        loop {
            let Source::Lines(lines) = &mut self.source else {
                return self.next_record();
            };
            let mut bytes = Vec::new();
            let read =
                io::Read::take(&mut *lines, LONGEST_LINE as u64).read_until(b'\n', &mut bytes)?;
            if read == 0 {
                return Ok(None);
            }
            self.line += 1;
            if read == LONGEST_LINE && bytes.last() != Some(&b'\n') {
                skip_line(lines)?;
                return Ok(Some(self.rejected(
                    None,
                    format!("the line is longer than {} MiB", LONGEST_LINE >> 20),
                )));
            }
            let Ok(text) = std::str::from_utf8(&bytes) else {
                return Ok(Some(self.rejected(None, "invalid UTF-8")));
            };
            if text.trim().is_empty() {
                continue;
            }
            return Ok(Some(
                match serde_json::from_str::<Map<String, Value>>(text) {
                    Ok(object) => self.object(object),
                    // Only where it went wrong: the parser's own message may quote the line.
                    Err(error) => self.rejected(
                        None,
                        format!("invalid JSON object (column {})", error.column()),
                    ),
                },
            ));
        }
    }

    fn object(&mut self, mut object: Map<String, Value>) -> Item {
        let mut take = |column: &Column| match column {
            Column::Named(name) => object
                .shift_remove(name)
                .ok_or_else(|| format!("no field {name:?}")),
            Column::At(position) => Err(format!("no field {position}")),
        };
        let id = match take(&self.options.id) {
            Ok(Value::String(id)) => id,
            Ok(Value::Number(id)) => id.to_string(),
            Ok(_) => return self.rejected(None, "the id is neither a text nor a number"),
            Err(why) => return self.rejected(None, why),
        };
        let mut text = |column: &Column| match take(column) {
            Ok(Value::String(text)) => Ok(text),
            Ok(_) => Err(format!("field {:?} is not a text", column.shown())),
            Err(why) => Err(why),
        };
        let (a, b) = match (text(&self.options.left), text(&self.options.right)) {
            (Ok(a), Ok(b)) => (a, b),
            (Err(why), _) | (_, Err(why)) => return self.rejected(Some(id), why),
        };
        self.checked(id, a, b, object)
    }

    fn next_record(&mut self) -> Result<Option<Item>, ReadError> {
        let Source::Records(records, header) = &mut self.source else {
            return Ok(None);
        };
        let mut record = csv::ByteRecord::new();
        let more =
            records
                .read_byte_record(&mut record)
                .map_err(|error| match error.into_kind() {
                    csv::ErrorKind::Io(error) => ReadError::Io(error),
                    other => ReadError::Io(io::Error::other(format!("{other:?}"))),
                })?;
        if !more {
            return Ok(None);
        }
        self.line = record.position().map_or(self.line + 1, csv::Position::line);
        let record = without_carriage_return(record);
        if record.len() == 1 && record[0].is_empty() {
            return self.next_record();
        }
        let Ok(record) = csv::StringRecord::from_byte_record(record) else {
            return Ok(Some(self.rejected(None, "invalid UTF-8")));
        };
        let id = record
            .get(header.id)
            .filter(|id| !id.is_empty())
            .map(str::to_owned);
        if record.len() != header.names.len() {
            let why = format!(
                "{} fields where the header has {}",
                record.len(),
                header.names.len()
            );
            return Ok(Some(self.rejected(id, why)));
        }
        let Some(id) = id else {
            return Ok(Some(self.rejected(None, "the id is empty")));
        };
        let field = |at: usize| record.get(at).unwrap_or_default().to_owned();
        let (a, b) = (field(header.left), field(header.right));
        let extra = header
            .extra()
            .map(|(at, name)| (name.clone(), Value::String(field(at))))
            .collect();
        Ok(Some(self.checked(id, a, b, extra)))
    }

    /// What holds for every form: sizes, gold, and that no id comes twice.
    fn checked(&mut self, id: String, a: String, b: String, extra: Map<String, Value>) -> Item {
        for (side, text) in [('a', &a), ('b', &b)] {
            if text.len() > self.options.max_text_bytes {
                let most = self.options.max_text_bytes;
                return self.rejected(
                    Some(id),
                    format!("text {side} has {} bytes, more than {most}", text.len()),
                );
            }
        }
        let gold = match gold(&extra, self.options.gold.as_deref()) {
            Ok(gold) => gold,
            Err(why) => return self.rejected(Some(id), why),
        };
        if !self.ids.insert(self.hasher.hash_one(&id)) {
            return self.rejected(Some(id), "duplicate id");
        }
        Item::Row(Box::new(PairRow {
            line: self.line,
            pair: Pair::new(id, a, b),
            gold,
            extra,
        }))
    }

    fn rejected(&self, id: Option<String>, reason: impl Into<String>) -> Item {
        Item::Rejected(RejectedRow {
            file: self.file.clone(),
            line: self.line,
            id,
            reason: reason.into(),
        })
    }
}

impl Iterator for Reader {
    type Item = Result<Item, ReadError>;
    fn next(&mut self) -> Option<Self::Item> {
        self.next_line().transpose()
    }
}

/// Gold in 0..=1 from the field named, or from `label`, which must then be 0 or 1. Absent, null and empty
/// mean that nothing is known.
fn gold(extra: &Map<String, Value>, named: Option<&str>) -> Result<Option<f64>, String> {
    let field = named.unwrap_or("label");
    let number = match extra.get(field) {
        None | Some(Value::Null) => return Ok(None),
        Some(Value::Bool(yes)) => Some(f64::from(u8::from(*yes))),
        Some(Value::Number(number)) => number.as_f64(),
        Some(Value::String(text)) if text.trim().is_empty() => return Ok(None),
        Some(Value::String(text)) => text.trim().parse().ok(),
        Some(_) => None,
    };
    match number {
        Some(gold) if named.is_some() && (0.0..=1.0).contains(&gold) => Ok(Some(gold)),
        Some(gold) if named.is_none() && (gold == 0.0 || gold == 1.0) => Ok(Some(gold)),
        _ if named.is_some() => Err(format!("the gold in {field:?} is not a number in 0..1")),
        _ => Err("the label is neither 0 nor 1".to_owned()),
    }
}

fn skip_byte_order_mark(input: &mut dyn BufRead) -> io::Result<()> {
    if input.fill_buf()?.starts_with(b"\xef\xbb\xbf") {
        input.consume(3);
    }
    Ok(())
}

fn skip_line(input: &mut dyn BufRead) -> io::Result<()> {
    loop {
        let buffer = input.fill_buf()?;
        let (length, ended) = match buffer.iter().position(|&byte| byte == b'\n') {
            Some(at) => (at + 1, true),
            None => (buffer.len(), buffer.is_empty()),
        };
        input.consume(length);
        if ended {
            return Ok(());
        }
    }
}
