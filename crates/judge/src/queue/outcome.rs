//! What becomes of a pair after each answer or failure.
//!
//! The order is always the same: keep what is proven, ask the rest again in smaller company, then
//! alone, then ask the next model, then say why there is no answer. Bound: a pair shares at most
//! log2(batch) + 1 requests on its way to being alone, is asked alone at most twice for an answer that
//! can't be read, and `tries` times after failures that may pass; all that once for each model.

use std::time::{Duration, Instant};

use midband_core::{Answer, Text, Unanswered, Verdict};
use midband_llm::{Failure, FailureKind, Reply};

use super::{Batch, Job, Queue, batch_queues::BatchQueue, job::Stage};
use crate::{
    answer,
    cache::Record,
    mode::{MAX_BATCH, Question, SecondLook},
};

/// Requests in a row without a score for anyone, after which a way of asking a model is passed over:
/// a model that can't answer must not cost five requests for each of thousands of pairs.
const OPENS_AFTER: u32 = 32;

/// A request refused as such weighs as much as this many without a score.
const REFUSAL: u32 = 11;

/// Once passed over, one request in so many is sent all the same: it may have learnt.
const PROBE: u32 = 16;

/// A way of asking a model that brought no score to anyone, several times in a row.
pub(super) struct CircuitBreaker {
    in_a_row: u32,
    /// How often it was passed over for that.
    passed: u32,
    /// Why there was no score the last time.
    why: Unanswered,
}

/// The reason that a pair carries when nothing else helps.
fn unanswered(kind: FailureKind) -> Unanswered {
    match kind {
        FailureKind::Unreachable
        | FailureKind::Broken
        | FailureKind::RunnerDied
        | FailureKind::OutOfMemory
        | FailureKind::Server
        | FailureKind::Busy => Unanswered::Unreachable,
        FailureKind::TimedOut => Unanswered::TimedOut,
        FailureKind::TooLong => Unanswered::TooLong,
        FailureKind::Absent
        | FailureKind::BadSchema
        | FailureKind::Denied
        | FailureKind::Refused => Unanswered::Refused,
        FailureKind::Garbled => Unanswered::Unparseable,
    }
}

/// Longest reason, in characters.
const MAX_REASON: usize = 240;

impl Queue {
    pub(super) fn answered(&mut self, mut batch: Batch, reply: &Reply, elapsed: Duration) {
        batch.took(elapsed);
        let queue = batch.queue;
        let server = &mut self.servers[batch.server];
        let at_once = server.in_flight + 1;
        server.succeeded(queue.model, reply, elapsed, at_once);
        self.dark_since = None;
        let counted = reply.prompt_tokens.unwrap_or(0);
        if counted > 0 {
            self.batch_queues.learn(batch.estimate, counted);
        }
        let limit = server.limit();
        let company = batch.jobs.len();
        if reply.load < elapsed / 2 {
            let sizes = self.sizes(queue.model, queue.question);
            if company == queue.limit.min(sizes.size()) {
                sizes.learn(company, elapsed, at_once);
            }
        }
        let reading = answer::read(&batch.asked, reply);
        let out = u64::from(reply.answer_tokens.unwrap_or(0));
        let all = (reply.text.len() + reply.thought_apart).max(1);
        self.count(|usage| {
            usage.took(elapsed);
            usage.unreachable = false;
            usage.tokens_in += u64::from(counted);
            usage.tokens_cached += u64::from(reply.cached_tokens.unwrap_or(0));
            usage.in_flight = limit;
            usage.tokens_out += out;
            usage.thought_tokens += (out as f64 * reading.thought_bytes as f64 / all as f64) as u64;
        });
        match reading.slots.first() {
            Some(Err(why))
                if queue.question != Question::Reason
                    // A pair that is too long says nothing of the model.
                    && *why != Unanswered::TooLong
                    && reading.slots.iter().all(Result::is_err) =>
            {
                self.bore_nothing(queue, why.clone(), 1);
            }
            _ => drop(self.breakers.remove(&(queue.model, queue.question))),
        }
        for (job, slot) in batch.jobs.into_iter().zip(reading.slots) {
            let Some(job) = job else { continue };
            match (job.stage, slot) {
                (Stage::Reason { score, by }, _) => {
                    let reason = answer::reason(reply, MAX_REASON);
                    self.tell(&job, score, by, reason);
                }
                (_, Ok(score)) => self.scored(job, score),
                (_, Err(why)) => self.unread(job, why, company),
            }
        }
    }

