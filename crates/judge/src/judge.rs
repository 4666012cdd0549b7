//! The judge as others use it.

mod ask;

use std::{
    sync::{Arc, Mutex, PoisonError, atomic::AtomicU64},
    time::{Duration, Instant},
};

use midband_core::{BoxFuture, Fingerprint, Judge, JudgeError, Pace, Pair, Unanswered, Verdict};
use midband_llm::{LocalServer, PullProgress};
use tokio::{
    sync::mpsc::{UnboundedSender, unbounded_channel},
    task::AbortHandle,
};

use crate::{
    answer,
    auto::{Picked, pace, settle, without_labels},
    batch::BatchSize,
    cache::Cache,
    chain,
    mode::{PromptingMode, Question},
    plan::Plan,
    queue::{Caps, Command, Parts, Queue},
    server::Server,
    settings::{JudgeSettings, local_name},
    usage::Usage,
};

/// Fewest tokens that a request must leave for its pairs: two histories of a hundred words.
const LEAST_ROOM: u32 = 512;

/// A judge behind one or more servers.
///
/// Cheap to share by reference among many callers: their pairs meet in the same requests. Lives on
/// the runtime on which it was connected; dropping it ends every request.
///
/// # Laws
/// As [`Judge`]'s; and a verdict is never a made-up number.
pub struct LlmJudge {
    plan: Arc<Plan>,
    picked: Picked,
    notes: Vec<String>,
    simulated: bool,
    fresh: bool,
    own_since: Option<u64>,
    cache: Option<Arc<Cache>>,
    pace: Pace,
    usage: Arc<Mutex<Usage>>,
    commands: UnboundedSender<Command>,
    calls: AtomicU64,
    tasks: Vec<AbortHandle>,
    /// A server of our own, which ends with the last judge that asks it.
    _local: Option<Arc<LocalServer>>,
}

