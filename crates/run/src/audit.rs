//! How often what was settled unasked is wrong by the judge's word: a random sample of it, asked at the end of the run.

use std::{cmp::Reverse, collections::BTreeMap};

use midband::{
    DecidedBy, FinalScore, Judge, Pair, Route, Status, Verdict,
    model::{KeyedRng, PairKey},
};
use midband_metrics::wilson;
use serde::Serialize;

/// Keeps the draw apart from every other use of the seed.
const AUDIT: u64 = 0xa0d1_7000;

/// A settled pair that is drawn.
struct Drawn {
    pair: Pair,
    is_match: bool,
}

/// Draws at random among the pairs that are settled without a judge, whatever their number.
pub(crate) struct Audit {
    most: usize,
    rng: KeyedRng,
    /// By rank in a seeded order; of equal ranks the later pair first.
    drawn: BTreeMap<(u64, Reverse<u64>), Drawn>,
    settled: u64,
}

/// What a judge said of pairs that were settled without it.
#[derive(Clone, Copy, Debug, PartialEq, Serialize)]
pub struct Audited {
    /// Pairs that were settled without it.
    pub settled: u64,
    /// Of these it was asked about.
    pub asked: u64,
    /// Of these it answered.
    pub answered: u64,
    /// Of these it answered otherwise.
    pub otherwise: u64,
    /// Share of the answers that are otherwise, 0..=1; none without an answer.
    pub share: Option<f64>,
    /// Its score interval at 95 % (Wilson): lower and upper end, 0..=1.
    pub interval: Option<(f64, f64)>,
}

impl Audit {
    pub(crate) fn new(most: usize, seed: u64) -> Self {
        Self {
            most,
            rng: KeyedRng::new(seed, AUDIT),
            drawn: BTreeMap::new(),
            settled: 0,
        }
    }

    /// Looks at a pair with its score, in the input's order.
    pub(crate) fn look(&mut self, score: &FinalScore, pair: Option<&Pair>) {
        let is_match = match score.route {
            Some(Route::Accept) => true,
            Some(Route::Reject) => false,
            Some(Route::Ask) | None => return,
        };
        let certain = score.decided_by.is_some_and(DecidedBy::is_certain);
        let Some(pair) = pair.filter(|_| score.status == Status::Settled && !certain) else {
            return;
        };
        let rank = (
            self.rng.rank(PairKey::from(&score.id)),
            Reverse(self.settled),
        );
        self.settled += 1;
        let pair = pair.clone();
        self.drawn.insert(rank, Drawn { pair, is_match });
        if self.drawn.len() > self.most {
            self.drawn.pop_last();
        }
    }

    /// Asks about what was drawn. A judge that can't be asked answers nothing.
    pub(crate) async fn ask(self, judge: &dyn Judge) -> Audited {
        let settled = self.settled;
        let drawn: Vec<Drawn> = self.drawn.into_values().collect();
        let pairs: Vec<Pair> = drawn.iter().map(|drawn| drawn.pair.clone()).collect();
        let verdicts = match pairs.is_empty() {
            true => Vec::new(),
            false => judge.judge(&pairs).await.unwrap_or_default(),
        };
        let says = |verdict: &Verdict| {
            let answer = verdict.outcome.as_ref().ok()?;
            Some(answer.score() >= 0.5)
        };
        let answers: Vec<(bool, bool)> = drawn
            .iter()
            .zip(&verdicts)
            .filter_map(|(drawn, verdict)| Some((drawn.is_match, says(verdict)?)))
            .collect();
        let answered = answers.len() as u64;
        let otherwise = answers.iter().filter(|(ours, judge)| ours != judge).count() as u64;
        Audited {
            settled,
            asked: pairs.len() as u64,
            answered,
            otherwise,
            share: (answered > 0).then(|| otherwise as f64 / answered as f64),
            interval: wilson(otherwise, answered),
        }
    }
}
