//! How much each candidate has a part in the mean: pseudo-BMA with a Bayesian bootstrap.
//!
//! Yao, Vehtari, Simpson, Gelman: Using stacking to average Bayesian predictive distributions (2018), section 3.4. A
//! candidate's cross-validated log likelihood is a sum over few labels; drawn again with other weights on the labels, it
//! ranks the candidates another way. The shares are averaged over such draws, so that a lead by luck does not take all.

use super::candidate::{Design, Fitted};
use crate::rng::KeyedRng;

/// Draws of the bootstrap: the shares then vary by a few hundredths.
const DRAWS: u64 = 100;

/// Keeps the draws apart from every other use of the seed.
const BOOTSTRAP: u64 = 0x0b00_7500;

/// One share a candidate; they sum to 1.
pub(super) fn shares(design: &Design<'_>, fitted: &[Fitted], seed: u64) -> Vec<f64> {
    let labels = design.len().max(1) as f64;
    let mut shares = vec![0.0; fitted.len()];
    for draw in 0..DRAWS {
        // Exponential weights, scaled to the number of labels, are a Dirichlet draw. They belong to the pairs, not to places.
        let stream = KeyedRng::new(seed, BOOTSTRAP + draw);
        let keys = design.keys.iter();
        let weights: Vec<f64> = keys.map(|&key| -(1.0 - stream.unit(key)).ln()).collect();
        let scale = labels / weights.iter().sum::<f64>().max(f64::MIN_POSITIVE);
        let value = |of: &Fitted| {
            let weighed = of.likelihoods.iter().zip(&weights);
            weighed.map(|(value, weight)| value * weight).sum::<f64>() * scale + of.log_prior_weight
        };
        let values: Vec<f64> = fitted.iter().map(value).collect();
        let best = values.iter().copied().fold(f64::NEG_INFINITY, f64::max);
        let raw: Vec<f64> = values.iter().map(|value| (value - best).exp()).collect();
        let sum: f64 = raw.iter().sum();
        (shares.iter_mut().zip(&raw)).for_each(|(share, x)| *share += x / sum / DRAWS as f64);
    }
    shares
}