    /// Notes that a request brought no score to anyone, and why.
    fn bore_nothing(&mut self, queue: BatchQueue, why: Unanswered, weight: u32) {
        let breaker = self
            .breakers
            .entry((queue.model, queue.question))
            .or_insert(CircuitBreaker {
                in_a_row: 0,
                passed: 0,
                why: Unanswered::Unparseable,
            });
        breaker.in_a_row = breaker.in_a_row.saturating_add(weight);
        breaker.why = why;
    }

    /// Why a request for this queue should not be sent, if so.
    pub(super) fn passes_over(&mut self, queue: BatchQueue) -> Option<Unanswered> {
        let breaker = self.breakers.get_mut(&(queue.model, queue.question))?;
        if breaker.in_a_row <= OPENS_AFTER {
            return None;
        }
        breaker.passed = breaker.passed.wrapping_add(1);
        (!breaker.passed.is_multiple_of(PROBE)).then(|| breaker.why.clone())
    }

    /// A pair got a score.
    fn scored(&mut self, job: Job, score: f64) {
        let (from, to) = self.plan.unsure;
        let by = job.model;
        match (job.stage, self.plan.second_look) {
            (Stage::First, Some(look)) if (from..=to).contains(&score) => {
                // Thoughts can't be had twice at temperature 0: another order can.
                let look = if self.plan.mode.thinks() {
                    SecondLook::Swap
                } else {
                    look
                };
                self.count(|usage| usage.second_looks += 1);
                self.enqueue(job.at(Stage::Second {
                    first: score,
                    by,
                    look,
                }));
            }
            (
                Stage::Second {
                    first,
                    look: SecondLook::Swap,
                    ..
                },
                _,
            ) => self.settled(job, f64::midpoint(first, score), by),
            _ => self.settled(job, score, by),
        }
    }

    /// A pair's score stands: it is kept, and told at once or with its reason.
    fn settled(&mut self, job: Job, score: f64, by: usize) {
        if let (Some(cache), Some(model)) = (&self.cache, self.plan.chain.get(by)) {
            let record = Record::new(score, model.name.clone(), &job.words.pair.id);
            cache.put(self.plan.cache_key(by, &job.words), record);
        }
        if self.plan.explain {
            self.enqueue(Job {
                model: by,
                ..job.at(Stage::Reason { score, by })
            });
        } else {
            self.tell(&job, score, by, None);
        }
    }

    /// The last word on a pair goes to its caller.
    fn tell(&mut self, job: &Job, score: f64, by: usize, reason: Option<String>) {
        let name = self.plan.chain.get(by).map(|model| model.name.clone());
        let answer = Answer::new(score, name.unwrap_or_default()).map(|mut answer| {
            answer.reason = reason.map(Text::from);
            answer
        });
        self.deliver(job, answer.map_err(|_| Unanswered::Unparseable));
    }

    fn deliver(&mut self, job: &Job, outcome: Result<Answer, Unanswered>) {
        let Some(caller) = self.callers.get(&job.call) else {
            return;
        };
        let verdict = Verdict {
            latency: job.asking,
            outcome,
        };
        let answered = verdict.outcome.is_ok();
        self.count(|usage| {
            usage.answered += u64::from(answered);
            usage.unanswered += u64::from(!answered);
        });
        // A caller that has gone in this moment wants nothing any more.
        let _ = caller.send((job.index, verdict));
    }

    /// A pair gets no (further) answer. A score that it has already is told; one that was to be
    /// looked at again is not kept, so that the next run does.
    pub(super) fn give_up(&mut self, job: Job, why: Unanswered) {
        match job.stage {
            Stage::First => self.deliver(&job, Err(why)),
            Stage::Second {
                first: score, by, ..
            }
            | Stage::Reason { score, by } => self.tell(&job, score, by, None),
        }
    }

