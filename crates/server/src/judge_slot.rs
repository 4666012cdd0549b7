//! The place of a judge: filled when its server answers, whenever that is.

use std::{
    fmt,
    sync::{
        Arc, PoisonError, RwLock,
        atomic::{AtomicU64, Ordering},
    },
    time::{Duration, Instant},
};

use midband::{
    BoxFuture, Fingerprint, Judge, JudgeError, Pair, Verdict,
    judge::{LlmJudge, Usage},
};
use tokio::{sync::Semaphore, sync::mpsc::unbounded_channel, time::timeout_at};

/// Tries to connect; says why it can't.
pub type Connect = Box<dyn Fn() -> BoxFuture<'static, Result<LlmJudge, String>> + Send + Sync>;

/// Time between two tries to connect.
const AGAIN: Duration = Duration::from_secs(15);

/// Pairs that may be asked about for nobody but the cache. Beyond it a late pair is dropped at its deadline.
const LATE: usize = 4_096;

/// A judge that may not be there yet.
///
/// Pairs that a request can't wait for are asked about all the same, and their verdicts kept in the judge's cache: the
/// next request finds them there.
pub struct JudgeSlot {
    judge: RwLock<Result<Arc<LlmJudge>, String>>,
    connect: Option<Connect>,
    late: Arc<Semaphore>,
    finished_late: Arc<AtomicU64>,
}

impl JudgeSlot {
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

impl fmt::Display for JudgeSlot {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.connected() {
            Ok(judge) => f.write_str(&Judge::name(judge.as_ref())),
            Err(why) => f.write_str(&why),
        }
    }
}

impl Judge for JudgeSlot {
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
            let finished_late = self.finished_late.clone();
            let pairs = pairs.to_vec();
            // Whoever waits may go; the asking goes on, for the cache.
            tokio::spawn(async move {
                let hand_on = |index: usize, verdict: Verdict| {
                    if sender.send(Ok((index, verdict))).is_err() {
                        finished_late.fetch_add(1, Ordering::Relaxed);
                    }
                };
                if let Err(error) = judge.judge_each(&pairs, &hand_on).await {
                    // Nobody may be there to hear it.
                    let _ = sender.send(Err(error));
                }
                drop(permits);
            });
            while let Ok(Some(verdict)) = timeout_at(deadline.into(), verdicts.recv()).await {
                let (index, verdict) = verdict?;
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
