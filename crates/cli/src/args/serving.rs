//! Options of `midband serve`.

use std::{net::SocketAddr, path::PathBuf};

use clap::{Args, ValueEnum};
use midband::Band;

use super::{AskingArgs, BandOnArg, LearningArgs, MinGainArgs, ModelArgs};

#[derive(Debug, Args)]
pub(crate) struct ServeArgs {
    /// Address to listen on. Addresses other than loopback need a key.
    #[arg(
        long,
        env = "MIDBAND_LISTEN",
        default_value = "127.0.0.1:8620",
        value_name = "ADDRESS:PORT"
    )]
    pub(crate) listen: SocketAddr,
    /// Key that requests must send. Prefer the variable: other users of the machine can see arguments.
    #[arg(
        long,
        env = "MIDBAND_API_KEY",
        value_name = "KEY",
        hide_env_values = true
    )]
    pub(crate) api_key: Option<String>,
    /// Serve without a key to anyone who can reach the address.
    #[arg(long, env = "MIDBAND_INSECURE")]
    pub(crate) insecure: bool,
    /// Host name that browsers may use without a key, in addition to those of loopback.
    #[arg(
        long = "allowed-host",
        env = "MIDBAND_ALLOWED_HOST",
        value_name = "NAME",
        value_delimiter = ','
    )]
    pub(crate) allowed_hosts: Vec<String>,
    /// Folder for jobs, and for caches unless --cache is set. [default: server in midband's data folder]
    #[arg(long, env = "MIDBAND_STATE", value_name = "DIR")]
    pub(crate) state: Option<PathBuf>,
    /// Append the labels from /review to this file, one per line, with reviewer and time. Without this flag, labels stay in the
    /// reviewer's browser.
    #[arg(long, env = "MIDBAND_SAVE_LABELS", value_name = "FILE")]
    pub(crate) save_labels: Option<PathBuf>,
    #[command(flatten)]
    pub(crate) limits: LimitArgs,
    #[command(flatten)]
    pub(crate) model: ModelArgs,
    #[command(flatten)]
    pub(crate) routing: ServeRoutingArgs,
    #[command(flatten)]
    pub(crate) asking: AskingArgs,
    /// Seed for all random choices.
    #[arg(long, env = "MIDBAND_SEED", default_value_t = 0)]
    pub(crate) seed: u64,
    /// Format of the log on standard error, one line per request: method, route, status, milliseconds and id.
    #[arg(long, env = "MIDBAND_LOG", value_enum, default_value_t)]
    pub(crate) log: LogArg,
    /// Do not log requests.
    #[arg(short, long, env = "MIDBAND_QUIET")]
    pub(crate) quiet: bool,
}

#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, ValueEnum)]
pub(crate) enum LogArg {
    /// Text for people.
    #[default]
    Text,
    /// One JSON object per line.
    Json,
}

/// Defaults for what a request leaves open.
#[derive(Debug, Args)]
#[command(next_help_heading = "Routing")]
pub(crate) struct ServeRoutingArgs {
    /// The ambiguous band. [default: 0.5..0.9 on the cosine of all-MiniLM-L6-v2, 0.2..0.8 on the proxy score]
    #[arg(
        long,
        env = "MIDBAND_BAND",
        value_name = "LOWER..UPPER",
        allow_hyphen_values = true
    )]
    pub(crate) band: Option<Band>,
    /// The score that the band applies to.
    #[arg(long, env = "MIDBAND_BAND_ON", value_enum, default_value_t)]
    pub(crate) band_on: BandOnArg,
    /// A calibration that `midband calibrate` wrote, for the task of --task.
    #[arg(long, env = "MIDBAND_CALIBRATION", value_name = "FILE")]
    pub(crate) calibration: Option<PathBuf>,
    /// More tasks that requests may name. Each has its own queue to the judge.
    #[arg(
        long,
        env = "MIDBAND_MORE_TASKS",
        value_name = "NAME|FILE,…",
        value_delimiter = ','
    )]
    pub(crate) more_tasks: Vec<String>,
    #[command(flatten)]
    pub(crate) min_gain: MinGainArgs,
    #[command(flatten)]
    pub(crate) learning: LearningArgs,
}

/// Limits on requests.
#[derive(Debug, Args)]
#[command(next_help_heading = "Limits")]
pub(crate) struct LimitArgs {
    /// Maximum size of a request body.
    #[arg(long, env = "MIDBAND_MAX_BODY_BYTES", default_value_t = 32 << 20, value_name = "BYTES")]
    pub(crate) max_body_bytes: usize,
    /// Maximum size of a text.
    #[arg(long, env = "MIDBAND_MAX_TEXT_BYTES", default_value_t = 1 << 20, value_name = "BYTES")]
    pub(crate) max_text_bytes: usize,
    /// Maximum number of pairs per request.
    #[arg(
        long,
        env = "MIDBAND_MAX_PAIRS",
        default_value_t = 10_000,
        value_name = "N"
    )]
    pub(crate) max_pairs: usize,
    /// Maximum number of pairs per job.
    #[arg(
        long,
        env = "MIDBAND_MAX_JOB_PAIRS",
        default_value_t = 100_000,
        value_name = "N"
    )]
    pub(crate) max_job_pairs: usize,
    /// Maximum concurrent requests. Further requests get 429.
    #[arg(
        long,
        env = "MIDBAND_CONCURRENCY",
        default_value_t = 64,
        value_name = "N"
    )]
    pub(crate) concurrency: usize,
    /// Maximum number of waiting and running jobs. Further jobs get 429.
    #[arg(
        long,
        env = "MIDBAND_MAX_JOBS",
        default_value_t = 100,
        value_name = "N"
    )]
    pub(crate) max_jobs: usize,
    /// Deadline of requests that name none.
    #[arg(
        long,
        env = "MIDBAND_REQUEST_DEADLINE",
        default_value = "10s",
        value_name = "TIME"
    )]
    pub(crate) request_deadline: String,
    /// Longest deadline that a request may name.
    #[arg(
        long,
        env = "MIDBAND_LONGEST_DEADLINE",
        default_value = "10m",
        value_name = "TIME"
    )]
    pub(crate) longest_deadline: String,
    /// How long to keep finished jobs.
    #[arg(
        long,
        env = "MIDBAND_KEEP_JOBS",
        default_value = "24h",
        value_name = "TIME"
    )]
    pub(crate) keep_jobs: String,
    /// Time for open requests to finish when the server stops.
    #[arg(
        long,
        env = "MIDBAND_STOP_WITHIN",
        default_value = "30s",
        value_name = "TIME"
    )]
    pub(crate) stop_within: String,
}
