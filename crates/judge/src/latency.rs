//! How long requests take, learnt from answers: what to wait for, and how many at once are worth it.

use std::{collections::HashMap, time::Duration};

use midband_llm::Reply;

use crate::retry::RetryPolicy;

/// Durations are foreseen this many times over before a request counts as lost: two slots slow
/// each other to 0.62 (measured on an M3 Pro), four to a quarter.
const SLACK: f64 = 3.0;

/// Weight of the latest request in the moving averages.
pub(crate) const LATEST: f64 = 0.3;

/// How long a server takes, learnt from its answers; seconds, as the clock on our side saw them.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub(crate) struct LatencyEstimator {
    /// Longest load so far: another client may make it necessary again.
    load: f64,
    fixed: f64,
    prompt_token: f64,
    answer_token: f64,
    seen: u32,
    /// Time-outs since the pace was learnt, each of them one doubling; answers take them back.
    doublings: u32,
}

/// Most doublings of what is waited for a server that has become slower.
const MOST_DOUBLINGS: u32 = 6;

impl LatencyEstimator {
    /// Learns from an answer that took `elapsed` on our side.
    pub(crate) fn learn(&mut self, reply: &Reply, elapsed: Duration) {
        let (Some(prompt), Some(answer)) = (reply.prompt_tokens, reply.answer_tokens) else {
            return;
        };
        let told = reply.total.as_secs_f64();
        // The server's own durations leave out queues, networks and a simulator's compressed time.
        let stretch = if told > 0.0 {
            elapsed.as_secs_f64() / told
        } else {
            0.0
        };
        let load = reply.load.as_secs_f64() * stretch;
        self.load = self.load.max(load);
        let elapsed = (elapsed.as_secs_f64() - load).max(0.0);
        let per =
            |time: Duration, tokens: u32| time.as_secs_f64() * stretch / f64::from(tokens.max(1));
        let (mut prompt_token, mut answer_token) = (
            per(reply.prompt_time, prompt),
            per(reply.answer_time, answer),
        );
        if prompt_token + answer_token <= 0.0 {
            answer_token = elapsed / f64::from(prompt + answer.max(1));
            prompt_token = answer_token;
        }
        let spent = prompt_token * f64::from(prompt) + answer_token * f64::from(answer);
        let latest = if self.seen == 0 { 1.0 } else { LATEST };
        for (kept, found) in [
            (&mut self.fixed, (elapsed - spent).max(0.0)),
            (&mut self.prompt_token, prompt_token),
            (&mut self.answer_token, answer_token),
        ] {
            *kept += latest * (found - *kept);
        }
        self.seen = self.seen.saturating_add(1);
        self.doublings = self.doublings.saturating_sub(1);
    }

    /// Learns from a request that was not answered in time: a busy machine may be many times slower than it was.
    pub(crate) fn timed_out(&mut self) {
        self.doublings = (self.doublings + 1).min(MOST_DOUBLINGS);
    }

    /// Longest time that a request with so many tokens may take.
    pub(crate) fn timeout(&self, prompt: u32, answer: u32, retry_policy: &RetryPolicy) -> Duration {
        if self.seen == 0 {
            return retry_policy.most_timeout;
        }
        let pace = self.load
            + self.fixed
            + self.prompt_token * f64::from(prompt)
            + self.answer_token * f64::from(answer);
        let estimate = pace * f64::from(2u32.pow(self.doublings));
        // A server that is known to be slow gets what its own pace asks for, whatever the limit.
        let paced = Duration::try_from_secs_f64(estimate).unwrap_or_default();
        let most = retry_policy
            .most_timeout
            .max(retry_policy.least_timeout)
            .max(paced);
        Duration::try_from_secs_f64(SLACK * estimate)
            .unwrap_or(most)
            .clamp(retry_policy.least_timeout, most)
    }
}

/// Answers at one number of requests at once before it is compared with another.
const ENOUGH: u32 = 4;

/// A number of requests at once that does less than this share of the work of one fewer is too many.
/// Below 1, so that noise moves nothing.
const WORSE: f64 = 0.97;

/// Answers after which a number of requests at once that was too many is tried again.
const FORGET: u32 = 128;

/// What a server gets done with so many requests at once.
///
/// On an M3 Pro two slots do 1.24 times the work of one, and four run into timeouts: a user's
/// maximum may be more than is good, so each step up is kept only if it pays.
#[derive(Clone, Debug, Default)]
pub(crate) struct ConcurrencyTuner {
    /// By number at once: seconds for a unit of work (moving average), and answers seen.
    levels: HashMap<usize, (f64, u32)>,
    since_step_down: u32,
}

