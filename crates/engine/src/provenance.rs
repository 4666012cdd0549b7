//! What is needed to reproduce an engine's scores.

use midband_core::{NO_JUDGE, Provenance};

use crate::{Engine, engine::Parts, fitted::FittedModel, scorer::Scorer};

/// What scores rest on where nothing was learnt yet.
const PRIOR: &str = "prior of the task's kind";

impl Engine {
    /// What is needed to reproduce this engine's scores. The time is left to the caller.
    pub fn provenance(&self) -> Provenance {
        let Parts {
            cascade, learning, ..
        } = self.parts();
        // A judge that stands in for a missing one calls itself none, too.
        let judge =
            (cascade.judge.as_ref().map(|judge| judge.name())).filter(|name| name != NO_JUDGE);
        let embedder = cascade.embeddings.embedder();
        let fitted = cascade.scorer.fitted().map(FittedModel::calibration);
        let calibration = learning
            .as_ref()
            .and_then(|learning| learning.calibration.as_deref())
            .or(fitted);
        let by_kind = matches!(cascade.scorer, Scorer::ByKind(..));
        let band = learning.is_none() && matches!(cascade.scorer, Scorer::Band(_));
        let policy = match (learning, fitted) {
            (Some(learning), _) => learning.policy.as_str(),
            (None, Some(_)) => "gain",
            (None, None) if by_kind => "gain",
            (None, None) => "band",
        };
        Provenance {
            engine: env!("CARGO_PKG_VERSION").to_owned(),
            embedding_model: embedder.model().clone(),
            max_tokens: embedder.max_tokens(),
            task: self.parts().task.to_string(),
            policy: policy.to_owned(),
            band: band.then_some(cascade.band.policy.band),
            band_on: cascade.band.policy.on,
            proxy: match (learning, calibration) {
                (_, Some(known)) if known.made.is_empty() => "learned from a sample".to_owned(),
                (_, Some(known)) => format!("calibration made {}", known.made),
                (Some(_), None) if judge.is_none() => PRIOR.to_owned(),
                (Some(_), None) => format!("{PRIOR}, learned from verdicts"),
                (None, None) if by_kind => "prior of records, default of other texts".to_owned(),
                (None, None) => "default".to_owned(),
            },
            word_counts: calibration.map(|calibration| calibration.frequencies.digest()),
            lexicon: self.compares_notes().then(|| self.lexicon().digest()),
            calibrated: calibration.is_some(),
            judge: judge.unwrap_or_else(|| NO_JUDGE.to_owned()),
            judge_fingerprint: cascade.judge.as_ref().map(|judge| judge.fingerprint()),
            seed: self.parts().seed,
            started: String::new(),
        }
    }
}
