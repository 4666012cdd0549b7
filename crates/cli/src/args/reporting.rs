//! Options of reports and of the review page.

use std::path::PathBuf;

use clap::{Args, ValueEnum};

use super::{CostArgs, ReadingArgs, pairs::at_least};

#[derive(Debug, Args)]
pub(crate) struct ReportArgs {
    /// A file that `midband score` or `midband match` wrote. midband also reads the provenance and summary next to it.
    pub(crate) scored: PathBuf,
    /// File to write the report to: .html, .pdf or .json.
    #[arg(short, long, default_value = "report.html", value_name = "FILE")]
    pub(crate) output: PathBuf,
    /// Labels in a separate file: JSONL from the review page, or CSV in Splink's format.
    #[arg(long, env = "MIDBAND_LABELS", value_name = "FILE")]
    pub(crate) labels: Option<PathBuf>,
    /// Number of pairs in the review list, each with the evidence for its score.
    #[arg(long, default_value_t = 50, value_name = "N")]
    pub(crate) review: usize,
    /// Show this pair too, by its id, with the evidence for its score. Can be repeated; these pairs come first.
    #[arg(long, env = "MIDBAND_SHOW", value_name = "ID")]
    pub(crate) show: Vec<String>,
    /// Show texts in the review list.
    #[arg(long, env = "MIDBAND_INCLUDE_TEXT")]
    pub(crate) include_text: bool,
    /// The scored pairs, if the scored file has no texts.
    #[arg(long, value_name = "FILE")]
    pub(crate) pairs: Option<PathBuf>,
    /// The lists that `midband match` compared, left list first, if the scored file has no texts.
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
    /// File to write the page to.
    #[arg(short, long, default_value = "review.html", value_name = "FILE")]
    pub(crate) output: PathBuf,
    /// The scored pairs, if the scored file has no texts.
    #[arg(long, value_name = "FILE")]
    pub(crate) pairs: Option<PathBuf>,
    /// The lists that `midband match` compared, left list first, if the scored file has no texts.
    #[arg(long, value_name = "LIST", num_args = 1..=2, conflicts_with = "pairs")]
    pub(crate) lists: Vec<PathBuf>,
    /// Purpose of the labels: to decide the pairs that wait for review, or to calibrate and measure with pairs drawn at random.
    /// If no pair waits, the page shows some at random.
    #[arg(long = "for", value_enum, default_value_t, value_name = "PURPOSE")]
    pub(crate) purpose: PurposeArg,
    /// Draw N pairs at random: short for `--for calibrate --most N`.
    #[arg(long, value_name = "N", conflicts_with = "most", value_parser = at_least::<1>)]
    pub(crate) random: Option<usize>,
    /// Maximum number of pairs on the page. [default: 500; 100 to calibrate]
    #[arg(long, value_name = "N", value_parser = at_least::<1>)]
    pub(crate) most: Option<usize>,
    /// Seed for the random draw.
    #[arg(long, env = "MIDBAND_SEED", default_value_t = 0)]
    pub(crate) seed: u64,
    #[command(flatten)]
    pub(crate) reading: ReadingArgs,
}

#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, ValueEnum)]
pub(crate) enum PurposeArg {
    /// The pairs that wait for review, most valuable first.
    #[default]
    Decide,
    /// Pairs drawn at random, so that the labels represent all pairs.
    Calibrate,
}
