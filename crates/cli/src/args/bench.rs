//! Options of `midband bench`.

use std::path::PathBuf;

use clap::{Args, ValueEnum};
#[cfg(feature = "simulator")]
use midband_sim::Profile;

use super::{MinGainArgs, ModelArgs, ReadingArgs, ServerArgs};

#[derive(Debug, Args)]
pub(crate) struct BenchArgs {
    /// Labeled pairs to ask about and to measure accuracy with.
    #[arg(long, value_name = "FILE")]
    pub(crate) pairs: PathBuf,
    /// Ways of scoring to compare, or all.
    #[arg(long, value_enum, value_delimiter = ',', default_value = "all")]
    pub(crate) mode: Vec<ModeArg>,
    /// Runs per mode.
    #[arg(long, default_value_t = 1, value_name = "N", value_parser = clap::value_parser!(u32).range(1..))]
    pub(crate) iterations: u32,
    /// Pairs per request in the mode batched.
    #[arg(long, default_value_t = 3, value_name = "B")]
    pub(crate) batch_size: usize,
    /// Concurrent requests in the mode parallel.
    #[arg(long, default_value_t = 2, value_name = "W", value_parser = clap::value_parser!(u32).range(1..=64))]
    pub(crate) workers: u32,
    /// Number of pairs for the modes without a router, drawn at random; 0 means all. [default: 24; 200 on a simulator]
    #[arg(long, value_name = "N")]
    pub(crate) limit: Option<usize>,
    /// Number of labeled pairs, with the judge's answers, that the hybrid modes learn from first. They are not measured.
    /// [default: 100, at most a third of the file]
    #[arg(long, value_name = "N")]
    pub(crate) gold_sample: Option<usize>,
    #[command(flatten)]
    pub(crate) min_gain: MinGainArgs,
    #[cfg(feature = "simulator")]
    #[command(flatten)]
    pub(crate) simulator: SimulatorArgs,
    #[command(flatten)]
    pub(crate) reading: ReadingArgs,
    #[command(flatten)]
    pub(crate) model: ModelArgs,
    #[command(flatten)]
    pub(crate) server: ServerArgs,
    /// Seed for all random choices.
    #[arg(long, env = "MIDBAND_SEED", default_value_t = 0)]
    pub(crate) seed: u64,
    /// Print the result as one JSON object.
    #[arg(long, conflicts_with = "markdown")]
    pub(crate) json: bool,
    /// Print the result as Markdown tables.
    #[arg(long)]
    pub(crate) markdown: bool,
    /// Print the result and errors only.
    #[arg(short, long, env = "MIDBAND_QUIET")]
    pub(crate) quiet: bool,
}

/// A simulator instead of a server.
#[cfg(feature = "simulator")]
#[derive(Debug, Args)]
pub(crate) struct SimulatorArgs {
    /// Use a simulator of this machine instead of a server: m3pro or cores2. All figures are then SIMULATED.
    #[arg(long, value_name = "PROFILE", conflicts_with_all = ["judge", "ollama", "judge_url"])]
    pub(crate) sim: Option<Profile>,
    /// Share of pairs that the simulated judge gets right.
    #[arg(long, default_value_t = 0.8, value_name = "SHARE", requires = "sim", value_parser = share)]
    pub(crate) sim_accuracy: f64,
    /// Speed-up of the simulator's clock. [default: 200 in modes with thoughts, else 10]
    #[arg(long, value_name = "TIMES", requires = "sim", value_parser = times)]
    pub(crate) sim_speed: Option<f64>,
}

/// A way of scoring, in the order of comparison.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, ValueEnum)]
pub(crate) enum ModeArg {
    /// The judge decides every pair: one pair per request, with thoughts, one request at a time.
    Standard,
    /// The judge decides every pair: --batch-size pairs per request, with thoughts, one request at a time.
    Batched,
    /// The judge decides every pair: one pair per request, with thoughts, --workers requests at a time.
    Parallel,
    /// Embedding, router and judge, in the prompting mode that midband chooses.
    Hybrid,
    /// Hybrid with thoughts.
    Think,
    /// Hybrid with one pair per prompt and one token per answer.
    #[value(alias = "glance")]
    YesNo,
    /// Hybrid with a JSON object of scores.
    #[value(alias = "constrained")]
    Keyed,
    /// Hybrid with a JSON list of scores.
    Array,
    /// Hybrid with one digit per pair.
    Digits,
    /// All modes.
    All,
}

impl ModeArg {
    /// The name on the command line.
    pub(crate) fn name(self) -> &'static str {
        match self {
            Self::Standard => "standard",
            Self::Batched => "batched",
            Self::Parallel => "parallel",
            Self::Hybrid => "hybrid",
            Self::Think => "think",
            Self::YesNo => "yes-no",
            Self::Keyed => "keyed",
            Self::Array => "array",
            Self::Digits => "digits",
            Self::All => "all",
        }
    }
}

#[cfg(feature = "simulator")]
fn share(text: &str) -> Result<f64, String> {
    match text.parse() {
        Ok(share) if (0.0..=1.0).contains(&share) => Ok(share),
        _ => Err("must be a share between 0 and 1".to_owned()),
    }
}

#[cfg(feature = "simulator")]
fn times(text: &str) -> Result<f64, String> {
    match text.parse::<f64>() {
        Ok(times) if times.is_finite() && times > 0.0 => Ok(times),
        _ => Err("must be a number above 0".to_owned()),
    }
}
