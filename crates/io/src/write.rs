//! Writes final scores, every field always, the passed-through ones last.

mod delimited;
mod records;
mod scored_row;

use std::io::{self, Write};

use midband_core::{FinalScore, Pair};
use serde_json::{Map, Value};

pub(crate) use delimited::DelimitedWriter;
pub use scored_row::ScoredRow;

use records::Records;
pub(crate) use records::{BOM, cell, excel_cell};

use crate::{Format, Recovered};

/// The fields of a scored pair, in order. A passed-through field of the same name comes out as
/// `input_<name>`; as `input_input_<name>` where there is such a field already.
pub const OUTPUT_FIELDS: [&str; 12] = [
    "id",
    "cosine",
    "proxy_score",
    "route",
    "judge_score",
    "score",
    "decision",
    "decided_by",
    "status",
    "reason",
    "truncated",
    "latency_ms",
];

/// What a column of the output holds, also where every one of its cells is empty.
#[cfg(feature = "parquet")]
pub(crate) fn kind(name: &str) -> Option<crate::parquet::ColumnKind> {
    use crate::parquet::ColumnKind;
    match name {
        "cosine" | "proxy_score" | "judge_score" | "score" => Some(ColumnKind::Number),
        "truncated" => Some(ColumnKind::Bool),
        "latency_ms" => Some(ColumnKind::Integer),
        _ => None,
    }
}

/// Decimals of a score: finer than the 1e-5 within which a score is promised to be reproducible.
const DECIMALS: f64 = 1e6;

/// Decimals of a part: the sum of sixty stays within those of the score.
const PART_DECIMALS: f64 = 1e9;

/// A score as it is written, to six decimals.
pub fn written(score: f64) -> f64 {
    (score * DECIMALS).round() / DECIMALS
}

/// A part's log odds as they are written, to nine decimals.
pub fn written_part(log_odds: f64) -> f64 {
    (log_odds * PART_DECIMALS).round() / PART_DECIMALS
}

/// Why a score could not be written.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum WriteError {
    /// The output itself failed; a full disk, say.
    #[error("cannot write the output: {0}")]
    Io(#[from] io::Error),
}

/// Writes scores in one form.
pub struct ScoreWriter<W: Write> {
    sink: Sink<W>,
    beside: Beside,
}

/// What is written beside the scores.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Beside {
    /// The texts, as `a` and `b`.
    pub texts: bool,
    /// Where each score came from, as `parts`: names with their log odds. And where the texts contradict each other, as
    /// `contradictions`.
    pub parts: bool,
}

impl Beside {
    fn names(self) -> impl Iterator<Item = &'static str> {
        let texts: &[&str] = if self.texts { &["a", "b"] } else { &[] };
        let parts: &[&str] = if self.parts {
            &["parts", "contradictions"]
        } else {
            &[]
        };
        texts.iter().chain(parts).copied()
    }
}

enum Sink<W: Write> {
    Lines(W),
    Records(Box<Records<W>>),
}

impl<W: Write> ScoreWriter<W> {
    /// A writer. `columns` are the passed-through ones of a delimited file where they are known
    /// beforehand; else the first row's are taken, and what a later row has beside them goes to the
    /// column `other_fields` as JSON. `beside` is written between both.
    pub fn new(output: W, format: Format, columns: Option<Vec<String>>, beside: Beside) -> Self {
        let sink = match format.delimiter() {
            None => Sink::Lines(output),
            Some(delimiter) => {
                let columns = columns.map(|columns| {
                    let is_other = |name: &str| columns.iter().any(|column| column == name);
                    let passed = columns
                        .iter()
                        .map(|name| passed_through(name, beside, is_other));
                    beside.names().map(str::to_owned).chain(passed).collect()
                });
                Sink::Records(Box::new(Records::new(output, delimiter, columns)))
            }
        };
        Self { sink, beside }
    }

    /// A writer that goes on where an earlier one was broken off: a delimited file has its header already.
    pub fn resumed(output: W, format: Format, kept: &Recovered, beside: Beside) -> Self {
        let mut writer = Self::new(output, format, None, beside);
        if let Sink::Records(records) = &mut writer.sink {
            records.go_on(kept);
        }
        writer
    }

    /// The same for Excel where it is CSV or TSV: a byte order mark comes first, and a text that begins as a formula does gets an
    /// apostrophe before it.
    #[must_use]
    pub fn for_excel(mut self) -> Self {
        if let Sink::Records(records) = &mut self.sink {
            records.is_for_excel();
        }
        self
    }

    /// Gives a field that later rows have a column of its own, also where the first row lacks it.
    pub fn add_late(&mut self, field: &str) {
        if let Sink::Records(records) = &mut self.sink {
            records.has_late(passed_through(field, self.beside, |_| false));
        }
    }

    /// Writes one pair's score, its texts where they are wanted, and what is passed through.
    ///
    /// # Errors
    /// The output failed.
    pub fn write(
        &mut self,
        score: &FinalScore,
        pair: Option<&Pair>,
        extra: Map<String, Value>,
    ) -> Result<(), WriteError> {
        let row = ScoredRow::new(score, pair, self.beside, extra);
        match &mut self.sink {
            Sink::Lines(output) => {
                serde_json::to_writer(&mut *output, &row).map_err(io::Error::from)?;
                output.write_all(b"\n")?;
                Ok(())
            }
            Sink::Records(records) => match serde_json::to_value(&row).map_err(io::Error::from)? {
                Value::Object(object) => records.write(object),
                _ => Ok(()),
            },
        }
    }

    /// Writes out what is buffered, so that a killed run leaves it.
    ///
    /// # Errors
    /// The output failed.
    pub fn flush(&mut self) -> Result<(), WriteError> {
        match &mut self.sink {
            Sink::Lines(output) => output.flush()?,
            Sink::Records(records) => records.flush()?,
        }
        Ok(())
    }

    /// Writes out what is buffered and hands the output back.
    ///
    /// # Errors
    /// The output failed.
    pub fn finish(self) -> Result<W, WriteError> {
        match self.sink {
            Sink::Lines(mut output) => {
                output.flush()?;
                Ok(output)
            }
            Sink::Records(records) => records.finish(),
        }
    }
}

fn name_is_taken(name: &str, beside: Beside) -> bool {
    beside.names().any(|own| own == name) || OUTPUT_FIELDS.contains(&name)
}

/// The name under which a field is passed through: with `input_` before it, as often as needed, where it is one of a scored
/// pair's. `is_other` says whether another field that is passed through has a name.
fn passed_through(name: &str, beside: Beside, is_other: impl Fn(&str) -> bool) -> String {
    if name_is_taken(name, beside) {
        input_name(name, is_other)
    } else {
        name.to_owned()
    }
}

/// A name for a column of the input whose own is an output's: `input_` before it, as often as it takes until it is free.
pub fn input_name(name: &str, is_taken: impl Fn(&str) -> bool) -> String {
    let mut name = format!("input_{name}");
    while is_taken(&name) {
        name.insert_str(0, "input_");
    }
    name
}
