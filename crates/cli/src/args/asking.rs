//! Which pairs the judge is asked about, what the run learns, and how the judge is asked.

use std::{path::PathBuf, str::FromStr};

use clap::{Args, ValueEnum};
use midband::{
    Band, BandError, DEFAULT_BAND_ON_COSINE, DEFAULT_BAND_ON_PROXY,
    features::FeatureSet,
    judge::{BatchSize, PromptingMode, SecondLook},
    model::TaskKind,
    router::{GainOptions, Reference},
};

#[derive(Debug, Args)]
#[command(next_help_heading = "Routing")]
pub(crate) struct RoutingArgs {
    /// Which pairs to ask the judge about. [default: target with --target, band with --band, budget with --max-questions, else gain]
    #[arg(long, env = "MIDBAND_POLICY", value_enum)]
    pub(crate) policy: Option<PolicyArg>,
    /// The ambiguous band. Pairs below LOWER are rejected, pairs from UPPER up are accepted, and the judge is asked about the rest.
    /// [default: 0.5..0.9 on the cosine of all-MiniLM-L6-v2, 0.2..0.8 on the proxy score]
    #[arg(
        long,
        env = "MIDBAND_BAND",
        value_name = "LOWER..UPPER",
        allow_hyphen_values = true
    )]
    pub(crate) band: Option<Band>,
    /// The score that the band applies to. [default: cosine]
    #[arg(long, env = "MIDBAND_BAND_ON", value_enum)]
    pub(crate) band_on: Option<BandOnArg>,
    #[command(flatten)]
    pub(crate) min_gain: MinGainArgs,
    /// Maximum number of pairs to ask the judge about. Implies `--policy budget`.
    #[arg(long, env = "MIDBAND_MAX_QUESTIONS", value_name = "N")]
    pub(crate) max_questions: Option<usize>,
    /// Time limit for asking the judge, such as 30m. The most useful questions come first; the rest stays unanswered.
    /// [default: none]
    #[arg(long, env = "MIDBAND_TIME_LIMIT", value_name = "TIME")]
    pub(crate) time_limit: Option<String>,
    /// Quality to certify against the judge's answers: accuracy=X, precision=X, recall=X, precision=X,recall=Y or f1=X.
    #[arg(long, env = "MIDBAND_TARGET", value_name = "QUALITY=X")]
    pub(crate) target: Option<String>,
    /// Probability that the certified quality is not met.
    #[arg(long, env = "MIDBAND_DELTA", default_value_t = 0.1, value_name = "D", value_parser = delta)]
    pub(crate) delta: f64,
    /// Reference for --target: the judge, or `gold` for the labels in the input. With `gold`, midband reads labels instead of
    /// asking a judge, and only those that the policy needs. Pairs without a label stay unanswered.
    #[arg(
        long,
        env = "MIDBAND_REFERENCE",
        default_value = "judge",
        value_name = "judge|gold"
    )]
    pub(crate) reference: Reference,
    /// A calibration that `midband calibrate` wrote.
    #[arg(long, env = "MIDBAND_CALIBRATION", value_name = "FILE")]
    pub(crate) calibration: Option<PathBuf>,
    /// Number of pairs to learn from. The other pairs of a longer input are scored with the result.
    #[arg(
        long,
        env = "MIDBAND_SAMPLE",
        default_value_t = midband_run::DEFAULT_SAMPLE,
        value_name = "N",
        value_parser = super::pairs::at_least::<1>
    )]
    pub(crate) sample: usize,
    /// Number of settled pairs, drawn at random, to ask the judge about at the end. Reports how often it disagrees, with an interval.
    #[arg(long, env = "MIDBAND_AUDIT", default_value_t = 0, value_name = "N")]
    pub(crate) audit: usize,
    /// Which pairs to embed if the policy learns.
    #[arg(long, env = "MIDBAND_EMBED", value_enum, default_value_t)]
    pub(crate) embed: EmbedArg,
    #[command(flatten)]
    pub(crate) learning: LearningArgs,
}

