//! One server as the queue sees it: how many requests it bears, and whether it is sound.

use std::{
    collections::HashMap,
    sync::Arc,
    time::{Duration, Instant},
};

use midband_llm::{Failure, FailureKind, Reply, Transport};

use crate::{
    latency::{ConcurrencyTuner, LatencyEstimator},
    retry::RetryPolicy,
};

/// Failures in a row after which a server is set aside; a refused connection counts for all.
const STRIKES: u32 = 3;

/// A server, its limit and its health.
pub(crate) struct Server {
    pub(crate) transport: Arc<dyn Transport>,
    pub(crate) in_flight: usize,
    /// Requests that it may have at once; grows by one a round of successes, halves on overload.
    limit: f64,
    most: usize,
    /// Longest wait in vain since the last answer.
    waited: Duration,
    /// When the limit was last halved: what began before is no new evidence.
    halved: Option<Instant>,
    strikes: u32,
    /// Times in a row that it was set aside.
    asides: u32,
    aside_until: Option<Instant>,
    latencies: HashMap<usize, LatencyEstimator>,
    concurrency: ConcurrencyTuner,
    /// Models of the chain that it has, and until when one that it denied is not asked for.
    models: HashMap<usize, Option<Instant>>,
}

impl Server {
    pub(crate) fn new(
        transport: Arc<dyn Transport>,
        most: usize,
        models: impl IntoIterator<Item = usize>,
    ) -> Self {
        Self {
            transport,
            in_flight: 0,
            limit: most.min(2) as f64,
            most,
            waited: Duration::ZERO,
            halved: None,
            strikes: 0,
            asides: 0,
            aside_until: None,
            latencies: HashMap::new(),
            concurrency: ConcurrencyTuner::default(),
            models: models.into_iter().map(|model| (model, None)).collect(),
        }
    }

    /// Requests that it may have at once, now.
    pub(crate) fn limit(&self) -> usize {
        // A server on trial gets one request.
        if self.asides > 0 {
            1
        } else {
            (self.limit as usize).clamp(1, self.most)
        }
    }

    pub(crate) fn has(&self, model: usize) -> bool {
        self.models.contains_key(&model)
    }

    /// True where it can be given a request for this model now.
    pub(crate) fn takes(&self, model: usize, now: Instant) -> bool {
        self.in_flight < self.limit()
            && self
                .opens_at(model)
                .is_some_and(|at| at.is_none_or(|at| at <= now))
    }

    /// When it can be asked for this model, slots aside: `None` never, `Some(None)` at once.
    pub(crate) fn opens_at(&self, model: usize) -> Option<Option<Instant>> {
        self.models
            .get(&model)
            .map(|denied| (*denied).max(self.aside_until))
    }

    /// True where it is set aside, or on trial without a success yet.
    pub(crate) fn is_unsound(&self) -> bool {
        self.asides > 0
    }

    /// Longest wait in vain since its last answer: it may be slow and not gone.
    pub(crate) fn waited(&self) -> Duration {
        self.waited
    }

    pub(crate) fn latency(&self, model: usize) -> LatencyEstimator {
        self.latencies.get(&model).copied().unwrap_or_default()
    }

    /// Notes an answer that came while `at_once` requests were out, itself among them.
    pub(crate) fn succeeded(
        &mut self,
        model: usize,
        reply: &Reply,
        elapsed: Duration,
        at_once: usize,
    ) {
        self.latencies
            .entry(model)
            .or_default()
            .learn(reply, elapsed);
        (self.strikes, self.asides, self.aside_until) = (0, 0, None);
        self.waited = Duration::ZERO;
        self.models.insert(model, None);
        self.concurrency.learn(at_once, reply, elapsed);
        let here = self.limit as usize;
        if here > 1 && self.concurrency.is_too_many(here) {
            self.limit = (here - 1) as f64;
            return;
        }
        let raised = (self.limit + 1.0 / self.limit.max(1.0)).min(self.most as f64);
        let steps_up = raised as usize > here;
        if !steps_up || (self.concurrency.knows(here) && !self.concurrency.is_too_many(here + 1)) {
            self.limit = raised;
        }
    }

