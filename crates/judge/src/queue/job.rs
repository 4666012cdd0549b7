//! A pair on its way through the queue.

use std::time::{Duration, Instant};

use crate::{
    mode::{MAX_BATCH, PromptingMode, Question, SecondLook},
    plan::{Plan, Words},
};

/// How far a pair has come.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) enum Stage {
    /// No score yet.
    First,
    /// An unsure score is there; it is asked again.
    Second {
        /// The first score, and which model gave it.
        first: f64,
        by: usize,
        look: SecondLook,
    },
    /// The score stands; its reason is asked for.
    Reason {
        /// The score.
        score: f64,
        by: usize,
    },
}

/// A pair, who wants it judged, and what happened to it so far.
#[derive(Clone)]
pub(crate) struct Job {
    pub(crate) call: u64,
    /// The pair's place in its call.
    pub(crate) index: usize,
    pub(crate) words: Words,
    /// Time of the requests that it was in.
    pub(crate) asking: Duration,
    /// When it came into its queue.
    pub(crate) queued: Instant,
    pub(crate) not_before: Option<Instant>,
    pub(crate) stage: Stage,
    /// Place in the chain of the model that is asked.
    pub(crate) model: usize,
    /// Most pairs that it may share a request with, itself among them.
    pub(crate) limit: usize,
    /// Failures that may pass, with this model.
    pub(crate) tries: u32,
    /// Requests that it was in.
    pub(crate) sent: u32,
}

impl Job {
    pub(crate) fn new(call: u64, index: usize, words: Words) -> Self {
        let now = Instant::now();
        Self {
            call,
            index,
            words,
            asking: Duration::ZERO,
            queued: now,
            not_before: None,
            stage: Stage::First,
            model: 0,
            limit: MAX_BATCH,
            tries: 0,
            sent: 0,
        }
    }

    pub(crate) fn question(&self, plan: &Plan) -> Question {
        match self.stage {
            Stage::Second {
                look: SecondLook::Think,
                ..
            } => PromptingMode::Think.into(),
            Stage::Reason { .. } => Question::Reason,
            Stage::First | Stage::Second { .. } => plan.mode.into(),
        }
    }

    /// True where the pair is asked again in other company and, if the task allows, turned around.
    pub(crate) fn is_second(&self) -> bool {
        matches!(
            self.stage,
            Stage::Second {
                look: SecondLook::Swap,
                ..
            }
        )
    }

    /// The pair at the beginning of another stage.
    pub(crate) fn at(self, stage: Stage) -> Self {
        Self {
            stage,
            limit: MAX_BATCH,
            tries: 0,
            sent: 0,
            not_before: None,
            queued: Instant::now(),
            ..self
        }
    }
}
