//! The simulated machine: which model is loaded, who waits, and how fast everyone is.

use std::{
    sync::{
        Mutex,
        atomic::{AtomicUsize, Ordering},
    },
    time::Duration,
};

use tokio::{
    sync::{Semaphore, watch},
    time::{Instant, sleep},
};

use crate::{Options, SimModel, question::tokens};

/// What happened so far.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Stats {
    /// Scoring requests that arrived.
    pub requests: usize,
    /// Scoring requests being worked on or waiting now.
    pub in_flight: usize,
    /// Most of them at once.
    pub peak: usize,
    /// Requests whose client went away first.
    pub gone: usize,
    /// Pairs in all scoring requests.
    pub pairs: usize,
    /// Faults that struck.
    pub faults: usize,
    /// Loads of a model.
    pub loads: usize,
}

pub(crate) struct Machine {
    pub(crate) options: Options,
    pub(crate) stats: Mutex<Stats>,
    pub(crate) pulled: Mutex<Vec<SimModel>>,
    /// Model in memory and the context it was loaded with.
    loaded: Mutex<Option<(String, u32)>>,
    loading: tokio::sync::Mutex<()>,
    scheduling: AtomicUsize,
    slots: Semaphore,
    active: watch::Sender<usize>,
    last_prompt: Mutex<Vec<String>>,
    drawn: AtomicUsize,
}

/// No room in the queue.
pub(crate) struct QueueFull;

/// Durations of one request in simulated seconds.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct Spent {
    pub(crate) load: f64,
    pub(crate) prompt: f64,
    pub(crate) answer: f64,
    pub(crate) total: f64,
    /// Prompt tokens that had been read before.
    pub(crate) reused: usize,
}

impl std::ops::AddAssign for Spent {
    fn add_assign(&mut self, other: Self) {
        self.load += other.load;
        self.prompt += other.prompt;
        self.answer += other.answer;
        self.total += other.total;
        self.reused += other.reused;
    }
}

/// Counts a request for as long as it lives, and notices when its client goes away.
pub(crate) struct Presence<'a> {
    machine: &'a Machine,
    finished: bool,
}

impl Presence<'_> {
    pub(crate) fn finish(mut self) {
        self.finished = true;
    }
}

impl Drop for Presence<'_> {
    fn drop(&mut self) {
        let mut stats = lock(&self.machine.stats);
        stats.in_flight -= 1;
        stats.gone += usize::from(!self.finished);
    }
}

/// One more request that is being worked on; every other one is slowed down.
struct Active<'a>(&'a watch::Sender<usize>);

impl<'a> Active<'a> {
    fn new(count: &'a watch::Sender<usize>) -> Self {
        count.send_modify(|active| *active += 1);
        Self(count)
    }
}

impl Drop for Active<'_> {
    fn drop(&mut self) {
        self.0.send_modify(|active| *active -= 1);
    }
}

pub(crate) fn lock<T>(mutex: &Mutex<T>) -> std::sync::MutexGuard<'_, T> {
    mutex
        .lock()
        .unwrap_or_else(std::sync::PoisonError::into_inner)
}

impl Machine {
    pub(crate) fn new(options: Options) -> Self {
        let parallel = options.parallel.unwrap_or(options.profile.parallel).max(1);
        let loaded = options
            .loaded
            .then(|| options.models.first().map(|model| (model.name.clone(), 0)))
            .flatten();
        Self {
            stats: Mutex::default(),
            pulled: Mutex::default(),
            loaded: Mutex::new(loaded),
            loading: tokio::sync::Mutex::default(),
            scheduling: AtomicUsize::new(0),
            slots: Semaphore::new(parallel),
            active: watch::Sender::new(0),
            last_prompt: Mutex::default(),
            drawn: AtomicUsize::new(0),
            options,
        }
    }

