//! What the command line can say. Every flag is also a variable `MIDBAND_<FLAG>` and a key of
//! `midband.toml`.

use std::path::PathBuf;

use clap::{Args, Parser, Subcommand, ValueEnum};
use midband::{
    Band,
    combiner::TaskKind,
    features::FeatureSet,
    judge::{Format as AnswerFormat, Mode, SecondLook},
};
use midband_io::{Column, Format};

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
    /// Score a file of pairs (JSONL, CSV or TSV).
    #[command(after_help = exit::HELP)]
    Score(Box<ScoreArgs>),
    /// Learn from labelled pairs: the proxy, the judge's reliability, the rule of decision.
    Calibrate(Box<CalibrateArgs>),
    /// Measure scores against labels.
    Eval(EvalArgs),
    /// List, fetch, verify and find embedding models.
    Models(ModelsArgs),
    /// Check runtime, model and judge, measure the judge, and recommend settings for its server.
    #[command(
        after_help = "Exit codes:\n  0  all is well\n  1  something is missing\n  2  could not run"
    )]
    Doctor(Box<DoctorArgs>),
    /// Look into the verdict cache.
    Cache(CacheArgs),
    /// Print a completion script for a shell.
    Completions {
        /// The shell.
        shell: clap_complete::Shell,
    },
}

#[derive(Debug, Args)]
pub(crate) struct ScoreArgs {
    /// Pairs to score; `-` reads standard input.
    pub(crate) input: PathBuf,
    #[command(flatten)]
    pub(crate) reading: ReadingArgs,
    #[command(flatten)]
    pub(crate) writing: WritingArgs,
    #[command(flatten)]
    pub(crate) model: ModelArgs,
    #[command(flatten)]
    pub(crate) routing: RoutingArgs,
    #[command(flatten)]
    pub(crate) judge: JudgeArgs,
    /// Seed of every random choice.
    #[arg(long, env = "MIDBAND_SEED", default_value_t = 0)]
    pub(crate) seed: u64,
    /// Say nothing but errors.
    #[arg(short, long, env = "MIDBAND_QUIET")]
    pub(crate) quiet: bool,
    /// Ask nobody and write nothing: say what each policy would ask, in pairs, requests, tokens and minutes.
    #[arg(long)]
    pub(crate) dry_run: bool,
    /// Print every setting with its value and where it came from, and stop.
    #[arg(long)]
    pub(crate) explain_config: bool,
}

#[derive(Debug, Args)]
pub(crate) struct CalibrateArgs {
    /// Labelled pairs; rows without a label are left out. `-` reads standard input.
    pub(crate) labelled: PathBuf,
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
    #[arg(long, value_name = "PAIRS", num_args = 0..=1, default_missing_value = "40", requires = "judge")]
    pub(crate) compare: Option<usize>,
    /// Seed of every random choice.
    #[arg(long, env = "MIDBAND_SEED", default_value_t = 0)]
    pub(crate) seed: u64,
    /// Say nothing but errors.
    #[arg(short, long, env = "MIDBAND_QUIET")]
    pub(crate) quiet: bool,
}

#[derive(Debug, Args)]
#[command(next_help_heading = "Reading")]
pub(crate) struct ReadingArgs {
    /// The input's format. [default: by its ending; jsonl on standard input]
    #[arg(long, env = "MIDBAND_FORMAT", value_name = "jsonl|csv|tsv")]
    pub(crate) format: Option<Format>,
    /// The pair's id: a field's name, or a column's position from 1.
    #[arg(long, env = "MIDBAND_ID", default_value = "id", value_name = "COLUMN")]
    pub(crate) id: Column,
    /// The left text.
    #[arg(long, env = "MIDBAND_LEFT", default_value = "a", value_name = "COLUMN")]
    pub(crate) left: Column,
    /// The right text.
    #[arg(
        long,
        env = "MIDBAND_RIGHT",
        default_value = "b",
        value_name = "COLUMN"
    )]
    pub(crate) right: Column,
    /// A numeric field with graded gold in 0..1, instead of `label`.
    #[arg(long, env = "MIDBAND_GOLD", value_name = "FIELD")]
    pub(crate) gold: Option<String>,
    /// What stands between the fields of a delimited file.
    #[arg(short, long, env = "MIDBAND_DELIMITER", value_name = "CHAR")]
    pub(crate) delimiter: Option<char>,
    /// A delimited file has no header line.
    #[arg(short, long, env = "MIDBAND_NO_HEADERS")]
    pub(crate) no_headers: bool,
    /// Longer texts are rejected.
    #[arg(long, env = "MIDBAND_MAX_TEXT_BYTES", default_value_t = 1 << 20, value_name = "BYTES")]
    pub(crate) max_text_bytes: usize,
}