    pub(crate) fn failed(
        &mut self,
        model: usize,
        failure: Failure,
        began: Instant,
        retry_policy: &RetryPolicy,
    ) {
        let now = Instant::now();
        if failure.kind == FailureKind::TimedOut {
            self.latencies.entry(model).or_default().timed_out();
            self.waited = self.waited.max(now.saturating_duration_since(began));
        }
        if matches!(failure.kind, FailureKind::TimedOut | FailureKind::Busy)
            && self.halved.is_none_or(|halved| began > halved)
        {
            self.limit = (self.limit / 2.0).max(1.0);
            self.halved = Some(now);
        }
        if matches!(failure.kind, FailureKind::Absent | FailureKind::OutOfMemory) {
            self.models
                .insert(model, Some(now + retry_policy.backoff * 4));
        }
        if failure.kind == FailureKind::Busy {
            self.aside_until = Some(
                now + failure
                    .retry_after
                    .unwrap_or(retry_policy.backoff)
                    .min(retry_policy.most_backoff),
            );
        }
        if failure.kind.blames_server() {
            self.strikes += if failure.kind == FailureKind::Unreachable {
                STRIKES
            } else {
                1
            };
            if self.strikes >= STRIKES {
                let pause = retry_policy.backoff * 2u32.saturating_pow(self.asides.min(10));
                self.aside_until = Some(now + pause.min(retry_policy.most_backoff));
                self.asides += 1;
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use midband_llm::{Address, Protocol};

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

    fn server(most: usize) -> Server {
        let address = Address::parse("http://127.0.0.1:9").unwrap();
        let transport = midband_llm::connect(Protocol::Ollama, address, None).unwrap();
        Server::new(transport, most, [0])
    }

    #[test]
    fn the_limit_grows_by_one_a_round_and_halves_once_a_crisis() {
        let retry_policy = RetryPolicy::default();
        let mut server = server(8);
        assert_eq!(server.limit(), 2);
        let before = Instant::now();
        for _ in 0..100 {
            let at_once = server.limit();
            server.succeeded(0, &reply(10), Duration::from_secs(1), at_once);
        }
        assert_eq!(server.limit(), 8);
        server.failed(
            0,
            FailureKind::TimedOut.into(),
            Instant::now(),
            &retry_policy,
        );
        assert_eq!(server.limit(), 4);
        // Requests that began before are of the same crisis.
        server.failed(0, FailureKind::TimedOut.into(), before, &retry_policy);
        assert_eq!(server.limit(), 4);
        for _ in 0..4 {
            server.succeeded(0, &reply(10), Duration::from_secs(1), 1);
        }
        assert_eq!(server.limit(), 4);
        server.succeeded(0, &reply(10), Duration::from_secs(1), 1);
        assert_eq!(server.limit(), 5);
    }

    #[test]
    fn an_unsound_server_is_set_aside_and_tried_again_with_one_request() {
        let retry_policy = RetryPolicy::default();
        let mut server = server(4);
        let now = Instant::now();
        server.failed(0, FailureKind::Broken.into(), now, &retry_policy);
        server.failed(0, FailureKind::Server.into(), now, &retry_policy);
        assert!(server.takes(0, Instant::now()) && !server.is_unsound());
        server.failed(0, FailureKind::Broken.into(), now, &retry_policy);
        assert!(server.is_unsound() && !server.takes(0, Instant::now()));
        let later = Instant::now() + retry_policy.backoff;
        assert!(server.takes(0, later) && server.limit() == 1);
        server.succeeded(0, &reply(10), Duration::from_secs(1), 1);
        assert!(!server.is_unsound() && server.takes(0, Instant::now()));
        server.failed(0, FailureKind::Unreachable.into(), now, &retry_policy);
        assert!(server.is_unsound());
        // What `Retry-After` asks for is granted, within bounds.
        let busy = Failure {
            retry_after: Some(Duration::from_secs(7)),
            ..FailureKind::Busy.into()
        };
        let mut busy_server = self::server(1);
        busy_server.failed(0, busy, now, &retry_policy);
        assert!(!busy_server.takes(0, Instant::now() + Duration::from_secs(6)));
        assert!(busy_server.takes(0, Instant::now() + Duration::from_secs(8)));
        // A model that the server denies is asked for again after a while, others at once.
        let mut other = self::server(1);
        other.failed(0, FailureKind::Absent.into(), now, &retry_policy);
        assert!(
            !other.takes(0, Instant::now())
                && other.takes(0, Instant::now() + retry_policy.backoff * 5)
        );
        assert!(!other.has(1) && other.opens_at(1).is_none());
    }
}
