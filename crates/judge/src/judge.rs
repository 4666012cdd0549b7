//! The judge as others use it.

use std::{
    sync::{
        Arc, Mutex, PoisonError,
        atomic::{AtomicU64, Ordering},
    },
    time::{Duration, Instant},
};

use midband_core::{Answer, BoxFuture, Fingerprint, Judge, JudgeError, Pair, Unanswered, Verdict};
use tokio::{
    sync::mpsc::{UnboundedSender, unbounded_channel},
    task::AbortHandle,
};

use crate::{
    auto::{Picked, settle},
    cache::{Cache, Record},
    chain,
    mode::Style,
    plan::{Plan, Words},
    queue::{Caps, Command, Job, Parts, Queue},
    server::Server,
    settings::JudgeSettings,
    transport::PullProgress,
    usage::Usage,
};

/// Pairs whose texts are looked up and handed over at once: enough to fill every request, few enough
/// that a caller sees its first verdicts early.
const CHUNK: usize = 2_048;

/// A judge behind one or more Ollama servers.
///
/// Cheap to share by reference among many callers: their pairs meet in the same requests. Lives on
/// the runtime on which it was connected; dropping it ends every request.
///
/// # Laws
/// As [`Judge`]'s; and a verdict is never a made-up number.
pub struct OllamaJudge {
    plan: Arc<Plan>,
    picked: Picked,
    notes: Vec<String>,
    simulated: bool,
    fresh: bool,
    cache: Option<Arc<Cache>>,
    usage: Arc<Mutex<Usage>>,
    commands: UnboundedSender<Command>,
    calls: AtomicU64,
    tasks: Vec<AbortHandle>,
}

impl OllamaJudge {
    /// Finds servers and models, settles the way of asking, and starts the queue.
    ///
    /// # Errors
    /// The settings can't work, no server answers, or none has any of the models.
    pub async fn connect(settings: JudgeSettings) -> Result<Self, JudgeError> {
        Self::connect_with(settings, &|_, _, _| {}).await
    }

    /// The same, with the steps of a download: what is done, bytes so far, bytes in all.
    ///
    /// # Errors
    /// As [`OllamaJudge::connect`].
    pub async fn connect_with(
        settings: JudgeSettings,
        progress: &PullProgress<'_>,
    ) -> Result<Self, JudgeError> {
        let found = chain::connect(&settings, progress).await?;
        let cache = match &settings.cache {
            Some(folder) => Some(Arc::new(
                Cache::open(folder).map_err(|error| JudgeError::Settings(error.to_string()))?,
            )),
            None => None,
        };
        let features = found.servers[0].transport.features();
        let digest = found.chain[0].digest.as_str();
        let picked = settle(
            settings.mode,
            settings.format,
            features,
            settings.costs.as_ref().map(|costs| (costs, digest)),
        );
        let style = Style::of(picked.mode, picked.format);
        let widest = [style, Style::Think, Style::Reason];
        let constant = widest
            .iter()
            .map(|&style| Plan::constant_tokens(&settings.task, style, found.chain[0].turns))
            .max();
        let plan = Arc::new(Plan {
            batch: if style.is_single() {
                1
            } else {
                settings.batch_size.unwrap_or(style.default_batch())
            },
            style,
            num_ctx: settings.num_ctx,
            seed: settings.seed,
            keep_alive: settings.keep_alive,
            max_wait: settings.max_wait,
            second_look: settings.second_look,
            unsure: settings.unsure,
            explain: settings.explain,
            patience: settings.patience,
            constant_tokens: constant.unwrap_or(0),
            features,
            chain: found.chain,
            task: settings.task,
        });
        let usage = Arc::new(Mutex::new(Usage {
            simulated: found.simulated,
            ..Usage::default()
        }));
        let (commands, received) = unbounded_channel();
        let warm = settings
            .warm_up
            .then(|| warm_up(&plan, &found.servers))
            .flatten();
        let servers = found.servers.into_iter();
        let queue = Queue::new(Parts {
            plan: Arc::clone(&plan),
            servers: servers
                .map(|server| Server::new(server.transport, settings.max_in_flight, server.models))
                .collect(),
            caps: Caps {
                calls: settings.max_calls,
                judge_time: settings.max_judge_time,
                deadline: settings
                    .deadline
                    .and_then(|after| Instant::now().checked_add(after)),
            },
            cache: cache.clone(),
            usage: Arc::clone(&usage),
            commands: received,
        });
        let running = tokio::spawn(queue.run()).abort_handle();
        Ok(Self {
            plan,
            picked,
            notes: found.notes,
            simulated: found.simulated,
            fresh: settings.fresh,
            cache,
            usage,
            commands,
            calls: AtomicU64::new(0),
            tasks: warm.into_iter().chain([running]).collect(),
        })
    }

