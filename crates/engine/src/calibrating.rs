//! Gold labels → a calibration: the proxy, the judge's reliability, the rule of decision.

use std::{collections::HashMap, sync::Arc};

use midband_core::{Answer, Pair, PairId};
use midband_model::{
    CALIBRATION_VERSION, Calibration, Evidence, JudgeCovariates, JudgedGold, LexicalTier,
    MonotoneMap, PairKey, Priors, TaskKind,
    learn::{Fit, FitOptions, Label, Rows, fit},
    numeric::sigmoid,
};
use midband_router::{EmbedPlan, Pairs, Policy};
use tokio::task;

use crate::{
    Engine, EngineError, Learning, Summary,
    engine::Parts,
    featured::{Featured, compare_all, feature_rows},
    progress::Tally,
};

/// A labelled pair.
#[derive(Clone, Debug)]
pub struct LabelledPair {
    /// The pair.
    pub pair: Pair,
    /// The truth.
    pub is_match: bool,
}

/// What calibrating came to. All figures are from fits that have not seen the pair.
#[derive(Clone, Debug)]
#[non_exhaustive]
pub struct Calibrated {
    /// The calibration, to be kept.
    pub calibration: Calibration,
    /// Probability of a match by the proxy, and the truth, of each labelled pair.
    pub proxy: Vec<(f64, bool)>,
    /// Probability by the cosine's default map, and the truth.
    pub cosine: Vec<(f64, bool)>,
    /// The judge's answers, and the truth, where it was asked and answered.
    pub judged: Vec<(f64, bool)>,
    /// Labelled pairs that could not be compared.
    pub rejected: usize,
    /// What `embed_unsure_only` embeds of such pairs, and what that loses; `None` where it embeds all.
    pub embed_plan: Option<EmbedPlan>,
    /// Time and counts.
    pub summary: Summary,
}

impl Engine {
    /// Learns from labelled pairs. With an engine that has a judge, the judge is asked about them too, so
    /// that its reliability is measured.
    ///
    /// # Errors
    /// The embedder failed as a whole, or there are too few labels to cross-validate.
    pub async fn calibrate(&self, gold: Vec<LabelledPair>) -> Result<Calibrated, EngineError> {
        let Parts {
            cascade,
            seed,
            chunk,
            task,
            ..
        } = self.parts();
        let learning = match &self.parts().learning {
            Some(learning) => learning.clone(),
            None => Arc::new(Learning::new(Policy::Gain(Default::default()))),
        };
        let truth: HashMap<PairId, bool> = gold
            .iter()
            .map(|gold| (gold.pair.id.clone(), gold.is_match))
            .collect();
        let tally = Tally::new(self.parts().on_progress.clone());
        let mut summary = Summary::default();
        let pairs = gold.into_iter().map(|gold| gold.pair).collect();
        let compared = compare_all(cascade, pairs, *chunk, &tally, None, &mut summary).await?;
        let (settings, seed) = (learning.clone(), *seed);
        let (featured, labels, fitted, lexical) = task::spawn_blocking(move || {
            let featured = feature_rows(compared, &settings, None, None);
            let labels: Vec<bool> = featured
                .places
                .iter()
                .map(|&at| truth[&featured.pairs[at].id])
                .collect();
            let fitted = fit_gold(&featured.rows, featured.corpus.kind, &labels, seed);
            let lexical = fitted
                .as_ref()
                .ok()
                .and_then(|full| lexical(&featured, &settings, &labels, full, seed));
            (featured, labels, fitted, lexical)
        })
        .await
        .map_err(|death| EngineError::Stage(death.to_string()))?;
        let fitted = fitted?;

        let (answers, failed) = match cascade.judge {
            Some(_) => {
                cascade
                    .ask(&featured.pairs, &featured.places, &tally, None)
                    .await
            }
            None => (Vec::new(), None),
        };
        summary.judge_failed = failed;
        let answers: Vec<Option<f64>> = answers
            .iter()
            .map(|verdict| verdict.outcome.as_ref().ok().map(Answer::score))
            .collect();
        let width = featured.rows.columns.len();
        let judged_gold: Vec<JudgedGold> = answers
            .iter()
            .enumerate()
            .filter_map(|(row, answer)| {
                let logit_p = fitted.held_out[row];
                let values = &featured.rows.values[row * width..(row + 1) * width];
                Some(JudgedGold {
                    answer_score: (*answer)?,
                    is_match: labels[row],
                    logit_p,
                    at: JudgeCovariates::of(&fitted.proxy, values, logit_p),
                })
            })
            .collect();
        let judge = cascade.band.judge.fitted(&judged_gold);
        let held: Vec<f64> = fitted.held_out.iter().copied().map(sigmoid).collect();
        let goal = learning.goal(featured.corpus.kind);
        let rule = goal.rule(held.iter().copied())?;
        let map = &cascade.band.map;
        let calibration = Calibration {
            version: CALIBRATION_VERSION,
            task: task.to_string(),
            kind: featured.corpus.kind,
            embedding_model: cascade.embeddings.embedder().model().clone(),
            judge_fingerprint: cascade
                .judge
                .as_ref()
                .filter(|_| !judged_gold.is_empty())
                .map(|judge| judge.fingerprint()),
            features: learning.features.clone(),
            frequencies: featured.corpus.frequencies.clone(),
            lexicon: learning.own_lexicon(),
            proxy: fitted.proxy,
            lexical: lexical.as_ref().map(|(tier, _)| tier.clone()),
            judge,
            goal,
            rule,
            labels: labels.len(),
            taught: taught(&featured),
            log_likelihood: Some(fitted.log_likelihood),
            made: String::new(),
        };
        Ok(Calibrated {
            proxy: held.into_iter().zip(labels.iter().copied()).collect(),
            cosine: featured
                .cosines
                .iter()
                .map(|cosine| cosine.map_or(0.5, |cosine| map.probability(f64::from(cosine.get()))))
                .zip(labels.iter().copied())
                .collect(),
            judged: judged_gold
                .iter()
                .map(|gold| (gold.answer_score, gold.is_match))
                .collect(),
            rejected: featured.pairs.len() - labels.len(),
            embed_plan: lexical.map(|(_, plan)| plan),
            calibration,
            summary,
        })
    }
}

