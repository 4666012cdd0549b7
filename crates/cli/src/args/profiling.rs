//! What `midband profile` can be told.

use std::path::PathBuf;

use clap::Args;
use midband_io::Format;

use super::TextArgs;

#[derive(Debug, Args)]
pub(crate) struct ProfileArgs {
    /// Records (JSONL, CSV, TSV or Parquet). A name with `*`, `?` or `[` is a pattern: the files that it matches are one
    /// list.
    pub(crate) list: PathBuf,
    /// The list's format. [default: by its ending]
    #[arg(long, env = "MIDBAND_FORMAT", value_name = "jsonl|csv|tsv|parquet")]
    pub(crate) format: Option<Format>,
    /// The column of the records' ids, which is not compared.
    #[arg(long, env = "MIDBAND_ID", default_value = "id", value_name = "COLUMN")]
    pub(crate) id: String,
    /// The type of a column where the one that was found is wrong: NAME=TYPE, such as birth_date=date. Repeat it, or put
    /// commas between.
    #[arg(
        long,
        env = "MIDBAND_COLUMN",
        value_name = "NAME=TYPE,…",
        value_delimiter = ','
    )]
    pub(crate) column: Vec<String>,
    /// Say what these blocking rules would cost. [default: rules that the columns suggest]
    #[arg(long, env = "MIDBAND_BLOCK_ON", value_name = "RULE,…")]
    pub(crate) block_on: Vec<String>,
    /// Show the most frequent values, and not only how frequent they are.
    #[arg(long, env = "MIDBAND_INCLUDE_TEXT")]
    pub(crate) include_text: bool,
    /// Frequent values of each column.
    #[arg(long, default_value_t = 5, value_name = "N")]
    pub(crate) top: usize,
    /// Print one JSON object.
    #[arg(long)]
    pub(crate) json: bool,
    /// A delimited file has no header line: columns are positions from 1.
    #[arg(short, long, env = "MIDBAND_NO_HEADERS")]
    pub(crate) no_headers: bool,
    #[command(flatten)]
    pub(crate) form: TextArgs,
}
