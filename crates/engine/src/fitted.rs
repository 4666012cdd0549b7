//! A calibration at work on a stream: nothing is learnt any more, so a pair's score depends on the pair alone
//! and memory on nothing but the chunk.

use std::sync::Arc;

use midband_core::{Cosine, EmbedError, Pair, Route};
use midband_features::FeatureRows;
use midband_lexicon::SharedLexicon;
use midband_model::{
    Calibration, DecisionRule, Explanation, JudgeCovariates, JudgeModel, LinearProxy, PairKey,
    numeric::sigmoid,
};
use midband_router::{GainOptions, is_worth_asking};

use crate::{
    neighbours::{Neighbours, columns},
    options::Learning,
    prefilter::{LexicalPrefilter, Prefiltered},
    static_tier::Embeddings,
};

/// What is known of a pair before any verdict.
#[derive(Clone, Debug)]
pub(crate) struct ProxyEstimate {
    /// Log odds of a match.
    pub(crate) logit: f64,
    /// What the judge's reliability may depend on.
    pub(crate) at: JudgeCovariates,
    /// Where the log odds came from, where that is wanted.
    pub(crate) explanation: Option<Explanation>,
    /// True if a fitted model, or the prior of the texts' kind, made the log odds.
    pub(crate) is_fitted: bool,
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
        lexicon: &SharedLexicon,
    ) -> Self {
        let rows = FeatureRows::new(
            calibration.features.clone(),
            calibration.frequencies.clone(),
        )
        .with_lexicon(lexicon);
        let columns = columns(&rows, neighbours);
        Self {
            rows,
            proxy: calibration.proxy.on(&columns),
            neighbours: neighbours.cloned(),
            prefilter: (thrift.embeds_unsure_only)
                .then(|| LexicalPrefilter::of_calibration(&calibration, neighbours, lexicon))
                .flatten(),
            thrift,
            calibration,
        }
    }

    /// The same for the pairs of lists.
    pub(crate) fn within(&self, neighbours: &Arc<Neighbours>) -> Self {
        let lexicon = self.rows.lexicon();
        Self::new(
            self.calibration.clone(),
            Some(neighbours),
            self.thrift,
            lexicon,
        )
    }

    /// Takes out the pairs that their wording settles; `None` where every pair is to be embedded.
    pub(crate) fn split(&self, pairs: &mut Vec<Pair>, explains: bool) -> Option<Prefiltered> {
        let prefilter = self.prefilter.as_ref()?;
        let all = std::mem::take(pairs);
        let (unsure, prefiltered) = prefilter.split(all, |_| false, explains);
        *pairs = unsure;
        Some(prefiltered)
    }

    /// Has the model say how pairs stand that static embeddings found.
    pub(crate) fn rescore(
        &self,
        embeddings: &Embeddings,
        pairs: &[Pair],
    ) -> Result<(), EmbedError> {
        let lists = self.neighbours.as_ref();
        lists.map_or(Ok(()), |lists| lists.rescore(embeddings, pairs))
    }

    /// What the proxy says of pairs with these cosines.
    pub(crate) fn estimates(
        &self,
        pairs: &[(&Pair, Cosine)],
        explains: bool,
    ) -> Vec<ProxyEstimate> {
        let texts: Vec<_> = pairs
            .iter()
            .map(|(pair, cosine)| {
                let cosine = f64::from(cosine.get());
                (pair.a.as_str(), pair.b.as_str(), Some(cosine))
            })
            .collect();
        let estimate = |row: &[f64]| {
            let logit = self.proxy.logit(row);
            ProxyEstimate {
                logit,
                at: JudgeCovariates::of(&self.proxy, row, logit),
                explanation: explains.then(|| self.proxy.explain(row)),
                is_fitted: true,
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
        if is_worth_asking(before - after, self.thrift.min_gain) {
            Route::Ask
        } else if sigmoid(estimate.logit) >= self.rule().cut {
            Route::Accept
        } else {
            Route::Reject
        }
    }

    pub(crate) fn calibration(&self) -> &Calibration {
        &self.calibration
    }

    pub(crate) fn lexicon(&self) -> &SharedLexicon {
        self.rows.lexicon()
    }

    pub(crate) fn judge(&self) -> &JudgeModel {
        &self.calibration.judge
    }

    pub(crate) fn rule(&self) -> &DecisionRule {
        &self.calibration.rule
    }
}
