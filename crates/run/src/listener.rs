//! What a run says while it goes on.

use std::{fmt, path::PathBuf, time::Duration};

use midband::{Pace, Progress, judge::PromptingMode};

/// Hears what a run says while it goes on. Methods may be called from several threads.
pub trait Listener: Send + Sync {
    /// Something happened that stops nothing.
    fn notice(&self, notice: &Notice);
    /// How far the run is.
    fn progress(&self, now: Progress);
    /// How many of the texts at hand are embedded.
    fn embedded(&self, _done: u64, _all: u64) {}
}

/// Hears nothing.
#[derive(Clone, Copy, Debug, Default)]
pub struct Silent;

impl Listener for Silent {
    fn notice(&self, _: &Notice) {}
    fn progress(&self, _: Progress) {}
}

/// Something that happened, in words without any text of a pair.
#[derive(Clone, Debug, PartialEq)]
#[non_exhaustive]
pub enum Notice {
    /// So many rows were there already.
    GoingOn(u64),
    /// Of each text so few tokens are read that different ones look alike.
    FewTokens(usize),
    /// So many of these could not be kept in the cache.
    NotKept(u64, &'static str),
    /// So many embeddings were not kept: their cache is as large as it may be.
    CacheFull(u64),
    /// The cache of embeddings could not be read: it was given this name.
    CacheSetAside(PathBuf),
    /// A server fetches a model: the step, and how many tenths of it are done.
    Pulling(String, u64),
    /// A server of the run's own is started for a model: what it costs.
    StartingJudge(String),
    /// A model that nothing was measured of is asked about known pairs, in this mode.
    TryingJudge(PromptingMode),
    /// The judge's task that the texts suggest, and why.
    TaskFound(&'static str, &'static str),
    /// What a run expects to ask, before its first question.
    Expects {
        /// Pairs about which a question is worth its price so far.
        questions: u64,
        /// Pairs in all.
        of: u64,
        /// How long an answer takes.
        pace: Option<Pace>,
    },
    /// Labels that fit no pair.
    UnusedLabels(String),
    /// What was found of the lists that are matched: a fact, and nothing to act on.
    Told(String),
    /// Two lists share so few columns that they may be of two kinds.
    ShareLittle {
        /// Columns that both have.
        shared: usize,
        /// Columns of the left list.
        left: usize,
        /// Columns of the right list.
        right: usize,
    },
    /// So many records have the same text as more others than each is compared with.
    Crowded {
        /// The records.
        records: usize,
        /// Records of its own text that each is compared with.
        most: usize,
    },
    /// No pair of the lists looks like a match: none is asked about and none is written.
    NoMatches,
    /// So many texts were longer than a cell of a workbook holds, and were cut.
    CutCells(u64),
    /// The texts suggest another task than that of the calibration in force.
    OtherTask {
        /// The calibration's task.
        calibrated: String,
        /// The task that the texts suggest.
        suggested: &'static str,
        /// Why they suggest it.
        why: &'static str,
    },
    /// The model has no static vectors, so that it embeds every record itself.
    NotDistilled(String),
}

impl fmt::Display for Notice {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::GoingOn(rows) => write!(f, "resuming after {rows} rows"),
            Self::FewTokens(tokens) => write!(
                f,
                "{tokens} tokens per text is little more than a word: different texts look alike"
            ),
            Self::NotKept(lost, what) => {
                write!(f, "{lost} {what} could not be written to the cache")
            }
            Self::CacheFull(vectors) => {
                write!(f, "{vectors} embeddings were not cached: the cache is full")
            }
            Self::CacheSetAside(aside) => write!(
                f,
                "the embedding cache was unreadable; midband renamed it to {} and started a new one",
                aside.display()
            ),
            Self::Pulling(step, tenth) => write!(f, "pulling: {step} {tenth}0 %"),
            Self::StartingJudge(what) => write!(f, "starting {what}"),
            Self::TryingJudge(mode) => write!(
                f,
                "this model has not been measured: trying the mode {mode} on pairs with known answers"
            ),
            Self::TaskFound(name, why) => write!(f, "the judge's task is {name}: {why}"),
            Self::Expects {
                questions,
                of,
                pace,
            } => {
                write!(f, "expecting to ask about {questions} of {of} pairs")?;
                let Some(pace) = pace else { return Ok(()) };
                let seconds = *questions as f64 * pace.seconds_a_pair;
                let seconds = Duration::from_secs(seconds.round() as u64);
                let from = if pace.measured { "measured" } else { "assumed" };
                write!(
                    f,
                    ", {} at {:.2} s per pair ({from})",
                    humantime::format_duration(seconds),
                    pace.seconds_a_pair
                )
            }
            Self::UnusedLabels(said) | Self::Told(said) => f.write_str(said),
            Self::ShareLittle {
                shared,
                left,
                right,
            } => write!(
                f,
                "WARNING: the lists have {left} and {right} columns and share only {shared}: do they describe the same kind of thing?"
            ),
            Self::Crowded { records, most } => write!(
                f,
                "WARNING: {records} records have the same text as more than {most} others; each is compared with only {most} of them"
            ),
            Self::NoMatches => {
                f.write_str("no pair looks like a match, so nothing is asked or written")
            }
            Self::CutCells(cells) => write!(
                f,
                "WARNING: {cells} texts are longer than the 32,767 characters of an Excel cell and were cut (they end in …)"
            ),
            Self::OtherTask {
                calibrated,
                suggested,
                why,
            } => write!(
                f,
                "WARNING: the calibration is for the task {calibrated}, but these texts suggest {suggested} ({why})"
            ),
            Self::NotDistilled(why) => write!(f, "{why}, so it embeds every record"),
        }
    }
}