impl RoutingArgs {
    /// The fixed band: as given, or the default one if the band policy is named.
    pub(crate) fn wanted_band(&self) -> Result<Option<Band>, BandError> {
        let (lower, upper) = match (self.band, self.band_on) {
            (Some(band), _) => return Ok(Some(band)),
            (None, Some(BandOnArg::Proxy)) => DEFAULT_BAND_ON_PROXY,
            (None, Some(BandOnArg::Cosine)) => DEFAULT_BAND_ON_COSINE,
            (None, None) if self.policy == Some(PolicyArg::Band) => DEFAULT_BAND_ON_COSINE,
            (None, None) => return Ok(None),
        };
        Band::new(lower, upper).map(Some)
    }

    /// True if a fixed band is named.
    pub(crate) fn names_band(&self) -> bool {
        self.band.is_some() || self.band_on.is_some()
    }
}

/// When a question is worth its cost.
#[derive(Clone, Debug, Args)]
pub(crate) struct MinGainArgs {
    /// Minimum expected gain of a judge call, in wrong decisions avoided. At 0.02, the judge may be asked fifty questions to
    /// correct one decision. A higher value means fewer questions and more errors.
    #[arg(long, env = "MIDBAND_MIN_GAIN", default_value_t = GainOptions::default().min_gain, value_name = "P", value_parser = min_gain)]
    pub(crate) min_gain: f64,
}

impl MinGainArgs {
    pub(crate) fn options(&self) -> GainOptions {
        GainOptions::at_min_gain(self.min_gain)
    }
}

fn delta(text: &str) -> Result<f64, String> {
    match text.parse() {
        Ok(delta) if delta > 0.0 && delta < 1.0 => Ok(delta),
        _ => Err("must be a probability between 0 and 1, both excluded".to_owned()),
    }
}

fn min_gain(text: &str) -> Result<f64, String> {
    match text.parse() {
        Ok(min_gain) if (0.0..1.0).contains(&min_gain) => Ok(min_gain),
        _ => Err("must be at least 0 and below 1".to_owned()),
    }
}

/// Options that learning runs and calibrations share.
#[derive(Debug, Args)]
pub(crate) struct LearningArgs {
    /// Kind of texts. [default: records if most texts look like "field: value; …", narratives if most look like clinical notes,
    /// else general]
    #[arg(
        long,
        env = "MIDBAND_TASK_KIND",
        value_name = "records|questions|terms|narratives|general"
    )]
    pub(crate) task_kind: Option<TaskKind>,
    /// Features to use: all, cosine (the cosine alone), or a list of names and groups.
    #[arg(
        long,
        env = "MIDBAND_FEATURES",
        default_value = "all",
        value_name = "all|cosine|LIST"
    )]
    pub(crate) features: FeatureSet,
    /// Your own lexicon: CSV or Parquet with the columns form, concept, kind and relations (docs/clinical.md). midband adds its
    /// names to the built-in clinical ones. Repeatable. `midband lexicon import` makes one from a UMLS, RxNorm or SNOMED CT
    /// release.
    #[arg(
        long,
        env = "MIDBAND_LEXICON",
        value_name = "FILE",
        value_delimiter = ','
    )]
    pub(crate) lexicon: Vec<PathBuf>,
    /// Goal of the decisions. [default: cost if a cost is named; else that of the calibration; else f1 for texts that look like
    /// records, accuracy for other texts and for columns]
    #[arg(long, env = "MIDBAND_GOAL", value_enum)]
    pub(crate) goal: Option<GoalArg>,
    #[command(flatten)]
    pub(crate) costs: CostArgs,
    /// Cost of a manual review. Pairs that are worth it get decision = review. Implies --goal cost.
    #[arg(long, env = "MIDBAND_COST_REVIEW", value_name = "COST")]
    pub(crate) cost_review: Option<f64>,
}

