//! All pairs of a run with their rows of features, before anything is asked.

use std::sync::Arc;

use midband_core::{FinalScore, Pair};
use midband_features::{DocumentFrequencies, FeatureRows, TextProfile};
use midband_model::{PairKey, TaskKind};
use midband_router::Pairs;

use crate::{
    cascade::{Cascade, Compared},
    error::EngineError,
    learning::Learning,
    neighbours::Neighbours,
    progress::Tally,
    summary::Summary,
};

/// A run's pairs with their rows of features. Rejected pairs have none.
pub(crate) struct Featured {
    pub(crate) pairs: Vec<Pair>,
    /// A score for each rejected pair, `None` for the rest.
    pub(crate) rejected: Vec<Option<FinalScore>>,
    /// Places in `pairs` of the rows, in order.
    pub(crate) places: Vec<usize>,
    pub(crate) rows: Pairs,
    pub(crate) cosines: Vec<f32>,
    pub(crate) truncated: Vec<bool>,
    pub(crate) wording: CorpusStats,
}

/// What is known of a run's texts before any pair is looked at.
#[derive(Clone)]
pub(crate) struct CorpusStats {
    /// What the texts are taken for.
    pub(crate) kind: TaskKind,
    /// Frozen word counts: the calibration's, or those of all texts of the run.
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
        let frequencies = match calibration {
            Some(calibration) => calibration.frequencies.clone(),
            None => DocumentFrequencies::of_texts(texts()),
        };
        let estimate = learning
            .kind
            .or(calibration.map(|calibration| calibration.kind));
        let kind = estimate.unwrap_or_else(|| {
            let nothing = DocumentFrequencies::default();
            TaskKind::detect(texts().map(|text| TextProfile::new(text, &nothing).is_record()))
        });
        Self { kind, frequencies }
    }
}

/// Embeds and compares all pairs, chunk by chunk, off the async threads.
pub(crate) async fn compare_all(
    cascade: &Arc<Cascade>,
    pairs: Vec<Pair>,
    chunk: usize,
    (tally, summary): (&Tally, &mut Summary),
) -> Result<Vec<Compared>, EngineError> {
    let mut compared = Vec::new();
    let mut rest = pairs.into_iter();
    loop {
        let part: Vec<Pair> = rest.by_ref().take(chunk).collect();
        if part.is_empty() {
            return Ok(compared);
        }
        let count = part.len();
        tally.read(count);
        let cascade = cascade.clone();
        let done = tokio::task::spawn_blocking(move || cascade.compare(part)).await;
        let done = done.map_err(|death| EngineError::Stage(death.to_string()))??;
        summary.embedding_took(done.took);
        tally.compared(count);
        compared.push(done);
    }
}

/// Computes the rows of features; `wording` is that of all texts of the run where these are only a part, `neighbours`
/// what lists tell beside the texts.
pub(crate) fn feature_rows(
    compared: Vec<Compared>,
    learning: &Learning,
    (wording, neighbours): (Option<CorpusStats>, Option<&Neighbours>),
) -> Featured {
    let (mut pairs, mut comparisons) = (Vec::new(), Vec::new());
    for part in compared {
        pairs.extend(part.pairs);
        comparisons.extend(part.comparisons);
    }
    let wording = wording.unwrap_or_else(|| CorpusStats::of(&pairs, learning));
    let rows = FeatureRows::new(learning.features.clone(), wording.frequencies.clone());
    let mut featured = Featured {
        rejected: Vec::with_capacity(pairs.len()),
        places: Vec::new(),
        rows: Pairs {
            keys: Vec::new(),
            columns: learning
                .features
                .names()
                .into_iter()
                .map(str::to_owned)
                .collect(),
            values: Vec::new(),
        },
        cosines: Vec::new(),
        truncated: Vec::new(),
        wording,
        pairs: Vec::new(),
    };
    let mut compared = Vec::with_capacity(pairs.len());
    for (place, (pair, comparison)) in pairs.iter().zip(&comparisons).enumerate() {
        match comparison.cosine {
            Err(why) => featured
                .rejected
                .push(Some(FinalScore::rejected(pair.id.clone(), why.to_string()))),
            Ok(cosine) => {
                featured.rejected.push(None);
                featured.places.push(place);
                featured.rows.keys.push(PairKey::from(&pair.id));
                featured.cosines.push(cosine.get());
                featured.truncated.push(comparison.truncated);
                compared.push((
                    pair.a.as_str(),
                    pair.b.as_str(),
                    Some(f64::from(cosine.get())),
                ));
            }
        }
    }
    featured.rows.values = rows.table(&compared);
    if let Some(neighbours) = neighbours {
        let Pairs {
            keys,
            columns,
            values,
        } = &mut featured.rows;
        *values = neighbours.beside(values, columns.len(), keys);
        columns.extend_from_slice(neighbours.columns());
    }
    featured.pairs = pairs;
    featured
}
