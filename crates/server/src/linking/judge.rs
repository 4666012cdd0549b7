//! The server's judge for a run with a runtime of its own.

use std::{
    collections::HashSet,
    sync::Arc,
    time::{Duration, Instant},
};

use midband::{BoxFuture, Fingerprint, Judge, JudgeError, Pair, Unanswered, Verdict};
use tokio::{runtime::Handle, sync::mpsc::unbounded_channel, task::JoinHandle};

use crate::ReconnectingJudge;

/// Asks on the server's own runtime, where the judge's connections and its late answers outlive the run, until a point in time.
pub(super) struct ServerJudge {
    pub(super) judge: Arc<ReconnectingJudge>,
    pub(super) server: Handle,
    /// None for a job.
    pub(super) deadline: Option<Instant>,
}

/// Stops the asking where its run is dropped.
struct Asking(JoinHandle<Result<(), JudgeError>>);

impl Drop for Asking {
    fn drop(&mut self) {
        self.0.abort();
    }
}

impl Judge for ServerJudge {
    fn judge<'a>(&'a self, pairs: &'a [Pair]) -> BoxFuture<'a, Result<Vec<Verdict>, JudgeError>> {
        Box::pin(async move {
            let open = Verdict::unanswered(Unanswered::OutOfBudget, Duration::ZERO);
            let verdicts = std::sync::Mutex::new(vec![open; pairs.len()]);
            let take = |index: usize, verdict: Verdict| {
                let mut verdicts = verdicts
                    .lock()
                    .unwrap_or_else(std::sync::PoisonError::into_inner);
                verdicts[index] = verdict;
            };
            self.judge_each(pairs, &take).await?;
            Ok(verdicts
                .into_inner()
                .unwrap_or_else(std::sync::PoisonError::into_inner))
        })
    }

    fn judge_each<'a>(
        &'a self,
        pairs: &'a [Pair],
        deliver: &'a (dyn Fn(usize, Verdict) + Send + Sync),
    ) -> BoxFuture<'a, Result<(), JudgeError>> {
        let (sender, mut arriving) = unbounded_channel();
        let (judge, deadline, own) = (self.judge.clone(), self.deadline, pairs.to_vec());
        let mut asking = Asking(self.server.spawn(async move {
            let hand_on = |index: usize, verdict: Verdict| {
                // Nobody takes it once the run is gone.
                let _ = sender.send((index, verdict));
            };
            match deadline {
                Some(end) => judge.judge_within(&own, end, &hand_on).await,
                None => judge.judge_each(&own, &hand_on).await,
            }
        }));
        Box::pin(async move {
            let mut open: HashSet<usize> = (0..pairs.len()).collect();
            while let Some((index, verdict)) = arriving.recv().await {
                if open.remove(&index) {
                    deliver(index, verdict);
                }
            }
            let nothing_came = open.len() == pairs.len();
            match (&mut asking.0).await {
                Ok(Err(error)) if nothing_came => return Err(error),
                Ok(_) => {}
                Err(_) => return Err(JudgeError::Unreachable("the asking died".to_owned())),
            }
            // The deadline came first.
            for index in open {
                let late = Verdict::unanswered(Unanswered::OutOfBudget, Duration::ZERO);
                deliver(index, late);
            }
            Ok(())
        })
    }

    fn name(&self) -> String {
        self.judge.name()
    }

    fn fingerprint(&self) -> Fingerprint {
        self.judge.fingerprint()
    }
}
