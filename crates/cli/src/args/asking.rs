//! The judge, and how it is asked.

use std::{path::PathBuf, str::FromStr};

use clap::{Args, ValueEnum};
use midband::judge::{BatchSize, PromptingMode, Protocol, SecondLook};

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

impl JudgeArg {
    /// The API by which a judge is asked: the one that is named, or else the one that a URL means.
    pub(crate) fn protocol(named: Option<&Self>, has_url: bool) -> Protocol {
        match named {
            Some(Self::OpenAi | Self::Local(_)) => Protocol::OpenAi,
            None if has_url => Protocol::OpenAi,
            _ => Protocol::Ollama,
        }
    }
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
