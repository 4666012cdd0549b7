//! What the command line can say. Every flag is also a variable `MIDBAND_<FLAG>` and a key of
//! `midband.toml`.

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
    matching::{CompareArg, LinkTypeArg, MatchArgs, MergesArg},
    pairs::{ModelArgs, ReadingArgs, TextArgs, WritingArgs},
    profiling::ProfileArgs,
    reporting::{PurposeArg, ReportArgs, ReviewArgs},
    serving::{LimitArgs, LogArg, ServeArgs},
};
use crate::exit;

/// Scores text pairs: embeddings for the clear ones, an LLM for the ambiguous middle band.
#[derive(Debug, Parser)]
#[command(name = "midband", version, after_help = exit::HELP, arg_required_else_help = true)]
pub(crate) struct Cli {
    /// Settings file; a flag wins over a MIDBAND_* variable, a variable over this file. [default: midband.toml, where there is one]
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
    /// Find the pairs in two lists of records, or in one (de-duplication), and score them.
    #[command(after_help = exit::HELP)]
    Match(Box<MatchArgs>),
    /// Say what the columns of a list hold and what blocking rules would cost.
    #[command(after_help = exit::HELP)]
    Profile(Box<ProfileArgs>),
    /// Learn from labelled pairs: the proxy, the judge's reliability, the rule of decision.
    Calibrate(Box<CalibrateArgs>),
    /// Measure scores against labels.
    Eval(EvalArgs),
    /// Say which pairs and clusters changed between two runs.
    Compare(CompareArgs),
    /// Answer over HTTP: scores, reports, jobs, review.
    Serve(Box<ServeArgs>),
    /// Write a report on scored pairs: HTML, PDF or JSON.
    Report(Box<ReportArgs>),
    /// Write a page on which a person labels scored pairs.
    Review(Box<ReviewArgs>),
    /// List, fetch, verify and find embedding models and local judges.
    Models(ModelsArgs),
    /// Make lexicons of licensed vocabularies, for --lexicon.
    Lexicon(LexiconArgs),
    /// Check runtime, model and judge, measure the judge, and recommend settings for its server.
    #[command(
        after_help = "Exit codes:\n  0  all is well\n  1  something is missing\n  2  could not run"
    )]
    Doctor(Box<DoctorArgs>),
    /// Compare ways of scoring: time, throughput and accuracy, on your server or on a simulator.
    Bench(Box<BenchArgs>),
    /// Look into the caches of verdicts and embeddings, and keep them small.
    Cache(CacheArgs),
    /// Write manual pages into a folder: one for the program, one for each command.
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
    /// Pairs to score: files, patterns such as 'parts/*.csv', plain or compressed (gzip, zstd); `-` reads standard input.
    #[arg(required = true, value_name = "INPUT")]
    pub(crate) inputs: Vec<PathBuf>,
    #[command(flatten)]
    pub(crate) reading: ReadingArgs,
    #[command(flatten)]
    pub(crate) run: RunArgs,
    /// Ask nobody and write nothing: say what each policy would ask, in pairs, requests, tokens and minutes.
    #[arg(long)]
    pub(crate) dry_run: bool,
    /// Print every setting with its value and where it came from, and stop.
    #[arg(long)]
    pub(crate) explain_config: bool,
}

/// What every run of the cascade can be told.
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
    /// A person's labels, by the pairs' ids or their records': what the review page saves, as JSONL or as Splink's CSV. They
    /// stand (decided_by = person): no judge is asked about these pairs, nobody reviews them again, and the run learns from
    /// them.
    #[arg(long, env = "MIDBAND_LABELS", value_name = "FILE")]
    pub(crate) labels: Option<PathBuf>,
    /// Seed of every random choice.
    #[arg(long, env = "MIDBAND_SEED", default_value_t = 0)]
    pub(crate) seed: u64,
    /// Go on with an unfinished run of the same settings: finished rows are kept, vectors and verdicts come from the cache.
    /// Begins anew where there is none. Without --cache a cache stands beside the output until the run is finished: say
    /// --resume from the first run on.
    #[arg(long, env = "MIDBAND_RESUME")]
    pub(crate) resume: bool,
    /// Say nothing but errors.
    #[arg(short, long, env = "MIDBAND_QUIET")]
    pub(crate) quiet: bool,
    /// How standard error speaks: text, or one JSON object a line with its time. Where it is no terminal, a line says every
    /// half minute how far the run is.
    #[arg(long, env = "MIDBAND_LOG", value_enum, default_value_t)]
    pub(crate) log: LogArg,
}