/// Costs of wrong decisions. They set the threshold of a run, and `eval` adds them up.
#[derive(Debug, Args)]
pub(crate) struct CostArgs {
    /// Cost of a false match. [default: 1; 5 for lists of people compared by columns]
    #[arg(
        long = "cost-false-match",
        env = "MIDBAND_COST_FALSE_MATCH",
        value_name = "COST"
    )]
    pub(crate) false_match: Option<f64>,
    /// Cost of a missed match. [default: 1]
    #[arg(
        long = "cost-missed-match",
        env = "MIDBAND_COST_MISSED_MATCH",
        value_name = "COST"
    )]
    pub(crate) missed_match: Option<f64>,
}

impl CostArgs {
    /// True if a cost is given.
    pub(crate) fn are_given(&self) -> bool {
        self.false_match.is_some() || self.missed_match.is_some()
    }

    /// The costs as given; 1 for the rest.
    pub(crate) fn or_one(&self) -> midband_report::Costs {
        midband_report::Costs {
            false_match: self.false_match.unwrap_or(1.0),
            missed_match: self.missed_match.unwrap_or(1.0),
        }
    }
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub(crate) enum PolicyArg {
    /// A fixed band. Works on a stream of any length.
    Band,
    /// Ask if a verdict is worth --min-gain, and learn from every verdict.
    Gain,
    /// As gain, with at most --max-questions questions.
    Budget,
    /// As many questions as --target needs.
    Target,
}

#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, ValueEnum)]
pub(crate) enum EmbedArg {
    /// Every pair.
    All,
    /// Only pairs that the wording leaves undecided, if a calibration or the prior for records shows that nothing is lost.
    /// The cosine of the other pairs is null. With --target, every pair.
    #[default]
    Auto,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub(crate) enum GoalArg {
    /// The most correct decisions.
    Accuracy,
    /// The highest F1 for matches.
    F1,
    /// The lowest cost.
    Cost,
}

/// The judge's server, model and task.
#[derive(Clone, Debug, Args)]
#[command(next_help_heading = "Judging")]
pub(crate) struct ServerArgs {
    /// Judge for ambiguous pairs: none, ollama, openai (any server with the OpenAI API), or local. For local, midband starts
    /// llama.cpp's server for the run, with a GGUF file (local:FILE.gguf) or a model from `midband models fetch` (local:NAME, or
    /// just local if there is only one). [default: openai with --judge-url; else ollama if a server answers; else none]
    #[arg(
        long,
        env = "MIDBAND_JUDGE",
        value_name = "none|ollama|openai|local[:FILE]"
    )]
    pub(crate) judge: Option<JudgeArg>,
    /// Path of llama.cpp's server for --judge local. [default: llama-server on the PATH, else the Python package that
    /// scripts/live-judge installs]
    #[arg(long, env = "MIDBAND_LLAMA_SERVER", value_name = "PROGRAM")]
    pub(crate) llama_server: Option<PathBuf>,
    /// URL of an Ollama server. Repeat the flag to share the load. [default: OLLAMA_HOST, else http://127.0.0.1:11434]
    #[arg(
        long,
        env = "MIDBAND_OLLAMA",
        value_name = "URL",
        value_delimiter = ','
    )]
    pub(crate) ollama: Vec<String>,
    /// URL of a server with the OpenAI API (llama.cpp, vLLM, LM Studio, TGI), such as http://host:8000/v1. Repeat the flag to
    /// share the load. Set its key in the variable MIDBAND_JUDGE_API_KEY; there is no flag for it.
    #[arg(
        long,
        env = "MIDBAND_JUDGE_URL",
        value_name = "URL",
        value_delimiter = ','
    )]
    pub(crate) judge_url: Vec<String>,
    /// Models by tag in order of preference; missing ones are skipped. [default: medgemma:1.5-4b-q4 for Ollama, else the first
    /// model that the server lists]
    #[arg(
        long,
        env = "MIDBAND_MODELS",
        value_name = "TAG,…",
        value_delimiter = ','
    )]
    pub(crate) models: Vec<String>,
    /// The meaning of "match": patient-match, same-question, same-concept, same-person, same-product, same-work, same-thing,
    /// similarity, or a TOML file (docs/tasks.md). auto uses the calibration's task, else the task that the texts suggest.
    /// Without texts (serve, doctor), auto is patient-match.
    #[arg(
        long,
        env = "MIDBAND_TASK",
        default_value = "auto",
        value_name = "NAME|FILE"
    )]
    pub(crate) task: String,
    /// Context length in tokens, for prompt and answer together.
    #[arg(
        long,
        env = "MIDBAND_NUM_CTX",
        default_value_t = 8192,
        value_name = "N"
    )]
    pub(crate) num_ctx: u32,
    /// How long Ollama keeps the model loaded after a request; -1 means forever.
    #[arg(
        long,
        env = "MIDBAND_KEEP_ALIVE",
        default_value = "24h",
        value_name = "TIME",
        allow_hyphen_values = true
    )]
    pub(crate) keep_alive: String,
    /// Allow a judge on another machine. Pair text is sent there.
    #[arg(long, env = "MIDBAND_ALLOW_REMOTE_JUDGE")]
    pub(crate) allow_remote_judge: bool,
    /// Time limit per request to the judge, such as 10m. midband extends it if the measured speed shows that a request needs
    /// longer.
    #[arg(
        long,
        env = "MIDBAND_REQUEST_TIMEOUT",
        default_value = "5m",
        value_name = "TIME"
    )]
    pub(crate) request_timeout: String,
    /// Pull the first model if no server has one of --models.
    #[arg(long, env = "MIDBAND_PULL")]
    pub(crate) pull: bool,
}

