//! The batch queue: pairs come in from many callers, requests go out to few servers.
//!
//! One task owns all of it. Callers send [`Command`]s and get verdicts over a channel of their own;
//! nothing is locked, so a caller that goes away can't leave anything half done: its pairs leave the
//! queue, and a request that nobody waits for any more is aborted, which closes its connection.

mod batch_queues;
mod job;
mod outcome;
mod sending;

use std::{
    collections::HashMap,
    sync::{Arc, Mutex, PoisonError},
    time::{Duration, Instant},
};

use midband_core::{Unanswered, Verdict};
use midband_llm::{Failure, FailureKind, Reply};
use tokio::{
    sync::mpsc::{UnboundedReceiver, UnboundedSender},
    task::{AbortHandle, Id, JoinError, JoinSet},
};

use batch_queues::{BatchQueue, BatchQueues};
pub(crate) use job::Job;

use crate::{
    answer::ReplyContext, batch::Sizes, cache::Cache, mode::Question, plan::Plan, rng::Rng,
    server::Server, usage::Usage,
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
    queue: BatchQueue,
    /// In the order of the slots; `None` where the caller went away.
    jobs: Vec<Option<Job>>,
    asked: ReplyContext,
    /// Estimated tokens of its prompt.
    estimate: u32,
    began: Instant,
    abort: AbortHandle,
}

impl Batch {
    /// Every pair in it was with the model for so long.
    fn took(&mut self, elapsed: Duration) {
        for job in self.jobs.iter_mut().flatten() {
            job.asking += elapsed;
        }
    }
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
    batch_queues: BatchQueues,
    out: HashMap<Id, Batch>,
    requests: JoinSet<Done>,
    rng: Rng,
    /// When the first request went out.
    first_request: Option<Instant>,
    /// Since when no server is sound.
    dark_since: Option<Instant>,
    /// Ways of asking a model that lately brought no score to anyone.
    breakers: HashMap<(usize, Question), outcome::CircuitBreaker>,
    /// Pairs in a full request, by model and question.
    sizes: HashMap<(usize, Question), Sizes>,
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
            rng: Rng::new(parts.plan.seed),
            plan: parts.plan,
            servers: parts.servers,
            caps: parts.caps,
            cache: parts.cache,
            usage: parts.usage,
            commands: parts.commands,
            callers: HashMap::new(),
            batch_queues: BatchQueues::default(),
            out: HashMap::new(),
            requests: JoinSet::new(),
            first_request: None,
            dark_since: None,
            breakers: HashMap::new(),
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
                self.batch_queues.remove(call);
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

    /// Puts a pair into the queue that it belongs to now; one that nobody waits for any more ends.
    fn enqueue(&mut self, job: Job) {
        if !self.callers.contains_key(&job.call) {
            return self.give_up(job, Unanswered::Cancelled);
        }
        let question = job.question(&self.plan);
        let limit = job.limit.min(self.sizes(job.model, question).most());
        self.batch_queues.push(
            BatchQueue {
                model: job.model,
                question,
                limit,
            },
            job,
        );
    }

    fn sizes(&mut self, model: usize, question: Question) -> &mut Sizes {
        self.sizes.entry((model, question)).or_insert_with(|| {
            Sizes::new(
                self.plan.batch_of(question, model),
                question.default_batch(),
            )
        })
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
                    self.batch_queues.push(batch.queue, job);
                }
            }
        }
        if spent || judged || late {
            for job in self.batch_queues.drain() {
                self.give_up(job, Unanswered::OutOfBudget);
            }
        }
        let dark = self
            .dark_since
            .is_some_and(|since| now >= since + self.patience());
        if dark && self.out.is_empty() {
            // Whoever comes next gets a trial of its own.
            self.dark_since = None;
            for job in self.batch_queues.drain() {
                self.give_up(job, Unanswered::Unreachable);
            }
        }
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
            None => self.failed(batch, FailureKind::Broken.into(), Duration::ZERO),
        }
    }

    /// Time until something is due without any command or answer.
    fn next_wake(&self, now: Instant) -> Duration {
        let mut due = now + IDLE;
        if let Some(at) = self.batch_queues.due(&self.plan, |queue| {
            let opens = self
                .servers
                .iter()
                .filter(|server| server.in_flight < server.limit());
            opens
                .filter_map(|server| server.opens_at(queue.model))
                .map(|at| at.unwrap_or(now))
                .min()
        }) {
            due = due.min(at);
        }
        let waiting = !self.batch_queues.is_empty() || !self.out.is_empty();
        if waiting {
            let judged = self
                .first_request
                .zip(self.caps.judge_time)
                .map(|(first, most)| first + most);
            let dark = self
                .dark_since
                .map(|since| since + self.patience())
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

    /// Time without any sound server after which waiting pairs are given up: a server that is slow gets another try, which takes
    /// twice as long as the last one in vain.
    fn patience(&self) -> Duration {
        let waited = self.servers.iter().map(Server::waited).max();
        let least = self.plan.retry_policy.give_up;
        least.max(2 * waited.unwrap_or_default())
    }

    fn count(&self, change: impl FnOnce(&mut Usage)) {
        change(&mut self.usage.lock().unwrap_or_else(PoisonError::into_inner));
    }

    fn counted<T>(&self, read: impl FnOnce(&Usage) -> T) -> T {
        read(&self.usage.lock().unwrap_or_else(PoisonError::into_inner))
    }
}
