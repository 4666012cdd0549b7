//! What a server is told when it starts.

use std::{net::SocketAddr, path::PathBuf, sync::Arc, time::Duration};

use midband::{Band, BandOn, Embedder, Learning, model::TaskKind};

use crate::{OnEvent, ReconnectingJudge};

/// What a server is made of.
pub struct Settings {
    /// Where it listens.
    pub listen: SocketAddr,
    /// Who may ask. Must be there, or `insecure` be true, where it listens beyond loopback.
    pub api_key: Option<String>,
    /// Serve anybody who can reach the address.
    pub insecure: bool,
    /// Names under which browsers may reach it, beside those of loopback; checked without a key only.
    pub allowed_hosts: Vec<String>,
    /// Bounds on what is taken.
    pub limits: Limits,
    /// Folder of the jobs.
    pub state: PathBuf,
    /// The file to which labels go that reviewers give on the page; none where the browser keeps them.
    pub save_labels: Option<PathBuf>,
    /// Told of each request and of what fails in the background.
    pub on_event: Option<OnEvent>,
    /// Turns texts into vectors, for all tasks.
    pub embedder: Arc<dyn Embedder>,
    /// What "match" can mean; the first is the default.
    pub tasks: Vec<Task>,
    /// The fixed band; the engine's own where none is given.
    pub band: Option<Band>,
    /// What the band is laid on.
    pub band_on: BandOn,
    /// Seed of every random choice.
    pub seed: u64,
}

/// A task that the server knows.
pub struct Task {
    /// Its name, as requests say it.
    pub name: String,
    /// What its texts are.
    pub kind: TaskKind,
    /// How it learns, and the calibration that is in force, where there is one. The policy in it is the default
    /// policy's.
    pub learning: Learning,
    /// Who is asked.
    pub judge: Arc<ReconnectingJudge>,
}

/// Bounds on what is taken.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Limits {
    /// Of a body, bytes.
    pub body_bytes: usize,
    /// Of a request that is answered at once, pairs.
    pub pairs: usize,
    /// Of a job, pairs.
    pub job_pairs: usize,
    /// Of a text, bytes.
    pub text_bytes: usize,
    /// Requests that are worked on at once; more are told to come back.
    pub concurrency: usize,
    /// Jobs that wait or run; more are told to come back.
    pub jobs: usize,
    /// Time for an answer where the request names none.
    pub deadline: Duration,
    /// The longest time a request can name.
    pub longest_deadline: Duration,
    /// How long a finished job is kept.
    pub keep_jobs: Duration,
    /// Time for open requests once the server is told to stop; what is open then is broken off.
    pub stop_within: Duration,
}

impl Default for Limits {
    fn default() -> Self {
        Self {
            body_bytes: 32 << 20,
            pairs: 10_000,
            job_pairs: 100_000,
            text_bytes: 1 << 20,
            concurrency: 64,
            jobs: 100,
            deadline: Duration::from_secs(10),
            longest_deadline: Duration::from_secs(600),
            keep_jobs: Duration::from_secs(24 * 3600),
            stop_within: Duration::from_secs(30),
        }
    }
}
