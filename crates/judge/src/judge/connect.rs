//! Connecting: from settings to a judge that can be asked.

use std::{
    sync::{Arc, Mutex, atomic::AtomicU64},
    time::Instant,
};

use midband_core::{JudgeError, Pace};
use midband_llm::Capabilities;
use tokio::{sync::mpsc::unbounded_channel, task::AbortHandle};

use super::LlmJudge;
use crate::{
    auto_mode::{Picked, pace, settle},
    batch::BatchSize,
    bench::Bench,
    cache::Cache,
    chain::{self, Connected},
    measurements::MeasuredCosts,
    mode::{PromptingMode, Question},
    plan::Plan,
    queue::{Caps, Parts, Queue},
    server::Server,
    settings::{JudgeSettings, local_name},
    trial::{self, Tried},
    usage::Usage,
};

/// Fewest tokens that a request must leave for its pairs: two histories of a hundred words.
const LEAST_ROOM: u32 = 512;

/// Where connecting is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum Connecting<'a> {
    /// A server fetches a model: the step, bytes so far and bytes in all; 0 where unknown.
    Pulling {
        /// In the server's words.
        step: &'a str,
        /// Bytes so far.
        done: u64,
        /// Bytes in all.
        all: u64,
    },
    /// A model that nothing was measured of is asked about pairs whose answers are known.
    Trying {
        /// In this mode.
        mode: PromptingMode,
        /// Pairs that it was asked about.
        asked: usize,
        /// Pairs that it may be asked about at most.
        pairs: usize,
    },
}

/// Hears where connecting is.
pub type ConnectProgress<'a> = dyn Fn(Connecting<'_>) + Send + Sync + 'a;

impl LlmJudge {
    /// Finds servers and models, settles the way of asking, and starts the queue.
    ///
    /// # Errors
    /// The settings can't work, no server answers, or none has any of the models.
    pub async fn connect(settings: JudgeSettings) -> Result<Self, JudgeError> {
        Self::connect_with(settings, &|_| {}).await
    }

    /// The same, with progress.
    ///
    /// # Errors
    /// As [`LlmJudge::connect`].
    pub async fn connect_with(
        settings: JudgeSettings,
        progress: &ConnectProgress<'_>,
    ) -> Result<Self, JudgeError> {
        let (settings, local) = settings.started().await?;
        let found = chain::connect(&settings, &|step, done, all| {
            progress(Connecting::Pulling { step, done, all });
        })
        .await?;
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
        let Way {
            plan,
            picked,
            pace,
            tried,
        } = Way::find(&settings, &found, progress).await?;
        let told = tried.as_ref().map(|tried| {
            format!(
                "nothing was measured of this model: {} requests about known pairs in {:.1} s",
                tried.requests, tried.seconds
            )
        });
        let measured = tried.map(|tried| tried.measured);
        let plan = Arc::new(plan);
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
        let notes = found.notes.into_iter().chain(told).chain(broken);
        Ok(Self {
            plan,
            picked,
            measured,
            notes: notes.collect(),
            simulated: found.simulated,
            fresh: settings.fresh,
            pace,
            own_since: settings.own_since,
            cache,
            usage,
            commands,
            calls: AtomicU64::new(0),
            tasks: warm.into_iter().chain([running]).collect(),
            _local: local,
        })
    }
}

/// How the judge is asked, and what a trial found for it.
struct Way {
    plan: Plan,
    picked: Picked,
    pace: Pace,
    tried: Option<Tried>,
}

