//! The place of a judge: filled when its server answers, whenever that is.

use std::{
    fmt,
    sync::{
        Arc, PoisonError, RwLock,
        atomic::{AtomicU64, Ordering},
    },
    time::{Duration, Instant},
};

use futures_util::future::try_join_all;
use midband::{
    BoxFuture, Fingerprint, Judge, JudgeError, Pair, Verdict,
    judge::{LlmJudge, Usage},
};
use tokio::{
    sync::{
        OwnedSemaphorePermit, Semaphore,
        mpsc::{UnboundedReceiver, unbounded_channel},
    },
    time::timeout_at,
};

use crate::single_flight::{Asking, Open, Told};

/// Tries to connect; says why it can't.
pub type Connect = Box<dyn Fn() -> BoxFuture<'static, Result<LlmJudge, String>> + Send + Sync>;

/// Time between two tries to connect.
const AGAIN: Duration = Duration::from_secs(5);

/// Pairs that may be asked about for nobody but the cache. Beyond it a late pair is dropped at its deadline.
const LATE: usize = 4_096;

/// Pairs that are begun together: those that are known give their place to the next ones.
const GROUP: usize = 256;

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

    /// Asks about pairs until the last verdict is in the cache, whoever goes meanwhile.
    fn ask_for_cache(
        &self,
        judge: Arc<LlmJudge>,
        pairs: &[Pair],
        permits: OwnedSemaphorePermit,
    ) -> UnboundedReceiver<Told> {
        let (sender, verdicts) = unbounded_channel();
        let fresh = self.open.wait(pairs, &sender);
        let (open, finished_late) = (self.open.clone(), self.finished_late.clone());
        tokio::spawn(async move {
            let mut asking = Asking::new(&open, &fresh);
            let hand_on = |place: usize, verdict: Verdict| {
                let gone = asking.tell(place, &verdict);
                finished_late.fetch_add(gone, Ordering::Relaxed);
            };
            if let Err(error) = judge.judge_each(&fresh.pairs, &hand_on).await {
                asking.failed(error.to_string());
            }
            drop(asking);
            drop(permits);
        });
        verdicts
    }

    /// Asks about pairs and waits until the deadline. `None` for a pair whose verdict is not there by then: it is being
    /// asked about, or was not begun because too many are.
    ///
    /// # Errors
    /// There is no judge, or it failed as a whole.
    pub(crate) async fn ask_until(
        &self,
        pairs: &[Pair],
        deadline: Instant,
    ) -> Result<Vec<Option<Verdict>>, JudgeError> {
        let judge = self.present()?;
        let asking = pairs.chunks(GROUP).map(|group| {
            let judge = judge.clone();
            async move {
                let mut found = vec![None; group.len()];
                let room = self.late.clone().acquire_many_owned(group.len() as u32);
                let Ok(Ok(permits)) = timeout_at(deadline.into(), room).await else {
                    return Ok(found);
                };
                let mut verdicts = self.ask_for_cache(judge, group, permits);
                while let Ok(Some(told)) = timeout_at(deadline.into(), verdicts.recv()).await {
                    let (index, verdict) = told.map_err(JudgeError::Unreachable)?;
                    found[index] = Some(verdict);
                }
                Ok(found)
            }
        });
        let found: Vec<Vec<Option<Verdict>>> = try_join_all(asking).await?;
        Ok(found.into_iter().flatten().collect())
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
            let mut verdicts = self.ask_for_cache(judge, pairs, permits);
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