#[derive(Debug, Args)]
#[command(next_help_heading = "Writing")]
pub(crate) struct WritingArgs {
    /// Where the scores go, with OUTPUT.provenance.json and OUTPUT.rejected.jsonl beside. [default: standard output]
    #[arg(short, long, env = "MIDBAND_OUTPUT", value_name = "OUTPUT")]
    pub(crate) output: Option<PathBuf>,
    /// The output's format. [default: by its ending; else the input's]
    #[arg(long, env = "MIDBAND_OUTPUT_FORMAT", value_name = "jsonl|csv|tsv")]
    pub(crate) output_format: Option<Format>,
    /// Write the texts too, as `a` and `b`.
    #[arg(long, env = "MIDBAND_INCLUDE_TEXT")]
    pub(crate) include_text: bool,
    /// Print the provenance to standard error where the scores go to standard output.
    #[arg(long, env = "MIDBAND_PROVENANCE")]
    pub(crate) provenance: bool,
}

#[derive(Debug, Args)]
#[command(next_help_heading = "Embedding")]
pub(crate) struct ModelArgs {
    /// An embedding model by name (`midband models list`).
    #[arg(long, env = "MIDBAND_EMBED_MODEL", default_value = midband::embed::DEFAULT_MODEL, value_name = "NAME")]
    pub(crate) embed_model: String,
    /// A folder with model.onnx and its tokenizer files.
    #[arg(long, env = "MIDBAND_EMBED_MODEL_DIR", value_name = "DIR")]
    pub(crate) embed_model_dir: Option<PathBuf>,
    /// Tokens of a text that are read; longer texts are truncated and marked. [default: the model's own]
    #[arg(long, env = "MIDBAND_MAX_TOKENS", value_name = "N")]
    pub(crate) max_tokens: Option<usize>,
    /// Accept a model whose embeddings depend on what else is in the batch.
    #[arg(long, env = "MIDBAND_ALLOW_BATCH_DEPENDENT")]
    pub(crate) allow_batch_dependent: bool,
    /// The ONNX Runtime library. [default: ORT_DYLIB_PATH, midband's data folder, Python's onnxruntime, the system's]
    #[arg(long, env = "MIDBAND_ONNXRUNTIME", value_name = "PATH")]
    pub(crate) onnxruntime: Option<PathBuf>,
    /// Folder of the caches of embeddings and verdicts: a second run asks and embeds nothing again. Holds no text.
    #[arg(long, env = "MIDBAND_CACHE", value_name = "DIR")]
    pub(crate) cache: Option<PathBuf>,
    /// Threads for embedding; 0 = one a core.
    #[arg(long, env = "MIDBAND_THREADS", default_value_t = 0, value_name = "N")]
    pub(crate) threads: usize,
    /// Tokens in a batch, padding included.
    #[arg(long, env = "MIDBAND_BATCH_TOKENS", default_value_t = midband::embed::DEFAULT_BATCH_TOKENS, value_name = "N")]
    pub(crate) batch_tokens: usize,
}

#[derive(Debug, Args)]
#[command(next_help_heading = "Routing")]
pub(crate) struct RoutingArgs {
    /// Which pairs are asked. [default: target with --target, gain with --calibration, else band]
    #[arg(long, env = "MIDBAND_POLICY", value_enum)]
    pub(crate) policy: Option<PolicyArg>,
    /// The ambiguous band: below LOWER a pair is rejected, from UPPER on accepted, between them the judge is asked.
    /// [default: 0.5..0.9 on the cosine of all-MiniLM-L6-v2, 0.2..0.8 on the proxy score]
    #[arg(
        long,
        env = "MIDBAND_BAND",
        value_name = "LOWER..UPPER",
        allow_hyphen_values = true
    )]
    pub(crate) band: Option<Band>,
    /// What the band is laid on.
    #[arg(long, env = "MIDBAND_BAND_ON", value_enum, default_value_t)]
    pub(crate) band_on: BandOnArg,
    /// What the budget policy may ask at most, pairs.
    #[arg(long, env = "MIDBAND_MAX_QUESTIONS", value_name = "N")]
    pub(crate) max_questions: Option<usize>,
    /// A quality to certify against the judge: accuracy=X, precision=X, recall=X, precision=X,recall=Y or f1=X.
    #[arg(long, env = "MIDBAND_TARGET", value_name = "QUALITY=X")]
    pub(crate) target: Option<String>,
    /// Probability that a certified promise is broken.
    #[arg(long, env = "MIDBAND_DELTA", default_value_t = 0.1, value_name = "D")]
    pub(crate) delta: f64,
    /// What labels taught: a file that `midband calibrate` wrote.
    #[arg(long, env = "MIDBAND_CALIBRATION", value_name = "FILE")]
    pub(crate) calibration: Option<PathBuf>,
    /// Which pairs are embedded, where a policy learns.
    #[arg(long, env = "MIDBAND_EMBED", value_enum, default_value_t)]
    pub(crate) embed: EmbedArg,
    #[command(flatten)]
    pub(crate) learning: LearningArgs,
}

