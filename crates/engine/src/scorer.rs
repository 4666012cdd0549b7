//! What scores a pair by itself: a fixed band over the cosine's map, a fitted model, or the prior of the texts' kind.

use std::sync::Arc;

use midband_core::{Cosine, Decision, Pair, ProxyScore, Route};
use midband_model::{CosineMap, DecisionRule, JudgeCovariates, JudgeModel, numeric::sigmoid};
use midband_router::BandPolicy;

use crate::{
    assembly::Merged,
    fitted::{FittedModel, ProxyEstimate},
    fixed_fit::of_records,
};

/// The fixed band: two thresholds, the default map from the cosine, an assumed judge.
#[derive(Clone, Copy, Debug)]
pub(crate) struct BandScorer {
    pub(crate) policy: BandPolicy,
    pub(crate) map: CosineMap,
    pub(crate) judge: JudgeModel,
    pub(crate) rule: DecisionRule,
    /// True where nobody asked for this band and nobody will be asked: nothing vouches for what it settles.
    pub(crate) unvouched: bool,
}

impl BandScorer {
    fn estimate(&self, cosine: Cosine, explains: bool) -> ProxyEstimate {
        let cosine = f64::from(cosine.get());
        ProxyEstimate {
            logit: self.map.logit(cosine),
            at: JudgeCovariates::AVERAGE,
            explanation: explains.then(|| self.map.explain(cosine)),
            is_fitted: false,
        }
    }

    /// Where a pair of this cosine goes; `None` for a pair without one.
    pub(crate) fn route(&self, cosine: Option<Cosine>) -> Option<Route> {
        let cosine = cosine?;
        let proxy = ProxyScore::new(self.map.probability(f64::from(cosine.get()))).ok();
        Some(self.policy.route(Some(cosine), proxy))
    }
}

/// Scores pairs one by one: a pair's score depends on the pair alone.
#[derive(Clone)]
pub(crate) enum Scorer {
    Band(BandScorer),
    Fitted(Arc<FittedModel>),
    /// Records by their prior, other texts by the band.
    ByKind(BandScorer, Arc<FittedModel>),
}

impl Scorer {
    /// One estimate a pair, in order. CPU work: a few microseconds for each hundred bytes of text.
    pub(crate) fn estimates(
        &self,
        pairs: &[(&Pair, Cosine)],
        explains: bool,
    ) -> Vec<ProxyEstimate> {
        match self {
            Self::Fitted(model) => model.estimates(pairs, explains),
            Self::Band(band) => {
                let cosines = pairs.iter().map(|(_, cosine)| *cosine);
                cosines.map(|at| band.estimate(at, explains)).collect()
            }
            Self::ByKind(band, records) => of_records(records, pairs, explains)
                .into_iter()
                .zip(pairs)
                .map(|(known, (_, cosine))| {
                    known.unwrap_or_else(|| band.estimate(*cosine, explains))
                })
                .collect(),
        }
    }

    /// What labels taught; a band knows nothing of that.
    pub(crate) fn fitted(&self) -> Option<&FittedModel> {
        match self {
            Self::Fitted(model) => Some(model),
            Self::Band(_) | Self::ByKind(..) => None,
        }
    }

    /// Where a pair goes, and what is decided unless a verdict comes. What a band settles goes where it was routed: its
    /// thresholds are the user's word on what is clear.
    pub(crate) fn route(&self, cosine: Cosine, estimate: &ProxyEstimate) -> (Route, Decision) {
        let proxy = sigmoid(estimate.logit);
        match self {
            Self::Fitted(model) => (model.route(estimate), model.rule().decide(proxy)),
            Self::ByKind(_, model) if estimate.is_fitted => {
                (model.route(estimate), model.rule().decide(proxy))
            }
            Self::Band(band) | Self::ByKind(band, _) => {
                let route = band.route(Some(cosine)).unwrap_or(Route::Ask);
                let decision = match route {
                    _ if band.unvouched => Decision::Review,
                    Route::Accept => Decision::Match,
                    _ => Decision::NoMatch,
                };
                (route, decision)
            }
        }
    }

    /// Where a score turns into a decision; of pairs by kind, that of the band.
    pub(crate) fn rule(&self) -> &DecisionRule {
        match self {
            Self::Fitted(model) => model.rule(),
            Self::Band(band) | Self::ByKind(band, _) => &band.rule,
        }
    }

    /// What an answer makes of a pair.
    pub(crate) fn merged(&self, estimate: &ProxyEstimate, answer: f64) -> Merged {
        let (judge, rule) = match self {
            Self::Fitted(model) => (model.judge(), model.rule()),
            Self::ByKind(_, model) if estimate.is_fitted => (model.judge(), model.rule()),
            Self::Band(band) | Self::ByKind(band, _) => (&band.judge, &band.rule),
        };
        let score = sigmoid(judge.merged_logit(estimate.logit, answer, &estimate.at));
        let explained = estimate.explanation.clone();
        Merged {
            score,
            decision: rule.decide(score),
            parts: explained.map(|before| before.with_answer(answer, judge, &estimate.at).parts),
        }
    }
}
