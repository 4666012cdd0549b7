//! `midband serve`: sets the server up from the settings and runs it until it is told to stop.

use std::{
    path::{Path, PathBuf},
    process::ExitCode,
    sync::Arc,
    time::Duration,
};

use anyhow::{Context, Result, anyhow, bail};
use midband::{
    BandOn, Judge, NO_JUDGE,
    embed::data_folder,
    judge::{JudgeSettings, LlmJudge},
    model::{Calibration, Use},
    router::Policy,
};
use midband_run::{JudgeFound, Listener, Stop, Verdicts, embedder};
use midband_server::{Answered, Event, Limits, ReconnectingJudge, Server, Settings, Task};

use crate::{
    args::{BandOnArg, CapArgs, JudgeArgs, LimitArgs, LogArg, ServeArgs},
    exit,
    judging::{self, duration},
    learning,
    progress::Console,
};

pub(crate) fn run(args: &ServeArgs) -> Result<ExitCode> {
    #[cfg(feature = "otel")]
    let spans = midband_telemetry::Exporter::start(env!("CARGO_PKG_VERSION"))?;
    #[cfg(feature = "otel")]
    if let Some(spans) = &spans {
        noteln!("midband: spans go to {}, without texts", spans.endpoint());
    }
    let runtime = tokio::runtime::Builder::new_multi_thread()
        .enable_all()
        .build()?;
    let served = runtime.block_on(serve(args));
    // A job's texts may still be embedded: the next start begins it anew.
    runtime.shutdown_timeout(LAST_MOMENT);
    #[cfg(feature = "otel")]
    if let Some(Err(error)) = spans.map(midband_telemetry::Exporter::finish) {
        noteln!("midband: {error}");
    }
    served?;
    Ok(exit::SETTLED)
}

async fn serve(args: &ServeArgs) -> Result<()> {
    let state = match &args.state {
        Some(folder) => folder.clone(),
        None => data_folder()
            .context("there is no data folder for the jobs; name one with --state")?
            .join("server"),
    };
    let mut model = args.model.clone();
    let cache = model
        .cache
        .get_or_insert_with(|| state.join("cache"))
        .clone();
    let quiet: Arc<dyn Listener> = Arc::new(Console::new(true));
    let embedder = embedder(&model.options(), &Stop::default(), &quiet)?;
    let identity = embedder.model().clone();
    let asking = JudgeArgs {
        asking: args.asking.clone(),
        caps: CapArgs::default(),
    };
    // What can't work now will not work later either. All tasks share one server of our own.
    let asking = judging::asked(&asking, args.seed)?;
    let mut tasks = Vec::new();
    let names = std::iter::once(&args.asking.server.task).chain(&args.routing.more_tasks);
    for (place, name) in names.enumerate() {
        let calibration = args.routing.calibration.as_deref().filter(|_| place == 0);
        let task = judging::task(name, calibration)?;
        let mut learning = learning::options(
            &args.routing.learning,
            Policy::Gain(args.routing.min_gain.options()),
        )?;
        // A calibration belongs to one task.
        if let Some(path) = calibration {
            let calibration = learning::read_calibration(path)?;
            learning.features = calibration.features.clone();
            learning.calibration = Some(calibration.clone());
            calibration.check(&Use {
                embedding_model: &learning.embeds_as(&identity),
                task: &task.name,
                lexicon: learning.own_lexicon().as_deref(),
                judge_fingerprint: None,
                lists: false,
            })?;
        }
        // One file has one owner, and each task's judge has its own.
        let cache = if place == 0 {
            cache.clone()
        } else {
            cache.join(format!("task-{place}"))
        };
        let connecting = Arc::new(Connecting {
            settings: asking.as_ref().map(|asking| JudgeSettings {
                task: midband::judge::Task {
                    lexicon: learning.lexicon.clone(),
                    ..task.clone()
                },
                ..asking.clone()
            }),
            cache,
            quiet: args.quiet,
            task: task.name.clone(),
            identity: learning.embeds_as(&identity),
            lexicon: learning.own_lexicon(),
            calibration: learning.calibration.clone(),
        });
        tasks.push(Task {
            kind: args.routing.learning.task_kind.unwrap_or_default(),
            name: task.name,
            learning,
            judge: Arc::new(slot(connecting).await?),
        });
    }
    let told = shown(&tasks);
    let server = Server::bind(Settings {
        listen: args.listen,
        api_key: args.api_key.clone().filter(|key| !key.is_empty()),
        insecure: args.insecure,
        allowed_hosts: args.allowed_hosts.clone(),
        limits: limits(&args.limits)?,
        state,
        on_event: Some({
            let requests = (!args.quiet).then_some(args.log);
            Arc::new(move |event| noted(event, requests))
        }),
        save_labels: args.save_labels.clone(),
        embedder,
        tasks,
        band: args.routing.band,
        band_on: match args.routing.band_on {
            BandOnArg::Cosine => BandOn::Cosine,
            BandOnArg::Proxy => BandOn::Proxy,
        },
        seed: args.seed,
    })
    .await?;
    note!("{told}");
    noteln!(
        "midband: listening on http://{}, its API at /docs",
        server.address
    );
    server.run(told_to_stop()).await?;
    noteln!("midband: stopped");
    Ok(())
}

