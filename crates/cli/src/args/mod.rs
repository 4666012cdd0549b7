//! The command line. Every flag is also a variable `MIDBAND_<FLAG>` and a key of `midband.toml`.

mod asking;
mod bench;
mod comparing;
mod matching;
mod pairs;
mod profiling;
mod reporting;
mod serving;

use std::path::PathBuf;

use clap::{Args, Parser, Subcommand};
use midband_io::Format;

pub(crate) use self::{
    asking::{
        AskingArgs, BandOnArg, CapArgs, CostArgs, EmbedArg, GoalArg, JudgeArg, JudgeArgs,
        LearningArgs, MinGainArgs, PolicyArg, RoutingArgs, ServerArgs,
    },
    bench::{BenchArgs, ModeArg},
    comparing::CompareArgs,
    matching::{CompareArg, LinkTypeArg, MatchArgs, MergesArg, TOP_K},
    pairs::{ModelArgs, ReadingArgs, TextArgs, WritingArgs},
    profiling::ProfileArgs,
    reporting::{PurposeArg, ReportArgs, ReviewArgs},
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
    /// Learn from labelled pairs: proxy weights, the judge's reliability, the decision threshold.
    Calibrate(Box<CalibrateArgs>),
    /// Measure scores against labels.
    Eval(EvalArgs),
    /// Show which pairs and clusters changed between two runs.
    Compare(CompareArgs),
    /// Serve scores, reports, jobs and review over HTTP.
    Serve(Box<ServeArgs>),
    /// Write a report on scored pairs: HTML, PDF or JSON.
    Report(Box<ReportArgs>),
    /// Write a page for labelling scored pairs by hand.
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
    /// Labelled pairs: one or more files or patterns. Rows without a label are ignored. `-` reads standard input.
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
    /// Ask the judge about this many labelled pairs in every prompting mode, and compare agreement, time and value.
    #[arg(long, value_name = "PAIRS", num_args = 0..=1, default_missing_value = "40")]
    pub(crate) compare: Option<usize>,
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

#[derive(Debug, Args)]
pub(crate) struct CacheArgs {
    #[command(subcommand)]
    pub(crate) command: CacheCommand,
    /// Cache folder.
    #[arg(
        long,
        env = "MIDBAND_CACHE",
        value_name = "DIR",
        global = true,
        default_value = "."
    )]
    pub(crate) cache: PathBuf,
}

#[derive(Debug, Subcommand)]
pub(crate) enum CacheCommand {
    /// Show the contents and size of the caches.
    Stats {
        /// Print the result as one JSON object.
        #[arg(long)]
        json: bool,
    },
    /// Remove all verdicts and embeddings.
    Clear,
    /// Remove the oldest entries. The age of an embedding counts from the day of its last use, the age of a verdict from the
    /// time it was given.
    #[command(group(clap::ArgGroup::new("bound").required(true).multiple(true)))]
    Prune {
        /// Remove entries older than this, such as 30d.
        #[arg(long, value_name = "TIME", group = "bound")]
        older_than: Option<String>,
        /// Maximum size of both caches together, such as 2GB. Embeddings are removed before verdicts, which cost more to get.
        #[arg(long, value_name = "SIZE", value_parser = pairs::size, group = "bound")]
        cache_max_size: Option<u64>,
    },
    /// Remove the verdicts on one pair.
    Forget {
        /// Id of the pair.
        id: String,
    },
}

#[derive(Debug, Args)]
pub(crate) struct LexiconArgs {
    #[command(subcommand)]
    pub(crate) command: LexiconCommand,
}

#[derive(Debug, Subcommand)]
pub(crate) enum LexiconCommand {
    /// Convert a release that you are licensed to use: UMLS or RxNorm (RRF files), or SNOMED CT (RF2 snapshot).
    Import {
        /// Folder of the release.
        #[arg(value_name = "FOLDER")]
        release: PathBuf,
        /// File to write the lexicon to.
        #[arg(short, long, default_value = "lexicon.csv", value_name = "FILE")]
        output: PathBuf,
        /// Language of the names.
        #[arg(long, default_value = "en", value_name = "TAG")]
        language: String,
        /// Print errors only.
        #[arg(short, long, env = "MIDBAND_QUIET")]
        quiet: bool,
    },
}

