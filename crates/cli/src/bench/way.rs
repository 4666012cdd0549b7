//! What each mode is: whether it routes, and how the judge is asked.

use anyhow::{Result, anyhow};
use midband::judge::{BatchSize, Format, JudgeSettings, Mode};

use crate::args::ModeArg;

/// Who sends the questions.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Asker {
    /// The bench itself, every pair: so many a request, so many requests at once.
    Everything { a_request: usize, at_once: usize },
    /// The engine, where asking pays.
    Router,
}

/// A mode in full.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Way {
    pub(crate) mode: ModeArg,
    pub(crate) asker: Asker,
    ask: (Mode, Format),
    batch: Option<BatchSize>,
}

impl Way {
    /// Every mode, in the order in which they are compared.
    pub(crate) fn all(a_request: usize, at_once: usize) -> Result<Vec<Self>> {
        let batch: BatchSize = a_request
            .to_string()
            .parse()
            .map_err(|why: String| anyhow!("--batch-size: {why}"))?;
        let everything = |mode, ask, batch, a_request, at_once| Self {
            mode,
            asker: Asker::Everything { a_request, at_once },
            ask: (ask, Format::default()),
            batch,
        };
        let routed = |mode, ask, format| Self {
            mode,
            asker: Asker::Router,
            ask: (ask, format),
            batch: None,
        };
        Ok(vec![
            everything(ModeArg::Standard, Mode::Standard, None, 1, 1),
            everything(ModeArg::Batched, Mode::Think, Some(batch), a_request, 1),
            everything(ModeArg::Parallel, Mode::Standard, None, 1, at_once),
            routed(ModeArg::Hybrid, Mode::Auto, Format::default()),
            routed(ModeArg::Think, Mode::Think, Format::default()),
            routed(ModeArg::Glance, Mode::Glance, Format::default()),
            routed(ModeArg::Constrained, Mode::Constrained, Format::Keyed),
            routed(ModeArg::Digits, Mode::Constrained, Format::Digits),
        ])
    }

    /// True where the engine decides which pairs are asked.
    pub(crate) fn routes(&self) -> bool {
        matches!(self.asker, Asker::Router)
    }

    /// True where the model may write a thought for every request.
    pub(crate) fn thinks(&self) -> bool {
        matches!(self.ask.0, Mode::Standard | Mode::Think)
    }

    /// The judge's settings for this mode, on what the user said of the server.
    pub(crate) fn settings(&self, reached: &JudgeSettings) -> JudgeSettings {
        let (mode, format) = self.ask;
        JudgeSettings {
            mode,
            format,
            batch_size: self.batch,
            max_in_flight: match self.asker {
                Asker::Everything { at_once, .. } => at_once,
                Asker::Router => reached.max_in_flight,
            },
            ..reached.clone()
        }
    }
}
