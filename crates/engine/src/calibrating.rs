//! Gold labels → a calibration: the proxy, the judge's reliability, the rule of decision.

use std::sync::Arc;

use midband_core::{Answer, Pair};
use midband_features::HashedPair;
use midband_model::{
    CALIBRATION_VERSION, Calibration, KeptLabel, LexicalTier, PairKey, learn::Fit, numeric::sigmoid,
};
use midband_router::EmbedPlan;
use tokio::task;

use crate::{
    Engine, EngineError, Summary,
    engine::Parts,
    expansion::{Truth, chosen},
    featured::{Featured, compare_all, feature_rows},
    gold_fit::{GoldRows, judged_gold},
    progress::Tally,
};

/// A labelled pair.
#[derive(Clone, Debug)]
pub struct LabelledPair {
    /// The pair.
    pub pair: Pair,
    /// The truth.
    pub is_match: bool,
    /// How often it counts: 1 for each of pairs that were drawn alike, else the inverse of its chance to be labelled.
    pub weight: f64,
}

impl LabelledPair {
    /// A pair that counts once.
    pub fn new(pair: Pair, is_match: bool) -> Self {
        Self {
            pair,
            is_match,
            weight: 1.0,
        }
    }
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
    /// How often each of them counts, in the order of `proxy`.
    pub weights: Vec<f64>,
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
        let learning = self.parts().learning();
        let truth: Truth = gold
            .iter()
            .map(|gold| (gold.pair.id.clone(), (gold.is_match, gold.weight)))
            .collect();
        let tally = Tally::new(self.parts().on_progress.clone());
        let mut summary = Summary::default();
        let pairs: Vec<Pair> = gold.into_iter().map(|gold| gold.pair).collect();
        let truth = Arc::new(truth);
        let cascade = &chosen(cascade, &learning, &pairs, &truth, *seed).await?;
        let compared = compare_all(cascade, pairs, *chunk, &tally, None, &mut summary).await?;
        let (settings, seed) = (learning.clone(), *seed);
        let Taught {
            featured,
            labels,
            weights,
            fitted,
            lexical,
            kept,
        } = task::spawn_blocking(move || {
            let featured = feature_rows(compared, &settings, None, None);
            let (labels, weights): (Vec<bool>, Vec<f64>) = featured
                .places
                .iter()
                .map(|&at| truth[&featured.pairs[at].id])
                .unzip();
            let gold = GoldRows {
                pairs: &featured.rows,
                truth: &labels,
                weights: &weights,
                features: &settings.features,
                kind: featured.corpus.kind,
                seed,
            };
            let fitted = gold.fit();
            let lexical = (fitted.as_ref().ok()).and_then(|full| gold.lexical(full));
            Taught {
                kept: kept(&featured, &labels, &weights),
                featured,
                labels,
                weights,
                fitted,
                lexical,
            }
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
        let judged_gold = judged_gold(&featured.rows, &labels, &fitted, &answers);
        let judge = cascade.band.judge.fitted(&judged_gold);
        let held: Vec<f64> = fitted.held_out.iter().copied().map(sigmoid).collect();
        let goal = learning.goal(featured.corpus.kind);
        let rule = goal.rule_weighing(held.iter().copied().zip(weights.iter().copied()))?;
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
            kept: answered(kept, &answers),
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
            weights,
            rejected: featured.pairs.len() - labels.len(),
            embed_plan: lexical.map(|(_, plan)| plan),
            calibration,
            summary,
        })
    }
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

/// What the labels taught, off the async threads.
struct Taught {
    featured: Featured,
    labels: Vec<bool>,
    weights: Vec<f64>,
    fitted: Result<Fit, EngineError>,
    lexical: Option<(LexicalTier, EmbedPlan)>,
    /// Pairs without their texts, one a row; `None` for one that is not kept.
    kept: Vec<Option<KeptLabel>>,
}

/// Labelled pairs without their texts: the first in the order of their keys.
fn kept(featured: &Featured, labels: &[bool], weights: &[f64]) -> Vec<Option<KeptLabel>> {
    let mut keys = featured.rows.keys.clone();
    keys.sort_unstable();
    let last = keys.get(Calibration::MOST_KEPT - 1).copied();
    let one = |(row, &place): (usize, &usize)| {
        let key = featured.rows.keys[row];
        let pair = &featured.pairs[place];
        let wanted = last.is_none_or(|last| key <= last);
        let hashed = wanted.then(|| {
            let features = featured.rows.row(row).to_vec();
            HashedPair::of(pair.a.as_str(), pair.b.as_str(), features)
        })?;
        Some(KeptLabel {
            key: key.0,
            pair: hashed?,
            is_match: labels[row],
            weight: weights[row],
            answer: None,
        })
    };
    featured.places.iter().enumerate().map(one).collect()
}

/// With what the judge said of them, in the order of their keys.
fn answered(kept: Vec<Option<KeptLabel>>, answers: &[Option<f64>]) -> Vec<KeptLabel> {
    let answer = |row: usize| answers.get(row).copied().flatten();
    let mut all: Vec<KeptLabel> = (kept.into_iter().enumerate())
        .filter_map(|(row, label)| {
            Some(KeptLabel {
                answer: answer(row),
                ..label?
            })
        })
        .collect();
    all.sort_unstable_by_key(|label| label.key);
    all
}
