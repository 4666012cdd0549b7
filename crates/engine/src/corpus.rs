//! What is known of a run's texts before any pair is looked at.

use midband_core::Pair;
use midband_features::{DocumentFrequencies, Group, reads_as_note, reads_as_record};
use midband_lexicon::Lexicon;
use midband_model::{ReadsAs, TaskKind};

use crate::{options::Learning, records::Record};

/// What is known of a run's texts before any pair is looked at.
#[derive(Clone)]
pub(crate) struct CorpusStats {
    /// What the texts are taken for.
    pub(crate) kind: TaskKind,
    /// Word counts: those of all texts of the run, with those of a calibration's labelled texts.
    pub(crate) frequencies: DocumentFrequencies,
    /// The language of texts that clinical features can't read, in English words.
    pub(crate) unread_language: Option<&'static str>,
}

/// Records of a list that show what kind of texts it has, drawn evenly.
const LOOKED_AT: usize = 1_000;

/// Pairs that show what kind of texts a run has, drawn evenly.
const KIND_SAMPLE: usize = 2_000;

/// How one text reads, by the names of a lexicon.
pub(crate) fn reads_as(text: &str, lexicon: &Lexicon) -> ReadsAs {
    if reads_as_record(text) {
        ReadsAs::Record
    } else if reads_as_note(text, lexicon) {
        ReadsAs::Note
    } else {
        ReadsAs::Other
    }
}

/// What the texts of one or two lists are taken for.
pub(crate) fn kind_of_lists(
    learning: &Learning,
    left: &[Record],
    right: Option<&[Record]>,
) -> TaskKind {
    let lists = [Some(left), right];
    let looks = lists.into_iter().flatten().flat_map(|list| {
        let step = list.len().div_ceil(LOOKED_AT).max(1);
        list.iter().step_by(step)
    });
    (learning.kind).unwrap_or_else(|| {
        TaskKind::detect(looks.map(|record| reads_as(record.text.as_str(), learning.lexicon.get())))
    })
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
        let others = [
            calibration.map(|calibration| &calibration.frequencies),
            learning.background.as_ref(),
        ];
        let frequencies = others
            .into_iter()
            .flatten()
            .fold(counted, |counted, others| counted.with(others));
        let known = learning
            .kind
            .or(calibration.map(|calibration| calibration.kind));
        let kind = known.unwrap_or_else(|| {
            let step = pairs.len().div_ceil(KIND_SAMPLE).max(1);
            let some = pairs.iter().step_by(step);
            TaskKind::detect(
                some.flat_map(|pair| [pair.a.as_str(), pair.b.as_str()])
                    .map(|text| reads_as(text, learning.lexicon.get())),
            )
        });
        // Who reads no names of things needs none of their language.
        let reads_names = kind != TaskKind::Records && learning.features.has(Group::Clinical);
        let unread_language = reads_names
            .then(|| learning.lexicon.get().unknown_language(texts()))
            .flatten();
        Self {
            kind,
            frequencies,
            unread_language,
        }
    }
}
