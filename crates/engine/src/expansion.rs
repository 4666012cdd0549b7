//! Texts with the usual names of things written out before they are embedded, and whether that pays.
//!
//! "T2DM" and "sugar diabetes" are far apart for a model that was not trained on notes; with "(type 2 diabetes)" after both they are
//! close. On other texts the names that a lexicon takes for one are what tells two texts apart. Labels say which it is:
//! docs/clinical.md has the figures.

use std::{borrow::Cow, collections::HashMap, sync::Arc, time::Instant};

use midband_core::{EmbedError, Embedder, ModelIdentity, Pair, PairId, Reached, Vectors};
use midband_embed::EmbeddingScorer;
use midband_features::Group;
use midband_lexicon::SharedLexicon;
use midband_model::{Evidence, TaskKind, numeric::sigmoid};
use tokio::task;

use crate::{
    EngineError,
    cascade::{Cascade, Compared},
    corpus::CorpusStats,
    featured::feature_rows,
    gold_fit::GoldRows,
    options::{ExpandTerms, Learning},
};

/// Labels from which on they choose: with fewer, chance chooses.
const FEWEST_LABELS: usize = 50;

/// An embedder that reads each text with its names written out. What is below, a cache too, sees that text alone.
struct ExpandedTexts {
    inner: Arc<dyn Embedder>,
    lexicon: SharedLexicon,
    identity: ModelIdentity,
}

impl ExpandedTexts {
    /// What `embed` makes of the texts with their names written out.
    fn read<T>(&self, texts: &[&str], embed: impl FnOnce(&[&str]) -> T) -> T {
        let lexicon = self.lexicon.get();
        let expanded: Vec<Cow<'_, str>> = texts.iter().map(|text| lexicon.expanded(text)).collect();
        let read: Vec<&str> = expanded.iter().map(|text| &**text).collect();
        embed(&read)
    }
}

impl Embedder for ExpandedTexts {
    fn embed(&self, texts: &[&str]) -> Result<Vectors, EmbedError> {
        self.read(texts, |read| self.inner.embed(read))
    }
    fn embed_until(&self, texts: &[&str], deadline: Instant) -> Result<Reached, EmbedError> {
        self.read(texts, |read| self.inner.embed_until(read, deadline))
    }
    fn known_width(&self) -> Option<usize> {
        self.inner.known_width()
    }
    fn warm_up(&self) -> Result<(), EmbedError> {
        self.inner.warm_up()
    }
    fn width(&self) -> usize {
        self.inner.width()
    }
    fn max_tokens(&self) -> usize {
        self.inner.max_tokens()
    }
    fn model(&self) -> &ModelIdentity {
        &self.identity
    }
}

/// How an engine embeds.
pub(crate) struct Embedding {
    pub(crate) texts: Arc<EmbeddingScorer<Arc<dyn Embedder>>>,
    /// The other way, where labels may choose it.
    pub(crate) expanded: Option<Arc<EmbeddingScorer<Arc<dyn Embedder>>>>,
}

impl Embedding {
    /// As the settings and the calibration in force say.
    pub(crate) fn of(embedder: Arc<dyn Embedder>, learning: Option<&Learning>) -> Self {
        let scorer = |embedder: Arc<dyn Embedder>| Arc::new(EmbeddingScorer::new(embedder));
        let Some(learning) = learning.filter(|of| of.expand_terms != ExpandTerms::Off) else {
            return Self {
                texts: scorer(embedder),
                expanded: None,
            };
        };
        let identity = (embedder.model()).with_names_written_out(&learning.lexicon.digest());
        let expands = learning.embeds_as(embedder.model()) == identity;
        let expanded = scorer(Arc::new(ExpandedTexts {
            inner: embedder.clone(),
            lexicon: learning.lexicon.clone(),
            identity,
        }));
        let open = learning.calibration.is_none() && learning.features.needs_cosine();
        if expands {
            Self {
                texts: expanded,
                expanded: None,
            }
        } else {
            Self {
                texts: scorer(embedder),
                expanded: open.then_some(expanded),
            }
        }
    }
}

impl Learning {
    /// The model as a run of these settings names it: with names written out if they are before texts are embedded. A
    /// calibration decides where [`Learning::expand_terms`] leaves it open.
    pub fn embeds_as(&self, model: &ModelIdentity) -> ModelIdentity {
        let taught = || {
            let calibration = self.calibration.as_ref();
            calibration.is_some_and(|known| known.embedding_model.writes_names_out())
        };
        let expands = match self.expand_terms {
            ExpandTerms::On => true,
            ExpandTerms::Off => false,
            ExpandTerms::Auto => taught(),
        };
        if expands {
            model.with_names_written_out(&self.lexicon.digest())
        } else {
            model.clone()
        }
    }
}

/// The truth of a labelled pair, and how often it counts.
pub(crate) type Truth = HashMap<PairId, (bool, f64)>;

impl Cascade {
    /// The same with names written out before texts are embedded, where that is another way.
    pub(crate) fn expanding(&self) -> Option<Self> {
        let expanded = self.expanded.clone()?;
        Some(Self {
            embeddings: expanded,
            expanded: None,
            ..self.clone()
        })
    }
}

