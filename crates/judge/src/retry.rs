//! How long the judge waits and how often it tries again.

use std::time::Duration;

/// How long the judge waits and how often it tries again.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct RetryPolicy {
    /// Shortest time that any request gets.
    pub least_timeout: Duration,
    /// Longest time that a request gets, and the time of one whose duration can't be foreseen yet
    /// (the first, which may load the model).
    pub most_timeout: Duration,
    /// Pause before the first new try; doubled with each, half of it random.
    pub backoff: Duration,
    /// Longest pause, whatever `Retry-After` says.
    pub most_backoff: Duration,
    /// New tries of a pair with one model after failures that may pass.
    pub tries: u32,
    /// Time without any sound server after which waiting pairs are given up.
    pub give_up: Duration,
}

impl Default for RetryPolicy {
    fn default() -> Self {
        Self {
            least_timeout: Duration::from_secs(15),
            most_timeout: Duration::from_secs(300),
            backoff: Duration::from_millis(250),
            most_backoff: Duration::from_secs(30),
            tries: 4,
            give_up: Duration::from_secs(60),
        }
    }
}
