//! The judge as others use it.

mod ask;
mod connect;

use std::{
    sync::{Arc, Mutex, PoisonError, atomic::AtomicU64},
    time::{Duration, Instant},
};

use midband_core::{BoxFuture, Fingerprint, Judge, JudgeError, Pace, Pair, Unanswered, Verdict};
use midband_llm::LocalServer;
use tokio::{sync::mpsc::UnboundedSender, task::AbortHandle};

pub use self::connect::{ConnectProgress, Connecting};
use crate::{
    auto_mode::Picked, batch::BatchSize, cache::Cache, measurements::MeasuredCosts, plan::Plan,
    queue::Command, usage::Usage,
};

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
    measured: Option<MeasuredCosts>,
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
    /// What was spent so far.
    pub fn usage(&self) -> Usage {
        *self.usage.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// How the judge is asked, and why so.
    pub fn picked(&self) -> &Picked {
        &self.picked
    }

    /// What the first questions found of a model that nothing was measured of, to be kept for later runs ([`JudgeSettings::costs`]).
    ///
    /// [`JudgeSettings::costs`]: crate::JudgeSettings::costs
    pub fn measured(&self) -> Option<&MeasuredCosts> {
        self.measured.as_ref()
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