/// The judge of a run, how it is asked, and its limits.
#[derive(Clone, Debug, Args)]
pub(crate) struct JudgeArgs {
    #[command(flatten)]
    pub(crate) asking: AskingArgs,
    #[command(flatten)]
    pub(crate) caps: CapArgs,
}

/// The judge and how it is asked.
#[derive(Clone, Debug, Args)]
#[command(next_help_heading = "Judging")]
pub(crate) struct AskingArgs {
    #[command(flatten)]
    pub(crate) server: ServerArgs,
    /// Prompting mode of the judge.
    #[arg(long, env = "MIDBAND_MODE", value_enum, default_value_t)]
    pub(crate) mode: PromptingArg,
    /// Old name for a part of --mode.
    #[arg(
        long,
        env = "MIDBAND_ANSWER_FORMAT",
        hide = true,
        value_parser = answer_format
    )]
    pub(crate) answer_format: Option<PromptingMode>,
    /// Pairs per request, 1 to 16: a number, or a range in which midband finds the fastest. [default: 4 with thoughts, 4..16 without]
    #[arg(long, env = "MIDBAND_BATCH_SIZE", value_name = "N|LEAST..MOST")]
    pub(crate) batch_size: Option<BatchSize>,
    /// Maximum concurrent requests per server; lowered automatically if that is faster. [default: 2 for Ollama, else 16]
    #[arg(long, env = "MIDBAND_IN_FLIGHT", value_name = "N")]
    pub(crate) in_flight: Option<usize>,
    /// Ask again if the judge is unsure: think (with thoughts) or swap (a and b swapped).
    #[arg(long, env = "MIDBAND_SECOND_LOOK", value_name = "HOW")]
    pub(crate) second_look: Option<SecondLook>,
    /// Ask the judge for a short reason: one extra request per pair.
    #[arg(long, env = "MIDBAND_EXPLAIN")]
    pub(crate) explain: bool,
    /// Ignore cached verdicts and ask again.
    #[arg(long, env = "MIDBAND_FRESH")]
    pub(crate) fresh: bool,
}

