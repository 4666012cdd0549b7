//! Options for reading, writing and embedding.

use std::path::PathBuf;

use clap::{Args, ValueEnum};
use midband::Decision;
use midband_io::{Column, Encoding, Form, Format};

#[derive(Debug, Args)]
#[command(next_help_heading = "Reading")]
pub(crate) struct ReadingArgs {
    /// Format of the input. [default: from its extension; jsonl for standard input]
    #[arg(long, env = "MIDBAND_FORMAT", value_name = "jsonl|csv|tsv|parquet")]
    pub(crate) format: Option<Format>,
    /// Column with the pair's id: a name, or a position from 1.
    #[arg(long, env = "MIDBAND_ID", default_value = "id", value_name = "COLUMN")]
    pub(crate) id: Column,
    /// Column with the left text.
    #[arg(long, env = "MIDBAND_LEFT", default_value = "a", value_name = "COLUMN")]
    pub(crate) left: Column,
    /// Column with the right text.
    #[arg(
        long,
        env = "MIDBAND_RIGHT",
        default_value = "b",
        value_name = "COLUMN"
    )]
    pub(crate) right: Column,
    /// Numeric field with graded labels from 0 to 1, instead of `label`.
    #[arg(long, env = "MIDBAND_GOLD", value_name = "FIELD")]
    pub(crate) gold: Option<String>,
    #[command(flatten)]
    pub(crate) text: TextArgs,
    /// CSV or TSV without a header line: name columns by position.
    #[arg(short, long, env = "MIDBAND_NO_HEADERS")]
    pub(crate) no_headers: bool,
    /// Reject pairs with a longer text.
    #[arg(long, env = "MIDBAND_MAX_TEXT_BYTES", default_value_t = 1 << 20, value_name = "BYTES")]
    pub(crate) max_text_bytes: usize,
}

/// Delimiter, quoting and encoding.
#[derive(Clone, Debug, Default, Args)]
#[command(next_help_heading = "Reading")]
pub(crate) struct TextArgs {
    /// Field delimiter of CSV and TSV. [default: for CSV, the one that the first line shows: comma, semicolon, tab or bar; for
    /// TSV, a tab]
    #[arg(short, long, env = "MIDBAND_DELIMITER", value_name = "CHAR", value_parser = delimiter)]
    pub(crate) delimiter: Option<u8>,
    /// Treat double quotes around a field as CSV quoting. [default: on for CSV; off for TSV, where a quote is text]
    #[arg(long, env = "MIDBAND_QUOTING", value_name = "on|off")]
    pub(crate) quoting: Option<QuotingArg>,
    /// Text encoding: auto (UTF-8 or UTF-16), windows-1252, utf-16le or another WHATWG name.
    #[arg(long, env = "MIDBAND_ENCODING", value_name = "NAME", default_value_t)]
    pub(crate) encoding: Encoding,
}

impl TextArgs {
    /// How a file of this format is read.
    pub(crate) fn form(&self, format: Format) -> Form {
        Form {
            delimiter: self.delimiter,
            quoting: self.quoting(),
            encoding: self.encoding,
            ..Form::new(format)
        }
    }

    pub(crate) fn quoting(&self) -> Option<bool> {
        self.quoting.map(|given| given == QuotingArg::On)
    }
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub(crate) enum QuotingArg {
    On,
    Off,
}

fn delimiter(text: &str) -> Result<u8, String> {
    match text.as_bytes() {
        [b'"' | b'\r' | b'\n' | b'\0'] => Err("cannot be a quote, a line end or NUL".to_owned()),
        [byte] if byte.is_ascii() => Ok(*byte),
        _ if text == "\\t" => Ok(b'\t'),
        _ => Err("must be a single ASCII character, or \\t for a tab".to_owned()),
    }
}

#[derive(Clone, Debug, Args)]
#[command(next_help_heading = "Writing")]
pub(crate) struct WritingArgs {
    /// File to write scores to. OUTPUT.provenance.json, OUTPUT.summary.json and OUTPUT.rejected.jsonl go next to it. `-` is standard output. [default: -]
    #[arg(short, long, env = "MIDBAND_OUTPUT", value_name = "OUTPUT")]
    pub(crate) output: Option<PathBuf>,
    /// Format of the output. An Excel workbook (xlsx) has sheets for matches, pairs for review, records without a match,
    /// clusters and the summary. csv-semicolon is what Excel opens where the comma is the decimal sign. [default: from its extension, else the format of the input]
    #[arg(
        long,
        env = "MIDBAND_OUTPUT_FORMAT",
        value_name = "jsonl|csv|csv-semicolon|tsv|parquet|xlsx"
    )]
    pub(crate) output_format: Option<Format>,
    /// Include the texts in the output, as `a` and `b`.
    #[arg(long, env = "MIDBAND_INCLUDE_TEXT")]
    pub(crate) include_text: bool,
    /// Include how each score is made up: `parts` has the additive log odds of prior, features and verdict. `contradictions`
    /// names clinical statements that exclude each other, such as "side of cataract: left / right".
    #[arg(long, env = "MIDBAND_PARTS")]
    pub(crate) parts: bool,
    /// Write CSV and TSV for Excel: start with a byte order mark, so that Excel reads UTF-8, and put an apostrophe before text
    /// that Excel would run as a formula.
    #[arg(long, env = "MIDBAND_BOM")]
    pub(crate) bom: bool,
    /// Write only pairs with these decisions: match, no_match, review. The summary counts all pairs.
    #[arg(
        long,
        env = "MIDBAND_ONLY",
        value_name = "DECISION,…",
        value_delimiter = ','
    )]
    pub(crate) only: Vec<DecisionArg>,
    /// Print the provenance to standard error if scores go to standard output.
    #[arg(long, env = "MIDBAND_PROVENANCE")]
    pub(crate) provenance: bool,
}

