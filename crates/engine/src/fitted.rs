//! A calibration at work on a stream: nothing is learnt any more, so a pair's score depends on the pair alone
//! and memory on nothing but the chunk.

use std::sync::Arc;

use midband_core::{Pair, Route};
use midband_features::FeatureRows;
use midband_model::{
    Calibration, DecisionRule, Explanation, JudgeCovariates, LinearProxy, PairKey, numeric::sigmoid,
};
use midband_router::GainOptions;

use crate::{
    learning::Learning,
    neighbours::{Neighbours, columns},
    prefilter::{LexicalPrefilter, Prefiltered},
};

/// What a calibration says of a pair before any verdict.
#[derive(Clone, Debug)]
pub(crate) struct ProxyEstimate {
    /// Log odds of a match.
    pub(crate) logit: f64,
    at: JudgeCovariates,
    /// Where they came from, where that is wanted.
    pub(crate) explanation: Option<Explanation>,
}

/// What a stream is sparing with.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Thrift {
    /// Embeds only the pairs that their wording leaves unsure.
    embeds_unsure_only: bool,
    /// What a question must be worth.
    min_gain: f64,
}

impl Default for Thrift {
    /// Every pair embedded, the usual price.
    fn default() -> Self {
        Self {
            embeds_unsure_only: false,
            min_gain: GainOptions::default().min_gain,
        }
    }
}

impl From<&Learning> for Thrift {
    fn from(learning: &Learning) -> Self {
        Self {
            embeds_unsure_only: learning.embed_unsure_only,
            min_gain: learning.policy.min_gain(),
        }
    }
}

/// A proxy, a judge model and a rule that stay as they are.
pub(crate) struct FittedModel {
    rows: FeatureRows,
    proxy: LinearProxy,
    calibration: Arc<Calibration>,
    thrift: Thrift,
    neighbours: Option<Arc<Neighbours>>,
    /// Where pairs that their wording settles are not embedded.
    prefilter: Option<LexicalPrefilter>,
}

impl FittedModel {
    /// For loose pairs, or for those of lists: what the proxy does not find there it leaves aside.
    pub(crate) fn new(
        calibration: Arc<Calibration>,
        neighbours: Option<&Arc<Neighbours>>,
        thrift: Thrift,
    ) -> Self {
        let rows = FeatureRows::new(
            calibration.features.clone(),
            calibration.frequencies.clone(),
        );
        let columns = columns(&rows, neighbours);
        Self {
            rows,
            proxy: calibration.proxy.on(&columns),
            neighbours: neighbours.cloned(),
            prefilter: (thrift.embeds_unsure_only)
                .then(|| LexicalPrefilter::of_calibration(&calibration, neighbours))
                .flatten(),
            thrift,
            calibration,
        }
    }

    /// The same for the pairs of lists.
    pub(crate) fn within(&self, neighbours: &Arc<Neighbours>) -> Self {
        Self::new(self.calibration.clone(), Some(neighbours), self.thrift)
    }

    /// Takes out the pairs that their wording settles; `None` where every pair is to be embedded.
    pub(crate) fn split(&self, pairs: &mut Vec<Pair>, explains: bool) -> Option<Prefiltered> {
        let prefilter = self.prefilter.as_ref()?;
        let all = std::mem::take(pairs);
        let (unsure, prefiltered) = prefilter.split(all, |_| false, (self.rule(), explains));
        *pairs = unsure;
        Some(prefiltered)
    }

    /// What the proxy says of pairs with these cosines. CPU work: a few microseconds for each hundred bytes
    /// of text.
    pub(crate) fn know(&self, pairs: &[(&Pair, f64)], explains: bool) -> Vec<ProxyEstimate> {
        let texts: Vec<_> = pairs
            .iter()
            .map(|(pair, cosine)| (pair.a.as_str(), pair.b.as_str(), Some(*cosine)))
            .collect();
        let estimate = |row: &[f64]| {
            let logit = self.proxy.logit(row);
            ProxyEstimate {
                logit,
                at: JudgeCovariates::of(&self.proxy, row, logit),
                explanation: explains.then(|| self.proxy.explain(row)),
            }
        };
        let mut table = self.rows.table(&texts);
        if let Some(neighbours) = &self.neighbours {
            let keys: Vec<PairKey> = pairs
                .iter()
                .map(|(pair, _)| PairKey::from(&pair.id))
                .collect();
            table = neighbours.beside(&table, self.rows.set().len(), &keys);
        }
        table
            .chunks_exact(self.proxy.columns.len().max(1))
            .map(estimate)
            .collect()
    }

    /// Asks where a verdict is worth its price.
    pub(crate) fn route(&self, estimate: &ProxyEstimate) -> Route {
        let (before, after) =
            self.calibration
                .judge
                .expected_loss(estimate.logit, &estimate.at, self.rule().cut);
        if before - after >= self.thrift.min_gain {
            Route::Ask
        } else if sigmoid(estimate.logit) >= self.rule().cut {
            Route::Accept
        } else {
            Route::Reject
        }
    }

    /// Probability of a match after a verdict.
    pub(crate) fn merged(&self, estimate: &ProxyEstimate, answer_score: f64) -> f64 {
        sigmoid(
            self.calibration
                .judge
                .merged_logit(estimate.logit, answer_score, &estimate.at),
        )
    }

    /// The parts after a verdict, where the parts before it are known.
    pub(crate) fn explained(
        &self,
        estimate: &ProxyEstimate,
        answer_score: f64,
    ) -> Option<Explanation> {
        let before = estimate.explanation.clone()?;
        Some(before.with_answer(answer_score, &self.calibration.judge, &estimate.at))
    }

    pub(crate) fn rule(&self) -> &DecisionRule {
        &self.calibration.rule
    }
}
