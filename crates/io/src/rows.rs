//! Rows of any form, as objects or as fields under a header: the one reader below all others.

use std::io::{self, BufRead};

use serde_json::{Map, Value};

use crate::{
    Encoding, Format, ReadError,
    delimited::{Record, Records},
    encoding::utf8,
    first_line,
    json::{NO_UTF8, Objects},
};

/// What a text looks like, whatever it says.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Form {
    /// The input's form.
    pub format: Format,
    /// Between fields, where it is not the form's own; a comma may then also be a semicolon or a tab, as the first line
    /// shows.
    pub delimiter: Option<u8>,
    /// True where fields may stand in quotes; `None` = in CSV they may, in TSV a quote is text.
    pub quoting: Option<bool>,
    /// How bytes stand for text.
    pub encoding: Encoding,
    /// True where a delimited file has no header line; columns are then positions.
    pub no_headers: bool,
    /// A header that holds none of these may be a row, whose fields no error may show.
    pub expected: Vec<String>,
}

impl Form {
    /// The form's own delimiter and quoting, a header, and the encoding that is found.
    pub fn new(format: Format) -> Self {
        Self {
            format,
            delimiter: None,
            quoting: None,
            encoding: Encoding::Auto,
            no_headers: false,
            expected: Vec::new(),
        }
    }
}

/// A row as it stands there.
pub(crate) enum Raw {
    Object(Map<String, Value>),
    /// As many as the header has.
    Fields(Vec<String>),
    /// Why it is none.
    Bad(String),
}

/// Rows that are objects already: a table's in memory, say.
pub type GivenRows = Box<dyn Iterator<Item = Result<Map<String, Value>, ReadError>> + Send>;

pub(crate) struct Rows {
    source: Source,
    /// Of the row before.
    line: u64,
}

enum Source {
    Objects(Objects),
    Given(GivenRows),
    Records(Records, Vec<String>),
}

impl Rows {
    /// Starts reading; a header is read at once.
    ///
    /// # Errors
    /// The input or its header can't be read.
    pub(crate) fn new(input: Box<dyn BufRead + Send>, form: &Form) -> Result<Self, ReadError> {
        if form.format == Format::Xlsx {
            return Err(ReadError::Io(std::io::Error::new(
                std::io::ErrorKind::InvalidData,
                "midband cannot read workbooks; save the sheet as CSV (UTF-8)",
            )));
        }
        // The lines of a Parquet file are made here.
        let encoding = match form.format {
            Format::Parquet => Encoding::Auto,
            _ => form.encoding,
        };
        let (first, mut input) = first_line::looked_at(utf8(input, encoding)?)?;
        let own = match form.format {
            Format::Parquet => None,
            format => format.delimiter(),
        };
        let named = own.and_then(|_| first_line::named_delimiter(&first));
        if named.is_some() {
            input.read_exact(&mut vec![0; first.len()])?;
        }
        let delimiter = match (form.delimiter.or(named), form.format) {
            (_, Format::Parquet) => None,
            (None, Format::Csv) => Some(first_line::delimiter(&first)),
            (given, _) => given.or(own),
        };
        let source = match delimiter {
            None => Source::Objects(Objects::new(input)),
            Some(delimiter) => {
                let quotes = form.quoting.unwrap_or(form.format != Format::Tsv);
                let mut records = Records::new(input, delimiter, quotes);
                if named.is_some() {
                    records.skipped_line();
                }
                let names = if form.no_headers {
                    let first = records.peek()?;
                    (1..=first).map(|position| position.to_string()).collect()
                } else {
                    header(&mut records)?
                };
                Source::Records(records, names)
            }
        };
        Ok(Self { source, line: 0 })
    }

    /// Rows that are objects already; each counts as a line.
    pub(crate) fn given(rows: GivenRows) -> Self {
        Self {
            source: Source::Given(rows),
            line: 0,
        }
    }

    /// The header; none of JSON, where each row knows.
    pub(crate) fn names(&self) -> Option<&[String]> {
        match &self.source {
            Source::Objects(_) | Source::Given(_) => None,
            Source::Records(_, names) => Some(names),
        }
    }

    /// Line of the row that came last, from 1.
    pub(crate) fn line(&self) -> u64 {
        self.line
    }