impl Way {
    async fn find(
        settings: &JudgeSettings,
        found: &Connected,
        progress: &ConnectProgress<'_>,
    ) -> Result<Self, JudgeError> {
        let first = &found.chain[0];
        let server = match &settings.local {
            Some(local) => local_name(local),
            None => found.servers[0].transport.address().to_owned(),
        };
        let (can, task) = (first.can, &settings.task);
        let thinks = first.switches_thought || first.template.has_thought_tokens();
        let measured = settings.costs.of(&server, &first.digest, &task.name);
        let picked = settle(settings.mode, can, thinks, measured);
        let mut way = Self {
            plan: plan(settings, found),
            pace: pace(picked.mode, measured),
            picked,
            tried: None,
        };
        way.take(settings, can);
        let no_room = way.plan.room(way.plan.mode.into(), 1) < LEAST_ROOM;
        if settings.mode.is_none() && way.plan.mode.thinks() && no_room {
            let why = format!(
                "{}; a context of {} tokens has no room for a thought",
                way.picked.why, way.plan.num_ctx
            );
            way.picked = Picked {
                why,
                ..settle(None, can, false, None)
            };
            way.take(settings, can);
        }
        let unknown = measured.is_none_or(|measured| measured.task != task.name);
        // What a user caps is meant for the user's pairs.
        let capped = settings.max_calls.is_some()
            || settings.max_judge_time.is_some()
            || settings.deadline.is_some();
        if settings.mode.is_none() && !thinks && unknown && settings.warm_up && !capped {
            way.try_out(settings, found, progress).await;
            if let Some(tried) = &mut way.tried {
                tried.measured = MeasuredCosts {
                    server,
                    digest: first.digest.clone(),
                    task: task.name.clone(),
                    simulated: found.simulated,
                    ..std::mem::take(&mut tried.measured)
                };
                way.picked = tried.picked.clone();
                way.take(settings, can);
            }
        }
        let fresh = way.tried.as_ref().map(|tried| &tried.measured);
        way.pace = pace(way.plan.mode, fresh.or(measured));
        let plan = &way.plan;
        if plan.room(plan.mode.into(), 1) < LEAST_ROOM {
            return Err(JudgeError::Settings(format!(
                "a context of {} tokens is too short for a pair and an answer in {}; 8,192 is enough{}",
                plan.num_ctx,
                plan.mode,
                if plan.chain[0].context > 0 {
                    " (the server sets it; llama.cpp shares out -c among its slots)"
                } else {
                    ""
                }
            )));
        }
        Ok(way)
    }

    /// Takes over what was picked.
    fn take(&mut self, settings: &JudgeSettings, can: Capabilities) {
        let mode = self.picked.mode;
        self.plan.mode = mode;
        let wanted = settings.batch_size.filter(|_| !mode.is_single());
        self.plan.batch = wanted.unwrap_or(BatchSize::of(mode.into(), can.prompt_arrays));
        let has_room = self.plan.room(PromptingMode::Think.into(), 1) >= LEAST_ROOM;
        let measured = self.picked.second_look.filter(|_| has_room);
        self.plan.second_look = settings.second_look.or(measured);
    }

    /// Asks a server about known pairs, where one has the first model.
    async fn try_out(
        &mut self,
        settings: &JudgeSettings,
        found: &Connected,
        progress: &ConnectProgress<'_>,
    ) {
        let Some(server) = found
            .servers
            .iter()
            .find(|server| server.models.contains(&0))
        else {
            return;
        };
        let bench = Bench::new(&server.transport, self.plan.clone());
        let trying = |mode, asked, pairs| progress(Connecting::Trying { mode, asked, pairs });
        let can = self.plan.chain[0].can;
        let tried = trial::run(&bench, can, &settings.retry_policy, &trying).await;
        // A simulator that was not told the known pairs says nothing of them.
        self.tried = tried.filter(|tried| !found.simulated || tried.has_signal());
    }
}

/// What follows from settings and models, before a mode is taken.
fn plan(settings: &JudgeSettings, found: &Connected) -> Plan {
    let template = found.chain[0].template;
    // Whatever mode is taken, a second look may be a thought, and a reason may be asked for.
    let widest = PromptingMode::ALL.map(Question::Score);
    let widest = widest.into_iter().chain([Question::Reason]);
    let constant = widest
        .map(|question| Plan::constant_tokens(&settings.task, question, template))
        .max();
    let given = found.chain.iter().map(|model| model.context);
    let num_ctx = given
        .filter(|context| *context > 0)
        .fold(settings.num_ctx, u32::min);
    Plan {
        batch: 1.into(),
        mode: PromptingMode::YesNo,
        num_ctx,
        seed: settings.seed,
        keep_alive: settings.keep_alive,
        max_wait: settings.max_wait,
        second_look: settings.second_look,
        unsure: settings.unsure,
        explain: settings.explain,
        retry_policy: settings.retry_policy,
        constant_tokens: constant.unwrap_or(0),
        chain: found.chain.clone(),
        task: settings.task.clone(),
    }
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
