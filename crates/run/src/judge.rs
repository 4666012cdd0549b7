//! Reaches the judge of a run, or says why there is none.

use std::{path::Path, time::Duration};

use anyhow::Result;
use midband::{
    BoxFuture, Fingerprint, Judge, JudgeError, NO_JUDGE, Pair, Unanswered, Verdict,
    embed::data_folder,
    judge::{Connecting, JudgeSettings, KeptProbes, LlmJudge, LocalModel, Measurements, Protocol},
};

use crate::{Listener, Notice};

/// The judge of a run, or why there is none.
pub enum JudgeFound {
    /// It answers.
    Judge(Box<LlmJudge>),
    /// Nobody will be asked: so it was wanted.
    None,
    /// No server answers.
    Absent(Unreachable),
}

/// A judge that was looked for and does not answer.
#[derive(Clone, Debug)]
pub struct Unreachable {
    /// The API that was spoken.
    pub protocol: Protocol,
    /// The servers, by address.
    pub servers: String,
    /// What came in the place of an answer.
    pub why: String,
    /// True where something answers that is no judge.
    pub answers: bool,
}

/// Stands where no judge could be reached: every question stays unanswered for that reason.
pub struct AbsentJudge;

impl Judge for AbsentJudge {
    fn judge<'a>(&'a self, pairs: &'a [Pair]) -> BoxFuture<'a, Result<Vec<Verdict>, JudgeError>> {
        let none = Verdict::unanswered(Unanswered::NoJudge, Duration::ZERO);
        Box::pin(std::future::ready(Ok(vec![none; pairs.len()])))
    }

    fn name(&self) -> String {
        NO_JUDGE.to_owned()
    }

    fn fingerprint(&self) -> Fingerprint {
        Fingerprint::new(NO_JUDGE)
    }
}

/// Verdicts that are there already.
#[derive(Clone, Copy, Debug, Default)]
pub struct Verdicts<'a> {
    /// Folder of the cache.
    pub cache: Option<&'a Path>,
    /// From when on they are this run's own, milliseconds since 1970.
    pub own_since: Option<u64>,
}

impl<'a> Verdicts<'a> {
    /// All of the cache's are of other runs.
    pub fn of(cache: Option<&'a Path>) -> Self {
        Self {
            cache,
            own_since: None,
        }
    }
}

/// Connects to the servers; to none where nobody is to be asked. A server that does not answer means a run in which every
/// pair that wants the judge is named unanswered for that reason; so does a server without the default model.
///
/// # Errors
/// The settings can't be met, or servers answer and have none of the models that were named.
pub async fn connect(
    settings: Option<JudgeSettings>,
    verdicts: Verdicts<'_>,
    listener: &dyn Listener,
) -> Result<JudgeFound> {
    let Some(mut settings) = settings else {
        return Ok(JudgeFound::None);
    };
    settings.cache = verdicts.cache.map(Path::to_path_buf);
    settings.own_since = verdicts.own_since;
    settings.costs = measured_costs();
    settings.probes = kept_probes();
    if let Some(local) = &settings.local {
        listener.notice(&Notice::StartingJudge(local_described(local)));
    }
    let (protocol, servers) = match &settings.local {
        Some(local) => (Protocol::OpenAi, format!("local:{}", local.name())),
        None => (settings.protocol, settings.servers.join(", ")),
    };
    // A model that nobody asked for may be missing: the run goes on without a judge.
    let by_default = settings.models == JudgeSettings::default().models;
    let connecting = |at: Connecting<'_>| connecting(listener, at);
    match LlmJudge::connect_with(settings, &connecting).await {
        Ok(judge) => {
            keep(&judge);
            Ok(JudgeFound::Judge(Box::new(judge)))
        }
        Err(JudgeError::NoModel(why)) if by_default => Ok(JudgeFound::Absent(Unreachable {
            protocol,
            servers,
            why,
            answers: false,
        })),
        Err(error @ (JudgeError::Unreachable(_) | JudgeError::NotAJudge(_))) => {
            let answers = matches!(error, JudgeError::NotAJudge(_));
            let (JudgeError::Unreachable(why) | JudgeError::NotAJudge(why)) = error else {
                return Err(error.into());
            };
            Ok(JudgeFound::Absent(Unreachable {
                protocol,
                servers,
                why,
                answers,
            }))
        }
        Err(error) => Err(error.into()),
    }
}

/// What is started for a model in a file, and what it costs in memory.
pub fn local_described(local: &LocalModel) -> String {
    let memory = local.memory();
    let gb = |bytes: u64| bytes as f64 / 1e9;
    format!(
        "llama.cpp's server for {} ({}): about {:.1} GB of memory (weights {:.2}, context of {:.2} for {} x {} tokens, computing {:.2}); it stops when this run ends",
        local.name(),
        local.program().path().display(),
        gb(memory.total()),
        gb(memory.weights),
        gb(memory.context),
        local.slots(),
        local.context(),
        gb(memory.batch),
    )
}

/// Where it is kept what servers of the OpenAI API can do.
pub fn kept_probes() -> Option<KeptProbes> {
    data_folder().map(|folder| KeptProbes::in_folder(&folder))
}

/// What a person's looks at their own servers (`doctor`) measured.
pub fn measured_costs() -> Measurements {
    data_folder().map_or_else(Measurements::default, |folder| Measurements::load(&folder))
}

/// Keeps what the first questions to a model found, so that later runs ask none. A simulator's are no model's; a folder that can't
/// be written costs a later run its time and nothing else.
fn keep(judge: &LlmJudge) {
    let measured = judge.measured().filter(|measured| !measured.simulated);
    if let (Some(measured), Some(folder)) = (measured, data_folder()) {
        let mut kept = Measurements::load(&folder);
        kept.add(measured.clone());
        let _ = kept.save(&folder);
    }
}

/// What is said while connecting takes its time. A download can take minutes: a notice every tenth.
fn connecting(listener: &dyn Listener, at: Connecting<'_>) {
    use std::sync::atomic::{AtomicU64, Ordering};
    static SHOWN: AtomicU64 = AtomicU64::new(u64::MAX);
    match at {
        Connecting::Pulling { step, done, all } => {
            let tenth = (done * 10).checked_div(all).unwrap_or(0);
            if SHOWN.swap(tenth, Ordering::Relaxed) != tenth {
                listener.notice(&Notice::Pulling(step.to_owned(), tenth));
            }
        }
        Connecting::Trying { mode, asked: 0, .. } => listener.notice(&Notice::TryingJudge(mode)),
        _ => {}
    }
}
