//! A judge that connects when it is first asked.

use std::time::Instant;

use midband_core::{BoxFuture, Fingerprint, Judge, JudgeError, Pair, Verdict};
use tokio::{sync::OnceCell, time::timeout_at};

use crate::{judge::LlmJudge, settings::JudgeSettings, usage::Usage};

/// A judge whose server may be down when the program starts: it connects when it is first asked, and tries again at each
/// call until that works. Until then its pairs are unanswered, as with any judge that can't be reached.
///
/// Its name and its fingerprint are `none` until it is connected.
pub struct LazyJudge {
    settings: JudgeSettings,
    judge: OnceCell<LlmJudge>,
}

impl LazyJudge {
    /// A judge that is not connected yet. The settings are looked at when it connects.
    pub fn new(settings: JudgeSettings) -> Self {
        Self {
            settings,
            judge: OnceCell::new(),
        }
    }

    /// The judge, connected now if it was not before.
    ///
    /// # Errors
    /// As [`LlmJudge::connect`].
    pub async fn connected(&self) -> Result<&LlmJudge, JudgeError> {
        let connect = || LlmJudge::connect(self.settings.clone());
        self.judge.get_or_try_init(connect).await
    }

    /// What was spent so far; `None` before it is connected.
    pub fn usage(&self) -> Option<Usage> {
        self.judge.get().map(LlmJudge::usage)
    }
}

impl Judge for LazyJudge {
    fn judge<'a>(&'a self, pairs: &'a [Pair]) -> BoxFuture<'a, Result<Vec<Verdict>, JudgeError>> {
        Box::pin(async move { self.connected().await?.judge(pairs).await })
    }

    fn judge_each<'a>(
        &'a self,
        pairs: &'a [Pair],
        deliver: &'a (dyn Fn(usize, Verdict) + Send + Sync),
    ) -> BoxFuture<'a, Result<(), JudgeError>> {
        Box::pin(async move { self.connected().await?.judge_each(pairs, deliver).await })
    }

    fn judge_within<'a>(
        &'a self,
        pairs: &'a [Pair],
        deadline: Instant,
        deliver: &'a (dyn Fn(usize, Verdict) + Send + Sync),
    ) -> BoxFuture<'a, Result<(), JudgeError>> {
        Box::pin(async move {
            let connecting = timeout_at(deadline.into(), self.connected()).await;
            let late = |_| JudgeError::Unreachable("it was not connected in time".to_owned());
            let judge = connecting.map_err(late)??;
            judge.judge_within(pairs, deadline, deliver).await
        })
    }

    fn name(&self) -> String {
        self.judge
            .get()
            .map_or_else(|| "none".to_owned(), |judge| judge.name())
    }

    fn fingerprint(&self) -> Fingerprint {
        let known = self.judge.get();
        known.map_or_else(|| Fingerprint::new("none"), |judge| judge.fingerprint())
    }
}
