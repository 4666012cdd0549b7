//! Sets the judge up from the settings, or says why there is none.

use std::{path::Path, time::Duration};

use anyhow::{Context, Result, anyhow, bail};
use midband::{
    embed::data_folder,
    judge::{
        ApiKey, JudgeSettings, LocalModel, LocalProgram, Protocol, RetryPolicy, Task, WeightsFolder,
    },
};
use midband_run::{JudgeFound, Unreachable, Verdicts};

use crate::{
    args::{JudgeArg, JudgeArgs, ServerArgs},
    learning,
    progress::Console,
};

/// Requests that a server of our own answers at once where the user says nothing: each keeps a context in memory.
const LOCAL_SLOTS: usize = 2;

/// What the summary calls a run without a judge that was asked for.
pub(crate) const NONE: &str = "none";

/// Who is to be asked: `None` where it is nobody, in so many words.
pub(crate) fn asked(args: &JudgeArgs, seed: u64) -> Result<Option<JudgeSettings>> {
    if args.asking.server.judge == Some(JudgeArg::None) {
        return Ok(None);
    }
    settings(args, seed).map(Some)
}

/// Connects to the servers. Without `--judge`, a server that does not answer means a run without a judge;
/// with `--judge ollama` too, but then every pair that wants one is named unanswered for that reason.
pub(crate) async fn connect(
    args: &JudgeArgs,
    verdicts: Verdicts<'_>,
    seed: u64,
    quiet: bool,
) -> Result<JudgeFound> {
    midband_run::connect(asked(args, seed)?, verdicts, &Console::new(quiet)).await
}

/// Why there is no judge, in words for the summary.
pub(crate) fn absent(absent: &Unreachable) -> String {
    let Unreachable {
        protocol,
        servers,
        why,
        answers,
    } = absent;
    let way_out = match protocol {
        Protocol::Ollama if *answers => {
            "check the address; use --judge-url for a server with the OpenAI API, or `--judge none`"
        }
        Protocol::OpenAi if *answers => {
            "check the address, which usually ends in /v1; use --ollama for Ollama's own API, or `--judge none`"
        }
        Protocol::Ollama => "start the server or pull the model, or use `--judge none`",
        Protocol::OpenAi => "start the server, check MIDBAND_JUDGE_API_KEY, or use `--judge none`",
    };
    format!("{NONE} (no judge at {servers}: {why}; {way_out})")
}

/// The settings that the flags name, checked by the judge itself.
pub(crate) fn settings(args: &JudgeArgs, seed: u64) -> Result<JudgeSettings> {
    let mut reached = reached(&args.asking.server, seed)?;
    if let Some(slots) = args.asking.in_flight {
        reached.local = reached.local.map(|local| local.with_slots(slots));
    }
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
    let local = local(args)?;
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
        local: local.clone(),
        task: task(&args.task, None)?,
        max_in_flight: local.map_or(protocol.default_in_flight(), |local| local.slots()),
        num_ctx: args.num_ctx,
        seed,
        keep_alive: duration(&args.keep_alive)?,
        allow_remote: args.allow_remote_judge,
        pull: args.pull,
        retry_policy: RetryPolicy {
            most_timeout: duration(&args.request_timeout)?,
            ..defaults.retry_policy
        },
        ..defaults
    })
}

/// The folder of weights that `midband models fetch` brought.
///
/// # Errors
/// No data folder is known.
pub(crate) fn weights() -> Result<WeightsFolder> {
    let folder = data_folder().context("no data folder for judges is known")?;
    Ok(WeightsFolder::new(folder.join("judges")))
}

/// The model in a file that a server of our own is to be started for.
fn local(args: &ServerArgs) -> Result<Option<LocalModel>> {
    let Some(JudgeArg::Local(named)) = &args.judge else {
        return Ok(None);
    };
    let file = match named.as_deref() {
        Some(file) if Path::new(file).is_file() => file.into(),
        Some(file) if file.contains(['/', '\\']) => bail!("--judge local: {file} is not a file"),
        Some(file) if file.ends_with(".gguf") => {
            let fetched = weights()?.find(Some(file));
            fetched
                .with_context(|| format!("{file} is not a file"))?
                .path
        }
        name => weights()?.find(name)?.path,
    };
    let program = LocalProgram::find(args.llama_server.as_deref(), data_folder().as_deref())?;
    let local = LocalModel::new(&file, program, args.num_ctx, LOCAL_SLOTS)?;
    Ok(Some(local))
}

/// The API that the flags name.
fn protocol(args: &ServerArgs) -> Result<Protocol> {
    match (&args.judge, args.judge_url.is_empty()) {
        (Some(JudgeArg::Local(_)), false) => Err(anyhow!(
            "--judge local starts its own server: omit --judge-url"
        )),
        (Some(JudgeArg::OpenAi), true) => Err(anyhow!(
            "--judge openai needs --judge-url, such as http://127.0.0.1:8000/v1"
        )),
        (Some(JudgeArg::Ollama), false) => Err(anyhow!(
            "--judge-url is for servers with the OpenAI API: use --judge openai, or name the Ollama server with --ollama"
        )),
        (judge, no_url) => Ok(JudgeArg::protocol(judge.as_ref(), !no_url)),
    }
}

/// The word that leaves the task to the texts.
pub(crate) const AUTO: &str = "auto";

/// A built-in profile by name, or a TOML file. Where it is left to the texts: the calibration's, else the default until texts
/// have been seen.
pub(crate) fn task(name: &str, calibration: Option<&Path>) -> Result<Task> {
    if name == AUTO {
        let learnt = calibration.map(learning::read_calibration).transpose()?;
        let built_in = learnt.and_then(|learnt| Task::built_in(&learnt.task));
        return Ok(built_in.unwrap_or_default());
    }
    Task::named_or_file(name).with_context(|| format!("cannot use the task {name:?}"))
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
        .map_err(|error| anyhow!("{text:?} is not a duration ({error}); write 90s, 5m or 24h"))
}