    /// What was spent so far.
    pub fn usage(&self) -> Usage {
        *self.usage.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// How the judge is asked, and why so.
    pub fn picked(&self) -> &Picked {
        &self.picked
    }

    /// What the user should know: servers and models that were left out, and why.
    pub fn notes(&self) -> &[String] {
        &self.notes
    }

    /// True where a simulator answers: every figure is SIMULATED.
    pub fn is_simulated(&self) -> bool {
        self.simulated
    }

    /// The models that may be asked, by name and digest, preferred first.
    pub fn models(&self) -> impl Iterator<Item = (&str, &str)> {
        self.plan
            .chain
            .iter()
            .map(|model| (model.name.as_str(), model.digest.as_str()))
    }

    /// Pairs in a full request.
    pub fn batch_size(&self) -> usize {
        self.plan.batch
    }

    /// Waits until every verdict so far is in the cache's file. Returns how many could not be kept.
    pub fn flush_cache(&self) -> u64 {
        self.cache.as_ref().map_or(0, |cache| {
            cache.flush();
            cache.lost()
        })
    }

    /// Asks about every pair until a point in time; then every pair that is still open is handed on
    /// as out of budget. Requests that are out by then end in peace, and their verdicts go into the
    /// cache.
    ///
    /// # Errors
    /// No pair could be asked; then nothing was handed on.
    pub async fn judge_within(
        &self,
        pairs: &[Pair],
        deadline: Instant,
        deliver: &(dyn Fn(usize, Verdict) + Send + Sync),
    ) -> Result<(), JudgeError> {
        self.ask(pairs, Some(deadline), deliver).await
    }

    async fn ask(
        &self,
        pairs: &[Pair],
        deadline: Option<Instant>,
        deliver: &(dyn Fn(usize, Verdict) + Send + Sync),
    ) -> Result<(), JudgeError> {
        let call = self.calls.fetch_add(1, Ordering::Relaxed);
        let (verdicts, mut received) = unbounded_channel();
        let mut caller = Caller {
            call,
            commands: &self.commands,
            keep: false,
        };
        let mut open = vec![false; pairs.len()];
        let mut left = 0usize;
        let begin = Instant::now();
        for first in (0..pairs.len()).step_by(CHUNK) {
            let chunk = &pairs[first..pairs.len().min(first + CHUNK)];
            let jobs = self.known_or_jobs(call, first, chunk, deliver);
            for job in &jobs {
                open[job.index] = true;
            }
            left += jobs.len();
            if !jobs.is_empty() {
                let enter = Command::Enter {
                    call,
                    jobs,
                    verdicts: verdicts.clone(),
                };
                // Where the queue has ended nothing will come, and the pairs are handed on as such.
                let _ = self.commands.send(enter);
            }
        }
        drop(verdicts);
        let end = deadline.map(tokio::time::Instant::from_std);
        while left > 0 {
            let next = async {
                match end {
                    Some(end) => tokio::time::timeout_at(end, received.recv())
                        .await
                        .map_err(|_| Unanswered::OutOfBudget),
                    None => Ok(received.recv().await),
                }
            };
            match next.await {
                Ok(Some((index, verdict))) => {
                    if std::mem::take(&mut open[index]) {
                        left -= 1;
                        deliver(index, verdict);
                    }
                }
                // Late, or the judge itself has ended: nothing further will come.
                ended => {
                    caller.keep = true;
                    let why = ended.err().unwrap_or(Unanswered::Cancelled);
                    for index in (0..open.len()).filter(|&index| open[index]) {
                        deliver(index, Verdict::unanswered(why.clone(), begin.elapsed()));
                    }
                    let late = left as u64;
                    self.usage
                        .lock()
                        .unwrap_or_else(PoisonError::into_inner)
                        .unanswered += late;
                    return Ok(());
                }
            }
        }
        Ok(())
    }

    /// Delivers what needs no request (cached, or can't fit) and returns the rest as jobs.
    fn known_or_jobs(
        &self,
        call: u64,
        first: usize,
        pairs: &[Pair],
        deliver: &(dyn Fn(usize, Verdict) + Send + Sync),
    ) -> Vec<Job> {
        let words: Vec<Words> = pairs.iter().map(Words::new).collect();
        let models = 0..self.plan.chain.len();
        let keys = words.iter().map(|words| {
            models
                .clone()
                .map(|model| self.plan.cache_key(model, words))
                .collect()
        });
        let known: Vec<Option<Record>> = match &self.cache {
            // A cache that can't be read costs requests, and nothing else.
            Some(cache) if !self.fresh => cache
                .get_all(keys)
                .unwrap_or_else(|_| vec![None; pairs.len()]),
            _ => vec![None; pairs.len()],
        };
        let mut jobs = Vec::new();
        let (mut cached, mut too_long) = (0, 0);
        for (offset, (words, record)) in words.into_iter().zip(known).enumerate() {
            let index = first + offset;
            let answer = record.and_then(|record| Answer::new(record.score(), record.model).ok());
            if let Some(mut answer) = answer {
                cached += 1;
                answer.cached = true;
                deliver(index, Verdict::answered(answer, Duration::ZERO));
            } else if self.plan.never_fits(&words.pair) {
                too_long += 1;
                deliver(
                    index,
                    Verdict::unanswered(Unanswered::TooLong, Duration::ZERO),
                );
            } else {
                jobs.push(Job::new(call, index, words));
            }
        }
        let mut usage = self.usage.lock().unwrap_or_else(PoisonError::into_inner);
        usage.cached += cached;
        usage.answered += cached;
        usage.unanswered += too_long;
        jobs
    }
}

/// Loads the first model on every server that has it, with the options of the later calls.
fn warm_up(plan: &Arc<Plan>, servers: &[chain::Reached]) -> Option<AbortHandle> {
    let name = plan.chain.first()?.name.clone();
    let options = plan.load_options();
    let having = servers
        .iter()
        .filter(|server| server.models.contains(&0) && server.transport.features().loads_models);
    let transports: Vec<_> = having.map(|server| Arc::clone(&server.transport)).collect();
    let task = tokio::spawn(async move {
        let mut loads = tokio::task::JoinSet::new();
        for transport in transports {
            let (name, options) = (name.clone(), options.clone());
            // A failure shows itself again, with its reason, in the first request.
            loads.spawn(async move { transport.load(&name, &options).await.is_ok() });
        }
        loads.join_all().await;
    });
    Some(task.abort_handle())
}

/// Tells the queue when a caller goes away, however it goes.
struct Caller<'a> {
    call: u64,
    commands: &'a UnboundedSender<Command>,
    keep: bool,
}

