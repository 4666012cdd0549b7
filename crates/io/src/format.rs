//! Which form a file has.

use std::{fmt, path::Path, str::FromStr};

/// The form of a file of pairs or of scores.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Format {
    /// One JSON object a line.
    Jsonl,
    /// Comma-separated, quoted as in RFC 4180.
    Csv,
    /// The same with semicolons, as Excel has it where the comma is the decimal sign.
    CsvSemicolon,
    /// The same with tabs.
    Tsv,
    /// Apache Parquet. Read as the JSON lines that its rows are, and written as JSON lines that are packed at the end.
    Parquet,
    /// An Excel workbook. Written as JSON lines that are packed at the end; never read.
    Xlsx,
}

/// The text names no form.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error(
    "{0:?} is not a format that midband knows: jsonl, csv, csv-semicolon, tsv, parquet or (to write) xlsx"
)]
pub struct UnknownFormat(pub String);

impl Format {
    /// The form that a file's ending names, that of a compressed file before `.gz` or `.zst`; `None` where it names none.
    pub fn from_ending(path: &Path) -> Option<Self> {
        let ending = path.extension()?.to_str()?;
        if ["gz", "zst", "zstd"]
            .iter()
            .any(|packed| ending.eq_ignore_ascii_case(packed))
        {
            return Self::from_ending(Path::new(path.file_stem()?));
        }
        ending.parse().ok()
    }

    /// True for a form whose file is made of JSON lines once all are known: no pipe can take it.
    pub fn is_packed(self) -> bool {
        matches!(self, Self::Parquet | Self::Xlsx)
    }

    /// The ending of a spreadsheet that midband does not write, so that nothing else is written under that name.
    pub fn other_spreadsheet(path: &Path) -> Option<&str> {
        let ending = path.extension()?.to_str()?;
        let others = ["xls", "xlsm", "xlsb", "xltx", "ods", "numbers"];
        others
            .iter()
            .any(|other| ending.eq_ignore_ascii_case(other))
            .then_some(ending)
    }

    /// The delimiter between fields, where the form has one.
    pub fn delimiter(self) -> Option<u8> {
        match self {
            Self::Jsonl | Self::Parquet | Self::Xlsx => None,
            Self::Csv => Some(b','),
            Self::CsvSemicolon => Some(b';'),
            Self::Tsv => Some(b'\t'),
        }
    }
}

impl FromStr for Format {
    type Err = UnknownFormat;
    fn from_str(text: &str) -> Result<Self, UnknownFormat> {
        match text.to_ascii_lowercase().as_str() {
            "jsonl" | "ndjson" | "json" => Ok(Self::Jsonl),
            "csv" => Ok(Self::Csv),
            "csv-semicolon" => Ok(Self::CsvSemicolon),
            "tsv" | "tab" => Ok(Self::Tsv),
            "parquet" | "pq" => Ok(Self::Parquet),
            "xlsx" => Ok(Self::Xlsx),
            _ => Err(UnknownFormat(text.to_owned())),
        }
    }
}

impl fmt::Display for Format {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Jsonl => "jsonl",
            Self::Csv => "csv",
            Self::CsvSemicolon => "csv-semicolon",
            Self::Tsv => "tsv",
            Self::Parquet => "parquet",
            Self::Xlsx => "xlsx",
        })
    }
}