    pub(crate) fn arrive(&self, pairs: usize) -> Presence<'_> {
        let mut stats = lock(&self.stats);
        stats.requests += 1;
        stats.pairs += pairs;
        stats.in_flight += 1;
        stats.peak = stats.peak.max(stats.in_flight);
        Presence {
            machine: self,
            finished: false,
        }
    }

    /// A number in 0..1 for the next request.
    pub(crate) fn draw(&self) -> f64 {
        let number = self.drawn.fetch_add(1, Ordering::Relaxed);
        crate::labels::draws(self.options.seed, &format!("fault {number}"))[0]
    }

    pub(crate) fn loaded(&self) -> Option<(String, u32)> {
        lock(&self.loaded).clone()
    }

    pub(crate) fn unload(&self) {
        *lock(&self.loaded) = None;
    }

    /// Simulated seconds, at the chosen speed.
    pub(crate) async fn pass(&self, seconds: f64) {
        sleep(Duration::from_secs_f64(
            (seconds / self.options.speed).max(0.0),
        ))
        .await;
    }

    /// Loads the model where another one, another context or none is loaded. Seconds it took.
    pub(crate) async fn load(&self, model: &str, num_ctx: u32) -> Result<f64, QueueFull> {
        let wanted = |loaded: &Option<(String, u32)>| {
            // A model that was loaded beforehand takes the first context that is asked for.
            loaded.as_ref().is_some_and(|(name, context)| {
                name == model && (*context == num_ctx || *context == 0)
            })
        };
        {
            let mut loaded = lock(&self.loaded);
            if wanted(&loaded) {
                *loaded = Some((model.to_owned(), num_ctx));
                return Ok(0.0);
            }
        }
        let waiting = Scheduling::enter(&self.scheduling);
        if waiting.ahead > self.options.max_queue {
            return Err(QueueFull);
        }
        let _one_at_a_time = self.loading.lock().await;
        if wanted(&lock(&self.loaded)) {
            return Ok(0.0);
        }
        lock(&self.stats).loads += 1;
        self.pass(self.options.profile.load).await;
        *lock(&self.loaded) = Some((model.to_owned(), num_ctx));
        Ok(self.options.profile.load)
    }

    /// Spends the time of one answer and says where it went.
    pub(crate) async fn work(&self, prompt: &[String], answer_tokens: usize) -> Spent {
        let begin = Instant::now();
        let Ok(_slot) = self.slots.acquire().await else {
            return Spent::default();
        };
        let _active = Active::new(&self.active);
        let profile = &self.options.profile;
        let fixed = profile.fixed_for(self.options.api);
        let reused = self.reused(prompt);
        let read = prompt.len() - reused;
        let prompt_time = read as f64 * profile.prompt_token;
        let answer_time = answer_tokens as f64 * profile.answer_token;
        let full_speed = fixed + prompt_time + answer_time;
        let started = Instant::now();
        self.labour(full_speed).await;
        let slowed = started.elapsed().as_secs_f64() * self.options.speed / full_speed.max(1e-9);
        // Timers are coarse: at high speed the clock tells less than the model does.
        let slowed = if self.options.speed > 50.0 {
            1.0
        } else {
            slowed.max(1.0)
        };
        Spent {
            load: fixed,
            prompt: prompt_time * slowed,
            answer: answer_time * slowed,
            total: (begin.elapsed().as_secs_f64() * self.options.speed).max(full_speed),
            reused,
        }
    }

    async fn labour(&self, full_speed: f64) {
        let mut active = self.active.subscribe();
        let mut remaining = full_speed;
        loop {
            let speed = self
                .options
                .profile
                .speed_among(*active.borrow_and_update())
                * self.options.speed;
            let begin = Instant::now();
            tokio::select! {
                () = sleep(Duration::from_secs_f64((remaining / speed).max(0.0))) => return,
                changed = active.changed() => {
                    remaining -= begin.elapsed().as_secs_f64() * speed;
                    if changed.is_err() {
                        return;
                    }
                }
            }
        }
    }

    /// Prompt tokens that need not be read again.
    fn reused(&self, prompt: &[String]) -> usize {
        let mut last = lock(&self.last_prompt);
        let common = last.iter().zip(prompt).take_while(|(a, b)| a == b).count();
        let same = common == prompt.len() && last.len() == prompt.len();
        *last = prompt.to_vec();
        // One token at least is always read.
        if same || self.options.api.reuses_prefixes() {
            common.min(prompt.len().saturating_sub(1))
        } else {
            0
        }
    }
}

struct Scheduling<'a> {
    count: &'a AtomicUsize,
    ahead: usize,
}

impl<'a> Scheduling<'a> {
    fn enter(count: &'a AtomicUsize) -> Self {
        Self {
            ahead: count.fetch_add(1, Ordering::SeqCst),
            count,
        }
    }
}

impl Drop for Scheduling<'_> {
    fn drop(&mut self) {
        self.count.fetch_sub(1, Ordering::SeqCst);
    }
}

/// Prompt tokens as the server counts them: its own BOS among them.
pub(crate) fn prompt_tokens(prompt: &str) -> Vec<String> {
    let mut all = vec!["<bos>".to_owned()];
    all.extend(tokens(prompt));
    all
}
