//! What is known of a run's texts before any pair is looked at.

use midband_core::Pair;
use midband_features::{DocumentFrequencies, TextProfile};
use midband_model::TaskKind;

use crate::options::Learning;

/// What is known of a run's texts before any pair is looked at.
#[derive(Clone)]
pub(crate) struct CorpusStats {
    /// What the texts are taken for.
    pub(crate) kind: TaskKind,
    /// Word counts: those of all texts of the run, with those of a calibration's labelled texts.
    pub(crate) frequencies: DocumentFrequencies,
}

impl CorpusStats {
    pub(crate) fn of(pairs: &[Pair], learning: &Learning) -> Self {
        let texts = || {
            pairs
                .iter()
                .flat_map(|pair| [pair.a.as_str(), pair.b.as_str()])
        };
        let calibration = learning.calibration.as_ref();
        let counted = DocumentFrequencies::of_texts(texts());
        // Rarity is what it is among the texts that are scored: counts of a few labelled texts alone would call every word
        // rare that they lack.
        let frequencies = match calibration {
            Some(calibration) => counted.with(&calibration.frequencies),
            None => counted,
        };
        let known = learning
            .kind
            .or(calibration.map(|calibration| calibration.kind));
        let kind = known.unwrap_or_else(|| {
            let nothing = DocumentFrequencies::default();
            TaskKind::detect(texts().map(|text| TextProfile::new(text, &nothing).is_record()))
        });
        Self { kind, frequencies }
    }
}
