//! Reads pairs, and keeps a record of what is no pair.

mod header;
mod options;

use std::{
    collections::HashSet,
    hash::{BuildHasher, RandomState},
    io::BufRead,
};

use midband_core::{Id, Pair, is_unsure, truth};
use serde_json::{Map, Value};

use crate::{
    Item, PairRow, Partition, RejectedRow, id_of,
    rows::{GivenRows, Raw, Rows},
};
use header::Header;

pub use options::{Column, ReadError, ReadOptions, near_column};

/// An iterator over the input's lines.
///
/// Ids are remembered as 64-bit keyed hashes (8 bytes a row), which take two different ids for one with a
/// chance of 1 in 10^6 at 6 million rows; such a row would be rejected as a duplicate, never lost.
pub struct Reader {
    rows: Rows,
    /// Of a delimited file.
    header: Option<Header>,
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
    pub fn new(input: Box<dyn BufRead + Send>, options: ReadOptions) -> Result<Self, ReadError> {
        Self::of(Rows::new(input, &options.form())?, options)
    }

    /// Reads rows that are objects already, by the same rules; the first one's line is 1.
    ///
    /// # Errors
    /// A column is named by its position.
    pub fn given(rows: GivenRows, options: ReadOptions) -> Result<Self, ReadError> {
        Self::of(Rows::given(rows), options)
    }

    fn of(rows: Rows, options: ReadOptions) -> Result<Self, ReadError> {
        options.apart()?;
        let header = match rows.names() {
            None => {
                for column in [&options.id, &options.left, &options.right] {
                    if let Column::At(position) = column {
                        return Err(ReadError::Position(*position));
                    }
                }
                None
            }
            // Not even a header: a file without a row.
            Some([]) => None,
            Some(names) => Some(Header::find(names.to_vec(), &options)?),
        };
        Ok(Self {
            rows,
            header,
            options,
            line: 0,
            file: None,
            ids: HashSet::new(),
            hasher: RandomState::new(),
        })
    }

    /// Names of the columns that are passed through; `None` where only each row knows.
    pub fn extra_columns(&self) -> Option<Vec<String>> {
        let header = self.header.as_ref()?;
        let own = header.extra().map(|(_, name)| name.clone());
        let others = self.options.partitions.iter().map(|part| &part.name);
        let others = others.filter(|name| !header.names.contains(name)).cloned();
        Some(own.chain(others).collect())
    }

    /// True for a delimited file of no lines, which has no columns either.
    pub fn is_blank(&self) -> bool {
        self.header.is_none() && self.rows.names().is_some()
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
        self.rows = next.rows;
        self.header = next.header;
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

    fn next_item(&mut self) -> Result<Option<Item>, ReadError> {
        let Some(row) = self.rows.next()? else {
            return Ok(None);
        };
        self.line = self.rows.line();
        Ok(Some(match row {
            Raw::Object(object) => self.object(object),
            Raw::Fields(fields) => self.fields(fields),
            // Without its id: where columns have shifted, another field stands in its place.
            Raw::Bad(why) => self.rejected(None, why),
        }))
    }

    fn object(&mut self, mut object: Map<String, Value>) -> Item {
        let mut take = |column: &Column| match column {
            Column::Named(name) => object
                .shift_remove(name)
                .ok_or_else(|| format!("no field {name:?}")),
            Column::At(position) => Err(format!("no field {position}")),
        };
        let id = match take(&self.options.id) {
            Ok(value) => match id_of(&value) {
                Some(id) => id,
                None => return self.rejected(None, "the id must be text or a number"),
            },
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

    fn fields(&mut self, mut fields: Vec<String>) -> Item {
        let Some(header) = &self.header else {
            return self.rejected(None, "no header");
        };
        let extra = header
            .extra()
            .map(|(at, name)| (name.clone(), Value::String(std::mem::take(&mut fields[at]))))
            .collect();
        let [id, a, b] = [header.id, header.left, header.right].map(|at| fields[at].clone());
        self.checked(Id::new(id), a, b, extra)
    }

    /// What holds for every form: sizes, gold, and that no id comes twice.
    fn checked(&mut self, id: Id, a: String, b: String, mut extra: Map<String, Value>) -> Item {
        if id.as_str().trim().is_empty() {
            return self.rejected(None, "the id is empty");
        }
        Partition::add(&self.options.partitions, &mut extra);
        for (side, text) in [('a', &a), ('b', &b)] {
            if text.len() > self.options.max_text_bytes {
                let most = self.options.max_text_bytes;
                return self.rejected(
                    Some(id),
                    format!("text {side} has {} bytes; the limit is {most}", text.len()),
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

    fn rejected(&self, id: Option<Id>, reason: impl Into<String>) -> Item {
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
        self.next_item().transpose()
    }
}

/// Gold in 0..=1 from the field named, or from `label`, which must then be 0 or 1 or one of the words for them. Absent,
/// null, empty and `unsure` mean that nothing is known.
fn gold(extra: &Map<String, Value>, named: Option<&str>) -> Result<Option<f64>, String> {
    let field = named.unwrap_or("label");
    let number = match extra.get(field) {
        None | Some(Value::Null) => return Ok(None),
        Some(Value::Bool(yes)) => Some(f64::from(u8::from(*yes))),
        Some(Value::Number(number)) => number.as_f64(),
        Some(Value::String(text)) if text.trim().is_empty() || is_unsure(text) => return Ok(None),
        Some(Value::String(text)) => truth(text),
        Some(_) => None,
    };
    match number {
        Some(gold) if named.is_some() && (0.0..=1.0).contains(&gold) => Ok(Some(gold)),
        Some(gold) if named.is_none() && (gold == 0.0 || gold == 1.0) => Ok(Some(gold)),
        _ if named.is_some() => Err(format!(
            "the value in {field:?} is not a number from 0 to 1"
        )),
        _ => Err("the label must be 0 or 1".to_owned()),
    }
}
