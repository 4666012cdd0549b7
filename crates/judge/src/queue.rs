//! The batch queue: pairs come in from many callers, requests go out to few servers.
//!
//! One task owns all of it. Callers send [`Command`]s and get verdicts over a channel of their own;
//! nothing is locked, so a caller that goes away can't leave anything half done: its pairs leave the
//! lanes, and a request that nobody waits for any more is aborted, which closes its connection.

mod job;
mod lanes;
mod outcome;

use std::{
    collections::HashMap,
    sync::{Arc, Mutex, PoisonError},
    time::{Duration, Instant},
};

use midband_core::{Unanswered, Verdict};
use tokio::{
    sync::mpsc::{UnboundedReceiver, UnboundedSender},
    task::{AbortHandle, Id, JoinError, JoinSet},
};

pub(crate) use job::Job;
use job::Stage;
use lanes::{Lane, Lanes};

use crate::{
    answer::{Asked, Reply},
    batch::Sizes,
    cache::Cache,
    dice::Dice,
    mode::Style,
    plan::Plan,
    server::Server,
    transport::{Failure, Kind},
    usage::Usage,
};

/// What callers tell the queue.
pub(crate) enum Command {
    /// Pairs of one call, and where their verdicts go.
    Enter {
        call: u64,
        jobs: Vec<Job>,
        verdicts: UnboundedSender<(usize, Verdict)>,
    },
    /// The caller is gone. With `keep`, what is being asked is still asked, for the cache.
    Leave { call: u64, keep: bool },
}

/// Caps over the queue's life.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct Caps {
    pub(crate) calls: Option<u64>,
    pub(crate) judge_time: Option<Duration>,
    pub(crate) deadline: Option<Instant>,
}

/// A request that is out.
struct Batch {
    server: usize,
    lane: Lane,
    /// In the order of the slots; `None` where the caller went away.
    jobs: Vec<Option<Job>>,
    asked: Asked,
    /// Estimated tokens of its prompt.
    estimate: u32,
    began: Instant,
    abort: AbortHandle,
}

type Done = (Result<Reply, Failure>, Duration);

/// The task behind the judge.
pub(crate) struct Queue {
    plan: Arc<Plan>,
    servers: Vec<Server>,
    caps: Caps,
    cache: Option<Arc<Cache>>,
    usage: Arc<Mutex<Usage>>,
    commands: UnboundedReceiver<Command>,
    callers: HashMap<u64, UnboundedSender<(usize, Verdict)>>,
    lanes: Lanes,
    out: HashMap<Id, Batch>,
    requests: JoinSet<Done>,
    dice: Dice,
    /// When the first request went out.
    first_request: Option<Instant>,
    /// Since when no server is sound.
    dark_since: Option<Instant>,
    /// Ways of asking a model that lately brought no score to anyone.
    barren: HashMap<(usize, Style), outcome::Barren>,
    /// Pairs in a full request, by model and style.
    sizes: HashMap<(usize, Style), Sizes>,
}

/// What a queue is made of.
pub(crate) struct Parts {
    pub(crate) plan: Arc<Plan>,
    pub(crate) servers: Vec<Server>,
    pub(crate) caps: Caps,
    pub(crate) cache: Option<Arc<Cache>>,
    pub(crate) usage: Arc<Mutex<Usage>>,
    pub(crate) commands: UnboundedReceiver<Command>,
}

/// Longest sleep when nothing is due.
const IDLE: Duration = Duration::from_secs(3_600);

impl Queue {
    pub(crate) fn new(parts: Parts) -> Self {
        Self {
            dice: Dice::new(parts.plan.seed),
            plan: parts.plan,
            servers: parts.servers,
            caps: parts.caps,
            cache: parts.cache,
            usage: parts.usage,
            commands: parts.commands,
            callers: HashMap::new(),
            lanes: Lanes::default(),
            out: HashMap::new(),
            requests: JoinSet::new(),
            first_request: None,
            dark_since: None,
            barren: HashMap::new(),
            sizes: HashMap::new(),
        }
    }

    /// Runs until every sender of commands is gone; requests that are out are aborted then.
    pub(crate) async fn run(mut self) {
        loop {
            let now = Instant::now();
            self.enforce_caps(now);
            self.dispatch(now);
            let wake = self.next_wake(Instant::now());
            tokio::select! {
                command = self.commands.recv() => match command {
                    Some(command) => self.obey(command),
                    None => return,
                },
                Some(done) = self.requests.join_next_with_id(), if !self.requests.is_empty() => self.came_back(done),
                () = tokio::time::sleep(wake) => {}
            }
        }
    }

