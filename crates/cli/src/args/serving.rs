//! What `midband serve` can be told.

use std::{net::SocketAddr, path::PathBuf};

use clap::{Args, ValueEnum};
use midband::Band;

use super::{AskingArgs, BandOnArg, LearningArgs, MinGainArgs, ModelArgs};

#[derive(Debug, Args)]
pub(crate) struct ServeArgs {
    /// Where to listen. Beyond loopback a key is needed.
    #[arg(
        long,
        env = "MIDBAND_LISTEN",
        default_value = "127.0.0.1:8620",
        value_name = "ADDRESS:PORT"
    )]
    pub(crate) listen: SocketAddr,
    /// The key that requests must show. Better set as a variable: other users of the machine see the arguments.
    #[arg(
        long,
        env = "MIDBAND_API_KEY",
        value_name = "KEY",
        hide_env_values = true
    )]
    pub(crate) api_key: Option<String>,
    /// Serve anybody who can reach the address.
    #[arg(long, env = "MIDBAND_INSECURE")]
    pub(crate) insecure: bool,
    /// A name under which browsers may reach this server without a key, beside those of loopback.
    #[arg(
        long = "allowed-host",
        env = "MIDBAND_ALLOWED_HOST",
        value_name = "NAME",
        value_delimiter = ','
    )]
    pub(crate) allowed_hosts: Vec<String>,
    /// Folder of the jobs, and of the caches where --cache names none. [default: server in midband's data folder]
    #[arg(long, env = "MIDBAND_STATE", value_name = "DIR")]
    pub(crate) state: Option<PathBuf>,
    /// Append the labels that reviewers give on /review to this file, one a line, with who and when. Without it they stay in the
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
    /// Seed of every random choice.
    #[arg(long, env = "MIDBAND_SEED", default_value_t = 0)]
    pub(crate) seed: u64,
    /// The line a request on standard error: method, route, status, milliseconds and id.
    #[arg(long, env = "MIDBAND_LOG", value_enum, default_value_t)]
    pub(crate) log: LogArg,
    /// No line a request, whatever --log says.
    #[arg(short, long, env = "MIDBAND_QUIET")]
    pub(crate) quiet: bool,
}

#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, ValueEnum)]
pub(crate) enum LogArg {
    /// For people.
    #[default]
    Text,
    /// One JSON object a line.
    Json,
}

/// What a request does not say itself.
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
    /// What the band is laid on.
    #[arg(long, env = "MIDBAND_BAND_ON", value_enum, default_value_t)]
    pub(crate) band_on: BandOnArg,
    /// What labels taught: a file that `midband calibrate` wrote, for the task of --task.
    #[arg(long, env = "MIDBAND_CALIBRATION", value_name = "FILE")]
    pub(crate) calibration: Option<PathBuf>,
    /// Further tasks that requests may name; each has its own queue to the judge.
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

/// Bounds on what is taken.
#[derive(Debug, Args)]
#[command(next_help_heading = "Limits")]
pub(crate) struct LimitArgs {
    /// Longest body of a request.
    #[arg(long, env = "MIDBAND_MAX_BODY_BYTES", default_value_t = 32 << 20, value_name = "BYTES")]
    pub(crate) max_body_bytes: usize,
    /// Longer texts are refused.
    #[arg(long, env = "MIDBAND_MAX_TEXT_BYTES", default_value_t = 1 << 20, value_name = "BYTES")]
    pub(crate) max_text_bytes: usize,
    /// Most pairs of a request.
    #[arg(
        long,
        env = "MIDBAND_MAX_PAIRS",
        default_value_t = 10_000,
        value_name = "N"
    )]
    pub(crate) max_pairs: usize,
    /// Most pairs of a job.
    #[arg(
        long,
        env = "MIDBAND_MAX_JOB_PAIRS",
        default_value_t = 100_000,
        value_name = "N"
    )]
    pub(crate) max_job_pairs: usize,
    /// Requests that are worked on at once; more are answered 429.
    #[arg(
        long,
        env = "MIDBAND_CONCURRENCY",
        default_value_t = 64,
        value_name = "N"
    )]
    pub(crate) concurrency: usize,
    /// Jobs that wait or run; more are answered 429.
    #[arg(
        long,
        env = "MIDBAND_MAX_JOBS",
        default_value_t = 100,
        value_name = "N"
    )]
    pub(crate) max_jobs: usize,
    /// Time for an answer where a request names none.
    #[arg(
        long,
        env = "MIDBAND_REQUEST_DEADLINE",
        default_value = "10s",
        value_name = "TIME"
    )]
    pub(crate) request_deadline: String,
    /// The longest time that a request can name.
    #[arg(
        long,
        env = "MIDBAND_LONGEST_DEADLINE",
        default_value = "10m",
        value_name = "TIME"
    )]
    pub(crate) longest_deadline: String,
    /// How long a finished job is kept.
    #[arg(
        long,
        env = "MIDBAND_KEEP_JOBS",
        default_value = "24h",
        value_name = "TIME"
    )]
    pub(crate) keep_jobs: String,
    /// Time for open requests once the server is told to stop; what is open then is broken off.
    #[arg(
        long,
        env = "MIDBAND_STOP_WITHIN",
        default_value = "30s",
        value_name = "TIME"
    )]
    pub(crate) stop_within: String,
}
