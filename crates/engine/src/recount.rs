//! A calibration under the word counts of the texts that are to be scored.
//!
//! A word that two hundred labelled texts hold once is rare there and common among a million. The labelled pairs that a
//! calibration keeps are compared again under the counts of the run, and everything that was fitted to them is fitted anew.

use std::sync::Arc;

use midband_features::FeatureRows;
use midband_model::{Calibration, JudgeModel, KeptLabel, PairKey, numeric::sigmoid};
use midband_router::Pairs;

use crate::{
    corpus::CorpusStats,
    gold_fit::{GoldRows, judged_gold},
    options::Learning,
};

/// The same settings with their calibration fitted to the run's word counts; as they are where nothing is kept to fit.
pub(crate) fn recounted(
    learning: &Arc<Learning>,
    corpus: &CorpusStats,
    judge: JudgeModel,
    seed: u64,
) -> Arc<Learning> {
    let again = |calibration: &Arc<Calibration>| fitted(calibration, learning, corpus, judge, seed);
    match learning.calibration.as_ref().and_then(again) {
        Some(calibration) => Arc::new(Learning {
            calibration: Some(Arc::new(calibration)),
            ..(**learning).clone()
        }),
        None => learning.clone(),
    }
}

fn fitted(
    calibration: &Calibration,
    learning: &Learning,
    corpus: &CorpusStats,
    judge: JudgeModel,
    seed: u64,
) -> Option<Calibration> {
    if calibration.kept.is_empty() {
        return None;
    }
    let mut kept: Vec<&KeptLabel> = calibration.kept.iter().collect();
    kept.sort_unstable_by_key(|label| label.key);
    let rows = FeatureRows::new(calibration.features.clone(), corpus.frequencies.clone())
        .with_lexicon(&learning.lexicon);
    let values: Vec<Vec<f64>> = kept
        .iter()
        .map(|label| rows.recounted(&label.pair))
        .collect::<Option<_>>()?;
    let pairs = Pairs {
        keys: kept.iter().map(|label| PairKey(label.key)).collect(),
        columns: rows.set().names().into_iter().map(str::to_owned).collect(),
        values: values.concat(),
    };
    let truth: Vec<bool> = kept.iter().map(|label| label.is_match).collect();
    let weights: Vec<f64> = kept.iter().map(|label| label.weight).collect();
    let gold = GoldRows {
        pairs: &pairs,
        truth: &truth,
        weights: &weights,
        features: &calibration.features,
        kind: calibration.kind,
        seed,
    };
    let fit = gold.fit().ok()?;
    let answers: Vec<Option<f64>> = kept.iter().map(|label| label.answer).collect();
    let judged = judged_gold(&pairs, &truth, &fit, &answers);
    let held_out = fit.held_out.iter().copied().map(sigmoid);
    Some(Calibration {
        frequencies: corpus.frequencies.clone(),
        rule: (calibration.goal)
            .rule_weighing(held_out.zip(weights.iter().copied()))
            .ok()?,
        lexical: gold.lexical(&fit).map(|(tier, _)| tier),
        judge: if judged.is_empty() {
            calibration.judge
        } else {
            judge.fitted(&judged)
        },
        log_likelihood: Some(fit.log_likelihood),
        proxy: fit.proxy,
        kept: Vec::new(),
        ..calibration.clone()
    })
}

#[cfg(test)]
mod tests {
    use midband_core::{ModelIdentity, Pair};
    use midband_features::{FeatureSet, HashedPair};
    use midband_model::{CALIBRATION_VERSION, DecisionRule, Goal, LinearProxy, Scale, TaskKind};
    use midband_router::Policy;

    use super::*;

    /// Products that are the same if their numbers are, and the truth.
    fn pairs(count: usize) -> Vec<(Pair, bool)> {
        let text = |at: usize, shop: &str| {
            let word = ["anvil", "bellows", "crucible"][at % 3];
            format!("name: {word} model{at} {shop}; price: {}", at % 7)
        };
        (0..count)
            .map(|at| {
                let is_match = at % 3 != 0;
                let other = if is_match { at } else { at + 3 };
                let (a, b) = (text(at, "acme"), text(other, "store"));
                let pair = Pair::new(format!("p{at}"), a, b);
                (pair, is_match)
            })
            .collect()
    }

