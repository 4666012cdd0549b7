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
