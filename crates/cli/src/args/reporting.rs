//! What reports and the review page are made of.

use std::path::PathBuf;

use clap::{Args, ValueEnum};

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
    /// Pairs in the review list, and of which the page shows what their scores are made of.
    #[arg(long, default_value_t = 50, value_name = "N")]
    pub(crate) review: usize,
    /// Show the pairs' texts in the review list.
    #[arg(long, env = "MIDBAND_INCLUDE_TEXT")]
    pub(crate) include_text: bool,
    /// The pairs that were scored, where the scored file holds no texts.
    #[arg(long, value_name = "FILE")]
    pub(crate) pairs: Option<PathBuf>,
    /// The lists that `midband match` compared, the left one first: their records are the texts.
    #[arg(long, value_name = "LIST", num_args = 1..=2, conflicts_with = "pairs")]
    pub(crate) lists: Vec<PathBuf>,
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
    /// The lists that `midband match` compared, the left one first: their records are the texts.
    #[arg(long, value_name = "LIST", num_args = 1..=2, conflicts_with = "pairs")]
    pub(crate) lists: Vec<PathBuf>,
    /// What the labels are for: to decide the pairs that wait for a person, or to calibrate and to measure with pairs drawn at
    /// random. Where no pair waits, some are drawn at random to be looked at.
    #[arg(long = "for", value_enum, default_value_t, value_name = "PURPOSE")]
    pub(crate) purpose: PurposeArg,
    /// So many pairs drawn at random from all; the same as `--for calibrate --most N`.
    #[arg(long, value_name = "N", conflicts_with = "most")]
    pub(crate) random: Option<usize>,
    /// Pairs on the page at most. [default: 500; 100 to calibrate]
    #[arg(long, value_name = "N")]
    pub(crate) most: Option<usize>,
    /// Seed of what is drawn at random.
    #[arg(long, env = "MIDBAND_SEED", default_value_t = 0)]
    pub(crate) seed: u64,
    #[command(flatten)]
    pub(crate) reading: ReadingArgs,
}

#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, ValueEnum)]
pub(crate) enum PurposeArg {
    /// The pairs that wait for a person, those first at which a look is worth most.
    #[default]
    Decide,
    /// Pairs drawn at random, so that the labels speak for all.
    Calibrate,
}