impl ConcurrencyTuner {
    /// Notes an answer that came while `at_once` requests were out, itself among them.
    pub(crate) fn learn(&mut self, at_once: usize, reply: &Reply, elapsed: Duration) {
        let (Some(prompt), Some(answer)) = (reply.prompt_tokens, reply.answer_tokens) else {
            return;
        };
        if reply.load > elapsed / 2 {
            return;
        }
        // Reading a token costs about a seventh of writing one (measured on the M3 Pro).
        let work = f64::from(prompt) / 7.0 + f64::from(answer.max(1));
        let unit = elapsed.as_secs_f64() / work;
        let (kept, seen) = self.levels.entry(at_once).or_insert((unit, 0));
        *kept += LATEST * (unit - *kept);
        *seen = seen.saturating_add(1);
        self.since_step_down = self.since_step_down.saturating_add(1);
    }

    /// True where enough answers came at this number at once to compare it with another.
    pub(crate) fn knows(&self, at_once: usize) -> bool {
        self.levels
            .get(&at_once)
            .is_some_and(|(_, seen)| *seen >= ENOUGH)
    }

    /// True where so many at once get less done than one fewer.
    pub(crate) fn is_too_many(&mut self, at_once: usize) -> bool {
        if self.since_step_down >= FORGET {
            self.levels.clear();
            self.since_step_down = 0;
        }
        let done = |at_once: usize| {
            let (unit, _) = self.levels.get(&at_once).filter(|_| self.knows(at_once))?;
            (*unit > 0.0).then(|| at_once as f64 / unit)
        };
        let (Some(more), Some(fewer)) = (done(at_once), done(at_once.saturating_sub(1))) else {
            return false;
        };
        let worse = more < WORSE * fewer;
        if worse {
            self.since_step_down = 0;
        }
        worse
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn reply(answer: u32) -> Reply {
        Reply {
            prompt_tokens: Some(100),
            answer_tokens: Some(answer),
            prompt_time: Duration::from_millis(500),
            answer_time: Duration::from_millis(u64::from(answer) * 25),
            total: Duration::from_millis(500 + u64::from(answer) * 25),
            ..Reply::default()
        }
    }

    #[test]
    fn timeouts_follow_the_measured_rate() {
        let retry_policy = RetryPolicy::default();
        let mut latency = LatencyEstimator::default();
        assert_eq!(
            latency.timeout(100, 100, &retry_policy),
            retry_policy.most_timeout
        );
        let given = reply(600);
        latency.learn(&given, given.total);
        let estimate = latency.timeout(100, 2_048, &retry_policy).as_secs_f64();
        assert!(
            (estimate - 3.0 * (0.5 + 2_048.0 * 0.025)).abs() < 1.0,
            "{estimate}"
        );
        assert_eq!(
            latency.timeout(10, 1, &retry_policy),
            retry_policy.least_timeout
        );
        // Sixteen pairs at this pace need more than the limit.
        let slow = latency.timeout(100, 20_000, &retry_policy).as_secs_f64();
        assert!((slow - 500.5).abs() < 1.0, "{slow}");
    }

    #[test]
    fn a_server_that_became_slower_is_waited_for() {
        let retry_policy = RetryPolicy::default();
        let mut latency = LatencyEstimator::default();
        let given = reply(600);
        latency.learn(&given, given.total);
        let wait = |latency: &LatencyEstimator| {
            let wait = latency.timeout(100, 600, &retry_policy);
            wait.as_secs_f64()
        };
        let before = wait(&latency);
        latency.timed_out();
        assert!((wait(&latency) - 2.0 * before).abs() < 0.1);
        latency.learn(&given, given.total);
        assert!((wait(&latency) - before).abs() < 0.1);
    }

    #[test]
    fn a_load_does_not_count_as_slowness() {
        let mut latency = LatencyEstimator::default();
        let loaded = Reply {
            load: Duration::from_secs(7),
            total: Duration::from_millis(7_500 + 2_500),
            ..reply(100)
        };
        latency.learn(&loaded, loaded.total);
        assert!(latency.answer_token < 0.026, "{latency:?}");
    }

    #[test]
    fn a_number_at_once_that_gets_less_done_is_too_many() {
        let mut concurrency = ConcurrencyTuner::default();
        let seconds = [0.0, 1.0, 1.6, 3.3];
        for _ in 0..8 {
            for (at_once, seconds) in seconds.iter().enumerate().skip(1) {
                concurrency.learn(at_once, &reply(40), Duration::from_secs_f64(*seconds));
            }
        }
        assert!(!concurrency.is_too_many(1) && !concurrency.is_too_many(2));
        assert!(concurrency.is_too_many(3) && !concurrency.is_too_many(4));
    }
}
