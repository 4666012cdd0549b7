//! Options of `midband profile`.

use std::path::PathBuf;

use clap::Args;
use midband_io::Format;

use super::TextArgs;

#[derive(Debug, Args)]
pub(crate) struct ProfileArgs {
    /// List of records (JSONL, CSV, TSV or Parquet). A name with `*`, `?` or `[` is a pattern; the files that match it form one
    /// list.
    pub(crate) list: PathBuf,
    /// Format of the list. [default: from its extension]
    #[arg(long, env = "MIDBAND_FORMAT", value_name = "jsonl|csv|tsv|parquet")]
    pub(crate) format: Option<Format>,
    /// Column with the record ids, which are not compared.
    #[arg(long, env = "MIDBAND_ID", default_value = "id", value_name = "COLUMN")]
    pub(crate) id: String,
    /// Correct the type of a column: NAME=TYPE, such as birth_date=date. Repeat the flag or separate with commas.
    #[arg(
        long,
        env = "MIDBAND_COLUMN",
        value_name = "NAME=TYPE,…",
        value_delimiter = ','
    )]
    pub(crate) column: Vec<String>,
    /// Blocking rules to estimate the cost of. [default: rules that fit the columns]
    #[arg(long, env = "MIDBAND_BLOCK_ON", value_name = "RULE,…")]
    pub(crate) block_on: Vec<String>,
    /// Show the most frequent values themselves, not only their counts.
    #[arg(long, env = "MIDBAND_INCLUDE_TEXT")]
    pub(crate) include_text: bool,
    /// Number of frequent values per column.
    #[arg(long, default_value_t = 5, value_name = "N")]
    pub(crate) top: usize,
    /// Print the result as one JSON object.
    #[arg(long)]
    pub(crate) json: bool,
    /// CSV or TSV without a header line: name columns by position, from 1.
    #[arg(short, long, env = "MIDBAND_NO_HEADERS")]
    pub(crate) no_headers: bool,
    #[command(flatten)]
    pub(crate) form: TextArgs,
}