    /// The answer came, and holds nothing provable for this pair.
    fn unread(&mut self, job: Job, why: Unanswered, company: usize) {
        // A pair alone in its prompt: company changes nothing.
        if company > 1 && !job.question(&self.plan).is_single() {
            return self.again(
                Job {
                    limit: (company / 2).max(1),
                    ..job
                },
                Duration::ZERO,
            );
        }
        // At temperature 0 the same question gets the same label: no use in asking twice.
        let final_here = matches!(why, Unanswered::TooLong | Unanswered::LabelAbsent);
        if why == Unanswered::TooLong {
            self.give_up(job, why);
        } else if final_here || job.tries > 0 {
            self.next_model(job, why);
        } else {
            self.again(
                Job {
                    tries: job.tries + 1,
                    limit: 1,
                    ..job
                },
                Duration::ZERO,
            );
        }
    }

    pub(super) fn failed(&mut self, mut batch: Batch, failure: Failure, elapsed: Duration) {
        batch.took(elapsed);
        let queue = batch.queue;
        self.count(|usage| {
            usage.failed_calls += 1;
            usage.took(elapsed);
        });
        self.servers[batch.server].failed(
            queue.model,
            failure,
            batch.began,
            &self.plan.retry_policy,
        );
        let dark = self.servers.iter().all(|server| server.is_unsound());
        self.count(|usage| usage.unreachable = dark);
        if dark {
            self.dark_since.get_or_insert_with(Instant::now);
        } else {
            self.dark_since = None;
        }
        if matches!(failure.kind, FailureKind::Refused | FailureKind::BadSchema) {
            self.bore_nothing(queue, unanswered(failure.kind), REFUSAL);
        }
        let company = batch.jobs.len();
        for job in batch.jobs.into_iter().flatten() {
            self.stranded(job, failure, company);
        }
    }

    /// A pair whose request failed as a whole.
    fn stranded(&mut self, job: Job, failure: Failure, company: usize) {
        let why = unanswered(failure.kind);
        let smaller = (company / 2).max(1);
        match failure.kind {
            FailureKind::TooLong if company > 1 => self.again(
                Job {
                    limit: smaller,
                    ..job
                },
                Duration::ZERO,
            ),
            FailureKind::TooLong => self.give_up(job, why),
            FailureKind::BadSchema | FailureKind::Refused => self.next_model(job, why),
            FailureKind::Absent | FailureKind::OutOfMemory
                if job.model + 1 < self.plan.chain.len() =>
            {
                self.next_model(job, why)
            }
            _ if job.tries >= self.plan.retry_policy.tries => self.next_model(job, why),
            kind => {
                // One pair may be what kills the model or takes all the time.
                let suspect = kind == FailureKind::TimedOut
                    || (kind == FailureKind::RunnerDied && job.tries > 0);
                let limit = if suspect { smaller } else { job.limit };
                let pause = self.pause(job.tries, failure.retry_after);
                self.again(
                    Job {
                        tries: job.tries + 1,
                        limit,
                        ..job
                    },
                    pause,
                );
            }
        }
    }

    fn again(&mut self, job: Job, pause: Duration) {
        let now = Instant::now();
        let not_before = (!pause.is_zero()).then(|| now + pause);
        self.enqueue(Job {
            queued: now,
            not_before,
            ..job
        });
    }

    /// On to the next model of the chain that any server has.
    pub(super) fn next_model(&mut self, job: Job, why: Unanswered) {
        let next = (job.model + 1..self.plan.chain.len())
            .find(|&model| self.servers.iter().any(|server| server.has(model)));
        match (next, job.stage) {
            (Some(model), Stage::First) => self.again(
                Job {
                    model,
                    tries: 0,
                    limit: MAX_BATCH,
                    ..job
                },
                Duration::ZERO,
            ),
            _ => self.give_up(job, why),
        }
    }

    /// A pause that doubles with every try, half of it random.
    fn pause(&mut self, tries: u32, asked_for: Option<Duration>) -> Duration {
        let retry_policy = &self.plan.retry_policy;
        let base = retry_policy
            .backoff
            .saturating_mul(2u32.saturating_pow(tries.min(16)));
        let jittered = base.mul_f64(0.5 + 0.5 * self.rng.fraction());
        jittered
            .max(asked_for.unwrap_or_default())
            .min(retry_policy.most_backoff)
    }
}
