//! Which pairs are asked, what is learnt, and who is asked in which way.

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
    /// The ambiguous band: below LOWER a pair is rejected, from UPPER on accepted, between them the judge is asked.
    /// [default: 0.5..0.9 on the cosine of all-MiniLM-L6-v2, 0.2..0.8 on the proxy score]
    #[arg(
        long,
        env = "MIDBAND_BAND",
        value_name = "LOWER..UPPER",
        allow_hyphen_values = true
    )]
    pub(crate) band: Option<Band>,
    /// What the band is laid on. [default: cosine]
    #[arg(long, env = "MIDBAND_BAND_ON", value_enum)]
    pub(crate) band_on: Option<BandOnArg>,
    #[command(flatten)]
    pub(crate) min_gain: MinGainArgs,
    /// What the budget policy may ask at most, pairs.
    #[arg(long, env = "MIDBAND_MAX_QUESTIONS", value_name = "N")]
    pub(crate) max_questions: Option<usize>,
    /// Time for asking, such as 30m: the best questions come first, and what is open at its end stays unanswered.
    /// [default: none]
    #[arg(long, env = "MIDBAND_TIME_LIMIT", value_name = "TIME")]
    pub(crate) time_limit: Option<String>,
    /// A quality to certify against the judge: accuracy=X, precision=X, recall=X, precision=X,recall=Y or f1=X.
    #[arg(long, env = "MIDBAND_TARGET", value_name = "QUALITY=X")]
    pub(crate) target: Option<String>,
    /// Probability that a certified promise is broken.
    #[arg(long, env = "MIDBAND_DELTA", default_value_t = 0.1, value_name = "D", value_parser = delta)]
    pub(crate) delta: f64,
    /// Whose word a target is certified against: the judge's, or that of the input's labels, which are then read in the
    /// place of a judge, only where the policy wants them; pairs without one stay unanswered.
    #[arg(
        long,
        env = "MIDBAND_REFERENCE",
        default_value = "judge",
        value_name = "judge|gold"
    )]
    pub(crate) reference: Reference,
    /// What labels taught: a file that `midband calibrate` wrote.
    #[arg(long, env = "MIDBAND_CALIBRATION", value_name = "FILE")]
    pub(crate) calibration: Option<PathBuf>,
    /// Pairs that a policy learns from; the rest of a longer input is scored by what they taught.
    #[arg(
        long,
        env = "MIDBAND_SAMPLE",
        default_value_t = midband_run::DEFAULT_SAMPLE,
        value_name = "N",
        value_parser = super::pairs::at_least::<1>
    )]
    pub(crate) sample: usize,
    /// Settled pairs that the judge is asked about at the end, drawn at random: how often it says otherwise, with an interval.
    #[arg(long, env = "MIDBAND_AUDIT", default_value_t = 0, value_name = "N")]
    pub(crate) audit: usize,
    /// Which pairs are embedded, where a policy learns.
    #[arg(long, env = "MIDBAND_EMBED", value_enum, default_value_t)]
    pub(crate) embed: EmbedArg,
    #[command(flatten)]
    pub(crate) learning: LearningArgs,
}

impl RoutingArgs {
    /// The fixed band that is asked for: as given, or the default one where its policy is.
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

    /// True where a fixed band is asked for.
    pub(crate) fn names_band(&self) -> bool {
        self.band.is_some() || self.band_on.is_some()
    }
}

/// When asking pays.
#[derive(Clone, Debug, Args)]
pub(crate) struct MinGainArgs {
    /// What a verdict must be worth to be asked for, in wrong decisions: at 0.02, fifty questions are asked to put one
    /// decision right. More asks less and is right less often.
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
        _ => Err("a probability lies between 0 and 1".to_owned()),
    }
}

fn min_gain(text: &str) -> Result<f64, String> {
    match text.parse() {
        Ok(min_gain) if (0.0..1.0).contains(&min_gain) => Ok(min_gain),
        _ => Err("what a verdict must be worth lies from 0 to below 1".to_owned()),
    }
}

/// What learning runs and calibrations share.
#[derive(Debug, Args)]
pub(crate) struct LearningArgs {
    /// What the texts are. [default: records where most texts read "field: value; …", narratives where most read as clinical
    /// notes, else general]
    #[arg(
        long,
        env = "MIDBAND_TASK_KIND",
        value_name = "records|questions|terms|narratives|general"
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
    /// A lexicon of your own: CSV or Parquet with the columns form, concept, kind and relations (docs/clinical.md). Its names
    /// count in addition to the built-in clinical ones. Repeatable. `midband lexicon import` makes one of a UMLS, RxNorm or
    /// SNOMED CT release.
    #[arg(
        long,
        env = "MIDBAND_LEXICON",
        value_name = "FILE",
        value_delimiter = ','
    )]
    pub(crate) lexicon: Vec<PathBuf>,
    /// What the decisions are to be good at. [default: the calibration's; else f1 where texts read as
    /// records, accuracy where they do not or where columns are compared]
    #[arg(long, env = "MIDBAND_GOAL", value_enum)]
    pub(crate) goal: Option<GoalArg>,
    #[command(flatten)]
    pub(crate) costs: CostArgs,
    /// Cost of a person's look at a pair; pairs for which it pays get decision = review. A cost that is given means --goal cost.
    #[arg(long, env = "MIDBAND_COST_REVIEW", value_name = "COST")]
    pub(crate) cost_review: Option<f64>,
}

