//! What a run will ask, found by running it once against answers drawn from what is known before the first question.
//!
//! How many questions pay depends on what the answers teach, and that no formula says: the truth of each pair is drawn from the
//! proxy's probability, the answer from the judge's assumed reliability (a parametric bootstrap).

use midband_model::{KeyedRng, numeric::sigmoid};

use crate::{Reply, RouterError, gain::Gain, learner::Learner};

/// Pairs up to which a run is rehearsed: the refits of a larger one would take longer than its first questions.
const MOST_PAIRS: usize = 5_000;

/// Runs whose mean is taken.
const DRAWS: u64 = 3;

/// Keeps the draws apart from every other use of the seed.
const TRUTH: u64 = 0x9a1a_0000;
const ANSWERS: u64 = 0x9a1b_0000;

/// Questions of a run that begins as this one; `None` where it has too many pairs.
pub(crate) fn questions(gain: &Gain, learner: &Learner) -> Option<usize> {
    if learner.pairs.len() > MOST_PAIRS {
        return None;
    }
    let runs = (0..DRAWS).map(|draw| rehearse(gain.clone(), learner.clone(), draw).ok());
    let asked: usize = runs.sum::<Option<usize>>()?;
    Some((asked as f64 / DRAWS as f64).round() as usize)
}

fn rehearse(mut gain: Gain, mut learner: Learner, draw: u64) -> Result<usize, RouterError> {
    let seed = learner.knowledge.seed;
    let truth = KeyedRng::new(seed, TRUTH + draw);
    let answers = KeyedRng::new(seed, ANSWERS + draw);
    let judge = learner.knowledge.judge;
    let drawn: Vec<f64> = (learner.pairs.keys.iter().zip(&learner.logits))
        .map(|(&key, &logit)| {
            let is_match = truth.unit(key) < sigmoid(logit);
            let right = if is_match {
                judge.sensitivity()
            } else {
                judge.specificity()
            };
            let says_yes = is_match == (answers.unit(key) < right);
            f64::from(u8::from(says_yes))
        })
        .collect();
    let mut asked = 0;
    loop {
        let chosen = gain.next(&mut learner);
        if chosen.is_empty() {
            return Ok(asked);
        }
        asked += chosen.len();
        let reply = |pair: usize| Reply {
            pair,
            answer: Some(drawn[pair]),
        };
        learner.learn(&chosen.into_iter().map(reply).collect::<Vec<_>>())?;
    }
}
