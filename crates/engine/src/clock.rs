//! How much time is left for questions, where it is limited.

use std::time::{Duration, Instant};

use midband_router::Policy;

use crate::options::Learning;

/// Questions by which a judge's speed is measured.
const FIRST: usize = 40;

/// Seconds of a question at least: answers of a cache take next to none.
const SHORTEST: f64 = 1e-6;

/// How much time is left for questions, where it is limited.
pub(crate) struct Clock {
    limit: Option<Duration>,
    deadline: Option<Instant>,
    asked: usize,
    took: Duration,
}

impl Clock {
    pub(crate) fn new(learning: &Learning, deadline: Option<Instant>) -> Self {
        let limit = learning.time_limit;
        // A certificate needs the questions that it was planned with.
        let limit = limit.filter(|_| !matches!(learning.policy, Policy::Target(_)));
        Self {
            limit,
            deadline,
            asked: 0,
            took: Duration::ZERO,
        }
    }

    /// When what is open is given up: at the caller's deadline, or when the time is over.
    pub(crate) fn deadline(&self) -> Option<Instant> {
        let left = self.limit.map(|limit| limit.saturating_sub(self.took));
        let over = left.and_then(|left| Instant::now().checked_add(left));
        [self.deadline, over].into_iter().flatten().min()
    }

    pub(crate) fn asked(&mut self, questions: usize, took: Duration) {
        self.asked += questions;
        self.took += took;
    }

    /// Questions that there is time for at the rate so far, a few before any rate is known; `None` without a limit.
    pub(crate) fn questions_left(&self) -> Option<usize> {
        let left = self.limit?.saturating_sub(self.took).as_secs_f64();
        if self.asked == 0 {
            return Some(if left > 0.0 { FIRST } else { 0 });
        }
        let each = (self.took.as_secs_f64() / self.asked as f64).max(SHORTEST);
        Some((left / each) as usize)
    }
}

#[cfg(test)]
mod tests {
    use midband_router::{GainOptions, Target};

    use super::*;

    fn limited(policy: Policy) -> Learning {
        Learning {
            time_limit: Some(Duration::from_secs(60)),
            ..Learning::new(policy)
        }
    }

    #[test]
    fn the_rate_so_far_says_what_there_is_time_for() {
        let mut clock = Clock::new(&limited(Policy::Gain(GainOptions::default())), None);
        assert_eq!(clock.questions_left(), Some(FIRST));
        clock.asked(40, Duration::from_secs(20));
        assert_eq!(clock.questions_left(), Some(80));
        clock.asked(80, Duration::from_secs(41));
        assert_eq!(clock.questions_left(), Some(0));
        assert!(clock.deadline().is_some_and(|end| end <= Instant::now()));
    }

    #[test]
    fn no_limit_and_a_target_ask_as_they_want() {
        let plain = Learning::new(Policy::Gain(GainOptions::default()));
        let target = "accuracy=0.9".parse().map(Target::new).map(Policy::Target);
        for learning in [plain, limited(target.unwrap())] {
            let clock = Clock::new(&learning, None);
            assert_eq!((clock.questions_left(), clock.deadline()), (None, None));
        }
    }
}