/// Time for threads to end once the server has stopped.
const LAST_MOMENT: Duration = Duration::from_secs(2);

/// The line about something that happened; about requests only where a form of their lines is named.
fn noted(event: &Event<'_>, requests: Option<LogArg>) {
    match (event, requests) {
        (Event::Answered(request), Some(LogArg::Text)) => noteln!("midband: {}", as_text(request)),
        (Event::Answered(request), Some(LogArg::Json)) => noteln!("{}", as_json(request)),
        (Event::JobNotKept(why), _) => {
            noteln!("midband: a job's result could not be kept: {why}");
        }
        (Event::StoppedLate, _) => {
            noteln!("midband: requests that were still open were broken off (--stop-within)");
        }
        _ => {}
    }
}

fn as_text(request: &Answered<'_>) -> String {
    let ms = request.took.as_millis();
    let Answered {
        method,
        route,
        status,
        id,
        ..
    } = request;
    let trace = request.trace.map(|trace| format!(" trace {trace}"));
    format!(
        "{method} {route} {status} {ms} ms {id}{}",
        trace.unwrap_or_default()
    )
}

fn as_json(request: &Answered<'_>) -> serde_json::Value {
    let time = humantime::format_rfc3339_seconds(std::time::SystemTime::now()).to_string();
    let mut line = serde_json::json!({
        "time": time,
        "method": request.method,
        "route": request.route,
        "status": request.status,
        "ms": request.took.as_millis() as u64,
        "id": request.id,
    });
    if let Some(trace) = request.trace {
        line["trace"] = trace.into();
    }
    line
}

/// All that it takes to reach a task's judge, now or later.
struct Connecting {
    /// `None` where nobody is to be asked.
    settings: Option<JudgeSettings>,
    cache: PathBuf,
    quiet: bool,
    task: String,
    identity: midband::ModelIdentity,
    lexicon: Option<String>,
    calibration: Option<Arc<Calibration>>,
}

impl Connecting {
    async fn connect(&self) -> Result<LlmJudge, String> {
        let verdicts = Verdicts::of(Some(Path::new(&self.cache)));
        let console = Console::new(self.quiet);
        let found = midband_run::connect(self.settings.clone(), verdicts, &console).await;
        let judge = match found {
            Ok(JudgeFound::Judge(judge)) => *judge,
            Ok(JudgeFound::None) => return Err(NO_JUDGE.to_owned()),
            Ok(JudgeFound::Absent(absent)) => return Err(judging::absent(&absent)),
            Err(error) => return Err(format!("{error:#}")),
        };
        if let Some(calibration) = &self.calibration {
            let fits = calibration.check(&Use {
                embedding_model: &self.identity,
                task: &self.task,
                lexicon: self.lexicon.as_deref(),
                judge_fingerprint: Some(&judge.fingerprint()),
                lists: false,
            });
            fits.map_err(|error| error.to_string())?;
        }
        Ok(judge)
    }
}

async fn slot(connecting: Arc<Connecting>) -> Result<ReconnectingJudge> {
    let Some(settings) = &connecting.settings else {
        return Ok(ReconnectingJudge::none(NO_JUDGE));
    };
    let found = connecting.connect().await;
    if let (Some(_), Err(why)) = (&settings.local, &found) {
        bail!("{why}");
    }
    let again = move || -> midband::BoxFuture<'static, _> {
        let connecting = connecting.clone();
        Box::pin(async move { connecting.connect().await })
    };
    Ok(ReconnectingJudge::found(found, Box::new(again)))
}

fn limits(args: &LimitArgs) -> Result<Limits> {
    if args.concurrency == 0 || args.max_pairs == 0 || args.max_job_pairs == 0 {
        bail!("--concurrency, --max-pairs and --max-job-pairs are at least 1");
    }
    let time = |name: &str, text: &str| {
        let time = duration(text)?;
        if time.is_zero() {
            return Err(anyhow!("{name} must be longer than nothing"));
        }
        Ok(time)
    };
    Ok(Limits {
        body_bytes: args.max_body_bytes,
        pairs: args.max_pairs,
        job_pairs: args.max_job_pairs,
        text_bytes: args.max_text_bytes,
        concurrency: args.concurrency,
        jobs: args.max_jobs,
        deadline: time("--request-deadline", &args.request_deadline)?,
        longest_deadline: time("--longest-deadline", &args.longest_deadline)?,
        keep_jobs: duration(&args.keep_jobs)?,
        stop_within: duration(&args.stop_within)?,
    })
}

fn shown(tasks: &[Task]) -> String {
    let lines = tasks.iter().map(|task| {
        let calibrated = if task.learning.calibration.is_some() {
            "calibrated"
        } else {
            "uncalibrated"
        };
        format!(
            "midband: task {} ({calibrated}), judge: {}\n",
            task.name, task.judge
        )
    });
    lines.collect()
}

/// Ready at the first SIGINT or SIGTERM.
async fn told_to_stop() {
    let interrupted = tokio::signal::ctrl_c();
    #[cfg(unix)]
    {
        use tokio::signal::unix::{SignalKind, signal};
        if let Ok(mut terminated) = signal(SignalKind::terminate()) {
            tokio::select! {
                _ = interrupted => {}
                _ = terminated.recv() => {}
            }
            return;
        }
    }
    // Without a handler the process ends as the system does it.
    let _ = interrupted.await;
}