/// The cascade that embeds as labels say: with names written out if a fit to them then foretells held-out labels better, by more
/// than the standard error of the difference. `pairs` are looked at where `truth` has them.
pub(crate) async fn chosen(
    cascade: &Arc<Cascade>,
    learning: &Arc<Learning>,
    pairs: &[Pair],
    truth: &Arc<Truth>,
    seed: u64,
) -> Result<Arc<Cascade>, EngineError> {
    let reads_names = learning.features.has(Group::Clinical);
    let Some(other) = cascade.expanding().filter(|_| reads_names) else {
        return Ok(cascade.clone());
    };
    let labelled = pairs.iter().filter(|pair| truth.contains_key(&pair.id));
    let labelled: Vec<Pair> = labelled.cloned().collect();
    if labelled.len() < FEWEST_LABELS {
        return Ok(cascade.clone());
    }
    let (plain, learning, truth) = (cascade.clone(), learning.clone(), truth.clone());
    let choosing = task::spawn_blocking(move || {
        let corpus = CorpusStats::of(&labelled, &learning);
        if corpus.kind == TaskKind::Records || !changes_any(&labelled, &learning.lexicon) {
            return Ok(plain);
        }
        let fit = |cascade: &Cascade| {
            let compared = cascade.compare(labelled.clone(), None)?;
            Ok::<_, EngineError>(log_likelihoods(compared, &learning, &corpus, &truth, seed))
        };
        let (as_is, expanded) = (fit(&plain)?, fit(&other)?);
        Ok(match as_is.zip(expanded) {
            Some((as_is, expanded)) if is_better(&as_is, &expanded) => Arc::new(other),
            _ => plain,
        })
    });
    let chosen = choosing.await;
    chosen.map_err(|death| EngineError::Stage(death.to_string()))?
}

/// True if some text reads otherwise with its names written out.
fn changes_any(pairs: &[Pair], lexicon: &SharedLexicon) -> bool {
    let lexicon = lexicon.get();
    let mut texts = pairs.iter().flat_map(|pair| [&pair.a, &pair.b]);
    texts.any(|text| matches!(lexicon.expanded(text.as_str()), Cow::Owned(_)))
}

/// What a fit without a label's fold gives its truth, nats a label by id; `None` if no fit is possible.
fn log_likelihoods(
    compared: Compared,
    learning: &Learning,
    corpus: &CorpusStats,
    truth: &Truth,
    seed: u64,
) -> Option<HashMap<PairId, f64>> {
    let featured = feature_rows(vec![compared], learning, Some(corpus.clone()), None);
    let ids: Vec<&PairId> = (featured.places.iter())
        .map(|&place| &featured.pairs[place].id)
        .collect();
    let (labels, weights): (Vec<bool>, Vec<f64>) =
        ids.iter().filter_map(|id| truth.get(*id)).copied().unzip();
    let gold = GoldRows {
        pairs: &featured.rows,
        truth: &labels,
        weights: &weights,
        features: &learning.features,
        kind: featured.corpus.kind,
        seed,
    };
    let fit = gold.fit().ok()?;
    let likelihoods = fit.held_out.iter().zip(&labels).zip(&weights);
    let likelihoods = likelihoods.map(|((logit, is_match), weight)| {
        let label = Evidence::gold(*is_match).weighing(*weight);
        label.log_likelihood(sigmoid(*logit))
    });
    Some(ids.into_iter().cloned().zip(likelihoods).collect())
}

/// True if the second foretells the labels better, by more than the standard error of the mean difference.
fn is_better(as_is: &HashMap<PairId, f64>, expanded: &HashMap<PairId, f64>) -> bool {
    let mut gains: Vec<f64> = (expanded.iter())
        .filter_map(|(id, likelihood)| Some(likelihood - as_is.get(id)?))
        .collect();
    // A sum that does not depend on the order of a map.
    gains.sort_by(f64::total_cmp);
    let count = gains.len() as f64;
    let mean = gains.iter().sum::<f64>() / count;
    let spread = gains.iter().map(|gain| (gain - mean).powi(2)).sum::<f64>() / (count - 1.0);
    count > 1.0 && mean > (spread / count).sqrt()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn likelihoods(values: &[f64]) -> HashMap<PairId, f64> {
        let ids = (0..).map(|at| PairId::from(format!("{at}")));
        ids.zip(values.iter().copied()).collect()
    }

    #[test]
    fn a_gain_must_be_larger_than_its_standard_error() {
        let before = likelihoods(&[-0.7; 100]);
        let all_better = likelihoods(&[-0.5; 100]);
        assert!(is_better(&before, &all_better));
        assert!(!is_better(&all_better, &before));
        // Half of them gain .31, half lose .3: the mean of .005 is within its standard error of .03.
        let mixed: Vec<f64> = (0..100)
            .map(|at| if at % 2 == 0 { -0.39 } else { -1.0 })
            .collect();
        assert!(!is_better(&before, &likelihoods(&mixed)));
        assert!(!is_better(&before, &before));
        assert!(!is_better(&HashMap::new(), &HashMap::new()));
    }
}