impl LlmJudge {
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
    /// As [`LlmJudge::connect`].
    pub async fn connect_with(
        settings: JudgeSettings,
        progress: &PullProgress<'_>,
    ) -> Result<Self, JudgeError> {
        let (settings, local) = settings.started().await?;
        let found = chain::connect(&settings, progress).await?;
        let cache = match &settings.cache {
            Some(folder) => Some(Arc::new(
                Cache::open(folder).map_err(|error| JudgeError::Settings(error.to_string()))?,
            )),
            None => None,
        };
        let broken = cache.as_ref().and_then(|cache| {
            let aside = cache.set_aside()?;
            Some(format!(
                "the verdict cache could not be read: it is now {}, and a new one was begun",
                aside.display()
            ))
        });
        let first = &found.chain[0];
        let digest = first.digest.as_str();
        let server = match &settings.local {
            Some(local) => local_name(local),
            None => found.servers[0].transport.address().to_owned(),
        };
        let thinks = first.switches_thought || first.template.has_thought_tokens();
        let measured = settings.costs.of(&server, digest, &settings.task.name);
        let can = first.can;
        let mut picked = settle(settings.mode, can, thinks, measured);
        let mut mode = picked.mode;
        let widest = [mode.into(), PromptingMode::Think.into(), Question::Reason];
        let constant = widest
            .iter()
            .map(|&question| Plan::constant_tokens(&settings.task, question, first.template))
            .max();
        let given = found.chain.iter().map(|model| model.context);
        let num_ctx = given
            .filter(|context| *context > 0)
            .fold(settings.num_ctx, u32::min);
        let batch = |mode: PromptingMode| {
            let wanted = settings.batch_size.filter(|_| !mode.is_single());
            wanted.unwrap_or(BatchSize::of(mode.into(), can.prompt_arrays))
        };
        let mut plan = Plan {
            batch: batch(mode),
            mode,
            num_ctx,
            seed: settings.seed,
            keep_alive: settings.keep_alive,
            max_wait: settings.max_wait,
            second_look: settings.second_look,
            unsure: settings.unsure,
            explain: settings.explain,
            retry_policy: settings.retry_policy,
            constant_tokens: constant.unwrap_or(0),
            chain: found.chain,
            task: settings.task,
        };
        if settings.mode.is_none() && mode.thinks() && plan.room(mode.into(), 1) < LEAST_ROOM {
            picked = settle(None, can, false, None);
            picked.why = format!(
                "{}; a context of {num_ctx} tokens has no room for a thought",
                picked.why
            );
            mode = picked.mode;
            (plan.mode, plan.batch) = (mode, batch(mode));
        }
        let untried = settings.mode.is_none() && measured.is_none() && settings.warm_up;
        if untried && mode == PromptingMode::YesNo && says_neither(&plan, &found.servers).await {
            picked = without_labels(can);
            mode = picked.mode;
            (plan.mode, plan.batch) = (mode, batch(mode));
        }
        let pace = pace(mode, measured);
        let plan = Arc::new(plan);
        if plan.room(mode.into(), 1) < LEAST_ROOM {
            return Err(JudgeError::Settings(format!(
                "a context of {} tokens leaves no room for pairs beside an answer in {}; 8,192 do{}",
                plan.num_ctx,
                mode,
                if plan.chain[0].context > 0 {
                    " (the server sets it; llama.cpp shares out -c among its slots)"
                } else {
                    ""
                }
            )));
        }
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
            notes: found.notes.into_iter().chain(broken).collect(),
            simulated: found.simulated,
            fresh: settings.fresh,
            own_since: settings.own_since,
            cache,
            pace,
            usage,
            commands,
            calls: AtomicU64::new(0),
            tasks: warm.into_iter().chain([running]).collect(),
            _local: local,
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

    /// Pairs in a full request: the bounds, between which [`Usage::batch_size`] was found.
    pub fn batch_size(&self) -> BatchSize {
        self.plan.batch
    }

    /// Waits until every verdict so far is in the cache's file. Returns how many could not be kept.
    pub fn flush_cache(&self) -> u64 {
        self.cache.as_ref().map_or(0, |cache| {
            cache.flush();
            cache.lost()
        })
    }
}

/// True where the model, asked yes or no of pairs whose answers are known, gives neither label a share worth reading.
///
/// Only servers whose API promises little are asked: the others were tried already.
async fn says_neither(plan: &Plan, servers: &[chain::Reached]) -> bool {
    let Some(server) = servers.iter().find(|server| server.models.contains(&0)) else {
        return false;
    };
    if !server.transport.measures() {
        return false;
    }
    let known = plan.task.known_pairs();
    let pairs: Vec<Pair> = known
        .iter()
        .take(2)
        .map(|known| Pair::new("", known.a.as_str(), known.b.as_str()))
        .collect();
    for pair in &pairs {
        let Some((request, asked)) = plan.ask(0, PromptingMode::YesNo, &[(pair, false)]) else {
            return false;
        };
        let Ok(reply) = server.transport.ask(&request).await else {
            return false;
        };
        let slots = answer::read(&asked, &reply).slots;
        if slots
            .iter()
            .any(|slot| *slot != Err(Unanswered::LabelAbsent))
        {
            return false;
        }
    }
    true
}

/// Loads the first model on every server that has it, with the options of the later calls.
fn warm_up(plan: &Arc<Plan>, servers: &[chain::Reached]) -> Option<AbortHandle> {
    let name = plan.chain.first()?.name.clone();
    let options = plan.load_options();
    let having = servers.iter().filter(|server| {
        server.models.contains(&0) && server.transport.capabilities().loads_models
    });
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

impl Drop for LlmJudge {
    fn drop(&mut self) {
        for task in &self.tasks {
            task.abort();
        }
    }
}

impl Judge for LlmJudge {
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

    /// What is still open at the deadline is handed on as out of budget; requests that are out by then
    /// end in peace.
    fn judge_within<'a>(
        &'a self,
        pairs: &'a [Pair],
        deadline: Instant,
        deliver: &'a (dyn Fn(usize, Verdict) + Send + Sync),
    ) -> BoxFuture<'a, Result<(), JudgeError>> {
        Box::pin(self.ask(pairs, Some(deadline), deliver))
    }

    fn name(&self) -> String {
        let model = self
            .plan
            .chain
            .first()
            .map_or("", |model| model.name.as_str());
        let simulated = if self.simulated { " SIMULATED" } else { "" };
        format!("{model} ({}){simulated}", self.plan.mode)
    }

    fn fingerprint(&self) -> Fingerprint {
        self.plan.fingerprint()
    }

    fn pace(&self) -> Option<Pace> {
        Some(self.pace)
    }
}