impl AskingArgs {
    /// The mode as named; `None` if midband chooses.
    pub(crate) fn prompting_mode(&self) -> Option<PromptingMode> {
        Some(match self.mode {
            PromptingArg::Auto => return None,
            PromptingArg::Think => PromptingMode::Think,
            PromptingArg::Keyed => PromptingMode::Keyed,
            PromptingArg::Array => PromptingMode::Array,
            PromptingArg::Digits => PromptingMode::Digits,
            PromptingArg::YesNo => PromptingMode::YesNo,
            PromptingArg::Standard => PromptingMode::Standard,
            PromptingArg::Constrained => self.answer_format.unwrap_or(PromptingMode::Digits),
        })
    }
}

fn answer_format(word: &str) -> Result<PromptingMode, String> {
    match word.parse()? {
        mode @ (PromptingMode::Keyed | PromptingMode::Array | PromptingMode::Digits) => Ok(mode),
        _ => Err("must be digits, array or keyed; use --mode instead".to_owned()),
    }
}

#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, ValueEnum)]
pub(crate) enum PromptingArg {
    /// The mode with the most information per second, as `midband doctor` measured it. For unmeasured models: think if the model
    /// can think; otherwise midband tries two modes on known pairs of the task and takes the better one.
    #[default]
    Auto,
    /// Several pairs per request, with thoughts.
    Think,
    /// A JSON object with an integer from 0 to 100 per pair.
    Keyed,
    /// A JSON list with an integer from 0 to 100 per pair.
    Array,
    /// A string with one digit per pair, weighted by the digit's probabilities.
    Digits,
    /// One pair per prompt, one token: the probability of yes against no.
    #[value(alias = "glance")]
    YesNo,
    /// One pair per request, with thoughts, in free text.
    Standard,
    /// Old name for keyed, array and digits.
    #[value(hide = true)]
    Constrained,
}

/// Limits on the use of the judge.
#[derive(Clone, Debug, Default, Args)]
#[command(next_help_heading = "Judging")]
pub(crate) struct CapArgs {
    /// Maximum number of requests in the run.
    #[arg(long, env = "MIDBAND_MAX_CALLS", value_name = "N")]
    pub(crate) max_calls: Option<u64>,
    /// Time limit from the first request on, such as 10m.
    #[arg(long, env = "MIDBAND_MAX_JUDGE_TIME", value_name = "TIME")]
    pub(crate) max_judge_time: Option<String>,
    /// Time after the start of the run when midband stops asking, such as 30s. Open questions stay unanswered.
    #[arg(long, env = "MIDBAND_DEADLINE", value_name = "TIME")]
    pub(crate) deadline: Option<String>,
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum JudgeArg {
    /// No judge: such pairs keep their proxy score and wait for review.
    None,
    /// An Ollama server.
    Ollama,
    /// A server with the OpenAI API.
    OpenAi,
    /// A server that midband starts for the run: a GGUF file, or the name of a fetched model.
    Local(Option<String>),
}

impl FromStr for JudgeArg {
    type Err = String;
    fn from_str(word: &str) -> Result<Self, String> {
        match word.split_once(':') {
            Some(("local", "")) | None if word.trim_end_matches(':') == "local" => {
                Ok(Self::Local(None))
            }
            Some(("local", model)) => Ok(Self::Local(Some(model.to_owned()))),
            None if word == "none" => Ok(Self::None),
            None if word == "ollama" => Ok(Self::Ollama),
            None if word == "openai" => Ok(Self::OpenAi),
            _ => Err("must be none, ollama, openai, local or local:FILE.gguf".to_owned()),
        }
    }
}

#[derive(Clone, Copy, Debug, Default, ValueEnum)]
pub(crate) enum BandOnArg {
    #[default]
    Cosine,
    Proxy,
}
