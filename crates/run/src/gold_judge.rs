//! Labels in the place of a judge: what is certified against them holds of the truth.

use std::{collections::HashMap, sync::OnceLock, time::Duration};

use anyhow::{Result, bail};
use midband::{
    Answer, BoxFuture, Fingerprint, Judge, JudgeError, Pair, PairId, Unanswered, Verdict,
};

use crate::RunError;

/// What the outputs call it.
const NAME: &str = "gold labels";

/// Answers with a pair's label; a pair without one stays unanswered.
#[derive(Default)]
pub(crate) struct GoldJudge(OnceLock<HashMap<PairId, bool>>);

impl GoldJudge {
    /// Takes the labels of a run, once.
    pub(crate) fn take(&self, labels: HashMap<PairId, bool>) -> Result<()> {
        if labels.is_empty() {
            bail!(RunError::NoLabels);
        }
        let _ = self.0.set(labels);
        Ok(())
    }
}

impl Judge for GoldJudge {
    fn judge<'a>(&'a self, pairs: &'a [Pair]) -> BoxFuture<'a, Result<Vec<Verdict>, JudgeError>> {
        let label = |pair: &Pair| self.0.get()?.get(&pair.id).copied();
        let verdict = |pair: &Pair| match label(pair) {
            Some(is_match) => {
                let score = f64::from(u8::from(is_match));
                Answer::new(score, NAME).map_or_else(
                    |_| Verdict::unanswered(Unanswered::NoJudge, Duration::ZERO),
                    |answer| Verdict::answered(answer, Duration::ZERO),
                )
            }
            None => Verdict::unanswered(Unanswered::NoJudge, Duration::ZERO),
        };
        let verdicts = pairs.iter().map(verdict).collect();
        Box::pin(std::future::ready(Ok(verdicts)))
    }

    fn name(&self) -> String {
        NAME.to_owned()
    }

    fn fingerprint(&self) -> Fingerprint {
        Fingerprint::new(NAME)
    }
}
