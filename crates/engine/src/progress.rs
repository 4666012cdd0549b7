//! How far a run has come, for whoever shows it.

use std::sync::{
    Arc,
    atomic::{AtomicBool, AtomicU64, Ordering},
};

/// Running totals of a run, in pairs.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
#[non_exhaustive]
pub struct Progress {
    /// Taken from the input.
    pub read: u64,
    /// Compared by their embeddings, or rejected.
    pub compared: u64,
    /// Handed to the judge.
    pub asked: u64,
    /// Of those, come back with or without an answer.
    pub judged: u64,
    /// Given their final score.
    pub finished: u64,
    /// Pairs that the run expects to ask about, as things stand before its first question; what it learns changes that.
    /// `None` before, and where nobody is asked or a policy can't tell.
    pub expected: Option<u64>,
    /// True where `read` is all that there is, so that the rest can be estimated.
    pub whole: bool,
}

/// Receives the totals after each change, from any thread. It should return at once.
pub(crate) type OnProgress = Arc<dyn Fn(Progress) + Send + Sync>;

/// The totals while they change.
#[derive(Default)]
pub(crate) struct Tally {
    read: AtomicU64,
    compared: AtomicU64,
    asked: AtomicU64,
    judged: AtomicU64,
    finished: AtomicU64,
    /// One more than expected; 0 where nothing is.
    expected: AtomicU64,
    whole: AtomicBool,
    listener: Option<OnProgress>,
}

impl Tally {
    pub(crate) fn new(listener: Option<OnProgress>) -> Self {
        Self {
            listener,
            ..Self::default()
        }
    }

    pub(crate) fn read(&self, pairs: usize) {
        self.add(&self.read, pairs);
    }

    /// Notes a whole run's pairs at once.
    pub(crate) fn read_all(&self, pairs: usize) {
        self.whole.store(true, Ordering::Relaxed);
        self.read(pairs);
    }

    pub(crate) fn compared(&self, pairs: usize) {
        self.add(&self.compared, pairs);
    }

    /// True if somebody is told.
    pub(crate) fn is_heard(&self) -> bool {
        self.listener.is_some()
    }

    pub(crate) fn expects(&self, pairs: usize) {
        self.add(&self.expected, pairs + 1);
    }

    pub(crate) fn asked(&self, pairs: usize) {
        self.add(&self.asked, pairs);
    }

    pub(crate) fn judged(&self, pairs: usize) {
        self.add(&self.judged, pairs);
    }

    pub(crate) fn finished(&self, pairs: usize) {
        self.add(&self.finished, pairs);
    }

    fn add(&self, total: &AtomicU64, pairs: usize) {
        total.fetch_add(pairs as u64, Ordering::Relaxed);
        if let Some(listener) = &self.listener {
            listener(self.now());
        }
    }

    fn now(&self) -> Progress {
        let get = |total: &AtomicU64| total.load(Ordering::Relaxed);
        Progress {
            read: get(&self.read),
            compared: get(&self.compared),
            asked: get(&self.asked),
            judged: get(&self.judged),
            finished: get(&self.finished),
            expected: get(&self.expected).checked_sub(1),
            whole: self.whole.load(Ordering::Relaxed),
        }
    }
}
