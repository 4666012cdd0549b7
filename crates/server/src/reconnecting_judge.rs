//! The place of a judge: filled when its server answers, whenever that is.

use std::{
    collections::HashMap,
    fmt,
    sync::{
        Arc, Mutex, PoisonError, RwLock,
        atomic::{AtomicU64, Ordering},
    },
    time::{Duration, Instant},
};

use midband::{
    BoxFuture, Fingerprint, Judge, JudgeError, Pair, Verdict,
    judge::{LlmJudge, Usage},
};
use tokio::{
    sync::{
        Semaphore,
        mpsc::{UnboundedSender, unbounded_channel},
    },
    time::timeout_at,
};

/// Tries to connect; says why it can't.
pub type Connect = Box<dyn Fn() -> BoxFuture<'static, Result<LlmJudge, String>> + Send + Sync>;

/// Time between two tries to connect.
const AGAIN: Duration = Duration::from_secs(5);

/// Pairs that may be asked about for nobody but the cache. Beyond it a late pair is dropped at its deadline.
const LATE: usize = 4_096;

/// A judge that may not be there yet.
///
/// Pairs that a request can't wait for are asked about all the same, and their verdicts kept in the judge's cache: the
/// next request finds them there.
pub struct ReconnectingJudge {
    judge: RwLock<Result<Arc<LlmJudge>, String>>,
    connect: Option<Connect>,
    late: Arc<Semaphore>,
    finished_late: Arc<AtomicU64>,
    open: Arc<Open>,
}

/// Pairs that are being asked about, and who waits for each: a client that asks again before the first verdict is there
/// must not double the judge's work.
#[derive(Default)]
struct Open(Mutex<HashMap<blake3::Hash, Vec<Waiting>>>);

/// A request's channel, and the place of the pair in it.
type Waiting = (UnboundedSender<Result<(usize, Verdict), String>>, usize);

impl Open {
    /// Waits for all pairs; gives back those that nobody has asked about yet, with their keys.
    fn wait(
        &self,
        pairs: &[Pair],
        sender: &UnboundedSender<Result<(usize, Verdict), String>>,
    ) -> (Vec<blake3::Hash>, Vec<Pair>) {
        let mut open = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let (mut keys, mut fresh) = (Vec::new(), Vec::new());
        for (place, pair) in pairs.iter().enumerate() {
            let key = key(pair);
            let waiting = open.entry(key).or_default();
            if waiting.is_empty() {
                keys.push(key);
                fresh.push(pair.clone());
            }
            waiting.push((sender.clone(), place));
        }
        (keys, fresh)
    }

    /// Hands a pair's verdict, or why there is none, to all who wait for it. Returns how many had gone.
    fn close(&self, key: &blake3::Hash, verdict: &Result<Verdict, String>) -> u64 {
        let mut open = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let waiting = open.remove(key).unwrap_or_default();
        let gone = waiting.into_iter().filter(|(sender, place)| {
            let told = verdict.clone().map(|verdict| (*place, verdict));
            sender.send(told).is_err()
        });
        gone.count() as u64
    }
}

/// Leaves no pair open, however the asking ends: nobody would ask about it again.
struct Closing<'a>(&'a Open, &'a [blake3::Hash]);

impl Drop for Closing<'_> {
    fn drop(&mut self) {
        for key in self.1 {
            self.0.close(key, &Err("no verdict came".to_owned()));
        }
    }
}

/// The texts with their lengths, so that no two pairs share it.
fn key(pair: &Pair) -> blake3::Hash {
    let (a, b) = (pair.a.as_str(), pair.b.as_str());
    let mut hasher = blake3::Hasher::new();
    hasher.update(&(a.len() as u64).to_le_bytes());
    hasher.update(a.as_bytes()).update(b.as_bytes());
    hasher.finalize()
}

impl ReconnectingJudge {
    /// No judge, for ever, and why.
    pub fn none(why: impl Into<String>) -> Self {
        Self::new(Err(why.into()), None)
    }

    /// A judge as it was found, and how to find it later.
    pub fn found(found: Result<LlmJudge, String>, connect: Connect) -> Self {
        Self::new(found.map(Arc::new), Some(connect))
    }

