//! One call of a caller: what is known goes back at once, the rest goes to the queue in portions.

use std::{
    sync::{PoisonError, atomic::Ordering},
    time::{Duration, Instant},
};

use midband_core::{Answer, JudgeError, Pair, Unanswered, Verdict};
use tokio::sync::mpsc::{UnboundedReceiver, UnboundedSender, unbounded_channel};

use super::LlmJudge;
use crate::{
    cache::Record,
    plan::Words,
    queue::{Command, Job},
};

/// Pairs of one call that are looked up and handed to the queue at once. Twice as many are there at
/// most: enough to fill every request, few enough that a million pairs take no second copy of their
/// texts, and that other callers get their turn.
const PORTION: usize = 1_024;

/// Hands verdicts on to the caller.
type Deliver<'a> = dyn Fn(usize, Verdict) + Send + Sync + 'a;

impl LlmJudge {
    pub(super) async fn ask(
        &self,
        pairs: &[Pair],
        deadline: Option<Instant>,
        deliver: &Deliver<'_>,
    ) -> Result<(), JudgeError> {
        let begin = Instant::now();
        let call = self.calls.fetch_add(1, Ordering::Relaxed);
        tracing::debug!(call, pairs = pairs.len(), "asked");
        let (verdicts, mut received) = unbounded_channel();
        let mut caller = Caller {
            call,
            commands: &self.commands,
            keep: false,
        };
        // True where a pair is with the queue, or still to be handed over.
        let mut open = vec![true; pairs.len()];
        let (mut handed, mut waiting, mut asked) = (0, 0usize, false);
        while handed < pairs.len() || waiting > 0 {
            if handed < pairs.len() && waiting < PORTION {
                let end = pairs.len().min(handed + PORTION);
                let jobs = self.known_or_jobs(call, handed, &pairs[handed..end], deliver);
                open[handed..end].fill(false);
                for job in &jobs {
                    open[job.index] = true;
                }
                (handed, waiting) = (end, waiting + jobs.len());
                asked |= !jobs.is_empty();
                let enter = Command::Enter {
                    call,
                    jobs,
                    verdicts: verdicts.clone(),
                };
                if self.commands.send(enter).is_ok() {
                    continue;
                }
            }
            match next(&mut received, &self.commands, deadline).await {
                Ok((index, verdict)) => {
                    if std::mem::take(&mut open[index]) {
                        waiting -= 1;
                        deliver(index, verdict);
                    }
                }
                Err(why) => {
                    caller.keep = true;
                    let late = (0..open.len()).filter(|&index| open[index]);
                    let count = late
                        .map(|index| {
                            deliver(index, Verdict::unanswered(why.clone(), begin.elapsed()))
                        })
                        .count();
                    self.usage
                        .lock()
                        .unwrap_or_else(PoisonError::into_inner)
                        .unanswered += count as u64;
                    return Ok(());
                }
            }
        }
        let ms = begin.elapsed().as_millis() as u64;
        tracing::debug!(call, ms, "answered");
        // What came from the cache is there already.
        if asked {
            self.flushed().await;
        }
        Ok(())
    }

    /// Waits until the verdicts so far are on disk: whoever has them all can rely on the cache.
    async fn flushed(&self) {
        if let Some(cache) = self.cache.clone() {
            // A pool that is shutting down ends the cache, which writes what is left.
            let _ = tokio::task::spawn_blocking(move || cache.flush()).await;
        }
    }

    /// Delivers what needs no request (cached, or can't fit) and returns the rest as jobs.
    fn known_or_jobs(
        &self,
        call: u64,
        first: usize,
        pairs: &[Pair],
        deliver: &Deliver<'_>,
    ) -> Vec<Job> {
        let words: Vec<Words> = (pairs.iter())
            .map(|pair| Words::new(&self.plan.task, pair))
            .collect();
        let models = 0..self.plan.chain.len();
        let keys = words.iter().map(|words| {
            models
                .clone()
                .map(|model| self.plan.cache_key(model, words))
                .collect()
        });
        let known: Vec<Option<Record>> = match &self.cache {
            // A cache that can't be read costs requests, and nothing else.
            Some(cache) if !self.fresh => cache
                .get_all(keys)
                .unwrap_or_else(|_| vec![None; pairs.len()]),
            _ => vec![None; pairs.len()],
        };
        let mut jobs = Vec::new();
        let (mut cached, mut too_long) = (0, 0);
        for (offset, (words, record)) in words.into_iter().zip(known).enumerate() {
            let index = first + offset;
            let own = self.own_since;
            let answer = record.and_then(|record| {
                let mut answer = Answer::new(record.score(), record.model).ok()?;
                answer.cached = own.is_none_or(|since| record.at < since);
                Some(answer)
            });
            if let Some(answer) = answer {
                cached += 1;
                deliver(index, Verdict::answered(answer, Duration::ZERO));
            } else if self.plan.never_fits(&words.pair) {
                too_long += 1;
                deliver(
                    index,
                    Verdict::unanswered(Unanswered::TooLong, Duration::ZERO),
                );
            } else {
                jobs.push(Job::new(call, index, words));
            }
        }
        let mut usage = self.usage.lock().unwrap_or_else(PoisonError::into_inner);
        usage.cached += cached;
        usage.answered += cached;
        usage.unanswered += too_long;
        jobs
    }
}

/// The next verdict, or why none will come any more.
async fn next(
    received: &mut UnboundedReceiver<(usize, Verdict)>,
    commands: &UnboundedSender<Command>,
    deadline: Option<Instant>,
) -> Result<(usize, Verdict), Unanswered> {
    let verdict = async {
        tokio::select! {
            biased;
            verdict = received.recv() => verdict.ok_or(Unanswered::Cancelled),
            () = commands.closed() => Err(Unanswered::Cancelled),
        }
    };
    match deadline {
        Some(end) => tokio::time::timeout_at(end.into(), verdict)
            .await
            .unwrap_or(Err(Unanswered::OutOfBudget)),
        None => verdict.await,
    }
}

/// Tells the queue when a caller goes away, however it goes.
struct Caller<'a> {
    call: u64,
    commands: &'a UnboundedSender<Command>,
    keep: bool,
}

impl Drop for Caller<'_> {
    fn drop(&mut self) {
        let _ = self.commands.send(Command::Leave {
            call: self.call,
            keep: self.keep,
        });
    }
}
