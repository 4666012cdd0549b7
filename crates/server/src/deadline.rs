//! When an answer is to be there, and what of that time can be spent on embedding and asking.

use std::{
    sync::atomic::{AtomicU64, Ordering},
    time::{Duration, Instant},
};

use midband::Summary;

/// When an answer is to be there.
#[derive(Clone, Copy)]
pub(crate) struct Due {
    /// When the request's body had arrived.
    pub(crate) arrived: Instant,
    pub(crate) at: Instant,
}

impl Due {
    /// What is left for embedding and asking about so many pairs.
    pub(crate) fn limit(self, pairs: usize, rest: &Rest) -> Duration {
        let time = self.at.saturating_duration_since(self.arrived);
        let kept = rest.expected(pairs).min(time / 2);
        self.at
            .saturating_duration_since(Instant::now())
            .saturating_sub(kept)
    }
}

/// Pairs from which on an answer shows what a pair costs.
const TELLING: u64 = 50;

/// Nanoseconds a pair before the first such answer.
const FIRST: u64 = 50_000;

/// What every answer costs beside its pairs.
const FIXED: Duration = Duration::from_millis(5);

/// Nanoseconds a pair takes beside embedding and asking, as the last answers had it: reading, decisions, JSON. That work
/// can't be cut, and it takes longer under load.
pub(crate) struct Rest(AtomicU64);

impl Default for Rest {
    fn default() -> Self {
        Self(AtomicU64::new(FIRST))
    }
}

impl Rest {
    fn expected(&self, pairs: usize) -> Duration {
        let each = Duration::from_nanos(self.0.load(Ordering::Relaxed));
        FIXED.saturating_add(each.saturating_mul(u32::try_from(pairs).unwrap_or(u32::MAX)))
    }

    /// Takes an answer into account that is made now.
    pub(crate) fn observe(&self, summary: &Summary, due: Due) {
        if summary.pairs < TELLING {
            return;
        }
        let cut = summary.seconds.embedding + summary.seconds.judging;
        let spent = due.arrived.elapsed().as_secs_f64() - cut;
        let seen = (spent.max(0.0) * 1e9 / summary.pairs as f64) as u64;
        let known = self.0.load(Ordering::Relaxed);
        // Slower is believed sooner than faster: what is late can't be made up for.
        let next = if seen >= known {
            (known + seen) / 2
        } else {
            (7 * known + seen) / 8
        };
        self.0.store(next, Ordering::Relaxed);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_answers_cost_is_kept_for_the_next_one() {
        let rest = Rest::default();
        let arrived = Instant::now();
        let due = Due {
            arrived,
            at: arrived + Duration::from_secs(10),
        };
        let soon = due.limit(1, &rest);
        assert!(soon > Duration::from_secs(9), "{soon:?}");
        let mut summary = Summary::default();
        summary.pairs = 100;
        let before = Due {
            arrived: arrived.checked_sub(Duration::from_secs(1)).unwrap(),
            ..due
        };
        for _ in 0..20 {
            rest.observe(&summary, before);
        }
        // 10 ms a pair.
        let kept = rest.expected(100).as_secs_f64();
        assert!((0.9..1.5).contains(&kept), "{kept}");
        // Never more than half of the time.
        assert!(due.limit(100_000, &rest) > Duration::from_secs(4));
        // Time that was embedded is no cost of this kind, and few pairs tell nothing.
        summary.seconds.embedding = 60.0;
        for _ in 0..100 {
            rest.observe(&summary, before);
        }
        assert!(rest.expected(100) < Duration::from_millis(20));
        summary.pairs = 1;
        summary.seconds.embedding = 0.0;
        rest.observe(&summary, before);
        assert!(rest.expected(100) < Duration::from_millis(20));
    }
}
