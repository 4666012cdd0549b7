//! A calibration at work on a stream: nothing is learnt any more, so a pair's score depends on the pair alone
//! and memory on nothing but the chunk.

use std::sync::Arc;

use midband_combiner::{
    Calibration, Circumstance, DecisionRule, Explanation, JudgeModel, LinearProxy, PairKey,
    numeric::sigmoid,
};
use midband_core::{Pair, Route};
use midband_features::FeatureRows;
use midband_router::GainOptions;

use crate::neighbours::Neighbours;

/// What a calibration says of a pair before any verdict.
#[derive(Clone, Debug)]
pub(crate) struct Known {
    /// Log odds of a match.
    pub(crate) logit: f64,
    at: Circumstance,
    /// Where they came from, where that is wanted.
    pub(crate) explanation: Option<Explanation>,
}

/// A proxy, a judge model and a rule that stay as they are.
pub(crate) struct Frozen {
    rows: FeatureRows,
    /// As the calibration has it, and on the columns that pairs have here.
    learnt: LinearProxy,
    proxy: LinearProxy,
    judge: JudgeModel,
    rule: DecisionRule,
    price: f64,
    neighbours: Option<Arc<Neighbours>>,
}

impl Frozen {
    pub(crate) fn new(calibration: &Calibration) -> Self {
        let frozen = Self {
            rows: FeatureRows::new(
                calibration.features.clone(),
                calibration.frequencies.clone(),
            ),
            learnt: calibration.proxy.clone(),
            proxy: calibration.proxy.clone(),
            judge: calibration.judge,
            rule: calibration.rule,
            price: GainOptions::default().price,
            neighbours: None,
        };
        frozen.within(None)
    }

    /// The same for pairs of lists, or for loose pairs: what the proxy does not find there it leaves aside.
    pub(crate) fn within(&self, neighbours: Option<&Arc<Neighbours>>) -> Self {
        let mut columns: Vec<String> = self
            .rows
            .set()
            .names()
            .into_iter()
            .map(str::to_owned)
            .collect();
        columns.extend(
            neighbours
                .into_iter()
                .flat_map(|lists| lists.columns())
                .cloned(),
        );
        Self {
            rows: self.rows.clone(),
            learnt: self.learnt.clone(),
            proxy: self.learnt.on(&columns),
            neighbours: neighbours.cloned(),
            ..*self
        }
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
        let (before, after) = self
            .judge
            .expected_loss(known.logit, &known.at, self.rule.cut);
        if before - after >= self.price {
            Route::Ask
        } else if sigmoid(known.logit) >= self.rule.cut {
            Route::Accept
        } else {
            Route::Reject
        }
    }

    /// Probability of a match after a verdict.
    pub(crate) fn merged(&self, known: &Known, answer_score: f64) -> f64 {
        sigmoid(
            self.judge
                .merged_logit(known.logit, answer_score, &known.at),
        )
    }

    /// The parts after a verdict, where the parts before it are known.
    pub(crate) fn explained(&self, known: &Known, answer_score: f64) -> Option<Explanation> {
        let before = known.explanation.clone()?;
        Some(before.with_answer(answer_score, &self.judge, &known.at))
    }

    pub(crate) fn rule(&self) -> &DecisionRule {
        &self.rule
    }
}
