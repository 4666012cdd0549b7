//! Pairs that the embedding did not reach before the deadline: what their wording says, if anything vouches for that.

use midband_core::{DecidedBy, FinalScore, Pair, ProxyScore, Status};
use midband_features::{DocumentFrequencies, FeatureRows};
use midband_lexicon::SharedLexicon;
use midband_model::{Calibration, LinearProxy, Priors, TaskKind, numeric::sigmoid};
use midband_router::{GainOptions, Policy};

use crate::{
    corpus::{CorpusStats, reads_as},
    fitted::FittedModel,
    neighbours::columns,
    options::Learning,
};

/// Pairs that show what the texts of a late chunk are.
const KIND_SAMPLE: usize = 16;

/// Loads what the first late pair would otherwise wait for: names of the lexicon, and the priors.
pub(crate) fn warm_up(lexicon: &SharedLexicon) {
    reads_as("warm-up", lexicon.get());
    // What is wrong with them is said where they are used.
    let _ = Priors::shipped();
}

/// A proxy on the features that need no embedding.
pub(crate) struct WordingProxy {
    rows: FeatureRows,
    proxy: LinearProxy,
}

impl WordingProxy {
    /// For pairs that are scored one by one: by what labels taught, or by the prior of what the pairs read like. `None` if
    /// neither vouches for wording alone.
    pub(crate) fn of_stream(fitted: Option<&FittedModel>, pairs: &[Pair]) -> Option<Self> {
        if let Some(fitted) = fitted {
            return Self::of_calibration(fitted.calibration(), fitted.lexicon());
        }
        let step = pairs.len().div_ceil(KIND_SAMPLE).max(1);
        let some = pairs.iter().step_by(step);
        let texts = some.flat_map(|pair| [pair.a.as_str(), pair.b.as_str()]);
        let lexicon = SharedLexicon::default();
        let kind = TaskKind::detect(texts.map(|text| reads_as(text, lexicon.get())));
        // Words are not counted for nothing: there is little time.
        Priors::prevalence(kind)?;
        let learning = Learning {
            kind: Some(kind),
            ..Learning::new(Policy::Gain(GainOptions::default()))
        };
        let corpus = CorpusStats::of(pairs, &learning);
        Self::of_kind(kind, &learning, corpus.frequencies)
    }

    /// For a run that learns.
    pub(crate) fn of_run(corpus: &CorpusStats, learning: &Learning) -> Option<Self> {
        match &learning.calibration {
            Some(calibration) => Self::of_calibration(calibration, &learning.lexicon),
            None => {
                let frequencies = corpus.frequencies.clone();
                Self::of_kind(corpus.kind, learning, frequencies)
            }
        }
    }

    fn of_calibration(calibration: &Calibration, lexicon: &SharedLexicon) -> Option<Self> {
        let tier = calibration.lexical.as_ref()?;
        if tier.proxy.columns.iter().any(|name| name == "cosine") {
            return None;
        }
        let features = calibration.features.without_cosine();
        let rows =
            FeatureRows::new(features, calibration.frequencies.clone()).with_lexicon(lexicon);
        Some(Self {
            proxy: tier.proxy.on(&columns(&rows, None)),
            rows,
        })
    }

    fn of_kind(
        kind: TaskKind,
        learning: &Learning,
        frequencies: DocumentFrequencies,
    ) -> Option<Self> {
        Priors::prevalence(kind)?;
        let features = learning.features.without_cosine();
        let rows = FeatureRows::new(features, frequencies).with_lexicon(&learning.lexicon);
        if rows.set().is_empty() {
            return None;
        }
        let proxy = (Priors::shipped().ok()?).proxy(kind, &columns(&rows, None))?;
        Some(Self { rows, proxy })
    }
}

/// Gives the late ones among some pairs the score of their wording; nothing is asked of `wording` if none is late.
pub(crate) fn score_late<'a>(
    scored: impl Iterator<Item = (&'a Pair, &'a mut FinalScore)>,
    wording: impl FnOnce() -> Option<WordingProxy>,
    explains: bool,
) {
    let late: Vec<_> = scored
        .filter(|(_, score)| score.status == Status::Late)
        .collect();
    if late.is_empty() {
        return;
    }
    let Some(WordingProxy { rows, proxy }) = wording() else {
        return;
    };
    let texts: Vec<_> = late
        .iter()
        .map(|(pair, _)| (pair.a.as_str(), pair.b.as_str(), None))
        .collect();
    let table = rows.table(&texts);
    let width = proxy.columns.len().max(1);
    for ((_, score), row) in late.into_iter().zip(table.chunks_exact(width)) {
        if let Ok(known) = ProxyScore::new(sigmoid(proxy.logit(row))) {
            score.proxy_score = Some(known);
            score.score = Some(known.get());
            score.decided_by = Some(DecidedBy::Fallback);
            score.parts = explains.then(|| proxy.explain(row).parts);
        }
    }
}
