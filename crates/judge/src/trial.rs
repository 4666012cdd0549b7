//! The first questions to a model of which nothing was measured: known pairs of its task, in two modes, until one is shown to tell
//! matches from other pairs; then in the next two.
//!
//! What decides is the answers alone, never the clock: the same server settles on the same mode. Modes that write a thought are
//! left to `doctor`: they may take minutes.

use std::collections::BTreeMap;

use midband_llm::Capabilities;

use crate::{
    auto_mode::{Picked, pick_tried, possible},
    bench::Bench,
    measurements::MeasuredCosts,
    mode::PromptingMode,
    mode_information::{FEWEST, Knowledge},
    retry::RetryPolicy,
};

/// Known pairs between two looks at what the answers say.
const ROUND: usize = 8;

/// What a trial came to.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Tried {
    /// The mode to take, and why.
    pub(crate) picked: Picked,
    /// Seconds and knowledge by mode.
    pub(crate) measured: MeasuredCosts,
    /// Requests that it took.
    pub(crate) requests: usize,
    /// Their duration, seconds.
    pub(crate) seconds: f64,
}

impl Tried {
    /// True where some mode told the known pairs apart beyond chance.
    pub(crate) fn has_signal(&self) -> bool {
        let mut known = self.measured.knowledge.values();
        known.any(|known| known.has_signal() == Some(true))
    }
}

/// Hears of the mode that is tried, pairs that were asked, and pairs in all.
pub(crate) type Progress<'a> = dyn Fn(PromptingMode, usize, usize) + Send + Sync + 'a;

/// One mode under trial.
struct Look {
    mode: PromptingMode,
    scores: Vec<Option<f64>>,
    requests: usize,
    seconds: f64,
}

impl Look {
    fn new(mode: PromptingMode) -> Self {
        Self {
            mode,
            scores: Vec::new(),
            requests: 0,
            seconds: 0.0,
        }
    }

    /// What is known of `truths`, the first of which were asked.
    fn known(&self, truths: &[bool]) -> Knowledge {
        Knowledge::of_slots(&self.scores, truths)
    }

    /// True where a whole round brought no score: it is not asked on.
    fn is_mute(&self) -> bool {
        self.scores.len() >= ROUND && self.scores.iter().all(Option::is_none)
    }

    /// Asks about the next pairs.
    async fn round(&mut self, bench: &Bench<'_>, retry: &RetryPolicy) -> Result<(), String> {
        let all = bench.truths().len();
        let end = (self.scores.len() + ROUND).min(all);
        while self.scores.len() < end {
            let first = self.scores.len();
            let count = self.mode.default_batch().min(end - first);
            let mut timed = bench.ask(self.mode, first, count, retry.most_timeout).await;
            if timed.is_err() {
                // A busy machine may have been late once.
                timed = bench
                    .ask(self.mode, first, count, 2 * retry.most_timeout)
                    .await;
            }
            let timed = timed?;
            self.requests += 1;
            self.seconds += timed.seconds;
            self.scores.extend(timed.scores.into_iter().take(count));
            self.scores.resize(first + count, None);
        }
        Ok(())
    }
}

/// The mode that knows something of the task; `None` where there is no choice, or where a request fails: requests that follow
/// meet that failure again, with its reason.
pub(crate) async fn run(
    bench: &Bench<'_>,
    can: Capabilities,
    retry: &RetryPolicy,
    progress: &Progress<'_>,
) -> Option<Tried> {
    let without_thought = possible(can).into_iter().filter(|mode| !mode.thinks());
    let modes: Vec<PromptingMode> = without_thought.collect();
    let truths = bench.truths();
    if modes.len() < 2 || truths.len() < FEWEST {
        return None;
    }
    let mut looks: Vec<Look> = Vec::new();
    for two in modes.chunks(2) {
        let from = looks.len();
        looks.extend(two.iter().copied().map(Look::new));
        loop {
            for look in looks[from..].iter_mut().filter(|look| !look.is_mute()) {
                progress(look.mode, look.scores.len(), truths.len());
                look.round(bench, retry).await.ok()?;
            }
            let here = &looks[from..];
            let asked = here.iter().map(|look| look.scores.len()).max().unwrap_or(0);
            let found = here
                .iter()
                .any(|look| look.known(truths).has_signal() == Some(true));
            let over = asked >= truths.len() || here.iter().all(Look::is_mute);
            if over || (asked >= FEWEST && found) {
                break;
            }
        }
        if looks
            .iter()
            .any(|look| look.known(truths).has_signal() == Some(true))
        {
            break;
        }
    }
    Some(settled(&looks, truths))
}

fn settled(looks: &[Look], truths: &[bool]) -> Tried {
    let known: Vec<(PromptingMode, Knowledge)> = looks
        .iter()
        .map(|look| (look.mode, look.known(truths)))
        .collect();
    let picked = pick_tried(&known);
    Tried {
        measured: MeasuredCosts {
            tried: true,
            seconds_a_pair: looks
                .iter()
                .filter(|look| !look.is_mute())
                .map(|look| (look.mode, look.seconds / look.scores.len().max(1) as f64))
                .collect(),
            knowledge: known.into_iter().collect::<BTreeMap<_, _>>(),
            ..MeasuredCosts::default()
        },
        picked,
        requests: looks.iter().map(|look| look.requests).sum(),
        seconds: looks.iter().map(|look| look.seconds).sum(),
    }
}
