//! One prior at one strength: its fit and its cross-validation.

use super::{Label, Prior, Rows};
use crate::{Evidence, PairKey, Scale, logistic::Problem, numeric::sigmoid, scale::FARTHEST};

/// A column that hardly varied where a prior was learnt has a weight that means little: it is not
/// stretched beyond this where the column varies more.
const STRETCH: f64 = 2.0;

/// Precision of the prior's multiplier around 1, in units of the prior's standard deviation of log odds.
const SLOPE_PRECISION: f64 = 0.3;

/// From this many labels on, the fits without a fold are one Newton step from the fit with it: a test
/// holds the difference below 2 %.
const ONE_STEP_FROM: usize = 600;

/// Labels in their seeded order, standardised.
pub(super) struct Design<'a> {
    pub(super) columns: &'a [String],
    pub(super) evidence: Vec<Evidence>,
    pub(super) keys: Vec<PairKey>,
    fold: Vec<usize>,
    folds: usize,
    z: Vec<f64>,
}

impl<'a> Design<'a> {
    pub(super) fn new<'b>(
        rows: Rows<'a>,
        scale: &Scale,
        labels: impl ExactSizeIterator<Item = &'b Label>,
        folds: usize,
    ) -> Self {
        let n = labels.len();
        let mut this = Self {
            columns: rows.columns(),
            evidence: Vec::with_capacity(n),
            keys: Vec::with_capacity(n),
            fold: (0..n).map(|i| i * folds / n.max(1)).collect(),
            folds,
            z: Vec::with_capacity(n * rows.columns().len()),
        };
        for label in labels {
            let row = rows.row(label.row).iter().enumerate();
            this.z
                .extend(row.map(|(column, x)| scale.standardise(column, *x)));
            this.evidence.push(label.evidence);
            this.keys.push(label.key);
        }
        this
    }

    pub(super) fn len(&self) -> usize {
        self.evidence.len()
    }

    fn row(&self, i: usize) -> &[f64] {
        let width = self.columns.len();
        &self.z[i * width..(i + 1) * width]
    }
}

/// Log odds from an intercept and weights.
pub(super) fn logit_of(weights: &[f64], z: &[f64]) -> f64 {
    weights[0] + weights[1..].iter().zip(z).map(|(w, x)| w * x).sum::<f64>()
}

/// A prior in the run's scale.
pub(super) struct Candidate {
    /// Weights, intercept first.
    base: Vec<f64>,
    precision: Vec<f64>,
    /// Mean and standard deviation of the prior's log odds over the labelled rows.
    centre: f64,
    spread: f64,
    log_prior_weight: f64,
    intercept_sd: f64,
    pub(super) strength: f64,
}

/// A candidate with its fit.
pub(super) struct Fitted {
    pub(super) prior: usize,
    pub(super) strength: f64,
    /// True where nothing was fitted: the prior's own log odds.
    pub(super) as_it_is: bool,
    /// Log likelihood of each label by the fit without its fold, nats.
    pub(super) likelihoods: Vec<f64>,
    /// How much more likely than the others it is held to be before the labels are seen, nats.
    pub(super) log_prior_weight: f64,
    /// Weights in the run's scale, intercept first.
    pub(super) weights: Vec<f64>,
    pub(super) held_out: Vec<f64>,
    /// Weights in the candidate's own terms, where the next strength starts.
    pub(super) raw: Vec<f64>,
}

impl Candidate {
    pub(super) fn new(
        prior: &Prior,
        scale: &Scale,
        design: &Design<'_>,
        intercept_sd: f64,
    ) -> Self {
        let (base, precision) = in_scale(prior, scale, design.columns);
        let logits: Vec<f64> = (0..design.len())
            .map(|i| logit_of(&base, design.row(i)))
            .collect();
        let n = logits.len().max(1) as f64;
        let centre = logits.iter().sum::<f64>() / n;
        let variance = logits.iter().map(|x| (x - centre).powi(2)).sum::<f64>() / n;
        Self {
            base,
            precision,
            centre,
            spread: variance.sqrt().max(1e-6),
            log_prior_weight: prior.log_prior_weight,
            intercept_sd,
            strength: f64::INFINITY,
        }
    }

    /// Design rows: one, the prior's log odds, and the features (none at infinite strength).
    fn rows(&self, design: &Design<'_>) -> Vec<f64> {
        let mut rows = Vec::new();
        for i in 0..design.len() {
            let z = design.row(i);
            rows.extend([1.0, (logit_of(&self.base, z) - self.centre) / self.spread]);
            if self.strength.is_finite() {
                rows.extend_from_slice(z);
            }
        }
        rows
    }