    #[test]
    fn kept_labels_are_fitted_as_their_texts_would_be_under_the_counts_of_the_run() {
        let set = FeatureSet::all();
        let labelled = pairs(60);
        let few: Vec<Pair> = labelled.iter().map(|(pair, _)| pair.clone()).collect();
        let many: Vec<Pair> = pairs(600).into_iter().map(|(pair, _)| pair).collect();
        let mut learning = Learning::new(Policy::Gain(Default::default()));
        learning.kind = Some(TaskKind::Records);
        let counts_of = |pairs: &[Pair], learning: &Learning| CorpusStats::of(pairs, learning);
        let taught = counts_of(&few, &learning).frequencies;
        let rows = FeatureRows::new(set.clone(), taught.clone());
        let keep = |(pair, is_match): &(Pair, bool)| KeptLabel {
            key: PairKey::from(&pair.id).0,
            pair: {
                let (a, b) = (pair.a.as_str(), pair.b.as_str());
                HashedPair::of(a, b, rows.row(a, b, Some(0.5))).unwrap()
            },
            is_match: *is_match,
            weight: 1.0,
            answer: None,
        };
        let calibration = Calibration {
            version: CALIBRATION_VERSION,
            task: "t".to_owned(),
            kind: TaskKind::Records,
            embedding_model: ModelIdentity {
                name: "m".to_owned(),
                digest: "d".to_owned(),
            },
            judge_fingerprint: None,
            features: set.clone(),
            frequencies: taught,
            lexicon: None,
            proxy: LinearProxy {
                columns: Vec::new(),
                scale: Scale::plain(0),
                intercept: 0.0,
                weights: Vec::new(),
                correction: None,
            },
            lexical: None,
            judge: JudgeModel::default(),
            goal: Goal::Accuracy,
            rule: DecisionRule::default(),
            labels: labelled.len(),
            taught: Vec::new(),
            kept: labelled.iter().rev().map(keep).collect(),
            log_likelihood: None,
            made: String::new(),
        };
        learning.calibration = Some(Arc::new(calibration));
        let learning = Arc::new(learning);
        let corpus = counts_of(&many, &learning);
        let again = recounted(&learning, &corpus, JudgeModel::default(), 7);
        let again = again.calibration.clone().unwrap();

        let mut in_order = labelled;
        in_order.sort_unstable_by_key(|(pair, _)| PairKey::from(&pair.id));
        let rows = FeatureRows::new(set.clone(), corpus.frequencies);
        let texts: Vec<_> = in_order
            .iter()
            .map(|(pair, _)| (pair.a.as_str(), pair.b.as_str(), Some(0.5)))
            .collect();
        let gold = Pairs {
            keys: in_order
                .iter()
                .map(|(pair, _)| PairKey::from(&pair.id))
                .collect(),
            columns: set.names().into_iter().map(str::to_owned).collect(),
            values: rows.table(&texts),
        };
        let truth: Vec<bool> = in_order.iter().map(|(_, is_match)| *is_match).collect();
        let gold = GoldRows {
            pairs: &gold,
            truth: &truth,
            weights: &vec![1.0; truth.len()],
            features: &set,
            kind: TaskKind::Records,
            seed: 7,
        };
        assert_eq!(again.proxy, gold.fit().unwrap().proxy);
        assert_eq!(again.labels, 60);
        // Nothing kept, nothing to fit: the settings stay what they are.
        let mut bare = (*learning).clone();
        bare.calibration = Some(again);
        let bare = Arc::new(bare);
        let same = recounted(&bare, &counts_of(&many, &bare), JudgeModel::default(), 7);
        assert!(Arc::ptr_eq(&same, &bare));
    }
}