    fn obey(&mut self, command: Command) {
        match command {
            Command::Enter {
                call,
                jobs,
                verdicts,
            } => {
                self.callers.insert(call, verdicts);
                for job in jobs {
                    self.enqueue(job);
                }
            }
            Command::Leave { call, keep } => {
                self.callers.remove(&call);
                self.lanes.remove(call);
                if keep {
                    return;
                }
                for batch in self.out.values_mut() {
                    for slot in &mut batch.jobs {
                        slot.take_if(|job| job.call == call);
                    }
                    if batch.jobs.iter().all(Option::is_none) {
                        batch.abort.abort();
                    }
                }
            }
        }
    }

    /// Puts a pair into the lane that it belongs to now; one that nobody waits for any more ends.
    fn enqueue(&mut self, job: Job) {
        if !self.callers.contains_key(&job.call) {
            return self.give_up(job, Unanswered::Cancelled);
        }
        let style = job.style(&self.plan);
        let limit = job.limit.min(self.sizes(job.model, style).most());
        self.lanes.push(
            Lane {
                model: job.model,
                style,
                limit,
            },
            job,
        );
    }

    fn sizes(&mut self, model: usize, style: Style) -> &mut Sizes {
        self.sizes
            .entry((model, style))
            .or_insert_with(|| Sizes::new(self.plan.batch_of(style, model), style.default_batch()))
    }

    fn enforce_caps(&mut self, now: Instant) {
        let spent = self
            .caps
            .calls
            .is_some_and(|most| self.counted(|usage| usage.calls) >= most);
        let judged = self
            .first_request
            .zip(self.caps.judge_time)
            .is_some_and(|(first, most)| now >= first + most);
        let late = self.caps.deadline.is_some_and(|deadline| now >= deadline);
        if judged || late {
            for (_, batch) in self.out.drain() {
                batch.abort.abort();
                self.servers[batch.server].in_flight -= 1;
                for job in batch.jobs.into_iter().flatten() {
                    self.lanes.push(batch.lane, job);
                }
            }
        }
        if spent || judged || late {
            for job in self.lanes.drain() {
                self.give_up(job, Unanswered::OutOfBudget);
            }
        }
        let dark = self
            .dark_since
            .is_some_and(|since| now >= since + self.plan.patience.give_up);
        if dark && self.out.is_empty() {
            // Whoever comes next gets a trial of its own.
            self.dark_since = None;
            for job in self.lanes.drain() {
                self.give_up(job, Unanswered::Unreachable);
            }
        }
    }

    fn dispatch(&mut self, now: Instant) {
        while self
            .caps
            .calls
            .is_none_or(|most| self.counted(|usage| usage.calls) < most)
        {
            let servers = &self.servers;
            let open = |lane: &Lane| servers.iter().any(|server| server.takes(lane.model, now));
            let sizes = &self.sizes;
            let size = |lane: &Lane| {
                let best = sizes.get(&(lane.model, lane.style)).map(Sizes::size);
                lane.limit.min(best.unwrap_or(lane.limit))
            };
            let Some((lane, jobs)) = self.lanes.next_batch(&self.plan, now, open, size) else {
                return;
            };
            if let Some(why) = self.passes_over(lane) {
                for job in jobs {
                    self.next_model(job, why.clone());
                }
                continue;
            }
            let best = (0..self.servers.len())
                .filter(|&index| self.servers[index].takes(lane.model, now))
                .min_by(|&a, &b| {
                    let load = |index: usize| {
                        self.servers[index].in_flight as f64 / self.servers[index].limit() as f64
                    };
                    load(a).total_cmp(&load(b))
                });
            match best {
                Some(server) => self.send(server, lane, jobs),
                None => return jobs.into_iter().for_each(|job| self.lanes.push(lane, job)),
            }
        }
    }

