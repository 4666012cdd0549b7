//! Sets the judge up from the settings, or says why there is none.

use std::{path::Path, time::Duration};

use anyhow::{Context, Result, anyhow};
use midband::judge::{ApiKey, JudgeSettings, LlmJudge, MeasuredCosts, Protocol, Task};
use midband::{
    BoxFuture, Fingerprint, Judge, JudgeError, Pair, Unanswered, Verdict, embed::data_folder,
};

use crate::args::{JudgeArg, JudgeArgs, ServerArgs};

/// What the summary calls a run without a judge that was asked for.
pub(crate) const NONE: &str = "none";

/// The judge of a run, or why there is none.
pub(crate) enum JudgeFound {
    Judge(Box<LlmJudge>),
    /// Nobody will be asked: so it was wanted.
    None,
    /// No server answers, in words for the summary.
    Absent(String),
}

/// Stands where no judge could be reached: every question stays unanswered for that reason.
pub(crate) struct AbsentJudge;

impl Judge for AbsentJudge {
    fn judge<'a>(&'a self, pairs: &'a [Pair]) -> BoxFuture<'a, Result<Vec<Verdict>, JudgeError>> {
        let none = Verdict::unanswered(Unanswered::NoJudge, Duration::ZERO);
        Box::pin(std::future::ready(Ok(vec![none; pairs.len()])))
    }

    fn name(&self) -> String {
        NONE.to_owned()
    }

    fn fingerprint(&self) -> Fingerprint {
        Fingerprint::new(NONE)
    }
}

/// Verdicts that are there already.
#[derive(Clone, Copy, Default)]
pub(crate) struct Verdicts<'a> {
    /// Folder of the cache.
    pub(crate) cache: Option<&'a Path>,
    /// From when on they are this run's own, milliseconds since 1970.
    pub(crate) own_since: Option<u64>,
}

impl<'a> Verdicts<'a> {
    /// All of the cache's are of other runs.
    pub(crate) fn of(cache: Option<&'a Path>) -> Self {
        Self {
            cache,
            own_since: None,
        }
    }
}

/// Connects to the servers. Without `--judge`, a server that does not answer means a run without a judge;
/// with `--judge ollama` too, but then every pair that wants one is named unanswered for that reason.
pub(crate) async fn connect(
    args: &JudgeArgs,
    verdicts: Verdicts<'_>,
    seed: u64,
) -> Result<JudgeFound> {
    if args.asking.server.judge == Some(JudgeArg::None) {
        return Ok(JudgeFound::None);
    }
    let mut settings = settings(args, seed)?;
    settings.cache = verdicts.cache.map(Path::to_path_buf);
    settings.own_since = verdicts.own_since;
    settings.costs = measured_costs();
    let (protocol, servers) = (settings.protocol, settings.servers.join(", "));
    match LlmJudge::connect_with(settings, &|step, done, all| pull_progress(step, done, all)).await
    {
        Ok(judge) => Ok(JudgeFound::Judge(Box::new(judge))),
        Err(JudgeError::Unreachable(why)) => {
            let way_out = match protocol {
                Protocol::Ollama => "start it or pull the model, or say `--judge none`",
                Protocol::OpenAi => {
                    "start it, look at MIDBAND_JUDGE_API_KEY, or say `--judge none`"
                }
            };
            Ok(JudgeFound::Absent(format!(
                "{NONE} (no judge at {servers}: {why}; {way_out})"
            )))
        }
        Err(error) => Err(error.into()),
    }
}

/// The settings that the flags name, checked by the judge itself.
pub(crate) fn settings(args: &JudgeArgs, seed: u64) -> Result<JudgeSettings> {
    let reached = reached(&args.asking.server, seed)?;
    Ok(JudgeSettings {
        mode: args.asking.prompting_mode(),
        batch_size: args.asking.batch_size,
        max_in_flight: args.asking.in_flight.unwrap_or(reached.max_in_flight),
        fresh: args.asking.fresh,
        max_calls: args.caps.max_calls,
        max_judge_time: args
            .caps
            .max_judge_time
            .as_deref()
            .map(duration)
            .transpose()?,
        deadline: args.caps.deadline.as_deref().map(duration).transpose()?,
        second_look: args.asking.second_look,
        explain: args.asking.explain,
        ..reached
    })
}

/// Settings that say where the judge is and what it is told; how it is asked is left to the defaults.
pub(crate) fn reached(args: &ServerArgs, seed: u64) -> Result<JudgeSettings> {
    let defaults = JudgeSettings::default();
    let protocol = protocol(args)?;
    let servers = match (protocol, &args.ollama[..], std::env::var("OLLAMA_HOST")) {
        (Protocol::OpenAi, ..) => args.judge_url.clone(),
        (_, [], Ok(host)) if !host.trim().is_empty() => vec![host],
        (_, [], _) => defaults.servers.clone(),
        (_, named, _) => named.to_vec(),
    };
    let models = match (protocol, &args.models[..]) {
        (Protocol::Ollama, []) => defaults.models.clone(),
        (_, named) => named.to_vec(),
    };
    let key = std::env::var("MIDBAND_JUDGE_API_KEY").ok();
    Ok(JudgeSettings {
        protocol,
        servers,
        api_key: key.as_deref().and_then(ApiKey::new),
        models,
        task: task(&args.task)?,
        max_in_flight: protocol.default_in_flight(),
        num_ctx: args.num_ctx,
        seed,
        keep_alive: duration(&args.keep_alive)?,
        allow_remote: args.allow_remote_judge,
        pull: args.pull,
        ..defaults
    })
}

/// The API that the flags name.
fn protocol(args: &ServerArgs) -> Result<Protocol> {
    match (args.judge, args.judge_url.is_empty()) {
        (Some(JudgeArg::OpenAi), true) => Err(anyhow!(
            "--judge openai needs --judge-url, such as http://127.0.0.1:8000/v1"
        )),
        (Some(JudgeArg::Ollama), false) => Err(anyhow!(
            "--judge-url names a server of the OpenAI API; say --judge openai, or name Ollama's with --ollama"
        )),
        (Some(JudgeArg::OpenAi) | None, false) => Ok(Protocol::OpenAi),
        _ => Ok(Protocol::Ollama),
    }
}

/// A built-in profile by name, or a TOML file.
pub(crate) fn task(name: &str) -> Result<Task> {
    Task::named_or_file(name).with_context(|| format!("the task {name:?} can't be used"))
}

/// `90s`, `5m`, `24h`; a bare number is seconds; `-1` is for ever, as Ollama has it.
pub(crate) fn duration(text: &str) -> Result<Duration> {
    if text.trim() == "-1" {
        return Ok(Duration::MAX);
    }
    if let Ok(seconds) = text.trim().parse::<u64>() {
        return Ok(Duration::from_secs(seconds));
    }
    humantime::parse_duration(text)
        .map_err(|error| anyhow!("{text:?} is no duration ({error}); write 90s, 5m or 24h"))
}

/// What `midband doctor` measured on the user's own server, where it did.
pub(crate) fn measured_costs() -> Option<MeasuredCosts> {
    MeasuredCosts::load(&data_folder()?)
}

/// A download can take minutes: a line every tenth, on standard error.
fn pull_progress(step: &str, done: u64, all: u64) {
    use std::sync::atomic::{AtomicU64, Ordering};
    static SHOWN: AtomicU64 = AtomicU64::new(u64::MAX);
    let tenth = (done * 10).checked_div(all).unwrap_or(0);
    if SHOWN.swap(tenth, Ordering::Relaxed) != tenth {
        noteln!("midband: pulling: {step} {}0 %", tenth);
    }
}