/// What learning runs and calibrations share.
#[derive(Debug, Args)]
pub(crate) struct LearningArgs {
    /// What the texts are. [default: records where most texts read "field: value; …", else general]
    #[arg(
        long,
        env = "MIDBAND_TASK_KIND",
        value_name = "records|questions|terms|general"
    )]
    pub(crate) task_kind: Option<TaskKind>,
    /// What is compared beside the cosine: all, cosine, or a list of names and groups.
    #[arg(
        long,
        env = "MIDBAND_FEATURES",
        default_value = "all",
        value_name = "all|cosine|LIST"
    )]
    pub(crate) features: FeatureSet,
    /// What the decisions are to be good at.
    #[arg(long, env = "MIDBAND_GOAL", value_enum, default_value_t)]
    pub(crate) goal: GoalArg,
    /// What calling two different things a match costs (--goal cost).
    #[arg(
        long,
        env = "MIDBAND_COST_FALSE_MATCH",
        default_value_t = 1.0,
        value_name = "COST"
    )]
    pub(crate) cost_false_match: f64,
    /// What overlooking a match costs (--goal cost).
    #[arg(
        long,
        env = "MIDBAND_COST_MISSED_MATCH",
        default_value_t = 1.0,
        value_name = "COST"
    )]
    pub(crate) cost_missed_match: f64,
    /// What a person's look at a pair costs (--goal cost); pairs for which it pays get decision = review.
    #[arg(long, env = "MIDBAND_COST_REVIEW", value_name = "COST")]
    pub(crate) cost_review: Option<f64>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub(crate) enum PolicyArg {
    /// A fixed band; works on a stream of any length.
    Band,
    /// Ask where asking pays, and learn from every verdict.
    Gain,
    /// The same, within --max-questions.
    Budget,
    /// As many as it takes to certify --target.
    Target,
}

#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, ValueEnum)]
pub(crate) enum EmbedArg {
    /// Every pair.
    #[default]
    All,
    /// Only those that their wording leaves unsure, where labels or the records prior show that nothing is lost;
    /// the cosine of the rest is null.
    Auto,
}

#[derive(Clone, Copy, Debug, Default, ValueEnum)]
pub(crate) enum GoalArg {
    /// As many right decisions as possible.
    #[default]
    Accuracy,
    /// The largest F1 of the match class.
    F1,
    /// The smallest cost.
    Cost,
}

