//! The command line. Every flag is also a variable `MIDBAND_<FLAG>` and a key of `midband.toml`.

mod asking;
mod bench;
mod comparing;
mod managing;
mod matching;
mod pairs;
mod profiling;
mod reporting;
mod routing;
mod serving;

use std::path::PathBuf;

use clap::{Args, Parser, Subcommand};
use midband_io::Format;

pub(crate) use self::{
    asking::{AskingArgs, CapArgs, JudgeArg, JudgeArgs, ServerArgs},
    bench::{BenchArgs, ModeArg},
    comparing::CompareArgs,
    managing::{
        CacheArgs, CacheCommand, CompareModelsArgs, LexiconArgs, LexiconCommand, ModelsArgs,
        ModelsCommand,
    },
    matching::{CompareArg, LinkTypeArg, MatchArgs, MergesArg, TOP_K},
    pairs::{ModelArgs, ReadingArgs, TextArgs, WritingArgs},
    profiling::ProfileArgs,
    reporting::{PurposeArg, ReportArgs, ReviewArgs},
    routing::{
        BandOnArg, CostArgs, EmbedArg, GoalArg, LearningArgs, MinGainArgs, PolicyArg, PolicyHints,
        RoutingArgs,
    },
    serving::{LimitArgs, LogArg, ServeArgs},
};
use crate::exit;

/// Scores text pairs: embeddings settle the clear pairs, an LLM judges the ambiguous middle band.
#[derive(Debug, Parser)]
#[command(name = "midband", version, after_help = exit::HELP, arg_required_else_help = true)]
pub(crate) struct Cli {
    /// Settings file. Flags override MIDBAND_* variables, and variables override this file. [default: midband.toml, if it exists]
    #[arg(long, global = true, value_name = "FILE", env = "MIDBAND_CONFIG")]
    pub(crate) config: Option<PathBuf>,
    #[command(subcommand)]
    pub(crate) command: Command,
}

#[derive(Debug, Subcommand)]
pub(crate) enum Command {
    /// Score a file of pairs (JSONL, CSV, TSV or Parquet).
    #[command(after_help = exit::HELP)]
    Score(Box<ScoreArgs>),
    /// Find and score matching records in two lists, or duplicates in one.
    #[command(after_help = exit::HELP)]
    Match(Box<MatchArgs>),
    /// Show what the columns of a list hold and what blocking rules would cost.
    #[command(after_help = exit::HELP)]
    Profile(Box<ProfileArgs>),
    /// Learn from labeled pairs: proxy weights, the judge's reliability, the decision threshold.
    Calibrate(Box<CalibrateArgs>),
    /// Measure scores against labels.
    Eval(EvalArgs),
    /// Show which pairs and clusters changed between two runs.
    Compare(CompareArgs),
    /// Serve scores, reports, jobs and review over HTTP.
    Serve(Box<ServeArgs>),
    /// Write a report on scored pairs: HTML, PDF or JSON.
    Report(Box<ReportArgs>),
    /// Write a page for labeling scored pairs by hand.
    Review(Box<ReviewArgs>),
    /// List, fetch, verify and locate embedding models and local judges.
    Models(ModelsArgs),
    /// Convert licensed vocabularies to lexicons for --lexicon.
    Lexicon(LexiconArgs),
    /// Check the runtime, the model and the judge; measure the judge; recommend server settings.
    #[command(
        after_help = "Exit codes:\n  0  everything works\n  1  something is missing\n  2  could not run"
    )]
    Doctor(Box<DoctorArgs>),
    /// Compare ways of scoring by time, throughput and accuracy, on your server or on a simulator.
    Bench(Box<BenchArgs>),
    /// Inspect and prune the caches of verdicts and embeddings.
    Cache(CacheArgs),
    /// Write manual pages to a folder: one for the program and one per command.
    Man {
        /// The folder.
        folder: PathBuf,
    },
    /// Print a completion script for a shell.
    Completions {
        /// The shell.
        shell: clap_complete::Shell,
    },
}

#[derive(Debug, Args)]
pub(crate) struct ScoreArgs {
    /// Pairs to score: files or patterns such as 'parts/*.csv', plain or compressed (gzip, zstd). `-` reads standard input.
    #[arg(required = true, value_name = "INPUT")]
    pub(crate) inputs: Vec<PathBuf>,
    #[command(flatten)]
    pub(crate) reading: ReadingArgs,
    #[command(flatten)]
    pub(crate) run: RunArgs,
    /// Write nothing and ask no judge: estimate what each policy would ask, in pairs, requests, tokens and minutes.
    #[arg(long)]
    pub(crate) dry_run: bool,
    /// Print every setting with its value and its origin, then exit.
    #[arg(long)]
    pub(crate) explain_config: bool,
}

