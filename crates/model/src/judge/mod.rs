//! How far a judge's answer can be trusted, and what it then says of a pair.
//!
//! An answer is evidence, not truth: it moves the log odds of a match by the logarithm of how much
//! more often such an answer is given for matches than for the rest. A judge that errs where the
//! proxy errs tells less than its hit rate promises: three things keep that in check, each learnt
//! from gold pairs that the judge was asked about and shrunk to "no effect" by how few they are: its
//! reliability may depend on the circumstances of a pair, the proxy's own weight beside a verdict may
//! fall below one, and a yes and a no may be worth less or more than they look.

mod agreement;
mod covariates;
mod fit;
mod graded;
mod latent;

use serde::{Deserialize, Serialize};

pub use agreement::{Agreement, ProxySupport};
pub use covariates::JudgeCovariates;
pub use fit::{JudgedGold, loss};

use crate::{
    logistic::Evidence,
    numeric::{logit, sigmoid},
};

/// A reliability is kept inside of this range: no finite number of gold pairs proves a judge
/// infallible.
const RELIABILITY: (f64, f64) = (0.005, 0.995);

/// A judge's reliability: how often it says yes to a match and no to the rest, and on what that
/// depends.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
pub struct JudgeModel {
    sensitivity: f64,
    specificity: f64,
    /// Log odds of a yes to a match, and to the rest, a unit of each circumstance.
    on_match: [f64; JudgeCovariates::COUNT],
    on_no_match: [f64; JudgeCovariates::COUNT],
    /// What the proxy's log odds are multiplied by before a verdict is added.
    proxy_weight: f64,
    /// Added to the log odds after a yes, and after a no.
    after_yes: f64,
    after_no: f64,
    /// Slope and intercept of the log likelihood ratio on the logit of a graded answer, where one
    /// was learnt.
    graded: Option<(f64, f64)>,
    /// By how much a usual answer of a judge that hedges moves the log odds, where gold pairs showed it; 0 elsewhere.
    #[serde(default)]
    hedged_ratio: f64,
    /// Gold pairs behind it; 0 for a default.
    gold_pairs: usize,
}

/// A reliability that is no probability.
#[derive(Clone, Debug, PartialEq, thiserror::Error)]
#[error("sensitivity and specificity must lie in 0..=1, got {sensitivity} and {specificity}")]
pub struct ReliabilityError {
    /// Sensitivity as given.
    pub sensitivity: f64,
    /// Specificity as given.
    pub specificity: f64,
}

impl Default for JudgeModel {
    /// Right four times in five on either class: what MedGemma 4B showed on labelled pairs. Used
    /// until gold pairs say otherwise, and every output made with it says `uncalibrated`.
    fn default() -> Self {
        Self::even(0.8, 0.8)
    }
}

impl JudgeModel {
    /// A judge that says yes to a share `sensitivity` of the matches and no to a share `specificity`
    /// of the rest. Both are kept within .005..=.995.
    ///
    /// # Errors
    /// A number is not in 0..=1.
    pub fn new(sensitivity: f64, specificity: f64) -> Result<Self, ReliabilityError> {
        let ok = |x: f64| (0.0..=1.0).contains(&x);
        if ok(sensitivity) && ok(specificity) {
            Ok(Self::even(sensitivity, specificity))
        } else {
            Err(ReliabilityError {
                sensitivity,
                specificity,
            })
        }
    }

    /// The same reliability whatever the circumstances.
    fn even(sensitivity: f64, specificity: f64) -> Self {
        Self {
            sensitivity: sensitivity.clamp(RELIABILITY.0, RELIABILITY.1),
            specificity: specificity.clamp(RELIABILITY.0, RELIABILITY.1),
            on_match: [0.0; JudgeCovariates::COUNT],
            on_no_match: [0.0; JudgeCovariates::COUNT],
            proxy_weight: 1.0,
            after_yes: 0.0,
            after_no: 0.0,
            graded: None,
            hedged_ratio: 0.0,
            gold_pairs: 0,
        }
    }

    /// Share of matches that it says yes to, under average circumstances.
    pub fn sensitivity(&self) -> f64 {
        self.sensitivity
    }

    /// Share of the rest that it says no to, under average circumstances.
    pub fn specificity(&self) -> f64 {
        self.specificity
    }

    /// Gold pairs that it was estimated from; 0 for a default.
    pub fn gold_pairs(&self) -> usize {
        self.gold_pairs
    }

    /// The same judge with a sensitivity and specificity of at least this.
    #[must_use]
    pub fn at_least(&self, right: f64) -> Self {
        Self {
            sensitivity: self.sensitivity.max(right),
            specificity: self.specificity.max(right),
            ..*self
        }
    }

