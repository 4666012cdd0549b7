//! All pairs of a run with their rows of features, before anything is asked.

use std::{sync::Arc, time::Instant};

use midband_core::{Cosine, DecidedBy, FinalScore, Pair};
use midband_features::FeatureRows;
use midband_model::PairKey;
use midband_router::Pairs;

use crate::{
    assembly::uncompared,
    cascade::{Cascade, Compared},
    corpus::CorpusStats,
    error::EngineError,
    late_pairs::{WordingProxy, score_late},
    neighbours::Neighbours,
    options::Learning,
    progress::Tally,
    summary::Summary,
};

/// A run's pairs with their rows of features. Rejected pairs have none.
pub(crate) struct Featured {
    pub(crate) pairs: Vec<Pair>,
    /// A score for each pair that was rejected or came too late, `None` for the rest.
    pub(crate) rejected: Vec<Option<FinalScore>>,
    /// Places in `pairs` of the rows, in order.
    pub(crate) places: Vec<usize>,
    pub(crate) rows: Pairs,
    /// `None` where nothing was embedded.
    pub(crate) cosines: Vec<Option<Cosine>>,
    pub(crate) truncated: Vec<bool>,
    pub(crate) corpus: CorpusStats,
    /// Whose word a score is that no judge is asked about.
    pub(crate) decided_by: DecidedBy,
}

impl Featured {
    /// Gives the pairs that came too late the score of their wording.
    pub(crate) fn score_late(&mut self, learning: &Learning, explains: bool) {
        let Self {
            pairs,
            rejected,
            corpus,
            ..
        } = self;
        let scored = pairs.iter().zip(rejected);
        let scored = scored.filter_map(|(pair, score)| Some((pair, score.as_mut()?)));
        score_late(scored, || WordingProxy::of_run(corpus, learning), explains);
    }
}

/// Embeds and compares all pairs, chunk by chunk, off the async threads.
pub(crate) async fn compare_all(
    cascade: &Arc<Cascade>,
    pairs: Vec<Pair>,
    chunk: usize,
    tally: &Tally,
    deadline: Option<Instant>,
    summary: &mut Summary,
) -> Result<Vec<Compared>, EngineError> {
    let mut compared = Vec::new();
    tally.read_all(pairs.len());
    let mut rest = pairs.into_iter();
    loop {
        let part: Vec<Pair> = rest.by_ref().take(chunk).collect();
        if part.is_empty() {
            return Ok(compared);
        }
        let count = part.len();
        let cascade = cascade.clone();
        let done = tokio::task::spawn_blocking(move || cascade.compare(part, deadline)).await;
        let done = done.map_err(|death| EngineError::Stage(death.to_string()))??;
        summary.embedding_took(done.took);
        tally.compared(count);
        compared.push(done);
    }
}

/// Computes the rows of features; `corpus` is that of all texts of the run where these are only a part, `neighbours`
/// what lists tell beside the texts.
pub(crate) fn feature_rows(
    compared: Vec<Compared>,
    learning: &Learning,
    corpus: Option<CorpusStats>,
    neighbours: Option<&Neighbours>,
) -> Featured {
    let (mut pairs, mut comparisons) = (Vec::new(), Vec::new());
    for part in compared {
        pairs.extend(part.pairs);
        comparisons.extend(part.comparisons);
    }
    let corpus = corpus.unwrap_or_else(|| CorpusStats::of(&pairs, learning));
    let rows = FeatureRows::new(learning.features.clone(), corpus.frequencies.clone())
        .with_lexicon(&learning.lexicon);
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
        corpus,
        decided_by: DecidedBy::Embedding,
        pairs: Vec::new(),
    };
    let mut compared = Vec::with_capacity(pairs.len());
    for (place, (pair, comparison)) in pairs.iter().zip(&comparisons).enumerate() {
        match comparison.cosine {
            Err(why) => featured.rejected.push(Some(uncompared(pair, why))),
            Ok(cosine) => {
                featured.rejected.push(None);
                featured.places.push(place);
                featured.rows.keys.push(PairKey::from(&pair.id));
                featured.cosines.push(Some(cosine));
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
