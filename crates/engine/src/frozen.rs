//! A calibration at work on a stream: nothing is learnt any more, so a pair's score depends on the pair alone
//! and memory on nothing but the chunk.

use std::sync::Arc;

use midband_combiner::{
    Calibration, Circumstance, DecisionRule, Explanation, LinearProxy, PairKey, numeric::sigmoid,
};
use midband_core::{Pair, Route};
use midband_features::FeatureRows;
use midband_router::GainOptions;

use crate::{
    learning::Learning,
    lexical::{Sieve, Sifted},
    neighbours::{Neighbours, columns},
};

/// What a calibration says of a pair before any verdict.
#[derive(Clone, Debug)]
pub(crate) struct Known {
    /// Log odds of a match.
    pub(crate) logit: f64,
    at: Circumstance,
    /// Where they came from, where that is wanted.
    pub(crate) explanation: Option<Explanation>,
}

/// What a stream is sparing with.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Thrift {
    /// Embeds only the pairs that their wording leaves unsure.
    embeds_unsure_only: bool,
    /// What a question must be worth.
    price: f64,
}

impl Default for Thrift {
    /// Every pair embedded, the usual price.
    fn default() -> Self {
        Self {
            embeds_unsure_only: false,
            price: GainOptions::default().price,
        }
    }
}

impl From<&Learning> for Thrift {
    fn from(learning: &Learning) -> Self {
        Self {
            embeds_unsure_only: learning.embed_unsure_only,
            price: learning.policy.price(),
        }
    }
}

/// A proxy, a judge model and a rule that stay as they are.
pub(crate) struct Frozen {
    rows: FeatureRows,
    proxy: LinearProxy,
    calibration: Arc<Calibration>,
    thrift: Thrift,
    neighbours: Option<Arc<Neighbours>>,
    /// Where pairs that their wording settles are not embedded.
    sieve: Option<Sieve>,
}

impl Frozen {
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
            sieve: (thrift.embeds_unsure_only)
                .then(|| Sieve::of_calibration(&calibration, neighbours))
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
    pub(crate) fn sift(&self, pairs: &mut Vec<Pair>, explains: bool) -> Option<Sifted> {
        let sieve = self.sieve.as_ref()?;
        let all = std::mem::take(pairs);
        let (unsure, sifted) = sieve.sift(all, |_| false, (self.rule(), explains));
        *pairs = unsure;
        Some(sifted)
    }

    /// What the proxy says of pairs with these cosines. CPU work: a few microseconds for each hundred bytes
    /// of text.
    pub(crate) fn know(&self, pairs: &[(&Pair, f64)], explains: bool) -> Vec<Known> {
        let texts: Vec<_> = pairs
            .iter()
            .map(|(pair, cosine)| (pair.a.as_str(), pair.b.as_str(), Some(*cosine)))
            .collect();
        let known = |row: &[f64]| {
            let logit = self.proxy.logit(row);
            Known {
                logit,
                at: Circumstance::of(&self.proxy, row, logit),
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
            .map(known)
            .collect()
    }

    /// Asks where a verdict is worth its price.
    pub(crate) fn route(&self, known: &Known) -> Route {
        let (before, after) =
            self.calibration
                .judge
                .expected_loss(known.logit, &known.at, self.rule().cut);
        if before - after >= self.thrift.price {
            Route::Ask
        } else if sigmoid(known.logit) >= self.rule().cut {
            Route::Accept
        } else {
            Route::Reject
        }
    }

    /// Probability of a match after a verdict.
    pub(crate) fn merged(&self, known: &Known, answer_score: f64) -> f64 {
        sigmoid(
            self.calibration
                .judge
                .merged_logit(known.logit, answer_score, &known.at),
        )
    }

    /// The parts after a verdict, where the parts before it are known.
    pub(crate) fn explained(&self, known: &Known, answer_score: f64) -> Option<Explanation> {
        let before = known.explanation.clone()?;
        Some(before.with_answer(answer_score, &self.calibration.judge, &known.at))
    }

    pub(crate) fn rule(&self) -> &DecisionRule {
        &self.calibration.rule
    }
}
