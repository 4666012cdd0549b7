//! The embedding as a tier: pairs that their wording settles are never embedded.
//!
//! Features without the cosine cost microseconds, an embedding milliseconds. On records the wording alone
//! nearly reaches the full proxy, and only the pairs that it leaves unsure need a cosine. Where no fit and no
//! prior shows that, every pair is embedded.

use midband_combiner::{
    DecisionRule, LexicalTier, LinearProxy, Priors, TaskKind, numeric::sigmoid,
};
use midband_core::{DecidedBy, FinalScore, Pair, ProxyScore, Route, Status};
use midband_features::FeatureRows;
use midband_router::EmbedPlan;

use crate::learning::{Learning, Wording};

/// The pairs of a run after a look at their wording.
pub(crate) struct Sifted {
    /// Places of the pairs that want a cosine.
    pub(crate) unsure: Vec<usize>,
    /// A final score for each of the others, by place.
    pub(crate) settled: Vec<Option<FinalScore>>,
}

/// Which pairs the wording settles: a tier that labels taught, or the kind's prior with the share that its
/// plan embeds.
fn tier(learning: &Learning, kind: TaskKind) -> Option<(LinearProxy, Settles)> {
    if let Some(calibration) = &learning.calibration {
        let LexicalTier {
            proxy,
            settled_from,
        } = calibration.lexical.clone()?;
        return Some((proxy, Settles::From(settled_from)));
    }
    let plan = EmbedPlan::without_labels(kind);
    let set = learning.features.without_cosine();
    if plan == EmbedPlan::ALL || set.is_empty() || !learning.features.needs_cosine() {
        return None;
    }
    let columns: Vec<String> = set.names().into_iter().map(str::to_owned).collect();
    let proxy = Priors::shipped().ok()?.proxy(kind, &columns)?;
    Some((proxy, Settles::AllBut(plan)))
}

enum Settles {
    /// Pairs whose log odds are at least this large.
    From(f64),
    /// All but a share of the run's pairs.
    AllBut(EmbedPlan),
}

/// Splits pairs into those that their wording settles and those that want a cosine; `None` where every
/// pair wants one.
pub(crate) fn sift(
    pairs: &[Pair],
    learning: &Learning,
    wording: &Wording,
    (rule, explains): (&DecisionRule, bool),
) -> Option<Sifted> {
    let (proxy, settles) = tier(learning, wording.kind)?;
    let rows = FeatureRows::new(
        learning.features.without_cosine(),
        wording.frequencies.clone(),
    );
    let texts: Vec<_> = pairs
        .iter()
        .map(|pair| (pair.a.as_str(), pair.b.as_str(), None))
        .collect();
    let table = rows.table(&texts);
    let row = |place: usize| &table[place * rows.set().len()..(place + 1) * rows.set().len()];
    let logits: Vec<f64> = pairs
        .iter()
        .enumerate()
        .map(|(place, pair)| {
            // A pair with an empty side has no score of any kind: the embedding path says so.
            if pair.a.is_blank() || pair.b.is_blank() {
                0.0
            } else {
                proxy.logit(row(place))
            }
        })
        .collect();
    let settled_from = match settles {
        Settles::From(logit) => logit,
        Settles::AllBut(plan) => plan.threshold(&logits),
    };
    let settled: Vec<Option<FinalScore>> = pairs
        .iter()
        .zip(&logits)
        .enumerate()
        .map(|(place, (pair, logit))| {
            let score = ProxyScore::new(sigmoid(*logit)).ok()?;
            (logit.abs() >= settled_from).then(|| FinalScore {
                parts: explains.then(|| proxy.explain(row(place)).parts),
                ..settled(pair, score, rule)
            })
        })
        .collect();
    let unsure = (0..pairs.len())
        .filter(|&place| settled[place].is_none())
        .collect();
    Some(Sifted { unsure, settled })
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
        parts: None,
    }
}
