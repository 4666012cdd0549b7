//! What each mode is: whether it routes, and how the judge is asked.

use anyhow::{Result, anyhow};
use midband::judge::{BatchSize, JudgeSettings, PromptingMode};

use crate::args::ModeArg;

/// Who sends the questions.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Asker {
    /// The bench itself, every pair.
    Everything(Load),
    /// The engine, where asking pays.
    Router,
}

/// How the bench itself asks.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Load {
    /// Pairs in a request.
    pub(crate) a_request: usize,
    /// Requests at once.
    pub(crate) at_once: usize,
}

/// A mode in full.
#[derive(Clone, Copy, Debug)]
pub(crate) struct BenchMode {
    pub(crate) mode: ModeArg,
    pub(crate) asker: Asker,
    /// `None` leaves it to the judge.
    prompting: Option<PromptingMode>,
    batch: Option<BatchSize>,
}

impl BenchMode {
    /// Every mode, in the order in which they are compared.
    pub(crate) fn all(a_request: usize, at_once: usize) -> Result<Vec<Self>> {
        let batch: BatchSize = a_request
            .to_string()
            .parse()
            .map_err(|why: String| anyhow!("--batch-size: {why}"))?;
        let everything = |mode, prompting, batch, a_request, at_once| Self {
            mode,
            asker: Asker::Everything(Load { a_request, at_once }),
            prompting: Some(prompting),
            batch,
        };
        let routed = |mode, prompting| Self {
            mode,
            asker: Asker::Router,
            prompting,
            batch: None,
        };
        let think = PromptingMode::Think;
        let standard = PromptingMode::Standard;
        Ok(vec![
            everything(ModeArg::Standard, standard, None, 1, 1),
            everything(ModeArg::Batched, think, Some(batch), a_request, 1),
            everything(ModeArg::Parallel, standard, None, 1, at_once),
            routed(ModeArg::Hybrid, None),
            routed(ModeArg::Think, Some(think)),
            routed(ModeArg::YesNo, Some(PromptingMode::YesNo)),
            routed(ModeArg::Keyed, Some(PromptingMode::Keyed)),
            routed(ModeArg::Array, Some(PromptingMode::Array)),
            routed(ModeArg::Digits, Some(PromptingMode::Digits)),
        ])
    }

    /// True where the engine decides which pairs are asked.
    pub(crate) fn routes(&self) -> bool {
        matches!(self.asker, Asker::Router)
    }

    /// True where the model may write a thought for every request; where the mode is left to the judge, too: a thinking
    /// model that was not measured is asked with thoughts.
    pub(crate) fn may_think(&self) -> bool {
        self.prompting.is_none_or(PromptingMode::thinks)
    }

    /// The judge's settings for this mode, on what the user said of the server.
    pub(crate) fn settings(&self, reached: &JudgeSettings) -> JudgeSettings {
        JudgeSettings {
            mode: self.prompting,
            batch_size: self.batch,
            max_in_flight: match self.asker {
                Asker::Everything(load) => load.at_once,
                Asker::Router => reached.max_in_flight,
            },
            ..reached.clone()
        }
    }
}