impl WritingArgs {
    /// `-` is standard output, as if no output was named.
    pub(crate) fn settle(&mut self) {
        self.output.take_if(|output| output.as_os_str() == "-");
    }
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub(crate) enum DecisionArg {
    Match,
    #[value(name = "no_match", alias = "no-match")]
    NoMatch,
    Review,
}

#[derive(Clone, Debug, Args)]
#[command(next_help_heading = "Embedding")]
pub(crate) struct ModelArgs {
    /// Embedding model by name (see `midband models list`).
    #[arg(long, env = "MIDBAND_EMBED_MODEL", default_value = midband::embed::DEFAULT_MODEL, value_name = "NAME")]
    pub(crate) embed_model: String,
    /// Folder with your own model: model.onnx and its tokenizer files.
    #[arg(long, env = "MIDBAND_EMBED_MODEL_DIR", value_name = "DIR")]
    pub(crate) embed_model_dir: Option<PathBuf>,
    /// Maximum tokens per text. Longer texts are truncated and marked. [default: the model's limit]
    #[arg(long, env = "MIDBAND_MAX_TOKENS", value_name = "N", value_parser = at_least::<2>)]
    pub(crate) max_tokens: Option<usize>,
    /// Allow a model whose embeddings depend on the other texts in the batch.
    #[arg(long, env = "MIDBAND_ALLOW_BATCH_DEPENDENT")]
    pub(crate) allow_batch_dependent: bool,
    /// Path of the ONNX Runtime library. [default: ORT_DYLIB_PATH, midband's data folder, Python's onnxruntime, the system's]
    #[arg(long, env = "MIDBAND_ONNXRUNTIME", value_name = "PATH")]
    pub(crate) onnxruntime: Option<PathBuf>,
    /// Folder to cache embeddings and verdicts in, so that a second run embeds and asks nothing again. Contains no text.
    #[arg(long, env = "MIDBAND_CACHE", value_name = "DIR")]
    pub(crate) cache: Option<PathBuf>,
    /// Maximum size of both caches together, such as 2GB. A run first removes the least recently used entries. [default: none]
    #[arg(long, env = "MIDBAND_CACHE_MAX_SIZE", value_name = "SIZE", value_parser = size)]
    pub(crate) cache_max_size: Option<u64>,
    /// Embedding threads, at most 1,024; 0 means one per core.
    #[arg(long, env = "MIDBAND_THREADS", default_value_t = 0, value_name = "N", value_parser = threads)]
    pub(crate) threads: usize,
    /// Tokens per embedding batch, including padding.
    #[arg(long, env = "MIDBAND_BATCH_TOKENS", default_value_t = midband::embed::DEFAULT_BATCH_TOKENS, value_name = "N")]
    pub(crate) batch_tokens: usize,
}

/// A number with a minimum.
pub(crate) fn at_least<const LEAST: usize>(text: &str) -> Result<usize, String> {
    match text.parse() {
        Ok(number) if number >= LEAST => Ok(number),
        Ok(_) => Err(format!("must be at least {LEAST}")),
        Err(error) => Err(format!("{error}")),
    }
}

pub(crate) fn threads(text: &str) -> Result<usize, String> {
    match text.parse() {
        Ok(number) if number <= 1_024 => Ok(number),
        Ok(_) => Err("must be at most 1,024".to_owned()),
        Err(error) => Err(format!("{error}")),
    }
}

/// A size in bytes, with or without a unit. kB, MB, GB and TB are powers of 1,000; KiB, MiB, GiB and TiB of 1,024.
pub(crate) fn size(text: &str) -> Result<u64, String> {
    let wrong = || format!("{text:?} is not a size; write 500MB, 2GB or a number of bytes");
    let text = text.trim();
    let digits = text.len()
        - text
            .trim_start_matches(|sign: char| sign.is_ascii_digit() || sign == '.')
            .len();
    let (number, unit) = text.split_at(digits);
    let number: f64 = number.parse().map_err(|_| wrong())?;
    let unit = unit.trim().to_ascii_lowercase();
    let (letter, base) = match unit.strip_suffix("ib") {
        Some(letter) => (letter, 1_024f64),
        None => (unit.strip_suffix('b').unwrap_or(&unit), 1_000f64),
    };
    let power = ["", "k", "m", "g", "t"]
        .iter()
        .position(|known| *known == letter);
    let power = power.filter(|&power| power > 0 || base == 1_000.0);
    let bytes = number * base.powi(power.ok_or_else(wrong)? as i32);
    Ok(bytes as u64)
}

impl From<DecisionArg> for Decision {
    fn from(named: DecisionArg) -> Self {
        match named {
            DecisionArg::Match => Self::Match,
            DecisionArg::NoMatch => Self::NoMatch,
            DecisionArg::Review => Self::Review,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn sizes_have_units() {
        for (text, bytes) in [
            ("0", 0),
            ("1000", 1_000),
            ("2GB", 2_000_000_000),
            ("2 gb", 2_000_000_000),
            ("1.5k", 1_500),
            ("3MiB", 3 << 20),
            ("7B", 7),
        ] {
            assert_eq!(size(text), Ok(bytes), "{text}");
        }
        for text in ["", "GB", "-1", "1XB", "1.2.3", "1iB", "nan"] {
            assert!(size(text).is_err(), "{text}");
        }
    }
}