    /// True where its answers move the log odds of a match by hardly anything.
    pub fn knows_nothing(&self) -> bool {
        self.reach() < 0.1
    }

    /// What the proxy's log odds are multiplied by before a verdict is added: below 1 where the judge
    /// errs where the proxy errs.
    pub fn proxy_weight(&self) -> f64 {
        self.proxy_weight
    }

    /// What a graded answer, 0 (no) to 1 (yes), says of a pair: the evidence that teaches the proxy.
    ///
    /// Without a learnt map, an answer between the two is the mixture of a yes and a no (virtual
    /// evidence): .5 from an even-handed judge says nothing, and no graded answer outweighs a plain one.
    pub fn evidence(&self, answer_score: f64, at: &JudgeCovariates) -> Evidence {
        let yes = answer_score.clamp(0.0, 1.0);
        if let Some((slope, intercept)) = self.graded {
            let ratio =
                (slope * graded_logit(yes) + intercept).clamp(-LARGEST_RATIO, LARGEST_RATIO);
            return Evidence {
                if_match: sigmoid(ratio),
                if_no_match: sigmoid(-ratio),
                weight: 1.0,
            };
        }
        let (of_match, of_rest) = self.yes(at);
        let yes = ((yes - 0.25) / 0.5).clamp(0.0, 1.0);
        Evidence {
            if_match: yes * of_match + (1.0 - yes) * (1.0 - of_match),
            if_no_match: yes * of_rest + (1.0 - yes) * (1.0 - of_rest),
            weight: 1.0,
        }
    }

    /// Probability of a yes to a match and to the rest.
    fn yes(&self, at: &JudgeCovariates) -> (f64, f64) {
        let of = |base: f64, slopes: &[f64]| {
            let moved: f64 = slopes.iter().zip(at.values()).map(|(s, x)| s * x).sum();
            sigmoid(logit(base) + moved).clamp(RELIABILITY.0, RELIABILITY.1)
        };
        (
            of(self.sensitivity, &self.on_match),
            of(1.0 - self.specificity, &self.on_no_match),
        )
    }

    /// By how much an answer moves the log odds of a match.
    pub fn log_likelihood_ratio(&self, answer_score: f64, at: &JudgeCovariates) -> f64 {
        let evidence = self.evidence(answer_score, at);
        let yes = answer_score.clamp(0.0, 1.0);
        let moved = yes * self.after_yes + (1.0 - yes) * self.after_no;
        (evidence.if_match / evidence.if_no_match).ln() + moved
    }

    /// Where the map of hedged answers was learnt without gold pairs: by how much a plain answer would move the log odds. Else 0.
    pub fn hedged_floor(&self) -> f64 {
        match (self.graded, self.gold_pairs) {
            (Some(_), 0) => logit(0.5 * (self.sensitivity + self.specificity)),
            _ => 0.0,
        }
    }

    /// No answer moves the log odds by more than this.
    pub fn reach(&self) -> f64 {
        let plain = |x: &[f64]| x.iter().all(|slope| *slope == 0.0);
        let after = self.after_yes.abs().max(self.after_no.abs());
        if self.graded.is_none() && plain(&self.on_match) && plain(&self.on_no_match) {
            let at = JudgeCovariates::AVERAGE;
            let yes = self.log_likelihood_ratio(1.0, &at).abs();
            return yes.max(self.log_likelihood_ratio(0.0, &at).abs());
        }
        (RELIABILITY.1 / RELIABILITY.0).ln() + after
    }

    /// Final log odds from the proxy's and a verdict.
    pub fn merged_logit(&self, logit_p: f64, answer_score: f64, at: &JudgeCovariates) -> f64 {
        // A proxy that is not a number says nothing: the answer then stands alone on even odds.
        let before = if logit_p.is_nan() { 0.0 } else { logit_p };
        self.proxy_weight * before + self.log_likelihood_ratio(answer_score, at)
    }
}

/// A graded answer is read within .02..=.98: what language models put beyond that is not a measured
/// frequency.
const GRADED: (f64, f64) = (0.02, 0.98);

/// Largest log likelihood ratio of a graded answer, that of a judge right 199 times in 200.
const LARGEST_RATIO: f64 = 5.3;

/// A graded answer as the yes (1) or no (0) that it comes to; half of either in the middle.
fn plain(score: f64) -> f64 {
    match score.total_cmp(&0.5) {
        std::cmp::Ordering::Less => 0.0,
        std::cmp::Ordering::Equal => 0.5,
        std::cmp::Ordering::Greater => 1.0,
    }
}

fn graded_logit(score: f64) -> f64 {
    logit(score.clamp(GRADED.0, GRADED.1))
}

#[cfg(test)]
mod tests;
