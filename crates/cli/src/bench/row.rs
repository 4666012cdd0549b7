//! What came of a mode: times, tokens, and how often it was right.

use midband::judge::{PromptingMode, Usage};
use midband_metrics::wilson;
use serde::Serialize;

use super::bench_mode::BenchMode;

/// One mode, measured.
#[derive(Clone, Debug, Serialize)]
pub(crate) struct ModeRow {
    /// Name of the mode.
    pub(crate) mode: &'static str,
    /// How the judge was asked.
    pub(crate) prompting_mode: PromptingMode,
    /// True where a simulator answered.
    pub(crate) simulated: bool,
    /// Pairs of one run, and runs.
    pub(crate) pairs: usize,
    pub(crate) iterations: u32,
    /// Seconds of a run over its pairs.
    pub(crate) avg_seconds: f64,
    pub(crate) throughput_per_minute: f64,
    /// Share of right decisions, pairs for review by their score at .5, and its 95 % interval (Wilson 1927).
    pub(crate) accuracy: Option<f64>,
    pub(crate) accuracy_interval: Option<(f64, f64)>,
    /// The same over the pairs that the modes without a router ask: to be held against theirs.
    pub(crate) accuracy_on_asked: Option<f64>,
    /// Throughput against the standard mode's, and the batched mode's.
    pub(crate) speedup: Option<f64>,
    pub(crate) speedup_over_batched: Option<f64>,
    /// Share of the pairs that went to the judge.
    pub(crate) share_asked: f64,
    /// Seconds before the first measured pair: loading the model, and the gold pairs where some are learnt from.
    pub(crate) warm_up_seconds: f64,
    /// Seconds from a pair's question to its answer: fastest, slowest, and what 95 % of the asked pairs stay within.
    pub(crate) min_seconds: Option<f64>,
    pub(crate) max_seconds: Option<f64>,
    pub(crate) p95_seconds: Option<f64>,
    /// Tokens over all pairs of the runs, asked or not.
    pub(crate) tokens_in_per_pair: f64,
    pub(crate) tokens_out_per_pair: f64,
    pub(crate) thought_tokens_per_pair: f64,
    /// Requests of all runs, those that asked again, and pairs that stayed without an answer.
    pub(crate) calls: u64,
    pub(crate) retries: u64,
    pub(crate) unanswered: u64,
}

/// What the runs of a mode came to.
#[derive(Default)]
pub(crate) struct Measured {
    pub(crate) seconds: f64,
    pub(crate) warm_up: f64,
    /// Of each asked pair, seconds until its answer.
    pub(crate) waits: Vec<f64>,
    /// Pairs of one run.
    pub(crate) pairs: usize,
    /// Of the last run: right decisions, decisions; and the same among the pairs that every mode asks.
    pub(crate) right: (usize, usize),
    pub(crate) right_on_asked: (usize, usize),
    pub(crate) unanswered: u64,
}

/// What the judge had used before the measured runs, and after them.
pub(crate) struct Spent {
    pub(crate) before: Usage,
    pub(crate) after: Usage,
}

impl ModeRow {
    pub(crate) fn new(
        way: &BenchMode,
        prompting_mode: PromptingMode,
        iterations: u32,
        mut measured: Measured,
        spent: Spent,
    ) -> Self {
        let Spent { before, after } = spent;
        let all = measured.pairs as f64 * f64::from(iterations);
        let each = |then: u64, now: u64| (now - then) as f64 / all;
        measured.waits.sort_by(f64::total_cmp);
        let waits = &measured.waits;
        let seconds = measured.seconds / all;
        Self {
            mode: way.mode.name(),
            prompting_mode,
            simulated: after.simulated,
            pairs: measured.pairs,
            iterations,
            avg_seconds: seconds,
            throughput_per_minute: 60.0 / seconds.max(1e-12),
            accuracy: share(measured.right),
            accuracy_interval: wilson(measured.right.0 as u64, measured.right.1 as u64),
            accuracy_on_asked: share(measured.right_on_asked),
            share_asked: waits.len() as f64 / all,
            warm_up_seconds: measured.warm_up,
            min_seconds: waits.first().copied(),
            max_seconds: waits.last().copied(),
            // Nearest rank.
            p95_seconds: (!waits.is_empty()).then(|| waits[(waits.len() * 95).div_ceil(100) - 1]),
            tokens_in_per_pair: each(before.tokens_in, after.tokens_in),
            tokens_out_per_pair: each(before.tokens_out, after.tokens_out),
            thought_tokens_per_pair: each(before.thought_tokens, after.thought_tokens),
            calls: after.calls - before.calls,
            retries: after.retries - before.retries,
            unanswered: measured.unanswered,
            speedup: None,
            speedup_over_batched: None,
        }
    }
}

/// Fills in how many times faster each mode is than the standard and the batched one.
pub(crate) fn compare(rows: &mut [ModeRow]) {
    let rate = |name: &str| {
        let row = rows.iter().find(|row| row.mode == name)?;
        Some(row.throughput_per_minute)
    };
    let (standard, batched) = (rate("standard"), rate("batched"));
    for row in rows {
        let over = |other: Option<f64>| other.map(|other| row.throughput_per_minute / other);
        (row.speedup, row.speedup_over_batched) = (over(standard), over(batched));
    }
}

fn share((right, all): (usize, usize)) -> Option<f64> {
    (all > 0).then(|| right as f64 / all as f64)
}
