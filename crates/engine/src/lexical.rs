//! The embedding as a tier: pairs that their wording settles are never embedded.
//!
//! Features without the cosine cost microseconds, an embedding milliseconds. On records the wording alone
//! nearly reaches the full proxy, and only the pairs that it leaves unsure need a cosine. Where no fit and no
//! prior shows that, every pair is embedded.

use std::collections::HashMap;

use midband_combiner::{DecisionRule, LinearProxy, Priors, TaskKind, numeric::sigmoid};
use midband_core::{DecidedBy, FinalScore, Pair, ProxyScore, Route, Status};
use midband_features::{FeatureRows, TextProfile};

use crate::learning::{Learning, Wording};

/// A pair is sure where its wording gives the less likely side a smaller probability than this. Chosen on
/// abt_buy, amazon_google and dblp_acm, where it costs less than .002 of the accuracy
/// (docs/performance.md).
pub(crate) const SURE: f64 = 0.08;

/// The pairs of a run after a look at their wording.
pub(crate) struct Sifted {
    /// Places of the pairs that want a cosine.
    pub(crate) unsure: Vec<usize>,
    /// A final score for each of the others, by place.
    pub(crate) settled: Vec<Option<FinalScore>>,
}

/// The proxy of the wording alone, where labels or the kind's prior show that it serves.
pub(crate) fn proxy(learning: &Learning, kind: TaskKind) -> Option<LinearProxy> {
    if let Some(calibration) = &learning.calibration {
        return calibration.lexical.clone();
    }
    let set = learning.features.without_cosine();
    if kind != TaskKind::Records || set.is_empty() || !learning.features.needs_cosine() {
        return None;
    }
    let columns: Vec<String> = set.names().into_iter().map(str::to_owned).collect();
    Priors::shipped().ok()?.proxy(kind, &columns)
}

/// Splits pairs into those that their wording settles and those that want a cosine. A pair's side depends
/// on its own texts and the frozen word counts alone.
pub(crate) fn sift(
    pairs: &[Pair],
    learning: &Learning,
    wording: &Wording,
    rule: &DecisionRule,
) -> Option<Sifted> {
    let proxy = proxy(learning, wording.kind)?;
    let rows = FeatureRows::new(
        learning.features.without_cosine(),
        wording.frequencies.clone(),
    );
    let mut profiles: HashMap<&str, TextProfile> = HashMap::new();
    let mut sifted = Sifted {
        unsure: Vec::new(),
        settled: Vec::with_capacity(pairs.len()),
    };
    let mut row = Vec::with_capacity(rows.set().len());
    for (place, pair) in pairs.iter().enumerate() {
        for text in [pair.a.as_str(), pair.b.as_str()] {
            profiles.entry(text).or_insert_with(|| rows.profile(text));
        }
        let (Some(a), Some(b)) = (profiles.get(pair.a.as_str()), profiles.get(pair.b.as_str()))
        else {
            continue;
        };
        row.clear();
        rows.push_row(a, b, None, &mut row);
        let p = sigmoid(proxy.logit(&row));
        let blank = pair.a.is_blank() || pair.b.is_blank();
        match ProxyScore::new(p) {
            Ok(score) if p.min(1.0 - p) < SURE && !blank => {
                sifted.settled.push(Some(settled(pair, score, rule)))
            }
            _ => {
                sifted.settled.push(None);
                sifted.unsure.push(place);
            }
        }
    }
    Some(sifted)
}

fn settled(pair: &Pair, proxy: ProxyScore, rule: &DecisionRule) -> FinalScore {
    let decision = rule.decide(proxy.get());
    FinalScore {
        id: pair.id.clone(),
        cosine: None,
        proxy_score: Some(proxy),
        route: Some(if proxy.get() >= rule.cut {
            Route::Accept
        } else {
            Route::Reject
        }),
        judge_score: None,
        score: Some(proxy.get()),
        decision,
        decided_by: Some(DecidedBy::Embedding),
        status: Status::Settled,
        reason: None,
        truncated: false,
        judge_seconds: 0.0,
    }
}
