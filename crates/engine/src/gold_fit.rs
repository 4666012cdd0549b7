//! Fits to labelled pairs alone: the proxy, and the tier before the embedding.

use midband_features::FeatureSet;
use midband_model::{
    Evidence, JudgeCovariates, JudgedGold, LexicalTier, MonotoneMap, PairKey, Priors, TaskKind,
    learn::{Fit, FitOptions, Label, Rows, fit},
};
use midband_router::{EmbedPlan, Pairs};

use crate::EngineError;

/// Labelled pairs as a fit sees them.
pub(crate) struct GoldRows<'a> {
    pub(crate) pairs: &'a Pairs,
    /// The truth of each.
    pub(crate) truth: &'a [bool],
    /// How often each counts.
    pub(crate) weights: &'a [f64],
    /// The features behind the columns.
    pub(crate) features: &'a FeatureSet,
    pub(crate) kind: TaskKind,
    pub(crate) seed: u64,
}

impl GoldRows<'_> {
    /// The proxy fitted to the labels, corrected by a monotone map where many labels show that it needs one.
    pub(crate) fn fit(&self) -> Result<Fit, EngineError> {
        let Self { pairs, truth, .. } = self;
        let shipped = Priors::shipped()?;
        let priors = shipped.for_task(self.kind, &pairs.columns);
        let rows = Rows::new(&pairs.columns, &pairs.values)?;
        let labels = self.labels();
        let options = FitOptions {
            seed: self.seed,
            ..FitOptions::default()
        };
        let mut fitted = fit(rows, &rows.scale(), &labels, &priors, &options)?;
        // In the order of the keys, which has to do with neither score nor truth.
        let mut order: Vec<usize> = (0..labels.len()).collect();
        order.sort_unstable_by_key(|&at| labels[at].key);
        let points: Vec<(f64, bool)> = order
            .iter()
            .map(|&at| (fitted.held_out[at], truth[at]))
            .collect();
        fitted.proxy.correction = MonotoneMap::if_better(&points);
        if let Some(map) = &fitted.proxy.correction {
            fitted
                .held_out
                .iter_mut()
                .for_each(|logit| *logit = map.apply(*logit));
        }
        Ok(fitted)
    }

    /// The tier before the embedding, with what it leaves to it and loses; `None` where held-out labels
    /// show that wording alone loses something.
    pub(crate) fn lexical(&self, full: &Fit) -> Option<(LexicalTier, EmbedPlan)> {
        let set = self.features.without_cosine();
        // Wording alone has a prior on records only: elsewhere it would settle nine pairs in ten by what few labels taught it.
        let is_known = self.kind == TaskKind::Records;
        if !is_known || set.is_empty() || !self.features.needs_cosine() {
            return None;
        }
        let (names, pairs) = (set.names(), self.pairs);
        let kept: Vec<usize> = (0..pairs.columns.len())
            .filter(|&at| names.contains(&pairs.columns[at].as_str()))
            .collect();
        let rows = pairs.values.chunks_exact(pairs.columns.len());
        let pairs = Pairs {
            keys: pairs.keys.clone(),
            values: rows
                .flat_map(|row| kept.iter().map(|&at| row[at]))
                .collect(),
            columns: names.iter().map(|name| (*name).to_owned()).collect(),
        };
        let wording = GoldRows {
            pairs: &pairs,
            ..*self
        };
        let wording = wording.fit().ok()?;
        let plan = EmbedPlan::from_fits(&self.labels(), &wording, full);
        let settled_from = plan.threshold(&wording.held_out);
        let tier = LexicalTier {
            proxy: wording.proxy,
            settled_from,
        };
        settled_from.is_finite().then_some((tier, plan))
    }

    fn labels(&self) -> Vec<Label> {
        let keys = self.pairs.keys.iter().enumerate();
        let label = |(row, &key): (usize, &PairKey)| Label {
            row,
            key,
            evidence: Evidence::gold(self.truth[row]).weighing(self.weights[row]),
        };
        keys.map(label).collect()
    }
}

/// What a judge said of labelled pairs beside what a fit that has not seen them says; `answers` are one a row, `None` where none came.
pub(crate) fn judged_gold(
    pairs: &Pairs,
    truth: &[bool],
    fit: &Fit,
    answers: &[Option<f64>],
) -> Vec<JudgedGold> {
    let judged = answers.iter().enumerate().filter_map(|(row, answer)| {
        let logit_p = fit.held_out[row];
        Some(JudgedGold {
            answer_score: (*answer)?,
            is_match: truth[row],
            logit_p,
            at: JudgeCovariates::of(&fit.proxy, pairs.row(row), logit_p),
        })
    });
    judged.collect()
}
