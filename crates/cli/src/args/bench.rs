//! What `midband bench` can be told.

use std::path::PathBuf;

use clap::{Args, ValueEnum};
#[cfg(feature = "simulator")]
use midband_sim::Profile;

use super::{MinGainArgs, ModelArgs, ReadingArgs, ServerArgs};

#[derive(Debug, Args)]
pub(crate) struct BenchArgs {
    /// Labelled pairs: what is asked, and what accuracy is measured by.
    #[arg(long, value_name = "FILE")]
    pub(crate) pairs: PathBuf,
    /// Ways of scoring to compare; `all` is every one of them.
    #[arg(long, value_enum, value_delimiter = ',', default_value = "all")]
    pub(crate) mode: Vec<ModeArg>,
    /// Runs of each mode.
    #[arg(long, default_value_t = 1, value_name = "N", value_parser = clap::value_parser!(u32).range(1..))]
    pub(crate) iterations: u32,
    /// Pairs a request in the batched mode.
    #[arg(long, default_value_t = 3, value_name = "B")]
    pub(crate) batch_size: usize,
    /// Requests at once in the parallel mode.
    #[arg(long, default_value_t = 2, value_name = "W", value_parser = clap::value_parser!(u32).range(1..=64))]
    pub(crate) workers: u32,
    /// Pairs that the modes without a router ask, drawn by the seed; 0 = all. [default: 24; 200 on a simulator]
    #[arg(long, value_name = "N")]
    pub(crate) limit: Option<usize>,
    /// Labelled pairs that the hybrid modes learn from beforehand, the judge's answers to them included; they are
    /// not among the measured ones. [default: 100, at most a third of the file]
    #[arg(long, value_name = "N")]
    pub(crate) gold_pairs: Option<usize>,
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
    /// Seed of every random choice.
    #[arg(long, env = "MIDBAND_SEED", default_value_t = 0)]
    pub(crate) seed: u64,
    /// Print one JSON object.
    #[arg(long, conflicts_with = "markdown")]
    pub(crate) json: bool,
    /// Print Markdown tables.
    #[arg(long)]
    pub(crate) markdown: bool,
    /// Say nothing but errors beside the result.
    #[arg(short, long, env = "MIDBAND_QUIET")]
    pub(crate) quiet: bool,
}

/// A simulator in the place of a server.
#[cfg(feature = "simulator")]
#[derive(Debug, Args)]
pub(crate) struct SimulatorArgs {
    /// Instead of a server, a simulator of this machine: m3pro or cores2. Every figure is then SIMULATED.
    #[arg(long, value_name = "PROFILE", conflicts_with_all = ["judge", "ollama", "judge_url"])]
    pub(crate) sim: Option<Profile>,
    /// Share of the pairs that the simulated judge gets right.
    #[arg(long, default_value_t = 0.8, value_name = "SHARE", requires = "sim")]
    pub(crate) sim_accuracy: f64,
    /// How much faster than in reality the simulator's clock runs. [default: 200 where thoughts are written, else 10]
    #[arg(long, value_name = "TIMES", requires = "sim")]
    pub(crate) sim_speed: Option<f64>,
}

/// A way of scoring, in the order in which the ways are compared.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, ValueEnum)]
pub(crate) enum ModeArg {
    /// Every pair to the judge: one a request, thoughts allowed, one request after the other.
    Standard,
    /// Every pair to the judge: --batch-size pairs a request, thoughts allowed, one request after the other.
    Batched,
    /// Every pair to the judge: one a request, thoughts allowed, --workers requests at once.
    Parallel,
    /// Embedding, router and judge, asked in the mode that midband picks itself.
    Hybrid,
    /// Hybrid with thoughts allowed.
    Think,
    /// Hybrid with one token a pair, one pair a prompt.
    #[value(alias = "glance")]
    YesNo,
    /// Hybrid with answers held to an object of scores.
    #[value(alias = "constrained")]
    Keyed,
    /// Hybrid with answers held to a list of scores.
    Array,
    /// Hybrid with one digit a pair.
    Digits,
    /// All of them.
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