/// What wrong decisions cost: they set the cut of a run, and `eval` counts them.
#[derive(Debug, Args)]
pub(crate) struct CostArgs {
    /// Cost of calling two different things a match. [default: 1; 5 for lists of people whose columns are compared]
    #[arg(
        long = "cost-false-match",
        env = "MIDBAND_COST_FALSE_MATCH",
        value_name = "COST"
    )]
    pub(crate) false_match: Option<f64>,
    /// Cost of missing a match. [default: 1]
    #[arg(
        long = "cost-missed-match",
        env = "MIDBAND_COST_MISSED_MATCH",
        value_name = "COST"
    )]
    pub(crate) missed_match: Option<f64>,
}

impl CostArgs {
    /// True if one of them was given.
    pub(crate) fn are_given(&self) -> bool {
        self.false_match.is_some() || self.missed_match.is_some()
    }

    /// Those that were given; the others are 1.
    pub(crate) fn or_one(&self) -> midband_report::Costs {
        midband_report::Costs {
            false_match: self.false_match.unwrap_or(1.0),
            missed_match: self.missed_match.unwrap_or(1.0),
        }
    }
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
    All,
    /// Only those that their wording leaves unsure, where a calibration or the records prior shows that nothing is
    /// lost; the cosine of the rest is null. With --target every pair.
    #[default]
    Auto,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub(crate) enum GoalArg {
    /// As many right decisions as possible.
    Accuracy,
    /// The largest F1 of the match class.
    F1,
    /// The smallest cost.
    Cost,
}

/// Where the judge is and what it is told.
#[derive(Clone, Debug, Args)]
#[command(next_help_heading = "Judging")]
pub(crate) struct ServerArgs {
    /// Who is asked about ambiguous pairs: none, ollama, openai (a server of the OpenAI API), or local: llama.cpp's server,
    /// which midband starts for the run with a model in a GGUF file (local:FILE.gguf), or with one that `midband models
    /// fetch` brought (local:NAME, or local where there is one). [default: openai with --judge-url, else ollama where a
    /// server answers, else none]
    #[arg(
        long,
        env = "MIDBAND_JUDGE",
        value_name = "none|ollama|openai|local[:FILE]"
    )]
    pub(crate) judge: Option<JudgeArg>,
    /// The program of llama.cpp's server for --judge local. [default: llama-server on the PATH, else the Python package that
    /// scripts/live-judge sets up]
    #[arg(long, env = "MIDBAND_LLAMA_SERVER", value_name = "PROGRAM")]
    pub(crate) llama_server: Option<PathBuf>,
    /// An Ollama server; repeat it to share the load. [default: OLLAMA_HOST, else http://127.0.0.1:11434]
    #[arg(
        long,
        env = "MIDBAND_OLLAMA",
        value_name = "URL",
        value_delimiter = ','
    )]
    pub(crate) ollama: Vec<String>,
    /// A server of the OpenAI API (llama.cpp, vLLM, LM Studio, TGI), such as http://host:8000/v1; repeat it to share the
    /// load. Its key comes from the variable MIDBAND_JUDGE_API_KEY and from nowhere else.
    #[arg(
        long,
        env = "MIDBAND_JUDGE_URL",
        value_name = "URL",
        value_delimiter = ','
    )]
    pub(crate) judge_url: Vec<String>,
    /// Models by tag, preferred first; what is absent is skipped. [default: medgemma:1.5-4b-q4 of Ollama, else the first that
    /// the server lists]
    #[arg(
        long,
        env = "MIDBAND_MODELS",
        value_name = "TAG,…",
        value_delimiter = ','
    )]
    pub(crate) models: Vec<String>,
    /// What "match" means: patient-match, same-question, same-concept, same-person, same-product, same-work, same-thing,
    /// similarity, or a TOML file (docs/tasks.md). auto takes the calibration's, else what the texts suggest, and says so;
    /// without texts (serve, doctor) it is patient-match.
    #[arg(
        long,
        env = "MIDBAND_TASK",
        default_value = "auto",
        value_name = "NAME|FILE"
    )]
    pub(crate) task: String,
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
    /// Allow a judge that is not on this machine: pair text leaves it.
    #[arg(long, env = "MIDBAND_ALLOW_REMOTE_JUDGE")]
    pub(crate) allow_remote_judge: bool,
    /// Longest time that one request to the judge may take, such as 10m; more only where the measured speed says that it needs
    /// more.
    #[arg(
        long,
        env = "MIDBAND_REQUEST_TIMEOUT",
        default_value = "5m",
        value_name = "TIME"
    )]
    pub(crate) request_timeout: String,
    /// Pull the first model where no server has any.
    #[arg(long, env = "MIDBAND_PULL")]
    pub(crate) pull: bool,
}