    /// Fits on all labels, and without each fold.
    pub(super) fn fit(&self, design: &Design<'_>, prior: usize, start: Option<&[f64]>) -> Fitted {
        let rows = self.rows(design);
        let mut mean = vec![self.centre, self.spread];
        let mut precision = vec![self.intercept_sd.powi(-2), SLOPE_PRECISION];
        if self.strength.is_finite() {
            mean.extend(self.precision.iter().map(|_| 0.0));
            precision.extend(self.precision.iter().map(|p| p * self.strength));
        }
        let mut begin = mean.clone();
        (begin.iter_mut().zip(start.unwrap_or_default())).for_each(|(b, s)| *b = *s);
        let problem = Problem {
            rows: &rows,
            evidence: &design.evidence,
            offsets: &[],
            prior_mean: &mean,
            precision: &precision,
        };
        let raw = problem.fit(&begin);
        let without = if design.len() >= ONE_STEP_FROM {
            problem.one_step_without(&raw, &design.fold, design.folds)
        } else {
            problem.fit_without(&raw, &design.fold, design.folds)
        };
        let without: Vec<Vec<f64>> = without.iter().map(|raw| self.in_run(raw)).collect();
        let held_out: Vec<f64> = (0..design.len())
            .map(|i| logit_of(&without[design.fold[i]], design.row(i)))
            .collect();
        Fitted {
            prior,
            strength: self.strength,
            as_it_is: false,
            likelihoods: likelihoods(design, &held_out),
            log_prior_weight: self.log_prior_weight,
            weights: self.in_run(&raw),
            held_out,
            raw,
        }
    }

    /// The prior with nothing fitted. `log_weight` is how much more likely than a fit it is held to be, nats.
    pub(super) fn as_it_is(&self, design: &Design<'_>, prior: usize, log_weight: f64) -> Fitted {
        let held_out: Vec<f64> = (0..design.len())
            .map(|i| logit_of(&self.base, design.row(i)))
            .collect();
        Fitted {
            prior,
            strength: f64::INFINITY,
            as_it_is: true,
            likelihoods: likelihoods(design, &held_out),
            log_prior_weight: self.log_prior_weight + log_weight,
            weights: self.base.clone(),
            held_out,
            raw: Vec::new(),
        }
    }

    /// Weights on the standardised columns, intercept first.
    fn in_run(&self, raw: &[f64]) -> Vec<f64> {
        let slope = raw[1] / self.spread;
        let mut out: Vec<f64> = self.base.iter().map(|b| slope * b).collect();
        out[0] += raw[0] - slope * self.centre;
        (out[1..].iter_mut().zip(&raw[2..])).for_each(|(o, d)| *o += d);
        out
    }
}

/// Log likelihood of each label at the log odds that are held out from it, nats.
fn likelihoods(design: &Design<'_>, held_out: &[f64]) -> Vec<f64> {
    let labels = design.evidence.iter().zip(held_out);
    labels
        .map(|(evidence, logit)| evidence.log_likelihood(sigmoid(*logit)))
        .collect()
}

/// A prior's weights (intercept first) and precisions on the standardised columns of a run.
fn in_scale(prior: &Prior, scale: &Scale, columns: &[String]) -> (Vec<f64>, Vec<f64>) {
    let (mut base, mut precision) = (vec![prior.proxy.intercept], Vec::new());
    for (at, name) in columns.iter().enumerate() {
        let Some(p) = prior.proxy.columns.iter().position(|column| column == name) else {
            base.push(0.0);
            precision.push(1.0);
            continue;
        };
        let (from, weight) = (&prior.proxy.scale, prior.proxy.weights[p]);
        let unit = if from.spread[p] > 0.0 {
            1.0 / from.spread[p]
        } else {
            0.0
        };
        let shift = ((scale.centre[at] - from.centre[p]) * unit).clamp(-FARTHEST, FARTHEST);
        // A scale of its own means that the column has no spread to be stretched by.
        let stretch = if from.is_plain() {
            scale.spread[at]
        } else {
            (scale.spread[at] * unit).min(STRETCH)
        };
        base[0] += weight
            * if from.is_plain() {
                scale.centre[at]
            } else {
                shift
            };
        base.push(weight * stretch);
        let prior_sd = prior.prior_sd.get(p).copied().unwrap_or(1.0).max(1e-3);
        precision.push(1.0 / (prior_sd * prior_sd));
    }
    (base, precision)
}
