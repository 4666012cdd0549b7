//! Learns the proxy from labels of any reliability.
//!
//! The model is `a + b * prior + sum of d_j * feature_j`: the prior's own log odds, recalibrated by
//! two free numbers, and departures from it that a Gaussian holds near zero. How strongly, and from
//! which prior, is decided by cross-validated likelihood; with infinite strength what is left is the
//! prior's calibration, and the prior as it is stands beside them, so that a fit is hardly ever worse than
//! what was known before it. The candidates are averaged by how well each predicted instead of taking the
//! best one: with two hundred labels several are as good as each other, and their mean varies less.

mod candidate;
mod prior;
mod share;

use candidate::{Candidate, Design, Fitted};
pub use prior::Prior;
use share::shares;

use crate::{
    Evidence, LinearProxy, Scale,
    numeric::sigmoid,
    rng::{KeyedRng, PairKey},
};

/// One observation of one pair.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Label {
    /// Which row it belongs to.
    pub row: usize,
    /// The pair's key: it decides the fold.
    pub key: PairKey,
    /// What was observed.
    pub evidence: Evidence,
}

/// Rows of features.
#[derive(Clone, Copy, Debug)]
pub struct Rows<'a> {
    columns: &'a [String],
    values: &'a [f64],
}

/// Why a fit is impossible.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum FitError {
    /// The numbers don't fill whole rows, or one of them is not finite.
    #[error("the features are not whole rows of {columns} finite numbers")]
    Rows {
        /// Columns of a row.
        columns: usize,
    },
    /// A label names a row that is not there.
    #[error("label {label} belongs to row {row}, but there are {rows} rows")]
    NoSuchRow {
        /// The label's place.
        label: usize,
        /// The row it names.
        row: usize,
        /// Rows given.
        rows: usize,
    },
    /// Nothing to start from. Give a prior, if only that of the cosine.
    #[error("a fit needs at least one prior")]
    NoPrior,
    /// Fewer than two folds, or fewer labels than folds.
    #[error("{labels} labels can't be cross-validated in {folds} folds; label more pairs")]
    TooFew {
        /// Labels given.
        labels: usize,
        /// Folds asked for.
        folds: usize,
    },
}

impl<'a> Rows<'a> {
    /// Row-major `values` with these columns.
    ///
    /// # Errors
    /// The numbers don't fill whole rows, or one is not finite.
    pub fn new(columns: &'a [String], values: &'a [f64]) -> Result<Self, FitError> {
        let whole = !columns.is_empty() && values.len().is_multiple_of(columns.len());
        if !whole || !values.iter().all(|x| x.is_finite()) {
            return Err(FitError::Rows {
                columns: columns.len(),
            });
        }
        Ok(Self { columns, values })
    }

    /// Names of the columns.
    pub fn columns(&self) -> &'a [String] {
        self.columns
    }

    /// One row; empty where there is none.
    pub fn row(&self, at: usize) -> &'a [f64] {
        let width = self.columns.len();
        (self.values.get(at * width..(at + 1) * width)).unwrap_or_default()
    }

    /// Number of rows.
    pub fn len(&self) -> usize {
        self.values.len() / self.columns.len()
    }

    /// True where there is no row.
    pub fn is_empty(&self) -> bool {
        self.values.is_empty()
    }

    /// Centre and spread of the columns.
    pub fn scale(&self) -> Scale {
        Scale::of(self.values, self.columns.len())
    }
}

/// How a fit is made.
#[derive(Clone, Debug, PartialEq)]
pub struct FitOptions {
    /// Strengths tried for each prior; infinity is always tried.
    pub strengths: Vec<f64>,
    /// Parts of the cross-validation.
    pub folds: usize,
    /// Seed of the folds.
    pub seed: u64,
    /// Standard deviation of a fit's mean log odds around those of its prior. [`VERDICTS_ALONE`] where no label is the truth: the
    /// yes-rate of a judge that nothing vouches for says little of how often matches occur.
    pub intercept_sd: f64,
    /// The candidates tried: every prior at every strength, or those of an earlier fit that had a
    /// part in it, which is much cheaper where a run learns in rounds.
    pub narrowed: Option<Vec<CandidateShare>>,
}

/// [`FitOptions::intercept_sd`] of a fit to verdicts alone.
pub const VERDICTS_ALONE: f64 = 1.0;

impl Default for FitOptions {
    /// Strengths a factor of about three apart, five folds, an intercept as good as free.
    fn default() -> Self {
        Self {
            strengths: vec![0.3, 1.0, 3.0, 10.0, 30.0, 100.0],
            folds: 5,
            seed: 0,
            intercept_sd: 10.0,
            narrowed: None,
        }
    }
}

/// A candidate with a smaller share than this has no part in later rounds.
const PART: f64 = 0.05;

impl FitOptions {
    fn tries(&self, prior: usize, strength: f64, as_it_is: bool) -> bool {
        let same = |c: &CandidateShare| {
            c.prior == prior && c.strength.to_bits() == strength.to_bits() && c.as_it_is == as_it_is
        };
        self.narrowed
            .as_ref()
            .is_none_or(|kept| kept.iter().any(|c| same(c) && c.share >= PART))
    }
}