/// The judge of a run: who is asked and how, and how much.
#[derive(Clone, Debug, Args)]
pub(crate) struct JudgeArgs {
    #[command(flatten)]
    pub(crate) asking: AskingArgs,
    #[command(flatten)]
    pub(crate) caps: CapArgs,
}

/// Who is asked, and how.
#[derive(Clone, Debug, Args)]
#[command(next_help_heading = "Judging")]
pub(crate) struct AskingArgs {
    #[command(flatten)]
    pub(crate) server: ServerArgs,
    /// How the judge is asked.
    #[arg(long, env = "MIDBAND_MODE", value_enum, default_value_t)]
    pub(crate) mode: PromptingArg,
    /// The older name of a part of --mode.
    #[arg(
        long,
        env = "MIDBAND_ANSWER_FORMAT",
        hide = true,
        value_parser = answer_format
    )]
    pub(crate) answer_format: Option<PromptingMode>,
    /// Pairs in a request, 1 to 16: a number, or bounds within which the fastest is found. [default: 4 with thoughts, 4..16 without]
    #[arg(long, env = "MIDBAND_BATCH_SIZE", value_name = "N|LEAST..MOST")]
    pub(crate) batch_size: Option<BatchSize>,
    /// Most requests at once to one server; fewer where fewer get more done. [default: 2 to Ollama, else 16]
    #[arg(long, env = "MIDBAND_IN_FLIGHT", value_name = "N")]
    pub(crate) in_flight: Option<usize>,
    /// Ask unsure pairs again: think (with thoughts) or swap (a and b swapped).
    #[arg(long, env = "MIDBAND_SECOND_LOOK", value_name = "HOW")]
    pub(crate) second_look: Option<SecondLook>,
    /// Ask for a short reason of each score: one more request a pair.
    #[arg(long, env = "MIDBAND_EXPLAIN")]
    pub(crate) explain: bool,
    /// Ask again even where the cache holds a verdict.
    #[arg(long, env = "MIDBAND_FRESH")]
    pub(crate) fresh: bool,
}

impl AskingArgs {
    /// The mode that is asked for; `None` where midband is to choose.
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
        _ => Err("it was digits, array or keyed; say --mode".to_owned()),
    }
}

#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, ValueEnum)]
pub(crate) enum PromptingArg {
    /// The most information a second, as measured by `midband doctor`. Unmeasured, think with a thinking model; any other is first
    /// asked about known pairs of the task in two modes, and the mode that tells them apart is taken.
    #[default]
    Auto,
    /// Several pairs a request, thoughts allowed.
    Think,
    /// Answers held to an object, an integer from 0 to 100 a pair.
    Keyed,
    /// Answers held to a list, an integer from 0 to 100 a pair.
    Array,
    /// Answers held to a string, a digit a pair, graded by its probabilities.
    Digits,
    /// One pair a prompt, one token: the probability of yes against no.
    #[value(alias = "glance")]
    YesNo,
    /// One pair a request, thoughts allowed, free text.
    Standard,
    /// The older word for keyed, array and digits.
    #[value(hide = true)]
    Constrained,
}

/// How much of the judge a run may use.
#[derive(Clone, Debug, Default, Args)]
#[command(next_help_heading = "Judging")]
pub(crate) struct CapArgs {
    /// Most requests of the run.
    #[arg(long, env = "MIDBAND_MAX_CALLS", value_name = "N")]
    pub(crate) max_calls: Option<u64>,
    /// Longest time from the first request on, such as 10m.
    #[arg(long, env = "MIDBAND_MAX_JUDGE_TIME", value_name = "TIME")]
    pub(crate) max_judge_time: Option<String>,
    /// Time after the start at which what is still open stays unanswered, such as 30s.
    #[arg(long, env = "MIDBAND_DEADLINE", value_name = "TIME")]
    pub(crate) deadline: Option<String>,
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum JudgeArg {
    /// Nobody: such pairs keep their proxy score and wait.
    None,
    /// A model behind an Ollama server.
    Ollama,
    /// A model behind a server of the OpenAI API.
    OpenAi,
    /// A model in a file, with a server of the run's own: the file, or the name of one that was fetched.
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
            _ => Err("it is none, ollama, openai, local or local:FILE.gguf".to_owned()),
        }
    }
}

#[derive(Clone, Copy, Debug, Default, ValueEnum)]
pub(crate) enum BandOnArg {
    #[default]
    Cosine,
    Proxy,
}
