//! Who is asked about the pairs that the proxy could not settle.

use std::{future::Future, pin::Pin, time::Instant};

use crate::{Fingerprint, Pair, Verdict};

/// The name of no judge, in provenance and summaries.
pub const NO_JUDGE: &str = "none";

/// A boxed future, so that [`Judge`] can be a trait object.
pub type BoxFuture<'a, T> = Pin<Box<dyn Future<Output = T> + Send + 'a>>;

/// Why no pair could be asked at all.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum JudgeError {
    /// No server answers, or none of the models is there. Start it, pull the model, or run without
    /// a judge.
    #[error("no judge could be reached: {0}")]
    Unreachable(String),
    /// Something answers at every address, and none of it is a judge's API. Look at the addresses.
    #[error("no judge was found: {0}")]
    NotAJudge(String),
    /// Servers answer, and none has any of the models; the message names those that are there.
    #[error("{0}")]
    NoModel(String),
    /// The judge is set up in a way that can't work.
    #[error("the judge's settings are invalid: {0}")]
    Settings(String),
    /// A server is not on this machine, by its host, and nobody allowed that.
    #[error("{0} is on another machine, and pair text would be sent there")]
    Remote(String),
}

/// How long an answer takes.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Pace {
    /// Seconds per pair.
    pub seconds_a_pair: f64,
    /// True if it was measured on this server, false if it is a guess by the way of asking.
    pub measured: bool,
}

/// Judges pairs that the proxy could not settle.
///
/// # Laws
/// * One verdict per pair, in the order given.
/// * Dropping the future stops the work; no request outlives it.
/// * A pair that fails is [`crate::Unanswered`]; `Err` means that no pair could be asked.
pub trait Judge: Send + Sync {
    /// Asks about every pair.
    ///
    /// # Errors
    /// No pair could be asked.
    fn judge<'a>(&'a self, pairs: &'a [Pair]) -> BoxFuture<'a, Result<Vec<Verdict>, JudgeError>>;

    /// The same, each verdict handed on as it arrives with its pair's index; every index exactly
    /// once. The default waits for all of them.
    ///
    /// # Errors
    /// No pair could be asked; then nothing was handed on.
    fn judge_each<'a>(
        &'a self,
        pairs: &'a [Pair],
        deliver: &'a (dyn Fn(usize, Verdict) + Send + Sync),
    ) -> BoxFuture<'a, Result<(), JudgeError>> {
        Box::pin(async move {
            for (index, verdict) in self.judge(pairs).await?.into_iter().enumerate() {
                deliver(index, verdict);
            }
            Ok(())
        })
    }

    /// The same until a point in time. A judge that can ends its open requests in peace after it, so that
    /// late verdicts still reach its cache; the default knows no time, and its caller drops it.
    ///
    /// # Errors
    /// No pair could be asked; then nothing was handed on.
    fn judge_within<'a>(
        &'a self,
        pairs: &'a [Pair],
        _deadline: Instant,
        deliver: &'a (dyn Fn(usize, Verdict) + Send + Sync),
    ) -> BoxFuture<'a, Result<(), JudgeError>> {
        self.judge_each(pairs, deliver)
    }

    /// A name for people: the model and the way it is asked.
    fn name(&self) -> String;

    /// Changes whenever an answer could change: model digest, prompt version, options.
    fn fingerprint(&self) -> Fingerprint;

    /// How long an answer takes, as far as it is known: said before the first question.
    fn pace(&self) -> Option<Pace> {
        None
    }
}

impl<J: Judge + ?Sized> Judge for std::sync::Arc<J> {
    fn judge<'a>(&'a self, pairs: &'a [Pair]) -> BoxFuture<'a, Result<Vec<Verdict>, JudgeError>> {
        (**self).judge(pairs)
    }
    fn judge_each<'a>(
        &'a self,
        pairs: &'a [Pair],
        deliver: &'a (dyn Fn(usize, Verdict) + Send + Sync),
    ) -> BoxFuture<'a, Result<(), JudgeError>> {
        (**self).judge_each(pairs, deliver)
    }
    fn judge_within<'a>(
        &'a self,
        pairs: &'a [Pair],
        deadline: Instant,
        deliver: &'a (dyn Fn(usize, Verdict) + Send + Sync),
    ) -> BoxFuture<'a, Result<(), JudgeError>> {
        (**self).judge_within(pairs, deadline, deliver)
    }
    fn name(&self) -> String {
        (**self).name()
    }
    fn fingerprint(&self) -> Fingerprint {
        (**self).fingerprint()
    }
    fn pace(&self) -> Option<Pace> {
        (**self).pace()
    }
}