impl Drop for Caller<'_> {
    fn drop(&mut self) {
        let _ = self.commands.send(Command::Leave {
            call: self.call,
            keep: self.keep,
        });
    }
}

impl Drop for OllamaJudge {
    fn drop(&mut self) {
        for task in &self.tasks {
            task.abort();
        }
    }
}

impl Judge for OllamaJudge {
    fn judge<'a>(&'a self, pairs: &'a [Pair]) -> BoxFuture<'a, Result<Vec<Verdict>, JudgeError>> {
        Box::pin(async move {
            let verdicts: Mutex<Vec<Option<Verdict>>> = Mutex::new(vec![None; pairs.len()]);
            let keep = |index: usize, verdict: Verdict| {
                verdicts.lock().unwrap_or_else(PoisonError::into_inner)[index] = Some(verdict);
            };
            self.ask(pairs, None, &keep).await?;
            let all = verdicts
                .into_inner()
                .unwrap_or_else(PoisonError::into_inner);
            Ok(all
                .into_iter()
                .map(|verdict| {
                    verdict.unwrap_or_else(|| {
                        Verdict::unanswered(Unanswered::Cancelled, Duration::ZERO)
                    })
                })
                .collect())
        })
    }

    fn judge_each<'a>(
        &'a self,
        pairs: &'a [Pair],
        deliver: &'a (dyn Fn(usize, Verdict) + Send + Sync),
    ) -> BoxFuture<'a, Result<(), JudgeError>> {
        Box::pin(self.ask(pairs, None, deliver))
    }

    fn name(&self) -> String {
        let model = self
            .plan
            .chain
            .first()
            .map_or("", |model| model.name.as_str());
        let simulated = if self.simulated { " SIMULATED" } else { "" };
        format!("{model} ({}){simulated}", self.plan.style.as_str())
    }

    fn fingerprint(&self) -> Fingerprint {
        self.plan.fingerprint()
    }
}