/// Options of every run of the cascade.
#[derive(Debug, Args)]
pub(crate) struct RunArgs {
    #[command(flatten)]
    pub(crate) writing: WritingArgs,
    #[command(flatten)]
    pub(crate) model: ModelArgs,
    #[command(flatten)]
    pub(crate) routing: RoutingArgs,
    #[command(flatten)]
    pub(crate) judge: JudgeArgs,
    /// A person's labels by pair id or by record ids: a JSONL file from the review page, or CSV in Splink's format. The labels
    /// are final (decided_by = person). The judge is not asked about these pairs, they need no further review, and the run
    /// learns from them.
    #[arg(long, env = "MIDBAND_LABELS", value_name = "FILE")]
    pub(crate) labels: Option<PathBuf>,
    /// Seed for all random choices.
    #[arg(long, env = "MIDBAND_SEED", default_value_t = 0)]
    pub(crate) seed: u64,
    /// Resume an unfinished run with the same settings: finished rows are kept; vectors and verdicts come from the cache.
    /// Starts over if there is nothing to resume. Without --cache, midband keeps a cache next to the output until the run is
    /// complete, so use --resume from the first run on.
    #[arg(long, env = "MIDBAND_RESUME")]
    pub(crate) resume: bool,
    /// Print errors only.
    #[arg(short, long, env = "MIDBAND_QUIET")]
    pub(crate) quiet: bool,
    /// Format of standard error: text, or one JSON object per line with a timestamp. If standard error is not a terminal,
    /// progress appears as a line every ten seconds.
    #[arg(long, env = "MIDBAND_LOG", value_enum, default_value_t)]
    pub(crate) log: LogArg,
}

impl RunArgs {
    /// Everything apart from the input that shapes the output. A resumed run must have the same.
    pub(crate) fn shape(&self) -> impl std::fmt::Debug + '_ {
        (
            &self.writing,
            &self.model.embed_model,
            &self.model.embed_model_dir,
            self.model.max_tokens,
            &self.routing,
            &self.judge,
            (&self.labels, self.seed),
        )
    }
}

#[derive(Debug, Args)]
pub(crate) struct CalibrateArgs {
    /// Labeled pairs: one or more files or patterns. Rows without a label are ignored. `-` reads standard input.
    #[arg(required = true)]
    pub(crate) labelled: Vec<PathBuf>,
    /// Labels by pair id in a separate file: JSONL from the review page, or CSV in Splink's format.
    #[arg(long, env = "MIDBAND_LABELS", value_name = "FILE")]
    pub(crate) labels: Option<PathBuf>,
    /// File to write the calibration to.
    #[arg(short, long, default_value = "calibration.json", value_name = "FILE")]
    pub(crate) output: PathBuf,
    #[command(flatten)]
    pub(crate) reading: ReadingArgs,
    #[command(flatten)]
    pub(crate) model: ModelArgs,
    #[command(flatten)]
    pub(crate) learning: LearningArgs,
    #[command(flatten)]
    pub(crate) judge: JudgeArgs,
    /// Ask the judge about this many labeled pairs in every prompting mode, and compare agreement, time and value.
    #[arg(long, value_name = "PAIRS", num_args = 0..=1, default_missing_value = "40")]
    pub(crate) compare_modes: Option<usize>,
    /// Seed for all random choices.
    #[arg(long, env = "MIDBAND_SEED", default_value_t = 0)]
    pub(crate) seed: u64,
    /// Print errors only.
    #[arg(short, long, env = "MIDBAND_QUIET")]
    pub(crate) quiet: bool,
    /// Format of standard error: text, or one JSON object per line with a timestamp.
    #[arg(long, env = "MIDBAND_LOG", value_enum, default_value_t)]
    pub(crate) log: LogArg,
}

#[derive(Debug, Args)]
pub(crate) struct EvalArgs {
    /// A file that `midband score` wrote, with labels among its fields. `-` reads standard input.
    pub(crate) scored: PathBuf,
    /// Format of the file. [default: from its extension]
    #[arg(long, env = "MIDBAND_FORMAT", value_name = "jsonl|csv|tsv|parquet")]
    pub(crate) format: Option<Format>,
    #[command(flatten)]
    pub(crate) text: TextArgs,
    /// Numeric field with graded labels from 0 to 1, instead of `label`.
    #[arg(long, env = "MIDBAND_GOLD", value_name = "FIELD")]
    pub(crate) gold: Option<String>,
    #[command(flatten)]
    pub(crate) costs: CostArgs,
    /// The calibration of the run: shows the weight of each feature.
    #[arg(long, env = "MIDBAND_CALIBRATION", value_name = "FILE")]
    pub(crate) calibration: Option<PathBuf>,
    /// Print the result as one JSON object.
    #[arg(long)]
    pub(crate) json: bool,
}

#[derive(Debug, Args)]
pub(crate) struct DoctorArgs {
    #[command(flatten)]
    pub(crate) model: ModelArgs,
    #[command(flatten)]
    pub(crate) judge: JudgeArgs,
    /// Skip the measurements: generate no answers.
    #[arg(long)]
    pub(crate) quick: bool,
    /// Write the measurements to a file that you can share: figures only, no texts and no addresses.
    #[arg(long, value_name = "FILE", conflicts_with = "quick")]
    pub(crate) share: Option<PathBuf>,
    /// Print the result only.
    #[arg(short, long, env = "MIDBAND_QUIET")]
    pub(crate) quiet: bool,
    /// Print the result as one JSON object.
    #[arg(long)]
    pub(crate) json: bool,
}