    fn send(&mut self, server: usize, lane: Lane, mut jobs: Vec<Job>) {
        self.order(&mut jobs);
        let pairs: Vec<_> = jobs
            .iter()
            .map(|job| (&job.words.pair, job.is_second() && self.plan.task.symmetric))
            .collect();
        let built = match (&jobs[0].stage, lane.style) {
            (Stage::Reason { score, .. }, _) => {
                self.plan
                    .ask_reason(lane.model, &jobs[0].words.pair, *score)
            }
            (_, style) => self.plan.ask(lane.model, style, &pairs),
        };
        let Some((mut ask, asked)) = built else {
            return jobs
                .into_iter()
                .for_each(|job| self.give_up(job, Unanswered::Refused));
        };
        let estimate =
            jobs.iter().map(|job| job.words.tokens).sum::<u32>() + self.plan.constant_tokens;
        let pace = self.servers[server].pace(lane.model);
        let patience = &self.plan.patience;
        let foreseen = pace.timeout(estimate, ask.num_predict, patience);
        // Whoever ran out of time gets more of it: the model may have to be loaded anew.
        let tries = jobs.iter().map(|job| job.tries).max().unwrap_or(0);
        let longest = patience.most_timeout.max(foreseen);
        ask.timeout = foreseen
            .saturating_mul(2u32.saturating_pow(tries.min(8)))
            .min(longest);
        let transport = Arc::clone(&self.servers[server].transport);
        let began = Instant::now();
        let abort = self.requests.spawn(async move {
            let result = transport.ask(&ask).await;
            (result, began.elapsed())
        });
        let again = jobs.iter().any(|job| job.sent > 0);
        self.servers[server].in_flight += 1;
        let at_once = self.servers[server].in_flight;
        let sizes = self.sizes(lane.model, lane.style);
        let (room, settled) = (lane.limit.min(sizes.size()), sizes.settled());
        let first_style = lane.style == self.plan.style && lane.model == 0;
        self.count(|usage| {
            usage.sent(jobs.len(), room, again);
            if first_style {
                usage.batch_size = settled;
            }
            usage.in_flight_peak = usage.in_flight_peak.max(at_once);
        });
        self.first_request.get_or_insert(began);
        let jobs = jobs
            .into_iter()
            .map(|job| {
                Some(Job {
                    sent: job.sent + 1,
                    ..job
                })
            })
            .collect();
        self.out.insert(
            abort.id(),
            Batch {
                server,
                lane,
                jobs,
                asked,
                estimate,
                began,
                abort,
            },
        );
    }

    /// An order that depends on the seed and on which pairs share the request, and on nothing else.
    fn order(&self, jobs: &mut [Job]) {
        jobs.sort_by(|a, b| {
            (a.words.digest.as_bytes(), a.is_second())
                .cmp(&(b.words.digest.as_bytes(), b.is_second()))
        });
        let mut hasher = blake3::Hasher::new();
        for job in jobs.iter() {
            hasher.update(job.words.digest.as_bytes());
            hasher.update(&[u8::from(job.is_second())]);
        }
        let mut seed = [0u8; 8];
        seed.copy_from_slice(&hasher.finalize().as_bytes()[..8]);
        Dice::new(self.plan.seed ^ u64::from_le_bytes(seed)).shuffle(jobs);
    }

    fn came_back(&mut self, done: Result<(Id, Done), JoinError>) {
        let (id, done) = match done {
            Ok((id, done)) => (id, Some(done)),
            Err(error) => (error.id(), None),
        };
        let Some(batch) = self.out.remove(&id) else {
            return;
        };
        self.servers[batch.server].in_flight -= 1;
        match done {
            Some((Ok(reply), elapsed)) => self.answered(batch, &reply, elapsed),
            Some((Err(failure), elapsed)) => self.failed(batch, failure, elapsed),
            None if batch.jobs.iter().all(Option::is_none) => {
                self.count(|usage| usage.cancelled_calls += 1)
            }
            // The request's task ended without a result: as good as a broken connection.
            None => self.failed(batch, Kind::Broken.into(), Duration::ZERO),
        }
    }

    /// Time until something is due without any command or answer.
    fn next_wake(&self, now: Instant) -> Duration {
        let mut due = now + IDLE;
        if let Some(at) = self.lanes.due(&self.plan, |lane| {
            let opens = self
                .servers
                .iter()
                .filter(|server| server.in_flight < server.limit());
            opens
                .filter_map(|server| server.opens_at(lane.model))
                .map(|at| at.unwrap_or(now))
                .min()
        }) {
            due = due.min(at);
        }
        let waiting = !self.lanes.is_empty() || !self.out.is_empty();
        if waiting {
            let judged = self
                .first_request
                .zip(self.caps.judge_time)
                .map(|(first, most)| first + most);
            let dark = self
                .dark_since
                .map(|since| since + self.plan.patience.give_up)
                .filter(|at| *at > now);
            due = [judged, self.caps.deadline, dark]
                .into_iter()
                .flatten()
                .fold(due, Instant::min);
        }
        // A floor, so that rounding can never turn waiting into spinning.
        due.saturating_duration_since(now)
            .max(Duration::from_millis(1))
    }

    fn count(&self, change: impl FnOnce(&mut Usage)) {
        change(&mut self.usage.lock().unwrap_or_else(PoisonError::into_inner));
    }

    fn counted<T>(&self, read: impl FnOnce(&Usage) -> T) -> T {
        read(&self.usage.lock().unwrap_or_else(PoisonError::into_inner))
    }
}