    fn new(judge: Result<Arc<LlmJudge>, String>, connect: Option<Connect>) -> Self {
        Self {
            judge: RwLock::new(judge),
            connect,
            late: Arc::new(Semaphore::new(LATE)),
            finished_late: Arc::default(),
            open: Arc::default(),
        }
    }

    /// The judge, or why there is none.
    pub(crate) fn connected(&self) -> Result<Arc<LlmJudge>, String> {
        self.judge
            .read()
            .unwrap_or_else(PoisonError::into_inner)
            .clone()
    }

    /// False where there is no judge and never will be.
    pub(crate) fn may_come(&self) -> bool {
        self.connect.is_some()
    }

    /// What was spent; `None` without a judge.
    pub(crate) fn usage(&self) -> Option<Usage> {
        self.connected().ok().map(|judge| judge.usage())
    }

    /// Pairs that are asked about for nobody but the cache, now and since the start.
    pub(crate) fn late(&self) -> (u64, u64) {
        let now = LATE - self.late.available_permits();
        (now as u64, self.finished_late.load(Ordering::Relaxed))
    }

    /// Tries to connect until a judge is there.
    pub(crate) async fn keep_trying(self: Arc<Self>) {
        let Some(connect) = &self.connect else { return };
        while self.connected().is_err() {
            tokio::time::sleep(AGAIN).await;
            let found = connect().await.map(Arc::new);
            *self.judge.write().unwrap_or_else(PoisonError::into_inner) = found;
        }
    }

    fn present(&self) -> Result<Arc<LlmJudge>, JudgeError> {
        self.connected().map_err(JudgeError::Unreachable)
    }
}

impl fmt::Display for ReconnectingJudge {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.connected() {
            Ok(judge) => f.write_str(&Judge::name(judge.as_ref())),
            Err(why) => f.write_str(&why),
        }
    }
}

impl Judge for ReconnectingJudge {
    fn judge<'a>(&'a self, pairs: &'a [Pair]) -> BoxFuture<'a, Result<Vec<Verdict>, JudgeError>> {
        Box::pin(async move { Judge::judge(self.present()?.as_ref(), pairs).await })
    }

    fn judge_each<'a>(
        &'a self,
        pairs: &'a [Pair],
        deliver: &'a (dyn Fn(usize, Verdict) + Send + Sync),
    ) -> BoxFuture<'a, Result<(), JudgeError>> {
        Box::pin(async move { self.present()?.judge_each(pairs, deliver).await })
    }

    fn judge_within<'a>(
        &'a self,
        pairs: &'a [Pair],
        deadline: Instant,
        deliver: &'a (dyn Fn(usize, Verdict) + Send + Sync),
    ) -> BoxFuture<'a, Result<(), JudgeError>> {
        Box::pin(async move {
            let judge = self.present()?;
            let wanted = u32::try_from(pairs.len()).unwrap_or(u32::MAX);
            let Ok(permits) = self.late.clone().try_acquire_many_owned(wanted) else {
                return judge.judge_within(pairs, deadline, deliver).await;
            };
            let (sender, mut verdicts) = unbounded_channel();
            let (keys, fresh) = self.open.wait(pairs, &sender);
            drop(sender);
            let (open, finished_late) = (self.open.clone(), self.finished_late.clone());
            // Whoever waits may go; the asking goes on, for the cache.
            tokio::spawn(async move {
                let hand_on = |index: usize, verdict: Verdict| {
                    let gone = open.close(&keys[index], &Ok(verdict));
                    finished_late.fetch_add(gone, Ordering::Relaxed);
                };
                let _closing = Closing(&open, &keys);
                if let Err(error) = judge.judge_each(&fresh, &hand_on).await {
                    for key in &keys {
                        open.close(key, &Err(error.to_string()));
                    }
                }
                drop(permits);
            });
            while let Ok(Some(verdict)) = timeout_at(deadline.into(), verdicts.recv()).await {
                let (index, verdict) = verdict.map_err(JudgeError::Unreachable)?;
                deliver(index, verdict);
            }
            Ok(())
        })
    }

    fn name(&self) -> String {
        self.connected()
            .map_or_else(|_| "none".to_owned(), |judge| judge.name())
    }

    fn fingerprint(&self) -> Fingerprint {
        self.connected()
            .map_or_else(|_| Fingerprint::new("none"), |judge| judge.fingerprint())
    }
}
