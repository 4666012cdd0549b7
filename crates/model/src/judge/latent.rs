//! A judge's reliability where the proxy's probabilities hold: the true answer is a latent class, the judge one rater, the proxy
//! the class's probability before the rater is heard (Dawid and Skene 1979, Applied Statistics 28).

use super::{Agreement, JudgeModel, agreement::held_back, plain};
use crate::numeric::sigmoid;

/// Rounds of EM, and the change below which it has converged.
const ROUNDS: usize = 200;
const CONVERGED: f64 = 1e-7;

/// Sensitivity and specificity of largest posterior probability, held back by those of `judge`.
pub(super) fn reliability(judge: &JudgeModel, seen: &[Agreement]) -> (f64, f64) {
    let (mut sensitivity, mut specificity) = (judge.sensitivity, judge.specificity);
    for _ in 0..ROUNDS {
        let after_yes = (sensitivity / (1.0 - specificity)).ln();
        let after_no = ((1.0 - sensitivity) / specificity).ln();
        let (mut matches, mut yes_of_matches) = (0.0, 0.0);
        let (mut rest, mut no_of_rest) = (0.0, 0.0);
        for pair in seen {
            let yes = plain(pair.answer_score);
            let is_match = sigmoid(pair.logit_p + yes * after_yes + (1.0 - yes) * after_no);
            matches += is_match;
            yes_of_matches += is_match * yes;
            rest += 1.0 - is_match;
            no_of_rest += (1.0 - is_match) * (1.0 - yes);
        }
        let found = (
            held_back(judge.sensitivity, yes_of_matches, matches),
            held_back(judge.specificity, no_of_rest, rest),
        );
        let moved = (found.0 - sensitivity)
            .abs()
            .max((found.1 - specificity).abs());
        (sensitivity, specificity) = found;
        if moved < CONVERGED {
            break;
        }
    }
    (sensitivity, specificity)
}
