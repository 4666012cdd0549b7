//! What reports and the review page are made of.

use std::path::PathBuf;

use clap::Args;

use super::{CostArgs, ReadingArgs};

#[derive(Debug, Args)]
pub(crate) struct ReportArgs {
    /// A file that `midband score` or `midband match` wrote; provenance and summary are read from beside it.
    pub(crate) scored: PathBuf,
    /// Where the report goes; its ending says which form: .html, .pdf or .json.
    #[arg(short, long, default_value = "report.html", value_name = "FILE")]
    pub(crate) output: PathBuf,
    /// Labels in a file of their own: what the review page saves, as JSONL or as Splink's CSV.
    #[arg(long, env = "MIDBAND_LABELS", value_name = "FILE")]
    pub(crate) labels: Option<PathBuf>,
    /// Pairs in the review list.
    #[arg(long, default_value_t = 50, value_name = "N")]
    pub(crate) review: usize,
    /// Show the pairs' texts in the review list.
    #[arg(long, env = "MIDBAND_INCLUDE_TEXT")]
    pub(crate) include_text: bool,
    /// The pairs that were scored, where the scored file holds no texts.
    #[arg(long, value_name = "FILE")]
    pub(crate) pairs: Option<PathBuf>,
    #[command(flatten)]
    pub(crate) reading: ReadingArgs,
    #[command(flatten)]
    pub(crate) costs: CostArgs,
}

#[derive(Debug, Args)]
pub(crate) struct ReviewArgs {
    /// A file that `midband score` or `midband match` wrote.
    pub(crate) scored: PathBuf,
    /// Where the page goes.
    #[arg(short, long, default_value = "review.html", value_name = "FILE")]
    pub(crate) output: PathBuf,
    /// The pairs that were scored, where the scored file holds no texts.
    #[arg(long, value_name = "FILE")]
    pub(crate) pairs: Option<PathBuf>,
    /// Pairs on the page at most, the most informative ones.
    #[arg(long, default_value_t = 500, value_name = "N")]
    pub(crate) most: usize,
    #[command(flatten)]
    pub(crate) reading: ReadingArgs,
}