/// What a fit found.
#[derive(Clone, Debug, PartialEq)]
pub struct Fit {
    /// The proxy.
    pub proxy: LinearProxy,
    /// Cross-validated log likelihood of the mean of the candidates, nats an observation.
    pub log_likelihood: f64,
    /// The candidates and their shares in the mean.
    pub candidates: Vec<CandidateShare>,
    /// For each label in the order given: the log odds that the fit without its fold gives.
    pub held_out: Vec<f64>,
}

/// One candidate of a fit.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct CandidateShare {
    /// Which of the priors.
    pub prior: usize,
    /// Strength with which departures from it were held back.
    pub strength: f64,
    /// True where nothing was fitted: the prior's own log odds.
    pub as_it_is: bool,
    /// Share in the mean, 0..=1.
    pub share: f64,
}

/// How much more likely than one of its fits a prior is held to be before the labels are seen, nats: the plain map of the
/// cosine, and a prior beside it, which belongs to the texts' kind or to what labels taught before. Chosen on the mean of 16 sets
/// at 15 to 300 labels; .0 to 3.0 differ by .006 nats a pair there.
const AS_IT_IS: [f64; 2] = [1.0, 2.0];

/// Keeps the folds apart from every other use of the seed.
const FOLDS: u64 = 0x0f01_d500;

/// Fits the proxy to labels, starting from one or more priors. `scale` is that of the run (or of the
/// labelled rows, where no run is in sight). The order of labels and rows changes nothing.
///
/// # Errors
/// Labels without rows, no prior, or fewer labels than folds.
pub fn fit(
    rows: Rows<'_>,
    scale: &Scale,
    labels: &[Label],
    priors: &[Prior],
    options: &FitOptions,
) -> Result<Fit, FitError> {
    check(rows, labels, priors, options)?;
    let draw = KeyedRng::new(options.seed, FOLDS);
    let mut order: Vec<usize> = (0..labels.len()).collect();
    order.sort_by_key(|i| (draw.rank(labels[*i].key), labels[*i].key));
    let design = Design::new(
        rows,
        scale,
        order.iter().map(|i| &labels[*i]),
        options.folds,
    );
    let mut strengths = options.strengths.clone();
    strengths.push(f64::INFINITY);
    strengths.sort_by(|a, b| b.total_cmp(a));
    let mut fitted: Vec<Fitted> = Vec::new();
    for (place, prior) in priors.iter().enumerate() {
        let mut candidate = Candidate::new(prior, scale, &design, options.intercept_sd);
        let mut start = None;
        if options.tries(place, f64::INFINITY, true) {
            let log_weight = AS_IT_IS[place.min(1)];
            fitted.push(candidate.as_it_is(&design, place, log_weight));
        }
        for strength in strengths
            .iter()
            .filter(|s| options.tries(place, **s, false))
        {
            candidate.strength = *strength;
            let found = candidate.fit(&design, place, start.as_deref());
            start = Some(found.raw.clone());
            fitted.push(found);
        }
    }
    Ok(average(&design, &fitted, &order, scale, options.seed))
}

fn check(
    rows: Rows<'_>,
    labels: &[Label],
    priors: &[Prior],
    options: &FitOptions,
) -> Result<(), FitError> {
    if priors.is_empty() {
        return Err(FitError::NoPrior);
    }
    if options.folds < 2 || labels.len() < options.folds {
        return Err(FitError::TooFew {
            labels: labels.len(),
            folds: options.folds,
        });
    }
    match labels.iter().position(|label| label.row >= rows.len()) {
        None => Ok(()),
        Some(label) => Err(FitError::NoSuchRow {
            label,
            row: labels[label].row,
            rows: rows.len(),
        }),
    }
}

/// The candidates' mean.
fn average(
    design: &Design<'_>,
    fitted: &[Fitted],
    order: &[usize],
    scale: &Scale,
    seed: u64,
) -> Fit {
    let shares = shares(design, fitted, seed);
    let mut weights = vec![0.0; design.columns.len() + 1];
    let mut held = vec![0.0; design.len()];
    for (f, share) in fitted.iter().zip(&shares) {
        (weights.iter_mut().zip(&f.weights)).for_each(|(w, x)| *w += share * x);
        (held.iter_mut().zip(&f.held_out)).for_each(|(w, x)| *w += share * x);
    }
    let mut held_out = vec![0.0; order.len()];
    let mut total = 0.0;
    for (place, at) in order.iter().enumerate() {
        held_out[*at] = held[place];
        total += design.evidence[place].log_likelihood(sigmoid(held[place]));
    }
    Fit {
        log_likelihood: total / order.len().max(1) as f64,
        candidates: (fitted.iter().zip(&shares))
            .map(|(f, share)| CandidateShare {
                prior: f.prior,
                strength: f.strength,
                as_it_is: f.as_it_is,
                share: *share,
            })
            .collect(),
        held_out,
        proxy: LinearProxy {
            columns: design.columns.to_vec(),
            scale: scale.clone(),
            intercept: weights.remove(0),
            weights,
            correction: None,
        },
    }
}

#[cfg(test)]
mod tests;
