//! What a run is expected to ask, by what it knows before its first question.

use midband_router::{GainOptions, Knowledge, Policy, Router};

use crate::{EngineError, Learning, featured::Featured, knowledge::explored};

/// What each policy would ask of a run's pairs.
#[derive(Clone, Debug, PartialEq)]
#[non_exhaustive]
pub struct CostEstimate {
    /// Pairs in all.
    pub pairs: usize,
    /// Pairs that can't be scored.
    pub rejected: usize,
    /// Pairs in the fixed band; `None` where nothing is embedded.
    pub band: Option<usize>,
    /// Pairs that the judge would be asked about: up to 5,000 pairs those of a run against answers that are drawn from what is known,
    /// beyond that those that pay before anything is learned.
    pub gain: usize,
    /// Expected share of matches by the proxy.
    pub prevalence: f64,
    /// Mean length of a pair's two texts together, bytes.
    pub bytes_a_pair: f64,
}

/// What a run that begins as this one would ask.
pub(crate) fn estimate(
    featured: &Featured,
    learning: &Learning,
    knowledge: Knowledge,
) -> Result<CostEstimate, EngineError> {
    let policy = match explored(learning, featured) {
        Policy::Budget(options, _) => Policy::Gain(options),
        gain @ Policy::Gain(_) => gain,
        Policy::Band(_) | Policy::Target(_) => Policy::Gain(GainOptions {
            explore: 0.0,
            ..GainOptions::default()
        }),
    };
    let expected = Router::new(policy, featured.rows.clone(), knowledge)?.expected();
    let count = featured.pairs.len();
    let bytes: usize = (featured.pairs.iter())
        .map(|pair| pair.a.as_str().len() + pair.b.as_str().len())
        .sum();
    Ok(CostEstimate {
        pairs: count,
        rejected: count - featured.places.len(),
        band: None,
        gain: expected.questions.unwrap_or_default(),
        prevalence: expected.matches / featured.places.len().max(1) as f64,
        bytes_a_pair: bytes as f64 / count.max(1) as f64,
    })
}