impl RunArgs {
    /// All that shapes the output beside the input: what a run must share with one that it goes on with.
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
    /// Labelled pairs, in one file or several, by name or by pattern; rows without a label are left out. `-` reads
    /// standard input.
    #[arg(required = true)]
    pub(crate) labelled: Vec<PathBuf>,
    /// Labels in a file of their own, by the pairs' ids: what the review page saves, as JSONL or as Splink's CSV.
    #[arg(long, env = "MIDBAND_LABELS", value_name = "FILE")]
    pub(crate) labels: Option<PathBuf>,
    /// Where the calibration goes.
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
    /// Ask so many gold pairs in every way the judge knows, and compare agreement, time and worth.
    #[arg(long, value_name = "PAIRS", num_args = 0..=1, default_missing_value = "40")]
    pub(crate) compare: Option<usize>,
    /// Seed of every random choice.
    #[arg(long, env = "MIDBAND_SEED", default_value_t = 0)]
    pub(crate) seed: u64,
    /// Say nothing but errors.
    #[arg(short, long, env = "MIDBAND_QUIET")]
    pub(crate) quiet: bool,
    /// How standard error speaks: text, or one JSON object a line with its time.
    #[arg(long, env = "MIDBAND_LOG", value_enum, default_value_t)]
    pub(crate) log: LogArg,
}

#[derive(Debug, Args)]
pub(crate) struct EvalArgs {
    /// A file written by `midband score`, with labels among the passed-through fields; `-` reads standard input.
    pub(crate) scored: PathBuf,
    /// The file's format. [default: by its ending]
    #[arg(long, env = "MIDBAND_FORMAT", value_name = "jsonl|csv|tsv|parquet")]
    pub(crate) format: Option<Format>,
    #[command(flatten)]
    pub(crate) text: TextArgs,
    /// A numeric field with graded gold in 0..1, instead of `label`.
    #[arg(long, env = "MIDBAND_GOLD", value_name = "FIELD")]
    pub(crate) gold: Option<String>,
    #[command(flatten)]
    pub(crate) costs: CostArgs,
    /// The calibration that was in force: shows what each feature weighs in it.
    #[arg(long, env = "MIDBAND_CALIBRATION", value_name = "FILE")]
    pub(crate) calibration: Option<PathBuf>,
    /// Print one JSON object.
    #[arg(long)]
    pub(crate) json: bool,
}

#[derive(Debug, Args)]
pub(crate) struct DoctorArgs {
    #[command(flatten)]
    pub(crate) model: ModelArgs,
    #[command(flatten)]
    pub(crate) judge: JudgeArgs,
    /// Generate nothing: no rates are measured.
    #[arg(long)]
    pub(crate) quick: bool,
    /// Write what was measured into a file that can be sent to others: figures, and neither texts nor addresses.
    #[arg(long, value_name = "FILE", conflicts_with = "quick")]
    pub(crate) share: Option<PathBuf>,
    /// Say nothing but the result.
    #[arg(short, long, env = "MIDBAND_QUIET")]
    pub(crate) quiet: bool,
    /// Print one JSON object.
    #[arg(long)]
    pub(crate) json: bool,
}