#[derive(Debug, Args)]
#[command(next_help_heading = "Judging")]
pub(crate) struct JudgeArgs {
    /// Who is asked about ambiguous pairs. [default: ollama where a server answers, else none]
    #[arg(long, env = "MIDBAND_JUDGE", value_enum)]
    pub(crate) judge: Option<JudgeArg>,
    /// An Ollama server; repeat it to share the load. [default: OLLAMA_HOST, else http://127.0.0.1:11434]
    #[arg(
        long,
        env = "MIDBAND_OLLAMA",
        value_name = "URL",
        value_delimiter = ','
    )]
    pub(crate) ollama: Vec<String>,
    /// Models by tag, preferred first; what is absent is skipped. [default: medgemma:1.5-4b-q4]
    #[arg(
        long,
        env = "MIDBAND_MODELS",
        value_name = "TAG,…",
        value_delimiter = ','
    )]
    pub(crate) models: Vec<String>,
    /// What "match" means: patient-match, same-question, same-concept, similarity, or a TOML file.
    #[arg(
        long,
        env = "MIDBAND_TASK",
        default_value = "patient-match",
        value_name = "NAME|FILE"
    )]
    pub(crate) task: String,
    /// How the judge is asked: auto, think, constrained, glance or standard.
    #[arg(long, env = "MIDBAND_MODE", default_value = "auto")]
    pub(crate) mode: Mode,
    /// Form of a constrained answer: digits, array or keyed.
    #[arg(
        long,
        env = "MIDBAND_ANSWER_FORMAT",
        default_value = "digits",
        value_name = "FORM"
    )]
    pub(crate) answer_format: AnswerFormat,
    /// Pairs in a request, 1 to 16. [default: 4 with thoughts, 8 without]
    #[arg(long, env = "MIDBAND_BATCH_SIZE", value_name = "N")]
    pub(crate) batch_size: Option<usize>,
    /// Most requests at once to one server.
    #[arg(long, env = "MIDBAND_IN_FLIGHT", default_value_t = 2, value_name = "N")]
    pub(crate) in_flight: usize,
    /// Tokens of context that the server keeps for prompt and answer.
    #[arg(
        long,
        env = "MIDBAND_NUM_CTX",
        default_value_t = 8192,
        value_name = "N"
    )]
    pub(crate) num_ctx: u32,
    /// How long the model stays loaded after a request; -1 for ever.
    #[arg(
        long,
        env = "MIDBAND_KEEP_ALIVE",
        default_value = "24h",
        value_name = "TIME",
        allow_hyphen_values = true
    )]
    pub(crate) keep_alive: String,
    /// Most requests of the run.
    #[arg(long, env = "MIDBAND_MAX_CALLS", value_name = "N")]
    pub(crate) max_calls: Option<u64>,
    /// Longest time from the first request on, such as 10m.
    #[arg(long, env = "MIDBAND_MAX_JUDGE_TIME", value_name = "TIME")]
    pub(crate) max_judge_time: Option<String>,
    /// Time after the start at which what is still open stays unanswered, such as 30s.
    #[arg(long, env = "MIDBAND_DEADLINE", value_name = "TIME")]
    pub(crate) deadline: Option<String>,
    /// Ask unsure pairs again: think (with thoughts) or swap (a and b swapped).
    #[arg(long, env = "MIDBAND_SECOND_LOOK", value_name = "HOW")]
    pub(crate) second_look: Option<SecondLook>,
    /// Ask for a short reason of each score: one more request a pair.
    #[arg(long, env = "MIDBAND_EXPLAIN")]
    pub(crate) explain: bool,
    /// Ask again even where the cache holds a verdict.
    #[arg(long, env = "MIDBAND_FRESH")]
    pub(crate) fresh: bool,
    /// Allow a judge that is not on this machine: pair text leaves it.
    #[arg(long, env = "MIDBAND_ALLOW_REMOTE_JUDGE")]
    pub(crate) allow_remote_judge: bool,
    /// Pull the first model where no server has any.
    #[arg(long, env = "MIDBAND_PULL")]
    pub(crate) pull: bool,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub(crate) enum JudgeArg {
    /// Nobody: such pairs keep their proxy score and wait.
    None,
    /// A model behind an Ollama server.
    Ollama,
}

#[derive(Clone, Copy, Debug, Default, ValueEnum)]
pub(crate) enum BandOnArg {
    #[default]
    Cosine,
    Proxy,
}

#[derive(Debug, Args)]
pub(crate) struct EvalArgs {
    /// A file written by `midband score`, with labels among the passed-through fields; `-` reads standard input.
    pub(crate) scored: PathBuf,
    /// The file's format. [default: by its ending]
    #[arg(long, env = "MIDBAND_FORMAT", value_name = "jsonl|csv|tsv")]
    pub(crate) format: Option<Format>,
    /// A numeric field with graded gold in 0..1, instead of `label`.
    #[arg(long, env = "MIDBAND_GOLD", value_name = "FIELD")]
    pub(crate) gold: Option<String>,
    /// What calling two different things a match costs.
    #[arg(
        long,
        env = "MIDBAND_COST_FALSE_MATCH",
        default_value_t = 1.0,
        value_name = "COST"
    )]
    pub(crate) cost_false_match: f64,
    /// What overlooking a match costs.
    #[arg(
        long,
        env = "MIDBAND_COST_MISSED_MATCH",
        default_value_t = 1.0,
        value_name = "COST"
    )]
    pub(crate) cost_missed_match: f64,
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
    /// Remove every verdict.
    Clear,
    /// Remove the verdicts of one pair.
    Forget {
        /// The pair's id.
        id: String,
    },
}

#[derive(Debug, Args)]
pub(crate) struct ModelsArgs {
    #[command(subcommand)]
    pub(crate) command: ModelsCommand,
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
        /// Name of the model, as `list` shows it.
        name: String,
        /// The ONNX Runtime library.
        #[arg(long, env = "MIDBAND_ONNXRUNTIME", value_name = "PATH")]
        onnxruntime: Option<PathBuf>,
    },
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
