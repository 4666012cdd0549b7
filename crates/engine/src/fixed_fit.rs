//! Pairs that are scored one by one where nothing was learnt: records by the shipped prior of records, other texts by the cosine.

use std::sync::Arc;

use midband_core::{Cosine, ModelIdentity, Pair};
use midband_features::{DocumentFrequencies, reads_as_note, reads_as_record};
use midband_model::{
    CALIBRATION_VERSION, Calibration, DecisionRule, Goal, JudgeModel, Priors, TaskKind,
};

use crate::{
    assembly::UNSURE,
    fitted::{FittedModel, ProxyEstimate, Thrift},
    options::Learning,
};

/// What the prior's log odds are multiplied by, and what is added, if rarity is that of English instead of the run's own texts, where
/// every list shares words that English has seldom. Logistic regression on eight sets of records (400 pairs each, every set weighing
/// the same); with a set left out, slopes of 1.33 to 1.75 and intercepts of -3.24 to -2.57, and a mean Brier score of .040 on it
/// where the prior as it is has .104.
const SLOPE: f64 = 1.43;
const INTERCEPT: f64 = -2.87;

/// What is known of an engine that scores pairs by themselves.
pub(crate) struct Alone<'a> {
    pub(crate) embedding_model: &'a ModelIdentity,
    pub(crate) task: &'a str,
    pub(crate) judge: JudgeModel,
    /// True where a judge may be asked.
    pub(crate) judged: bool,
}

/// The prior of records as a model, with the word counts of English; `None` where there is none, or the texts are of another kind.
pub(crate) fn records(learning: &Learning, alone: &Alone<'_>) -> Option<Arc<FittedModel>> {
    let kind = TaskKind::Records;
    if learning.kind.is_some_and(|named| named != kind) {
        return None;
    }
    let names = learning.features.names().into_iter();
    let columns: Vec<String> = names.map(str::to_owned).collect();
    let mut proxy = Priors::shipped().ok()?.proxy(kind, &columns)?;
    proxy.rescale(SLOPE, INTERCEPT);
    let rule = DecisionRule::default();
    let calibration = Calibration {
        version: CALIBRATION_VERSION,
        task: alone.task.to_owned(),
        kind,
        embedding_model: alone.embedding_model.clone(),
        judge_fingerprint: None,
        features: learning.features.clone(),
        frequencies: DocumentFrequencies::english().clone(),
        lexicon: learning.own_lexicon(),
        proxy,
        lexical: None,
        judge: alone.judge,
        goal: Goal::Accuracy,
        rule: if alone.judged {
            rule
        } else {
            rule.reviewing(Some(UNSURE))
        },
        labels: 0,
        taught: Vec::new(),
        kept: Vec::new(),
        log_likelihood: None,
        made: String::new(),
    };
    let model = FittedModel::new(
        Arc::new(calibration),
        None,
        Thrift::from(learning),
        &learning.lexicon,
    );
    Some(Arc::new(model))
}

/// Estimates of the pairs that read as records, `None` for the others.
pub(crate) fn of_records(
    model: &FittedModel,
    pairs: &[(&Pair, Cosine)],
    explains: bool,
) -> Vec<Option<ProxyEstimate>> {
    let lexicon = model.lexicon();
    let both = |pair: &Pair, holds: &dyn Fn(&str) -> bool| {
        holds(pair.a.as_str()) && holds(pair.b.as_str())
    };
    // Notes in fields are notes: the prior of records knows nothing of what they say.
    let is_pair = |pair: &Pair| {
        both(pair, &reads_as_record) && !both(pair, &|text| reads_as_note(text, lexicon.get()))
    };
    let are_records: Vec<bool> = pairs.iter().map(|(pair, _)| is_pair(pair)).collect();
    let some: Vec<(&Pair, Cosine)> = pairs
        .iter()
        .zip(&are_records)
        .filter(|(_, is_record)| **is_record)
        .map(|(pair, _)| *pair)
        .collect();
    let mut estimates = model.estimates(&some, explains).into_iter();
    are_records
        .into_iter()
        .map(|is_record| is_record.then(|| estimates.next()).flatten())
        .collect()
}
