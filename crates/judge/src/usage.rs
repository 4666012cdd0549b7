//! What a judge has spent so far.

use std::time::Duration;

use serde::Serialize;

/// Counters over a judge's life. Copies are cheap; ask for one whenever it is wanted.
#[derive(Clone, Copy, Debug, Default, PartialEq, Serialize)]
pub struct Usage {
    /// Requests sent, of every kind.
    pub calls: u64,
    /// Requests that held at least one pair that was asked before without an answer.
    pub retries: u64,
    /// Requests that failed as a whole.
    pub failed_calls: u64,
    /// Requests cancelled because all their callers went away.
    pub cancelled_calls: u64,
    /// Pairs in all requests; a pair asked twice counts twice.
    pub pairs_sent: u64,
    /// Pairs with an answer, from server or cache.
    pub answered: u64,
    /// Pairs without one.
    pub unanswered: u64,
    /// Answers from the verdict cache.
    pub cached: u64,
    /// Pairs whose unsure answer was asked again.
    pub second_looks: u64,
    /// Prompt tokens as the servers counted them.
    pub tokens_in: u64,
    /// Answer tokens, thoughts included.
    pub tokens_out: u64,
    /// Of these, tokens of thoughts, by their share of the text.
    pub thought_tokens: u64,
    /// Of the prompt tokens, those that servers had read before, where they say so.
    pub tokens_cached: u64,
    /// Most requests at once on one server.
    pub in_flight_peak: usize,
    /// Requests at once that a server may have now, by what was measured; 0 before the first answer.
    pub in_flight: usize,
    /// Pairs in a full request, by what was measured; 0 before the first.
    pub batch_size: usize,
    /// Sum over requests of their duration, seconds.
    pub request_seconds: f64,
    /// Room for pairs in all requests; see [`Usage::mean_fill`].
    pub room: u64,
    /// True if the last requests to all servers failed and none was answered since.
    pub unreachable: bool,
    /// True where a simulator answered: every figure is SIMULATED.
    pub simulated: bool,
}

impl Usage {
    /// Share of the room for pairs that was used, 0..=1; 1 where nothing was sent.
    pub fn mean_fill(&self) -> f64 {
        if self.room == 0 {
            1.0
        } else {
            self.pairs_sent as f64 / self.room as f64
        }
    }

    /// What was spent since an earlier moment; what is no counter is as it is now.
    #[must_use]
    pub fn since(&self, earlier: &Self) -> Self {
        Self {
            calls: self.calls.saturating_sub(earlier.calls),
            retries: self.retries.saturating_sub(earlier.retries),
            failed_calls: self.failed_calls.saturating_sub(earlier.failed_calls),
            cancelled_calls: self.cancelled_calls.saturating_sub(earlier.cancelled_calls),
            pairs_sent: self.pairs_sent.saturating_sub(earlier.pairs_sent),
            answered: self.answered.saturating_sub(earlier.answered),
            unanswered: self.unanswered.saturating_sub(earlier.unanswered),
            cached: self.cached.saturating_sub(earlier.cached),
            second_looks: self.second_looks.saturating_sub(earlier.second_looks),
            tokens_in: self.tokens_in.saturating_sub(earlier.tokens_in),
            tokens_out: self.tokens_out.saturating_sub(earlier.tokens_out),
            thought_tokens: self.thought_tokens.saturating_sub(earlier.thought_tokens),
            tokens_cached: self.tokens_cached.saturating_sub(earlier.tokens_cached),
            request_seconds: self.request_seconds - earlier.request_seconds,
            room: self.room.saturating_sub(earlier.room),
            ..*self
        }
    }

    /// What two judges spent together.
    #[must_use]
    pub fn plus(&self, other: &Self) -> Self {
        Self {
            calls: self.calls + other.calls,
            retries: self.retries + other.retries,
            failed_calls: self.failed_calls + other.failed_calls,
            cancelled_calls: self.cancelled_calls + other.cancelled_calls,
            pairs_sent: self.pairs_sent + other.pairs_sent,
            answered: self.answered + other.answered,
            unanswered: self.unanswered + other.unanswered,
            cached: self.cached + other.cached,
            second_looks: self.second_looks + other.second_looks,
            tokens_in: self.tokens_in + other.tokens_in,
            tokens_out: self.tokens_out + other.tokens_out,
            thought_tokens: self.thought_tokens + other.thought_tokens,
            tokens_cached: self.tokens_cached + other.tokens_cached,
            request_seconds: self.request_seconds + other.request_seconds,
            room: self.room + other.room,
            unreachable: self.unreachable && other.unreachable,
            simulated: self.simulated || other.simulated,
            ..*self
        }
    }

    pub(crate) fn sent(&mut self, pairs: usize, room: usize, again: bool) {
        self.calls += 1;
        self.retries += u64::from(again);
        self.pairs_sent += pairs as u64;
        self.room += room as u64;
    }

    pub(crate) fn took(&mut self, elapsed: Duration) {
        self.request_seconds += elapsed.as_secs_f64();
    }
}