#[derive(Debug, Args)]
pub(crate) struct CacheArgs {
    #[command(subcommand)]
    pub(crate) command: CacheCommand,
    /// Folder of the cache.
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
    /// Count what it holds.
    Stats {
        /// Print one JSON object.
        #[arg(long)]
        json: bool,
    },
    /// Remove every verdict and every embedding.
    Clear,
    /// Remove what was used longest ago. Embeddings count from the day on which they were last used, verdicts from the
    /// moment at which they were given.
    #[command(group(clap::ArgGroup::new("bound").required(true).multiple(true)))]
    Prune {
        /// Remove what is older, such as 30d.
        #[arg(long, value_name = "TIME", group = "bound")]
        older_than: Option<String>,
        /// Bound on both caches together, such as 2GB; embeddings go before verdicts, which were paid for.
        #[arg(long, value_name = "SIZE", value_parser = pairs::size, group = "bound")]
        cache_max_size: Option<u64>,
    },
    /// Remove the verdicts of one pair.
    Forget {
        /// The pair's id.
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
    /// Make a lexicon of a release that you have a licence for: UMLS or RxNorm (RRF files), or SNOMED CT (RF2 snapshot).
    Import {
        /// The release's folder.
        #[arg(value_name = "FOLDER")]
        release: PathBuf,
        /// Where the lexicon goes.
        #[arg(short, long, default_value = "lexicon.csv", value_name = "FILE")]
        output: PathBuf,
        /// Language of the names.
        #[arg(long, default_value = "en", value_name = "TAG")]
        language: String,
        /// Say nothing but errors.
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
    /// Models by name (`midband models list`), or folders with model.onnx and its tokenizer files.
    #[arg(required = true, value_name = "MODEL")]
    pub(crate) models: Vec<String>,
    /// Labelled pairs; rows without a label are left out.
    #[arg(long, value_name = "FILE")]
    pub(crate) pairs: PathBuf,
    #[command(flatten)]
    pub(crate) reading: ReadingArgs,
    /// Accept models whose embeddings depend on what else is in the batch.
    #[arg(long, env = "MIDBAND_ALLOW_BATCH_DEPENDENT")]
    pub(crate) allow_batch_dependent: bool,
    /// The ONNX Runtime library.
    #[arg(long, env = "MIDBAND_ONNXRUNTIME", value_name = "PATH")]
    pub(crate) onnxruntime: Option<PathBuf>,
    /// Threads for embedding, 1,024 at most; 0 = one a core.
    #[arg(long, env = "MIDBAND_THREADS", default_value_t = 0, value_name = "N", value_parser = pairs::threads)]
    pub(crate) threads: usize,
    /// Print one JSON object a line.
    #[arg(long)]
    pub(crate) json: bool,
}

#[derive(Debug, Subcommand)]
pub(crate) enum ModelsCommand {
    /// List the models that can be fetched, and those that are here.
    List {
        /// Print one JSON object a line.
        #[arg(long)]
        json: bool,
    },
    /// Fetch a model from the hub into midband's data folder. The only command that uses the network for a model.
    Fetch {
        /// Name of an embedding model, as `list` shows it, or OWNER/REPOSITORY/FILE.gguf: a judge for --judge local. The
        /// variable HF_TOKEN holds the token that a gated repository wants, HF_ENDPOINT another hub.
        name: String,
        /// Accept the terms of a judge's weights. Without it the command shows where they stand, and stops.
        #[arg(long, env = "MIDBAND_ACCEPT_TERMS")]
        accept_terms: bool,
        /// Say nothing but errors.
        #[arg(short, long, env = "MIDBAND_QUIET")]
        quiet: bool,
        /// The ONNX Runtime library.
        #[arg(long, env = "MIDBAND_ONNXRUNTIME", value_name = "PATH")]
        onnxruntime: Option<PathBuf>,
    },
    /// Make a model's table of static vectors: the meaning of single words, for texts by the hundred thousand. Takes half a
    /// minute to minutes, once.
    Distil {
        /// Name of the model.
        #[arg(default_value = midband::embed::DEFAULT_MODEL)]
        name: String,
        /// A folder of your own.
        #[arg(long, env = "MIDBAND_EMBED_MODEL_DIR", value_name = "DIR")]
        embed_model_dir: Option<PathBuf>,
        /// The ONNX Runtime library.
        #[arg(long, env = "MIDBAND_ONNXRUNTIME", value_name = "PATH")]
        onnxruntime: Option<PathBuf>,
        /// Make it anew where it is there and right.
        #[arg(long)]
        again: bool,
        /// Say nothing but errors.
        #[arg(short, long, env = "MIDBAND_QUIET")]
        quiet: bool,
    },
    /// Measure embedding models on labelled pairs of your own: how well each tells matches apart, how fast, in how much memory.
    Compare(Box<CompareModelsArgs>),
    /// Compare every file of the models that are here with its recorded digest.
    Verify {
        /// A model by name; all that are here where none is named.
        name: Option<String>,
        /// A folder of your own.
        #[arg(
            long,
            env = "MIDBAND_EMBED_MODEL_DIR",
            value_name = "DIR",
            conflicts_with = "name"
        )]
        embed_model_dir: Option<PathBuf>,
        /// Record the digests of that folder's files as they are now.
        #[arg(long, requires = "embed_model_dir")]
        record: bool,
    },
    /// Print where the runtime library and a model are.
    Where {
        /// Name of the model.
        #[arg(default_value = midband::embed::DEFAULT_MODEL)]
        name: String,
        /// The ONNX Runtime library.
        #[arg(long, env = "MIDBAND_ONNXRUNTIME", value_name = "PATH")]
        onnxruntime: Option<PathBuf>,
    },
}
