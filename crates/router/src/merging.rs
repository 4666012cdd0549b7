//! What a pair's proxy and verdict come to together.

use midband_model::{JudgeModel, numeric::sigmoid};

use crate::learner::Learner;

/// What a judge is taken to get right when questions are weighed against a proxy that nothing vouches for: a pair is then
/// left unasked only where the proxy is surer than almost any judge.
pub(crate) const ASKED_OF_UNVOUCHED: f64 = 0.94;

/// Share of a verdict's weight that a proxy which nothing vouches for can bring against it.
const MOST_AGAINST: f64 = 0.75;
/// The same once the judge's answers bear the proxy out: it can then overrule a verdict, by little.
const MOST_OF_BORNE_OUT: f64 = 1.2;

impl Learner {
    /// True where neither labels nor a prior vouch for the proxy, and the judge knows something: the proxy then never
    /// overrules a verdict.
    fn yields_to_judge(&self) -> bool {
        let known = &self.knowledge;
        self.judge_is_unknown() && !self.judge.knows_nothing() && !known.vouched
    }

    /// The judge as questions are weighed by it.
    pub(crate) fn asked_judge(&self) -> JudgeModel {
        if self.yields_to_judge() {
            self.judge.at_least(ASKED_OF_UNVOUCHED)
        } else {
            self.judge
        }
    }

    /// Final log odds of a pair from everything that is known of it but its own gold label.
    pub(crate) fn final_logit(&self, pair: usize) -> f64 {
        let logit = self.logits[pair];
        match self.answers[pair] {
            Some(answer) => {
                let at = self.covariates(pair);
                let verdict = self.judge.log_likelihood_ratio(answer, &at);
                if self.yields_to_judge() {
                    let share = if self.borne_out {
                        MOST_OF_BORNE_OUT
                    } else {
                        MOST_AGAINST
                    };
                    // A hedged answer is no verdict that could be overruled.
                    let most = share * verdict.abs().max(self.judge.hedged_floor());
                    logit.clamp(-most, most) + verdict
                } else {
                    self.judge.merged_logit(logit, answer, &at)
                }
            }
            None => logit,
        }
    }

    pub(crate) fn probabilities(&self) -> Vec<f64> {
        (0..self.pairs.len())
            .map(|pair| sigmoid(self.final_logit(pair)))
            .collect()
    }
}
