//! What a run says while it goes on.

use std::{fmt, path::PathBuf};

use midband::Progress;

/// Hears what a run says while it goes on. Methods may be called from several threads.
pub trait Listener: Send + Sync {
    /// Something happened that stops nothing.
    fn notice(&self, notice: &Notice);
    /// How far the run is.
    fn progress(&self, now: Progress);
}

/// Hears nothing.
#[derive(Clone, Copy, Debug, Default)]
pub struct Silent;

impl Listener for Silent {
    fn notice(&self, _: &Notice) {}
    fn progress(&self, _: Progress) {}
}

/// Something that happened, in words without any text of a pair.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum Notice {
    /// So many rows were there already.
    GoingOn(u64),
    /// Of each text so few tokens are read that different ones look alike.
    FewTokens(usize),
    /// So many of these could not be kept in the cache.
    NotKept(u64, &'static str),
    /// The cache of embeddings could not be read: it was given this name.
    CacheSetAside(PathBuf),
    /// A server fetches a model: the step, and how many tenths of it are done.
    Pulling(String, u64),
    /// A server of the run's own is started for a model: what it costs.
    StartingJudge(String),
    /// The judge's task that the texts suggest, and why.
    TaskFound(&'static str, &'static str),
    /// Labels that fit no pair.
    UnusedLabels(String),
}

impl fmt::Display for Notice {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::GoingOn(rows) => write!(f, "going on after {rows} rows"),
            Self::FewTokens(tokens) => write!(
                f,
                "of each text {tokens} tokens leave little more than a word: different texts look alike"
            ),
            Self::NotKept(lost, what) => write!(f, "{lost} {what} could not be kept in the cache"),
            Self::CacheSetAside(aside) => write!(
                f,
                "the embedding cache could not be read: it is now {}, and a new one was begun",
                aside.display()
            ),
            Self::Pulling(step, tenth) => write!(f, "pulling: {step} {tenth}0 %"),
            Self::StartingJudge(what) => write!(f, "starting {what}"),
            Self::TaskFound(name, why) => write!(f, "the judge's task is {name}: {why}"),
            Self::UnusedLabels(said) => f.write_str(said),
        }
    }
}