    /// The next row.
    ///
    /// # Errors
    /// The input can't be read, or ends within quotes.
    pub(crate) fn next(&mut self) -> Result<Option<Raw>, ReadError> {
        match &mut self.source {
            Source::Objects(objects) => {
                let Some((line, row)) = objects.next()? else {
                    return Ok(None);
                };
                self.line = line;
                Ok(Some(row.map_or_else(Raw::Bad, Raw::Object)))
            }
            Source::Given(rows) => {
                let row = rows.next().transpose()?;
                self.line += u64::from(row.is_some());
                Ok(row.map(Raw::Object))
            }
            Source::Records(records, names) => {
                let Some((line, record)) = records.next()? else {
                    return Ok(None);
                };
                self.line = line;
                let fields = match record {
                    Record::Bad(why) => return Ok(Some(Raw::Bad(why))),
                    Record::Fields(fields) => fields,
                };
                if fields.len() != names.len() {
                    let mut why = format!(
                        "{} fields, but the header has {}",
                        fields.len(),
                        names.len()
                    );
                    if fields.lines > 1 {
                        why += &format!("; its quotes extend to line {}", line + fields.lines - 1);
                    }
                    records.name_lines(line, fields.lines);
                    return Ok(Some(Raw::Bad(why)));
                }
                Ok(Some(match fields.texts() {
                    Some(texts) if is_header(&texts, names) => Raw::Bad(AGAIN.to_owned()),
                    Some(texts) => Raw::Fields(texts.into_iter().map(str::to_owned).collect()),
                    None => Raw::Bad(NO_UTF8.to_owned()),
                }))
            }
        }
    }
}

/// Why a row is rejected that is the header of a file put behind another one.
const AGAIN: &str = "the header again";

/// True for a row of the columns' own names. Positions are none.
fn is_header(texts: &[&str], names: &[String]) -> bool {
    let first = texts
        .first()
        .map(|text| text.trim_start_matches('\u{feff}'));
    let rest = texts.iter().copied().skip(1);
    first
        .into_iter()
        .chain(rest)
        .eq(names.iter().map(String::as_str))
        && names.iter().any(|name| name.parse::<usize>().is_err())
}

fn header(records: &mut Records) -> Result<Vec<String>, ReadError> {
    let broken = |why: &str| {
        let why = format!("header: {why}");
        ReadError::Io(io::Error::new(io::ErrorKind::InvalidData, why))
    };
    match records.next()? {
        None => Ok(Vec::new()),
        Some((_, Record::Bad(why))) => Err(broken(&why)),
        Some((_, Record::Fields(fields))) => {
            let names = fields.texts().ok_or_else(|| broken(NO_UTF8))?;
            Ok(names.into_iter().map(str::to_owned).collect())
        }
    }
}

/// Positions, from 1, of columns that have the name of an earlier one.
fn doubled(names: &[String]) -> Vec<usize> {
    let mut seen = std::collections::HashSet::new();
    let again = names
        .iter()
        .enumerate()
        .filter(|(_, name)| !seen.insert(*name));
    again.map(|(at, _)| at + 1).collect()
}

/// True for what a column may be called: one short word or two, no marks of another form. What is none may be a text, in a file
/// without a header.
pub fn is_name(text: &str) -> bool {
    let plain = |letter: char| letter.is_alphanumeric() || "_-. ".contains(letter);
    text.chars().count() <= 40 && text.chars().all(plain)
}

/// Refuses a header in which a name stands twice. Its names are shown only where it is known to be one.
pub(crate) fn no_doubles(names: &[String], is_header: bool) -> Result<(), ReadError> {
    let doubled = doubled(names);
    if doubled.is_empty() {
        return Ok(());
    }
    let shown = doubled.iter().take(5);
    let mut shown: Vec<String> = shown
        .map(|at| {
            if names[at - 1].trim().is_empty() {
                format!("an empty name (column {at})")
            } else if is_header && names.iter().all(|name| is_name(name)) {
                format!("{:?}", names[at - 1])
            } else {
                format!("the name of column {at}")
            }
        })
        .collect();
    if doubled.len() > shown.len() {
        shown.push("…".to_owned());
    }
    Err(ReadError::Doubled(shown.join(", ")))
}