#[derive(Debug, Args)]
pub(crate) struct ModelsArgs {
    #[command(subcommand)]
    pub(crate) command: ModelsCommand,
}

#[derive(Debug, Args)]
pub(crate) struct CompareModelsArgs {
    /// Models by name (see `midband models list`), or folders with model.onnx and its tokenizer files.
    #[arg(required = true, value_name = "MODEL")]
    pub(crate) models: Vec<String>,
    /// Labelled pairs. Rows without a label are ignored.
    #[arg(long, value_name = "FILE")]
    pub(crate) pairs: PathBuf,
    #[command(flatten)]
    pub(crate) reading: ReadingArgs,
    /// Allow models whose embeddings depend on the other texts in the batch.
    #[arg(long, env = "MIDBAND_ALLOW_BATCH_DEPENDENT")]
    pub(crate) allow_batch_dependent: bool,
    /// Path of the ONNX Runtime library.
    #[arg(long, env = "MIDBAND_ONNXRUNTIME", value_name = "PATH")]
    pub(crate) onnxruntime: Option<PathBuf>,
    /// Embedding threads, at most 1,024; 0 means one per core.
    #[arg(long, env = "MIDBAND_THREADS", default_value_t = 0, value_name = "N", value_parser = pairs::threads)]
    pub(crate) threads: usize,
    /// Print one JSON object per line.
    #[arg(long)]
    pub(crate) json: bool,
}

#[derive(Debug, Subcommand)]
pub(crate) enum ModelsCommand {
    /// List the available models and those that are installed.
    List {
        /// Print one JSON object per line.
        #[arg(long)]
        json: bool,
    },
    /// Download a model from the hub to midband's data folder. No other command downloads a model.
    Fetch {
        /// Name of an embedding model (see `midband models list`), or OWNER/REPOSITORY/FILE.gguf, a judge for --judge local. Set
        /// HF_TOKEN for a gated repository and HF_ENDPOINT for another hub.
        name: String,
        /// Accept the terms of the judge's weights. Without this flag, the command shows where to read them and exits.
        #[arg(long, env = "MIDBAND_ACCEPT_TERMS")]
        accept_terms: bool,
        /// Print errors only.
        #[arg(short, long, env = "MIDBAND_QUIET")]
        quiet: bool,
        /// Path of the ONNX Runtime library.
        #[arg(long, env = "MIDBAND_ONNXRUNTIME", value_name = "PATH")]
        onnxruntime: Option<PathBuf>,
    },
    /// Make the static vectors of a model: one vector per word, for very long lists. Needed once per model; takes between half
    /// a minute and a few minutes.
    Distil {
        /// Name of the model.
        #[arg(default_value = midband::embed::DEFAULT_MODEL)]
        name: String,
        /// Folder with your own model.
        #[arg(long, env = "MIDBAND_EMBED_MODEL_DIR", value_name = "DIR")]
        embed_model_dir: Option<PathBuf>,
        /// Path of the ONNX Runtime library.
        #[arg(long, env = "MIDBAND_ONNXRUNTIME", value_name = "PATH")]
        onnxruntime: Option<PathBuf>,
        /// Make the vectors again even if they exist and are valid.
        #[arg(long)]
        again: bool,
        /// Print errors only.
        #[arg(short, long, env = "MIDBAND_QUIET")]
        quiet: bool,
    },
    /// Compare embedding models on your labelled pairs: how well each separates matches, its speed and its memory.
    Compare(Box<CompareModelsArgs>),
    /// Compare every file of the installed models with its recorded digest.
    Verify {
        /// Name of a model. [default: all installed models]
        name: Option<String>,
        /// Folder with your own model.
        #[arg(
            long,
            env = "MIDBAND_EMBED_MODEL_DIR",
            value_name = "DIR",
            conflicts_with = "name"
        )]
        embed_model_dir: Option<PathBuf>,
        /// Record the current digests of that folder's files.
        #[arg(long, requires = "embed_model_dir")]
        record: bool,
    },
    /// Print the paths of the runtime library and of a model.
    Where {
        /// Name of the model.
        #[arg(default_value = midband::embed::DEFAULT_MODEL)]
        name: String,
        /// Path of the ONNX Runtime library.
        #[arg(long, env = "MIDBAND_ONNXRUNTIME", value_name = "PATH")]
        onnxruntime: Option<PathBuf>,
    },
}
