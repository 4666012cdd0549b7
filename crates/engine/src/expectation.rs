//! What a run is expected to ask, by what it knows before its first question.

use midband_model::{Goal, JudgeCovariates, JudgeModel, LabelShift, LinearProxy, numeric::sigmoid};
use midband_router::{ASKED_OF_UNVOUCHED, Knowledge, is_worth_asking};

use crate::{EngineError, Learning, featured::Featured};

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
    /// Pairs about which a question is worth its price as things stand, and those that are asked about at random beside them; learning
    /// changes it on the way.
    pub gain: usize,
    /// Expected share of matches by the proxy.
    pub prevalence: f64,
    /// Mean length of a pair's two texts together, bytes.
    pub bytes_a_pair: f64,
}

/// What is worth asking by the proxy that a run starts with.
pub(crate) fn estimate(
    featured: &Featured,
    learning: &Learning,
    knowledge: &Knowledge,
) -> Result<CostEstimate, EngineError> {
    let mut proxy = knowledge
        .priors
        .last()
        .ok_or(midband_router::RouterError::NoPrior)?
        .proxy
        .on(&featured.rows.columns);
    let count = featured.pairs.len();
    // As the run itself begins: matches as rare as the scores say, and a proxy that nothing vouches for yields to the judge.
    let logits = log_odds(featured, &proxy);
    let shift = |trained| LabelShift::estimate(&logits, trained);
    let shift = (knowledge.label_shift).or_else(|| knowledge.trained_prevalence.and_then(shift));
    if let Some(shift) = shift {
        shift.apply(&mut proxy);
    }
    let unknown = knowledge.judge.gold_pairs() == 0 && knowledge.gold.is_empty();
    let judge = if unknown && !knowledge.vouched {
        knowledge.judge.at_least(ASKED_OF_UNVOUCHED)
    } else {
        knowledge.judge
    };
    let weighed = Weighed {
        goal: knowledge.goal,
        min_gain: learning.policy.min_gain(),
    };
    let (worth, matches) = worth_asking(featured, &proxy, &judge, weighed)?;
    // A run that asks at all, and has no gold to go by, asks some pairs at random too.
    let unguided = worth > 0 && knowledge.gold.is_empty();
    let explored = learning
        .policy
        .explored()
        .min(featured.places.len() - worth);
    let gain = worth + if unguided { explored } else { 0 };
    let bytes: usize = (featured.pairs.iter())
        .map(|pair| pair.a.as_str().len() + pair.b.as_str().len())
        .sum();
    Ok(CostEstimate {
        pairs: count,
        rejected: count - featured.places.len(),
        band: None,
        gain,
        // The sum of nothing is -0.
        prevalence: matches.abs() / featured.places.len().max(1) as f64,
        bytes_a_pair: bytes as f64 / count.max(1) as f64,
    })
}

/// Log odds of every row by a proxy.
fn log_odds(featured: &Featured, proxy: &LinearProxy) -> Vec<f64> {
    let rows = featured
        .rows
        .values
        .chunks_exact(featured.rows.columns.len());
    rows.map(|row| proxy.logit(row)).collect()
}

/// What a question is weighed by.
#[derive(Clone, Copy)]
struct Weighed {
    goal: Goal,
    min_gain: f64,
}

/// Pairs about which a question is worth its price, and the expected number of matches.
fn worth_asking(
    featured: &Featured,
    proxy: &LinearProxy,
    judge: &JudgeModel,
    weighed: Weighed,
) -> Result<(usize, f64), EngineError> {
    let rows = featured
        .rows
        .values
        .chunks_exact(featured.rows.columns.len());
    let logits = log_odds(featured, proxy);
    let rule = weighed.goal.rule(logits.iter().copied().map(sigmoid))?;
    let worth = rows.zip(&logits).filter(|(row, logit)| {
        let at = JudgeCovariates::of(proxy, row, **logit);
        let (before, after) = judge.expected_loss(**logit, &at, rule.cut);
        is_worth_asking(before - after, weighed.min_gain)
    });
    Ok((worth.count(), logits.iter().copied().map(sigmoid).sum()))
}
