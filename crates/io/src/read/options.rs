//! How an input is read, and why one can't be.

use std::{io, str::FromStr};

use crate::{Encoding, Form, Format, Partition};

/// A column by its name or by its position, from 1.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Column {
    /// By the name in the header, or the field of a JSON object.
    Named(String),
    /// By position, from 1. Delimited files only.
    At(usize),
}

impl FromStr for Column {
    type Err = std::convert::Infallible;
    fn from_str(text: &str) -> Result<Self, Self::Err> {
        Ok(match text.parse() {
            Ok(position) if position > 0 => Self::At(position),
            _ => Self::Named(text.to_owned()),
        })
    }
}

/// How to read.
#[derive(Clone, Debug)]
pub struct ReadOptions {
    /// The input's form.
    pub format: Format,
    /// Between fields, where it is not the form's own.
    pub delimiter: Option<u8>,
    /// True where fields may stand in quotes; `None` = in CSV they may, in TSV a quote is text.
    pub quoting: Option<bool>,
    /// How bytes stand for text.
    pub encoding: Encoding,
    /// True where a delimited file has no header line; columns are then positions.
    pub no_headers: bool,
    /// The pair's id.
    pub id: Column,
    /// The left text.
    pub left: Column,
    /// The right text.
    pub right: Column,
    /// A numeric field with graded gold, 0..=1; `None` = the field `label`, 0 or 1.
    pub gold: Option<String>,
    /// A longer text is rejected, bytes.
    pub max_text_bytes: usize,
    /// Columns that the names of the file's folders give every row.
    pub partitions: Vec<Partition>,
}

impl ReadOptions {
    /// What the text looks like.
    pub(super) fn form(&self) -> Form {
        Form {
            delimiter: self.delimiter,
            quoting: self.quoting,
            encoding: self.encoding,
            no_headers: self.no_headers,
            ..Form::new(self.format)
        }
    }

    /// Refuses a column that is to be two things at once.
    ///
    /// # Errors
    /// [`ReadError::SameColumn`].
    pub fn apart(&self) -> Result<(), ReadError> {
        let gold = self.gold.clone().map(Column::Named);
        let columns = [&self.id, &self.left, &self.right];
        let columns: Vec<&Column> = columns.into_iter().chain(&gold).collect();
        let again = |at: usize| columns[..at].contains(&columns[at]);
        match (1..columns.len()).find(|at| again(*at)) {
            Some(at) => Err(ReadError::SameColumn(columns[at].shown())),
            None => Ok(()),
        }
    }

    /// Fields `id`, `a`, `b` and `label`; texts up to 1 MiB.
    pub fn new(format: Format) -> Self {
        Self {
            format,
            delimiter: None,
            quoting: None,
            encoding: Encoding::Auto,
            no_headers: false,
            id: Column::Named("id".into()),
            left: Column::Named("a".into()),
            right: Column::Named("b".into()),
            gold: None,
            max_text_bytes: 1 << 20,
            partitions: Vec::new(),
        }
    }
}

/// Why nothing more can be read. A bad row is never one.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum ReadError {
    /// The input itself failed.
    #[error("cannot read the input: {0}")]
    Io(#[from] io::Error),
    /// The header lacks a column. What it has is not shown: a file without a header has a row there.
    #[error("the input has no column {wanted:?} (its first line has {found} columns){}", near_place(.near))]
    NoColumn {
        /// The column as named.
        wanted: String,
        /// How many columns there are.
        found: usize,
        /// The position, from 1, of a column whose name differs in case or spaces alone.
        near: Option<usize>,
    },
    /// A name stands twice in the header.
    #[error("the input has duplicate column names: {0}. Rename them.")]
    Doubled(String),
    /// The input ends within quotes.
    #[error("unclosed quote: it opens on line {0} and the input ends before it closes")]
    OpenQuote(u64),
    /// Two of a pair's columns are one. Name three different ones.
    #[error(
        "the id, the left text, the right text and the gold must be different columns, but two are the same column, {0:?}"
    )]
    SameColumn(String),
    /// Columns were named by position in a form without positions.
    #[error("JSONL and Parquet columns have names, not positions: {0}")]
    Position(usize),
}

/// Where a column is that may be meant. Its name is the wanted one but for case and spaces, so that it tells no text.
fn near_place(near: &Option<usize>) -> String {
    near.map_or_else(String::new, |at| {
        format!("; the name of column {at} differs only in case or spaces")
    })
}

/// The position, from 1, of the first name that differs from the wanted one in case or spaces alone.
pub fn near_column<'a>(wanted: &str, names: impl IntoIterator<Item = &'a str>) -> Option<usize> {
    let plain = |name: &str| name.trim().to_lowercase();
    let mut names = names.into_iter();
    names
        .position(|name| plain(name) == plain(wanted))
        .map(|at| at + 1)
}

impl Column {
    /// The name or the position, as a text.
    pub fn shown(&self) -> String {
        match self {
            Self::Named(name) => name.clone(),
            Self::At(position) => position.to_string(),
        }
    }
}
