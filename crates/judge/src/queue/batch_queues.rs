//! Who may share a request, and when it is full enough to go out.

use std::{
    collections::{BTreeMap, VecDeque},
    time::Instant,
};

use super::Job;
use crate::{mode::Question, plan::Plan};

/// Pairs that may share a request: same model, same question, same limit.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub(crate) struct BatchQueue {
    pub(crate) model: usize,
    pub(crate) question: Question,
    /// Pairs of a full request.
    pub(crate) limit: usize,
}

/// Every waiting pair, first come first served within a queue.
#[derive(Default)]
pub(crate) struct BatchQueues {
    waiting: BTreeMap<BatchQueue, VecDeque<Job>>,
    /// Estimated tokens times this are what servers count; learnt, 1 at first.
    stretch: Stretch,
}

struct Stretch(f64);

impl Default for Stretch {
    fn default() -> Self {
        Self(1.0)
    }
}

/// What a queue offers now.
struct Offer {
    /// Places of the pairs in the queue.
    places: Vec<usize>,
    /// True where no further pair would fit.
    full: bool,
    /// When the longest waiting of them came in.
    oldest: Instant,
}

impl BatchQueues {
    pub(crate) fn push(&mut self, queue: BatchQueue, job: Job) {
        self.waiting.entry(queue).or_default().push_back(job);
    }

    pub(crate) fn is_empty(&self) -> bool {
        self.waiting.is_empty()
    }

    /// Drops the pairs of a call.
    pub(crate) fn remove(&mut self, call: u64) {
        self.waiting.retain(|_, jobs| {
            jobs.retain(|job| job.call != call);
            !jobs.is_empty()
        });
    }

    pub(crate) fn drain(&mut self) -> Vec<Job> {
        std::mem::take(&mut self.waiting)
            .into_values()
            .flatten()
            .collect()
    }

    /// Learns how the estimate relates to what a server counted.
    pub(crate) fn learn(&mut self, estimate: u32, counted: u32) {
        if estimate > 0 {
            let seen = 1.1 * f64::from(counted) / f64::from(estimate);
            // Up at once, down slowly: too many tokens cost a failed request, too few a little room.
            self.stretch.0 = seen.max(0.9 * self.stretch.0 + 0.1 * seen).clamp(0.2, 4.0);
        }
    }

    /// Takes the pairs of the next request out of the queue that waited longest, among those that are
    /// due (full, or waited their time) and whose model is open. `size` says how many make a queue's
    /// request full, at most the queue's limit.
    pub(crate) fn next_batch(
        &mut self,
        plan: &Plan,
        now: Instant,
        open: impl Fn(&BatchQueue) -> bool,
        size: impl Fn(&BatchQueue) -> usize,
    ) -> Option<(BatchQueue, Vec<Job>)> {
        let mut best: Option<(BatchQueue, Offer)> = None;
        for (queue, jobs) in &self.waiting {
            if !open(queue) {
                continue;
            }
            let Some(offer) = self.offer(
                plan,
                BatchQueue {
                    limit: size(queue),
                    ..*queue
                },
                jobs,
                now,
            ) else {
                continue;
            };
            let due = offer.full || now >= offer.oldest + plan.max_wait;
            if due
                && best
                    .as_ref()
                    .is_none_or(|(_, other)| offer.oldest < other.oldest)
            {
                best = Some((*queue, offer));
            }
        }
        let (queue, offer) = best?;
        let jobs = self.waiting.get_mut(&queue)?;
        let mut taken: Vec<Job> = offer
            .places
            .iter()
            .rev()
            .filter_map(|&place| jobs.remove(place))
            .collect();
        taken.reverse();
        if jobs.is_empty() {
            self.waiting.remove(&queue);
        }
        Some((queue, taken))
    }

    fn offer(
        &self,
        plan: &Plan,
        queue: BatchQueue,
        jobs: &VecDeque<Job>,
        now: Instant,
    ) -> Option<Offer> {
        let room = f64::from(plan.room(queue.question, queue.limit)) / self.stretch.0;
        let mut tokens = 0.0;
        let mut offer = Offer {
            places: Vec::with_capacity(queue.limit),
            full: false,
            oldest: now,
        };
        for (place, job) in jobs.iter().enumerate() {
            if job.not_before.is_some_and(|at| at > now) {
                continue;
            }
            tokens += f64::from(job.words.tokens);
            // A pair that fits nowhere goes alone: the server counts, and says so.
            if tokens > room && !offer.places.is_empty() {
                offer.full = true;
                break;
            }
            offer.places.push(place);
            offer.oldest = offer.oldest.min(job.queued);
            if offer.places.len() == queue.limit {
                offer.full = true;
                break;
            }
        }
        (!offer.places.is_empty()).then_some(offer)
    }

    /// When the next pair is due; `open` says from when on its model can be asked.
    pub(crate) fn due(
        &self,
        plan: &Plan,
        open: impl Fn(&BatchQueue) -> Option<Instant>,
    ) -> Option<Instant> {
        self.waiting
            .iter()
            .filter_map(|(queue, jobs)| {
                let opens = open(queue)?;
                let ready = jobs
                    .iter()
                    .map(|job| {
                        (job.queued + plan.max_wait).max(job.not_before.unwrap_or(job.queued))
                    })
                    .min()?;
                Some(ready.max(opens))
            })
            .min()
    }
}
