//! Pairs whose answers are known, asked of a server directly: one request after the other, past the queue.

use std::{
    sync::Arc,
    time::{Duration, Instant},
};

use midband_core::Pair;
use midband_llm::{Reply, Transport};

use crate::{answer::read, mode::PromptingMode, plan::Plan};

/// A server, how its first model is asked, and what it is asked about.
pub(crate) struct Bench<'a> {
    transport: &'a Arc<dyn Transport>,
    plan: Plan,
    pairs: Vec<Pair>,
    truths: Vec<bool>,
}

/// One answered request.
pub(crate) struct Timed {
    pub(crate) reply: Reply,
    pub(crate) seconds: f64,
    /// In the order of the pairs; `None` where no score could be read.
    pub(crate) scores: Vec<Option<f64>>,
    /// True where the answer held a thought.
    pub(crate) thought: bool,
}

impl<'a> Bench<'a> {
    /// The known pairs of the plan's task, for the first model of its chain.
    pub(crate) fn new(transport: &'a Arc<dyn Transport>, plan: Plan) -> Self {
        let known = plan.task.known_pairs();
        Self {
            transport,
            pairs: known
                .iter()
                .enumerate()
                .map(|(at, known)| Pair::new(at.to_string(), known.a.as_str(), known.b.as_str()))
                .collect(),
            truths: known.iter().map(|known| known.is_match).collect(),
            plan,
        }
    }

    /// Whether each pair is a match.
    pub(crate) fn truths(&self) -> &[bool] {
        &self.truths
    }

    /// One request about `count` pairs from `first` on, beginning anew after the last, with at most `limit` to wait.
    ///
    /// # Errors
    /// It failed; in words.
    pub(crate) async fn ask(
        &self,
        mode: PromptingMode,
        first: usize,
        count: usize,
        limit: Duration,
    ) -> Result<Timed, String> {
        let pairs: Vec<(&Pair, bool)> = self
            .pairs
            .iter()
            .cycle()
            .skip(first)
            .take(count)
            .map(|pair| (pair, false))
            .collect();
        let (mut ask, asked) = self.plan.ask(0, mode, &pairs).ok_or("no model")?;
        ask.timeout = limit;
        let begin = Instant::now();
        let reply = self
            .transport
            .ask(&ask)
            .await
            .map_err(|failure| failure.to_string())?;
        let seconds = begin.elapsed().as_secs_f64();
        let reading = read(&asked, &reply);
        Ok(Timed {
            seconds,
            scores: reading
                .slots
                .iter()
                .map(|slot| slot.as_ref().ok().copied())
                .collect(),
            thought: reading.thought_bytes > 0,
            reply,
        })
    }
}
