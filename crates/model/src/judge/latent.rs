//! A judge's reliability where the proxy's probabilities hold: the true answer is a latent class, the judge one rater, the proxy
//! the class's probability before the rater is heard (Dawid and Skene 1979, Applied Statistics 28).

use super::{Agreement, JudgeModel, plain};
use crate::numeric::sigmoid;

/// Rounds of EM, and the change below which it has converged.
const ROUNDS: usize = 200;
const CONVERGED: f64 = 1e-7;

/// Sensitivity and specificity of largest posterior probability; `judge` has the assumed ones, which weigh as `assumed_pairs`
/// pairs of either class, and neither is put above `most`.
pub(super) fn reliability(
    judge: &JudgeModel,
    seen: &[Agreement],
    assumed_pairs: f64,
    most: f64,
) -> (f64, f64) {
    let assumed = (judge.sensitivity, judge.specificity);
    let (mut sensitivity, mut specificity) = assumed;
    for _ in 0..ROUNDS {
        let (mut matches, mut yes_of_matches) = (assumed_pairs, assumed_pairs * assumed.0);
        let (mut rest, mut no_of_rest) = (assumed_pairs, assumed_pairs * assumed.1);
        for pair in seen {
            let yes = plain(pair.answer_score);
            let after_yes = (sensitivity / (1.0 - specificity)).ln();
            let after_no = ((1.0 - sensitivity) / specificity).ln();
            let is_match = sigmoid(pair.logit_p + yes * after_yes + (1.0 - yes) * after_no);
            matches += is_match;
            yes_of_matches += is_match * yes;
            rest += 1.0 - is_match;
            no_of_rest += (1.0 - is_match) * (1.0 - yes);
        }
        let found = (
            (yes_of_matches / matches).min(most),
            (no_of_rest / rest).min(most),
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
