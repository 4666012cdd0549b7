//! What a run came to.

use std::{collections::BTreeMap, time::Duration};

use midband_core::{DecidedBy, Decision, FinalScore, Route, Status};
use serde::Serialize;

/// Seconds by stage. Stages overlap, so that they can add up to more than the run took.
#[derive(Clone, Copy, Debug, Default, PartialEq, Serialize)]
#[non_exhaustive]
pub struct Seconds {
    /// Embedding and comparing.
    pub embedding: f64,
    /// Waiting for the judge.
    pub judging: f64,
    /// The whole run, from the first pair to the last score.
    pub total: f64,
}

/// Counts of a run, in pairs.
#[derive(Clone, Debug, Default, PartialEq, Serialize)]
#[non_exhaustive]
pub struct Summary {
    /// All pairs, rejected ones included.
    pub pairs: u64,
    /// By route.
    pub routes: BTreeMap<&'static str, u64>,
    /// By who decided.
    pub decided_by: BTreeMap<&'static str, u64>,
    /// By decision.
    pub decisions: BTreeMap<&'static str, u64>,
    /// Wanted a judge and got no answer, by reason.
    pub unanswered: BTreeMap<String, u64>,
    /// Not embedded when the deadline came.
    pub late: u64,
    /// Could not be scored, by reason.
    pub rejected: BTreeMap<String, u64>,
    /// Scored on truncated text.
    pub truncated: u64,
    /// Time by stage.
    pub seconds: Seconds,
    /// Why no pair could be asked, where the judge failed as a whole.
    pub judge_failed: Option<String>,
}

impl Summary {
    /// True where every pair got what it was routed to.
    pub fn all_settled(&self) -> bool {
        self.unanswered.is_empty() && self.rejected.is_empty() && self.late == 0
    }

    /// Pairs that wanted a judge and got no answer.
    pub fn unanswered_pairs(&self) -> u64 {
        self.unanswered.values().sum()
    }

    /// Pairs that could not be scored.
    pub fn rejected_pairs(&self) -> u64 {
        self.rejected.values().sum()
    }

    /// Pairs that went this way.
    pub fn routed(&self, route: Route) -> u64 {
        self.routes.get(route.as_str()).copied().unwrap_or(0)
    }

    /// Pairs decided by this.
    pub fn by(&self, decided_by: DecidedBy) -> u64 {
        self.decided_by
            .get(decided_by.as_str())
            .copied()
            .unwrap_or(0)
    }

    /// Pairs with this decision.
    pub fn decided(&self, decision: Decision) -> u64 {
        self.decisions.get(decision.as_str()).copied().unwrap_or(0)
    }

    /// Counts one more score.
    pub fn count(&mut self, score: &FinalScore) {
        self.pairs += 1;
        *self.decisions.entry(score.decision.as_str()).or_default() += 1;
        if let Some(route) = score.route {
            *self.routes.entry(route.as_str()).or_default() += 1;
        }
        if let Some(by) = score.decided_by {
            *self.decided_by.entry(by.as_str()).or_default() += 1;
        }
        match &score.status {
            Status::Settled => {}
            Status::Unanswered(reason) => {
                *self.unanswered.entry(reason.to_string()).or_default() += 1
            }
            Status::Late => self.late += 1,
            Status::Rejected(reason) => *self.rejected.entry(reason.clone()).or_default() += 1,
        }
        self.truncated += u64::from(score.truncated);
    }

    /// Adds the counts of another part of the run.
    pub fn add_counts(&mut self, part: &Self) {
        fn add<K: Ord + Clone>(to: &mut BTreeMap<K, u64>, from: &BTreeMap<K, u64>) {
            from.iter()
                .for_each(|(key, count)| *to.entry(key.clone()).or_default() += count);
        }
        self.pairs += part.pairs;
        self.truncated += part.truncated;
        self.late += part.late;
        add(&mut self.routes, &part.routes);
        add(&mut self.decided_by, &part.decided_by);
        add(&mut self.decisions, &part.decisions);
        add(&mut self.unanswered, &part.unanswered);
        add(&mut self.rejected, &part.rejected);
    }

    /// Adds the time of an earlier part of the run.
    pub fn add_seconds(&mut self, earlier: Seconds) {
        self.seconds.embedding += earlier.embedding;
        self.seconds.judging += earlier.judging;
        self.seconds.total += earlier.total;
    }

    pub(crate) fn embedding_took(&mut self, time: Duration) {
        self.seconds.embedding += time.as_secs_f64();
    }

    pub(crate) fn judging_took(&mut self, time: Duration) {
        self.seconds.judging += time.as_secs_f64();
    }
}