/// The tier before the embedding, with what it leaves to it and loses; `None` where held-out labels
/// show that wording alone loses something.
fn lexical(
    featured: &Featured,
    learning: &Learning,
    truth: &[bool],
    full: &Fit,
    seed: u64,
) -> Option<(LexicalTier, EmbedPlan)> {
    let set = learning.features.without_cosine();
    // Wording alone has a prior on records only: elsewhere it would settle nine pairs in ten by what few labels taught it.
    let is_known = featured.corpus.kind == TaskKind::Records;
    if !is_known || set.is_empty() || !learning.features.needs_cosine() {
        return None;
    }
    let names = set.names();
    let kept: Vec<usize> = (0..featured.rows.columns.len())
        .filter(|&at| names.contains(&featured.rows.columns[at].as_str()))
        .collect();
    let rows = featured
        .rows
        .values
        .chunks_exact(featured.rows.columns.len());
    let rows = Pairs {
        keys: featured.rows.keys.clone(),
        values: rows
            .flat_map(|row| kept.iter().map(|&at| row[at]))
            .collect(),
        columns: names.iter().map(|name| (*name).to_owned()).collect(),
    };
    let wording = fit_gold(&rows, featured.corpus.kind, truth, seed).ok()?;
    let plan = EmbedPlan::from_fits(&gold_labels(&rows.keys, truth), &wording, full);
    let settled_from = plan.threshold(&wording.held_out);
    let tier = LexicalTier {
        proxy: wording.proxy,
        settled_from,
    };
    settled_from.is_finite().then_some((tier, plan))
}

fn gold_labels(keys: &[PairKey], truth: &[bool]) -> Vec<Label> {
    let gold = keys.iter().zip(truth).enumerate();
    gold.map(|(row, (&key, &is_match))| Label {
        row,
        key,
        evidence: Evidence::gold(is_match),
    })
    .collect()
}

/// The proxy fitted to the labels, corrected by a monotone map where many labels show that it needs one.
fn fit_gold(pairs: &Pairs, kind: TaskKind, truth: &[bool], seed: u64) -> Result<Fit, EngineError> {
    let shipped = Priors::shipped()?;
    let priors = shipped.for_task(kind, &pairs.columns);
    let rows = Rows::new(&pairs.columns, &pairs.values)?;
    let labels = gold_labels(&pairs.keys, truth);
    let options = FitOptions {
        seed,
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

/// Digests of the pairs that have features: those whose labels taught.
fn taught(featured: &Featured) -> Vec<u64> {
    let pairs = featured.places.iter().map(|&place| &featured.pairs[place]);
    let mut digests: Vec<u64> = pairs
        .map(|pair| PairKey::of_texts(pair.a.as_str(), pair.b.as_str()).0)
        .collect();
    digests.sort_unstable();
    digests
}
